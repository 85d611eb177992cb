//! [`Results`]: what the tools answered so far, indexed by value and by field name, and the calls that were made.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use serde_json::Value;

use super::Words;
use crate::{
    call::{Message, Role, ToolCall},
    canonical::Fingerprint,
    toolset::{Param, Toolset},
};

mod read;

/// The calls of a conversation and what the tools answered.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Results {
    /// The calls made so far, in order.
    pub calls: Vec<PastCall>,
    /// The answers, in order.
    pub answers: Vec<Answer>,
    keys: Vec<Words>,
    key_index: HashMap<Box<str>, u32>,
    fields: Vec<Field>,
    texts: Vec<Arc<str>>,
    by_value: HashMap<Arc<str>, Vec<u32>>,
    fractions: Vec<(u32, f64)>,
    by_key: Vec<Vec<u32>>,
    rows: Vec<Row>,
    /// The values that calls were made with, and the calls.
    given: HashMap<Box<str>, Vec<u32>>,
    /// The starts of texts that were cut, with their fields.
    cut_texts: Vec<(Box<str>, u32)>,
}

/// A call that was made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PastCall {
    /// The name of the tool.
    pub name: Box<str>,
    /// What the call means.
    pub fingerprint: Fingerprint,
    /// The tool, by its place in the toolset.
    pub tool: Option<usize>,
    /// Whether it came after the last user message.
    pub in_turn: bool,
    /// Whether it asked for an order (`sort_by`).
    pub sorted: bool,
    /// Its answer, by place.
    pub answer: Option<usize>,
}

/// What a tool answered.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Answer {
    /// The call it answers, by place.
    pub call: Option<usize>,
    /// Whether it says that the call failed.
    pub failed: bool,
    /// Whether something was left out of it (`"..."` in a list, or at the end of a text).
    pub cut: bool,
}

/// A number or a text in an answer.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Field {
    /// Its name, by place (see [`Results::key`]).
    pub key: u32,
    /// Its value, by place (see [`Results::text`]).
    text: u32,
    /// The answer it stands in.
    pub answer: u32,
    /// The row it stands in.
    pub row: u32,
}

/// An item of a list of an answer, or an answer that is no list.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Row {
    /// The answer it stands in.
    pub answer: u32,
    /// The list it is an item of, by the row that holds it and the name it has there.
    pub list: Option<(u32, u32)>,
    /// Its place in the list.
    pub place: u32,
    /// What it is called: its name or title.
    pub label: Option<Words>,
    /// Its numbers by field name, those of its parts included.
    pub numbers: Vec<(u32, f64)>,
}

impl Results {
    pub(super) fn new(messages: &[Message], tools: &Toolset) -> Self {
        let mut results = Self::default();
        // Without an answer there is nothing to trace values to; repeated calls are still of interest.
        let last_user = messages.iter().rposition(|m| m.role == Role::User).unwrap_or(0);
        let mut by_id: HashMap<&str, usize> = HashMap::new();
        let mut unanswered = std::collections::VecDeque::new();
        for (at, message) in messages.iter().enumerate() {
            for call in &message.tool_calls {
                by_id.extend(call.id.as_deref().map(|id| (id, results.calls.len())));
                unanswered.push_back(results.calls.len());
                results.note_given(&call.arguments, 0);
                results.calls.push(PastCall::new(call, tools.index_of(&call.name), at > last_user));
            }
            if message.role == Role::Tool {
                let named = message.tool_call_id.as_deref().and_then(|id| by_id.get(id).copied());
                let call = named.or_else(|| unanswered.front().copied());
                unanswered.retain(|c| Some(*c) != call);
                results.add_answer(call, &message.text());
            }
        }
        results
    }

