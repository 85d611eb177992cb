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
            "required": ["color"]}},
        {"name": "pump.run", "description": "Run a pump to fill a tank.", "parameters": {
            "type": "object",
            "properties": {
                "width": {"type": "number", "description": "Width of the tank, in meters."},
                "depth": {"type": "number", "description": "Depth of the tank, in meters."},
                "repeats": {"type": "integer", "description": "Number of runs."},
                "levels": {"type": "array", "items": {"type": "number"}, "description": "Levels to stop at."},
                "day": {"type": "string", "description": "Day of the run."},
                "start": {"type": "string", "description": "Start, as 'HH:MM:SS', 'HH:MM' or 'HH:MM AM/PM'."}},
            "required": ["width", "depth"]}}
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

const STOPS: &str =
    "Book a train from Boston to New York on 2026-03-05, two business seats, with stops in Hartford and Albany";
const LOANS: &str = "What is the interest at 5% on loans of 1000 and 2000 dollars over 3 and 5 years?";

/// The calls of both candidates.
fn both(first: &Value, second: &Value) -> Value {
    first.as_array().unwrap().iter().chain(second.as_array().unwrap()).cloned().collect()
}

fn loans(all: &[(u32, u32)]) -> Value {
    all.iter()
        .map(|(amount, years)| json!({"loan.interest": {"amount": amount, "rate": 0.05, "years": years}}))
        .collect()
}

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

fn loan(rate: Value) -> Value {
    json!([{"loan.interest": {"amount": 1000, "rate": rate, "years": 3}}])
}

fn colors(names: &[&str]) -> Value {
    names.iter().map(|n| json!({"color_info": {"color": n}})).collect()
}

/// The rows of rules about several calls beside each other.
fn sets_of_calls() -> Vec<Row> {
    let good = train(json!({}));
    vec![
        ("coverage.split", TRAIN, both(&train(json!({"seats": "-"})), &good), "/1", good.clone()),
        (
            "coverage.split-list",
            STOPS,
            both(&train(json!({"stops": ["Hartford"]})), &train(json!({"stops": ["Albany"]}))),
            "/1/arguments/stops",
            train(json!({"stops": ["Hartford", "Albany"]})),
        ),
        (
            "coverage.mirrored",
            TRAIN,
            both(&good, &train(json!({"from": "New York", "to": "Boston, MA"}))),
            "/1",
            good.clone(),
        ),
        (
            "coverage.variation",
            TRAIN,
            both(&train(json!({"quiet_zone": true})), &train(json!({"quiet_zone": false}))),
            "/1",
            good.clone(),
        ),
        (
            "coverage.combination",
            LOANS,
            loans(&[(1000, 3), (2000, 5)]),
            "",
            loans(&[(1000, 3), (1000, 5), (2000, 3), (2000, 5)]),
        ),
        (
            "coverage.unused-tool",
            "Look up the color navy and tell me the interest of a loan of 1000 at 5%.",
            colors(&["navy"]),
            "",
            both(&colors(&["navy"]), &loan(json!(0.05))),
        ),
        (
            "coverage.same-job",
            COLORS,
            both(&colors(&["navy"]), &json!([{"book_train": {"to": "navy"}}])),
            "/1/name",
            both(&colors(&["navy"]), &good),
        ),
        (
            "coverage.unused-choice",
            "One economy seat and one business seat to New York on 2026-03-05",
            train(json!({"from": "-", "seats": 1, "class": "economy"})),
            "/0/arguments/class",
            both(
                &train(json!({"from": "-", "seats": 1, "class": "economy"})),
                &train(json!({"from": "-", "seats": 1})),
            ),
        ),
        (
            "coverage.unused-like",
            "What is the color navy? And what is the color maroon like?",
            colors(&["navy"]),
            "/0/arguments/color",
            colors(&["navy", "maroon"]),
        ),
    ]
}

