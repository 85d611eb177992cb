//! A team's own logs of OpenAI-style requests, one JSON object a line (or in one list).
//!
//! A record is a request, a request with its response side by side (`{"request": .., "response": ..}`, each perhaps inside of a `"body"`), or a
//! whole conversation `{"messages", "tools"}`. Both of OpenAI's shapes are read:
//!
//! - chat completions: `messages`, `tools` (or `functions`); a response with `choices`;
//! - responses: `input` (a text or items), `instructions`, `tools`; a response with `output`.
//!
//! The assistant messages of a request that is logged with its response are no steps: they were logged when they were given as responses.
//! Of several choices the first is the step, the others are recorded answers. An answer that was cut off or filtered is no example of
//! anything: such a record is quarantined, as is one without an assistant message. Tools that the provider runs itself (`web_search`) say
//! nothing of their arguments: they are named in the metadata and left out of the tools.

use serde_json::{Map, Value};
use toolrm_core::call::{Candidate, Message, Role};

use super::{
    RecordedAnswer, Source, Trajectory, chat,
    fields::{Each, items, members},
    items::Items,
    reading::{candidate, each_record, named, unpacked, visit_some},
    records::Raw,
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

/// Logs in OpenAI's chat or responses shape.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct OpenAiChat;

const RECORD: &str =
    r#"write {"messages", "tools"}, {"input", "output", "tools"} or {"request": {..}, "response": {..}}"#;

impl Source for OpenAiChat {
    fn name(&self) -> &'static str {
        "openai_chat"
    }

    fn about(&self) -> &'static str {
        "Logs of your own, in the shapes of OpenAI's chat completions and responses APIs. Written against the documented API."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        visit_some(files, "*.jsonl or *.json", is_json, |path, file| {
            each_record(file, each, |raw, record| trajectory(path, raw, record))
        })
    }
}

/// Whether a file is JSON, by its name.
pub(super) fn is_json(path: &str) -> bool {
    let ending = unpacked(path).rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("json" | "jsonl" | "ndjson"))
}

fn trajectory(path: &str, raw: &Raw<'_>, record: Value) -> Result<Trajectory, Fault> {
    let mut record = members(record, RECORD)?;
    let response = record.remove("response").filter(|response| !response.is_null());
    let mut request = match record.remove("request") {
        Some(request) => body(request).map_err(|fault| fault.under("request"))?,
        None => std::mem::take(&mut record),
    };
    let mut response = match response {
        Some(response) => body(response).map_err(|fault| fault.under("response"))?,
        None => ["choices", "output"].into_iter().filter_map(|key| request.remove_entry(key)).collect(),
    };
    if let Some(error) = response.get("error").filter(|error| !error.is_null()) {
        let what = format!("the request failed: {}", error.to_string().chars().take(200).collect::<String>());
        return Err(Fault::new(what, "nothing: there is no answer").under("response"));
    }
    let mut metadata = Map::new();
    for key in ["id", "model"] {
        let found = [&response, &request, &record].into_iter().find_map(|fields| fields.get(key));
        metadata.extend(found.filter(|v| v.is_string()).map(|value| (key.to_owned(), value.clone())));
    }
    let tools = ["tools", "functions"].iter().find_map(|key| request.remove(*key).or_else(|| record.remove(*key)));
    let tools = client_tools(tools.unwrap_or_default(), &mut metadata).map_err(|fault| fault.under("tools"))?;
    let mut messages = asked(&mut request)?;
    let asked = messages.len();
    let others = answered(&mut response, &mut messages).map_err(|fault| fault.under("response"))?;
    let Some(step) = messages.iter().rposition(|message| message.role == Role::Assistant) else {
        return Err(Fault::new("no assistant message", "log the response beside the request"));
    };
    let id = format!("{}/{}", named(path).0, raw.number);
    // What stood in the request was logged when it was answered.
    let has_answer = messages.len() > asked;
    let told = messages.iter().take(if has_answer { asked } else { 0 }).enumerate();
    let context_only = told.filter(|(_, message)| message.role == Role::Assistant).map(|(at, _)| at).collect();
    let model = metadata.get("model").and_then(Value::as_str).unwrap_or("unknown").to_owned();
    let answer = |answer: Candidate| RecordedAnswer { step, model: model.clone(), answer, published: None };
    let answers = others.into_iter().map(answer).collect();
    Ok(Trajectory { context_only, answers, metadata, ..Trajectory::of(id, &raw.place, tools, messages) })
}

