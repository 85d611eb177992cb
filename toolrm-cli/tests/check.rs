//! `toolrm check`: exit codes, what is checked with and without a conversation, errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use common::{scratch, toolrm, toolrm_with_stdin};

const TOOLS: &str = "examples/data/tools.json";
const TASK: &str = "examples/data/task.json";

#[test]
fn a_right_call_exits_with_0_in_every_dialect() {
    for call in [
        r#"{"name": "get_weather", "arguments": {"city": "Lyon", "date": "2025-03-15"}}"#,
        r#"[{"get_weather": {"city": "Lyon", "date": "2025-03-15"}}]"#,
        r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Lyon", "date": "2025-03-15"}}</tool_call>"#,
        r#"get_weather(city="Lyon", date="2025-03-15")"#,
    ] {
        let run = toolrm(&["check", "--tools", TOOLS, call]);
        assert_eq!(run.code, 0, "{call}: {}{}", run.out, run.err);
        assert!(run.out.starts_with("ok "), "{}", run.out);
    }
}

#[test]
fn wrong_calls_exit_with_1_and_say_what_and_where() {
    for (call, rule, pointer) in [
        (r#"get_weather(city="Lyon")"#, "schema.required", "/0/arguments/date"),
        (r#"get_weather(city=7, date="2025-03-15")"#, "schema.type", "/0/arguments/city"),
        (r#"get_weather(city="Lyon", date="2025-03-15", unit="kelvin")"#, "schema.enum", "/0/arguments/unit"),
        (r#"get_weather(city="Lyon", date="2025-03-15", days=3)"#, "schema.unknown-argument", "/0/arguments/days"),
        (r#"get_forecast(city="Lyon", date="2025-03-15")"#, "schema.unknown-tool", "/0/name"),
        (r#"get_weather(city="", date="2025-03-15")"#, "grounding.empty", "/0/arguments/city"),
        (r#"cancel_booking(booking_id="b1"), cancel_booking(booking_id="b1")"#, "coverage.repeated", "/1"),
        (r#"<tool_call>{"name": "get_weather", "arg"#, "schema.malformed", ""),
    ] {
        let run = toolrm(&["check", "--tools", TOOLS, "--json", call]);
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{call}: {}", run.out);
        let result = run.json();
        assert_eq!(result["ok"], false);
        let findings = result["findings"].as_array().unwrap();
        assert!(findings.iter().any(|f| f["rule"] == rule && f["pointer"] == pointer), "{call}: {findings:?}");
        let shown = toolrm(&["check", "--tools", TOOLS, call]).out;
        assert!(shown.starts_with("wrong ") && shown.contains(rule), "{shown}");
    }
}

#[test]
fn positional_arguments_get_their_names_from_the_tools() {
    let run =
        toolrm(&["check", "--tools", TOOLS, "--json", "--format", "pythonic", r#"get_weather("Lyon", "2025-03-15")"#]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(run.json()["action"][0]["get_weather"]["city"], "Lyon");
}

#[test]
fn the_conversation_decides_whether_values_are_grounded() {
    let right =
        r#"book_table(restaurant="Trattoria Bellini", date="2025-03-15", time="19:30", people=4, name="Moreau")"#;
    let made_up = r#"book_table(restaurant="Chez Paul", date="2031-01-01", time="12:15", people=9, name="Dupont")"#;
    assert_eq!(toolrm(&["check", "--task", TASK, right]).code, 0);
    let run = toolrm(&["check", "--task", TASK, "--json", made_up]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("grounding."), "{}", run.out);
    assert_eq!(toolrm(&["check", "--tools", TOOLS, made_up]).code, 0, "by itself there is nothing wrong with it");
}

#[test]
fn files_stdin_and_several_arguments_are_read() {
    let right = r#"get_weather(city="Lyon", date="2025-03-15")"#;
    assert_eq!(toolrm_with_stdin(&["check", "--tools", TOOLS, "-"], right.as_bytes()).code, 0);
    let file = scratch("output.txt", format!("<think>Lyon it is.</think>\n{right}\n").as_bytes());
    assert_eq!(toolrm(&["check", "--tools", TOOLS, &file]).code, 0);
    let run = toolrm(&["check", "--tools", TOOLS, "--json", &file, right, "get_weather()"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.json_lines().iter().map(|r| r["ok"].as_bool().unwrap()).collect::<Vec<_>>(), [true, true, false]);
    let lines = toolrm(&["check", "--task", TASK, "--json", "examples/data/candidates.jsonl"]).json_lines();
    assert_eq!(lines.iter().map(|l| l["line"].as_u64().unwrap()).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    let ok: Vec<usize> = lines.iter().enumerate().filter(|(_, l)| l["ok"] == true).map(|(i, _)| i).collect();
    assert_eq!(ok, [4, 5], "the right call, in two dialects");
}

#[test]
fn tools_come_in_every_published_shape() {
    let schema = r#"{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}"#;
    for (name, tools) in [
        ("openai", format!(r#"[{{"type": "function", "function": {{"name": "f", "parameters": {schema}}}}}]"#)),
        ("anthropic", format!(r#"[{{"name": "f", "input_schema": {schema}}}]"#)),
        ("mcp", format!(r#"{{"tools": [{{"name": "f", "inputSchema": {schema}}}]}}"#)),
        ("bfcl", r#"[{"name": "f", "parameters": {"type": "dict", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}]"#.to_owned()),
        ("task", format!(r#"{{"messages": [], "tools": [{{"name": "f", "parameters": {schema}}}]}}"#)),
    ] {
        let file = scratch(&format!("tools-{name}.json"), tools.as_bytes());
        assert_eq!(toolrm(&["check", "--tools", &file, "f(a=1)"]).code, 0, "{name}");
        assert_eq!(toolrm(&["check", "--tools", &file, "f(a='1')"]).code, 1, "{name}");
    }
}

#[test]
fn bad_input_exits_with_2() {
    let bad_schema = scratch(
        "bad-schema.json",
        br#"[{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "int_or_so"}}}}]"#,
    );
    let empty = scratch("empty.json", b"");
    let latin = scratch("latin.txt", b"f(a='caf\xe9')");
    for (args, expected) in [
        (vec!["f(a=1)"], "--tools"),
        (vec!["--tools", TOOLS], "CALL|FILE|-"),
        (vec!["--tools", "nowhere.json", "f(a=1)"], "nowhere.json: cannot open: "),
        (vec!["--tools", &empty, "f(a=1)"], "empty.json: an empty file; give"),
        (vec!["--tools", &bad_schema, "f(a=1)"], "bad-schema.json: tool \"f\""),
        (vec!["--tools", TOOLS, "no/such/file.jsonl"], "\"no/such/file.jsonl\" is neither a file nor a call; give"),
        (vec!["--tools", TOOLS, &latin], "latin.txt: not UTF-8 from byte 9 on; convert"),
    ] {
        let run = toolrm(&[&["check"], args.as_slice()].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.starts_with("error: ") && run.err.contains(expected), "{args:?}: {}", run.err);
    }
}

#[test]
fn words_are_no_call_without_a_conversation_and_an_answer_with_one() {
    let words = scratch("words.txt", b"I am sorry, I cannot do that.");
    let run = toolrm(&["check", "--tools", TOOLS, &words]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("words.txt: no call in it; write"), "{}", run.err);
    assert_eq!(toolrm(&["check", "--task", TASK, &words]).code, 1, "a tool fits, so words are wrong");
}
