//! OpenTelemetry traces (or logs) of calls of generative models.
//!
//! Read are the attributes `gen_ai.system_instructions`, `gen_ai.input.messages`, `gen_ai.output.messages` and `gen_ai.tool.definitions` of
//! inference spans, and of the event `gen_ai.client.inference.operation.details`, on a span or as a log record: the GenAI semantic conventions
//! since v1.37.0, as they stand in v1.41.0 of OpenTelemetry's semantic conventions, the last one before they moved to a repository of their own.
//! The older events (`gen_ai.user.message`, `gen_ai.choice`) are not read. Instrumentations record messages only when told to.
//!
//! Files hold one JSON object a line: an OTLP export (`resourceSpans`, `resourceLogs`), as the collector's file exporter writes it, or a span
//! with its attributes by name, as SDKs print it. Attributes may be JSON texts or structured.
//!
//! Spans of other operations (HTTP, `execute_tool`; `invoke_agent`, which repeats the messages of the calls inside of it) are passed over: they
//! are no record of a conversation. An inference span without messages is quarantined. Of several output messages, which are choices, the
//! first is the step, the others are recorded answers; assistant messages of the input are no steps: they were the output of spans before.

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Message, Role, ToolCall},
    format::json::parse_strict,
};

use super::{
    Record, RecordedAnswer, Source, Trajectory,
    chat::{self, REASONING},
    fields::{Each, items, members, take, take_text, text_of},
    openai_chat::{cut_off, is_cut_off, is_json},
    reading::{candidate, named, visit_some},
    records::{Raw, Records},
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

/// OpenTelemetry traces and logs with GenAI attributes.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct Otel;

const EXPORT: &str =
    "write an OTLP export (resourceSpans, resourceLogs) or a span with its attributes, one JSON object a line";
const ATTRIBUTES: &str = "write the attributes by name, or OTLP's [{\"key\", \"value\"}]";
const MESSAGE: &str = r#"write [{"role", "parts": [{"type", ..}]}] as the GenAI semantic conventions have it"#;
const DETAILS: &str = "gen_ai.client.inference.operation.details";

impl Source for Otel {
    fn name(&self) -> &'static str {
        "otel"
    }

    fn about(&self) -> &'static str {
        "OpenTelemetry traces and logs of your own. Written against the GenAI semantic conventions v1.41.0 (messages as attributes, since \
         v1.37.0), their JSON schemas of messages, and the JSON form of OTLP."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        visit_some(files, "*.jsonl or *.json", is_json, |path, file| {
            let mut records = Records::new(file);
            while let Some(record) = records.next() {
                match record.and_then(|raw| Ok((inferences(raw.parse()?).map_err(|f| raw.quarantined(f))?, raw))) {
                    Ok((inferences, raw)) => {
                        for (i, inference) in inferences.into_iter().enumerate() {
                            let Inference { pointer, attributes, context } = inference;
                            let id = format!("{}/{}/{i}", named(path).0, raw.number);
                            each(match attributes.and_then(|a| trajectory(id, &raw, a, context)) {
                                Ok(trajectory) => Record::Trajectory(Box::new(trajectory)),
                                Err(mut fault) => {
                                    fault.pointer.insert_str(0, &pointer);
                                    Record::Quarantined(raw.quarantined(fault))
                                }
                            })?;
                        }
                    }
                    Err(quarantined) => each(Record::Quarantined(quarantined))?,
                }
            }
            Ok(())
        })
    }
}

/// A call of a model: where it is in its record, its attributes, and what says which one it is.
struct Inference {
    pointer: String,
    attributes: Result<Map<String, Value>, Fault>,
    context: Map<String, Value>,
}

