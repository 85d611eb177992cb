//! [`ApigenMt`]: conversations about orders and flights, with the policy that the assistant has to keep to.

use serde_json::Value;
use toolrm_core::call::Role;

use super::{
    Record, Source, Trajectory,
    calls::{calls, tools},
    dialogue::Dialogue,
    fields::{members, take_items},
    published::Published,
    turns::{SHARE_GPT, Speaker, answered, each_turn, say},
};
use crate::{
    error::{DataError, Fault},
    record::optional_text,
    tree::Tree,
};

const ROW: &str = "write a row as {\"conversations\": [{\"from\", \"value\"}, ..], \"tools\": \"[..]\", \"system\"}";

const FILES: Published =
    Published { names: "apigen-mt_5k.json", is: |path| path.contains("apigen-mt") || path.contains("apigen_mt") };

/// The tool that is no action: what is thought goes to the message that comes of it.
const THINK: &str = "think";

/// The rows of `Salesforce/APIGen-MT-5k`: `{"conversations", "tools", "system"}`, the tools JSON in a text, a call a turn of its own.
///
/// A call of `think` alone is no step but the reasoning of the next one; its result, which says nothing, is left out with it.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct ApigenMt;

impl Source for ApigenMt {
    fn name(&self) -> &'static str {
        "apigen_mt"
    }

    fn about(&self) -> &'static str {
        "Salesforce/APIGen-MT-5k, CC BY-NC 4.0; no true record at hand: written against its card and viewer, the form of calls and of their \
         results deduced"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        FILES.each_row(files, each, |value, row| {
            let mut fields = members(value, ROW)?;
            let turns = take_items(&mut fields, "conversations", ROW)?;
            let system = optional_text(&fields, "system")?.filter(|text| !text.trim().is_empty());
            let tools = tools(fields.remove("tools")).map_err(|fault| fault.under("tools"))?;
            let id = optional_text(&fields, "id")?.unwrap_or_else(|| row.id());
            let mut told = Told::default();
            if let Some(policy) = system {
                told.dialogue.say(Role::System, policy);
            }
            let read = each_turn(turns, SHARE_GPT, |speaker, text| told.turn(speaker, text));
            read.map_err(|fault| fault.under("conversations"))?;
            told.trajectory(id, row.place.clone(), tools)
        })
    }
}

/// What was said so far.
#[derive(Debug, Default)]
struct Told {
    dialogue: Dialogue,
    /// What was thought and not followed by an answer yet.
    thought: Vec<String>,
    /// Whether the next result is that of a thought.
    thinking: bool,
    /// Places of answers, and what was thought before them.
    reasoning: Vec<(usize, String)>,
}

impl Told {
    fn turn(&mut self, speaker: Speaker, text: String) -> Result<(), Fault> {
        match speaker {
            Speaker::Call => {
                let called = calls(Value::String(text))?;
                if let [call] = &called[..]
                    && call.name == THINK
                    && let Some(thought) = call.arguments.get("thought").and_then(Value::as_str)
                {
                    self.thought.push(thought.to_owned());
                    self.thinking = true;
                    return Ok(());
                }
                self.answer();
                self.dialogue.call(called, None);
                Ok(())
            }
            Speaker::Result if std::mem::take(&mut self.thinking) => Ok(()),
            Speaker::Assistant => {
                self.answer();
                say(&mut self.dialogue, speaker, text)
            }
            _ => say(&mut self.dialogue, speaker, text),
        }
    }

    /// An answer comes next.
    fn answer(&mut self) {
        self.thinking = false;
        if !self.thought.is_empty() {
            self.reasoning.push((self.dialogue.len(), self.thought.join("\n")));
            self.thought.clear();
        }
    }

    fn trajectory(self, id: String, place: crate::Place, tools: Value) -> Result<Trajectory, Fault> {
        let messages = answered(self.dialogue.into_messages()).map_err(|fault| fault.under("conversations"))?;
        let mut trajectory = Trajectory::new(id, place, tools, messages);
        for (at, thought) in self.reasoning {
            if let Some(message) = trajectory.messages.get_mut(at) {
                message.extra.insert("reasoning_content".into(), thought.into());
            }
        }
        if !self.thought.is_empty() {
            trajectory.metadata.insert("last_thought".into(), self.thought.join("\n").into());
        }
        Ok(trajectory)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{one, quarantined};

    fn turn(from: &str, value: &str) -> Value {
        json!({"from": from, "value": value})
    }

    fn row(turns: &[Value]) -> Value {
        json!({
            "conversations": turns,
            "tools": "[{\"name\": \"get_order\", \"parameters\": {\"type\": \"object\", \"properties\": {\"id\": {\"type\": \"string\"}}}}]",
            "system": "# Policy",
        })
    }

    #[test]
    fn a_conversation_becomes_messages_and_a_thought_the_reasoning_of_what_follows() {
        let read = one(
            &ApigenMt,
            "apigen-mt_5k.json",
            &json!([row(&[
                turn("human", "Where is my order #W1?"),
                turn("function_call", "{\"name\": \"think\", \"arguments\": {\"thought\": \"Look it up.\"}}"),
                turn("observation", ""),
                turn("function_call", "{\"name\": \"get_order\", \"arguments\": {\"id\": \"#W1\"}}"),
                turn("observation", "{\"status\": \"sent\"}"),
                turn("gpt", "It was sent."),
            ])])
            .to_string(),
        );
        let roles: Vec<_> = read.messages.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool, Role::Assistant]);
        assert_eq!(read.messages[2].tool_calls[0].arguments, json!({"id": "#W1"}));
        assert_eq!(read.messages[2].extra["reasoning_content"], "Look it up.");
        assert_eq!(read.messages[3].tool_call_id, read.messages[2].tool_calls[0].id);
        assert_eq!((read.steps().collect::<Vec<_>>(), read.id.as_str()), (vec![2, 4], "apigen-mt_5k-0"));
        assert_eq!(read.tools[0]["name"], "get_order");
    }

    #[test]
    fn faults_point_into_the_list() {
        let called = row(&[turn("human", "Go."), turn("function_call", "{\"name\": \"f\"}")]);
        let fault = quarantined(&ApigenMt, "a.json", &json!([row(&[]), called]).to_string());
        assert_eq!(fault[0].fault.pointer, "/0/conversations");
        assert_eq!(fault[1].fault.pointer, "/1/conversations/1/value");
    }
}
