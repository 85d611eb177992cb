//! Invented tools and good calls for them.

use std::{fs, path::Path};

use serde_json::{Value, json};
use toolrm_core::{
    call::{Message, ToolCall},
    format::{JsonList, ToolFormat},
    judge::ToolCallJudge,
    observe::CallOptions,
    testkit::block_on,
    toolset::Toolset,
};

use super::{Example, MutationReport, Plan, Settings};

mod claims;
mod judging;
mod planning;

/// A shop's tools: every kind of parameter an operator looks for.
pub(super) fn shop() -> Toolset {
    Toolset::from_json(&json!([
        {"name": "create_order", "description": "Order articles", "parameters": {"type": "object", "properties": {
            "customer": {"type": "string", "description": "Full name"},
            "contact": {"type": "string", "description": "Address for the receipt", "format": "email"},
            "items": {"type": "array", "description": "What to order", "items": {"type": "object", "properties": {
                "article": {"type": "string", "description": "Name of the article"},
                "count": {"type": "integer", "minimum": 1, "maximum": 50},
                "gift": {"type": "boolean"}}, "required": ["article", "count"]}},
            "deliver_on": {"type": "string", "description": "Day of delivery, YYYY-MM-DD"},
            "discount": {"type": "number", "description": "Share to take off", "minimum": 0, "maximum": 1, "default": 0},
            "speed": {"type": "string", "enum": ["standard", "express"], "default": "standard"},
            "floor": {"type": "integer", "enum": [0, 1, 2]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "extra": {"type": "object", "description": "Whatever else there is"}},
            "required": ["customer", "items"]}},
        {"name": "move_stock", "description": "Move articles from one shelf to another", "parameters": {"type": "object", "properties": {
            "article": {"type": "string"}, "from_shelf": {"type": "integer"}, "to_shelf": {"type": "integer"},
            "weight": {"type": "number"}}, "required": ["article", "from_shelf", "to_shelf"]}},
        {"name": "count_stock", "description": "How many of an article there are", "parameters": {"type": "object", "properties": {
            "article": {"type": "string"}}, "required": ["article"]}},
        {"name": "open_door", "description": "Open the shop's door", "parameters": {"type": "object", "properties": {}}}
    ]))
    .unwrap()
}

pub(super) fn shop_examples() -> Vec<Example> {
    let order = json!({"customer": "Ines Duarte", "contact": "ines@example.org",
        "items": [{"article": "teapot", "count": 2, "gift": true}, {"article": "tray", "count": 1}],
        "deliver_on": "2025-06-03", "speed": "express", "floor": 2, "tags": ["fragile", "birthday"]});
    let plain = json!({"customer": "Bo Lund", "items": [{"article": "lamp", "count": 3}], "speed": "standard", "discount": 0.25});
    let moved = json!({"article": "teapot", "from_shelf": 4, "to_shelf": 9, "weight": 2.5});
    vec![
        Example::new("order", vec![ToolCall::new("create_order", order)]).with_query(
            "Order two teapots as a gift and a tray for Ines Duarte (ines@example.org), express, on 2025-06-03 to the second floor; \
             tag it fragile and birthday.",
        ),
        Example::new("plain", vec![ToolCall::new("create_order", plain)])
            .with_query("Bo Lund wants three lamps, a quarter off."),
        Example::new("move", vec![ToolCall::new("move_stock", moved).with_id("call_1")])
            .with_query("Move the 2.5 kg teapot from shelf 4 to shelf 9."),
        Example::new("count", ["lamp", "tray"].map(|a| ToolCall::new("count_stock", json!({"article": a}))).to_vec())
            .with_query("Count our stock of the article lamp and of the article tray."),
        Example::new("door", vec![ToolCall::new("open_door", json!({}))]),
    ]
}

/// The tools and good calls of the examples folder.
pub(super) fn bistro() -> (Toolset, Vec<Example>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let tools = Toolset::from_json(&serde_json::from_str(&read("tools.json")).unwrap()).unwrap();
    let example = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let calls = JsonList.parse(&record["calls"].to_string()).action.calls().to_vec();
        let example = Example::new(record["id"].as_str().unwrap(), calls);
        match (&record["messages"], record["query"].as_str()) {
            (Value::Array(_), _) => {
                let messages: Vec<Message> = serde_json::from_value(record["messages"].clone()).unwrap();
                example.with_messages(messages)
            }
            (_, Some(query)) => example.with_query(query),
            _ => example,
        }
    };
    (tools, read("good_calls.jsonl").lines().map(example).collect())
}

pub(super) fn plans(settings: &Settings) -> [Plan; 2] {
    plans_of(settings, |_| true)
}

pub(super) fn plans_of(settings: &Settings, keep: impl Fn(&Example) -> bool) -> [Plan; 2] {
    [(shop(), shop_examples()), bistro()].map(|(tools, mut examples)| {
        examples.retain(&keep);
        Plan::new(tools, examples, settings.clone()).unwrap()
    })
}

pub(super) fn judged(plan: &Plan, judge: &dyn ToolCallJudge) -> MutationReport {
    block_on(plan.judge(judge, &CallOptions::default(), &|_| {})).unwrap()
}
