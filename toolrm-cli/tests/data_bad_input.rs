//! Bad input of `toolrm data`: exit code 2, where, what and what to do, and nothing left behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use std::fs;

use common::{scratch, toolrm};

const SOURCE: &str = "[[sources]]\nadapter = \"xlam\"\npath = \"queries.jsonl\"\n";

/// Runs `data build` with this configuration over the example's data.
fn build(name: &str, config: &str, more: &[&str]) -> common::Run {
    let config = scratch(name, config.as_bytes());
    let out = format!("{config}.out");
    drop(fs::remove_dir_all(&out));
    let run = toolrm(&[&["data", "build", &config, "--root", "examples/data", "--out", &out], more].concat());
    assert!(run.code != 2 || !fs::exists(format!("{out}/manifest.json")).unwrap());
    run
}

#[test]
fn configurations_that_cannot_be() {
    for (i, (config, said)) in [
        (String::new(), "no sources; add [[sources]]"),
        ("seed = \"x\"".into(), "line 1, column 8"),
        (format!("{SOURCE}[balance]\nbins = 0"), "balance.bins: 0 bins: write 1 to 100"),
        (format!("{SOURCE}[balance]\npairs = 3"), "unknown field `pairs`"),
        (format!("{SOURCE}most = 3"), "unknown field `most`"),
        (SOURCE.replace("xlam", "xslam"), "no adapter is named \"xslam\": they are api_bank"),
        (SOURCE.replace("queries", "missing"), "missing.jsonl: cannot open"),
        (format!("served = [\"nowhere.jsonl\"]\n{SOURCE}"), "nowhere.jsonl: cannot open"),
        (format!("{SOURCE}[contamination]\nagainst = [\"nowhere\"]"), "nowhere: cannot open"),
        (format!("{SOURCE}[contamination]\nagainst = [\"tools.json\"]"), "tools.json"),
        (format!("{SOURCE}[output]\nformats = [\"excel\"]"), "excel"),
        (format!("{SOURCE}[output]\nswapped = 2.0"), "output.swapped: 2 is no share"),
        (format!("{SOURCE}[gold]\nfailed_patterns = [\"(\"]"), "is no regular expression"),
        (format!("{SOURCE}[samples.errors]\nwrong-everything = 1.0"), "wrong-everything"),
        (format!("{SOURCE}[samples.errors]\nwrong-text = -1.0"), "-1 is no weight"),
        (format!("{SOURCE}[split]\nvalidation = 40000"), "split.validation: 40000 of 30000"),
        (format!("preset = \"best\"\n{SOURCE}"), "unknown variant `best`"),
        ("\u{0}".into(), "line 1"),
    ]
    .into_iter()
    .enumerate()
    {
        let run = build(&format!("bad-config-{i}.toml"), &config, &[]);
        assert_eq!(run.code, 2, "{config}: {}", run.out);
        assert!(run.err.contains(said), "{config}: \"{said}\" in {}", run.err);
        assert!(run.err.starts_with("error: ") && run.out.is_empty(), "{}", run.err);
    }
}

#[test]
fn arguments_that_cannot_be() {
    for (i, (more, said)) in [
        (&["--shard", "2/2"][..], "write I/N, from 0/N to N-1/N"),
        (&["--shard", "x"], "is no shard"),
        (&["--target", "0"], "balance.target: no pairs are wanted"),
        (&["--resume", "--restart"], "cannot be used with"),
        (&["--threads", "few"], "invalid value 'few'"),
    ]
    .into_iter()
    .enumerate()
    {
        let run = build(&format!("bad-argument-{i}.toml"), SOURCE, more);
        assert_eq!(run.code, 2, "{more:?}: {}", run.out);
        assert!(run.err.contains(said), "{more:?}: \"{said}\" in {}", run.err);
    }
}

#[test]
fn folders_that_are_no_builds() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty").to_str().unwrap().to_owned();
    fs::create_dir(&empty).unwrap();
    for args in [
        &["data", "stats", &empty][..],
        &["data", "verify", &empty],
        &["data", "export", &empty, "--format", "verl", "--out", &format!("{empty}-x")],
        &["data", "merge", "examples/data/build.toml", &empty, "--out", &format!("{empty}-m")],
        &["data", "inspect", "xlam", &format!("{empty}/nothing")],
        &["data", "inspect", "nobody", "examples/data/queries.jsonl"],
        &["data", "export", &empty, "--format", "excel", "--out", "x"],
        &["data", "stats", "examples/data/queries.jsonl", "--adapter", "nobody"],
        &["data", "steps", "nowhere.toml", "--out", &format!("{empty}-s")],
    ] {
        let run = toolrm(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}: {}", run.err);
        assert!(run.err.starts_with("error: "), "{}", run.err);
    }
    for made in ["-x", "-m/manifest.json", "-s"] {
        assert!(!fs::exists(format!("{empty}{made}")).unwrap(), "{made}");
    }
}
