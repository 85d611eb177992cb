//! The rules about texts, listed values, flags, places and options: each fires where it should and keeps quiet where it should.

#![cfg(feature = "schema")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::needless_pass_by_value, missing_docs)]

use serde_json::{Value, json};
use toolrm_core::prelude::*;

fn tools() -> Toolset {
    Toolset::from_json(&json!([
        {"name": "find_workshop", "description": "Find a repair workshop.", "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "City of the workshop, such as 'Reno, NV'."},
                "county": {"type": "string", "description": "County the workshop lies in."},
                "zone_id": {"type": "integer", "description": "Delivery zone: 1 for North Bay, 2 for Hill Side."},
                "is_urgent": {"type": "boolean", "description": "Whether the booking is pressing."},
                "has_parking": {"type": "string", "enum": ["True", "False", "dontcare"], "default": "dontcare", "description": "Parking."},
                "booking_id": {"type": "string", "description": "The booking that is meant."},
                "number_of_bays": {"type": "integer", "description": "Bays needed.", "default": 1},
                "distance_unit": {"type": "string", "description": "Unit of the distance. Default is 'km'."},
                "skills": {"type": "array", "items": {"type": "string", "enum": ["Welding", "Painting", "Wiring"]}},
                "airport": {"type": "string", "description": "Nearest airport by its IATA code."},
                "label": {"type": "string", "description": "Label for the search."},
                "country": {"type": "string", "description": "ISO 3166-1 alpha-2 code of the country."},
                "note": {"type": "string", "description": "Note to the workshop."}
            },
            "required": []}},
        {"name": "play_record", "description": "Play a record.", "parameters": {
            "type": "object",
            "properties": {
                "singer": {"type": "string", "description": "Who sings."},
                "album": {"type": "string", "description": "The record."},
                "home_town": {"type": "string", "description": "Town of the concert hall."},
                "mood": {"type": "string", "enum": ["Calm Evening", "Wild Party"], "description": "Mood."}
            },
            "required": ["singer"]}},
        {"name": "send_letter", "description": "Send a letter.", "parameters": {
            "type": "object",
            "properties": {
                "message": {"type": "string", "description": "What to write."},
                "to": {"type": "string", "description": "Addressee."},
                "parts": {"type": "array", "items": {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}}
            },
            "required": ["message"]}},
        {"name": "ask_expert", "description": "Hand a question on to an expert.", "parameters": {
            "type": "object",
            "properties": {"question": {"type": "string", "description": "The question of the user."}},
            "required": ["question"]}}
    ]))
    .unwrap()
}

/// The rules that speak of the call, with what they suggest.
fn findings(request: &str, tool: &str, arguments: Value) -> Vec<(String, String, Option<Value>)> {
    let task = Task::new(vec![Message::user(request)], tools());
    let candidate = Candidate::calls(vec![ToolCall::new(tool, arguments)]);
    let found = RuleScorer::default().findings(&task, &candidate);
    found.into_iter().map(|f| (f.rule.to_string(), f.pointer, f.suggestion)).collect()
}

fn fires(rule: &str, request: &str, tool: &str, arguments: Value) -> bool {
    findings(request, tool, arguments).iter().any(|(r, _, _)| r == rule)
}

fn fix(rule: &str, request: &str, tool: &str, arguments: Value) -> Option<Value> {
    findings(request, tool, arguments).into_iter().find(|(r, _, _)| r == rule).and_then(|(_, _, fix)| fix)
}

#[test]
fn a_code_is_known_by_its_meaning() {
    let request = "Find a workshop on Hill Side";
    assert!(!fires("grounding.other-listed", request, "find_workshop", json!({"zone_id": 2})));
    assert!(!fires("grounding.optional", request, "find_workshop", json!({"zone_id": 2})));
    assert!(fires("grounding.other-listed", request, "find_workshop", json!({"zone_id": 1})));
    assert_eq!(fix("coverage.unused-code", request, "find_workshop", json!({})), Some(json!(2)));
    assert!(!fires("coverage.unused-code", "Find a workshop", "find_workshop", json!({})));
}

