//! What is asked about a batch of pairs, and the answers as verdicts.

use toolrm_core::{
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge, link},
    observe::CallOptions,
    score::{Outcome, Score, ScoreScale, Usage},
};

use super::{
    options::Ask,
    verdict::{PairVerdict, Said, ScoreSaid, in_words},
};
use crate::{metrics::shown_first, trbench::Pair};

/// A pair and its number in the bench.
pub(super) type Numbered<'a> = (u64, &'a Pair);

/// How the comparison of a pair comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    /// The judge is shown both orders.
    BothOrders,
    /// The judge is shown one order; it is symmetric, so the other one is its mirror image.
    OneOrder,
    /// The judge is shown one order, drawn by a coin for each pair; of the other one nothing is known.
    ByCoin {
        /// The seed of the coin.
        seed: u64,
    },
    /// From the scores.
    ByScores,
}

/// What a judge is asked about every pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    compared: Compared,
    /// The scale of the scores, where they are asked for.
    scores: Option<ScoreScale>,
}

impl Plan {
    /// What a judge with this card can be asked.
    ///
    /// # Errors
    /// The card does not offer it.
    pub(super) fn of(card: &JudgeCard, ask: Ask) -> Result<Self, JudgeError> {
        let in_order = if card.symmetric { Compared::OneOrder } else { Compared::BothOrders };
        match (ask, card.pairwise, card.pointwise) {
            (Ask::Everything, true, scores) => Ok(Self { compared: in_order, scores }),
            (Ask::Comparisons, true, _) => Ok(Self { compared: in_order, scores: None }),
            (Ask::Everything | Ask::Scores, _, scores @ Some(_)) => Ok(Self { compared: Compared::ByScores, scores }),
            _ => {
                let offers = match (card.pairwise, card.pointwise) {
                    (true, _) => "compares, and does not score single candidates",
                    (false, Some(_)) => "scores, and does not compare",
                    (false, None) => "neither compares nor scores",
                };
                Err(JudgeError::new(ErrorKind::Unsupported, format!("by its card it {offers}")))
            }
        }
    }

    /// Every pair in one order, which a coin draws, and the scores of a judge that scores.
    pub(super) fn once(card: &JudgeCard, seed: u64) -> Self {
        Self { compared: Compared::ByCoin { seed }, scores: card.pointwise }
    }

    /// A name of what is asked; part of what verdicts depend on.
    pub(super) fn name(self) -> &'static str {
        match (self.compared, self.scores) {
            (Compared::BothOrders, None) => "both orders",
            (Compared::BothOrders, Some(_)) => "both orders and scores",
            (Compared::OneOrder, None) => "one order",
            (Compared::OneOrder, Some(_)) => "one order and scores",
            (Compared::ByCoin { .. }, None) => "an order by a coin",
            (Compared::ByCoin { .. }, Some(_)) => "an order by a coin and scores",
            (Compared::ByScores, _) => "scores",
        }
    }

    /// Whether the chosen answer is shown first, for each time the pair of this number is shown.
    fn orders(self, number: u64) -> &'static [bool] {
        match self.compared {
            Compared::BothOrders => &[true, false],
            Compared::OneOrder => &[true],
            Compared::ByCoin { seed } if shown_first(number, seed) => &[true],
            Compared::ByCoin { .. } => &[false],
            Compared::ByScores => &[],
        }
    }

    /// Asks about a batch, in calls of at most `size` questions.
    ///
    /// A call that failed as a whole fails its questions and no others.
    ///
    /// # Errors
    /// Nothing more is to be asked: the caller cancelled, or the judge cannot do it at all.
    pub(super) async fn put(
        self,
        judge: &dyn ToolCallJudge,
        pairs: &[Numbered<'_>],
        size: usize,
        options: &CallOptions,
    ) -> Result<Vec<PairVerdict>, JudgeError> {
        let shown =
            pairs.iter().flat_map(|(number, pair)| self.orders(*number).iter().map(|first| shown(pair, *first)));
        let mut comparisons = Vec::new();
        for items in shown.collect::<Vec<_>>().chunks(size) {
            options.check()?;
            comparisons.extend(answers(items.len(), judge.compare(items, options).await)?);
        }
        let sides = pairs.iter().filter(|_| self.scores.is_some()).flat_map(|(_, pair)| sides(pair));
        let mut scores = Vec::new();
        for items in sides.collect::<Vec<_>>().chunks(size) {
            options.check()?;
            scores.extend(answers(items.len(), judge.score(items, options).await)?);
        }
        let (mut comparisons, mut scores) = (comparisons.into_iter(), scores.into_iter());
        Ok(pairs.iter().map(|pair| self.verdict(*pair, &mut comparisons, &mut scores)).collect())
    }

    /// The verdict of a pair from its share of the answers.
    fn verdict(
        self,
        (number, pair): Numbered<'_>,
        comparisons: &mut impl Iterator<Item = Outcome<Comparison>>,
        scores: &mut impl Iterator<Item = Outcome<Score>>,
    ) -> PairVerdict {
        let mut verdict = PairVerdict::new(number, pair.id.as_str());
        for (chosen_first, outcome) in self.orders(number).iter().zip(comparisons) {
            verdict.usage = verdict.usage + outcome.as_judged().map_or(Usage::default(), |c| c.usage);
            let order = if *chosen_first { &mut verdict.chosen_first } else { &mut verdict.chosen_second };
            *order = Some(Said::of(outcome, *chosen_first));
        }
        if let Some(scale) = self.scores {
            let mut score = || {
                let outcome = scores.next()?;
                verdict.usage = verdict.usage + outcome.as_judged().map_or(Usage::default(), |s| s.usage);
                Some(ScoreSaid::of(outcome))
            };
            if let (Some(chosen), Some(rejected)) = (score(), score()) {
                if self.compared == Compared::ByScores {
                    verdict.chosen_first = Some(by_scores(scale, &chosen, &rejected));
                }
                (verdict.chosen_score, verdict.chosen_unscored) = split(chosen);
                (verdict.rejected_score, verdict.rejected_unscored) = split(rejected);
            }
        }
        // Seen from the chosen answer's side, the mirror image of a verdict is that verdict.
        if matches!(self.compared, Compared::OneOrder | Compared::ByScores) {
            verdict.chosen_second.clone_from(&verdict.chosen_first);
        }
        settled_form(verdict)
    }
}

