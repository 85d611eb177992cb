//! Judges on preference pairs: reading them, judging them, counting, reporting.

use toolrm_core::{
    call::Candidate,
    canonical::Fingerprint,
    error::JudgeError,
    judge::{Choice, Comparison, PairItem, ScoreItem, ToolCallJudge},
    observe::CallOptions,
    score::{Outcome, Score},
};

pub(crate) mod metrics;
pub(crate) mod null;
pub(crate) mod pairs;
pub(crate) mod report;

use metrics::Groups;
use pairs::Pair;

/// A judge and how it fares.
pub(crate) struct Standing {
    judge: Box<dyn ToolCallJudge>,
    /// Whether it is one of the null judges.
    pub(crate) null: bool,
    pub(crate) categories: Groups,
    pub(crate) error_types: Groups,
    /// Pairs it did not win, worst first; at most as many as are asked for.
    pub(crate) mistakes: Vec<Mistake>,
}

impl Standing {
    pub(crate) fn new(judge: Box<dyn ToolCallJudge>, null: bool) -> Self {
        Self { judge, null, categories: Groups::default(), error_types: Groups::default(), mistakes: Vec::new() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.judge.card().id
    }

    /// Judges some pairs, each in one order, and counts the verdicts. Keeps the `keep` worst mistakes.
    pub(crate) async fn judge(&mut self, pairs: &[Pair], keep: usize, options: &CallOptions) -> Result<(), JudgeError> {
        for batch in pairs.chunks(self.judge.card().max_batch.max(1)) {
            let chosen_first: Vec<bool> = batch.iter().map(|p| shown_first(p, options.seed)).collect();
            let items: Vec<PairItem<'_>> = batch.iter().zip(&chosen_first).map(|(p, first)| item(p, *first)).collect();
            let verdicts = self.judge.compare(&items, options).await?;
            let mut lost = Vec::new();
            for ((pair, first), verdict) in batch.iter().zip(&chosen_first).zip(verdicts) {
                self.categories.of(&pair.category).add(&verdict, *first);
                self.error_types.of(&pair.error_type).add(&verdict, *first);
                let right = if *first { Choice::First } else { Choice::Second };
                if keep > 0 && verdict.as_judged().is_none_or(|v| v.choice != right) {
                    lost.push((pair, verdict.map(|v| if *first { v } else { v.swapped() })));
                }
            }
            self.remember(lost, keep, options).await?;
        }
        Ok(())
    }

    async fn remember(
        &mut self,
        lost: Vec<(&Pair, Outcome<Comparison>)>,
        keep: usize,
        options: &CallOptions,
    ) -> Result<(), JudgeError> {
        for (pair, verdict) in lost {
            let mut sides = [Side::unscored(&pair.chosen), Side::unscored(&pair.rejected)];
            if self.judge.card().pointwise.is_some() {
                let items = [&pair.chosen, &pair.rejected].map(|candidate| ScoreItem { task: &pair.task, candidate });
                let scores = self.judge.score(&items, options).await?;
                for (side, score) in sides.iter_mut().zip(scores) {
                    side.score = score.judged();
                }
            }
            let [chosen, rejected] = sides;
            self.mistakes.push(Mistake::new(pair, &verdict, chosen, rejected));
        }
        // Stable: of equally bad ones the earlier in the file stays.
        self.mistakes.sort_by(|a, b| b.gap.total_cmp(&a.gap));
        self.mistakes.truncate(keep);
        Ok(())
    }
}

/// Whether the chosen one is shown first: a coin per pair, so that a judge's liking for a place wins and loses nothing.
fn shown_first(pair: &Pair, seed: u64) -> bool {
    let drawn = Fingerprint::of(["order".to_owned(), seed.to_string(), pair.number.to_string()]);
    drawn.as_bytes().first().is_some_and(|byte| byte % 2 == 0)
}

fn item(pair: &Pair, chosen_first: bool) -> PairItem<'_> {
    let (first, second) = if chosen_first { (&pair.chosen, &pair.rejected) } else { (&pair.rejected, &pair.chosen) };
    PairItem { task: &pair.task, first, second }
}

/// A pair that a judge did not win.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) error_type: String,
    pub(crate) question: String,
    /// What it said: `wrong`, `tie`, `abstained` or `failed`.
    pub(crate) verdict: &'static str,
    /// By how much it liked the rejected one better.
    pub(crate) gap: f64,
    pub(crate) chosen: Side,
    pub(crate) rejected: Side,
}

/// One of the two candidates, with the judge's score where it gives one.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) candidate: Candidate,
    pub(crate) score: Option<Score>,
}

impl Side {
    fn unscored(candidate: &Candidate) -> Self {
        Self { candidate: candidate.clone(), score: None }
    }
}

impl Mistake {
    /// `verdict` is that of the chosen one shown first.
    fn new(pair: &Pair, verdict: &Outcome<Comparison>, chosen: Side, rejected: Side) -> Self {
        let by_scores = chosen.score.as_ref().zip(rejected.score.as_ref()).map(|(c, r)| r.value - c.value);
        let by_verdict = verdict.as_judged().map_or(0.0, |v| 1.0 - 2.0 * v.p_first);
        Self {
            id: pair.id.clone(),
            category: pair.category.clone(),
            error_type: pair.error_type.clone(),
            question: pair.task.last_user_text().map_or_else(String::new, std::borrow::Cow::into_owned),
            verdict: match verdict {
                Outcome::Judged(v) if v.choice == Choice::Tie => "tie",
                Outcome::Judged(_) => "wrong",
                Outcome::Abstained { .. } => "abstained",
                _ => "failed",
            },
            gap: by_scores.unwrap_or(by_verdict),
            chosen,
            rejected,
        }
    }
}
