//! The points of a tournament.

use std::cmp::Reverse;

use super::{Problem, Standing, Why, verdict};
use crate::{
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, quantise},
    score::{Outcome, Usage},
};

/// One distinct candidate in a tournament.
#[derive(Debug, Clone, Copy, Default)]
struct Player {
    /// The last round it reached.
    round: u32,
    /// Two for a win, one for a tie or a comparison without a verdict.
    half_points: u32,
    /// Judged comparisons, and the sum over them of the probability of being the better one.
    judged: u32,
    sum: f64,
    /// Comparisons without a verdict since the last judged one.
    strikes: u32,
}

impl Player {
    fn strength(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.sum / f64::from(self.judged))
    }

    /// What ranks it: judged at all, the round it reached, half-points, strength.
    fn key(&self) -> (bool, u32, u32, Option<i64>) {
        (self.judged > 0, self.round, self.half_points, self.strength().map(quantise))
    }
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    players: Vec<Player>,
    problems: Vec<Problem>,
    comparisons: usize,
    usage: Usage,
}

impl Tally {
    pub(super) fn new(players: usize) -> Self {
        Self { players: vec![Player::default(); players], ..Self::default() }
    }

    pub(super) fn comparisons(&self) -> usize {
        self.comparisons
    }

    /// Books the comparison of `a`, which was shown first, with `b`, and says who wins it: on a tie the more probable one, then
    /// the lower index. Nobody wins one without a verdict.
    pub(super) fn compared(&mut self, a: usize, b: usize, outcome: Outcome<Comparison>) -> Option<usize> {
        self.comparisons += 1;
        let v = match verdict(outcome) {
            Ok(v) if (0.0..=1.0).contains(&v.p_first) => v,
            Ok(v) => {
                self.unjudged(&[a, b], Why::Failed(not_a_probability(v.p_first)));
                return None;
            }
            Err(why) => {
                self.unjudged(&[a, b], why);
                return None;
            }
        };
        self.cost(v.usage);
        let (for_a, for_b) = match v.choice {
            Choice::First => (2, 0),
            Choice::Second => (0, 2),
            Choice::Tie => (1, 1),
        };
        self.judge(a, for_a, v.p_first);
        self.judge(b, for_b, 1.0 - v.p_first);
        Some(match (v.choice, quantise(v.p_first - 0.5)) {
            (Choice::First, _) | (Choice::Tie, 1..) => a,
            (Choice::Second, _) | (Choice::Tie, ..0) => b,
            (Choice::Tie, 0) => a.min(b),
        })
    }

    /// Books a judgement of one player.
    pub(super) fn judge(&mut self, player: usize, half_points: u32, p: f64) {
        if let Some(player) = self.players.get_mut(player) {
            player.half_points += half_points;
            player.judged += 1;
            player.sum += p;
            player.strikes = 0;
        }
    }

    /// Books a comparison without a verdict: no evidence, so a half-point to all of them.
    pub(super) fn unjudged(&mut self, players: &[usize], why: Why) {
        for &player in players {
            if let Some(player) = self.players.get_mut(player) {
                player.half_points += 1;
                player.strikes += 1;
            }
        }
        if let [candidate, rest @ ..] = players {
            self.problems.push(Problem { candidate: *candidate, others: rest.to_vec(), why });
        }
    }

    /// Books what a judgement cost.
    pub(super) fn cost(&mut self, usage: Usage) {
        self.usage = self.usage + usage;
    }

    /// Books that players reached a round.
    pub(super) fn reached(&mut self, players: &[usize], round: u32) {
        for &player in players {
            if let Some(player) = self.players.get_mut(player) {
                player.round = round;
            }
        }
    }

    /// Whether a player is still in after a comparison without a verdict: nobody has beaten it, so it gets another opponent, but
    /// two in a row are enough. (With one strike only, a candidate the judge cannot read would take its neighbour along.)
    pub(super) fn survives(&self, player: usize) -> bool {
        self.players.get(player).is_some_and(|p| p.strikes < 2)
    }

    pub(super) fn standing(self) -> Standing {
        let mut ranking: Vec<usize> = (0..self.players.len()).collect();
        ranking.sort_by_key(|&i| Reverse(self.players.get(i).map(Player::key))); // stable: the lower index stays in front
        Standing {
            ranking,
            scores: vec![None; self.players.len()],
            strength: self.players.iter().map(Player::strength).collect(),
            problems: self.problems,
            comparisons: self.comparisons,
            usage: self.usage,
        }
    }
}

fn not_a_probability(p: f64) -> JudgeError {
    JudgeError::new(ErrorKind::Backend, format!("the judge gave {p} for a probability"))
}

/// Who plays on in a knockout: of those left open every other one goes before the winners and the rest after, so that they meet
/// others if there are any.
pub(super) fn apart(winners: Vec<usize>, open: &[usize]) -> Vec<usize> {
    let mut next: Vec<usize> = open.iter().step_by(2).copied().collect();
    next.extend(winners);
    next.extend(open.iter().skip(1).step_by(2));
    next
}
