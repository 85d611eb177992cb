//! Glaive's own format: the system message and the chat as two texts.

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Role, ToolCall},
    format::json::parse_strict,
};

use crate::{
    error::Fault,
    source::{
        calls::{arguments_of, tools, tools_in},
        dialogue::Dialogue,
        fields::{members, take_text},
        turns::{Speaker, result},
    },
};

/// What ends an assistant's message.
const END: &str = "<|endoftext|>";
/// What a call begins with.
const CALL: &str = "<functioncall>";
/// How the system message begins that says nothing but that there are tools, or none.
const TEMPLATES: [&str; 2] =
    ["You are a helpful assistant with access to", "You are a helpful assistant, with no access to"];
const CALL_SHAPE: &str = "write a call as {\"name\": \"..\", \"arguments\": '{..}'}";

/// The dialogue and the tools of a row `{"system", "chat"}`.
pub(super) fn read(fields: &mut Map<String, Value>) -> Result<(Dialogue, Value), Fault> {
    let mut dialogue = Dialogue::default();
    let tools = match fields.remove("system") {
        None | Some(Value::Null) => Value::Array(Vec::new()),
        Some(Value::String(system)) => read_system(&system, &mut dialogue).map_err(|fault| fault.under("system"))?,
        Some(other) => {
            let fix = "write the system message as a text";
            return Err(crate::source::fields::expected("a string", &other, fix).under("system"));
        }
    };
    let chat = take_text(fields, "chat", "write the conversation as a text")?;
    let mut number = 0;
    each_block(&chat, |speaker, text| {
        number += 1;
        turn(&mut dialogue, speaker, text).map_err(|mut fault| {
            fault.what = format!("message {number}: {}", fault.what);
            // The pointer ends at the text: what is inside of it has none.
            fault.pointer.clear();
            fault
        })
    })
    .map_err(|fault| fault.under("chat"))?;
    Ok((dialogue, tools))
}

/// The tools, pretty-printed JSON objects behind the words. Words that are not the template become a message.
fn read_system(system: &str, dialogue: &mut Dialogue) -> Result<Value, Fault> {
    let system = system.trim().strip_prefix("SYSTEM:").unwrap_or(system).trim();
    let (words, objects) = system.split_at_checked(system.find("\n{").unwrap_or(system.len())).unwrap_or_default();
    if !words.is_empty() && !TEMPLATES.iter().any(|template| words.starts_with(template)) {
        dialogue.say(Role::System, words.trim());
    }
    tools(Some(tools_in(objects)?))
}

/// Hands on the messages: blocks between two blank lines, each of which begins with who speaks. A block that does not belongs to the one
/// before it.
fn each_block(chat: &str, mut each: impl FnMut(Speaker, &str) -> Result<(), Fault>) -> Result<(), Fault> {
    const SEPARATOR: &str = "\n\n\n";
    let mut open: Option<(Speaker, usize)> = None;
    let mut at = 0;
    for block in chat.split(SEPARATOR) {
        let bare = block.trim_start();
        if let Some((speaker, words)) = speaker(bare) {
            if let Some((speaker, from)) = open.take() {
                each(speaker, chat.get(from..at).unwrap_or_default().trim())?;
            }
            open = Some((speaker, at + block.len() - words.len()));
        } else if open.is_none() && !bare.is_empty() {
            return Err(Fault::new("text before the first USER: or ASSISTANT:", "begin each message with who speaks"));
        }
        at += block.len() + SEPARATOR.len();
    }
    match open {
        Some((speaker, from)) => each(speaker, chat.get(from..).unwrap_or_default().trim()),
        None => Ok(()),
    }
}

fn speaker(block: &str) -> Option<(Speaker, &str)> {
    let tags = [("USER:", Speaker::User), ("ASSISTANT:", Speaker::Assistant), ("FUNCTION RESPONSE:", Speaker::Result)];
    tags.into_iter().find_map(|(tag, speaker)| Some((speaker, block.strip_prefix(tag)?)))
}

fn turn(dialogue: &mut Dialogue, speaker: Speaker, text: &str) -> Result<(), Fault> {
    match speaker {
        Speaker::Result => return result(dialogue, text.to_owned()),
        Speaker::Assistant => {
            let text = text.replace(END, "");
            match text.split_once(CALL) {
                Some((words, called)) => dialogue.call(vec![call(called.trim())?], Some(words.trim().to_owned())),
                None => dialogue.say(Role::Assistant, text.trim()),
            }
        }
        _ => dialogue.say(Role::User, text),
    }
    Ok(())
}

/// `{"name": "f", "arguments": '{"a": 1}'}`: JSON inside single quotes, whose own single quotes may be escaped or not. Some calls are JSON
/// throughout, and some have no arguments.
fn call(text: &str) -> Result<ToolCall, Fault> {
    let (object, quoted) = match parse_strict(text) {
        Ok(object) => (object, None),
        Err(whole) => match apart(text).and_then(|(outer, quoted)| Some((parse_strict(&outer).ok()?, quoted))) {
            Some((object, quoted)) => (object, Some(quoted)),
            None => return Err(Fault::new(format!("a call that is not JSON: {whole}"), CALL_SHAPE)),
        },
    };
    let mut fields = members(object, CALL_SHAPE)?;
    let name = take_text(&mut fields, "name", CALL_SHAPE)?;
    let arguments = match (quoted, fields.remove("arguments")) {
        (Some(quoted), Some(Value::Null)) => {
            let read = parse_strict(quoted).or_else(|_| parse_strict(&quoted.replace("\\'", "'")));
            read.map_err(|e| Fault::new(format!("arguments that are not JSON: {e}"), CALL_SHAPE))?
        }
        (None, None) => Value::Object(Map::new()),
        (None, Some(given)) => given,
        (Some(_), _) => return Err(Fault::new("a text in single quotes that is not the arguments", CALL_SHAPE)),
    };
    Ok(ToolCall::new(name, Value::Object(arguments_of(arguments)?)))
}