    /// Notes the values of a call that is about to be added.
    fn note_given(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(map) if depth < 4 => map.values().for_each(|v| self.note_given(v, depth + 1)),
            Value::Array(items) if depth < 4 => items.iter().take(64).for_each(|v| self.note_given(v, depth + 1)),
            value => {
                if let (Some(text), Ok(call)) = (plain(value), u32::try_from(self.calls.len())) {
                    self.given.entry(text.as_ref().into()).or_default().push(call);
                }
            }
        }
    }

    fn add_answer(&mut self, call: Option<usize>, text: &str) {
        let place = self.answers.len();
        if let Some(call) = call.and_then(|c| self.calls.get_mut(c)) {
            call.answer = Some(place);
        }
        let parsed = parse(text);
        let failed = parsed.as_ref().map_or_else(|| says_error(text), is_failure);
        self.answers.push(Answer { call, failed, cut: false });
        match parsed {
            Some(value) => self.read(&value),
            // One word that is no JSON is the value itself.
            None if !text.trim().contains(char::is_whitespace) => self.read(&Value::from(text.trim())),
            None => {}
        }
    }

    /// Whether there is no answer.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// The fields that hold a value, as it stands, given as [`plain`] writes it.
    pub(crate) fn holding(&self, plain: &str) -> impl DoubleEndedIterator<Item = &Field> + Clone {
        self.by_value.get(plain).into_iter().flatten().filter_map(|i| self.fields.get(*i as usize))
    }

    /// The field whose text was cut and begins as the value does.
    pub fn cut_start_of(&self, value: &str) -> Option<&Field> {
        let (_, field) = self.cut_texts.iter().find(|(start, _)| value.starts_with(&**start))?;
        self.fields.get(*field as usize)
    }

    /// The fields of a name, in order; singular and plural are one.
    pub fn named(&self, name: &Words) -> impl DoubleEndedIterator<Item = &Field> {
        let places = self.key_index.get(singular(name.joined())).and_then(|key| self.by_key.get(*key as usize));
        places.into_iter().flatten().filter_map(|i| self.fields.get(*i as usize))
    }

    /// A field's value, as a text.
    pub fn text(&self, field: &Field) -> Option<&str> {
        self.texts.get(field.text as usize).map(|t| &**t)
    }

    /// The numbers that are no whole ones, in order.
    pub fn numbers(&self) -> impl Iterator<Item = (&Field, f64)> {
        self.fractions.iter().filter_map(|(i, n)| Some((self.fields.get(*i as usize)?, *n)))
    }

    /// A field's name.
    pub fn key(&self, field: &Field) -> Option<&Words> {
        self.keys.get(field.key as usize)
    }

    /// Whether the answers have a value that is to be copied, every part of it, or may have had it before something was left out.
    pub(crate) fn may_have(&self, value: &Value, param: &Param) -> bool {
        if self.is_empty() {
            return false;
        }
        let Some(text) = plain(value) else { return false };
        let there = |text: &str| self.by_value.contains_key(text) || self.cut_start_of(text).is_some();
        there(&text)
            || (!param.hints.lookup.identifies && text.contains(',') && text.split(',').all(there))
            || self.was_cut(param)
    }

    /// Whether an answer of a tool that gives the parameter's values had something left out.
    pub(crate) fn was_cut(&self, param: &Param) -> bool {
        let mut cut = self.answers.iter().filter(|a| a.cut).filter_map(|a| self.calls.get(a.call?));
        cut.any(|call| call.tool.is_some_and(|t| param.hints.lookup.givers.contains(&t)))
    }

    /// Whether one of the tools was called and did not fail.
    pub(crate) fn has_answer_of(&self, tools: &[usize]) -> bool {
        let mut calls = self.calls.iter().filter(|c| c.tool.is_some_and(|t| tools.contains(&t)));
        calls.any(|c| c.answer.and_then(|a| self.answers.get(a)).is_some_and(|a| !a.failed))
    }

    /// The words of a name, by place.
    pub fn key_words(&self, key: u32) -> Option<&Words> {
        self.keys.get(key as usize)
    }

    /// Whether a call was made with the value.
    pub fn was_given(&self, plain: &str) -> bool {
        self.given.contains_key(plain)
    }

    /// Whether a call of this tool was made with the value.
    pub fn was_given_to(&self, plain: &str, tool: &str) -> bool {
        let calls = self.given.get(plain).into_iter().flatten();
        calls.filter_map(|c| self.calls.get(*c as usize)).any(|c| *c.name == *tool)
    }

    /// A field's row.
    pub fn row(&self, field: &Field) -> Option<&Row> {
        self.rows.get(field.row as usize)
    }

    /// A field's answer.
    pub fn answer(&self, field: &Field) -> Option<&Answer> {
        self.answers.get(field.answer as usize)
    }

    /// The call that a field's answer answers.
    pub fn call_of(&self, field: &Field) -> Option<&PastCall> {
        self.calls.get(self.answer(field)?.call?)
    }
}

