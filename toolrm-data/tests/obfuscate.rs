//! The laws of obfuscation, as property tests and on published data (skipped aloud where it is not there), and every place of a name.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Candidate, Message, Role, ToolCall},
    rules::ReferenceScorer,
    score::Scorer,
    task::Task,
    toolset::{Toolset, ViolationKind},
};

use toolrm_data::{
    draw::Draw,
    obfuscate::{self, Options},
    pair::{PreferencePair, Provenance, Side},
    source::{Record, Trajectory, by_name},
    tree::Tree,
};

fn side(candidate: Candidate) -> Side {
    let (error_type, message) = (String::new(), "argument \"city\" of find_trip: wrong".to_owned());
    Side { candidate, score: 0.5, from: "gold".into(), provenance: Provenance::Gold, error_type, message }
}

fn pair_of(tools: &Value, messages: Vec<Message>, gold: Vec<ToolCall>, rejected: Candidate) -> PreferencePair {
    let task =
        Task::new(messages, Toolset::from_json(tools).unwrap()).with_reference(vec![Action::Calls(gold.clone())]);
    PreferencePair {
        id: "s/t@1:gold>m".into(),
        question_id: "q".into(),
        source: "s".into(),
        trajectory: "t".into(),
        step: 1,
        task,
        chosen: side(Candidate::calls(gold)),
        rejected: side(rejected),
        complexity: 3,
        swapped: true,
        obfuscated: false,
    }
}

fn obfuscated(of: &PreferencePair) -> PreferencePair {
    obfuscate::pair(of, &Draw::new(3), &Options::default()).unwrap()
}

/// The kinds of what the tools have against each call of both answers, of the references and of the conversation.
fn validity(of: &PreferencePair) -> Vec<Option<Vec<ViolationKind>>> {
    let actions = of.task.reference().iter().chain([&of.chosen.candidate.action, &of.rejected.candidate.action]);
    let calls = actions.flat_map(Action::calls).chain(of.task.messages().iter().flat_map(|m| &m.tool_calls));
    calls
        .map(|call| {
            let mut kinds: Vec<ViolationKind> = of.task.tools().violations(call)?.into_iter().map(|v| v.kind).collect();
            kinds.sort_by_key(|kind| format!("{kind:?}"));
            Some(kinds)
        })
        .collect()
}

fn scores(of: &PreferencePair) -> [f64; 2] {
    [&of.chosen, &of.rejected]
        .map(|side| ReferenceScorer::default().score(&of.task, &side.candidate).judged().unwrap().value)
}

/// The laws that hold for whatever pair.
fn holds(of: &PreferencePair) -> PreferencePair {
    let made = obfuscated(of);
    assert_eq!(made.to_json().to_string(), obfuscated(of).to_json().to_string(), "not deterministic");
    assert_eq!(validity(&made), validity(of), "{made:#?}");
    assert_eq!(scores(&made).map(f64::to_bits), scores(of).map(f64::to_bits), "{made:#?}");
    let tools: Vec<Value> = made.task.tools().tools().map(|tool| json!(tool)).collect();
    assert_eq!(Toolset::from_json(&json!(tools)).unwrap().len(), of.task.tools().len());
    let said = |of: &PreferencePair| -> Vec<String> {
        let kept = of.task.messages().iter().filter(|m| matches!(m.role, Role::User | Role::Tool));
        kept.map(|m| m.text().into_owned()).collect()
    };
    assert_eq!(said(&made), said(of));
    assert!(made.obfuscated && made.id == format!("{}~obf", of.id));
    assert_eq!(
        (made.step, made.swapped, made.complexity, &made.question_id),
        (of.step, of.swapped, of.complexity, &of.question_id)
    );
    made
}

/// Every name in schemas: tools', properties', those of `required`.
fn names_of(tools: &Toolset) -> BTreeSet<String> {
    fn add(schema: &Value, names: &mut BTreeSet<String>) {
        let Some(map) = schema.as_object() else {
            schema.as_array().into_iter().flatten().for_each(|inner| add(inner, names));
            return;
        };
        for (key, inner) in map {
            match (key.as_str(), inner) {
                ("properties" | "dependentSchemas", Value::Object(properties)) => {
                    names.extend(properties.keys().cloned());
                    properties.values().for_each(|inner| add(inner, names));
                }
                ("required", Value::Array(list)) => names.extend(list.iter().map(|n| n.as_str().unwrap().to_owned())),
                ("enum" | "default" | "const" | "examples", _) => {}
                _ => add(inner, names),
            }
        }
    }
    let mut names: BTreeSet<String> = tools.names().map(str::to_owned).collect();
    tools.specs().iter().for_each(|spec| add(spec.schema(), &mut names));
    names
}

