//! Dates a conversation states, and the days its relative words name.

use jiff::{ToSpan, civil::Date};

use super::{Source, Words};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The number of a month's name or its usual abbreviation, from 1.
pub(crate) fn month(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|m| word.starts_with(m))?;
    // "march" and "mar" are months, "market" is not.
    let full = [
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
    (word.len() == 3 || word == "sept" || full.contains(&word)).then(|| i8::try_from(at + 1).ok())?
}

/// Whether a folded word is the name of a month or a weekday.
pub(super) fn is_calendar_word(word: &str) -> bool {
    month(word).is_some() || WEEKDAYS.contains(&word)
}

/// Dates written out with their year: `2025-03-14`, `2025/3/14`, `March 14, 2025`, `14th of March 2025`.
pub(super) fn stated(words: &Words) -> Vec<Date> {
    let words: Vec<&str> = words.iter().filter(|w| *w != "of").collect();
    let mut out = Vec::new();
    for triple in words.windows(3) {
        let [a, b, c] = triple else { continue };
        let date = match (year(a), month(a), month(b)) {
            (Some(y), _, _) => b.parse().ok().zip(day(c)).and_then(|(m, d)| Date::new(y, m, d).ok()),
            (None, Some(m), _) => day(b).zip(year(c)).and_then(|(d, y)| Date::new(y, m, d).ok()),
            (None, None, Some(m)) => day(a).zip(year(c)).and_then(|(d, y)| Date::new(y, m, d).ok()),
            _ => None,
        };
        out.extend(date);
    }
    out
}

fn year(word: &str) -> Option<i16> {
    (word.len() == 4).then(|| word.parse().ok().filter(|y| (1900..2200).contains(y)))?
}

/// `5`, `05`, `5th`.
fn day(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse().ok().filter(|d| (1..=31).contains(d))
}

/// Whether a relative word of the text ("tomorrow", "next friday") names `date`, counted from one of the stated days.
pub(super) fn is_named(date: Date, today: &[Date], said: &Source) -> bool {
    let has = |w: &str| said.words.iter().any(|x| x == w);
    let offset = |days: i64| today.iter().any(|t| t.checked_add(days.days()).is_ok_and(|d| d == date));
    (has("tomorrow") && (offset(1) || offset(2)))
        || ((has("today") || has("tonight") || has("now")) && offset(0))
        || (has("yesterday") && offset(-1))
        || (has("week") && (offset(7) || offset(-7)))
        || usize::try_from(date.weekday().to_monday_zero_offset())
            .ok()
            .and_then(|i| WEEKDAYS.get(i))
            .is_some_and(|weekday| has(weekday) && (1..=14).any(offset))
}
