//! Items: of the things an answer lists, the one that was asked for.

use serde_json::Value;

use super::{
    copied::Copied,
    identity::{fitting, key_fit},
};
use crate::{
    context::{Context, Field, Results, Row, is_stop_word, plain, stem},
    rules::{CallView, Case, Report, Rule},
};

/// Rows beyond these are not compared.
const MAX_ROWS: usize = 64;

/// Rows of the same answer that hold the same kind of value, the value's own among them.
struct Choice<'c> {
    own: &'c Row,
    others: Vec<(&'c Field, &'c Row)>,
}

fn choice<'c>(value: &Copied<'_>, results: &'c Results) -> Option<Choice<'c>> {
    let fields = results.holding(&value.text);
    let best = fields.max_by(|a, b| {
        key_fit(value.param, results.key(a))
            .total_cmp(&key_fit(value.param, results.key(b)))
            .then(a.answer.cmp(&b.answer))
    })?;
    let own = results.row(best)?;
    own.list?;
    let key = results.key(best)?;
    let others = results
        .named(key)
        .filter(|f| f.answer == best.answer && f.row != best.row)
        .filter_map(|f| results.row(f).filter(|r| r.list.is_some()).map(|r| (f, r)))
        .take(MAX_ROWS)
        .collect();
    Some(Choice { own, others })
}

/// How much of a row's name was said: the share of its telling words; all of it when it stands for the end of a scale that the user
/// asks for in other words.
fn named_by_user(row: &Row, context: &Context) -> f32 {
    let Some(label) = &row.label else { return 0.0 };
    if label.len() <= MAX_SCALE && label.iter().any(|w| names_the_scale(w, context)) {
        return 1.0;
    }
    let (mut found, mut all) = (0.0_f32, 0.0_f32);
    for word in label.iter().filter(|w| !is_stop_word(w)) {
        all += 1.0;
        if context.said.has_stem(stem(word)) {
            found += 1.0;
        }
    }
    if all == 0.0 { 0.0 } else { found / all }
}

/// How much of the name of any row that holds the value was said.
fn named_in_any_row(value: &Copied<'_>, case: &Case<'_>) -> f32 {
    let results = &case.context.results;
    let rows = results.holding(&value.text).take(MAX_ROWS).filter_map(|f| results.row(f));
    rows.map(|r| named_by_user(r, case.context)).fold(0.0, f32::max)
}

/// A longer name is the name of a thing, not of an order.
const MAX_SCALE: usize = 5;

/// Whether a list's word says in other words which end of a scale the user asks for: lists say "newest first", people "the latest".
fn names_the_scale(word: &str, context: &Context) -> bool {
    const SCALES: [&[&str]; 5] = [
        &["latest", "newer", "newest", "recent"],
        &["cheapest", "lowest", "price"],
        &["best", "highest", "top"],
        &["closest", "distance", "nearest"],
        &["fastest", "quickest", "shortest"],
    ];
    let others = SCALES.iter().filter(|row| row.contains(&word)).flat_map(|row| row.iter());
    others.filter(|w| **w != word).any(|w| context.said.has_stem(stem(w)))
}

/// The identifier of another thing than the one that was named.
#[derive(Debug)]
pub(crate) struct OtherItem;

impl Rule for OtherItem {
    fn id(&self) -> &'static str {
        "provenance.other-item"
    }
    fn summary(&self) -> &'static str {
        "Of the things an answer lists, the identifier is that of the one the user named."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let results = &case.context.results;
        if results.is_empty() {
            return;
        }
        let values = &case.copied;
        for value in values.iter().filter(|v| !v.said) {
            let Some(choice) = choice(value, results).filter(|c| c.own.label.is_some()) else { continue };
            let own = named_in_any_row(value, case);
            let is_taken =
                |f: &Field| results.text(f).is_none_or(|t| results.was_given(t) || values.iter().any(|v| v.text == *t));
            let better = choice
                .others
                .iter()
                .filter(|(f, _)| !is_taken(f))
                .map(|(f, r)| (*f, *r, named_by_user(r, case.context)))
                .max_by(|a, b| a.2.total_cmp(&b.2).then(b.1.place.cmp(&a.1.place)));
            let Some((field, row, best)) = better.filter(|b| own < 0.34 && b.2 >= 0.8) else { continue };
            let name = row.label.as_ref().map_or("", |l| l.joined().trim());
            let message = format!("{} is another one's than that of \"{name}\", which the user named", value.shown());
            match results.text(field) {
                Some(text) => report.find_with_fix(value.pointer(case), message, best - own, value.typed(text)),
                None => report.find(value.pointer(case), message, best - own),
            }
        }
    }
}

/// An item further down a list, before the ones above it.
#[derive(Debug)]
pub(crate) struct LaterItem;

impl Rule for LaterItem {
    fn id(&self) -> &'static str {
        "provenance.later-item"
    }
    fn summary(&self) -> &'static str {
        "Where the user named none of the things an answer lists, they are taken from the top."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let results = &case.context.results;
        if results.is_empty() {
            return;
        }
        let values = &case.copied;
        for value in values.iter().filter(|v| !v.said) {
            let Some(choice) = choice(value, results) else { continue };
            if choice.own.place == 0 {
                continue;
            }
            let others = choice.others.iter().map(|(_, r)| named_by_user(r, case.context));
            if others.chain([named_in_any_row(value, case)]).any(|named| named > 0.6) {
                continue;
            }
            let above = choice
                .others
                .iter()
                .filter(|(_, r)| r.list == choice.own.list && r.place < choice.own.place)
                .filter_map(|(f, _)| results.text(f))
                .find(|text| {
                    *text != value.text && !results.was_given(text) && !values.iter().any(|v| v.text == *text)
                });
            if let Some(text) = above {
                let message = format!("{} stands further down the list than \"{text}\"", value.shown());
                report.find_with_fix(value.pointer(case), message, 1.0, value.typed(text));
            }
        }
    }
}

