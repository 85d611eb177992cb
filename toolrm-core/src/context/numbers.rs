//! Numbers as people write them: `1,500`, `2.5%`, `$3k`, `twenty-five`, `half a million`, `third`, `1/2`.

use super::Words;

/// A number read from a text, with what its surroundings said about it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Number {
    /// Its value, as written: `5%` is 5.
    pub value: f64,
    /// Whether it stands before a `%` or the word "percent".
    pub percent: bool,
    /// Whether it was written in words.
    pub spelled: bool,
}

/// The numbers of a text, in order; `words` are the words of `text`.
pub(super) fn read(words: &Words, text: &str) -> Vec<Number> {
    let mut out = Vec::new();
    let mut spelled = Spelled::default();
    let mut iter = words.iter().peekable();
    while let Some(word) = iter.next() {
        if spelled.push(word) {
            continue;
        }
        out.extend(spelled.finish());
        if spelled.push(word) {
            continue;
        }
        if let Some((value, unit)) = digits(word) {
            let next = iter.peek().copied().unwrap_or("");
            let value = value * scale(if unit.is_empty() { next } else { unit }).unwrap_or(1.0);
            out.push(Number { value, percent: matches!(next, "percent" | "percentage"), spelled: false });
        }
    }
    out.extend(spelled.finish());
    mark_percent_signs(text, &mut out);
    mark_minus_signs(text, &mut out);
    out
}

/// A word that begins or ends with digits: its value and the unit after it (`3pm` is 3 and `pm`, `q3` is 3).
fn digits(word: &str) -> Option<(f64, &str)> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at_checked(end)?;
    let (number, unit) =
        if number.is_empty() { (word.trim_start_matches(|c: char| !c.is_ascii_digit()), "") } else { (number, unit) };
    number.parse().ok().filter(|v: &f64| v.is_finite()).map(|v| (v, unit))
}

/// Multipliers written after a number.
fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "hundred" => 1e2,
        "k" | "thousand" => 1e3,
        // A lone "m" is metres more often than millions.
        "mn" | "mio" | "million" | "millions" => 1e6,
        "bn" | "billion" | "billions" => 1e9,
        "trillion" => 1e12,
        "dozen" => 12.0,
        _ => return None,
    })
}

/// Marks the numbers that a `%` follows: the n-th `%` after digits belongs to a number of that value.
fn mark_percent_signs(text: &str, numbers: &mut [Number]) {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let before = before.trim_end();
        let start = before.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |i| i + 1);
        if let Some(value) = before.get(start..).and_then(|n| n.parse::<f64>().ok()) {
            for n in numbers.iter_mut().filter(|n| (n.value - value).abs() < 1e-9) {
                n.percent = true;
            }
        }
        rest = after.get(1..).unwrap_or("");
    }
}

/// Gives the numbers behind a minus sign their sign: a `-` between a space (or an opening bracket) and a digit.
fn mark_minus_signs(text: &str, numbers: &mut [Number]) {
    for (at, _) in text.match_indices(['-', '\u{2212}']) {
        let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
        let after = after.trim_start_matches(['-', '\u{2212}']);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
        let value = after.get(..end).and_then(|n| n.trim_end_matches('.').parse::<f64>().ok());
        let opens = before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || "([{,:=\"'".contains(c));
        let Some(value) = value.filter(|_| opens) else { continue };
        if let Some(n) = numbers.iter_mut().find(|n| (n.value - value).abs() < 1e-9) {
            n.value = -value;
        }
    }
}

/// Reads number words: "two hundred and five", "twenty five", "third", "half".
#[derive(Default)]
struct Spelled {
    total: f64,
    current: f64,
    any: bool,
    pending_and: bool,
}

impl Spelled {
    /// Takes the word if it continues a number; false when it ends one.
    fn push(&mut self, word: &str) -> bool {
        if let Some(v) = unit_word(word) {
            // "five six" are two numbers read out; "twenty five" is one.
            let fits = self.current == 0.0 || (self.current % 100.0 >= 20.0 && v < 10.0) || self.current % 100.0 == 0.0;
            if !fits {
                return false;
            }
            self.current += v;
            self.any = true;
            return true;
        }
        match word {
            "hundred" if self.any => self.current = self.current.max(1.0) * 100.0,
            "thousand" | "million" | "billion" if self.any => {
                self.total += self.current.max(1.0) * scale(word).unwrap_or(1.0);
                self.current = 0.0;
            }
            "and" if self.any && !self.pending_and && self.current % 100.0 == 0.0 && self.current > 0.0 => {
                self.pending_and = true;
            }
            _ => return false,
        }
        true
    }

    /// The number so far, if any; the next word starts afresh.
    fn finish(&mut self) -> Option<Number> {
        let done = std::mem::take(self);
        done.any.then_some(Number { value: done.total + done.current, percent: false, spelled: true })
    }
}

/// The value of a number word: "seven", "thirty", "third", "twice".
pub(crate) fn unit_word(word: &str) -> Option<f64> {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    const ORDINALS: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    let at = |list: &[&str]| list.iter().position(|w| *w == word);
    if let Some(i) = at(&ONES) {
        return Some(i as f64);
    }
    if let Some(i) = at(&TENS) {
        return Some((i + 2) as f64 * 10.0);
    }
    if let Some(i) = at(&ORDINALS) {
        return Some((i + 1) as f64);
    }
    Some(match word {
        "single" | "once" => 1.0,
        "twice" | "couple" | "pair" | "double" => 2.0,
        "triple" | "thrice" => 3.0,
        "dozen" => 12.0,
        "half" => 0.5,
        "quarter" => 0.25,
        _ => return None,
    })
}
