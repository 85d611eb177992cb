//! The laws of every format: what is written is read back, a stream is its whole, early verdicts hold.

#![allow(clippy::string_slice, reason = "a test: cuts are at boundaries of characters")]

use std::sync::Arc;

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Number, Value};
use toolrm_core::{
    call::{Action, ToolCall},
    format::{
        Anthropic, Auto, Bfcl, Event, Gemini, Glm, JsonList, Llama, Mcp, Mistral, OpenAi, Prefix, Pythonic, Responses,
        StreamParser, Tagged, ToolFormat,
    },
};

/// What a format can carry besides names that are identifiers.
struct Case {
    format: Arc<dyn ToolFormat>,
    ids: bool,
    any_name: bool,
}

fn cases() -> Vec<Case> {
    let case = |format: Arc<dyn ToolFormat>, ids, any_name| Case { format, ids, any_name };
    vec![
        case(Arc::new(Tagged::HERMES), true, true),
        case(Arc::new(Tagged::GRANITE), true, true),
        case(Arc::new(Mistral), true, true),
        case(Arc::new(Mcp), true, true),
        case(Arc::new(Gemini), true, true),
        case(Arc::new(Anthropic), true, true),
        case(Arc::new(Responses), true, true),
        case(Arc::new(OpenAi), true, true),
        case(Arc::new(Llama), true, true),
        case(Arc::new(JsonList), true, true),
        case(Arc::new(Bfcl), false, true),
        case(Arc::new(Glm), false, false),
        case(Arc::new(Pythonic::default()), false, true),
        case(Arc::new(Auto::default()), true, true),
    ]
}

/// Text made to hurt: quotes, escapes, tags, brackets, control characters, everything Unicode.
fn nasty() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        any::<String>(),
        "[a-z ]{0,8}",
        proptest::sample::select(vec![
            "\"",
            "'",
            "\\",
            "\\\"",
            "\"\"\"",
            "'''",
            "\n",
            "\r\n",
            "\t",
            "\u{0}",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "😀",
            "é",
            "</tool_call>",
            "<tool_call>",
            "<think>",
            "</think>",
            "\n</think>\n",
            "[TOOL_CALLS]",
            "[ARGS]",
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            ",",
            ";",
            "#",
            "```",
            "```json\n",
            "`",
            "{\"name\":",
            "\\ud83d",
            "\\u0041",
            "\\x41",
            "\\_",
            "=",
            "f(a=1)",
            "[f(a=1)]",
            "None",
            "<|python_tag|>",
            "<|im_end|>",
            ": ",
            "\n\n",
            "<function_call>",
            "{\"name\": \"f\", \"arguments\": {}}",
            "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>",
            "- ",
        ])
        .prop_map(str::to_owned),
    ];
    vec(fragment, 0..6).prop_map(|fragments| fragments.concat())
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        proptest::sample::select(vec![0.0, -0.0, 1e300, -2.5e-300, 5e-324]).prop_filter_map("finite", Number::from_f64),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(Value::Number),
        nasty().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((nasty(), inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn arguments() -> impl Strategy<Value = Value> {
    let key = prop_oneof!["[a-z_][a-z0-9_]{0,6}", nasty(), Just("name".to_owned()), Just("arguments".to_owned())];
    vec((key, value()), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()))
}

fn call(any_name: bool) -> impl Strategy<Value = ToolCall> {
    let plain = "[a-z_][a-zA-Z0-9_]{0,5}([.-][a-z][a-z0-9]{0,3}){0,2}";
    let name = if any_name {
        prop_oneof![plain, nasty().prop_filter("not empty", |name| !name.is_empty())].boxed()
    } else {
        plain.boxed()
    };
    (name, arguments(), proptest::option::of("[a-z0-9_-]{1,12}")).prop_map(|(name, arguments, id)| {
        let call = ToolCall::new(name, arguments);
        match id {
            Some(id) => call.with_id(id),
            None => call,
        }
    })
}

fn without_ids(calls: &[ToolCall]) -> Vec<ToolCall> {
    calls.iter().map(|call| ToolCall::new(call.name.clone(), call.arguments.clone())).collect()
}

fn cut(text: &str, cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).filter_map(|pair| bytes.get(*pair.first()?..*pair.last()?)).map(<[u8]>::to_vec).collect()
}

/// The stream's events and result.
fn stream(format: &Arc<dyn ToolFormat>, chunks: &[Vec<u8>]) -> (toolrm_core::call::Candidate, Vec<Event>) {
    let mut parser = StreamParser::new(Arc::clone(format));
    let mut events: Vec<Event> = chunks.iter().flat_map(|chunk| parser.push_bytes(chunk)).collect();
    let (candidate, last) = parser.finish();
    events.extend(last);
    (candidate, events)
}

