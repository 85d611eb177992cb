//! The provenance rules: where values come from in a conversation with earlier calls and answers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::needless_pass_by_value, missing_docs)]

use serde_json::{Value, json};
use toolrm_core::prelude::*;

fn tools() -> Toolset {
    let id = |text: &str| json!({"type": "string", "description": text});
    Toolset::from_json(&json!([
        {"name": "find_gardens", "description": "Find gardens in a town.", "parameters": {"type": "object",
            "properties": {"town": {"type": "string", "description": "Name of the town."}}, "required": ["town"]}},
        {"name": "list_plant_filters", "description": "Lists the values of the `plant_filter` parameter of search_plants.",
            "parameters": {"type": "object", "properties": {"garden_id": id("Retrieved from **Find Gardens**.")}, "required": ["garden_id"]}},
        {"name": "search_plants", "description": "Search the plants of a garden.", "parameters": {"type": "object", "properties": {
            "garden_id": id("Retrieved from **Find Gardens** as `gardenCode`."),
            "plant_filter": id("Retrieved from **List Plant Filters**."),
            "visit_date": {"type": "string", "description": "Day of the visit."}}, "required": ["garden_id"]}},
        {"name": "sun_hours", "description": "Sun hours at a place.", "parameters": {"type": "object", "properties": {
            "latitude": id("Retrieved from **Find Gardens**."),
            "longitude": id("Retrieved from **Find Gardens**.")}, "required": ["latitude", "longitude"]}},
        {"name": "ticket_prices", "description": "Ticket prices around a day.", "parameters": {"type": "object",
            "properties": {"visit_date": {"type": "string", "description": "Day of the visit."}}, "required": ["visit_date"]}},
    ]))
    .unwrap()
}

const GARDENS: &str = r#"{"gardens": [
    {"gardenCode": "gx-71", "owner": "o-5", "name": "Old Rose Garden", "latitude": 47.12345678, "longitude": 8.5},
    {"gardenCode": "gx-72", "owner": "o-6", "name": "Fern Valley", "latitude": 46.5, "longitude": 8.25}]}"#;
const FILTERS: &str = r#"{"options": [{"plant_filter": "bloom::any", "title": "Any"}, {"plant_filter": "bloom::new", "title": "Date (newer to older)"}]}"#;

/// A conversation: what the user said, then calls with their answers.
fn task(request: &str, steps: &[(Value, &str)]) -> Task {
    let mut messages = vec![Message::user(request)];
    for (i, (call, answer)) in steps.iter().enumerate() {
        let (name, arguments) = call.as_object().unwrap().iter().next().unwrap();
        messages.push(Message::calls(vec![ToolCall::new(name.clone(), arguments.clone()).with_id(i.to_string())]));
        messages.push(Message::tool(i.to_string(), *answer));
    }
    Task::new(messages, tools())
}

fn found(task: &Task, calls: &Value) -> Vec<Finding> {
    let calls = calls.as_array().unwrap().iter().flat_map(|c| c.as_object().unwrap());
    let calls = calls.map(|(name, arguments)| ToolCall::new(name.clone(), arguments.clone())).collect();
    RuleScorer::default().findings(task, &Candidate::calls(calls))
}

/// A rule fires on the first calls, at the pointer and with the suggestion, and not on the second ones.
fn tells(rule: &str, task: &Task, bad: Value, pointer: &str, fix: Option<Value>, good: Value) {
    let findings = found(task, &bad);
    let hit = findings.iter().find(|f| f.rule == rule && f.pointer == pointer);
    let hit = hit.unwrap_or_else(|| panic!("{rule} does not fire at {pointer} on {bad}: {findings:#?}"));
    assert_eq!(hit.suggestion, fix, "{rule} on {bad}");
    let quiet = found(task, &good);
    assert!(quiet.iter().all(|f| f.rule != rule), "{rule} fires on {good}: {quiet:#?}");
}

fn gardens() -> (Value, &'static str) {
    (json!({"find_gardens": {"town": "Zug"}}), GARDENS)
}

fn filters() -> (Value, &'static str) {
    (json!({"list_plant_filters": {"garden_id": "gx-72"}}), FILTERS)
}

fn plants(garden: &str) -> Value {
    json!([{"search_plants": {"garden_id": garden}}])
}

