//! Times of the day as people write them: `11 PM`, `18:30`, `half past six`, `noon`, `9 in the evening`.

use std::fmt;

use super::tokens::Tokens;

/// A time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// From 0 to 23.
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: Option<u8>,
    /// Whether the half of the day is said: "11 PM" and "18:30", not "at 9:00".
    pub(crate) half_said: bool,
}

impl Clock {
    /// Whether two times are one, a half of the day that is not said being either. Seconds do not matter.
    pub(crate) fn agrees(self, other: Self) -> bool {
        let hour =
            if self.half_said && other.half_said { self.hour == other.hour } else { self.hour % 12 == other.hour % 12 };
        hour && self.minute == other.minute
    }

    /// Minutes since midnight.
    pub(crate) fn minutes(self) -> i32 {
        i32::from(self.hour) * 60 + i32::from(self.minute)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// Reads a time at a token, and how many tokens it takes.
pub(super) fn clock_at(t: &Tokens<'_>, i: usize, count: impl Fn(usize) -> Option<f64>) -> Option<(Clock, usize)> {
    digital(t, i).or_else(|| named(t, i)).or_else(|| spoken(t, i, count))
}

/// `18:30`, `6:30:00 pm`, `6 pm`, `6.30pm`, `9 in the evening`, `6 o'clock`.
fn digital(t: &Tokens<'_>, i: usize) -> Option<(Clock, usize)> {
    let token = t.at(i);
    if token.glued && (matches!(t.before(i).text, ":" | "+") || (t.before(i).is_word() && t.before(i).text != "t")) {
        return None;
    }
    if let Some((hour, minute)) = token.text.split_once('.') {
        // "6.30pm"
        let (pm, n) = half(t, i + 1)?;
        return twelve(hour.parse().ok()?, minute.parse().ok()?, None, pm).map(|c| (c, 1 + n));
    }
    let hour = u8::try_from(token.whole(2)?).ok()?;
    let pair = |k: usize| {
        let part = t.at(k + 1);
        (t.at(k).text == ":" && t.at(k).glued && part.glued)
            .then(|| part.text.split('.').next().unwrap_or("").get(..2)?.parse::<u8>().ok().filter(|m| *m < 60))?
    };
    let minute = pair(i + 1);
    let second = minute.and_then(|_| pair(i + 3));
    let read = 1 + 2 * usize::from(minute.is_some()) + 2 * usize::from(second.is_some());
    if let Some((pm, n)) = half(t, i + read) {
        return twelve(hour, minute.unwrap_or(0), second, pm).map(|c| (c, read + n));
    }
    if let Some(minute) = minute.filter(|_| hour <= 24) {
        // "09:30" and "18:30" are of the 24 hour clock; "9:30" may be either half.
        let half_said = hour > 12 || hour == 0 || token.text.starts_with('0') || second.is_some();
        return Some((Clock { hour: hour % 24, minute, second, half_said }, read));
    }
    let oclock = match (t.at(i + 1).text, t.at(i + 2).text, t.at(i + 3).text) {
        ("o", "'" | "\u{2019}", "clock") => 3,
        ("oclock", ..) => 1,
        _ => return None,
    };
    (hour <= 12).then_some((Clock { hour: hour % 24, minute: 0, second: None, half_said: false }, 1 + oclock))
}

/// `am`, `p.m.`, `in the evening`, `at night`: whether it is the second half, and how many tokens it takes.
fn half(t: &Tokens<'_>, i: usize) -> Option<(bool, usize)> {
    let word = |k: usize| t.at(i + k).text;
    match (word(0), word(1), word(2)) {
        ("am", ..) => Some((false, 1)),
        ("pm", ..) => Some((true, 1)),
        ("a", ".", "m") => Some((false, 3 + usize::from(word(3) == "."))),
        ("p", ".", "m") => Some((true, 3 + usize::from(word(3) == "."))),
        ("in", "the", "morning") => Some((false, 3)),
        ("in", "the", "afternoon" | "evening") => Some((true, 3)),
        ("at", "night", _) => Some((true, 2)),
        _ => None,
    }
}

fn twelve(hour: u8, minute: u8, second: Option<u8>, pm: bool) -> Option<Clock> {
    if hour > 24 || minute > 59 {
        return None;
    }
    let hour = if hour > 12 { hour % 24 } else { hour % 12 + 12 * u8::from(pm) };
    Some(Clock { hour, minute, second, half_said: true })
}

fn named(t: &Tokens<'_>, i: usize) -> Option<(Clock, usize)> {
    let hour = match t.at(i).text {
        "noon" | "midday" => 12,
        "midnight" => 0,
        _ => return None,
    };
    Some((Clock { hour, minute: 0, second: None, half_said: true }, 1))
}

/// `half past six`, `quarter to nine`, `six pm`, `ten o'clock`.
fn spoken(t: &Tokens<'_>, i: usize, count: impl Fn(usize) -> Option<f64>) -> Option<(Clock, usize)> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 1 to 12")]
    let hour_at = |i: usize| count(i).filter(|h| h.fract() == 0.0 && (1.0..=12.0).contains(h)).map(|h| h as u8);
    let past = match (t.at(i).text, t.at(i + 1).text) {
        ("half", "past") => Some(30),
        ("quarter", "past" | "after") => Some(15),
        ("quarter", "to" | "before") => Some(-15),
        _ => None,
    };
    if let Some(past) = past {
        let hour = hour_at(i + 2)?;
        let (pm, n) = half(t, i + 3).map_or((None, 0), |(pm, n)| (Some(pm), n));
        let minutes = (i32::from(hour % 12) + 12 * i32::from(pm == Some(true))) * 60 + past;
        let minutes = u16::try_from(minutes.rem_euclid(1440)).ok()?;
        let (hour, minute) = (u8::try_from(minutes / 60).ok()?, u8::try_from(minutes % 60).ok()?);
        return Some((Clock { hour, minute, second: None, half_said: pm.is_some() }, 3 + n));
    }
    let hour = if t.at(i).is_word() { hour_at(i)? } else { return None };
    if let Some((pm, n)) = half(t, i + 1) {
        return twelve(hour, 0, None, pm).map(|c| (c, 1 + n));
    }
    let oclock = (t.at(i + 1).text, t.at(i + 3).text) == ("o", "clock");
    oclock.then_some((Clock { hour, minute: 0, second: None, half_said: false }, 4))
}
