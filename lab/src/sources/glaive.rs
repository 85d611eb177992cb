//! Glaive's conversations: where a call is right, a refusal that was recorded in another conversation is wrong; where the assistant asked
//! for what it needed and the user told it, the call that followed would have been wrong before.
//!
//! No wrong answer is a model's own answer to its question. What was refused has no recorded call to set against it and is left out.

use std::{io, sync::Arc};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    call::{Action, Message, ToolCall},
    toolset::Toolset,
};

use super::{Answer, Census, Question, archive};

pub(super) const FILE: &str = "train/glaive_ms_swift_1000.jsonl.zst";

#[derive(Debug, Deserialize)]
struct Conversation {
    messages: Vec<Said>,
    #[serde(default)]
    tools: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Said {
    role: String,
    content: String,
}

/// What is done in one turn.
#[derive(Debug)]
enum Turn {
    User(String),
    Words(String),
    Call(ToolCall),
    Result(String),
}

/// A call of glaive, whose arguments may be JSON or a text of JSON.
#[derive(Debug, Deserialize)]
struct Called {
    name: String,
    arguments: Value,
}

/// Every question, with the one right and the one wrong answer there is to it.
pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let conversations: Vec<Conversation> = archive::records(&archive::text(FILE)?, census);
    let turns = |c: &Conversation| c.messages.iter().filter(|m| m.role != "system").map(turn).collect();
    let read: Vec<Option<Vec<Turn>>> = conversations.iter().map(|c| census.keep(turns(c))).collect();
    let refusals: Vec<&str> = read.iter().flatten().flatten().filter_map(refusal).collect();
    let mut questions = Vec::new();
    for (number, (conversation, turns)) in conversations.iter().zip(&read).enumerate() {
        let Some(turns) = turns else { continue };
        let tools = conversation.tools.as_deref().unwrap_or("[]");
        let tools = serde_json::from_str::<Value>(tools).map_err(|e| format!("tools that are no JSON: {e}"));
        let Some(tools) = census.keep(tools) else { continue };
        if tools.as_array().is_none_or(Vec::is_empty) {
            census.leave_out("a conversation without tools");
            continue;
        }
        if Toolset::from_json(&tools).is_err() {
            census.leave_out("a conversation whose tools are declared twice, or wrongly");
            continue;
        }
        for at in 1..turns.len() {
            // A step that shares no factor with the number of refusals uses them evenly.
            let other = refusals.get(questions.len() * 7919 % refusals.len().max(1)).copied();
            let Some(answers) = answers(turns, at, other, census) else { continue };
            let id = format!("glaive_{number}");
            let mut question = Question::new(format!("{id}.{at}"), id, answers.category, tools.clone());
            let messages: Arc<[Message]> = turns.iter().take(at).enumerate().map(message).collect();
            let answer = |action, error_type: Option<&str>| Answer {
                action,
                from: "glaive".into(),
                messages: Arc::clone(&messages),
                error_type: error_type.map(Into::into),
            };
            question.right.push(answer(answers.right, None));
            question.wrong.push(answer(answers.wrong, Some(answers.error)));
            questions.push(question);
        }
    }
    Ok(questions)
}

/// A right and a wrong answer to a user.
struct Answers {
    category: &'static str,
    right: Action,
    wrong: Action,
    error: &'static str,
}

/// The answers at a turn, when it is one to a user and there is a wrong one to set against it. `other` is a refusal from elsewhere.
fn answers(turns: &[Turn], at: usize, other: Option<&str>, census: &mut Census) -> Option<Answers> {
    let (Turn::User(_), answer) = (turns.get(at.checked_sub(1)?)?, turns.get(at)?) else { return None };
    match answer {
        Turn::Call(call) => Some(Answers {
            category: "call",
            right: Action::Calls(vec![call.clone()]),
            wrong: Action::Text(other?.into()),
            error: "no_call",
        }),
        Turn::Words(words) => {
            let Some(call) = asked_for(turns, at) else {
                let refused = refusal(answer).map_or("an answer in words", |_| "a refusal");
                census.leave_out(format!("{refused} with no recorded call to set against it"));
                return None;
            };
            Some(Answers {
                category: "ask",
                right: Action::Text(words.as_str().into()),
                wrong: Action::Calls(vec![call.clone()]),
                error: "call_without_asking",
            })
        }
        Turn::User(_) | Turn::Result(_) => None,
    }
}

