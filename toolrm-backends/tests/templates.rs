//! Chat templates against transformers: the committed texts of scripts/goldens/templates.py, byte for byte.
#![cfg(feature = "template")]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{collections::HashMap, fs, path::PathBuf, time::SystemTime};

use serde::Deserialize;
use serde_json::{Map, Value};
use toolrm_backends::template::{ChatTemplate, Ending, TemplateError, TemplateInput};
use toolrm_core::call::{Message, Tool};

#[derive(Deserialize)]
struct Goldens {
    now: [String; 1],
    tools: Vec<Tool>,
    conversations: Vec<Conversation>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Conversation {
    name: String,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Case {
    template: String,
    conversation: String,
    tools: bool,
    options: Map<String, Value>,
    text: Option<String>,
    raised: Option<String>,
    error: Option<String>,
}

fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn template(name: &str, now: SystemTime) -> ChatTemplate {
    let source = fs::read_to_string(tests().join("fixtures/templates").join(format!("{name}.jinja"))).unwrap();
    let template = ChatTemplate::new(source).unwrap();
    template.with_token("bos_token", "<s>").with_token("eos_token", "</s>").with_clock(move || now)
}

fn input<'a>(goldens: &'a Goldens, case: &Case, messages: &'a [Message]) -> TemplateInput<'a> {
    let mut input = TemplateInput::new(messages);
    if case.tools {
        input = input.with_tools(&goldens.tools);
    }
    for (name, value) in &case.options {
        input = match name.as_str() {
            "add_generation_prompt" => input.with_generation_prompt(),
            "continue_final_message" => input.with_ending(Ending::Continue),
            _ => input.with_variable(name, value.clone()),
        };
    }
    input
}

#[test]
fn texts_and_errors_are_those_of_transformers() {
    let json = fs::read_to_string(tests().join("goldens/templates.json")).unwrap();
    let goldens: Goldens = serde_json::from_str(&json).unwrap();
    let now: jiff::civil::DateTime = goldens.now[0].parse().unwrap();
    let now = now.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().into();
    let messages: HashMap<_, _> = goldens.conversations.iter().map(|c| (c.name.as_str(), &c.messages)).collect();
    let mut templates = HashMap::new();
    let (mut texts, mut wrong) = (0, Vec::new());
    for case in &goldens.cases {
        let template = templates.entry(&case.template).or_insert_with(|| template(&case.template, now));
        let found = template.render(&input(&goldens, case, messages[case.conversation.as_str()]));
        let right = match (&found, &case.text, &case.raised, &case.error) {
            (Ok(found), Some(text), None, None) => {
                texts += 1;
                found == text
            }
            (Err(TemplateError::Raised { message }), None, Some(raised), None) => message == raised,
            (Err(TemplateError::Render { .. } | TemplateError::Input { .. }), None, None, Some(_)) => true,
            _ => false,
        };
        if !right {
            let Case { template, conversation, tools, options, text, raised, error } = case;
            wrong.push(format!(
                "{template}, {conversation}, tools: {tools}, {options:?}\nfound    {found:?}\nexpected {text:?} {raised:?} {error:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), goldens.cases.len(), wrong.join("\n\n"));
    assert!(texts > 300, "only {texts} texts were compared");
}
