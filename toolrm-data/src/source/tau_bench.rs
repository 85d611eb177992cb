//! tau-bench: runs of many models on the same tasks, with one reward for the whole run.
//!
//! `DOMAIN/tools.json` lists the tools, every other `*.json` beside it holds the runs of one model: `[{task_id, reward, info, traj}]`.
//!
//! - A run of reward 1 is a trajectory: what was done in it led to the right end.
//! - A run of another reward says that something was wrong, not what. It gives a recorded answer only where it leaves the rewarded runs of its
//!   task exactly: message by message the same conversation, and then something no rewarded run does there, with a call on one of the two
//!   sides (two texts differ in every run, and say nothing). Its publisher says of no single step whether it is right.
//! - Such a run without such a step, and one that an error ended, is quarantined.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Candidate, Message, Role},
    canonical::Fingerprint,
};

use super::{
    Quarantined, Record, RecordedAnswer, Source, Trajectory, chat,
    fields::{Each, members, take},
    published::Ids,
    reading::{candidate, each_some, named, unpacked, visit_some},
    records::Raw,
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

/// Runs of tau-bench in its published files.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct TauBench;

const RUN: &str = r#"write {"task_id", "reward", "info", "traj": [OpenAI messages]}"#;

impl Source for TauBench {
    fn name(&self) -> &'static str {
        "tau_bench"
    }

    fn about(&self) -> &'static str {
        "Runs of tau-bench (sierra-research/tau-bench, MIT; the runs state no licence). Written against published runs of 14 models and the \
         tools of the benchmark."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        let tools = tools(files)?;
        let mut ids = Ids::default();
        let mut failures = Failures::default();
        visit_some(files, "DOMAIN/tools.json and the runs beside it", is_runs, |path, file| {
            each_some(file, each, |raw, record| {
                failures.add(raw, &Run::read(path, record)?);
                Ok(None)
            })
        })?;
        let mut quiet = |record| match record {
            // What is wrong with a record was said when it was read first.
            Record::Quarantined(_) => Ok(()),
            trajectory => each(trajectory),
        };
        files.visit(is_runs, |path, file| {
            let (_, domain) = named(path);
            each_some(file, &mut quiet, |raw, record| {
                let run = Run::read(path, record)?;
                let tools = tools.get(domain).cloned().unwrap_or_default();
                let mut trajectory = run.is_rewarded.then(|| run.trajectory(domain, raw, tools, &mut failures));
                if let Some(trajectory) = &mut trajectory {
                    ids.set_apart(&mut trajectory.id);
                }
                Ok(trajectory)
            })
        })?;
        failures.runs.into_iter().flatten().try_for_each(|quarantined| each(Record::Quarantined(quarantined)))
    }
}

fn is_runs(path: &str) -> bool {
    unpacked(path).ends_with(".json") && named(path).0 != "tools.json"
}

/// The tools by domain.
fn tools(files: &Tree) -> Result<HashMap<String, Value>, DataError> {
    let mut tools = HashMap::new();
    let mut domains = HashSet::new();
    files.visit(
        |path| unpacked(path).ends_with(".json"),
        |path, file| {
            let (name, domain) = named(path);
            if name == "tools.json" {
                let (place, text) = file.read_text()?;
                tools.insert(domain.to_owned(), crate::input::parse_json(&place, &text)?);
            } else {
                domains.insert(path.strip_suffix(name).unwrap_or_default().to_owned());
            }
            Ok::<_, DataError>(())
        },
    )?;
    let missing = domains.iter().filter(|folder| !tools.contains_key(named(folder.trim_end_matches('/')).0)).min();
    match missing {
        Some(folder) => {
            let fix = "put the list of tools of the domain beside the runs";
            Err(files.place(&format!("{folder}tools.json")).error(Fault::new("no such file", fix)))
        }
        None => Ok(tools),
    }
}

/// A run of a model on a task.
struct Run {
    model: String,
    task: String,
    trial: String,
    is_rewarded: bool,
    messages: Vec<Message>,
}

