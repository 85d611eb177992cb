//! Dates and times in the spelling the description shows.

use serde_json::Value;

use super::{Case, Report, Rule, filled};
use crate::toolset::{Keeps, Param};

/// A date or time whose description shows a spelling the value does not have.
#[derive(Debug)]
pub(in crate::rules) struct Pattern;

impl Rule for Pattern {
    fn id(&self) -> &'static str {
        "convention.pattern"
    }
    fn summary(&self) -> &'static str {
        "A date or time is written in the pattern the parameter's description shows."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let items = slot.value.as_array().map_or(std::slice::from_ref(slot.value), Vec::as_slice);
            let param = param.items.as_deref().filter(|i| !i.hints.spellings.is_empty()).unwrap_or(param);
            for text in items.iter().take(MAX_ITEMS).filter_map(Value::as_str) {
                if let Some((shown, severity)) = breach(text, param) {
                    report.find(slot.pointer(index), format!("\"{text}\" is not written as {shown}"), severity);
                }
            }
        }
    }
}

/// Items of a list beyond these are not looked at.
const MAX_ITEMS: usize = 16;

/// The spelling a text fails, and how badly.
fn breach<'p>(text: &str, param: &'p Param) -> Option<(&'p str, f32)> {
    let hints = &param.hints;
    let first = hints.spellings.first().filter(|_| !text.trim().is_empty())?;
    let best = hints.spellings.iter().map(|s| s.kept_by(text)).max()?;
    let severity = match best {
        Keeps::Exactly => return None,
        Keeps::WithMore => 0.3,
        Keeps::Loosely => 0.5,
        Keeps::Not => 1.0,
    };
    // A documented default, a listed value, or another text the description shows ("today", "dontcare").
    let words = || crate::context::Words::new(text);
    let documented = param.default.as_ref().and_then(Value::as_str) == Some(text)
        || param.allowed.iter().any(|a| a.as_str() == Some(text))
        || best == Keeps::Not && {
            let words = words();
            hints.options.contains(&words) || hints.examples.contains(&words) || hints.default.as_ref() == Some(&words)
        };
    // Where the format itself is asked for, or the spelling is only part of what the text holds.
    let about_format = hints.name.iter().any(|w| matches!(w, "format" | "pattern" | "template"));
    let no_preference = || crate::rules::support::NO_PREFERENCE.contains(&words().joined().trim());
    (!documented && !about_format && !no_preference()).then_some((first.shown.as_str(), severity))
}

/// Seconds nobody said, or AM and PM beside the 24 hour clock, where the description shows the plainer pattern too.
#[derive(Debug)]
pub(in crate::rules) struct Plainest;

impl Rule for Plainest {
    fn id(&self) -> &'static str {
        "convention.plainest"
    }
    fn summary(&self) -> &'static str {
        "Of the patterns shown for a time, the plainest that holds what was said is used: no seconds nobody said, the 24 hour clock."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let spellings = &param.hints.spellings;
            let Some(text) = slot.value.as_str().filter(|_| spellings.len() > 1) else { continue };
            let Some(kept) = spellings.iter().find(|s| s.kept_by(text) == Keeps::Exactly && s.has_clock()) else {
                continue;
            };
            let others =
                || spellings.iter().filter(|s| s.is_spelled_out() && s.has_clock() && s.has_day() == kept.has_day());
            let seconds = kept.has_seconds() && others().any(|s| !s.has_seconds()) && !says_seconds(case);
            let half = kept.has_half() && others().any(|s| !s.has_half());
            if seconds || half {
                let message = format!("\"{text}\" can be written more plainly, as the description shows");
                report.find(slot.pointer(index), message, 1.0);
            }
        }
    }
}

fn says_seconds(case: &Case<'_>) -> bool {
    case.context.said.moments.clocks().any(|c| c.second.is_some())
}
