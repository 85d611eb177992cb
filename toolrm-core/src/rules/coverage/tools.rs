//! The tools that a request names, and those that are called.

use std::collections::HashSet;

use crate::{
    context::stem,
    rules::{Case, Report, Rule},
    toolset::{Param, ToolSpec, telling},
};

/// A tool that the request names and nobody calls.
#[derive(Debug)]
pub(in crate::rules) struct UnusedTool;

impl Rule for UnusedTool {
    fn id(&self) -> &'static str {
        "coverage.unused-tool"
    }
    fn summary(&self) -> &'static str {
        "A tool whose name the request spells out is called, when the values it needs are there."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let called = |index: usize| {
            case.calls.iter().any(|v| v.tool_index == Some(index))
                || case.done.iter().any(|c| case.tools.index_of(&c.name) == Some(index))
        };
        if case.calls.is_empty() {
            return;
        }
        let speaks = |spec: &ToolSpec, stem_: &str| {
            let hints = spec.hints();
            // Stems are beginnings of words: most words are told apart without stemming them.
            let mut words = hints.name.iter().chain(hints.description.iter()).filter(|w| w.starts_with(stem_));
            words.any(|w| stem(w) == stem_)
        };
        let callers: Vec<&ToolSpec> = {
            let mut seen = HashSet::new();
            let done = case.done.iter().filter_map(|c| case.tools.get(&c.name));
            let all = case.calls.iter().filter_map(|v| v.spec).chain(done);
            all.filter(|s| seen.insert(s.name())).collect()
        };
        for tool in case.context.named_tools.iter().filter(|t| !called(t.index)) {
            let Some(spec) = case.tools.specs().get(tool.index).filter(|s| !needs_a_handle(s.params())) else {
                continue;
            };
            // What tells it from the tools that are called.
            let mut own = tool.stems.iter().filter(|(s, _)| !callers.iter().any(|c| speaks(c, s))).peekable();
            if own.peek().is_some() && own.all(|(s, asked)| *asked && !case.used.has_stem(s)) {
                report.find("", format!("the request speaks of \"{}\", and no call does it", spec.name()), 1.0);
            }
        }
    }
}

/// Whether a tool cannot be called before another one has answered.
fn needs_a_handle(params: &Param) -> bool {
    params.properties.iter().any(|p| p.required && p.hints.holds.handle)
}

/// A tool called beside another one with the same values, though the request does not speak of it.
#[derive(Debug)]
pub(in crate::rules) struct SameJob;

impl Rule for SameJob {
    fn id(&self) -> &'static str {
        "coverage.same-job"
    }
    fn summary(&self) -> &'static str {
        "A second tool is not called with values that another call has, unless the request speaks of what it does."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            let Some(spec) = view.spec else { continue };
            let others: Vec<_> =
                case.calls.iter().filter(|v| v.spec.is_some() && v.tool_index != view.tool_index).take(16).collect();
            let has = |value: &serde_json::Value| others.iter().any(|o| o.slots.iter().any(|s| s.value == value));
            // Tools that take the same identifier tell different things about it.
            let handles = view.slots.iter().all(|s| s.param.is_some_and(|p| p.hints.holds.handle));
            if others.is_empty() || handles || !view.slots.iter().all(|s| has(s.value)) {
                continue;
            }
            let severity = 1.0 - asked_for(spec, &others.iter().filter_map(|v| v.spec).collect::<Vec<_>>(), case);
            if severity > 0.0 {
                let message = format!("nobody asked for \"{}\", and other calls use its values", spec.name());
                report.find(view.pointer("/name"), message, severity);
            }
        }
    }
}

/// Whether the request has a word of the tool's name that the other tools do not have; a half when there is no such word.
fn asked_for(spec: &ToolSpec, others: &[&ToolSpec], case: &Case<'_>) -> f32 {
    let elsewhere: HashSet<&str> = others.iter().flat_map(|s| telling(&s.hints().name).map(stem)).collect();
    let mut own = telling(&spec.hints().name).map(stem).filter(|s| !elsewhere.contains(s)).peekable();
    if own.peek().is_none() {
        return 0.5;
    }
    let asked = |s: &str| case.context.request.has_stem(s) || case.context.request.has_abbreviation(s);
    if own.any(asked) { 1.0 } else { 0.0 }
}