#[test]
fn a_flag_is_named_by_words_of_its_family_and_denied_by_a_no() {
    assert!(!fires("grounding.choice", "Book it urgently", "find_workshop", json!({"is_urgent": true})));
    assert!(fires("grounding.choice", "Book it", "find_workshop", json!({"is_urgent": true})));
    assert_eq!(fix("coverage.unused-flag", "A workshop with parking", "find_workshop", json!({})), Some(json!("True")));
    // To give the default is to leave it out.
    assert!(fires(
        "coverage.unused-flag",
        "A workshop with parking",
        "find_workshop",
        json!({"has_parking": "dontcare"})
    ));
    assert!(!fires("coverage.unused-flag", "A workshop without parking", "find_workshop", json!({})));
    assert!(!fires("coverage.unused-flag", "A workshop with parking", "find_workshop", json!({"has_parking": "True"})));
}

#[test]
fn counts_and_units_of_the_request_are_given() {
    let request = "A workshop with three repair bays within 5 miles";
    assert_eq!(fix("coverage.unused-count", request, "find_workshop", json!({})), Some(json!(3)));
    assert!(!fires("coverage.unused-count", request, "find_workshop", json!({"number_of_bays": 3})));
    assert!(fires("coverage.unused-unit", request, "find_workshop", json!({})));
    assert!(!fires("coverage.unused-unit", request, "find_workshop", json!({"distance_unit": "mi"})));
    assert!(!fires("coverage.unused-unit", "A workshop within 5 kilometers", "find_workshop", json!({})));
}

#[test]
fn a_list_holds_all_that_is_named() {
    let request = "A workshop for welding and painting";
    assert!(fires("coverage.unused-listed", request, "find_workshop", json!({"skills": ["Welding"]})));
    assert!(!fires("coverage.unused-listed", request, "find_workshop", json!({"skills": ["Welding", "Painting"]})));
}

#[test]
fn a_listed_value_of_which_a_part_is_said_beats_one_of_which_nothing_is() {
    let request = "Play Ann Lee for a calm night";
    assert!(fires(
        "grounding.other-listed",
        request,
        "play_record",
        json!({"singer": "Ann Lee", "mood": "Wild Party"})
    ));
    assert!(!fires(
        "grounding.other-listed",
        request,
        "play_record",
        json!({"singer": "Ann Lee", "mood": "Calm Evening"})
    ));
    // Travel for business is no class of travel.
    let context = Task::new(vec![Message::user("I fly for business, in economy class")], tools());
    let said = &context.context().request;
    assert!(!said.names(&toolrm_core::context::Words::new("Business")));
    assert!(said.names(&toolrm_core::context::Words::new("Economy")));
}

#[test]
fn spans_begin_and_end_where_the_value_does() {
    let request = "Find a workshop in Marlow county, near the old mill.";
    assert_eq!(
        fix("convention.tail", request, "find_workshop", json!({"county": "Marlow county"})),
        Some(json!("Marlow"))
    );
    assert!(fires("convention.tail", request, "find_workshop", json!({"county": "Marlow County"})));
    assert!(!fires("convention.tail", "In Marlow County", "find_workshop", json!({"county": "Marlow County"})));
    assert!(!fires("convention.tail", request, "find_workshop", json!({"county": "Marlow"})));
    let singer = |name: &str| fires("convention.lead", "The singer Quartz", "play_record", json!({"singer": name}));
    assert!(singer("singer Quartz") && !singer("Quartz"));
    assert_eq!(
        fix("convention.lead", request, "find_workshop", json!({"label": "the old mill"})),
        Some(json!("old mill"))
    );
    assert!(!fires("convention.lead", request, "find_workshop", json!({"label": "old mill"})));
    assert_eq!(
        fix("convention.stop", request, "find_workshop", json!({"label": "old mill."})),
        Some(json!("old mill"))
    );
    assert!(!fires("convention.stop", "For Apple Inc.", "find_workshop", json!({"label": "Apple Inc."})));
    let booking = |id: &str| fix("convention.lead", "Move booking 4711", "find_workshop", json!({"booking_id": id}));
    assert_eq!((booking("booking 4711"), booking("4711")), (Some(json!("4711")), None));
    // Quoted titles keep their article, and free texts are sentences.
    assert!(!fires("convention.lead", "Label it 'The Old Mill'", "find_workshop", json!({"label": "The Old Mill"})));
    assert!(!fires("convention.stop", "Write hello there", "send_letter", json!({"message": "Hello there."})));
}