/// The calls of models in a record.
fn inferences(record: Value) -> Result<Vec<Inference>, Fault> {
    let mut record = members(record, EXPORT)?;
    let mut found = Vec::new();
    let mut is_export = false;
    for [resources, scopes, entries] in
        [["resourceSpans", "scopeSpans", "spans"], ["resourceLogs", "scopeLogs", "logRecords"]]
    {
        let Some(list) = record.remove(resources) else { continue };
        is_export = true;
        for (r, resource) in items(list, EXPORT).map_err(|f| f.under(resources))?.into_iter().enumerate() {
            for (s, scope) in inner(resource, scopes).map_err(|f| f.under(r).under(resources))?.into_iter().enumerate()
            {
                let at = format!("/{resources}/{r}/{scopes}/{s}");
                let entries_in_scope = inner(scope, entries).map_err(|mut fault| {
                    fault.pointer.insert_str(0, &at);
                    fault
                })?;
                for (e, entry) in entries_in_scope.into_iter().enumerate() {
                    found.extend(inference(entry, format!("{at}/{entries}/{e}")));
                }
            }
        }
    }
    if !is_export {
        if !record.contains_key("attributes") {
            return Err(Fault::new("neither an OTLP export nor a span with attributes", EXPORT));
        }
        found.extend(inference(Value::Object(record), String::new()));
    }
    Ok(found)
}

/// A list inside of an object; none where it is missing.
fn inner(value: Value, key: &str) -> Result<Vec<Value>, Fault> {
    let list = members(value, EXPORT)?.remove(key);
    list.map_or_else(|| Ok(Vec::new()), |list| items(list, EXPORT).map_err(|fault| fault.under(key)))
}

/// The call of a model that a span or log record is about; `None` for one of another kind.
fn inference(entry: Value, pointer: String) -> Option<Inference> {
    let mut entry = match members(entry, EXPORT) {
        Ok(entry) => entry,
        Err(fault) => return Some(Inference { pointer, attributes: Err(fault), context: Map::new() }),
    };
    let mut read = attributes(entry.remove("attributes"));
    if let (Ok(on_span), Some(Value::Array(events))) = (&mut read, entry.remove("events")) {
        for mut event in events.into_iter().filter_map(|event| members(event, EXPORT).ok()) {
            if event.get("name").is_some_and(|name| name == DETAILS) {
                match attributes(event.remove("attributes")) {
                    Ok(details) => on_span.extend(details),
                    Err(fault) => return Some(Inference { pointer, attributes: Err(fault), context: Map::new() }),
                }
            }
        }
    }
    let is_inference = match &read {
        Ok(read) => match read.get("gen_ai.operation.name").and_then(Value::as_str) {
            Some(operation) => matches!(operation, "chat" | "generate_content" | "text_completion"),
            None => read.keys().any(|key| key == INPUT || key == OUTPUT),
        },
        Err(_) => true,
    };
    let mut context = entry.remove("context").and_then(|context| members(context, EXPORT).ok()).unwrap_or_default();
    let mut id_of =
        |names: [&str; 2]| names.iter().find_map(|name| entry.remove(*name).or_else(|| context.remove(*name)));
    let ids = [("trace_id", id_of(["traceId", "trace_id"])), ("span_id", id_of(["spanId", "span_id"]))];
    let ids = ids.into_iter().filter_map(|(key, id)| Some((key.to_owned(), id?))).collect();
    is_inference.then_some(Inference { pointer, attributes: read, context: ids })
}

const INPUT: &str = "gen_ai.input.messages";
const OUTPUT: &str = "gen_ai.output.messages";
const INSTRUCTIONS: &str = "gen_ai.system_instructions";
const TOOLS: &str = "gen_ai.tool.definitions";

/// Attributes by name.
fn attributes(value: Option<Value>) -> Result<Map<String, Value>, Fault> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(attributes)) => return Ok(attributes),
        Some(other) => items(other, ATTRIBUTES),
    };
    key_values(list.map_err(|fault| fault.under("attributes"))?).map_err(|fault| fault.under("attributes"))
}

fn key_values(list: Vec<Value>) -> Result<Map<String, Value>, Fault> {
    let read = |(i, pair)| {
        let read = |mut pair: Map<String, Value>| {
            let key = take_text(&mut pair, "key", ATTRIBUTES)?;
            Ok((key, any_value(take(&mut pair, "value", ATTRIBUTES)?).map_err(|fault| fault.under("value"))?))
        };
        members(pair, ATTRIBUTES).and_then(read).map_err(|fault: Fault| fault.under(i))
    };
    list.into_iter().enumerate().map(read).collect()
}

