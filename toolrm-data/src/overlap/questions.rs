//! [`questions_of`]: the questions of a benchmark, as it is published.

#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "published files are called so")]

use std::{cell::Cell, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};
use toolrm_core::call::Content;

use crate::{
    error::{DataError, Fault, Place},
    input::{Input, parse_json},
    record::{kind, list, object, optional_text},
    tree::Tree,
};

const SHAPE: &str = "write a question as {\"id\", \"question\"} (or \"query\", \"messages\", \"prompt\"): a text, messages, or a list of messages for every turn";

/// The questions of a benchmark, by id: those of a JSON Lines file (plain, zstd or gzip), or of a folder or archive of such files. In one
/// that holds files of BFCL (`BFCL_*.json`, `BFCL_*.jsonl`) these are read, and neither its `possible_answer/` nor its
/// `multi_turn_func_doc/`; in any other one all `*.jsonl`.
///
/// A record is `{"id", "question"}`, or `query`, `messages`, `prompt` in place of `question`, the first that is there: a text; a list of
/// messages; or a list of lists of messages, one for each turn. What users say in it is the question; what systems and assistants say is not.
/// A record of one turn is one question under its id. A record of several turns (lists, or messages of a user in a single list) is the
/// whole, turns joined by line breaks, under its id, and every turn that says something by itself under `ID#TURN`, counted from 0: training
/// data may hold the dialogue or any request of it.
///
/// # Errors
/// When a file cannot be read, a record is none of these (where, what is wrong, what to do), or there is no question at all.
pub fn questions_of(path: &Path) -> Result<Vec<(String, String)>, DataError> {
    let tree = Tree::open_any(path)?;
    let has_bfcl = Cell::new(false);
    // Only looks at the names.
    tree.visit(
        |inside| {
            has_bfcl.set(has_bfcl.get() || is_bfcl(inside));
            false
        },
        |_, _| Ok::<_, DataError>(()),
    )?;
    let is_wanted = |inside: &str| {
        tree.is_file() || if has_bfcl.get() { is_bfcl(inside) } else { unpacked(inside).ends_with(".jsonl") }
    };
    let mut questions = Vec::new();
    tree.visit(is_wanted, |_, file| read(file, &mut questions))?;
    if questions.is_empty() {
        return Err(Place::file(path).error(Fault::new("no questions", SHAPE)));
    }
    Ok(questions)
}

/// The name without what it is packed with.
fn unpacked(path: &str) -> &str {
    path.strip_suffix(".zst").or_else(|| path.strip_suffix(".gz")).unwrap_or(path)
}

fn is_bfcl(path: &str) -> bool {
    let path = unpacked(path);
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let is_record_file = [".json", ".jsonl"].iter().any(|ending| name.ends_with(ending));
    name.starts_with("BFCL_") && is_record_file && !parts.any(|p| p == "possible_answer" || p == "multi_turn_func_doc")
}

fn read(mut file: Input, questions: &mut Vec<(String, String)>) -> Result<(), DataError> {
    while let Some((place, line)) = file.next_line()? {
        let record = parse_json(&place, line)?;
        questions.extend(of_record(&record).map_err(|fault| place.error(fault))?);
    }
    Ok(())
}

/// The questions of a record.
fn of_record(record: &Value) -> Result<Vec<(String, String)>, Fault> {
    let record = object(record, SHAPE)?;
    let id =
        optional_text(record, "id")?.ok_or_else(|| Fault::new("\"id\" is missing", "give every record an \"id\""))?;
    let asked = ["question", "query", "messages", "prompt"].into_iter().find_map(|key| {
        let value = record.get(key).filter(|value| !value.is_null())?;
        Some((key, value))
    });
    let Some((key, value)) = asked else { return Err(Fault::new("no question", SHAPE)) };
    let turns = turns(value).map_err(|fault| fault.under(key))?;
    let said: Vec<(usize, &String)> = turns.iter().enumerate().filter(|(_, turn)| !turn.trim().is_empty()).collect();
    let whole: Vec<&str> = said.iter().map(|(_, turn)| turn.as_str()).collect();
    if whole.is_empty() {
        return Err(Fault::new("nobody asks anything: no text of a user", SHAPE).under(key));
    }
    let mut questions = vec![(id.clone(), whole.join("\n"))];
    if said.len() > 1 {
        questions.extend(said.into_iter().map(|(at, turn)| (format!("{id}#{at}"), turn.clone())));
    }
    Ok(questions)
}

/// What users say in each turn.
fn turns(value: &Value) -> Result<Vec<String>, Fault> {
    if let Value::String(text) = value {
        return Ok(vec![text.clone()]);
    }
    let items = list(value, SHAPE)?;
    if items.iter().any(Value::is_array) {
        return items
            .iter()
            .enumerate()
            .map(|(i, turn)| {
                let texts = list(turn, SHAPE).and_then(|turn| user_texts(turn));
                texts.map(|texts| texts.join("\n")).map_err(|fault| fault.under(i))
            })
            .collect();
    }
    user_texts(items)
}

