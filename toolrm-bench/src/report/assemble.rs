//! From pairs and what judges said of them to a [`Report`].

use std::cmp::Reverse;

use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;
use toolrm_core::{judge::JudgeCard, measure::Bootstrap};

use super::{
    difference::differences,
    model::{BenchInfo, Card, Cell, JudgeReport, Means, Method, Report, Row, Share, Side, Versus, WrongVerdict},
};
use crate::{
    bfcl::category::Category,
    metrics::{
        Contest, Groups, Mistake, Questions, Tally, Verdict, both, half_points, p_chosen, paired_test, right_in_both,
        single,
    },
    run::{PairVerdict, Said, ScoreSaid},
    trbench::{Pair, Relation, pair::answer_json},
};

/// What one judge said of the pairs of a bench.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "built by literal wherever a report is made")]
pub struct JudgeVerdicts<'a> {
    /// Who it is.
    pub card: &'a JudgeCard,
    /// Whether it is one of the null judges.
    pub null: bool,
    /// One for each pair, in any order.
    pub verdicts: &'a [PairVerdict],
    /// Seconds by the clock, where they are to be told.
    pub seconds: Option<f64>,
}

/// How a report is made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReportOptions {
    /// The seed of the order that counts as the single one and of the intervals; that of the null judges should be the same.
    pub seed: u64,
    /// Mistakes to show of each split and error type.
    pub mistakes: usize,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { seed: 0, mistakes: 3 }
    }
}

/// Verdicts that do not belong to the pairs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerdictsError {
    /// A pair without a verdict.
    #[error("judge \"{judge}\" says nothing of pair {number} (\"{id}\"); run it to the end")]
    Missing {
        /// The judge's id.
        judge: String,
        /// The pair's number.
        number: u64,
        /// The pair's id.
        id: String,
    },
    /// Two verdicts for one pair.
    #[error("judge \"{judge}\" has two verdicts for pair {number}; give each once")]
    Twice {
        /// The judge's id.
        judge: String,
        /// The pair's number.
        number: u64,
    },
    /// A verdict for a pair that the bench does not have.
    #[error(
        "judge \"{judge}\": the verdict for pair {number} (\"{id}\") is of no pair of this bench; give the verdicts of this bench"
    )]
    Foreign {
        /// The judge's id.
        judge: String,
        /// The verdict's number.
        number: u64,
        /// The verdict's id.
        id: String,
    },
}

impl Report {
    /// The report of some judges, the first of which the others are compared with. A pair's number is its place in `pairs`.
    ///
    /// # Errors
    /// When a judge's verdicts are not one for each pair.
    pub fn of(
        bench: BenchInfo,
        pairs: &[Pair],
        judges: &[JudgeVerdicts<'_>],
        options: &ReportOptions,
    ) -> Result<Self, VerdictsError> {
        let questions = Questions::of(pairs);
        let numbers: Vec<usize> = pairs.iter().filter_map(|pair| questions.get(&pair.question_id)).collect();
        let heard: Vec<Heard<'_>> =
            judges.iter().map(|judge| Heard::new(judge, pairs, &numbers, options)).collect::<Result<_, _>>()?;
        let bootstrap = Bootstrap::new(questions.len(), options.seed);
        let desk = Desk { bench: &bench, pairs, numbers: &numbers, heard: &heard, bootstrap: &bootstrap, options };
        let judges = (0..heard.len()).into_par_iter().filter_map(|place| desk.judge(place)).collect();
        let method = Method { seed: options.seed, resamples: Bootstrap::RESAMPLES as u64 };
        let made_by = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned();
        Ok(Self { made_by, bench, method, judges, ..Self::default() })
    }
}

impl BenchInfo {
    /// Counts the pairs of a bench.
    pub fn of(name: impl Into<String>, fingerprint: impl Into<String>, seed: Option<u64>, pairs: &[Pair]) -> Self {
        let questions: IndexSet<&str> = pairs.iter().map(|pair| pair.question_id.as_str()).collect();
        let better = || pairs.iter().filter(|pair| pair.relation == Relation::Better);
        // Names that are no category's come last.
        let place = |name: &str| Category::ALL.iter().position(|c| c.name() == name).unwrap_or(Category::ALL.len());
        let most_first = |mut shares: Vec<Share>| {
            shares.sort_by(|a, b| Reverse(a.pairs).cmp(&Reverse(b.pairs)).then_with(|| a.name.cmp(&b.name)));
            shares
        };
        let mut by_split = shares(pairs.iter(), |pair| &pair.category);
        by_split.sort_by(|a, b| place(&a.name).cmp(&place(&b.name)).then_with(|| a.name.cmp(&b.name)));
        let relations = [Relation::Better, Relation::Tie, Relation::BothWrong];
        let mut by_relation = shares(pairs.iter(), |pair| pair.relation.name());
        by_relation.sort_by_key(|share| relations.iter().position(|relation| relation.name() == share.name));
        Self {
            name: name.into(),
            fingerprint: fingerprint.into(),
            seed,
            pairs: pairs.len() as u64,
            questions: questions.len() as u64,
            by_split,
            by_relation,
            by_error_type: most_first(shares(better(), |pair| &pair.error_type)),
            by_rejected_model: most_first(shares(better(), |pair| &pair.rejected_from)),
        }
    }
}

fn shares<'p>(pairs: impl Iterator<Item = &'p Pair>, name: impl Fn(&'p Pair) -> &'p str) -> Vec<Share> {
    let mut found: IndexMap<&str, (u64, IndexSet<&str>)> = IndexMap::new();
    for pair in pairs {
        let (n, questions) = found.entry(name(pair)).or_default();
        *n += 1;
        questions.insert(&pair.question_id);
    }
    let share = |(name, (pairs, questions)): (&str, (u64, IndexSet<&str>))| Share {
        name: name.to_owned(),
        pairs,
        questions: questions.len() as u64,
    };
    found.into_iter().map(share).collect()
}

/// A judge with its verdicts in the order of the pairs, counted.
struct Heard<'a> {
    judge: &'a JudgeVerdicts<'a>,
    /// One for each pair.
    verdicts: Vec<&'a PairVerdict>,
    tally: Tally,
}

