//! Llama 3's JSON calls and its `<|python_tag|>`.

use serde_json::Value;

use super::{
    Reading, Syntax, ToolFormat,
    enclosed::{self, Doc, DocReader},
    list::{JsonList, call_object},
    literal::Reader,
    shape::{JsonDocs, is_document},
    text::bare,
};
use crate::call::{Action, ToolCall};

const TAG: &str = "<|python_tag|>";

/// Llama 3's calls: `{"name": .., "parameters": {..}}`, several joined by `; `, bare or behind `<|python_tag|>`. Behind the tag stand
/// also calls of the built-in tools, `brave_search.call(query="..")`, which are calls of `brave_search`; any other Python code there
/// is malformed.
///
/// ```
/// use toolrm_core::format::{Llama, ToolFormat};
/// let candidate = Llama.parse(r#"{"name": "a", "parameters": {"x": 1}}; {"name": "b", "parameters": {}}"#);
/// assert_eq!(candidate.action.calls().len(), 2);
/// let built_in = Llama.parse("<|python_tag|>brave_search.call(query=\"weather in Paris\")<|eom_id|>");
/// assert_eq!(built_in.action.calls()[0].name, "brave_search");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a name without content")]
pub struct Llama;

impl ToolFormat for Llama {
    fn id(&self) -> &'static str {
        "llama"
    }

    fn read(&self, answer: &str) -> Reading {
        match answer.split_once(TAG) {
            Some((content, code)) if !is_document(answer) => match tagged(bare(code)) {
                Ok(calls) => Reading::calls(calls, content),
                Err(why) => Reading::malformed(answer, why),
            }
            .with_mark(),
            _ => enclosed::read(answer, &DOCUMENTS),
        }
    }

    fn syntax(&self) -> Syntax {
        Syntax::code(TAG)
    }

    fn render(&self, action: &Action) -> String {
        match action {
            Action::Calls(calls) => {
                let calls: Vec<_> = calls.iter().map(|call| call_object(call, "parameters").to_string()).collect();
                calls.join("; ")
            }
            Action::Text(text) | Action::Malformed { raw: text, .. } => text.clone(),
        }
    }
}

const DOCUMENTS: JsonDocs = JsonDocs(&[&JsonList]);

impl Llama {
    pub(super) fn has_mark(answer: &str) -> bool {
        answer.contains(TAG)
    }
}

/// The calls behind the tag.
fn tagged(code: &str) -> Result<Vec<ToolCall>, String> {
    match DOCUMENTS.doc(code) {
        Doc::Read(parts) => Ok(parts.calls),
        Doc::Broken(why) => Err(why),
        Doc::NotMine => built_in(code).map(|call| vec![call]),
    }
}

fn built_in(code: &str) -> Result<ToolCall, String> {
    let mut reader = Reader::new(code);
    let call = reader.call().map_err(|error| format!("behind `{TAG}` is no call: {error}"))?;
    match call.name.strip_suffix(".call") {
        Some(tool) if reader.rest().is_empty() && call.positional.is_empty() => {
            Ok(ToolCall::new(tool, Value::Object(call.keywords)))
        }
        _ => Err(format!("behind `{TAG}` is Python code, not a call of a tool")),
    }
}
