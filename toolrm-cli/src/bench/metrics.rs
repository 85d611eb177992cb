//! Accuracies: how they are counted, and their JSON.

use indexmap::IndexMap;
use serde_json::{Value, json};
use toolrm_core::{
    judge::{Choice, Comparison},
    score::Outcome,
};

/// Verdicts on a group of pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) correct: u64,
    pub(crate) wrong: u64,
    pub(crate) ties: u64,
    pub(crate) abstained: u64,
    pub(crate) failed: u64,
}

impl Counts {
    /// Counts a verdict on a pair whose first candidate is the better one if `chosen_first`.
    pub(crate) fn add(&mut self, verdict: &Outcome<Comparison>, chosen_first: bool) {
        let right = if chosen_first { Choice::First } else { Choice::Second };
        match verdict {
            Outcome::Judged(v) if v.choice == Choice::Tie => self.ties += 1,
            Outcome::Judged(v) if v.choice == right => self.correct += 1,
            Outcome::Judged(_) => self.wrong += 1,
            Outcome::Abstained { .. } => self.abstained += 1,
            _ => self.failed += 1,
        }
    }

    /// All pairs of the group.
    pub(crate) fn n(&self) -> u64 {
        self.correct + self.wrong + self.undecided()
    }

    /// Pairs without a winner: ties, abstentions and failures, half a point each.
    fn undecided(&self) -> u64 {
        self.ties + self.abstained + self.failed
    }

    /// Share of the pairs won, undecided ones half; `None` of no pairs.
    pub(crate) fn accuracy(&self) -> Option<f64> {
        let n = self.n();
        (n > 0).then(|| (self.correct as f64 + 0.5 * self.undecided() as f64) / n as f64)
    }

    fn merged(mut self, other: &Self) -> Self {
        self.correct += other.correct;
        self.wrong += other.wrong;
        self.ties += other.ties;
        self.abstained += other.abstained;
        self.failed += other.failed;
        self
    }

    fn to_json(self) -> Value {
        json!({
            "n": self.n(),
            "accuracy": self.accuracy(),
            "ties": self.ties,
            "abstained": self.abstained,
            "failed": self.failed,
        })
    }
}

/// Counts by group (category or kind of error), in the order the groups first occur.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups(IndexMap<String, Counts>);

impl Groups {
    /// The counts of a group, made when it is new.
    pub(crate) fn of(&mut self, name: &str) -> &mut Counts {
        self.0.entry(name.to_owned()).or_default()
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Counts)> {
        self.0.iter().map(|(name, counts)| (name.as_str(), counts))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Counts> {
        self.0.get(name)
    }

    /// All groups as one.
    pub(crate) fn total(&self) -> Counts {
        self.0.values().fold(Counts::default(), Counts::merged)
    }

    /// Mean accuracy over the pairs.
    pub(crate) fn micro(&self) -> Option<f64> {
        self.total().accuracy()
    }

    /// Mean accuracy over the groups, each weighing the same.
    pub(crate) fn macro_mean(&self) -> Option<f64> {
        let each: Vec<f64> = self.0.values().filter_map(Counts::accuracy).collect();
        (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
    }

    pub(crate) fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(name, counts)| (name.clone(), counts.to_json())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undecided_pairs_count_half_and_groups_weigh_the_same() {
        let mut groups = Groups::default();
        *groups.of("a") = Counts { correct: 2, wrong: 1, ties: 1, ..Counts::default() };
        *groups.of("b") = Counts { abstained: 1, failed: 1, ..Counts::default() };
        assert_eq!(groups.get("a").and_then(Counts::accuracy), Some(0.625));
        assert_eq!(groups.get("b").and_then(Counts::accuracy), Some(0.5));
        assert_eq!(groups.macro_mean(), Some(0.5625));
        assert_eq!(groups.micro(), Some(3.5 / 6.0));
        assert_eq!(groups.total().n(), 6);
    }

    #[test]
    fn the_side_of_the_chosen_one_decides() {
        let mut counts = Counts::default();
        let first = Outcome::Judged(Comparison::from_choice(Choice::First));
        counts.add(&first, true);
        counts.add(&first, false);
        counts.add(&Outcome::abstained("n/a"), true);
        assert_eq!(counts, Counts { correct: 1, wrong: 1, abstained: 1, ..Counts::default() });
    }
}
