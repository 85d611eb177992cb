//! `toolrm check`: what is wrong with a call.

use std::{
    borrow::Cow,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, Candidate},
    format::ToolFormat,
    rules::RuleScorer,
    score::{Finding, Outcome, Score, Scorer},
    task::Task,
};
use toolrm_data::{Fault, Place};

use crate::{
    Answer,
    candidate_view::{action_json, action_line, finding_line},
    candidates,
    error::CliError,
    format::FormatArgs,
    output::{BAD, DIM, GOOD, json_line, paint},
    rules::RuleArgs,
    tasks::{read_task, read_tools},
};

/// Check calls against tools: says what is wrong with them, and exits with 1 if anything is.
///
/// With --tools alone a call is checked by itself: known tool, required and unknown arguments, types, allowed values, ranges,
/// formats, placeholders, repetitions. With --task it is checked against the conversation too: is every value grounded, is
/// everything asked for done, does the tool fit.
///
/// A candidate is wrong when it breaks a rule of the family `schema`, when one finding weighs --fail-on or more, or when its
/// score is below 0 (it is more likely wrong than right). Other findings are hints.
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct CheckArgs {
    /// What to check: a call in any format, a file with one raw output, a file of JSON Lines (.jsonl), or `-` for standard
    /// input
    #[arg(value_name = "CALL|FILE|-", required = true)]
    inputs: Vec<String>,
    /// The tools: OpenAI, Anthropic, MCP, Gemini, BFCL or plain JSON Schema
    #[arg(long, value_name = "FILE", required_unless_present = "task")]
    tools: Option<PathBuf>,
    /// The conversation: {"messages", "tools"}; --tools replaces its tools
    #[arg(long, value_name = "FILE")]
    task: Option<PathBuf>,
    /// Weight (log-odds, see `toolrm explain`) from which one finding makes a candidate wrong
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.75)]
    fail_on: f32,
    /// Read every input as JSON Lines whatever its name
    #[arg(long)]
    jsonl: bool,
    /// Print one JSON object a candidate
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    rules: RuleArgs,
}

const CHECK_HELP: &str = r#"Exit codes: 0 nothing is wrong, 1 something is wrong, 2 wrong arguments or unreadable input.

Examples:
  toolrm check --tools examples/data/tools.json '[{"get_weather": {"city": "Lyon"}}]'
  toolrm check --tools examples/data/tools.json 'get_weather(city="Lyon", date="2025-03-15")'
  toolrm check --task examples/data/task.json examples/data/candidates.jsonl
  your-agent | toolrm check --task examples/data/task.json -"#;

impl CheckArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let tools = self.tools.as_deref().map(read_tools).transpose()?;
        let (task, scorer) = match (&self.task, tools) {
            (Some(path), tools) => (read_task(path, tools)?, self.rules.scorer()?),
            (None, tools) => (
                Task::new(Vec::new(), tools.ok_or_else(|| CliError::Usage("give --tools or --task".into()))?),
                self.rules.scorer_without_conversation()?,
            ),
        };
        let format = self.format.format(Some(task.tools()));
        let mut tally = Tally::default();
        for input in &self.inputs {
            each(input, self.jsonl, format.as_ref(), |place, candidate| {
                self.check(out, &task, &scorer, place, &candidate, &mut tally)
            })?;
        }
        if !self.json {
            tally.print(out)?;
        }
        Ok(if tally.wrong == 0 { Answer::Yes } else { Answer::No })
    }

    fn check(
        &self,
        out: &mut dyn Write,
        task: &Task,
        scorer: &RuleScorer,
        place: &Place,
        candidate: &Candidate,
        tally: &mut Tally,
    ) -> Result<(), CliError> {
        if self.task.is_none() && matches!(candidate.action, Action::Text(_)) {
            let fix = "write a call in a format of `toolrm parse --help`, or give --task to judge an answer in words";
            return Err(place.error(Fault::new("no call in it", fix)).into());
        }
        let checked = Checked::new(scorer.score(task, candidate), self.fail_on)?;
        tally.add(&checked);
        if self.json {
            return json_line(out, &checked.to_json(place, candidate));
        }
        Ok(checked.print(out, place, candidate)?)
    }
}

/// Reads the candidates of one argument: standard input, a file, or the call itself.
fn each(
    input: &str,
    lines: bool,
    format: &dyn ToolFormat,
    mut take: impl FnMut(&Place, Candidate) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let path = Path::new(input);
    if input == "-" || path.exists() {
        candidates::each(path, lines, format, take)?;
        return Ok(());
    }
    let place = Place::new("CALL");
    let candidate = format.parse(input);
    if matches!(candidate.action, Action::Text(_)) {
        let fix = "give an existing file, or a call in a format of `toolrm parse --help`";
        return Err(place.error(Fault::new(format!("\"{input}\" is neither a file nor a call"), fix)).into());
    }
    take(&place, candidate)
}

/// What was found about one candidate.
struct Checked {
    wrong: bool,
    /// The score and its findings, or why there is none.
    score: Result<Score, Cow<'static, str>>,
}

impl Checked {
    fn new(outcome: Outcome<Score>, fail_on: f32) -> Result<Self, CliError> {
        let score = match outcome {
            Outcome::Judged(score) => Ok(score),
            Outcome::Abstained { reason } => Err(reason),
            Outcome::Failed(error) => return Err(error.into()),
            _ => Err("no judgement".into()),
        };
        let severe = |f: &Finding| f.rule.starts_with("schema.") || f.weight >= fail_on;
        let wrong = score.as_ref().is_ok_and(|s| s.value < 0.0 || s.findings.iter().any(severe));
        Ok(Self { wrong, score })
    }

    fn findings(&self) -> &[Finding] {
        self.score.as_ref().map_or(&[], |score| &score.findings)
    }

    fn to_json(&self, place: &Place, candidate: &Candidate) -> Value {
        json!({
            "source": &*place.source,
            "line": place.line,
            "ok": !self.wrong,
            "score": self.score.as_ref().map(|s| s.value).ok(),
            "unjudged": self.score.as_ref().err(),
            "action": action_json(candidate),
            "findings": self.findings(),
        })
    }

    fn print(&self, out: &mut dyn Write, place: &Place, candidate: &Candidate) -> io::Result<()> {
        let verdict = match (&self.score, self.wrong) {
            (Err(_), _) => paint(DIM, "-    "),
            (Ok(_), true) => paint(BAD, "wrong"),
            (Ok(_), false) => paint(GOOD, "ok   "),
        };
        writeln!(out, "{verdict}  {}  {}", paint(DIM, &place.to_string()), action_line(candidate, 200))?;
        if let Err(reason) = &self.score {
            writeln!(out, "       not judged: {reason}")?;
        }
        self.findings().iter().try_for_each(|finding| writeln!(out, "       {}", finding_line(finding)))
    }
}

/// How much was found in how many.
#[derive(Debug, Default)]
struct Tally {
    candidates: usize,
    wrong: usize,
    findings: usize,
}

impl Tally {
    fn add(&mut self, checked: &Checked) {
        self.candidates += 1;
        self.wrong += usize::from(checked.wrong);
        self.findings += checked.findings().len();
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { candidates, wrong, findings } = self;
        writeln!(out, "{wrong} of {candidates} wrong, {findings} findings")
    }
}
