//! Tasks and candidates as programs read them: JSON bytes in OpenAI's shapes.

use serde_json::{Value, error::Category, json};

use crate::{
    Row,
    entry::{Got::*, candidate, task},
    table,
};

fn bytes(json: &Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

/// A task with these messages and one tool.
fn with_messages(messages: &Value) -> Vec<u8> {
    bytes(&json!({"messages": messages, "tools": [{"name": "f"}]}))
}

/// A candidate that makes one call of `f` whose arguments are this text.
fn calling(arguments: &str) -> Vec<u8> {
    bytes(
        &json!({"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}]}),
    )
}

pub(crate) fn rows() -> Vec<Row> {
    [tasks(), candidates(), argument_texts()].into_iter().flatten().collect()
}

fn tasks() -> Vec<Row> {
    table(
        "task",
        task,
        [
            ("no bytes", Vec::new, NotRead(Category::Eof)),
            (
                "UTF-16",
                || "{\"messages\": []}".encode_utf16().flat_map(u16::to_le_bytes).collect(),
                NotRead(Category::Syntax),
            ),
            (
                "Latin-1",
                || b"{\"messages\": [{\"role\": \"user\", \"content\": \"caf\xe9\"}], \"tools\": []}".to_vec(),
                NotRead(Category::Syntax),
            ),
            (
                "an overlong encoding",
                || b"{\"messages\": [{\"role\": \"user\", \"content\": \"\xc0\xaf\"}], \"tools\": []}".to_vec(),
                NotRead(Category::Syntax),
            ),
            (
                "byte order mark",
                || b"\xef\xbb\xbf{\"messages\": [], \"tools\": []}".to_vec(),
                NotRead(Category::Syntax),
            ),
            ("truncated", || b"{\"messages\": [{\"role\": \"us".to_vec(), NotRead(Category::Eof)),
            ("a list", || b"[]".to_vec(), NotRead(Category::Data)),
            ("empty object", || b"{}".to_vec(), NotRead(Category::Data)),
            ("messages null", || bytes(&json!({"messages": null, "tools": []})), NotRead(Category::Data)),
            ("no tools key", || bytes(&json!({"messages": []})), NotRead(Category::Data)),
            (
                "the key messages twice",
                || b"{\"messages\": [], \"messages\": [], \"tools\": []}".to_vec(),
                NotRead(Category::Data),
            ),
            ("nothing in it", || bytes(&json!({"messages": [], "tools": []})), Task(0, 0)),
            (
                "two tools of one name",
                || bytes(&json!({"messages": [], "tools": [{"name": "f"}, {"name": "f", "description": "g"}]})),
                NotRead(Category::Data),
            ),
            (
                "a remote reference in a tool",
                || {
                    bytes(
                        &json!({"messages": [], "tools": [{"name": "f", "parameters": {"$ref": "https://example.org"}}]}),
                    )
                },
                NotRead(Category::Data),
            ),
            (
                "a key twice in a tool",
                || b"{\"messages\": [], \"tools\": [{\"name\": \"f\", \"name\": \"g\"}]}".to_vec(),
                NotRead(Category::Data),
            ),
            ("unknown role", || with_messages(&json!([{"role": "wizard", "content": "hi"}])), NotRead(Category::Data)),
            ("no role", || with_messages(&json!([{"content": "hi"}])), NotRead(Category::Data)),
            (
                "a number for content",
                || with_messages(&json!([{"role": "user", "content": 5}])),
                NotRead(Category::Data),
            ),
            (
                "parts that are no objects",
                || with_messages(&json!([{"role": "user", "content": ["hi"]}])),
                NotRead(Category::Data),
            ),
            (
                "parts without text",
                || with_messages(&json!([{"role": "user", "content": [{"type": "image_url"}, {}]}])),
                Task(1, 1),
            ),
            (
                "content and calls null",
                || with_messages(&json!([{"role": "assistant", "content": null, "tool_calls": null}])),
                Task(1, 1),
            ),
            (
                "a past call with broken arguments",
                || {
                    with_messages(
                        &json!([{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{\"x\": "}}]}]),
                    )
                },
                Task(1, 1),
            ),
            (
                "a past call without a name",
                || with_messages(&json!([{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}])),
                NotRead(Category::Data),
            ),
            (
                "a past call that is a string",
                || with_messages(&json!([{"role": "assistant", "tool_calls": ["f()"]}])),
                NotRead(Category::Data),
            ),
            (
                "a lone surrogate",
                || b"{\"messages\": [{\"role\": \"user\", \"content\": \"\\udfff\"}], \"tools\": []}".to_vec(),
                NotRead(Category::Syntax),
            ),
            (
                "a message of 10 MB",
                || with_messages(&json!([{"role": "user", "content": "word 12 ".repeat(10 << 17)}])),
                Task(1, 1),
            ),
            (
                "100,000 messages",
                || with_messages(&(0..100_000).map(|i| json!({"role": "user", "content": i.to_string()})).collect()),
                Task(100_000, 1),
            ),
            (
                "unknown fields of 10,000 levels",
                || {
                    format!(
                    "{{\"messages\": [{{\"role\": \"user\", \"content\": \"hi\", \"extra\": {}1{}}}], \"tools\": []}}",
                    "[".repeat(10_000),
                    "]".repeat(10_000)
                )
                .into_bytes()
                },
                NotRead(Category::Syntax),
            ),
            (
                "metadata 1e400",
                || b"{\"messages\": [], \"tools\": [], \"metadata\": {\"x\": 1e400}}".to_vec(),
                NotRead(Category::Syntax),
            ),
            (
                "an empty reference",
                || bytes(&json!({"messages": [], "tools": [], "reference": [{}]})),
                NotRead(Category::Data),
            ),
        ],
    )
}

fn candidates() -> Vec<Row> {
    table(
        "candidate",
        candidate,
        [
            ("no bytes", Vec::new, NotRead(Category::Eof)),
            ("null", || b"null".to_vec(), NotRead(Category::Data)),
            ("a string", || b"\"hi\"".to_vec(), NotRead(Category::Data)),
            ("empty object", || b"{}".to_vec(), NotRead(Category::Data)),
            (
                "neither content nor calls",
                || bytes(&json!({"role": "assistant", "content": null, "tool_calls": []})),
                NotRead(Category::Data),
            ),
            ("a user message", || bytes(&json!({"role": "user", "content": "hi"})), NotRead(Category::Data)),
            ("an empty text", || bytes(&json!({"content": ""})), Words),
            ("control characters", || bytes(&json!({"content": "\u{0}\u{8}\u{1b}[2J\u{202e}\u{2028}"})), Words),
            ("calls as an object", || bytes(&json!({"tool_calls": {"name": "f"}})), NotRead(Category::Data)),
            ("a call without function", || bytes(&json!({"tool_calls": [{"id": "1"}]})), NotRead(Category::Data)),
            (
                "a number for a name",
                || bytes(&json!({"tool_calls": [{"function": {"name": 5, "arguments": "{}"}}]})),
                NotRead(Category::Data),
            ),
            (
                "a number for an id",
                || bytes(&json!({"tool_calls": [{"id": 5, "function": {"name": "f", "arguments": "{}"}}]})),
                NotRead(Category::Data),
            ),
            ("no arguments", || bytes(&json!({"tool_calls": [{"function": {"name": "f"}}]})), NotRead(Category::Data)),
            (
                "an empty name",
                || bytes(&json!({"tool_calls": [{"function": {"name": "", "arguments": "{}"}}]})),
                Calls(1),
            ),
            (
                "calls and malformed",
                || {
                    bytes(
                        &json!({"malformed": {"raw": "{", "why": "cut off"}, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}),
                    )
                },
                NotRead(Category::Data),
            ),
            (
                "an argument twice",
                || {
                    b"{\"tool_calls\": [{\"function\": {\"name\": \"f\", \"arguments\": {\"x\": 1, \"x\": 2}}}]}"
                        .to_vec()
                },
                NotRead(Category::Data),
            ),
            (
                "one broken call of two",
                || {
                    bytes(
                        &json!({"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}, {"function": {"name": "g", "arguments": "{"}}]}),
                    )
                },
                Malformed,
            ),
            (
                "100,000 calls",
                || {
                    bytes(
                        &json!({"tool_calls": (0..100_000).map(|i| json!({"function": {"name": "f", "arguments": format!("{{\"i\":{i}}}")}})).collect::<Vec<_>>()}),
                    )
                },
                Calls(100_000),
            ),
            (
                "10,000 levels beside the call",
                || {
                    format!("{{\"content\": \"hi\", \"x\": {}1{}}}", "{\"a\":".repeat(10_000), "}".repeat(10_000))
                        .into_bytes()
                },
                Words,
            ),
        ],
    )
}

fn argument_texts() -> Vec<Row> {
    table(
        "arguments text",
        candidate,
        [
            ("empty", || calling(""), Malformed),
            ("null", || calling("null"), Malformed),
            ("a list", || calling("[1]"), Malformed),
            ("encoded twice", || calling(&json!("{\"x\": 1}").to_string()), Malformed),
            ("truncated", || calling("{\"x\": \"Par"), Malformed),
            ("two objects", || calling("{\"x\": 1}{\"x\": 2}"), Malformed),
            ("duplicate key", || calling("{\"x\": 1, \"x\": 2}"), Malformed),
            ("duplicate key, escaped", || calling("{\"x\": 1, \"\\u0078\": 2}"), Malformed),
            ("duplicate key, nested", || calling("{\"a\": [{\"x\": 1, \"x\": 2}]}"), Malformed),
            ("NaN", || calling("{\"x\": NaN}"), Malformed),
            ("Infinity", || calling("{\"x\": -Infinity}"), Malformed),
            ("1e400", || calling("{\"x\": 1e400}"), Malformed),
            ("hexadecimal", || calling("{\"x\": 0xff}"), Malformed),
            ("leading zero", || calling("{\"x\": 007}"), Malformed),
            ("an integer of 30 digits", || calling("{\"x\": 123456789012345678901234567890}"), Calls(1)),
            ("lone surrogate", || calling("{\"x\": \"\\ud83d\"}"), Malformed),
            ("Python literals", || calling("{'x': True}"), Malformed),
            ("byte order mark", || calling("\u{feff}{}"), Malformed),
            (
                "10,000 levels",
                || calling(&format!("{{\"x\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000))),
                Malformed,
            ),
            ("a string of 10 MB", || calling(&format!("{{\"x\": \"{}\"}}", "a".repeat(10 << 20))), Calls(1)),
            (
                "100,000 keys",
                || calling(&Value::Object((0..100_000).map(|i| (format!("k{i}"), json!(i))).collect()).to_string()),
                Calls(1),
            ),
        ],
    )
}
