//! Calls between tags: Hermes' `<tool_call>{..}</tool_call>` and its kin.

use std::fmt::Write as _;

use memchr::memchr_iter;
use serde_json::Value;

use super::{
    Reading, Syntax, ToolFormat, call_object::CallObject, json, list::call_object, literal::Reader, text::line_starts,
};
use crate::call::{Action, ToolCall};

/// Call objects behind a tag, with words around them.
///
/// Inside the tags stands one call object, several of them (as ToolRL writes), or a list. Models trained on the published Hermes
/// data write it as a Python literal too (`{'name': 'f', 'arguments': {'a': 1}}`), which is read as well. The closing tag may be
/// missing where another tag or the end follows a whole object: servers cut it off as a stop text.
///
/// ```
/// use toolrm_core::format::{Tagged, ToolFormat};
/// let candidate = Tagged::HERMES.parse(
///     "On it.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>");
/// assert_eq!(candidate.action.calls()[0].arguments["city"], "Paris");
/// assert_eq!(candidate.content.as_deref(), Some("On it."));
/// let cut = Tagged::HERMES.parse("<tool_call>\n{\"name\": \"get_weather\", \"argum");
/// assert!(cut.action.is_malformed());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tagged {
    id: &'static str,
    open: &'static str,
    close: &'static str,
}

impl Tagged {
    /// `<tool_call>{"name": .., "arguments": {..}}</tool_call>`: Hermes, Qwen 2.5 and 3.
    pub const HERMES: Self = Self { id: "hermes", open: "<tool_call>", close: "</tool_call>" };
    /// `<function_call> {"name": .., "arguments": {..}}`: IBM's Granite 20B, without closing tags.
    pub const GRANITE: Self = Self { id: "granite", open: "<function_call>", close: "</function_call>" };

    /// Where the next call starts: a tag that is followed by the beginning of an object or list, or that begins a line. A tag
    /// named in the middle of a sentence is words.
    fn find(self, text: &str, from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        memchr_iter(b'<', rest.as_bytes()).map(|at| from + at).find(|&at| {
            let (before, tag) = text.split_at_checked(at).unwrap_or_default();
            tag.strip_prefix(self.open)
                .is_some_and(|inside| inside.trim_start().starts_with(['{', '[']) || line_starts(before))
        })
    }

    /// Whether a call starts somewhere in the answer.
    pub(super) fn has_mark(self, answer: &str) -> bool {
        self.find(answer, 0).is_some()
    }

    /// Reads what stands behind an opening tag; the offset is where the block ends, closing tag included.
    fn block(self, inside: &str, calls: &mut Vec<ToolCall>) -> Result<usize, String> {
        let mut at = 0;
        let before = calls.len();
        loop {
            let rest = inside.get(at..).unwrap_or_default();
            let text = rest.trim_start();
            at += rest.len() - text.len();
            if text.starts_with(self.close) {
                at += self.close.len();
                break;
            }
            if text.is_empty() || text.starts_with(self.open) {
                break;
            }
            if !text.starts_with(['{', '[']) {
                if calls.len() > before && self.close_is_optional() {
                    break;
                }
                return Err(format!("expected a call object or `{}`", self.close));
            }
            at += payload(text, calls)?;
        }
        if calls.len() == before { Err(format!("no call behind `{}`", self.open)) } else { Ok(at) }
    }

    fn close_is_optional(self) -> bool {
        self == Self::GRANITE
    }
}

/// One call object or list of them, in JSON or as a Python literal; the offset is where it ends.
fn payload(text: &str, calls: &mut Vec<ToolCall>) -> Result<usize, String> {
    let error = if text.starts_with('{') {
        match json::first::<CallObject>(text) {
            Ok((object, end)) => {
                calls.push(object.into_call()?);
                return Ok(end);
            }
            Err(error) => error,
        }
    } else {
        match json::first::<Vec<CallObject>>(text) {
            Ok((objects, end)) => {
                for object in objects {
                    calls.push(object.into_call()?);
                }
                return Ok(end);
            }
            Err(error) => error,
        }
    };
    let mut reader = Reader::new(text);
    let Ok(literal) = reader.literal() else { return Err(format!("not JSON: {error}")) };
    for item in super::shape::items(literal) {
        let Value::Object(map) = item else { return Err(format!("not JSON: {error}")) };
        calls.push(CallObject::from(map).into_call()?);
    }
    Ok(reader.pos())
}

impl ToolFormat for Tagged {
    fn id(&self) -> &str {
        self.id
    }

    fn read(&self, answer: &str) -> Reading {
        let mut calls = Vec::new();
        let mut content = String::new();
        let mut at = 0;
        while let Some(tag) = self.find(answer, at) {
            push_words(&mut content, answer.get(at..tag).unwrap_or_default());
            let inside = answer.get(tag + self.open.len()..).unwrap_or_default();
            let number = calls.len() + 1;
            match self.block(inside, &mut calls) {
                Ok(length) => at = tag + self.open.len() + length,
                Err(why) => return Reading::malformed(answer, format!("call {number}: {why}")).with_mark(),
            }
        }
        if calls.is_empty() {
            return Reading::words(answer);
        }
        push_words(&mut content, super::text::bare(answer.get(at..).unwrap_or_default()));
        Reading::calls(calls, &content).with_mark()
    }

    fn syntax(&self) -> Syntax {
        Syntax::tagged(self.open, self.close)
    }

    fn render(&self, action: &Action) -> String {
        match action {
            Action::Calls(calls) => {
                let mut out = String::new();
                for call in calls {
                    let object = call_object(call, "arguments");
                    let _ = write!(out, "{}\n{object}\n{}\n", self.open, self.close);
                }
                out.truncate(out.trim_end().len());
                out
            }
            Action::Text(text) | Action::Malformed { raw: text, .. } => text.clone(),
        }
    }
}

fn push_words(content: &mut String, words: &str) {
    let words = words.trim();
    if !words.is_empty() {
        if !content.is_empty() {
            content.push('\n');
        }
        content.push_str(words);
    }
}
