//! Numbers as people write them: `1,500`, `2.5%`, `$3k`, `6.67 x 10^-11`, `twenty-five`, `half a million`, `third`, `112.07 W`.

use super::{
    moments::Moments,
    stem,
    tokens::Tokens,
    units::{Measure, Unit},
};

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
    /// Whether it is part of a date or a time.
    pub dated: bool,
    /// The unit after it.
    pub unit: Option<Unit>,
    /// The token it begins with.
    token: usize,
}

/// The stems of the words beside each number of a folded text: those before it up to a mark or another number, and one or two after.
pub(super) fn beside(folded: &str) -> Vec<Vec<Box<str>>> {
    let t = Tokens::new(folded);
    let (numbers, _) = read(&t, &Moments::read(&t));
    let word = |i: usize| Some(t.at(i)).filter(|w| w.is_word() && unit_word(w.text).is_none()).map(|w| w.text);
    let joint = |w: &&str| !matches!(*w, "and" | "with" | "to" | "by" | "or" | "from" | "then" | "but");
    let of = |n: &Number| {
        let at = n.token;
        let mark = |i: &usize| matches!(t.at(*i).text, "$" | "=" | "(" | "\u{20ac}" | "\u{a3}" | ":" | "-");
        let before = (at.saturating_sub(5)..at).rev().filter(|i| !mark(i)).map_while(word);
        let before: Vec<&str> = before.take_while(joint).take(4).collect();
        // "base and height of 6 and 10": which is which takes more than the words beside.
        let listed = (at + 1..at + 4).any(|i| matches!(t.at(i).text, "and" | ",") && t.at(i + 1).number.is_some());
        let names_listed = (at.saturating_sub(6)..at).any(|i| t.at(i).text == "and");
        if listed && names_listed {
            return Vec::new();
        }
        let after = (at + 1..at + 3).map_while(word).take_while(joint).take(2);
        before.into_iter().chain(after).map(|w| stem(w).into()).collect()
    };
    numbers.iter().take(MAX_BESIDE).map(of).collect()
}

/// Numbers of a request beyond these are not told apart by the words beside them, nor converted to other units.
const MAX_BESIDE: usize = 64;

/// Reads the numbers of a text, in order, and its measured quantities.
pub(super) fn read(t: &Tokens<'_>, moments: &Moments) -> (Vec<Number>, Vec<Measure>) {
    let mut reader = Reader { t, moments, numbers: Vec::new(), measures: Vec::new(), last: None };
    let mut i = 0;
    while i < t.len() {
        i = reader.spelled(i).or_else(|| reader.digits(i)).unwrap_or_else(|| {
            reader.implied(i);
            i + 1
        });
    }
    // Every value is compared with these: the first ones of a text are enough.
    reader.measures.truncate(MAX_BESIDE);
    (reader.numbers, reader.measures)
}

struct Reader<'r, 't> {
    t: &'r Tokens<'t>,
    moments: &'r Moments,
    numbers: Vec<Number>,
    measures: Vec<Measure>,
    /// The last measure, its unit's own value, and where it ended.
    last: Option<(Measure, usize)>,
}

impl Reader<'_, '_> {
    /// A number in digits at `i`; where to go on.
    fn digits(&mut self, i: usize) -> Option<usize> {
        let token = self.t.at(i);
        let mut value = token.number?;
        let mut at = i + 1;
        let next = self.t.at(at);
        // A piece of an identifier: "a1b2".
        if token.glued && self.t.before(i).is_word() && next.glued && next.is_word() && !self.moments.covers(i) {
            return Some(at);
        }
        if let Some((power, n)) = self.power_of_ten(at) {
            (value, at) = (value * power, at + n);
        }
        if let Some(factor) = self.scale(i, at) {
            (value, at) = (value * factor, at + 1);
        }
        if let Some(fraction) = (self.t.at(at).text == "/" && self.t.at(at).glued && !self.moments.covers(i))
            .then(|| self.t.at(at + 1).number.filter(|d| *d > 0.0))
            .flatten()
        {
            let value = value / fraction;
            self.numbers.push(Number { value, percent: false, spelled: true, dated: false, unit: None, token: i });
        }
        if self.is_negative(i, at) {
            value = -value;
        }
        Some(self.push(value, i, at, false))
    }

