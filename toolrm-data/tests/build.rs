//! Builds from end to end, over the invented datasets of the examples.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use toolrm_data::{
    build::{Build, BuildConfig, Doing, Manifest, Shard, verify},
    input::Input,
    pair::{PreferencePair, Provenance},
};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data")
}

fn config() -> BuildConfig {
    BuildConfig::read(&examples().join("build.toml")).unwrap()
}

fn quiet(_: Doing<'_>) {}

/// Every file of a folder but for the timing, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    named.filter(|(name, _)| name != "timing.json").map(|(name, path)| (name, fs::read(path).unwrap())).collect()
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(b[name] == *bytes, "{name} differs");
    }
}

fn pairs(folder: &Path) -> Vec<PreferencePair> {
    let mut pairs = Vec::new();
    for name in ["train.jsonl.zst", "validation.jsonl.zst"] {
        PreferencePair::each_of(Input::open(&folder.join(name)).unwrap(), |pair| {
            pairs.push(pair);
            Ok::<_, toolrm_data::DataError>(())
        })
        .unwrap();
    }
    pairs
}

fn built(config: BuildConfig, threads: usize) -> (tempfile::TempDir, Manifest) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Build::new(config, examples()).with_threads(threads).run(folder.path(), &quiet).unwrap();
    (folder, manifest)
}

#[test]
fn a_build_is_what_it_says() {
    let (folder, manifest) = built(config(), 2);
    for check in verify(folder.path()).unwrap() {
        assert!(check.is_good() && check.n > 0, "{check:?}");
    }
    let pairs = pairs(folder.path());
    assert_eq!(pairs.len() as u64, manifest.train.pairs + manifest.validation.pairs);
    assert!(pairs.len() > 150, "{}", pairs.len());
    assert!((20..=30).contains(&manifest.validation.pairs), "{}", manifest.validation.pairs);
    assert!(manifest.train.swapped.abs_diff(manifest.train.pairs / 2) <= 1);
    let of = |provenance: Provenance| pairs.iter().filter(|pair| pair.provenance() == provenance).count();
    assert!(of(Provenance::Recorded) > 100 && of(Provenance::Synthetic) > 10);
    // The record that was cut off is told of.
    let quarantine = fs::read_to_string(folder.path().join("quarantine.jsonl")).unwrap();
    let bad: Value = serde_json::from_str(quarantine.lines().next().unwrap()).unwrap();
    assert_eq!(
        (quarantine.lines().count(), bad["source"].as_str(), bad["record"].as_u64()),
        (1, Some("openai_chat"), Some(84))
    );
    assert!(bad["place"].as_str().unwrap().ends_with("chats.jsonl:85"), "{bad}");
}

#[test]
fn threads_and_shards_change_no_byte() {
    let (one, _) = built(config(), 1);
    let (two, _) = built(config(), 2);
    same(one.path(), two.path());
    for of in [2, 5] {
        let folder = tempfile::tempdir().unwrap();
        let build = Build::new(config(), examples());
        let mut shards: Vec<PathBuf> = Vec::new();
        for index in 0..of {
            let shard = folder.path().join(format!("{index}"));
            build.run_shard(Shard { index, of }, &shard, &quiet).unwrap();
            shards.insert(0, shard);
        }
        let merged = folder.path().join("merged");
        build.merge(&shards, &merged, &quiet).unwrap();
        same(one.path(), &merged);
    }
}

#[test]
fn another_seed_is_another_build() {
    let (one, _) = built(config(), 2);
    let mut other = config();
    other.seed += 1;
    let (two, _) = built(other, 2);
    assert_ne!(files(one.path())["train.jsonl.zst"], files(two.path())["train.jsonl.zst"]);
}

#[test]
fn what_was_done_before_a_kill_is_not_done_again_and_changes_nothing() {
    let (whole, _) = built(config(), 2);
    let shard = tempfile::tempdir().unwrap();
    let build = Build::new(config(), examples()).with_threads(2);
    build.run_shard(Shard::WHOLE, shard.path(), &quiet).unwrap();
    let journal = fs::read(shard.path().join("shard.jsonl")).unwrap();
    for cut in (0..=journal.len()).step_by(journal.len() / 7) {
        let out = tempfile::tempdir().unwrap();
        fs::create_dir(out.path().join("work")).unwrap();
        fs::write(out.path().join("work/shard.jsonl"), &journal[..cut]).unwrap();
        build.run(out.path(), &quiet).unwrap();
        same(whole.path(), out.path());
    }
    // A finished build is not made again, and what a kill left beside it is taken away.
    let before = fs::metadata(whole.path().join("manifest.json")).unwrap().modified().unwrap();
    fs::create_dir(whole.path().join("work")).unwrap();
    build.run(whole.path(), &quiet).unwrap();
    assert_eq!(fs::metadata(whole.path().join("manifest.json")).unwrap().modified().unwrap(), before);
    assert!(!whole.path().join("work").exists());
}

