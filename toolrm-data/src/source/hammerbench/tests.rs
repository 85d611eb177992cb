use serde_json::json;

use super::*;
use crate::source::{
    Quarantined,
    testing::{apart, read_files},
};

fn tool(name: &str) -> Value {
    json!({"name": name, "parameters": {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}})
}

fn dialogue(id: u64, messages: &[(&str, Value)]) -> String {
    let messages: Vec<_> = messages.iter().map(|(role, content)| json!({"role": role, "content": content})).collect();
    json!({"id": id, "multiple_tools": [tool("f"), tool("g")], "messages": messages}).to_string()
}

fn called(name: &str, arguments: &Value) -> Value {
    json!({"name": name, "arguments": arguments})
}

fn one_in(path: &str, text: &str) -> Trajectory {
    let files: [(&str, &[u8]); 2] = [(path, text.as_bytes()), ("README.md", b"")];
    let (mut trajectories, quarantined) = apart(read_files(&HammerBench, &files).unwrap());
    assert!(quarantined.is_empty() && trajectories.len() == 1, "{quarantined:?}");
    trajectories.remove(0)
}

const PATH: &str = "data/en/multi-turn/HammerBench_mSv.json";

#[test]
fn questions_are_steps_and_success_is_a_result() {
    let both = called("f", &json!({"a": "1", "b": "2"}));
    let text = dialogue(
        0,
        &[
            ("user", json!("Go.")),
            ("function call", called("f", &json!({"a": "1", "b": ""}))),
            ("assistant", json!("And b?")),
            ("user", json!("2")),
            ("function call", both.clone()),
            ("assistant", json!("success")),
            ("user", json!("Again.")),
            ("function call", both),
        ],
    );
    let made = one_in(PATH, &text);
    let roles: Vec<_> = made.messages.iter().map(|m| m.role.as_str()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "tool", "user", "assistant"]);
    assert_eq!((made.messages[1].text().as_ref(), made.messages[4].text().as_ref()), ("And b?", "success"));
    assert!(made.metadata.is_empty());
    assert_eq!(made.tools[0]["parameters"]["required"], json!(["a", "b"]));
}

#[test]
fn where_the_dialogue_ends_short_nothing_is_required() {
    let text = dialogue(0, &[("user", json!("Go.")), ("function call", called("f", &json!({"a": "1"})))]);
    let made = one_in(PATH, &text);
    assert_eq!(made.metadata["required_left_out"], true);
    assert!(made.tools.as_array().unwrap().iter().all(|tool| tool["parameters"].get("required").is_none()));
}

#[test]
fn a_tool_that_is_not_listed_is_said_not_to_be_there() {
    let text = dialogue(0, &[("user", json!("Go.")), ("function call", called("h", &json!({})))]);
    let made = one_in("data/en/single-turn/ir_ST_Perfect.json", &text);
    assert_eq!((made.messages.len(), made.messages[1].text().as_ref()), (2, UNSUITABLE));
    assert_eq!(made.id, "single-turn/ir_ST_Perfect/0");
}

/// What a model answered to a question and at the end, and the verdict on the latter.
fn logged(predicted: [&str; 2], accepted: bool) -> (Vec<Trajectory>, Vec<Quarantined>) {
    let turn = |input: &str, predict: &str, arguments: Value| json!({"input": input, "predict": predict, "label": called("f", &arguments)});
    let log = json!([{"FC_res": [
        turn("user:Go.", predicted[0], json!({"a": "X"})),
        turn("user:Go.\nassistant:And b?\nuser:2", predicted[1], json!({"a": "X", "b": 2})),
    ]}]);
    let files = [
        ("logs/GPT-4o/HammerBench_mSv/MT0/MT_res.json", log.to_string()),
        ("logs/GPT-4o/HammerBench_mSv/MT0/turn_flags_res.json", json!([[true, accepted]]).to_string()),
        ("data/en/multi-turn/correspond_id/correspond_id_mSv.json", "[7]".to_owned()),
        (PATH, dialogue(7, &[])),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    apart(read_files(&HammerBench, &files).unwrap())
}

#[test]
fn answers_have_the_verdict_where_it_can_be_the_whole_of_it() {
    let short = "```json\n{\"name\": \"f\", \"parameters\": {\"a\": \"x\", \"b\": \"\"}}\n```";
    let last = |b: &str| format!("{{\"name\": \"f\", \"parameters\": {{\"a\": \"x\", \"b\": {b}}}}}");
    let other = "{\"name\": \"g\", \"parameters\": {\"a\": \"x\"}}";
    for (answer, accepted, expected) in [
        (last("\"2\""), true, Ok(Some(true))),
        (last("\"2\""), false, Err("refused and the same")),
        (last("\"two\""), true, Ok(Some(true))),
        (last("\"3\""), false, Ok(Some(false))),
        (other.to_owned(), false, Ok(Some(false))),
        (other.to_owned(), true, Err("accepted with another tool")),
        ("Which b?".to_owned(), false, Ok(Some(false))),
        ("None".to_owned(), false, Err("an empty answer")),
    ] {
        let (read, quarantined) = logged([short, &answer], accepted);
        let asked = &read[0].answers[0];
        assert_eq!((asked.step, asked.published, read[0].id.as_str()), (1, None, "mSv/MT0/0"));
        assert_eq!(asked.answer.action.calls()[0].arguments, json!({"a": "x"}));
        match expected {
            Ok(published) => {
                assert_eq!((read[0].answers[1].step, read[0].answers[1].published), (3, published), "{answer}");
            }
            Err(reason) => {
                assert!(quarantined[0].fault.what.contains(reason), "{quarantined:?}");
                assert_eq!(quarantined[0].fault.pointer, "/0/FC_res/1/predict");
            }
        }
    }
    let (read, quarantined) = logged([&last("\"2\""), &last("2")], true);
    assert_eq!((read[0].answers.len(), quarantined.len()), (1, 1));
    assert!(quarantined[0].fault.what.contains("a turn that asks"), "{quarantined:?}");
}

#[test]
fn dialogues_without_published_tools_are_quarantined() {
    let files: [(&str, &[u8]); 2] =
        [("logs/m/HammerBench_Based/MT_res.json", b"[{\"FC_res\": []}]"), ("README.md", b"")];
    let (_, quarantined) = apart(read_files(&HammerBench, &files).unwrap());
    assert!(quarantined[0].fault.what.contains("whose tools are not published"), "{quarantined:?}");
}
