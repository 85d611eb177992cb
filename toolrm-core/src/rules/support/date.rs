//! How well the conversation supports a date or a time.

use crate::context::{Context, month, stem};

/// Words that name a day from another one, which the conversation does not state.
const RELATIVE: [&str; 17] = [
    "coming",
    "friday",
    "monday",
    "next",
    "now",
    "saturday",
    "sunday",
    "this",
    "thursday",
    "today",
    "tomorrow",
    "tonight",
    "tuesday",
    "wednesday",
    "week",
    "weekend",
    "yesterday",
];

/// A date or a time in a standard spelling, whose parts the conversation names: `None` when the text is no date.
pub(super) fn of_date(text: &str, context: &Context) -> Option<f32> {
    let date = text.get(..10).and_then(|d| d.parse::<jiff::civil::Date>().ok());
    if let Some(date) = date {
        if context.has_date(date) {
            return Some(1.0);
        }
        let mut months = context.said.words.iter().chain(context.seen.words.iter()).filter_map(month);
        let month_named = months.any(|m| m == date.month());
        let parts = [
            context.has_number(f64::from(date.day())),
            month_named || context.has_number(f64::from(date.month())),
            context.has_number(f64::from(date.year())),
        ];
        let relative = RELATIVE.iter().any(|w| context.has_stem(stem(w)));
        let [day, month, year] = parts.map(|p| if p { 1.0_f32 } else { 0.0 });
        let stated = day * 0.45 + month * 0.35 + year * 0.2;
        return Some(if relative { stated.max(0.6) } else { stated });
    }
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.trim().parse::<u8>().ok()?, minute.get(..2)?.parse::<u8>().ok()?);
    if hour > 24 || minute > 59 {
        return None;
    }
    let hour_named = [hour, (hour + 12) % 24, hour % 12].iter().any(|h| context.has_number(f64::from(*h)));
    let noon = (hour == 12 && context.has_stem("noon")) || (hour == 0 && context.has_stem("midnight"));
    let minute_named = minute == 0 || context.has_number(f64::from(minute)) || context.has_stem("half");
    Some(match (hour_named || noon, minute_named) {
        (true, true) => 1.0,
        (true, false) | (false, true) if minute != 0 => 0.4,
        _ => 0.1,
    })
}
