//! [`Hermes`]: conversations in the syntax that bears its name, tools and calls as Python literals or JSON.

use std::borrow::Cow;

use serde_json::Value;
use toolrm_core::{
    call::{Action, Role},
    format::{Tagged, ToolFormat, json::parse_strict},
};

use super::{
    Record, Source, Trajectory,
    calls::{tools, tools_in},
    dialogue::Dialogue,
    fields::{members, take_items, text_of},
    published::Published,
    turns::{SHARE_GPT, Speaker, answered, each_turn, result},
};
use crate::{
    error::{DataError, Fault},
    record::optional_text,
    tree::Tree,
};

const ROW: &str = "write a row as {\"id\", \"conversations\": [{\"from\", \"value\"}, ..]}, the tools inside <tools> in the system turn";

const FILES: Published = Published {
    names: "func-calling-singleturn.json, func-calling.json or glaive-function-calling-5k.json",
    is: |path| ["func-calling", "function-calling-5k", "hermes", "json-mode"].iter().any(|name| path.contains(name)),
};

/// How the system turn begins where it says nothing but the form of calls.
const TEMPLATE: &str = "You are a function calling AI model.";

/// The rows of `NousResearch/hermes-function-calling-v1`: `{"id", "conversations", "category", "subcategory", "task"}`, tools inside
/// `<tools>`, calls inside `<tool_call>`, results inside `<tool_response>`, each JSON or a Python literal. Rows of its two JSON-mode files,
/// which have a `schema` and call no tools, are quarantined.
///
/// Of the system turn, what comes before the tools is kept where it is not the template; what comes behind them is the form of calls.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct Hermes;

impl Source for Hermes {
    fn name(&self) -> &'static str {
        "hermes"
    }

    fn about(&self) -> &'static str {
        "NousResearch/hermes-function-calling-v1, Apache-2.0; written against the two rows of its card, the rest of its rows deduced"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        FILES.each_row(files, each, |value, row| {
            let mut fields = members(value, ROW)?;
            if fields.get("schema").is_some_and(|schema| !schema.is_null()) {
                return Err(Fault::new("a row of JSON mode, which calls no tools", "leave the json-mode files out"));
            }
            let turns = take_items(&mut fields, "conversations", ROW)?;
            let mut told = Told::default();
            let read = each_turn(turns, SHARE_GPT, |speaker, text| told.turn(speaker, &text));
            let messages = read.and_then(|()| answered(told.dialogue.into_messages()));
            let messages = messages.map_err(|fault| fault.under("conversations"))?;
            let tools = match (told.tools, fields.remove("tools")) {
                (Some(tools), _) => tools,
                (None, Some(column)) => tools(Some(column)).map_err(|fault| fault.under("tools"))?,
                (None, None) => return Err(Fault::new("no system turn with <tools>", ROW).under("conversations")),
            };
            let id = optional_text(&fields, "id")?.unwrap_or_else(|| row.id());
            let mut trajectory = Trajectory::new(id, row.place.clone(), tools, messages);
            for (at, reasoning) in told.reasoning {
                if let Some(message) = trajectory.messages.get_mut(at) {
                    message.extra.insert("reasoning_content".into(), reasoning.into());
                }
            }
            for key in ["category", "subcategory", "task"] {
                trajectory.metadata.extend(fields.remove(key).map(|value| (key.to_owned(), value)));
            }
            Ok(trajectory)
        })
    }
}

/// What was said so far.
#[derive(Debug, Default)]
struct Told {
    dialogue: Dialogue,
    tools: Option<Value>,
    /// Places of answers, and the reasoning before them.
    reasoning: Vec<(usize, String)>,
}

impl Told {
    fn turn(&mut self, speaker: Speaker, text: &str) -> Result<(), Fault> {
        match speaker {
            Speaker::System => self.system(text),
            Speaker::User => {
                self.dialogue.say(Role::User, text);
                Ok(())
            }
            Speaker::Assistant | Speaker::Call => self.answer(text),
            Speaker::Result => self.results(text),
        }
    }

