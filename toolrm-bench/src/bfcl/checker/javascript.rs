//! JavaScript values: from source text to values.
//!
//! Text that is not of its type's form stays text, and is compared as such.

use indexmap::IndexMap;

use super::{
    python::{Kind, Made, inside, is_decimal_number, is_space, parse_float, strip, without_last_line_feed},
    source_text::{Refusal, group, integer, is_quoted, items, number_or_text, pattern},
};

/// A documented JavaScript type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsType {
    String,
    Integer,
    Float,
    Bigint,
    Boolean,
    Dict,
    Array,
    Any,
}

impl JsType {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "String" => Self::String,
            "integer" => Self::Integer,
            "float" => Self::Float,
            "Bigint" => Self::Bigint,
            "Boolean" => Self::Boolean,
            "dict" => Self::Dict,
            "array" => Self::Array,
            "any" => Self::Any,
            _ => return None,
        })
    }

    /// The type its values have once read.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::String | Self::Any => Kind::Text,
            Self::Integer | Self::Bigint => Kind::Int,
            Self::Float => Kind::Float,
            Self::Boolean => Kind::Bool,
            Self::Dict => Kind::Dict,
            Self::Array => Kind::List,
        }
    }

    /// Whether the type of its items is documented and checked.
    pub(super) const fn has_items(self) -> bool {
        matches!(self, Self::Array)
    }

    /// The value of a source text; `items` is the type of an array's items.
    pub(super) fn read(self, text: &str, items: Option<Self>) -> Result<Made<'_>, Refusal> {
        let number = without_last_line_feed(text);
        match self {
            Self::String if is_quoted(text, '"') || is_quoted(text, '\'') => Ok(Made::Text(inside(text))),
            Self::Integer if is_decimal_number(number, false) => integer(number),
            Self::Float if is_decimal_number(number, true) => {
                Ok(parse_float(number).map_or(Made::Text(text), Made::Float))
            }
            Self::Bigint => bigint(text),
            Self::Boolean if matches!(text, "true" | "false") => Ok(Made::Bool(text == "true")),
            Self::String | Self::Integer | Self::Float | Self::Boolean | Self::Any => Ok(Made::Text(text)),
            Self::Dict => Ok(object(strip(text))),
            Self::Array => Ok(array(strip(text), items)),
        }
    }
}

/// `12n`. With a line feed behind, the official reader takes the `n` for a digit and breaks off.
fn bigint(text: &str) -> Result<Made<'_>, Refusal> {
    match text.strip_suffix('n') {
        Some(digits) if is_decimal_number(digits, false) => integer(digits),
        _ => match without_last_line_feed(text).strip_suffix('n') {
            Some(digits) if is_decimal_number(digits, false) => Err(Refusal::LineFeed),
            _ => Ok(Made::Text(text)),
        },
    }
}

pattern!(NESTED = r"\A(\[\s*\[.*?\]\s*(?:,\s*\[.*?\]\s*)*\]|new\s+Array\(\s*\[.*?\]\s*(?:,\s*\[.*?\]\s*)*\))");
pattern!(BRACKETED = r"\[(.*?)\]");
pattern!(MADE = r"\Anew\s+Array\((.*?)\)");

/// `[1, 2]`, `new Array(1, 2)`, or either of them holding such; the text where an item cannot be read.
fn array(code: &str, of: Option<JsType>) -> Made<'_> {
    if let Some(nested) = may_be_nested(code).then(|| group(&NESTED, code)).flatten() {
        let inner = BRACKETED.captures_iter(nested).filter_map(|inner| inner.get(1)).enumerate();
        let lists = inner.map(|(i, list)| {
            let list = strip(list.as_str());
            // The first match begins at the outer bracket and holds the inner one.
            let list = if i == 0 { list.strip_prefix('[').unwrap_or(list) } else { list };
            Made::List(items(list).map(untyped).collect())
        });
        return Made::List(lists.collect());
    }
    let Some(elements) = within(code, '[', ']').or_else(|| group(&MADE, code)) else {
        return Made::Text(code);
    };
    let elements = strip(elements);
    if elements.is_empty() {
        return Made::List(Vec::new());
    }
    let read = |item| match of {
        Some(of) => of.read(item, of_quoted(item)),
        None => Ok(untyped(item)),
    };
    items(elements).map(read).collect::<Result<_, _>>().map_or(Made::Text(code), Made::List)
}

/// Whether it begins like an array of arrays: what does not is spared the search.
fn may_be_nested(code: &str) -> bool {
    code.strip_prefix('[').is_none_or(|inside| inside.trim_start_matches(is_space).starts_with('['))
}

/// What stands between an opening bracket at the start and the first closing one, in one line.
fn within(code: &str, open: char, close: char) -> Option<&str> {
    let (inside, _) = code.strip_prefix(open)?.split_once(close)?;
    (!inside.contains('\n')).then_some(inside)
}

