//! Whatever is handed to the checker, it answers: a verdict, or why there is none. And the verdicts keep their laws.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use toolrm_bench::bfcl::{
    category::Category,
    checker::{Answer, Checker, ErrorType, Part},
    verdicts::{Question, compare},
};
use toolrm_core::call::{Action, ToolCall};
use toolrm_data::{Place, input::Input};

fn file_of(text: &str) -> Input {
    Input::of(Place::new("v.jsonl"), std::io::Cursor::new(text.to_owned())).unwrap()
}

/// Words that docs, accepted answers and calls are made of, so that nonsense meets as often as it misses.
const WORDS: &[&str] = &[
    "f",
    "g.h",
    "x",
    "y",
    "",
    "name",
    "type",
    "items",
    "parameters",
    "properties",
    "required",
    "string",
    "integer",
    "float",
    "boolean",
    "array",
    "tuple",
    "dict",
    "any",
    "ArrayList",
    "HashMap",
    "Array",
    "String",
    "long",
    "Bigint",
    "Set",
    "[1, 'a']",
    "{a: 1, b: [2]}",
    "new ArrayList<>() {{ add(1); }}",
    "new HashMap<>() {{ put(\"a\", 1L); }}",
    "-1n\n",
    "é\u{1c}'ΑΣ",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Mostly a function's docs.
fn docs() -> impl Strategy<Value = Value> {
    let typed = prop_oneof![
        4 => (word(), word()).prop_map(|(of, items)| json!({"type": of, "items": {"type": items}})),
        1 => value(),
    ];
    let properties = prop::collection::vec((word(), typed), 0..5)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()));
    let function = (word(), properties, prop::collection::vec(word(), 0..2)).prop_map(
        |(name, properties, required)| json!({"name": name, "parameters": {"properties": properties, "required": required}}),
    );
    prop_oneof![6 => prop::collection::vec(function, 1..3).prop_map(Value::from), 1 => value()]
}

/// Mostly calls: accepted ones, where values are lists, or made ones.
fn calls() -> impl Strategy<Value = Value> {
    let arguments = prop::collection::vec(
        (word(), prop_oneof![value(), prop::collection::vec(value(), 0..3).prop_map(Value::from)]),
        0..5,
    )
    .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()));
    let call = (word(), arguments).prop_map(|(name, arguments)| json!({name: arguments}));
    prop_oneof![6 => prop::collection::vec(call, 0..4).prop_map(Value::from), 1 => value()]
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(
        category in prop::sample::select(Category::ALL),
        docs in docs(),
        accepted in calls(),
        answer in calls(),
        underscore_to_dot: bool,
    ) {
        let Ok(checker) = Checker::new(category, &docs, &accepted, underscore_to_dot) else { return Ok(()) };
        for answer in [Answer::from(&answer), Answer::unscreened(&answer)] {
            let verdict = checker.check(answer);
            prop_assert_eq!(checker.explain(answer).map(|explained| explained.verdict), verdict.clone());
            if let Ok(verdict) = verdict {
                prop_assert_eq!(verdict.valid, verdict.error_type.is_none());
            }
        }
    }

    /// The docs' own types and the accepted values' first choices: an answer that takes what is accepted word for word is right.
    #[test]
    fn accepted_values_are_accepted(texts in prop::collection::vec(any::<String>(), 1..4), number: i64, truth: bool) {
        let docs = json!([{"name": "f", "parameters": {"properties": {
            "text": {"type": "string"}, "number": {"type": "integer"}, "truth": {"type": "boolean"},
            "list": {"type": "array", "items": {"type": "string"}},
        }, "required": ["text"]}}]);
        let accepted = json!([{"f": {"text": texts, "number": [number], "truth": [truth], "list": [texts]}}]);
        let checker = Checker::new(Category::SimplePython, &docs, &accepted, false).unwrap();
        for text in &texts {
            if text.is_empty() {
                continue; // says that the parameter may be left out, and is a string all the same
            }
            let answer = json!([{"f": {"number": number, "text": text, "list": texts, "truth": truth}}]);
            prop_assert!(checker.check(&answer).unwrap().valid, "{}", answer);
        }
        let answer = json!([{"f": {"number": number, "text": texts[0], "list": texts, "truth": i64::from(truth)}}]);
        prop_assert_eq!(checker.check(&answer).unwrap().error_type, Some(ErrorType::Type), "a truth value is no number");
    }

    /// Parallel calls that are all accepted stay so in any order, if each is one accepted call only.
    #[test]
    fn the_order_of_parallel_calls_does_not_matter(order in prop_oneof![
        Just((0..6).collect::<Vec<i64>>()).prop_shuffle(),
        Just((0..70).collect::<Vec<i64>>()).prop_shuffle(), // more than bits
    ]) {
        let docs = json!([{"name": "f", "parameters": {"properties": {"x": {"type": "integer"}}, "required": ["x"]}}]);
        let accepted: Vec<_> = order.iter().enumerate().map(|(x, _)| json!({"f": {"x": [x]}})).collect();
        let checker = Checker::new(Category::Parallel, &docs, &json!(accepted), false).unwrap();
        let calls: Vec<_> = order.iter().map(|x| ToolCall::new("f", json!({"x": x}))).collect();
        prop_assert!(checker.check(&Action::Calls(calls.clone())).unwrap().valid);
        prop_assert_eq!(checker.check(&calls[1..]).unwrap().error_type, Some(ErrorType::WrongCountParallel));
    }
}

