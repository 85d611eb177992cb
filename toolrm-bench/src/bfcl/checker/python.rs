//! Values as Python sees them: what type they have, which are equal, how numbers are read from text.
//!
//! `True == 1 == 1.0`, but the three are of different types; integers have no bounds.

use std::cmp::Ordering;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

/// A value's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    None,
    Bool,
    Int,
    Float,
    Text,
    List,
    Dict,
    Set,
}

impl Kind {
    /// Python's name of the type.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Text => "str",
            Self::List => "list",
            Self::Dict => "dict",
            Self::Set => "set",
        }
    }

    pub(super) fn of(value: &Value) -> Self {
        Py::from(value).kind()
    }
}

/// A value: one of JSON, or one made of source text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Py<'a> {
    None,
    Bool(bool),
    Int(i128),
    /// An integer beyond `Int`: its decimal digits, with a minus where it is negative.
    BigInt(&'a str),
    Float(f64),
    Text(&'a str),
    List(List<'a>),
    Dict(Dict<'a>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum List<'a> {
    Json(&'a [Value]),
    Made(&'a [Made<'a>]),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Dict<'a> {
    Json(&'a Map<String, Value>),
    Made(&'a IndexMap<&'a str, Made<'a>>),
}

/// A value made of source text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Made<'a> {
    Bool(bool),
    Int(i128),
    BigInt(String),
    Float(f64),
    Text(&'a str),
    List(Vec<Made<'a>>),
    Dict(IndexMap<&'a str, Made<'a>>),
}

impl<'a> From<&'a Value> for Py<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::Bool(b) => Self::Bool(*b),
            Value::Number(n) => number(n),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(List::Json(items)),
            Value::Object(map) => Self::Dict(Dict::Json(map)),
        }
    }
}

fn number(n: &Number) -> Py<'static> {
    if let Some(i) = n.as_i64() {
        Py::Int(i.into())
    } else if let Some(u) = n.as_u64() {
        Py::Int(u.into())
    } else {
        Py::Float(n.as_f64().unwrap_or(f64::NAN))
    }
}

impl<'a> From<&'a Made<'a>> for Py<'a> {
    fn from(made: &'a Made<'a>) -> Self {
        match made {
            Made::Bool(b) => Self::Bool(*b),
            Made::Int(i) => Self::Int(*i),
            Made::BigInt(digits) => Self::BigInt(digits),
            Made::Float(f) => Self::Float(*f),
            Made::Text(text) => Self::Text(text),
            Made::List(items) => Self::List(List::Made(items)),
            Made::Dict(entries) => Self::Dict(Dict::Made(entries)),
        }
    }
}

impl Py<'_> {
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::None => Kind::None,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) | Self::BigInt(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
            Self::Dict(_) => Kind::Dict,
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub(super) fn get(self, index: usize) -> Option<Py<'a>> {
        match self {
            Self::Json(items) => items.get(index).map(Py::from),
            Self::Made(items) => items.get(index).map(Py::from),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Py<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

impl<'a> Dict<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Json(map) => map.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    pub(super) fn get(self, key: &str) -> Option<Py<'a>> {
        match self {
            Self::Json(map) => map.get(key).map(Py::from),
            Self::Made(entries) => entries.get(key).map(Py::from),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, Py<'a>)> {
        let (json, made) = match self {
            Self::Json(map) => (Some(map), None),
            Self::Made(entries) => (None, Some(entries)),
        };
        let json = json.into_iter().flatten().map(|(key, value)| (key.as_str(), Py::from(value)));
        let made = made.into_iter().flatten().map(|(key, value)| (*key, Py::from(value)));
        json.chain(made)
    }
}

/// Python's `==`.
pub(super) fn equal(a: Py<'_>, b: Py<'_>) -> bool {
    match (a, b) {
        (Py::None, Py::None) => true,
        (Py::Text(a), Py::Text(b)) | (Py::BigInt(a), Py::BigInt(b)) => a == b,
        (Py::List(a), Py::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b)),
        (Py::Dict(a), Py::Dict(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| equal(value, other)))
        }
        (Py::Float(a), Py::Float(b)) => a.partial_cmp(&b).is_some_and(Ordering::is_eq),
        (Py::Float(f), Py::BigInt(digits)) | (Py::BigInt(digits), Py::Float(f)) => {
            f.is_finite() && f.fract() == 0.0 && format!("{f:.0}") == digits
        }
        (Py::Float(f), other) | (other, Py::Float(f)) => integer(other).is_some_and(|i| is_same_number(i, f)),
        (a, b) => integer(a).is_some_and(|a| integer(b) == Some(a)),
    }
}

/// The integer a truth value or an integer is.
fn integer(value: Py<'_>) -> Option<i128> {
    match value {
        Py::Bool(b) => Some(i128::from(b)),
        Py::Int(i) => Some(i),
        _ => None,
    }
}

/// Compared as numbers, not after rounding one to the type of the other.
#[allow(clippy::cast_possible_truncation, reason = "guarded: integral and within 126 bits")]
fn is_same_number(i: i128, f: f64) -> bool {
    const BOUND: f64 = (1_i128 << 126) as f64;
    f.fract() == 0.0 && f.abs() < BOUND && f as i128 == i
}

/// What `int(text)` or `float(text)` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotANumber {
    /// It is no such number.
    Malformed,
    /// An integer with more digits than Python reads.
    TooLong,
}

/// Python reads integers of at most so many digits.
const MAX_DIGITS: usize = 4300;

/// `int(text)`, for text without white space around it.
pub(super) fn parse_int<'a>(text: &str) -> Result<Made<'a>, NotANumber> {
    // Plain digits with or without a sign mean the same here and there.
    if let Ok(short) = text.parse::<i64>() {
        return if text.trim_start_matches(['+', '-']).len() > MAX_DIGITS {
            Err(NotANumber::TooLong)
        } else {
            Ok(Made::Int(short.into()))
        };
    }
    let plain = plain_digits(text).ok_or(NotANumber::Malformed)?;
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotANumber::Malformed);
    }
    if digits.len() > MAX_DIGITS {
        return Err(NotANumber::TooLong);
    }
    let digits = digits.trim_start_matches('0');
    let sign = if negative { "-" } else { "" };
    let number = format!("{sign}{}", if digits.is_empty() { "0" } else { digits });
    Ok(number.parse().map_or(Made::BigInt(number), Made::Int))
}

