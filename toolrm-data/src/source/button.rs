//! [`Button`]: tasks of several steps over invented tools, solved with thoughts that are told beside the calls.

use serde_json::Value;
use toolrm_core::{call::Role, format::json::parse_strict};

use super::{
    Record, Source, Trajectory,
    calls::{calls, tools_in},
    dialogue::Dialogue,
    fields::{members, take_items, text_of},
    published::Published,
    turns::{CHAT, Speaker, answered, each_turn, result},
};
use crate::{
    error::{DataError, Fault},
    record::optional_text,
    tree::Tree,
};

const ROW: &str =
    "write a row as {\"messages\": [{\"role\", \"content\"}, ..]}, the tools inside <tool> in the system message";

const FILES: Published = Published { names: "button_instruct.jsonl", is: |path| path.contains("button") };

/// How the system message says that one call is made at a time.
const ONE_CALL: &str =
    "You should call one function at a time, and wait for the response before calling the next function.";
/// How it says that several may be made at once.
const SEVERAL_CALLS: &str = "If possible, you can call multiple functions in parallel, be sure the functions called parallelly are \
    independent of each other.";

/// The rows of BUTTON's `button_instruct.jsonl`: `{"messages": [{"role", "content"}, ..]}`, calls inside `<call>`, final answers inside
/// `<final>`, one result for each call in the message of the tool.
///
/// The system message is a template around the tools and one sentence, on whether several calls may be made at once. That sentence is kept,
/// the form of calls is not: it is not the one in which answers are shown to a judge.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct Button;

impl Source for Button {
    fn name(&self) -> &'static str {
        "button"
    }

    fn about(&self) -> &'static str {
        "BUTTONInstruct of PKU-Baichuan-MLSystemLab/BUTTON, CC BY 4.0; no true record at hand: written against the format in its README, the \
         form of the list of tools deduced"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        FILES.each_row(files, each, |value, row| {
            let mut fields = members(value, ROW)?;
            let turns = take_items(&mut fields, "messages", ROW)?;
            let mut told = Told::default();
            let read = each_turn(turns, CHAT, |speaker, text| told.turn(speaker, &text));
            let messages = read.and_then(|()| answered(told.dialogue.into_messages()));
            let messages = messages.map_err(|fault| fault.under("messages"))?;
            let tools =
                told.tools.ok_or_else(|| Fault::new("no system message with the tools", ROW).under("messages"))?;
            let id = optional_text(&fields, "id")?.unwrap_or_else(|| row.id());
            let mut trajectory = Trajectory::new(id, row.place.clone(), tools, messages);
            trajectory
                .metadata
                .extend(told.parallel.map(|allowed| ("parallel_calls".to_owned(), Value::Bool(allowed))));
            Ok(trajectory)
        })
    }
}

/// What was said so far.
#[derive(Debug, Default)]
struct Told {
    dialogue: Dialogue,
    tools: Option<Value>,
    parallel: Option<bool>,
}

impl Told {
    fn turn(&mut self, speaker: Speaker, text: &str) -> Result<(), Fault> {
        match speaker {
            Speaker::System => self.system(text)?,
            Speaker::User => self.dialogue.say(Role::User, text),
            Speaker::Assistant => match between(text, "<call>", "</call>")? {
                Some((before, called, after)) => {
                    self.dialogue.call(calls(Value::String(called.to_owned()))?, Some(joined(&[before, after])));
                }
                None => self.dialogue.say(Role::Assistant, words(text)?),
            },
            Speaker::Call => self.dialogue.call(calls(Value::String(text.to_owned()))?, None),
            Speaker::Result => match parse_strict(text) {
                Ok(Value::Array(results)) => {
                    for (i, given) in results.into_iter().enumerate() {
                        result(&mut self.dialogue, returned(given)).map_err(|fault| fault.under(i))?;
                    }
                }
                _ => result(&mut self.dialogue, text.to_owned())?,
            },
        }
        Ok(())
    }

    fn system(&mut self, text: &str) -> Result<(), Fault> {
        let Some((before, tools, after)) = between(text, "<tool>", "</tool>")? else {
            self.dialogue.say(Role::System, text);
            return Ok(());
        };
        self.tools = Some(super::calls::tools(Some(tools_in(tools)?))?);
        self.parallel = match (after.contains(ONE_CALL), after.contains(SEVERAL_CALLS)) {
            (true, false) => Some(false),
            (false, true) => Some(true),
            _ => None,
        };
        match self.parallel {
            Some(true) => self.dialogue.say(Role::System, SEVERAL_CALLS),
            Some(false) => self.dialogue.say(Role::System, ONE_CALL),
            None => self.dialogue.say(Role::System, joined(&[before, after])),
        }
        Ok(())
    }
}

/// What a call returned: the `results` of `{"name", "arguments", "results"}`.
fn returned(given: Value) -> String {
    match given {
        Value::Object(mut fields) => match fields.remove("results") {
            Some(results) => text_of(results),
            None => Value::Object(fields).to_string(),
        },
        other => text_of(other),
    }
}

