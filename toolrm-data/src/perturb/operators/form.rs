//! The right value, written as nobody asked.

use serde_json::Value;
use toolrm_core::toolset::ViolationKind;

use super::{
    BuiltIn, Draw, Effect, ErrorClass, Mutants, Subject, at_places, first_kept, stands_for, types::first_violating,
};

pub(super) const WRONG_FORMAT: BuiltIn = BuiltIn {
    id: "wrong-format",
    summary: "A text breaks the format or pattern its schema asks for: another way to write a date, a clock, an address.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("value_error:string", ErrorClass::WrongValue)),
    mutants: wrong_format,
};

fn wrong_format(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    at_places(subject, "no text has a format or pattern in its schema", |place| {
        let text = place.value.as_str()?;
        let draw = draw.of(place.in_calls());
        let broken = [text.replace('@', " at "), text.replace(['-', ':', '/', '.'], " "), format!("# {text}")];
        let ways = draw.shuffled(restyled(text)).into_iter().chain(broken);
        first_violating(subject, place, ViolationKind::Format, ways.map(Value::from))
    })
}

pub(super) const RESTYLED: BuiltIn = BuiltIn {
    id: "restyled",
    summary: "A date or clock is written in another way than its description asks for.",
    effect: Effect::ChangesMeaning,
    taxonomy: Some(stands_for("value_error:string", ErrorClass::WrongValue)),
    mutants: restyled_text,
};

/// Only where the description spells the form out, and no schema holds the value to it.
fn restyled_text(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    at_places(subject, "no description alone says how a date or clock is written", |place| {
        let description = place.param.description.to_lowercase();
        if !["yyyy", "hh:mm", "iso 8601", "iso-8601"].iter().any(|form| description.contains(form)) {
            return None;
        }
        let ways = draw.of(place.in_calls()).shuffled(restyled(place.value.as_str()?));
        first_kept(subject, Effect::ChangesMeaning, ways.into_iter().map(|v| subject.replaced(place, v.into())))
    })
}

/// Other ways to write an ISO date (`2025-03-15`) or a clock of 24 hours (`19:30`); none of any other text.
fn restyled(text: &str) -> Vec<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let numbers = |separator| {
        let parts: Option<Vec<usize>> = text.split(separator).map(|part| part.parse().ok()).collect();
        parts.unwrap_or_default()
    };
    if let ([year @ 1000..=9999, month @ 1..=12, day @ 1..=31], 10) = (numbers('-').as_slice(), text.len()) {
        let name = MONTHS.get(month - 1).copied().unwrap_or_default();
        return vec![
            format!("{day:02}/{month:02}/{year}"),
            format!("{name} {day}, {year}"),
            format!("{day}.{month}.{year}"),
        ];
    }
    if let ([hour @ 0..=23, minute @ 0..=59], 5) = (numbers(':').as_slice(), text.len()) {
        let (half, of_twelve) = (if *hour < 12 { "AM" } else { "PM" }, (hour + 11) % 12 + 1);
        return vec![format!("{of_twelve}:{minute:02} {half}"), format!("{hour:02}.{minute:02}")];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_clocks_are_restyled_and_nothing_else() {
        assert_eq!(restyled("2025-03-05"), ["05/03/2025", "March 5, 2025", "5.3.2025"]);
        assert_eq!(restyled("19:30"), ["7:30 PM", "19.30"]);
        assert_eq!(restyled("00:05"), ["12:05 AM", "00.05"]);
        for other in ["2025-13-05", "2025-03", "25:00", "1-2-3", "Paris", "", "ä:é"] {
            assert!(restyled(other).is_empty(), "{other}");
        }
    }
}
