//! Candidates and conversations that no parser has looked at, judged by the scorers.

use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, Candidate, Message, ToolCall},
    error::ErrorKind,
    rules::{ReferenceScorer, RuleScorer},
    score::{Outcome, Score, ScoreScale, Scorer},
    task::Task,
    toolset::Toolset,
};

use crate::{
    Row,
    entry::Got::{self, *},
    table,
};

/// Rows about the embedded judge: what each is called, task and candidate, and the rule that must have a finding.
fn finds<const N: usize>(rows: [(&str, fn() -> (Task, Candidate), &'static str); N]) -> Vec<Row> {
    let row = |(name, input, rule): (&str, fn() -> _, &'static str)| Row {
        name: format!("rules: {name}"),
        run: Box::new(move || rules(input(), rule)),
        want: Finds(rule),
    };
    rows.into_iter().map(row).collect()
}

/// What the embedded judge finds.
fn rules((task, candidate): (Task, Candidate), rule: &'static str) -> Got {
    scored(&RuleScorer::default(), &task, &candidate, |score| {
        let mut rules: Vec<String> = score.findings.iter().map(|f| f.rule.to_string()).collect();
        rules.dedup();
        if rules.iter().any(|r| r == rule) { Finds(rule) } else { FindsOnly(rules) }
    })
}

/// The score against the reference.
fn reference((task, candidate): (Task, Candidate)) -> Got {
    scored(&ReferenceScorer::default(), &task, &candidate, |score| Scored(score.value))
}

fn scored(scorer: &dyn Scorer, task: &Task, candidate: &Candidate, describe: impl Fn(&Score) -> Got) -> Got {
    match scorer.score(task, candidate) {
        Outcome::Judged(score) => {
            check(scorer, candidate, &score);
            describe(&score)
        }
        Outcome::Abstained { reason } => {
            assert!(!reason.is_empty(), "an abstention without a reason");
            Abstained
        }
        Outcome::Failed(e) => {
            assert!(!e.message().is_empty(), "an error without a message");
            Failed(e.kind())
        }
        other => panic!("an outcome the table does not know: {other:?}"),
    }
}

/// What holds for every score: its scale, and findings that say something about a place that is there.
fn check(scorer: &dyn Scorer, candidate: &Candidate, score: &Score) {
    assert!(score.value.is_finite(), "a score of {}", score.value);
    if scorer.scale() == ScoreScale::Unit {
        assert!((0.0..=1.0).contains(&score.value), "a unit score of {}", score.value);
    }
    for finding in &score.findings {
        assert!(!finding.message.is_empty(), "a finding without a message");
        assert!(finding.weight.is_finite() && finding.weight >= 0.0, "a weight of {}", finding.weight);
        if let Some(rest) = finding.pointer.strip_prefix('/') {
            let index: usize = rest.split('/').next().and_then(|i| i.parse().ok()).expect("an index of a call");
            // A missing call is pointed at where it would have to be added.
            assert!(index <= candidate.action.calls().len() + 1, "{}: no such call", finding.pointer);
        } else {
            assert!(finding.pointer.is_empty(), "not a JSON pointer: {:?}", finding.pointer);
        }
    }
}

fn weather() -> Value {
    json!([{"name": "get_weather", "description": "Weather forecast of a city", "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "Name of the city"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "required": ["city"]}}])
}

/// A task with the weather tool and one request.
fn asked(request: impl Into<String>) -> Task {
    Task::new(vec![Message::user(request)], Toolset::from_json(&weather()).expect("the tools are right"))
}

fn paris() -> Task {
    asked("What will the weather be in Paris for the next 3 days?")
}

/// No conversation and no tools.
fn nothing() -> Task {
    Task::new(vec![], Toolset::from_json(&json!([])).expect("no tools are a toolset"))
}

fn call(arguments: Value) -> Candidate {
    Candidate::calls(vec![ToolCall::new("get_weather", arguments)])
}

fn right() -> Candidate {
    call(json!({"city": "Paris", "days": 3}))
}

/// `levels` lists inside each other, made without recursion.
fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

pub(crate) fn rows() -> Vec<Row> {
    [abstentions(), candidates(), conversations(), references()].into_iter().flatten().collect()
}

fn abstentions() -> Vec<Row> {
    let judged: fn(_) -> Got = |input| rules(input, "");
    table("rules", judged, [("words where there are no tools", || (nothing(), Candidate::text("hi")), Abstained)])
}

fn candidates() -> Vec<Row> {
    finds([
        ("an empty list of calls", || (paris(), Candidate::new(Action::Calls(vec![]))), "schema.malformed"),
        ("an empty text", || (paris(), Candidate::text("")), "relevance.no-call"),
        (
            "malformed, 10 MB",
            || (paris(), Candidate::new(Action::malformed("{".repeat(10 << 20), "cut off"))),
            "schema.malformed",
        ),
        ("an empty name", || (paris(), Candidate::calls(vec![ToolCall::new("", json!({}))])), "schema.unknown-tool"),
        (
            "a name of 1 MB",
            || (paris(), Candidate::calls(vec![ToolCall::new("get_weather".repeat(100_000), json!({}))])),
            "schema.unknown-tool",
        ),
        (
            "a name of control characters",
            || (paris(), Candidate::calls(vec![ToolCall::new("\0\u{1b}[2J", json!({}))])),
            "schema.unknown-tool",
        ),
        ("arguments null", || (paris(), call(Value::Null)), "schema.type"),
        ("arguments a broken text", || (paris(), call(json!("{\"city\": "))), "schema.type"),
        ("arguments a list", || (paris(), call(json!([1]))), "schema.type"),
        ("no arguments", || (paris(), call(json!({}))), "schema.required"),
        (
            "a value of 10,000 levels",
            || (paris(), call(Value::Object([("city".to_owned(), deep(10_000))].into_iter().collect()))),
            "schema.other",
        ),
        (
            "two calls of 10,000 levels",
            || {
                let city = || Value::Object([("city".to_owned(), deep(10_000))].into_iter().collect());
                (paris(), Candidate::calls([0, 1].map(|_| ToolCall::new("get_weather", city())).into()))
            },
            "coverage.repeated",
        ),
        (
            "10,000 levels for a tool that is not there",
            || (paris(), Candidate::calls(vec![ToolCall::new("f", deep(10_000))])),
            "schema.unknown-tool",
        ),
        ("a value of 10 MB", || (paris(), call(json!({"city": "Berlin ".repeat(10 << 17)}))), "grounding.required"),
        (
            "50,000 unknown arguments",
            || {
                (
                    paris(),
                    call((0..50_000).map(|i| (format!("u{i}"), json!(i))).collect::<serde_json::Map<_, _>>().into()),
                )
            },
            "schema.unknown-argument",
        ),
        (
            "the same call 100,000 times",
            || (paris(), Candidate::calls(vec![ToolCall::new("get_weather", json!({"city": "Paris"})); 100_000])),
            "coverage.repeated",
        ),
        (
            "20,000 different calls",
            || {
                (
                    paris(),
                    Candidate::calls(
                        (0..20_000)
                            .map(|i| ToolCall::new("get_weather", json!({"city": format!("City {i}")})))
                            .collect(),
                    ),
                )
            },
            "grounding.required",
        ),
        (
            "20,000 calls of tools that are not there",
            || (paris(), Candidate::calls((0..20_000).map(|i| ToolCall::new(format!("f{i}"), json!({}))).collect())),
            "schema.unknown-tool",
        ),
        ("u64::MAX days", || (paris(), call(json!({"city": "Paris", "days": u64::MAX}))), "schema.range"),
        ("1e308 days", || (paris(), call(json!({"city": "Paris", "days": 1e308}))), "schema.range"),
        (
            "an answer of 10 MB where a call is due",
            || (paris(), Candidate::text("It will rain. ".repeat(10 << 16))),
            "relevance.no-call",
        ),
    ])
}

fn conversations() -> Vec<Row> {
    finds([
        ("a call where there are no tools", || (nothing(), right()), "schema.unknown-tool"),
        ("no messages", || (Task::new(vec![], Toolset::from_json(&weather()).unwrap()), right()), "grounding.required"),
        ("an empty request", || (asked(""), right()), "grounding.required"),
        (
            "a request of 10 MB",
            || (asked(format!("Paris{}", " lorem ipsum".repeat(10 << 17 >> 1))), call(json!({"city": "Berlin"}))),
            "grounding.required",
        ),
        (
            "100,000 messages",
            || {
                let messages = (0..100_000).map(|i| Message::user(format!("Turn {i} about Paris"))).collect();
                (Task::new(messages, Toolset::from_json(&weather()).unwrap()), call(json!({"city": "Berlin"})))
            },
            "grounding.required",
        ),
        (
            "100,000 different numbers",
            || {
                (
                    asked((0..100_000).map(|i| i.to_string()).collect::<Vec<_>>().join(" ")),
                    call(json!({"city": "Berlin"})),
                )
            },
            "coverage.unused-number",
        ),
        (
            "a number of 100,000 digits",
            || (asked("9".repeat(100_000)), call(json!({"city": "Berlin"}))),
            "grounding.required",
        ),
        (
            "1e999999999",
            || (asked("weather for 1e999999999 days, -1e-999999999, 0x1p9999"), call(json!({"city": "Berlin"}))),
            "grounding.required",
        ),
        (
            "100,000 times million",
            || (asked("million ".repeat(100_000)), call(json!({"city": "Berlin"}))),
            "grounding.required",
        ),
        ("100,000 quotes", || (asked("'\"“`".repeat(25_000)), call(json!({"city": "Berlin"}))), "grounding.required"),
        ("100,000 names", || (asked("Ab Cd, ".repeat(50_000)), call(json!({"city": "Berlin"}))), "grounding.required"),
        (
            "letters that grow in lower case",
            || (asked("İ".repeat(10_000)), call(json!({"city": "İstanbul ẞ ŉ ﬁ"}))),
            "grounding.required",
        ),
        (
            "1 MB of combining marks",
            || (asked(format!("a{}", "\u{301}\u{323}".repeat(1 << 18))), call(json!({"city": "Berlin"}))),
            "grounding.required",
        ),
        (
            "dates that are none",
            || {
                (
                    asked("From 9999-99-99 to 0000-00-00, 31/31/31 25:61, 2025-02-30T99:99:99Z"),
                    call(json!({"city": "9999-99-98"})),
                )
            },
            "grounding.required",
        ),
        (
            "5,000 tools",
            || {
                let tools: Value = (0..5000).map(|i| json!({"name": format!("tool_{i}"), "description": "Does one of many things with the weather"})).collect();
                (Task::new(vec![Message::user("weather?")], Toolset::from_json(&tools).unwrap()), right())
            },
            "schema.unknown-tool",
        ),
        (
            "an enum of 20,000 values",
            || {
                let values: Vec<_> = (0..20_000).map(|i| format!("city number {i}")).collect();
                let tools = json!([{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string", "enum": values}}}}]);
                (Task::new(vec![Message::user("weather in Paris?")], Toolset::from_json(&tools).unwrap()), right())
            },
            "schema.enum",
        ),
        (
            "a past call that is no object",
            || {
                let history = vec![
                    Message::user("weather in Paris?"),
                    Message::calls(vec![ToolCall::new("get_weather", json!("{\"city"))]),
                    Message::tool("1", "\0{["),
                ];
                (Task::new(history, Toolset::from_json(&weather()).unwrap()), call(json!({"city": "Berlin"})))
            },
            "grounding.required",
        ),
    ])
}

fn references() -> Vec<Row> {
    table(
        "reference",
        reference,
        [
            ("none", || (paris(), right()), Abstained),
            (
                "malformed",
                || (paris().with_reference(vec![Action::malformed("{", "cut off")]), right()),
                Failed(ErrorKind::InvalidInput),
            ),
            (
                "without calls",
                || (paris().with_reference(vec![Action::Calls(vec![])]), right()),
                Failed(ErrorKind::InvalidInput),
            ),
            (
                "arguments a text",
                || (paris().with_reference(vec![Action::Calls(vec![ToolCall::new("f", json!("{"))])]), right()),
                Failed(ErrorKind::InvalidInput),
            ),
            (
                "the candidate is malformed",
                || (paris().with_reference(vec![right().action]), Candidate::new(Action::malformed("{", "cut off"))),
                Scored(0.0),
            ),
            (
                "the candidate has no calls",
                || (paris().with_reference(vec![right().action]), Candidate::new(Action::Calls(vec![]))),
                Scored(0.0),
            ),
            (
                "the candidate's arguments are null",
                || (paris().with_reference(vec![right().action]), call(Value::Null)),
                Scored(0.0),
            ),
            (
                "a value of 10,000 levels",
                || {
                    (
                        paris().with_reference(vec![call(json!({"city": "Paris"})).action]),
                        call(Value::Object([("city".to_owned(), deep(10_000))].into_iter().collect())),
                    )
                },
                Scored(0.0),
            ),
            (
                "equal strings of 10 MB",
                || {
                    let long = call(json!({"city": "x".repeat(10 << 20)}));
                    (paris().with_reference(vec![long.action.clone()]), long)
                },
                Scored(1.0),
            ),
            (
                "1,000 calls of one tool",
                || {
                    let calls =
                        Candidate::calls((0..1000).map(|i| ToolCall::new("get_weather", json!({"city": i}))).collect());
                    (paris().with_reference(vec![calls.action.clone()]), calls)
                },
                Scored(1.0),
            ),
            (
                "1,000 references",
                || {
                    let wrong =
                        (0..1000).map(|i| Action::Calls(vec![ToolCall::new("get_weather", json!({"city": i}))]));
                    (paris().with_reference(wrong.chain([right().action]).collect()), right())
                },
                Scored(1.0),
            ),
            (
                "lists of 2,000 in another order",
                || {
                    let list = |items: Vec<i32>| call(json!({"city": items}));
                    (paris().with_reference(vec![list((0..2000).collect()).action]), list((0..2000).rev().collect()))
                },
                Scored(0.0),
            ),
        ],
    )
}
