//! [`Index`]: a benchmark's questions, and which of them a text is too near to.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

use minhash_rs::prelude::QueryState;
use serde::{Deserialize, Serialize};

use super::{
    sketch::{Sketches, WORDS, sketch},
    text::{jaccard, ngrams, normalised},
};
use crate::error::Fault;

/// How near is too near.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::exhaustive_structs, reason = "plain numbers, written as a literal over the defaults")]
pub struct Options {
    /// Words in an n-gram of those that containment is the share of; at least 1.
    pub ngram: usize,
    /// The least share of a text's n-grams, found in one question, that is too near; in (0, 1].
    pub containment: f64,
    /// The least Jaccard index of a text's and a question's word 3-grams that is too near; in (0, 1]. Below 0.4 more and more is overlooked.
    pub jaccard: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { ngram: 8, containment: 0.5, jaccard: 0.7 }
    }
}

impl Options {
    fn check(&self) -> Result<(), Fault> {
        if self.ngram == 0 {
            return Err(Fault::new("n-grams of no words", "give 1 word or more").under("ngram"));
        }
        for (name, share) in [("containment", self.containment), ("jaccard", self.jaccard)] {
            if !(share > 0.0 && share <= 1.0) {
                return Err(Fault::new(format!("{share} is no share"), "give a number over 0, up to 1").under(name));
            }
        }
        Ok(())
    }
}

/// A question that a text is too near to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Hit<'i> {
    /// The question's id.
    pub id: &'i str,
    /// Share of the text's distinct n-grams that occur in the question, in \[0, 1\]: exact.
    pub containment: f64,
    /// Jaccard index of the two texts' distinct word 3-grams, in \[0, 1\]: exact.
    pub jaccard: f64,
    /// Whether the two are equal, normalised.
    pub exact: bool,
}

/// A benchmark's questions. A text is too near to one when
/// - both are equal, normalised; or
/// - enough of the text's n-grams occur in that one question ([`Options::containment`]): a question copied into a text of up to
///   twice its length, or a text that is a part of a question; or
/// - the Jaccard index of their word 3-grams is large enough ([`Options::jaccard`]): a question with another number or name in it, where
///   runs of eight words are seldom whole.
///
/// A text of fewer words than an n-gram has is one n-gram of all its words: only an equal text has it. A text without words is near to
/// nothing.
///
/// N-grams that are in more than 50 questions and in more than 5 % of them are boilerplate ("You are a helpful .."): they are left out of both
/// measures, on both sides, as if no text had them. What is nothing else is near only to what is equal to it.
///
/// ```
/// use toolrm_data::overlap::{Index, Options};
/// let index = Index::new([("q1", "Find me a flight from Oslo to Bergen for two adults, window seats please, on 3 May")], Options::default())?;
/// let hit = index.nearest("find me a flight from Oslo to Bergen for two adults, window seats please, on 3 June").unwrap();
/// assert!(hit.id == "q1" && hit.jaccard < 1.0 && !hit.exact);
/// assert!(index.nearest("Is there a train from Oslo to Bergen?").is_none());
/// # Ok::<_, toolrm_data::Fault>(())
/// ```
pub struct Index {
    options: Options,
    ids: Vec<String>,
    /// The first question of each normalised text.
    equal: HashMap<String, u32>,
    /// The questions of each n-gram that is not boilerplate.
    holders: HashMap<u64, Vec<u32>>,
    common: HashSet<u64>,
    /// The word 3-grams of each question that are not boilerplate.
    sets: Vec<Vec<u64>>,
    common_in_sets: HashSet<u64>,
    sketches: Sketches,
}

