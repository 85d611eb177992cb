//! Conversations as lists of turns, each with who speaks and a text: `{"from", "value"}` (ShareGPT), `{"role", "content"}`.

use serde_json::Value;
use toolrm_core::call::{Message, Role};

use super::{
    calls::calls,
    dialogue::Dialogue,
    fields::{expected, members, take},
};
use crate::error::Fault;

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    System,
    User,
    Assistant,
    /// The assistant, and what it says is calls.
    Call,
    Result,
}

const ROLES: &str =
    "use system, user or human, assistant or gpt, function_call or tool_call, observation, tool_response or tool";

impl Speaker {
    fn of(role: &Value) -> Result<Self, Fault> {
        Ok(match role.as_str() {
            Some("system" | "systems") => Self::System,
            Some("user" | "human") => Self::User,
            Some("assistant" | "gpt") => Self::Assistant,
            Some("function_call" | "tool_call") => Self::Call,
            Some("observation" | "tool_response" | "tool") => Self::Result,
            Some(other) => return Err(Fault::new(format!("the unknown role \"{other}\""), ROLES)),
            None => return Err(expected("a role", role, ROLES)),
        })
    }
}

/// The members of a turn that say who speaks and what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    pub(super) speaker: &'static str,
    pub(super) words: &'static str,
}

pub(super) const SHARE_GPT: Keys = Keys { speaker: "from", words: "value" };
pub(super) const CHAT: Keys = Keys { speaker: "role", words: "content" };

/// Hands on the turns.
pub(super) fn each_turn(
    turns: Vec<Value>,
    keys: Keys,
    mut each: impl FnMut(Speaker, String) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for (i, turn) in turns.into_iter().enumerate() {
        one(turn, keys, &mut each).map_err(|fault| fault.under(i))?;
    }
    Ok(())
}

fn one(turn: Value, keys: Keys, each: &mut dyn FnMut(Speaker, String) -> Result<(), Fault>) -> Result<(), Fault> {
    let Keys { speaker, words } = keys;
    let fix = format!("write a turn as {{\"{speaker}\": .., \"{words}\": ..}}");
    let mut turn = members(turn, &fix)?;
    let who = Speaker::of(&take(&mut turn, speaker, &fix)?).map_err(|fault| fault.under(speaker))?;
    match take(&mut turn, words, &fix)? {
        Value::String(text) => each(who, text).map_err(|fault| fault.under(words)),
        other => Err(expected("a string", &other, &fix).under(words)),
    }
}

/// One turn more.
pub(super) fn say(dialogue: &mut Dialogue, speaker: Speaker, text: String) -> Result<(), Fault> {
    match speaker {
        Speaker::System => dialogue.say(Role::System, text),
        Speaker::User => dialogue.say(Role::User, text),
        Speaker::Assistant => dialogue.say(Role::Assistant, text),
        Speaker::Call => dialogue.call(calls(Value::String(text))?, None),
        Speaker::Result => result(dialogue, text)?,
    }
    Ok(())
}

/// The result of the oldest call that has none.
pub(super) fn result(dialogue: &mut Dialogue, text: String) -> Result<(), Fault> {
    if dialogue.result(text) {
        return Ok(());
    }
    Err(Fault::new("a result with no call before it that it could be of", "put the call before it, or take it out"))
}

/// The messages of a conversation, if somebody answers somebody in it.
pub(super) fn answered(messages: Vec<Message>) -> Result<Vec<Message>, Fault> {
    let asked = messages.iter().position(|m| m.role == Role::User);
    let answered = messages.iter().rposition(|m| m.role == Role::Assistant);
    match (asked, answered) {
        _ if messages.is_empty() => Err(Fault::new("an empty conversation", "leave it out")),
        (None, _) => Err(Fault::new("a conversation in which no user speaks", "leave it out")),
        (Some(asked), answered) if answered.is_none_or(|answered| answered < asked) => {
            Err(Fault::new("a conversation in which no assistant answers the user", "leave it out"))
        }
        _ => Ok(messages),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(turns: Value) -> Result<Vec<Message>, Fault> {
        let Value::Array(turns) = turns else { panic!("no list") };
        let mut dialogue = Dialogue::default();
        each_turn(turns, SHARE_GPT, |speaker, text| say(&mut dialogue, speaker, text))?;
        answered(dialogue.into_messages())
    }

    #[test]
    fn results_belong_to_the_calls_before_them() {
        let messages = read(json!([
            {"from": "human", "value": "Go."},
            {"from": "function_call", "value": "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {}}]"},
            {"from": "observation", "value": "1"},
            {"from": "observation", "value": "2"},
            {"from": "gpt", "value": "Done."},
        ]))
        .unwrap();
        let ids: Vec<_> = messages[1].tool_calls.iter().map(|call| call.id.clone()).collect();
        assert_eq!([messages[2].tool_call_id.clone(), messages[3].tool_call_id.clone()].to_vec(), ids);
        assert_eq!((messages.len(), messages[4].text().as_ref()), (5, "Done."));
    }

    #[test]
    fn faults_point_at_the_turn() {
        let human = json!({"from": "human", "value": "Go."});
        for (turns, pointer, what) in [
            (json!([human, {"from": "robot", "value": "x"}]), "/1/from", "unknown role \"robot\""),
            (json!([human, {"from": 3, "value": "x"}]), "/1/from", "expected a role, found a number"),
            (json!([human, {"value": "x"}]), "/1", "\"from\" is missing"),
            (json!([human, {"from": "gpt", "value": null}]), "/1/value", "expected a string, found null"),
            (json!([human, {"from": "gpt"}]), "/1", "\"value\" is missing"),
            (json!([human, "x"]), "/1", "expected an object"),
            (json!([human, {"from": "function_call", "value": "{"}]), "/1/value", "neither JSON"),
            (json!([human, {"from": "observation", "value": "1"}]), "/1/value", "no call before it"),
            (json!([]), "", "an empty conversation"),
            (json!([human]), "", "no assistant answers"),
            (json!([{"from": "gpt", "value": "Hi."}]), "", "no user speaks"),
            (json!([{"from": "gpt", "value": "Hi."}, human]), "", "no assistant answers"),
        ] {
            let fault = read(turns.clone()).unwrap_err();
            assert_eq!(fault.pointer, pointer, "{turns}: {fault}");
            assert!(fault.what.contains(what), "{turns}: {fault}");
        }
    }
}