#[test]
fn a_value_keeps_the_form_the_user_gave_it() {
    let city = |name: &str| {
        fires("convention.reworded", "A workshop in Málaga, please", "find_workshop", json!({"city": name}))
    };
    assert!(city("Malaga") && !city("Málaga"));
    assert!(!fires("convention.reworded", "Café in Reno", "find_workshop", json!({"city": "Reno"})));
    assert!(fires(
        "convention.reworded",
        "Search for wooden benches",
        "find_workshop",
        json!({"label": "wooden bench"})
    ));
    assert!(!fires(
        "convention.reworded",
        "Search for wooden benches",
        "find_workshop",
        json!({"label": "wooden benches"})
    ));
    assert!(!fires("convention.reworded", "Play Marlow's record", "play_record", json!({"singer": "Marlow"})));
}

#[test]
fn the_request_is_no_value() {
    let request = "please find me a workshop that can mend an old bicycle quickly";
    assert!(fires("convention.whole-request", request, "find_workshop", json!({"label": request})));
    assert!(!fires("convention.whole-request", request, "find_workshop", json!({"label": "old bicycle"})));
    // A letter is not the request to write it, whole or with words before it; a question to be handed on is.
    assert!(fires("convention.whole-request", request, "send_letter", json!({"message": request})));
    assert!(fires("grounding.free-text", request, "send_letter", json!({"message": format!("hello {request}")})));
    assert!(!fires("convention.whole-request", request, "send_letter", json!({"message": "mend an old bicycle"})));
    assert!(!fires("convention.whole-request", request, "ask_expert", json!({"question": request})));
    let quoted = "write 'dear Ann, the bicycle is mended and waits for you' now";
    let letter = "dear Ann, the bicycle is mended and waits for you";
    assert!(!fires("convention.whole-request", quoted, "send_letter", json!({"message": letter})));
}

#[test]
fn said_words_do_not_make_up_for_unsaid_ones() {
    let weight = |label: &str| {
        let task =
            Task::new(vec![Message::user("A workshop for bicycles, boats and small carts by the harbour")], tools());
        let call = ToolCall::new("play_record", json!({"singer": label}));
        let found = RuleScorer::default().findings(&task, &Candidate::calls(vec![call]));
        found.iter().filter(|f| f.rule == "grounding.required").map(|f| f.weight).sum::<f32>()
    };
    let unsaid = "Quartz Yonder Plinth Gravel";
    assert!(weight(&format!("{unsaid} bicycles boats small carts harbour workshop")) >= weight(unsaid));
    assert!(weight("Quartz bicycles boats carts") < weight(unsaid));
}

#[test]
fn the_same_parameter_of_parallel_calls_weighs_less_each_time() {
    let weights = |singers: &[&str]| -> Vec<f32> {
        let task = Task::new(vec![Message::user("Play a record")], tools());
        let calls = singers.iter().map(|s| ToolCall::new("play_record", json!({"singer": s}))).collect();
        let found = RuleScorer::default().findings(&task, &Candidate::calls(calls));
        found.iter().filter(|f| f.rule == "grounding.required").map(|f| f.weight).collect()
    };
    let (one, three) = (weights(&["Quartz"]), weights(&["Quartz", "Plinth", "Gravel"]));
    assert_eq!(three, [one[0], one[0] / 2.0, one[0] / 4.0]);
}

#[test]
fn codes_look_like_codes() {
    let request = "A workshop near Oslo airport in the UK";
    assert!(fires("convention.shape", request, "find_workshop", json!({"airport": "Oslo"})));
    assert!(!fires("convention.shape", request, "find_workshop", json!({"airport": "OSL"})));
    assert_eq!(fix("convention.shape", request, "find_workshop", json!({"country": "UK"})), Some(json!("GB")));
    assert_eq!(fix("convention.shape", request, "find_workshop", json!({"airport": "osl"})), Some(json!("OSL")));
}

