//! Schema-Guided Dialogue: dialogues with calls of services that a schema describes.
//!
//! `dialogues_*.json` are lists of dialogues, `schema.json` beside them describes the services. Every intent of the services of a dialogue is
//! a tool `SERVICE_INTENT` (`Restaurants_1_ReserveRestaurant`), its slots are texts, as all values of the dataset are. A service call of the
//! system is an assistant message of its own, followed by its results and by what the system says then.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use toolrm_core::call::{Role, ToolCall};

use super::{
    Source, Trajectory,
    dialogue::Dialogue,
    fields::{Each, members, take, take_items, take_members, take_text},
    published::Ids,
    reading::{each_record, each_some, named, unpacked, visit_some},
    records::Raw,
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

/// Schema-Guided Dialogue in its published files.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct Sgd;

const DIALOGUE: &str = r#"write {"dialogue_id", "services", "turns": [{"speaker", "utterance", "frames"}]}"#;
const CALL: &str = r#"write "service_call": {"method", "parameters"} and "service_results": [..]"#;
const SERVICE: &str = r#"write {"service_name", "slots": [{"name", "description"}], "intents": [{"name", "required_slots", "optional_slots"}]}"#;

/// The tools of the services, by the folder of their schema and their name.
type Services = HashMap<(String, String), Vec<Value>>;

impl Source for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn about(&self) -> &'static str {
        "Schema-Guided Dialogue (google-research-datasets/dstc8-schema-guided-dialogue, CC BY-SA 4.0: share-alike). Written against its \
         published files."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        let mut ids = Ids::default();
        let mut services = Services::new();
        files.visit(
            |path| named(path).0 == "schema.json",
            |path, file| {
                let (_, folder) = named(path);
                each_some(file, each, |_, record| {
                    let (name, tools) = service(record)?;
                    services.insert((folder.to_owned(), name), tools);
                    Ok(None)
                })
            },
        )?;
        visit_some(
            files,
            "dialogues_*.json and schema.json",
            |path| {
                let (name, _) = named(path);
                name.starts_with("dialogues_") && unpacked(path).ends_with(".json")
            },
            |path, file| {
                let (_, folder) = named(path);
                each_record(file, each, |raw, record| {
                    let mut trajectory = dialogue(folder, raw, record, &services)?;
                    ids.set_apart(&mut trajectory.id);
                    Ok(trajectory)
                })
            },
        )
    }
}

/// The name of a service, and its tools.
fn service(record: Value) -> Result<(String, Vec<Value>), Fault> {
    let mut record = members(record, SERVICE)?;
    let name = take_text(&mut record, "service_name", SERVICE)?;
    let mut slots = HashMap::new();
    for (i, slot) in take_items(&mut record, "slots", SERVICE)?.into_iter().enumerate() {
        let (slot, schema) = slot_schema(slot).map_err(|fault| fault.under(i).under("slots"))?;
        slots.insert(slot, schema);
    }
    let intents = take_items(&mut record, "intents", SERVICE)?.into_iter().enumerate();
    let tools = intents.map(|(i, intent)| tool(&name, intent, &slots).map_err(|fault| fault.under(i).under("intents")));
    let tools = tools.collect::<Result<_, _>>()?;
    Ok((name, tools))
}

fn slot_schema(slot: Value) -> Result<(String, Map<String, Value>), Fault> {
    let mut slot = members(slot, SERVICE)?;
    let name = take_text(&mut slot, "name", SERVICE)?;
    let mut schema = Map::new();
    schema.insert("type".into(), "string".into());
    schema.insert("description".into(), take(&mut slot, "description", SERVICE)?);
    let listed = slot.remove("possible_values").filter(|values| values.as_array().is_some_and(|v| !v.is_empty()));
    if let (Some(Value::Bool(true)), Some(values)) = (slot.get("is_categorical"), listed) {
        schema.insert("enum".into(), values);
    }
    Ok((name, schema))
}

fn tool(service: &str, intent: Value, slots: &HashMap<String, Map<String, Value>>) -> Result<Value, Fault> {
    let mut intent = members(intent, SERVICE)?;
    let name = take_text(&mut intent, "name", SERVICE)?;
    let description = take(&mut intent, "description", SERVICE)?;
    let required = take_items(&mut intent, "required_slots", SERVICE)?;
    let mut properties = Map::new();
    let mut add = |name: &str, default: Option<Value>| {
        let schema = slots.get(name).ok_or_else(|| Fault::new(format!("no slot \"{name}\""), SERVICE))?;
        let mut schema = schema.clone();
        schema.extend(default.map(|default| ("default".to_owned(), default)));
        properties.insert(name.to_owned(), Value::Object(schema));
        Ok::<_, Fault>(())
    };
    for slot in &required {
        add(slot.as_str().unwrap_or_default(), None)?;
    }
    for (slot, default) in take_members(&mut intent, "optional_slots", SERVICE)? {
        add(&slot, Some(default))?;
    }
    let mut tool = json!({
        "name": format!("{service}_{name}"),
        "description": description,
        "parameters": {"type": "object", "properties": properties, "required": required},
    });
    if let (Some(Value::Bool(changes)), Some(tool)) = (intent.get("is_transactional"), tool.as_object_mut()) {
        tool.insert("annotations".into(), json!({"readOnlyHint": !changes}));
    }
    Ok(tool)
}