impl<'a> Heard<'a> {
    fn new(
        judge: &'a JudgeVerdicts<'a>,
        pairs: &[Pair],
        numbers: &[usize],
        options: &ReportOptions,
    ) -> Result<Self, VerdictsError> {
        let name = || judge.card.id.to_string();
        let mut placed: Vec<Option<&PairVerdict>> = vec![None; pairs.len()];
        for verdict in judge.verdicts {
            let place = usize::try_from(verdict.number).ok();
            let pair = place.and_then(|place| pairs.get(place)).filter(|pair| pair.id == verdict.id);
            let (Some(_), Some(slot)) = (pair, place.and_then(|place| placed.get_mut(place))) else {
                return Err(VerdictsError::Foreign { judge: name(), number: verdict.number, id: verdict.id.clone() });
            };
            if slot.replace(verdict).is_some() {
                return Err(VerdictsError::Twice { judge: name(), number: verdict.number });
            }
        }
        let mut tally = Tally::new(options.seed).keeping(if judge.null { 0 } else { options.mistakes });
        let mut verdicts = Vec::with_capacity(pairs.len());
        for ((number, pair), (question, verdict)) in (0_u64..).zip(pairs).zip(numbers.iter().zip(placed)) {
            let verdict = verdict.filter(|verdict| single(verdict, options.seed).is_some());
            let missing = || VerdictsError::Missing { judge: name(), number, id: pair.id.clone() };
            let verdict = verdict.ok_or_else(missing)?;
            tally.add(pair, *question, verdict);
            verdicts.push(verdict);
        }
        tally.cost.seconds = judge.seconds;
        Ok(Self { judge, verdicts, tally })
    }

    fn accuracy(&self) -> f64 {
        self.tally.splits.all.single.value().unwrap_or_default()
    }

    fn accuracy_in_both(&self) -> f64 {
        self.tally.splits.all.both.value().unwrap_or_default()
    }
}

/// Everything a judge's part of the report is made of.
struct Desk<'a> {
    bench: &'a BenchInfo,
    pairs: &'a [Pair],
    /// The number of the question, by pair.
    numbers: &'a [usize],
    heard: &'a [Heard<'a>],
    bootstrap: &'a Bootstrap,
    options: &'a ReportOptions,
}

