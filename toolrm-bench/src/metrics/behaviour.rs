//! How a judge behaves, right or wrong: consistency, position bias, what it does not answer.

use indexmap::IndexMap;
use toolrm_core::{error::ErrorKind, judge::Choice, measure::Bootstrap};

use super::{Mean, Verdict, group::both};
use crate::{
    report::model::{Behaviour, Failures},
    run::{PairVerdict, Said},
};

/// What is counted for [`Behaviour`].
///
/// - consistency: of the pairs judged in both orders, the share with one verdict (the same answer, or a tie, in both);
/// - position bias: of the same pairs, the share of verdicts for the answer shown first, ties half, less 1/2. Every pair is asked in
///   both orders, so which answer is better cancels out (Wang et al., Large Language Models are not Fair Evaluators,
///   arXiv 2305.17926);
/// - parse rate, abstention, ties: shares of all comparisons asked for.
#[derive(Debug, Clone, Default)]
pub struct BehaviourTally {
    asked: u64,
    consistent: Mean,
    first_preferred: Mean,
    parsed: Mean,
    abstained: Mean,
    tied: Mean,
    failures: IndexMap<ErrorKind, u64>,
    over_long: u64,
}

impl BehaviourTally {
    /// Counts a pair of any relation.
    pub fn add(&mut self, question: usize, verdict: &PairVerdict) {
        let said = || verdict.chosen_first.iter().chain(&verdict.chosen_second);
        for said in said() {
            self.asked += 1;
            let verdict = Verdict::of(said);
            let one_if = |is: Verdict| f64::from(u8::from(verdict == is));
            self.parsed.add(question, 1.0 - one_if(Verdict::Failed));
            self.abstained.add(question, one_if(Verdict::Abstained));
            self.tied.add(question, one_if(Verdict::Tie));
            if let Said::Failed { kind, .. } = said {
                *self.failures.entry(*kind).or_default() += 1;
            }
        }
        let too_long = |said: &Said| matches!(said, Said::Failed { kind: ErrorKind::PromptTooLong, .. });
        self.over_long += u64::from(said().any(too_long));
        if let Some([first, second]) = both(verdict).and_then(judged) {
            self.consistent.add(question, f64::from(u8::from(first == second)));
            // With the chosen answer shown second, a verdict for it is one for the second place.
            self.first_preferred.add(question, f64::midpoint(points(first), points(second.swapped())) - 0.5);
        }
    }

    /// All of it with intervals.
    pub fn measured(&self, bootstrap: &Bootstrap) -> Behaviour {
        let mut failures: Vec<Failures> =
            self.failures.iter().map(|(kind, n)| Failures { kind: *kind, n: *n }).collect();
        failures.sort_by_key(|failed| (std::cmp::Reverse(failed.n), failed.kind.as_str()));
        Behaviour {
            asked: self.asked,
            consistency: self.consistent.measured(bootstrap),
            position_bias: self.first_preferred.measured(bootstrap),
            parse_rate: self.parsed.measured(bootstrap),
            abstention: self.abstained.measured(bootstrap),
            ties: self.tied.measured(bootstrap),
            failures,
            over_long: self.over_long,
        }
    }
}

/// The verdicts of both orders, seen from the chosen answer; `None` unless both were given.
pub(super) fn judged(said: [&Said; 2]) -> Option<[Choice; 2]> {
    let [first, second] = said.map(Said::choice);
    Some([first?, second?])
}

fn points(choice: Choice) -> f64 {
    match choice {
        Choice::First => 1.0,
        Choice::Second => 0.0,
        Choice::Tie => 0.5,
    }
}
