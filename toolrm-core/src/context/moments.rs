//! The dates and times of a text, in order.

use std::ops::Range;

use jiff::{ToSpan, civil::Date};

use super::{
    dates::{self, Day, Relative},
    numbers::unit_word,
    times::{self, Clock},
    tokens::Tokens,
};

/// A date or a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Moment {
    Day(Day),
    Relative(Relative),
    Clock(Clock),
}

/// The dates and times of a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moments {
    /// In order.
    pub(crate) list: Vec<Moment>,
    /// The tokens each of them takes.
    spans: Vec<Range<usize>>,
    /// Dates that are said to be today.
    pub(crate) today: Vec<Date>,
}

/// A text of more dates and times than these is a table: the first ones are read.
const MAX_MOMENTS: usize = 1024;

impl Moments {
    /// Reads a text.
    pub(super) fn read(t: &Tokens<'_>) -> Self {
        let mut out = Self::default();
        let count = |i: usize| t.at(i).number.or_else(|| unit_word(t.at(i).text));
        let mut i = 0;
        while i < t.len() && out.list.len() < MAX_MOMENTS {
            if let Some((day, n)) = dates::day_at(t, i) {
                out.add_today(t, i, day);
                out.merge(i, day);
                out.push(Moment::Day(day), i..i + n);
                i += n;
                if let Some((second, n)) = dates::second_of_range(t, i, day) {
                    out.push(Moment::Day(second), i..i + n);
                    i += n;
                }
            } else if let Some((clock, n)) = times::clock_at(t, i, count) {
                out.push(Moment::Clock(clock), i..i + n);
                i += n;
            } else if let Some((relative, n)) = dates::relative_at(t, i, count) {
                if !out.add_named(i, &relative) {
                    out.push(Moment::Relative(relative), i..i + n);
                }
                i += n;
            } else {
                i += 1;
            }
        }
        out
    }

    fn push(&mut self, moment: Moment, span: Range<usize>) {
        self.list.push(moment);
        self.spans.push(span);
    }

    /// "Today is Monday, 2025-03-14", "current date: 2025-03-14".
    fn add_today(&mut self, t: &Tokens<'_>, at: usize, day: Day) {
        let Some(date) = day.full() else { return };
        let near = at.saturating_sub(7)..at;
        if near.clone().any(|i| matches!(t.at(i).text, "today" | "now" | "current" | "currently")) {
            self.today.push(date);
        }
    }

    /// "October 11, tomorrow": the relative word is no day of its own, and tells which day is today. Whether that is the case.
    fn add_named(&mut self, at: usize, relative: &Relative) -> bool {
        let (Some(Moment::Day(day)), Some(span)) = (self.list.last(), self.spans.last()) else { return false };
        let adjacent = day.has_day() && at.saturating_sub(span.end) <= 1;
        if adjacent {
            self.today.extend(today(*day, relative));
        }
        adjacent
    }

    /// "tomorrow, October 11" and "Monday, October 11": as [`Moments::add_named`], the other way round.
    fn merge(&mut self, at: usize, day: Day) {
        let (Some(Moment::Relative(relative)), Some(span)) = (self.list.last(), self.spans.last()) else { return };
        if day.has_day() && at.saturating_sub(span.end) <= 2 {
            let today = today(day, relative);
            self.today.extend(today);
            self.list.pop();
            self.spans.pop();
        }
    }

