//! Small invented trees, whole and broken.

use std::{fs, path::Path};

use serde_json::json;

use super::*;

const SIMPLE: &str = "BFCL_v4_simple_python.json";
const SIMPLE_ANSWERS: &str = "possible_answer/BFCL_v4_simple_python.json";
const MISSED: &str = "BFCL_v4_multi_turn_miss_func.json";
const MISSED_ANSWERS: &str = "possible_answer/BFCL_v4_multi_turn_miss_func.json";
const TICKETS: &str = "multi_turn_func_doc/ticket_api.json";

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn simple(number: usize) -> Value {
    json!({"id": format!("simple_python_{number}"), "question": [[user("Boil  two eggs.")]],
        "function": [{"name": "boil", "parameters": {"type": "dict", "properties": {"eggs": {"type": "float"}}, "required": ["eggs"]}}]})
}

fn answer(number: usize) -> Value {
    json!({"id": format!("simple_python_{number}"), "ground_truth": [{"boil": {"eggs": [2.0]}}]})
}

fn ticket(name: &str) -> Value {
    json!({"name": name, "parameters": {"type": "dict", "properties": {}}})
}

/// The files of a small whole package.
fn package() -> BTreeMap<&'static str, Vec<Value>> {
    let missed = json!({"id": "multi_turn_miss_func_0", "question": [[user("Close ticket 7.")], []],
        "initial_config": {"TicketAPI": {"open": [7]}}, "involved_classes": ["TicketAPI"], "missed_function": {"1": ["close"]}});
    BTreeMap::from([
        (SIMPLE, vec![simple(10), simple(9)]),
        (SIMPLE_ANSWERS, vec![answer(9), answer(10)]),
        (MISSED, vec![missed]),
        (MISSED_ANSWERS, vec![json!({"id": "multi_turn_miss_func_0", "ground_truth": [[], ["close(7)"]]})]),
        (TICKETS, vec![ticket("list"), ticket("close")]),
        ("BFCL_v4_memory.json", vec![json!("not read")]),
        ("result/m/BFCL_v4_simple_python_result.json", vec![json!("not read")]),
        ("unused/question/BFCL_v4_rest.json", vec![json!("not read")]),
    ])
}

fn write(folder: &Path, files: &BTreeMap<&'static str, Vec<Value>>) {
    for (path, lines) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        fs::write(
            path,
            lines.join(
                "
",
            ),
        )
        .unwrap();
    }
}

fn load(files: &BTreeMap<&'static str, Vec<Value>>) -> Result<Questions, DataError> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    Questions::load(&Tree::open(folder.path())?)
}

/// What is said when a line of the package is changed: without the folder.
fn fault(file: &'static str, line: usize, change: impl FnOnce(&mut Value)) -> String {
    let mut files = package();
    change(&mut files.get_mut(file).unwrap()[line]);
    said(&files)
}

fn said(files: &BTreeMap<&'static str, Vec<Value>>) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    let error = Questions::load(&Tree::open(folder.path()).unwrap()).unwrap_err().to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_package_is_read_whole_and_in_order() {
    let questions = load(&package()).unwrap();
    let ids: Vec<_> = questions.iter().map(|q| q.id.as_str()).collect();
    assert_eq!(ids, ["simple_python_9", "simple_python_10", "multi_turn_miss_func_0"]);
    let simple = questions.get("simple_python_9").unwrap();
    assert_eq!(simple.gold, Some(json!([{"boil": {"eggs": [2.0]}}])));
    assert_eq!(simple.toolset().unwrap().names().collect::<Vec<_>>(), ["boil"]);
    assert_eq!(simple.task().unwrap().metadata().get("category"), Some(&json!("simple_python")));
    let tens = questions.get("simple_python_10").unwrap();
    assert!(Arc::ptr_eq(&simple.toolset().unwrap(), &tens.toolset().unwrap()), "the same tools are built once");
    assert_eq!(questions.by_text(Category::SimplePython, "Boil two\neggs.").count(), 2);
    assert_eq!(questions.counts(), BTreeMap::from([(Category::SimplePython, 2), (Category::MultiTurnMissFunc, 1)]));
}

#[test]
fn tools_of_several_turns_come_with_their_classes_and_late_ones_late() {
    let questions = load(&package()).unwrap();
    let question = questions.get("multi_turn_miss_func_0").unwrap();
    let names = |turn| question.toolset_at(turn).unwrap().names().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((names(0), names(1)), (vec!["list".to_owned()], vec!["list".to_owned(), "close".to_owned()]));
    assert_eq!(question.missed_functions, BTreeMap::from([(1, vec![ticket("close")])]));
    assert_eq!(question.initial_config, json!({"TicketAPI": {"open": [7]}}));
    assert!(question.turns[1].is_empty());
}

#[test]
fn packaging_does_not_change_the_fingerprint_and_content_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut deeper = package();
    deeper.insert("deep/BFCL_v4_simple_python.json", deeper[SIMPLE].iter().rev().cloned().collect());
    deeper.remove(SIMPLE);
    write(folder.path(), &deeper);
    let fingerprint = load(&package()).unwrap().fingerprint();
    assert_eq!(Questions::load(&Tree::open(folder.path()).unwrap()).unwrap().fingerprint(), fingerprint);
    let mut other = package();
    other.get_mut(SIMPLE_ANSWERS).unwrap()[0]["ground_truth"][0]["boil"]["eggs"] = json!([3.0]);
    assert_ne!(load(&other).unwrap().fingerprint(), fingerprint);
}

