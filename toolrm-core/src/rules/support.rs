//! [`Support`]: how well the conversation supports a value.

use serde_json::Value;

use crate::{
    canonical::canonical_value,
    context::{Context, Words, close, is_stop_word, month, stem},
    toolset::Param,
};

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// It is there, word for word or number for number.
    Stated,
    /// Parts of it are there, or a form of it (a percentage as a fraction, a date in another spelling).
    Derived,
    /// It is the parameter's documented default.
    Default,
    /// It says nothing: null, an empty text or list.
    Empty,
    /// It is one of the parameter's listed values, and the conversation names a different one of them.
    OtherListed,
    /// It is one of the parameter's listed values, and the conversation names none of them.
    Listed,
    /// It is an example from the parameter's description.
    Example,
    /// Nothing supports it.
    Nowhere,
}

/// Items of a list beyond these are not looked at: the first ones tell.
const MAX_PARTS: usize = 64;
/// Words of a text beyond these are not looked at one by one.
const MAX_WORDS: usize = 64;

/// How well the conversation supports a value.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Support {
    /// From 0 (nothing does) to 1 (it is stated).
    pub degree: f32,
    /// Where it comes from.
    pub origin: Origin,
}

impl Support {
    const fn new(degree: f32, origin: Origin) -> Self {
        Self { degree, origin }
    }

    /// The support of `value`, given for `param`.
    pub fn of(value: &Value, param: Option<&Param>, context: &Context) -> Self {
        if says_nothing(value) {
            return Self::new(1.0, Origin::Empty);
        }
        if param.is_some_and(|p| is_default(value, p)) {
            return Self::new(1.0, Origin::Default);
        }
        match value {
            Value::Null => Self::new(1.0, Origin::Empty),
            Value::Bool(b) => of_bool(*b, param, context),
            Value::Number(n) => of_number(n.as_f64().unwrap_or(f64::NAN), param, context),
            Value::String(s) => of_text(s, param, context),
            Value::Array(items) => {
                let inner = param.and_then(|p| p.items.as_deref());
                of_parts(items.iter().take(MAX_PARTS).map(|v| Self::of(v, inner, context)))
            }
            Value::Object(map) => of_parts(
                map.iter().take(MAX_PARTS).map(|(k, v)| Self::of(v, param.and_then(|p| p.property(k)), context)),
            ),
        }
    }
}

/// Null, an empty or blank text, an empty list or object.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.trim().is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        _ => false,
    }
}

/// Whether the value is the documented default, in the schema or in the description's words.
fn is_default(value: &Value, param: &Param) -> bool {
    if let Some(default) = &param.default {
        let equal = match (default.as_f64(), value.as_f64()) {
            (Some(a), Some(b)) => close(a, b),
            _ => default == value || canonical_value(default) == canonical_value(value),
        };
        if equal {
            return true;
        }
    }
    param.hints.default.as_ref().is_some_and(|stated| match value {
        Value::String(s) => *stated == Words::new(s),
        Value::Number(_) | Value::Bool(_) => *stated == Words::new(&value.to_string()),
        _ => false,
    })
}

/// A value made of parts is as good as its parts on average, and comes from where the worst of them does.
fn of_parts(parts: impl Iterator<Item = Support>) -> Support {
    let (mut sum, mut n, mut worst) = (0.0, 0.0, Support::new(1.0, Origin::Stated));
    for part in parts {
        sum += part.degree;
        n += 1.0;
        if part.degree < worst.degree {
            worst = part;
        }
    }
    if n == 0.0 { worst } else { Support::new(sum / n, worst.origin) }
}

fn of_bool(value: bool, param: Option<&Param>, context: &Context) -> Support {
    let Some(param) = param else { return Support::new(0.5, Origin::Listed) };
    let mentioned = mention(&param.hints.name, context);
    match (mentioned > 0.5, value) {
        (true, true) => Support::new(1.0, Origin::Derived),
        (true, false) => Support::new(0.6, Origin::Derived),
        (false, true) => Support::new(0.3, Origin::Listed),
        (false, false) => Support::new(0.5, Origin::Listed),
    }
}

