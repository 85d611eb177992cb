//! UltraTool: tasks with a plan, the calls that carry it out, and what models filled in.
//!
//! `test_set/tool_usage.json` is JSON Lines in spite of its name: `{question, input (the plan), toolset, reference}`. The plan is part of what
//! the assistant is told: without it nobody could say how many calls there are. All calls are one step, none has a result.
//! `predictions/LANGUAGE/MODEL/tool_usage.json` has the same records as `data`, and the model's text as `init output`: JSON, or what Python
//! prints of it. Nobody says which answers are right, and many values are free texts: "different" is often not "wrong".

use serde_json::{Map, Value};
use toolrm_core::call::{Candidate, Role, ToolCall};

use super::{
    Source, Trajectory,
    dialogue::Dialogue,
    fields::{Each, members, take, take_items, take_members, take_text},
    reading::{Answers, calls_or_malformed, each_record, each_some, json_or_literal, malformed, named, visit_some},
    records::Raw,
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

/// UltraTool in its published files.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct UltraTool;

const TASK: &str = r#"write {"question", "input": [{"step"}], "toolset", "reference": [{"step", "tool", "param"}]}"#;
const PREDICTION: &str = r#"write {"data": {the task}, "init output": "the model's text"}"#;

impl Source for UltraTool {
    fn name(&self) -> &'static str {
        "ultratool"
    }

    fn about(&self) -> &'static str {
        "UltraTool (JoeYing1019/UltraTool, no licence stated). Written against its published files: the English test set of tool usage \
         and the recorded outputs of GPT-4 and GPT-3.5."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        let mut answers = Answers::default();
        files.visit(
            |path| path.contains("predictions/") && is_tasks(path),
            |path, file| {
                each_some(file, each, |raw, record| {
                    let (question, answer) = predicted(record)?;
                    answers.note(named(path).1, raw, Some(question), answer);
                    Ok(None)
                })
            },
        )?;
        visit_some(
            files,
            "test_set/tool_usage.json",
            |path| !path.contains("predictions/") && is_tasks(path),
            |path, file| each_record(file, each, |raw, record| task(path, raw, record, &mut answers)),
        )?;
        answers.hand_on_rest(each)
    }
}

fn is_tasks(path: &str) -> bool {
    named(path).0 == "tool_usage.json"
}

fn task(path: &str, raw: &Raw<'_>, record: Value, answers: &mut Answers) -> Result<Trajectory, Fault> {
    let mut record = members(record, TASK)?;
    let question = take_text(&mut record, "question", TASK)?;
    let plan = take_items(&mut record, "input", TASK)?;
    let mut said = Dialogue::default();
    said.say(
        Role::User,
        asked(&question, &plan).ok_or_else(|| Fault::new("a step without text", TASK).under("input"))?,
    );
    let reference = take_items(&mut record, "reference", TASK)?;
    let read = |(i, called)| call(called).map_err(|fault| fault.under(i).under("reference"));
    let calls = reference.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    if calls.is_empty() {
        return Err(Fault::new("a task without calls", TASK).under("reference"));
    }
    let step = said.len();
    said.call(calls, None);
    let tools = Value::Array(take_items(&mut record, "toolset", TASK)?);
    let set = path.split('/').find(|part| part.ends_with("-dataset")).unwrap_or("dataset");
    let mut trajectory = Trajectory::of(format!("{set}/{}", raw.number), &raw.place, tools, said.into_messages());
    trajectory.answers = answers.to(raw.number, &question, step);
    Ok(trajectory)
}

/// The question with its plan. The tools that the plan names are left out: to choose them is the assistant's work.
fn asked(question: &str, plan: &[Value]) -> Option<String> {
    let mut asked = format!("{}\n\nPlan:", question.trim());
    for step in plan {
        asked.push('\n');
        asked.push_str(step.get("step")?.as_str()?);
    }
    Some(asked)
}

