//! Picking offers so that no error type, source or model has more than its share.

use std::{collections::HashMap, sync::Arc};

use toolrm_core::canonical::Fingerprint;

use super::answers::Author;

/// A draw: the same for the same seed and words, on any machine and in any order.
pub(super) fn draw<'a>(seed: u64, words: impl IntoIterator<Item = &'a str>) -> Fingerprint {
    let seed = seed.to_string();
    let words: Vec<&str> = words.into_iter().collect();
    Fingerprint::of(std::iter::once(seed.as_str()).chain(words))
}

/// How often each error type, source and model was used.
#[derive(Debug, Default)]
pub(super) struct Uses {
    error_types: HashMap<String, u64>,
    sources: HashMap<Arc<str>, u64>,
    models: HashMap<Arc<str>, u64>,
}

impl Uses {
    /// What is used least comes first: its error type and source together, then its model.
    pub(super) fn of(&self, error_type: &str, author: &Author) -> (u64, u64) {
        let uses = |map: &HashMap<Arc<str>, u64>, key: &Arc<str>| map.get(key).copied().unwrap_or_default();
        let error_type = self.error_types.get(error_type).copied().unwrap_or_default();
        (error_type + uses(&self.sources, &author.source), uses(&self.models, &author.model))
    }

    pub(super) fn note(&mut self, error_type: &str, author: &Author) {
        *self.error_types.entry(error_type.to_owned()).or_default() += 1;
        *self.sources.entry(Arc::clone(&author.source)).or_default() += 1;
        *self.models.entry(Arc::clone(&author.model)).or_default() += 1;
    }
}

/// Something that may be picked once.
#[derive(Debug, Clone)]
pub(super) struct Offer<T> {
    /// Tells it from others of its question.
    pub(super) key: Fingerprint,
    pub(super) error_type: String,
    /// Any of them may stand for it.
    pub(super) authors: Vec<Author>,
    pub(super) what: T,
}

/// What is on offer for one question, and how many of it may be picked.
#[derive(Debug)]
pub(super) struct Offers<T> {
    pub(super) question: String,
    pub(super) room: usize,
    pub(super) list: Vec<Offer<T>>,
}

/// A picked offer: the question's place, the author who stands for it, the offer.
#[derive(Debug)]
pub(super) struct Picked<T> {
    pub(super) question: usize,
    pub(super) author: Author,
    pub(super) error_type: String,
    pub(super) what: T,
}

/// Picks, question by question and round by round, the offer that was used least so far, until every question is full or empty, or
/// `most` are picked. Ties are drawn. What is not picked stays in `questions`.
pub(super) fn pick<T>(questions: &mut [Offers<T>], most: usize, seed: u64, uses: &mut Uses) -> Vec<Picked<T>> {
    let mut order: Vec<usize> = (0..questions.len()).collect();
    order.sort_by_cached_key(|i| draw(seed, ["order", questions.get(*i).map_or("", |q| q.question.as_str())]));
    let mut picked = Vec::new();
    loop {
        let before = picked.len();
        for place in &order {
            if picked.len() >= most {
                return picked;
            }
            let Some(question) = questions.get_mut(*place).filter(|q| q.room > 0) else { continue };
            let Some((i, author)) = least_used(question, seed, uses) else { continue };
            let Offer { error_type, what, .. } = question.list.remove(i);
            question.room -= 1;
            uses.note(&error_type, &author);
            picked.push(Picked { question: *place, author, error_type, what });
        }
        if picked.len() == before {
            return picked;
        }
    }
}

fn least_used<T>(offers: &Offers<T>, seed: u64, uses: &Uses) -> Option<(usize, Author)> {
    let each = offers.list.iter().enumerate();
    let all = each.flat_map(|(i, offer)| offer.authors.iter().map(move |author| (i, offer, author)));
    let least = all.min_by_key(|(_, offer, author)| {
        (uses.of(&offer.error_type, author), draw(seed, [&offers.question, &offer.key.to_string(), &*author.model]))
    });
    least.map(|(i, _, author)| (i, author.clone()))
}

