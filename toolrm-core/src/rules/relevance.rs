//! Relevance rules: does any tool fit, is it this one, and are words or a call the right answer?

use super::{CallView, Case, Report, Rule};
use crate::{call::Action, context::Fit, toolset::ToolSpec};

/// A call of a tool that has little to do with what is asked.
#[derive(Debug)]
pub(super) struct Unrelated;

impl Rule for Unrelated {
    fn id(&self) -> &'static str {
        "relevance.unrelated"
    }
    fn summary(&self) -> &'static str {
        "A called tool's name and description have to do with the request."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let called = tools_called(case);
        for view in &called {
            let Some(fit) = view.tool_index.and_then(|i| case.context.fits.get(i)) else { continue };
            // Several tools share a request of several parts.
            let mut severity = doubt(fit) / called.len() as f32;
            if !case.done.is_empty() {
                severity *= MID_TURN;
            }
            if severity > 0.0 {
                let message = format!("\"{}\" has little to do with the request", view.call.name);
                report.find(view.pointer("/name"), message, severity);
            }
        }
    }
}

/// The first call of each tool.
fn tools_called<'c, 'a>(case: &'c Case<'a>) -> Vec<&'c CallView<'a>> {
    let mut called: Vec<&CallView<'_>> = Vec::new();
    for view in case.calls.iter().filter(|v| v.tool_index.is_some()) {
        if !called.iter().any(|c| c.tool_index == view.tool_index) {
            called.push(view);
        }
    }
    called
}

/// How much a fit leaves to be doubted: 0 for a tool that surely fits, 1 for one with nothing in its favour.
fn doubt(fit: &Fit) -> f32 {
    ((SURE - fit.log_odds) / (SURE - HOPELESS)).clamp(0.0, 1.0)
}

/// In the middle of a turn, what remains to be done is no longer in the words of the request alone.
const MID_TURN: f32 = 0.3;
/// Log-odds from which on a fit is not doubted.
const SURE: f32 = 1.5;
/// Log-odds down to which doubt grows.
const HOPELESS: f32 = -4.0;

/// The tool that fits best, and how well.
fn best_fit(case: &Case<'_>) -> Option<(usize, f32)> {
    case.context.fits.iter().map(|f| f.log_odds).enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// A call of one tool where another one fits better.
#[derive(Debug)]
pub(super) struct BetterTool;

impl Rule for BetterTool {
    fn id(&self) -> &'static str {
        "relevance.better-tool"
    }
    fn summary(&self) -> &'static str {
        "No other tool fits the request clearly better than the called one."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let Some((best, best_fit)) = best_fit(case) else { return };
        let name = case.tools.specs().get(best).map_or("", ToolSpec::name);
        // A tool that some call of the candidate or of the turn uses is no alternative for another call.
        if case.calls.iter().any(|v| v.tool_index == Some(best)) || case.done.iter().any(|c| c.name == name) {
            return;
        }
        let called = tools_called(case);
        if !case.done.is_empty() {
            return;
        }
        for view in &called {
            let Some(fit) = view.tool_index.and_then(|i| case.context.fits.get(i)) else { continue };
            // Where words cannot meet, none of them says which tool is meant.
            if fit.foreign > 0.5 {
                continue;
            }
            let severity = (best_fit - fit.log_odds - 0.25) / 3.0;
            if severity > 0.0 {
                report.find(
                    view.pointer("/name"),
                    format!("\"{name}\" fits the request better than \"{}\"", view.call.name),
                    severity.min(1.0) / called.len() as f32,
                );
            }
        }
    }
}

/// Words where a tool fits.
#[derive(Debug)]
pub(super) struct NoCall;

impl Rule for NoCall {
    fn id(&self) -> &'static str {
        "relevance.no-call"
    }
    fn summary(&self) -> &'static str {
        "When a tool fits the request it is called; words are for when none does or a value is missing."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let Action::Text(_) = &case.candidate.action else { return };
        let Some((index, _)) = best_fit(case) else { return };
        let Some(fit) = case.context.fits.get(index).map(Fit::value) else { return };
        let name = case.tools.specs().get(index).map_or("", ToolSpec::name);
        let message = if fit > 0.5 {
            format!("\"{name}\" may do what is asked, and it is not called")
        } else {
            "one of the tools may do what is asked, and none is called".to_owned()
        };
        report.find("", message, fit);
    }
}
