//! The adapters over the published files: how many records give what. Skipped aloud where the data is not there.

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
};

use toolrm_core::{call::Role, toolset::Toolset};
use toolrm_data::{
    source::{Record, Source, api_bank::ApiBank},
    tree::Tree,
};

fn data(test: &str, file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let path = folder.join("train").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {test}: no data at {}", path.display());
    None
}

/// What a source gave.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    trajectories: usize,
    steps: usize,
    steps_with_calls: usize,
    /// Steps with a call of a tool that is not listed.
    unlisted: usize,
    right: usize,
    wrong: usize,
    unlabelled: usize,
    /// Quarantined, by reason.
    quarantined: BTreeMap<String, usize>,
}

/// Reads everything, twice, and sees that it is well-formed and the same.
fn counts(source: &dyn Source, file: &str) -> Option<Counts> {
    let path = data(source.name(), file)?;
    let (first, ids) = read(source, &Tree::open(&path).unwrap());
    let (second, same_ids) = read(source, &Tree::open(&path).unwrap());
    assert!(first == second && ids == same_ids, "two readings differ");
    println!("{}: {first:#?}", source.name());
    Some(first)
}

fn read(source: &dyn Source, files: &Tree) -> (Counts, Vec<String>) {
    let mut counts = Counts::default();
    let mut ids = Vec::new();
    let mut seen = HashSet::new();
    let read = source.read(files, &mut |record| {
        match record {
            Record::Trajectory(t) => {
                assert!(seen.insert(t.id.clone()), "{} occurs twice", t.id);
                ids.push(t.id.clone());
                let tools = Toolset::from_json(&t.tools).unwrap_or_else(|e| panic!("{}: {e}", t.id));
                counts.trajectories += 1;
                for message in t.messages.iter().filter(|m| m.role == Role::Assistant) {
                    counts.steps += 1;
                    counts.steps_with_calls += usize::from(!message.tool_calls.is_empty());
                    counts.unlisted += usize::from(message.tool_calls.iter().any(|c| tools.get(&c.name).is_none()));
                }
                for answer in &t.answers {
                    assert_eq!(t.messages[answer.step].role, Role::Assistant, "{}", t.id);
                    match answer.published {
                        Some(true) => counts.right += 1,
                        Some(false) => counts.wrong += 1,
                        None => counts.unlabelled += 1,
                    }
                }
            }
            Record::Quarantined(q) => {
                assert!(!q.fault.what.is_empty() && !q.fault.fix.is_empty(), "{q:?}");
                let kind = q.fault.what.split(':').next().unwrap_or_default().to_owned();
                *counts.quarantined.entry(kind).or_default() += 1;
                if std::env::var_os("SHOW").is_some() {
                    println!("{}: {} [{}]", q.place, q.fault, q.excerpt);
                }
            }
            other => panic!("unknown record {other:?}"),
        }
        Ok(())
    });
    read.unwrap();
    (counts, ids)
}

#[test]
fn api_bank() {
    let Some(counts) = counts(&ApiBank, "api_bank.tar.zst") else { return };
    assert_eq!((counts.trajectories, counts.steps, counts.steps_with_calls, counts.unlisted), (598, 2598, 1401, 42));
    assert_eq!(counts.quarantined.values().sum::<usize>(), 14);
}
