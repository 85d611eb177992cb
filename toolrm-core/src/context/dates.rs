//! Dates as people write them: `March 14, 2025`, `the 14th of March`, `3/14/2025`, `2025-03-14`, `tomorrow`, `next Friday`.

#![allow(
    clippy::many_single_char_names,
    reason = "the year, month and day of a date, and the tokens, index and length every reader here has"
)]

use std::{fmt, ops::RangeInclusive};

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::tokens::Tokens;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The number of a month's name or its usual abbreviation, from 1. ("march" and "mar" are months, "market" is not.)
pub(crate) fn month(word: &str) -> Option<i8> {
    let named = |m: &str| m == word || (word.len() == 3 && m.starts_with(word));
    let at = MONTHS.iter().position(|m| named(m)).or((word == "sept").then_some(8))?;
    i8::try_from(at + 1).ok()
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mondays" => Weekday::Monday,
        "tuesday" | "tuesdays" => Weekday::Tuesday,
        "wednesday" | "wednesdays" => Weekday::Wednesday,
        "thursday" | "thursdays" => Weekday::Thursday,
        "friday" | "fridays" => Weekday::Friday,
        "saturday" | "saturdays" => Weekday::Saturday,
        "sunday" | "sundays" => Weekday::Sunday,
        _ => return None,
    })
}

/// Whether a folded word is the name of a month or a weekday.
pub(super) fn is_calendar_word(word: &str) -> bool {
    month(word).is_some() || weekday(word).is_some()
}

/// A date of the text, as far as it is said.
#[allow(clippy::struct_field_names, reason = "a day of the calendar has a day of the month")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) year: Option<i16>,
    pub(crate) month: Option<i8>,
    pub(crate) day: Option<i8>,
    /// Whether day and month may be the other way round: `3/4/2025`.
    pub(crate) either_order: bool,
}

impl Day {
    fn new(year: Option<i16>, month: Option<i8>, day: Option<i8>) -> Option<Self> {
        // A leap year stands in for the year that is not said.
        Date::new(year.unwrap_or(2024), month.unwrap_or(1), day.unwrap_or(1)).ok()?;
        Some(Self { year, month, day, either_order: false })
    }

    /// The date, when all of it is said.
    pub(crate) fn full(self) -> Option<Date> {
        Date::new(self.year?, self.month?, self.day?).ok()
    }

    /// The other reading of `3/4/2025`.
    pub(crate) fn swapped(self) -> Option<Self> {
        if self.either_order { Self::new(self.year, self.day, self.month) } else { None }
    }

    /// The reading whose day comes first, or second, as it is written.
    pub(crate) fn ordered(self, day_first: bool) -> Self {
        let swapped = if day_first { self.swapped() } else { None };
        Self { either_order: false, ..swapped.unwrap_or(self) }
    }

    /// Whether it names a day of a month.
    pub(crate) fn has_day(self) -> bool {
        self.month.is_some() && self.day.is_some()
    }

    /// Whether nothing said of one contradicts the other.
    pub(crate) fn agrees(self, other: Self) -> bool {
        fn same<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.zip(b).is_none_or(|(a, b)| a == b)
        }
        let reads = |a: Self, b: Self| same(a.year, b.year) && same(a.month, b.month) && same(a.day, b.day);
        reads(self, other)
            || self.swapped().is_some_and(|s| reads(s, other))
            || other.swapped().is_some_and(|o| reads(self, o))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = self.month.and_then(|m| MONTHS.get(usize::try_from(m).ok()?.checked_sub(1)?)).copied();
        let parts = [self.day.map(|d| d.to_string()), month.map(str::to_owned), self.year.map(|y| y.to_string())];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&parts.join(" "))
    }
}

/// A day named from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Relative {
    /// So many days on (or back), or any day in between: "tomorrow", "next week".
    Days(RangeInclusive<i32>),
    /// The day before or after one that is spoken of.
    Beside(i32),
    /// So many months on.
    Months(i32),
    /// Any day of the month that comes so many months later.
    InMonth(i32),
    /// The weekday, within these days.
    On(Weekday, RangeInclusive<i32>),
    /// A Saturday or Sunday within these days.
    Weekend(RangeInclusive<i32>),
}