fn dialogue(folder: &str, raw: &Raw<'_>, record: Value, services: &Services) -> Result<Trajectory, Fault> {
    let mut record = members(record, DIALOGUE)?;
    let id = format!("{folder}/{}", take_text(&mut record, "dialogue_id", DIALOGUE)?);
    let mut tools = Vec::new();
    let used = take_items(&mut record, "services", DIALOGUE)?;
    for service in used.iter().map(|service| service.as_str().unwrap_or_default()) {
        let described = services.get(&(folder.to_owned(), service.to_owned())).ok_or_else(|| {
            Fault::new(format!("schema.json does not describe \"{service}\""), "describe it").under("services")
        })?;
        tools.extend_from_slice(described);
    }
    let mut said = Dialogue::default();
    for (i, one) in take_items(&mut record, "turns", DIALOGUE)?.into_iter().enumerate() {
        turn(one, &mut said).map_err(|fault| fault.under(i).under("turns"))?;
    }
    if said.len() == 0 {
        return Err(Fault::new("an empty dialogue", DIALOGUE).under("turns"));
    }
    let mut trajectory = Trajectory::of(id, &raw.place, Value::Array(tools), said.into_messages());
    trajectory.metadata.insert("services".into(), Value::Array(used));
    Ok(trajectory)
}

fn turn(turn: Value, said: &mut Dialogue) -> Result<(), Fault> {
    let mut turn = members(turn, DIALOGUE)?;
    let speaker = take_text(&mut turn, "speaker", DIALOGUE)?;
    let utterance = take_text(&mut turn, "utterance", DIALOGUE)?;
    match speaker.as_str() {
        "USER" => said.say(Role::User, utterance),
        "SYSTEM" => {
            let (mut calls, mut results) = (Vec::new(), Vec::new());
            for (i, frame) in take_items(&mut turn, "frames", DIALOGUE)?.into_iter().enumerate() {
                if let Some((call, result)) = service_call(frame).map_err(|fault| fault.under(i).under("frames"))? {
                    calls.push(call);
                    results.push(result);
                }
            }
            if !calls.is_empty() {
                said.call(calls, None);
            }
            for result in results {
                said.result(result.to_string());
            }
            said.say(Role::Assistant, utterance);
        }
        other => {
            let fix = "the speakers are USER and SYSTEM";
            return Err(Fault::new(format!("\"{other}\" is no speaker"), fix).under("speaker"));
        }
    }
    Ok(())
}

/// The call of a frame, and its results.
fn service_call(frame: Value) -> Result<Option<(ToolCall, Value)>, Fault> {
    let mut frame = members(frame, DIALOGUE)?;
    let Some(call) = frame.remove("service_call") else { return Ok(None) };
    let service = take_text(&mut frame, "service", DIALOGUE)?;
    let mut call = members(call, CALL).map_err(|fault| fault.under("service_call"))?;
    let method = take_text(&mut call, "method", CALL).map_err(|fault| fault.under("service_call"))?;
    let arguments = take_members(&mut call, "parameters", CALL).map_err(|fault| fault.under("service_call"))?;
    let results = Value::Array(take_items(&mut frame, "service_results", CALL)?);
    Ok(Some((ToolCall::new(format!("{service}_{method}"), Value::Object(arguments)), results)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{apart, read_files};

    #[test]
    fn intents_are_tools_and_service_calls_are_messages_of_their_own() {
        let schema = json!([{"service_name": "S_1", "slots": [
                {"name": "a", "description": "A.", "is_categorical": true, "possible_values": ["x", "y"]},
                {"name": "b", "description": "B.", "is_categorical": false, "possible_values": []}],
            "intents": [{"name": "F", "description": "F.", "is_transactional": true, "required_slots": ["a"], "optional_slots": {"b": "z"}}]}])
        .to_string();
        let dialogues = json!([{"dialogue_id": "1_0", "services": ["S_1"], "turns": [
            {"speaker": "USER", "utterance": "Go.", "frames": []},
            {"speaker": "SYSTEM", "utterance": "Gone.", "frames": [{"service": "S_1", "actions": [],
                "service_call": {"method": "F", "parameters": {"a": "x"}}, "service_results": [{"b": "z"}]}]}]}])
        .to_string();
        let files: [(&str, &[u8]); 2] =
            [("train/dialogues_001.json", dialogues.as_bytes()), ("train/schema.json", schema.as_bytes())];
        let (read, quarantined) = apart(read_files(&Sgd, &files).unwrap());
        assert!(quarantined.is_empty(), "{quarantined:?}");
        let expected = json!([{"name": "S_1_F", "description": "F.", "annotations": {"readOnlyHint": false},
            "parameters": {"type": "object", "required": ["a"], "properties": {
                "a": {"type": "string", "description": "A.", "enum": ["x", "y"]},
                "b": {"type": "string", "description": "B.", "default": "z"}}}}]);
        assert_eq!(read[0].tools, expected);
        let roles: Vec<_> = read[0].messages.iter().map(|m| m.role.as_str()).collect();
        assert_eq!(roles, ["user", "assistant", "tool", "assistant"]);
        assert_eq!(read[0].messages[1].tool_calls[0].name, "S_1_F");
        assert_eq!(read[0].messages[2].text(), "[{\"b\":\"z\"}]");
    }
}
