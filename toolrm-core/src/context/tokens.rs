//! A text as words, numbers and marks, in order: what dates, times and numbers are read from.

use super::text::{folded, is_unspaced};

/// A text in lower case without combining marks, as [`super::Words`] folds it.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { folded(text).collect() }
}

/// A run of letters, a run of digits, or one other character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'t> {
    /// As written; commas between groups of three digits are still there.
    pub(crate) text: &'t str,
    /// The value of a number. `192.168.1.10` and the like have none.
    pub(crate) number: Option<f64>,
    /// Whether nothing stands between it and the token before.
    pub(crate) glued: bool,
}

impl Token<'_> {
    /// The value of a whole number written with at most `digits` digits.
    pub(crate) fn whole(&self, digits: usize) -> Option<i32> {
        if self.number.is_none() || self.text.len() > digits { None } else { self.text.parse().ok() }
    }

    /// Whether it begins with a letter.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(char::is_alphabetic)
    }
}

/// The tokens of a text.
#[derive(Debug)]
pub(crate) struct Tokens<'t> {
    list: Vec<Token<'t>>,
}

const NONE: Token<'static> = Token { text: "", number: None, glued: false };

impl<'t> Tokens<'t> {
    /// Splits a folded text.
    pub(crate) fn new(folded: &'t str) -> Self {
        let mut list = Vec::with_capacity(folded.len() / 5);
        let mut rest = folded;
        let mut glued = false;
        while let Some(c) = rest.chars().next() {
            if c.is_whitespace() {
                rest = rest.get(c.len_utf8()..).unwrap_or("");
                glued = false;
                continue;
            }
            let (len, number) = if c.is_ascii_digit() {
                number(rest)
            } else if c.is_alphabetic() {
                (rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()), None)
            } else {
                (c.len_utf8(), None)
            };
            let (text, after) = rest.split_at_checked(len.max(1)).unwrap_or((rest, ""));
            // A script without spaces glues nothing.
            list.push(Token { text, number, glued: glued && !is_unspaced(c) });
            rest = after;
            glued = !text.ends_with(is_unspaced);
        }
        Self { list }
    }

    /// The token at `index`; an empty one beyond the end.
    pub(crate) fn at(&self, index: usize) -> Token<'t> {
        self.list.get(index).copied().unwrap_or(NONE)
    }

    /// The token before `index`; an empty one at the start.
    pub(crate) fn before(&self, index: usize) -> Token<'t> {
        index.checked_sub(1).map_or(NONE, |i| self.at(i))
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
}

/// Length and value of the number a text begins with: `1,500`, `2.5`, `1e-9`, `6.67e+11`.
fn number(text: &str) -> (usize, Option<f64>) {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let digits_from = |mut i: usize| {
        while digit(i) {
            i += 1;
        }
        i
    };
    let mut end = digits_from(0);
    while bytes.get(end) == Some(&b',') && digits_from(end + 1) == end + 4 {
        end += 4;
    }
    let mut points = 0;
    while bytes.get(end) == Some(&b'.') && digit(end + 1) {
        end = digits_from(end + 1);
        points += 1;
    }
    if points > 1 {
        return (end, None);
    }
    if matches!(bytes.get(end), Some(b'e')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits_from(end + 1 + sign);
        let closed = !bytes.get(exponent).is_some_and(u8::is_ascii_alphabetic);
        if exponent > end + 1 + sign && closed {
            end = exponent;
        }
    }
    let written = text.get(..end).unwrap_or(text);
    let value = if written.contains(',') { written.replace(',', "").parse() } else { written.parse() };
    (end, value.ok().filter(|v: &f64| v.is_finite()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_marks() {
        let text = fold("Pay $1,500.50 by 3pm: 6.67E-11, 192.168.1.10 Ü 2x");
        let tokens = Tokens::new(&text);
        let texts: Vec<&str> = (0..tokens.len()).map(|i| tokens.at(i).text).collect();
        assert_eq!(
            texts,
            ["pay", "$", "1,500.50", "by", "3", "pm", ":", "6.67e-11", ",", "192.168.1.10", "u", "2", "x"]
        );
        assert_eq!(tokens.at(2).number, Some(1500.5));
        assert_eq!(tokens.at(7).number, Some(6.67e-11));
        assert_eq!(tokens.at(9).number, None);
        assert!(tokens.at(5).glued && !tokens.at(3).glued);
        assert_eq!(tokens.at(99).text, "");
    }
}
