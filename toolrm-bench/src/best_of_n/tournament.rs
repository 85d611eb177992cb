//! [`Tournament`]: what a judge that compares picks of a draw, by one of core's selectors over what it said of all pairs.

use std::{cmp::Reverse, collections::HashMap};

use async_trait::async_trait;
use toolrm_core::{
    call::Candidate,
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ToolCallJudge},
    observe::CallOptions,
    score::Outcome,
    select::{Knockout, RoundRobin, Selector},
};

use super::{
    Select,
    ask::Table,
    chance::drawn,
    field::{Answer, Field, share},
};

/// The tournaments of one question. Players are the numbers of its distinct answers.
pub(super) struct Tournament<'t> {
    judge: Known<'t>,
    select: Select,
    /// Who won among whom, in this order; `None` when no verdict could be had.
    played: HashMap<Vec<usize>, Option<usize>>,
}

impl<'t> Tournament<'t> {
    pub(super) fn new(table: &'t Table, select: Select) -> Self {
        let card = JudgeCard::pairwise("known", "known").with_symmetric(true);
        Self { judge: Known { table, card }, select, played: HashMap::new() }
    }

    /// What the judge alone, as the one who decides between equal votes, and with votes deciding between its equals is worth, over
    /// `draws` draws of `n`.
    ///
    /// A selector keeps the first of those it cannot tell apart, and the order of a draw is random: equals are equally likely. With the
    /// most voted ones first, votes decide.
    pub(super) async fn expected(
        &mut self,
        field: &Field<'_>,
        n: usize,
        call: &CallOptions,
        draws: u32,
    ) -> Result<[f64; 3], JudgeError> {
        if n == 1 {
            return Ok([field.mean(); 3]);
        }
        let mut sums = [0.0; 3];
        for draw in 0..draws {
            let numbers = drawn(field.answers.len(), n, call.seed, &field.group.id, draw);
            let answers: Vec<Answer> = numbers.into_iter().filter_map(|i| field.answers.get(i).copied()).collect();
            let votes: Vec<usize> = answers.iter().map(|answer| votes(field, answer, &answers)).collect();
            let most = votes.iter().copied().max().unwrap_or(0);
            let with_most = answers.iter().zip(&votes).filter(|(_, votes)| **votes == most).map(|(answer, _)| *answer);
            let mut by_votes: Vec<(Answer, usize)> = answers.iter().copied().zip(votes.iter().copied()).collect();
            by_votes.sort_by_key(|(_, votes)| Reverse(*votes)); // stable: equal votes stay in the order drawn
            let fields = [
                answers.clone(),
                with_most.collect(),
                by_votes.into_iter().map(|(answer, _)| answer).collect::<Vec<_>>(),
            ];
            for (sum, answers) in sums.iter_mut().zip(&fields) {
                *sum += self.right(field, answers, call).await?;
            }
        }
        Ok(sums.map(|sum| sum / f64::from(draws)))
    }

    /// The probability that the winner is right.
    async fn right(&mut self, field: &Field<'_>, answers: &[Answer], call: &CallOptions) -> Result<f64, JudgeError> {
        let mut players = Vec::new();
        for answer in answers {
            if !players.contains(&answer.distinct) {
                players.push(answer.distinct);
            }
        }
        let winner = if let Some(known) = self.played.get(&players) {
            *known
        } else {
            let winner = self.winner(field, &players, call).await?;
            *self.played.entry(players).or_insert(winner)
        };
        let picked = answers.iter().filter(|answer| winner.is_none_or(|winner| answer.distinct == winner));
        Ok(share(picked.map(|answer| (f64::from(u8::from(answer.right)), 1.0))))
    }

    async fn winner(
        &self,
        field: &Field<'_>,
        players: &[usize],
        call: &CallOptions,
    ) -> Result<Option<usize>, JudgeError> {
        if let [only] = players {
            return Ok(Some(*only));
        }
        let named: Vec<Candidate> = players.iter().map(|player| Candidate::text(player.to_string())).collect();
        let selector: &dyn Selector = match self.select {
            Select::RoundRobin => &RoundRobin,
            _ => &Knockout::default(),
        };
        match selector.select(&self.judge, &field.group.task, &named, call).await {
            Ok(selection) => Ok(players.get(selection.winner).copied()),
            Err(error) if matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Timeout) => Err(error),
            // No verdict on any pair: nobody is better than anybody.
            Err(_) => Ok(None),
        }
    }
}

/// How many of the answers mean the same as this one.
fn votes(field: &Field<'_>, of: &Answer, answers: &[Answer]) -> usize {
    let meaning = |answer: &Answer| field.distinct.get(answer.distinct).map(|distinct| distinct.meaning);
    answers.iter().filter(|answer| meaning(answer) == meaning(of)).count()
}

/// A judge that says what is known already, of candidates that are named by their numbers.
struct Known<'t> {
    table: &'t Table,
    card: JudgeCard,
}

#[async_trait]
impl ToolCallJudge for Known<'_> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn compare(&self, pairs: &[PairItem<'_>], _: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let number = |candidate: &Candidate| candidate.action.text()?.parse().ok();
        let known = |pair: &PairItem<'_>| self.table.compare(number(pair.first)?, number(pair.second)?);
        let said = |pair| known(pair).map_or_else(|| Outcome::abstained("no verdict on these two"), Outcome::Judged);
        Ok(pairs.iter().map(said).collect())
    }
}
