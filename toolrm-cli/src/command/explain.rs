//! `toolrm explain`: the rules and what they weigh.

use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};
use toolrm_core::{
    rules::{BIAS, RuleInfo, RuleScorer},
    score::Scorer,
};

use crate::{
    Answer,
    error::CliError,
    output::{BOLD, DIM, PLAIN, Table, json_line, left, paint, right},
    rules::RuleArgs,
};

/// List the rules of the embedded judge and their weights, or explain one.
///
/// A candidate's score is a log-odds: what a candidate without findings gets, less the weights of its findings.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  toolrm explain\n  toolrm explain schema.required\n  toolrm explain --json")]
pub(crate) struct ExplainArgs {
    /// A rule to explain, or a family of rules
    rule: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    rules: RuleArgs,
}

impl ExplainArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let scorer = self.rules.scorer()?;
        let rules = self.asked_for(&scorer)?;
        match (self.json, rules.as_slice()) {
            (true, _) => json_line(out, &to_json(&scorer, &rules))?,
            (false, [only]) if self.rule.is_some() => print_rule(out, only)?,
            (false, _) => print_table(out, &rules)?,
        }
        Ok(Answer::Yes)
    }

    fn asked_for<'s>(&self, scorer: &'s RuleScorer) -> Result<Vec<RuleInfo<'s>>, CliError> {
        let Some(asked) = &self.rule else { return Ok(scorer.rules().collect()) };
        let family = format!("{asked}.");
        let found: Vec<_> = scorer.rules().filter(|r| r.id == asked || r.id.starts_with(&family)).collect();
        if found.is_empty() {
            // The scorer's own error names the nearest rule.
            scorer.clone().without(asked).map_err(|e| CliError::Usage(e.message().to_owned()))?;
        }
        Ok(found)
    }
}

fn to_json(scorer: &RuleScorer, rules: &[RuleInfo<'_>]) -> Value {
    let rule = |r: &RuleInfo<'_>| json!({"id": r.id, "weight": r.weight, "summary": r.summary});
    json!({
        "judge": scorer.name(),
        "fingerprint": scorer.fingerprint(),
        "scale": scorer.scale(),
        "bias": BIAS,
        "rules": rules.iter().map(rule).collect::<Vec<_>>(),
    })
}

fn print_table(out: &mut dyn Write, rules: &[RuleInfo<'_>]) -> io::Result<()> {
    let mut table = Table::default();
    table.row(vec![left(BOLD, "rule"), right(BOLD, "weight"), left(BOLD, "what it claims")]);
    for rule in rules {
        let style = if rule.weight > 0.0 { PLAIN } else { DIM };
        table.row(vec![left(BOLD, rule.id), right(style, weight(rule)), left(style, rule.summary)]);
    }
    table.print(out)?;
    writeln!(out, "{}", paint(DIM, &format!("score = {BIAS:.1} (no finding) - weights of the findings, in log-odds")))
}

fn weight(rule: &RuleInfo<'_>) -> String {
    if rule.weight > 0.0 { format!("{:.2}", rule.weight) } else { "off".into() }
}

fn print_rule(out: &mut dyn Write, rule: &RuleInfo<'_>) -> io::Result<()> {
    writeln!(out, "{}\n  {}", paint(BOLD, rule.id), rule.summary)?;
    writeln!(out, "  weight {} log-odds for a breach of full severity", weight(rule))?;
    let after = BIAS - f64::from(rule.weight);
    writeln!(out, "  a candidate with this finding alone scores {after:.2}, one without any finding {BIAS:.2}")
}
