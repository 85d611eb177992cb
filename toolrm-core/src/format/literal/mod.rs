//! Python literals and calls with literal arguments: the text pythonic models write. One pass over the text, no evaluation.
//!
//! Read are: strings of every quoting (with prefixes, escapes, implicit concatenation), integers of every base with underscores,
//! floats, `True`/`False`/`None` and, because models mix the two languages, JSON's `true`/`false`/`null`, lists, tuples and sets
//! (as arrays), dicts with text keys (as objects), comments, trailing commas. Everything else Python could compute (a variable, an
//! operator, a call inside an argument, an f-string with fields) is an error that says so: a value is read, never guessed.

use std::{borrow::Cow, fmt};

use memchr::memchr;
use serde_json::{Map, Value};

use super::json::insert_new;

mod number;
mod string;

/// Deepest nesting that is read, as in JSON.
const MAX_DEPTH: u32 = 128;

/// Why a text is not a literal or a call, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiteralError {
    /// Byte offset into the text.
    pub at: usize,
    /// What is wrong there.
    pub why: Cow<'static, str>,
}

impl std::error::Error for LiteralError {}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.why, self.at)
    }
}

/// Reads a Python literal as JSON: data sets are published with `str(dict)` where JSON was meant. See the rules of [`super::Pythonic`]:
/// nothing is evaluated.
///
/// ```
/// use toolrm_core::format::parse_literal;
/// assert_eq!(parse_literal("{'city': 'Paris', 'days': (1, None)}").unwrap(), serde_json::json!({"city": "Paris", "days": [1, null]}));
/// assert!(parse_literal("{'city': paris}").is_err());
/// ```
pub fn parse_literal(text: &str) -> Result<Value, LiteralError> {
    let mut reader = Reader::new(text);
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    if reader.rest().is_empty() { Ok(value) } else { reader.fail("more text behind the value") }
}

/// A call as it is written: positional arguments have no names yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Invocation {
    pub(super) name: String,
    pub(super) positional: Vec<Value>,
    pub(super) keywords: Map<String, Value>,
}

type Parsed<T> = Result<T, LiteralError>;

