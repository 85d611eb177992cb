//! The recorded runs of the data folder: read, labelled, built into a bench.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test: data of another shape must fail it")]

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use serde_json::Value;
use toolrm_bench::{
    bfcl::question::Questions,
    recorded::{Labeller, Served, SourceNames, read},
    trbench::{Bench, Build, Pair, build, rows},
};
use toolrm_core::canonical::Fingerprint;
use toolrm_data::{input::Input, tree::Tree};

/// The data folder: `TOOLRM_DATA`, else `../shared/data` beside the workspace; `None` (and a line that says so) when absent.
fn data(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if root.join("eval/bfcl_runs.tar.zst").exists() {
        return Some(root);
    }
    println!("skipped: {test}: no data at {}", root.display());
    None
}

fn questions(root: &std::path::Path) -> Questions {
    let tree = Tree::open(&root.join("eval/bfcl_v4_visible_half.tar.zst")).expect("the questions open");
    Questions::load(&tree).expect("the questions are read")
}

type Verdicts = HashMap<(String, String), (bool, Option<String>, bool)>;

/// The official verdicts by model and question: valid, error type, whether names were served with underscores.
fn official(root: &std::path::Path) -> Verdicts {
    let mut input = Input::open(&root.join("eval/bfcl_verdicts.jsonl.zst")).expect("the verdicts open");
    let mut verdicts = HashMap::new();
    while let Some((_, line)) = input.next_line().expect("a line") {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let id = line["id"].as_str().expect("an id");
        let error_type = line["error_type"].as_str().map(str::to_owned);
        let verdict = (line["valid"] == true, error_type, line["underscore_to_dot"] == true);
        for model in line["models"].as_array().expect("models") {
            verdicts.insert((model.as_str().expect("a name").to_owned(), id.to_owned()), verdict.clone());
        }
    }
    verdicts
}

#[test]
fn our_labels_are_the_official_ones() {
    let Some(root) = data("our_labels_are_the_official_ones") else { return };
    let questions = questions(&root);
    let runs = Tree::open(&root.join("eval/bfcl_runs.tar.zst")).expect("the runs open");
    let recorded = read(&runs, &questions, &SourceNames::default(), |_| true, &mut |_| ()).expect("the runs are read");
    println!("{:#?}", recorded.census);
    assert_eq!(recorded.census.lines, 82_544);
    let served = Served::of(&recorded.answers, &questions).expect("tools");
    let official = official(&root);
    let (mut same, mut other_name, mut other_label, mut all) = (0_u32, 0_u32, 0_u32, 0_u32);
    let (mut labels, mut published) = (0_u32, 0_u32);
    let mut missing = 0;
    let mut examples: HashMap<String, (u32, String)> = HashMap::new();
    for of_question in recorded.answers.chunk_by(|a, b| a.id == b.id) {
        let question = questions.get(&of_question[0].id).expect("a known question");
        let tools = question.toolset().expect("tools");
        let mut labeller = Labeller::new(question, &tools);
        for recording in of_question {
            let underscored = served.underscores(&recording.model);
            let label = labeller.label(&recording.answer.action, underscored).expect("a verdict");
            if let Some(said) = &recording.published {
                labels += 1;
                published += u32::from(said.valid == label.right);
            }
            let Some((valid, error_type, under)) = official.get(&(recording.model.to_string(), recording.id.clone()))
            else {
                missing += 1;
                continue;
            };
            all += 1;
            let dotted = tools.names().any(|name| name.contains('.'));
            if !recording.answer.action.calls().is_empty() && *under != (underscored && dotted) {
                other_name += 1;
            }
            if (label.right, &label.error_type) == (*valid, error_type) {
                same += 1;
            } else if label.right != *valid {
                other_label += 1;
                let entry = examples
                    .entry(format!("{} {valid} {error_type:?} ours {:?}", recording.category, label.error_type));
                let entry = entry.or_insert_with(|| {
                    (0, format!("{} {} {:?}", recording.model, recording.id, recording.answer.action))
                });
                entry.0 += 1;
            }
        }
    }
    println!(
        "{all} official verdicts: {same} the same, {other_label} another label, {other_name} otherwise served, {missing} recordings without"
    );
    println!(
        "{published} of {labels} published labels agree: {:.2} %",
        f64::from(published) / f64::from(labels) * 100.0
    );
    let mut examples: Vec<_> = examples.into_iter().collect();
    examples.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
    for (what, (count, example)) in examples.iter().take(12) {
        println!("{count} {what}: {}", example.chars().take(300).collect::<String>());
    }
    assert!(same * 1000 >= all * 980, "{same} of {all}");
}

