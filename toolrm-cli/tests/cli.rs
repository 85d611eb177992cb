//! What all commands share: help, completions, `parse`, `explain`, closed pipes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use std::{fs, io::Read, process::Stdio};

use common::{
    command,
    leaderboard::{Leaderboard, write_acebench},
    pack_tar, root, scratch, toolrm, toolrm_with_stdin,
};
use serde_json::json;

const COMMANDS: [&[&str]; 22] = [
    &["rank"],
    &["check"],
    &["parse"],
    &["explain"],
    &["bench", "fetch"],
    &["bench", "build"],
    &["bench", "run"],
    &["bench", "export"],
    &["bench", "report"],
    &["bench", "best-of-n"],
    &["bench", "mutate"],
    &["bench", "pairs"],
    &["bench", "verdicts"],
    &["data", "build"],
    &["data", "merge"],
    &["data", "steps"],
    &["data", "inspect"],
    &["data", "stats"],
    &["data", "export"],
    &["data", "verify"],
    &["doctor"],
    &["completions"],
];

/// Examples that need the network, or the very file that was published.
const NOT_HERE: [&str; 2] =
    ["toolrm bench fetch", "toolrm bench fetch --from path/to/bfcl_eval-2026.3.23-py3-none-any.whl"];

/// A folder in which all that the examples name is there.
fn stage() -> Leaderboard {
    let board = Leaderboard::new();
    fs::create_dir_all(board.path("examples/data")).unwrap();
    for entry in fs::read_dir(root().join("examples/data")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, board.path("examples/data/") + path.file_name().unwrap().to_str().unwrap()).unwrap();
    }
    let bench = board.build("trbench", &[]);
    for (command, inside, out) in
        [("run", "trbench", "old"), ("run", "trbench", "trbench/results"), ("export", "trbench", "tables")]
    {
        let run = toolrm(&["bench", command, &board.path(inside), "--out", &board.path(out)]);
        assert_eq!(run.code, 0, "{}", run.err);
    }
    assert!(fs::exists(format!("{bench}/results/report.json")).unwrap());
    pack_tar(&board.path("runs"), &board.path("bfcl_runs.tar.zst"));
    let verdict =
        json!({"category": "irrelevance", "id": "irrelevance_0", "calls": null, "valid": true, "error_type": null})
            .to_string();
    fs::write(board.path("verdicts.jsonl"), &verdict).unwrap();
    fs::write(board.path("verdicts.jsonl.zst"), zstd::encode_all(verdict.as_bytes(), 3).unwrap()).unwrap();
    for (from, to) in [("tools.json", "my_tools.json"), ("good_calls.jsonl", "good.jsonl")] {
        fs::copy(root().join("examples/data").join(from), board.path(to)).unwrap();
    }
    let config = board.path("examples/data/build.toml");
    assert_eq!(toolrm(&["data", "build", &config, "--out", &board.path("pairs")]).code, 0);
    fs::create_dir_all(board.path("path/to")).unwrap();
    fs::rename(board.path("runs"), board.path("path/to/bfcl_runs")).unwrap();
    fs::rename(board.path("questions"), board.path("path/to/bfcl_eval")).unwrap();
    write_acebench(board.path("path/to/acebench").as_ref());
    board
}

#[test]
fn help_is_as_recorded() {
    insta::assert_snapshot!("help", toolrm(&["--help"]).out);
    for command in COMMANDS {
        let run = toolrm(&[command, &["--help"]].concat());
        assert_eq!(run.code, 0);
        insta::assert_snapshot!(format!("help-{}", command.join("-")), run.out);
    }
}

