//! How well the conversation supports a text.

use super::{Origin, Support, date::of_date};
use crate::{
    context::{Context, Words, is_stop_word, stem},
    toolset::Param,
};

/// Words of a text beyond these are not looked at one by one.
const MAX_WORDS: usize = 64;

pub(super) fn of_text(text: &str, param: Option<&Param>, context: &Context) -> Support {
    let words = Words::new(text);
    if words.is_empty() {
        return Support::new(1.0, Origin::Empty);
    }
    if context.contains(&words) {
        return Support::new(1.0, Origin::Stated);
    }
    if context.has_alias(&words) {
        return Support::new(1.0, Origin::Derived);
    }
    if NO_PREFERENCE.contains(&words.joined().trim()) {
        return Support::new(0.5, Origin::Derived);
    }
    // A token copied with one letter wrong is as good as none.
    if is_opaque(text) {
        return Support::new(0.0, Origin::Nowhere);
    }
    let share = share_of_words(&words, param, context);
    if let Some(param) = param {
        if !param.allowed.is_empty() {
            return of_listed(&words, share, param, context);
        }
        if share < 0.5 && param.hints.examples.contains(&words) {
            return Support::new(share * 0.5, Origin::Example);
        }
    }
    if let Some(degree) = of_date(text, param, context) {
        return Support::new(degree, Origin::Derived);
    }
    Support::new(share, if share > 0.0 { Origin::Derived } else { Origin::Nowhere })
}

/// Whether a text is an identifier nobody reads: long, of letters and digits, without spaces. Addresses and paths are put together.
fn is_opaque(text: &str) -> bool {
    text.len() >= 20
        && !text.contains(|c: char| c.is_whitespace() || "/\\,:()".contains(c))
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic())
}

/// Ways to say that nothing in particular is wanted: better than an invention.
pub(in crate::rules) const NO_PREFERENCE: [&str; 5] = ["dontcare", "any", "all", "dont care", "no preference"];

/// A value of a closed list needs not be said word for word ("cheap" for `inexpensive`), but naming another one speaks against it.
fn of_listed(words: &Words, share: f32, param: &Param, context: &Context) -> Support {
    if share > 0.5 || words.iter().all(|w| context.has_stem(stem(w))) {
        return Support::new(share.max(0.9), Origin::Derived);
    }
    let names_other = param
        .hints
        .allowed
        .iter()
        .filter(|other| *other != words)
        .any(|other| other.joined().len() > 4 && context.said.words.contains(other));
    if names_other { Support::new(0.1, Origin::OtherListed) } else { Support::new(0.4, Origin::Listed) }
}

/// The share of a text's words that the conversation has, stop words counting little.
fn share_of_words(words: &Words, param: Option<&Param>, context: &Context) -> f32 {
    let wants_state = param.is_some_and(|p| p.hints.description.iter().any(|w| matches!(w, "state" | "country")));
    let last = words.len().saturating_sub(1);
    // A long text is sampled from its start; whole containment was tried before.
    let (mut found, mut all) = (0.0_f32, 0.0_f32);
    for (i, word) in words.iter().enumerate().take(MAX_WORDS) {
        let weight = if is_stop_word(word) { 0.2 } else { 1.0 };
        let stem = stem(word);
        all += weight;
        found += weight
            * if context.has_stem(stem) || word.parse::<f64>().is_ok_and(|n| context.has_number(n)) {
                1.0
            } else if i == last && i > 0 && wants_state {
                // "City, State": the state of a named city is a matter of knowledge, not of invention.
                1.0
            } else if context.said.has_abbreviation(stem) {
                0.6
            } else {
                0.0
            };
    }
    if all == 0.0 { 0.0 } else { found / all }
}
