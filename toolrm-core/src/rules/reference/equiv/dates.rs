//! One date or time in several spellings.

use std::borrow::Cow;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    fmt::strtime,
};
use serde_json::Value;

use super::{ArgEquiv, Difference, exact_leaf, in_step};
use crate::toolset::Param;

/// How `03/04/2024` is read: numbers alone do not say which is the month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NumericDates {
    /// Not as a date, unless it can be read in one way only (`25/12/2024`).
    #[default]
    Unambiguous,
    /// The month comes first, as in the United States.
    MonthFirst,
    /// The day comes first, as in most of the world.
    DayFirst,
}

/// Strings that spell the same date, time or instant are equal; only where both can be read in full.
///
/// Read are ISO 8601 dates, times and instants, months by name (`5 March 2024`, `Mar 5th, 2024`), numbers with the year first or
/// last (`2024/3/5`, `5.3.2024`; see [`NumericDates`]), clock times (`5:30 PM`, `17:30`), and a date followed by a time. A date
/// alone is its midnight. A time with an offset is an instant and is never equal to one without: nobody knows where that is.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::rules::reference::equiv::{ArgEquiv, Dates};
/// let dates = Dates::default();
/// assert!(dates.compare(&json!("2024-03-05"), &json!("March 5th, 2024"), None).is_ok());
/// assert!(dates.compare(&json!("17:30"), &json!("5:30 pm"), None).is_ok());
/// assert!(dates.compare(&json!("2024-03-05T10:00:00Z"), &json!("2024-03-05T12:00:00+02:00"), None).is_ok());
/// assert!(dates.compare(&json!("2024-03-04"), &json!("03/04/2024"), None).is_err()); // or is it the 3rd of April?
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dates {
    numeric: NumericDates,
}

impl Dates {
    /// Sets how `03/04/2024` is read.
    pub fn with_numeric(mut self, numeric: NumericDates) -> Self {
        self.numeric = numeric;
        self
    }

    fn read(self, text: &str) -> Option<Moment> {
        const LONGEST: usize = 64;
        let text = text.trim();
        let digits_only = text.bytes().all(|b| b.is_ascii_digit());
        // An annotation (`[Europe/Paris]`) needs a time zone database; without it the rest would be read as if it were local.
        if text.len() > LONGEST || text.contains('[') || (digits_only && text.len() != "20240305".len()) {
            return None;
        }
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(Moment::Instant(instant));
        }
        if let Some(time) = clock(text) {
            return Some(Moment::Time(time));
        }
        // Jiff drops an offset it finds in a civil date; none is left here, `Timestamp` has taken them.
        if let Ok(date_time) = text.parse::<DateTime>() {
            return Some(Moment::Civil(date_time));
        }
        self.words(text)
    }

    /// A date in words or numbers, and a time after it if there is more.
    fn words(self, text: &str) -> Option<Moment> {
        let words = tidy(text);
        (1..=words.len()).rev().find_map(|n| {
            let (date, time) = words.split_at_checked(n)?;
            let date = self.date(&date.join(" "))?;
            let time = match time {
                [] => Time::midnight(),
                [at, time @ ..] if at == "at" => clock(&time.join(" "))?,
                time => clock(&time.join(" "))?,
            };
            Some(Moment::Civil(date.to_datetime(time)))
        })
    }

    fn date(self, text: &str) -> Option<Date> {
        #[rustfmt::skip]
        const BY_NAME: [&str; 12] = [
            "%B %d %Y", "%d %B %Y", "%Y %B %d", "%d-%B-%Y", "%A %B %d %Y", "%A %d %B %Y",
            "%b %d %Y", "%d %b %Y", "%Y %b %d", "%d-%b-%Y", "%a %b %d %Y", "%a %d %b %Y",
        ];
        self.numbers(text)
            .or_else(|| BY_NAME.iter().find_map(|format| strtime::parse(format, text).ok()?.to_date().ok()))
            .or_else(|| text.parse().ok())
    }

    fn numbers(self, text: &str) -> Option<Date> {
        let separator = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| "/.-".contains(*c))?;
        let numbers: Vec<&str> = text.split(separator).collect();
        let &[a, b, c] = numbers.as_slice() else {
            return None;
        };
        let date = |year: &str, month: &str, day: &str| {
            (year.len() == 4).then_some(())?;
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        };
        match (date(c, a, b), date(c, b, a)) {
            _ if a.len() == 4 => date(a, b, c),
            // Dots are written between day, month and year only.
            (_, day_first) if separator == '.' => day_first,
            (month_first, None) => month_first,
            (None, day_first) => day_first,
            (month_first, day_first) => match self.numeric {
                _ if month_first == day_first => month_first,
                NumericDates::Unambiguous => None,
                NumericDates::MonthFirst => month_first,
                NumericDates::DayFirst => day_first,
            },
        }
    }
}

