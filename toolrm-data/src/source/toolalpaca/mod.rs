//! [`ToolAlpaca`]: tasks over simulated APIs, solved step by step, with what two models did first.

use serde_json::{Map, Value};
use toolrm_core::call::{Action, Message, ToolCall};

use super::{
    Record, RecordedAnswer, Source, Trajectory,
    calls::unpacked,
    fields::{Each, expected, items, members, take, take_items, take_text},
    published::{Ids, Published},
    records::{Raw, Records},
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

mod judged;
mod steps;
mod tools;

use judged::Judged;

const FILES: Published = Published {
    names: "train_data.json, eval_simulated.json or eval_real.json",
    is: |path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        ["train_data.json", "eval_simulated.json", "eval_real.json"].iter().any(|file| name.starts_with(file))
    },
};

const API: &str = "write an API as {\"Name\", \"Function_Description\", \"Instances\"}, or with \"Instructions\" and \"Golden_Answers\"";
const GOLDEN: &str = "write a golden answer as a list of {\"Action\", \"Action_Input\"}";

/// The tool by which the assistant asks the user.
const ASK: &str = "getDetails";

/// The APIs of ToolAlpaca: a JSON list of `{"Name", "Function_Description", ..}`, with `Instances` in `train_data.json`, with `Instructions`
/// and `Golden_Answers` in `eval_*.json`, whose answers by two models are in `evalution_outputs` as a language model judged them.
///
/// The call of `getDetails` is a question to the user, and its result the user's answer. Of golden answers only the first step is told: what
/// its call returned is not recorded. A judgement is of a whole solution; of its first step it tells ([`RecordedAnswer::published`]) that it
/// is right where the solution is right and the tool took the call, and that it is wrong where the solution is wrong and its first step is
/// not the golden one.
///
/// [`RecordedAnswer::published`]: super::RecordedAnswer::published
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct ToolAlpaca;

impl Source for ToolAlpaca {
    fn name(&self) -> &'static str {
        "toolalpaca"
    }

    fn about(&self) -> &'static str {
        "tangqiaoyu/ToolAlpaca, Apache-2.0; the evaluation files and their judged outputs written against true records, the training file \
         against its README and the code that reads it"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        let mut judged = Judged::read(files, each)?;
        let mut ids = Ids::default();
        FILES.visit(files, |_, file| {
            let mut records = Records::new(file);
            while let Some(record) = records.next() {
                let read = record.and_then(|raw| Ok((raw.parse()?, raw)));
                match read {
                    Ok((value, raw)) => Api { raw: &raw, ids: &mut ids }.hand_on(value, &mut judged, each)?,
                    Err(quarantined) => each(Record::Quarantined(quarantined))?,
                }
            }
            Ok(())
        })?;
        judged.hand_on_rest(each)
    }
}

/// The record of an API.
struct Api<'r> {
    raw: &'r Raw<'r>,
    ids: &'r mut Ids,
}

/// What is in it.
struct Parts {
    name: String,
    tools: Value,
    tasks: Tasks,
}

enum Tasks {
    Instances(Vec<Value>),
    /// Instructions with their golden answers.
    Golden(Vec<(Value, Value)>),
}

/// A task as it is told.
#[derive(Debug, Default)]
struct Told {
    messages: Vec<Message>,
    context_only: Vec<usize>,
    answers: Vec<RecordedAnswer>,
}