/// What begins with a quote is taken for a string, should it be a list as well.
fn of_quoted(item: &str) -> Option<JsType> {
    item.starts_with(['"', '\'']).then_some(JsType::String)
}

/// `{"a": 1, b: "c"}`, as far as its first closing brace.
fn object(code: &str) -> Made<'_> {
    if code == "{}" {
        return Made::Dict(IndexMap::new());
    }
    within(code, '{', '}').map_or(Made::Text(code), |content| Made::Dict(entries(content)))
}

/// The entries of an object's inside, which holds neither closing brace nor line feed.
///
/// An entry ends at a comma behind which, before the next comma, another key and its colon stand; so a value may hold commas.
fn entries(content: &str) -> IndexMap<&str, Made<'_>> {
    let mut entries = IndexMap::new();
    let mut rest = content;
    loop {
        // A key has at least one character.
        rest = rest.trim_start_matches(':');
        let Some((key, behind)) = rest.split_once(':') else {
            return entries;
        };
        let value = behind.trim_start_matches(is_space);
        let (value, next) = end_of_value(value);
        let key = strip(key).trim_matches(['\'', '"']);
        entries.insert(key, value_of_entry(strip(value)));
        rest = next;
    }
}

/// A value, and what comes behind the comma that ends it.
fn end_of_value(text: &str) -> (&str, &str) {
    for (comma, _) in text.match_indices(',') {
        let Some((value, behind)) = text.split_at_checked(comma) else { continue };
        let behind = behind.strip_prefix(',').unwrap_or(behind);
        if let Some(next) = next_entry(behind) {
            return (value, next);
        }
    }
    (text, "")
}

/// Where the next entry begins, if there is one: its key's first character that is no white space, or white space where the key is
/// nothing else.
fn next_entry(behind: &str) -> Option<&str> {
    let segment = behind.split_once(',').map_or(behind, |(segment, _)| segment);
    let has_key = |segment: &str| segment.chars().skip(1).any(|c| c == ':');
    let trimmed = segment.trim_start_matches(is_space);
    let skipped = segment.len() - trimmed.len();
    if has_key(trimmed) {
        return behind.get(skipped..);
    }
    let (last_space, _) = segment.get(..skipped)?.char_indices().next_back()?;
    let key = behind.get(last_space..)?;
    has_key(segment.get(last_space..)?).then_some(key)
}

fn value_of_entry(value: &str) -> Made<'_> {
    if value.starts_with('[') && value.ends_with(']') {
        return array(value, None);
    }
    untyped(value.trim_matches(['\'', '"']))
}

/// A value whose type is not known: recognised by its form.
fn untyped(text: &str) -> Made<'_> {
    match strip(text) {
        "true" => Made::Bool(true),
        "false" => Made::Bool(false),
        quoted if is_quoted(quoted, '"') || is_quoted(quoted, '\'') => Made::Text(inside(quoted)),
        other => number_or_text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dict<'a>(entries: impl IntoIterator<Item = (&'a str, Made<'a>)>) -> Made<'a> {
        Made::Dict(entries.into_iter().collect())
    }

    #[test]
    fn every_pattern_compiles() {
        for pattern in [&NESTED, &BRACKETED, &MADE] {
            assert!(!pattern.is_match(""));
        }
    }

    #[test]
    fn objects_are_read_to_the_first_closing_brace() {
        let read = |text| JsType::Dict.read(text, None).unwrap();
        assert_eq!(read(" {} "), dict([]));
        assert_eq!(
            read("{a: 1, 'b': [1, x], c: d, e}"),
            dict([
                ("a", Made::Int(1)),
                ("b", Made::List(vec![Made::Int(1), Made::Text("x")])),
                ("c", Made::Text("d, e")),
            ])
        );
        assert_eq!(read("{a: {b: 1}, c: 2}"), dict([("a", Made::Text("{b: 1"))]));
        assert_eq!(read("{a: 1, : b}"), dict([("a", Made::Int(1)), ("", Made::Text("b"))]));
        assert_eq!(read("a: 1"), Made::Text("a: 1"));
    }

    #[test]
    fn arrays_of_arrays_and_flat_ones() {
        let read = |text, of| JsType::Array.read(text, of).unwrap();
        let one_two = || Made::List(vec![Made::Int(1), Made::Int(2)]);
        assert_eq!(read("[[1, 2], [ 1 ,2]]", None), Made::List(vec![one_two(), one_two()]));
        assert_eq!(read("new Array([1,2])", None), Made::List(vec![one_two()]));
        assert_eq!(read("new Array(1, 2)", Some(JsType::Integer)), one_two());
        assert_eq!(read("[]", Some(JsType::String)), Made::List(vec![]));
        assert_eq!(read("[5n\n, x]", Some(JsType::Bigint)), Made::Text("[5n\n, x]"), "a line feed ends no bracket");
        assert_eq!(read("[\"a\", b]", Some(JsType::String)), Made::List(vec![Made::Text("a"), Made::Text("b")]));
    }
}
