//! Calls that were made before.

use crate::{
    canonical::Fingerprint,
    context::PastCall,
    rules::{Case, Report, Rule},
};

/// The earlier calls of this turn that mean the same, with the place of the candidate's call.
fn made_before<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (usize, &'c PastCall)> {
    let past = &case.context.results.calls;
    case.calls.iter().filter_map(move |view| {
        let mut named = past.iter().rev().filter(|p| p.in_turn && *p.name == *view.call.name).peekable();
        named.peek()?;
        let fingerprint = Fingerprint::of_call(view.call);
        named.find(|p| p.fingerprint == fingerprint).map(|p| (view.index, p))
    })
}

fn failed(case: &Case<'_>, call: &PastCall) -> Option<bool> {
    call.answer.and_then(|a| case.context.results.answers.get(a)).map(|a| a.failed)
}

/// A call that failed, unchanged.
#[derive(Debug)]
pub(crate) struct AgainAfterFailure;

impl Rule for AgainAfterFailure {
    fn id(&self) -> &'static str {
        "provenance.again-after-failure"
    }
    fn summary(&self) -> &'static str {
        "A call that failed is made again only with other arguments."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, past) in made_before(case) {
            if failed(case, past) == Some(true) {
                report.find(format!("/{index}"), "this call failed with the same arguments; change them", 1.0);
            }
        }
    }
}