impl Api<'_> {
    fn hand_on(&mut self, value: Value, judged: &mut Judged, each: Each<'_>) -> Result<(), DataError> {
        let Parts { name, tools, tasks } = match parts(value) {
            Ok(parts) => parts,
            Err(fault) => return each(Record::Quarantined(self.raw.quarantined(fault))),
        };
        match tasks {
            Tasks::Instances(instances) => {
                for (i, instance) in instances.into_iter().enumerate() {
                    let told = steps::told(instance).map_err(|fault| fault.under(i).under("Instances"));
                    self.give(&name, i, &tools, told, each)?;
                }
            }
            Tasks::Golden(golden) => {
                for (i, (instruction, golden)) in golden.into_iter().enumerate() {
                    let told = match first_step(instruction, golden, i) {
                        Ok((instruction, gold)) => {
                            let (answers, faults) = judged.to(&name, &instruction, &gold);
                            faults.into_iter().try_for_each(|fault| each(Record::Quarantined(fault)))?;
                            let messages = vec![Message::user(instruction), message(gold)];
                            Ok(Told { messages, answers, ..Told::default() })
                        }
                        Err(fault) => Err(fault),
                    };
                    self.give(&name, i, &tools, told, each)?;
                }
            }
        }
        Ok(())
    }

    fn give(
        &mut self,
        name: &str,
        number: usize,
        tools: &Value,
        told: Result<Told, Fault>,
        each: Each<'_>,
    ) -> Result<(), DataError> {
        let Told { messages, context_only, answers } = match told {
            Ok(told) => told,
            Err(fault) => return each(Record::Quarantined(self.raw.quarantined(fault))),
        };
        let mut id = format!("{}_{number}", name.to_lowercase().replace([' ', '.'], "-"));
        self.ids.set_apart(&mut id);
        let mut trajectory = Trajectory::new(id, self.raw.place.clone(), tools.clone(), messages);
        (trajectory.context_only, trajectory.answers) = (context_only, answers);
        trajectory.metadata.insert("api".into(), name.into());
        each(Record::Trajectory(Box::new(trajectory)))
    }
}

fn parts(value: Value) -> Result<Parts, Fault> {
    let mut fields = members(value, API)?;
    let name = take_text(&mut fields, "Name", API)?;
    let described = members(take(&mut fields, "Function_Description", API)?, API);
    let tools = described.and_then(|described| tools::tools(&described));
    let tools = tools.map_err(|fault| fault.under("Function_Description"))?;
    let tasks = match fields.remove("Golden_Answers") {
        None | Some(Value::Null) => Tasks::Instances(take_items(&mut fields, "Instances", API)?),
        Some(golden) => {
            let golden = items(golden, API).map_err(|fault| fault.under("Golden_Answers"))?;
            let instructions = take_items(&mut fields, "Instructions", API)?;
            if golden.len() != instructions.len() {
                let what = format!("{} golden answers to {} instructions", golden.len(), instructions.len());
                return Err(Fault::new(what, "give one to each").under("Golden_Answers"));
            }
            Tasks::Golden(instructions.into_iter().zip(golden).collect())
        }
    };
    Ok(Parts { name, tools, tasks })
}

/// An instruction and the first step of the golden answer to it.
fn first_step(instruction: Value, golden: Value, number: usize) -> Result<(String, Action), Fault> {
    let Value::String(instruction) = instruction else {
        return Err(expected("a string", &instruction, API).under(number).under("Instructions"));
    };
    let step = items(golden, GOLDEN).and_then(|steps| {
        let first = steps.into_iter().next().ok_or_else(|| Fault::new("a golden answer without steps", GOLDEN))?;
        let mut fields = members(first, GOLDEN).map_err(|fault| fault.under(0))?;
        let action = take_text(&mut fields, "Action", GOLDEN).map_err(|fault| fault.under(0))?;
        let input = take(&mut fields, "Action_Input", GOLDEN).map_err(|fault| fault.under(0))?;
        action_of(action, unpacked(input, GOLDEN)).map_err(|fault| fault.under("Action_Input").under(0))
    });
    step.map(|gold| (instruction, gold)).map_err(|fault| fault.under(number).under("Golden_Answers"))
}

/// A step as it is judged: a question to the user, or a call without the arguments that are `""`, which is how golden answers write what is
/// not given.
fn action_of(name: String, input: Result<Value, Fault>) -> Result<Action, Fault> {
    let mut arguments = input.and_then(|input| members(input, GOLDEN))?;
    arguments.retain(|_, value| value != "");
    Ok(match question(&name, &arguments) {
        Some(question) => Action::Text(question.to_owned()),
        None => Action::Calls(vec![ToolCall::new(name, Value::Object(arguments))]),
    })
}

/// What the user is asked, where a step does that.
fn question<'a>(name: &str, arguments: &'a Map<String, Value>) -> Option<&'a str> {
    if name == ASK { arguments.get("Question").and_then(Value::as_str) } else { None }
}

