//! Calls made earlier in the turn.

use serde_json::Value;

use crate::{
    call::ToolCall,
    canonical::same_call,
    context::{Words, stem},
    rules::{CallView, Case, Report, Rule},
};

/// A call that an earlier step of the turn has made already.
#[derive(Debug)]
pub(in crate::rules) struct Again;

impl Rule for Again {
    fn id(&self) -> &'static str {
        "coverage.again"
    }
    fn summary(&self) -> &'static str {
        "A call that has been answered in this turn is not made again, nor is the same thing asked in other words."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            let earlier: Vec<&ToolCall> =
                case.done.iter().copied().filter(|c| c.name == view.call.name).take(16).collect();
            if earlier.iter().any(|c| same_call(c, view.call)) {
                report.find(view.pointer(""), "this call has been made and answered already", 1.0);
            } else if !earlier.is_empty() && asks_nothing_new(view, &earlier, case) {
                report.find(view.pointer(""), "the same has been asked in other words and answered", 0.7);
            }
        }
    }
}

/// Whether a call puts texts of its own making, or texts that were used already, where earlier calls put the request's words.
fn asks_nothing_new(view: &CallView<'_>, earlier: &[&ToolCall], case: &Case<'_>) -> bool {
    let Some(arguments) = view.args else { return false };
    let mut some = false;
    for (name, value) in arguments {
        let before: Vec<&Value> = earlier.iter().filter_map(|c| c.arguments.get(name)).collect();
        if before.contains(&value) {
            continue;
        }
        let Some(text) = value.as_str() else { return false };
        let from_request = |v: &&Value| v.as_str().is_some_and(|t| case.context.request.words.contains(&Words::new(t)));
        if !before.iter().any(from_request) {
            return false;
        }
        let old: Vec<Words> = before.iter().filter_map(|v| v.as_str()).map(Words::new).collect();
        let is_old = |stem_: &str| old.iter().any(|w| w.iter().any(|x| stem(x) == stem_));
        let words = Words::new(text);
        if words.iter().map(stem).any(|s| case.context.request.has_stem(s) && !is_old(s)) {
            return false;
        }
        some = true;
    }
    some
}
