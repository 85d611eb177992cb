//! `toolrm rank`: which of several candidates is best, and what is wrong with the others.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::Candidate,
    canonical::dedupe,
    error::JudgeError,
    judge::{ScoreItem, ToolCallJudge},
    observe::CallOptions,
    score::Score,
    select::{Selection, best_of_n},
    task::Task,
    toolset::Dialect,
};
use toolrm_data::{
    Fault,
    input::{Input, parse_json},
    record::{self, ToolsetCache},
};

use crate::{
    Answer,
    candidate_view::{action_json, action_line, finding_line, message_json},
    candidates,
    error::CliError,
    format::FormatArgs,
    judge::{JUDGE_HELP, JudgeArgs, JudgeName, block_on},
    output::{BAD, BEST, BOLD, DIM, PLAIN, json_line, one_line, paint},
    tasks::read_task,
};

/// Rank candidate answers to a task: order, scores, and what is wrong with each.
///
/// Give either a task and its candidates, or a stream of records that hold both; a record gives a result at once.
#[derive(Debug, Args)]
#[command(after_help = RANK_HELP)]
pub(crate) struct RankArgs {
    /// Records {"messages", "tools", "candidates"}, one a line; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "task", conflicts_with_all = ["task", "candidates"])]
    records: Option<PathBuf>,
    /// The task: a JSON file {"messages", "tools"}
    #[arg(long, value_name = "FILE", requires = "candidates")]
    task: Option<PathBuf>,
    /// The candidates of --task: JSON Lines; `-` is standard input
    #[arg(long, value_name = "FILE", requires = "task")]
    candidates: Option<PathBuf>,
    /// Who judges
    #[arg(long, value_name = "JUDGE", default_value = "rules", long_help = JUDGE_HELP)]
    judge: JudgeName,
    /// Print one JSON object a record
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    setup: JudgeArgs,
}

const RANK_HELP: &str = r#"A candidate is
  an OpenAI assistant message  {"role": "assistant", "content": .., "tool_calls": [..]}
  calls                        [{"get_weather": {"city": "Paris"}}]
  raw model output             "<tool_call>..</tool_call>" or {"text": ".."}, in any dialect

The score of the judge `rules` is a log-odds; `toolrm explain` lists what it is made of.
Exit codes: 0 ranked, 1 no candidate of a record could be judged, 2 wrong arguments or unreadable input.

Examples:
  toolrm rank --task examples/data/task.json --candidates examples/data/candidates.jsonl
  toolrm rank --json examples/data/records.jsonl
  your-agent | toolrm rank -"#;

impl RankArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let judge = self.setup.judge(&self.judge)?;
        let mut answer = Answer::Yes;
        self.each(|id, task, candidates| {
            let ranking = block_on(rank(judge.as_ref(), &task, &candidates))?;
            if ranking.selection.is_err() {
                answer = Answer::No;
            }
            if self.json {
                json_line(out, &ranking.to_json(id.as_ref(), &candidates))?;
            } else {
                ranking.print(out, id.as_ref(), &task, &candidates)?;
            }
            // A record's result goes out at once: another program may wait for it before it sends the next one.
            Ok(out.flush()?)
        })?;
        Ok(answer)
    }

    /// Reads every record and hands it on: id, task, candidates.
    fn each(
        &self,
        mut take: impl FnMut(Option<Value>, Task, Vec<Candidate>) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        if let Some((task, file)) = self.task.as_deref().zip(self.candidates.as_deref()) {
            let task = read_task(task, None)?;
            let format = self.format.format(Some(task.tools()));
            let mut candidates = Vec::new();
            let place = candidates::each(file, true, format.as_ref(), |_, candidate| {
                candidates.push(candidate);
                Ok(())
            })?;
            if candidates.is_empty() {
                return Err(place.error(Fault::new("no candidates", "give at least one, each on a line")).into());
            }
            return take(None, task, candidates);
        }
        let path = self
            .records
            .as_deref()
            .ok_or_else(|| CliError::Usage("give records, or --task and --candidates".into()))?;
        let mut input = Input::open(path)?;
        let mut toolsets = ToolsetCache::default();
        let mut any = false;
        while let Some((place, line)) = input.next_line()? {
            any = true;
            let record = parse_json(&place, line)?;
            let (task, candidates) =
                read_record(&record, &self.format, &mut toolsets).map_err(|fault| place.error(fault))?;
            take(task.metadata().get("id").cloned(), task, candidates)?;
        }
        if any {
            Ok(())
        } else {
            Err(input.place().error(Fault::new("no records", "give one JSON object a line")).into())
        }
    }
}

/// A line `{"messages", "tools", "candidates"}`.
fn read_record(
    record: &Value,
    format: &FormatArgs,
    toolsets: &mut ToolsetCache,
) -> Result<(Task, Vec<Candidate>), Fault> {
    let fix = "write a record: {\"messages\": [..], \"tools\": [..], \"candidates\": [..]}";
    let fields: &Map<String, Value> = record::object(record, fix)?;
    let task = record::task(fields, Dialect::Auto, toolsets)?;
    let format = format.format(Some(task.tools()));
    let under = |fault: Fault| fault.under("candidates");
    let list = record::list(record::member(fields, "candidates", fix)?, "write a list of candidates").map_err(under)?;
    if list.is_empty() {
        return Err(under(Fault::new("no candidates", "give at least one")));
    }
    let read = |(i, value)| candidates::from_json(value, format.as_ref()).map_err(|fault| under(fault.under(i)));
    Ok((task, list.iter().enumerate().map(read).collect::<Result<_, _>>()?))
}

