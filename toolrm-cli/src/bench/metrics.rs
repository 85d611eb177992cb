//! Accuracies: how they are counted, how sure they are, and their JSON.

use indexmap::IndexMap;
use serde_json::{Value, json};
use toolrm_core::{
    judge::{Choice, Comparison},
    measure::{Bootstrap, Interval},
    score::Outcome,
};

/// BFCL's single-turn categories in which calls are compared with calls.
pub(crate) const CALL_CATEGORIES: [&str; 8] = [
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
];

/// What became of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    Tie,
    Abstained,
    Failed,
}

impl Verdict {
    /// That of a pair whose first candidate is the better one.
    pub(crate) fn of(verdict: &Outcome<Comparison>) -> Self {
        match verdict {
            Outcome::Judged(v) => match v.choice {
                Choice::First => Self::Right,
                Choice::Second => Self::Wrong,
                Choice::Tie => Self::Tie,
            },
            Outcome::Abstained { .. } => Self::Abstained,
            _ => Self::Failed,
        }
    }

    /// What it counts: a pair without a winner is half a point.
    pub(crate) fn points(self) -> f64 {
        match self {
            Self::Right => 1.0,
            Self::Wrong => 0.0,
            Self::Tie | Self::Abstained | Self::Failed => 0.5,
        }
    }

    /// Its name in tables and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Tie => "tie",
            Self::Abstained => "abstained",
            Self::Failed => "failed",
        }
    }
}

/// How many verdicts of each kind there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) right: u64,
    pub(crate) wrong: u64,
    pub(crate) ties: u64,
    pub(crate) abstained: u64,
    pub(crate) failed: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Right => &mut self.right,
            Verdict::Wrong => &mut self.wrong,
            Verdict::Tie => &mut self.ties,
            Verdict::Abstained => &mut self.abstained,
            Verdict::Failed => &mut self.failed,
        };
        *count += 1;
    }

    /// All pairs.
    pub(crate) fn n(&self) -> u64 {
        self.right + self.wrong + self.undecided()
    }

    /// Pairs without a winner.
    pub(crate) fn undecided(&self) -> u64 {
        self.ties + self.abstained + self.failed
    }
}

/// Points won and pairs judged, of one question or of many.
#[derive(Debug, Clone, Copy, Default)]
struct Won {
    points: f64,
    pairs: f64,
}

impl Won {
    fn plus(self, other: Self, weight: f64) -> Self {
        Self { points: self.points + weight * other.points, pairs: self.pairs + weight * other.pairs }
    }

    fn accuracy(self) -> Option<f64> {
        (self.pairs > 0.0).then(|| self.points / self.pairs)
    }
}

/// The pairs of a row: a category, a kind of error, or all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) counts: Counts,
    /// By the number of the question.
    questions: IndexMap<usize, Won>,
}

impl Group {
    pub(crate) fn add(&mut self, question: usize, verdict: Verdict) {
        self.counts.add(verdict);
        let won = self.questions.entry(question).or_default();
        *won = won.plus(Won { points: verdict.points(), pairs: 1.0 }, 1.0);
    }

    /// Share of the pairs won, undecided ones half; `None` of no pairs.
    pub(crate) fn accuracy(&self) -> Option<f64> {
        self.questions.values().fold(Won::default(), |sum, won| sum.plus(*won, 1.0)).accuracy()
    }

    fn weighted(&self, weights: &[u16]) -> Option<f64> {
        let weight = |question: &usize| weights.get(*question).copied().map_or(0.0, f64::from);
        self.questions.iter().fold(Won::default(), |sum, (question, won)| sum.plus(*won, weight(question))).accuracy()
    }

    pub(crate) fn measured(&self, bootstrap: &Bootstrap) -> Measured {
        // Of one question nothing can be said, however many others there are.
        let interval = (self.questions.len() > 1).then(|| bootstrap.interval(|weights| self.weighted(weights)));
        Measured { value: self.accuracy(), interval: interval.flatten() }
    }
}

/// A figure with its interval: one row of one judge.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Measured {
    pub(crate) value: Option<f64>,
    pub(crate) interval: Option<Interval>,
}

/// Groups by name, in the order they first occur.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    named: IndexMap<String, Group>,
    pub(crate) all: Group,
}

