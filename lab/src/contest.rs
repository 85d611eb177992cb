//! Best of N on recorded answers: of the answers that many models gave to one question, which one does a strategy pick, and is it right?

use std::{cmp::Ordering, collections::HashMap};

use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    score::Scorer,
    task::Task,
};

/// A question with the answers of many models.
#[derive(Debug)]
#[non_exhaustive]
pub struct Contest {
    /// Unique in its source.
    pub id: String,
    /// Kind of question.
    pub category: String,
    /// What was asked.
    pub task: Task,
    /// One answer of each model.
    pub entries: Vec<Entry>,
}

/// The answer of one model.
#[derive(Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Which model.
    pub model: String,
    /// Its answer; what cannot be read as a call is a candidate too.
    pub candidate: Candidate,
    /// What the benchmark says.
    pub right: bool,
}

impl Contest {
    /// A question with its answers, in whatever order.
    pub fn new(id: String, category: String, task: Task, mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| a.model.cmp(&b.model));
        Self { id, category, task, entries }
    }
}

impl Entry {
    /// The answer of a model.
    pub fn new(model: impl Into<String>, candidate: Candidate, right: bool) -> Self {
        Self { model: model.into(), candidate, right }
    }
}

/// How one of several answers is picked. Where answers are equally good by it, each of them is as likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a row of the table each")]
pub enum Strategy {
    /// Any.
    Random,
    /// The one most models gave: the same calls, in whatever order.
    Vote,
    /// The one the rules score highest.
    Rules,
    /// The one most models gave; of equal votes the one the rules score highest.
    VoteThenRules,
    /// The one the rules score highest; of equal scores the one most models gave.
    RulesThenVote,
    /// A right one, if there is one: no strategy can do better.
    Oracle,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Random, Self::Vote, Self::Rules, Self::VoteThenRules, Self::RulesThenVote, Self::Oracle];

    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Vote => "vote",
            Self::Rules => "rules",
            Self::VoteThenRules => "vote, ties by rules",
            Self::RulesThenVote => "rules, ties by vote",
            Self::Oracle => "oracle",
        }
    }
}

/// A question as strategies see it.
#[derive(Debug)]
pub struct Field {
    entries: Vec<Standing>,
}

#[derive(Debug, Clone, Copy)]
struct Standing {
    right: bool,
    /// In steps in which scores are compared.
    score: i64,
    /// Answers that do the same have the same number.
    meaning: usize,
}

impl Field {
    /// Scores all answers. One that the scorer does not judge comes last.
    pub fn new(contest: &Contest, scorer: &dyn Scorer) -> Self {
        let mut meanings: HashMap<Vec<Fingerprint>, usize> = HashMap::new();
        let standing = |entry: &Entry| {
            let next = meanings.len();
            let score = scorer.score(&contest.task, &entry.candidate).judged().map_or(f64::NEG_INFINITY, |s| s.value);
            #[allow(clippy::cast_possible_truncation, reason = "saturates, and keeps the order")]
            let score = (score * 1e6).round() as i64;
            Standing {
                right: entry.right,
                score,
                meaning: *meanings.entry(meaning(&entry.candidate.action)).or_insert(next),
            }
        };
        Self { entries: contest.entries.iter().map(standing).collect() }
    }

    /// The number of answers.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody answered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The probability that each strategy picks a right answer of `n`, in the order of [`Strategy::ALL`]: the mean over `n` answers
    /// drawn from all. Exact where there are at most [`EXACT`] ways to draw, else over [`DRAWS`] of them, drawn by `seed`.
    pub fn expected(&self, n: usize, seed: u64) -> [f64; Strategy::ALL.len()] {
        let mut sums = [0.0; Strategy::ALL.len()];
        let mut subsets = 0.0;
        let mut votes = vec![0_u32; self.entries.len()];
        for_each_subset(self.entries.len(), n, seed, &mut |subset| {
            let drawn: Vec<Standing> = subset.iter().filter_map(|i| self.entries.get(*i).copied()).collect();
            votes.fill(0);
            for standing in &drawn {
                if let Some(count) = votes.get_mut(standing.meaning) {
                    *count += 1;
                }
            }
            for (sum, strategy) in sums.iter_mut().zip(Strategy::ALL) {
                *sum += share_right(&drawn, |s| strategy.rank(s, votes.get(s.meaning).copied().unwrap_or(0)));
            }
            subsets += 1.0;
        });
        sums.map(|sum| sum / subsets)
    }
}

impl Strategy {
    /// What it goes by: the highest is picked.
    fn rank(self, standing: &Standing, votes: u32) -> (i64, i64) {
        let votes = i64::from(votes);
        match self {
            Self::Random => (0, 0),
            Self::Vote => (votes, 0),
            Self::Rules => (standing.score, 0),
            Self::VoteThenRules => (votes, standing.score),
            Self::RulesThenVote => (standing.score, votes),
            Self::Oracle => (i64::from(standing.right), 0),
        }
    }
}