    /// Whether the token at `index` is part of a date or a time.
    pub(super) fn covers(&self, index: usize) -> bool {
        self.spans
            .binary_search_by(|s| {
                if s.end <= index {
                    std::cmp::Ordering::Less
                } else if s.start > index {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
    }

    pub(crate) fn days(&self) -> impl Iterator<Item = Day> {
        self.list.iter().filter_map(|m| if let Moment::Day(day) = m { Some(*day) } else { None })
    }

    pub(crate) fn clocks(&self) -> impl Iterator<Item = Clock> {
        self.list.iter().filter_map(|m| if let Moment::Clock(clock) = m { Some(*clock) } else { None })
    }

    pub(crate) fn relatives(&self) -> impl Iterator<Item = &Relative> {
        self.list.iter().filter_map(|m| if let Moment::Relative(r) = m { Some(r) } else { None })
    }
}

/// The day it is, when `day` is the one that `relative` names.
fn today(day: Day, relative: &Relative) -> Option<Date> {
    let Relative::Days(range) = relative else { return None };
    if range.start() != range.end() {
        return None;
    }
    day.full()?.checked_sub(range.start().days()).ok()
}

/// The dates and times a value consists of: `None` when it says anything else, or nothing of a day or time.
pub(crate) fn of_value(text: &str) -> Option<Moments> {
    if text.len() > 64 || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let folded = super::tokens::fold(text);
    let t = Tokens::new(&folded);
    let moments = Moments::read(&t);
    let rest = |i: usize| {
        let token = t.at(i);
        moments.covers(i) || is_filler(token.text) || (t.before(i).glued && matches!(t.before(i).text, "+" | "-"))
    };
    let any = moments.list.iter().any(|m| !matches!(m, Moment::Relative(_)));
    (any && (0..t.len()).all(rest)).then_some(moments)
}

/// The days named from another one in a value of a few words: "tomorrow", "next Friday".
pub(crate) fn relatives_of(text: &str) -> Vec<Relative> {
    let has_word = |w: &str| memchr::memmem::find(text.as_bytes(), w.as_bytes()).is_some();
    if text.len() > 40 || !["day", "omorrow", "onight", "eekend"].into_iter().any(has_word) {
        return Vec::new();
    }
    let folded = super::tokens::fold(text);
    Moments::read(&Tokens::new(&folded)).relatives().cloned().collect()
}

/// What stands in a date besides its parts: separators, the `T` and `Z` of ISO 8601, time zones.
fn is_filler(text: &str) -> bool {
    matches!(
        text,
        "t" | "z" | "," | "-" | "+" | ":" | "." | "at" | "the" | "utc" | "gmt" | "on" | "00" | "000" | "to" | "/"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>, usize) {
        let folded = crate::context::tokens::fold(text);
        let moments = Moments::read(&Tokens::new(&folded));
        let days = moments.days().map(|d| d.to_string()).collect();
        (days, moments.clocks().map(|c| c.to_string()).collect(), moments.relatives().count())
    }

    #[test]
    fn dates_in_every_spelling() {
        for text in [
            "on 2025-03-14",
            "March 14, 2025",
            "the 14th of March, 2025",
            "14 Mar 2025",
            "3/14/2025",
            "14.03.2025",
            "20250314",
            "Friday, March 14th 2025",
            "14-Mar-2025T",
        ] {
            assert_eq!(read(text).0, ["14 march 2025"], "{text}");
        }
        for (text, want) in [
            ("from May 3 to 7, 2025", vec!["3 may", "7 may 2025"]),
            ("May 3rd and 5th", vec!["3 may", "5 may"]),
            ("between 05/12/2023 and 05/18/2023", vec!["12 may 2023", "18 may 2023"]),
            ("in March 2025", vec!["march 2025"]),
            ("back on the 15th at noon", vec!["15"]),
            ("on the 5th floor; room 2025; may 3 people come", vec!["3 may"]),
            ("ratio 3/4, build 6.3.1, from 1990-2000, 192.168.1.10", vec![]),
            ("Christmas Eve", vec!["24 december"]),
        ] {
            assert_eq!(read(text).0, want, "{text}");
        }
    }

    #[test]
    fn times_in_every_spelling() {
        for (text, want) in [
            ("at 11 PM", vec!["23:00"]),
            ("6:30pm or 18:30:00", vec!["18:30", "18:30"]),
            ("6.30 p.m.", vec!["18:30"]),
            ("half past six", vec!["06:30"]),
            ("quarter to nine in the evening", vec!["20:45"]),
            ("noon, midnight", vec!["12:00", "00:00"]),
            ("9 in the evening", vec!["21:00"]),
            ("six o'clock", vec!["06:00"]),
            ("2025-03-14T09:30:00+02:00", vec!["09:30"]),
            ("I am 5, 12 am", vec!["00:00"]),
            ("ratio 3:75, verse 99:10", vec![]),
        ] {
            assert_eq!(read(text).1, want, "{text}");
        }
        let clock = |text: &str| of_value(text).unwrap().clocks().next().unwrap();
        assert!(clock("11 pm").agrees(clock("23:00")) && !clock("11 pm").agrees(clock("11:00 am")));
        assert!(clock("9:30").agrees(clock("21:30")) && !clock("09:30").agrees(clock("21:30")));
    }

    #[test]
    fn a_word_beside_a_date_is_no_day_of_its_own() {
        assert_eq!(read("tomorrow, or in two weeks, or next Friday").2, 3);
        assert_eq!(read("tomorrow, October 11, 2024").2, 0);
        let folded = "october 11, 2024, tomorrow";
        let moments = Moments::read(&Tokens::new(folded));
        assert_eq!(moments.today, ["2024-10-10".parse::<Date>().unwrap()]);
    }

    #[test]
    fn a_value_is_a_date_or_it_is_not() {
        for text in
            ["2025-03-14 18:30:00", "March 14", "2025-03-14T09:00:00Z", "6:30 PM", "from 2025-03-14 to 2025-03-20"]
        {
            assert_eq!(of_value(text).is_some(), !text.starts_with("from"), "{text}");
        }
        for text in ["Flight 330", "tomorrow", "Meeting on March 14", "12345", ""] {
            assert!(of_value(text).is_none(), "{text}");
        }
    }
}
