//! Invented trees in every layout.

use std::path::Path;

use serde_json::{Value, json};
use toolrm_core::call::Action;
use toolrm_data::{DataError, tree::Tree};

use super::{Recordings, SourceNames, read};
use crate::bfcl::{category::Category, question::Questions};

pub(crate) fn write(root: &Path, inside: &str, lines: &[Value]) {
    let path = root.join(inside);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(path, lines.join("\n")).unwrap();
}

fn question(id: &str, text: &str) -> Value {
    json!({"id": id, "question": [[{"role": "user", "content": text}]], "function": [
        {"name": "geo.area", "description": "d", "parameters": {"type": "dict", "properties": {"b": {"type": "integer", "description": "d"}}, "required": ["b"]}}]})
}

fn questions(root: &Path) -> Questions {
    write(
        root,
        "BFCL_v4_simple_python.json",
        &[question("simple_python_0", "Area of 1?"), question("simple_python_2", "Area of 2?")],
    );
    let gold = |id: &str, b: u64| json!({"id": id, "ground_truth": [{"geo.area": {"b": [b]}}]});
    write(
        root,
        "possible_answer/BFCL_v4_simple_python.json",
        &[gold("simple_python_0", 1), gold("simple_python_2", 2)],
    );
    write(root, "BFCL_v4_irrelevance.json", &[question("irrelevance_0", "A poem?")]);
    write(
        root,
        "BFCL_v4_live_relevance.json",
        &[question("live_relevance_0-0-0", "Area of 5?"), question("live_relevance_1-1-0", "Area of 6?")],
    );
    Questions::load(&Tree::open(root).unwrap()).unwrap()
}

fn reading(files: &[(&str, &[Value])]) -> Result<Recordings, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let questions = questions(&folder.path().join("q"));
    let runs = folder.path().join("runs");
    for (path, lines) in files {
        write(&runs, path, lines);
    }
    let tree = Tree::open(&runs).unwrap();
    let read = read(&tree, &questions, &SourceNames::default(), |_| true, &mut |_| ())?;
    let kept = read.answers.len() + read.dialogues.len();
    assert_eq!(read.census.lines, kept as u64 + read.census.left_out_in_all());
    Ok(read)
}

fn text(id: &str, result: &str) -> Value {
    json!({"id": id, "result": result})
}

#[test]
fn the_layouts_of_all_versions_give_the_same_recordings() {
    let head = json!({"accuracy": 0.5, "correct_count": 1, "total_count": 2});
    let failed = |id: Value| json!({"id": id, "valid": false, "error_type": "value_error:others", "error": ["no"]});
    let read = reading(&[
        (
            "HuanzhiMao__BFCL-Result/r/result/old/gorilla_openfunctions_v1_test_simple_result.json",
            &[text("simple_0", "geo_area(b=1)"), text("simple_2", "geo_area(b=7)")],
        ),
        ("HuanzhiMao__BFCL-Result/r/score/old/simple_score.json", &[head.clone(), failed(json!(3))]),
        (
            "mine/result/v3/BFCL_v3_simple_result.json",
            &[text("simple_0", "[geo.area(1)]"), text("simple_2", "<think>7?</think>[geo.area(b=7)]")],
        ),
        ("mine/score/v3/BFCL_v3_simple_score.json", &[head.clone(), failed(json!("simple_2"))]),
        (
            "result/v4/non_live/BFCL_v4_simple_python_result.json",
            &[
                json!({"id": "simple_python_0", "result": [{"geo.area": "{\"b\": 1}"}]}),
                text("simple_python_2", "[geo.area(b=7)]"),
            ],
        ),
        ("score/v4/non_live/BFCL_v4_simple_python_score.json", &[head, failed(json!("simple_python_2"))]),
    ])
    .unwrap();
    let models: Vec<_> = read.answers.iter().map(|r| (&*r.model, r.id.as_str())).collect();
    let expected = ["bfcl-result:old", "mine:v3", "v4"];
    assert_eq!(models[..3], expected.map(|model| (model, "simple_python_0")));
    assert_eq!(models[3..], expected.map(|model| (model, "simple_python_2")));
    for recording in &read.answers {
        let right = recording.id == "simple_python_0";
        assert_eq!(recording.published.as_ref().unwrap().valid, right, "{recording:?}");
        let Action::Calls(calls) = &recording.answer.action else { panic!("{recording:?}") };
        assert_eq!(calls[0].arguments, json!({"b": if right { 1 } else { 7 }}), "{recording:?}");
    }
    assert_eq!(read.answers[4].answer.reasoning.as_deref(), Some("7?"));
}

#[test]
fn what_is_no_answer_is_left_out_and_counted() {
    let read = reading(&[
        (
            "a/m/BFCL_v4_irrelevance_result.json",
            &[
                text("irrelevance_0", "Error during inference: 500"),
                text("irrelevance_0", "No tool writes poems."),
                text("irrelevance_0", "Really none."),
                text("irrelevance_9", "None."),
            ],
        ),
        ("a/m/BFCL_v4_memory_kv_result.json", &[text("memory_kv_0", "x")]),
    ])
    .unwrap();
    assert_eq!(read.answers.len(), 1);
    assert_eq!(read.answers[0].answer.action.text(), Some("No tool writes poems."));
    let left: Vec<_> = read.census.left_out.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    assert_eq!(
        left,
        [
            ("answered before by the same model", 1),
            ("api error: inference", 1),
            ("other category: memory_kv", 1),
            ("question not known: irrelevance", 1),
        ]
    );
}

#[test]
fn version_3_relevance_is_found_by_what_it_asks() {
    let failed = json!({"id": "live_relevance_7-7-0", "valid": false, "prompt": {"id": "live_relevance_7-7-0",
        "question": [[{"role": "user", "content": "Area  of 6?"}]]}});
    let read = reading(&[
        (
            "a/m/BFCL_v3_live_relevance_result.json",
            &[text("live_relevance_7-7-0", "No."), text("live_relevance_13-13-0", "No.")],
        ),
        ("a/m/BFCL_v3_live_relevance_score.json", &[failed]),
    ])
    .unwrap();
    assert_eq!(read.answers.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["live_relevance_1-1-0"]);
    assert_eq!(read.answers[0].category, Category::LiveRelevance);
    assert!(!read.answers[0].published.as_ref().unwrap().valid);
    assert_eq!(read.census.left_out_in_all(), 1);
}

#[test]
fn lines_of_another_shape_are_errors_with_their_place() {
    let error = |line: Value| {
        let good = text("irrelevance_0", "No.");
        reading(&[("a/m/BFCL_v4_irrelevance_result.json", &[good, line])]).unwrap_err().to_string()
    };
    let said = error(json!({"id": "irrelevance_0"}));
    assert!(said.contains("BFCL_v4_irrelevance_result.json:2: \"result\" is missing; expected a line"), "{said}");
    assert!(error(json!({"result": "x"})).contains("\"id\" is missing"));
    assert!(error(json!(["x"])).contains("not an object"));
    let said = reading(&[("notes/m/readme.json", &[json!({})])]).unwrap_err().to_string();
    assert!(said.contains("no result files in it; give a folder or archive"), "{said}");
}
