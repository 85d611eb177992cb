//! `toolrm-lab correct`: how many wrong answers become right when the findings are acted on, and how many right ones break.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};
use toolrm_core::{correct::Mender, measure::Bootstrap};
use toolrm_lab::{
    correction::{Trial, correct},
    dataset,
    error::LabError,
    shares::Share,
    sources::{Census, bfcl_golds},
};

use super::visible;

/// Self-correction without a model: how many recorded wrong answers become right, and how many right ones break?
///
/// A Corrector with RuleScorer as judge and Mender as sampler: suggestions are set, optional arguments and repeated calls that
/// a finding objects to are left out, one in each round; a rewrite is kept when the rules prefer it. Right is what BFCL's accepted
/// answers allow. Each distinct answer with calls counts once. ± is half of a 95 % interval over questions.
#[derive(Debug, Args)]
pub(crate) struct CorrectArgs {
    /// Files of pairs with BFCL's question ids; without one the visible pairs
    #[arg(value_name = "PAIRS")]
    files: Vec<PathBuf>,
    /// Most rounds
    #[arg(long, default_value_t = 8)]
    rounds: u32,
    /// Findings that weigh less are not acted on
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0)]
    least: f32,
    /// Seed of the intervals
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON: {"wrong":{TYPE:{"changed","right"}},"all_wrong":{..},"right":{"changed","right"},..}
    #[arg(long)]
    json: bool,
}

/// Shares of some answers.
#[derive(Debug, Default)]
struct Row {
    changed: Share,
    right: Share,
}

impl Row {
    fn add(&mut self, trial: &Trial) {
        self.changed.add_one(trial.question, trial.changed);
        self.right.add_one(trial.question, trial.right);
    }

    fn to_json(&self, bootstrap: &Bootstrap) -> Value {
        json!({"changed": self.changed.to_json(bootstrap), "right": self.right.to_json(bootstrap)})
    }

    fn print(&self, out: &mut dyn Write, name: &str, bootstrap: &Bootstrap) -> Result<(), LabError> {
        let [changed, right] = [&self.changed, &self.right].map(|share| share.shown(bootstrap));
        Ok(writeln!(out, "{name:50}{:>8}{changed:>12}{right:>14}", self.changed.of())?)
    }
}

impl CorrectArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let records = dataset::read(&visible::pairs(&self.files)?)?;
        let golds = visible::source(bfcl_golds(&mut Census::default()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let (trials, left_out) =
            runtime.block_on(correct(&records, &golds, self.rounds, Mender::new().with_least_weight(self.least)))?;
        let mut kinds: BTreeMap<&str, Row> = BTreeMap::new();
        let (mut wrong, mut right) = (Row::default(), Row::default());
        for trial in &trials {
            match &trial.error_type {
                Some(kind) => {
                    kinds.entry(kind).or_default().add(trial);
                    wrong.add(trial);
                }
                None => right.add(trial),
            }
        }
        let questions = trials.iter().map(|t| t.question + 1).max().unwrap_or(0);
        let bootstrap = Bootstrap::new(questions, self.seed);
        if self.json {
            let by_kind: Map<String, Value> =
                kinds.iter().map(|(kind, row)| ((*kind).to_owned(), row.to_json(&bootstrap))).collect();
            let report = json!({
                "wrong": by_kind,
                "all_wrong": wrong.to_json(&bootstrap),
                "right": right.to_json(&bootstrap),
                "left_out": left_out,
            });
            return Ok(writeln!(out, "{report}")?);
        }
        writeln!(out, "{:50}{:>8}{:>12}{:>14}", "wrong answers", "answers", "changed, %", "right after, %")?;
        for (kind, row) in &kinds {
            row.print(out, kind, &bootstrap)?;
        }
        wrong.print(out, "all wrong answers", &bootstrap)?;
        right.print(out, "right answers", &bootstrap)?;
        writeln!(out, "left out: {left_out} answers whose verdict hangs on types within a value")?;
        Ok(())
    }
}
