//! `toolrm bench` as a new user tries it: an invented leaderboard, a bench built from it, judged, reported, exported, judged again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test helper fails by panicking")]

mod common;

use std::{collections::BTreeSet, fs};

use common::{files, leaderboard::Leaderboard, scratch, toolrm};
use serde_json::{Value, json};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn judge<'v>(report: &'v Value, id: &str) -> &'v Value {
    report["judges"].as_array().unwrap().iter().find(|judge| judge["card"]["id"] == id).unwrap()
}

/// In both orders: of all pairs, then split by split.
fn accuracies(judge: &Value) -> Vec<(String, Value)> {
    let split = |group: &Value| (group["name"].as_str().unwrap().to_owned(), group["both"]["value"].clone());
    let splits = judge["by_split"].as_array().unwrap().iter().map(split);
    std::iter::once(("all".to_owned(), judge["overall"]["both"]["value"].clone())).chain(splits).collect()
}

/// Runs a command that must end well, with nothing on stderr.
fn done(args: &[&str]) -> common::Run {
    let run = toolrm(args);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{args:?}");
    run
}

#[test]
fn from_recordings_to_a_report_and_back_from_the_published_tables() {
    let board = Leaderboard::new();
    let bench = board.build("trbench", &[]);
    let names: Vec<String> = files(&bench).into_keys().collect();
    assert_eq!(names, ["both_wrong.jsonl", "groups.jsonl", "manifest.json", "pairs.jsonl", "ties.jsonl"]);

    let run = done(&["bench", "run", &bench]);
    assert!(
        run.out.contains("81 pairs of 24 questions") && run.out.ends_with("trbench/results/report.html\n"),
        "{}",
        run.out
    );
    let results = format!("{bench}/results");
    let found = files(&results);
    assert!(
        ["report.html", "report.json", "report.md", "runs/rules/verdicts.jsonl", "runs/rules/judge.json"]
            .iter()
            .all(|name| found.contains_key(*name))
    );
    assert!(!found.keys().any(|name| name.contains("journal") || name.contains(".tmp")), "{:?}", found.keys());

    // The report, read again, is the report.
    let (report, again) = (format!("{results}/report.json"), board.path("again"));
    assert!(run.out.starts_with(&done(&["bench", "report", &report]).out));
    assert_eq!(done(&["bench", "report", &report, "--out", &again]).out, format!("{again}/report.html\n"));
    for (name, bytes) in files(&again) {
        assert!(found[&name] == bytes, "{name}");
    }

    // Tables in the published columns hold the same pairs: the rules judge them alike, split by split.
    let tables = board.path("tables");
    let written = done(&["bench", "export", &bench, "--out", &tables]).out;
    let written: Vec<&str> = written.lines().collect();
    assert_eq!(written.len(), 3);
    let plain =
        done(&["bench", "run", &format!("{bench}/pairs.jsonl"), "--out", &board.path("plain"), "--json"]).json();
    for (table, out) in written.iter().zip(["think", "no_think", "disc"]) {
        let report = done(&["bench", "run", table, "--out", &board.path(out), "--json"]).json();
        assert_eq!(report["bench"]["pairs"], 51, "{table}");
        // Rows for judges that score do not name their question, so their intervals are others.
        for id in ["rules", "longer", "schema-only"] {
            assert_eq!(accuracies(judge(&report, id)), accuracies(judge(&plain, id)), "{id}: {table}");
        }
    }
}

/// Every model answers every question, so that the expected number of right picks follows from who is right where.
#[test]
fn best_of_n_lies_between_the_mean_and_the_oracle() {
    let board = Leaderboard::new();
    let groups = format!("{}/groups.jsonl", board.build("trbench", &[]));
    let curves = done(&["bench", "best-of-n", &groups, "--json"]).json();
    // No question has more than five answers: of 1, 2, 4, 8 and 16 the last two make no sense.
    let points = |name: &str| -> Vec<(u64, f64)> {
        let curves = curves["curves"].as_array().unwrap();
        let curve = curves.iter().find(|curve| curve["strategy"] == name).unwrap_or_else(|| panic!("no {name}"));
        let point = |p: &Value| (p["n"].as_u64().unwrap(), p["accuracy"]["value"].as_f64().unwrap());
        curve["points"].as_array().unwrap().iter().map(point).collect()
    };
    let (mean, rules, oracle) = (points("mean"), points("judge"), points("oracle"));
    assert_eq!(mean.iter().map(|point| point.0).collect::<Vec<_>>(), [1, 2, 4]);
    // 63 of 120 answers are right.
    assert!(mean.iter().all(|(_, share)| (share - 63.0 / 120.0).abs() < 1e-9), "{mean:?}");
    assert!(rules.iter().zip(&oracle).all(|(rules, oracle)| rules.1 <= oracle.1 + 1e-9), "{rules:?} {oracle:?}");
    assert!(rules[2].1 > mean[2].1);
    let table = done(&["bench", "best-of-n", &groups, "--sizes", "1,5", "--by-category"]).out;
    assert!(table.contains("N = 5") && table.contains("irrelevance"), "{table}");
    for command in [&["bench", "best-of-n", &groups][..], &["bench", "run", &board.path("trbench")]] {
        let run = toolrm(&[command, &["--sizes", "1,8"]].concat());
        assert_eq!(run.code, 2);
        assert!(run.err.contains("has 8 answers, the most is 5; ask for smaller N"), "{}", run.err);
    }
    assert!(files(&board.path("trbench/results")).is_empty(), "it is said before any judge is asked");
}