/// A place in a text from which Python is read.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    text: &'a str,
    pos: usize,
    depth: u32,
    /// Whether a value that is no literal is read as its source text.
    source_values: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, pos: 0, depth: 0, source_values: false }
    }

    /// Sets whether a value that is no literal (a variable, an expression, a call) is read as its source text.
    pub(super) fn with_source_values(mut self, source_values: bool) -> Self {
        self.source_values = source_values;
        self
    }

    /// A reader of another text by the same rules.
    pub(super) fn within<'b>(&self, text: &'b str) -> Reader<'b> {
        Reader::new(text).with_source_values(self.source_values)
    }

    /// Byte offset of what comes next.
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    fn fail<T>(&self, why: impl Into<Cow<'static, str>>) -> Parsed<T> {
        Err(LiteralError { at: self.pos, why: why.into() })
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Parsed<()> {
        if self.eat(byte) { Ok(()) } else { self.fail(self.expected(what)) }
    }

    fn expected(&self, what: &str) -> String {
        match self.rest().chars().next() {
            Some(c) => format!("expected {what}, found `{}`", c.escape_debug()),
            None => format!("expected {what}, but the text ends"),
        }
    }

    /// Goes on behind `bytes` bytes of ASCII that were looked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.pos += bytes;
    }

    /// Skips white space and comments, as inside brackets.
    pub(super) fn skip_space(&mut self) {
        while !matches!(self.peek(), Some(b'!'..=b'"' | b'$'..=b'~')) {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.pos += rest.len() - trimmed.len();
            if !self.skip_comment() {
                return;
            }
        }
    }

    /// Skips a comment up to its line break.
    pub(super) fn skip_comment(&mut self) -> bool {
        let rest = self.rest().as_bytes();
        if self.peek() != Some(b'#') {
            return false;
        }
        self.pos += memchr(b'\n', rest).unwrap_or(rest.len());
        true
    }

    /// Skips blanks on the same line.
    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.pos += 1;
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return self.fail("nested deeper than 128 levels");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// One call: a name, then arguments in parentheses. The name is a dotted identifier (hyphens allowed; `\_`, Markdown's escape of
    /// an underscore, is one) or a quoted text.
    pub(super) fn call(&mut self) -> Parsed<Invocation> {
        let name = if self.at_string() { self.quoted_name()? } else { self.name()?.into_owned() };
        if name.is_empty() {
            return self.fail("a call without a name");
        }
        self.expect(b'(', "`(` after the name of a call")?;
        let mut call = Invocation { name, ..Invocation::default() };
        loop {
            self.skip_space();
            if self.eat(b')') {
                return Ok(call);
            }
            self.argument(&mut call)?;
            self.skip_space();
            if !self.eat(b',') && self.peek() != Some(b')') {
                return self.fail(self.expected("`,` or `)` after an argument"));
            }
        }
    }

    /// A name in quotes: one short string, so that looking for it never goes beyond the line.
    pub(super) fn quoted_name(&mut self) -> Parsed<String> {
        if self.rest().starts_with("\"\"\"") || self.rest().starts_with("'''") {
            return self.fail("a name in triple quotes");
        }
        let mut name = String::new();
        self.string(&mut name)?;
        Ok(name)
    }

    fn argument(&mut self, call: &mut Invocation) -> Parsed<()> {
        if self.rest().starts_with("**") {
            self.pos += 2;
            self.skip_space();
            let at = self.pos;
            let Value::Object(map) = self.value()? else {
                return Err(LiteralError { at, why: "`**` must be followed by a dict".into() });
            };
            for (key, value) in map {
                insert_new(&mut call.keywords, key, value).map_err(|why| LiteralError { at, why: why.into() })?;
            }
            return Ok(());
        }
        let at = self.pos;
        let mut ahead = self.clone();
        if let Ok(key) = ahead.identifier() {
            ahead.skip_space();
            if ahead.eat(b'=') && ahead.peek() != Some(b'=') {
                self.pos = ahead.pos;
                self.skip_space();
                let value = self.value()?;
                return insert_new(&mut call.keywords, key.into_owned(), value)
                    .map_err(|why| LiteralError { at, why: why.into() });
            }
        }
        if !call.keywords.is_empty() {
            return self.fail("a positional argument after a named one");
        }
        let value = self.value()?;
        call.positional.push(value);
        Ok(())
    }

    /// A dotted name.
    pub(super) fn name(&mut self) -> Parsed<Cow<'a, str>> {
        self.word(|c| c == '.' || c == '-')
    }

    fn identifier(&mut self) -> Parsed<Cow<'a, str>> {
        self.word(|_| false)
    }

    fn word(&mut self, also: impl Fn(char) -> bool) -> Parsed<Cow<'a, str>> {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '\\') {
            return self.fail(self.expected("a name"));
        }
        let plain =
            rest.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_' || b.is_ascii() && also(char::from(b))));
        if let Some((word, tail)) = plain.and_then(|end| rest.split_at_checked(end))
            && !word.is_empty()
            && tail.starts_with(|c: char| c.is_ascii() && c != '\\')
        {
            self.pos += word.len();
            return Ok(Cow::Borrowed(word));
        }
        let mut end = 0;
        let mut escaped = false;
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let escape = c == '\\' && chars.peek().is_some_and(|&(_, next)| next == '_');
            if !(c.is_alphanumeric() || c == '_' || escape || also(c)) {
                break;
            }
            escaped |= escape;
            end = at + c.len_utf8();
        }
        let word = rest.get(..end).unwrap_or_default();
        if end == 0 {
            return self.fail(self.expected("a name"));
        }
        self.pos += end;
        Ok(if escaped { Cow::Owned(word.replace("\\_", "_")) } else { Cow::Borrowed(word) })
    }

    /// One literal that is not the beginning of an expression.
    pub(super) fn value(&mut self) -> Parsed<Value> {
        let start = self.clone();
        let value = self.literal().and_then(|value| self.no_operator().map(|()| value));
        match value {
            Err(_) if self.source_values => {
                *self = start;
                self.source()
            }
            value => value,
        }
    }

    /// The source text of a value, up to the comma or bracket behind it.
    fn source(&mut self) -> Parsed<Value> {
        let start = self.pos;
        let mut open = 0_u32;
        loop {
            match self.peek() {
                _ if self.at_string() => self.string(&mut String::new())?,
                None => return self.fail(self.expected("the end of a value")),
                Some(b',' | b')' | b']' | b'}' | b'=') if open == 0 => break,
                Some(b) => {
                    open = match b {
                        b'(' | b'[' | b'{' => open + 1,
                        b')' | b']' | b'}' => open - 1,
                        _ => open,
                    };
                    self.pos += self.rest().chars().next().map_or(1, char::len_utf8);
                }
            }
        }
        match self.text.get(start..self.pos).map(str::trim_end) {
            Some(source) if !source.is_empty() => Ok(Value::String(source.to_owned())),
            _ => self.fail(self.expected("a value")),
        }
    }

    /// One literal, whatever follows.
    pub(super) fn literal(&mut self) -> Parsed<Value> {
        let value = match self.peek() {
            _ if self.at_string() => Value::String(self.strings()?),
            Some(b'[') => Value::Array(self.nested(|r| r.items(b']'))?),
            Some(b'{') => self.nested(Self::braces)?,
            Some(b'(') => self.nested(Self::parentheses)?,
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number()?,
            _ => self.constant()?,
        };
        Ok(value)
    }

    /// A literal must not go on as an expression.
    fn no_operator(&self) -> Parsed<()> {
        let mut ahead = self.clone();
        ahead.skip_blanks();
        if matches!(ahead.peek(), Some(b',' | b')' | b']' | b'}' | b':') | None) {
            return Ok(());
        }
        let rest = ahead.rest();
        let word = |w: &str| {
            rest.strip_prefix(w).is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        if rest.starts_with(['+', '-', '*', '/', '%', '@', '&', '|', '^', '<', '>', '=', '!', '.', '(', '[', '~'])
            || ["if", "for", "and", "or", "in", "is", "not"].into_iter().any(word)
        {
            return ahead.fail("an expression, not a literal value");
        }
        Ok(())
    }

    fn constant(&mut self) -> Parsed<Value> {
        let start = self.clone();
        let Ok(name) = self.name() else { return self.fail(self.expected("a value")) };
        match name.as_ref() {
            "True" | "true" => Ok(Value::Bool(true)),
            "False" | "false" => Ok(Value::Bool(false)),
            "None" | "null" => Ok(Value::Null),
            other if self.peek() == Some(b'(') => start.fail(format!("`{other}(..)` is a call, not a literal value")),
            other => start.fail(format!("`{other}` is a variable, not a literal value")),
        }
    }

    fn items(&mut self, close: u8) -> Parsed<Vec<Value>> {
        self.pos += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.eat(close) {
                return Ok(items);
            }
            items.push(self.value()?);
            self.skip_space();
            if !self.eat(b',') && self.peek() != Some(close) {
                return self.fail(self.expected("`,` or the end of a list"));
            }
        }
    }

    fn parentheses(&mut self) -> Parsed<Value> {
        let start = self.pos;
        let mut items = self.items(b')')?;
        let body = self.text.get(start + 1..self.pos.saturating_sub(1)).unwrap_or_default().trim_end();
        match items.len() {
            1 if !body.ends_with(',') => Ok(items.pop().unwrap_or_default()),
            _ => Ok(Value::Array(items)),
        }
    }

    fn braces(&mut self) -> Parsed<Value> {
        self.pos += 1;
        let mut map = Map::new();
        let mut set: Option<Vec<Value>> = None;
        loop {
            self.skip_space();
            if self.eat(b'}') {
                return Ok(set.map_or(Value::Object(map), Value::Array));
            }
            let at = self.pos;
            let item = self.value()?;
            self.skip_space();
            if self.peek() == Some(b':') && set.is_none() {
                let Value::String(key) = item else {
                    return Err(LiteralError { at, why: "a key that is not a text has no JSON form".into() });
                };
                self.pos += 1;
                self.skip_space();
                let value = self.value()?;
                insert_new(&mut map, key, value).map_err(|why| LiteralError { at, why: why.into() })?;
                self.skip_space();
            } else if map.is_empty() {
                set.get_or_insert_default().push(item);
            } else {
                return self.fail(self.expected("`:` after a key"));
            }
            if !self.eat(b',') && self.peek() != Some(b'}') {
                return self.fail(self.expected("`,` or `}`"));
            }
        }
    }
}