impl Groups {
    pub(crate) fn add(&mut self, name: &str, question: usize, verdict: Verdict) {
        if !self.named.contains_key(name) {
            self.named.insert(name.to_owned(), Group::default());
        }
        for group in self.named.get_mut(name).into_iter().chain([&mut self.all]) {
            group.add(question, verdict);
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Group)> {
        self.named.iter().map(|(name, group)| (name.as_str(), group))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Group> {
        self.named.get(name)
    }

    /// Mean accuracy over the groups, each weighing the same.
    pub(crate) fn macro_mean(&self, bootstrap: &Bootstrap) -> Measured {
        macro_mean(&self.named.values().collect::<Vec<_>>(), bootstrap)
    }

    /// The same over [`CALL_CATEGORIES`], when all of them are there and others too.
    pub(crate) fn macro_calls(&self, bootstrap: &Bootstrap) -> Option<Measured> {
        let calls: Vec<&Group> = CALL_CATEGORIES.iter().filter_map(|name| self.named.get(*name)).collect();
        (calls.len() == CALL_CATEGORIES.len()).then(|| macro_mean(&calls, bootstrap))
    }

    pub(crate) fn to_json(&self, bootstrap: &Bootstrap) -> Value {
        let group = |group: &Group| {
            let Measured { value, interval } = group.measured(bootstrap);
            let Counts { ties, abstained, failed, .. } = group.counts;
            json!({
                "n": group.counts.n(),
                "questions": group.questions.len(),
                "accuracy": value,
                "ci": interval,
                "ties": ties,
                "abstained": abstained,
                "failed": failed,
            })
        };
        Value::Object(self.named.iter().map(|(name, g)| (name.clone(), group(g))).collect())
    }
}

fn macro_mean(groups: &[&Group], bootstrap: &Bootstrap) -> Measured {
    // A resample may miss a small group: the mean is then that of the others.
    let mean = |each: Vec<f64>| (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64);
    Measured {
        value: mean(groups.iter().filter_map(|g| g.accuracy()).collect()),
        interval: bootstrap.interval(|weights| mean(groups.iter().filter_map(|g| g.weighted(weights)).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(verdicts: &[(&str, usize, Verdict)]) -> Groups {
        let mut groups = Groups::default();
        for (name, question, verdict) in verdicts {
            groups.add(name, *question, *verdict);
        }
        groups
    }

    #[test]
    fn undecided_pairs_count_half_and_groups_weigh_the_same() {
        use Verdict::{Abstained, Failed, Right, Tie, Wrong};
        let groups = groups(&[
            ("a", 0, Right),
            ("a", 0, Right),
            ("a", 1, Wrong),
            ("a", 1, Tie),
            ("b", 2, Abstained),
            ("b", 3, Failed),
        ]);
        let none = Bootstrap::new(0, 0);
        assert_eq!(groups.get("a").and_then(Group::accuracy), Some(0.625));
        assert_eq!(groups.get("b").and_then(Group::accuracy), Some(0.5));
        assert_eq!(groups.macro_mean(&none).value, Some(0.5625));
        assert_eq!(groups.all.accuracy(), Some(3.5 / 6.0));
        assert_eq!(groups.all.counts, Counts { right: 2, wrong: 1, ties: 1, abstained: 1, failed: 1 });
    }

    #[test]
    fn pairs_of_one_question_are_one_witness() {
        let four_each = |of_question: fn(usize) -> usize| {
            let verdict = |i: usize| if (i / 4).is_multiple_of(2) { Verdict::Right } else { Verdict::Wrong };
            let all: Vec<_> = (0..80).map(|i| ("a", of_question(i), verdict(i))).collect();
            groups(&all).all.measured(&Bootstrap::new(80, 0)).interval.unwrap().half_width()
        };
        let (clustered, single) = (four_each(|i| i / 4), four_each(|i| i));
        // Standard errors: 0.5 / sqrt(20) against 0.5 / sqrt(80).
        assert!(clustered > 1.6 * single, "{clustered} against {single}");
    }

    #[test]
    fn one_question_has_no_interval() {
        let groups = groups(&[("a", 0, Verdict::Right), ("b", 1, Verdict::Wrong)]);
        let bootstrap = Bootstrap::new(2, 0);
        assert_eq!(groups.get("a").unwrap().measured(&bootstrap), Measured { value: Some(1.0), interval: None });
        assert!(groups.all.measured(&bootstrap).interval.is_some());
    }

    #[test]
    fn the_call_categories_have_a_mean_of_their_own_when_all_are_there() {
        let mut rows: Vec<_> = CALL_CATEGORIES.iter().enumerate().map(|(i, c)| (*c, i, Verdict::Right)).collect();
        rows.push(("irrelevance", 8, Verdict::Wrong));
        let bootstrap = Bootstrap::new(9, 0);
        assert_eq!(groups(&rows).macro_calls(&bootstrap).unwrap().value, Some(1.0));
        assert_eq!(groups(&rows).macro_mean(&bootstrap).value, Some(8.0 / 9.0));
        assert_eq!(groups(&rows[1..]).macro_calls(&bootstrap), None);
    }
}
