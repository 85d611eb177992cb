//! A candidate cannot raise its score by words: not by the request's, not by more arguments, calls or text. And requests in any
//! script, with emoji or of 100 kB are judged like others.

#![cfg(feature = "schema")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "a test")]

#[path = "../common/data.rs"]
#[allow(dead_code, reason = "archives are read by other tests")]
mod data;
mod scripts;
mod tricks;

use std::sync::Arc;

use serde_json::{Value, json};
use toolrm_core::prelude::*;
use tricks::TRICKS;

/// Requests of different kinds, each with tools and an answer that is wrong in a way the rules see.
fn cases() -> Vec<(Task, Candidate)> {
    let tools = Arc::new(Toolset::from_json(&json!([
        {"name": "book_table", "description": "Book a table at a restaurant.", "parameters": {
            "type": "object",
            "properties": {
                "restaurant": {"type": "string", "description": "Name of the restaurant."},
                "time": {"type": "string", "description": "Time of arrival as HH:MM."},
                "people": {"type": "integer", "description": "Number of guests."},
                "note": {"type": "string", "description": "Anything the restaurant should know."},
                "tags": {"type": "array", "items": {"type": "string"}, "description": "Labels of the booking."},
                "guest": {"type": "object", "description": "Who books."}},
            "required": ["restaurant", "time"]}},
        {"name": "send_message", "description": "Send a message to a person.", "parameters": {
            "type": "object",
            "properties": {
                "to": {"type": "string", "description": "Who receives it."},
                "text": {"type": "string", "description": "What is said."}},
            "required": ["to", "text"]}},
        {"name": "convert_currency", "description": "Convert an amount of money from one currency to another.", "parameters": {
            "type": "object",
            "properties": {
                "amount": {"type": "number", "description": "The amount."},
                "from": {"type": "string", "description": "Currency code to convert from."},
                "to": {"type": "string", "description": "Currency code to convert to."}},
            "required": ["amount", "from", "to"]}}
    ]))
    .unwrap());
    let case =
        |request: &str, calls: Value| (Task::new(vec![Message::user(request)], Arc::clone(&tools)), calls_of(&calls));
    vec![
        case(
            "Book a table for 4 at Trattoria Bellini at 19:30, the name is Moreau, and tell Anna Keller about it.",
            json!([{"book_table": {"restaurant": "Osteria Galante", "time": "21:00"}}]),
        ),
        case(
            "Convert 250 euros and 80 pounds to yen.",
            json!([{"convert_currency": {"amount": 99, "from": "EUR", "to": "JPY"}}]),
        ),
        case("Who wrote the opera Tosca?", json!([{"send_message": {"to": "Giacomo", "text": "hello"}}])),
        case(
            "Tell Ben that I come at 8 and Carla that I come at 9.",
            json!([{"send_message": {"to": "Dora", "text": "I come at 7"}}]),
        ),
    ]
}

/// Calls from `[{name: arguments}, ..]`.
fn calls_of(calls: &Value) -> Candidate {
    let calls = calls.as_array().unwrap().iter().flat_map(|c| c.as_object().unwrap());
    Candidate::calls(calls.map(|(name, arguments)| ToolCall::new(name.clone(), arguments.clone())).collect())
}

fn score(task: &Task, candidate: &Candidate) -> Score {
    RuleScorer::default().score(task, candidate).judged().unwrap()
}

#[test]
fn no_trick_raises_the_score_of_a_wrong_call() {
    for (task, wrong) in cases() {
        let plain = score(&task, &wrong);
        for trick in TRICKS {
            for tricked in (trick.play)(&task, &wrong) {
                let value = score(&task, &tricked);
                assert!(
                    value.value <= plain.value + 1e-6,
                    "{}: {:.2} -> {:.2}\n{:?}\nwas {:#?}\nis {:#?}",
                    trick.name,
                    plain.value,
                    value.value,
                    tricked.action,
                    plain.findings,
                    value.findings
                );
            }
        }
    }
}

/// The same on the wrong calls that real models made: by how many of them a trick pays.
#[test]
fn tricks_hardly_ever_pay_on_recorded_wrong_calls() {
    let Some(pairs) =
        data::bytes("tricks_hardly_ever_pay_on_recorded_wrong_calls", "eval/bfcl_pairs_visible.jsonl.zst")
    else {
        return;
    };
    let mut tried = [0_u32; TRICKS.len()];
    let mut paid = [0_u32; TRICKS.len()];
    let mut examples = vec![String::new(); TRICKS.len()];
    for pair in data::lines(&pairs).iter().step_by(16).filter(|p| p["rejected"].is_array()) {
        let Ok(tools) = Toolset::from_json(&pair["tools"]) else { continue };
        let messages: Vec<Message> = serde_json::from_value(pair["messages"].clone()).unwrap();
        let (task, wrong) = (Task::new(messages, tools), calls_of(&pair["rejected"]));
        let plain = score(&task, &wrong).value;
        for (i, trick) in TRICKS.iter().enumerate() {
            let tricked = (trick.play)(&task, &wrong);
            if let Some(first) = tricked.first() {
                tried[i] += 1;
                let (best, value) = tricked
                    .iter()
                    .map(|t| (t, score(&task, t).value))
                    .max_by(|a, b| a.1.total_cmp(&b.1))
                    .unwrap_or((first, f64::NEG_INFINITY));
                if value > plain + 1e-6 {
                    paid[i] += 1;
                    examples[i] = format!("{}: {plain:.2} -> {value:.2} by {:?}", pair["id"], best.action);
                }
            }
        }
    }
    for (i, trick) in TRICKS.iter().enumerate() {
        println!("{:45} pays in {:4} of {:4}  {}", trick.name, paid[i], tried[i], examples[i]);
        assert!(tried[i] > 0, "{} was never tried", trick.name);
        let share = f64::from(paid[i]) / f64::from(tried[i]);
        assert!(
            share <= trick.tolerated,
            "{} pays in {} of {} wrong calls: {}",
            trick.name,
            paid[i],
            tried[i],
            examples[i]
        );
    }
}

/// What cannot change the meaning of a call changes nothing.
#[test]
fn order_and_ids_change_nothing() {
    for (task, wrong) in cases() {
        let mut other = wrong.clone();
        if let Action::Calls(calls) = &mut other.action {
            for (i, call) in calls.iter_mut().enumerate() {
                let reversed: serde_json::Map<String, Value> =
                    call.arguments.as_object().unwrap().clone().into_iter().rev().collect();
                *call = ToolCall::new(call.name.clone(), Value::Object(reversed)).with_id(format!("call_{i}"));
            }
        }
        assert!((score(&task, &wrong).value - score(&task, &other).value).abs() < 1e-9);
    }
}