fn turn(said: &Said) -> Result<Turn, String> {
    Ok(match said.role.as_str() {
        "user" => Turn::User(said.content.clone()),
        "assistant" => Turn::Words(said.content.clone()),
        "tool_response" => Turn::Result(said.content.clone()),
        "tool_call" => Turn::Call(call(&said.content).map_err(|e| format!("a call that is no JSON: {e}"))?),
        other => return Err(format!("a message of the role \"{other}\"")),
    })
}

fn call(text: &str) -> serde_json::Result<ToolCall> {
    let Called { name, arguments } = serde_json::from_str(text)?;
    let arguments = if let Value::String(text) = &arguments { serde_json::from_str(text)? } else { arguments };
    Ok(ToolCall::new(name, arguments))
}

fn message((at, turn): (usize, &Turn)) -> Message {
    match turn {
        Turn::User(text) => Message::user(text.as_str()),
        Turn::Words(text) => Message::assistant(text.as_str()),
        Turn::Call(call) => Message::calls(vec![call.clone().with_id(at.to_string())]),
        // A result follows its call.
        Turn::Result(text) => Message::tool(at.saturating_sub(1).to_string(), text.as_str()),
    }
}

/// The words of a turn in which the assistant says that it cannot.
fn refusal(turn: &Turn) -> Option<&str> {
    let Turn::Words(words) = turn else { return None };
    let cannot = ["don't have the cap", "don't have the ab", "unable to", "I can't", "I cannot"];
    (words.starts_with("I'm sorry, but") && cannot.iter().any(|c| words.contains(c))).then_some(words)
}

/// The call that follows when the user has answered the question of this turn, if a value of it was not said before that answer.
fn asked_for(turns: &[Turn], at: usize) -> Option<&ToolCall> {
    let (Turn::Words(words), Turn::User(told), Turn::Call(call)) =
        (turns.get(at)?, turns.get(at + 1)?, turns.get(at + 2)?)
    else {
        return None;
    };
    let said = |text: &str, value: &str| text.to_lowercase().contains(&value.to_lowercase());
    let earlier = |value: &str| {
        turns.iter().take(at).any(|turn| match turn {
            Turn::User(text) | Turn::Words(text) | Turn::Result(text) => said(text, value),
            Turn::Call(_) => false,
        })
    };
    let values = call.args().into_iter().flatten().filter_map(|(_, value)| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let news = values.filter(|value| !value.is_empty()).any(|value| said(told, &value) && !earlier(&value));
    (words.contains('?') && news).then_some(call)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conversation(told: &str) -> Vec<Turn> {
        let call = ToolCall::new("get_weather", json!({"city": "Oslo", "days": 2}));
        vec![
            Turn::User("Two days of weather (2), please.".into()),
            Turn::Words("In which city?".into()),
            Turn::User(told.into()),
            Turn::Call(call),
        ]
    }

    #[test]
    fn a_call_is_too_early_where_a_value_of_it_was_not_said() {
        assert_eq!(asked_for(&conversation("oslo."), 1).map(|c| c.name.as_str()), Some("get_weather"));
        // All that the user told was said before, or is of no use to the call.
        assert!(asked_for(&conversation("2, I said."), 1).is_none());
        assert!(asked_for(&conversation("oslo."), 2).is_none());
    }

    #[test]
    fn arguments_may_be_a_text() {
        let both = [r#"{"name": "f", "arguments": "{\"a\": 1}"}"#, r#"{"name": "f", "arguments": {"a": 1}}"#];
        let calls = both.map(|text| call(text).unwrap());
        assert_eq!(calls[0], calls[1]);
        assert!(call(r#"{"name": "f", "arguments": "{"}"#).is_err());
    }

    #[test]
    fn only_what_says_that_it_cannot_is_a_refusal() {
        let words = |text: &str| refusal(&Turn::Words(text.into())).is_some();
        assert!(words("I'm sorry, but I don't have the capability to book flights."));
        assert!(!words("I'm sorry, but which city do you mean?") && !words("Here it is."));
    }
}