#[test]
fn words_and_malformed_calls_are_no_calls() {
    let docs = json!([{"name": "f", "parameters": {"properties": {}, "required": []}}]);
    let accepted = json!([{"f": {}}]);
    let error = |category, action: &Action| {
        Checker::new(category, &docs, &accepted, false).unwrap().check(action).unwrap().error_type
    };
    let text = Action::Text("I cannot.".into());
    let malformed = Action::malformed("f(", "cut off");
    let call = Action::Calls(vec![ToolCall::new("f", json!({}))]);
    for silent in [&text, &malformed] {
        assert_eq!(error(Category::Irrelevance, silent), None);
        assert_eq!(error(Category::LiveRelevance, silent), Some(ErrorType::NoCall));
        assert_eq!(error(Category::Multiple, silent), Some(ErrorType::Undecodable));
    }
    assert_eq!(error(Category::LiveIrrelevance, &call), Some(ErrorType::UnwantedCall));
    assert_eq!(error(Category::SimplePython, &call), None);
    let odd = Action::Calls(vec![ToolCall::new("f", json!("not an object"))]);
    assert_eq!(error(Category::SimplePython, &odd), Some(ErrorType::WrongFormat));
    assert_eq!(error(Category::Irrelevance, &odd), None);
}

#[test]
fn more_parameters_than_bits() {
    let name = |i: usize| format!("p{i}");
    let properties: Map<_, _> = (0..200).map(|i| (name(i), json!({"type": "integer"}))).collect();
    let required: Vec<_> = (0..200).step_by(2).map(name).collect();
    let docs = json!([{"name": "f", "parameters": {"properties": properties, "required": required}}]);
    let accepted: Map<_, _> =
        (0..200).map(|i| (name(i), json!([i, if i % 4 == 1 { json!("") } else { json!(i) }]))).collect();
    let checker = Checker::new(Category::SimplePython, &docs, &json!([{"f": accepted}]), false).unwrap();
    let without = |left_out: usize| {
        let arguments: Map<_, _> = (0..200).rev().filter(|i| *i != left_out).map(|i| (name(i), json!(i))).collect();
        checker.check(&json!([{"f": arguments}])).unwrap().error_type
    };
    assert_eq!(without(999), None);
    assert_eq!(without(198), Some(ErrorType::MissingRequired));
    assert_eq!(without(197), None, "may be left out");
    assert_eq!(without(199), Some(ErrorType::MissingOptional));
}

#[test]
fn broken_questions_say_where() {
    let docs = json!([{"name": "f", "parameters": {"properties": {"x": {"type": "number"}}, "required": []}}]);
    let accepted = json!([{"f": {"x": [1]}}]);
    let new = |category, docs: &Value, accepted: &Value| Checker::new(category, docs, accepted, false);
    let broken = |docs: &Value, accepted: &Value| new(Category::Multiple, docs, accepted).unwrap_err();

    let unknown = new(Category::SimplePython, &docs, &accepted).unwrap().check(&json!([{"f": {"x": 1}}])).unwrap_err();
    assert_eq!((unknown.part, unknown.pointer.as_str()), (Part::Functions, "/0/parameters/properties/x/type"));
    assert!(unknown.message.contains("unknown type \"number\"; known are string, integer"), "{unknown}");

    for (docs, accepted, part, pointer) in [
        (json!([]), accepted.clone(), Part::Functions, ""),
        (docs.clone(), json!(null), Part::GroundTruth, ""),
        (docs.clone(), json!([]), Part::GroundTruth, ""),
        (docs.clone(), json!([{}]), Part::GroundTruth, "/0"),
        (docs.clone(), json!([{"f": []}]), Part::GroundTruth, "/0/f"),
        (docs.clone(), json!([{"f": {"a/b": 1}}]), Part::GroundTruth, "/0/f/a~1b"),
        (docs.clone(), json!([{"g": {}}]), Part::Functions, ""),
        (json!([{"name": "f"}]), accepted.clone(), Part::Functions, "/0/parameters/properties"),
        (json!([{"name": "f", "parameters": {"properties": {}}}]), accepted, Part::Functions, "/0/parameters/required"),
    ] {
        let error = broken(&docs, &accepted);
        assert_eq!((error.part, error.pointer.as_str()), (part, pointer), "{error}");
    }
    let dialogue = new(Category::MultiTurnBase, &docs, &json!([])).unwrap_err();
    assert!(dialogue.message.contains("multi_turn_base"), "{dialogue}");
}