    /// A number in words at `i`; where to go on.
    fn spelled(&mut self, i: usize) -> Option<usize> {
        let mut spelled = Spelled::default();
        let mut at = i;
        loop {
            let token = self.t.at(at);
            if spelled.push(token.text) {
                at += 1;
            } else if token.text == "-" && token.glued && spelled.any && self.t.at(at + 1).is_word() {
                // "twenty-five"
                if unit_word(self.t.at(at + 1).text).is_none() {
                    break;
                }
                at += 1;
            } else {
                break;
            }
        }
        let mut value = spelled.finish()?;
        // "half a million", "three quarters", "half a dozen"
        let (next, after) = (self.t.at(at).text, self.t.at(at + 1).text);
        if let Some(factor) = scale(after).filter(|_| next == "a") {
            (value, at) = (value * factor, at + 2);
        } else if let Some(parts) = parts_word(next) {
            (value, at) = (value / parts, at + 1);
        } else if next == "dozen" {
            (value, at) = (value * 12.0, at + 1);
        }
        Some(self.push(value, i, at, true))
    }

    fn push(&mut self, value: f64, start: usize, end: usize, spelled: bool) -> usize {
        let next = self.t.at(end);
        let percent = matches!(next.text, "%" | "percent" | "percentage" | "pct");
        let dated = self.moments.covers(start);
        let unit = if dated || percent { None } else { self.unit(end) };
        self.numbers.push(Number { value, percent, spelled, dated, unit, token: start });
        let Some(unit) = unit else { return end };
        let mut measure = Measure { base: value * unit.factor, unit, part: None };
        self.measures.push(measure);
        // "5 ft 10 in", "1 hour and 30 minutes"
        if let Some((last, at)) = self.last
            && last.unit.dimension == unit.dimension
            && last.unit.factor > unit.factor
            && start.saturating_sub(at) <= 1
        {
            measure.base += last.base;
            for part in [last.base / last.unit.factor, value] {
                self.measures.push(Measure { part: Some(part), ..measure });
            }
        }
        self.last = Some((measure, end + 1));
        end
    }

    /// The unit written at `i`.
    fn unit(&self, i: usize) -> Option<Unit> {
        let mut token = self.t.at(i);
        if token.text == "-" && token.glued {
            token = self.t.at(i + 1);
        }
        match token.text {
            "'" if token.glued && self.t.at(i + 1).number.is_some() => Unit::named("ft"),
            "\"" if token.glued && self.last.is_some_and(|(_, at)| at + 2 >= i) => Unit::named("in"),
            // "the 10 in question", "I am 5 in line"
            "in" if !token.glued => None,
            word => Unit::named(word).filter(|_| !matches!(self.t.at(i + 1).text, "^" | "/" | "per" | "²")),
        }
    }

    /// "a week", "next month": a quantity of one, for conversions.
    fn implied(&mut self, i: usize) {
        let one = matches!(
            self.t.before(i).text,
            "a" | "an" | "per" | "next" | "past" | "last" | "coming" | "upcoming" | "this" | "each" | "every" | "whole"
        );
        let unit = one.then(|| Unit::named(self.t.at(i).text)).flatten();
        if let Some(unit) = unit.filter(|u| u.factor >= 60.0) {
            self.measures.push(Measure { base: unit.factor, unit, part: None });
        }
    }

    /// `x 10^-11`, `* 10**3`: the factor, and how many tokens it takes.
    fn power_of_ten(&self, i: usize) -> Option<(f64, usize)> {
        let text = |k: usize| self.t.at(i + k).text;
        if !matches!(text(0), "x" | "\u{d7}" | "*") || text(1) != "10" {
            return None;
        }
        let mut k = 2;
        match (text(k), text(k + 1)) {
            ("*", "*") => k += 2,
            ("^", _) => k += 1,
            ("-" | "\u{2212}", _) => {}
            _ => return None,
        }
        k += usize::from(text(k) == "(");
        let negative = matches!(text(k), "-" | "\u{2212}");
        k += usize::from(negative);
        let exponent = self.t.at(i + k).whole(3)?;
        Some((10f64.powi(if negative { -exponent } else { exponent }), k + 1))
    }

