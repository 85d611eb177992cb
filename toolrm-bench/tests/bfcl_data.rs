//! The published questions: all there, every document a tool, every answer in shape.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::PathBuf;

use toolrm_bench::bfcl::{Category, Questions};
use toolrm_data::tree::Tree;

/// A file of the data folder; `None`, aloud, when it is not there.
fn data(test: &str, path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let path = folder.join(path);
    if !path.exists() {
        println!("skipped: {test}: no data at {}", path.display());
        return None;
    }
    Some(path)
}

fn visible(test: &str) -> Option<Questions> {
    let path = data(test, "eval/bfcl_v4_visible_half.tar.zst")?;
    Some(Questions::load(&Tree::open(&path).unwrap()).unwrap())
}

#[test]
fn every_published_question_is_there() {
    let Some(questions) = visible("every_published_question_is_there") else { return };
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
    let Some(questions) = visible("every_document_is_a_tool") else { return };
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
