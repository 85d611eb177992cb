//! [`Field`]: a question as strategies see it, and what its answers are worth without asking again.

use std::{cmp::Ordering, collections::HashMap};

use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
};

use super::{
    Expected,
    chance::{drawn, every_count, none_of, number_of_counts, ways},
};
use crate::trbench::{Group, GroupEntry};

/// Most kinds of draws (how many answers of each standing) that are all tried.
pub const EXACT: f64 = 20_000.0;
/// Draws that are made where there are more.
pub const DRAWS: u32 = 1_000;

/// A question as strategies see it.
#[derive(Debug)]
pub(super) struct Field<'g> {
    pub(super) group: &'g Group,
    /// By model, so that nothing hangs on the order they were given in.
    pub(super) answers: Vec<Answer>,
    /// The answers that do different things, each with the standing the judge gave it.
    pub(super) distinct: Vec<Distinct<'g>>,
}

/// What is known of one model's answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) right: bool,
    /// Number among the distinct answers.
    pub(super) distinct: usize,
}

/// One of the answers that do different things.
#[derive(Debug)]
pub(super) struct Distinct<'g> {
    pub(super) candidate: &'g Candidate,
    /// Answers that make the same calls in whatever order have the same number, and vote for each other.
    pub(super) meaning: usize,
    /// In steps in which scores are compared; `None` when there is no score.
    pub(super) score: Option<i64>,
}

/// Answers that no strategy but the oracle can tell apart.
#[derive(Debug, Clone, Copy)]
struct Heap {
    meaning: usize,
    score: Option<i64>,
    all: u32,
    right: u32,
}

/// What votes are worth: alone, with the judge deciding between equals, and as what decides between the judge's equals.
#[derive(Debug, Clone, Copy, Default)]
struct Votes([f64; 3]);

impl<'g> Field<'g> {
    pub(super) fn new(group: &'g Group) -> Self {
        let mut entries: Vec<(&GroupEntry, Fingerprint)> =
            group.entries.iter().map(|entry| (entry, Fingerprint::of_action(&entry.candidate.action))).collect();
        entries.sort_by(|(a, its), (b, others)| (&a.model, its, a.right).cmp(&(&b.model, others, b.right)));
        let (mut known, mut meanings) = (HashMap::new(), HashMap::new());
        let mut distinct = Vec::new();
        let answers = entries.into_iter().map(|(entry, action)| {
            let number = *known.entry(action).or_insert_with(|| {
                let next = meanings.len();
                let meaning = *meanings.entry(meaning(&entry.candidate.action)).or_insert(next);
                distinct.push(Distinct { candidate: &entry.candidate, meaning, score: None });
                distinct.len() - 1
            });
            Answer { right: entry.right, distinct: number }
        });
        let answers = answers.collect();
        Self { group, answers, distinct }
    }

    /// The probability that each strategy picks a right answer of `n`, over all ways to draw them.
    pub(super) fn expected(&self, n: usize, seed: u64) -> Expected {
        let heaps = self.heaps();
        let [vote, vote_then_judge, judge_then_vote] = self.votes(&heaps, n, seed).0;
        let judge = by_score(&heaps, count(self.answers.len()), count(n));
        let (mean, oracle) = self.bounds(n);
        [mean, vote, judge, vote_then_judge, judge_then_vote, oracle]
    }

    /// The same where the strategies that ask the judge are known from elsewhere.
    pub(super) fn expected_beside(&self, judged: [f64; 3], n: usize, seed: u64) -> Expected {
        let [vote, ..] = self.votes(&self.heaps(), n, seed).0;
        let [judge, vote_then_judge, judge_then_vote] = judged;
        let (mean, oracle) = self.bounds(n);
        [mean, vote, judge, vote_then_judge, judge_then_vote, oracle]
    }

    /// The share of right answers.
    pub(super) fn mean(&self) -> f64 {
        share(self.answers.iter().map(|answer| (f64::from(u8::from(answer.right)), 1.0)))
    }

    /// What a pick at random and what the oracle is worth.
    fn bounds(&self, n: usize) -> (f64, f64) {
        let right = count(self.answers.iter().filter(|answer| answer.right).count());
        (self.mean(), 1.0 - none_of(right, count(self.answers.len()), count(n)))
    }

    /// Highest score first.
    fn heaps(&self) -> Vec<Heap> {
        let mut heaps: Vec<Heap> = Vec::new();
        for answer in &self.answers {
            let Some(Distinct { meaning, score, .. }) = self.distinct.get(answer.distinct) else { continue };
            let right = u32::from(answer.right);
            match heaps.iter_mut().find(|heap| (heap.meaning, heap.score) == (*meaning, *score)) {
                Some(heap) => (heap.all, heap.right) = (heap.all + 1, heap.right + right),
                None => heaps.push(Heap { meaning: *meaning, score: *score, all: 1, right }),
            }
        }
        heaps.sort_by(|a, b| (b.score, a.meaning).cmp(&(a.score, b.meaning)));
        heaps
    }

