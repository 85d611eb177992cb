//! What the rules have against each side of a pair, before any weight: how severely each rule is broken.

use std::{collections::HashMap, sync::Arc};

use rayon::prelude::*;
use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    rules::RuleScorer,
    score::Scorer,
    task::Task,
};

use crate::{dataset::Record, error::LabError, progress};

/// A rule as the crate has it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RuleLine {
    /// Its id.
    pub id: String,
    /// What it claims.
    pub summary: String,
    /// Its weight in the crate's table.
    pub weight: f64,
}

/// What the rules find in one answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Side {
    /// Rule (by its place in [`Bench::rules`]) and severity in (0, 1] of each finding; `None` when the scorer abstains.
    pub findings: Option<Vec<(usize, f64)>>,
    /// Whether it is calls, and no words.
    pub calls: bool,
    /// The same for answers that mean the same.
    pub meaning: Fingerprint,
}

/// A pair, seen by the rules.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Seen {
    /// Its set.
    pub set: Arc<str>,
    /// What pairs of one question share.
    pub question: String,
    /// Kind of question.
    pub category: String,
    /// What is wrong with the rejected answer.
    pub error_type: String,
    /// The right answer.
    pub chosen: Side,
    /// The wrong answer.
    pub rejected: Side,
    /// A refusal in words, where calls are right.
    pub refusal: Option<Side>,
}

/// Pairs, and the rules that looked at them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Bench {
    /// The rules, in the crate's order.
    pub rules: Vec<RuleLine>,
    /// The pairs.
    pub pairs: Vec<Seen>,
}

/// What a model says that will not call a tool.
const REFUSAL: &str = "I cannot do this with the tools I have.";

/// The rules of the crate.
pub fn rules() -> Vec<RuleLine> {
    let scorer = RuleScorer::default();
    let line = |r: toolrm_core::rules::RuleInfo<'_>| RuleLine {
        id: r.id.to_owned(),
        summary: r.summary.to_owned(),
        weight: rounded(r.weight),
    };
    scorer.rules().map(line).collect()
}

/// An `f32` of a table of decimals as the `f64` that is written the same.
fn rounded(weight: f32) -> f64 {
    (f64::from(weight) * 1e4).round() / 1e4
}

impl Bench {
    /// Has every rule look at every pair.
    pub fn new(records: &[Record]) -> Result<Self, LabError> {
        let rules = rules();
        let mut scorer = RuleScorer::default();
        for rule in &rules {
            // At weight 1 a finding weighs its severity.
            scorer = scorer.with_weight(&rule.id, 1.0)?;
        }
        let places = rules.iter().enumerate().map(|(i, r)| (r.id.as_str(), i)).collect();
        let bar = progress::bar(records.len(), "pairs");
        let look = |record| {
            bar.inc(1);
            seen(&scorer, &places, record)
        };
        let pairs = records.par_iter().map(look).collect();
        bar.finish_and_clear();
        Ok(Self { rules, pairs })
    }

    /// The weights of the crate's table.
    pub fn present(&self) -> Vec<f64> {
        self.rules.iter().map(|r| r.weight).collect()
    }
}

fn seen(scorer: &RuleScorer, places: &HashMap<&str, usize>, record: &Record) -> Seen {
    let side = |candidate: &Candidate| side(scorer, places, &record.task, candidate);
    let chosen = side(&record.chosen);
    Seen {
        set: Arc::clone(&record.set),
        question: record.question.clone(),
        category: record.category.clone(),
        error_type: record.error_type.clone(),
        refusal: chosen.calls.then(|| side(&Candidate::text(REFUSAL))),
        chosen,
        rejected: side(&record.rejected),
    }
}

fn side(scorer: &RuleScorer, places: &HashMap<&str, usize>, task: &Task, candidate: &Candidate) -> Side {
    let score = scorer.score(task, candidate).judged();
    let place = |f: &toolrm_core::score::Finding| Some((*places.get(&*f.rule)?, f64::from(f.weight)));
    Side {
        findings: score.map(|score| score.findings.iter().filter_map(place).collect()),
        calls: matches!(candidate.action, Action::Calls(_)),
        meaning: Fingerprint::of_action(&candidate.action),
    }
}

/// How several findings of one rule count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[allow(clippy::exhaustive_enums, reason = "what the commands offer")]
pub enum Pooling {
    /// Each counts: what the scorer does
    #[default]
    Sum,
    /// Each counts, up to two of full severity
    Capped,
    /// Only the most severe one counts
    Max,
}

impl Pooling {
    /// What each rule has against an answer. Empty when the scorer abstains.
    pub fn against(self, side: &Side, rules: usize) -> Vec<f64> {
        let mut against = vec![0.0; rules];
        for (rule, severity) in side.findings.iter().flatten() {
            if let Some(sum) = against.get_mut(*rule) {
                *sum = match self {
                    Self::Sum => *sum + severity,
                    Self::Capped => (*sum + severity).min(2.0),
                    Self::Max => severity.max(*sum),
                };
            }
        }
        against
    }

    /// The score of an answer less the constant; `None` when the scorer abstains.
    pub fn score(self, side: &Side, weights: &[f64]) -> Option<f64> {
        side.findings.as_ref()?;
        Some(-self.against(side, weights.len()).iter().zip(weights).map(|(s, w)| s * w).sum::<f64>())
    }
}
