//! Each rule of the embedded judge fires where it should and keeps quiet where it should, and no trick raises a score.

#![cfg(feature = "schema")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::needless_pass_by_value, missing_docs)]

use proptest::prelude::*;
use serde_json::{Value, json};
use toolrm_core::{prelude::*, rules::WEIGHTS};

fn tools() -> Toolset {
    Toolset::from_json(&json!([
        {"name": "book_train", "description": "Book train tickets between two cities.", "parameters": {
            "type": "object",
            "properties": {
                "from": {"type": "string", "description": "Departure city, in the format 'City, State', such as 'Boston, MA'."},
                "to": {"type": "string", "description": "Arrival city."},
                "date": {"type": "string", "description": "Day of travel in the format YYYY-MM-DD."},
                "seats": {"type": "integer", "minimum": 1, "maximum": 9, "description": "Number of seats."},
                "class": {"type": "string", "enum": ["economy", "business"], "default": "economy", "description": "Travel class."},
                "quiet_zone": {"type": "boolean", "description": "Whether seats are in the quiet zone."},
                "promo": {"type": "string", "pattern": "^[A-Z]{4}$", "description": "Promotion code, e.g. 'SAVE'."},
                "stops": {"type": "array", "uniqueItems": true, "items": {"type": "string"}, "description": "Cities to stop in."},
                "contact": {"type": "object", "properties": {"email": {"type": "string"}}}
            },
            "required": ["to", "date"]}},
        {"name": "loan.interest", "description": "Compute the interest of a loan.", "parameters": {
            "type": "object",
            "properties": {
                "amount": {"type": "number", "description": "Amount borrowed."},
                "rate": {"type": "number", "description": "Annual interest rate as a decimal."},
                "years": {"type": "integer", "description": "Duration in years."}},
            "required": ["amount", "rate"]}},
        {"name": "color_info", "description": "Look a color up by its name.", "parameters": {
            "type": "object",
            "properties": {"color": {"type": "string", "description": "Name of the color."}},
            "required": ["color"]}}
    ]))
    .unwrap()
}

fn task(request: &str) -> Task {
    Task::new(vec![Message::user(request)], tools())
}

/// `{name: arguments}` objects, or a text.
fn candidate(json: &Value) -> Candidate {
    match json {
        Value::Array(calls) => Candidate::calls(
            calls
                .iter()
                .flat_map(|call| call.as_object().unwrap())
                .map(|(name, arguments)| ToolCall::new(name.clone(), arguments.clone()))
                .collect(),
        ),
        Value::String(text) => Candidate::text(text.clone()),
        _ => panic!("a list of calls or a text"),
    }
}

const TRAIN: &str = "Book a train from Boston to New York on 2026-03-05, two business seats please";
const LOAN: &str = "Interest of a loan of $1,000 at 5% over 3 years?";
const COLORS: &str = "Look up the colors navy, purple and maroon.";

fn train(more: Value) -> Value {
    let mut arguments =
        json!({"from": "Boston, MA", "to": "New York", "date": "2026-03-05", "seats": 2, "class": "business"});
    for (key, value) in more.as_object().unwrap() {
        if value == "-" {
            arguments.as_object_mut().unwrap().remove(key);
        } else {
            arguments[key] = value.clone();
        }
    }
    json!([{"book_train": arguments}])
}

