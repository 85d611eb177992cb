//! The ToolRM score itself, and the findings that explain it.

use super::{
    compare::{Tally, table},
    gold::{Gold, count_of, quoted_names, weight_of},
    options::{Counts, EmptyArguments, Matching, Repeats},
    pairing::{Fraction, Table},
    scorer::ReferenceScorer,
};
use crate::{
    call::{Action, Candidate, ToolCall},
    canonical::repeated_call,
    score::Finding,
    task::Task,
};

/// A score with everything behind it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Assessment {
    /// The score, in \[0, 1\].
    pub value: f64,
    /// Index of the reference answer that gave it: the best one, the first of equals.
    pub reference: usize,
    /// Which call of the reference was compared with which of the candidate, as indices: the best one-to-one assignment (in order,
    /// under [`Matching::InOrder`]). Calls of different tools are never a pair.
    pub pairs: Vec<(usize, usize)>,
    /// The credit of each call of the reference under the scorer's matching, in \[0, 1\].
    pub gold_credits: Vec<f64>,
    /// The credit of each call of the candidate with its partner, in \[0, 1\]; 0 without a partner. A reward per call.
    pub call_credits: Vec<f64>,
    /// Where credit was lost, most severe first; the weights add up to `1 - value`.
    pub findings: Vec<Finding>,
}

/// What a candidate is worth against one reference answer, before it is explained.
pub(super) struct Draft<'t> {
    pub(super) value: f64,
    reference: usize,
    gold: Gold<'t>,
    calls: Option<CallsDraft>,
}

/// Calls against calls.
struct CallsDraft {
    table: Table,
    partners: Vec<Option<usize>>,
    /// Credits of the reference's calls, in the table's units.
    credits: Vec<i128>,
    /// What the score would be if neither count nor repeats mattered.
    ungated: f64,
    wrong_count: bool,
    repeated: Option<(usize, usize)>,
}

impl ReferenceScorer {
    pub(super) fn draft<'t>(&self, task: &Task, reference: usize, gold: Gold<'t>, action: &Action) -> Draft<'t> {
        let (value, calls) = match (gold, action) {
            (Gold::Words(_), Action::Text(_)) => (1.0, None),
            (Gold::Calls(gold), Action::Calls(got)) if !got.is_empty() => {
                let draft = self.calls_draft(task, gold, got);
                let zero = draft.wrong_count || draft.repeated.is_some();
                (if zero { 0.0 } else { draft.ungated }, Some(draft))
            }
            _ => (0.0, None),
        };
        Draft { value, reference, gold, calls }
    }

    fn calls_draft(&self, task: &Task, gold: &[ToolCall], got: &[ToolCall]) -> CallsDraft {
        let table = table(&self.comparer.tallies(task, gold, got), |tally| self.credit(tally));
        let partners = match self.matching {
            Matching::BestPerGold | Matching::OneToOne => table.one_to_one(),
            Matching::InOrder => table.in_order(),
        };
        let credits = match self.matching {
            Matching::BestPerGold => table.best_of_rows(),
            Matching::OneToOne | Matching::InOrder => {
                partners.iter().enumerate().map(|(row, p)| p.map_or(0, |column| table.credit(row, column))).collect()
            }
        };
        let all = table.unit() * gold.len().max(got.len()) as i128;
        CallsDraft {
            ungated: credits.iter().sum::<i128>() as f64 / all as f64,
            wrong_count: self.counts == Counts::MustMatch && gold.len() != got.len(),
            repeated: match self.repeats {
                Repeats::Forbidden => repeated_call(got).filter(|_| repeated_call(gold).is_none()),
                Repeats::Allowed => None,
            },
            table,
            partners,
            credits,
        }
    }

    fn credit(&self, tally: Tally) -> Fraction {
        match (tally.union, self.empty) {
            (0, EmptyArguments::FullCredit) => (1, 1),
            (0, EmptyArguments::NoCredit) => (0, 1),
            (union, _) => (tally.equal, union),
        }
    }

    pub(super) fn explained(&self, task: &Task, candidate: &Candidate, draft: Draft<'_>) -> Assessment {
        let Draft { value, reference, gold, calls } = draft;
        let mut assessment = Assessment {
            value,
            reference,
            pairs: Vec::new(),
            gold_credits: Vec::new(),
            call_credits: Vec::new(),
            findings: Vec::new(),
        };
        match (gold, calls) {
            (Gold::Calls(gold), Some(draft)) => {
                let got = candidate.action.calls();
                draft.fill(&mut assessment, got.len());
                if value < 1.0 {
                    assessment.findings = self.findings(task, gold, got, &draft);
                }
            }
            _ => assessment.findings.extend(self.comparer.kind_finding(gold, &candidate.action, 1.0 - value)),
        }
        assessment
    }

    fn findings(&self, task: &Task, gold: &[ToolCall], got: &[ToolCall], draft: &CallsDraft) -> Vec<Finding> {
        let share = 1.0 / gold.len().max(got.len()) as f64;
        let mut findings = gates(gold, got, draft);
        let unpaired = Unpaired::new(&draft.partners, gold, got);
        for (row, (call, &credit)) in gold.iter().zip(&draft.credits).enumerate() {
            let loss = (1.0 - draft.table.share(credit)) * share;
            if credit >= draft.table.unit() {
                continue;
            }
            match draft.partners.get(row).copied().flatten().and_then(|column| Some((column, got.get(column)?))) {
                Some((column, other)) => {
                    let losses = self.comparer.losses(task, call, other, column);
                    if losses.is_empty() {
                        findings.push(no_arguments(call, column, loss));
                    }
                    let each = weight_of(loss / losses.len() as f64);
                    findings.extend(losses.into_iter().map(|l| Finding { weight: each, ..l.finding }));
                }
                None => findings.push(self.unpaired_finding(row, call, &unpaired, got, loss)),
            }
        }
        findings.extend(unpaired.extra_calls(got, share));
        findings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        findings
    }

    /// The finding about a call of the reference that no call of the candidate was compared with.
    fn unpaired_finding(
        &self,
        row: usize,
        call: &ToolCall,
        unpaired: &Unpaired,
        got: &[ToolCall],
        loss: f64,
    ) -> Finding {
        let instead = unpaired.instead_of(row).and_then(|column| Some((column, got.get(column)?)));
        let Some((column, other)) = instead else {
            return self.comparer.missing_call(call, got.len() + unpaired.missing_before(row), loss);
        };
        let (pointer, weight) = (format!("/{column}"), weight_of(loss));
        if other.name == call.name {
            let message = format!("the call of \"{}\" is out of order: it is expected as call {}", call.name, row + 1);
            return Finding::new("reference.order", pointer, message, weight);
        }
        let message = format!("expected a call of \"{}\", got one of \"{}\"", call.name, other.name);
        Finding::new("reference.wrong_tool", pointer, message, weight).with_suggestion(self.comparer.suggested(call))
    }
}

