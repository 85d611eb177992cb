//! Items: of the things an answer lists, the one that was asked for.

use super::{
    copied::{Copied, copied},
    identity::key_fit,
};
use crate::{
    context::{Context, Field, Results, Row, Words, is_stop_word, stem},
    rules::{Case, Report, Rule},
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
        key_fit(value.param, results.key(a)).total_cmp(&key_fit(value.param, results.key(b))).then(a.answer.cmp(&b.answer))
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

/// How much of a row's name was said: the share of its telling words.
fn named_by_user(row: &Row, context: &Context) -> f32 {
    let Some(label) = &row.label else { return 0.0 };
    share_said(label, context)
}

fn share_said(label: &Words, context: &Context) -> f32 {
    let (mut found, mut all) = (0.0_f32, 0.0_f32);
    for word in label.iter().filter(|w| !is_stop_word(w)) {
        all += 1.0;
        if context.said.has_stem(stem(word)) || same_in_other_words(word).any(|w| context.said.has_stem(stem(w))) {
            found += 1.0;
        }
    }
    if all == 0.0 { 0.0 } else { found / all }
}

/// Other words for the same end of a scale: what lists call "newest", people call "latest".
fn same_in_other_words(word: &str) -> impl Iterator<Item = &'static str> {
    const ROWS: [&[&str]; 5] = [
        &["latest", "newest", "recent"],
        &["cheapest", "lowest", "price"],
        &["best", "highest", "top"],
        &["closest", "distance", "nearest"],
        &["fastest", "quickest", "shortest"],
    ];
    ROWS.into_iter().filter(move |row| row.contains(&word)).flatten().copied().filter(move |w| *w != word)
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
        for value in copied(case).iter().filter(|v| !v.is_said(case)) {
            let Some(choice) = choice(value, results) else { continue };
            let own = named_by_user(choice.own, case.context);
            let better = choice
                .others
                .iter()
                .map(|(f, r)| (*f, *r, named_by_user(r, case.context)))
                .max_by(|a, b| a.2.total_cmp(&b.2).then(b.1.place.cmp(&a.1.place)));
            let Some((field, row, best)) = better.filter(|b| b.2 >= 0.8 && b.2 - own > 0.3 || own == 0.0 && b.2 >= 0.5 && b.1.label.as_ref().is_some_and(|l| l.len() <= 3)) else { continue };
            let name = row.label.as_ref().map_or("", |l| l.joined().trim());
            let message = format!("{} is another one's than that of \"{name}\", which the user named", value.shown());
            match results.text(field) {
                Some(text) => report.find_with_fix(value.pointer(), message, best - own, value.typed(text)),
                None => report.find(value.pointer(), message, best - own),
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
        let values = copied(case);
        for value in values.iter().filter(|v| !v.is_said(case)) {
            let Some(choice) = choice(value, results) else { continue };
            if choice.own.place == 0 {
                continue;
            }
            let own = named_by_user(choice.own, case.context);
            let above = choice
                .others
                .iter()
                .filter(|(_, r)| r.list == choice.own.list && r.place < choice.own.place)
                .filter(|(_, r)| named_by_user(r, case.context) >= own)
                .filter_map(|(f, _)| results.text(f))
                .find(|text| *text != value.text && !values.iter().any(|v| v.text == *text));
            if let Some(text) = above {
                let message = format!("{} stands further down the list than \"{text}\"", value.shown());
                report.find_with_fix(value.pointer(), message, 1.0, value.typed(text));
            }
        }
    }
}