impl Index {
    /// An index of questions by id. Ids may repeat.
    ///
    /// # Errors
    /// When an option is out of its range, or there are more than 2^32 questions.
    pub fn new<I: Into<String>, T: AsRef<str>>(
        questions: impl IntoIterator<Item = (I, T)>,
        options: Options,
    ) -> Result<Self, Fault> {
        options.check()?;
        let (mut ids, mut equal) = (Vec::new(), HashMap::new());
        let (mut holders, mut sets) = (HashMap::<u64, Vec<u32>>::new(), Vec::new());
        for (id, text) in questions {
            let at = u32::try_from(ids.len()).map_err(|_| Fault::new("more than 2^32 questions", "index fewer"))?;
            let text = normalised(text.as_ref());
            for gram in ngrams(&text, options.ngram) {
                holders.entry(gram).or_default().push(at);
            }
            sets.push(ngrams(&text, WORDS));
            ids.push(id.into());
            if !text.is_empty() {
                equal.entry(text).or_insert(at);
            }
        }
        let common = common(holders.iter().map(|(gram, of)| (*gram, of.len())), ids.len());
        holders.retain(|gram, _| !common.contains(gram));
        let mut frequency: HashMap<u64, usize> = HashMap::new();
        sets.iter().flatten().for_each(|gram| *frequency.entry(*gram).or_default() += 1);
        let common_in_sets = self::common(frequency, ids.len());
        for set in &mut sets {
            set.retain(|gram| !common_in_sets.contains(gram));
        }
        let sketches = Sketches::from_signatures(sets.iter().map(|set| sketch(set)));
        Ok(Self { options, ids, equal, holders, common, sets, common_in_sets, sketches })
    }

    /// How many questions it holds.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The question that the text is nearest to, if it is too near to any: an equal one, else the one of the larger containment or Jaccard
    /// index, whichever of the two is larger; of equally near ones the first.
    pub fn nearest(&self, text: &str) -> Option<Hit<'_>> {
        let text = normalised(text);
        if let Some(at) = self.equal.get(&text) {
            return Some(Hit { id: self.ids.get(*at as usize)?, containment: 1.0, jaccard: 1.0, exact: true });
        }
        let grams = without(ngrams(&text, self.options.ngram), &self.common);
        let set = without(ngrams(&text, WORDS), &self.common_in_sets);
        let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
        for holder in grams.iter().filter_map(|gram| self.holders.get(gram)).flatten() {
            *shared.entry(*holder).or_default() += 1;
        }
        let mut state = QueryState::new();
        let alike = self.sketches.candidates(&sketch(&set), &mut state).iter().map(|candidate| candidate.id);
        let candidates: BTreeSet<u32> = shared.keys().copied().chain(alike).collect();
        let hits = candidates.into_iter().filter_map(|at| {
            let at_most = grams.len().max(1) as f64;
            let containment = shared.get(&at).copied().unwrap_or(0) as f64 / at_most;
            let jaccard = jaccard(&set, self.sets.get(at as usize)?);
            let near = containment >= self.options.containment || jaccard >= self.options.jaccard;
            near.then_some(Hit { id: self.ids.get(at as usize)?, containment, jaccard, exact: false })
        });
        hits.reduce(|best, hit| if hit.nearness() > best.nearness() { hit } else { best })
    }
}

impl Hit<'_> {
    /// What the nearest is chosen by; shares are no NaN.
    fn nearness(&self) -> (f64, f64) {
        (self.containment.max(self.jaccard), self.containment.min(self.jaccard))
    }
}

/// The boilerplate among n-grams that are in so many of `questions`.
fn common(ngrams: impl IntoIterator<Item = (u64, usize)>, questions: usize) -> HashSet<u64> {
    ngrams.into_iter().filter(|(_, n)| *n > 50 && n * 20 > questions).map(|(gram, _)| gram).collect()
}