#[test]
fn states_behind_cities() {
    let state = |request, city| findings(request, "find_workshop", json!({"city": city}));
    let has = |found: &[(String, String, Option<Value>)], rule: &str| found.iter().any(|(r, _, _)| r == rule);
    assert_eq!(
        fix("convention.state", "In Denver", "find_workshop", json!({"city": "Denver, Colorado"})),
        Some(json!("Denver, CO"))
    );
    assert_eq!(
        fix("convention.state", "In Denver", "find_workshop", json!({"city": "Denver, NV"})),
        Some(json!("Denver, CO"))
    );
    assert!(
        has(&state("In Springdale, Ohio", "Springdale, TX"), "convention.state"),
        "the user's own state is the right one"
    );
    assert!(!has(&state("In Springdale, Ohio", "Springdale, OH"), "convention.state"));
    assert!(!has(&state("In Springdale, Ohio", "Springdale, OH"), "grounding.optional"));
    assert!(has(&state("In Springdale, Ohio", "Springdale"), "convention.lost-state"));
    assert!(!has(&state("In Lyon", "Lyon"), "convention.lost-state"));
    // A parameter that asks for a town alone.
    let call = json!({"singer": "Ann Lee", "home_town": "Reno, NV"});
    assert_eq!(fix("convention.added-region", "Ann Lee in Reno", "play_record", call), Some(json!("Reno")));
}

#[test]
fn a_value_goes_to_the_parameter_it_is_said_for() {
    let request = "Play something from the album Northern Sky";
    assert!(fires("grounding.other-parameter", request, "play_record", json!({"singer": "Northern Sky"})));
    assert!(!fires(
        "grounding.other-parameter",
        request,
        "play_record",
        json!({"singer": "any", "album": "Northern Sky"})
    ));
    // Nor does it fill two.
    let twice = json!({"singer": "Northern Sky", "album": "Northern Sky"});
    assert!(fires("grounding.borrowed", request, "play_record", twice));
    let apart = json!({"singer": "Ann Lee", "album": "Northern Sky"});
    assert!(!fires("grounding.borrowed", "Play Northern Sky by Ann Lee", "play_record", apart));
}

#[test]
fn free_texts_have_a_rule_of_their_own() {
    let invented = json!({"message": "Quarterly figures attached herewith"});
    assert!(fires("grounding.free-text", "Write to Bob", "send_letter", invented.clone()));
    assert!(!fires("grounding.required", "Write to Bob", "send_letter", invented));
    assert!(!fires(
        "grounding.free-text",
        "Write 'see you soon' to Bob",
        "send_letter",
        json!({"message": "see you soon"})
    ));
}

#[test]
fn objects_in_lists_are_judged_leaf_by_leaf() {
    let call = json!({"message": "hello", "parts": [{"kind": "wax"}, {"kind": "seal"}]});
    let found = findings("Write hello with wax", "send_letter", call);
    assert!(found.iter().any(|(_, pointer, _)| pointer == "/0/arguments/parts/1/kind"), "{found:?}");
    assert!(!found.iter().any(|(_, pointer, _)| pointer == "/0/arguments/parts/0/kind"), "{found:?}");
}

#[test]
fn brackets_stand_for_what_nobody_gave() {
    let request = "Write my home address to Bob";
    assert!(fires("grounding.placeholder", request, "send_letter", json!({"message": "[home address]"})));
    assert!(fires(
        "grounding.placeholder",
        request,
        "send_letter",
        json!({"message": "https://letters.test/{address}"})
    ));
    assert!(!fires(
        "grounding.placeholder",
        "Write [home address] to Bob",
        "send_letter",
        json!({"message": "[home address]"})
    ));
}

#[test]
fn padding_silences_nothing() {
    // The request's words in some other argument do not make up for what is missing or made up.
    let request = "A workshop on Hill Side with parking and three repair bays in Denver";
    let plain = findings(request, "find_workshop", json!({"city": "Denver, NV"}));
    let padded = findings(request, "find_workshop", json!({"city": "Denver, NV", "label": request}));
    for rule in ["convention.state", "coverage.unused-code", "coverage.unused-flag"] {
        assert!(plain.iter().any(|(r, _, _)| r == rule), "{rule}: {plain:?}");
        assert!(padded.iter().any(|(r, _, _)| r == rule), "{rule}: {padded:?}");
    }
}
