//! Java values: from source text to values.
//!
//! Text that is not of its type's form stays text, and is compared as such.

use indexmap::IndexMap;

use super::{
    python::{Kind, Made, inside, is_decimal, is_decimal_number, parse_float, strip, without_last_line_feed},
    source_text::{Refusal, group, integer, is_quoted, items, number_or_text, pattern},
};

/// A documented Java type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JavaType {
    /// byte, short, integer
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Char,
    String,
    Any,
    Array,
    ArrayList,
    HashMap,
    /// Types that are known and whose values the official checker cannot read: Set, Hashtable, Queue, Stack.
    Unread(Kind),
}

impl JavaType {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "byte" | "short" | "integer" => Self::Integer,
            "long" => Self::Long,
            "float" => Self::Float,
            "double" => Self::Double,
            "boolean" => Self::Boolean,
            "char" => Self::Char,
            "String" => Self::String,
            "any" => Self::Any,
            "Array" => Self::Array,
            "ArrayList" => Self::ArrayList,
            "HashMap" => Self::HashMap,
            "Set" => Self::Unread(Kind::Set),
            "Hashtable" => Self::Unread(Kind::Dict),
            "Queue" | "Stack" => Self::Unread(Kind::List),
            _ => return None,
        })
    }

    /// The type its values have once read.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Integer | Self::Long => Kind::Int,
            Self::Float | Self::Double => Kind::Float,
            Self::Boolean => Kind::Bool,
            Self::Char | Self::String | Self::Any => Kind::Text,
            Self::Array | Self::ArrayList => Kind::List,
            Self::HashMap => Kind::Dict,
            Self::Unread(kind) => kind,
        }
    }

    /// Whether the type of its items is documented and checked.
    pub(super) const fn has_items(self) -> bool {
        matches!(self, Self::Array | Self::ArrayList)
    }

    /// The value of a source text; `items` is the type of a list's items.
    pub(super) fn read(self, text: &str, items: Option<Self>) -> Result<Made<'_>, Refusal> {
        let number = without_last_line_feed(text);
        match self {
            Self::Integer if is_decimal_number(number, false) => integer(number),
            Self::Long => match number.strip_suffix(['l', 'L']) {
                Some(digits) if is_decimal_number(digits, false) => integer(digits),
                _ => Ok(Made::Text(text)),
            },
            Self::Float => Ok(number.strip_suffix(['f', 'F']).and_then(float).unwrap_or(Made::Text(text))),
            Self::Double => Ok(float(number).unwrap_or(Made::Text(text))),
            Self::Boolean if matches!(text, "true" | "false") => Ok(Made::Bool(text == "true")),
            Self::Integer | Self::Boolean | Self::Char | Self::String | Self::Any => Ok(Made::Text(text)),
            Self::Array => array(text, items),
            Self::ArrayList => array_list(text, items),
            Self::HashMap => hash_map(text),
            Self::Unread(_) => Err(Refusal::NoReader),
        }
    }
}

/// A number with or without fraction and exponent, without a suffix.
fn float<'a>(text: &str) -> Option<Made<'a>> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let is_exponent = |digits: &str| !digits.is_empty() && digits.chars().all(is_decimal);
    let has_form = is_decimal_number(number, true) && exponent.is_none_or(is_exponent);
    if has_form { parse_float(text).map(Made::Float) } else { None }
}

pattern!(AS_LIST = r"new\s+ArrayList<\w*>\(Arrays\.asList\((.+?)\)\)");
pattern!(LIST_BLOCK = r"(?s)new\s+ArrayList<\w*>\(\)\s*\{\{\s*(.+?)\s*\}\}");
pattern!(ADD = r"add\((.+?)\)");
pattern!(EMPTY_LIST = r"new\s+ArrayList<\w*>\(\)");
pattern!(ARRAY = r"new\s+\w+\[\]\s*\{(.*?)\}");
pattern!(MAP_BLOCK = r"(?s)new\s+HashMap<.*?>\s*\(\)\s*\{\s*\{?\s*(.*?)\s*\}?\s*\}");
pattern!(PUT = r#"put\("(.*?)",\s*(.*?)\)"#);
pattern!(EMPTY_MAP = r"new\s+HashMap<.*?>\s*\(\)");

/// `new int[]{1, 2}`. Strings keep their quotes.
fn array(text: &str, of: Option<JavaType>) -> Result<Made<'_>, Refusal> {
    let Some(elements) = group(&ARRAY, text) else {
        return Ok(Made::Text(text));
    };
    let elements = items(elements).filter(|item| !item.is_empty());
    elements.map(|item| element(item, of)).collect::<Result<_, _>>().map(Made::List)
}