fn call(called: Value) -> Result<ToolCall, Fault> {
    let mut called = members(called, TASK)?;
    let name = take_text(&mut called, "tool", TASK)?;
    let arguments = Value::Object(take_members(&mut called, "param", TASK)?);
    Ok(ToolCall::new(name, arguments))
}

/// The question of a prediction, and the answer.
fn predicted(record: Value) -> Result<(String, Candidate), Fault> {
    let mut record = members(record, PREDICTION)?;
    let question = take_members(&mut record, "data", PREDICTION)
        .and_then(|mut data| take_text(&mut data, "question", PREDICTION).map_err(|fault| fault.under("data")))?;
    let text = take_text(&mut record, "init output", PREDICTION)?;
    Ok((question, answer(&text)))
}

/// The calls of `[{"step", "tool", "param"}]`. A step without a tool is no call.
fn answer(text: &str) -> Candidate {
    let read = |mut step: Map<String, Value>| match (take_text(&mut step, "tool", TASK), take(&mut step, "param", TASK))
    {
        (Ok(name), Ok(arguments)) => Ok(Some(ToolCall::new(name, arguments))),
        (Err(_), Err(_)) => Ok(None),
        _ => Err(()),
    };
    let steps = match json_or_literal(text.trim()) {
        Some(Value::Array(steps)) => steps,
        Some(_) => return malformed(text, "no list of {\"step\", \"tool\", \"param\"}"),
        None if !text.contains("'param'") && !text.contains("\"param\"") => {
            return Candidate::text(text).with_raw(text);
        }
        None => return malformed(text, "neither JSON nor a Python literal"),
    };
    let calls: Result<Vec<_>, ()> =
        steps.into_iter().map(|step| members(step, TASK).map_err(|_| ()).and_then(read)).collect();
    match calls.map(|calls| calls.into_iter().flatten().collect::<Vec<_>>()) {
        Ok(calls) if calls.is_empty() => Candidate::text(text).with_raw(text),
        Ok(calls) => calls_or_malformed(calls, text),
        Err(()) => malformed(text, "a step that is no {\"step\", \"tool\", \"param\"}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{apart, read_files};

    #[test]
    fn the_plan_is_told_without_its_tools_and_answers_are_json_or_python() {
        let task = |question: &str| {
            json!({"question": question, "input": [{"step": "1. Begin"}, {"step": "1.1 Do", "tool": "f", "param": ""}],
                "toolset": [{"name": "f", "arguments": {}}], "reference": [{"step": "1.1 Do", "tool": "f", "param": {"a": "x"}}]})
        };
        let predicted = |question: &str, text: &str| json!({"data": task(question), "init output": text}).to_string();
        let python = "[{'step': '1.1 Do', 'tool': 'f', 'param': {'a': \"it's y\"}}]";
        let answers = format!("{}\n{}", predicted("Go.", python), predicted("Another.", "[]"));
        let tasks = format!("{}\n{}", task("Go."), task("Stop."));
        let files: [(&str, &[u8]); 2] = [
            ("u/English-dataset/test_set/tool_usage.json", tasks.as_bytes()),
            ("u/predictions/English-dataset/m/tool_usage.json", answers.as_bytes()),
        ];
        let (read, quarantined) = apart(read_files(&UltraTool, &files).unwrap());
        assert_eq!(read[0].messages[0].text(), "Go.\n\nPlan:\n1. Begin\n1.1 Do");
        assert_eq!(read[0].answers[0].answer.action.calls()[0].arguments, json!({"a": "it's y"}));
        assert!(read[1].answers.is_empty());
        assert!(quarantined[0].fault.what.contains("m, number 1"), "{quarantined:?}");
    }

    #[test]
    fn what_is_no_list_of_steps_is_malformed_or_words() {
        for bad in [
            "{\"param\": 1}",
            "[{'tool': 'f', 'param': ",
            "[3]",
            "[{\"tool\": \"f\"}]",
            "[{\"tool\": \"f\", \"param\": 3}]",
        ] {
            assert!(answer(bad).action.is_malformed(), "{bad}");
        }
        assert!(answer("I cannot.").action.text().is_some());
    }
}