/// The start of a text, for a message.
pub(super) fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => Cow::Owned(format!("{}..", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Parsed<Value> {
        parse_literal(text)
    }

    #[test]
    fn literals_mean_what_they_mean_in_python() {
        for (text, value) in [
            ("'it\\'s'", json!("it's")),
            ("'a' \"b\"  # c\n u'c'", json!("abc")),
            ("'''two\nlines \"and\" 'quotes'''", json!("two\nlines \"and\" 'quotes")),
            (r"'\n\t\\\x41\101\u00e9\U0001f600\d'", json!("\n\t\\AAé😀\\d")),
            (r"r'\d\''", json!("\\d\\'")),
            ("'\\ud83d\\ude00'", json!("😀")),
            ("f'plain'", json!("plain")),
            ("-1_000", json!(-1000)),
            ("- 1", json!(-1)),
            ("0xfF", json!(255)),
            ("0b1_0", json!(2)),
            ("00", json!(0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("123456789012345678901234567890", json!(123_456_789_012_345_678_901_234_567_890.0)),
            ("1.", json!(1.0)),
            (".5e-3", json!(0.0005)),
            ("[1, (2, 3,), (4), (), {5, 6}, [],]", json!([1, [2, 3], 4, [], [5, 6], []])),
            ("{'a': None, 'b': {'c': True}, }", json!({"a": null, "b": {"c": true}})),
            ("[null, true, false]", json!([null, true, false])),
        ] {
            assert_eq!(read(text).map_err(|e| e.to_string()), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_literal_says_why() {
        for (text, why) in [
            ("x", "`x` is a variable, not a literal value at byte 0"),
            ("f(1)", "`f(..)` is a call, not a literal value at byte 0"),
            ("1 + 1", "an expression, not a literal value at byte 2"),
            ("-x", "an expression, not a literal value at byte 0"),
            ("'a", "a string that is never closed at byte 0"),
            ("'a\nb'", "a line break inside a string (write `\\n`) at byte 2"),
            ("f'{a}'", "an f-string with fields is an expression, not a literal value at byte 0"),
            ("b'a'", "a bytes literal has no JSON form at byte 0"),
            ("'\\ud800'", "an escape sequence that is no character at byte 1"),
            ("1e999", "`1e999` is not a number JSON can hold at byte 0"),
            ("1_", "`1_` is not a number JSON can hold at byte 0"),
            ("012", "`012` is not a number JSON can hold at byte 0"),
            ("{'a': 1, 'a': 2}", "the key \"a\" occurs twice at byte 9"),
            ("{1: 2}", "a key that is not a text has no JSON form at byte 1"),
            ("[1", "expected `,` or the end of a list, but the text ends at byte 2"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), why, "{text}");
        }
    }
}
