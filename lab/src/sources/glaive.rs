//! Glaive's conversations: where a call is right, a refusal that was recorded in another conversation is wrong; where the assistant asked
//! for what it needed and the user told it, the call that followed would have been wrong before.
//!
//! No wrong answer is a model's own answer to its question. What was refused has no recorded call to set against it and is left out.

use std::{borrow::Cow, io, sync::Arc};

use serde_json::Value;
use toolrm_core::{
    call::{Action, Message, Role, ToolCall},
    toolset::Toolset,
};
use toolrm_data::source::glaive::Glaive;

use super::{Answer, Census, Question, archive::trajectories};

pub(super) const FILE: &str = "train/glaive_ms_swift_1000.jsonl.zst";

/// Every question, with the one right and the one wrong answer there is to it.
pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let conversations = trajectories(&Glaive, FILE, census)?;
    let refusals: Vec<Cow<'_, str>> = conversations.iter().flat_map(|c| &c.messages).filter_map(refusal).collect();
    let mut questions = Vec::new();
    for conversation in &conversations {
        let (tools, messages) = (&conversation.tools, &conversation.messages);
        if tools.as_array().is_none_or(Vec::is_empty) {
            census.leave_out("a conversation without tools");
            continue;
        }
        if Toolset::from_json(tools).is_err() {
            census.leave_out("a conversation whose tools are declared twice, or wrongly");
            continue;
        }
        for at in 1..messages.len() {
            // A step that shares no factor with the number of refusals uses them evenly.
            let other = refusals.get(questions.len() * 7919 % refusals.len().max(1)).map(AsRef::as_ref);
            let Some(answers) = answers(messages, at, other, census) else { continue };
            let id = format!("glaive_{}", conversation.place.line.unwrap_or_default().saturating_sub(1));
            let mut question = Question::new(format!("{id}.{at}"), id, answers.category, tools.clone());
            let before: Arc<[Message]> = messages.iter().take(at).cloned().collect();
            let answer = |action, error_type: Option<&str>| Answer {
                action,
                from: "glaive".into(),
                messages: Arc::clone(&before),
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

/// The answers in place of a message, when it is one to a user and there is a wrong one to set against it. `other` is a refusal from
/// elsewhere.
fn answers(messages: &[Message], at: usize, other: Option<&str>, census: &mut Census) -> Option<Answers> {
    let answer = messages.get(at).filter(|message| message.role == Role::Assistant)?;
    if messages.get(at.checked_sub(1)?)?.role != Role::User {
        return None;
    }
    if let Some(call) = answer.tool_calls.first() {
        return Some(Answers {
            category: "call",
            right: Action::Calls(vec![call.clone()]),
            wrong: Action::Text(other?.into()),
            error: "no_call",
        });
    }
    let Some(call) = asked_for(messages, at) else {
        let refused = refusal(answer).map_or("an answer in words", |_| "a refusal");
        census.leave_out(format!("{refused} with no recorded call to set against it"));
        return None;
    };
    Some(Answers {
        category: "ask",
        right: Action::Text(answer.text().into()),
        wrong: Action::Calls(vec![call.clone()]),
        error: "call_without_asking",
    })
}

/// The words of a message in which the assistant says that it cannot.
fn refusal(message: &Message) -> Option<Cow<'_, str>> {
    let words = in_words(message)?;
    let cannot = ["don't have the cap", "don't have the ab", "unable to", "I can't", "I cannot"];
    (words.starts_with("I'm sorry, but") && cannot.iter().any(|c| words.contains(c))).then_some(words)
}

/// What the assistant says, where it calls nothing.
fn in_words(message: &Message) -> Option<Cow<'_, str>> {
    (message.role == Role::Assistant && message.tool_calls.is_empty()).then(|| message.text())
}

/// The call that follows when the user has answered the question of this message, if a value of it was not said before that answer.
fn asked_for(messages: &[Message], at: usize) -> Option<&ToolCall> {
    let words = in_words(messages.get(at)?)?;
    let told = messages.get(at + 1).filter(|message| message.role == Role::User)?.text();
    let call = messages.get(at + 2)?.tool_calls.first()?;
    let said = |text: &str, value: &str| text.to_lowercase().contains(&value.to_lowercase());
    let earlier = |value: &str| messages.iter().take(at).any(|message| said(&message.text(), value));
    let values = call.args().into_iter().flatten().filter_map(|(_, value)| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let news = values.filter(|value| !value.is_empty()).any(|value| said(&told, &value) && !earlier(&value));
    (words.contains('?') && news).then_some(call)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conversation(told: &str) -> Vec<Message> {
        let call = ToolCall::new("get_weather", json!({"city": "Oslo", "days": 2}));
        vec![
            Message::user("Two days of weather (2), please."),
            Message::assistant("In which city?"),
            Message::user(told),
            Message::calls(vec![call]),
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
    fn only_what_says_that_it_cannot_is_a_refusal() {
        let words = |text: &str| refusal(&Message::assistant(text)).is_some();
        assert!(words("I'm sorry, but I don't have the capability to book flights."));
        assert!(!words("I'm sorry, but which city do you mean?") && !words("Here it is."));
    }
}
