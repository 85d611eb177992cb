//! What transformers cannot show: sources of templates, errors, limits. That texts are equal is shown by tests/templates.rs.

use std::{
    fs,
    time::{Duration, Instant, SystemTime},
};

use proptest::prelude::*;
use serde_json::json;
use toolrm_core::{
    call::{Content, Message, Role, Tool, ToolCall},
    error::{ErrorKind, JudgeError},
};

use super::{ChatTemplate, Ending, TemplateError, TemplateInput};
use crate::error::LoadError;

/// Pieces of templates, and of texts.
const JINJA: &str = "\\{%-? ?|-?%\\}|\\{\\{|\\}\\}|\\{#|#\\}|if |endif|for m in messages|endfor|generation|endgeneration|messages|\\.content|\\| ?tojson|'a'|\\[::-1\\]|set x = |[\n -~]|\\PC";

fn render(source: &str) -> Result<String, TemplateError> {
    ChatTemplate::new(source)?.render(&TemplateInput::new(&[Message::user("Hi")]))
}

#[test]
fn a_template_that_does_not_compile_names_the_line() {
    for (source, line) in [("a\n{% if %}", 2), ("{{ 'x' }}\n\n{% for m in messages %}", 3), ("{% frobnicate %}", 1)] {
        match ChatTemplate::new(source).unwrap_err() {
            TemplateError::Compile { line: found, what } => assert_eq!(found, Some(line), "{what}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_template_that_fails_names_the_line() {
    for source in
        ["\n{{ nothing.at.all }}", "\n{{ 1 + 'a' }}", "\n{{ messages | no_such_filter }}", "\n{{ {} | tojson(x=1) }}"]
    {
        match render(source).unwrap_err() {
            TemplateError::Render { line, what } => assert_eq!(line, Some(2), "{source}: {what}"),
            TemplateError::Compile { .. } => {}
            other => panic!("{other}"),
        }
    }
}

#[test]
fn what_the_template_raises_is_told_apart() {
    let error = render("{% macro m() %}{{ raise_exception('no ' ~ 1) }}{% endmacro %}{{ m() }}").unwrap_err();
    assert!(matches!(&error, TemplateError::Raised { message } if message == "no 1"), "{error:?}");
    assert_eq!(JudgeError::from(error).kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_template_without_end_is_stopped() {
    let start = Instant::now();
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let recursion = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
    for source in [loops, recursion] {
        assert!(matches!(render(source), Err(TemplateError::Render { .. })), "{source}");
    }
    assert!(start.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_long_conversation_is_no_endless_one() {
    let source = include_str!("../../tests/fixtures/templates/qwen3.jinja");
    let schema = json!({"type": "object", "properties": {"city": {"type": "string", "description": "x".repeat(2000)}}});
    let tools: Vec<_> = (0..200).map(|n| Tool::new(format!("tool_{n}"), schema.clone())).collect();
    let call = ToolCall::new("tool_1", json!({"city": "x".repeat(2000)}));
    let turn = [Message::user("x".repeat(4000)), Message::calls(vec![call]), Message::tool("", "x".repeat(4000))];
    let messages: Vec<_> = std::iter::repeat_n(turn, 300).flatten().collect();
    let text = ChatTemplate::new(source).unwrap().render(&TemplateInput::new(&messages).with_tools(&tools)).unwrap();
    assert!(text.len() > 3_000_000, "{}", text.len());
}

proptest! {
    #[test]
    fn any_text_is_a_template_or_an_error(parts in proptest::collection::vec(JINJA, 0..12)) {
        let _ = render(&parts.concat());
    }
}

#[test]
fn conversations_that_cannot_be_written_are_refused() {
    let template = ChatTemplate::new("{% for m in messages %}{{ m.content }}{% endfor %}").unwrap();
    let refused = |messages: &[Message], ending| match template
        .render(&TemplateInput::new(messages).with_ending(ending))
        .unwrap_err()
    {
        TemplateError::Input { what } => what,
        other => panic!("{other}"),
    };
    assert!(refused(&[], Ending::Closed).contains("empty"));
    let image = serde_json::from_value(json!([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]));
    let image = Message::new(Role::User, Content::Parts(image.unwrap()));
    assert!(refused(&[image], Ending::Closed).contains("image_url"));
    assert!(refused(&[Message::calls(vec![])], Ending::Continue).contains("no text"));
    let deaf = ChatTemplate::new("{% for m in messages %}{{ m['con' ~ 'tent'] | upper }}{% endfor %}").unwrap();
    let input = [Message::assistant("abc")];
    assert!(deaf.render(&TemplateInput::new(&input).with_ending(Ending::Continue)).is_err());
}

#[test]
fn text_parts_are_read_as_one_text() {
    let parts = serde_json::from_value(json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])).unwrap();
    let template = ChatTemplate::new("{{ messages[0].content }}").unwrap();
    let text = template.render(&TemplateInput::new(&[Message::new(Role::User, Content::Parts(parts))]));
    assert_eq!(text.unwrap(), "a\nb");
}

#[test]
fn variables_go_before_special_tokens() {
    let template = ChatTemplate::new("{{ bos_token }} {{ eos_token }} {{ x | tojson }}").unwrap();
    let template = template.with_token("bos_token", "<s>").with_token("eos_token", "</s>");
    let messages = [Message::user("")];
    let input =
        TemplateInput::new(&messages).with_variable("eos_token", "<end>").with_variable("x", json!({"b": 1, "a": 2}));
    assert_eq!(template.render(&input).unwrap(), "<s> <end> {\"b\": 1, \"a\": 2}");
}

#[test]
fn the_clock_can_be_set_and_a_wrong_format_is_an_error() {
    let template = |source: &str| {
        let later = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365);
        ChatTemplate::new(source).unwrap().with_clock(move || later)
    };
    let messages = [Message::user("")];
    let input = TemplateInput::new(&messages);
    let text = template("{{ strftime_now('%d %B %Y, %A, %H:%M:%S %j') }}").render(&input).unwrap();
    assert_eq!(text, "01 January 1971, Friday, 00:00:00 001");
    assert!(matches!(template("{{ strftime_now('%') }}").render(&input), Err(TemplateError::Render { .. })));
    let today = ChatTemplate::new("{{ strftime_now('%Y') }}").unwrap().render(&input).unwrap();
    assert!(today.parse::<u32>().unwrap() >= 2025);
}

#[test]
fn generation_blocks_have_a_scope_and_no_effect() {
    let source = "a\n  {% generation %}\nb{% set x = 1 %}\n{%- endgeneration -%}\n c{{ x is defined }}";
    assert_eq!(render(source).unwrap(), "a\nbcFalse");
    assert_eq!(render("{%- generation -%} x {%- endgeneration %}").unwrap(), "x");
    assert_eq!(
        render("{{ 'generation' }} {% if true %}{{ 'endgeneration' }}{% endif %}").unwrap(),
        "generation endgeneration"
    );
}

#[test]
fn json_of_what_is_none_is_an_error() {
    assert_eq!(
        render("{{ {1: 2, none: true, 1.5: ()} | tojson }}").unwrap(),
        "{\"1\": 2, \"null\": true, \"1.5\": []}"
    );
    assert_eq!(render("{{ ('a',) }} {{ () }} {{ [1] + [2] }}").unwrap(), "('a',) () [1, 2]");
    for source in ["{{ nothing | tojson }}", "{{ [nothing] | tojson }}", "{{ namespace | tojson }}"] {
        assert!(matches!(render(source), Err(TemplateError::Render { .. })), "{source}");
    }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What the folder's template writes without tools and with.
fn both(files: &[(&str, &str)]) -> (String, String) {
    let template = ChatTemplate::from_folder(folder(files).path()).unwrap().unwrap();
    let messages = [Message::user("")];
    let tools = [Tool::new("t", json!({}))];
    let input = TemplateInput::new(&messages);
    (template.render(&input).unwrap(), template.render(&input.with_tools(&tools)).unwrap())
}

fn same(text: &str) -> (String, String) {
    (text.to_owned(), text.to_owned())
}

#[test]
fn templates_are_found_in_all_places() {
    let in_config =
        ("tokenizer_config.json", r#"{"chat_template": "config {{ bos_token }}", "bos_token": {"content": "<b>"}}"#);
    let map = ("special_tokens_map.json", r#"{"bos_token": "<m>", "eos_token": "<e>"}"#);
    let in_json = ("chat_template.json", r#"{"chat_template": "json {{ eos_token }}"}"#);
    let jinja = ("chat_template.jinja", "jinja");
    let more = ("additional_chat_templates/tool_use.jinja", "more");
    assert_eq!(both(&[in_config, map, in_json]), same("config <b>"));
    assert_eq!(both(&[map, in_json]), same("json <e>"));
    assert_eq!(both(&[in_config, jinja]), same("jinja"));
    assert_eq!(both(&[in_config, jinja, more]), ("jinja".to_owned(), "more".to_owned()));
    let list = r#"{"chat_template": [{"name": "default", "template": "d"}, {"name": "tool_use", "template": "t"}, {"name": "rag", "template": "{% if %}"}]}"#;
    assert_eq!(both(&[("tokenizer_config.json", list)]), ("d".to_owned(), "t".to_owned()));
    assert!(ChatTemplate::from_folder(folder(&[map]).path()).unwrap().is_none());
}

#[test]
fn a_folder_with_a_wrong_template_names_the_file() {
    let error = |files: &[(&str, &str)]| ChatTemplate::from_folder(folder(files).path()).unwrap_err();
    let found = error(&[("chat_template.jinja", "\n{% endif %}")]);
    assert!(
        matches!(&found, LoadError::Template { path, what } if path.ends_with("chat_template.jinja") && what.contains("line 2")),
        "{found}"
    );
    let found = error(&[("tokenizer_config.json", r#"{"chat_template": 1}"#)]).to_string();
    assert!(found.contains("neither a text nor a list"), "{found}");
    let found =
        error(&[("tokenizer_config.json", r#"{"chat_template": [{"name": "rag", "template": ""}]}"#)]).to_string();
    assert!(found.contains("none that is named \"default\""), "{found}");
    let found = error(&[("tokenizer_config.json", "{")]).to_string();
    assert!(found.contains("tokenizer_config.json: is not a JSON object"), "{found}");
}
