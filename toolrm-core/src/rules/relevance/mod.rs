//! Relevance rules: does any tool fit, is it this one, and are words or a call the right answer?

mod days_around;

use serde_json::Value;

pub(super) use self::days_around::DaysAround;

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
        "At least one called tool has to do with the request: its words, and what it needs."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let Some((best, _)) = extremes(case) else {
            // A tool that does not exist has no more to do with the request than the tools that do.
            let nearest = case.context.fits.iter().map(doubt).min_by(f32::total_cmp);
            if let Some((view, doubt)) = case.calls.first().zip(nearest) {
                let message = || "no tool has much to do with the request".to_owned();
                report_doubt(case, (view, doubt), message, report);
            }
            return;
        };
        // Several calls share the words of a request of several parts: the best of them says whether any of it is meant.
        let message = || {
            let name = &best.0.call.name;
            if best.1 > 0.4 {
                format!("\"{name}\" has little to do with the request")
            } else {
                format!("the request speaks not plainly of what \"{name}\" does")
            }
        };
        report_doubt(case, best, message, report);
    }
}

/// A call of a tool that has less to do with what is asked than the other calls.
#[derive(Debug)]
pub(super) struct Stray;

impl Rule for Stray {
    fn id(&self) -> &'static str {
        "relevance.stray"
    }
    fn summary(&self) -> &'static str {
        "No called tool has much less to do with the request than the other called tools."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let Some(((best, least), (worst, most))) = extremes(case) else { return };
        let (best, name) = (&best.call.name, &worst.call.name);
        let message = || format!("\"{name}\" has less to do with the request than \"{best}\"");
        report_doubt(case, (worst, most - least), message, report);
    }
}

