//! [`Runs`]: ComplexFuncBench as 18 models went through it, from recorded logs.

use std::collections::HashMap;

use serde_json::Value;
use toolrm_core::call::ToolCall;

use super::{
    states::{Results, Run, Task},
    tools::{Seen, domain},
};
use crate::{
    error::{DataError, Fault, Place},
    input::{Input, parse_json},
    source::{
        Quarantined, Record, Source,
        calls::call,
        fields::{expected, items, members, take, take_items, take_text, text_of},
        records::{Raw, Records},
    },
    tree::Tree,
};

const STEPS: &str = "complexfuncbench_steps";
const OBSERVATIONS: &str = "complexfuncbench_observations";
const TOOLS: &str = "complexfuncbench_tools";

const RUN: &str = "write a run as {\"id\", \"model\", \"query\", \"steps\": [{\"calls\", \"gold\", \"matched\", \"obs\"}, ..], \"msg\"}";
const OBSERVED: &str = "write results as {\"key\", \"observations\": [one for each call]}";

/// Recorded runs of models on ComplexFuncBench, in the compact form of their logs: `complexfuncbench_steps.jsonl` (`{"id", "model", "query",
/// "steps", "msg"}`), `complexfuncbench_observations.jsonl` (`{"key", "observations"}`) and `complexfuncbench_tools.json`, a list of tools.
///
/// What a step is to do are the calls that are open (`gold`): those of the turn and of the next one that were not made. Steps of a task
/// with the same open calls are answers to one question; a step is right when each of its calls is an open one (`matched`). A trajectory
/// follows a run, and has all answers that were given in its states, its own among them. A state in which no model was right gives none.
///
/// The tasks are those of [`ComplexFuncBench`](super::ComplexFuncBench): take one of the two.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct Runs;

impl Source for Runs {
    fn name(&self) -> &'static str {
        "complexfuncbench_runs"
    }

    fn about(&self) -> &'static str {
        "10,800 runs of 18 models on 600 tasks of zai-org/ComplexFuncBench (Apache-2.0), published without a licence in \
         jibf/agent_hard_benchmark; written against all of them"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        let mut read = Read::default();
        files.visit(
            |path| [STEPS, OBSERVATIONS, TOOLS].iter().any(|name| path.to_lowercase().contains(name)),
            |path, file| {
                let path = path.to_lowercase();
                if path.contains(TOOLS) {
                    read.tools = Some(tools(file)?);
                    return Ok(());
                }
                let of_runs = path.contains(STEPS);
                (read.with_runs, read.with_results) = (read.with_runs || of_runs, read.with_results || !of_runs);
                let mut records = Records::new(file);
                while let Some(record) = records.next() {
                    let given = record.and_then(|raw| {
                        let value = raw.parse()?;
                        if of_runs { read.run(value, &raw) } else { read.results(value).map(|()| Vec::new()) }
                            .map_err(|fault| raw.quarantined(fault))
                    });
                    let faults = given.unwrap_or_else(|quarantined| vec![quarantined]);
                    faults.into_iter().try_for_each(|fault| each(Record::Quarantined(fault)))?;
                }
                Ok(())
            },
        )?;
        read.hand_on(files, each)
    }
}

/// What was read.
#[derive(Debug, Default)]
struct Read {
    /// By their ids, which are listed in the order in which they were met.
    tasks: HashMap<String, Task>,
    ids: Vec<String>,
    results: Results,
    seen: Seen,
    tools: Option<Vec<Value>>,
    with_runs: bool,
    with_results: bool,
}

impl Read {
    fn results(&mut self, value: Value) -> Result<(), Fault> {
        let mut fields = members(value, OBSERVED)?;
        let key = take_text(&mut fields, "key", OBSERVED)?;
        let results = take_items(&mut fields, "observations", OBSERVED)?;
        match self.results.insert(key, results.into_iter().map(text_of).collect()) {
            None => Ok(()),
            Some(_) => Err(Fault::new("results whose key occurred before", "give each key once").under("key")),
        }
    }

    /// One run; what is quarantined of it are the steps that were not decoded.
    fn run(&mut self, value: Value, raw: &Raw<'_>) -> Result<Vec<Quarantined>, Fault> {
        let mut fields = members(value, RUN)?;
        let id = take_text(&mut fields, "id", RUN)?;
        let model = take_text(&mut fields, "model", RUN)?;
        let query = take_text(&mut fields, "query", RUN)?;
        let succeeded = fields.get("msg").and_then(Value::as_str) == Some("Success.");
        let steps = take_items(&mut fields, "steps", RUN)?;
        let mut faults = Vec::new();
        let mut run = Run { place: raw.place.clone(), model, succeeded, steps: Vec::new() };
        let (task, seen) = (self.tasks.entry(id.clone()), &mut self.seen);
        if let std::collections::hash_map::Entry::Vacant(_) = task {
            self.ids.push(id.clone());
        }
        let task = task.or_insert_with(|| Task::new(query));
        for (i, step) in steps.into_iter().enumerate() {
            match decoded(step) {
                Ok(Decoded { calls, gold, right, returned }) => {
                    for call in &gold {
                        seen.see(&id, call);
                    }
                    let step = task.step(&gold, calls, right, returned, &raw.place);
                    run.steps.push(step);
                }
                Err(fault) => faults.push(raw.quarantined(fault.under(i).under("steps"))),
            }
        }
        task.add(run);
        Ok(faults)
    }