fn keys_of(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            keys.extend(map.keys().cloned());
            map.values().for_each(|inner| keys_of(inner, keys));
        }
        Value::Array(items) => items.iter().for_each(|inner| keys_of(inner, keys)),
        _ => {}
    }
}

fn names_in_calls(of: &PreferencePair) -> BTreeSet<String> {
    let actions = of.task.reference().iter().chain([&of.chosen.candidate.action, &of.rejected.candidate.action]);
    let calls = actions.flat_map(Action::calls).chain(of.task.messages().iter().flat_map(|m| &m.tool_calls));
    let mut names = BTreeSet::new();
    for call in calls {
        names.insert(call.name.clone());
        keys_of(&call.arguments, &mut names);
    }
    names
}

const NAMES: [&str; 6] = ["city", "order_id", "a/b", "~x", "name", "Limit"];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned)
}

/// Schemas whose objects list what they take.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["string", "integer", "boolean", "number"]).prop_map(|t| json!({"type": t})),
        Just(json!({"type": "string", "enum": ["x", "city"], "default": "x"})),
        Just(json!({"$ref": "#/$defs/Spot"})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            object(inner.clone()),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            prop::collection::vec(inner, 1..3).prop_map(|any| json!({"anyOf": any})),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec((name(), inner, any::<bool>()), 1..4).prop_map(|listed| {
        // A name that is required and not listed takes anything, so that its keys are data.
        let required: BTreeSet<&String> = listed.iter().filter(|(.., is)| *is).map(|(name, ..)| name).collect();
        let properties: Map<_, _> = listed.iter().map(|(name, schema, _)| (name.clone(), schema.clone())).collect();
        json!({"type": "object", "properties": properties, "required": required})
    })
}

fn tools() -> impl Strategy<Value = Value> {
    let spot = json!({"type": "object", "properties": {"city": {"type": "string"}, "Limit": {"$ref": "#/$defs/Spot"}}});
    prop::collection::vec(object(schema()), 1..4).prop_map(move |schemas| {
        let tools = schemas.into_iter().zip(["find_trip", "name", "geo.sum"]).map(|(mut parameters, name)| {
            parameters["$defs"] = json!({"Spot": spot});
            json!({"name": name, "description": "Not find_trip: `city`.", "parameters": parameters})
        });
        tools.collect()
    })
}

/// A value that often fits.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop::sample::select(vec![json!("x"), json!("city"), json!(1), json!(true), json!(null), json!(2.5)]);
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array), arguments_of(inner)]
    })
}

fn arguments_of(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let key = prop_oneof![4 => name(), 1 => Just("made_up".to_owned())];
    prop::collection::vec((key, inner), 0..4).prop_map(|m| Value::Object(m.into_iter().collect()))
}

fn calls() -> impl Strategy<Value = Vec<ToolCall>> {
    let called = prop::sample::select(vec!["find_trip", "name", "geo.sum", "geo_sum"]);
    prop::collection::vec((called, arguments_of(value())), 1..4)
        .prop_map(|calls| calls.into_iter().map(|(name, arguments)| ToolCall::new(name, arguments)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold(tools in tools(), gold in calls(), rejected in calls(), past in calls()) {
        let messages = vec![Message::user("Where is city?"), Message::calls(past), Message::tool("1", "{\"city\": 1}")];
        let pair = pair_of(&tools, messages, gold, Candidate::calls(rejected));
        let made = holds(&pair);
        let old = names_of(pair.task.tools());
        prop_assert!(old.is_disjoint(&names_of(made.task.tools())));
        prop_assert!(old.union(&["made_up".into(), "geo_sum".into()].into()).all(|name| !names_in_calls(&made).contains(name)));
        prop_assert_eq!(names_in_calls(&made).len(), names_in_calls(&pair).len());
        // A name of the tools for a name of the tools.
        let listed = |of: &PreferencePair| names_of(of.task.tools()).intersection(&names_in_calls(of)).count();
        prop_assert_eq!(listed(&made), listed(&pair));
    }
}

fn trip() -> Value {
    json!([
        {"type": "function", "function": {"name": "find_trip", "description": "Finds a trip to the city of `city`. See order_trip.", "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city."},
                "stop": {"$ref": "#/properties/first", "description": "As `first`."},
                "first": {"type": "object", "properties": {"city": {"type": "string"}, "zip/code": {"type": "integer"}}, "required": ["city"],
                    "default": {"city": "Oslo"}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "mode": {"enum": [{"zip/code": 1}, "city"], "anyOf": [{"type": "string"}, {"type": "object", "properties": {"zip/code": {}}}]},
            },
            "required": ["city", "first"],
            "dependentRequired": {"stop": ["labels"]},
        }}},
        {"name": "order_trip", "description": "Orders.", "parameters": {"city": {"type": "str", "description": "From find_trip."}, "seats": {"type": "int, optional"}}},
        {"name": "by_pattern", "parameters": {"type": "object", "properties": {"x_one": {"type": "integer"}}, "patternProperties": {"^x_": {"type": "integer"}},
            "additionalProperties": false}},
    ])
}

