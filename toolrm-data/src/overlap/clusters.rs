//! [`clusters`]: groups of near-duplicates.

use std::collections::HashMap;

use super::{
    sketch::{BANDS, WORDS, bands},
    text::{jaccard, ngrams, normalised},
};

/// For every text the place of the first text of its group of near-duplicates: its own where it is alone or the first.
///
/// Two texts are near-duplicates when the exact Jaccard index of their distinct word 3-grams is `threshold`, in (0, 1\], or more; a text of fewer
/// than three words is one n-gram, so near to equal texts only. Equal texts (normalised) are always of one group, those without any word
/// among them. Groups are transitive: in a chain of near-duplicates first and last may differ a lot.
///
/// Pairs to look at are found by MinHash, which overlooks one in 10^7 at a threshold of 0.7, one in 270 at 0.5, and too many below 0.4. Which
/// pairs are overlooked depends on the two texts only: groups are the same in whatever order texts come, save for who is the first. Memory
/// grows with the words of the texts (some 600 bytes for each text, 8 for each word); time with the texts and the pairs that are
/// rather near and not near enough.
///
/// ```
/// let texts = ["Book a table for two at Luigi's on Friday evening", "Is it raining?", "book a table for two at luigi's on Friday evening!"];
/// assert_eq!(toolrm_data::overlap::clusters(&texts, 0.7), [0, 1, 0]);
/// ```
pub fn clusters(texts: &[impl AsRef<str>], threshold: f64) -> Vec<usize> {
    let sets: Vec<Vec<u64>> = texts.iter().map(|text| ngrams(&normalised(text.as_ref()), WORDS)).collect();
    let mut groups = Groups::new(texts.len());
    let distinct = join_equals(&sets, &mut groups);
    let banded: Vec<(&Member<'_>, [u64; BANDS])> = distinct.iter().map(|member| (member, bands(member.set))).collect();
    for band in 0..BANDS {
        let mut entries: Vec<(u64, Member<'_>)> =
            banded.iter().filter_map(|(member, hashes)| Some((*hashes.get(band)?, **member))).collect();
        entries.sort_unstable_by_key(|(hash, member)| (*hash, member.at));
        for bucket in entries.chunk_by(|a, b| a.0 == b.0).filter(|bucket| bucket.len() > 1) {
            join_near(bucket.iter().map(|(_, member)| *member), threshold, &mut groups);
        }
    }
    (0..texts.len()).map(|at| groups.first(at)).collect()
}

/// A text among the texts.
#[derive(Clone, Copy)]
struct Member<'t> {
    at: usize,
    set: &'t [u64],
}

impl Member<'_> {
    fn is_near(&self, other: &Self, threshold: f64) -> bool {
        let (few, many) = (self.set.len().min(other.set.len()), self.set.len().max(other.set.len()));
        // No better than all of the smaller one in the larger one.
        few as f64 >= threshold * many as f64 && jaccard(self.set, other.set) >= threshold
    }
}

/// Joins texts of equal sets; gives the first of each.
fn join_equals<'t>(sets: &'t [Vec<u64>], groups: &mut Groups) -> Vec<Member<'t>> {
    let mut firsts: HashMap<&[u64], usize> = HashMap::new();
    let mut distinct = Vec::new();
    for (at, set) in sets.iter().enumerate() {
        let first = *firsts.entry(set).or_insert(at);
        groups.join(first, at);
        if first == at {
            distinct.push(Member { at, set });
        }
    }
    distinct
}

/// Joins the near ones of a bucket. What is of one group already is not compared again: in a bucket of many near ones each is compared to
/// about one.
fn join_near<'t>(bucket: impl Iterator<Item = Member<'t>>, threshold: f64, groups: &mut Groups) {
    let mut known: Vec<Vec<Member<'t>>> = Vec::new();
    for member in bucket {
        let mut own = vec![member];
        known.retain_mut(|group| {
            let Some(first) = group.first().map(|other| other.at) else { return false };
            let joined = groups.first(first) == groups.first(member.at);
            let joins = joined || group.iter().any(|other| member.is_near(other, threshold));
            if joins {
                groups.join(first, member.at);
                // The few to the many.
                if own.len() < group.len() {
                    std::mem::swap(&mut own, group);
                }
                own.append(group);
            }
            !joins
        });
        known.push(own);
    }
}

/// Disjoint sets of places; the smallest of each stands for it.
struct Groups(Vec<usize>);

impl Groups {
    fn new(places: usize) -> Self {
        Self((0..places).collect())
    }

    fn parent(&self, at: usize) -> usize {
        self.0.get(at).copied().unwrap_or(at)
    }

