//! Rules about the choice among tools of the same things: what is to be done with them, and on which days.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::Value;

use super::{Case, Report, Rule};
use crate::{
    context::{Words, stem},
    toolset::ToolSpec,
};

/// Verbs by what they do: the first row finds things out, every other one leaves something done.
const ACTS: [&str; 7] = [
    "find search look lookup browse list get show fetch retrieve check explore discover view",
    "buy purchase order",
    "book reserve",
    "play listen hear",
    "pay transfer",
    "delete remove cancel",
    "rent hire",
];

/// The row of [`ACTS`] that finds things out.
const LOOKUP: usize = 0;

static ROWS: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    ACTS.iter().enumerate().flat_map(|(row, words)| words.split(' ').map(move |word| (stem(word), row))).collect()
});

fn act(word: &str) -> Option<usize> {
    ROWS.get(stem(word)).copied()
}

/// What a tool does, by the first verb of its name.
fn act_of(spec: &ToolSpec) -> Option<usize> {
    spec.hints().name.iter().find_map(act)
}

/// Whether two tools are about the same things: they have a parameter of the same name.
fn meet(one: &ToolSpec, other: &ToolSpec) -> bool {
    let names = |spec: &ToolSpec, name: &str| spec.params().properties.iter().any(|p| p.name == name);
    one.params().properties.iter().any(|p| names(other, &p.name))
}

/// A tool that looks things up where something is to be done with them.
#[derive(Debug)]
pub(super) struct OtherAct;

impl Rule for OtherAct {
    fn id(&self) -> &'static str {
        "relevance.other-act"
    }
    fn summary(&self) -> &'static str {
        "Where the request says to play, book or buy, the tool that does it is called, not one that looks the same things up."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        // In the middle of a turn the request's words no longer say what is next.
        if case.calls.is_empty() || !case.done.is_empty() {
            return;
        }
        let asked: Vec<usize> = case.context.request.words.iter().filter_map(act).collect();
        // Where something is to be looked up as well, that may well come first.
        if asked.is_empty() || asked.contains(&LOOKUP) {
            return;
        }
        let fit = |index: usize| case.context.fits.get(index).map_or(f32::MIN, |f| f.log_odds);
        for view in &case.calls {
            let Some((spec, index)) = view.spec.zip(view.tool_index).filter(|(s, _)| act_of(s) == Some(LOOKUP)) else {
                continue;
            };
            let better = |(other, tool): &(usize, &ToolSpec)| {
                let able =
                    case.context.fits.get(*other).is_some_and(|f| f.given > 0.99 && f.log_odds + NEAR > fit(index));
                let done = case.calls.iter().any(|v| v.tool_index == Some(*other));
                able && !done && act_of(tool).is_some_and(|act| asked.contains(&act)) && meet(spec, tool)
            };
            if let Some((_, other)) = case.tools.specs().iter().enumerate().find(better) {
                let message =
                    format!("\"{}\" does what the request's verb says, \"{}\" looks up", other.name(), spec.name());
                report.find_with_fix(view.pointer("/name"), message, 1.0, Value::from(other.name()));
                return;
            }
        }
    }
}

/// Log-odds by which the tool with the right verb may fit worse by its other words.
const NEAR: f32 = 2.0;

/// A tool for one date where the days around it are asked for and another tool looks at those.
#[derive(Debug)]
pub(super) struct DaysAround;

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
            tool("play_podcast", "Play a podcast.", &["topic", "room"]),
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
    fn the_verb_chooses_among_tools_for_the_same_things() {
        let find = || [("find_podcast", json!({"topic": "bees"}))];
        let play = || [("play_podcast", json!({"topic": "bees", "room": "kitchen"}))];
        let rule = |ask: &str, calls: &[_]| fires("relevance.other-act", vec![Message::user(ask)], calls);
        assert_eq!(rule("Play a podcast about bees in the kitchen", &find()), Some(json!("play_podcast")));
        assert_eq!(rule("Play a podcast about bees in the kitchen", &play()), None);
        assert_eq!(rule("Search for podcasts about bees", &play()), None);
        assert_eq!(rule("Find a podcast about bees, then play it in the kitchen", &find()), None);
        assert_eq!(rule("A podcast about bees", &play()), None);
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