    fn hand_on(self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        let missing = |name: &str| {
            let fix = format!("give a folder or archive with {STEPS}.jsonl, {OBSERVATIONS}.jsonl and {TOOLS}.json");
            Place::file(files.path()).error(Fault::new(format!("no {name} in it"), fix))
        };
        for (there, name) in [(self.with_runs, STEPS), (self.with_results, OBSERVATIONS)] {
            if !there {
                return Err(missing(name));
            }
        }
        let tools = self.seen.tools(self.tools.ok_or_else(|| missing(TOOLS))?);
        let none = Value::Array(Vec::new());
        for id in &self.ids {
            let Some(task) = self.tasks.get(id) else { continue };
            let tools = tools.get(domain(id)).unwrap_or(&none);
            let (trajectories, untold) = task.trajectories(id, tools, &self.results);
            for trajectory in trajectories {
                each(Record::Trajectory(Box::new(trajectory)))?;
            }
            for (place, fault) in untold {
                each(Record::Quarantined(Quarantined { place, fault, excerpt: id.as_str().into() }))?;
            }
        }
        Ok(())
    }
}

/// A step as it was logged.
struct Decoded {
    calls: Vec<ToolCall>,
    gold: Vec<ToolCall>,
    right: bool,
    returned: Option<String>,
}

fn decoded(step: Value) -> Result<Decoded, Fault> {
    let mut fields = members(step, RUN)?;
    let mut listed = |key: &str| -> Result<Vec<Value>, Fault> {
        match take(&mut fields, key, RUN)? {
            Value::Null => Err(Fault::new("a step that was not decoded", "nothing: its log says no more").under(key)),
            list => items(list, RUN).map_err(|fault| fault.under(key)),
        }
    };
    let (calls, gold, matched) = (listed("calls")?, listed("gold")?, listed("matched")?);
    let right = matched.len() == calls.len();
    let read = |key: &str, list: Vec<Value>| -> Result<Vec<ToolCall>, Fault> {
        let calls =
            list.into_iter().enumerate().map(|(i, value)| call(value).map_err(|fault| fault.under(i).under(key)));
        calls.collect()
    };
    let (calls, gold) = (read("calls", calls)?, read("gold", gold)?);
    if calls.is_empty() {
        return Err(Fault::new("a step without calls", "nothing: its log says no more").under("calls"));
    }
    let returned = match fields.remove("obs") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key),
        Some(other) => return Err(expected("a key", &other, RUN).under("obs")),
    };
    Ok(Decoded { calls, gold, right, returned })
}

fn tools(file: Input) -> Result<Vec<Value>, DataError> {
    let (place, text) = file.read_text()?;
    items(parse_json(&place, &text)?, "write a list of tools").map_err(|fault| place.error(fault))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{apart, read_files};

    #[test]
    fn steps_of_the_same_state_are_answers_to_one_question() {
        let call = |city: &str| json!({"name": "find", "arguments": {"city": city}});
        let run = |model: &str, steps: Value, msg: &str| {
            json!({"id": "Hotels-1", "model": model, "query": "Where?", "steps": steps, "msg": msg, "final": ".."})
                .to_string()
        };
        let right = json!({"calls": [call("Oslo")], "gold": [call("Oslo")], "matched": [call("Oslo")], "obs": "k"});
        let wrong = json!({"calls": [call("Rome")], "gold": [call("Oslo")], "matched": []});
        let undecoded = json!({"calls": [call("Rome")], "gold": [call("Oslo")], "matched": null});
        let odd = json!({"calls": [{"name": "find", "arguments": "x"}], "gold": [], "matched": []});
        let steps = [
            run("a", json!([right]), "Success."),
            run("b", json!([wrong]), "[{'error_type': 'value_error'}]"),
            run("c", json!([undecoded]), ""),
            run("d", json!([odd]), ""),
            "{".to_owned(),
        ]
        .join("\n");
        let observations = json!({"key": "k", "observations": ["A hotel."]}).to_string();
        let tools =
            json!([{"name": "find", "parameters": {"type": "object", "properties": {"city": {"type": "integer"}}}}])
                .to_string();
        let mut files = vec![
            ("complexfuncbench_steps.jsonl", steps.as_bytes()),
            ("complexfuncbench_observations.jsonl", observations.as_bytes()),
            ("complexfuncbench_tools.json", tools.as_bytes()),
        ];
        let (trajectories, quarantined) = apart(read_files(&Runs, &files).unwrap());
        let [trajectory] = &trajectories[..] else { panic!("{trajectories:?}") };
        let answers: Vec<_> = trajectory.answers.iter().map(|a| (a.model.as_str(), a.published)).collect();
        assert_eq!(answers, [("a", Some(true)), ("b", Some(false))]);
        assert_eq!(trajectory.tools[0]["parameters"]["properties"]["city"]["type"], json!(["string"]));
        let pointers: Vec<_> = quarantined.iter().map(|q| q.fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/steps/0/matched", "/steps/0/calls/0/arguments", ""]);
        files.pop();
        assert!(read_files(&Runs, &files).unwrap_err().to_string().contains("no complexfuncbench_tools in it"));
    }
}
