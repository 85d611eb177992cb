//! The values of a candidate that are to be copied from somewhere: identifiers, and what another tool gives.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    context::{Context, Source, Words, plain, stem},
    rules::{CallView, Case, Origin},
    score::pointer_token,
    toolset::{Param, Toolset},
};

/// Values beyond these in one list are not looked at.
const MAX_PARTS: usize = 32;

/// A value that is to be copied.
#[derive(Debug)]
pub(in crate::rules) struct Copied<'a> {
    /// The call, by place.
    pub(super) call: usize,
    /// The slot of the call, by place.
    slot: usize,
    /// Item and name inside of a list.
    inside: Option<(usize, Option<&'a str>)>,
    /// What it fills.
    pub(super) param: &'a Param,
    /// The value, or one of several values joined by commas.
    pub(super) text: Cow<'a, str>,
    /// Its words.
    pub(super) words: Words,
    /// Whether it is a number, or a text that reads as one.
    pub(super) number: Option<f64>,
    /// Whether the value is all of the argument.
    pub(super) whole: bool,
    /// Whether the user said it.
    pub(super) said: bool,
}

impl Copied<'_> {
    /// The pointer of the argument.
    pub(super) fn pointer(&self, case: &Case<'_>) -> String {
        let slot = case.calls.get(self.call).and_then(|v| v.slots.get(self.slot));
        let mut pointer = slot.map_or_else(String::new, |s| s.pointer(self.call));
        if let Some((item, name)) = self.inside {
            pointer.push('/');
            pointer.push_str(&item.to_string());
            if let Some(name) = name {
                pointer.push('/');
                pointer.push_str(&pointer_token(name));
            }
        }
        pointer
    }

    /// The value, short enough for a message.
    pub(super) fn shown(&self) -> String {
        match self.text.char_indices().nth(60) {
            Some((at, _)) => format!("\"{}...\"", self.text.get(..at).unwrap_or_default()),
            None => format!("\"{}\"", self.text),
        }
    }

    /// A value in the type that the parameter takes.
    pub(super) fn typed(&self, text: &str) -> Value {
        let number = serde_json::from_str::<Value>(text).ok().filter(Value::is_number);
        match number {
            Some(number) if self.param.types.allows(&number) => number,
            _ => Value::from(text),
        }
    }
}

/// Whether a conversation's side has the value as it stands. A number keeps its sign.
pub(super) fn is_in(words: &Words, number: Option<f64>, source: &Source) -> bool {
    match number {
        Some(n) if n < 0.0 && n.fract() != 0.0 => source.has_number(n),
        _ => source.words.contains(words) || (words.len() == 1 && words.iter().all(|w| source.has_stem(stem(w)))),
    }
}

/// Finds the values of a candidate that are to be copied.
pub(in crate::rules) fn copied<'a>(calls: &[CallView<'a>], tools: &'a Toolset, context: &Context) -> Vec<Copied<'a>> {
    let mut finder = Finder { tools, context, found: Vec::new() };
    for view in calls.iter().filter(|v| v.spec.is_some()) {
        for (at, slot) in view.slots.iter().enumerate() {
            if matches!(slot.support.origin, Origin::Empty | Origin::Default) {
                continue;
            }
            match slot.value {
                Value::Array(items) => {
                    for (i, item) in items.iter().enumerate().take(MAX_PARTS) {
                        finder.look_into_item((view.index, at), slot.param, i, item);
                    }
                }
                value => finder.look_at((view.index, at), None, slot.param, value),
            }
        }
    }
    finder.found
}

struct Finder<'a, 'c> {
    tools: &'a Toolset,
    context: &'c Context,
    found: Vec<Copied<'a>>,
}

impl<'a> Finder<'a, '_> {
    fn look_into_item(&mut self, place: (usize, usize), param: Option<&'a Param>, at: usize, item: &'a Value) {
        let items = param.and_then(|p| p.items.as_deref());
        match item {
            Value::Object(map) => {
                for (name, value) in map {
                    // A list of objects that the schema does not describe: the same name means the same thing elsewhere.
                    let param = items.and_then(|p| p.property(name)).or_else(|| self.same_named(name));
                    self.look_at(place, Some((at, Some(name.as_str()))), param, value);
                }
            }
            value => {
                let param = items.filter(|p| p.hints.lookup.is_copied()).or(param);
                self.look_at(place, Some((at, None)), param, value);
            }
        }
    }

    fn same_named(&self, name: &str) -> Option<&'a Param> {
        let mut params = self.tools.specs().iter().filter_map(|s| s.params().property(name));
        params.find(|p| p.hints.lookup.is_copied())
    }

    /// The values in one scalar: itself, or its parts when commas join them.
    fn look_at(
        &mut self,
        (call, slot): (usize, usize),
        inside: Option<(usize, Option<&'a str>)>,
        param: Option<&'a Param>,
        value: &'a Value,
    ) {
        let copied = |p: &&Param| p.hints.lookup.is_copied() && p.allowed.is_empty();
        let (Some(param), Some(text)) = (param.filter(copied), plain(value)) else { return };
        let said = &self.context.said;
        let one = |text: Cow<'a, str>, whole| {
            let number = text.parse().ok().filter(|n: &f64| n.is_finite());
            let words = Words::new(&text);
            Copied { call, slot, inside, param, number, whole, said: is_in(&words, number, said), words, text }
        };
        match text {
            // One identifier is one thing; two of them joined are none.
            Cow::Borrowed(list) if !param.hints.lookup.identifies && is_joined(list) => {
                let parts = list.split(',').filter(|part| !part.is_empty()).take(MAX_PARTS);
                self.found.extend(parts.map(|part| one(Cow::Borrowed(part), false)));
            }
            text => self.found.push(one(text, true)),
        }
    }
}

fn is_joined(text: &str) -> bool {
    text.contains(',') && !text.contains(char::is_whitespace)
}
