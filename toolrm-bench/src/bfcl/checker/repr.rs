//! Values in messages, written as Python's `repr` writes them.

use std::fmt::{self, Write as _};

use serde_json::Value;

use super::python::Py;

/// Writes a value as `repr` does.
pub(super) struct Repr<T>(pub(super) T);

impl fmt::Display for Repr<Py<'_>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Py::None => f.write_str("None"),
            Py::Bool(true) => f.write_str("True"),
            Py::Bool(false) => f.write_str("False"),
            Py::Int(i) => write!(f, "{i}"),
            Py::BigInt(digits) => f.write_str(digits),
            Py::Float(number) => write_float(f, number),
            Py::Text(text) => Repr(text).fmt(f),
            Py::List(items) => write_joined(f, ('[', ']'), items.iter(), |f, item| Self(item).fmt(f)),
            Py::Dict(entries) => write_joined(f, ('{', '}'), entries.iter(), |f, (key, value)| {
                write!(f, "{}: {}", Repr(key), Self(value))
            }),
        }
    }
}

impl fmt::Display for Repr<&[Value]> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_joined(f, ('[', ']'), self.0.iter(), |f, item| Repr(Py::from(item)).fmt(f))
    }
}

impl fmt::Display for Repr<&str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('\'') && !self.0.contains('"') { '"' } else { '\'' };
        f.write_char(quote)?;
        for c in self.0.chars() {
            match c {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\\' => f.write_str("\\\\")?,
                c if c == quote => write!(f, "\\{c}")?,
                c if c.is_control() || (c.is_whitespace() && c != ' ') => write_code(f, u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char(quote)
    }
}

fn write_code(f: &mut fmt::Formatter<'_>, code: u32) -> fmt::Result {
    if code <= 0xff { write!(f, "\\x{code:02x}") } else { write!(f, "\\u{code:04x}") }
}

/// The shortest digits that read back, with an exponent of a sign and at least two digits.
fn write_float(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    if !number.is_finite() {
        return write!(f, "{}", number.to_string().to_lowercase());
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => f.write_str(&text),
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
            write!(f, "{digits}e{sign}{exponent:0>2}")
        }
    }
}

fn write_joined<T>(
    f: &mut fmt::Formatter<'_>,
    (open, close): (char, char),
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    for (i, item) in items.enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    f.write_char(close)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_python_does() {
        let value = json!([1, 2.0, 1e16, 1.5e-7, true, null, "it's", "a\"'b", {"k\n": ["\u{1}\u{a0}é"]}]);
        let text = Repr(Py::from(&value)).to_string();
        assert_eq!(text, r#"[1, 2.0, 1e+16, 1.5e-07, True, None, "it's", 'a"\'b', {'k\n': ['\x01\xa0é']}]"#);
        assert_eq!(Repr(Py::Float(f64::INFINITY)).to_string(), "inf");
    }
}