/// The place of the least used of several answers and who stands for it; for answers that may serve more than once.
pub(super) fn least<'a>(
    answers: impl Iterator<Item = (&'a Fingerprint, &'a [Author])>,
    seed: u64,
    question: &str,
    uses: &Uses,
) -> Option<(usize, Author)> {
    let all = answers.enumerate().flat_map(|(i, (key, authors))| authors.iter().map(move |author| (i, key, author)));
    let least = all
        .min_by_key(|(_, key, author)| (uses.of("", author), draw(seed, [question, &key.to_string(), &*author.model])));
    least.map(|(i, _, author)| (i, author.clone()))
}

/// How many easy ones may stand beside `others` so that they are at most this share of all.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a count times a share in [0, 1)"
)]
pub(super) fn at_most(share: f64, others: usize) -> usize {
    (others as f64 * share / (1.0 - share)).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author(source: &str, model: &str) -> Author {
        Author { source: source.into(), model: model.into() }
    }

    /// An error type, and who made it: source and model.
    type Made<'a> = (&'a str, &'a [(&'a str, &'a str)]);

    fn offers(question: &str, list: &[Made<'_>]) -> Offers<()> {
        let offer = |(i, (error_type, authors)): (usize, &Made<'_>)| Offer {
            key: Fingerprint::of([question, &i.to_string()]),
            error_type: (*error_type).to_owned(),
            authors: authors.iter().map(|(s, m)| author(s, m)).collect(),
            what: (),
        };
        Offers { question: question.into(), room: 2, list: list.iter().enumerate().map(offer).collect() }
    }

    #[test]
    fn rare_kinds_and_small_sources_are_not_crowded_out() {
        let many: [(&str, &str); 3] = [("big", "a"), ("big", "b"), ("big", "c")];
        let mut questions: Vec<_> = (0..20)
            .map(|i| offers(&format!("q{i}"), &[("common", &many), ("common", &[("small", "s")]), ("rare", &many)]))
            .collect();
        let picked = pick(&mut questions, 40, 1, &mut Uses::default());
        assert_eq!(picked.len(), 40);
        let count = |test: &dyn Fn(&Picked<()>) -> bool| picked.iter().filter(|p| test(p)).count();
        assert!((16..=24).contains(&count(&|p| p.error_type == "rare")));
        assert!(count(&|p| &*p.author.source == "small") >= 12);
        for model in ["a", "b", "c"] {
            assert!(count(&|p| &*p.author.model == model) >= 6);
        }
    }

    #[test]
    fn the_order_of_questions_and_offers_does_not_matter() {
        let questions = || {
            vec![
                offers("x", &[("e", &[("s", "m"), ("s", "n")]), ("f", &[("s", "m")])]),
                offers("y", &[("e", &[("t", "o")]), ("f", &[("s", "m")]), ("f", &[("s", "n")])]),
            ]
        };
        let said = |mut questions: Vec<Offers<()>>| {
            let names: Vec<_> = questions.iter().map(|q| q.question.clone()).collect();
            let picked = pick(&mut questions, 10, 7, &mut Uses::default());
            picked
                .iter()
                .map(|p| format!("{} {} {}", names[p.question], p.error_type, p.author.model))
                .collect::<Vec<_>>()
        };
        let mut turned = questions();
        turned.reverse();
        for question in &mut turned {
            question.list.reverse();
        }
        assert_eq!(said(questions()), said(turned));
    }

    #[test]
    fn a_share_is_of_all_and_not_of_the_others() {
        assert_eq!(at_most(0.05, 95), 5);
        assert_eq!(at_most(0.05, 94), 4);
        assert_eq!(at_most(0.0, 1000), 0);
    }
}
