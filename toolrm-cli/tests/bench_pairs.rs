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
        let keys: Vec<&str> = judge.as_object().unwrap().keys().map(String::as_str).collect();
        let measured =
            ["name", "micro", "micro_ci", "macro", "macro_ci", "macro_calls", "macro_calls_ci", "categories"];
        assert_eq!(keys, [&measured[..], &["fit", "fit_ci", "fit_calls"]].concat());
        assert!(judge["macro_calls"].is_null(), "not all of BFCL's call categories are there");
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
    let table = toolrm(&["bench", "pairs", PAIRS, "--by", "error-type"]).out;
    assert!(table.contains("error type") && table.contains("wrong_count"), "{table}");
}

/// A record: calls of `f` with these values of `a`, in the order chosen, rejected.
fn record(id: usize, question: &str, category: &str, [chosen, rejected]: [Value; 2]) -> Value {
    let answer = |value: Value| if value.is_string() { value } else { json!([{"f": {"a": value}}]) };
    json!({"id": format!("{question}#{id}"), "question_id": question, "category": category, "error_type": "value",
        "messages": [{"role": "user", "content": format!("Count the apples: 1, question {question}")}],
        "tools": [{"name": "f", "description": "Count apples.", "parameters": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": "integer", "description": "How many"}}}}],
        "chosen": answer(chosen), "rejected": answer(rejected)})
}

fn lines(records: &[Value]) -> Vec<u8> {
    records.iter().map(Value::to_string).collect::<Vec<_>>().join("\n").into_bytes()
}

#[test]
fn intervals_draw_whole_questions() {
    // Of each question all four pairs are won, or all lost, by "shorter".
    let pairs = |shorter: bool| if shorter { [json!(1), json!(10)] } else { [json!(10), json!(1)] };
    let of = |question: fn(usize) -> usize| {
        let all: Vec<Value> = (0..80)
            .map(|i| record(i, &format!("q{}", question(i)), ["x", "y"][i % 2], pairs((i / 4) % 2 == 0)))
            .collect();
        let run =
            |seed: &str| toolrm_with_stdin(&["bench", "pairs", "-", "--json", "--seed", seed], &lines(&all)).json();
        assert_eq!(run("1"), run("1"));
        judge(&run("1"), "shorter").clone()
    };
    let width = |ci: &Value| ci[1].as_f64().unwrap() - ci[0].as_f64().unwrap();
    let (clustered, single) = (of(|i| i / 4), of(|i| i));
    for ci in ["micro_ci", "macro_ci"] {
        near(&clustered[ci.trim_end_matches("_ci")], 0.5);
        // 1.96 standard errors to each side: 0.5 / sqrt(20) of 20 questions, 0.5 / sqrt(80) of 80.
        assert!((0.34..0.54).contains(&width(&clustered[ci])), "{}", clustered[ci]);
        assert!((0.17..0.27).contains(&width(&single[ci])), "{}", single[ci]);
    }
    assert_eq!(clustered["categories"]["x"]["questions"], 20);
    assert!(width(&clustered["categories"]["x"]["ci"]) > 0.3);
}

#[test]
fn a_record_without_question_id_is_one_question_with_its_like() {
    let mut all: Vec<Value> = (0..8).map(|i| record(i, &format!("q{}", i / 4), "x", [json!(1), json!(2)])).collect();
    for record in &mut all {
        record.as_object_mut().unwrap().remove("question_id");
    }
    let report = toolrm_with_stdin(&["bench", "pairs", "-", "--json"], &lines(&all)).json();
    assert_eq!(judge(&report, "rules")["categories"]["x"]["questions"], 2);
}

#[test]
fn the_fit_is_told_by_the_scores_of_right_and_of_irrelevant_calls() {
    // Lengths of the calls: f{"a":1} and so on, one digit more each.
    let all = [
        record(0, "s1", "simple_python", [json!(1), json!(22222)]),
        record(1, "s2", "own_category", [json!(333), json!(1)]),
        record(2, "i1", "irrelevance", [json!("no"), json!(22)]),
        record(3, "i2", "live_irrelevance", [json!("no"), json!(4444)]),
        // Neither counts: words are no call, and of live_relevance one cannot say which call is right.
        record(4, "s3", "simple_python", [json!("words"), json!(1)]),
        record(5, "r1", "live_relevance", [json!(55555), json!("no")]),
    ];
    let report = toolrm_with_stdin(&["bench", "pairs", "-", "--json"], &lines(&all)).json();
    let fit = |name: &str| judge(&report, name)["fit"].clone();
    assert_eq!(fit("rules").as_object().unwrap().keys().collect::<Vec<_>>(), ["auc", "rejected_at_90"]);
    // Right 1 and 3 digits, irrelevant 2 and 4: "longer" orders one of four pairs rightly, "shorter" three.
    near(&fit("longer")["auc"], 0.25);
    near(&fit("shorter")["auc"], 0.75);
    // Both right calls are to be kept: "shorter" rejects what is longer than 3 digits, "longer" what is shorter than 1.
    near(&fit("shorter")["rejected_at_90"], 0.5);
    near(&fit("longer")["rejected_at_90"], 0.0);
    near(&fit("more-calls")["auc"], 0.5);
    assert_eq!(judge(&report, "shorter")["fit_calls"], json!({"right": 2, "irrelevant": 2}));
    let ci = &judge(&report, "shorter")["fit_ci"]["auc"];
    assert!(ci[0].as_f64().unwrap() <= 0.75 && ci[1].as_f64().unwrap() >= 0.75, "{ci}");
    let table = toolrm_with_stdin(&["bench", "pairs", "-"], &lines(&all)).out;
    assert!(table.contains("auc, right calls over others") && table.contains("does a tool fit?"), "{table}");

    let callable_only = toolrm_with_stdin(&["bench", "pairs", "-", "--json"], &lines(&all[..2])).json();
    assert!(judge(&callable_only, "rules")["fit"].is_null());
}

#[test]
fn the_call_categories_have_a_macro_of_their_own() {
    let categories = ["simple_python", "multiple", "parallel", "parallel_multiple"];
    let all: Vec<&str> = categories.into_iter().chain(["live_simple", "live_multiple"]).collect();
    let all = [&all[..], &["live_parallel", "live_parallel_multiple", "irrelevance"]].concat();
    let pair = |i: usize| if i == 0 { [json!(22), json!(1)] } else { [json!(1), json!(22)] };
    let records: Vec<Value> = all.iter().enumerate().map(|(i, c)| record(i, c, c, pair(i))).collect();
    let run = toolrm_with_stdin(&["bench", "pairs", "-", "--json"], &lines(&records)).json();
    near(&judge(&run, "shorter")["macro_calls"], 7.0 / 8.0);
    near(&judge(&run, "shorter")["macro"], 8.0 / 9.0);
    let table = toolrm_with_stdin(&["bench", "pairs", "-"], &lines(&records)).out;
    assert!(table.contains("macro of the 8 call rows"), "{table}");
}

#[test]
fn wrong_verdicts_are_shown_by_kind_with_what_differs() {
    // The rules are misled where the right number is not in the request.
    let mut all: Vec<Value> = (0..3).map(|i| record(i, "q", "x", [json!(7 + i), json!(1)])).collect();
    all.push(record(3, "q", "y", [json!("no"), json!(1)]));
    all.push(record(4, "q", "x", [json!(1), json!("one")]));
    let input = lines(&all);
    let report = toolrm_with_stdin(&["bench", "pairs", "-", "--json", "--errors", "2"], &input).json();
    let rules = judge(&report, "rules");
    let group = &rules["error_groups"][0];
    assert_eq!((&group["category"], &group["pairs"], &group["wrong"]), (&json!("x"), &json!(4), &json!(3)));
    let of_x: Vec<&Value> = rules["errors"].as_array().unwrap().iter().filter(|e| e["category"] == "x").collect();
    assert_eq!(of_x.len(), 2, "at most two of a kind");
    let difference = &of_x[0]["differences"][0];
    assert_eq!((&difference["tool"], &difference["argument"]), (&json!("f"), &json!("a")));
    assert_eq!((&difference["chosen"], &difference["rejected"]), (&json!(7), &json!(1)));
    assert_eq!(difference["parameter"]["description"], "How many");
    assert!(of_x[0]["chosen"]["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "grounding.required"));
    assert!(judge(&report, "longer").get("errors").is_none());

    let text = toolrm_with_stdin(&["bench", "pairs", "-", "--errors", "1"], &input).out;
    let shown = text.split_once("== x, value").unwrap().1;
    for part in [
        "rules: 3 wrong, 0 undecided of 4",
        "Count the apples: 1, question q",
        "f.a  required integer: How many",
        "+ 7",
        "- 1",
        "grounding.required",
    ] {
        assert!(shown.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn every_verdict_can_be_dumped() {
    let file = scratch("verdicts.jsonl", b"");
    let run = toolrm(&["bench", "pairs", PAIRS, "--json", "--dump", &file]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let text = std::fs::read_to_string(&file).unwrap();
    let verdicts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), 8, "the null judges say nothing");
    let points: f64 = verdicts.iter().map(|v| v["points"].as_f64().unwrap()).sum();
    near(&judge(&run.json(), "rules")["micro"], points / 8.0);
    let first = &verdicts[0];
    assert_eq!((&first["id"], &first["judge"], &first["category"]), (&json!("w1"), &json!("rules"), &json!("single")));
    for side in ["chosen", "rejected"] {
        assert!(
            first[side]["score"].is_number() && first[side]["findings"].is_array() && first[side]["answer"].is_array()
        );
    }
    let gap = first["chosen"]["score"].as_f64().unwrap() - first["rejected"]["score"].as_f64().unwrap();
    assert_eq!(first["verdict"], if gap > 0.0 { "right" } else { "tie" });

    let run = toolrm(&["bench", "pairs", PAIRS, "--dump", "no/such/folder/verdicts.jsonl"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("no/such/folder/verdicts.jsonl: cannot create: "), "{}", run.err);
}

#[test]
fn several_files_can_be_measured_separately() {
    let text = std::fs::read(root().join(PAIRS)).unwrap();
    let rows: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let (head, tail) = (scratch("first.jsonl", &rows[..3].concat()), scratch("second.jsonl", &rows[3..].concat()));
    let report = toolrm(&["bench", "pairs", &head, &tail, "--json", "--separate"]).json();
    let files = report["files"].as_array().unwrap();
    assert_eq!(files.iter().map(|f| f["file"].as_str().unwrap()).collect::<Vec<_>>(), [&head, &tail]);
    for (file, path) in files.iter().zip([&head, &tail]) {
        assert_eq!(file["judges"], toolrm(&["bench", "pairs", path, "--json"]).json()["judges"]);
    }
    let table = toolrm(&["bench", "pairs", &head, &tail, "--separate"]).out;
    assert!(table.starts_with(&head) && table.contains(&format!("\n\n{tail}\n")), "{table}");
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