impl CallsDraft {
    fn fill(&self, assessment: &mut Assessment, calls: usize) {
        assessment.gold_credits = self.credits.iter().map(|&credit| self.table.share(credit)).collect();
        assessment.call_credits = vec![0.0; calls];
        for (row, column) in self.partners.iter().enumerate().filter_map(|(row, p)| Some((row, (*p)?))) {
            assessment.pairs.push((row, column));
            if let Some(credit) = assessment.call_credits.get_mut(column) {
                *credit = self.table.share(self.table.credit(row, column));
            }
        }
    }
}

/// The findings about what makes the score 0 whatever the calls are worth. They share what the calls would have been worth.
fn gates(gold: &[ToolCall], got: &[ToolCall], draft: &CallsDraft) -> Vec<Finding> {
    let both = draft.wrong_count && draft.repeated.is_some();
    let weight = weight_of(if both { draft.ungated / 2.0 } else { draft.ungated });
    let mut findings = Vec::new();
    if draft.wrong_count {
        let expected = format!("expected {} ({})", count_of(gold), quoted_names(gold));
        let message = format!("{expected}, got {} ({})", count_of(got), quoted_names(got));
        findings.push(Finding::new("reference.count", "", message, weight));
    }
    if let Some((first, second)) = draft.repeated {
        let message = format!("call {} is the same as call {}: make it once", second + 1, first + 1);
        findings.push(Finding::new("reference.repeated_call", format!("/{second}"), message, weight));
    }
    findings
}

fn no_arguments(call: &ToolCall, column: usize, loss: f64) -> Finding {
    let message = format!("\"{}\" is called without arguments, as expected: no credit is given for that", call.name);
    Finding::new("reference.empty_arguments", format!("/{column}/arguments"), message, weight_of(loss))
}

/// Calls of either side that were compared with nothing, and which stands in for which.
struct Unpaired {
    /// Calls of the reference, each with the call that was made in its stead.
    gold: Vec<(usize, Option<usize>)>,
    /// Calls of the candidate that stand in for nothing.
    extra: Vec<usize>,
}

impl Unpaired {
    fn new(partners: &[Option<usize>], gold: &[ToolCall], got: &[ToolCall]) -> Self {
        let mut extra: Vec<usize> = (0..got.len()).filter(|column| !partners.contains(&Some(*column))).collect();
        let rows = partners.iter().enumerate().filter(|(_, p)| p.is_none()).map(|(row, _)| row);
        let name = |calls: &[ToolCall], i: usize| calls.get(i).map(|c| c.name.clone());
        // A call of the same tool first (out of order), then whatever comes.
        let mut rows: Vec<(usize, Option<usize>)> = rows
            .map(|row| {
                let same = extra.iter().position(|&column| name(got, column) == name(gold, row));
                (row, same.map(|at| extra.remove(at)))
            })
            .collect();
        let mut rest = extra.into_iter();
        for (_, instead) in rows.iter_mut().filter(|(_, instead)| instead.is_none()) {
            *instead = rest.next();
        }
        Self { gold: rows, extra: rest.collect() }
    }

    fn instead_of(&self, row: usize) -> Option<usize> {
        self.gold.iter().find(|(r, _)| *r == row).and_then(|(_, instead)| *instead)
    }

    /// How many calls are missing before this one: they are all appended in order.
    fn missing_before(&self, row: usize) -> usize {
        self.gold.iter().filter(|(r, instead)| *r < row && instead.is_none()).count()
    }

    fn extra_calls(self, got: &[ToolCall], share: f64) -> impl Iterator<Item = Finding> {
        self.extra.into_iter().filter_map(move |column| {
            let message = format!("a call of \"{}\" is not expected", got.get(column)?.name);
            Some(Finding::new("reference.extra_call", format!("/{column}"), message, weight_of(share)))
        })
    }
}