impl fmt::Display for Relative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(range) if *range == (1..=1) => f.write_str("tomorrow"),
            Self::Days(range) => write!(f, "day {} from now", range.start()),
            Self::Beside(n) => write!(f, "{n} day beside"),
            Self::On(weekday, _) => write!(f, "{weekday:?}"),
            Self::Weekend(_) => f.write_str("weekend"),
            Self::Months(n) | Self::InMonth(n) => write!(f, "month {n} from now"),
        }
    }
}

impl Relative {
    /// Whether it names one day, and not the present one.
    pub(crate) fn is_one_day(&self) -> bool {
        match self {
            Self::Days(range) => range.start() == range.end() && *range.start() != 0,
            Self::On(..) | Self::Months(_) => true,
            Self::Beside(_) | Self::Weekend(_) | Self::InMonth(_) => false,
        }
    }

    /// Whether it names `date`, counted from `today`.
    pub(crate) fn names(&self, date: Date, today: Date) -> bool {
        let Ok(days) = today.until(date).map(|s| s.get_days()) else { return false };
        match self {
            Self::Days(range) => range.contains(&days),
            Self::Beside(n) => days == *n,
            Self::Months(n) => today.checked_add(n.months()).is_ok_and(|d| d == date),
            Self::InMonth(n) => today
                .first_of_month()
                .checked_add(n.months())
                .is_ok_and(|d| (d.year(), d.month()) == (date.year(), date.month())),
            Self::On(weekday, range) => range.contains(&days) && date.weekday() == *weekday,
            Self::Weekend(range) => {
                range.contains(&days) && matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
            }
        }
    }
}

/// Reads a date at a token: what it says, and how many tokens it takes.
pub(super) fn day_at(t: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    numeric(t, i)
        .or_else(|| month_first(t, i))
        .or_else(|| day_first(t, i))
        .or_else(|| ordinal(t, i))
        .or_else(|| feast(t, i))
}

fn year(value: i32) -> Option<i16> {
    i16::try_from(value).ok().filter(|y| (1900..2200).contains(y))
}

fn small(value: i32) -> Option<i8> {
    i8::try_from(value).ok()
}

/// `2025-03-14`, `3/14/2025`, `14.03.2025`, `20250314`, `2025-03`.
fn numeric(t: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let first = t.at(i);
    if first.glued && t.before(i).is_word() && !matches!(t.before(i).text, "t" | "z") {
        return None;
    }
    if first.number.is_none() {
        let mut parts = first.text.split('.');
        let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
        let (a, b, y): (i32, i32, i32) = (a.parse().ok()?, b.parse().ok()?, c.parse().ok()?);
        let day = triple(a, b, y, c).filter(|_| parts.next().is_none())?;
        // With full stops the day comes first.
        let day = if year(a).is_none() { day.ordered(true) } else { day };
        return Some((day, 1));
    }
    if let (8, Some(v)) = (first.text.len(), first.whole(8)) {
        let day = Day::new(year(v / 10_000), small(v / 100 % 100), small(v % 100)).filter(|d| d.year.is_some())?;
        return Some((day, 1));
    }
    let (a, separator) = (first.whole(4)?, t.at(i + 1));
    let glued = |k: usize| (i + 1..=i + k).all(|j| t.at(j).glued);
    if !matches!(separator.text, "-" | "/" | ".") || !glued(2) {
        return None;
    }
    let second = t.at(i + 2);
    let b = second.whole(2)?;
    if t.at(i + 3).text == separator.text && glued(4) {
        let third = t.at(i + 4);
        return triple(a, b, third.whole(4)?, third.text).map(|d| (d, 5));
    }
    let month_only = separator.text == "-" && first.text.len() == 4 && second.text.len() == 2 && !t.at(i + 3).glued;
    if month_only {
        return Day::new(year(a), small(b), None).filter(|d| d.year.is_some()).map(|d| (d, 3));
    }
    // "on 5/12", not "5/12 of it".
    let introduced =
        matches!(t.before(i).text, "on" | "by" | "until" | "from" | "since" | "before" | "after" | "date" | "between");
    if separator.text == "/" && introduced && !t.at(i + 3).glued {
        return either(None, a, b).map(|d| (d, 3));
    }
    None
}

/// `y-m-d`, `m/d/y` or `d/m/y`; `written` is the last part as written.
fn triple(a: i32, b: i32, c: i32, written: &str) -> Option<Day> {
    if let Some(y) = year(a) {
        return Day::new(Some(y), small(b), small(c));
    }
    let y = year(c).or_else(|| if written.len() == 2 { year(2000 + c) } else { None })?;
    either(Some(y), a, b)
}

