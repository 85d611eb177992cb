//! [`Glaive`]: conversations with one call at a time, or with none where no tool fits.

use serde_json::{Map, Value};

use super::{
    Record, Source, Trajectory,
    calls::tools,
    dialogue::Dialogue,
    fields::{members, take_items},
    published::Published,
    turns::{CHAT, Keys, SHARE_GPT, Speaker, answered, each_turn, say},
};
use crate::{
    error::{DataError, Fault},
    record::optional_text,
    tree::Tree,
};

mod native;

const ROW: &str = "write a row as {\"system\", \"chat\"}, {\"messages\", \"tools\"} or {\"conversations\", \"tools\"}";

/// The 5,000 rows that Hermes took over are in its format.
const FILES: Published = Published {
    names: "glaive-function-calling-v2.json",
    is: |path| path.contains("glaive") && !path.contains("function-calling-5k"),
};

/// The rows of `glaiveai/glaive-function-calling-v2`, native (`{"system", "chat"}`), as ms-swift has them (`{"messages", "tools"}`), or as
/// LLaMA-Factory does (`{"conversations", "tools"}`), in one JSON list or one a line.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct Glaive;

impl Source for Glaive {
    fn name(&self) -> &'static str {
        "glaive"
    }

    fn about(&self) -> &'static str {
        "glaiveai/glaive-function-calling-v2, Apache-2.0; written against 1,000 rows converted for ms-swift, 300 converted for LLaMA-Factory \
         and 2 native ones"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        FILES.each_row(files, each, |value, row| {
            let mut fields = members(value, ROW)?;
            let (dialogue, tools, under) = if fields.contains_key("chat") {
                let (dialogue, tools) = native::read(&mut fields)?;
                (dialogue, tools, "chat")
            } else {
                converted(&mut fields)?
            };
            let messages = answered(dialogue.into_messages()).map_err(|fault| fault.under(under))?;
            let id = optional_text(&fields, "id")?.unwrap_or_else(|| row.id());
            Ok(Trajectory::new(id, row.place.clone(), tools, messages))
        })
    }
}

/// A row that was converted: its dialogue, its tools, and the member that the dialogue is.
fn converted(fields: &mut Map<String, Value>) -> Result<(Dialogue, Value, &'static str), Fault> {
    let (under, keys): (_, Keys) =
        if fields.contains_key("messages") { ("messages", CHAT) } else { ("conversations", SHARE_GPT) };
    let turns = take_items(fields, under, ROW)?;
    let mut dialogue = Dialogue::default();
    let mut called = false;
    let read = each_turn(turns, keys, |speaker, text| {
        // Of calls without arguments the conversion for ms-swift cut off a bracket, and made an answer of it.
        let scrap = called && speaker == Speaker::Assistant && text.trim() == "}";
        called = speaker == Speaker::Call;
        if scrap { Ok(()) } else { say(&mut dialogue, speaker, text) }
    });
    read.map_err(|fault| fault.under(under))?;
    let tools = tools(fields.remove("tools")).map_err(|fault| fault.under("tools"))?;
    Ok((dialogue, tools, under))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{one, quarantined};

    const TOOLS: &str = "[{\"type\": \"function\", \"function\": {\"name\": \"roll\"}}]";

    #[test]
    fn both_conversions_give_the_same() {
        let swift = json!({"tools": TOOLS, "messages": [
            {"role": "user", "content": "Roll."},
            {"role": "tool_call", "content": "{\"name\": \"roll\", \"arguments\": {}}"},
            {"role": "assistant", "content": "}"},
            {"role": "tool_response", "content": "{\"n\": 4}"},
            {"role": "assistant", "content": "A four."},
        ]});
        let factory = json!({"tools": "[{\"name\": \"roll\"}]", "conversations": [
            {"from": "human", "value": "Roll."},
            {"from": "function_call", "value": "{\"name\": \"roll\", \"arguments\": {}}"},
            {"from": "observation", "value": "{\"n\": 4}"},
            {"from": "gpt", "value": "A four."},
        ]});
        let swift = one(&Glaive, "glaive.jsonl", &swift.to_string());
        let factory = one(&Glaive, "glaive.json", &json!([factory]).to_string());
        assert_eq!(swift.messages, factory.messages);
        assert_eq!((swift.messages.len(), swift.id.as_str()), (4, "glaive-0"));
        assert_eq!(
            (swift.tools[0]["function"]["name"].clone(), factory.tools[0]["name"].clone()),
            (json!("roll"), json!("roll"))
        );
    }

    #[test]
    fn conversations_without_tools_are_trajectories_too() {
        let row = json!({"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]});
        assert_eq!(one(&Glaive, "g.jsonl", &row.to_string()).tools, json!([]));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let user = json!({"role": "user", "content": "Roll."});
        for (row, pointer, what) in [
            (
                json!({"messages": [user, {"role": "tool_response", "content": "4"}]}),
                "/messages/1/content",
                "no call before it",
            ),
            (
                json!({"messages": [user, {"role": "tool_call", "content": "roll"}]}),
                "/messages/1/content",
                "neither JSON",
            ),
            (json!({"messages": [user], "tools": "[]"}), "/messages", "no assistant answers"),
            (json!({"messages": {}}), "/messages", "expected a list, found an object"),
            (json!({"tools": "[]"}), "", "\"conversations\" is missing"),
            (json!(3), "", "expected an object, found a number"),
        ] {
            let found = quarantined(&Glaive, "g.jsonl", &row.to_string());
            assert_eq!(found[0].fault.pointer, pointer, "{}", found[0].fault);
            assert!(found[0].fault.what.contains(what), "{}", found[0].fault);
        }
    }
}
