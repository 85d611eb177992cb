//! Names, quoted texts and list items of the request.

use super::{amounts::number_in, fading, options::is_default};
use crate::{
    context::{Context, Words, aliases_of_name, is_stop_word, stem},
    rules::{Case, Report, Rule, Slot, support::Origin},
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
        // What an identifier from another call stands for is owed too: that call was to be made first.
        if !case.used.could.names && !case.used.could.handle {
            return;
        }
        // A listed value that the request does not name stands for a word of it ("cartoon" is `animation`).
        let mut found = 0;
        let mut chosen = case.calls.iter().flat_map(|v| &v.slots).filter(|s| is_chosen(s)).count();
        for (name, region) in named(case.context) {
            let missing = case.used.missing_share(name);
            if missing == 0.0
                || region
                || is_of_a_tool(name, case)
                || is_default_of_a_tool(name, case)
                || aliases_of_name(name).any(|a| case.used.has_phrase(&a))
            {
                continue;
            }
            if name.len() == 1 && chosen > 0 {
                chosen -= 1;
                continue;
            }
            let message = format!("the request's \"{}\" is used by no argument", name.joined().trim());
            report.find("", message, missing * fading(found));
            found += 1;
        }
    }
}

fn is_chosen(slot: &Slot<'_>) -> bool {
    slot.support.origin == Origin::Listed && slot.value.is_string()
}

/// Whether the name is one of a called tool's own words: a service, a data base.
fn is_of_a_tool(name: &Words, case: &Case<'_>) -> bool {
    case.calls.iter().filter_map(|v| v.spec).any(|s| {
        let hints = s.hints();
        hints.description.contains(name) || name.iter().all(|w| hints.name.iter().any(|t| stem(t) == stem(w)))
    })
}

/// Whether the name is the default of a called tool's parameter, which needs not be given.
fn is_default_of_a_tool(name: &Words, case: &Case<'_>) -> bool {
    let params = case.calls.iter().filter_map(|v| v.spec).flat_map(|s| &s.params().properties);
    params.filter(|p| !p.required).any(|p| is_default(name, p))
}

/// Quoted texts and names of the request, and whether they say where another name lies.
fn named(context: &Context) -> impl Iterator<Item = (&Words, bool)> {
    context.quoted.iter().map(|q| (q, false)).chain(context.names.iter().map(|n| (&n.words, n.region)))
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
            let unused =
                |w: &str| !case.used.has_stem(stem(w)) && !is_stop_word(w) && !is_no_item(w) && number_in(w).is_none();
            // "Rome, Italy" is one place.
            if case.context.names.iter().any(|n| n.region && n.words == *right) {
                continue;
            }
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

/// Words that end a clause rather than name a thing.
fn is_no_item(word: &str) -> bool {
    const NONE: [&str; 16] = [
        "again",
        "bye",
        "close",
        "etc",
        "finally",
        "goodbye",
        "including",
        "instead",
        "later",
        "next",
        "right",
        "so",
        "thank",
        "thanks",
        "therefore",
        "together",
    ];
    NONE.binary_search(&word).is_ok()
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
                let words = &slot.words;
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
                let place =
                    |right: &Words| right.joined().len() <= 4 || case.context.names.iter().any(|n| n.words == *right);
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