/// OTLP's `AnyValue`, as JSON.
fn any_value(value: Value) -> Result<Value, Fault> {
    let Some((kind, value)) = members(value, ATTRIBUTES)?.into_iter().next() else { return Ok(Value::Null) };
    match kind.as_str() {
        "stringValue" | "boolValue" | "doubleValue" | "bytesValue" => Ok(value),
        // 64-bit integers are texts in OTLP's JSON.
        "intValue" => Ok(value.as_str().and_then(|text| text.parse::<i64>().ok()).map_or(value, Value::from)),
        "arrayValue" => {
            let values = members(value, ATTRIBUTES)?.remove("values").unwrap_or(Value::Array(Vec::new()));
            items(values, ATTRIBUTES)?.into_iter().map(any_value).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        "kvlistValue" => {
            let values = members(value, ATTRIBUTES)?.remove("values").unwrap_or(Value::Array(Vec::new()));
            key_values(items(values, ATTRIBUTES)?).map(Value::Object)
        }
        other => Err(Fault::new(format!("a value of kind \"{other}\""), ATTRIBUTES)),
    }
}

/// An attribute's value: a JSON text is unpacked.
fn unpacked(attributes: &mut Map<String, Value>, key: &str) -> Result<Option<Value>, Fault> {
    match attributes.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => parse_strict(&text)
            .map(Some)
            .map_err(|e| Fault::new(format!("a text that is no JSON: {e}"), MESSAGE).under(key).under("attributes")),
        other => Ok(other),
    }
}

fn trajectory(
    id: String,
    raw: &Raw<'_>,
    mut attributes: Map<String, Value>,
    mut metadata: Map<String, Value>,
) -> Result<Trajectory, Fault> {
    let under = |key: &'static str| move |fault: Fault| fault.under(key).under("attributes");
    let (asked, answered) = (unpacked(&mut attributes, INPUT)?, unpacked(&mut attributes, OUTPUT)?);
    let (Some(asked), Some(answered)) = (asked, answered) else {
        let fix = "have the instrumentation capture the content of messages: they are recorded only when it is told to";
        return Err(Fault::new("a call of a model without its messages", fix).under("attributes"));
    };
    let mut messages = Vec::new();
    if let Some(instructions) = unpacked(&mut attributes, INSTRUCTIONS)? {
        let parts = items(instructions, MESSAGE).map_err(under(INSTRUCTIONS))?;
        let texts = parts.into_iter().filter_map(|mut part| part.get_mut("content").map(|text| text_of(text.take())));
        messages.push(Message::system(texts.collect::<Vec<_>>().join("\n")));
    }
    for (i, message) in items(asked, MESSAGE).map_err(under(INPUT))?.into_iter().enumerate() {
        read_message(message, &mut messages).map_err(|fault| under(INPUT)(fault.under(i)))?;
    }
    let mut choices = Vec::new();
    for (i, choice) in items(answered, MESSAGE).map_err(under(OUTPUT))?.into_iter().enumerate() {
        read_choice(choice, &mut choices).map_err(|fault| under(OUTPUT)(fault.under(i)))?;
    }
    let model = ["gen_ai.response.model", "gen_ai.request.model"].iter().find_map(|key| attributes.remove(*key));
    let model = model.map_or_else(|| "unknown".to_owned(), text_of);
    metadata.insert("model".into(), model.clone().into());
    let step = messages.len();
    let mut choices = choices.into_iter();
    messages.extend(choices.next());
    if messages.len() == step {
        return Err(under(OUTPUT)(Fault::new("no message", MESSAGE)));
    }
    let told = messages.iter().take(step).enumerate();
    let context_only = told.filter(|(_, message)| message.role == Role::Assistant).map(|(at, _)| at).collect();
    let answer = |message| RecordedAnswer { step, model: model.clone(), answer: candidate(&message), published: None };
    let answers = choices.map(answer).collect();
    let tools = unpacked(&mut attributes, TOOLS)?.unwrap_or_else(|| Value::Array(Vec::new()));
    Ok(Trajectory { context_only, answers, metadata, ..Trajectory::of(id, &raw.place, tools, messages) })
}