/// `new ArrayList<>(Arrays.asList(1, 2))` or `new ArrayList<>() {{ add(1); add(2); }}`. Strings lose their quotes.
fn array_list(text: &str, of: Option<JavaType>) -> Result<Made<'_>, Refusal> {
    let unquoted = |item| match of {
        Some(JavaType::Char | JavaType::String) => Ok(Made::Text(inside(item))),
        _ => element(item, of),
    };
    let elements: Vec<Made<'_>> = if let Some(elements) = group(&AS_LIST, text) {
        items(elements).map(unquoted).collect::<Result<_, _>>()?
    } else if let Some(block) = group(&LIST_BLOCK, text) {
        let added = ADD.captures_iter(block).filter_map(|added| added.get(1));
        added.map(|item| unquoted(strip(item.as_str()))).collect::<Result<_, _>>()?
    } else if EMPTY_LIST.is_match(text) {
        Vec::new()
    } else {
        return Ok(Made::Text(text));
    };
    Ok(Made::List(elements))
}

fn element(item: &str, of: Option<JavaType>) -> Result<Made<'_>, Refusal> {
    of.map_or_else(|| untyped(item), |of| of.read(item, None))
}

/// `new HashMap<String, Integer>() {{ put("a", 1); }}`
fn hash_map(text: &str) -> Result<Made<'_>, Refusal> {
    let mut entries = IndexMap::new();
    if let Some(block) = group(&MAP_BLOCK, text) {
        for put in PUT.captures_iter(block) {
            if let (Some(key), Some(value)) = (put.get(1), put.get(2)) {
                entries.insert(key.as_str(), untyped(strip(value.as_str()))?);
            }
        }
    } else if !EMPTY_MAP.is_match(text) {
        return Ok(Made::Text(text));
    }
    Ok(Made::Dict(entries))
}

/// A value whose type is not known: recognised by its form.
fn untyped(text: &str) -> Result<Made<'_>, Refusal> {
    match text {
        "true" => return Ok(Made::Bool(true)),
        "false" => return Ok(Made::Bool(false)),
        quoted if is_quoted(quoted, '"') => return Ok(Made::Text(inside(quoted))),
        _ => {}
    }
    if let Some(digits) = text.strip_suffix(['l', 'L']).filter(|digits| is_decimal_number(digits, false)) {
        return integer(digits);
    }
    let as_float = text.strip_suffix(['f', 'F']).and_then(float);
    Ok(as_float.unwrap_or_else(|| number_or_text(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for pattern in [&AS_LIST, &LIST_BLOCK, &ADD, &EMPTY_LIST, &ARRAY, &MAP_BLOCK, &PUT, &EMPTY_MAP] {
            assert!(!pattern.is_match(""));
        }
    }

    #[test]
    fn lists_of_strings_lose_their_quotes_and_arrays_keep_them() {
        let text = r#"new ArrayList<String>() {{ add("a"); add("b"); }}"#;
        let read = JavaType::ArrayList.read(text, Some(JavaType::String));
        assert_eq!(read, Ok(Made::List(vec![Made::Text("a"), Made::Text("b")])));
        let read = JavaType::Array.read(r#"new String[]{"a", }"#, Some(JavaType::String));
        assert_eq!(read, Ok(Made::List(vec![Made::Text("\"a\"")])));
    }

    #[test]
    fn forms_decide_what_is_a_number() {
        assert_eq!(JavaType::Float.read("3e-3F", None), Ok(Made::Float(0.003)));
        assert_eq!(JavaType::Float.read("3.5", None), Ok(Made::Text("3.5")), "a float ends in f");
        assert_eq!(JavaType::Long.read("9L\n", None), Ok(Made::Int(9)));
        assert_eq!(JavaType::Integer.read("9L", None), Ok(Made::Text("9L")));
        assert_eq!(JavaType::Unread(Kind::Set).read("", None), Err(Refusal::NoReader));
    }
}
