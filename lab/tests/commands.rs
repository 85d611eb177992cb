//! Runs `fit`, `ablate` and `calibrate` on a few pairs written for the purpose.

#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::indexing_slicing, reason = "a test helper fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};

/// A folder of its own for each test, with two sets of pairs in it.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).unwrap();
    for set in ["cities", "harbours"] {
        let lines: Vec<String> = (0..40).map(|i| pair(set, i).to_string()).collect();
        fs::write(folder.join(format!("{set}.jsonl")), lines.join("\n")).unwrap();
    }
    folder
}

/// Most wrong answers name another city or make up a note; in every tenth pair it is the right answer that has a note nobody asked for.
fn pair(set: &str, i: usize) -> Value {
    let city = ["Oslo", "Lyon", "Porto", "Turin", "Ghent"][i % 5];
    let call = |city: &str, note: Option<&str>| {
        let mut arguments = json!({"city": city});
        if let Some(note) = note {
            arguments["note"] = json!(note);
        }
        json!([{"get_weather": arguments}])
    };
    let (chosen, rejected) = match i % 10 {
        0 => (call(city, Some("gale warning")), call(city, None)),
        n if n % 2 == 0 => (call(city, None), call("Bergen", None)),
        _ => (call(city, None), call(city, Some("gale warning"))),
    };
    json!({
        "id": format!("{set}_{i}#0"), "question_id": format!("{set}_{i}"), "category": "weather", "error_type": "made",
        "messages": [{"role": "user", "content": format!("What is the weather in {city}?")}],
        "tools": [{"name": "get_weather", "description": "Current weather of a city.", "parameters": {"type": "object",
            "properties": {"city": {"type": "string"}, "note": {"type": "string"}}, "required": ["city"]}}],
        "chosen": chosen, "rejected": rejected,
    })
}

fn lab(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_toolrm-lab")).args(arguments).arg(folder).output().unwrap()
}

fn printed(arguments: &[&str], folder: &Path) -> String {
    let output = lab(arguments, folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The fitted weight of a rule in what `fit` prints.
fn weight(table: &str, rule: &str) -> f64 {
    let line = table.lines().find(|l| l.contains(&format!("(\"{rule}\", "))).unwrap();
    line.trim_end_matches("),").rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn weights_follow_the_evidence_and_are_the_same_every_time() {
    let folder = folder("fit");
    let fit = ["fit", "--least", "4", "--refusals", "0", "--l2", "0.01"];
    let table = printed(&fit, &folder);
    assert_eq!(table, printed(&fit, &folder));
    let (required, optional) = (weight(&table, "grounding.required"), weight(&table, "grounding.optional"));
    // A made-up city is never right, a made-up note is in one case of six.
    assert!(required > optional && optional > 0.5, "{required} {optional}");
    // Nothing is said about a schema: its rules keep what they have.
    let present = toolrm_lab::severities::rules().into_iter().find(|r| r.id == "schema.type").unwrap().weight;
    assert_eq!(weight(&table, "schema.type"), present);
    assert!(table.contains("cities") && table.contains("mean of the sets"), "{table}");
}

#[test]
fn a_rule_that_is_not_there_is_named() {
    let output = lab(&["fit", "--without", "grounding.requird"], &folder("stranger"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("\"grounding.requird\""), "{said}");
}

#[test]
fn a_weight_that_is_fixed_is_taken_over() {
    let folder = folder("fixed");
    let fit = |fixed: &str| lab(&["fit", "--least", "4", "--l2", "0.01", "--fix", fixed], &folder);
    let table = String::from_utf8(fit("grounding.required=0.05").stdout).unwrap();
    // Below the floor, and yet not dropped.
    assert_eq!(weight(&table, "grounding.required"), 0.05);
    assert!(weight(&table, "grounding.optional") > 0.5, "{table}");
    for bad in ["grounding.required=-1", "grounding.required", "grounding.requird=1"] {
        assert_eq!(fit(bad).status.code(), Some(2), "{bad}");
    }
}

#[test]
fn a_check_names_the_weights_that_are_not_as_fitted() {
    let output = lab(&["fit", "--check", "--least", "4"], &folder("check"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("grounding.required is ") && !said.contains("schema.type"), "{said}");
}

#[test]
fn a_rule_is_worth_what_is_lost_without_it() {
    let table = printed(&["ablate"], &folder("ablate"));
    let row = |rule: &str| table.lines().find(|l| l.contains(&format!("`{rule}`"))).unwrap();
    // Without it 20 of a set's 40 pairs are won no more and 4 are lost no more: 24 ties.
    let notes = row("grounding.optional");
    assert!(notes.ends_with("| 2 / 0 | 48 | 40 | 8 |"), "{notes}");
    let drops: Vec<&str> = notes.split(" | ").filter(|cell| cell.starts_with("+20.00 ±")).collect();
    assert_eq!(drops.len(), 2, "{notes}");
    // 40 questions, each worth 0.5, -0.5 or nothing: 1.96 * 0.4 / sqrt(40) = 12 points.
    let around = |cell: &str| cell.rsplit('±').next().unwrap().parse::<f64>().unwrap();
    assert!(drops.iter().all(|cell| (around(cell) - 12.0).abs() < 3.0), "{notes}");
    // The city that is not used says the same.
    let cities = row("grounding.required");
    assert!(cities.contains("| 0 | 0 | 0 / 0 | 0 | 32 | 0 |"), "{cities}");
}

#[test]
fn calibration_is_cross_validated_without_other_pairs_and_measured_on_them_with() {
    let folder = folder("calibrate");
    let alone = printed(&["calibrate", "--reliability", "--dev"], &folder);
    assert!(alone.contains("pairs: slope") && alone.contains("said  happened"), "{alone}");
    let other = printed(&["calibrate", "--dev", folder.to_str().unwrap(), "--on"], &folder);
    assert!(other.contains("answers, constant and slope fitted"), "{other}");
}

#[test]
fn a_line_that_is_no_pair_is_named() {
    let folder = folder("bad");
    let mut broken = pair("cities", 1);
    broken["rejected"] = json!([{"name": "get_weather", "arguments": {}}]);
    fs::write(folder.join("odd.jsonl"), format!("{}\n{broken}\n", pair("cities", 0))).unwrap();
    let said = String::from_utf8(lab(&["ablate"], &folder).stderr).unwrap();
    assert!(said.contains("odd.jsonl:2: /rejected: ") && said.contains("write pairs"), "{said}");
    fs::write(folder.join("odd.jsonl"), "{}").unwrap();
    assert!(String::from_utf8(lab(&["ablate"], &folder).stderr).unwrap().contains("odd.jsonl:1: missing field"));
    let nothing = lab(&["ablate"], Path::new("no/such/file.jsonl"));
    assert_eq!(nothing.status.code(), Some(2));
}
