//! [`ComplexFuncBench`]: tasks of travellers that take several steps; [`Runs`]: what 18 models answered at each step of them.

use serde_json::{Map, Value};
use toolrm_core::call::{Message, Role};

use super::{
    Record, Source, Trajectory,
    calls::calls,
    dialogue::Dialogue,
    fields::{expected, items, members, take, take_items, take_text, text_of},
    published::Published,
    turns::{answered, result},
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

mod runs;
mod states;
pub mod tools;

pub use runs::Runs;

const ROW: &str = "write a row as {\"id\", \"conversations\": [..], \"functions\": [..]}";
const TURN: &str = "write a turn as {\"role\": \"user\" or \"assistant\", \"content\"}, {\"role\": \"assistant\", \"function_call\": [..]} or \
    {\"role\": \"observation\", \"content\": [..]}";

const FILES: Published = Published {
    names: "ComplexFuncBench.jsonl",
    is: |path| {
        let others = [
            "complexfuncbench_steps",
            "complexfuncbench_observations",
            "complexfuncbench_tools",
            "complexfuncbench_spec",
        ];
        path.contains("complexfuncbench") && !others.iter().any(|other| path.contains(other))
    },
};

/// At how many characters the final answers of rebuilt records are cut off.
const CUT: usize = 600;

/// The rows of `zai-org/ComplexFuncBench`: `{"id", "conversations", "functions"}`, the calls of a step in a list, and likewise their
/// results.
///
/// A record that was rebuilt from a model's run says so (`rebuilt_from`). Its final answer is no step where it may be cut off.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct ComplexFuncBench;

impl Source for ComplexFuncBench {
    fn name(&self) -> &'static str {
        "complexfuncbench"
    }

    fn about(&self) -> &'static str {
        "zai-org/ComplexFuncBench, Apache-2.0; written against 565 of its tasks, rebuilt in the published format from recorded runs"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        FILES.each_row(files, each, |value, row| {
            let mut fields = members(value, ROW)?;
            let id = take_text(&mut fields, "id", ROW)?;
            let turns = take_items(&mut fields, "conversations", ROW)?;
            let tools = items(take(&mut fields, "functions", ROW)?, ROW).map_err(|fault| fault.under("functions"))?;
            let mut dialogue = Dialogue::default();
            for (i, turn) in turns.into_iter().enumerate() {
                read_turn(turn, &mut dialogue).map_err(|fault| fault.under(i).under("conversations"))?;
            }
            let messages = answered(dialogue.into_messages()).map_err(|fault| fault.under("conversations"))?;
            let mut trajectory = Trajectory::new(id, row.place.clone(), Value::Array(tools), messages);
            if let Some(from) = fields.remove("rebuilt_from") {
                trajectory.metadata.insert("rebuilt_from".into(), from);
                let last = trajectory.messages.len().saturating_sub(1);
                if trajectory.messages.get(last).is_some_and(may_be_cut) {
                    trajectory.context_only.push(last);
                }
            }
            Ok(trajectory)
        })
    }
}

fn may_be_cut(message: &Message) -> bool {
    message.role == Role::Assistant && message.tool_calls.is_empty() && message.text().chars().count() >= CUT
}

fn read_turn(turn: Value, dialogue: &mut Dialogue) -> Result<(), Fault> {
    let mut fields = members(turn, TURN)?;
    let role = take_text(&mut fields, "role", TURN)?;
    match role.as_str() {
        "user" => dialogue.say(Role::User, take_text(&mut fields, "content", TURN)?),
        "system" => dialogue.say(Role::System, take_text(&mut fields, "content", TURN)?),
        "assistant" => return answer(&mut fields, dialogue),
        "observation" => {
            for (i, given) in take_items(&mut fields, "content", TURN)?.into_iter().enumerate() {
                result(dialogue, text_of(given)).map_err(|fault| fault.under(i).under("content"))?;
            }
        }
        other => return Err(Fault::new(format!("the unknown role \"{other}\""), TURN).under("role")),
    }
    Ok(())
}

/// An answer: calls, with words beside them or without, or words.
fn answer(fields: &mut Map<String, Value>, dialogue: &mut Dialogue) -> Result<(), Fault> {
    let words = match fields.remove("content") {
        None | Some(Value::Null) => None,
        Some(Value::String(words)) => Some(words),
        Some(other) => return Err(expected("a string", &other, TURN).under("content")),
    };
    match (fields.remove("function_call"), words) {
        (None | Some(Value::Null), Some(words)) => dialogue.say(Role::Assistant, words),
        (None | Some(Value::Null), None) => return Err(Fault::new("an answer without calls and words", TURN)),
        (Some(called), words) => dialogue.call(calls(called).map_err(|fault| fault.under("function_call"))?, words),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{one, quarantined};

    fn row(turns: &[Value]) -> Value {
        json!({"id": "Hotels-1", "conversations": turns, "functions": [{"name": "Get(Tips)", "parameters": {"type": "object"}}]})
    }

    fn call(of: i64) -> Value {
        json!({"name": "Get(Tips)", "arguments": {"of": of}})
    }

    #[test]
    fn steps_and_results_are_read() {
        let turns = [
            json!({"role": "user", "content": "Tips?"}),
            json!({"role": "assistant", "function_call": [call(1), call(2)]}),
            json!({"role": "observation", "content": [{"tip": 1}, "none"]}),
            json!({"role": "assistant", "content": "One tip."}),
        ];
        let read = one(&ComplexFuncBench, "ComplexFuncBench.jsonl", &row(&turns).to_string());
        let said: Vec<_> = read.messages.iter().map(|m| m.text().into_owned()).collect();
        assert_eq!(said, ["Tips?", "", "{\"tip\":1}", "none", "One tip."]);
        assert_eq!((read.steps().collect::<Vec<_>>(), read.id.as_str()), (vec![1, 4], "Hotels-1"));
        let mut rebuilt = row(&turns);
        rebuilt["rebuilt_from"] = json!("model");
        rebuilt["conversations"][3]["content"] = json!("é".repeat(600));
        let read = one(&ComplexFuncBench, "complexfuncbench_rebuilt.jsonl", &rebuilt.to_string());
        assert_eq!(read.steps().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let user = json!({"role": "user", "content": "Tips?"});
        let called = json!({"role": "assistant", "function_call": [call(1)]});
        for (turn, pointer, what) in [
            (json!({"role": "robot", "content": "x"}), "/conversations/2/role", "unknown role"),
            (json!({"role": "assistant"}), "/conversations/2", "without calls and words"),
            (json!({"role": "assistant", "function_call": []}), "/conversations/2/function_call", "an empty list"),
            (json!({"role": "assistant", "content": 3}), "/conversations/2/content", "expected a string"),
            (json!({"role": "observation", "content": "x"}), "/conversations/2/content", "expected a list"),
            (json!({"role": "observation", "content": [1, 2]}), "/conversations/2/content/1", "no call before it"),
            (json!({"role": null}), "/conversations/2/role", "expected a string"),
            (json!(null), "/conversations/2", "expected an object"),
        ] {
            let found =
                quarantined(&ComplexFuncBench, "c.jsonl", &row(&[user.clone(), called.clone(), turn]).to_string());
            assert_eq!(found[0].fault.pointer, pointer, "{}", found[0].fault);
            assert!(found[0].fault.what.contains(what), "{}", found[0].fault);
        }
    }
}
