//! The published questions: all there, every document a tool, every answer in shape.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{data, questions};
use toolrm_bench::bfcl::{
    Category, Question, Questions,
    fetch::{self, FetchError, FetchOptions, fetch},
    ids::{Version, of_count},
};
use toolrm_data::{DataError, tree::Tree};

#[test]
fn every_published_question_is_there() {
    let Some(questions) = questions("every_published_question_is_there") else { return };
    let several = questions.iter().filter(|q| q.category.is_multi_turn()).count();
    assert_eq!((questions.len() - several, several), (1844, 285));
    for (category, count) in questions.counts() {
        println!("{category:24} {count}");
    }
    for question in questions.iter() {
        let uncompared = question.category.is_irrelevance() || question.category == Category::LiveRelevance;
        assert_eq!(question.gold.is_none(), uncompared, "{}", question.id);
        assert_eq!(question.involved_classes.is_empty(), !question.category.is_multi_turn(), "{}", question.id);
        assert_eq!(question.missed_functions.is_empty(), question.category != Category::MultiTurnMissFunc);
    }
}

#[test]
fn every_document_is_a_tool() {
    let Some(questions) = questions("every_document_is_a_tool") else { return };
    for question in questions.iter() {
        for turn in 0..question.turns.len() {
            let tools = question.toolset_at(turn).unwrap_or_else(|fault| panic!("{}: {fault}", question.id));
            let late: usize = question.missed_functions.range(..=turn).map(|(_, added)| added.len()).sum();
            let published = question.functions.as_array().unwrap();
            let distinct = published.iter().enumerate().filter(|(i, d)| !published[..*i].contains(d)).count();
            assert_eq!(tools.len(), distinct + late, "{}", question.id);
        }
        assert!(!question.task().unwrap().messages().is_empty());
    }
}

#[test]
fn a_damaged_archive_is_never_half_loaded() {
    let Some(path) = data("a_damaged_archive_is_never_half_loaded", "eval/bfcl_v4_visible_half.tar.zst") else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.tar.zst");
    for part in [3, 2] {
        std::fs::write(&cut, &bytes[..bytes.len() * (part - 1) / part]).unwrap();
        let error = Tree::open(&cut).and_then(|tree| Questions::load(&tree)).unwrap_err().to_string();
        assert!(error.contains("cut.tar.zst") && error.contains("get it again"), "{error}");
    }
}

/// A line of a recording: its id, and what was asked where it says it.
#[derive(serde::Deserialize)]
struct Recorded {
    id: serde_json::Value,
    prompt: Option<Prompt>,
}

#[derive(serde::Deserialize)]
struct Prompt {
    id: String,
    question: serde_json::Value,
}

/// What the user asked last in the first turn: a list of turns, in version 1 a text or the turn itself.
fn asked(question: &serde_json::Value) -> Option<&str> {
    question.pointer("/0")?.as_array()?.iter().rev().find(|m| m["role"] == "user")?["content"].as_str()
}

#[test]
fn every_recorded_id_of_every_version_is_a_question() {
    const NAME: &str = "every_recorded_id_of_every_version_is_a_question";
    let (Some(questions), Some(runs)) = (questions(NAME), data(NAME, "eval/bfcl_runs.tar.zst")) else { return };
    let mut lines = std::collections::BTreeMap::<_, usize>::new();
    let mut unknown = Vec::new();
    let wanted = |path: &str| path.ends_with("_result.json") || path.ends_with("_score.json");
    let read = Tree::open(&runs).unwrap().visit(wanted, |path, mut file| {
        let version = Version::of_file(path);
        while let Some((place, line)) = file.next_line()? {
            // The first line of a score file is a summary.
            let Ok(line) = serde_json::from_str::<Recorded>(line) else { continue };
            let text = line.prompt.as_ref().and_then(|prompt| asked(&prompt.question));
            let id = match (&line.prompt, &line.id) {
                (Some(prompt), _) => prompt.id.clone(),
                (None, serde_json::Value::String(id)) => id.clone(),
                // Scores of version 1's relevance are counted and carry no prompt.
                (None, count) => of_count(Category::Irrelevance, count.as_u64().unwrap()).unwrap(),
            };
            *lines.entry((version, text.is_some())).or_default() += 1;
            if questions.resolve(&id, version, text).unwrap().is_none() {
                unknown.push(format!("{place}: {id}"));
            }
        }
        Ok::<_, DataError>(())
    });
    read.unwrap();
    println!("{lines:?}");
    assert!(lines.values().sum::<usize>() > 100_000, "{lines:?}");
    assert!(unknown.is_empty(), "{} unknown: {:?}", unknown.len(), &unknown[..unknown.len().min(9)]);
}

/// Needs Python with pip and a package index: `cargo test -p toolrm-bench --test bfcl_data -- --ignored --nocapture`.
#[test]
#[ignore = "downloads the package bfcl-eval"]
fn the_package_is_fetched_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = FetchOptions::default();
    options.cache = Some(folder.path().to_owned());
    let started = std::time::Instant::now();
    let fetched = match fetch(&options, |step| println!("{step}")) {
        Err(FetchError::NoPython { .. } | FetchError::NoPip { .. } | FetchError::Offline { .. }) => {
            println!("skipped: the_package_is_fetched_once: no pip or no network");
            return;
        }
        fetched => fetched.unwrap(),
    };
    println!("fetched in {:?}: {:?}", started.elapsed(), fetched.questions.counts());
    assert_eq!(fetched.sha256.as_deref(), Some(fetch::SHA256));
    assert_eq!(fetched.questions.counts().values().sum::<usize>(), fetched.questions.len());
    assert_eq!(fetched.questions.counts().len(), Category::ALL.len());
    let again = std::time::Instant::now();
    options.python = "no-such-python".into();
    assert!(fetch(&options, |_| {}).unwrap().was_there);
    println!("found again in {:?}", again.elapsed());
    let faults = |question: &Question| {
        let turns = 0..question.turns.len();
        let found =
            turns.filter_map(|turn| question.toolset_at(turn).err()).map(|fault| format!("{}: {fault}", question.id));
        found.collect::<Vec<_>>()
    };
    let faults: Vec<_> = fetched.questions.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    if let Some(half) = questions("the_package_is_fetched_once") {
        for question in half.iter() {
            let whole = fetched.questions.get(&question.id).unwrap();
            assert_eq!((&whole.functions, &whole.gold), (&question.functions, &question.gold), "{}", question.id);
        }
    }
}
