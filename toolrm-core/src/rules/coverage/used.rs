//! [`Used`]: what a candidate's arguments hold, and [`Owed`]: what its tools could have held.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::Amounts;
use crate::{
    call::ToolCall,
    context::{Context, Words, stem},
    rules::{CallView, Slot, support::Origin},
    toolset::{Holds, ToolSpec, Toolset, TypeSet},
};

/// What the candidate's arguments hold, to be compared with what the request holds.
#[derive(Debug, Default)]
pub(in crate::rules) struct Used {
    pub(super) texts: Vec<Words>,
    pub(in crate::rules) amounts: Amounts,
    /// Short texts in capitals (`USD`), in lower case.
    codes: Vec<String>,
    /// Hashes of the stems, sorted: looked up for every word of the request's names.
    stems: Vec<u64>,
    /// What the called tools could hold, all together.
    pub(super) could: Holds,
}

impl Used {
    /// Reads the calls of a candidate, and those made earlier in the turn.
    pub(in crate::rules) fn new(
        calls: &[CallView<'_>],
        done: &[&ToolCall],
        tools: &Toolset,
        context: &Context,
    ) -> Self {
        let mut used = Self::default();
        for view in calls {
            if let Some(spec) = view.spec {
                used.could = used.could.or(spec.params().hints.holds);
            }
            for slot in view.slots.iter().filter(|s| counts(s, view.spec, context)) {
                slot.path.iter().skip(1).for_each(|name| used.add_text(Words::of_identifier(name)));
                let numbers = may_hold_numbers(slot, context);
                match slot.value {
                    Value::String(text) => used.add_value(text, slot.words.clone(), numbers),
                    value => used.add(value, numbers, 0),
                }
            }
        }
        for call in done {
            let numbers = tools.index_of(&call.name).is_some();
            used.add(&call.arguments, numbers, 0);
        }
        used.stems.sort_unstable();
        used.stems.dedup();
        used
    }

    fn add_text(&mut self, words: Words) {
        self.stems.extend(words.iter().map(|w| hash(stem(w))));
        self.texts.push(words);
    }

    fn add_value(&mut self, text: &str, words: Words, numbers: bool) {
        self.amounts.add_text(text, &words, numbers);
        if (2..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase()) {
            self.codes.push(text.to_ascii_lowercase());
        }
        self.add_text(words);
    }

    fn add(&mut self, value: &Value, numbers: bool, depth: usize) {
        match value {
            Value::Number(n) => n.as_f64().into_iter().for_each(|n| self.amounts.add_number(n)),
            Value::String(text) => self.add_value(text, Words::new(text), numbers),
            Value::Array(items) if depth < 8 => items.iter().for_each(|v| self.add(v, numbers, depth + 1)),
            Value::Object(map) if depth < 8 => map.iter().for_each(|(k, v)| {
                self.add_text(Words::of_identifier(k));
                self.add(v, numbers, depth + 1);
            }),
            _ => {}
        }
    }

    /// The numbers that are there.
    pub(in crate::rules) fn numbers(&self) -> impl Iterator<Item = f64> {
        self.amounts.numbers.iter().copied()
    }

    /// The share of a phrase's words whose stems are not there; 0 when the phrase is there in a row.
    pub(super) fn missing_share(&self, phrase: &Words) -> f32 {
        if self.texts.iter().any(|w| w.contains(phrase)) || self.has_code(phrase) {
            return 0.0;
        }
        let missing = phrase.iter().filter(|p| !self.has_stem(stem(p))).count();
        missing as f32 / phrase.len().max(1) as f32
    }

    /// Whether a code is there whose letters are those of the phrase, in order and from its first: `MLB`, `JPY`.
    fn has_code(&self, phrase: &Words) -> bool {
        self.codes.iter().any(|code| {
            let mut letters = phrase.joined().trim().chars();
            letters.next() == code.chars().next() && code.chars().skip(1).all(|c| letters.any(|l| l == c))
        })
    }

    pub(super) fn has_stem(&self, sought: &str) -> bool {
        self.stems.binary_search(&hash(sought)).is_ok()
    }

    /// Whether a phrase is there, in a row or with all of its stems.
    pub(in crate::rules) fn has_phrase(&self, phrase: &Words) -> bool {
        self.texts.iter().any(|w| w.contains(phrase)) || phrase.iter().all(|p| self.has_stem(stem(p)))
    }
}

/// Whether the numbers in a value count: its parameter could hold some, or they are part of a few words said in a row ("World War 2").
fn may_hold_numbers(slot: &Slot<'_>, context: &Context) -> bool {
    let few = |text: &str| text.len() <= 60 && text.contains(|c: char| c.is_ascii_digit());
    slot.param.is_none_or(|p| p.hints.holds.numbers || !p.types.contains(TypeSet::STRING))
        || (slot.value.as_str().is_some_and(few)
            && slot.words.len() <= 6
            && context.request.words.contains(&slot.words))
}

/// Whether a value counts as use of what it holds: an argument that the tool does not have holds nothing, and the better part of the
/// request poured into a field for something shorter covers nothing.
fn counts(slot: &Slot<'_>, spec: Option<&ToolSpec>, context: &Context) -> bool {
    if slot.support.origin == Origin::Request {
        return false;
    }
    let Some(spec) = spec else { return false };
    let Some(first) = slot.path.first().and_then(|name| spec.params().property(name)) else {
        return spec.params().open;
    };
    let poured = slot.value.as_str().is_some_and(|text| {
        text.len() > 60
            && !first.hints.holds.prose
            && slot.words.len() * 2 > context.request.words.len()
            && context.request.words.contains(&slot.words)
    });
    !poured
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