fn completed(events: &[Event]) -> Vec<ToolCall> {
    events.iter().filter_map(|e| if let Event::CallComplete(call) = e { Some(call.clone()) } else { None }).collect()
}

/// Whether the text may be reasoning up to a closing tag alone on its line: early verdicts do not reckon with it.
fn opened_in_the_prompt(text: &str) -> bool {
    text.split('\n').any(|line| matches!(line.trim(), "</think>" | "</thinking>" | "</reasoning>"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_are_read_back(any in vec(call(true), 1..4), plain in vec(call(false), 1..4), cuts in vec(any::<prop::sample::Index>(), 0..12)) {
        for case in cases() {
            let calls = if case.any_name { &any } else { &plain };
            let expected = if case.ids { calls.clone() } else { without_ids(calls) };
            let text = case.format.render(&Action::Calls(calls.clone()));
            let id = case.format.id();
            let read = case.format.parse(&text);
            prop_assert_eq!(&read.action, &Action::Calls(expected.clone()), "{} {}", id, text);
            let (streamed, events) = stream(&case.format, &cut(&text, &cuts));
            prop_assert_eq!(&streamed, &read, "{}", id);
            prop_assert_eq!(completed(&events), expected, "{} {} {:?}", id, text, events);
            prop_assert!(!events.iter().any(|e| matches!(e, Event::Malformed { .. })), "{} {} {:?}", id, text, events);
        }
    }

    #[test]
    fn whatever_is_read_is_written_and_read_again(text in nasty()) {
        for case in cases() {
            let first = case.format.parse(&text).action;
            let again = case.format.parse(&case.format.render(&first)).action;
            prop_assert_eq!(first, again, "{}", case.format.id());
        }
    }

    #[test]
    fn words_survive_in_formats_that_quote_them(text in nasty()) {
        let action = Action::Text(text);
        let formats: [&dyn ToolFormat; 4] = [&OpenAi, &Responses, &Anthropic, &Gemini];
        for format in formats {
            prop_assert_eq!(&format.parse(&format.render(&action)).action, &action, "{}", format.id());
        }
    }

    #[test]
    fn any_chunking_reads_the_whole(text in nasty(), cuts in vec(any::<prop::sample::Index>(), 0..12)) {
        for case in cases() {
            let whole = case.format.parse(&text);
            let (streamed, events) = stream(&case.format, &cut(&text, &cuts));
            prop_assert_eq!(&streamed, &whole, "{}", case.format.id());
            if opened_in_the_prompt(&text) {
                continue;
            }
            let told = events.iter().any(|e| matches!(e, Event::Malformed { .. }));
            prop_assert_eq!(told, whole.action.is_malformed(), "{} {:?}", case.format.id(), events);
        }
    }

    #[test]
    fn broken_calls_are_never_calls_by_mistake(calls in vec(call(false), 1..3), at in any::<prop::sample::Index>(), junk in nasty(), cuts in vec(any::<prop::sample::Index>(), 0..6)) {
        for case in cases() {
            let mut text = case.format.render(&Action::Calls(calls.clone()));
            let mut place = at.index(text.len() + 1);
            while !text.is_char_boundary(place) {
                place -= 1;
            }
            text.insert_str(place, &junk);
            let whole = case.format.parse(&text);
            let (streamed, events) = stream(&case.format, &cut(&text, &cuts));
            prop_assert_eq!(&streamed, &whole);
            if opened_in_the_prompt(&text) {
                continue;
            }
            let told = events.iter().any(|e| matches!(e, Event::Malformed { .. }));
            prop_assert_eq!(told, whole.action.is_malformed(), "{} {} {:?}", case.format.id(), text, events);
            let mut impossible = false;
            for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
                let now = case.format.prefix(&text[..end]) == Prefix::Impossible;
                prop_assert!(now || !impossible, "{} {:?}", case.format.id(), &text[..end]);
                impossible = now;
            }
            prop_assert!(!impossible || whole.action.is_malformed(), "{} {:?}", case.format.id(), text);
        }
    }

    #[test]
    fn a_truncated_call_is_no_call(call in call(false), at in any::<prop::sample::Index>()) {
        for case in cases() {
            let text = case.format.render(&Action::Calls(vec![call.clone()]));
            let mut place = at.index(text.len());
            while !text.is_char_boundary(place) {
                place -= 1;
            }
            let read = case.format.parse(&text[..place]);
            // A closing tag cut off leaves a whole call; anything less is none.
            if let Action::Calls(calls) = &read.action {
                prop_assert_eq!(without_ids(calls), without_ids(std::slice::from_ref(&call)), "{}", case.format.id());
            }
        }
    }
}