fn shown(pair: &Pair, chosen_first: bool) -> PairItem<'_> {
    let (first, second) = if chosen_first { (&pair.chosen, &pair.rejected) } else { (&pair.rejected, &pair.chosen) };
    PairItem { task: &pair.task, first, second }
}

fn sides(pair: &Pair) -> [ScoreItem<'_>; 2] {
    [&pair.chosen, &pair.rejected].map(|candidate| ScoreItem { task: &pair.task, candidate })
}

/// One outcome per question, whatever became of the call.
fn answers<T>(questions: usize, call: Result<Vec<Outcome<T>>, JudgeError>) -> Result<Vec<Outcome<T>>, JudgeError> {
    let (kind, message) = match call {
        Ok(outcomes) if outcomes.len() == questions => return Ok(outcomes),
        Ok(outcomes) => {
            (ErrorKind::Backend, format!("the judge gave {} answers to {questions} questions", outcomes.len()))
        }
        Err(error) => match error.kind() {
            ErrorKind::Cancelled | ErrorKind::Unsupported | ErrorKind::InvalidInput => return Err(error),
            kind => (kind, in_words(&error)),
        },
    };
    Ok((0..questions).map(|_| Outcome::Failed(JudgeError::new(kind, message.clone()))).collect())
}

/// The comparison two scores amount to. A failure wins over an abstention.
fn by_scores(scale: ScoreScale, chosen: &Result<ScoreSaid, Said>, rejected: &Result<ScoreSaid, Said>) -> Said {
    match (chosen, rejected) {
        (Ok(a), Ok(b)) => {
            let p_chosen = link(scale, a.value, b.value);
            Said::of(Outcome::Judged(Comparison::from_probability(p_chosen)), true)
        }
        (Err(failed @ Said::Failed { .. }), _) | (_, Err(failed @ Said::Failed { .. })) => failed.clone(),
        (Err(said), _) | (_, Err(said)) => said.clone(),
    }
}

fn split(score: Result<ScoreSaid, Said>) -> (Option<ScoreSaid>, Option<Said>) {
    match score {
        Ok(score) => (Some(score), None),
        Err(said) => (None, Some(said)),
    }
}

/// The verdict as it is read back from its line: what a run holds is then the same whether it was resumed or not. What no line
/// holds (a weight that is not a number) is the judge's failure.
fn settled_form(verdict: PairVerdict) -> PairVerdict {
    let line = serde_json::to_string(&verdict);
    line.and_then(|line| serde_json::from_str(&line)).unwrap_or_else(|e| {
        let failed = Said::failed(ErrorKind::Unparseable, format!("the judge said what JSON cannot hold: {e}"));
        PairVerdict {
            chosen_first: Some(failed.clone()),
            chosen_second: Some(failed),
            usage: verdict.usage,
            ..PairVerdict::new(verdict.number, verdict.id)
        }
    })
}
