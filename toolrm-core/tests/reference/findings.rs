//! What a user reads: snapshots of the findings.

use serde_json::json;
use toolrm_core::{
    prelude::*,
    rules::reference::{
        Counts, EmptyArguments, Matching, ReferenceScorer, ToolRlReward, WordsReference,
        equiv::{ArgEquiv, Dates, Exact, Numeric, Sets, any_of},
        reference_from_bfcl,
    },
};

use crate::support::{calls, score, task};

/// Value and findings, one a line: weight, finding, suggestion.
fn report(scorer: &impl Scorer, reference: &Action, candidate: &Action) -> String {
    let score = score(scorer, &task([reference.clone()]), candidate);
    // Rounded, and never -0.
    let mut lines = vec![format!("{:.4}", (score.value * 1e4).round() / 1e4 + 0.0)];
    lines.extend(score.findings.iter().map(|f| match &f.suggestion {
        Some(suggestion) => format!("-{:.4} {f} => {suggestion}", f.weight),
        None => format!("-{:.4} {f}", f.weight),
    }));
    lines.join("\n")
}

#[test]
fn arguments() {
    let gold = calls([("book", json!({"city": "Paris", "nights": 3, "when": {"from": [1, 2]}, "a/b": true}))]);
    let got = calls([("book", json!({"city": "Rome", "nights": 3.0, "when": {"from": [1, 3]}, "c~d": null}))]);
    insta::assert_snapshot!(report(&ReferenceScorer::new(), &gold, &got));
    insta::assert_snapshot!(report(&ToolRlReward::new(), &gold, &got));
    let text = calls([("book", json!("Paris"))]);
    insta::assert_snapshot!(report(&ReferenceScorer::new(), &gold, &text));
}

#[test]
fn numbers_of_calls() {
    let gold = || calls([("f", json!({"a": 1})), ("g", json!({"b": 2})), ("f", json!({"a": 3}))]);
    let two = calls([("f", json!({"a": 3})), ("h", json!({}))]);
    let four = calls([("f", json!({"a": 3})), ("f", json!({"a": 1})), ("f", json!({"a": 1})), ("g", json!({"b": 1}))]);
    insta::assert_snapshot!(report(&ReferenceScorer::new(), &gold(), &two));
    insta::assert_snapshot!(report(&ReferenceScorer::graded(), &gold(), &two));
    insta::assert_snapshot!(report(&ToolRlReward::new(), &gold(), &two));
    insta::assert_snapshot!(report(&ReferenceScorer::new(), &gold(), &four));
    insta::assert_snapshot!(report(&ReferenceScorer::new().with_counts(Counts::Partial), &gold(), &four));
}

#[test]
fn matchings() {
    let gold = || calls([("f", json!({"a": 1})), ("g", json!({})), ("f", json!({"a": 2}))]);
    let got = || calls([("f", json!({"a": 2})), ("f", json!({"a": 1, "b": 1})), ("g", json!({}))]);
    for matching in [Matching::BestPerGold, Matching::OneToOne, Matching::InOrder] {
        insta::assert_snapshot!(report(&ReferenceScorer::new().with_matching(matching), &gold(), &got()));
    }
    let strict = ReferenceScorer::new().with_empty_arguments(EmptyArguments::NoCredit);
    insta::assert_snapshot!(report(&strict, &gold(), &gold()));
}

#[test]
fn kinds_of_answers() {
    let gold = || calls([("f", json!({"a": 1})), ("g", json!({}))]);
    let words = || Action::Text("No tool fits.".into());
    let malformed = || Action::malformed("{\"name\":", "the JSON ends early");
    for (reference, candidate) in [
        (gold(), words()),
        (gold(), malformed()),
        (gold(), Action::Calls(vec![])),
        (words(), Action::Text("Sorry.".into())),
        (words(), gold()),
        (words(), malformed()),
    ] {
        insta::assert_snapshot!(report(&ReferenceScorer::new(), &reference, &candidate));
        insta::assert_snapshot!(report(&ToolRlReward::new(), &reference, &candidate));
    }
}

#[test]
fn equivalences() {
    let truth =
        json!([{"trip": {"to": ["New York", "NYC"], "via": [""], "pax": [{"adults": [2], "children": [0, ""]}]}}]);
    let gold = reference_from_bfcl(&truth).unwrap();
    let got = calls([("trip", json!({"to": "Boston", "via": "x", "pax": {"adults": 3}}))]);
    insta::assert_snapshot!(report(&ReferenceScorer::bfcl(), &gold, &got));
    insta::assert_snapshot!(report(&ReferenceScorer::bfcl(), &gold, &calls([("trip", json!({}))])));
    insta::assert_snapshot!(report(&ReferenceScorer::bfcl(), &gold, &Action::Text("Where to?".into())));
    let lenient = ReferenceScorer::new().with_arguments(any_of([
        Box::new(Dates::default()) as Box<dyn ArgEquiv>,
        Box::new(Numeric::within(0.1)),
        Box::new(Sets::of(Exact)),
    ]));
    let gold = calls([("f", json!({"day": "2024-03-05", "sum": 1.0, "ids": [1, 2]}))]);
    let got = calls([("f", json!({"day": "March 6, 2024", "sum": 2, "ids": [2]}))]);
    insta::assert_snapshot!(report(&lenient, &gold, &got));
    let same = calls([("f", json!({"day": "March 5, 2024", "sum": 1.05, "ids": [2, 1]}))]);
    insta::assert_snapshot!(report(&lenient, &gold, &same));
}

/// What is not judged, and what is a mistake of the caller.
#[test]
fn abstentions_and_failures() {
    let candidate: Candidate = calls([("f", json!({}))]).into();
    let outcome = |scorer: &dyn Scorer, reference: Vec<Action>| match scorer.score(&task(reference), &candidate) {
        Outcome::Judged(score) => format!("judged {}", score.value),
        Outcome::Abstained { reason } => format!("abstained: {reason}"),
        Outcome::Failed(error) => format!("failed: {error}"),
        other => panic!("{other:?}"),
    };
    let silent = ReferenceScorer::new().with_words_reference(WordsReference::Abstain);
    let silent_toolrl = ToolRlReward::new().with_words_reference(WordsReference::Abstain);
    let words = || Action::Text("no".into());
    assert_eq!(outcome(&ReferenceScorer::new(), vec![]), "abstained: the task has no reference answer");
    assert_eq!(outcome(&ToolRlReward::new(), vec![]), "abstained: the task has no reference answer");
    let told = "abstained: the reference is an answer in words, which this scorer is told not to judge";
    assert_eq!(outcome(&silent, vec![words()]), told);
    assert_eq!(outcome(&silent_toolrl, vec![words()]), told);
    assert_eq!(outcome(&silent, vec![words(), candidate.action.clone()]), "judged 1");
    let broken = |reference: Action| outcome(&ReferenceScorer::new(), vec![words(), reference]);
    insta::assert_snapshot!(broken(Action::malformed("{", "truncated")));
    insta::assert_snapshot!(broken(Action::Calls(vec![])));
    insta::assert_snapshot!(broken(calls([("f", json!({})), ("g", json!("{"))])));
}