fn either(year: Option<i16>, a: i32, b: i32) -> Option<Day> {
    let day = Day::new(year, small(a), small(b)).or_else(|| Day::new(year, small(b), small(a)))?;
    Some(Day { either_order: a <= 12 && b <= 12 && a != b, ..day })
}

/// A day of the month at a token (`5`, `05`, `5th`), and how many tokens it takes.
fn day_of_month(t: &Tokens<'_>, i: usize) -> Option<(i8, usize)> {
    let day = t.at(i).whole(2).and_then(small).filter(|d| (1..=31).contains(d))?;
    let next = t.at(i + 1);
    if next.glued && matches!(next.text, "st" | "nd" | "rd" | "th") {
        return Some((day, 2));
    }
    let time = next.text == ":" && next.glued || matches!(next.text, "am" | "pm") || (next.glued && next.is_word());
    if time && next.text != "t" { None } else { Some((day, 1)) }
}

/// A year at a token, after a comma or "of" if there is one: (year, tokens).
fn year_at(t: &Tokens<'_>, i: usize) -> Option<(i16, usize)> {
    let skip = usize::from(matches!(t.at(i).text, "," | "of" | "-" | "." | "/"));
    let token = t.at(i + skip);
    let value = token.whole(4).filter(|_| token.text.len() == 4).and_then(year)?;
    Some((value, skip + 1))
}

/// `March 14, 2025`, `Mar. 14th`, `March 2025`.
fn month_first(t: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let m = month(t.at(i).text)?;
    let mut at = i + 1;
    at += usize::from(matches!(t.at(at).text, "." | "-" | "," | "/"));
    at += usize::from(t.at(at).text == "the");
    if let Some((d, n)) = day_of_month(t, at) {
        at += n;
        // A weekday may stand between the day and the year.
        let (y, n) = year_at(t, at).map_or((None, 0), |(y, n)| (Some(y), n));
        return Day::new(y, Some(m), Some(d)).map(|day| (day, at + n - i));
    }
    let (y, n) = year_at(t, i + 1)?;
    Day::new(Some(y), Some(m), None).map(|day| (day, n + 1))
}

/// `14 March 2025`, `the 14th of March`, `14-Mar-2025`.
fn day_first(t: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let (d, n) = day_of_month(t, i)?;
    let mut at = i + n;
    at += usize::from(t.at(at).text == "day");
    at += usize::from(matches!(t.at(at).text, "of" | "-" | "/" | ","));
    let m = month(t.at(at).text)?;
    // "3 may be": a month that is a verb needs more than a plain number before it.
    if t.at(at).text == "may" && n == 1 && year_at(t, at + 1).is_none() && t.at(at + 1).is_word() {
        return None;
    }
    let (y, n) = year_at(t, at + 1).map_or((None, 0), |(y, n)| (Some(y), n));
    Day::new(y, Some(m), Some(d)).map(|day| (day, at + 1 + n - i))
}

/// `on the 15th`, without a month.
fn ordinal(t: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let introduced = t.before(i).text == "the"
        && i.checked_sub(2).is_some_and(|j| {
            matches!(t.at(j).text, "on" | "by" | "until" | "till" | "before" | "after" | "from" | "to" | "through")
        });
    let (d, n) = day_of_month(t, i).filter(|(_, n)| *n == 2 && introduced)?;
    // "on the 5th floor"
    let after = t.at(i + n);
    let ends = !after.is_word() || matches!(after.text, "at" | "and" | "to" | "until" | "in" | "with" | "for" | "from");
    if ends { Day::new(None, None, Some(d)).map(|day| (day, n)) } else { None }
}

/// Days with a name.
fn feast(t: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let next = |k: usize| t.at(i + k).text;
    let (m, d, n) = match t.at(i).text {
        "christmas" if next(1) == "eve" => (12, 24, 2),
        "christmas" => (12, 25, 1 + usize::from(next(1) == "day")),
        "halloween" => (10, 31, 1),
        "valentine" => (2, 14, 1),
        "new" if next(1) == "year" && next(2) == "'" && next(4) == "eve" => (12, 31, 5),
        "new" if next(1) == "year" && next(2) == "'" && next(4) == "day" => (1, 1, 5),
        _ => return None,
    };
    Day::new(None, Some(m), Some(d)).map(|day| (day, n))
}

