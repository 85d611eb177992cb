//! The build of docs/DATA.md, over the first trajectories of each published dataset.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use toolrm_data::build::{Build, BuildConfig, verify};

#[test]
fn published_datasets_give_pairs_that_hold() {
    let Some(file) = common::data("published_datasets_give_pairs_that_hold", "xlam_function_calling_1000.jsonl.zst")
    else {
        return;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lab/data/pairs-30k.toml");
    let mut config = BuildConfig::read(&path).unwrap();
    // Its runs are read as a whole before the first trajectory is there.
    config.sources.retain(|source| source.adapter != "complexfuncbench_runs");
    for source in &mut config.sources {
        source.limit = Some(60);
    }
    config.balance.target = 1000;
    config.split.validation = 100;
    config.output.obfuscated = 0.1;
    let out = tempfile::tempdir().unwrap();
    let manifest = Build::new(config, file.parent().unwrap()).run(out.path(), &|_| {}).unwrap();
    for check in verify(out.path()).unwrap() {
        assert!(check.is_good() && check.n > 0, "{check:?}");
    }
    assert_eq!((manifest.train.pairs, manifest.validation.pairs), (900, 100));
    assert!(manifest.train.provenance["recorded"] > 100, "{:?}", manifest.train.provenance);
    assert!(manifest.sources.len() >= 12 && manifest.train.sources.len() >= 11, "{:?}", manifest.train.sources);
    let checked = &manifest.contamination;
    assert!(checked.against[0].questions > 2000 && checked.checked > 500, "{checked:?}");
    // Neither length nor the number of calls gives the answer away.
    for null in ["longer", "shorter", "more-calls", "words"] {
        assert!((0.35..=0.65).contains(&manifest.train.leaks[null]), "{null}: {:?}", manifest.train.leaks);
    }
}
