//! How well the conversation supports a text.

use super::{
    Origin, Support,
    date::of_date,
    flag::{as_flag, of_flag},
    listed::{of_code, of_listed},
};
use crate::{
    context::{Context, Words, cities_of, is_stop_word, state_code, state_name, state_of_city, stem},
    toolset::Param,
};

/// Words of a text beyond these are not looked at one by one.
const MAX_WORDS: usize = 64;

/// A text in which as many words as these are nowhere to be found has no support, however many others it has.
const TELLING_WORDS: f32 = 4.0;
/// The same for a text to be written in the caller's words.
const FREE_WORDS: f32 = 8.0;

pub(super) fn of_text(text: &str, words: &Words, param: Option<&Param>, context: &Context) -> Support {
    if words.is_empty() {
        return Support::new(1.0, Origin::Empty);
    }
    if context.is_request(words) && !param.is_some_and(takes_request) {
        return Support::new(0.0, Origin::Request);
    }
    let code = param.and_then(|p| of_code(words, p, context));
    // A number that is a code is easily found somewhere else in the conversation.
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    if context.contains(words) && !(is_number && code.is_some()) {
        return Support::new(1.0, Origin::Stated);
    }
    if let Some(support) = code {
        return support;
    }
    if let Some(flag) = as_flag(text) {
        return of_flag(flag, param, context);
    }
    if context.has_alias(words) {
        return Support::new(1.0, Origin::Derived);
    }
    if param.is_some_and(|p| is_state_of_conversation(words, p, context)) {
        return Support::new(1.0, Origin::Derived);
    }
    if no_preference(words) {
        return Support::new(0.5, Origin::Derived);
    }
    // A token copied with one letter wrong is as good as none.
    if is_opaque(text) {
        return Support::new(0.0, Origin::Nowhere);
    }
    let share = share_of_words(text, words, param, context);
    if let Some(param) = param {
        if !param.allowed.is_empty() {
            return of_listed(words, share, param, context);
        }
        if share < 0.5 && param.hints.examples.contains(words) {
            return Support::new(share * 0.5, Origin::Example);
        }
    }
    if let Some(degree) = of_date(text, param, context) {
        return Support::new(degree, Origin::Derived);
    }
    Support::new(share, if share > 0.0 { Origin::Derived } else { Origin::Nowhere })
}

/// Whether a parameter is for what the user says, as it is said.
fn takes_request(param: &Param) -> bool {
    const SAID: [&str; 4] = ["prompt", "question", "statement", "utterance"];
    param.hints.free
        && (param.hints.name.iter().any(|w| SAID.contains(&w))
            || param.hints.description.iter().any(|w| matches!(w, "user" | "users" | "customer" | "customers")))
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

/// Whether a text says that nothing in particular is wanted.
pub(in crate::rules) fn no_preference(words: &Words) -> bool {
    NO_PREFERENCE.contains(&words.joined().trim())
}

/// The share of a text's words that the conversation has, stop words counting little.
fn share_of_words(text: &str, words: &Words, param: Option<&Param>, context: &Context) -> f32 {
    let region = param.map_or(0, |p| region_words(words, p, context));
    let region_from = words.len() - region;
    let structure = structure(text);
    let is_structure = |word: &str| structure.iter().any(|key| key.eq_ignore_ascii_case(word));
    // A long text is sampled from its start; whole containment was tried before.
    let (mut missing, mut all) = (0.0_f32, 0.0_f32);
    for (i, word) in words.iter().enumerate().take(MAX_WORDS) {
        let weight = if is_stop_word(word) || is_structure(word) { 0.2 } else { 1.0 };
        let stem = stem(word);
        all += weight;
        let found = if context.has_stem(stem) || word.parse::<f64>().is_ok_and(|n| context.has_number(n)) {
            1.0
        } else if i >= region_from {
            // "City, State": the state of a named city is a matter of knowledge, not of invention.
            1.0
        } else if context.said.has_abbreviation(stem) {
            0.6
        } else {
            0.0
        };
        missing += weight * (1.0 - found);
    }
    // Words that are there cannot make up for any number of words that are not.
    let enough = if param.is_some_and(|p| p.hints.free) { FREE_WORDS } else { TELLING_WORDS };
    if all == 0.0 { 0.0 } else { (1.0 - missing / all.min(enough)).max(0.0) }
}

/// Whether a text is a state the user named in another form, or, where a state is asked, the one a named city lies in.
fn is_state_of_conversation(words: &Words, param: &Param, context: &Context) -> bool {
    let Some(code) = state_code(words) else { return false };
    let named = state_name(code).is_some_and(|name| context.contains(&Words::new(name)));
    let asked = param.hints.name.iter().any(|w| matches!(w, "state" | "region"));
    named || (asked && cities_of(code).any(|city| context.said.words.contains(&city)))
}

/// The words that only hold a text together: keys before a colon or an equals sign, functions before their brackets.
fn structure(text: &str) -> Vec<&str> {
    let key_before = |(at, _): (usize, &str)| {
        let (before, after) = text.split_at_checked(at)?;
        let key = before.rsplit(|c: char| !c.is_alphanumeric()).next()?;
        // "C:" is a drive, "a::b" a path.
        (key.len() > 1 && !after.starts_with("::")).then_some(key)
    };
    text.match_indices([':', '=', '(']).filter_map(key_before).collect()
}

/// How many words at the end are a state or country that the parameter wants behind the city.
fn region_words(words: &Words, param: &Param, context: &Context) -> usize {
    let wanted = param.hints.place.state
        || param.hints.place.country
        || param.hints.description.iter().any(|w| matches!(w, "state" | "country"));
    if !wanted || words.len() < 2 {
        return 0;
    }
    let all: Vec<&str> = words.iter().collect();
    for n in (1..=3.min(all.len() - 1)).rev() {
        let (city, region) = all.split_at(all.len() - n);
        let (city, region) = (Words::new(&city.join(" ")), Words::new(&region.join(" ")));
        if let Some(code) = state_code(&region) {
            // The user's own state, or the state the city lies in, is the only one.
            let other = context.said.state_after(&city).is_some_and(|said| said != code)
                || state_of_city(&city).is_some_and(|known| known != code && !context.contains(&region));
            return if other { 0 } else { n };
        }
    }
    1
}
