//! Runs every example and holds its output against the one its header shows. In a header `..` stands for any text within a line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test helper fails by panicking")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The examples as cargo built them, beside this test.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test.parent().and_then(Path::parent).expect("target/PROFILE/deps");
    let path = folder.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "{} is not built: run `cargo test -p toolrm-examples`", path.display());
    path
}

/// The block marked `text` in the header of an example.
fn promised(source: &str) -> Vec<&str> {
    let header = source.lines().map_while(|line| line.strip_prefix("//!")).map(|l| l.strip_prefix(' ').unwrap_or(l));
    header.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```").collect()
}

/// Whether a line is the promised one: the parts between `..` occur in it, in order, from its beginning to its end.
fn is_as_promised(line: &str, promised: &str) -> bool {
    let mut parts = promised.split("..");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn check(name: &str) {
    let source = std::fs::read_to_string(format!("{}/examples/{name}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
    // Without a server of the user's own: the headers show what the stand-in says.
    let output = Command::new(built(name)).env_remove("TOOLRM_SERVER").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    if printed.starts_with("skipped: ") {
        print!("{printed}");
        return;
    }
    let promised = promised(&source);
    assert!(!promised.is_empty(), "{name}: the header shows no output");
    let lines: Vec<&str> = printed.lines().collect();
    let fits = lines.len() == promised.len() && lines.iter().zip(&promised).all(|(l, p)| is_as_promised(l, p));
    assert!(fits, "{name} prints\n{printed}\nand its header says\n{}", promised.join("\n"));
}

macro_rules! examples {
    ($($(#[$when:meta])* $name:ident),* $(,)?) => {
        $(#[test] $(#[$when])* fn $name() { check(stringify!($name)); })*

        #[test]
        fn every_example_is_run() {
            let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            files.sort();
            let mut run = vec![$(stringify!($name).to_owned()),*];
            run.sort();
            assert_eq!(files, run);
        }
    };
}

examples!(
    best_of_n,
    best_of_n_recorded,
    best_of_n_served,
    custom_judge,
    bench_your_judge,
    custom_scorer,
    guard_a_call,
    judge_over_http,
    #[cfg(feature = "candle")]
    judge_with_candle,
    #[cfg(feature = "onnx")]
    judge_with_onnx,
    mcp_tools,
    mend_by_rote,
    self_correct,
    streaming_early_stop,
    tools_from_types,
);

#[test]
fn dots_stand_for_any_text_and_nothing_else_is_forgiven() {
    assert!(is_as_promised("a 12 b", "a .. b"));
    assert!(is_as_promised("schema.type at /0: wrong", "schema.type at /0: .."));
    assert!(!is_as_promised("a 12 c", "a .. b"));
    assert!(!is_as_promised("a b", "a"));
}