    fn system(&mut self, text: &str) -> Result<(), Fault> {
        let Some((before, block)) = tools_block(text) else {
            self.dialogue.say(Role::System, text);
            return Ok(());
        };
        self.tools = Some(tools(Some(tools_in(block.trim())?))?);
        let before = before.trim();
        if !before.is_empty() && !before.starts_with(TEMPLATE) {
            self.dialogue.say(Role::System, before);
        }
        Ok(())
    }

    fn answer(&mut self, text: &str) -> Result<(), Fault> {
        let text = with_line_breaks(text, "tool_call");
        let answer = Tagged::HERMES.parse(&text);
        let at = self.dialogue.len();
        self.reasoning.extend(answer.reasoning.map(|reasoning| (at, reasoning.to_string())));
        match answer.action {
            Action::Calls(calls) => self.dialogue.call(calls, answer.content.map(|words| words.to_string())),
            Action::Text(words) => self.dialogue.say(Role::Assistant, words.trim()),
            Action::Malformed { why, .. } => return Err(Fault::new(why, "correct the call")),
            other => return Err(Fault::new(format!("neither calls nor words: {other:?}"), "correct the answer")),
        }
        Ok(())
    }

    fn results(&mut self, text: &str) -> Result<(), Fault> {
        let text = with_line_breaks(text, "tool_response");
        if !text.contains("<tool_response>") {
            return result(&mut self.dialogue, text.trim().to_owned());
        }
        for block in text.split("<tool_response>").skip(1) {
            let inside = block.split("</tool_response>").next().unwrap_or_default().trim();
            result(&mut self.dialogue, returned(inside))?;
        }
        Ok(())
    }
}

/// What is before the tools, and the tools: the first `<tools>` that a list or an object follows. The tags are named before it as well.
fn tools_block(text: &str) -> Option<(&str, &str)> {
    text.match_indices("<tools>").find_map(|(at, tag)| {
        let (before, rest) = text.split_at_checked(at)?;
        let rest = rest.strip_prefix(tag)?;
        let block = rest.split("</tools>").next()?;
        block.trim_start().trim_start_matches("\\n").trim_start().starts_with(['[', '{']).then_some((before, block))
    })
}

/// The text with line breaks at its tags where the two characters `\n` stand for them, as they do in some rows.
fn with_line_breaks<'t>(text: &'t str, tag: &str) -> Cow<'t, str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    if !text.contains(&format!("{open}\\n")) && !text.contains(&format!("\\n{close}")) {
        return Cow::Borrowed(text);
    }
    let mended = text.replace(&format!("{open}\\n"), &format!("{open}\n"));
    let mended = mended.replace(&format!("\\n{close}"), &format!("\n{close}"));
    Cow::Owned(mended.replace(&format!("{close}\\n"), &format!("{close}\n")))
}