#[test]
fn the_folder_of_another_build_is_left_alone() {
    let (whole, _) = built(config(), 2);
    let before = files(whole.path());
    let mut other = config();
    other.seed = 99;
    let build = Build::new(other, examples());
    let error = build.run(whole.path(), &quiet).unwrap_err().to_string();
    assert!(error.contains("another configuration") && error.contains("--restart"), "{error}");
    assert_eq!(files(whole.path()), before);
    build.restarting(true).run(whole.path(), &quiet).unwrap();
    assert_ne!(files(whole.path()), before);
}

#[test]
fn shards_that_do_not_belong_together_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let build = Build::new(config(), examples());
    build.run_shard(Shard { index: 0, of: 2 }, &path("0"), &quiet).unwrap();
    let mut other = config();
    other.seed = 5;
    Build::new(other, examples()).run_shard(Shard { index: 1, of: 2 }, &path("1"), &quiet).unwrap();
    let error = |shards: &[&str]| {
        let shards: Vec<PathBuf> = shards.iter().map(|name| path(name)).collect();
        build.merge(&shards, &path("out"), &quiet).unwrap_err().to_string()
    };
    assert!(error(&["0"]).contains("shard 1/2 is missing"));
    assert!(error(&["0", "0"]).contains("give each shard once"));
    assert!(error(&["0", "1"]).contains("another configuration"));
    assert!(error(&["0", "nowhere"]).contains("no finished shard"));
    assert!(!path("out").join("manifest.json").exists());
}

#[test]
fn served_answers_become_candidates() {
    let folder = tempfile::tempdir().unwrap();
    let build = Build::new(config(), examples());
    let mut lines = Vec::new();
    build
        .steps(|asked| {
            let answer = "<tool_call>\n{\"name\": \"nothing_like_it\", \"arguments\": {}}\n</tool_call>";
            lines.push(json!({"step": asked.step, "model": "my-model", "answer": answer}).to_string());
            Ok(())
        })
        .unwrap();
    assert!(lines.len() > 80);
    let path = folder.path().join("answers.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let mut with = config();
    with.served.push(path.to_str().unwrap().into());
    let (out, manifest) = built(with.clone(), 2);
    let served = pairs(out.path()).into_iter().filter(|pair| pair.rejected.from == "my-model");
    let types: BTreeSet<_> = served.map(|pair| (pair.provenance().name(), pair.rejected.error_type)).collect();
    let expected = ["call-instead-of-words", "hallucinated-tool"].map(|error| ("served", error.to_owned()));
    assert_eq!(types, BTreeSet::from(expected));
    assert!(manifest.train.provenance["served"] > 20);
    fs::write(&path, "{\"step\": \"x\", \"model\": 3, \"answer\": \"y\"}").unwrap();
    let error = Build::new(with, examples()).run(&folder.path().join("o"), &quiet).unwrap_err().to_string();
    assert!(error.contains("answers.jsonl:1: /model: no text"), "{error}");
}

#[test]
fn questions_of_a_benchmark_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let benchmark = folder.path().join("benchmark.jsonl");
    let asked = "What does a loan of 20000 over 5 years at 3.2 percent cost a month?";
    fs::write(&benchmark, json!({"id": "q1", "question": asked}).to_string()).unwrap();
    let mut held = config();
    held.contamination.against.push(benchmark.to_str().unwrap().into());
    let (out, manifest) = built(held, 2);
    assert!(manifest.contamination.found["xlam"] >= 1 && manifest.contamination.checked == 108);
    assert_eq!(manifest.contamination.examples[0].benchmark_id, "q1");
    assert!(pairs(out.path()).iter().all(|pair| pair.task.last_user_text().unwrap() != asked));
}

#[test]
fn a_part_is_obfuscated_and_scores_stay() {
    let mut hidden = config();
    hidden.output.obfuscated = 0.5;
    let (out, manifest) = built(hidden, 2);
    assert_eq!(manifest.train.obfuscated, manifest.train.pairs.div_ceil(2));
    assert_eq!(manifest.validation.obfuscated, 0);
    for check in verify(out.path()).unwrap() {
        assert!(check.is_good(), "{check:?}");
    }
    let known = ["find_book", "rent_bikes", "water_bed", "loan_rate"];
    for pair in pairs(out.path()).iter().filter(|pair| pair.obfuscated) {
        assert!(pair.task.tools().names().all(|name| !known.contains(&name)), "{}", pair.id);
    }
}

#[test]
fn what_was_changed_is_noticed() {
    let (folder, _) = built(config(), 2);
    let path = folder.path().join("train.jsonl.zst");
    let text = String::from_utf8(zstd::decode_all(&fs::read(&path).unwrap()[..]).unwrap()).unwrap();
    let mut pair: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    pair["rejected_score"] = json!(0.123);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[0] = pair.to_string();
    lines.push(lines[1].clone());
    fs::write(&path, zstd::encode_all(lines.join("\n").as_bytes(), 3).unwrap()).unwrap();
    let checks = verify(folder.path()).unwrap();
    let wrong: Vec<_> = checks.iter().filter(|check| !check.is_good()).map(|check| check.what.as_str()).collect();
    for what in ["files are those described", "counts are the manifest's", "ids are unique", "pairs score as written"] {
        assert!(wrong.contains(&what), "{what}: {wrong:?}");
    }
    assert!(wrong.iter().any(|what| what.contains("says the same")), "{wrong:?}");
}
