//! Runs the commands that measure on the recorded answers, where there are any. Figures change with the rules: what is checked is what must
//! hold whatever they are.

#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use std::process::Command;

use serde_json::Value;

/// The JSON a command prints; `None`, and a word about it, where there is no data.
fn measured(args: &[&str]) -> Option<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_toolrm-lab")).args(args).arg("--json").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    if said.starts_with("error: no data at ") {
        println!("skipped: {}: {said}", args.join(" "));
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn best_of_n_lies_between_a_random_pick_and_the_oracle() {
    let Some(report) = measured(&["best-of-n", "--category", "normal_atom_enum", "--n", "1,3,16"]) else { return };
    assert_eq!(report["answers"].as_u64().unwrap(), 16 * report["questions"].as_u64().unwrap());
    let accuracy = |strategy: &str, place: usize| number(&report["strategies"][strategy][place]["accuracy"]["value"]);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    for strategy in ["mean", "majority", "rules", "majority, ties by rules", "rules, ties by majority", "oracle"] {
        near(accuracy(strategy, 0), accuracy("mean", 0));
        near(accuracy("mean", 2), accuracy("mean", 0));
        for place in 0..3 {
            assert!(accuracy(strategy, place) <= accuracy("oracle", place) + 1e-9, "{strategy} {place}");
            let ci = &report["strategies"][strategy][place]["accuracy"]["ci"];
            assert!(number(&ci[0]) <= accuracy(strategy, place) && accuracy(strategy, place) <= number(&ci[1]));
        }
    }
    assert!(accuracy("oracle", 1) < accuracy("oracle", 2));
}

#[test]
fn findings_are_held_against_the_true_errors() {
    let Some(report) = measured(&["findings"]) else { return };
    let (all, kinds) = (&report["all"], report["error_types"].as_object().unwrap());
    let sum = |part: &str| kinds.values().map(|kind| number(&kind[part]["hits"])).sum::<f64>();
    assert!((sum("named") - number(&all["named"]["hits"])).abs() < 1e-9);
    assert!(number(&all["named"]["hits"]) <= number(&all["found"]["hits"]));
    // What the schema itself says is named wherever it is.
    for kind in ["simple_function_checker:missing_required", "type_error:simple"] {
        assert!(number(&kinds[kind]["named"]["value"]) > 0.95, "{kind}");
    }
    let at_error: f64 = report["rules"].as_object().unwrap().values().map(|rule| number(&rule["at_error"])).sum();
    assert!((at_error - number(&all["precision"]["hits"])).abs() < 1e-9);
    assert!(number(&report["false_alarms"]["value"]) < number(&all["found"]["value"]));
}

#[test]
fn acting_on_findings_mends_more_than_it_breaks() {
    let (Some(bold), Some(careful)) = (measured(&["correct"]), measured(&["correct", "--least", "1.3"])) else {
        return;
    };
    let (mended, broken) = (
        |report: &Value| number(&report["all_wrong"]["right"]["value"]),
        |report: &Value| 1.0 - number(&report["right"]["right"]["value"]),
    );
    assert!(mended(&bold) > 0.1 && mended(&bold) > broken(&bold));
    assert!(mended(&careful) > 0.1 && broken(&careful) < 0.02);
    // What is not changed stays wrong.
    let all = &bold["all_wrong"];
    assert!(number(&all["right"]["hits"]) <= number(&all["changed"]["hits"]));
}