/// An answer in words: the thought before it, and what is inside of `<final>`.
fn words(text: &str) -> Result<String, Fault> {
    Ok(match between(text, "<final>", "</final>")? {
        Some((before, inside, after)) => joined(&[before, inside, after]),
        None => text.to_owned(),
    })
}

/// What is before, inside and behind the first pair of two tags.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Result<Option<(&'t str, &'t str, &'t str)>, Fault> {
    let Some((before, rest)) = text.split_once(open) else { return Ok(None) };
    let Some((inside, after)) = rest.split_once(close) else {
        return Err(Fault::new(format!("`{open}` without `{close}`"), "close it"));
    };
    Ok(Some((before, inside, after)))
}

fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::testing::{one, quarantined};

    const TOOLS: &str = "[\n  {\"name\": \"rate\", \"description\": \"Rate\", \"parameters\": {\"type\": \"object\"}, \"responses\": {}}\n]";

    fn system(tools: &str, parallel: &str) -> Value {
        let text = format!(
            "You are an expert in using functions (i.e., tools) to solve users' tasks. The functions available for you to use are detailed \
             below: \n<tool>\n{tools}\n</tool>\n\nIn your response, you need first provide your observation. Enclose the function call \
             within the tag \"<call></call>\". {parallel}\n**Final Answer**: within the tag \"<final></final>\".\n"
        );
        json!({"role": "system", "content": text})
    }

    fn row(system: Value, rest: &[(&str, &str)]) -> String {
        let mut messages = vec![system];
        messages.extend(rest.iter().map(|(role, content)| json!({"role": role, "content": content})));
        json!({"messages": messages}).to_string()
    }

    #[test]
    fn thoughts_calls_and_results_are_told_apart() {
        let text = row(
            system(TOOLS, SEVERAL_CALLS),
            &[
                ("user", "Two rates."),
                (
                    "assistant",
                    "Both at once. <call>[\n  {\"name\": \"rate\", \"arguments\": {\"of\": 1}},\n  {\"name\": \"rate\", \"arguments\": {\"of\": 2}}\n]</call>",
                ),
                (
                    "tool",
                    "[{\"name\": \"rate\", \"arguments\": {\"of\": 1}, \"results\": {\"r\": 3}}, {\"name\": \"rate\", \"arguments\": {\"of\": 2}, \"results\": \"4\"}]",
                ),
                ("assistant", "I have both. <final>3 and 4.</final>"),
            ],
        );
        let read = one(&Button, "button_instruct.jsonl", &text);
        assert_eq!(read.messages[0].text(), SEVERAL_CALLS);
        assert_eq!((read.messages[2].text().as_ref(), read.messages[2].tool_calls.len()), ("Both at once.", 2));
        let results: Vec<_> = read.messages[3..5].iter().map(|m| m.text().into_owned()).collect();
        assert_eq!(results, ["{\"r\":3}", "4"]);
        assert_eq!(read.messages[5].text(), "I have both.\n3 and 4.");
        assert_eq!((read.metadata["parallel_calls"].clone(), read.id.as_str()), (json!(true), "button_instruct-0"));
    }

    #[test]
    fn tools_may_be_one_a_line_and_the_role_may_be_misspelt() {
        let mut first = system("{\"name\": \"f\"}\n{\"name\": \"g\"}", ONE_CALL);
        first["role"] = json!("systems");
        let read = one(&Button, "b.jsonl", &row(first, &[("user", "Go."), ("assistant", "<final>Done.</final>")]));
        assert_eq!((read.tools, read.messages[0].text().as_ref()), (json!([{"name": "f"}, {"name": "g"}]), ONE_CALL));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (rest, pointer, what) in [
            (
                &[("user", "Go."), ("assistant", "<call>[{\"name\": \"f\"}]")][..],
                "/messages/2/content",
                "without `</call>`",
            ),
            (
                &[("user", "Go."), ("assistant", "<call>[{\"name\": \"f\"}]</call>")],
                "/messages/2/content/0",
                "is missing",
            ),
            (&[("user", "Go."), ("assistant", "<call>[]</call>")], "/messages/2/content", "an empty list"),
            (&[("user", "Go."), ("tool", "[{\"results\": 1}]")], "/messages/2/content/0", "no call before it"),
            (&[("user", "Go.")], "/messages", "no assistant answers"),
        ] {
            let found = quarantined(&Button, "b.jsonl", &row(system(TOOLS, ONE_CALL), rest));
            assert_eq!(found[0].fault.pointer, pointer, "{}", found[0].fault);
            assert!(found[0].fault.what.contains(what), "{}", found[0].fault);
        }
        let no_tools =
            json!({"messages": [{"role": "user", "content": "Go."}, {"role": "assistant", "content": "Yes."}]});
        assert!(quarantined(&Button, "b.jsonl", &no_tools.to_string())[0].fault.what.contains("no system message"));
    }
}
