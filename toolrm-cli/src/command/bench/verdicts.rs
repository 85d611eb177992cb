//! `toolrm bench verdicts`: how often our checker says what the official one said.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::json;
use toolrm_bench::bfcl::{
    Questions,
    verdicts::{Agreement, Question, compare},
};
use toolrm_data::input::Input;

use crate::{
    Answer,
    error::CliError,
    output::{BAD, BOLD, GOOD, PLAIN, Table, json_line, left, one_line, right},
    progress,
    questions::QuestionsArgs,
};

/// Check recorded verdicts of BFCL's official AST checker against ours.
///
/// Each line: {"category", "id", "calls", "valid", "error_type", "underscore_to_dot"}, where calls are the decoded answer as it was
/// handed to the official checker ([{NAME: {ARGUMENTS}}], null for an answer that could not be decoded). Agreement is counted on
/// `valid`, and on the code of the error. Exit code 1 when a verdict differs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm bench verdicts verdicts.jsonl.zst
  toolrm bench verdicts verdicts.jsonl --bfcl path/to/bfcl_eval --json")]
pub(crate) struct VerdictsArgs {
    /// File of recorded verdicts, one JSON object a line, plain, zstd or gzip; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON: {"total","agree_valid","agree_error_type","categories":{CAT:{..}},"disagreements":[..]}
    #[arg(long)]
    json: bool,
    /// Disagreements to show; all of them are in the JSON
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: usize,
    #[command(flatten)]
    questions: QuestionsArgs,
}

impl VerdictsArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let questions = self.questions.load()?;
        let agreement = self.compare(&questions)?;
        let answer = if agreement.disagreements.is_empty() { Answer::Yes } else { Answer::No };
        if self.json {
            json_line(out, &agreement)?;
        } else {
            self.print(out, &agreement)?;
        }
        Ok(answer)
    }

    fn compare(&self, questions: &Questions) -> Result<Agreement, CliError> {
        let bar = progress::bytes(std::fs::metadata(&self.file).ok().map(|m| m.len()));
        let input = Input::open_with(&self.file, |raw| Box::new(bar.wrap_read(raw)))?;
        let found = |id: &str| {
            let question = questions.get(id)?;
            Some(Question { functions: &question.functions, ground_truth: question.gold.as_ref() })
        };
        let agreement = compare(input, found, |line| bar.set_message(format!("{line} verdicts")));
        bar.finish_and_clear();
        Ok(agreement?)
    }

    fn print(&self, out: &mut dyn Write, agreement: &Agreement) -> Result<(), CliError> {
        let mut table = Table::default();
        let head = ["category", "verdicts", "same verdict", "same error"];
        table
            .row(head.iter().enumerate().map(|(i, h)| if i == 0 { left(BOLD, *h) } else { right(BOLD, *h) }).collect());
        let rows = agreement.categories.iter().map(|(category, counts)| (category.name(), counts));
        for (name, counts) in rows.chain([("all", &agreement.all)]) {
            let cell = |n: usize| right(if n == counts.total { GOOD } else { BAD }, n.to_string());
            let total = right(PLAIN, counts.total.to_string());
            table.row(vec![left(PLAIN, name), total, cell(counts.agree_valid), cell(counts.agree_error_type)]);
        }
        table.print(out)?;
        for disagreement in agreement.disagreements.iter().take(self.show) {
            writeln!(
                out,
                "\nline {}: {} {}",
                disagreement.line,
                disagreement.id,
                one_line(&disagreement.calls.to_string(), 200)
            )?;
            writeln!(out, "  official: {}", json!(disagreement.official))?;
            writeln!(out, "  ours:     {}", json!(disagreement.ours))?;
        }
        let left_out = agreement.disagreements.len().saturating_sub(self.show);
        if left_out > 0 {
            writeln!(out, "\n{left_out} more disagreements: --show {}", agreement.disagreements.len())?;
        }
        Ok(())
    }
}
