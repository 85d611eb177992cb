//! Identifiers: copied as they stand, from the field that holds them.

use super::copied::{Copied, is_in};
use crate::{
    context::{Field, Results, Words, stem},
    rules::{Case, Report, Rule},
    toolset::Param,
};

/// An identifier that nobody gave.
#[derive(Debug)]
pub(crate) struct UnknownId;

impl Rule for UnknownId {
    fn id(&self) -> &'static str {
        "provenance.unknown-id"
    }
    fn summary(&self) -> &'static str {
        "An identifier is copied from the conversation; before its lookup it is not known."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for value in &case.copied {
            if is_known(value, case) {
                continue;
            }
            let severity = if case.context.results.was_cut(value.param) { 0.3 } else { 1.0 };
            let advice = match value.param.hints.lookup.givers.first().and_then(|g| case.tools.specs().get(*g)) {
                Some(giver) => format!("call \"{}\" first", giver.name()),
                None => "look it up first, or ask for it".to_owned(),
            };
            let message = format!("{} is nowhere in the conversation; {advice}", value.shown());
            match the_one(value, case) {
                Some(known) => report.find_with_fix(value.pointer(case), message, severity, value.typed(known)),
                None => report.find(value.pointer(case), message, severity),
            }
        }
    }
}

fn is_known(value: &Copied<'_>, case: &Case<'_>) -> bool {
    let results = &case.context.results;
    let description = &value.param.hints.description;
    results.holding(&value.text).next().is_some()
        || description.contains(&value.words)
        || results.cut_start_of(&value.text).is_some()
        || value.said
        || is_in(&value.words, value.number, &case.context.seen)
        || value.number.is_some_and(|n| case.context.has_number(n))
}

/// The one value that the answers have for a parameter.
fn the_one<'c>(value: &Copied<'_>, case: &'c Case<'_>) -> Option<&'c str> {
    let results = &case.context.results;
    let mut values = fitting(results, value.param).filter_map(|f| results.text(f));
    let first = values.next()?;
    values.all(|v| v == first).then_some(first)
}

/// A value from a field that holds something else.
#[derive(Debug)]
pub(crate) struct WrongField;

impl Rule for WrongField {
    fn id(&self) -> &'static str {
        "provenance.wrong-field"
    }
    fn summary(&self) -> &'static str {
        "A value is copied from the field of the answer that has the parameter's name, or the name its description gives."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let results = &case.context.results;
        if results.is_empty() {
            return;
        }
        for value in &case.copied {
            let Some(best) =
                results.holding(&value.text).map(|f| key_fit(value.param, results.key(f))).reduce(f32::max)
            else {
                continue;
            };
            let severity = 1.0 - best;
            if severity < 0.25 || value.said {
                continue;
            }
            let Some(right) = fitting(results, value.param).next_back() else { continue };
            let (Some(held), Some(wanted)) =
                (results.holding(&value.text).next().and_then(|f| results.key(f)), results.key(right))
            else {
                continue;
            };
            // A list of identifiers by name has the names for its fields.
            if best == 0.0 && held.iter().any(|w| w.len() > 2 && case.context.said.has_stem(stem(w))) {
                continue;
            }
            let message = format!(
                "{} is the answer's \"{}\", not its \"{}\"",
                value.shown(),
                held.joined().trim(),
                wanted.joined().trim()
            );
            // The field of the same row is the one that was meant.
            let rows: Vec<u32> = results.holding(&value.text).map(|f| f.row).collect();
            let same_row = fitting(results, value.param).find(|f| rows.contains(&f.row)).and_then(|f| results.text(f));
            match same_row {
                Some(text) => report.find_with_fix(value.pointer(case), message, severity, value.typed(text)),
                None => report.find(value.pointer(case), message, severity),
            }
        }
    }
}

/// The fields that a parameter's value is to be found in, in order.
pub(super) fn fitting<'c>(results: &'c Results, param: &'c Param) -> impl DoubleEndedIterator<Item = &'c Field> {
    let names = param.hints.lookup.fields.iter().chain(std::iter::once(&param.hints.name));
    names.flat_map(|name| results.named(name))
}

/// How well a field's name fits a parameter: 1 when it is the parameter's, or the one its description gives.
pub(super) fn key_fit(param: &Param, key: Option<&Words>) -> f32 {
    let Some(key) = key else { return 0.0 };
    let name = &param.hints.name;
    let fields = &param.hints.lookup.fields;
    if same_name(key, name) || fields.iter().any(|f| same_name(key, f)) {
        return 1.0;
    }
    let all_in = |a: &Words, b: &Words| a.iter().all(|w| b.iter().any(|v| alike(w, v)));
    // `id` for `hotel_id`, `lat` for `latitude`: another name of the same thing, unless the description says which.
    if all_in(key, name) {
        return 0.8;
    }
    if all_in(name, key) {
        return if fields.is_empty() { 0.8 } else { 0.4 };
    }
    if key.iter().any(|w| name.iter().any(|v| alike(w, v))) { 0.3 } else { 0.0 }
}

fn same_name(a: &Words, b: &Words) -> bool {
    a.joined().trim().trim_end_matches('s') == b.joined().trim().trim_end_matches('s')
}

fn alike(a: &str, b: &str) -> bool {
    const SHORT: [(&str, &str); 3] = [("lng", "longitude"), ("lon", "longitude"), ("lat", "latitude")];
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    stem(a) == stem(b)
        || (short.len() > 4 && long.starts_with(short))
        || SHORT.iter().any(|(x, y)| (a == *x && b == *y) || (a == *y && b == *x))
}

/// A number that is nearly the one of the answer.
#[derive(Debug)]
pub(crate) struct Inexact;

impl Rule for Inexact {
    fn id(&self) -> &'static str {
        "provenance.inexact"
    }
    fn summary(&self) -> &'static str {
        "A value of an answer is copied digit for digit."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let results = &case.context.results;
        if results.is_empty() {
            return;
        }
        for value in &case.copied {
            let Some(number) = value.number.filter(|n| n.fract() != 0.0) else { continue };
            if results.holding(&value.text).next().is_some() || value.said {
                continue;
            }
            let is_near = |n: f64| (n - number).abs() > 0.0 && (n - number).abs() <= 1e-4 * number.abs();
            let near = results.numbers().find(|(_, n)| is_near(*n));
            if let Some((field, n)) = near {
                let text = results.text(field).map_or_else(|| n.to_string(), str::to_owned);
                let message = format!("{} is {text} in the answer", value.shown());
                report.find_with_fix(value.pointer(case), message, 1.0, value.typed(&text));
            }
        }
    }
}

/// A name where an identifier is asked for.
#[derive(Debug)]
pub(crate) struct NameForId;

impl Rule for NameForId {
    fn id(&self) -> &'static str {
        "provenance.name-for-id"
    }
    fn summary(&self) -> &'static str {
        "What is asked for by its identifier is not given by its name."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for value in case.copied.iter().filter(|v| v.param.hints.lookup.identifies && v.whole) {
            let words = value.text.split_whitespace();
            let is_name = words.clone().count() > 1 && words.clone().all(|w| w.chars().all(|c| !c.is_ascii_digit()));
            if is_name {
                let message = format!("{} is a name, and \"{}\" wants an identifier", value.shown(), value.param.name);
                report.find(value.pointer(case), message, 1.0);
            }
        }
    }
}
