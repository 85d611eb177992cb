//! [`MutationReport`]: what a judge noticed, by operator.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use toolrm_core::{
    call::Candidate,
    judge::{Choice, Comparison, JudgeCard},
    score::{Finding, Outcome, Usage},
};

use super::{Effect, ErrorClass, Flaw, Operator, Yield};
use crate::{
    metrics::{Counts, Measured},
    report::model::{Mutation, MutationRow},
};

/// What a judge made of an original and its mutant, in both orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "there are no other answers")]
pub enum Verdict {
    /// The mutant won in both orders.
    Mutant,
    /// A tie in both orders.
    Tied,
    /// The verdict changed with the order.
    Inconsistent,
    /// The original won in both orders.
    Original,
    /// The judge had nothing to say.
    Abstained,
    /// The judge broke.
    Failed,
}

impl Verdict {
    /// The verdict on a pair whose first is the original.
    pub(super) fn of(outcome: &Outcome<Comparison>) -> Self {
        match outcome {
            Outcome::Judged(verdict) => match (verdict.choice, verdict.consistent) {
                (_, Some(false)) => Self::Inconsistent,
                (Choice::First, _) => Self::Original,
                (Choice::Second, _) => Self::Mutant,
                (Choice::Tie, _) => Self::Tied,
            },
            Outcome::Abstained { .. } => Self::Abstained,
            _ => Self::Failed,
        }
    }
}

/// An operator, as it is told of in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperatorInfo {
    /// Its name.
    pub id: String,
    /// What its mutants are like.
    pub summary: String,
    /// What it does.
    pub effect: Effect,
    /// The error type BFCL's checker gives to such an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bfcl: Option<Cow<'static, str>>,
    /// The class of FC-RewardBench.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fc_reward_bench: Option<ErrorClass>,
}

impl OperatorInfo {
    pub(super) fn of(operator: &dyn Operator) -> Self {
        let taxonomy = operator.taxonomy();
        Self {
            id: operator.id().to_owned(),
            summary: operator.summary().to_owned(),
            effect: operator.effect(),
            bfcl: taxonomy.map(|t| t.bfcl.into()),
            fc_reward_bench: taxonomy.map(|t| t.fc_reward_bench),
        }
    }
}

/// The findings of a judge that scores single candidates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Findings {
    /// Against the original.
    pub original: Vec<Finding>,
    /// Against the mutant.
    pub mutant: Vec<Finding>,
}

/// One pair on which the judge erred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Case {
    /// Id of the example.
    pub example: String,
    /// Where it was changed, as in [`super::Mutant::pointer`].
    pub pointer: String,
    /// What was changed.
    pub change: String,
    /// What the judge said.
    pub verdict: Verdict,
    /// Probability in \[0, 1\] that the original is the better one, by the judge.
    pub p_original: f64,
    /// The judge's critique, when it wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critique: Option<String>,
    /// What it found in either, when it scores single candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Findings>,
    /// The good answer.
    pub original: Candidate,
    /// The changed answer.
    pub mutant: Candidate,
}

/// One corruption.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CorruptionRow {
    /// The operator.
    #[serde(flatten)]
    pub operator: OperatorInfo,
    /// What it made of the examples.
    #[serde(flatten)]
    pub of_examples: Yield,
    /// Mutants the judge was asked about.
    pub n: u64,
    /// The original won in both orders.
    pub detected: u64,
    /// A tie in both orders.
    pub tied: u64,
    /// The verdict changed with the order.
    pub inconsistent: u64,
    /// The mutant won in both orders.
    pub missed: u64,
    /// The judge had nothing to say.
    pub abstained: u64,
    /// The judge broke.
    pub failed: u64,
    /// Share of detected among those judged.
    pub detection: Measured,
    /// Mutants that went undetected: those the judge preferred first.
    pub undetected: Vec<Case>,
}

