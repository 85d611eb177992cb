//! A quick look: every pair once, in one order, without a journal.

use toolrm_core::{error::JudgeError, judge::ToolCallJudge, observe::CallOptions};

use super::{PairVerdict, ask::Plan};
use crate::trbench::Pair;

/// Judges some pairs, each with its number, in the order a coin draws by the seed of the options. A judge that scores is asked for
/// the scores of both answers besides. One verdict a pair, in their order.
///
/// # Errors
/// When the caller cancelled, or the judge cannot do it at all; what it cannot do with one pair, or with one call, is in the verdicts.
pub async fn judge_once(
    judge: &dyn ToolCallJudge,
    pairs: &[(u64, Pair)],
    options: &CallOptions,
) -> Result<Vec<PairVerdict>, JudgeError> {
    let numbered: Vec<_> = pairs.iter().map(|(number, pair)| (*number, pair)).collect();
    Plan::once(judge.card(), options.seed).put(judge, &numbered, judge.card().max_batch.max(1), options).await
}

#[cfg(test)]
mod tests {
    use toolrm_core::{call::Candidate, judge::Choice, task::Task, testkit::block_on, toolset::Toolset};

    use super::*;
    use crate::{null::Null, run::Said};

    fn pairs(n: u64) -> Vec<(u64, Pair)> {
        let task = Task::new(Vec::new(), Toolset::new(Vec::new()).unwrap());
        let pair = || Pair::new(task.clone(), Candidate::text("longer"), Candidate::text("short"));
        (0..n).map(|number| (number, pair())).collect()
    }

    #[test]
    fn each_pair_is_asked_in_the_order_its_coin_draws() {
        let first = block_on(judge_once(&*Null::First.judge(0), &pairs(200), &CallOptions::default())).unwrap();
        let shown_first = first.iter().filter(|verdict| verdict.chosen_first.is_some()).count();
        assert!((70..130).contains(&shown_first), "{shown_first}");
        for verdict in &first {
            let said =
                verdict.chosen_first.as_ref().map(Said::choice).or(verdict.chosen_second.as_ref().map(Said::choice));
            let expected = if verdict.chosen_first.is_some() { Choice::First } else { Choice::Second };
            assert_eq!(said, Some(Some(expected)), "seen from the chosen answer's side");
            assert!(verdict.chosen_first.is_none() != verdict.chosen_second.is_none());
            assert_eq!(verdict.chosen_score, None, "it does not score");
        }
    }

    #[test]
    fn a_judge_that_scores_gives_the_scores_of_both() {
        let longer = block_on(judge_once(&*Null::Longer.judge(0), &pairs(3), &CallOptions::default())).unwrap();
        let values: Vec<_> = longer.iter().map(|v| (v.chosen_score.clone(), v.rejected_score.clone())).collect();
        assert!(values.iter().all(|(c, r)| c.as_ref().unwrap().value > r.as_ref().unwrap().value));
        assert_eq!(longer.iter().map(|v| v.number).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