/// Rule, request, a candidate that breaks it, where, a candidate that does not.
fn table() -> Vec<(&'static str, &'static str, Value, &'static str, Value)> {
    let good = train(json!({}));
    let loan = |rate: Value| json!([{"loan.interest": {"amount": 1000, "rate": rate, "years": 3}}]);
    let colors = |names: &[&str]| names.iter().map(|n| json!({"color_info": {"color": n}})).collect::<Value>();
    vec![
        ("schema.unknown-tool", TRAIN, json!([{"book_trian": {}}]), "/0/name", good.clone()),
        ("schema.required", TRAIN, train(json!({"date": "-"})), "/0/arguments/date", good.clone()),
        ("schema.unknown-argument", TRAIN, train(json!({"seat": 2})), "/0/arguments/seat", good.clone()),
        ("schema.type", TRAIN, train(json!({"seats": "2"})), "/0/arguments/seats", good.clone()),
        ("schema.enum", TRAIN, train(json!({"class": "Business"})), "/0/arguments/class", good.clone()),
        ("schema.range", TRAIN, train(json!({"seats": 20})), "/0/arguments/seats", good.clone()),
        ("schema.format", TRAIN, train(json!({"promo": "x"})), "/0/arguments/promo", good.clone()),
        ("schema.other", TRAIN, train(json!({"stops": ["Hartford", "Hartford"]})), "/0/arguments/stops", good.clone()),
        ("grounding.required", TRAIN, train(json!({"to": "Chicago"})), "/0/arguments/to", good.clone()),
        ("grounding.optional", TRAIN, train(json!({"promo": "KEEP"})), "/0/arguments/promo", good.clone()),
        ("grounding.choice", TRAIN, train(json!({"quiet_zone": true})), "/0/arguments/quiet_zone", good.clone()),
        (
            "grounding.other-listed",
            "Economy seats to New York on 2026-03-05",
            train(json!({"from": "-", "seats": "-"})),
            "/0/arguments/class",
            train(json!({"class": "economy"})),
        ),
        ("grounding.placeholder", TRAIN, train(json!({"promo": "SAVE"})), "/0/arguments/promo", good.clone()),
        ("grounding.empty", TRAIN, train(json!({"to": ""})), "/0/arguments/to", good.clone()),
        ("convention.null", TRAIN, train(json!({"promo": "null"})), "/0/arguments/promo", good.clone()),
        ("convention.pattern", TRAIN, train(json!({"date": "5 March 2026"})), "/0/arguments/date", good.clone()),
        ("convention.parts", TRAIN, train(json!({"from": "Boston"})), "/0/arguments/from", good.clone()),
        ("convention.rate", LOAN, loan(json!(5)), "/0/arguments/rate", loan(json!(0.05))),
        (
            "coverage.unused-number",
            LOAN,
            json!([{"loan.interest": {"amount": 1000, "rate": 0.05}}]),
            "",
            loan(json!(0.05)),
        ),
        ("coverage.unused-name", TRAIN, train(json!({"from": "-"})), "", good.clone()),
        ("coverage.unused-item", COLORS, colors(&["navy"]), "", colors(&["navy", "purple", "maroon"])),
        ("coverage.unused-option", TRAIN, train(json!({"class": "-"})), "/0/arguments/class", good.clone()),
        ("coverage.repeated", COLORS, colors(&["navy", "navy"]), "/1", colors(&["navy", "purple"])),
        ("coverage.count", "Look up two colors: red and blue.", colors(&["red"]), "", colors(&["red", "blue"])),
        ("coverage.merged", COLORS, colors(&["navy, purple"]), "/0/arguments/color", colors(&["navy", "purple"])),
        ("coverage.flood", COLORS, colors(&["navy"; 129]), "", colors(&["navy"])),
        (
            "relevance.unrelated",
            "Tell me a joke.",
            colors(&["red"]),
            "/0/name",
            json!("Why did the chicken cross the road?"),
        ),
        (
            "relevance.stray",
            COLORS,
            json!([{"color_info": {"color": "navy"}}, {"loan.interest": {"amount": 1, "rate": 1}}]),
            "/1/name",
            colors(&["navy"]),
        ),
        (
            "relevance.better-tool",
            COLORS,
            json!([{"loan.interest": {"amount": 1, "rate": 1}}]),
            "/0/name",
            colors(&["navy"]),
        ),
        ("relevance.no-call", TRAIN, json!("I cannot do that."), "", good),
    ]
}