/// A call with `null` in place of what it has in single quotes, and what that is.
fn apart(text: &str) -> Option<(String, &str)> {
    let (open, close) = (text.find("'{")?, text.rfind("}'")?);
    let quoted = text.get(open + 1..=close)?;
    Some((format!("{}null{}", text.get(..open)?, text.get(close + 2..)?), quoted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::{
        glaive::Glaive,
        testing::{one, quarantined},
    };

    #[test]
    fn calls_are_read_in_every_spelling() {
        for (text, arguments) in [
            (r#"{"name": "f", "arguments": '{"a": 1}'}"#, json!({"a": 1})),
            (r#"{"name": "f", "arguments": '{"a": "it's"}'}"#, json!({"a": "it's"})),
            (r#"{"name": "f", "arguments": '{"a": "it\'s {x}'}"}'}"#, json!({"a": "it's {x}'}"})),
            (r#"{"name": "f", "arguments": '{}'}"#, json!({})),
            (r#"{"name": "f", "arguments": {"a": "'{'"}}"#, json!({"a": "'{'"})),
            (r#"{"name": "f", "arguments": "{\"a\": 1}"}"#, json!({"a": 1})),
            (r#"{"name": "f"}"#, json!({})),
        ] {
            let called = call(text);
            assert_eq!(called.map(|c| (c.name, c.arguments)), Ok(("f".to_owned(), arguments)), "{text}");
        }
        for (text, what) in [
            (r#"{"name": "f", "arguments": '{"a": 1'}"#, "not JSON"),
            (r#"{"name": "f", "arguments": '{"a": 1, "a": 2}'}"#, "occurs twice"),
            (r#"{"arguments": '{}'}"#, "\"name\" is missing"),
            (r#"{"name": '{}'}"#, "expected a string"),
            (r#"{"name": "f", "arguments": [1]}"#, "expected an object, found a list"),
            ("f()", "not JSON"),
        ] {
            assert!(call(text).unwrap_err().what.contains(what), "{text}: {:?}", call(text));
        }
    }

    fn row(system: &str, chat: &str) -> String {
        json!([{"system": system, "chat": chat}]).to_string()
    }

    const SYSTEM: &str = "SYSTEM: You are a helpful assistant with access to the following functions. Use them if required -\n\
        {\n    \"name\": \"f\"\n}\n\n{\n    \"name\": \"g\"\n}\n\n";

    #[test]
    fn a_chat_becomes_messages() {
        let chat = "USER: Sort this:\n\n\nb\n\n\na\n\n\nASSISTANT: Sure. <functioncall> {\"name\": \"f\", \"arguments\": '{\"a\": 1}'} <|endoftext|>\n\n\n\
            FUNCTION RESPONSE: {\"ok\": true}\n\n\nASSISTANT: Done. <|endoftext|>\n\n\n";
        let read = one(&Glaive, "glaive-function-calling-v2.json", &row(SYSTEM, chat));
        assert_eq!(read.tools, json!([{"name": "f"}, {"name": "g"}]));
        let said: Vec<_> = read.messages.iter().map(|m| m.text().into_owned()).collect();
        assert_eq!(said, ["Sort this:\n\n\nb\n\n\na", "Sure.", "{\"ok\": true}", "Done."]);
        assert_eq!(read.messages[1].tool_calls[0].arguments, json!({"a": 1}));
    }

    #[test]
    fn a_system_message_of_its_own_is_kept() {
        let chat = "USER: Hi.\n\n\nASSISTANT: Hello. <|endoftext|>\n\n\n";
        let read = one(
            &Glaive,
            "g.json",
            &row("SYSTEM: You are a helpful assistant, with no access to external functions.", chat),
        );
        assert_eq!((read.tools, read.messages.len()), (json!([]), 2));
        let read = one(&Glaive, "g.json", &row("SYSTEM: Talk like a pirate.\n{\"name\": \"f\"}", chat));
        assert_eq!((read.tools, read.messages[0].text().as_ref()), (json!([{"name": "f"}]), "Talk like a pirate."));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (system, chat, pointer, what) in [
            (
                SYSTEM,
                "USER: Go.\n\n\nASSISTANT: <functioncall> {\"name\": \"f\", '{'} <|endoftext|>",
                "/0/chat",
                "message 2: a call that is not JSON",
            ),
            (SYSTEM, "USER: Go.\n\n\nFUNCTION RESPONSE: 1", "/0/chat", "message 2: a result with no call"),
            (SYSTEM, "Go.", "/0/chat", "text before the first"),
            (SYSTEM, "", "/0/chat", "an empty conversation"),
            ("SYSTEM: You are\n{\"name\": ", "USER: Go.", "/0/system", "neither JSON"),
        ] {
            let found = quarantined(&Glaive, "g.json", &row(system, chat));
            assert_eq!(found[0].fault.pointer, pointer, "{}", found[0].fault);
            assert!(found[0].fault.what.contains(what), "{}", found[0].fault);
        }
    }
}
