//! GLM-4: the name on one line, the arguments as JSON on the next.

use super::{
    Reading, ToolFormat,
    call_object::call,
    enclosed::{self, Block, Doc, DocReader, Parts},
    json::{Strict, first},
    literal::Reader,
};
use crate::call::Action;

/// Calls as GLM-4's template writes them: the tool's name, a line break, the arguments as a JSON object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a name without content")]
pub struct Glm;

impl ToolFormat for Glm {
    fn id(&self) -> &'static str {
        "glm"
    }

    fn read(&self, answer: &str) -> Reading {
        enclosed::read(answer, self)
    }

    fn render(&self, action: &Action) -> String {
        match action {
            Action::Calls(calls) => {
                let calls: Vec<_> = calls.iter().map(|call| format!("{}\n{}", call.name, call.arguments)).collect();
                calls.join("\n")
            }
            Action::Text(text) | Action::Malformed { raw: text, .. } => text.clone(),
        }
    }
}

impl DocReader for Glm {
    fn doc(&self, text: &str) -> Doc {
        let mut calls = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let Some((name, arguments)) = head(rest) else { return Doc::NotMine };
            let read = first::<Strict>(arguments)
                .map_err(|error| format!("the arguments of \"{name}\" are not JSON: {error}"))
                .and_then(|(Strict(value), end)| Ok((call(name.to_owned(), Some(value), None)?, end)));
            match read {
                Ok((call, end)) => {
                    calls.push(call);
                    rest = arguments.get(end..).unwrap_or_default().trim_start();
                }
                Err(why) => return Doc::Broken(why),
            }
        }
        if calls.is_empty() { Doc::NotMine } else { Doc::Read(Parts::of(calls)) }
    }

    fn block(&self, _: &str) -> Option<Block> {
        None
    }
}

/// The name on the first line, and what begins on the next with a brace.
fn head(text: &str) -> Option<(&str, &str)> {
    let (name, arguments) = text.split_once('\n')?;
    let name = name.trim_end();
    let mut reader = Reader::new(name);
    let named = reader.name().is_ok() && reader.rest().is_empty();
    (named && arguments.starts_with('{')).then_some((name, arguments))
}
