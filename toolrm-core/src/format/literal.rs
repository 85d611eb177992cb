//! Python literals and calls with literal arguments: the text pythonic models write. One pass over the text, no evaluation.
//!
//! Read are: strings of every quoting (with prefixes, escapes, implicit concatenation), integers of every base with underscores,
//! floats, `True`/`False`/`None` and, because models mix the two languages, JSON's `true`/`false`/`null`, lists, tuples and sets
//! (as arrays), dicts with text keys (as objects), comments, trailing commas. Everything else Python could compute (a variable, an
//! operator, a call inside an argument, an f-string with fields) is an error that says so: a value is read, never guessed.

use std::{borrow::Cow, fmt};

use memchr::{memchr, memchr2, memchr3};
use serde_json::{Map, Number, Value};

use super::json::insert_new;

/// Deepest nesting that is read, as in JSON.
const MAX_DEPTH: u32 = 128;

/// Why a text is not a literal or a call, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiteralError {
    /// Byte offset into the text.
    pub(super) at: usize,
    pub(super) why: Cow<'static, str>,
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.why, self.at)
    }
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
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, pos: 0, depth: 0 }
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
        let value = self.literal()?;
        self.no_operator()?;
        Ok(value)
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

    fn number(&mut self) -> Parsed<Value> {
        let start = self.clone();
        let negative = self.peek() == Some(b'-');
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.pos += 1;
        }
        let rest = self.rest();
        let mut end = 0;
        let mut previous = b' ';
        for &b in rest.as_bytes() {
            let exponent_sign = matches!(b, b'+' | b'-') && matches!(previous, b'e' | b'E') && !is_based(rest);
            if !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.') || exponent_sign) {
                break;
            }
            previous = b;
            end += 1;
        }
        let digits = rest.get(..end).unwrap_or_default();
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return start.fail("an expression, not a literal value");
        }
        self.pos += end;
        match number(digits, negative) {
            Some(number) => Ok(Value::Number(number)),
            None => start.fail(format!("`{}` is not a number JSON can hold", shorten(digits))),
        }
    }

    /// Whether a string literal comes next, prefix and all.
    pub(super) fn at_string(&self) -> bool {
        let rest = self.rest().as_bytes();
        let prefix = rest.iter().take(3).take_while(|b| b"rRbBuUfF".contains(b)).count();
        prefix < 3 && matches!(rest.get(prefix), Some(b'"' | b'\''))
    }

    /// String literals that stand one after the other, as the one text they make.
    pub(super) fn strings(&mut self) -> Parsed<String> {
        let mut text = String::new();
        loop {
            self.string(&mut text)?;
            let mut ahead = self.clone();
            ahead.skip_space();
            if !ahead.at_string() {
                return Ok(text);
            }
            self.pos = ahead.pos;
        }
    }

    fn string(&mut self, out: &mut String) -> Parsed<()> {
        let start = self.clone();
        let (mut raw, mut fields) = (false, false);
        loop {
            match self.peek() {
                Some(b'r' | b'R') => raw = true,
                Some(b'f' | b'F') => fields = true,
                Some(b'b' | b'B') => return self.fail("a bytes literal has no JSON form"),
                Some(b'u' | b'U') => {}
                _ => break,
            }
            self.pos += 1;
        }
        let Some(quote) = self.peek() else { return self.fail("expected a string") };
        let triple: &str = if quote == b'"' { "\"\"\"" } else { "'''" };
        let long = self.rest().starts_with(triple);
        self.pos += if long { 3 } else { 1 };
        let begin = out.len();
        loop {
            let rest = self.rest();
            let hit = if long {
                memchr2(quote, b'\\', rest.as_bytes())
            } else {
                memchr3(quote, b'\\', b'\n', rest.as_bytes())
            };
            let Some(at) = hit else { return start.fail("a string that is never closed") };
            out.push_str(rest.get(..at).unwrap_or_default());
            self.pos += at;
            match self.peek() {
                Some(b'\n') => return self.fail("a line break inside a string (write `\\n`)"),
                Some(b'\\') if raw => {
                    let escaped = self.rest().chars().take(2);
                    let before = out.len();
                    out.extend(escaped);
                    self.pos += out.len() - before;
                }
                Some(b'\\') => self.escape(out)?,
                _ if !long => {
                    self.pos += 1;
                    break;
                }
                _ if self.rest().starts_with(triple) => {
                    self.pos += 3;
                    break;
                }
                _ => {
                    out.push(char::from(quote));
                    self.pos += 1;
                }
            }
        }
        if fields && out.get(begin..).is_some_and(|text| text.contains(['{', '}'])) {
            return start.fail("an f-string with fields is an expression, not a literal value");
        }
        Ok(())
    }

    /// One escape sequence, by Python's rules; a UTF-16 pair (`\ud83d\ude00`), as JSON writes it, is the one character it means.
    fn escape(&mut self, out: &mut String) -> Parsed<()> {
        let start = self.clone();
        self.pos += 1;
        let Some(c) = self.rest().chars().next() else { return start.fail("a string that is never closed") };
        self.pos += c.len_utf8();
        let simple = match c {
            '\n' => return Ok(()),
            '\\' | '\'' | '"' => c,
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '0'..='7' => {
                self.pos -= 1;
                let octal = self.rest().bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
                return self.code_point(&start, octal, 8, out);
            }
            'x' => return self.code_point(&start, 2, 16, out),
            'u' => return self.code_point(&start, 4, 16, out),
            'U' => return self.code_point(&start, 8, 16, out),
            'N' if self.peek() == Some(b'{') => return start.fail("`\\N{..}`: characters by name are not read"),
            other => {
                out.push('\\');
                other
            }
        };
        out.push(simple);
        Ok(())
    }

    fn code_point(&mut self, start: &Self, digits: usize, radix: u32, out: &mut String) -> Parsed<()> {
        let bad = || LiteralError { at: start.pos, why: "an escape sequence that is no character".into() };
        let unit = self.digits(digits, radix).ok_or_else(bad)?;
        let code = if (0xd800..0xdc00).contains(&unit) && self.rest().starts_with("\\u") {
            self.pos += 2;
            let low = self.digits(4, 16).filter(|low| (0xdc00..0xe000).contains(low)).ok_or_else(bad)?;
            0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
        } else {
            unit
        };
        out.push(char::from_u32(code).ok_or_else(bad)?);
        Ok(())
    }

    fn digits(&mut self, count: usize, radix: u32) -> Option<u32> {
        let digits = self.rest().get(..count).filter(|d| !d.starts_with('+'))?;
        let value = u32::from_str_radix(digits, radix).ok()?;
        self.pos += count;
        Some(value)
    }
}