    /// The smallest of the group, by a path that is halved on the way.
    fn first(&mut self, mut at: usize) -> usize {
        while self.parent(at) != at {
            let above = self.parent(self.parent(at));
            if let Some(parent) = self.0.get_mut(at) {
                *parent = above;
            }
            at = above;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        if let Some(parent) = self.0.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::draw::Draw;

    /// Sentences of words drawn from a vocabulary.
    fn sentence(draw: &Draw, words: usize, vocabulary: usize) -> Vec<String> {
        (0..words).map(|i| format!("w{}", draw.of(i.to_le_bytes()).below(vocabulary))).collect()
    }

    fn as_sets(groups: &[usize], texts: &[String]) -> BTreeSet<BTreeSet<String>> {
        let first = groups.iter().copied().collect::<BTreeSet<_>>();
        let members = |of: usize| groups.iter().zip(texts).filter(move |(g, _)| **g == of).map(|(_, t)| t.clone());
        first.into_iter().map(|of| members(of).collect()).collect()
    }

    proptest! {
        /// The groups are the connected components of the exact relation (texts are short: nothing is overlooked at 0.7), the same in
        /// whatever order the texts come.
        #[test]
        fn groups_are_those_of_the_exact_relation(
            texts in prop::collection::vec(prop::collection::vec(0_u8..3, 0..7), 0..14),
            threshold in prop::sample::select(vec![0.7, 0.85, 1.0]),
            seed in any::<u64>(),
        ) {
            let word = |w: &u8| format!("w{w}");
            let texts: Vec<String> = texts.iter().map(|words| words.iter().map(word).collect::<Vec<_>>().join(" ")).collect();
            let found = clusters(&texts, threshold);
            let sets: Vec<Vec<u64>> = texts.iter().map(|t| ngrams(&normalised(t), WORDS)).collect();
            let mut exact = Groups::new(texts.len());
            for (a, x) in sets.iter().enumerate() {
                for (b, y) in sets.iter().enumerate() {
                    if x == y || jaccard(x, y) >= threshold {
                        exact.join(a, b);
                    }
                }
            }
            let expected: Vec<usize> = (0..texts.len()).map(|at| exact.first(at)).collect();
            prop_assert_eq!(&found, &expected);
            let moved = Draw::new(seed).shuffled(texts.clone());
            prop_assert_eq!(as_sets(&clusters(&moved, threshold), &moved), as_sets(&found, &texts));
        }
    }

    /// Pairs that differ in one word of sixty, among texts of one vocabulary that have nothing to do with each other.
    #[test]
    fn planted_pairs_are_found_and_nothing_else() {
        const PAIRS: usize = 400;
        let mut texts = Vec::new();
        for i in 0..PAIRS {
            let draw = Draw::new(11).of(i.to_le_bytes());
            let mut words = sentence(&draw, 60, 500);
            texts.push(words.join(" "));
            words[draw.below(60)] = "changed".to_owned();
            texts.push(words.join(", "));
        }
        let groups = clusters(&texts, 0.7);
        let found = groups.chunks(2).filter(|pair| pair[0] == pair[1]).count();
        println!("{found} of {PAIRS} planted pairs found");
        assert_eq!(found, PAIRS);
        assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), PAIRS);
    }

    /// At the threshold itself: pairs whose exact index is between 0.5 and 0.6.
    #[test]
    fn pairs_near_a_low_threshold_are_seldom_overlooked() {
        let (mut near, mut found) = (0, 0);
        for i in 0..600_usize {
            let draw = Draw::new(12).of(i.to_le_bytes());
            let words = sentence(&draw, 40, 2000);
            let mut other = words.clone();
            for changed in 0..=draw.below(5) {
                other[draw.of("at").of(changed.to_le_bytes()).below(40)] = format!("c{changed}");
            }
            let texts = [words.join(" "), other.join(" ")];
            let exact = jaccard(&ngrams(&texts[0], WORDS), &ngrams(&texts[1], WORDS));
            if (0.5..0.6).contains(&exact) {
                near += 1;
                found += usize::from(clusters(&texts, 0.5) == [0, 0]);
            }
        }
        println!("{found} of {near} pairs found at a threshold of 0.5");
        assert!(near > 50 && found as f64 >= 0.98 * f64::from(near), "{found} of {near}");
    }

    /// All near one another: comparing every pair would be two million comparisons in most of 42 bands.
    #[test]
    fn many_near_ones_are_one_group_soon() {
        let shared = sentence(&Draw::new(13), 40, 2000).join(" ");
        let texts: Vec<String> = (0..2000).map(|i| format!("{shared} number {i}")).collect();
        assert!(clusters(&texts, 0.7).iter().all(|first| *first == 0));
    }

    #[test]
    fn texts_without_words_are_one_group() {
        assert_eq!(clusters(&["?", "yes", "!", "Yes.", "no"], 0.7), [0, 1, 0, 1, 4]);
        assert!(clusters(&[""; 0], 0.7).is_empty());
    }
}