fn without(mut ngrams: Vec<u64>, common: &HashSet<u64>) -> Vec<u64> {
    ngrams.retain(|gram| !common.contains(gram));
    ngrams
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("options", &self.options).field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "the same division of the same counts")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(questions: &[String]) -> Index {
        Index::new(questions.iter().enumerate().map(|(i, text)| (i.to_string(), text)), Options::default()).unwrap()
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(0_u8..4, 0..24)
            .prop_map(|words| words.iter().map(|w| format!("w{w}")).collect::<Vec<_>>().join(" "))
    }

    proptest! {
        /// What is said is what the measures of the definition say, by the nearest question; and it is the same from several threads.
        #[test]
        fn hits_are_exact(questions in prop::collection::vec(text(), 0..8), asked in text()) {
            let index = index(&questions);
            let share = |question: &str| {
                let [a, b] = [&asked, question].map(|t| ngrams(&normalised(t), 8));
                a.iter().filter(|gram| b.contains(gram)).count() as f64 / a.len().max(1) as f64
            };
            let alike = |question: &str| {
                let [a, b] = [&asked, question].map(|t| ngrams(&normalised(t), 3));
                jaccard(&a, &b)
            };
            let near = questions.iter().any(|q| share(q) >= 0.5 || alike(q) >= 0.7);
            let hit = index.nearest(&asked);
            prop_assert_eq!(hit.is_some(), near);
            if let Some(hit) = hit {
                let question = &questions[hit.id.parse::<usize>().unwrap()];
                prop_assert_eq!((hit.containment, hit.jaccard), (share(question), alike(question)));
                prop_assert_eq!(hit.exact, normalised(question) == normalised(&asked));
                let best = questions.iter().map(|q| share(q).max(alike(q))).fold(0.0, f64::max);
                prop_assert_eq!(hit.containment.max(hit.jaccard), best);
            }
            let others: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| index.nearest(&asked))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            prop_assert!(others.iter().all(|other| *other == hit));
        }

        /// Every question is too near to itself, in whatever order the questions come.
        #[test]
        fn questions_are_near_to_themselves(questions in prop::collection::vec(text(), 1..8)) {
            let index = index(&questions);
            for question in questions.iter().filter(|q| !q.is_empty()) {
                let hit = index.nearest(&question.to_uppercase()).unwrap();
                prop_assert!(hit.exact && hit.containment == 1.0 && hit.jaccard == 1.0);
                prop_assert_eq!(question, &questions[hit.id.parse::<usize>().unwrap()]);
            }
            let backwards: Vec<String> = questions.iter().rev().cloned().collect();
            let other = self::index(&backwards);
            for question in &questions {
                let [a, b] = [index.nearest(question), other.nearest(question)].map(|hit| hit.map(|hit| (hit.containment, hit.jaccard)));
                prop_assert_eq!(a, b);
            }
        }
    }

    const LONG: &str = "please send the quarterly figures of the northern branch to the auditor before noon on the last friday of march";

    #[test]
    fn what_is_copied_into_a_longer_text_is_near() {
        let index = index(&[LONG.to_owned()]);
        let words = LONG.split(' ').count();
        let padded =
            |more: usize| format!("{LONG} {}", (0..more).map(|i| format!("x{i}")).collect::<Vec<_>>().join(" "));
        assert!(index.nearest(&padded(words / 2)).is_some_and(|hit| hit.containment > 0.5 && !hit.exact));
        assert!(index.nearest(&padded(3 * words)).is_none());
        // A part of it.
        assert_eq!(
            index.nearest("the quarterly figures of the northern branch to the auditor").unwrap().containment,
            1.0
        );
    }

    #[test]
    fn short_texts_are_near_to_equal_ones_only() {
        let index =
            index(&["book a table".to_owned(), "book a table for two people in Rome tomorrow at noon".to_owned()]);
        assert!(index.nearest("Book a table!").is_some_and(|hit| hit.exact && hit.id == "0"));
        assert!(index.nearest("table for two").is_none());
        assert!(index.nearest("?!").is_none());
    }

    #[test]
    fn boilerplate_makes_nothing_near() {
        let boilerplate =
            "you are a careful assistant that answers in one short sentence and never guesses at what it was not told";
        let questions: Vec<String> =
            (0..60).map(|i| format!("{boilerplate} city{i} river{i} hill{i} lake{i}")).collect();
        let many = index(&questions);
        assert!(many.nearest(&format!("{boilerplate} and what is for dinner")).is_none());
        assert!(many.nearest(boilerplate).is_none());
        assert!(many.nearest(&questions[7]).is_some_and(|hit| hit.exact && hit.id == "7"));
        // In fifty questions it is not seen as such.
        assert!(index(&questions[..50]).nearest(boilerplate).is_some());
    }

    #[test]
    fn options_out_of_range_are_named() {
        let built = |options| Index::new([("a", "b")], options).map(|_| ()).unwrap_err().to_string();
        let options = Options::default();
        assert_eq!(built(Options { ngram: 0, ..options }), "/ngram: n-grams of no words; give 1 word or more");
        for share in [0.0, -1.0, 1.5, f64::NAN] {
            assert!(built(Options { containment: share, ..options }).starts_with("/containment: "), "{share}");
            assert!(built(Options { jaccard: share, ..options }).starts_with("/jaccard: "), "{share}");
        }
    }
}
