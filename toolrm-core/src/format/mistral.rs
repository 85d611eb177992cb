//! Mistral's `[TOOL_CALLS]`, in both of its generations.

use memchr::memmem;
use serde_json::Value;

use super::{
    Reading, Syntax, ToolFormat,
    call_object::{CallObject, call},
    json::{self, Strict},
    list::call_object,
    text::bare,
};
use crate::call::{Action, ToolCall};

const MARK: &str = "[TOOL_CALLS]";
const ARGS: &str = "[ARGS]";
const CALL_ID: &str = "[CALL_ID]";

/// Mistral's mark and what follows it: a JSON list of call objects, `[TOOL_CALLS][{"name": .., "arguments": {..}, "id": ..}]`, or, since
/// version 11 of its tokenizer, `[TOOL_CALLS]name[ARGS]{..}` once per call, with `[CALL_ID]id` before `[ARGS]` where there is one.
///
/// ```
/// use toolrm_core::format::{Mistral, ToolFormat};
/// let old = Mistral.parse(r#"[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Paris"}}]"#);
/// let new = Mistral.parse(r#"[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}"#);
/// assert_eq!(old.action, new.action);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a name without content")]
pub struct Mistral;

impl ToolFormat for Mistral {
    fn id(&self) -> &'static str {
        "mistral"
    }

    fn read(&self, answer: &str) -> Reading {
        let Some(mark) = memmem::find(answer.as_bytes(), MARK.as_bytes()) else { return Reading::words(answer) };
        let (content, marked) = answer.split_at_checked(mark).unwrap_or((answer, ""));
        match marked_calls(bare(marked)) {
            Ok(calls) => Reading::calls(calls, content),
            Err(why) => Reading::malformed(answer, why),
        }
        .with_mark()
    }

    fn syntax(&self) -> Syntax {
        Syntax::mistral(MARK)
    }

    fn render(&self, action: &Action) -> String {
        match action {
            Action::Calls(calls) => {
                let list: Value = calls.iter().map(|call| call_object(call, "arguments")).collect();
                format!("{MARK}{list}")
            }
            Action::Text(text) | Action::Malformed { raw: text, .. } => text.clone(),
        }
    }
}

impl Mistral {
    pub(super) fn has_mark(answer: &str) -> bool {
        answer.contains(MARK)
    }
}

/// The calls behind marks, up to the end of the text.
fn marked_calls(text: &str) -> Result<Vec<ToolCall>, String> {
    let mut calls = Vec::new();
    let mut rest = text;
    while let Some(body) = rest.strip_prefix(MARK) {
        let body = body.trim_start();
        let number = calls.len() + 1;
        let read = if body.starts_with('[') { list(body, &mut calls) } else { named(body, &mut calls) };
        let end = read.map_err(|why| format!("call {number}: {why}"))?;
        rest = body.get(end..).unwrap_or_default().trim_start();
    }
    match (rest, calls.len()) {
        ("", 0) => Err(format!("no call behind `{MARK}`")),
        ("", _) => Ok(calls),
        _ => Err("text after the calls".into()),
    }
}

fn list(body: &str, calls: &mut Vec<ToolCall>) -> Result<usize, String> {
    let (objects, end) = json::first::<Vec<CallObject>>(body).map_err(|error| format!("not JSON: {error}"))?;
    for object in objects {
        calls.push(object.into_call()?);
    }
    Ok(end)
}

fn named(body: &str, calls: &mut Vec<ToolCall>) -> Result<usize, String> {
    let Some(brace) = memchr::memchr(b'{', body.as_bytes()) else {
        return Err("expected a list of calls, or a name and its arguments".into());
    };
    let (name, id) = head(body.get(..brace).unwrap_or_default());
    if name.contains(['[', '\n']) {
        return Err(format!("expected the name of a tool, found `{}`", super::literal::shorten(name)));
    }
    let (Strict(arguments), end) =
        json::first(body.get(brace..).unwrap_or_default()).map_err(|error| format!("not JSON: {error}"))?;
    calls.push(call(name.to_owned(), Some(arguments), id.map(Value::from))?);
    Ok(brace + end)
}

/// The name and the id before the arguments.
pub(super) fn head(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    let text = text.strip_suffix(ARGS).unwrap_or(text);
    match text.split_once(CALL_ID) {
        Some((name, id)) => (name.trim(), Some(id.trim())),
        None => (text.trim(), None),
    }
}