#[test]
fn an_identifier_is_known_before_it_is_used() {
    let rule = "provenance.unknown-id";
    let lookup = json!([{"find_gardens": {"town": "Zug"}}]);
    let asked = task("Which plants grow in Fern Valley in Zug?", &[]);
    tells(rule, &asked, plants("gx-99"), "/0/arguments/garden_id", None, lookup);
    let message = &found(&asked, &plants("gx-99")).into_iter().find(|f| f.rule == rule).unwrap().message;
    assert!(message.contains("call \"find_gardens\" first"), "{message}");
    let only = r#"{"gardens": [{"gardenCode": "gx-72"}]}"#;
    let looked_up = task("Plants in Zug?", &[(json!({"find_gardens": {"town": "Zug"}}), only)]);
    tells(rule, &looked_up, plants("gx-27"), "/0/arguments/garden_id", Some(json!("gx-72")), plants("gx-72"));
    let said = task("Which plants grow in garden gx-99?", &[]);
    assert!(found(&said, &plants("gx-99")).iter().all(|f| f.rule != rule));
}

#[test]
fn what_an_answer_left_out_weighs_less() {
    let weight = |answer: &str| {
        let task = task("Plants in Zug?", &[(json!({"find_gardens": {"town": "Zug"}}), answer)]);
        let findings = found(&task, &plants("gx-99"));
        findings.iter().find(|f| f.rule == "provenance.unknown-id").map_or(0.0, |f| f.weight)
    };
    let whole = weight(r#"{"gardens": [{"gardenCode": "gx-71"}]}"#);
    let cut = weight(r#"{"gardens": [{"gardenCode": "gx-71"}, "..."]}"#);
    assert!(cut < whole && cut > 0.0, "{cut} {whole}");
    assert!(weight(r#"{"gardens": [{"gardenCode": "gx-99"}]}"#) <= 0.0);
}

#[test]
fn a_value_comes_from_the_field_of_its_name() {
    let task = task("Which plants grow there?", &[gardens()]);
    let bad = plants("o-5");
    tells("provenance.wrong-field", &task, bad, "/0/arguments/garden_id", Some(json!("gx-71")), plants("gx-71"));
}

#[test]
fn a_value_is_copied_digit_for_digit() {
    let sun = |latitude: &str| json!([{"sun_hours": {"latitude": latitude, "longitude": "8.5"}}]);
    let task = task("How much sun has the first one?", &[gardens()]);
    let fix = Some(json!("47.12345678"));
    tells("provenance.inexact", &task, sun("47.1235"), "/0/arguments/latitude", fix, sun("47.12345678"));
}

#[test]
fn a_name_is_no_identifier() {
    let task = task("Which plants grow in Fern Valley?", &[gardens()]);
    tells("provenance.name-for-id", &task, plants("Fern Valley"), "/0/arguments/garden_id", None, plants("gx-72"));
}

#[test]
fn the_named_item_is_the_one() {
    let task = task("Which plants grow in Fern Valley?", &[gardens()]);
    let fix = Some(json!("gx-72"));
    tells("provenance.other-item", &task, plants("gx-71"), "/0/arguments/garden_id", fix, plants("gx-72"));
}

#[test]
fn lists_say_the_ends_of_scales_in_other_words() {
    let task = task("The latest plants of that garden, please.", &[gardens(), filters()]);
    let with = |filter: &str| json!([{"search_plants": {"garden_id": "gx-72", "plant_filter": filter}}]);
    let fix = Some(json!("bloom::new"));
    tells("provenance.other-item", &task, with("bloom::any"), "/0/arguments/plant_filter", fix, with("bloom::new"));
}

#[test]
fn unnamed_items_are_taken_from_the_top() {
    let task = task("Which plants grow in a garden there?", &[gardens()]);
    let fix = Some(json!("gx-71"));
    tells("provenance.later-item", &task, plants("gx-72"), "/0/arguments/garden_id", fix, plants("gx-71"));
    let both = json!([{"search_plants": {"garden_id": "gx-71"}}, {"search_plants": {"garden_id": "gx-72"}}]);
    assert!(found(&task, &both).iter().all(|f| f.rule != "provenance.later-item"));
}

#[test]
fn the_cheapest_is_the_cheapest() {
    let prices = r#"[{"visit_date": "2026-05-01", "price": {"units": 30}}, {"visit_date": "2026-05-02", "price": {"units": 20}}]"#;
    let steps = [gardens(), (json!({"ticket_prices": {"visit_date": "2026-05-01"}}), prices)];
    let on = |day: &str| json!([{"search_plants": {"garden_id": "gx-71", "visit_date": day}}]);
    let (rule, at) = ("provenance.not-the-extreme", "/0/arguments/visit_date");
    let cheapest = task("The cheapest day around 2026-05-01, and its plants?", &steps);
    tells(rule, &cheapest, on("2026-05-01"), at, Some(json!("2026-05-02")), on("2026-05-02"));
    let any = task("Any day around 2026-05-01, and its plants?", &steps);
    assert!(found(&any, &on("2026-05-01")).iter().all(|f| f.rule != rule));
}

#[test]
fn a_step_goes_on_from_the_newest_answer() {
    let newer = r#"{"plants": [{"name": "Fern", "latitude": 46.75, "longitude": 8.125}]}"#;
    let steps = [gardens(), (json!({"search_plants": {"garden_id": "gx-71"}}), newer)];
    let task = task("Find a plant, and the sun hours where it stands.", &steps);
    let sun = |latitude: f64, longitude: f64| json!([{"sun_hours": {"latitude": latitude.to_string(), "longitude": longitude.to_string()}}]);
    let fix = Some(json!("46.75"));
    tells("provenance.stale-answer", &task, sun(46.5, 8.25), "/0/arguments/latitude", fix, sun(46.75, 8.125));
}

#[test]
fn the_later_of_two_stated_values_counts() {
    let user = ["The town is Zug. Which gardens are there?", "Sorry, the town is Bern."];
    let task = Task::new(user.map(Message::user).to_vec(), tools());
    let town = |name: &str| json!([{"find_gardens": {"town": name}}]);
    tells("provenance.stale-value", &task, town("Zug"), "/0/arguments/town", None, town("Bern"));
    let both = Task::new(vec![Message::user("The first town is Zug, the second town is Bern.")], tools());
    assert!(found(&both, &town("Zug")).iter().all(|f| f.rule != "provenance.stale-value"));
}

#[test]
fn a_lookup_is_made_and_used() {
    let (plain, at) = (plants("gx-72"), "/0/arguments/plant_filter");
    let with = json!([{"search_plants": {"garden_id": "gx-72", "plant_filter": "bloom::any"}}]);
    let before = task("Which plants bloom in Fern Valley?", &[gardens()]);
    let lookup = json!([{"list_plant_filters": {"garden_id": "gx-72"}}]);
    tells("provenance.skipped-lookup", &before, plain.clone(), "/0/name", None, lookup);
    let after = task("Which plants bloom in Fern Valley?", &[gardens(), filters()]);
    tells("provenance.lookup-unused", &after, plain, at, None, with);
}

#[test]
fn nothing_is_done_twice() {
    let call = || json!({"find_gardens": {"town": "Zug"}});
    let other = json!([{"find_gardens": {"town": "Zug, Switzerland"}}]);
    let failed = "provenance.again-after-failure";
    let done = task("Gardens in Zug?", &[(call(), GARDENS)]);
    assert!(found(&done, &json!([call()])).iter().any(|f| f.rule == "coverage.again"));
    let broken = task("Gardens in Zug?", &[(call(), r#"{"error": "no such town"}"#)]);
    tells(failed, &broken, json!([call()]), "/0", None, other);
    let mut later = done.messages().to_vec();
    later.push(Message::user("And now once more, please."));
    assert!(
        found(&Task::new(later, tools()), &json!([call()]))
            .iter()
            .all(|f| f.rule != failed && f.rule != "coverage.again")
    );
}

#[test]
fn padding_silences_nothing() {
    let task = task("Which plants grow in Fern Valley?", &[gardens()]);
    let against = |arguments: Value| -> f32 {
        let findings = found(&task, &json!([{"search_plants": arguments}]));
        findings.iter().filter(|f| f.rule.starts_with("provenance.")).map(|f| f.weight).sum()
    };
    let wrong = against(json!({"garden_id": "gx-71"}));
    assert!(wrong > against(json!({"garden_id": "gx-72"})));
    for padded in [
        json!({"garden_id": "gx-71,gx-72"}),
        json!({"garden_id": "gx-71", "note": "gx-72"}),
        json!({"garden_id": "gx-71", "visit_date": "Which plants grow in Fern Valley? gx-72"}),
    ] {
        assert!(against(padded.clone()) >= wrong, "{padded}");
    }
}