/// The share of a name's telling words that the conversation has.
pub(super) fn mention(name: &Words, context: &Context) -> f32 {
    let (mut found, mut all) = (0.0, 0.0);
    for word in name.iter().filter(|w| !is_stop_word(w) && !matches!(*w, "include" | "enable" | "flag" | "only")) {
        all += 1.0;
        if context.has_stem(stem(word)) {
            found += 1.0;
        }
    }
    if all == 0.0 { 0.0 } else { found / all }
}

fn of_number(value: f64, param: Option<&Param>, context: &Context) -> Support {
    if context.has_number(value) {
        return Support::new(1.0, Origin::Stated);
    }
    let converted = [value * 100.0, value / 100.0, value / 1000.0, value * 1000.0, value * 60.0, value / 60.0, -value];
    let percent =
        context.said.numbers.iter().chain(&context.seen.numbers).any(|n| n.percent && close(n.value, value * 100.0));
    if percent {
        return Support::new(1.0, Origin::Derived);
    }
    if value != 0.0 && converted.iter().any(|v| context.has_number(*v)) {
        return Support::new(0.6, Origin::Derived);
    }
    let example = param.is_some_and(|p| p.examples.iter().any(|e| e.as_f64().is_some_and(|e| close(e, value))));
    if example {
        return Support::new(0.0, Origin::Example);
    }
    // "a", "the" and the singular say one, and leaving a thing out says none.
    if close(value, 1.0) {
        return Support::new(0.6, Origin::Derived);
    }
    Support::new(if value == 0.0 { 0.3 } else { 0.0 }, Origin::Nowhere)
}

fn of_text(text: &str, param: Option<&Param>, context: &Context) -> Support {
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
    if let Some(degree) = of_date(text, context) {
        return Support::new(degree.max(share), Origin::Derived);
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
const NO_PREFERENCE: [&str; 5] = ["dontcare", "any", "all", "dont care", "no preference"];

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

/// Words that name a day from another one, which the conversation does not state.
const RELATIVE: [&str; 17] = [
    "coming",
    "friday",
    "monday",
    "next",
    "now",
    "saturday",
    "sunday",
    "this",
    "thursday",
    "today",
    "tomorrow",
    "tonight",
    "tuesday",
    "wednesday",
    "week",
    "weekend",
    "yesterday",
];

/// A date or a time in a standard spelling, whose parts the conversation names: `None` when the text is no date.
fn of_date(text: &str, context: &Context) -> Option<f32> {
    let date = text.get(..10).and_then(|d| d.parse::<jiff::civil::Date>().ok());
    if let Some(date) = date {
        if context.has_date(date) {
            return Some(1.0);
        }
        let mut months = context.said.words.iter().chain(context.seen.words.iter()).filter_map(month);
        let month_named = months.any(|m| m == date.month());
        let parts = [
            context.has_number(f64::from(date.day())),
            month_named || context.has_number(f64::from(date.month())),
            context.has_number(f64::from(date.year())),
        ];
        let relative = RELATIVE.iter().any(|w| context.has_stem(stem(w)));
        let [day, month, year] = parts.map(|p| if p { 1.0_f32 } else { 0.0 });
        let stated = day * 0.45 + month * 0.35 + year * 0.2;
        return Some(if relative { stated.max(0.6) } else { stated });
    }
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.trim().parse::<u8>().ok()?, minute.get(..2)?.parse::<u8>().ok()?);
    if hour > 24 || minute > 59 {
        return None;
    }
    let hour_named = [hour, (hour + 12) % 24, hour % 12].iter().any(|h| context.has_number(f64::from(*h)));
    let noon = (hour == 12 && context.has_stem("noon")) || (hour == 0 && context.has_stem("midnight"));
    let minute_named = minute == 0 || context.has_number(f64::from(minute)) || context.has_stem("half");
    Some(match (hour_named || noon, minute_named) {
        (true, true) => 1.0,
        (true, false) | (false, true) if minute != 0 => 0.4,
        _ => 0.1,
    })
}
