//! Optional arguments that the request asks for.

use serde_json::Value;

use crate::{
    context::{Words, is_stop_word},
    rules::{Case, Report, Rule},
    score::pointer_token,
    toolset::Param,
};

/// An optional argument left out though the request speaks of it.
#[derive(Debug)]
pub(in crate::rules) struct UnusedOption;

impl Rule for UnusedOption {
    fn id(&self) -> &'static str {
        "coverage.unused-option"
    }
    fn summary(&self) -> &'static str {
        "When the request names one of an optional parameter's values, some call gives it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (call, param) in &case.ungiven {
            if let Some(value) = asked_for(param, case) {
                let pointer = format!("/{call}/arguments/{}", pointer_token(&param.name));
                report.find(pointer, format!("the request asks for {value}; give \"{}\"", param.name), 1.0);
            }
        }
    }
}

/// What the request says about a parameter: one of its values.
fn asked_for(param: &Param, case: &Case<'_>) -> Option<String> {
    let request = &case.context.request;
    let items = param.items.as_deref().map_or(&[][..], |i| &i.hints.allowed);
    let default = param.default.as_ref().and_then(Value::as_str).map(Words::new).unwrap_or_default();
    let values = param.hints.allowed.iter().chain(items).chain(&param.hints.options);
    values
        .filter(|v| v.joined().len() > 4 && **v != default && Some(*v) != param.hints.default.as_ref())
        .filter(|v| !v.iter().all(is_stop_word))
        .find(|v| request.names(v) && !case.used.has_phrase(v))
        .map(|v| format!("\"{}\"", v.joined().trim()))
}

/// One of two listed values that the request names, where both are wanted.
#[derive(Debug)]
pub(in crate::rules) struct UnusedChoice;

impl Rule for UnusedChoice {
    fn id(&self) -> &'static str {
        "coverage.unused-choice"
    }
    fn summary(&self) -> &'static str {
        "When the request names several of a parameter's listed values, the calls give them all."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let request = &case.context.request.words;
        // What is asked on a condition, or after another answer, may come later.
        if !case.done.is_empty() || request.iter().any(|w| w == "if") {
            return;
        }
        for view in &case.calls {
            for slot in &view.slots {
                let lists_values = |p: &&Param| !p.hints.allowed.is_empty() || !p.hints.options.is_empty();
                let Some(param) = slot.param.filter(lists_values) else { continue };
                let given = slot.value.as_str().map(Words::new).unwrap_or_default();
                let listed = param.hints.allowed.iter().chain(&param.hints.options);
                if !listed.clone().any(|v| *v == given) || !request.contains(&given) {
                    continue;
                }
                let other = |v: &&Words| {
                    v.joined().len() > 4
                        && **v != given
                        && request.contains(v)
                        && !case.used.has_phrase(v)
                        && !is_default(v, param)
                };
                if let Some(other) = listed.clone().find(other) {
                    let message = format!("the request speaks of \"{}\" too", other.joined().trim());
                    report.find(slot.pointer(view.index), message, 1.0);
                    return;
                }
            }
        }
    }
}

/// Whether the words are those of the parameter's default, which needs not be given.
pub(super) fn is_default(words: &Words, param: &Param) -> bool {
    param.hints.default.as_ref() == Some(words)
        || param.default.as_ref().and_then(Value::as_str).is_some_and(|d| d.eq_ignore_ascii_case(words.joined().trim()))
}
