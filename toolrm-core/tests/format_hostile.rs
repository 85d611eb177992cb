//! Hostile and broken texts: each has a typed outcome, in bounded time, without panic or stack overflow.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use toolrm_core::{
    call::Action,
    format::{
        Anthropic, Auto, Bfcl, Gemini, Glm, JsonList, Llama, Mcp, Mistral, OpenAi, Pythonic, Responses, StreamParser,
        Tagged, ToolFormat, parse_any,
    },
};

fn formats() -> Vec<Arc<dyn ToolFormat>> {
    vec![
        Arc::new(Tagged::HERMES),
        Arc::new(Tagged::GRANITE),
        Arc::new(Mistral),
        Arc::new(Mcp),
        Arc::new(Gemini),
        Arc::new(Anthropic),
        Arc::new(Responses),
        Arc::new(OpenAi),
        Arc::new(Llama),
        Arc::new(JsonList),
        Arc::new(Bfcl),
        Arc::new(Glm),
        Arc::new(Pythonic::default()),
        Arc::new(Auto::default()),
    ]
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Calls(_) => "calls",
        Action::Text(_) => "text",
        _ => "malformed",
    }
}

/// Broken or doubtful texts and what they are. One line each: text, outcome.
const TABLE: &[(&str, &str)] = &[
    // Hermes
    (r#"<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>"#, "calls"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": 1}}"#, "calls"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": 1}"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": 1, "a": 2}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "name": "g", "arguments": {}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {}, "parameters": {}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "x": 1, "x": 2, "arguments": {}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f"}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": null}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": [1]}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": "1"}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": ""}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": "{\"a\": 1}"}</tool_call>"#, "calls"),
    (r#"<tool_call>{"name": "f", "arguments": "{\"a\": 1"}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "", "arguments": {}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": 7, "arguments": {}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"arguments": {}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": NaN}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": Infinity}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": 1e400}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": "\ud800"}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": "\udc00\ud800"}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": "\ud83d\ude00"}}</tool_call>"#, "calls"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": 01}}</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": 1}} and so on</tool_call>"#, "malformed"),
    (r#"<tool_call>{"name": "f", "arguments": {"a": x}}</tool_call>"#, "malformed"),
    ("<tool_call>{'name': 'f', 'arguments': {'a': True, 'b': None}}</tool_call>", "calls"),
    ("<tool_call>{'name': 'f', 'arguments': {'a': open('x')}}</tool_call>", "malformed"),
    (r#"<tool_call>[{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}}]</tool_call>"#, "calls"),
    ("<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>", "calls"),
    ("<tool_call></tool_call>", "malformed"),
    ("<tool_call>", "malformed"),
    ("<tool_call>get_weather(city='Paris')</tool_call>", "malformed"),
    ("Put the call between <tool_call> and </tool_call> tags.", "text"),
    ("I would write <tool_call>{..}</tool_call> there.", "malformed"),
    (r#"ok <tool_call>{"name": "f", "arguments": {}}</tool_call> <tool_call>{"name": "#, "malformed"),
    (r#"{"note": "<tool_call>{\"name\"", "name": "f", "arguments": {}}"#, "calls"),
    // JSON lists, Llama, BFCL
    (r#"{"name": "f", "arguments": {}}"#, "calls"),
    (r#"{"name": "f", "parameters": {}}; {"name": "g", "parameters": {}}"#, "calls"),
    (r#"{"name": "f", "parameters": {}}; {"name": "g", "param"#, "malformed"),
    (r#"[{"name": "f", "arguments": {}}, {"name": "g"}]"#, "malformed"),
    (r#"[{"name": "f", "arguments": {}}"#, "malformed"),
    (r#"[{"name": "f", "arguments": {},}]"#, "calls"),
    (r#"{"name": "f"}"#, "malformed"),
    (r#"{"name": "f", "description": "d", "parameters": {"type": "object"}}"#, "text"),
    (r#"{"tool_calls": [{"name": "f", "arguments": {}}]}"#, "calls"),
    (r#"{"tool_calls": []}"#, "text"),
    (r#"{"tool_calls": [{"name": "f"}]}"#, "malformed"),
    (r#"{"temperature": 21}"#, "text"),
    (r#"{"temperature": 21"#, "text"),
    ("[]", "text"),
    ("[ ]", "text"),
    ("{}", "text"),
    ("[1, 2, 3]", "text"),
    (r#"[{"f": {"a": 1}}]"#, "calls"),
    (r#"[{"f": "{\"a\": 1}"}]"#, "calls"),
    (r#"[{"f": "{\"a\": 1"}]"#, "malformed"),
    (r#"[{"f": "{\"a\": 1, \"a\": 2}"}]"#, "malformed"),
    (r#"[{"a": "Paris"}]"#, "text"),
    (r#"<|python_tag|>{"name": "f", "parameters": {}}<|eom_id|>"#, "calls"),
    (r#"<|python_tag|>{"name": "f", "parameters": {"#, "malformed"),
    ("<|python_tag|>import os\nos.listdir()", "malformed"),
    ("<|python_tag|>brave_search.call(query='x')", "calls"),
    ("<|python_tag|>brave_search.call(query=x)", "malformed"),
    ("<|python_tag|>", "malformed"),
    // Mistral
    (r#"[TOOL_CALLS][{"name": "f", "arguments": {}}]"#, "calls"),
    (r#"[TOOL_CALLS] [{"name": "f", "arguments": {}}]</s>"#, "calls"),
    (r#"[TOOL_CALLS]f[ARGS]{}[TOOL_CALLS]g[CALL_ID]abc[ARGS]{"a": 1}"#, "calls"),
    (r#"[TOOL_CALLS][{"name": "f", "arguments": {}}"#, "malformed"),
    ("[TOOL_CALLS]", "malformed"),
    ("[TOOL_CALLS][]", "malformed"),
    ("[TOOL_CALLS]f", "malformed"),
    ("[TOOL_CALLS]f[ARGS]{\"a\"", "malformed"),
    ("[TOOL_CALLS]f[ARGS][1]", "malformed"),
    (r#"[TOOL_CALLS][{"name": "f", "arguments": {}}] done"#, "malformed"),
    // wire shapes
    (r#"{"role": "assistant", "content": "hi"}"#, "text"),
    (r#"{"role": "assistant", "content": null}"#, "malformed"),
    (r#"{"role": "assistant", "content": null, "tool_calls": []}"#, "malformed"),
    (r#"{"role": "assistant", "content": "hi", "tool_calls": null}"#, "text"),
    (
        r#"{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}"#,
        "calls",
    ),
    (
        r#"{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{"}}]}"#,
        "malformed",
    ),
    (
        r#"{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}]}"#,
        "malformed",
    ),
    (
        r#"{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}]}"#,
        "malformed",
    ),
    (r#"{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "func"#, "malformed"),
    (
        r#"{"choices": [{"message": {"role": "assistant", "content": "a"}}, {"message": {"role": "assistant", "content": "b"}}]}"#,
        "malformed",
    ),
    (r#"{"choices": []}"#, "malformed"),
    (r#"{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}"#, "calls"),
    (r#"{"output": [{"type": "function_call", "call_id": "c", "name": "f"}]}"#, "malformed"),
    (r#"[{"type": "tool_use", "id": "t", "name": "f", "input": {}}]"#, "calls"),
    (r#"[{"type": "tool_use", "id": "t", "name": "f"}]"#, "malformed"),
    (r#"[{"type": "tool_use", "id": "t", "name": "f", "input": "x"}]"#, "malformed"),
    (r#"[{"type": "text", "text": "hi"}]"#, "text"),
    (r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "f"}}"#, "calls"),
    (r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"arguments": {}}}"#, "malformed"),
    (r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}"#, "malformed"),
    (r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "f", "arguments": null}}"#, "malformed"),
    (r#"{"functionCall": {"name": "f"}}"#, "calls"),
    (r#"{"functionCall": {"args": {}}}"#, "malformed"),
    (r#"{"role": "model", "parts": [{"text": "hi"}]}"#, "text"),
    (r#"{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}]}}]}"#, "calls"),
    // Python text
    ("[f()]", "calls"),
    ("f(a=1)", "calls"),
    ("f(a=1); g(b=2);", "calls"),
    ("f(a=1)\ng(b=2)", "calls"),
    ("[f(a=1), g(b=[2, {'c': (3, 4)}])]", "calls"),
    ("`f(a=1)`", "calls"),
    ("```python\nf(a=1)\n```", "calls"),
    ("```tool_code\nprint(default_api.f(a=1))\n```", "calls"),
    ("['f(a=1)', \"g(b='x')\"]", "calls"),
    ("[f(a='it\\'s', b=\"\"\"two\nlines\"\"\", c='x' \"y\", d=r'\\d', e=-1_000, f=0x1F, g=1e3, h=.5)]", "calls"),
    ("[f(a=True, b=false, c=None, d=null)]", "calls"),
    ("[f(**{'a b': 1})]", "calls"),
    ("[f(a=1,)]", "calls"),
    ("[f(a={1, 2})]", "calls"),
    ("[f(a=())]", "calls"),
    ("[f(a=1) # first\n, g()]", "calls"),
    ("[f(a=1", "malformed"),
    ("[f(a=1)", "malformed"),
    ("[f(a=1)][0]", "malformed"),
    ("[f(a=1) g(b=2)]", "malformed"),
    ("f(a=1) g(b=2)", "malformed"),
    ("[f(a=x)]", "malformed"),
    ("[f(a=g(1))]", "malformed"),
    ("[f(a=1+1)]", "malformed"),
    ("[f(a='x' % 1)]", "malformed"),
    ("[f(a=x.y)]", "malformed"),
    ("[f(a=[i for i in 1])]", "malformed"),
    ("[f(a=lambda: 1)]", "malformed"),
    ("[f(a=f'{x}')]", "malformed"),
    ("[f(a=b'x')]", "malformed"),
    ("[f(a=1j)]", "malformed"),
    ("[f(a=007)]", "malformed"),
    ("[f(a=1__0)]", "malformed"),
    ("[f(a=1e400)]", "malformed"),
    ("[f(a=nan)]", "malformed"),
    ("[f(a='\\ud800')]", "malformed"),
    ("[f(a='\\N{DASH}')]", "malformed"),
    ("[f(a='\\xZZ')]", "malformed"),
    ("[f(a=1, a=2)]", "malformed"),
    ("[f(a=1, **{'a': 2})]", "malformed"),
    ("[f(a={'b': 1, 'b': 2})]", "malformed"),
    ("[f(a={1: 2})]", "malformed"),
    ("[f(a=1, 2)]", "malformed"),
    ("[f(1)]", "malformed"),
    ("f(1)", "malformed"),
    ("f(x)", "malformed"),
    ("[f(a='x]", "malformed"),
    ("[f(a='line\nbreak')]", "malformed"),
    ("[f=g(a=1)]", "malformed"),
    ("f(x) = x^2 has the derivative 2x.", "text"),
    ("You can call f(a=1) for that.", "text"),
    ("Use `f(a=1)` for that.", "text"),
    ("See [the manual](https://example.org).", "text"),
    ("Here is how:\n```python\nf(a=1)\n```\nTry it.", "text"),
    ("On it:\n```python\nf(a=1)\n```", "calls"),
    ("On it:\n\n[f(a=1)]", "calls"),
    ("Tool calls: [f(a=1)]", "calls"),
    ("[f(a=1)]\n\nThis asks for the weather.", "calls"),
    // reasoning, fences, noise
    ("<think>f(a=1)</think>", "text"),
    ("<think>f(a=1)</think>\n[g(b=2)]", "calls"),
    ("<think>I will call <tool_call>{\"name\"", "malformed"),
    ("I will call f.\n</think>\n\n[f(a=1)]", "calls"),
    ("<thinking>a</thinking><reasoning>b</reasoning> No tool fits.", "text"),
    ("get_weather\n{\"city\": \"Paris\"}", "calls"),
    ("get_weather\n{\"city\": ", "malformed"),
    ("Sure\n{}", "calls"),
    ("", "text"),
    (" \n\t ", "text"),
    ("\u{feff}[f(a=1)]", "calls"),
    ("```", "text"),
    ("``````", "text"),
    ("\0\0\0", "text"),
    ("None", "text"),
];

#[test]
fn every_hostile_text_has_its_outcome() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(text, expected)| {
            let action = parse_any(text).action;
            (kind(&action) != *expected).then(|| format!("{text:?}: expected {expected}, got {action:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
    assert!(TABLE.len() >= 150);
}

/// Huge texts of one repeated piece, with something around it.
fn floods() -> Vec<(String, String)> {
    let repeat = |name: &str, head: &str, piece: &str, tail: &str, bytes: usize| {
        let text = format!("{head}{}{tail}", piece.repeat(bytes / piece.len()));
        (name.to_owned(), text)
    };
    let size = 1 << 17;
    let mut floods = vec![
        repeat("escapes", "[f(a='", "\\'", "')]", size),
        repeat("words", "", "and so on ", "", size),
        repeat("white space", "", " \n", "x", size),
        repeat("digits", "[f(a=", "9", ")]", size),
        repeat("json digits", r#"{"name": "f", "arguments": {"a": "#, "9", "}}", size),
    ];
    for piece in [
        "[",
        "{",
        "(",
        "[f(",
        "{\"a\":",
        "[f(a=[",
        "<tool_call>",
        "<tool_call>\n",
        "<tool_call>{",
        "<function_call>",
        "[TOOL_CALLS]",
        "[TOOL_CALLS]f",
        "<|python_tag|>",
        "```",
        "```\n",
        "\n```\n",
        "`",
        "\n`",
        "<think>",
        "</think>",
        "\n</think>\n",
        "\"\"\"",
        "'''",
        "\n\"",
        "\n[\"",
        "['",
        "[f(a=\"\"\"\n\n",
        "\n[f(a='",
        "\n{\"name\":",
        "\n- [f(",
        "a: [",
        "a.",
        "f(a=1)\n",
        "[f(a=1)]\n\n",
        "x\n[f(a=1)]\n",
        "<|im_end|>",
        ";",
        ",",
        "#",
        "# f\n",
        "\\",
        "\\_",
        "f\n{}\n",
        "{} ",
        "[] ",
        "{\"name\": \"f\", \"arguments\": {}} ",
        "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>",
        "a <tool_call> b",
        "\n<tool_call>",
        "é",
        "\u{2028}",
        "**",
        "f(**",
        "f(a=",
        "[{\"name\": ",
        "'f(a=1)',",
        "print(default_api.",
        "a=",
        "1_",
    ] {
        floods.push(repeat(&format!("flood of {piece:?}"), "", piece, "", size));
        floods.push(repeat(&format!("closed flood of {piece:?}"), "[f(a=", piece, ")]", size / 4));
    }
    floods
}

#[test]
fn floods_are_linear_and_typed() {
    // A debug build needs well under a second for each; quadratic work on these sizes takes minutes.
    let limit = Duration::from_secs(5);
    for (name, text) in floods() {
        for format in formats() {
            let start = Instant::now();
            let _ = kind(&format.parse(&text).action);
            assert!(start.elapsed() < limit, "{} took {:?} for {name}", format.id(), start.elapsed());
        }
        let start = Instant::now();
        let mut stream = StreamParser::new(Arc::new(Auto::default()));
        for chunk in text.as_bytes().chunks(7) {
            stream.push_bytes(chunk);
        }
        stream.finish();
        assert!(start.elapsed() < limit, "the stream took {:?} for {name}", start.elapsed());
    }
}

#[test]
fn strings_of_ten_megabytes_are_read() {
    let long = "x".repeat(10 << 20);
    for text in [
        format!(r#"<tool_call>{{"name": "f", "arguments": {{"a": "{long}"}}}}</tool_call>"#),
        format!(r#"{{"name": "f", "arguments": {{"a": "{long}"}}}}"#),
        format!("[f(a='{long}')]"),
    ] {
        let candidate = parse_any(&text);
        assert_eq!(candidate.action.calls()[0].arguments["a"].as_str().map(str::len), Some(10 << 20));
    }
    assert_eq!(parse_any(&long).action.text().map(str::len), Some(10 << 20));
}

#[test]
fn nesting_of_ten_thousand_is_malformed() {
    let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
    for text in [
        format!(r#"<tool_call>{{"name": "f", "arguments": {{"a": {open}{close}}}}}</tool_call>"#),
        format!(r#"{{"name": "f", "arguments": {{"a": {open}{close}}}}}"#),
        format!("[f(a={open}{close})]"),
        format!("[f(a={}1{})]", "{'a':".repeat(10_000), "}".repeat(10_000)),
        format!("[f(a={}1{})]", "(".repeat(10_000), ")".repeat(10_000)),
        format!(r#"[TOOL_CALLS][{{"name": "f", "arguments": {{"a": {open}{close}}}}}]"#),
        format!(r#"[{{"f": "{{\"a\": {open}{close}}}"}}]"#),
    ] {
        assert!(parse_any(&text).action.is_malformed(), "{text:.60}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_malformed() {
    for bytes in [&b"<tool_call>\xff"[..], b"caf\xe9", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"[f(a='\xc3\x28')]"] {
        let mut stream = StreamParser::new(Arc::new(Auto::default()));
        for byte in bytes {
            stream.push_bytes(std::slice::from_ref(byte));
        }
        let (candidate, _) = stream.finish();
        assert!(matches!(&candidate.action, Action::Malformed { why, .. } if why.contains("UTF-8")), "{bytes:?}");
    }
}
