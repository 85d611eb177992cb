//! Numbers of the request.

use super::fading;
use crate::rules::{Case, Report, Rule};

/// A request of more numbers than these holds a table, not a list of arguments: the first ones are looked for.
const MAX_NUMBERS: usize = 64;

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
        let mut missed: Vec<f64> = Vec::new();
        for n in case.context.request.numbers.iter().take(MAX_NUMBERS) {
            let owed = (case.used.could.dates || !case.context.calendar_numbers.contains(&n.value))
                && !case.context.idle_numbers.contains(&n.value);
            if owed && !case.used.has_number(n) && !missed.contains(&n.value) && !n.spelled {
                let message = format!("the request's {} is used by no argument", n.value);
                report.find("", message, fading(missed.len()));
                missed.push(n.value);
            }
        }
    }
}
