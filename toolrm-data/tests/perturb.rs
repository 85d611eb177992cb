//! Wrong answers drawn for the steps of invented conversations: what they keep, whatever is drawn.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, Candidate, Message, Role, Tool, ToolCall},
    canonical::{Fingerprint, same_call},
    rules::ReferenceScorer,
    score::Scorer,
    task::Task,
    toolset::Toolset,
};
use toolrm_data::{
    observed::{ErrorType, error_type},
    perturb::{Conversation, ErrorMix, PerturbSampler, PerturbStep, Perturbed},
};

fn tools() -> Arc<Toolset> {
    let find = json!({"type": "object", "properties": {
        "town": {"type": "string"}, "from": {"type": "string", "format": "date"}, "nights": {"type": "integer", "minimum": 1},
        "kind": {"type": "string", "enum": ["hut", "hotel", "boat"]}, "with_sauna": {"type": "boolean"},
        "page": {"type": "integer", "default": 1}, "near": {"type": "string"}}, "required": ["town", "from", "nights"]});
    let book = json!({"type": "object", "properties": {
        "place_id": {"type": "string"}, "guests": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"street": {"type": "string"}, "number": {"type": "integer"}}}},
        "required": ["place_id", "guests"]});
    let ferry = json!({"type": "object", "properties": {"town": {"type": "string"}, "from": {"type": "string"}},
        "required": ["town"]});
    Arc::new(
        Toolset::new(vec![
            Tool::new("find_place", find),
            Tool::new("book_place", book),
            Tool::new("find_ferry", ferry),
        ])
        .unwrap(),
    )
}