/// Every `toolrm ..` line of every help is run by a shell, so that no example is a lie.
#[test]
fn the_examples_in_help_run() {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_toolrm")).parent().unwrap().to_owned();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let stage = stage();
    let mut ran = 0;
    for command in COMMANDS {
        let help = toolrm(&[command, &["--help"]].concat()).out;
        let examples = help.split_once("Example").unwrap_or_else(|| panic!("{command:?} has no example")).1;
        let wrapped = examples.lines().skip(1).find(|line| !line.trim().is_empty() && !line.contains("toolrm "));
        assert!(command[0] != "bench" || wrapped.is_none(), "an example that is too long to copy: {wrapped:?}");
        for line in examples.lines().map(str::trim).filter(|l| l.contains("toolrm ")) {
            if line.contains("your-agent") || line.contains("> ~/") || NOT_HERE.contains(&line) {
                continue;
            }
            let output = std::process::Command::new("sh")
                .args(["-c", line])
                .env("PATH", &path)
                .env("TOOLRM_BFCL", stage.path("path/to/bfcl_eval"))
                .current_dir(stage.path(""))
                .output()
                .unwrap();
            let code = output.status.code().unwrap();
            assert!(code < 2 && !output.stdout.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
            ran += 1;
        }
    }
    assert!(ran >= 40, "only {ran} examples found");
}

#[test]
fn version_completions_and_usage_errors() {
    assert_eq!(toolrm(&["--version"]).out.trim(), format!("toolrm {}", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish"] {
        let run = toolrm(&["completions", shell]);
        assert!(run.code == 0 && run.out.contains("bench") && run.out.contains("--task"), "{shell}");
    }
    for args in [&[][..], &["frobnicate"], &["rank", "--frob"], &["completions", "tcsh"], &["bench"]] {
        let run = toolrm(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.contains("--help"), "{}", run.err);
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let line = std::fs::read_to_string(root().join("examples/data/records.jsonl")).unwrap();
    let many = scratch("many.jsonl", line.repeat(2_000).as_bytes());
    for args in [vec!["rank", &many], vec!["rank", "--json", &many], vec!["completions", "bash"], vec!["--help"]] {
        let mut child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Read a few bytes and hang up, as `head -c 10` does.
        let mut head = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut head).unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else {
        println!("skipped: a_full_disk_is_an_error: no /dev/full here");
        return;
    };
    let output = command(&["explain"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write the output: "));
}

#[test]
fn parse_gives_openai_messages() {
    let run = toolrm(&["parse", "examples/data/outputs.jsonl"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!("parse", run.out);
}

#[test]
fn what_parse_prints_it_reads_again() {
    let once = toolrm(&["parse", "examples/data/outputs.jsonl"]).out;
    let twice = toolrm_with_stdin(&["parse", "--jsonl", "-"], once.as_bytes());
    assert_eq!((twice.code, twice.out), (0, once));
}

#[test]
fn malformed_output_exits_with_1_and_is_kept() {
    let raw = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1,\n</tool_call>";
    let run = toolrm_with_stdin(&["parse"], raw.as_bytes());
    assert_eq!(run.code, 1);
    assert!(run.err.starts_with("malformed: <stdin>: "), "{}", run.err);
    let message = run.json();
    assert_eq!(message["malformed"]["raw"], raw);
    assert!(message.get("tool_calls").is_none());
}

#[test]
fn a_format_that_is_asked_for_is_the_only_one_tried() {
    let hermes = "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>";
    let calls = |format: &str| {
        let run = toolrm_with_stdin(&["parse", "--format", format], hermes.as_bytes());
        run.json().get("tool_calls").map_or(0, |calls| calls.as_array().unwrap().len())
    };
    assert_eq!((calls("auto"), calls("hermes"), calls("pythonic")), (1, 1, 0));
}

#[test]
fn parse_names_bad_input() {
    let not_json = scratch("raw.jsonl", b"\"fine\"\nf(a=1)\n");
    let number = scratch("number-output.jsonl", b"3\n");
    for (args, expected) in [
        (vec!["no-such-file"], "no-such-file: cannot open: "),
        (vec![&*not_json], "raw.jsonl:2: not JSON at column "),
        (vec![&*number], "number-output.jsonl:1: expected calls or a text, found a number; "),
        (vec!["--format", "morse"], "invalid value 'morse'"),
    ] {
        let run = toolrm(&[&["parse"], args.as_slice()].concat());
        assert_eq!(run.code, 2, "{args:?}");
        assert!(run.err.contains(expected), "{args:?}: {}", run.err);
    }
}

#[test]
fn explain_lists_rules_with_their_weights() {
    let report = toolrm(&["explain", "--json"]).json();
    let rules = report["rules"].as_array().unwrap();
    assert!(rules.len() > 10);
    for rule in rules {
        assert!(rule["weight"].as_f64().unwrap() >= 0.0 && !rule["summary"].as_str().unwrap().is_empty(), "{rule}");
    }
    let table = toolrm(&["explain"]).out;
    assert!(rules.iter().all(|r| table.contains(r["id"].as_str().unwrap())), "{table}");
    let one = toolrm(&["explain", "schema.required"]).out;
    assert!(one.starts_with("schema.required\n") && one.contains("weight"), "{one}");
    let family = toolrm(&["explain", "schema", "--json"]).json();
    assert!(family["rules"].as_array().unwrap().iter().all(|r| r["id"].as_str().unwrap().starts_with("schema.")));
    let set = toolrm(&["explain", "schema.type", "--json", "--weight", "schema.type=7"]).json();
    assert_eq!(set["rules"][0]["weight"], json!(7.0));
    let unknown = toolrm(&["explain", "schema.require"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.contains("schema.required"), "{}", unknown.err);
}
