//! `toolrm bench pairs`: accuracies computed by hand, the JSON's shape, bad input.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use common::{root, scratch, toolrm, toolrm_with_stdin};
use serde_json::{Value, json};

const PAIRS: &str = "examples/data/pairs.jsonl";

fn judge<'v>(report: &'v Value, name: &str) -> &'v Value {
    let judges = report["judges"].as_array().unwrap();
    judges.iter().find(|j| j["name"] == name).unwrap_or_else(|| panic!("no judge {name}"))
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

/// By hand, over single (w1 w2 w3), parallel (p1 p2), dialogue (m1 m2) and irrelevance (i1). Lengths are characters of name + compact
/// arguments: "London" is longer than "Lyon", "3" in quotes longer than 3, bk_77 as long as bk_78.
#[test]
fn null_judges_have_the_accuracies_computed_by_hand() {
    let report = toolrm(&["bench", "pairs", PAIRS, "--json"]).json();
    for (name, micro, macro_mean, categories) in [
        ("longer", 0.5, (1.0 / 3.0 + 0.75 + 0.25 + 1.0) / 4.0, [1.0 / 3.0, 0.75, 0.25, 1.0]),
        ("shorter", 0.5, (2.0 / 3.0 + 0.25 + 0.75) / 4.0, [2.0 / 3.0, 0.25, 0.75, 0.0]),
        ("more-calls", 0.5, 1.75 / 4.0, [0.5, 0.75, 0.5, 0.0]),
        ("schema-only", 5.5 / 8.0, (2.5 / 3.0 + 0.5 + 0.75 + 0.5) / 4.0, [2.5 / 3.0, 0.5, 0.75, 0.5]),
    ] {
        let judge = judge(&report, name);
        near(&judge["micro"], micro);
        near(&judge["macro"], macro_mean);
        for (category, accuracy) in ["single", "parallel", "dialogue", "irrelevance"].iter().zip(categories) {
            near(&judge["categories"][category]["accuracy"], accuracy);
        }
    }
}