/// A conversation with the places of its steps.
fn conversation() -> Vec<Message> {
    let find = |town: &str, nights: i64, id: &str| {
        let arguments =
            json!({"town": town, "from": "2025-07-12", "nights": nights, "kind": "hut", "with_sauna": true});
        ToolCall::new("find_place", arguments).with_id(id)
    };
    let book = json!({"place_id": "P-0417", "guests": ["Ida Moe", "Odd Lie"], "address": {"street": "Strandgaten", "number": 4}});
    vec![
        Message::user("We look for a hut with a sauna from 2025-07-12, for 3 nights."),
        Message::assistant("In which town?"),
        Message::user(
            "In Balestrand, or else in Flåm Valley for 5 nights. A friend stays at Villa Solbakken until 2025-07-20.",
        ),
        Message::calls(vec![find("Balestrand", 3, "1"), find("Flåm Valley", 5, "2")]),
        Message::tool("1", r#"[{"place_id": "P-0417", "price": 900}, {"place_id": "P-0418", "price": 1100}]"#),
        Message::tool("2", r#"[{"place_id": "P-0520", "price": 700}]"#),
        Message::assistant("There are P-0417, P-0418 in Balestrand. Which one, and who comes?"),
        Message::user("The first, for Ida Moe and Odd Lie. We live at Strandgaten 4."),
        Message::calls(vec![ToolCall::new("book_place", book).with_id("3")]),
        Message::tool("3", r#"{"booked": true}"#),
        Message::assistant("P-0417 is booked."),
    ]
}

fn gold(message: &Message) -> Action {
    match message.tool_calls.as_slice() {
        [] => Action::Text(message.text().into_owned()),
        calls => Action::Calls(calls.to_vec()),
    }
}

/// What is drawn at a step.
fn drawn(mix: &ErrorMix, seed: u64, at: usize, id: &str, n: usize) -> Vec<Perturbed> {
    let messages = conversation();
    let conversation = Conversation::new(&messages, tools());
    let step = PerturbStep { id, conversation: &conversation, at, gold: &gold(&messages[at]) };
    PerturbSampler::new(mix.clone(), seed).sample(&step, n).unwrap()
}

/// All types with the same weight.
fn even() -> ErrorMix {
    ErrorMix::new(ErrorType::ALL.map(|error| (error, 1.0))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_perturbed_answer_is_wrong_and_is_what_it_is_said_to_be(seed: u64, id in "[a-z]{1,6}", n in 1_usize..24, measured: bool) {
        let mix = if measured { ErrorMix::measured() } else { even() };
        let messages = conversation();
        for at in [1, 3, 6, 8, 10] {
            let gold = gold(&messages[at]);
            let task = Task::new(messages[..at].to_vec(), tools()).with_reference(vec![gold.clone()]);
            let right = Fingerprint::of_action(&gold);
            let made = drawn(&mix, seed, at, &id, n);
            prop_assert!(made.len() <= n);
            for (i, p) in made.iter().enumerate() {
                let score = ReferenceScorer::default().score(&task, &p.candidate).judged().unwrap().value;
                prop_assert!(score < 1.0, "{p:?}");
                prop_assert_eq!(error_type(&task, &gold, &p.candidate).unwrap(), Some(p.error));
                prop_assert!(Fingerprint::of_action(&p.candidate.action) != right);
                prop_assert!(made[..i].iter().all(|other| other.candidate != p.candidate), "{p:?}");
                prop_assert!(!p.operator.is_empty() && !p.change.is_empty());
            }
        }
    }

    #[test]
    fn draws_depend_on_seed_and_id_alone(seed: u64, id in "[a-z]{1,6}") {
        let all = |order: [usize; 3]| -> BTreeMap<usize, Vec<Perturbed>> {
            order.into_iter().map(|at| (at, drawn(&ErrorMix::measured(), seed, at, &format!("{id}@{at}"), 6))).collect()
        };
        let first = all([3, 8, 10]);
        prop_assert_eq!(&first, &all([10, 3, 8]));
        let elsewhere = std::thread::spawn({
            let id = id.clone();
            move || drawn(&ErrorMix::measured(), seed, 3, &format!("{id}@3"), 6)
        });
        prop_assert_eq!(&first[&3], &elsewhere.join().unwrap());
        // More of them: the same, and more.
        let more = drawn(&ErrorMix::measured(), seed, 3, &format!("{id}@3"), 9);
        prop_assert_eq!(&first[&3][..], &more[..first[&3].len()]);
    }
}

#[test]
fn a_type_comes_again_only_after_all_that_can_be_made() {
    for seed in 0..20 {
        let made = drawn(&even(), seed, 3, "a", 40);
        let firsts: BTreeSet<ErrorType> = made.iter().map(|p| p.error).collect();
        let first_again =
            made.iter().enumerate().position(|(i, p)| made[..i].iter().any(|q| q.error == p.error)).unwrap();
        assert_eq!(first_again, firsts.len(), "seed {seed}");
        // All but errors of words, of objects and lists, which are not at this step.
        assert!(firsts.len() >= 15, "{firsts:?}");
    }
}

#[test]
fn every_type_can_be_made_somewhere() {
    let mut made: BTreeMap<ErrorType, BTreeSet<String>> = BTreeMap::new();
    for (seed, at) in (0..30).flat_map(|seed| [1, 3, 6, 8, 10].map(|at| (seed, at))) {
        for p in drawn(&even(), seed, at, "a", 40) {
            made.entry(p.error).or_default().insert(p.operator);
        }
    }
    assert_eq!(made.keys().copied().collect::<Vec<_>>(), ErrorType::ALL);
    let operators: BTreeSet<_> = made.values().flatten().map(String::as_str).collect();
    for operator in
        ["premature-call", "needless-repeat", "two-values", "extra-optional", "extra-item", "words-elsewhere"]
    {
        assert!(operators.contains(operator), "{operator}: {operators:?}");
    }
}

#[test]
fn errors_are_drawn_as_the_mix_says() {
    let types = [
        (ErrorType::WrongText, 0.4),
        (ErrorType::SeveralValues, 0.3),
        (ErrorType::MissingCall, 0.2),
        (ErrorType::WrongType, 0.1),
    ];
    // Words, and an error that cannot be made at this step, take nothing from the others.
    let mix = types.into_iter().chain([(ErrorType::CallInsteadOfWords, 5.0), (ErrorType::WrongObject, 5.0)]);
    let mix = ErrorMix::new(mix).unwrap();
    let mut counts: BTreeMap<ErrorType, usize> = BTreeMap::new();
    let steps = 1000;
    for step in 0..steps {
        let made = drawn(&mix, 1, 3, &format!("step {step}"), 1);
        *counts.entry(made[0].error).or_default() += 1;
    }
    for (error, share) in types {
        let expected = share * f64::from(steps);
        let spread = 4.0 * (expected * (1.0 - share)).sqrt();
        assert!((counts[&error] as f64 - expected).abs() < spread, "{error}: {counts:?}");
    }
}

/// Every text in a value.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(map) => map.values().for_each(|item| texts(item, into)),
        _ => {}
    }
}

#[test]
fn no_value_is_made_up() {
    let messages = conversation();
    let mut said = serde_json::to_string(&messages).unwrap();
    said.push_str(&tools().tools().map(|t| t.parameters.to_string()).collect::<String>());
    let value_errors = [
        ErrorType::WrongText,
        ErrorType::SeveralValues,
        ErrorType::WrongList,
        ErrorType::WrongTool,
        ErrorType::ExtraCall,
        ErrorType::ExtraOptional,
        ErrorType::WrongObject,
    ];
    let mix = ErrorMix::new(value_errors.map(|error| (error, 1.0))).unwrap();
    let mut seen = 0;
    for (seed, at) in (0..40).flat_map(|seed| [3, 8].map(|at| (seed, at))) {
        for p in drawn(&mix, seed, at, "a", 12) {
            // These rewrite the right value, or say that it was not filled.
            if ["placeholder", "restyled", "wrong-format"].contains(&p.operator.as_str()) {
                continue;
            }
            let mut values = Vec::new();
            p.candidate.action.calls().iter().for_each(|call| texts(&call.arguments, &mut values));
            for text in values {
                // A near miss is a date or an id with other digits.
                let letters: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
                let is_near = letters == "--" || letters == "P-";
                assert!(said.contains(&text) || is_near, "{text:?} in {p:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn what_the_conversation_does_later_is_not_called_wrong() {
    let messages = conversation();
    let later = &messages[8].tool_calls[0];
    for seed in 0..50 {
        let made = drawn(&even(), seed, 3, "a", 40);
        assert!(made.iter().all(|p| p.candidate.action.calls().iter().all(|call| !same_call(call, later))));
    }
}

/// What is done wrong at the last step of a conversation that ends with these messages.
fn wrong_words(messages: &[Message], at: usize) -> Vec<String> {
    let conversation = Conversation::new(messages, tools());
    let step = PerturbStep { id: "a", conversation: &conversation, at, gold: &gold(&messages[at]) };
    let made = PerturbSampler::new(ErrorMix::measured(), 3).sample(&step, 9).unwrap();
    let operators: BTreeSet<_> = made.into_iter().map(|p| p.operator).collect();
    operators.into_iter().collect()
}

#[test]
fn words_are_wrongly_answered_by_calls_only_beyond_doubt() {
    let find = |town: &str| Message::calls(vec![ToolCall::new("find_ferry", json!({"town": town})).with_id("1")]);
    let (ask, done) = (Message::assistant("Where to?"), Message::assistant("It sails at noon."));
    let asked =
        |first: &str, then: &str, town: &str| [Message::user(first), ask.clone(), Message::user(then), find(town)];
    assert_eq!(wrong_words(&asked("A ferry, please.", "To Gudvangen.", "Gudvangen"), 1), ["premature-call"]);
    // It was said before, in part or in words; it is never said; it is too short to be sure of.
    for (first, then, town) in [
        ("A ferry to Gudvangen, please.", "Yes, Gudvangen.", "Gudvangen"),
        ("A ferry up the Sogn fjord.", "To Sogn Harbour.", "Sogn Harbour"),
        ("A ferry, please.", "To the end of the fjord.", "Gudvangen"),
        ("A ferry, please.", "To Bod.", "Bod"),
    ] {
        assert!(wrong_words(&asked(first, then, town), 1).is_empty(), "{first} {then}");
    }
    let answered =
        |result: &str| [Message::user("To Gudvangen."), find("Gudvangen"), Message::tool("1", result), done.clone()];
    assert_eq!(wrong_words(&answered(r#"{"sails": "12:00"}"#), 3), ["needless-repeat"]);
    for result in ["", "null", "[]", "Error: no such town", "still in progress", r#"{"status": "PENDING"}"#] {
        assert!(wrong_words(&answered(result), 3).is_empty(), "{result}");
    }
    // The user speaks in between: it may be asked for again.
    let [first, call, result, done] = answered("noon");
    assert!(wrong_words(&[first, call, result, Message::user("Sure?"), done], 4).is_empty());
}

#[test]
fn what_is_no_right_answer_is_an_error_and_strange_steps_give_little() {
    let messages = conversation();
    let conversation = Conversation::new(&messages, tools());
    let sampler = PerturbSampler::new(even(), 0);
    let sample =
        |gold: &Action, at| sampler.sample(&PerturbStep { id: "a", conversation: &conversation, at, gold }, 50);
    for gold in
        [Action::Calls(vec![]), Action::malformed("{", "cut"), Action::Calls(vec![ToolCall::new("f", json!(1))])]
    {
        assert!(sample(&gold, 3).is_err(), "{gold:?}");
    }
    // A place that is not in the conversation, a tool that is not listed, arguments of no schema, none at all.
    assert!(sample(&Action::Text("x".into()), 999).unwrap().is_empty());
    for gold in [
        ToolCall::new("no_such_tool", json!({"a": {"b": [1, null]}})),
        ToolCall::new("find_ferry", json!({})),
        ToolCall::new("find_ferry", json!({"town": 7, "~/x": []})),
    ] {
        let gold = Action::Calls(vec![gold]);
        let task = Task::new(vec![], tools()).with_reference(vec![gold.clone()]);
        for p in sample(&gold, 999).unwrap() {
            assert_eq!(error_type(&task, &gold, &p.candidate).unwrap(), Some(p.error));
        }
    }
    // The published score gives full marks to a call that answers two equal ones.
    let twice = ToolCall::new("find_ferry", json!({"town": "Voss"}));
    let gold = Action::Calls(vec![twice.clone(), twice]);
    let task = Task::new(vec![], tools()).with_reference(vec![gold.clone()]);
    for p in sample(&gold, 3).unwrap() {
        assert!(ReferenceScorer::default().score(&task, &p.candidate).judged().unwrap().value < 1.0, "{p:?}");
    }
}

/// `cargo test --release -p toolrm-data --test perturb -- --ignored --nocapture`
#[test]
#[ignore = "measures time: only a release build says something"]
fn speed() {
    let messages = conversation();
    let tools = tools();
    let (sampler, begin) = (PerturbSampler::new(ErrorMix::measured(), 1), std::time::Instant::now());
    let (mut made, mut rounds) = (0, 0);
    while begin.elapsed().as_secs_f64() < 2.0 {
        let conversation = Conversation::new(&messages, Arc::clone(&tools));
        for at in [1, 3, 6, 8, 10] {
            let id = format!("{rounds}@{at}");
            let step = PerturbStep { id: &id, conversation: &conversation, at, gold: &gold(&messages[at]) };
            made += sampler.sample(&step, 4).unwrap().len();
        }
        rounds += 1;
    }
    let per_second = f64::from(u32::try_from(made).unwrap()) / begin.elapsed().as_secs_f64();
    println!("{per_second:.0} perturbed answers a second on one core");
    let task = Task::new(vec![], tools);
    let (gold, wrong) = (gold(&messages[3]), Candidate::calls(messages[3].tool_calls[..1].to_vec()));
    let begin = std::time::Instant::now();
    for _ in 0..10_000 {
        assert!(error_type(&task, &gold, &wrong).unwrap().is_some());
    }
    println!("{:.1} us a candidate for its type", begin.elapsed().as_secs_f64() * 100.0);
    assert!(messages.iter().any(|m| m.role == Role::Tool));
    assert!(per_second >= 20_000.0);
}
