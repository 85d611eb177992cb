//! The number of calls.

use crate::{
    canonical::repeated_call,
    context::close,
    rules::{Case, Report, Rule, rule::MAX_CALLS},
};

/// One call made twice.
#[derive(Debug)]
pub(in crate::rules) struct Repeated;

impl Rule for Repeated {
    fn id(&self) -> &'static str {
        "coverage.repeated"
    }
    fn summary(&self) -> &'static str {
        "No call is made twice."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if let Some((first, again)) = repeated_call(case.candidate.action.calls()) {
            report.find(format!("/{again}"), format!("the same call as /{first}"), 1.0);
        }
    }
}

/// Fewer calls than the request counts.
#[derive(Debug)]
pub(in crate::rules) struct Count;

impl Rule for Count {
    fn id(&self) -> &'static str {
        "coverage.count"
    }
    fn summary(&self) -> &'static str {
        "When the request counts the things to be done (\"two circles\", \"three times\"), there are as many calls."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let Some(asked) = case.context.counted.filter(|_| !case.calls.is_empty()) else { return };
        // What was done earlier in the turn counts too, and how many more it takes is in the answers.
        if !case.done.is_empty() {
            return;
        }
        let takes_lists = case.calls.iter().any(|v| v.slots.iter().any(|s| s.value.is_array() || s.in_list()));
        let is_value = case.used.numbers().any(|n| close(n, asked as f64));
        // "the two sides, 3 and 4" may be two arguments of one call.
        let said = |v: &serde_json::Value| v.as_f64().is_some_and(|n| case.context.request.has_number(n));
        let holds_all = case.calls.iter().any(|v| v.slots.iter().filter(|s| said(s.value)).count() >= asked);
        if case.calls.len() < asked && !takes_lists && !is_value && !holds_all {
            report.find(
                "",
                format!("the request counts {asked} things to do, and there are {} calls", case.calls.len()),
                1.0,
            );
        }
    }
}

/// More calls than anybody can have asked for.
#[derive(Debug)]
pub(in crate::rules) struct Flood;

impl Rule for Flood {
    fn id(&self) -> &'static str {
        "coverage.flood"
    }
    fn summary(&self) -> &'static str {
        "One turn holds no more calls than can be meant."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let calls = case.candidate.action.calls().len();
        if calls > MAX_CALLS {
            report.find("", format!("{calls} calls in one turn; only the first {MAX_CALLS} were looked at"), 1.0);
        }
    }
}