/// What a tool returned: the `content` of `{"name", "content"}`, or all of it.
fn returned(inside: &str) -> String {
    match parse_strict(inside) {
        Ok(Value::Object(mut fields)) if fields.contains_key("name") && fields.contains_key("content") => {
            fields.remove("content").map(text_of).unwrap_or_default()
        }
        _ => inside.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{one, quarantined, read};

    const SYSTEM: &str = "You are a function calling AI model. You are provided with function signatures within <tools> </tools> XML tags.\n\
        <tools>\n[{'type': 'function', 'function': {'name': 'find', 'description': \"It's\", 'parameters': {'type': 'object', \
        'properties': {'a': {'type': 'boolean', 'default': None}}}}}]\n</tools>\nFor each function call return <tool_call>\n{'arguments': \
        <args-dict>, 'name': <function-name>}\n</tool_call>\n";

    fn row(system: &str, rest: &[(&str, &str)]) -> Value {
        let mut turns = vec![json!({"from": "system", "value": system})];
        turns.extend(rest.iter().map(|(from, value)| json!({"from": from, "value": value})));
        json!({"id": "u-1", "conversations": turns, "category": "C", "task": "T"})
    }

    #[test]
    fn python_literals_are_read() {
        let row = row(
            SYSTEM,
            &[
                ("human", "Find both."),
                (
                    "gpt",
                    "On it.\n<tool_call>\n{'arguments': {'a': True, 'b': None}, 'name': 'find'}\n</tool_call>\n<tool_call>\n{\"name\": \"find\", \"arguments\": {\"a\": false}}\n</tool_call>\n",
                ),
                (
                    "tool",
                    "<tool_response>\n{\"name\": \"find\", \"content\": {\"x\": 1}}\n</tool_response>\n<tool_response>\nnothing\n</tool_response>\n",
                ),
                ("gpt", "<think>Enough.</think>Found one."),
            ],
        );
        let read = one(&Hermes, "func-calling.json", &json!([row]).to_string());
        assert_eq!(read.messages[0].role, Role::User, "the template says nothing of its own");
        assert_eq!(read.tools[0]["function"]["parameters"]["properties"]["a"]["default"], Value::Null);
        let calls = &read.messages[1].tool_calls;
        assert_eq!(
            (calls[0].arguments.clone(), calls[1].arguments.clone()),
            (json!({"a": true, "b": null}), json!({"a": false}))
        );
        assert_eq!(read.messages[1].text(), "On it.");
        assert_eq!((read.messages[2].text().as_ref(), read.messages[3].text().as_ref()), ("{\"x\":1}", "nothing"));
        assert_eq!(read.messages[3].tool_call_id, calls[1].id);
        assert_eq!(
            (read.messages[4].text().as_ref(), &read.messages[4].extra["reasoning_content"]),
            ("Found one.", &json!("Enough."))
        );
        assert_eq!((read.id.as_str(), read.metadata["task"].clone()), ("u-1", json!("T")));
    }

    #[test]
    fn a_system_turn_of_its_own_is_kept_and_line_breaks_in_two_characters_are_read() {
        let system = "You extract. You are given <tools></tools>.\n<tools>\n[{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]\n</tools>\nReply so.";
        let called = r#"<tool_call>\n{"name": "f", "arguments": {"q": "a\nb"}}\n</tool_call>"#;
        let read = one(&Hermes, "x.json", &json!([row(system, &[("human", "Go."), ("gpt", called)])]).to_string());
        assert_eq!(read.messages[0].text(), "You extract. You are given <tools></tools>.");
        assert_eq!(read.messages[2].tool_calls[0].arguments, json!({"q": "a\nb"}));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let nested = r#"<tool_call>\n{"arguments": {"q": 1, "name": "f"}}\n</tool_call>"#;
        let mut json_mode = row(SYSTEM, &[("human", "Go."), ("gpt", "{}")]);
        json_mode["schema"] = json!("{}");
        for (row, pointer, what) in [
            (row(SYSTEM, &[("human", "Go."), ("gpt", nested)]), "/0/conversations/2/value", "a call without a name"),
            (
                row(SYSTEM, &[("human", "Go."), ("gpt", "<tool_call>\n{'name': 'f', 'arg")]),
                "/0/conversations/2/value",
                "not JSON",
            ),
            (row(SYSTEM, &[("human", "Go."), ("tool", "1")]), "/0/conversations/2/value", "no call before it"),
            (row("No tools.", &[("human", "Go."), ("gpt", "Yes.")]), "/0/conversations", "no system turn with <tools>"),
            (
                row("<tools>[{'name': f}]</tools>", &[("human", "Go."), ("gpt", "Yes.")]),
                "/0/conversations/0/value",
                "a variable",
            ),
            (json_mode, "/0", "JSON mode"),
        ] {
            let found = quarantined(&Hermes, "x.json", &json!([row]).to_string());
            assert_eq!(found[0].fault.pointer, pointer, "{}", found[0].fault);
            assert!(found[0].fault.what.contains(what), "{}", found[0].fault);
        }
    }

    #[test]
    fn ids_that_two_files_share_are_set_apart() {
        let row = row(SYSTEM, &[("human", "Go."), ("gpt", "Yes.")]);
        let (trajectories, _) = read(&Hermes, "x.json", &json!([row, row]).to_string());
        assert_eq!([trajectories[0].id.as_str(), &trajectories[1].id], ["u-1", "u-1#2"]);
    }
}