#[test]
fn two_builds_and_two_runs_are_the_same_bytes() {
    let board = Leaderboard::new();
    let (one, two) = (board.build("one", &[]), board.build("two", &[]));
    assert!(files(&one) == files(&two));
    board.build("two", &["--restart"]);
    assert!(files(&one) == files(&two));
    let other = board.build("other", &["--seed", "7"]);
    assert!(files(&one) != files(&other));
    for (bench, batch) in [(&one, "1"), (&two, "64")] {
        done(&["bench", "run", bench, "--batch", batch, "--concurrency", "3"]);
    }
    assert!(files(&one) == files(&two));
}

#[test]
fn options_of_the_build_are_heeded() {
    let board = Leaderboard::new();
    let manifest = |name: &str, more: &[&str]| -> Value {
        serde_json::from_slice(&files(&board.build(name, more))["manifest.json"]).unwrap()
    };
    let gold =
        manifest("gold", &["--chosen", "gold", "--category", "simple_python,multiple", "--pairs", "2", "--ties", "0"]);
    assert_eq!(gold["pairs"]["splits"], json!({"multiple": 12, "simple_python": 12}));
    assert_eq!(gold["pairs"]["chosen_from"], json!({"gold": 24}));
    assert_eq!(gold["ties"]["pairs"], 0);
    let one = manifest("one", &["--both-wrong", "0", "--category", "parallel", "--category", "irrelevance"]);
    assert_eq!(keys(&one["pairs"]["splits"]), ["irrelevance", "parallel"]);
    assert_eq!(one["both_wrong"]["pairs"], 0);
}

#[test]
fn an_archive_is_as_good_as_a_folder() {
    let board = Leaderboard::new();
    let bench = files(&board.build("trbench", &[]));
    let (tar, wheel) = (board.path("runs.tar.zst"), board.path("questions.whl"));
    common::pack_tar(&board.path("runs"), &tar);
    common::pack_zip(&board.path("questions"), &wheel);
    let out = board.path("packed");
    done(&["bench", "build", "--runs", &tar, "--bfcl", &wheel, "--out", &out]);
    for (name, bytes) in files(&out).iter().filter(|(name, _)| *name != "manifest.json") {
        assert!(bench[name] == *bytes, "{name}");
    }
}

#[test]
fn json_has_the_documented_fields() {
    let board = Leaderboard::new();
    let (questions, runs, bench) = (board.path("questions"), board.path("runs"), board.path("trbench"));
    let fetched = done(&["bench", "fetch", "--from", &questions, "--json"]).json();
    assert_eq!(keys(&fetched), ["path", "sha256", "version", "was_there", "questions"]);
    assert_eq!(fetched["questions"], json!({"simple_python": 6, "multiple": 6, "parallel": 6, "irrelevance": 6}));
    let built = done(&["bench", "build", "--bfcl", &questions, "--runs", &runs, "--out", &bench, "--json"]).json();
    assert_eq!(built, serde_json::from_slice::<Value>(&files(&bench)["manifest.json"]).unwrap());
    // All 120 recorded answers are accounted for, and our labels are the planted ones.
    let labels = &built["labels"];
    assert_eq!(
        (&labels["right"], &labels["wrong"], &labels["published_same_verdict"]),
        (&json!(63), &json!(57), &json!(120))
    );
    let report = done(&["bench", "run", &bench, "--json"]).json();
    assert_eq!(keys(&report), ["made_by", "bench", "method", "judges", "best_of_n"]);
    assert_eq!(report, serde_json::from_slice::<Value>(&files(&bench)["results/report.json"]).unwrap());
    let judges: BTreeSet<&str> =
        report["judges"].as_array().unwrap().iter().map(|judge| judge["card"]["id"].as_str().unwrap()).collect();
    let expected = ["rules", "random", "first", "longer", "shorter", "more-calls", "schema-only"];
    assert_eq!(judges, BTreeSet::from(expected));
    let null = |id: &str| judge(&report, id)["null"].as_bool().unwrap();
    assert!(!null("rules") && expected[1..].iter().all(|id| null(id)));
    let curves = done(&["bench", "best-of-n", &format!("{bench}/groups.jsonl"), "--json"]).json();
    assert_eq!((&curves["questions"], &curves["models"], &curves["left_out"]), (&json!(24), &json!(5), &json!(0)));
}

