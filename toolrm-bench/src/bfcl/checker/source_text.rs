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