#[test]
fn every_rule_fires_where_it_should_and_only_there() {
    let rules = RuleScorer::default();
    let mut messages = Vec::new();
    for (rule, request, bad, pointer, good) in table() {
        let task = task(request);
        let found = rules.findings(&task, &candidate(&bad));
        let hit = found.iter().find(|f| f.rule == rule && f.pointer == pointer);
        let hit = hit.unwrap_or_else(|| panic!("{rule} does not fire at {pointer:?} on {bad}: {found:#?}"));
        messages.push(format!("{rule} {pointer}: {}", hit.message));
        let quiet = rules.findings(&task, &candidate(&good));
        assert!(quiet.iter().all(|f| f.rule != rule), "{rule} fires on {good}: {quiet:#?}");
    }
    insta::assert_snapshot!("rule_messages", messages.join("\n"));
    let malformed = Candidate::new(Action::malformed("{", "the JSON breaks off"));
    let found = rules.findings(&task(TRAIN), &malformed);
    assert_eq!(found.iter().map(|f| &*f.rule).collect::<Vec<_>>(), ["schema.malformed"]);
}

#[test]
fn every_built_in_rule_has_a_weight_and_a_test() {
    let tested: Vec<&str> = table().iter().map(|row| row.0).chain(["schema.malformed"]).collect();
    for (id, weight) in WEIGHTS {
        assert!(weight > 0.0 && tested.contains(&id), "{id}");
    }
    assert_eq!(RuleScorer::default().rules().len(), WEIGHTS.len());
}

#[test]
fn a_good_call_has_nothing_against_it() {
    let found = RuleScorer::default().findings(&task(TRAIN), &candidate(&train(json!({}))));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn values_from_a_tool_result_are_grounded() {
    let messages = vec![
        Message::user("Book the train my calendar says."),
        Message::calls(vec![ToolCall::new("calendar", json!({})).with_id("1")]),
        Message::tool("1", "{\"to\": \"Springfield\", \"day\": \"2026-04-01\"}"),
    ];
    let task = Task::new(messages, tools());
    let with = |to: &str| {
        let call = json!([{"book_train": {"to": to, "date": "2026-04-01"}}]);
        RuleScorer::default().score(&task, &candidate(&call)).judged().unwrap().value
    };
    assert!(with("Springfield") > with("Shelbyville"));
}

#[test]
fn a_token_must_be_copied_to_the_letter() {
    let tools = json!([{"name": "get_offer", "description": "Get an offer by its token.", "parameters": {
        "type": "object", "properties": {"token": {"type": "string"}}, "required": ["token"]}}]);
    let messages = vec![
        Message::user("Get me the first offer."),
        Message::calls(vec![ToolCall::new("search_offers", json!({})).with_id("1")]),
        Message::tool("1", "[{\"token\": \"d7699_H4sIAAAAAAAA_0WQXU-DMBSGf\"}]"),
    ];
    let task = Task::new(messages, Toolset::from_json(&tools).unwrap());
    let value = |token: &str| {
        let call = candidate(&json!([{"get_offer": {"token": token}}]));
        RuleScorer::default().score(&task, &call).judged().unwrap().value
    };
    assert!(value("d7699_H4sIAAAAAAAA_0WQXU-DMBSGf") > value("d7699_H4sIAAAAAAAA_0WQXU-DMBSGe") + 1.0);
}

#[test]
fn what_an_earlier_call_of_the_turn_did_is_done() {
    let messages = vec![
        Message::user("Interest of a loan of $1,000 at 5%, and look up the color navy."),
        Message::calls(vec![ToolCall::new("loan.interest", json!({"amount": 1000, "rate": 0.05})).with_id("1")]),
        Message::tool("1", "50"),
    ];
    let found = RuleScorer::default()
        .findings(&Task::new(messages, tools()), &candidate(&json!([{"color_info": {"color": "navy"}}])));
    assert!(found.iter().all(|f| f.rule != "coverage.unused-number"), "{found:#?}");
}

#[test]
fn rules_can_be_switched_off_weighed_and_added() {
    #[derive(Debug)]
    struct NoTrains;
    impl toolrm_core::rules::Rule for NoTrains {
        fn id(&self) -> &'static str {
            "house.no-trains"
        }
        fn summary(&self) -> &'static str {
            "We do not book trains."
        }
        fn check(&self, case: &toolrm_core::rules::Case<'_>, report: &mut toolrm_core::rules::Report<'_>) {
            for view in case.calls.iter().filter(|v| v.call.name == "book_train") {
                report.find(view.pointer("/name"), "no trains", 1.0);
            }
        }
    }
    let (task, call) = (task(TRAIN), candidate(&train(json!({"seat": 2}))));
    let value = |rules: &RuleScorer| rules.score(&task, &call).judged().unwrap().value;
    let default = RuleScorer::default();
    let off = default.clone().without("schema.unknown-argument").unwrap();
    let own = default.clone().with_rule(NoTrains, 3.0);
    assert!(value(&off) > value(&default));
    assert!((value(&default) - value(&own) - 3.0).abs() < 1e-6);
    let prints = [&default, &off, &own].map(|r| r.fingerprint().into_owned());
    assert!(prints[0] != prints[1] && prints[0] != prints[2] && prints[1] != prints[2]);
    let error = default.with_weight("schema.unknown_argument", 1.0).unwrap_err();
    assert!(error.message().contains("schema.unknown-argument"), "{error}");
}