fn report_doubt(
    case: &Case<'_>,
    (view, doubt): (&CallView<'_>, f32),
    message: impl Fn() -> String,
    report: &mut Report<'_>,
) {
    let severity = if case.done.is_empty() { doubt } else { doubt * MID_TURN };
    if severity > 0.0 {
        report.find(view.pointer("/name"), message(), severity);
    }
}

/// The first call of a tool, and how much the tool is doubted.
type Doubted<'c, 'a> = (&'c CallView<'a>, f32);

/// The called tools that are doubted least and most.
fn extremes<'c, 'a>(case: &'c Case<'a>) -> Option<(Doubted<'c, 'a>, Doubted<'c, 'a>)> {
    let doubts = || {
        let fit = |view: &CallView<'_>| case.context.fits.get(view.tool_index?).map(doubt);
        tools_called(case).into_iter().filter_map(move |view| Some((view, fit(view)?)))
    };
    let order = |a: &(&CallView<'_>, f32), b: &(&CallView<'_>, f32)| a.1.total_cmp(&b.1);
    Some((doubts().min_by(order)?, doubts().max_by(order)?))
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
const HOPELESS: f32 = -4.6;

/// The tool that fits best, and how well.
fn best_fit(case: &Case<'_>) -> Option<(usize, f32)> {
    case.context.fits.iter().map(|f| f.log_odds).enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Log-odds by which two tools may differ and fit equally well.
const NEAR: f32 = 0.25;
/// Log-odds beyond that at which the better tool is surely the better one.
const FAR: f32 = 1.5;

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
        // A tool that some call of the candidate uses is no alternative for another call.
        // In the middle of a turn the request's words no longer say which tool is next.
        if case.calls.iter().any(|v| v.tool_index == Some(best)) || !case.done.is_empty() {
            return;
        }
        let called = tools_called(case);
        for view in &called {
            let Some(fit) = view.tool_index.and_then(|i| case.context.fits.get(i)) else { continue };
            // Where words cannot meet, none of them says which tool is meant.
            if fit.foreign > 0.5 {
                continue;
            }
            let severity = (best_fit - fit.log_odds - NEAR) / FAR;
            if severity > 0.0 {
                report.find_with_fix(
                    view.pointer("/name"),
                    format!("\"{name}\" fits the request better than \"{}\"", view.call.name),
                    severity.min(1.0) / called.len() as f32,
                    Value::from(name),
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

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "the same finding weighs the same, and none weighs nothing")]
mod tests {
    use serde_json::json;

    use crate::{prelude::*, rules::Case};

    fn tool(name: &str, description: &str, parameters: &serde_json::Value) -> Tool {
        let required: Vec<&String> = parameters.as_object().unwrap().keys().collect();
        let schema = json!({"type": "object", "properties": parameters, "required": required});
        Tool::new(name, schema).with_description(description)
    }

    fn tools() -> Vec<Tool> {
        let text = |d: &str| json!({"type": "string", "description": d});
        vec![
            tool("find_restaurants", "Search for restaurants in a city.", &json!({"city": text("The city")})),
            tool("lock_door", "Lock a door of the house.", &json!({"door": text("Which door")})),
            tool(
                "search_flights",
                "Search flights between two cities.",
                &json!({"origin": text("From where"), "destination": text("To where")}),
            ),
            tool(
                "book_seat",
                "Reserve a seat on a flight.",
                &json!({"flight_id": text("The id that search_flights returns"), "seat": text("Seat")}),
            ),
        ]
    }

    /// The severity-weighted findings of the family, by rule, of one answer.
    fn findings(messages: Vec<Message>, candidate: &Candidate) -> Vec<(String, f32)> {
        let task = Task::new(messages, Toolset::new(tools()).unwrap());
        let found = RuleScorer::default().findings(&task, candidate);
        found.iter().filter(|f| f.rule.starts_with("relevance.")).map(|f| (f.rule.to_string(), f.weight)).collect()
    }

    fn weight(found: &[(String, f32)], rule: &str) -> f32 {
        found.iter().filter(|(r, _)| r == rule).map(|(_, w)| w).sum()
    }

    fn call(name: &str, arguments: serde_json::Value) -> Candidate {
        Candidate::calls(vec![ToolCall::new(name, arguments)])
    }

    #[test]
    fn a_tool_is_related_by_other_words_of_the_same_notion() {
        let ask = || vec![Message::user("Where can I get a good dinner in Lisbon?")];
        let related =
            weight(&findings(ask(), &call("find_restaurants", json!({"city": "Lisbon"}))), "relevance.unrelated");
        let unrelated = weight(&findings(ask(), &call("lock_door", json!({"door": "Lisbon"}))), "relevance.unrelated");
        assert!(related + 1.0 < unrelated, "{related} {unrelated}");
    }

    #[test]
    fn no_argument_and_no_second_call_makes_a_tool_related() {
        let ask = || vec![Message::user("Where can I get a good dinner in Lisbon?")];
        let alone = weight(&findings(ask(), &call("lock_door", json!({"door": "x"}))), "relevance.unrelated");
        let stuffed =
            call("lock_door", json!({"door": "Where can I get a good dinner in Lisbon? restaurants in a city"}));
        assert_eq!(weight(&findings(ask(), &stuffed), "relevance.unrelated"), alone);
        let padded = Candidate::calls(vec![
            ToolCall::new("find_restaurants", json!({"city": "Lisbon"})),
            ToolCall::new("lock_door", json!({"door": "x"})),
        ]);
        let found = findings(ask(), &padded);
        assert!(weight(&found, "relevance.stray") > 0.0 && alone > 0.0);
        assert_eq!(weight(&findings(ask(), &stuffed), "relevance.stray"), 0.0);
    }

    #[test]
    fn many_calls_of_one_tool_are_doubted_once() {
        let ask = || vec![Message::user("Lock the red door and the blue door")];
        let calls = |n| Candidate::calls(vec![ToolCall::new("find_restaurants", json!({"city": "Oslo"})); n]);
        let found = |n| weight(&findings(ask(), &calls(n)), "relevance.unrelated");
        assert!(found(1) > 0.0);
        assert_eq!(found(1), found(5));
    }

    #[test]
    fn a_lookup_is_as_good_as_the_tool_that_needs_it() {
        let ask = || vec![Message::user("Reserve seat 12A for me on the flight from Rome to Oslo")];
        let lookup = call("search_flights", json!({"origin": "Rome", "destination": "Oslo"}));
        assert_eq!(weight(&findings(ask(), &lookup), "relevance.better-tool"), 0.0);
        assert!(weight(&findings(ask(), &call("lock_door", json!({"door": "12A"}))), "relevance.better-tool") > 0.0);
    }

    #[test]
    fn the_better_tool_is_suggested() {
        let task = Task::new(vec![Message::user("Find restaurants in Lisbon")], Toolset::new(tools()).unwrap());
        let found = RuleScorer::default().findings(&task, &call("lock_door", json!({"door": "Lisbon"})));
        let better = found.iter().find(|f| f.rule == "relevance.better-tool").unwrap();
        assert_eq!(better.suggestion, Some(json!("find_restaurants")));
    }

    #[test]
    fn in_the_middle_of_a_turn_the_request_says_less() {
        let ask = vec![Message::user("Where can I get a good dinner in Lisbon?")];
        let mut later = ask.clone();
        later.push(Message::calls(vec![ToolCall::new("find_restaurants", json!({"city": "Lisbon"}))]));
        later.push(Message::tool("1", "[]"));
        let next = call("lock_door", json!({"door": "front"}));
        let (first, then) = (findings(ask, &next), findings(later, &next));
        assert!(weight(&then, "relevance.unrelated") < weight(&first, "relevance.unrelated"));
        assert_eq!(weight(&then, "relevance.better-tool"), 0.0);
    }

    #[test]
    fn words_in_another_script_are_doubted_less_and_no_tool_is_called_better() {
        let doubt =
            |text: &str| findings(vec![Message::user(text)], &call("find_restaurants", json!({"city": "Oslo"})));
        let (korean, english) =
            (doubt("오슬로에서 저녁 먹을 곳을 찾아줘"), doubt("Please rotate the green cube twice"));
        assert!(weight(&korean, "relevance.unrelated") < weight(&english, "relevance.unrelated"));
        assert_eq!(weight(&korean, "relevance.better-tool"), 0.0);
    }

    #[test]
    fn words_weigh_more_the_better_a_tool_fits() {
        let refusal = Candidate::text("I cannot do that.");
        let no_call = |text: &str| weight(&findings(vec![Message::user(text)], &refusal), "relevance.no-call");
        let (fits, lacks, none) =
            (no_call("Find restaurants in Lisbon"), no_call("I am looking for flights"), no_call("Who painted this?"));
        assert!(fits > lacks && lacks > none, "{fits} {lacks} {none}");
        // Either may be right where a tool fits by half: the score of words lies between that of a good call and an idle one.
        let task = |text: &str| Task::new(vec![Message::user(text)], Toolset::new(tools()).unwrap());
        let score = |text: &str, c: &Candidate| RuleScorer::default().score(&task(text), c).judged().unwrap().value;
        assert!(
            score("Find restaurants in Lisbon", &refusal)
                < score("Find restaurants in Lisbon", &call("find_restaurants", json!({"city": "Lisbon"})))
        );
        assert!(
            score("Who painted this?", &refusal)
                > score("Who painted this?", &call("find_restaurants", json!({"city": "Paris"})))
        );
    }

    #[test]
    fn the_tools_of_a_case_are_judged_by_the_same_fits() {
        let task = Task::new(vec![Message::user("Lock the front door")], Toolset::new(tools()).unwrap());
        let candidate = call("lock_door", json!({"door": "front"}));
        let case = Case::new(&task, &candidate);
        assert_eq!(super::best_fit(&case).map(|(i, _)| i), Some(1));
    }
}
