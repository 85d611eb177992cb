//! Values as Python writes them: `str`, `repr` and `json.dumps`.

use std::fmt::Write as _;

use minijinja::{
    Error, ErrorKind,
    value::{Value, ValueKind},
};

/// How `json.dumps` writes, with the defaults of transformers.
pub(super) struct Json {
    pub(super) ensure_ascii: bool,
    pub(super) indent: Option<String>,
    pub(super) item_separator: String,
    pub(super) key_separator: String,
    pub(super) sort_keys: bool,
}

impl Default for Json {
    fn default() -> Self {
        Self {
            ensure_ascii: false,
            indent: None,
            item_separator: ", ".to_owned(),
            key_separator: ": ".to_owned(),
            sort_keys: false,
        }
    }
}

/// `str(value)`; nothing for a value that is undefined.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    match (value.as_str(), value.kind()) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, ValueKind::Undefined) => Ok(String::new()),
        _ => Writer { style: Json::default(), repr: true, out: String::new() }.write(value),
    }
}

/// `json.dumps(value)`.
pub(super) fn json(value: &Value, style: Json) -> Result<String, Error> {
    Writer { style, repr: false, out: String::new() }.write(value)
}

struct Writer {
    style: Json,
    /// Whether values are written as Python code and not as JSON.
    repr: bool,
    out: String,
}

impl Writer {
    fn write(mut self, value: &Value) -> Result<String, Error> {
        self.value(value, 0)?;
        Ok(self.out)
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if let Some(word) = self.word(value) {
            self.out.push_str(word);
            return Ok(());
        }
        match value.kind() {
            ValueKind::Number => self.out.push_str(&number(value, self.repr)),
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Map => self.map(value, depth)?,
            ValueKind::Seq | ValueKind::Iterable => self.sequence(value, depth)?,
            _ if self.repr => self.out.push_str(&value.to_string()),
            kind => {
                let what = format!("tojson: a value of type {kind} is not JSON");
                return Err(Error::new(ErrorKind::InvalidOperation, what));
            }
        }
        Ok(())
    }

    /// None, True and False.
    fn word(&self, value: &Value) -> Option<&'static str> {
        let (python, json) = match value.kind() {
            ValueKind::None => ("None", "null"),
            ValueKind::Bool if value.is_true() => ("True", "true"),
            ValueKind::Bool => ("False", "false"),
            _ => return None,
        };
        Some(if self.repr { python } else { json })
    }

    fn sequence(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let tuple = self.repr && value.is_tuple();
        let mut count = 0;
        self.out.push(if tuple { '(' } else { '[' });
        for item in value.try_iter()? {
            self.next(count, depth);
            self.value(&item, depth + 1)?;
            count += 1;
        }
        self.end(count, depth);
        self.out.push_str(match (tuple, count) {
            (true, 1) => ",)",
            (true, _) => ")",
            (false, _) => "]",
        });
        Ok(())
    }

    fn map(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let mut keys: Vec<Value> = value.try_iter()?.collect();
        if self.style.sort_keys {
            keys.sort();
        }
        self.out.push('{');
        for (index, key) in keys.iter().enumerate() {
            self.next(index, depth);
            self.key(key)?;
            self.out.push_str(&self.style.key_separator);
            self.value(&value.get_item(key)?, depth + 1)?;
        }
        self.end(keys.len(), depth);
        self.out.push('}');
        Ok(())
    }

    /// A key: in JSON always a string, `null` and numbers too.
    fn key(&mut self, key: &Value) -> Result<(), Error> {
        if self.repr || key.as_str().is_some() {
            return self.value(key, 0);
        }
        match (self.word(key), key.kind()) {
            (Some(word), _) => self.string(word),
            (None, ValueKind::Number) => self.string(&number(key, false)),
            (None, kind) => {
                let what = format!("tojson: a key of type {kind} is not JSON");
                return Err(Error::new(ErrorKind::InvalidOperation, what));
            }
        }
        Ok(())
    }

    /// What stands before an item.
    fn next(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.push_str(&self.style.item_separator);
        }
        self.new_line(depth + 1);
    }

    /// What stands before the closing bracket.
    fn end(&mut self, count: usize, depth: usize) {
        if count > 0 {
            self.new_line(depth);
        }
    }

    fn new_line(&mut self, depth: usize) {
        if let Some(indent) = &self.style.indent {
            self.out.push('\n');
            self.out.push_str(&indent.repeat(depth));
        }
    }

    fn string(&mut self, text: &str) {
        if self.repr {
            repr_string(&mut self.out, text);
        } else {
            json_string(&mut self.out, text, self.style.ensure_ascii);
        }
    }
}

fn json_string(out: &mut String, text: &str, ensure_ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || (ensure_ascii && !(' '..='~').contains(&c)) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn repr_string(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote || c == '\\' => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => {
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(out, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// Python's `str.isprintable`, which Rust's `escape_debug` goes by. Marks that join another letter are escaped by it at the beginning
/// of a text alone, hence the letter; quotes always.
fn is_printable(c: char) -> bool {
    let text = String::from_iter(['x', c]);
    matches!(c, '\'' | '"') || text.escape_debug().eq(text.chars())
}

/// `str.title`: letters that follow no letter are upper case, all others lower case.
pub(super) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_lowercase() || c.is_uppercase();
    }
    out
}

/// A number; those that are none have other names in JSON than in Python.
fn number(value: &Value, repr: bool) -> String {
    if value.is_integer() {
        return value.to_string();
    }
    let number = f64::try_from(value.clone()).unwrap_or(f64::NAN);
    match (number.is_finite(), number.is_nan(), repr) {
        (true, ..) => finite(number),
        (_, true, true) => "nan".to_owned(),
        (_, true, false) => "NaN".to_owned(),
        (_, false, repr) => {
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}{}", if repr { "inf" } else { "Infinity" })
        }
    }
}

/// `repr` of a float: the shortest digits that read back as the same number, with an exponent below 1e-4 and from 1e16 on.
fn finite(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = number.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
