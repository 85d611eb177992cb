//! What the official checker says about invented questions and answers (`tests/golden/make_checker_golden.py`), and ours: the same.

#![allow(clippy::unwrap_used, reason = "a test's helpers")]

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use serde_json::Value;
use toolrm_bench::bfcl::{
    category::Category,
    checker::{Answer, Checker, ErrorType, Verdict},
};
use toolrm_core::call::ToolCall;

#[derive(Deserialize)]
struct Question {
    category: Category,
    function: Value,
    ground_truth: Value,
    underscore_to_dot: bool,
    answers: Vec<(Value, Said)>,
}

/// What the official checker said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
enum Said {
    Right(bool),
    Wrong(String),
    Raised { raised: String },
}

/// The folder of golden values: the committed one, or one with more of them.
fn golden(name: &str) -> String {
    let folder = std::env::var_os("TOOLRM_CHECKER_GOLDEN")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), PathBuf::from);
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn is_said(said: &Said, verdict: Option<Verdict>) -> bool {
    match (said, verdict) {
        (Said::Right(_), Some(verdict)) => verdict.valid && verdict.error_type.is_none(),
        (Said::Wrong(code), Some(verdict)) => !verdict.valid && verdict.error_type.map(ErrorType::code) == Some(code),
        (Said::Raised { .. }, None) => true,
        _ => false,
    }
}

/// The calls as the project's own, where they can be.
fn tool_calls(calls: &Value) -> Option<Vec<ToolCall>> {
    let call = |call: &Value| {
        let (name, arguments) = call.as_object().filter(|call| call.len() == 1)?.iter().next()?;
        arguments.is_object().then(|| ToolCall::new(name.clone(), arguments.clone()))
    };
    calls.as_array()?.iter().map(call).collect()
}

#[test]
fn every_verdict_is_the_official_one() {
    let mut seen = BTreeMap::<String, usize>::new();
    let mut different = Vec::new();
    for (i, line) in golden("checker.json").split('\n').filter(|line| !line.is_empty()).enumerate() {
        let question: Question = serde_json::from_str(line).unwrap();
        let Question { category, function, ground_truth, underscore_to_dot, answers } = question;
        let checker = Checker::new(category, &function, &ground_truth, underscore_to_dot).unwrap();
        for (calls, said) in answers {
            let verdict = checker.check(Answer::unscreened(&calls));
            if !is_said(&said, verdict.clone().ok()) {
                different.push(format!("question {}: {calls}\n    {said:?}, ours {verdict:?}", i + 1));
            }
            let explained = checker.explain(Answer::unscreened(&calls));
            assert_eq!(explained.clone().map(|explained| explained.verdict), verdict, "in words the same");
            if let Ok(explained) = explained
                && explained.verdict.error_type != Some(ErrorType::DictUnclear)
            {
                assert_eq!(explained.verdict.valid, explained.errors.is_empty(), "what is wrong has words: {calls}");
            }
            // What has the form of calls is judged alike, whatever it comes as; the rest has the wrong form.
            let decides_form =
                !matches!(category, Category::Irrelevance | Category::LiveIrrelevance | Category::LiveRelevance);
            match tool_calls(&calls) {
                Some(own) => {
                    assert_eq!(checker.check(&calls), verdict, "screened: {calls}");
                    assert_eq!(checker.check(own.as_slice()), verdict, "as tool calls: {calls}");
                }
                None if decides_form => {
                    let error_type = checker.check(&calls).unwrap().error_type;
                    assert_eq!(
                        error_type,
                        Some(if calls.is_null() { ErrorType::Undecodable } else { ErrorType::WrongFormat })
                    );
                }
                None => {}
            }
            let code = match said {
                Said::Right(_) => "right".to_owned(),
                Said::Wrong(code) => code,
                Said::Raised { .. } => "raised".to_owned(),
            };
            *seen.entry(code).or_default() += 1;
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    // The answers are worth something: nearly every way to be wrong is among them.
    for error in ErrorType::ALL {
        let of_the_runner = matches!(error, ErrorType::Undecodable | ErrorType::WrongFormat);
        assert!(of_the_runner || seen.contains_key(error.code()), "no answer is wrong by {error}");
    }
    assert!(seen["right"] > 100 && seen["raised"] > 20, "{seen:?}");
    println!("{seen:#?}");
}