/// A date or time as far as it is known.
#[derive(PartialEq)]
enum Moment {
    Instant(Timestamp),
    Civil(DateTime),
    Time(Time),
}

/// A time of day.
fn clock(text: &str) -> Option<Time> {
    const FORMATS: [&str; 6] = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I %p", "%H:%M:%S%.f"];
    let mut text = text.to_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    if let Some(hour) = text.strip_suffix("am").or_else(|| text.strip_suffix("pm")).map(str::trim_end) {
        let half = if text.ends_with("am") { "am" } else { "pm" };
        text = format!("{hour} {half}");
    }
    FORMATS.iter().find_map(|format| strtime::parse(format, &text).ok()?.to_time().ok())
}

/// The words of a date without what means nothing: commas, "of", "the", the letters of ordinals, the dot of an abbreviation.
fn tidy(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace(',', " ")
        .split_whitespace()
        .filter(|word| !matches!(*word, "of" | "the"))
        .map(|word| {
            let number = ["st", "nd", "rd", "th"].iter().find_map(|suffix| word.strip_suffix(suffix));
            match number {
                Some(number) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => number.to_owned(),
                _ => word.strip_suffix('.').unwrap_or(word).to_owned(),
            }
        })
        .collect()
}

impl ArgEquiv for Dates {
    fn name(&self) -> Cow<'_, str> {
        match self.numeric {
            NumericDates::Unambiguous => "dates".into(),
            NumericDates::MonthFirst => "dates(month_first)".into(),
            NumericDates::DayFirst => "dates(day_first)".into(),
        }
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        in_step(gold, got, param, &|gold, got, _| match (gold, got) {
            (Value::String(a), Value::String(b)) if a != b => match (self.read(a), self.read(b)) {
                (Some(a), Some(b)) if a == b => Ok(()),
                (Some(_), Some(_)) => Err(Difference::new("another date or time")),
                _ => exact_leaf(gold, got),
            },
            _ => exact_leaf(gold, got),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        Dates::default().compare(&a.into(), &b.into(), None).is_ok()
    }

    #[test]
    fn one_day_in_many_spellings() {
        for text in [
            "2024-03-05",
            "20240305",
            "2024/3/5",
            "2024/03/05",
            "5.3.2024",
            "05.03.2024",
            "March 5, 2024",
            "Mar 5 2024",
            "mar. 5th, 2024",
            "5 March 2024",
            "5th of March 2024",
            "5-Mar-2024",
            "Tuesday, March 5, 2024",
            "Tue, 5 Mar 2024",
            "2024 March 5",
            "2024-03-05T00:00:00",
            "2024-03-05 00:00",
            "March 5, 2024 12:00 AM",
            "the 5th of march, 2024 at 0:00",
        ] {
            assert!(same("2024-03-05", text), "{text}");
        }
        for text in [
            "2024-03-06",
            "May 3, 2024",
            "3.5.2024",
            "March 5",
            "2024-03",
            "Wednesday, March 5, 2024",
            "5",
            "",
            "2024-03-05T01:00:00",
        ] {
            assert!(!same("2024-03-05", text), "{text}");
        }
    }

    #[test]
    fn times_and_instants() {
        for text in ["17:30", "17:30:00", "5:30 PM", "05:30pm", "5:30 p.m."] {
            assert!(same("17:30", text), "{text}");
        }
        assert!(same("5 pm", "17:00") && same("2024-03-05 17:30", "5 March 2024, 5:30 PM"));
        assert!(same("2024-03-05T10:00:00Z", "2024-03-05T05:00:00-05:00"));
        assert!(!same("2024-03-05T10:00:00Z", "2024-03-05T10:00:00"));
        assert!(!same("5:30 AM", "17:30") && !same("1730", "17:30") && !same("25:00", "1:00"));
    }

    #[test]
    fn numbers_are_read_as_told() {
        assert!(
            same("2024-12-25", "25/12/2024") && same("2024-12-25", "12/25/2024") && same("2024-04-04", "04/04/2024")
        );
        assert!(!same("2024-03-04", "03/04/2024") && !same("2024-04-03", "03/04/2024"));
        let read = |n| Dates::default().with_numeric(n).read("03/04/2024") == Dates::default().read("2024-03-04");
        assert!(read(NumericDates::MonthFirst) && !read(NumericDates::DayFirst));
    }

    #[test]
    fn what_is_no_date_is_a_text() {
        assert!(!same("tomorrow", "Tomorrow") && same("tomorrow", "tomorrow"));
        assert!(
            !same(&"9".repeat(1000), "2024-03-05")
                && !same("99999999", "2024-03-05")
                && !same("٢٠٢٤-٠٣-٠٥", "2024-03-05")
        );
    }
}