impl Run {
    fn read(path: &str, record: Value) -> Result<Self, Fault> {
        let mut record = members(record, RUN)?;
        if let Some(error) = record.get("info").and_then(|info| info.get("error")) {
            let what = format!("an error ended the run: {}", error.to_string().chars().take(200).collect::<String>());
            return Err(Fault::new(what, "nothing: it says nothing of the model").under("info"));
        }
        let task = take(&mut record, "task_id", RUN)?.to_string();
        let trial = record.remove("trial").map_or_else(|| "0".to_owned(), |trial| trial.to_string());
        let reward = take(&mut record, "reward", RUN)?;
        let reward = reward.as_f64().ok_or_else(|| Fault::new("expected a number", RUN).under("reward"))?;
        let messages = chat::messages(take(&mut record, "traj", RUN)?).map_err(|fault| fault.under("traj"))?;
        if messages.is_empty() {
            return Err(Fault::new("a run without messages", RUN).under("traj"));
        }
        Ok(Self { model: model(path), task, trial, is_rewarded: (reward - 1.0).abs() < 1e-6, messages })
    }

    /// What was said and done before each assistant message, that message, and all up to it.
    fn steps(&self) -> impl Iterator<Item = (Fingerprint, usize, &Message, Fingerprint)> {
        let start = Fingerprint::of(["task", &self.task]);
        let steps = self.messages.iter().enumerate().scan(start, |before, (place, message)| {
            let after = Fingerprint::of([before.as_bytes().as_slice(), fingerprint(message).as_bytes()]);
            let here = std::mem::replace(before, after);
            Some((here, place, message, after))
        });
        steps.filter(|(_, _, message, _)| message.role == Role::Assistant)
    }

    fn trajectory(self, domain: &str, raw: &Raw<'_>, tools: Value, failures: &mut Failures) -> Trajectory {
        let steps: Vec<_> =
            self.steps().map(|(before, place, m, _)| (before, place, !m.tool_calls.is_empty())).collect();
        let answers = steps.into_iter().flat_map(|(before, step, calls)| failures.at(before, step, calls)).collect();
        let id = format!("{domain}/{}/{}/{}", self.model, self.task, self.trial);
        let mut metadata = Map::new();
        metadata.insert("model".into(), self.model.into());
        metadata.insert("task_id".into(), self.task.into());
        Trajectory { answers, metadata, ..Trajectory::of(id, &raw.place, tools, self.messages) }
    }
}

/// The model of a file: `tool-calling-retail-MODEL-0.0_range_..`.
fn model(path: &str) -> String {
    let (name, _) = named(path);
    let model = name.split_once("_range_").and_then(|(head, _)| {
        let (head, _temperature) = head.rsplit_once('-')?;
        head.strip_prefix("tool-calling-").and_then(|rest| rest.split_once('-')).map(|(_, model)| model)
    });
    model.unwrap_or_else(|| name.trim_end_matches(".json")).to_owned()
}

/// What a message says and does: words beside calls, ids and reasoning aside.
fn fingerprint(message: &Message) -> Fingerprint {
    let mut parts = vec![message.role.as_str().as_bytes().to_vec()];
    if message.tool_calls.is_empty() {
        parts.push(message.text().as_bytes().to_vec());
    }
    parts.extend(message.tool_calls.iter().map(|call| Fingerprint::of_call(call).as_bytes().to_vec()));
    Fingerprint::of(parts)
}

/// The runs that were not rewarded, and what they did.
#[derive(Default)]
struct Failures {
    /// `None` for a run of which an answer was recorded.
    runs: Vec<Option<Quarantined>>,
    /// Steps by what was before them.
    steps: HashMap<Fingerprint, Vec<Failed>>,
    /// Everything up to a step of a rewarded run.
    rewarded: HashSet<Fingerprint>,
}

struct Failed {
    run: usize,
    model: String,
    answer: Candidate,
    up_to_it: Fingerprint,
}

