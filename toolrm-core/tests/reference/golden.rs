//! Golden values of an independent implementation: `tests/golden/reference.py`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    prelude::*,
    rules::reference::{Counts, EmptyArguments, Matching, ReferenceScorer, ToolRlReward},
};

use crate::support::{score, task};

#[derive(Deserialize)]
struct Case {
    gold: Answer,
    candidate: Answer,
    expected: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Calls(Vec<(String, Value)>),
    Words(String),
    Malformed(()),
}

impl From<Answer> for Action {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Calls(calls) => Self::Calls(calls.into_iter().map(|(n, a)| ToolCall::new(n, a)).collect()),
            Answer::Words(text) => Self::Text(text),
            Answer::Malformed(()) => Self::malformed("{", "truncated"),
        }
    }
}

fn scorer(name: &str) -> Box<dyn Scorer> {
    let (matching, partial) = match name.strip_suffix("_partial") {
        Some(matching) => (matching, true),
        None => (name, false),
    };
    let base = ReferenceScorer::new().with_counts(if partial { Counts::Partial } else { Counts::MustMatch });
    match matching {
        "best" => Box::new(base),
        "one" => Box::new(base.with_matching(Matching::OneToOne)),
        "order" => Box::new(base.with_matching(Matching::InOrder)),
        "no_credit_for_empty" => Box::new(base.with_empty_arguments(EmptyArguments::NoCredit)),
        "toolrl" => Box::new(ToolRlReward::new()),
        other => panic!("no scorer for the golden values \"{other}\""),
    }
}

#[test]
fn every_golden_value_to_twelve_digits() {
    let cases: Vec<Case> =
        include_str!("../golden/reference.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(cases.len(), 300);
    let mut seen = BTreeMap::<String, Vec<f64>>::new();
    for (i, case) in cases.into_iter().enumerate() {
        let task = task([case.gold.into()]);
        let action: Action = case.candidate.into();
        for (name, expected) in case.expected {
            let value = score(&scorer(&name), &task, &action).value;
            assert!((value - expected).abs() <= 1e-12, "case {i}, {name}: {value}, expected {expected}");
            seen.entry(name).or_default().push(expected);
        }
    }
    // The cases are worth something: each scorer has its own values, many of them neither the lowest nor the highest.
    assert_eq!(seen.len(), 8);
    for (name, values) in seen {
        let (low, high) = if name == "toolrl" { (-3.0, 4.0) } else { (0.0, 1.0) };
        let between = values.iter().filter(|v| (low + 1e-9..high - 1e-9).contains(*v)).count();
        assert!(between >= 75, "{name}: only {between} values between the ends");
    }
}
