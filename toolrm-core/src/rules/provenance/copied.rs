//! The values of a candidate that are to be copied from somewhere: identifiers, and what another tool gives.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    context::{Words, plain, stem},
    rules::{Case, Origin, Slot},
    score::pointer_token,
    toolset::Param,
};

/// Values beyond these in one list are not looked at.
const MAX_PARTS: usize = 32;

/// A value that is to be copied.
pub(super) struct Copied<'c> {
    /// The call, by place.
    pub(super) call: usize,
    slot: &'c Slot<'c>,
    /// Item and name inside of a list.
    inside: Option<(usize, Option<&'c str>)>,
    /// What it fills.
    pub(super) param: &'c Param,
    /// The value, or one of several values joined by commas.
    pub(super) text: Cow<'c, str>,
    /// Whether it is a number, or a text that reads as one.
    pub(super) number: Option<f64>,
    /// Whether the value is all of the argument.
    pub(super) whole: bool,
}

impl Copied<'_> {
    /// The pointer of the argument.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = self.slot.pointer(self.call);
        if let Some((item, name)) = self.inside {
            pointer.push_str(&format!("/{item}"));
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

    /// Whether the user said the value.
    pub(super) fn is_said(&self, case: &Case<'_>) -> bool {
        is_in(&self.text, self.number, &case.context.said)
    }
}

/// Whether a conversation's side has the value as it stands. A number keeps its sign.
pub(super) fn is_in(text: &str, number: Option<f64>, source: &crate::context::Source) -> bool {
    match number {
        Some(n) if n < 0.0 && n.fract() != 0.0 => source.has_number(n),
        _ => {
            let words = Words::new(text);
            source.words.contains(&words) || (words.len() == 1 && words.iter().all(|w| source.has_stem(stem(w))))
        }
    }
}

/// Every value of the candidate that is to be copied.
pub(super) fn copied<'c>(case: &'c Case<'_>) -> Vec<Copied<'c>> {
    let mut out = Vec::new();
    for view in case.calls.iter().filter(|v| v.spec.is_some()) {
        for slot in &view.slots {
            if matches!(slot.support.origin, Origin::Empty | Origin::Default) {
                continue;
            }
            match slot.value {
                Value::Array(items) => {
                    for (i, item) in items.iter().enumerate().take(MAX_PARTS) {
                        inside_list(case, view.index, slot, i, item, &mut out);
                    }
                }
                value => out.extend(slot.param.into_iter().flat_map(|p| of(view.index, slot, None, p, value))),
            }
        }
    }
    out
}

fn inside_list<'c>(
    case: &'c Case<'_>,
    call: usize,
    slot: &'c Slot<'c>,
    at: usize,
    item: &'c Value,
    out: &mut Vec<Copied<'c>>,
) {
    let items = slot.param.and_then(|p| p.items.as_deref());
    match item {
        Value::Object(map) => {
            for (name, value) in map {
                // A list of objects that the schema does not describe: the same name means the same thing elsewhere.
                let param = items.and_then(|p| p.property(name)).or_else(|| same_named(case, name));
                out.extend(param.into_iter().flat_map(|p| of(call, slot, Some((at, Some(name.as_str()))), p, value)));
            }
        }
        value => {
            let param = items.filter(|p| p.hints.lookup.is_copied()).or(slot.param);
            out.extend(param.into_iter().flat_map(|p| of(call, slot, Some((at, None)), p, value)));
        }
    }
}

fn same_named<'c>(case: &'c Case<'_>, name: &str) -> Option<&'c Param> {
    let params = case.tools.specs().iter().filter_map(|s| s.params().property(name));
    params.into_iter().find(|p| p.hints.lookup.is_copied())
}

/// The values in one scalar: itself, or its parts when commas join them.
fn of<'c>(
    call: usize,
    slot: &'c Slot<'c>,
    inside: Option<(usize, Option<&'c str>)>,
    param: &'c Param,
    value: &'c Value,
) -> Vec<Copied<'c>> {
    if !param.hints.lookup.is_copied() || !param.allowed.is_empty() {
        return Vec::new();
    }
    let Some(text) = plain(value) else { return Vec::new() };
    let one = |text: Cow<'c, str>, whole| {
        let number = text.parse().ok().filter(|n: &f64| n.is_finite());
        Copied { call, slot, inside, param, text, number, whole }
    };
    match text {
        Cow::Borrowed(list) if list.contains(',') && !list.contains(char::is_whitespace) => list
            .split(',')
            .filter(|part| !part.is_empty())
            .take(MAX_PARTS)
            .map(|part| one(Cow::Borrowed(part), false))
            .collect(),
        text => vec![one(text, true)],
    }
}