#[test]
fn what_is_there_twice_or_not_at_all_is_named() {
    let twice = fault(SIMPLE, 1, |line| *line = simple(10));
    assert_eq!(
        twice,
        format!("{SIMPLE}:2: /id: \"simple_python_10\" occurs twice: first at {SIMPLE}:1; remove one of the two")
    );
    let mut files = package();
    files.remove(SIMPLE_ANSWERS);
    assert!(
        said(&files)
            .starts_with(&format!("{SIMPLE}:1: no accepted answers of \"simple_python_10\" in {SIMPLE_ANSWERS}"))
    );
    let mut files = package();
    files.get_mut(SIMPLE).unwrap().remove(0);
    assert!(
        said(&files)
            .starts_with(&format!("{SIMPLE_ANSWERS}:2: /id: accepted answers of \"simple_python_10\", a question"))
    );
    let mut files = package();
    files.remove(TICKETS);
    assert!(
        said(&files).starts_with(&format!("{MISSED}:1: /involved_classes/0: the tools of TicketAPI are not there"))
    );
    files.insert("copy/multi_turn_func_doc/ticket_api.json", vec![]);
    files.insert(TICKETS, vec![]);
    assert!(said(&files).contains("\"ticket_api.json\" occurs twice"), "{}", said(&files));
    let empty = said(&BTreeMap::new());
    assert!(
        empty.contains("no file BFCL_v4_CATEGORY.json") && empty.contains("give the wheel of bfcl-eval"),
        "{empty}"
    );
}

#[test]
fn names_that_are_no_categories_are_not_passed_over() {
    let mut files = package();
    files.insert("BFCL_v4_foo.json", vec![]);
    assert!(said(&files).starts_with("BFCL_v4_foo.json: unknown category \"foo\"; known are simple_python"));
    assert!(said(&files).ends_with("remove the file, or rename it after its category"));
    let moved = fault(SIMPLE, 0, |line| line["id"] = json!("multiple_10"));
    assert!(moved.starts_with(&format!("{SIMPLE}:1: /id: \"multiple_10\" is no id of simple_python")), "{moved}");
    let class = fault(MISSED, 0, |line| line["involved_classes"] = json!(["RobotAPI"]));
    assert!(class.contains("unknown class \"RobotAPI\"; known are GorillaFileSystem, MathAPI"), "{class}");
    let mut files = package();
    files.insert(
        "BFCL_v4_irrelevance.json",
        vec![json!({"id": "irrelevance_0", "question": [[user("Hm?")]], "function": []})],
    );
    assert_eq!(load(&files).unwrap().get("irrelevance_0").unwrap().gold, None);
    files.insert("possible_answer/BFCL_v4_irrelevance.json", vec![json!({"id": "irrelevance_0", "ground_truth": []})]);
    assert!(said(&files).contains("accepted answers in irrelevance, where calls are not compared; remove the file"));
}

#[test]
fn wrong_shapes_are_pointed_at() {
    type Change = fn(&mut Value);
    let cases: [(&'static str, Change, &str); 14] = [
        (SIMPLE, |l| *l = json!([1]), ": expected an object, found a list; write {\"id\""),
        (SIMPLE, |l| l["id"] = json!(3), ": /id: expected a string, found a number"),
        (SIMPLE, |l| drop(l.as_object_mut().unwrap().remove("question")), ": \"question\" is missing"),
        (SIMPLE, |l| l["question"] = json!([]), ": /question: expected one turn, found 0"),
        (SIMPLE, |l| l["question"] = json!([[]]), ": /question/0: a turn without messages"),
        (SIMPLE, |l| l["question"][0][0]["role"] = json!("robot"), ": /question/0/0/role: \"robot\" is no role"),
        (SIMPLE, |l| l["function"] = json!({}), ": /function: expected a list, found an object"),
        (SIMPLE, |l| l["function"][0] = json!("f"), ": /function/0: expected an object"),
        (SIMPLE_ANSWERS, |l| l["ground_truth"] = json!("f(1)"), ": /ground_truth: expected a list"),
        (SIMPLE_ANSWERS, |l| l["ground_truth"][0]["g"] = json!({}), ": /ground_truth/0: expected one name, found 2"),
        (
            SIMPLE_ANSWERS,
            |l| l["ground_truth"][0]["boil"]["eggs"] = json!(2),
            ": /ground_truth/0/boil/eggs: expected a list",
        ),
        (
            MISSED_ANSWERS,
            |l| l["ground_truth"] = json!([[]]),
            ": /ground_truth: answers of 1 turns, where the question has 2",
        ),
        (MISSED, |l| l["missed_function"]["1"] = json!(["shut"]), ": /missed_function/1/0: no tool \"shut\""),
        (MISSED, |l| l["missed_function"] = json!({"1": [], "4": []}), ": /question: no turn 4"),
    ];
    for (file, change, expected) in cases {
        let said = fault(file, 0, change);
        assert!(said.starts_with(&format!("{file}:1{expected}")), "{said}\nexpected {expected}");
    }
}

#[test]
fn tools_that_are_none_are_a_fault_of_the_question() {
    let mut files = package();
    files.get_mut(SIMPLE).unwrap()[0]["function"][0]["name"] = json!("");
    let questions = load(&files).unwrap();
    let fault = questions.get("simple_python_10").unwrap().toolset().unwrap_err();
    assert!(fault.to_string().starts_with("/function: "), "{fault}");
}