fn message(action: Action) -> Message {
    match action {
        Action::Calls(calls) => Message::calls(calls.into_iter().map(|call| call.with_id("call_0")).collect()),
        other => Message::assistant(other.text().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::call::Role;

    use super::*;
    use crate::source::testing::{apart, one, quarantined, read_files};

    fn api(rest: &Value) -> Value {
        let mut api = json!({"Name": "Bird Finder.io", "Function_Description": {
            "find": "Find a bird.\nParameters: {\"colour\": \"Required. string. Its colour.\"}\nOutput: Birds.",
            "components": "",
        }});
        api.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        api
    }

    fn judgement(instruction: &str, solution: &str, verdict: &str) -> Value {
        let prompt = format!(
            "Follow.\n## Documentation\nfind: ..\n\n## Task Instruction\n{instruction}\n\n## Standard Answer\n1. Function: find\n\n\n\
             ## AI Assistant's Solution\n{solution}\n\n## Analysis"
        );
        json!({"id": 0, "input": [{"role": "user", "content": prompt}], "output": "..", "process_correctness": verdict})
    }

    #[test]
    fn golden_answers_are_set_against_what_models_did_first() {
        let gold = json!([{"Action": "find", "Action_Input": "{\"colour\": \"red\", \"page\": \"\"}"}, {"Action": "find", "Action_Input": "${id}"}]);
        let data = json!([api(
            &json!({"Instructions": ["A red bird?", "A bird?"], "Golden_Answers": [gold, [{"Action": "find", "Action_Input": "${x}"}]]})
        )]);
        let called = |colour: &str, code: u32| {
            format!(
                "1. Function: find\nParameters: {{\"colour\": \"{colour}\"}}\nRetruns: Status Code: {code}. Response: {{}}\n2. Final Response: x"
            )
        };
        let outputs = [
            json!({"statistics": {}, "Bird Finder.io": [
            judgement("A red bird?", &called("Red", 200), "Yes"), judgement("A bird?", &called("red", 200), "Yes")]}),
            json!({"Bird Finder.io": [judgement("A red bird?", &called("blue", 200), "No")], "Fish": [{"id": 0, "input": ""}]}),
            json!({"Bird Finder.io": [judgement("A red bird?", &called("red", 404), "Yes")]}),
            json!({"Bird Finder.io": [judgement("A red bird?", &called("red", 200), "No")]}),
            json!({"Bird Finder.io": [judgement("A red bird?", "1. Final Response: Which?", "No")]}),
            json!({"Bird Finder.io": [judgement("A red bird?", "1. Function: find\nParameters: red", "No")]}),
            json!({"Bird Finder.io": [judgement("Another?", &called("red", 200), "No"), ]}),
        ];
        let outputs = outputs
            .iter()
            .zip('a'..)
            .map(|(outputs, name)| (format!("evalution_outputs/{name}.json"), outputs.to_string()));
        let others = [("data/eval_simulated.json", data.to_string()), ("evalution_outputs/z.json", "{".to_owned())];
        let others = others.map(|(name, text)| (name.to_owned(), text));
        let files: Vec<(String, String)> = outputs.chain(others).collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        let (trajectories, quarantined) = apart(read_files(&ToolAlpaca, &files).unwrap());
        let [trajectory] = &trajectories[..] else { panic!("{trajectories:?}") };
        assert_eq!(trajectory.id, "bird-finder-io_0");
        assert_eq!(trajectory.messages[1].tool_calls[0].arguments, json!({"colour": "red"}));
        let answers: Vec<_> = trajectory.answers.iter().map(|a| (a.model.as_str(), a.published)).collect();
        let expected =
            [("a", Some(true)), ("b", Some(false)), ("c", None), ("d", None), ("e", Some(false)), ("f", Some(false))];
        assert_eq!(answers, expected);
        assert_eq!(trajectory.answers[4].answer.action, Action::Text("Which?".into()));
        assert!(trajectory.answers[5].answer.action.is_malformed());
        let mut faults: Vec<_> = quarantined.iter().map(|q| q.fault.to_string()).collect();
        faults.sort();
        for (fault, begins) in faults.iter().zip([
            "/0/Golden_Answers/1/0/Action_Input: a text that is neither JSON",
            "/Bird Finder.io/0: a judgement of what has no golden answer",
            "/Bird Finder.io/1: a judgement of what has no golden answer",
            "/Fish/0/input: a judgement that is not there",
            "not JSON at column",
        ]) {
            assert!(fault.starts_with(begins), "{faults:#?}");
        }
        assert_eq!(faults.len(), 5);
    }

    #[test]
    fn instances_are_told_step_by_step() {
        let step = |action: &str, input: &str, observation: &str| {
            json!([
                [action, input, format!("\nThought: I {action}.\nAction: {action}\nAction Input: {input}")],
                observation
            ])
        };
        let instance = json!({"input": "A bird?\nHint: call find", "output": "A robin.", "Final Thought": "Done.", "intermediate_steps": [
            step("getDetails", "{\"Question\": \"Which colour?\"}", "Red."),
            step("find", "{colour: red", "Invalid JSON format."),
            step("find", "{\"colour\": \"red\"}", "Status Code: 200."),
        ]});
        let read = one(&ToolAlpaca, "train_data.json", &json!([api(&json!({"Instances": [instance]}))]).to_string());
        let roles: Vec<_> = read.messages.iter().map(|m| m.role).collect();
        let (user, said, tool) = (Role::User, Role::Assistant, Role::Tool);
        assert_eq!(roles, [user, said, user, said, tool, said, tool, said]);
        let said: Vec<_> = read.messages.iter().map(|m| m.text().into_owned()).collect();
        assert_eq!(
            said,
            ["A bird?", "Which colour?", "Red.", "", "Invalid JSON format.", "", "Status Code: 200.", "A robin."]
        );
        assert_eq!(read.messages[3].tool_calls[0].arguments, json!("{colour: red"));
        assert_eq!((read.steps().collect::<Vec<_>>(), read.context_only.clone()), (vec![1, 5, 7], vec![3]));
        assert_eq!(read.messages[5].extra["reasoning_content"], "I find.");
        assert_eq!(read.messages[7].extra["reasoning_content"], "Done.");
        assert_eq!((read.id.as_str(), read.tools[0]["name"].clone()), ("bird-finder-io_0", json!("find")));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let of = |instance: Value| api(&json!({"Instances": [instance]}));
        for (api, pointer, what) in [
            (of(json!({"input": "x", "output": "y"})), "/0/Instances/0", "without steps"),
            (
                of(json!({"input": "x", "intermediate_steps": [], "error": "it broke"})),
                "/0/Instances/0/error",
                "ended in an error",
            ),
            (of(json!({"input": 3})), "/0/Instances/0/input", "expected a string"),
            (
                of(json!({"input": "x", "intermediate_steps": {}})),
                "/0/Instances/0/intermediate_steps",
                "expected a list",
            ),
            (
                of(json!({"input": "x", "intermediate_steps": [["find"]]})),
                "/0/Instances/0/intermediate_steps/0",
                "a step of 1",
            ),
            (
                of(json!({"input": "x", "intermediate_steps": [["find", "ok"]]})),
                "/0/Instances/0/intermediate_steps/0/0",
                "expected a list",
            ),
            (
                of(json!({"input": "x", "intermediate_steps": [[["find"], "ok"]]})),
                "/0/Instances/0/intermediate_steps/0/0",
                "an action of 1",
            ),
            (of(json!(null)), "/0/Instances/0", "expected an object"),
            (api(&json!({"Instances": null})), "/0/Instances", "expected a list, found null"),
            (api(&json!({})), "/0", "\"Instances\" is missing"),
            (api(&json!({"Function_Description": null})), "/0/Function_Description", "expected an object, found null"),
            (api(&json!({"Golden_Answers": [[]], "Instructions": []})), "/0/Golden_Answers", "1 golden answers to 0"),
            (api(&json!({"Golden_Answers": [[]], "Instructions": ["x"]})), "/0/Golden_Answers/0", "without steps"),
            (json!(3), "/0", "expected an object"),
        ] {
            let found = quarantined(&ToolAlpaca, "train_data.json", &json!([api]).to_string());
            assert_eq!(found[0].fault.pointer, pointer, "{}", found[0].fault);
            assert!(found[0].fault.what.contains(what), "{}", found[0].fault);
        }
    }
}