/// A choice: one assistant message.
fn read_choice(choice: Value, choices: &mut Vec<Message>) -> Result<(), Fault> {
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| is_cut_off(reason)) {
        return Err(cut_off(reason).under("finish_reason"));
    }
    let before = choices.len();
    read_message(choice, choices)?;
    match choices.get(before..) {
        Some([only]) if only.role == Role::Assistant => Ok(()),
        _ => Err(Fault::new("an output that is not one assistant message", MESSAGE)),
    }
}

/// A message as the conventions have it. Results of several tools in one message become a message each.
fn read_message(message: Value, messages: &mut Vec<Message>) -> Result<(), Fault> {
    let mut fields = members(message, MESSAGE)?;
    let role = chat::role(&take_text(&mut fields, "role", MESSAGE)?)?;
    let mut message = Message::new(role, String::new());
    let (mut words, mut results) = (Vec::new(), Vec::new());
    let parts = take(&mut fields, "parts", MESSAGE)?;
    for (i, part) in items(parts, MESSAGE).map_err(|fault| fault.under("parts"))?.into_iter().enumerate() {
        let read = |part| read_part(part, &mut message, &mut words, &mut results);
        members(part, MESSAGE).and_then(read).map_err(|fault| fault.under(i).under("parts"))?;
    }
    message.content = (!words.is_empty()).then(|| words.join("\n").into());
    let has_something = message.content.is_some() || !message.tool_calls.is_empty();
    if has_something || results.is_empty() {
        messages.push(message);
    }
    messages.append(&mut results);
    Ok(())
}