fn sum(counts: &std::collections::BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

#[test]
fn a_bench_of_the_recorded_runs() {
    let Some(root) = data("a_bench_of_the_recorded_runs") else { return };
    let questions = questions(&root);
    let runs = Tree::open(&root.join("eval/bfcl_runs.tar.zst")).expect("the runs open");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("bench");
    let started = std::time::Instant::now();
    let manifest = build(&Build::new(&runs, &questions), &out, &|_| ()).expect("it is built");
    println!("built in {:.1?}", started.elapsed());
    let mut shown = serde_json::to_value(&manifest).expect("JSON");
    shown["files"] = Value::Null;
    println!("{shown:#}");

    let read = &manifest.recordings;
    assert_eq!(read.census.lines, read.answers + read.dialogues + sum(&read.census.left_out));
    assert_eq!(read.answers, manifest.labels.right + manifest.labels.wrong + sum(&read.unchecked));
    for (split, answers) in &manifest.answers {
        assert_eq!(answers.wrong, sum(&answers.wrong_answers), "{split}");
        let used = answers.wrong_answers.get("used").copied().unwrap_or_default();
        assert_eq!(used, manifest.pairs.splits.get(split).copied().unwrap_or_default(), "{split}");
    }
    assert_eq!(read.dialogues, sum(&manifest.dialogues));
    assert_eq!(manifest.dialogues["used"], manifest.pairs.splits["multi_turn_base"]);

    let bench = Bench::open(&out).expect("it opens");
    let pairs = bench.pairs().expect("pairs");
    assert_eq!(pairs.len() as u64, manifest.pairs.pairs);
    for pair in pairs.iter().chain(&bench.ties().expect("ties")).chain(&bench.both_wrong().expect("both wrong")) {
        assert_ne!(
            Fingerprint::of_action(&pair.chosen.action),
            Fingerprint::of_action(&pair.rejected.action),
            "{}",
            pair.id
        );
    }
    for of_question in pairs.chunk_by(|a, b| a.question_id == b.question_id) {
        assert!(of_question.len() <= manifest.options.per_question, "{}", of_question[0].question_id);
        let distinct: HashSet<_> = of_question
            .iter()
            .map(|pair| (pair.task.fingerprint(), Fingerprint::of_action(&pair.rejected.action)))
            .collect();
        assert_eq!(distinct.len(), of_question.len(), "{}", of_question[0].question_id);
    }
    for split in manifest.answers.keys().filter(|split| !split.ends_with("relevance")) {
        let of_split: Vec<_> = pairs.iter().filter(|pair| pair.category == *split).collect();
        let easy = of_split.iter().filter(|pair| pair.rejected.action.calls().is_empty()).count();
        assert!(easy * 20 <= of_split.len(), "{split}: {easy} of {}", of_split.len());
    }
    rows_are_read_back(&pairs);
    let published = manifest.labels.published_same_verdict as f64 / manifest.labels.published as f64;
    assert!(published > 0.95, "{published}");

    let again = folder.path().join("again");
    build(&Build::new(&runs, &questions), &again, &|_| ()).expect("it is built again");
    for name in Bench::FILES {
        let bytes = |folder: &std::path::Path| std::fs::read(folder.join(name)).expect("a file");
        assert!(bytes(&out) == bytes(&again), "{name} differs");
    }
}

/// Pairs as rows of the published tables, and back.
fn rows_are_read_back(pairs: &[Pair]) {
    let table = rows::discriminative(pairs).expect("rows");
    let read = rows::pairs(table.iter().map(|row| serde_json::json!(row))).expect("pairs");
    assert_eq!(read.len(), pairs.len());
    let same = |(a, b): &(&Pair, &Pair)| {
        a.task.messages() == b.task.messages()
            && a.chosen.action == b.chosen.action
            && a.rejected.action == b.rejected.action
    };
    let other: Vec<_> = pairs.iter().zip(&read).filter(|both| !same(both)).map(|(pair, _)| &pair.id).collect();
    assert!(other.is_empty(), "{} of {} pairs are other ones as rows: {other:?}", other.len(), pairs.len());
}