#[test]
fn words_without_tools_are_not_its_case() {
    let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
    let outcome = RuleScorer::default().score(&task, &Candidate::text("hello"));
    assert!(matches!(outcome, Outcome::Abstained { .. }), "{outcome:?}");
}

#[test]
fn repeating_the_request_in_an_argument_earns_nothing() {
    let plain = score(&train(json!({})));
    for stuffed in [
        train(json!({"notes": TRAIN})),
        train(json!({"promo": TRAIN})),
        train(json!({"to": TRAIN})),
        train(json!({"contact": {"email": TRAIN}})),
    ] {
        assert!(score(&stuffed) < plain, "{stuffed}");
    }
}

#[test]
fn a_longer_refusal_earns_nothing() {
    let short = score(&json!("I cannot do that."));
    let long = score(&json!(format!("I cannot do that. {}", TRAIN.repeat(50))));
    assert!(long <= short);
}

fn score(json: &Value) -> f64 {
    RuleScorer::default().score(&task(TRAIN), &candidate(json)).judged().unwrap().value
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON", |f| f.is_finite()).prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(Value::from("New York")),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z/~]{0,6}", inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_request_and_any_call_get_a_finite_score_and_valid_pointers(
        request in "\\PC{0,80}", name in prop_oneof![Just("book_train".to_owned()), "\\PC{0,10}"], arguments in any_json(),
    ) {
        let candidate = Candidate::calls(vec![ToolCall::new(name, arguments)]);
        let score = RuleScorer::default().score(&task(&request), &candidate).judged().unwrap();
        prop_assert!(score.value.is_finite());
        prop_assert!(score.findings.iter().all(|f| f.weight > 0.0 && (f.pointer.is_empty() || f.pointer.starts_with("/0"))));
        prop_assert!(score.findings.is_sorted_by(|a, b| a.weight >= b.weight));
    }

    #[test]
    fn an_unknown_argument_never_raises_a_score(key in "[a-z_]{1,12}", value in any_json()) {
        let plain = train(json!({}));
        prop_assume!(plain[0]["book_train"].get(&key).is_none());
        prop_assume!(tools().get("book_train").unwrap().params().property(&key).is_none());
        let more = train(json!({key: value}));
        prop_assert!(score(&more) < score(&plain));
    }
}
