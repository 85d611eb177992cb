//! `toolrm bench mutate`: does a judge notice when good calls to your own tools are corrupted?

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use toolrm_bench::mutate::{Example, Plan, Settings};
use toolrm_core::{call::Action, observe::CallOptions};
use toolrm_data::{
    Fault,
    input::{Input, parse_json},
    record,
};

use crate::{
    Answer,
    error::CliError,
    judge::{JUDGE_HELP, JudgeArgs, JudgeName, block_on},
    output::{BOLD, PLAIN, Table, json_line, left, right},
    progress,
    tasks::read_tools,
};

/// Corrupt good calls to your own tools, and see whether a judge notices.
///
/// Each operator makes one kind of mistake (the error types of BFCL and FC-RewardBench) or changes nothing that matters. Detected: the
/// good call wins over the corrupted one, in both orders. False alarm: the judge prefers one of two calls that mean the same.
#[derive(Debug, Args)]
#[command(after_help = r#"An example, one JSON object a line:
  {"id": "w1", "query": "Weather in Paris?", "calls": [{"get_weather": {"city": "Paris"}}]}
  messages    a whole conversation, in place of "query"; without either nobody asks for
              anything, and only rules that need no request are used
  calls       the right calls: {NAME: {ARGUMENTS}}, {"name", "arguments"} or OpenAI's shape

Examples:
  toolrm bench mutate --tools examples/data/tools.json --calls examples/data/good_calls.jsonl
  toolrm bench mutate --tools my_tools.json --calls good.jsonl --only wrong-type,wrong-number
  toolrm bench mutate --list"#)]
pub(crate) struct MutateArgs {
    /// Your tools: a list in any shape (OpenAI, Anthropic, MCP, Gemini, plain)
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    tools: Option<PathBuf>,
    /// Good calls to them, one JSON object a line; `-` is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    calls: Option<PathBuf>,
    /// Judge to test
    #[arg(long, value_name = "JUDGE", default_value = "rules", long_help = JUDGE_HELP)]
    judge: JudgeName,
    /// Only these operators; may be repeated, or a list with commas
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// List the operators, and do nothing else
    #[arg(long)]
    list: bool,
    /// Most mutants of one example by one operator
    #[arg(long, value_name = "N", default_value_t = Settings::default().per_example)]
    per_example: usize,
    /// Cases to show of each operator that were missed
    #[arg(long, value_name = "N", default_value_t = Settings::default().shown)]
    shown: usize,
    /// Seed of everything drawn
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setup: JudgeArgs,
}

const SHAPE: &str = "write an example: {\"id\", \"query\" or \"messages\", \"calls\"}";

impl MutateArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let settings =
            Settings::default().with_seed(self.seed).with_per_example(self.per_example).with_shown(self.shown);
        let settings = if self.only.is_empty() { settings } else { settings.only(&self.only)? };
        let (Some(tools), Some(calls), false) = (&self.tools, &self.calls, self.list) else {
            return list(out, &settings);
        };
        let examples = read_examples(calls)?;
        // Rules that need a request would count its absence against the good call.
        let judge = if examples.iter().any(Example::has_request) {
            self.setup.judge(&self.judge)?
        } else {
            self.setup.judge_without_conversation(&self.judge)?
        };
        let plan = Plan::new(read_tools(tools)?, examples, settings)
            .map_err(|error| CliError::Calls { calls: calls.clone(), error })?;
        let bar = progress::bar(0, "judging mutants");
        let told = |at: toolrm_bench::mutate::Progress| {
            bar.set_length(at.total as u64);
            bar.set_position(at.done as u64);
        };
        let options = CallOptions::default().with_seed(self.seed);
        let report = block_on(async { Ok(plan.judge(&*judge, &options, &told).await?) });
        bar.finish_and_clear();
        let report = report?;
        if self.json {
            json_line(out, &report)?;
        } else {
            write!(out, "{}", report.to_markdown())?;
        }
        Ok(Answer::Yes)
    }
}

fn list(out: &mut dyn Write, settings: &Settings) -> Result<Answer, CliError> {
    let mut table = Table::default();
    table.row(["operator", "what it does"].map(|head| left(BOLD, head)).into());
    for operator in settings.operators() {
        table.row(vec![left(PLAIN, operator.id()), left(PLAIN, operator.summary())]);
    }
    table.row(vec![right(PLAIN, settings.operators().len().to_string()), left(PLAIN, "in all")]);
    table.print(out)?;
    Ok(Answer::Yes)
}

fn read_examples(path: &std::path::Path) -> Result<Vec<Example>, CliError> {
    let mut input = Input::open(path)?;
    let mut examples = Vec::new();
    while let Some((place, line)) = input.next_line()? {
        let record = parse_json(&place, line)?;
        let read = record::object(&record, SHAPE).and_then(|fields| example(fields, examples.len()));
        examples.push(read.map_err(|fault| place.error(fault))?);
    }
    Ok(examples)
}

fn example(fields: &Map<String, Value>, number: usize) -> Result<Example, Fault> {
    let candidate = record::candidate(record::member(fields, "calls", SHAPE)?).map_err(|fault| fault.under("calls"))?;
    let Action::Calls(calls) = candidate.action else {
        return Err(Fault::new("no calls", "give the right calls as a list").under("calls"));
    };
    let id = record::optional_text(fields, "id")?.unwrap_or_else(|| format!("#{}", number + 1));
    let example = Example::new(id, calls);
    match record::optional_text(fields, "query")? {
        Some(_) if fields.contains_key("messages") => {
            Err(Fault::new("\"query\" and \"messages\"", "give one of the two").under("query"))
        }
        Some(query) => Ok(example.with_query(query)),
        None if fields.contains_key("messages") => Ok(example.with_messages(record::conversation(fields)?)),
        None => Ok(example),
    }
}
