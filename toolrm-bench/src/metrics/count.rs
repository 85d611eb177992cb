//! What becomes of a pair, how often, and a figure with its interval: the words in which everything else is counted.

use serde::{Deserialize, Serialize};
use toolrm_core::{judge::Choice, measure::Interval};

use crate::run::Said;

/// What became of a pair of which one answer is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a verdict is right or wrong, or there is none, for three reasons")]
pub enum Verdict {
    /// The better answer won.
    Right,
    /// The worse answer won.
    Wrong,
    /// Neither won.
    Tie,
    /// The judge said that it is not its case.
    Abstained,
    /// The judge could not.
    Failed,
}

impl Verdict {
    /// That of what a judge said, seen from the better answer's side.
    pub fn of(said: &Said) -> Self {
        match said {
            Said::Judged { choice: Choice::First, .. } => Self::Right,
            Said::Judged { choice: Choice::Second, .. } => Self::Wrong,
            Said::Judged { choice: Choice::Tie, .. } => Self::Tie,
            Said::Abstained { .. } => Self::Abstained,
            Said::Failed { .. } => Self::Failed,
        }
    }

    /// What it counts where one order is asked: a pair without a winner is half a point.
    pub fn points(self) -> f64 {
        match self {
            Self::Right => 1.0,
            Self::Wrong => 0.0,
            Self::Tie | Self::Abstained | Self::Failed => 0.5,
        }
    }

    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(clippy::exhaustive_structs, reason = "one count for each kind of verdict")]
pub struct Counts {
    /// The better answer won.
    pub right: u64,
    /// The worse answer won.
    pub wrong: u64,
    /// Neither won.
    pub ties: u64,
    /// The judge said that it is not its case.
    pub abstained: u64,
    /// The judge could not.
    pub failed: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Right => &mut self.right,
            Verdict::Wrong => &mut self.wrong,
            Verdict::Tie => &mut self.ties,
            Verdict::Abstained => &mut self.abstained,
            Verdict::Failed => &mut self.failed,
        };
        *count += 1;
    }

    /// All of them.
    pub fn n(&self) -> u64 {
        self.right + self.wrong + self.undecided()
    }

    /// Those without a winner.
    pub fn undecided(&self) -> u64 {
        self.ties + self.abstained + self.failed
    }
}

/// A figure and how sure it is. Written `{"value": 0.87, "ci": [0.84, 0.9]}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(clippy::exhaustive_structs, reason = "a figure and its interval")]
pub struct Measured {
    /// The figure; `None` where there is nothing to measure.
    pub value: Option<f64>,
    /// Its 95 % interval, by a bootstrap over questions; `None` where there are fewer than two questions.
    #[serde(rename = "ci")]
    pub interval: Option<Interval>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_counted_in_its_place() {
        use Verdict::{Abstained, Failed, Right, Tie, Wrong};
        let mut counts = Counts::default();
        for verdict in [Right, Right, Wrong, Tie, Abstained, Failed] {
            counts.add(verdict);
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.name());
        }
        assert_eq!(counts, Counts { right: 2, wrong: 1, ties: 1, abstained: 1, failed: 1 });
        assert_eq!((counts.n(), counts.undecided()), (6, 3));
    }
}
