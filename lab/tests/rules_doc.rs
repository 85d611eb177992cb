//! The examples of the rules show what they say, and `docs/RULES.md` names every rule with its present weight.

#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use toolrm_lab::{
    examples::examples,
    rules_doc::{between, rules_section},
    severities::rules,
};

const ADVICE: &str = "run `toolrm-lab rules-doc --pairs PAIRS`";

fn document() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RULES.md")).unwrap()
}

#[test]
fn every_example_fires_and_is_silent_as_it_says() {
    let mut faults = Vec::new();
    for (rule, example) in examples().unwrap() {
        let [fires, silent] = example.findings().unwrap();
        if fires.iter().all(|f| f.rule != rule) {
            faults.push(format!("{rule} does not fire: {fires:#?}"));
        }
        if silent.iter().any(|f| f.rule == rule) {
            faults.push(format!("{rule} is not silent: {silent:#?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rule_has_an_example_and_every_example_a_rule() {
    let (rules, examples) = (rules(), examples().unwrap());
    let without: Vec<&str> = rules.iter().map(|r| r.id.as_str()).filter(|id| !examples.contains_key(*id)).collect();
    assert!(without.is_empty(), "rules without an example in lab/data/examples.json: {without:?}");
    let strangers: Vec<&String> = examples.keys().filter(|id| rules.iter().all(|r| r.id != **id)).collect();
    assert!(strangers.is_empty(), "examples of rules that are not there: {strangers:?}");
}

#[test]
fn the_document_has_the_rules_as_they_are() {
    let document = document();
    let (written, made) = (between(&document, "rules").unwrap(), rules_section().unwrap());
    let stale = written.lines().zip(made.trim().lines()).find(|(a, b)| a != b);
    assert_eq!(stale, None, "what is written, what is so: {ADVICE}");
    assert_eq!(written.lines().count(), made.trim().lines().count(), "{ADVICE}");
}

#[test]
fn the_table_of_worths_has_every_rule_with_its_weight() {
    let document = document();
    let table = between(&document, "worth").unwrap();
    for rule in rules() {
        let row = format!("| `{}` | {} |", rule.id, rule.weight);
        assert!(table.contains(&row), "no row {row} in docs/RULES.md: {ADVICE}");
    }
}
