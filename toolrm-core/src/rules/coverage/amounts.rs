//! Coverage of the request's numbers, dates and times: is each of them in some argument, in whatever spelling?

use super::fading;
use crate::{
    context::{Clock, Context, Day, Moment, Number, Relative, Unit, Words, close, converts, moments_of, relatives_of},
    rules::{Case, Report, Rule},
};

/// The numbers, dates and times that a candidate's arguments hold.
#[derive(Debug, Default)]
pub(in crate::rules) struct Amounts {
    pub(super) numbers: Vec<f64>,
    /// Numbers that are parts of dates and times.
    dated: Vec<f64>,
    days: Vec<Day>,
    clocks: Vec<Clock>,
    relatives: Vec<Relative>,
}

impl Amounts {
    pub(super) fn add_number(&mut self, value: f64) {
        self.numbers.push(value);
    }

    /// Reads a text; `numbers` says whether its numbers count, where it is no date or time.
    pub(super) fn add_text(&mut self, text: &str, words: &Words, numbers: bool) {
        let found = words.iter().filter_map(number_in);
        if let Some(moments) = moments_of(text) {
            self.days.extend(moments.days());
            self.clocks.extend(moments.clocks());
            self.dated.extend(found);
        } else {
            self.relatives.extend(relatives_of(text));
            if numbers {
                self.numbers.extend(found);
            }
        }
    }

    /// Whether a number is there: as it is, as a fraction for a percentage, in another unit.
    fn has_number(&self, n: &Number, context: &Context) -> bool {
        let plain =
            |used: &f64| close(*used, n.value) || close(-used, n.value) || (n.percent && close(*used, n.value / 100.0));
        let converted = |unit: Unit| {
            let base = n.value * unit.factor;
            let wholes = context.request.measures.iter().filter(|m| m.part == Some(n.value));
            let mut bases = std::iter::once(base).chain(wholes.map(|m| m.base));
            bases.any(|base| {
                let mut units = Unit::of(unit.dimension).map(|u| base / u.factor).filter(|v| *v >= 0.01);
                units.any(|v| self.numbers.iter().any(|used| converts(v, *used)))
            })
        };
        self.numbers.iter().chain(&self.dated).any(plain) || n.unit.is_some_and(converted)
    }

    fn has_number_part(&self, part: Option<i32>) -> bool {
        part.is_some_and(|p| self.numbers.iter().any(|n| close(*n, f64::from(p))))
    }

    /// Whether a date is there, in full or in part, in any spelling, or taken apart into numbers.
    fn has_day(&self, day: Day) -> bool {
        self.days.iter().any(|d| d.agrees(day))
            || (self.has_number_part(day.day.map(i32::from)) && day.has_day())
            || (!day.has_day() && self.has_number_part(day.year.map(i32::from)))
    }

    /// Whether a day named from another one is there, as that or as the date it names.
    fn has_relative(&self, relative: &Relative, context: &Context) -> bool {
        let named = |date| context.today.iter().any(|today| relative.names(date, *today));
        !relative.is_one_day()
            || self.relatives.contains(relative)
            || self.days.iter().filter_map(|d| d.full()).any(named)
            || (context.today.is_empty() && !self.days.is_empty())
    }

    fn has_clock(&self, clock: Clock) -> bool {
        self.clocks.iter().any(|c| c.agrees(clock))
            || self.has_number_part(Some(i32::from(clock.hour)))
            || self.has_number_part(Some(i32::from(clock.hour % 12)))
    }
}

/// The number at the start or the end of a word (`3pm`, `q3`).
pub(super) fn number_in(word: &str) -> Option<f64> {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    if digits.is_empty() { None } else { digits.parse().ok() }
}

/// A request of more numbers than these holds a table, not a list of arguments: the first ones are looked for.
const MAX_NUMBERS: usize = 64;

/// What the request holds and no argument does, in words: numbers, or dates and times.
fn unused_numbers(case: &Case<'_>) -> Vec<String> {
    let mut missed: Vec<f64> = Vec::new();
    for n in case.context.request.numbers.iter().take(MAX_NUMBERS).filter(|n| !n.spelled && !n.dated) {
        let idle = case.context.idle_numbers.contains(&n.value);
        if !idle && !case.used.amounts.has_number(n, case.context) && !missed.contains(&n.value) {
            missed.push(n.value);
        }
    }
    missed.iter().map(f64::to_string).collect()
}

fn unused_moments(case: &Case<'_>, days: bool, clocks: bool) -> Vec<String> {
    let amounts = &case.used.amounts;
    let mut missed: Vec<String> = Vec::new();
    let today = |day: Day| day.full().is_some_and(|d| case.context.today_is(d));
    for moment in case.context.request.moments.list.iter().take(MAX_NUMBERS) {
        let name = match moment {
            Moment::Day(day) if days && !amounts.has_day(*day) && !today(*day) => day.to_string(),
            Moment::Relative(relative) if days && !amounts.has_relative(relative, case.context) => relative.to_string(),
            Moment::Clock(clock) if clocks && !amounts.has_clock(*clock) => clock.to_string(),
            _ => continue,
        };
        if !missed.contains(&name) {
            missed.push(name);
        }
    }
    missed
}

/// Whether the request is worked off in several steps, a later one of which may use what this one does not.
fn severity(case: &Case<'_>) -> f32 {
    if case.done.is_empty() { 1.0 } else { 0.4 }
}

/// Numbers of the request that no argument holds.
#[derive(Debug)]
pub(in crate::rules) struct UnusedNumber;

impl Rule for UnusedNumber {
    fn id(&self) -> &'static str {
        "coverage.unused-number"
    }
    fn summary(&self) -> &'static str {
        "Every number of the request is used by some argument."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if !case.used.could.numbers {
            return;
        }
        for (at, number) in unused_numbers(case).iter().enumerate() {
            report.find("", format!("the request's {number} is used by no argument"), severity(case) * fading(at));
        }
    }
}

/// Dates and times of the request that no argument holds.
#[derive(Debug)]
pub(in crate::rules) struct UnusedDate;

impl Rule for UnusedDate {
    fn id(&self) -> &'static str {
        "coverage.unused-date"
    }
    fn summary(&self) -> &'static str {
        "Every date and time of the request is used by some argument, in whatever spelling."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let could = case.used.could;
        for (at, moment) in unused_moments(case, could.dates, could.clocks).iter().enumerate() {
            report.find("", format!("the request's {moment} is used by no argument"), severity(case) * fading(at));
        }
    }
}

/// Numbers and dates of the request that no called tool has a parameter for.
#[derive(Debug)]
pub(in crate::rules) struct Unheld;

impl Rule for Unheld {
    fn id(&self) -> &'static str {
        "coverage.unheld"
    }
    fn summary(&self) -> &'static str {
        "The called tools have parameters for the numbers, dates and times of the request."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if case.calls.is_empty() {
            return;
        }
        let could = case.used.could;
        let numbers = if could.numbers { Vec::new() } else { unused_numbers(case) };
        let moments = unused_moments(case, !could.dates, !could.clocks);
        for (at, missed) in numbers.iter().chain(&moments).enumerate() {
            let message = format!("no called tool has a parameter for the request's {missed}");
            report.find("", message, severity(case) * fading(at));
        }
    }
}