    /// The multiplier at `at`, after the number at `i`: "k", "million". A lone "m" is metres, save after a currency sign.
    fn scale(&self, i: usize, at: usize) -> Option<f64> {
        let token = self.t.at(at);
        let money = matches!(self.t.before(i).text, "$" | "\u{20ac}" | "\u{a3}" | "\u{a5}");
        match token.text {
            "k" | "mn" | "bn" if !token.glued => None,
            "m" if money && token.glued => Some(1e6),
            "b" if money && token.glued => Some(1e9),
            word => scale(word),
        }
    }

    /// A minus sign before the number, or a compass letter of the south or west after a coordinate.
    fn is_negative(&self, i: usize, end: usize) -> bool {
        let (token, sign) = (self.t.at(i), self.t.before(i));
        let before_sign = i.checked_sub(2).map_or("", |j| self.t.at(j).text);
        let opens = !sign.glued || matches!(before_sign, "(" | "[" | "{" | "," | ":" | "=" | "\"" | "'");
        if token.glued && matches!(sign.text, "-" | "\u{2212}") && opens {
            return true;
        }
        if matches!(sign.text, "minus" | "negative")
            && before_sign != "or"
            && !matches!(before_sign, w if unit_word(w).is_some())
        {
            return sign.text == "negative" || self.t.at(i.wrapping_sub(2)).number.is_none();
        }
        let degree = usize::from(matches!(self.t.at(end).text, "\u{b0}" | "degrees" | "deg"));
        let compass = matches!(self.t.at(end + degree).text, "s" | "w" | "south" | "west");
        compass && token.text.contains('.')
    }
}

/// Multipliers written after a number.
fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "hundred" => 1e2,
        "k" | "thousand" => 1e3,
        "lakh" => 1e5,
        "mn" | "mio" | "million" | "millions" => 1e6,
        "crore" => 1e7,
        "bn" | "billion" | "billions" => 1e9,
        "trillion" => 1e12,
        "dozen" => 12.0,
        _ => return None,
    })
}

/// "halves", "thirds", "quarters".
fn parts_word(word: &str) -> Option<f64> {
    Some(match word {
        "halves" => 2.0,
        "thirds" => 3.0,
        "quarters" => 4.0,
        "fifths" => 5.0,
        _ => return None,
    })
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
    fn finish(self) -> Option<f64> {
        self.any.then_some(self.total + self.current)
    }
}

/// The value of a number word: "seven", "thirty", "third", "twice".
pub(crate) fn unit_word(word: &str) -> Option<f64> {
    // Asked of every word of every text: a match compares lengths before letters.
    Some(match word {
        "zero" => 0.0,
        "one" | "first" | "single" | "once" => 1.0,
        "two" | "second" | "twice" | "couple" | "pair" | "double" => 2.0,
        "three" | "third" | "triple" | "thrice" => 3.0,
        "four" | "fourth" => 4.0,
        "five" | "fifth" => 5.0,
        "six" | "sixth" => 6.0,
        "seven" | "seventh" => 7.0,
        "eight" | "eighth" => 8.0,
        "nine" | "ninth" => 9.0,
        "ten" | "tenth" => 10.0,
        "eleven" => 11.0,
        "twelve" | "dozen" => 12.0,
        "thirteen" => 13.0,
        "fourteen" => 14.0,
        "fifteen" => 15.0,
        "sixteen" => 16.0,
        "seventeen" => 17.0,
        "eighteen" => 18.0,
        "nineteen" => 19.0,
        "twenty" => 20.0,
        "thirty" => 30.0,
        "forty" => 40.0,
        "fifty" => 50.0,
        "sixty" => 60.0,
        "seventy" => 70.0,
        "eighty" => 80.0,
        "ninety" => 90.0,
        "half" => 0.5,
        "quarter" => 0.25,
        _ => return None,
    })
}