/// The texts of the users' messages.
fn user_texts(messages: &[Value]) -> Result<Vec<String>, Fault> {
    let mut texts = Vec::new();
    for (i, message) in messages.iter().enumerate() {
        let text = object(message, SHAPE).and_then(user_text).map_err(|fault| fault.under(i))?;
        texts.extend(text);
    }
    Ok(texts)
}

fn user_text(message: &Map<String, Value>) -> Result<Option<String>, Fault> {
    match message.get("role").and_then(Value::as_str) {
        Some("user") => {}
        Some(_) => return Ok(None),
        None => return Err(Fault::new("a message without a role", SHAPE)),
    }
    match message.get("content") {
        None | Some(Value::Null) => Ok(None),
        Some(content) => Content::deserialize(content).map(|content| Some(content.text().into_owned())).map_err(|_| {
            Fault::new(format!("expected a text or content parts, found {}", kind(content)), SHAPE).under("content")
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(record: &Value) -> Vec<(String, String)> {
        of_record(record).unwrap()
    }

    fn pair(id: &str, text: &str) -> (String, String) {
        (id.to_owned(), text.to_owned())
    }

    #[test]
    fn questions_of_every_shape() {
        let user = |text: &str| json!({"role": "user", "content": text});
        let (system, assistant) =
            (json!({"role": "system", "content": "Be brief."}), json!({"role": "assistant", "content": null}));
        for record in [
            json!({"id": "a", "question": "Tea?"}),
            json!({"id": "a", "question": null, "query": "Tea?"}),
            json!({"id": "a", "messages": [system, user("Tea?"), assistant]}),
            json!({"id": "a", "prompt": [[system, user("Tea?")]]}),
            json!({"id": "a", "question": [[], [{"role": "user", "content": [{"type": "text", "text": "Tea?"}]}]]}),
        ] {
            assert_eq!(of(&record), [pair("a", "Tea?")], "{record}");
        }
        let several = [pair("7", "Tea?\nMilk?"), pair("7#0", "Tea?"), pair("7#2", "Milk?")];
        assert_eq!(of(&json!({"id": 7, "question": [[user("Tea?")], [], [user("Milk?"), assistant]]})), several);
        assert_eq!(
            of(&json!({"id": "b", "messages": [user("Tea?"), assistant, user("Milk?")]}))[2],
            pair("b#1", "Milk?")
        );
    }

    #[test]
    fn what_is_none_is_said_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.jsonl");
        for (record, what) in [
            (r#"{"id": "a"}"#, ":2: no question; write"),
            (r#"{"query": "Tea?"}"#, ":2: \"id\" is missing; give"),
            (r#"["Tea?"]"#, ":2: expected an object, found a list"),
            (r#"{"id": "a", "question": 3}"#, ":2: /question: expected a list, found a number"),
            (r#"{"id": "a", "question": [[{"role": "system", "content": "x"}]]}"#, ":2: /question: nobody asks"),
            (
                r#"{"id": "a", "question": [[{"role": "user", "content": 3}]]}"#,
                ":2: /question/0/0/content: expected a text",
            ),
            (r#"{"id": "a", "messages": [{"content": "x"}]}"#, ":2: /messages/0: a message without a role"),
            (r#"{"id": "a", "messages": ["x"]}"#, ":2: /messages/0: expected an object, found a string"),
            (r#"{"id": "a", "question": [[], 1]}"#, ":2: /question/1: expected a list, found a number"),
            ("{", ":2: not JSON at column"),
        ] {
            std::fs::write(&path, format!("{{\"id\": 1, \"query\": \"Milk?\"}}\n{record}\n")).unwrap();
            let error = questions_of(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("q.jsonl{what}")), "{error}");
        }
        std::fs::write(&path, "\n").unwrap();
        assert!(questions_of(&path).unwrap_err().to_string().contains("q.jsonl: no questions"));
    }

    #[test]
    fn folders_give_the_files_of_the_benchmark() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("b/other.jsonl", r#"{"id": "o", "prompt": "Milk?"}"#);
        write("b/notes.json", "not read");
        assert_eq!(questions_of(folder.path()).unwrap(), [pair("o", "Milk?")]);
        write("b/BFCL_v9_simple.json", r#"{"id": "s", "question": [[{"role": "user", "content": "Tea?"}]]}"#);
        write("b/possible_answer/BFCL_v9_simple.json", r#"{"id": "s", "ground_truth": []}"#);
        write("b/multi_turn_func_doc/BFCL_v9_api.json", r#"{"name": "tea"}"#);
        assert_eq!(questions_of(folder.path()).unwrap(), [pair("s", "Tea?")]);
        let empty = tempfile::tempdir().unwrap();
        assert!(questions_of(empty.path()).unwrap_err().to_string().contains("no questions"));
        assert!(questions_of(&empty.path().join("x")).unwrap_err().to_string().contains("cannot open"));
    }
}
