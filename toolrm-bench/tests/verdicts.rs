//! The official checker's recorded verdicts, and ours on the same answers: all of them agree.

mod common;

use common::{data, questions};
use serde_json::Value;
use toolrm_bench::bfcl::{
    category::Category,
    checker::{Answer, Checker},
    verdicts::{Question, compare},
};
use toolrm_data::input::Input;

#[test]
fn every_recorded_verdict_is_ours() {
    let test = "every_recorded_verdict_is_ours";
    let Some(verdicts) = data(test, "eval/bfcl_verdicts.jsonl.zst") else { return };
    let Some(questions) = questions(test) else { return };
    let found = |id: &str| {
        let question = questions.get(id)?;
        Some(Question { functions: &question.functions, ground_truth: question.gold.as_ref() })
    };
    let agreement = compare(Input::open(&verdicts).unwrap(), found, |_| {});
    let agreement = agreement.unwrap();
    for (category, counts) in &agreement.categories {
        println!("{category:<24} {counts:?}");
    }
    println!("{:<24} {:?}", "all", agreement.all);
    let first: Vec<_> = agreement.disagreements.iter().take(20).map(|d| serde_json::to_string(d).unwrap()).collect();
    assert!(agreement.disagreements.is_empty(), "{} differ:\n{}", agreement.disagreements.len(), first.join("\n"));
    assert!(agreement.all.total > 10_000, "{:?}", agreement.all);
    assert_eq!(agreement.all.agree_valid, agreement.all.total);
    assert_eq!(agreement.all.agree_error_type, agreement.all.total);
}

/// What the official checker said in words is recorded too.
#[test]
fn every_recorded_wrong_answer_is_explained_as_officially() {
    let test = "every_recorded_wrong_answer_is_explained_as_officially";
    let Some(verdicts) = data(test, "eval/bfcl_verdicts.jsonl.zst") else { return };
    let Some(questions) = questions(test) else { return };
    let (mut total, mut different) = (0, Vec::new());
    let mut lines = Input::open(&verdicts).unwrap();
    while let Some((_, line)) = lines.next_line().unwrap() {
        let record: Value = serde_json::from_str(line).unwrap();
        let category: Category = serde_json::from_value(record["category"].clone()).unwrap();
        if record["valid"] == true || category == Category::LiveRelevance {
            continue;
        }
        let question = questions.get(record["id"].as_str().unwrap()).unwrap();
        let ground_truth = question.gold.as_ref().unwrap_or(&Value::Null);
        let underscore_to_dot = record["underscore_to_dot"] == true;
        let checker = Checker::new(category, &question.functions, ground_truth, underscore_to_dot).unwrap();
        let errors = Value::Array(checker.explain(Answer::unscreened(&record["calls"])).unwrap().errors);
        total += 1;
        if errors != record["error"] {
            different.push(format!("{}\n    {}\n    {errors}", record["id"], record["error"]));
        }
    }
    println!("{} of {total} texts differ", different.len());
    assert!(different.is_empty(), "{} of {total} differ:\n{}", different.len(), different.join("\n"));
}
