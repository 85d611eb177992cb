//! How well the conversation supports a date or a time.

use jiff::{ToSpan, civil::Date};

use crate::{
    context::{Clock, Context, Day, Dimension, Moment, close, moments_of},
    toolset::Param,
};

/// A date or a time in any spelling, compared with those of the conversation: `None` when the text is neither.
pub(super) fn of_date(text: &str, param: Option<&Param>, context: &Context) -> Option<f32> {
    let moments = moments_of(text)?;
    let (mut sum, mut all) = (0.0, 0.0);
    for moment in &moments.list {
        let (degree, weight) = match moment {
            Moment::Day(day) => (of_day(*day, param, context), 2.0),
            Moment::Clock(clock) => (of_clock(*clock, moments.list.len() > 1, context), 1.0),
            Moment::Relative(_) => continue,
        };
        sum += weight * degree;
        all += weight;
    }
    (all > 0.0).then(|| sum / all)
}

fn days(context: &Context) -> impl Iterator<Item = Day> {
    context.said.moments.days().chain(context.seen.moments.days())
}

fn of_day(day: Day, param: Option<&Param>, context: &Context) -> f32 {
    let written = param.and_then(|p| p.hints.day_first).map_or(day, |first| day.ordered(first));
    if let Some(date) = written.full() {
        return of_full(date, written, param, context);
    }
    if days(context).any(|said| said.agrees(written)) { 1.0 } else { of_parts(written, context) }
}

fn of_full(date: Date, day: Day, param: Option<&Param>, context: &Context) -> f32 {
    if context.has_date(date) || days(context).any(|said| said.full().is_some() && said.agrees(day)) {
        return 1.0;
    }
    let year_fits = || of_year(date.year(), param, context);
    let partial = days(context).filter(|said| said.agrees(day)).map(|said| match (said.has_day(), said.day) {
        (true, _) => year_fits(),
        // "in March 2025": the first and the last day of it are meant, if any.
        (false, None) if date.day() == 1 || date == date.last_of_month() => 0.85,
        (false, None) => 0.5,
        (false, Some(_)) => 0.7,
    });
    let stated = partial.fold(0.0, f32::max);
    if stated > 0.0 {
        return stated;
    }
    if after_a_while(date, context) {
        return 0.85;
    }
    let mut relatives = context.said.moments.relatives().peekable();
    if relatives.peek().is_some() {
        return if context.today.is_empty() { 0.6 } else { 0.3 };
    }
    of_parts(day, context)
}

/// The year of a date whose year the user did not say: one said elsewhere, or one that the tool's description speaks of.
fn of_year(year: i16, param: Option<&Param>, context: &Context) -> f32 {
    let mut years = days(context).filter_map(|d| d.year).chain(context.today.iter().map(|t| t.year())).peekable();
    if years.peek().is_some() {
        return if years.any(|y| y == year) { 1.0 } else { 0.4 };
    }
    if context.said.has_number(f64::from(year)) {
        return 1.0;
    }
    let is_year = |v: f64| v.fract() == 0.0 && (1900.0..2100.0).contains(&v);
    if context.request.numbers.iter().any(|n| !n.dated && is_year(n.value)) {
        return 0.5;
    }
    let documented = param.is_some_and(|p| p.hints.description.iter().any(|w| w.parse() == Ok(year)));
    if documented { 0.95 } else { 0.85 }
}

/// Whether the date lies a said number of days before or after a said date: "3 nights from March 10".
fn after_a_while(date: Date, context: &Context) -> bool {
    let times = context.said.measures.iter().filter(|m| m.unit.dimension == Dimension::Time);
    times.into_iter().any(|m| {
        let days = m.base / 86_400.0;
        if days.fract() != 0.0 || !(1.0..400.0).contains(&days) {
            return false;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a whole number below 400")]
        let days = days as i32;
        [days, -days].into_iter().any(|d| date.checked_sub(d.days()).is_ok_and(|from| context.has_date(from)))
    })
}

/// A date the conversation does not state: its parts may be there as numbers.
fn of_parts(day: Day, context: &Context) -> f32 {
    // The user said which days are meant, and this is none of them.
    if context.said.moments.days().any(Day::has_day) {
        return 0.1;
    }
    let has = |part: Option<i16>| part.is_some_and(|p| context.has_number(f64::from(p)));
    let parts = [has(day.day.map(i16::from)), has(day.month.map(i16::from)), has(day.year)];
    let [day, month, year] = parts.map(|p| if p { 1.0_f32 } else { 0.0 });
    day * 0.3 + month * 0.3 + year * 0.2
}

fn of_clock(clock: Clock, dated: bool, context: &Context) -> f32 {
    let said = || context.said.moments.clocks();
    if said().chain(context.seen.moments.clocks()).any(|c| c.agrees(clock)) {
        return 1.0;
    }
    if later(clock, context) {
        return 0.85;
    }
    let no_clock = said().next().is_none();
    // The whole of a day begins and ends at midnight.
    if no_clock && matches!((clock.hour, clock.minute), (0, 0) | (23, 59)) {
        return if dated { 0.9 } else { 0.3 };
    }
    let number = |n: u8| context.said.numbers.iter().any(|s| !s.dated && close(s.value, f64::from(n)));
    let hour = [clock.hour, (clock.hour + 12) % 24].into_iter().any(number);
    match (no_clock, hour, clock.minute == 0 || number(clock.minute)) {
        (true, true, true) => 0.9,
        (true, _, true) if context.said.moments.relatives().next().is_some() => 0.3,
        _ => 0.1,
    }
}

/// Whether the time is a said duration after a said time.
fn later(clock: Clock, context: &Context) -> bool {
    context.said.moments.clocks().any(|from| {
        let minutes = f64::from((clock.minutes() - from.minutes()).rem_euclid(if from.half_said { 1440 } else { 720 }));
        let times = context.said.measures.iter().filter(|m| m.unit.dimension == Dimension::Time);
        times.into_iter().any(|m| (m.base / 60.0 - minutes).abs() < 0.01)
    })
}
