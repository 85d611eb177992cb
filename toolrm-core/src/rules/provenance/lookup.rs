//! Lookups: a tool that is there to give a parameter's value is called before, and its answer is used.

use crate::{
    rules::{CallView, Case, Report, Rule, support::says_nothing},
    score::pointer_token,
    toolset::Param,
};

/// The optional parameters of a call that are not given, and that some tool is there for.
fn missing<'c>(view: &'c CallView<'_>) -> impl Iterator<Item = &'c Param> {
    let params = view.spec.map_or(&[][..], |s| &s.params().properties);
    params.iter().filter(move |p| {
        !p.required
            && !p.hints.lookup.servants.is_empty()
            && !view.slots.iter().any(|s| s.path.first().is_some_and(|name| *name == p.name) && !says_nothing(s.value))
    })
}

/// What was looked up, left out.
#[derive(Debug)]
pub(crate) struct LookupUnused;

impl Rule for LookupUnused {
    fn id(&self) -> &'static str {
        "provenance.lookup-unused"
    }
    fn summary(&self) -> &'static str {
        "A value that was looked up for a parameter is given."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if case.context.results.is_empty() {
            return;
        }
        for view in &case.calls {
            for param in missing(view).filter(|p| case.context.results.has_answer_of(&p.hints.lookup.servants)) {
                let pointer = view.pointer(&format!("/arguments/{}", pointer_token(&param.name)));
                report.find(pointer, format!("\"{}\" was looked up; give it", param.name), 1.0);
            }
        }
    }
}

/// A call before the lookup that is there for it.
#[derive(Debug)]
pub(crate) struct SkippedLookup;

impl Rule for SkippedLookup {
    fn id(&self) -> &'static str {
        "provenance.skipped-lookup"
    }
    fn summary(&self) -> &'static str {
        "A tool that is there to give a parameter's values is called before the call that could use them."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for param in missing(view).filter(|p| !case.context.results.has_answer_of(&p.hints.lookup.servants)) {
                let mut servants = param.hints.lookup.servants.iter();
                let Some(servant) = servants.find_map(|s| case.tools.specs().get(*s)) else { continue };
                let message = format!("\"{}\" gives the values of \"{}\"; call it first", servant.name(), param.name);
                report.find(view.pointer("/name"), message, 1.0);
            }
        }
    }
}
