//! What the readers of Java and of JavaScript values share.

use regex::Regex;

use super::python::{Made, NotANumber, parse_float, parse_int, strip};

/// Why the official checker breaks off over a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No reader for values of the type.
    NoReader,
    /// An integer with more digits than Python reads.
    TooLong,
    /// A line feed where the end of the number is looked for.
    LineFeed,
}

impl Refusal {
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::NoReader => "values of this type cannot be read",
            Self::TooLong => "an integer of more than 4300 digits cannot be read",
            Self::LineFeed => "a line feed behind a Bigint cannot be read",
        }
    }
}

/// A regular expression of Python's. Its `\s` takes four separators of ASCII for white space that Unicode does not.
macro_rules! pattern {
    ($name:ident = $pattern:literal) => {
        #[allow(clippy::expect_used, reason = "a constant; a test compiles it")]
        static $name: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| {
            regex::Regex::new(&$pattern.replace(r"\s", r"[\s\x1c-\x1f]")).expect("a regular expression")
        });
    };
}
pub(super) use pattern;

/// An integer of the form its language gives it; other text stays text.
pub(super) fn integer<'a>(digits: &str) -> Result<Made<'a>, Refusal> {
    parse_int(digits).map_err(|_| Refusal::TooLong)
}

/// A number that Python can read; else the text.
pub(super) fn number_or_text(text: &str) -> Made<'_> {
    parse_int(text).or_else(|_: NotANumber| parse_float(text).map(Made::Float).ok_or(())).unwrap_or(Made::Text(text))
}

/// Whether the text is within quotes of this kind; one alone counts as both.
pub(super) fn is_quoted(text: &str, quote: char) -> bool {
    text.starts_with(quote) && text.ends_with(quote)
}

/// The items of a list without brackets, without the white space around them.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(strip)
}

/// What a group matched, for a group that takes part in every match.
pub(super) fn group<'a>(pattern: &Regex, text: &'a str) -> Option<&'a str> {
    Some(pattern.captures(text)?.get(1)?.as_str())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::bfcl::checker::{java::JavaType, javascript::JsType, python::Py, repr::Repr};

    /// A line of `tests/golden/source_text.json`: language, type, type of the items, text, and what the official reader made of it.
    type Golden = (String, String, Option<String>, String, Option<String>);

    /// What we make of it, as Python writes it; `None` where it cannot be read.
    fn read((language, of, items, text, _): &Golden) -> Option<String> {
        let items = items.as_deref();
        let made = match language.as_str() {
            "java" => {
                JavaType::from_name(of).unwrap().read(text, items.map(|items| JavaType::from_name(items).unwrap()))
            }
            _ => JsType::from_name(of).unwrap().read(text, items.map(|items| JsType::from_name(items).unwrap())),
        };
        made.ok().map(|made| Repr(Py::from(&made)).to_string())
    }

    #[test]
    fn values_are_read_as_the_official_readers_read_them() {
        let folder = std::env::var_os("TOOLRM_CHECKER_GOLDEN")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), PathBuf::from);
        let golden = std::fs::read_to_string(folder.join("source_text.json")).unwrap();
        let golden: Vec<Golden> = golden
            .split('\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let different = golden.iter().filter(|golden| read(golden) != golden.4);
        let different: Vec<_> = different.map(|golden| format!("{golden:?}, ours {:?}", read(golden))).collect();
        assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), golden.len(), different.join("\n"));
        assert!(golden.len() > 1000);
    }
}
