//! A quick look: every pair once, in one order, without a journal.

use toolrm_core::{
    error::JudgeError,
    judge::{PairItem, ScoreItem, ToolCallJudge},
    observe::CallOptions,
    score::{Outcome, Score},
};

use super::{PairVerdict, Said, ScoreSaid};
use crate::{metrics::shown_first, trbench::Pair};

/// Judges some pairs, each with its number, in the order a coin draws by the seed of the options. A judge that scores is asked for
/// the scores of both answers besides. One verdict a pair, in their order.
///
/// # Errors
/// When the judge could do nothing at all; what it cannot do with one pair is in that pair's verdict.
pub async fn judge_once<J: ToolCallJudge + ?Sized>(
    judge: &J,
    pairs: &[(u64, Pair)],
    options: &CallOptions,
) -> Result<Vec<PairVerdict>, JudgeError> {
    let mut verdicts = Vec::with_capacity(pairs.len());
    for batch in pairs.chunks(judge.card().max_batch.max(1)) {
        let drawn: Vec<bool> = batch.iter().map(|(number, _)| shown_first(*number, options.seed)).collect();
        let items: Vec<PairItem<'_>> = batch.iter().zip(&drawn).map(|((_, pair), first)| item(pair, *first)).collect();
        let outcomes = judge.compare(&items, options).await?;
        let mut scores = scores(judge, batch, options).await?.into_iter();
        for (((number, pair), chosen_first), outcome) in batch.iter().zip(drawn).zip(outcomes) {
            let mut verdict = PairVerdict::new(*number, pair.id.clone());
            verdict.usage = outcome.as_judged().map(|comparison| comparison.usage).unwrap_or_default();
            let order = if chosen_first { &mut verdict.chosen_first } else { &mut verdict.chosen_second };
            *order = Some(Said::of(outcome, chosen_first));
            for side in [&mut verdict.chosen_score, &mut verdict.rejected_score] {
                let Some(score) = scores.next().and_then(Outcome::judged) else { continue };
                verdict.usage = verdict.usage + score.usage;
                *side = Some(ScoreSaid { value: score.value, findings: score.findings });
            }
            verdicts.push(verdict);
        }
    }
    Ok(verdicts)
}

/// The scores of both answers of every pair, in order; none of a judge that only compares.
async fn scores<J: ToolCallJudge + ?Sized>(
    judge: &J,
    pairs: &[(u64, Pair)],
    options: &CallOptions,
) -> Result<Vec<Outcome<Score>>, JudgeError> {
    if judge.card().pointwise.is_none() {
        return Ok(Vec::new());
    }
    let sides = pairs.iter().flat_map(|(_, pair)| [&pair.chosen, &pair.rejected].map(|side| (&pair.task, side)));
    let items: Vec<_> = sides.map(|(task, candidate)| ScoreItem { task, candidate }).collect();
    let mut scores = Vec::with_capacity(items.len());
    for batch in items.chunks(judge.card().max_batch.max(1)) {
        scores.extend(judge.score(batch, options).await?);
    }
    Ok(scores)
}

fn item(pair: &Pair, chosen_first: bool) -> PairItem<'_> {
    let (first, second) = if chosen_first { (&pair.chosen, &pair.rejected) } else { (&pair.rejected, &pair.chosen) };
    PairItem { task: &pair.task, first, second }
}

#[cfg(test)]
mod tests {
    use toolrm_core::{call::Candidate, judge::Choice, task::Task, testkit::block_on, toolset::Toolset};

    use super::*;
    use crate::null::Null;

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
