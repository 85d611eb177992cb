//! Names, quoted texts and list items of the request.

use super::used::number_in;
use crate::{
    context::{Context, Words, aliases, is_stop_word, stem},
    rules::{Case, Report, Rule},
    toolset::TypeSet,
};

/// Quoted texts and names of the request that no argument holds.
#[derive(Debug)]
pub(in crate::rules) struct UnusedName;

impl Rule for UnusedName {
    fn id(&self) -> &'static str {
        "coverage.unused-name"
    }
    fn summary(&self) -> &'static str {
        "Every name and quoted text of the request is used by some argument."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if case.calls.is_empty() {
            return;
        }
        for name in named(case.context) {
            let named_by_call = case.calls.iter().any(|v| {
                v.spec.is_some_and(|s| name.iter().all(|w| s.hints().name.iter().any(|t| stem(t) == stem(w))))
            });
            let missing = if named_by_call { 0.0 } else { case.used.missing_share(name) };
            if missing > 0.0 && !aliases(name).any(|a| case.used.has_phrase(&a)) {
                report.find("", format!("the request's \"{}\" is used by no argument", name.joined().trim()), missing);
            }
        }
    }
}

fn named(context: &Context) -> impl Iterator<Item = &Words> {
    context.quoted.iter().chain(&context.names)
}

/// An item of a list in the request that no argument holds, though its neighbour is one.
#[derive(Debug)]
pub(in crate::rules) struct UnusedItem;

impl Rule for UnusedItem {
    fn id(&self) -> &'static str {
        "coverage.unused-item"
    }
    fn summary(&self) -> &'static str {
        "When one item of a list in the request is an argument, the items beside it are arguments too."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (left, right) in &case.context.neighbours {
            let left_used = case.used.texts.iter().any(|t| !t.is_empty() && left.joined().ends_with(t.joined()));
            let unused = |w: &str| !case.used.has_stem(stem(w)) && !is_stop_word(w) && number_in(w).is_none();
            if left_used && right.joined().len() > 4 && right.iter().all(unused) {
                report.find(
                    "",
                    format!("\"{}\" is asked for too, and no argument holds it", right.joined().trim()),
                    1.0,
                );
            }
        }
    }
}

/// One text argument that holds what several calls should: "Paris and London" where each has a call of its own.
#[derive(Debug)]
pub(in crate::rules) struct Merged;

impl Rule for Merged {
    fn id(&self) -> &'static str {
        "coverage.merged"
    }
    fn summary(&self) -> &'static str {
        "A single-valued argument holds one item of a list; several items asked for are several calls or a list argument."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for slot in view.slots.iter().filter(|s| s.param.is_some_and(|p| p.types == TypeSet::STRING)) {
                let Some(text) = slot.value.as_str() else { continue };
                let words = Words::new(text);
                let holds = |(left, right): &&(Words, Words)| {
                    let last = left.iter().next_back().unwrap_or("");
                    // "12, 2022" is the end of a date.
                    let date =
                        last.len() <= 4 && right.iter().next().is_some_and(|w| w.len() == 4 && number_in(w).is_some());
                    !date
                        && words.len() <= left.len() + right.len()
                        && words.contains(right)
                        && words.iter().any(|w| w == last)
                };
                // "San Francisco, CA" is one place.
                let place = |right: &Words| right.joined().len() <= 4 || case.context.names.iter().any(|n| n == right);
                if let Some((left, right)) = case.context.neighbours.iter().find(holds).filter(|(_, r)| !place(r)) {
                    let items = (left.iter().next_back().unwrap_or(""), right.joined().trim());
                    let message =
                        format!("\"{text}\" holds \"{}\" and \"{}\"; make one call for each", items.0, items.1);
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}