/// One change that changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EquivalentRow {
    /// The operator.
    #[serde(flatten)]
    pub operator: OperatorInfo,
    /// What it made of the examples.
    #[serde(flatten)]
    pub of_examples: Yield,
    /// Mutants the judge was asked about.
    pub n: u64,
    /// A tie in both orders, as it should be.
    pub tied: u64,
    /// The verdict changed with the order.
    pub inconsistent: u64,
    /// The original won in both orders, for nothing.
    pub punished: u64,
    /// The mutant won in both orders, for nothing.
    pub favoured: u64,
    /// The judge had nothing to say.
    pub abstained: u64,
    /// The judge broke.
    pub failed: u64,
    /// Share of punished and favoured among those judged.
    pub false_alarms: Measured,
    /// Share of punished among those judged: what would be a detection, were it a corruption.
    pub noticed: Measured,
    /// Pairs in which the judge saw a difference.
    pub alarms: Vec<Case>,
}

/// What a judge that scores single candidates has against the good originals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Originals {
    /// Originals the judge was asked about.
    pub n: u64,
    /// Those with a finding of at least [`Originals::finding_weight`].
    pub flagged: u64,
    /// The judge had nothing to say.
    pub abstained: u64,
    /// The judge broke.
    pub failed: u64,
    /// From which weight on a finding counts.
    pub finding_weight: f32,
    /// Share of flagged among those scored.
    pub rate: Measured,
    /// How many originals each rule flagged.
    pub by_rule: BTreeMap<String, u64>,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// How many items failed so.
    pub n: u64,
    /// The first one's message.
    pub message: String,
}

/// What a judge noticed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MutationReport {
    /// The judge.
    pub judge: JudgeCard,
    /// Seed of everything drawn.
    pub seed: u64,
    /// Most mutants of one example by one operator.
    pub per_example: usize,
    /// Examples that fit the tools.
    pub examples: usize,
    /// Those of them in which nobody asks for anything.
    pub without_request: usize,
    /// Why examples were left out.
    pub flaws: Vec<Flaw>,
    /// Mean detection rate of the corruptions that were judged, each weighing the same.
    pub detection: Measured,
    /// The same of those that break a schema.
    pub detection_schema: Measured,
    /// The same of those that fit the schemas.
    pub detection_meaning: Measured,
    /// Mean rate of false alarms of the equivalent changes that were judged, each weighing the same.
    pub false_alarms: Measured,
    /// Mean rate at which the original won against them: what the detection rates are to be compared with.
    pub noticed: Measured,
    /// The corruptions.
    pub corruptions: Vec<CorruptionRow>,
    /// The changes that change nothing.
    pub equivalents: Vec<EquivalentRow>,
    /// The good originals by themselves; `None` of a judge that does not score single candidates.
    pub originals: Option<Originals>,
    /// The judge's failures, by kind.
    pub failures: BTreeMap<String, Failure>,
    /// What the comparisons cost.
    pub usage: Usage,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl MutationReport {
    /// The figures, as a report of a whole bench holds them.
    pub fn reported(&self) -> Mutation {
        let corruption = |row: &CorruptionRow| MutationRow {
            operator: row.operator.id.clone(),
            harmless: false,
            n: row.n,
            noticed: row.detection,
            counts: counts(row.detected, row.missed, row.tied + row.inconsistent, row.abstained, row.failed),
        };
        let equivalent = |row: &EquivalentRow| MutationRow {
            operator: row.operator.id.clone(),
            harmless: true,
            n: row.n,
            noticed: row.noticed,
            counts: counts(row.punished, row.favoured, row.tied + row.inconsistent, row.abstained, row.failed),
        };
        let rows = self.corruptions.iter().map(corruption).chain(self.equivalents.iter().map(equivalent));
        Mutation {
            judge: self.judge.id.to_string(),
            calls: self.examples as u64,
            detected: self.detection,
            false_alarms: self.false_alarms,
            operators: rows.collect(),
        }
    }
}

/// The original is the better answer. A verdict that changed with the order is no decision.
fn counts(right: u64, wrong: u64, ties: u64, abstained: u64, failed: u64) -> Counts {
    Counts { right, wrong, ties, abstained, failed }
}