#[test]
fn the_json_has_the_promised_shape() {
    let run = toolrm(&["bench", "pairs", PAIRS, "--judge", "rules", "--json"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let report = run.json();
    assert_eq!(report.as_object().unwrap().keys().collect::<Vec<_>>(), ["judges"]);
    let names: Vec<&str> = report["judges"].as_array().unwrap().iter().map(|j| j["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["rules", "random", "longer", "shorter", "more-calls", "schema-only"]);
    for judge in report["judges"].as_array().unwrap() {
        assert_eq!(judge.as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "micro", "macro", "categories"]);
        let categories = judge["categories"].as_object().unwrap();
        let sizes: Vec<_> = categories.iter().map(|(name, c)| (name.as_str(), c["n"].as_u64().unwrap())).collect();
        assert_eq!(sizes, [("single", 3), ("parallel", 2), ("dialogue", 2), ("irrelevance", 1)]);
        for category in categories.values() {
            let accuracy = category["accuracy"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&accuracy));
            assert!(category["abstained"].is_u64() && category["failed"].is_u64() && category["ties"].is_u64());
        }
    }
}

#[test]
fn the_rules_beat_every_null_judge_on_the_fixture() {
    let report = toolrm(&["bench", "pairs", PAIRS, "--json"]).json();
    let rules = judge(&report, "rules")["micro"].as_f64().unwrap();
    for null in ["longer", "shorter", "more-calls", "schema-only"] {
        assert!(rules > judge(&report, null)["micro"].as_f64().unwrap(), "rules {rules} against {null}");
    }
}

#[test]
fn plain_zstd_stdin_and_several_files_give_the_same_numbers() {
    let text = std::fs::read(root().join(PAIRS)).unwrap();
    let report = toolrm(&["bench", "pairs", PAIRS, "--json"]).json();
    let packed = scratch("pairs.zst", &zstd::encode_all(text.as_slice(), 3).unwrap());
    assert_eq!(toolrm(&["bench", "pairs", &packed, "--json"]).json(), report);
    assert_eq!(toolrm_with_stdin(&["bench", "pairs", "-", "--json"], &text).json(), report);
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let (head, tail) = (scratch("head.jsonl", &lines[..3].concat()), scratch("tail.jsonl", &lines[3..].concat()));
    assert_eq!(toolrm(&["bench", "pairs", &head, &tail, "--json"]).json(), report);
}

#[test]
fn the_window_of_long_27_is_read() {
    let text = std::fs::read(root().join(PAIRS)).unwrap();
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(27).unwrap();
    std::io::Write::write_all(&mut encoder, &text).unwrap();
    let packed = scratch("pairs-long.zst", &encoder.finish().unwrap());
    assert_eq!(toolrm(&["bench", "pairs", &packed]).code, 0);
}

#[test]
fn error_types_and_worst_verdicts_are_shown_on_request() {
    let report = toolrm(&["bench", "pairs", PAIRS, "--json", "--by", "error-type", "--errors", "2"]).json();
    let longer = judge(&report, "longer");
    near(&longer["error_types"]["wrong_value"]["accuracy"], 0.25);
    assert!(longer.get("errors").is_none(), "null judges are not examined");
    assert!(judge(&report, "rules")["errors"].as_array().unwrap().len() <= 2);
    let table = toolrm(&["bench", "pairs", PAIRS, "--by", "error-type"]).out;
    assert!(table.contains("error type") && table.contains("wrong_count"), "{table}");
}

#[test]
fn categories_can_be_chosen() {
    let report = toolrm(&["bench", "pairs", PAIRS, "--json", "--category", "single,irrelevance"]).json();
    near(&judge(&report, "longer")["macro"], 2.0 / 3.0);
    near(&judge(&report, "longer")["micro"], 0.5);
    let run = toolrm(&["bench", "pairs", PAIRS, "--category", "single-turn"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("no pairs of the category \"single-turn\"; choose from single, parallel"), "{}", run.err);
}

#[test]
fn the_random_judge_repeats_itself_and_follows_its_seed() {
    let many: Vec<String> = (0..400)
        .map(|i| {
            let pair = json!({"messages": [{"role": "user", "content": format!("call {i}")}], "tools": [],
                "chosen": format!("a{i}"), "rejected": format!("b{i}")});
            pair.to_string()
        })
        .collect();
    let random = |seed: &str| {
        let run = toolrm_with_stdin(&["bench", "pairs", "-", "--json", "--seed", seed], many.join("\n").as_bytes());
        judge(&run.json(), "random")["micro"].as_f64().unwrap()
    };
    let (first, again, other) = (random("1"), random("1"), random("2"));
    assert!((first - again).abs() < 1e-12 && (first - other).abs() > 1e-12);
    assert!((0.4..0.6).contains(&first) && (0.4..0.6).contains(&other), "{first} {other}");
}

#[test]
fn shapes_of_calls_messages_and_tools_are_read_liberally() {
    let tools = [
        json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}]),
        json!([{"name": "f", "parameters": {"type": "dict", "properties": {"a": {"type": "integer"}}, "required": []}}]),
        json!(
            "[{\"name\": \"f\", \"parameters\": {\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"integer\"}}}}]"
        ),
    ];
    let calls = [
        json!([{"f": {"a": 1}}]),
        json!([{"name": "f", "arguments": {"a": 1}}]),
        json!([{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]),
        json!({"role": "assistant", "content": null, "tool_calls": [{"f": {"a": 1}}]}),
    ];
    let mut lines = Vec::new();
    for tools in &tools {
        for calls in &calls {
            let history = calls.get("tool_calls").unwrap_or(calls);
            let pair = json!({"messages": [
                    {"role": "user", "content": "f of 1, then once more"},
                    {"role": "assistant", "content": null, "tool_calls": history},
                    {"role": "tool", "content": {"value": 2}},
                ], "tools": tools, "chosen": calls, "rejected": [{"f": {"a": "one"}}]});
            lines.push(pair.to_string());
        }
    }
    let run = toolrm_with_stdin(&["bench", "pairs", "-", "--json"], lines.join("\n").as_bytes());
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    near(&judge(&run.json(), "schema-only")["micro"], 1.0);
}

#[test]
fn bad_lines_are_named_and_nothing_is_printed() {
    let good = std::fs::read_to_string(root().join(PAIRS)).unwrap();
    let good = good.lines().next().unwrap();
    let user = r#""messages":[{"role":"user","content":"x"}]"#;
    for (name, bad, expected) in [
        ("truncated", r#"{"id": "x", "#.to_owned(), ":2: not JSON at column"),
        ("list", "[1]".to_owned(), ":2: expected an object, found a list;"),
        ("no-tools", format!(r#"{{{user},"chosen":"a","rejected":"b"}}"#), ":2: \"tools\" is missing; add"),
        ("no-chosen", format!(r#"{{{user},"tools":[],"rejected":"b"}}"#), ":2: \"chosen\" is missing;"),
        (
            "null-chosen",
            format!(r#"{{{user},"tools":[],"chosen":null,"rejected":"b"}}"#),
            ":2: /chosen: expected calls or a text, found null;",
        ),
        (
            "call-number",
            format!(r#"{{{user},"tools":[],"chosen":"a","rejected":[{{"f":{{}}}},7]}}"#),
            ":2: /rejected/1: expected an object, found a number;",
        ),
        (
            "role",
            r#"{"messages":[{"role":"robot","content":"x"}],"tools":[],"chosen":"a","rejected":"b"}"#.to_owned(),
            ":2: /messages/0/role: \"robot\" is no role; use",
        ),
        (
            "no-messages",
            r#"{"messages":[],"tools":[],"chosen":"a","rejected":"b"}"#.to_owned(),
            ":2: /messages: an empty conversation;",
        ),
        (
            "category",
            format!(r#"{{{user},"category":[],"tools":[],"chosen":"a","rejected":"b"}}"#),
            ":2: /category: expected a string, found a list;",
        ),
        ("tools-number", format!(r#"{{{user},"tools":7,"chosen":"a","rejected":"b"}}"#), ":2: /tools"),
        (
            "nan",
            format!(r#"{{{user},"tools":[],"chosen":[{{"f":{{"a":NaN}}}}],"rejected":"b"}}"#),
            ":2: not JSON at column",
        ),
        (
            "duplicate-key",
            format!(r#"{{{user},"tools":[],"chosen":"a","chosen":"c","rejected":"b"}}"#),
            "the key \"chosen\" occurs twice;",
        ),
        ("deep", "[".repeat(10_000), ":2: not JSON at column"),
    ] {
        let file = scratch(&format!("bad-{name}.jsonl"), format!("{good}\n{bad}\n").as_bytes());
        let run = toolrm(&["bench", "pairs", &file]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{name}: {}", run.err);
        assert!(run.err.starts_with("error: ") && run.err.contains(expected), "{name}: {}", run.err);
        assert!(run.err.contains(&format!("bad-{name}.jsonl:2")) && run.err.contains("; "), "{name}: {}", run.err);
    }
}

#[test]
fn bad_files_are_named() {
    let text = std::fs::read(root().join(PAIRS)).unwrap();
    let packed = zstd::encode_all(text.as_slice(), 3).unwrap();
    for (file, expected) in [
        ("no/such/file.jsonl".to_owned(), "no/such/file.jsonl: cannot open: "),
        (scratch("cut.zst", &packed[..packed.len() / 2]), "cut.zst: cannot read: "),
        (scratch("latin1.jsonl", b"{\"id\": \"caf\xe9\"}\n"), "latin1.jsonl:1: not UTF-8 from byte 12 on; convert"),
        (scratch("empty.jsonl", b""), "empty.jsonl: no pairs; give"),
        (scratch("blank.jsonl", b"\n \n\r\n"), "blank.jsonl: no pairs; give"),
        (root().to_str().unwrap().to_owned(), ": cannot read: "),
    ] {
        let run = toolrm(&["bench", "pairs", &file]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{file}");
        assert!(run.err.contains(expected), "{file}: {}", run.err);
        assert!(!run.err.contains("panicked"), "{}", run.err);
    }
}

#[test]
fn unknown_judges_are_refused_with_the_known_ones() {
    let run = toolrm(&["bench", "pairs", PAIRS, "--judge", "oracle"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("invalid value 'oracle'") && run.err.contains("rules"), "{}", run.err);
}
