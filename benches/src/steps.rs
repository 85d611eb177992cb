//! Recorded steps of models at work on tasks of several steps: a conversation with the tools' answers so far, and the next calls.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    io::{self, Read},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::{Value, json};
use toolrm_core::{
    call::{Candidate, Message, ToolCall},
    task::Task,
    toolset::Toolset,
};

use crate::recorded::{json_lines, open};

/// Trajectories beyond these are not read.
const MAX_TRAJECTORIES: usize = 600;

#[derive(Deserialize)]
struct Trajectory {
    query: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    calls: Option<Vec<Called>>,
    obs: Option<String>,
}

#[derive(Deserialize)]
struct Called {
    name: String,
    arguments: Value,
}

#[derive(Deserialize)]
struct Observed {
    key: String,
    observations: Vec<Value>,
}

/// The steps of `train/complexfuncbench_steps.jsonl.zst`, each with the tools of all domains, or why they cannot be had.
pub fn steps() -> Result<Vec<(Task, Candidate)>, Box<dyn Error + Send + Sync>> {
    let tools = toolset()?;
    let observed: HashMap<String, Vec<Value>> = read("train/complexfuncbench_observations.jsonl.zst", usize::MAX)?
        .into_iter()
        .map(|o: Observed| (o.key, o.observations))
        .collect();
    let trajectories: Vec<Trajectory> = read("train/complexfuncbench_steps.jsonl.zst", MAX_TRAJECTORIES)?;
    Ok(trajectories.iter().flat_map(|t| steps_of(t, &observed, &tools)).collect())
}

fn steps_of(of: &Trajectory, observed: &HashMap<String, Vec<Value>>, tools: &Arc<Toolset>) -> Vec<(Task, Candidate)> {
    let mut history = vec![Message::user(of.query.clone())];
    let mut out = Vec::new();
    for (i, step) in of.steps.iter().enumerate() {
        let Some(calls) = &step.calls else { break };
        let call = |(k, c): (usize, &Called)| ToolCall::new(&*c.name, c.arguments.clone()).with_id(format!("{i}.{k}"));
        let calls: Vec<ToolCall> = calls.iter().enumerate().map(call).collect();
        out.push((Task::new(history.clone(), Arc::clone(tools)), Candidate::calls(calls.clone())));
        let Some(answers) = step.obs.as_ref().and_then(|key| observed.get(key)) else { break };
        let answers = answers.iter().enumerate().map(|(k, v)| Message::tool(format!("{i}.{k}"), v.to_string()));
        history.push(Message::calls(calls));
        history.extend(answers);
    }
    out
}

/// The tools of all domains.
fn toolset() -> Result<Arc<Toolset>, Box<dyn Error + Send + Sync>> {
    let mut text = String::new();
    open("train/complexfuncbench_tools.json")?.read_to_string(&mut text)?;
    let specs: Vec<BTreeMap<String, Value>> = serde_json::from_str(&text)?;
    let wanted = |(key, _): &(String, Value)| matches!(key.as_str(), "name" | "description" | "parameters");
    let specs: Vec<Value> = specs.into_iter().map(|s| s.into_iter().filter(wanted).collect()).collect();
    Ok(Arc::new(Toolset::from_json(&json!(specs))?))
}

fn read<T: for<'de> Deserialize<'de>>(name: &str, at_most: usize) -> io::Result<Vec<T>> {
    json_lines(open(name)?).take(at_most).map(|record| Ok(T::deserialize(&record?)?)).collect()
}
