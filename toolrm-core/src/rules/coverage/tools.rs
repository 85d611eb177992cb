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
        if case.calls.is_empty() {
            return;
        }
        let called =
            |name: &str| case.calls.iter().any(|v| v.call.name == name) || case.done.iter().any(|c| c.name == name);
        let spoken: HashSet<&str> = case
            .calls
            .iter()
            .filter_map(|v| v.spec)
            .chain(case.done.iter().filter_map(|c| case.tools.get(&c.name)))
            .flat_map(|s| telling(&s.hints().name).map(stem).chain(telling(&s.hints().description).map(stem)))
            .collect();
        for spec in case.tools.specs().iter().filter(|s| !called(s.name()) && !needs_a_handle(s.params())) {
            let mut own = telling(&spec.hints().name).map(stem).filter(|s| !spoken.contains(s)).peekable();
            if own.peek().is_none() {
                continue;
            }
            let (mut found, mut all) = (0.0_f32, 0.0_f32);
            for stem in own {
                all += 1.0;
                let asked = case.context.request.has_stem(stem) || case.context.request.has_abbreviation(stem);
                found += if asked && !case.used.has_stem(stem) { 1.0 } else { 0.0 };
            }
            if found == all {
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
            if others.is_empty() || view.slots.is_empty() || !view.slots.iter().all(|s| has(s.value)) {
                continue;
            }
            if !is_asked_for(spec, &others.iter().filter_map(|v| v.spec).collect::<Vec<_>>(), case) {
                let message = format!("nobody asked for \"{}\", and other calls use its values", spec.name());
                report.find(view.pointer("/name"), message, 1.0);
            }
        }
    }
}

/// Whether the request has a word of the tool's name that the other tools do not have.
fn is_asked_for(spec: &ToolSpec, others: &[&ToolSpec], case: &Case<'_>) -> bool {
    let elsewhere: HashSet<&str> = others.iter().flat_map(|s| telling(&s.hints().name).map(stem)).collect();
    let mut own = telling(&spec.hints().name).map(stem).filter(|s| !elsewhere.contains(s)).peekable();
    own.peek().is_some() && own.any(|s| case.context.request.has_stem(s) || case.context.request.has_abbreviation(s))
}
