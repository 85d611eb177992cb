//! Python numbers.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{Parsed, Reader, shorten};

impl Reader<'_> {
    pub(super) fn number(&mut self) -> Parsed<Value> {
        let start = self.clone();
        let negative = self.peek() == Some(b'-');
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.pos += 1;
            self.skip_space();
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
}

fn is_based(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..])
}

/// A Python number; `None` when it is none, or not one JSON can hold (`1j`, `1e400`).
fn number(digits: &str, negative: bool) -> Option<Number> {
    let well_grouped = !digits.is_empty()
        && digits.split('_').skip(1).all(|group| group.starts_with(|c: char| c.is_ascii_hexdigit()))
        && digits
            .split('_')
            .rev()
            .skip(1)
            .all(|group| group.ends_with(|c: char| c.is_ascii_hexdigit() || "xXoO".contains(c)))
        && (is_based(digits)
            || !digits.contains("_e") && !digits.contains("_E") && !digits.contains("e_") && !digits.contains("E_"));
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
        let magnitude = u128::from_str_radix(plain.get(2..)?, radix).ok()?;
        return integer(magnitude, negative);
    }
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        let leading_zero = plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0');
        if leading_zero {
            return None;
        }
        if let Ok(magnitude) = plain.parse() {
            return integer(magnitude, negative);
        }
    } else if !plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    let float: f64 = plain.parse().ok()?;
    Number::from_f64(if negative { -float } else { float })
}

/// An integer; beyond 64 bits the nearest double, as in JSON.
fn integer(magnitude: u128, negative: bool) -> Option<Number> {
    let signed = i128::try_from(magnitude).ok().map(|magnitude| if negative { -magnitude } else { magnitude });
    if let Some(small) = signed.and_then(|signed| i64::try_from(signed).ok()) {
        return Some(Number::from(small));
    }
    match u64::try_from(magnitude) {
        Ok(large) if !negative => Some(Number::from(large)),
        _ => Number::from_f64(if negative { -(magnitude as f64) } else { magnitude as f64 }),
    }
}
