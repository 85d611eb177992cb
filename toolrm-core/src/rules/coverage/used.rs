//! [`Used`]: what a candidate's arguments hold.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value;

use crate::context::{Number, Words, close, stem};

/// What the candidate's arguments hold, to be compared with what the request holds.
#[derive(Debug, Default)]
pub(in crate::rules) struct Used {
    pub(super) texts: Vec<Words>,
    pub(super) numbers: Vec<f64>,
    /// Hashes of the stems: looked up for every word of the request's names.
    stems: HashSet<u64>,
}

impl Used {
    pub(in crate::rules) fn new<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let mut used = Self::default();
        values.for_each(|v| used.add(v, 0));
        used
    }

    fn add_text(&mut self, words: Words) {
        self.stems.extend(words.iter().map(|w| hash(stem(w))));
        self.texts.push(words);
    }

    fn add(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Number(n) => self.numbers.extend(n.as_f64()),
            Value::String(s) => {
                let words = Words::new(s);
                self.numbers.extend(words.iter().filter_map(number_in));
                self.add_text(words);
            }
            Value::Array(items) if depth < 8 => items.iter().for_each(|v| self.add(v, depth + 1)),
            Value::Object(map) if depth < 8 => map.iter().for_each(|(k, v)| {
                self.add_text(Words::of_identifier(k));
                self.add(v, depth + 1);
            }),
            _ => {}
        }
    }

    /// Whether a number is there, as it is, as a fraction for a percentage, or as an hour of the afternoon (`11` for `23:00`).
    pub(super) fn has_number(&self, n: &Number) -> bool {
        self.numbers.iter().any(|used| {
            close(*used, n.value)
                || close(-used, n.value)
                || (n.percent && close(*used, n.value / 100.0))
                || (n.value > 0.0 && n.value < 12.0 && close(*used, n.value + 12.0))
        })
    }

    /// The share of a phrase's words whose stems are not there; 0 when the phrase is there in a row.
    pub(super) fn missing_share(&self, phrase: &Words) -> f32 {
        if self.texts.iter().any(|w| w.contains(phrase)) {
            return 0.0;
        }
        let missing = phrase.iter().filter(|p| !self.has_stem(stem(p))).count();
        missing as f32 / phrase.len().max(1) as f32
    }

    pub(super) fn has_stem(&self, sought: &str) -> bool {
        self.stems.contains(&hash(sought))
    }

    /// Whether a phrase is there, in a row or with all of its stems.
    pub(super) fn has_phrase(&self, phrase: &Words) -> bool {
        self.texts.iter().any(|w| w.contains(phrase)) || phrase.iter().all(|p| self.has_stem(stem(p)))
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The number at the start or the end of a word (`3pm`, `q3`).
pub(super) fn number_in(word: &str) -> Option<f64> {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    if digits.is_empty() { None } else { digits.parse().ok() }
}