/// A value of another row than the one at the end of the scale.
#[derive(Debug)]
pub(crate) struct NotTheExtreme;

impl Rule for NotTheExtreme {
    fn id(&self) -> &'static str {
        "provenance.not-the-extreme"
    }
    fn summary(&self) -> &'static str {
        "When the cheapest, highest or latest of a list is asked for, the value is that of the row which is it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let results = &case.context.results;
        if results.is_empty() {
            return;
        }
        let Some((measure, sign)) = asked_extreme(case.context) else { return };
        for view in case.calls.iter().filter(|v| v.spec.is_some()) {
            for slot in &view.slots {
                // A thing may be looked at for another reason than being the cheapest.
                let param = slot.param.filter(|p| !p.hints.lookup.identifies);
                let (Some(param), Some(text)) = (param, plain(slot.value)) else { continue };
                let fields = results.holding(&text).filter(|f| key_fit(param, results.key(f)) >= 0.8);
                let Some(field) = fields.max_by_key(|f| f.answer) else { continue };
                // What came in the order that was asked for is taken from the top.
                let named = results.row(field).is_some_and(|r| named_by_user(r, case.context) > 0.0);
                if named || results.call_of(field).is_some_and(|c| c.sorted) {
                    continue;
                }
                let is_taken = |t: &str| results.was_given(t) || case.calls.iter().any(|v| has_value(v, t));
                let Some((own, best, best_text)) = extreme(results, field, measure, sign, is_taken) else { continue };
                if *best_text != *text && sign * (best - own) > 0.0 {
                    let message = format!("{text} belongs to {own}, {best_text} to {best}");
                    report.find_with_fix(slot.pointer(view.index), message, 1.0, as_written(slot.value, best_text));
                }
            }
        }
    }
}

fn has_value(view: &CallView<'_>, text: &str) -> bool {
    view.slots.iter().any(|s| plain(s.value).is_some_and(|t| *t == *text))
}

/// A text in the type of another value.
fn as_written(value: &Value, text: &str) -> Value {
    match value {
        Value::Number(_) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        _ => Value::from(text),
    }
}

/// What the user wants an extreme of: words of the field that measures it, and 1 for the highest, -1 for the lowest.
fn asked_extreme(context: &Context) -> Option<(&'static [&'static str], f64)> {
    const MEASURES: [(&[&str], &[&str], f64); 3] = [
        (&[" cheapest ", " lowest priced "], &["price", "cost", "fare", "amount", "units", "total", "value"], -1.0),
        (&[" highest rated ", " top rated ", " best rated "], &["rating", "score", "stars", "average"], 1.0),
        (&[" priciest "], &["price", "cost", "fare", "amount"], 1.0),
    ];
    let said = context.said.words.joined().as_bytes();
    let asks = |phrase: &str| memchr::memmem::find(said, phrase.as_bytes()).is_some();
    MEASURES.iter().find(|(phrases, ..)| phrases.iter().any(|p| asks(p))).map(|(_, measure, sign)| (*measure, *sign))
}

/// The measure of a field's row, and of the row of the same list that is at the end of the scale, with the value it has there.
fn extreme<'c>(
    results: &'c Results,
    field: &'c Field,
    measure: &[&str],
    sign: f64,
    is_taken: impl Fn(&str) -> bool,
) -> Option<(f64, f64, &'c str)> {
    let own = results.row(field)?;
    own.list?;
    let key = results.key(field)?;
    let measures = |row: &Row| {
        row.numbers
            .iter()
            .find(|(key, _)| results.key_words(*key).is_some_and(|w| w.iter().any(|w| measure.contains(&w))))
            .map(|(_, n)| *n)
    };
    let own_measure = measures(own)?;
    let rows = results.named(key).filter(|f| f.answer == field.answer).filter_map(|f| {
        let row = results.row(f).filter(|r| r.list == own.list)?;
        let open = results.text(f).is_some_and(|t| !is_taken(t));
        open.then_some((measures(row)?, f))
    });
    let (best, best_field) = rows.take(MAX_ROWS).max_by(|a, b| (sign * a.0).total_cmp(&(sign * b.0)))?;
    Some((own_measure, best, results.text(best_field)?))
}

/// A value of an answer that was used up, where a newer answer has another one.
#[derive(Debug)]
pub(crate) struct StaleAnswer;

impl Rule for StaleAnswer {
    fn id(&self) -> &'static str {
        "provenance.stale-answer"
    }
    fn summary(&self) -> &'static str {
        "A value that another tool was already called with is not taken again where a newer answer has one of the same name."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let results = &case.context.results;
        if results.is_empty() {
            return;
        }
        for value in case.copied.iter().filter(|v| !v.param.hints.lookup.identifies && !v.said) {
            let Some(held) = results.holding(&value.text).max_by_key(|f| f.answer) else { continue };
            let giver = results.call_of(held).map(|c| &*c.name);
            let name = case.calls.get(value.call).map_or("", |v| v.call.name.as_str());
            if results.was_given_to(&value.text, name) {
                continue;
            }
            // Two answers of one tool are two things; an answer of another tool is a step further.
            let newer = fitting(results, value.param)
                .rfind(|f| f.answer > held.answer && results.call_of(f).map(|c| &*c.name) != giver);
            if let Some(text) = newer.and_then(|f| results.text(f)) {
                let message = format!("{} was used for an earlier step; a newer answer has {text}", value.shown());
                report.find_with_fix(value.pointer(case), message, 1.0, value.typed(text));
            }
        }
    }
}
