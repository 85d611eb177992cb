//! How well the conversation supports a flag: yes or no, as a boolean or as a word for one.

use serde_json::Value;

use super::{Origin, Support};
use crate::{
    context::{Context, Words, is_stop_word, stem},
    toolset::Param,
};

/// The flag a text stands for: `"true"`, `"Yes"`.
pub(super) fn as_flag(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|w| text.eq_ignore_ascii_case(w));
    if is(&["true", "yes"]) {
        Some(true)
    } else if is(&["false", "no"]) {
        Some(false)
    } else {
        None
    }
}

pub(super) fn of_flag(value: bool, param: Option<&Param>, context: &Context) -> Support {
    let Some(param) = param else { return Support::new(0.5, Origin::Listed) };
    let (named, negated) = mention(&param.hints.name, context);
    match (value, negated) {
        // "without" a thing sets the flag that bears its name to no, and a name that says no itself to yes.
        (true, true) if named >= 0.5 && !is_negative(&param.hints.name) => Support::new(0.4, Origin::Derived),
        (true, _) if named > 0.5 => Support::new(1.0, Origin::Derived),
        (true, _) if named > 0.0 => Support::new(0.7, Origin::Derived),
        (true, _) => Support::new(0.3, Origin::Listed),
        (false, false) if named > 0.5 => Support::new(0.6, Origin::Derived),
        // To say no to what nobody spoke of is as good as to say nothing, unless yes is what counts without a word.
        (false, false) if defaults_to_yes(param) => Support::new(0.5, Origin::Listed),
        (false, true) => Support::new(1.0, Origin::Derived),
        (false, false) => Support::new(0.9, Origin::Listed),
    }
}

/// Whether a flag counts as set when nobody gives it.
pub(in crate::rules) fn defaults_to_yes(param: &Param) -> bool {
    let is_yes = |value: &Value| super::flag_of(value) == Some(true);
    param.default.as_ref().is_some_and(is_yes)
        || param.hints.default.as_ref().is_some_and(|d| as_flag(d.joined().trim()) == Some(true))
}

/// The share of a flag's telling words that the user said, and whether a "no" stands before one of them.
fn mention(name: &Words, context: &Context) -> (f32, bool) {
    let (mut found, mut all) = (0.0_f32, 0.0_f32);
    let mut negated = false;
    for word in name.iter().filter(|w| !is_stop_word(w) && !is_flag_word(w)) {
        all += 1.0;
        let stem = stem(word);
        if context.has_stem(stem) || context.said.has_akin(stem) {
            found += 1.0;
            negated |= context.said.is_negated(stem);
        }
    }
    (if all == 0.0 { 0.0 } else { found / all }, negated)
}

/// Words that say that a name is one of a flag, and not what it is about.
pub(in crate::rules) fn is_flag_word(word: &str) -> bool {
    matches!(
        word,
        "include"
            | "enable"
            | "enabled"
            | "flag"
            | "only"
            | "return"
            | "add"
            | "required"
            | "allow"
            | "allowed"
            | "available"
            | "has"
            | "is"
    )
}

/// A name that already says no: `exclude_inactive`, `disable_cache`.
fn is_negative(name: &Words) -> bool {
    name.iter()
        .any(|w| matches!(w, "exclude" | "disable" | "no" | "not" | "without" | "skip" | "ignore" | "hide" | "avoid"))
}
