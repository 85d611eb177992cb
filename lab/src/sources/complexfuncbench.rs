//! ComplexFuncBench: 18 models on 600 tasks of several steps. Two steps are comparable when their task is the same and the same calls
//! are still open before them. A step is right when each of its calls is one of the open ones.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    call::{Action, Message, ToolCall},
    canonical::Fingerprint,
};
use toolrm_data::source::complexfuncbench::tools::{Seen, domain};

use super::{
    Answer, Census, Question,
    archive::{document, records, text},
};

pub(super) const STEPS: &str = "train/complexfuncbench_steps.jsonl.zst";
const OBSERVATIONS: &str = "train/complexfuncbench_observations.jsonl.zst";
const TOOLS: &str = "train/complexfuncbench_tools.json";

#[derive(Deserialize)]
struct Trajectory {
    id: String,
    model: String,
    query: String,
    steps: Vec<Step>,
    /// `Success.`, or Python text with the kinds of error of the last step.
    msg: String,
}

#[derive(Deserialize)]
struct Step {
    calls: Option<Vec<Called>>,
    gold: Option<Vec<Called>>,
    matched: Option<Vec<Called>>,
    obs: Option<String>,
}

#[derive(Deserialize)]
struct Called {
    name: String,
    arguments: Value,
}

impl Called {
    fn call(&self) -> ToolCall {
        ToolCall::new(self.name.clone(), self.arguments.clone())
    }
}

/// The results of a step's calls.
#[derive(Deserialize)]
struct Observed {
    key: String,
    observations: Vec<Value>,
}

/// What is open before a step: the task, and the calls in whatever order.
type State = (String, Vec<Fingerprint>);

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let trajectories: Vec<Trajectory> = records(&text(STEPS)?, census);
    let observed: HashMap<String, Vec<Value>> =
        records(&text(OBSERVATIONS)?, census).into_iter().map(|o: Observed| (o.key, o.observations)).collect();
    let tools = domain_tools(&trajectories)?;
    let mut states: BTreeMap<State, Question> = BTreeMap::new();
    let mut met: HashMap<String, usize> = HashMap::new();
    for trajectory in &trajectories {
        let domain = domain(&trajectory.id);
        let Some(tools) = tools.get(domain) else { continue };
        let mut history = vec![Message::user(trajectory.query.clone())];
        for (i, step) in trajectory.steps.iter().enumerate() {
            if let Some((state, right, answer)) = census.keep(judged(trajectory, i, step, &history)) {
                let question = states.entry(state).or_insert_with(|| {
                    let number = met.entry(trajectory.id.clone()).or_default();
                    *number += 1;
                    let id = format!("{}.{number}", trajectory.id);
                    Question::new(id, trajectory.id.clone(), domain, tools.clone())
                });
                if right { question.right.push(answer) } else { question.wrong.push(answer) }
            }
            match happened(i, step, &observed) {
                Ok(messages) => history.extend(messages),
                // The last step of a failed run has no results, and nothing comes after it.
                Err(_) if i + 1 == trajectory.steps.len() => {}
                Err(reason) => {
                    census.leave_out(reason);
                    break;
                }
            }
        }
    }
    Ok(states.into_values().map(|question| question.distinct(census)).collect())
}

/// The tools that the tasks of a domain need, by domain.
fn domain_tools(trajectories: &[Trajectory]) -> io::Result<BTreeMap<String, Value>> {
    let mut seen = Seen::default();
    for trajectory in trajectories {
        for gold in trajectory.steps.iter().filter_map(|step| step.gold.as_deref()).flatten() {
            seen.see(&trajectory.id, &gold.call());
        }
    }
    let tools = seen.tools(document(TOOLS, &text(TOOLS)?)?);
    Ok(tools.into_iter().map(|(domain, tools)| (domain.to_owned(), tools)).collect())
}

/// The state before a step, whether the step is right, and the answer it gave.
fn judged(run: &Trajectory, i: usize, step: &Step, history: &[Message]) -> Result<(State, bool, Answer), &'static str> {
    let (Some(calls), Some(gold), Some(matched)) = (&step.calls, &step.gold, &step.matched) else {
        return Err("a step that was not decoded");
    };
    if calls.is_empty() {
        return Err("a step without calls");
    }
    if calls.iter().any(|c| !c.arguments.is_object()) {
        return Err("a call whose arguments are no object");
    }
    let right = matched.len() == calls.len();
    let mut open: Vec<_> = gold.iter().map(|g| Fingerprint::of_call(&g.call())).collect();
    open.sort_unstable();
    let last = i + 1 == run.steps.len();
    let answer = Answer {
        action: Action::Calls(calls.iter().map(Called::call).collect()),
        from: run.model.clone(),
        // Only the history of a right step is told.
        messages: if right { Arc::from(history) } else { Arc::from([]) },
        error_type: if right || !last { None } else { error_type(&run.msg) },
    };
    Ok(((run.id.clone(), open), right, answer))
}

/// The first kind of error that a message names.
fn error_type(msg: &str) -> Option<String> {
    let (_, after) = msg.split_once("'error_type': '")?;
    after.split('\'').next().map(str::to_owned)
}

/// What a step adds to the conversation: its calls, and their results.
fn happened(i: usize, step: &Step, observed: &HashMap<String, Vec<Value>>) -> Result<Vec<Message>, &'static str> {
    let calls = step.calls.as_deref().filter(|c| !c.is_empty()).ok_or("a run broken off: no calls to tell")?;
    let key = step.obs.as_deref().ok_or("a run broken off: no results")?;
    let results = observed.get(key).ok_or("a run broken off: results that are not in the file")?;
    if results.len() != calls.len() {
        return Err("a run broken off: not one result per call");
    }
    let id = |n: usize| format!("call_{i}_{n}");
    let made = calls.iter().enumerate().map(|(n, c)| c.call().with_id(id(n))).collect();
    let told = results.iter().enumerate().map(|(n, result)| {
        let text = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
        Message::tool(id(n), text)
    });
    Ok(std::iter::once(Message::calls(made)).chain(told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_types_are_found_in_python_text() {
        assert_eq!(error_type("Success."), None);
        let several = "[{'error_type': 'value_error', 'content': \"it's\"}, {'error_type': 'func_error'}]";
        assert_eq!(error_type(several).as_deref(), Some("value_error"));
    }
}
