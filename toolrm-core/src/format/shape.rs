//! Syntaxes that are JSON documents: read once into a tree, then taken apart by the first [`Shape`] that knows the document.

use serde_json::{Map, Value};

use super::{
    Pythonic, ToolFormat,
    enclosed::{Block, Doc, DocReader, Parts, paragraph},
    json,
    literal::Reader,
    text::line_ends,
};

/// One JSON syntax for calls.
pub(super) trait Shape: ToolFormat {
    /// Whether a document is in this syntax (it may still be wrong in its details).
    fn recognises(&self, document: &Value) -> bool;
    /// Takes the calls and words out of a document it recognises.
    fn take(&self, document: Value, parts: &mut Parts) -> Result<(), String>;
    /// Whether a text that is not JSON begins in this syntax, by the first key of its first object.
    fn begins(&self, first_key: &str, listed: bool) -> bool;
    /// Whether objects with one key are calls, in a stream too.
    fn is_one_key(&self) -> bool {
        false
    }
    /// Whether models also write it as a Python literal (single quotes, `True`).
    fn is_python_too(&self) -> bool {
        false
    }
}

/// Reads JSON documents of the given shapes, the first that recognises one.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonDocs(pub(super) &'static [&'static dyn Shape]);

impl JsonDocs {
    fn take(&self, document: Value, python: bool) -> Doc {
        let mut shapes = self.0.iter().filter(|shape| !python || shape.is_python_too());
        let Some(shape) = shapes.find(|shape| shape.recognises(&document)) else {
            return self.among_others(&document);
        };
        let mut parts = Parts { format: Some(shape.id()), ..Parts::default() };
        match shape.take(document, &mut parts) {
            Ok(()) => Doc::Read(parts),
            Err(why) => Doc::Broken(why),
        }
    }

    /// A list that holds calls and something else is broken: it is no data, and to run the calls alone was not what was asked.
    fn among_others(&self, document: &Value) -> Doc {
        let is_call = |item: &Value| item.is_object() && self.0.iter().any(|shape| shape.recognises(item));
        match document {
            Value::Array(items) if items.iter().any(is_call) => {
                Doc::Broken("a list of calls that holds something else as well".to_owned())
            }
            _ => Doc::NotMine,
        }
    }

    /// Not JSON: a Python literal of the same shape, or the broken beginning of a document, or nothing of ours.
    fn not_json(&self, text: &str, error: &serde_json::Error) -> Doc {
        let python = self.0.iter().any(|shape| shape.is_python_too());
        if python && let Some(document) = python_document(text) {
            return self.take(document, true);
        }
        match first_key(text) {
            Some((key, listed)) if self.0.iter().any(|shape| shape.begins(key, listed)) => {
                Doc::Broken(format!("not JSON: {error}"))
            }
            _ => Doc::NotMine,
        }
    }
}

impl DocReader for JsonDocs {
    fn doc(&self, text: &str) -> Doc {
        if !text.starts_with(['{', '[']) {
            return Doc::NotMine;
        }
        match json::sequence(text) {
            Ok(documents) => self.take(as_one(documents), false),
            Err(error) => self.not_json(text, &error),
        }
    }

    fn block(&self, text: &str) -> Option<Block> {
        let (key, listed) = first_key(text)?;
        if !self.0.iter().any(|shape| shape.begins(key, listed)) {
            return None;
        }
        Some(match json::first::<json::Strict>(text) {
            Ok((json::Strict(document), end)) => {
                let rest = text.get(end..).unwrap_or_default();
                let end = end + usize::from(rest.starts_with([';', ',']));
                Block { doc: self.take(document, false), end, strong: line_ends(rest) }
            }
            Err(error) => Block { doc: Doc::Broken(format!("not JSON: {error}")), end: paragraph(text), strong: false },
        })
    }
}

/// Whether an answer is one document from end to end (JSON, or Python calls), so that a mark in it is part of an argument.
pub(super) fn is_document(answer: &str) -> bool {
    let text = answer.trim();
    match text.bytes().next() {
        Some(b'{' | b'[') if json::sequence(text).is_ok() => true,
        _ => matches!(Pythonic::default().doc(text), Doc::Read(_)),
    }
}

/// Documents one after the other (`; `-joined objects, JSON Lines) are a list of them; lists among them are opened.
fn as_one(mut documents: Vec<Value>) -> Value {
    if documents.len() == 1 {
        return documents.pop().unwrap_or_default();
    }
    let items = documents.into_iter().flat_map(|document| match document {
        Value::Array(items) => items,
        other => vec![other],
    });
    Value::Array(items.collect())
}

/// A text that is one Python literal.
fn python_document(text: &str) -> Option<Value> {
    let mut reader = Reader::new(text);
    let value = reader.value().ok()?;
    reader.skip_space();
    reader.rest().is_empty().then_some(value)
}

/// The first key of a text that begins with an object, or with a list of objects.
fn first_key(text: &str) -> Option<(&str, bool)> {
    let (inner, listed) = match text.strip_prefix('[') {
        Some(inner) => (inner.trim_start(), true),
        None => (text, false),
    };
    let key = inner.strip_prefix('{')?.trim_start();
    let quote = key.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (key, _) = key.get(1..)?.split_once(quote)?;
    Some((key, listed))
}

/// The items of a list, or the one thing that is not a list.
pub(super) fn items(document: Value) -> Vec<Value> {
    match document {
        Value::Array(items) => items,
        other => vec![other],
    }
}

/// Whether a document is an object that passes the test, or a list of at least one object that all do.
pub(super) fn each_object(document: &Value, test: impl Fn(&Map<String, Value>) -> bool) -> bool {
    match document {
        Value::Object(map) => test(map),
        Value::Array(items) => !items.is_empty() && items.iter().all(|item| item.as_object().is_some_and(&test)),
        _ => false,
    }
}

/// The entry `key` of a map as text, moved out.
pub(super) fn take_text(map: &mut Map<String, Value>, key: &str) -> Option<String> {
    match map.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Makes a format of a [`Shape`].
macro_rules! json_format {
    ($(#[$doc:meta])* $name:ident, $id:literal, $write:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[allow(clippy::exhaustive_structs, reason = "a name without content")]
        pub struct $name;

        impl $crate::format::ToolFormat for $name {
            fn id(&self) -> &'static str {
                $id
            }
            fn read(&self, answer: &str) -> $crate::format::Reading {
                $crate::format::enclosed::read(answer, &$crate::format::shape::JsonDocs(&[&$name]))
            }
            fn syntax(&self) -> $crate::format::Syntax {
                let one_key = $crate::format::shape::Shape::is_one_key(self);
                if one_key { $crate::format::Syntax::one_key() } else { $crate::format::Syntax::json() }
            }
            fn render(&self, action: &$crate::call::Action) -> String {
                match action {
                    $crate::call::Action::Malformed { raw, .. } => raw.clone(),
                    other => $write(other),
                }
            }
        }
    };
}
pub(super) use json_format;