fn read_part(
    mut part: Map<String, Value>,
    message: &mut Message,
    words: &mut Vec<String>,
    results: &mut Vec<Message>,
) -> Result<(), Fault> {
    let kind = take_text(&mut part, "type", MESSAGE)?;
    match kind.as_str() {
        "text" => words.push(take_text(&mut part, "content", MESSAGE)?),
        "reasoning" => {
            message.extra.insert(REASONING.into(), take_text(&mut part, "content", MESSAGE)?.into());
        }
        "tool_call" => {
            let name = take_text(&mut part, "name", MESSAGE)?;
            let arguments = match part.remove("arguments") {
                None | Some(Value::Null) => Value::Object(Map::new()),
                Some(arguments) => chat::decoded(arguments),
            };
            let mut call = ToolCall::new(name, arguments);
            call.id = chat::optional_text(&mut part, "id")?;
            message.tool_calls.push(call);
        }
        "tool_call_response" => {
            // Early instrumentations write "result".
            let response = part.remove("response").or_else(|| part.remove("result"));
            let response = response.ok_or_else(|| Fault::new("\"response\" is missing", MESSAGE))?;
            let mut result = Message::new(Role::Tool, text_of(response));
            result.tool_call_id = chat::optional_text(&mut part, "id")?;
            results.push(result);
        }
        other => {
            let fix = "only text, reasoning, tool_call and tool_call_response are read";
            return Err(Fault::new(format!("a part of type \"{other}\""), fix).under("type"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{one, quarantined, read};

    fn said(role: &str, part: &Value) -> Value {
        json!({"role": role, "parts": [part]})
    }

    fn conversation() -> (Value, Value) {
        let call = json!({"type": "tool_call", "id": "1", "name": "f", "arguments": {"a": 1}});
        let result = json!({"type": "tool_call_response", "id": "1", "response": {"b": 2}});
        let text = |text: &str| json!({"type": "text", "content": text});
        let input = json!([said("user", &text("Go.")), said("assistant", &call), said("tool", &result)]);
        let reasoned = json!([{"type": "reasoning", "content": "So."}, text("Gone.")]);
        let output = json!([
            {"role": "assistant", "finish_reason": "stop", "parts": reasoned},
            {"role": "assistant", "finish_reason": "tool_call", "parts": [call]},
        ]);
        (input, output)
    }

    #[test]
    fn an_export_gives_its_calls_of_models_and_passes_over_the_rest() {
        let (input, output) = conversation();
        let text = |value: &Value| json!({"stringValue": value.to_string()});
        let tool = json!({"kvlistValue": {"values": [
            {"key": "type", "value": {"stringValue": "function"}}, {"key": "name", "value": {"stringValue": "f"}},
            {"key": "strict", "value": {"boolValue": true}}, {"key": "n", "value": {"intValue": "7"}}]}});
        let operation = |name: &str| json!({"key": "gen_ai.operation.name", "value": {"stringValue": name}});
        let chat = json!({"traceId": "t", "spanId": "s", "attributes": [operation("chat"),
            {"key": "gen_ai.request.model", "value": {"stringValue": "m"}},
            {"key": "gen_ai.system_instructions", "value": text(&json!([{"type": "text", "content": "Be kind."}]))},
            {"key": "gen_ai.input.messages", "value": text(&input)},
            {"key": "gen_ai.output.messages", "value": text(&output)},
            {"key": "gen_ai.tool.definitions", "value": {"arrayValue": {"values": [tool]}}}]});
        let silent = json!({"attributes": [operation("chat")]});
        let spans =
            json!([{"name": "GET", "attributes": []}, {"attributes": [operation("invoke_agent")]}, chat, silent]);
        let export = json!({"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": spans}]}]});
        let (trajectories, quarantined) = read(&Otel, "t.jsonl", &export.to_string());
        let [made] = trajectories.as_slice() else { panic!("{trajectories:?}") };
        assert_eq!(made.tools, json!([{"type": "function", "name": "f", "strict": true, "n": 7}]));
        let roles: Vec<_> = made.messages.iter().map(|m| m.role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant"]);
        assert_eq!((made.steps().collect::<Vec<_>>(), made.messages[3].text().as_ref()), (vec![4], "{\"b\":2}"));
        assert_eq!(made.messages[4].extra["reasoning_content"], "So.");
        assert_eq!((made.answers[0].step, made.answers[0].model.as_str()), (4, "m"));
        assert_eq!((&made.metadata["trace_id"], &made.metadata["span_id"]), (&json!("t"), &json!("s")));
        assert_eq!(quarantined[0].fault.pointer, "/resourceSpans/0/scopeSpans/0/spans/3/attributes");
        assert!(quarantined[0].fault.what.contains("without its messages"), "{quarantined:?}");
    }

    #[test]
    fn events_hold_the_same() {
        let (input, output) = conversation();
        let details = json!({"gen_ai.input.messages": input, "gen_ai.output.messages": output});
        let span = json!({"context": {"trace_id": "0x1"}, "attributes": {"gen_ai.operation.name": "chat"},
            "events": [{"name": DETAILS, "attributes": details}]});
        assert_eq!(one(&Otel, "t.jsonl", &span.to_string()).metadata["trace_id"], "0x1");
        let log = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"eventName": DETAILS, "attributes": [
            {"key": "gen_ai.input.messages", "value": {"stringValue": input.to_string()}},
            {"key": "gen_ai.output.messages", "value": {"stringValue": output.to_string()}}]}]}]}]});
        assert_eq!(one(&Otel, "t.jsonl", &log.to_string()).messages.len(), 4);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let (input, output) = conversation();
        let span = |input: &Value, output: &Value| {
            json!({"attributes": {"gen_ai.input.messages": input, "gen_ai.output.messages": output}}).to_string()
        };
        let image = json!([said("user", &json!({"type": "blob", "content": ""}))]);
        let mut cut = output.clone();
        cut[0]["finish_reason"] = json!("length");
        for (bad, at, what) in [
            (span(&json!("["), &output), "/attributes/gen_ai.input.messages", "no JSON"),
            (span(&image, &output), "/attributes/gen_ai.input.messages/0/parts/0/type", "\"blob\""),
            (span(&input, &cut), "/attributes/gen_ai.output.messages/0/finish_reason", "not whole"),
            (span(&input, &json!([])), "/attributes/gen_ai.output.messages", "no message"),
            (span(&input, &json!([input[0]])), "/attributes/gen_ai.output.messages/0", "not one assistant message"),
            ("{\"name\": \"x\"}".to_owned(), "", "neither an OTLP export nor a span"),
        ] {
            let fault = quarantined(&Otel, "t.jsonl", &bad).remove(0).fault;
            assert!(fault.pointer == at && fault.what.contains(what), "{fault}");
        }
    }
}