/// What was sent: itself, or what is inside of its `"body"`.
fn body(sent: Value) -> Result<Map<String, Value>, Fault> {
    let mut sent = members(sent, RECORD)?;
    match sent.remove("body") {
        Some(body) => members(body, RECORD).map_err(|fault| fault.under("body")),
        None => Ok(sent),
    }
}

/// The tools that the client runs, as a list. Those of the provider are named in the metadata.
fn client_tools(tools: Value, metadata: &mut Map<String, Value>) -> Result<Value, Fault> {
    let tools = match tools {
        Value::Null => Vec::new(),
        Value::String(text) => {
            let fault = |e| Fault::new(format!("a text that is no JSON: {e}"), "write a list of tools");
            items(toolrm_core::format::json::parse_strict(&text).map_err(fault)?, RECORD)?
        }
        other => items(other, RECORD)?,
    };
    let is_hosted = |tool: &Value| {
        let kind = tool.get("type").and_then(Value::as_str).filter(|kind| *kind != "function");
        kind.is_some() && tool.get("parameters").is_none() && tool.get("input_schema").is_none()
    };
    let (hosted, own): (Vec<_>, Vec<_>) = tools.into_iter().partition(is_hosted);
    if !hosted.is_empty() {
        let named = hosted.into_iter().filter_map(|mut tool| tool.get_mut("type").map(Value::take)).collect();
        metadata.insert("hosted_tools".into(), Value::Array(named));
    }
    Ok(Value::Array(own))
}

/// The conversation of a request.
fn asked(request: &mut Map<String, Value>) -> Result<Vec<Message>, Fault> {
    if let Some(messages) = request.remove("messages") {
        return chat::messages(messages).map_err(|fault| fault.under("messages"));
    }
    let Some(input) = request.remove("input") else {
        return Err(Fault::new("neither \"messages\" nor \"input\"", RECORD));
    };
    let mut conversation = Items::default();
    if let Some(Value::String(instructions)) = request.remove("instructions") {
        conversation.say(Message::system(instructions));
    }
    match input {
        Value::String(text) => conversation.say(Message::user(text)),
        list => conversation.read(list).map_err(|fault| fault.under("input"))?,
    }
    Ok(conversation.into_messages())
}

/// Adds the answer to the conversation, and gives what else was answered in its place.
fn answered(response: &mut Map<String, Value>, messages: &mut Vec<Message>) -> Result<Vec<Candidate>, Fault> {
    if let Some(choices) = response.remove("choices") {
        return chosen(choices, messages).map_err(|fault| fault.under("choices"));
    }
    if let Some(output) = response.remove("output") {
        if response.get("status").is_some_and(|status| status == "incomplete" || status == "failed") {
            return Err(cut_off("incomplete").under("status"));
        }
        let mut conversation = Items::default();
        conversation.read(output).map_err(|fault| fault.under("output"))?;
        messages.extend(conversation.into_messages());
    } else if response.contains_key("role") {
        messages.push(chat::message(Value::Object(std::mem::take(response)))?);
    } else if !response.is_empty() {
        return Err(Fault::new("neither \"choices\" nor \"output\" nor a message", RECORD));
    }
    Ok(Vec::new())
}

fn chosen(choices: Value, messages: &mut Vec<Message>) -> Result<Vec<Candidate>, Fault> {
    let mut others = Vec::new();
    for (i, choice) in items(choices, RECORD)?.into_iter().enumerate() {
        let message = one_choice(choice).map_err(|fault| fault.under(i))?;
        if i == 0 { messages.push(message) } else { others.push(candidate(&message)) }
    }
    Ok(others)
}

fn one_choice(choice: Value) -> Result<Message, Fault> {
    let mut choice = members(choice, RECORD)?;
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| is_cut_off(reason)) {
        return Err(cut_off(reason).under("finish_reason"));
    }
    let message = choice.remove("message").ok_or_else(|| Fault::new("\"message\" is missing", RECORD))?;
    chat::message(message).map_err(|fault| fault.under("message"))
}