/// Rule, request, a candidate that breaks it, where, a candidate that does not.
type Row = (&'static str, &'static str, Value, &'static str, Value);

fn table() -> Vec<Row> {
    let good = train(json!({}));
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
    .into_iter()
    .chain(amounts())
    .collect()
}

/// The rows of [`table`] about numbers, dates and times.
fn amounts() -> Vec<(&'static str, &'static str, Value, &'static str, Value)> {
    const PUMP: &str = "Run the pump on March 14th at 6 pm for a tank with a width of 3 m and a depth of 200 cm, stop at 20, 10 and 15.";
    let pump = |more: Value| {
        let mut arguments = json!({"width": 3, "depth": 2, "levels": [20, 10, 15], "day": "03/14", "start": "18:00"});
        for (key, value) in more.as_object().unwrap() {
            arguments[key] = value.clone();
        }
        json!([{"pump.run": arguments}])
    };
    let good = pump(json!({}));
    vec![
        ("coverage.unused-date", PUMP, pump(json!({"day": "2026-03-15"})), "", pump(json!({"day": "2026-03-14"}))),
        ("coverage.unused-date", PUMP, pump(json!({"start": "06:00"})), "", pump(json!({"start": "6 pm"}))),
        (
            "coverage.unheld",
            "Tell me about the color navy on March 14th.",
            json!([{"color_info": {"color": "navy"}}]),
            "",
            json!([{"book_train": {"to": "Navy", "date": "2026-03-14"}}]),
        ),
        ("coverage.unused-number", PUMP, pump(json!({"depth": 7})), "", good.clone()),
        (
            "grounding.reused-number",
            PUMP,
            pump(json!({"repeats": 3})),
            "/0/arguments/repeats",
            pump(json!({"repeats": 1})),
        ),
        ("grounding.order", PUMP, pump(json!({"levels": [10, 15, 20]})), "/0/arguments/levels", good.clone()),
        ("grounding.role", PUMP, pump(json!({"depth": 3, "width": 2})), "/0/arguments/depth", good.clone()),
        ("convention.unit", PUMP, pump(json!({"depth": 200})), "/0/arguments/depth", good.clone()),
        ("convention.plainest", PUMP, pump(json!({"start": "06:00 PM"})), "/0/arguments/start", good.clone()),
        ("convention.plainest", PUMP, pump(json!({"start": "18:00:00"})), "/0/arguments/start", good.clone()),
        ("convention.pattern", PUMP, pump(json!({"start": "in the evening"})), "/0/arguments/start", good.clone()),
        ("grounding.optional", PUMP, pump(json!({"start": "06:00"})), "/0/arguments/start", good.clone()),
        ("grounding.optional", PUMP, pump(json!({"day": "2026-05-14"})), "/0/arguments/day", good),
    ]
}

#[test]
fn a_date_is_one_in_any_spelling_and_its_parts_no_numbers() {
    let rules = RuleScorer::default();
    let request = "Book a train to New York on March 5th 2026, please";
    for date in ["2026-03-05", "03/05/2026", "5 March 2026", "March 5th, 2026", "5.3.2026"] {
        let found =
            rules.findings(&task(request), &candidate(&json!([{"book_train": {"to": "New York", "date": date}}])));
        assert!(
            found.iter().all(|f| !f.rule.starts_with("coverage") && !f.rule.starts_with("grounding")),
            "{found:#?}"
        );
    }
    for date in ["2026-03-06", "2025-03-05", "2026-05-03"] {
        let found =
            rules.findings(&task(request), &candidate(&json!([{"book_train": {"to": "New York", "date": date}}])));
        assert!(found.iter().any(|f| f.rule == "grounding.required"), "{date}: {found:#?}");
    }
}

#[test]
fn padding_with_a_list_of_dates_uses_none() {
    let rules = RuleScorer::default();
    let task = task("Book a train to New York on 2026-03-05");
    let score =
        |arguments: Value| rules.score(&task, &candidate(&json!([{"book_train": arguments}]))).judged().unwrap().value;
    let wrong = json!({"to": "New York", "date": "2026-03-06"});
    let padded = json!({"to": "New York", "date": "2026-03-06", "promo": "2026-03-05"});
    assert!(score(padded) <= score(wrong));
}

#[test]
fn every_rule_fires_where_it_should_and_only_there() {
    let rules = RuleScorer::default();
    let mut messages = Vec::new();
    for (rule, request, bad, pointer, good) in table().into_iter().chain(sets_of_calls()) {
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
    let tested: Vec<&str> =
        table().iter().chain(&sets_of_calls()).map(|row| row.0).chain(["schema.malformed", "coverage.again"]).collect();
    // Rules about wording, those that need earlier calls and answers, and those about the choice among tools have files of their own,
    // with each id where it fires.
    let elsewhere = concat!(
        include_str!("rules_wording.rs"),
        include_str!("provenance.rs"),
        include_str!("../src/rules/relevance/days_around.rs")
    );
    for (id, weight) in WEIGHTS {
        assert!(weight > 0.0 && (tested.contains(&id) || elsewhere.contains(&format!("\"{id}\""))), "{id}");
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
fn what_has_been_answered_is_not_asked_again() {
    let messages = vec![
        Message::user("Look up the colors navy and dark maroon."),
        Message::calls(vec![ToolCall::new("color_info", json!({"color": "navy"})).with_id("1")]),
        Message::tool("1", "#000080"),
    ];
    let task = Task::new(messages, tools());
    let again = |color: &str| {
        let found = RuleScorer::default().findings(&task, &candidate(&json!([{"color_info": {"color": color}}])));
        found.iter().any(|f| f.rule == "coverage.again")
    };
    assert!(again("navy") && again("navy blue"));
    assert!(!again("maroon") && !again("dark maroon"));
}

#[test]
fn only_what_a_called_tool_could_hold_is_owed() {
    let tools = json!([
        {"name": "find_city", "description": "Find the identifier of a city.", "parameters": {"type": "object",
            "properties": {"query": {"type": "string", "description": "Name of the city."}}, "required": ["query"]}},
        {"name": "find_hotels", "description": "Find hotels in a city.", "parameters": {"type": "object", "properties": {
            "city_id": {"type": "string", "description": "Identifier retrieved from find_city."},
            "arrival": {"type": "string", "description": "Day of arrival, YYYY-MM-DD."},
            "adults": {"type": "integer"}}, "required": ["city_id", "arrival"]}}]);
    let tools = Toolset::from_json(&tools).unwrap();
    let task = Task::new(vec![Message::user("A hotel in Lisbon for 3 people from May 5 2026")], tools);
    let unused = |call: Value| {
        let found = RuleScorer::default().findings(&task, &candidate(&json!([call])));
        let owed = ["coverage.unused-name", "coverage.unused-number", "coverage.unused-date"];
        found.iter().filter(|f| owed.contains(&&*f.rule)).count()
    };
    assert_eq!(unused(json!({"find_city": {"query": "Lisbon"}})), 0);
    // The identifier was to be looked up by the name, and the dates have a parameter.
    assert_eq!(unused(json!({"find_hotels": {"city_id": "c-1", "arrival": "2026-05-05", "adults": 3}})), 1);
    assert_eq!(unused(json!({"find_hotels": {"city_id": "c-1", "arrival": "2025-04-04"}})), 3);
}

#[test]
fn pouring_the_request_into_an_argument_covers_nothing() {
    let bare = train(json!({"from": "-", "seats": "-"}));
    let unused = |json: &Value| {
        let found = RuleScorer::default().findings(&task(TRAIN), &candidate(json));
        found.iter().filter(|f| f.rule.starts_with("coverage.unused-n")).map(|f| f.weight).sum::<f32>()
    };
    assert!(unused(&bare) > 0.0);
    for poured in [json!({"notes": TRAIN}), json!({"promo": TRAIN}), json!({"notes": "Boston 2"})] {
        let mut more = poured;
        more["from"] = json!("-");
        more["seats"] = json!("-");
        assert!(unused(&train(more.clone())) >= unused(&bare), "{more}");
    }
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