    /// Exact where there are at most [`EXACT`] kinds of draws.
    fn votes(&self, heaps: &[Heap], n: usize, seed: u64) -> Votes {
        let sizes: Vec<u32> = heaps.iter().map(|heap| heap.all).collect();
        let mut votes = vec![0; self.distinct.len()];
        let mut sum = Votes::default();
        if number_of_counts(&sizes, count(n)) <= EXACT {
            let all = ways(count(self.answers.len()), count(n));
            every_count(&sizes, count(n), &mut |counts| {
                let weight: f64 = sizes.iter().zip(counts).map(|(all, some)| ways(*all, *some)).product();
                sum.add(weight / all, picked(heaps, counts, &mut votes));
            });
            return sum;
        }
        let heap_of = |answer: &Answer| {
            let Distinct { meaning, score, .. } = self.distinct.get(answer.distinct)?;
            heaps.iter().position(|heap| (heap.meaning, heap.score) == (*meaning, *score))
        };
        let heap_of: Vec<Option<usize>> = self.answers.iter().map(heap_of).collect();
        for draw in 0..DRAWS {
            let mut counts = vec![0; heaps.len()];
            for answer in drawn(self.answers.len(), n, seed, &self.group.id, draw) {
                let heap = heap_of.get(answer).copied().flatten();
                if let Some(count) = heap.and_then(|heap| counts.get_mut(heap)) {
                    *count += 1;
                }
            }
            sum.add(1.0 / f64::from(DRAWS), picked(heaps, &counts, &mut votes));
        }
        sum
    }
}

impl Votes {
    fn add(&mut self, weight: f64, other: Self) {
        for (sum, value) in self.0.iter_mut().zip(other.0) {
            *sum += weight * value;
        }
    }
}

/// The best that was drawn so far, by some rank: how many share it, and how many of those are right.
#[derive(Debug, Clone, Copy)]
struct Best {
    rank: (i64, i64),
    right: f64,
    all: f64,
}

/// What votes are worth when so many of each heap were drawn. Of a heap any are as likely to be drawn, so a drawn one is right with the
/// heap's share. `votes` is room to count in, by meaning.
fn picked(heaps: &[Heap], counts: &[u32], votes: &mut [u32]) -> Votes {
    let drawn = || heaps.iter().zip(counts).filter(|(_, count)| **count > 0);
    votes.fill(0);
    for (heap, count) in drawn() {
        if let Some(votes) = votes.get_mut(heap.meaning) {
            *votes += count;
        }
    }
    let mut best = [Best { rank: (i64::MIN, i64::MIN), right: 0.0, all: 0.0 }; 3];
    for (heap, count) in drawn() {
        let votes = votes.get(heap.meaning).copied().map_or(0, i64::from);
        // No score is lower than any.
        let score = heap.score.unwrap_or(i64::MIN);
        let count = f64::from(*count);
        let right = count * f64::from(heap.right) / f64::from(heap.all);
        for (best, rank) in best.iter_mut().zip([(votes, 0), (votes, score), (score, votes)]) {
            match rank.cmp(&best.rank) {
                Ordering::Less => {}
                Ordering::Equal => (best.right, best.all) = (best.right + right, best.all + count),
                Ordering::Greater => *best = Best { rank, right, all: count },
            }
        }
    }
    Votes(best.map(|best| if best.all > 0.0 { best.right / best.all } else { 0.0 }))
}

/// What the highest score is worth. The best level that is drawn is picked from: level by level, the probability that it is the best one,
/// times its share of right answers.
fn by_score(heaps: &[Heap], all: u32, n: u32) -> f64 {
    let (mut above, mut sum) = (0, 0.0);
    for level in heaps.chunk_by(|a, b| a.score == b.score) {
        let size: u32 = level.iter().map(|heap| heap.all).sum();
        let best = none_of(above, all, n) - none_of(above + size, all, n);
        sum += best * share(level.iter().map(|heap| (f64::from(heap.right), f64::from(heap.all))));
        above += size;
    }
    sum
}

/// Hits and tries, as a share.
pub(super) fn share(parts: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (hits, of) = parts.fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    if of > 0.0 { hits / of } else { 0.0 }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What an answer means: calls in whatever order.
fn meaning(action: &Action) -> Vec<Fingerprint> {
    let mut parts: Vec<_> = match action {
        Action::Calls(calls) => calls.iter().map(Fingerprint::of_call).collect(),
        other => vec![Fingerprint::of_action(other)],
    };
    parts.sort_unstable();
    parts
}