#[test]
fn what_is_printed_is_as_recorded() {
    let board = Leaderboard::new();
    let (questions, runs, bench) = (board.path("questions"), board.path("runs"), board.path("trbench"));
    let text = |args: &[&str]| done(args).out.replace(&board.path(""), "");
    insta::assert_snapshot!("bench-fetch", text(&["bench", "fetch", "--from", &questions]));
    insta::assert_snapshot!(
        "bench-build",
        text(&["bench", "build", "--bfcl", &questions, "--runs", &runs, "--out", &bench])
    );
}

/// The verdicts of four answers; the third is planted as the official checker never gave it when `wrong`.
fn verdicts(wrong: bool) -> String {
    let call = |city: &str, days: i64| json!([{"weather.get": {"city": city, "days": days}}]);
    let line = |id: &str, calls: Value, error: Option<&str>| {
        json!({"category": "simple_python", "id": id, "calls": calls, "valid": error.is_none(), "error_type": error})
            .to_string()
    };
    let planted = if wrong { None } else { Some("value_error:others") };
    let lines = [
        line("simple_python_0", call("Oslo", 2), None),
        line("simple_python_0", call("Lima", 2), Some("value_error:string")),
        line("simple_python_1", call("Lima", 99), planted),
        line(
            "simple_python_1",
            json!([{"weather.get": {"city": "Lima"}}]),
            Some("simple_function_checker:missing_required"),
        ),
    ];
    lines.join("\n")
}

#[test]
fn verdicts_are_compared_and_a_planted_disagreement_is_shown() {
    let board = Leaderboard::new();
    let questions = board.path("questions");
    let right = scratch("verdicts-right.jsonl", verdicts(false).as_bytes());
    let run = done(&["bench", "verdicts", &right, "--bfcl", &questions, "--json"]).json();
    assert_eq!(keys(&run), ["total", "agree_valid", "agree_error_type", "categories", "disagreements"]);
    assert_eq!(run["categories"], json!({"simple_python": {"total": 4, "agree_valid": 4, "agree_error_type": 4}}));
    let wrong = scratch("verdicts-wrong.jsonl", verdicts(true).as_bytes());
    let run = toolrm(&["bench", "verdicts", &wrong, "--bfcl", &questions]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    insta::assert_snapshot!("bench-verdicts", run.out);
    let run = toolrm(&["bench", "verdicts", &wrong, "--bfcl", &questions, "--json"]);
    let found = run.json();
    assert_eq!((run.code, &found["total"], &found["agree_valid"]), (1, &json!(4), &json!(3)));
    assert_eq!(
        (&found["disagreements"][0]["line"], &found["disagreements"][0]["ours"]["valid"]),
        (&json!(3), &json!(false))
    );
}

#[test]
fn mutants_of_good_calls_are_noticed() {
    let good = ["bench", "mutate", "--tools", "examples/data/tools.json", "--calls", "examples/data/good_calls.jsonl"];
    let report = done(&[&good[..], &["--json"]].concat()).json();
    let rows = report["corruptions"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "missing-required").unwrap();
    assert!(row["n"].as_u64().unwrap() > 0 && row["detected"] == row["n"], "{row}");
    let text = done(&good).out;
    assert!(rows.iter().all(|row| text.contains(row["id"].as_str().unwrap())), "{text}");
    assert_eq!(done(&good).out, text);
    let list = done(&["bench", "mutate", "--list"]).out;
    insta::assert_snapshot!("bench-mutate-list", list);
    let only = done(&[&good[..], &["--only", "missing-required,wrong-number", "--json"]].concat()).json();
    assert_eq!(only["corruptions"].as_array().unwrap().len(), 2);
    let run = toolrm(&[&good[..], &["--only", "missing-requird"]].concat());
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    let known = list.lines().skip(1).filter_map(|line| line.split_whitespace().next()).filter(|id| id.contains('-'));
    assert!(run.err.contains("missing-requird") && known.clone().count() > 10, "{}", run.err);
    assert!(known.clone().all(|id| run.err.contains(id)), "{}", run.err);
}

#[test]
fn a_bench_that_is_there_is_not_built_again() {
    let board = Leaderboard::new();
    let bench = board.build("trbench", &[]);
    let pairs = format!("{bench}/pairs.jsonl");
    let when = |path: &str| fs::metadata(path).unwrap().modified().unwrap();
    let first = when(&pairs);
    board.build("trbench", &[]);
    assert_eq!(when(&pairs), first);
}