/// The share of right ones among the highest.
fn share_right(drawn: &[Standing], rank: impl Fn(&Standing) -> (i64, i64)) -> f64 {
    let (mut best, mut right, mut all) = ((i64::MIN, i64::MIN), 0.0, 0.0);
    for standing in drawn {
        let rank = rank(standing);
        match rank.cmp(&best) {
            Ordering::Less => continue,
            Ordering::Greater => (best, right, all) = (rank, 0.0, 0.0),
            Ordering::Equal => {}
        }
        right += f64::from(u8::from(standing.right));
        all += 1.0;
    }
    if all > 0.0 { right / all } else { 0.0 }
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

/// Most ways to draw that are all tried.
pub const EXACT: u64 = 20_000;
/// Ways that are tried where there are more.
pub const DRAWS: u64 = 1_000;

/// Hands `take` the ways to draw `n` of `all`: each once, or some at random.
fn for_each_subset(all: usize, n: usize, seed: u64, take: &mut dyn FnMut(&[usize])) {
    if ways(all, n).is_some_and(|ways| ways <= EXACT) {
        every_subset(all, n, &mut Vec::with_capacity(n), take);
        return;
    }
    let mut order: Vec<usize> = (0..all).collect();
    for draw in 0..DRAWS {
        // The first n places of a Fisher-Yates shuffle.
        for place in 0..n {
            let bits = Fingerprint::of([seed, draw, place as u64].map(u64::to_le_bytes));
            let random = bits.as_bytes().iter().take(8).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
            #[allow(clippy::cast_possible_truncation, reason = "less than a number of answers")]
            let other = place + (random % (all - place) as u64) as usize;
            order.swap(place, other);
        }
        take(order.get(..n).unwrap_or_default());
    }
}

fn every_subset(all: usize, n: usize, chosen: &mut Vec<usize>, take: &mut dyn FnMut(&[usize])) {
    if chosen.len() == n {
        take(chosen);
        return;
    }
    let from = chosen.last().map_or(0, |last| last + 1);
    for next in from..=all.saturating_sub(n - chosen.len()) {
        chosen.push(next);
        every_subset(all, n, chosen, take);
        chosen.pop();
    }
}

/// Ways to draw `n` of `all`; `None` when there are more than can be counted.
fn ways(all: usize, n: usize) -> Option<u64> {
    (0..n as u64).try_fold(1_u64, |ways, i| Some(ways.checked_mul((all as u64).saturating_sub(i))? / (i + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(entries: &[(bool, i64, usize)]) -> Field {
        let standing =
            |(right, score, meaning): &(bool, i64, usize)| Standing { right: *right, score: *score, meaning: *meaning };
        Field { entries: entries.iter().map(standing).collect() }
    }

    fn near(a: [f64; 6], b: [f64; 6]) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} is not {b:?}");
    }

    #[test]
    fn picks_are_expected_over_all_ways_to_draw() {
        // Right: the first two (the same answer). The rules like the third best, and the first and second alike.
        let field = field(&[(true, 5, 0), (true, 5, 0), (false, 9, 1), (false, 1, 2)]);
        near(field.expected(1, 0), [0.5; 6]);
        // Six pairs: 12 is right by all; 13, 23 are wrong by rules; 14, 24 right by rules; 34 wrong. A vote decides only 12.
        let vote = (1.0 + 0.5 * 4.0) / 6.0;
        near(field.expected(2, 0), [0.5, vote, 0.5, 3.0 / 6.0, 0.5, 5.0 / 6.0]);
        // All four: the vote is for the right answer.
        near(field.expected(4, 0), [0.5, 1.0, 0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn equal_scores_are_decided_by_votes_where_asked() {
        let field = field(&[(true, 5, 0), (true, 5, 0), (false, 5, 1)]);
        near(field.expected(3, 0), [2.0 / 3.0, 1.0, 2.0 / 3.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn draws_at_random_are_near_the_exact_ones_and_follow_the_seed() {
        let many: Vec<(bool, i64, usize)> =
            (0..40).map(|i| (i % 3 == 0, i64::try_from(i % 7).unwrap(), i % 5)).collect();
        assert!(ways(40, 8).unwrap() > EXACT);
        let field = field(&many);
        let [random, .., oracle] = field.expected(8, 1);
        assert!((random - 14.0 / 40.0).abs() < 0.02, "{random}");
        // 1 - C(26, 8) / C(40, 8)
        let none = 1.0 - ways(26, 8).unwrap() as f64 / ways(40, 8).unwrap() as f64;
        assert!((oracle - none).abs() < 0.02, "{oracle} {none}");
        near(field.expected(8, 1), field.expected(8, 1));
    }

    #[test]
    fn ways_are_counted() {
        assert_eq!([ways(16, 8), ways(4, 2), ways(4, 0), ways(3, 5)], [Some(12_870), Some(6), Some(1), Some(0)]);
        assert_eq!(ways(100, 50), None);
        let mut seen = Vec::new();
        every_subset(4, 2, &mut Vec::new(), &mut |s| seen.push(s.to_vec()));
        assert_eq!(seen, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    }
}