/// The second day of `May 3 to 7`, `November 25-27`: (day, tokens), the tokens before it included.
pub(super) fn second_of_range(t: &Tokens<'_>, i: usize, first: Day) -> Option<(Day, usize)> {
    let joined = matches!(t.at(i).text, "-" | "\u{2013}" | "to" | "through" | "until" | "till" | "and" | "," | "&");
    let the = usize::from(t.at(i + 1).text == "the");
    let (d, n) = day_of_month(t, i + 1 + the).filter(|_| joined && first.has_day())?;
    let after = t.at(i + 1 + the + n);
    // "on May 3 and 2 tickets": a plain number after "and" is a count, and one before a month has a month of its own.
    let plain = n == 1 && matches!(t.at(i).text, "and" | "," | "&");
    let goes_on = after.glued && matches!(after.text, "/" | "-" | ":" | ".") && t.at(i + 2 + the + n).number.is_some();
    if plain
        || goes_on
        || month(after.text).is_some()
        || after.text == "of"
        || (n == 1 && after.is_word() && !is_joint(after.text))
    {
        return None;
    }
    let (y, more) = year_at(t, i + 1 + the + n).map_or((first.year, 0), |(y, n)| (Some(y), n));
    Day::new(y, first.month, Some(d)).map(|day| (day, 1 + the + n + more))
}

fn is_joint(word: &str) -> bool {
    matches!(word, "in" | "for" | "at" | "with" | "and" | "from" | "of" | "on" | "t")
}

/// A day named from another one, and how many tokens that takes.
pub(super) fn relative_at(t: &Tokens<'_>, i: usize, count: impl Fn(usize) -> Option<f64>) -> Option<(Relative, usize)> {
    let (word, next) = (t.at(i).text, t.at(i + 1).text);
    let days = |range| Some(Relative::Days(range));
    let one = match word {
        "today" | "tonight" => days(0..=0),
        "tomorrow" => days(1..=1),
        "yesterday" => days(-1..=-1),
        "weekend" => Some(Relative::Weekend(match t.before(i).text {
            "next" => 1..=14,
            "last" => -8..=0,
            _ => 0..=8,
        })),
        _ => None,
    };
    if let Some(relative) = one {
        return Some((relative, 1));
    }
    if word == "day" && matches!((next, t.at(i + 2).text), ("after", "tomorrow")) {
        return Some((Relative::Days(2..=2), 3));
    }
    if let Some(weekday) = weekday(word) {
        let within = match t.before(i).text {
            "last" => -7..=-1,
            "next" => 1..=14,
            _ => 0..=7,
        };
        return Some((Relative::On(weekday, within), 1));
    }
    match (word, next) {
        ("next", "week") => return Some((Relative::Days(1..=13), 2)),
        ("last", "week") => return Some((Relative::Days(-13..=-1), 2)),
        ("next", "month") => return Some((Relative::InMonth(1), 2)),
        ("last", "month") => return Some((Relative::InMonth(-1), 2)),
        ("next" | "following", "day") | ("day", "after") => return Some((Relative::Beside(1), 2)),
        ("previous", "day") | ("day", "before") => return Some((Relative::Beside(-1), 2)),
        _ => {}
    }
    // "in 3 days", "two weeks ago", "3 months from now"
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 400")]
    let n = count(i).filter(|n| n.fract() == 0.0 && (1.0..400.0).contains(n))? as i32;
    let unit = next.strip_suffix('s').unwrap_or(next);
    let after = t.at(i + 2).text;
    let sign = match (t.before(i).text, after) {
        (_, "ago" | "before" | "earlier" | "prior") => -1,
        (_, "after") if t.at(i + 3).text == "tomorrow" => {
            return (unit == "day").then_some((Relative::Days(n + 1..=n + 1), 4));
        }
        ("in", _) | (_, "later" | "from" | "after") => 1,
        _ => return None,
    };
    let tokens = if after == "ago" || after == "later" { 3 } else { 2 };
    let relative = match unit {
        "day" => Relative::Days(sign * n..=sign * n),
        "week" => Relative::Days(sign * 7 * n..=sign * 7 * n),
        "month" => Relative::Months(sign * n),
        "year" => Relative::Months(sign * 12 * n),
        _ => return None,
    };
    Some((relative, tokens))
}