#[test]
fn bad_records_say_where() {
    let docs = json!([{"name": "f", "parameters": {"properties": {}, "required": []}}]);
    let accepted = json!([{"f": {}}]);
    let run = |text: &str| {
        let question = |id: &str| (id == "q").then_some(Question { functions: &docs, ground_truth: Some(&accepted) });
        compare(file_of(text), question, |_| {})
    };
    let good =
        r#"{"category":"simple","id":"q","calls":[{"f":{}}],"underscore_to_dot":false,"valid":true,"error_type":null}"#;
    for (bad, says) in [
        ("{\"category\"", "v.jsonl:2: no recorded verdict: EOF"),
        (&good.replace("simple", "simplest"), "unknown category \"simplest\""),
        (&good.replace("\"q\"", "\"r\""), "v.jsonl:2: question \"r\" is not among those loaded"),
        (&good.replace("simple", "multi_turn_base"), "v.jsonl:2: question \"q\": no verdict"),
        (&good.replace("\"calls\"", "\"call\""), "missing field `calls`"),
        (&good.replace("true", "1"), "v.jsonl:2: no recorded verdict: invalid type"),
        (&good.replace("true", "false"), "\"error_type\" must be null where \"valid\" is true, and only there"),
    ] {
        let error = run(&format!("{good}\n{bad}\n")).unwrap_err().to_string();
        assert!(error.contains(says), "{bad}: {error}");
    }
}

#[test]
fn disagreements_are_counted_and_listed() {
    let docs = json!([{"name": "f", "parameters": {"properties": {}, "required": []}}]);
    let accepted = json!([{"f": {}}]);
    let record = |calls: &str, valid, error: &str| {
        format!(r#"{{"category":"live_simple","id":"q","calls":{calls},"valid":{valid},"error_type":{error}}}"#) + "\n"
    };
    let file = record(r#"[{"f":{}}]"#, true, "null")
        + &record(r#"[{"g":{}}]"#, false, "\"value_error:string\"")
        + &record(r#"[{"f":{}}]"#, false, "\"an error of another version\"")
        + &record("[7]", false, "\"value_error:others\"")
        + &record("{}", false, "\"simple_function_checker:wrong_count\"");
    let question = |_: &str| Some(Question { functions: &docs, ground_truth: Some(&accepted) });
    let mut lines = Vec::new();
    let agreement = compare(file_of(&file), question, |line| lines.push(line)).unwrap();
    assert_eq!(lines, [1, 2, 3, 4, 5]);
    assert_eq!(
        serde_json::to_value(&agreement).unwrap(),
        json!({
            "total": 5, "agree_valid": 3, "agree_error_type": 2,
            "categories": {"live_simple": {"total": 5, "agree_valid": 3, "agree_error_type": 2}},
            "disagreements": [
                {"line": 2, "id": "q", "category": "live_simple", "calls": [{"g": {}}],
                 "official": {"valid": false, "error_type": "value_error:string"},
                 "ours": {"valid": false, "error_type": "simple_function_checker:wrong_func_name",
                          "error": ["Function name 'f' not found in model output."]}},
                {"line": 3, "id": "q", "category": "live_simple", "calls": [{"f": {}}],
                 "official": {"valid": false, "error_type": "an error of another version"},
                 "ours": {"valid": true, "error_type": null, "error": []}},
                {"line": 4, "id": "q", "category": "live_simple", "calls": [7],
                 "official": {"valid": false, "error_type": "value_error:others"},
                 "ours": {"valid": null, "error_type": null,
                          "error": "no verdict, calls at \"/0\": expected a call, {name: {argument: value}}"}},
            ],
        })
    );
}