impl Failures {
    fn add(&mut self, raw: &Raw<'_>, run: &Run) {
        if run.is_rewarded {
            self.rewarded.extend(run.steps().map(|(_, _, _, up_to_it)| up_to_it));
            return;
        }
        let number = self.runs.len();
        for (before, _, message, up_to_it) in run.steps() {
            let failed = Failed { run: number, model: run.model.clone(), answer: candidate(message), up_to_it };
            self.steps.entry(before).or_default().push(failed);
        }
        let what =
            format!("no reward, and no step that leaves the rewarded runs of its task exactly: task {}", run.task);
        let fault = Fault::new(what, "nothing: which of its steps is wrong is not known");
        self.runs.push(Some(raw.quarantined(fault)));
    }

    /// The answers of failed runs to what a rewarded run did here; each is given once.
    fn at(&mut self, before: Fingerprint, step: usize, calls: bool) -> Vec<RecordedAnswer> {
        let Some(failed) = self.steps.get_mut(&before) else { return Vec::new() };
        let tells = |failed: &mut Failed| {
            let is_call = !failed.answer.action.calls().is_empty();
            (calls || is_call) && !self.rewarded.contains(&failed.up_to_it)
        };
        let mut answers = Vec::new();
        for Failed { run, model, answer, .. } in failed.extract_if(.., tells) {
            if let Some(run) = self.runs.get_mut(run) {
                *run = None;
            }
            answers.push(RecordedAnswer { step, model, answer, published: None });
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{apart, read_files};

    fn run(reward: f64, trial: u64, said: &[Value]) -> Value {
        let mut traj = vec![json!({"role": "user", "content": "Hi."})];
        traj.extend_from_slice(said);
        json!({"task_id": 4, "reward": reward, "trial": trial, "info": {}, "traj": traj})
    }

    fn words(text: &str) -> Value {
        json!({"role": "assistant", "content": text, "tool_calls": null})
    }

    fn calls(id: &str, a: u64) -> Value {
        let function = json!({"name": "f", "arguments": json!({"a": a}).to_string()});
        json!({"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function", "function": function}]})
    }

    #[test]
    fn a_failed_run_answers_only_where_it_leaves_the_rewarded_ones_exactly() {
        let good =
            json!([run(1.0, 0, &[calls("1", 1), words("Done.")]), run(1.0, 1, &[calls("1", 2), words("Done.")])]);
        let bad = json!([
            run(0.0, 0, &[calls("9", 3)]),
            // What a rewarded run did too is not where it went wrong, and other words say nothing.
            run(0.0, 1, &[calls("9", 2), words("Sorry.")]),
            run(0.0, 2, &[calls("9", 1), calls("8", 1)]),
            {"task_id": 5, "reward": 0.0, "info": {"error": "timeout"}, "traj": []},
        ]);
        let (good, bad) = (good.to_string(), bad.to_string());
        let files: [(&str, &[u8]); 3] = [
            ("d/tools.json", b"[]"),
            ("d/tool-calling-d-gpt-x-0.0_range_0.json", good.as_bytes()),
            ("d/tool-calling-d-bad-1-0.0_range_0.json", bad.as_bytes()),
        ];
        let (read, quarantined) = apart(read_files(&TauBench, &files).unwrap());
        assert_eq!(read.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["d/gpt-x/4/0", "d/gpt-x/4/1"]);
        let answers: Vec<_> = read.iter().flat_map(|t| &t.answers).map(|a| (a.step, a.model.as_str())).collect();
        assert_eq!(answers, [(1, "bad-1"), (2, "bad-1")]);
        let reasons: Vec<_> = quarantined.iter().filter_map(|q| q.fault.what.split(':').next()).collect();
        assert_eq!(reasons[0], "an error ended the run");
        assert!(reasons[1].starts_with("no reward, and no step") && reasons.len() == 2, "{reasons:?}");
        assert_eq!(quarantined[1].fault.pointer, "/1");
    }

    #[test]
    fn runs_without_their_tools_are_an_error() {
        let error = read_files(&TauBench, &[("d/runs.json", b"[]"), ("e/tools.json", b"[]")]).unwrap_err().to_string();
        assert!(error.contains("d/tools.json") && error.contains("no such file"), "{error}");
    }
}