/// How the candidates of one task rank.
struct Ranking {
    /// The selection, or why there is none.
    selection: Result<Selection, JudgeError>,
    /// For every candidate, the first one that does the same.
    same_as: Vec<usize>,
}

async fn rank(judge: &dyn ToolCallJudge, task: &Task, candidates: &[Candidate]) -> Result<Ranking, CliError> {
    let mut selection = best_of_n(judge, task, candidates).await;
    if let Ok(selection) = &mut selection {
        // Nothing had to be chosen, so nothing was asked; here the findings are wanted all the same.
        if selection.distinct == 1 && judge.card().pointwise.is_some() {
            let items: Vec<_> = candidates.iter().map(|candidate| ScoreItem { task, candidate }).collect();
            let scores = judge.score(&items, &CallOptions::default()).await?;
            selection.scores = scores.into_iter().map(toolrm_core::score::Outcome::judged).collect();
        }
    }
    Ok(Ranking { selection, same_as: dedupe(candidates) })
}

impl Ranking {
    fn to_json(&self, id: Option<&Value>, candidates: &[Candidate]) -> Value {
        let mut record = Map::new();
        if let Some(id) = id {
            record.insert("id".into(), id.clone());
        }
        let selection = match &self.selection {
            Ok(selection) => selection,
            Err(error) => {
                record.insert("winner".into(), Value::Null);
                record.insert("why".into(), json!(error.message()));
                return Value::Object(record);
            }
        };
        record.insert("winner".into(), json!(selection.winner));
        record.insert("order".into(), json!(selection.order));
        let entry = |(i, candidate): (usize, &Candidate)| {
            let score = selection.scores.get(i).and_then(Option::as_ref);
            let mut entry = json!({
                "rank": selection.order.iter().position(|o| *o == i).map(|rank| rank + 1),
                "score": score.map(|s| s.value),
                "same_as": self.twin(i),
                "action": action_json(candidate),
                "message": message_json(candidate),
                "findings": score.map(|s| &s.findings),
                "unjudged": why_unjudged(selection, i),
            });
            // Rules write none.
            if let (Some(critique), Some(entry)) = (score.and_then(|s| s.critique.as_ref()), entry.as_object_mut()) {
                entry.insert("critique".into(), json!(critique));
            }
            entry
        };
        record.insert("candidates".into(), candidates.iter().enumerate().map(entry).collect());
        Value::Object(record)
    }

    /// The earlier candidate that does the same, if there is one.
    fn twin(&self, i: usize) -> Option<usize> {
        self.same_as.get(i).copied().filter(|first| *first != i)
    }

    fn print(&self, out: &mut dyn Write, id: Option<&Value>, task: &Task, candidates: &[Candidate]) -> io::Result<()> {
        let name =
            id.map_or_else(String::new, |id| format!("{}  ", id.as_str().map_or_else(|| id.to_string(), Into::into)));
        let asked = task.last_user_text().unwrap_or_default();
        writeln!(out, "{}", paint(BOLD, &one_line(&format!("{name}{asked}"), 160)))?;
        let selection = match &self.selection {
            Ok(selection) => selection,
            Err(error) => return writeln!(out, "  {}\n", paint(BAD, &one_line(error.message(), 400))),
        };
        for (rank, &i) in selection.order.iter().enumerate() {
            if let Some(candidate) = candidates.get(i) {
                let score = selection.scores.get(i).and_then(Option::as_ref);
                self.print_candidate(out, rank, i, candidate, score)?;
                if let Some(why) = why_unjudged(selection, i) {
                    writeln!(out, "       {}", paint(BAD, &one_line(&format!("not judged: {why}"), 400)))?;
                }
            }
        }
        writeln!(out)
    }

    fn print_candidate(
        &self,
        out: &mut dyn Write,
        rank: usize,
        i: usize,
        candidate: &Candidate,
        score: Option<&Score>,
    ) -> io::Result<()> {
        let style = if rank == 0 { BEST } else { PLAIN };
        let value = score.map_or_else(|| "     -".into(), |s| format!("{:>6.2}", s.value));
        let head = paint(style, &format!("{:>3}. #{i:<3} {value}", rank + 1));
        writeln!(out, "{head}  {}", action_line(candidate, 200))?;
        if let Some(twin) = self.twin(i) {
            return writeln!(out, "       {}", paint(DIM, &format!("does the same as #{twin}")));
        }
        if let Some(critique) = score.and_then(|s| s.critique.as_ref()) {
            writeln!(out, "       {}", paint(DIM, &one_line(critique, 400)))?;
        }
        let findings = score.into_iter().flat_map(|s| &s.findings);
        findings.into_iter().try_for_each(|finding| writeln!(out, "       {}", finding_line(finding)))
    }
}

/// Why no judgement was made of a candidate, where none was.
fn why_unjudged(selection: &Selection, i: usize) -> Option<String> {
    let concerns = |p: &&toolrm_core::select::Problem| p.candidate == i || p.others.contains(&i);
    let problem = || selection.problems.iter().find(concerns).map(ToString::to_string);
    selection.unjudged.contains(&i).then(|| problem().unwrap_or_else(|| "no judgement".into()))
}
