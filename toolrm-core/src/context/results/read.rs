//! Takes an answer apart into fields and rows.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Field, Results, Row, plain, singular};
use crate::context::Words;

/// Answers beyond this many values in all are not indexed: the first ones are what a model reads.
const MAX_FIELDS: usize = 16_384;
/// Nesting beyond this is not looked into.
const MAX_DEPTH: usize = 32;
/// The start of a cut text that is shorter than this tells nothing.
const MIN_CUT: usize = 6;

/// Where the reader stands.
#[derive(Clone, Copy)]
struct Place {
    row: u32,
    key: u32,
    depth: usize,
    /// How many objects lie between the row and here.
    below_row: usize,
}

impl Results {
    pub(super) fn read(&mut self, value: &Value) {
        let key = self.key_of("");
        let row = self.add_row(None, 0);
        self.walk(value, Place { row, key, depth: 0, below_row: 0 });
    }

    fn walk(&mut self, value: &Value, place: Place) {
        if place.depth > MAX_DEPTH || self.fields.len() >= MAX_FIELDS {
            return;
        }
        match value {
            Value::Object(map) => self.walk_object(map, place),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    let row = if item.is_object() { self.add_row(Some((place.row, place.key)), i) } else { place.row };
                    let below_row = if item.is_object() { 0 } else { place.below_row };
                    self.walk(item, Place { row, depth: place.depth + 1, below_row, ..place });
                }
            }
            _ => self.add_field(value, place),
        }
    }

    fn walk_object(&mut self, map: &Map<String, Value>, place: Place) {
        let own = ["name", "title", "label"].into_iter().find_map(|key| map.get(key).and_then(Value::as_str));
        let other = || map.iter().find_map(|(k, v)| v.as_str().filter(|_| is_label(k)));
        if let Some(row) = self.rows.get_mut(place.row as usize)
            && row.label.is_none()
            && place.below_row <= 1
        {
            row.label = own.or_else(other).map(Words::new).filter(|w| !w.is_empty());
        }
        for (name, value) in map {
            let key = self.key_of(name);
            self.walk(value, Place { key, depth: place.depth + 1, below_row: place.below_row + 1, ..place });
        }
    }

    fn add_field(&mut self, value: &Value, place: Place) {
        let Some(text) = plain(value) else { return };
        let answer = last(self.answers.len());
        let cut = text.strip_suffix("...").or_else(|| text.strip_suffix('\u{2026}')).map(str::trim_end);
        if let Some(start) = cut {
            if let Some(answer) = self.answers.last_mut() {
                answer.cut = true;
            }
            if start.is_empty() {
                return;
            }
            if start.len() >= MIN_CUT {
                self.cut_texts.push((start.into(), last(self.fields.len() + 1)));
            }
        }
        let at = last(self.fields.len() + 1);
        let text =
            self.by_value.get_key_value(&*text).map_or_else(|| Arc::from(&*text), |(known, _)| Arc::clone(known));
        self.fields.push(Field { key: place.key, text: last(self.texts.len() + 1), answer, row: place.row });
        self.texts.push(Arc::clone(&text));
        self.by_value.entry(text).or_default().push(at);
        if let Some(places) = self.by_key.get_mut(place.key as usize) {
            places.push(at);
        }
        if let (Some(number), Some(row)) = (value.as_f64(), self.rows.get_mut(place.row as usize)) {
            row.numbers.push((place.key, number));
        }
        self.fractions.extend(value.as_f64().filter(|n| n.fract() != 0.0).map(|n| (at, n)));
    }

    fn key_of(&mut self, name: &str) -> u32 {
        let words = Words::of_identifier(name);
        let id = singular(words.joined());
        if let Some(key) = self.key_index.get(id) {
            return *key;
        }
        let key = last(self.keys.len() + 1);
        self.key_index.insert(id.into(), key);
        self.keys.push(words);
        self.by_key.push(Vec::new());
        key
    }

    fn add_row(&mut self, list: Option<(u32, u32)>, place: usize) -> u32 {
        let answer = last(self.answers.len());
        self.rows.push(Row { answer, list, place: last(place + 1), ..Row::default() });
        last(self.rows.len())
    }
}

/// The place of the last of `len` things.
fn last(len: usize) -> u32 {
    u32::try_from(len.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// Whether a field's name says that it holds what its row is called (`cityName`, `product_title`).
fn is_label(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    ["name", "title"].iter().any(|end| lower.ends_with(end)) && !lower.starts_with('_')
}
