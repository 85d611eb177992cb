//! How well the conversation supports a value of a closed list, and a code whose meaning the description explains.

use super::{Origin, Support};
use crate::{
    context::{Context, Words, is_stop_word, stem},
    toolset::Param,
};

/// A value of a closed list needs not be said word for word ("cheap" for `inexpensive`), but naming another one speaks against it.
/// `share` is the share of its words that the conversation has.
pub(super) fn of_listed(words: &Words, share: f32, param: &Param, context: &Context) -> Support {
    if let Some(support) = of_code(words, param, context) {
        return support;
    }
    if share > 0.5 || words.iter().all(|w| context.has_stem(stem(w))) {
        return Support::new(share.max(0.9), Origin::Derived);
    }
    let names_other = param
        .hints
        .allowed
        .iter()
        .filter(|other| *other != words)
        .any(|other| other.joined().len() > 4 && context.said.names(other));
    if names_other {
        return Support::new(0.1, Origin::OtherListed);
    }
    // "a doctor for my family" speaks of `Family Doctor` more than of `Surgeon`.
    let part = |w: &Words| said_share(w, context);
    if part(words) == 0.0 && param.hints.allowed.iter().any(|other| part(other) >= 0.5) {
        return Support::new(0.3, Origin::OtherListed);
    }
    // "swimmers" speak of `Swimming`.
    let akin = words.len() == 1 && words.iter().any(|w| context.said.has_akin(stem(w)));
    Support::new(if akin { 0.8 } else { 0.4 }, Origin::Listed)
}

/// The share of a listed value's telling words that the user said.
fn said_share(words: &Words, context: &Context) -> f32 {
    let telling: Vec<&str> = words.iter().filter(|w| w.len() > 3 && !is_stop_word(w)).collect();
    let said = telling.iter().filter(|w| context.said.has_stem(stem(w))).count();
    if telling.is_empty() { 0.0 } else { said as f32 / telling.len() as f32 }
}

/// A code of which the description says what it means: `None` when it says nothing about this one, or the conversation names no
/// code's meaning.
pub(super) fn of_code(code: &Words, param: &Param, context: &Context) -> Option<Support> {
    let codes = &param.hints.codes;
    let meaning = codes.iter().find(|(c, _)| c == code).map(|(_, meaning)| meaning)?;
    let mine = named(meaning, codes, context);
    let best = codes.iter().map(|(_, m)| named(m, codes, context)).fold(0.0, f32::max);
    if best > mine {
        Some(Support::new(0.1, Origin::OtherListed))
    } else {
        (mine > 0.0).then_some(Support::new(1.0, Origin::Derived))
    }
}

/// The code whose meaning the conversation names, when it is one alone.
pub(in crate::rules) fn named_code<'p>(param: &'p Param, context: &Context) -> Option<&'p Words> {
    let codes = &param.hints.codes;
    let mut fitting = codes.iter().filter(|(_, meaning)| named(meaning, codes, context) > 0.0).map(|(code, _)| code);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// How many of a meaning's own words the user said, when all of them: the words that every meaning has tell nothing.
fn named(meaning: &Words, codes: &[(Words, Words)], context: &Context) -> f32 {
    let common = |w: &str| codes.len() > 1 && codes.iter().all(|(_, m)| m.iter().any(|other| stem(other) == stem(w)));
    let mut own = 0.0;
    for word in meaning.iter().filter(|w| !is_stop_word(w) && !common(w)) {
        let stem = stem(word);
        if !(context.said.has_stem(stem) || context.said.has_akin(stem)) {
            return 0.0;
        }
        own += 1.0;
    }
    own
}
