//! [`Knockout`]: winners meet winners.

use async_trait::async_trait;

use super::{
    Field, Selection, Selector,
    tally::{Tally, apart},
};
use crate::{
    call::Candidate,
    error::JudgeError,
    judge::{PairItem, ToolCallJudge},
    layer::{
        ask::{ask, forwarded},
        mix::mix,
    },
    observe::CallOptions,
    task::Task,
};

/// A knockout tournament: neighbours meet, winners advance, log2 N rounds of one batch each. Of a pair the lower index is shown
/// first. Ranked by the round reached, then half-points, then mean probability, then the lower index.
///
/// - A tie goes to the side with the higher probability, an even one to the lower index: a judge that cannot tell anything
///   apart keeps candidate 0, whatever N is.
/// - After a comparison without a verdict both stay in and meet others; two such comparisons in a row and a candidate is out. So
///   a candidate the judge cannot read takes nobody along, at the price of a few comparisons more.
/// - Who has no opponent advances, and is among the first to play in the next round.
///
/// The bracket is the order given; [`Knockout::seeded`] shuffles it by [`CallOptions::seed`], for judges that are not transitive
/// and whose winner therefore depends on who meets whom.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Knockout {
    /// Whether the bracket is shuffled.
    pub shuffle: bool,
}

impl Knockout {
    /// A tournament whose bracket is shuffled by the call's seed; the same seed gives the same bracket.
    pub fn seeded() -> Self {
        Self { shuffle: true }
    }

    fn bracket(self, players: usize, seed: u64) -> Vec<usize> {
        let mut bracket: Vec<usize> = (0..players).collect();
        if self.shuffle {
            bracket.sort_by_key(|&i| mix(seed, i as u64));
        }
        bracket
    }
}

#[async_trait]
impl Selector for Knockout {
    async fn select(
        &self,
        judge: &dyn ToolCallJudge,
        task: &Task,
        candidates: &[Candidate],
        options: &CallOptions,
    ) -> Result<Selection, JudgeError> {
        let field = Field::new(candidates)?;
        if let Some(only) = field.trivial() {
            return Ok(only);
        }
        let mut tally = Tally::new(field.distinct.len());
        let mut alive = self.bracket(field.distinct.len(), options.seed);
        for round in 1.. {
            let (matches, bye) = draw(&alive);
            if matches.is_empty() {
                break;
            }
            let pairs: Vec<_> = matches
                .iter()
                .filter_map(|&(a, b)| {
                    Some(PairItem { task, first: field.distinct.get(a)?, second: field.distinct.get(b)? })
                })
                .collect();
            // The observer counts comparisons through all rounds.
            let played = tally.comparisons();
            let outcomes = ask(judge, &pairs, &forwarded(options, move |i| played + i)).await?;
            let (mut winners, mut open) = (Vec::from_iter(bye), Vec::new());
            for ((a, b), outcome) in matches.into_iter().zip(outcomes) {
                match tally.compared(a, b, outcome) {
                    Some(winner) => winners.push(winner),
                    None => open.extend([a, b].into_iter().filter(|&p| tally.survives(p))),
                }
            }
            alive = apart(winners, &open);
            tally.reached(&alive, round);
        }
        field.finish(tally.standing())
    }
}

/// The matches of a round, lower index first, and who has no opponent.
fn draw(alive: &[usize]) -> (Vec<(usize, usize)>, Option<usize>) {
    let (pairs, rest) = alive.as_chunks::<2>();
    (pairs.iter().map(|&[a, b]| (a.min(b), a.max(b))).collect(), rest.first().copied())
}