fn is_based(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..])
}

/// A Python number; `None` when it is none, or not one JSON can hold (`1j`, `1e400`).
fn number(digits: &str, negative: bool) -> Option<Number> {
    let well_grouped = !digits.is_empty()
        && digits.split('_').all(|group| !group.is_empty())
        && !digits.contains("._")
        && !digits.contains("_.");
    if !well_grouped {
        return None;
    }
    let plain: Cow<'_, str> =
        if digits.contains('_') { Cow::Owned(digits.replace('_', "")) } else { Cow::Borrowed(digits) };
    if is_based(&plain) {
        let radix = match plain.as_bytes().get(1) {
            Some(b'x' | b'X') => 16,
            Some(b'o' | b'O') => 8,
            _ => 2,
        };
        let magnitude = u64::from_str_radix(plain.get(2..)?, radix).ok()?;
        return integer(magnitude, negative);
    }
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        let leading_zero = plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0');
        if leading_zero {
            return None;
        }
        if let Some(number) = plain.parse().ok().and_then(|magnitude| integer(magnitude, negative)) {
            return Some(number);
        }
    } else if !plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    let float: f64 = plain.parse().ok()?;
    Number::from_f64(if negative { -float } else { float })
}

fn integer(magnitude: u64, negative: bool) -> Option<Number> {
    if !negative {
        return Some(Number::from(magnitude));
    }
    i64::try_from(-i128::from(magnitude)).ok().map(Number::from)
}

/// The start of a text, for a message.
pub(super) fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => Cow::Owned(format!("{}..", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}