/// Whether an answer that ended so is not what the model wanted to say.
pub(super) fn is_cut_off(reason: &str) -> bool {
    matches!(reason, "length" | "content_filter" | "error")
}

pub(super) fn cut_off(reason: &str) -> Fault {
    Fault::new(format!("the answer is not whole: {reason}"), "nothing: it is no example of an answer")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{one, quarantined};

    fn called(id: &str) -> Value {
        json!({"role": "assistant", "content": null, "tool_calls": [
            {"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]})
    }

    #[test]
    fn a_request_and_its_response_are_one_step_and_other_choices_answers() {
        let history = json!([{"role": "user", "content": "Go."}, called("1"), {"role": "tool", "tool_call_id": "1", "content": "ok"}]);
        let record = json!({"request": {"body": {"messages": history, "tools": [{"type": "web_search"}, {"name": "f"}]}},
            "response": {"id": "r", "model": "m", "choices": [
                {"finish_reason": "stop", "message": {"role": "assistant", "content": "Gone.", "reasoning_content": "So."}},
                {"finish_reason": "tool_calls", "message": called("2")}]}});
        let read = one(&OpenAiChat, "log.jsonl", &record.to_string());
        assert_eq!((read.id.as_str(), read.steps().collect::<Vec<_>>()), ("log.jsonl/0", vec![3]));
        assert_eq!((&read.tools, &read.metadata["hosted_tools"]), (&json!([{"name": "f"}]), &json!(["web_search"])));
        assert_eq!((&read.metadata["id"], &read.metadata["model"]), (&json!("r"), &json!("m")));
        assert_eq!(read.messages[3].extra["reasoning_content"], "So.");
        assert_eq!((read.answers[0].step, read.answers[0].answer.action.calls().len()), (3, 1));
        let whole = json!({"messages": read.messages, "tools": "[]"});
        assert_eq!(one(&OpenAiChat, "log.jsonl", &whole.to_string()).steps().collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn items_of_one_answer_are_one_message() {
        let record = json!({"instructions": "Be kind.", "tools": [], "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Go."}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Now."}]},
                {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
                {"type": "function_call", "call_id": "b", "name": "f", "arguments": "{"},
                {"type": "function_call_output", "call_id": "a", "output": "1"}],
            "output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "So."}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Gone."}]}]});
        let read = one(&OpenAiChat, "log.json", &record.to_string());
        let roles: Vec<_> = read.messages.iter().map(|m| m.role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant"]);
        assert_eq!((read.messages[2].text().as_ref(), read.messages[2].tool_calls.len()), ("Now.", 2));
        // Arguments that are no JSON are kept as they are, for whoever validates.
        assert_eq!(read.messages[2].tool_calls[1].arguments, json!("{"));
        assert_eq!(read.messages[4].extra["reasoning_content"], "So.");
    }

    #[test]
    fn what_is_no_answer_is_quarantined() {
        let asked = json!({"messages": [{"role": "user", "content": "Go."}]});
        let cut = json!({"choices": [{"finish_reason": "length", "message": {"role": "assistant", "content": "G"}}]});
        for (response, at, what) in [
            (json!({"error": {"message": "busy"}}), "/response", "the request failed"),
            (cut, "/response/choices/0/finish_reason", "not whole: length"),
            (json!({"status": "incomplete", "output": []}), "/response/status", "not whole"),
            (json!({"output": [{"type": "web_search_call"}]}), "/response/output/0/type", "\"web_search_call\""),
            (json!({"choices": [{"message": {"role": "robot"}}]}), "/response/choices/0/message/role", "is no role"),
            (json!({"text": "Gone."}), "/response", "neither \"choices\" nor \"output\""),
            (json!(null), "", "no assistant message"),
        ] {
            let record = json!({"request": asked, "response": response}).to_string();
            let fault = quarantined(&OpenAiChat, "log.jsonl", &record).remove(0).fault;
            assert!(fault.pointer == at && fault.what.contains(what), "{fault}");
        }
    }
}
