//! A choice among tools of the same things: for one day, or for the days around it.

use serde_json::Value;

use crate::rules::{Case, Report, Rule};
use crate::{context::Words, toolset::ToolSpec};

/// A tool for one date where the days around it are asked for and another tool looks at those.
#[derive(Debug)]
pub(in crate::rules) struct DaysAround;

impl Rule for DaysAround {
    fn id(&self) -> &'static str {
        "relevance.days-around"
    }
    fn summary(&self) -> &'static str {
        "A request for the days around a date goes first to the tool that looks at the days before and after it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if case.calls.is_empty() || !asks_around(&case.context.request.words) {
            return;
        }
        let made =
            |name: &str| case.done.iter().any(|c| c.name == name) || case.calls.iter().any(|v| v.call.name == name);
        let around: Vec<&ToolSpec> =
            case.tools.specs().iter().filter(|s| looks_around(&s.hints().description)).collect();
        if around.iter().any(|s| made(s.name())) {
            return;
        }
        for view in &case.calls {
            let Some(spec) = view.spec else { continue };
            let has = |name: &str| spec.params().properties.iter().any(|p| p.name == name);
            // It takes what the called one takes.
            let takes = |s: &&&ToolSpec| {
                let mut required = s.params().properties.iter().filter(|p| p.required).peekable();
                required.peek().is_some() && required.all(|p| has(&p.name))
            };
            if let Some(other) = around.iter().find(takes) {
                let message = format!("the days around a date are asked for, and \"{}\" looks at them", other.name());
                report.find_with_fix(view.pointer("/name"), message, 1.0, Value::from(other.name()));
                return;
            }
        }
    }
}

/// "Around December 5", "around those dates", "flexible".
fn asks_around(request: &Words) -> bool {
    let words: Vec<&str> = request.iter().collect();
    let dated =
        |w: &&str| matches!(*w, "date" | "dates" | "day" | "days" | "then") || w.bytes().any(|b| b.is_ascii_digit());
    let near = |at: usize| words.iter().skip(at + 1).take(3).any(dated);
    words.iter().enumerate().any(|(at, w)| *w == "flexible" || (*w == "around" && near(at)))
}

/// A tool whose description speaks of the days before and after one.
fn looks_around(description: &Words) -> bool {
    let says = |word: &str| description.iter().any(|w| w == word);
    let days = || ["day", "days", "date", "dates"].iter().any(|w| says(w));
    ((says("before") && says("after")) || says("flexible")) && days()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::prelude::*;

    fn tools() -> Toolset {
        let tool = |name: &str, text: &str, required: &[&str]| {
            let parameters: serde_json::Map<_, _> =
                required.iter().map(|p| ((*p).to_owned(), json!({"type": "string"}))).collect();
            Tool::new(name, json!({"type": "object", "properties": parameters, "required": required}))
                .with_description(text)
        };
        Toolset::new(vec![
            tool("find_podcast", "Find podcasts.", &["topic"]),
            tool("search_ferries", "Search ferries.", &["harbour", "day"]),
            tool("ferry_fares", "Fares of ferries within 3 days before and after a day.", &["harbour", "day"]),
        ])
        .unwrap()
    }

    fn fires(rule: &str, messages: Vec<Message>, calls: &[(&str, serde_json::Value)]) -> Option<serde_json::Value> {
        let calls = calls.iter().map(|(name, arguments)| ToolCall::new(*name, arguments.clone())).collect();
        let found = RuleScorer::default().findings(&Task::new(messages, tools()), &Candidate::calls(calls));
        found.into_iter().find(|f| f.rule == rule).map(|f| f.suggestion.unwrap_or_default())
    }

    #[test]
    fn days_around_a_date_are_for_the_tool_that_looks_at_them() {
        let search = || [("search_ferries", json!({"harbour": "Split", "day": "2025-05-04"}))];
        let ask = |text: &str| vec![Message::user(text)];
        let rule = |messages, calls: &[_]| fires("relevance.days-around", messages, calls);
        let around = "The best ferry from Split around May 4, 2025";
        assert_eq!(rule(ask(around), &search()), Some(json!("ferry_fares")));
        assert_eq!(rule(ask("The best ferry from Split on May 4, 2025"), &search()), None);
        assert_eq!(rule(ask(around), &[("find_podcast", json!({"topic": "Split"}))]), None);
        let mut later = ask(around);
        later
            .push(Message::calls(vec![ToolCall::new("ferry_fares", json!({"harbour": "Split", "day": "2025-05-04"}))]));
        later.push(Message::tool("1", "{\"day\": \"2025-05-05\", \"fare\": 12}"));
        assert_eq!(rule(later, &search()), None);
    }
}
