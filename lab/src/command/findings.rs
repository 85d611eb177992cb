//! `toolrm-lab findings`: do the findings of the rules name the true errors of wrong answers?

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};
use toolrm_core::{measure::Bootstrap, rules::RuleScorer};
use toolrm_lab::{
    dataset,
    diagnosis::{Alarm, Diagnosis, diagnose},
    error::LabError,
    shares::Share,
    sources::{Census, bfcl_golds},
};

use super::visible;

/// Do the findings of the rules name the true errors of recorded wrong answers?
///
/// Where an answer is wrong is told by BFCL's accepted answers, or else by the right answer of the pair: an argument of a call
/// (given, missing or not expected), a call as a whole (wrong tool, not expected, no call due), or the answer as a whole (a call
/// is missing). A finding names the error when it points there; anywhere within an argument is the argument.
///
/// named: share of the wrong answers with a finding at an error; found: with any finding; precision: share of the findings in
/// wrong answers that are at an error. Answers whose error has no place (types within a value) are counted apart. False alarms:
/// share of the right answers with any finding. Each distinct answer to a question counts once. ± is half of a 95 % interval
/// over questions.
#[derive(Debug, Args)]
pub(crate) struct FindingsArgs {
    /// Files of pairs; without one the visible pairs of BFCL
    #[arg(value_name = "PAIRS")]
    files: Vec<PathBuf>,
    /// Seed of the intervals
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON: {"error_types":{TYPE:{"wrong","named",..}},"all":{..},"false_alarms":{..},"rules":{..}}
    #[arg(long)]
    json: bool,
}

/// The figures of a kind of error.
#[derive(Debug, Default)]
struct Row {
    /// Wrong answers whose error has no place.
    unplaced: usize,
    named: Share,
    found: Share,
    precision: Share,
}

/// How often a rule speaks, and where.
#[derive(Debug, Default)]
struct Spoken {
    at_error: usize,
    elsewhere: usize,
    in_right: usize,
}

#[derive(Debug, Default)]
struct Table {
    error_types: BTreeMap<String, Row>,
    all: Row,
    alarms: Share,
    in_right: usize,
    rules: BTreeMap<String, Spoken>,
}

impl FindingsArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let records = dataset::read(&visible::pairs(&self.files)?)?;
        let golds = visible::source(bfcl_golds(&mut Census::default()))?;
        let (wrong, right) = diagnose(&records, &golds, &RuleScorer::default());
        let questions = wrong.iter().map(|d| d.question + 1).max().unwrap_or(0);
        let bootstrap = Bootstrap::new(questions, self.seed);
        let mut table = Table::default();
        for diagnosis in &wrong {
            table.add(diagnosis);
        }
        for alarm in &right {
            table.add_right(alarm);
        }
        if self.json { Ok(writeln!(out, "{}", table.to_json(&bootstrap))?) } else { table.print(out, &bootstrap) }
    }
}

impl Row {
    fn add(&mut self, diagnosis: &Diagnosis) {
        let Diagnosis { question, errors, findings, .. } = diagnosis;
        self.found.add_one(*question, !findings.is_empty());
        if errors.is_empty() {
            self.unplaced += 1;
            return;
        }
        self.named.add_one(*question, diagnosis.named());
        let at_error = findings.iter().filter(|(_, place)| diagnosis.hits(place)).count();
        self.precision.add(*question, at_error as f64, findings.len() as f64);
    }

    fn to_json(&self, bootstrap: &Bootstrap) -> Value {
        json!({
            "wrong": self.found.of(),
            "unplaced": self.unplaced,
            "named": self.named.to_json(bootstrap),
            "found": self.found.to_json(bootstrap),
            "precision": self.precision.to_json(bootstrap),
        })
    }

    fn print(&self, out: &mut dyn Write, name: &str, bootstrap: &Bootstrap) -> Result<(), LabError> {
        let [named, found, precision] = [&self.named, &self.found, &self.precision].map(|s| s.shown(bootstrap));
        let (wrong, unplaced) = (self.found.of(), self.unplaced);
        Ok(writeln!(out, "{name:50}{wrong:>6}{unplaced:>10}{named:>12}{found:>12}{precision:>12}")?)
    }
}

impl Table {
    fn add(&mut self, diagnosis: &Diagnosis) {
        self.error_types.entry(diagnosis.error_type.clone()).or_default().add(diagnosis);
        self.all.add(diagnosis);
        if diagnosis.errors.is_empty() {
            return;
        }
        for (rule, place) in &diagnosis.findings {
            let spoken = self.rules.entry(rule.clone()).or_default();
            *(if diagnosis.hits(place) { &mut spoken.at_error } else { &mut spoken.elsewhere }) += 1;
        }
    }

    fn add_right(&mut self, alarm: &Alarm) {
        self.alarms.add_one(alarm.question, !alarm.findings.is_empty());
        self.in_right += alarm.findings.len();
        for rule in &alarm.findings {
            self.rules.entry(rule.clone()).or_default().in_right += 1;
        }
    }

    fn to_json(&self, bootstrap: &Bootstrap) -> Value {
        let error_types: Map<String, Value> =
            self.error_types.iter().map(|(name, row)| (name.clone(), row.to_json(bootstrap))).collect();
        let spoken = |s: &Spoken| json!({"at_error": s.at_error, "elsewhere": s.elsewhere, "in_right": s.in_right});
        let rules: Map<String, Value> = self.rules.iter().map(|(rule, s)| (rule.clone(), spoken(s))).collect();
        json!({
            "error_types": error_types,
            "all": self.all.to_json(bootstrap),
            "false_alarms": self.alarms.to_json(bootstrap),
            "findings_in_right": self.in_right,
            "rules": rules,
        })
    }

    fn print(&self, out: &mut dyn Write, bootstrap: &Bootstrap) -> Result<(), LabError> {
        let head = ["named", "found", "precision"].map(|name| format!("{name:>12}")).concat();
        writeln!(out, "{:50}{:>6}{:>10}{head}", "error type", "wrong", "unplaced")?;
        for (name, row) in &self.error_types {
            row.print(out, name, bootstrap)?;
        }
        self.all.print(out, "all", bootstrap)?;
        let (right, alarms) = (self.alarms.of(), self.alarms.shown(bootstrap));
        writeln!(out, "\nfalse alarms: {alarms} % of {right} right answers with calls, {} findings", self.in_right)?;
        writeln!(out, "\n{:30}{:>10}{:>11}{:>17}", "findings by rule", "at error", "elsewhere", "in right answers")?;
        for (rule, Spoken { at_error, elsewhere, in_right }) in &self.rules {
            writeln!(out, "{rule:30}{at_error:>10}{elsewhere:>11}{in_right:>17}")?;
        }
        Ok(())
    }
}
