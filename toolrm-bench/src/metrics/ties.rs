//! Pairs of which both answers are right: a judge should see no difference worth a verdict.

use toolrm_core::{judge::Choice, measure::Bootstrap};

use super::Mean;
use crate::{
    report::model::TiePairs,
    run::{PairVerdict, Said},
};

/// What is counted for [`TiePairs`], of pairs that were judged in every order asked:
///
/// - distance: mean of |p - 1/2|, p averaged over the orders, so that a liking for a place cancels out;
/// - decided: the share with a winner that is the same in every order.
#[derive(Debug, Clone, Default)]
pub struct TieTally {
    n: u64,
    questions: Mean,
    distance: Mean,
    decided: Mean,
}

impl TieTally {
    /// Counts a pair of which both answers are right.
    pub fn add(&mut self, question: usize, verdict: &PairVerdict) {
        self.n += 1;
        self.questions.add(question, 1.0);
        let Some(said) = said_of_all(verdict) else { return };
        let Some((first, _)) = said.first().copied() else { return };
        let p = said.iter().map(|(_, p)| p).sum::<f64>() / said.len() as f64;
        self.distance.add(question, (p - 0.5).abs());
        let decided = first != Choice::Tie && said.iter().all(|(choice, _)| *choice == first);
        self.decided.add(question, f64::from(u8::from(decided)));
    }

    /// All of it with intervals; `None` of no pairs.
    pub fn measured(&self, bootstrap: &Bootstrap) -> Option<TiePairs> {
        (self.n > 0).then(|| TiePairs {
            n: self.n,
            questions: self.questions.questions() as u64,
            distance: self.distance.measured(bootstrap),
            decided: self.decided.measured(bootstrap),
        })
    }
}

/// Verdict and probability of the chosen answer in every order asked; `None` when one of them was not judged.
fn said_of_all(verdict: &PairVerdict) -> Option<Vec<(Choice, f64)>> {
    let orders = verdict.chosen_first.iter().chain(&verdict.chosen_second);
    orders
        .map(|said| match said {
            Said::Judged { choice, p_chosen, .. } => Some((*choice, *p_chosen)),
            _ => None,
        })
        .collect()
}