fn trip_pair(rejected: Candidate) -> PreferencePair {
    let gold = ToolCall::new(
        "find_trip",
        json!({"city": "Oslo", "first": {"city": "Bergen", "zip/code": 5}, "stop": {"city": "Voss"}, "labels": {"city": "x", "free": "y"},
            "mode": {"zip/code": 1}}),
    );
    let mut called = Message::calls(vec![ToolCall::new("order_trip", json!({"city": "Oslo"})).with_id("1")]);
    called.content = Some("I call order_trip for the city.".into());
    let mut result = Message::tool("1", "order_trip: {\"city\": \"Oslo\"}");
    result.name = Some("order_trip".into());
    let messages =
        vec![Message::system("Use find_trip first."), Message::user("find_trip to \"city\"!"), called, result];
    pair_of(&trip(), messages, vec![gold], rejected)
}

#[test]
fn every_place_of_a_name() {
    let rejected = vec![
        ToolCall::new("find_trips", json!({"town": "Oslo", "city": 1})),
        ToolCall::new("by_pattern", json!({"x_two": 2, "y": 1})),
    ];
    let pair = trip_pair(Candidate::calls(rejected));
    assert_eq!(validity(&pair)[0], Some(vec![]));
    let renamed = holds(&pair);
    let gold = &renamed.chosen.candidate.action.calls()[0];
    let keys: Vec<&String> = gold.args().unwrap().keys().collect();
    let [city, first, stop, labels, mode] = keys[..] else { panic!("{keys:?}") };
    let zip = gold.arguments[mode].as_object().unwrap().keys().next().unwrap();
    assert_eq!(
        gold.arguments,
        json!({city: "Oslo", first: {city: "Bergen", zip: 5}, stop: {city: "Voss"}, labels: {"city": "x", "free": "y"}, mode: {zip: 1}})
    );
    let tools = renamed.task.tools();
    let [find, order] = [0, 1].map(|at| tools.names().nth(at).unwrap().to_owned());
    let tool = tools.get(&find).unwrap().tool();
    assert_eq!(tool.description.as_deref(), Some(&*format!("Finds a trip to the city of `{city}`. See {order}.")));
    let properties = &tool.parameters["properties"];
    assert_eq!(properties[city]["description"], "The city.");
    assert_eq!(
        properties[stop],
        json!({"$ref": format!("#/properties/{first}"), "description": format!("As `{first}`.")})
    );
    assert_eq!(properties[first]["default"], json!({city: "Oslo"}));
    assert_eq!(properties[first]["required"], json!([city]));
    assert_eq!(properties[mode]["enum"], json!([{zip: 1}, "city"]));
    assert_eq!(tool.parameters["dependentRequired"], json!({stop: [labels]}));
    // A flat map stays one, and its names are those of the other tool.
    let flat = tools.get(&order).unwrap().tool().parameters.as_object().unwrap();
    assert!(flat.len() == 2 && flat[city]["description"] == format!("From {find}."));
    // Names that are allowed by pattern stay; the tool's own does not.
    let [invented, by_pattern] = renamed.rejected.candidate.action.calls() else { panic!() };
    assert_eq!(by_pattern.arguments, json!({"x_two": 2, "y": 1}));
    assert!(tools.get(&by_pattern.name).is_some_and(|spec| spec.tool().parameters["properties"]["x_one"].is_object()));
    // What was made up is as random as the rest.
    let town = invented.args().unwrap().keys().next().unwrap();
    assert!(
        [&invented.name, town].iter().all(|n| (5..=9).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_lowercase()))
    );
    assert!(tools.get(&invented.name).is_none() && invented.arguments[city] == 1);
    let messages = renamed.task.messages();
    assert_eq!(messages[0].text(), format!("Use {find} first."));
    assert_eq!(messages[2].text(), format!("I call {order} for the city."));
    assert_eq!((messages[2].tool_calls[0].name.as_str(), messages[3].name.as_deref()), (&*order, Some(&*order)));
    assert_eq!(renamed.chosen.message, format!("argument \"{city}\" of {find}: wrong"));
}