impl Desk<'_> {
    fn judge(&self, place: usize) -> Option<JudgeReport> {
        let Heard { judge, tally, .. } = self.heard.get(place)?;
        let Self { bench, bootstrap, .. } = self;
        let both_wrong = tally.both_wrong.measured(bootstrap);
        Some(JudgeReport {
            card: Card::from(judge.card),
            null: judge.null,
            overall: tally.splits.all.measured(bootstrap),
            avg: Means {
                single: tally.splits.mean(|g| &g.single, bootstrap),
                both: tally.splits.mean(|g| &g.both, bootstrap),
            },
            macro_calls: self.macro_calls(tally),
            behaviour: tally.behaviour.measured(bootstrap),
            by_split: self.rows(&bench.by_split, &tally.splits),
            by_error_type: self.rows(&bench.by_error_type, &tally.error_types),
            by_rejected_model: self.rows(&bench.by_rejected_model, &tally.rejected_models),
            ties: tally.ties.measured(bootstrap),
            both_wrong: (both_wrong.n > 0).then_some(both_wrong),
            calibration: tally.calibration.measured(bootstrap),
            fit: tally.fit.measured(bootstrap),
            versus: self.versus(place),
            cost: tally.cost,
            confusion: self.confusion(tally),
            wrong: tally.mistakes.kinds().into_iter().flat_map(|(_, kind)| kind.worst.iter().map(wrong)).collect(),
        })
    }

    fn macro_calls(&self, tally: &Tally) -> Option<Means> {
        Some(Means {
            single: tally.splits.mean_of_calls(|g| &g.single, self.bootstrap)?,
            both: tally.splits.mean_of_calls(|g| &g.both, self.bootstrap)?,
        })
    }

    fn rows(&self, shares: &[Share], groups: &Groups) -> Vec<Row> {
        let row = |share: &Share| {
            Some(Row { name: share.name.clone(), accuracy: groups.get(&share.name)?.measured(self.bootstrap) })
        };
        shares.iter().filter_map(row).collect()
    }

    fn confusion(&self, tally: &Tally) -> Vec<Cell> {
        let Self { bench, .. } = self;
        let cell = |split: &Share, error_type: &Share| {
            let counts = tally.cells.get(&(split.name.clone(), error_type.name.clone()))?;
            Some(Cell {
                split: split.name.clone(),
                error_type: error_type.name.clone(),
                n: counts.n(),
                wrong: counts.wrong,
                undecided: counts.undecided(),
            })
        };
        let error_types = || bench.by_error_type.iter();
        bench.by_split.iter().flat_map(|split| error_types().filter_map(move |error| cell(split, error))).collect()
    }

    /// Against the first judge and the null judges that are best in one order and in both.
    fn versus(&self, place: usize) -> Vec<Versus> {
        let best_null = strongest_null(self.heard, Heard::accuracy);
        let mut others = vec![0];
        others.extend(
            best_null
                .into_iter()
                .chain(strongest_null(self.heard, Heard::accuracy_in_both))
                .filter(|other| *other != 0),
        );
        others.dedup();
        others.retain(|other| *other != place);
        others.into_iter().filter_map(|other| self.against(place, other, best_null == Some(other))).collect()
    }

    fn against(&self, place: usize, other: usize, best_null: bool) -> Option<Versus> {
        let (this, other) = (self.heard.get(place)?, self.heard.get(other)?);
        let seed = self.options.seed;
        let by_single = |verdict: &PairVerdict| single(verdict, seed).map(|said| half_points(Verdict::of(said)));
        let by_both = |verdict: &PairVerdict| both(verdict).map(|said| 2 * u8::from(right_in_both(said)));
        let in_both: Vec<Contest> = self.contests(this, other, by_both).collect();
        Some(Versus {
            other: other.judge.card.id.to_string(),
            best_null,
            single: paired_test(self.contests(this, other, by_single), self.bootstrap),
            both: (!in_both.is_empty()).then(|| paired_test(in_both, self.bootstrap)),
        })
    }

    /// The pairs of which one answer is better and both judges have points.
    fn contests<'s>(
        &'s self,
        this: &'s Heard<'_>,
        other: &'s Heard<'_>,
        points: impl Fn(&PairVerdict) -> Option<u8> + 's,
    ) -> impl Iterator<Item = Contest> + 's {
        let rows = self.pairs.iter().zip(self.numbers).zip(this.verdicts.iter().zip(&other.verdicts));
        rows.filter(|((pair, _), _)| pair.relation == Relation::Better).filter_map(
            move |((_, question), (this, other))| {
                Some(Contest { question: *question, this: points(this)?, other: points(other)? })
            },
        )
    }
}

/// The place of the null judge with the highest figure; of equally good ones the first.
fn strongest_null<'h>(heard: &[Heard<'h>], figure: impl Fn(&Heard<'h>) -> f64) -> Option<usize> {
    let nulls = heard.iter().enumerate().filter(|(_, heard)| heard.judge.null);
    nulls.rev().max_by(|(_, a), (_, b)| figure(a).total_cmp(&figure(b))).map(|(place, _)| place)
}

fn wrong(mistake: &Mistake) -> WrongVerdict {
    let Mistake { pair, said, .. } = mistake;
    let side = |from: &str, candidate, score: &Option<ScoreSaid>| Side {
        from: from.to_owned(),
        answer: answer_json(candidate),
        score: score.as_ref().map(|score| score.value),
        findings: score.as_ref().map(|score| score.findings.clone()).unwrap_or_default(),
    };
    let orders = said.chosen_first.iter().chain(&said.chosen_second);
    WrongVerdict {
        number: said.number,
        id: pair.id.clone(),
        split: pair.category.clone(),
        error_type: pair.error_type.clone(),
        relation: pair.relation,
        chosen_first: said.chosen_first.as_ref().map(Verdict::of),
        chosen_second: said.chosen_second.as_ref().map(Verdict::of),
        p_chosen: p_chosen(said),
        question: pair.task.last_user_text().unwrap_or_default().into_owned(),
        tools: pair.task.tools().names().map(str::to_owned).collect(),
        chosen: side(&pair.chosen_from, &pair.chosen, &said.chosen_score),
        rejected: side(&pair.rejected_from, &pair.rejected, &said.rejected_score),
        differences: differences(&pair.task, &pair.chosen, &pair.rejected),
        critiques: orders.filter_map(words).collect(),
    }
}

/// What the judge wrote, or why it did not judge.
fn words(said: &Said) -> Option<String> {
    match said {
        Said::Judged { critique, .. } => critique.clone(),
        Said::Abstained { reason } => Some(format!("abstained: {reason}")),
        Said::Failed { kind, message, .. } => Some(format!("{}: {message}", kind.as_str())),
    }
}

#[cfg(test)]
mod tests;