/// `float(text)`, for text without white space around it; `None` where it is no number.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    plain_digits(text)?.parse().ok()
}

/// The text with the decimal digits of every script as ASCII ones, and without the underscores between digits. `None` where an
/// underscore or another character stands where none may.
fn plain_digits(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().map(ascii_digit).peekable();
    while let Some(c) = chars.next() {
        let c = c?;
        if c != '_' {
            plain.push(c);
        } else if !(plain.ends_with(is_digit) && chars.peek().copied().flatten().is_some_and(is_digit)) {
            return None;
        }
    }
    Some(plain)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// The ASCII digit that a decimal digit of any script means; other ASCII characters as they are, `None` for all else.
fn ascii_digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    let zero = ZEROS.iter().rev().find(|zero| **zero <= c)?;
    char::from_digit(u32::from(c).checked_sub(u32::from(*zero))?, 10)
}

/// Whether `\d` matches: a decimal digit of any script.
pub(super) fn is_decimal(c: char) -> bool {
    ascii_digit(c).is_some_and(is_digit)
}

/// The zeros of the scripts beyond ASCII, Unicode's `Nd` (version 14, as Python 3.11 has it); the other nine follow each.
const ZEROS: &[char] = &[
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Whether `str.isspace` and `\s` take the character for white space.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `text.strip()`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text[1:-1]`.
pub(super) fn inside(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.next_back();
    chars.as_str()
}

/// The text without a line feed at its end: `$` matches before one.
pub(super) fn without_last_line_feed(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// Whether the text is `-?\d+`, and if `fraction` is allowed `-?\d+(\.\d+)?`.
pub(super) fn is_decimal_number(text: &str, fraction: bool) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(is_decimal);
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, part)) if fraction => is_digits(whole) && is_digits(part),
        _ => is_digits(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(a: &Value, b: &Value) -> bool {
        equal(a.into(), b.into())
    }

    #[test]
    fn equality_is_pythons() {
        assert!(same(&json!([1, true, {"a": 0}]), &json!([true, 1.0, {"a": false}])));
        assert!(same(&json!(-0.0), &json!(0)));
        assert!(same(&json!({"a": 1, "b": null}), &json!({"b": null, "a": 1})));
        for (a, b) in [
            (json!("1"), json!(1)),
            (json!(null), json!(0)),
            (json!([1]), json!([1, 2])),
            (json!({"a": 1}), json!({"b": 1})),
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0)),
            (json!(1e300), json!(1)),
        ] {
            assert!(!same(&a, &b), "{a} {b}");
        }
        let big = format!("1{}", "0".repeat(50));
        assert!(!equal(Py::BigInt(&big), Py::Float(1e50)), "1e50 is not exactly ten to the fifty");
        assert!(equal(Py::BigInt(&(1_i128 << 126).to_string()), Py::Float((1_i128 << 126) as f64)));
        assert!(!equal(Py::Float(f64::NAN), Py::Int(0)));
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, number) in [("7", 7), ("+7", 7), ("-007", -7), ("1_000", 1000), ("٣٤", 34), ("-0", 0), ("１2", 12)]
        {
            assert_eq!(parse_int(text), Ok(Made::Int(number)), "{text}");
        }
        for text in ["", "-", "+-1", "1__0", "_1", "1_", "1.0", "0x1", "½", "²", "1 0"] {
            assert_eq!(parse_int(text), Err(NotANumber::Malformed), "{text}");
        }
        assert_eq!(parse_int(&"9".repeat(60)), Ok(Made::BigInt("9".repeat(60))));
        assert_eq!(parse_int(&"9".repeat(4301)), Err(NotANumber::TooLong));
        for (text, number) in
            [("1.", 1.0), (".5", 0.5), ("1_0.2_5e1_0", 10.25e10), ("-Infinity", f64::NEG_INFINITY), ("٣.٤", 3.4)]
        {
            assert_eq!(parse_float(text), Some(number), "{text}");
        }
        assert!(parse_float("nan").is_some_and(f64::is_nan));
        for text in ["", ".", "e5", "1_.5", "1._5", "1e", "1f", "in_f", "infin"] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }
}