#[test]
fn malformed_answers_lose_their_names_too() {
    let raw = r#"[{"name": "find_trip", "arguments": {"city": "Oslo", "first": {"#;
    let pair = trip_pair(Candidate::new(Action::malformed(raw, "find_trip is cut off")).with_raw(raw));
    let made = holds(&pair);
    let find = made.task.tools().names().next().unwrap();
    let Action::Malformed { raw, why } = &made.rejected.candidate.action else { panic!() };
    assert!(raw.starts_with(&format!("[{{\"name\": \"{find}\", \"arguments\": {{\"")) && !raw.contains("city"));
    assert_eq!(*why, format!("{find} is cut off"));
    assert!(made.rejected.candidate.raw.is_none());
}

#[test]
fn orders_are_drawn_and_may_be_kept() {
    let pair = trip_pair(Candidate::text("No."));
    let kept = Options { shuffle: false, ..Options::default() };
    let order = |seed, options: &Options| {
        let made = obfuscate::pair(&pair, &Draw::new(seed), options).unwrap();
        let parameters = &made.task.tools().tools().next().unwrap().parameters;
        parameters["properties"]
            .as_object()
            .unwrap()
            .values()
            .map(Value::to_string)
            .map(|text| text.len())
            .collect::<Vec<_>>()
    };
    let orders: BTreeSet<_> = (0..20).map(|seed| order(seed, &Options::default())).collect();
    assert!(orders.len() > 10, "{}", orders.len());
    let names =
        |seed| obfuscate::pair(&pair, &Draw::new(seed), &kept).unwrap().chosen.candidate.action.calls()[0].name.clone();
    assert_ne!(names(1), names(2));
    let made = obfuscate::pair(&pair, &Draw::new(1), &kept).unwrap();
    let schema = made.task.tools().specs()[0].tool().parameters.clone();
    assert_eq!(schema["properties"].as_object().unwrap().values().next().unwrap()["description"], "The city.");
}

/// The pairs of a trajectory: each step's calls against calls with a value lost and a name made up, and against the calls of another tool.
fn pairs_of(trajectory: &Trajectory) -> Vec<PreferencePair> {
    let Ok(tools) = Toolset::from_json(&trajectory.tools) else { return Vec::new() };
    let steps = trajectory.steps().filter(|step| !trajectory.messages[*step].tool_calls.is_empty());
    let pairs = steps.flat_map(|step| {
        let gold = trajectory.messages[step].tool_calls.clone();
        let mut changed = gold.clone();
        let mut elsewhere = gold.clone();
        for call in &mut changed {
            let arguments = call.arguments.as_object_mut().unwrap();
            let first = arguments.keys().next().cloned().unwrap_or_default();
            arguments.shift_remove(&first);
            arguments.insert("made_up_name".into(), json!({"inner_name": 1}));
        }
        tools.names().last().unwrap().clone_into(&mut elsewhere[0].name);
        [changed, elsewhere].map(|calls| {
            pair_of(&trajectory.tools, trajectory.messages[..step].to_vec(), gold.clone(), Candidate::calls(calls))
        })
    });
    pairs.collect()
}

fn laws_hold_on(source: &str, file: &str) {
    let Some(path) = common::data(source, file) else { return };
    let (mut pairs, mut names) = (Vec::new(), 0);
    let read = by_name(source).unwrap().read(&Tree::open_any(&path).unwrap(), &mut |record| {
        if let Record::Trajectory(trajectory) = record
            && pairs.len() < 200
        {
            pairs.extend(pairs_of(&trajectory));
        }
        Ok(())
    });
    read.unwrap();
    for pair in &pairs {
        let made = holds(pair);
        let (old, new) = (names_of(pair.task.tools()), names_of(made.task.tools()));
        assert!(old.is_disjoint(&new), "{old:?} {new:?}");
        assert_eq!(old.len(), new.len());
        names += new.len();
        let called = made.rejected.candidate.action.calls();
        assert!(called.iter().all(|call| !old.contains(&call.name) && !call.arguments.to_string().contains("_name\"")));
    }
    println!("{source}: {} pairs, {names} names", pairs.len());
    assert!(pairs.len() > 100);
}

macro_rules! laws_hold_on {
    ($($test:ident: $source:literal, $file:literal;)*) => {$(
        #[test]
        fn $test() {
            laws_hold_on($source, $file);
        }
    )*};
}

laws_hold_on! {
    xlam: "xlam", "xlam_function_calling_1000.jsonl.zst";
    glaive: "glaive", "glaive_ms_swift_1000.jsonl.zst";
    complexfuncbench: "complexfuncbench", "complexfuncbench_rebuilt.jsonl.zst";
    ultratool: "ultratool", "ultratool.tar.zst";
    seal_tools: "seal_tools", "seal_tools.tar.zst";
}