impl PastCall {
    fn new(call: &ToolCall, tool: Option<usize>, in_turn: bool) -> Self {
        let sorted = call.args().is_some_and(|args| args.keys().any(|k| k.to_ascii_lowercase().contains("sort")));
        Self {
            name: call.name.as_str().into(),
            fingerprint: Fingerprint::of_call(call),
            tool,
            in_turn,
            sorted,
            answer: None,
        }
    }
}

/// An answer's JSON, or the JSON inside of its one text.
fn parse(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    match &value {
        Value::String(inner) => serde_json::from_str(inner).ok().or(Some(value)),
        _ => Some(value),
    }
}

/// A text or a number as one text, so that `5`, `5.0` and `"5"` are one value.
pub(crate) fn plain(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|t| !t.is_empty()).map(Cow::Borrowed),
        Value::Number(n) => {
            let whole = n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 1e15);
            Some(Cow::Owned(whole.map_or_else(|| n.to_string(), |f| format!("{f:.0}"))))
        }
        _ => None,
    }
}

/// A name in folded words without the plural of its last word.
fn singular(joined: &str) -> &str {
    let name = joined.trim();
    name.strip_suffix('s').filter(|s| s.len() > 1 && !s.ends_with('s')).unwrap_or(name)
}

/// Whether an answer says that its call failed.
fn is_failure(value: &Value) -> bool {
    let Value::Object(map) = value else { return value.as_str().is_some_and(says_error) };
    let says =
        |key: &str| map.get(key).is_some_and(|v| !matches!(v, Value::Null | Value::Bool(false)) && v != "" && *v != 0);
    let denies = |key: &str| map.get(key).is_some_and(|v| *v == Value::Bool(false) || v == "error" || v == "failed");
    says("error")
        || says("errors")
        || says("exception")
        || denies("success")
        || denies("status")
        || denies("ok")
        || map.values().filter_map(Value::as_str).any(says_error)
}

/// Whether a text begins as error messages do.
fn says_error(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(24).flat_map(char::to_lowercase).collect();
    ["error", "exception", "traceback", "there is a problem", "there was a problem", "failed to", "invalid "]
        .iter()
        .any(|p| start.starts_with(p))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results(answers: &[&str]) -> Results {
        let mut messages = vec![Message::user("Which book?")];
        for (i, answer) in answers.iter().enumerate() {
            let id = i.to_string();
            messages.push(Message::calls(vec![ToolCall::new("find_books", json!({"page": i})).with_id(id.clone())]));
            messages.push(Message::tool(id, *answer));
        }
        Results::new(&messages, &Toolset::new(vec![]).unwrap())
    }

    #[test]
    fn values_are_found_with_their_names_rows_and_calls() {
        let r = results(&[
            r#"{"books": [{"id": 7, "title": "Dune", "offer": {"price": 9.5}}, {"id": 8, "title": "Emma", "shelf": "B2"}], "next": "p2"}"#,
        ]);
        let field = r.holding("8").next().unwrap();
        assert_eq!(r.key(field).unwrap().joined(), " id ");
        let row = r.row(field).unwrap();
        assert_eq!((row.place, row.label.as_ref().unwrap().joined()), (1, " emma "));
        assert_eq!(&*r.call_of(field).unwrap().name, "find_books");
        assert_eq!(r.holding(&plain(&json!(7.0)).unwrap()).count(), 1);
        assert_eq!(r.row(r.holding("7").next().unwrap()).unwrap().numbers.len(), 2);
        assert_eq!(r.holding("9").count(), 0);
        assert_eq!(r.named(&Words::of_identifier("Ids")).count(), 2);
        assert!(r.row(r.holding("p2").next().unwrap()).unwrap().list.is_none());
    }

    #[test]
    fn failures_and_cuts_are_noted() {
        let r = results(&[
            r#"{"error": "no such book"}"#,
            "Error: not found",
            r#"{"status": true, "message": "Success", "tokens": ["abcdefghijkl...", "..."]}"#,
            "plain words",
        ]);
        assert_eq!(r.answers.iter().map(|a| a.failed).collect::<Vec<_>>(), [true, true, false, false]);
        assert_eq!(r.answers.iter().map(|a| a.cut).collect::<Vec<_>>(), [false, false, true, false]);
        assert!(r.cut_start_of("abcdefghijklmnop").is_some() && r.cut_start_of("abcdefghijk").is_none());
    }
}
