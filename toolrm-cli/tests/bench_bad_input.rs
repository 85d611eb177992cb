//! Whatever is wrong with what `toolrm bench` is given: exit code 2, a message that says where and what to do, and nothing half-written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use std::fs;

use common::{files, leaderboard::Leaderboard, pack_tar, pack_zip, toolrm};
use serde::{Deserialize, Serialize};

/// What is broken, the command, and what the message holds. `@name` in the command is a path in the folder of the leaderboard.
type Case = (fn(&Leaderboard), &'static str, &'static [&'static str]);

const BUILD: &str = "bench build --bfcl @questions --runs @runs --out @out";
const RESULT: &str = "runs/lab/result/ada/non_live/BFCL_v4_multiple_result.json";
const SCORE: &str = "runs/lab/score/cleo/non_live/BFCL_v4_multiple_score.json";
const QUESTIONS: &str = "questions/BFCL_v4_multiple.json";
const GOLD: &str = "questions/possible_answer/BFCL_v4_multiple.json";

fn arguments(board: &Leaderboard, command: &str) -> Vec<String> {
    let path = |word: &str| word.strip_prefix('@').map_or_else(|| word.to_owned(), |name| board.path(name));
    command.split_whitespace().map(path).collect()
}

fn check(cases: &[Case]) {
    for (break_it, command, said) in cases {
        let board = Leaderboard::new();
        break_it(&board);
        let before = files(&board.path(""));
        let arguments = arguments(&board, command);
        let run = toolrm(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{command}: {}", run.err);
        assert!(run.err.starts_with("error: "), "{command}: {}", run.err);
        for part in *said {
            assert!(run.err.contains(part), "{command}: expected {part:?} in {}", run.err);
        }
        // Nothing is there that was not there before, temporary files and manifests among it.
        let after = files(&board.path(""));
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{command}");
        assert!(after == before, "{command}");
    }
}

fn write(board: &Leaderboard, name: &str, text: &str) {
    fs::write(board.path(name), text).unwrap();
}

fn append(board: &Leaderboard, name: &str, text: &str) {
    let path = board.path(name);
    fs::write(&path, fs::read_to_string(&path).unwrap() + text).unwrap();
}

/// Keeps the first half of a file.
fn cut(board: &Leaderboard, name: &str) {
    let path = board.path(name);
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&path, bytes).unwrap();
}

fn remove(board: &Leaderboard, name: &str) {
    fs::remove_file(board.path(name)).unwrap();
}

fn bench(board: &Leaderboard) {
    board.build("trbench", &[]);
}

fn cut_tar(board: &Leaderboard) {
    pack_tar(&board.path("runs"), &board.path("runs.tar.zst"));
    cut(board, "runs.tar.zst");
}

fn cut_zip(board: &Leaderboard) {
    pack_zip(&board.path("runs"), &board.path("runs.zip"));
    cut(board, "runs.zip");
}

fn cut_wheel(board: &Leaderboard) {
    pack_zip(&board.path("questions"), &board.path("q.whl"));
    cut(board, "q.whl");
}

#[test]
fn archives() {
    check(&[
        (
            cut_tar,
            "bench build --bfcl @questions --runs @runs.tar.zst --out @out",
            &["runs.tar.zst: ", "truncated or damaged: get it again"],
        ),
        (
            cut_zip,
            "bench build --bfcl @questions --runs @runs.zip --out @out",
            &["runs.zip: not a zip archive", "get it again"],
        ),
        (cut_wheel, "bench build --bfcl @q.whl --runs @runs --out @out", &["q.whl: not a zip archive", "get it again"]),
        (cut_wheel, "bench fetch --from @q.whl", &["q.whl: not a zip archive", "get it again"]),
        (
            |board| write(board, "notes.txt", "my notes"),
            "bench build --bfcl @questions --runs @notes.txt --out @out",
            &["notes.txt: neither a folder nor an archive; give a folder, a zip archive or wheel, or a tar archive"],
        ),
        (
            |board| write(board, "notes.txt", ""),
            "bench build --bfcl @notes.txt --runs @runs --out @out",
            &["notes.txt: neither a folder nor an archive; give a folder"],
        ),
        (
            |_| (),
            "bench build --bfcl @questions --runs @nowhere --out @out",
            &["nowhere: cannot open", "check the path"],
        ),
        (|_| (), "bench build --bfcl @nowhere --runs @runs --out @out", &["nowhere: cannot open", "check the path"]),
        (
            |_| (),
            "bench build --bfcl @questions --runs @questions --out @out",
            &["questions: no result files in it; give"],
        ),
        (
            |_| (),
            "bench build --bfcl @runs --runs @runs --out @out",
            &["runs: no questions", "give the wheel of bfcl-eval"],
        ),
        (|_| (), "bench fetch --from @runs", &["runs: no questions", "give the wheel of bfcl-eval"]),
        (|_| (), "bench best-of-n --acebench @runs", &["runs: no questions of ACEBench; give the folder"]),
        (
            |board| pack_zip(&board.path("questions"), &board.path("bfcl_eval-2026.3.23-py3-none-any.whl")),
            "bench fetch --from @bfcl_eval-2026.3.23-py3-none-any.whl",
            &["bfcl_eval-2026.3.23-py3-none-any.whl: SHA-256 is ", "remove it and fetch again"],
        ),
        (
            |_| (),
            "bench fetch --bfcl-version ../x --cache @cache",
            &["\"../x\" is no version of bfcl-eval: write one like"],
        ),
        (
            |_| (),
            "bench fetch --python no-such-python --cache @cache",
            &["cannot run no-such-python", "install Python 3 with pip"],
        ),
    ]);
}

#[test]
fn recordings() {
    check(&[
        (
            |board| board.change(RESULT, "\"multiple_1\"", "multiple_1"),
            BUILD,
            &["BFCL_v4_multiple_result.json:2: not JSON at column 7", "write one JSON document"],
        ),
        (
            |board| cut(board, RESULT),
            BUILD,
            &["BFCL_v4_multiple_result.json:", ": not JSON at column", "write one JSON document"],
        ),
        (
            |board| board.change(RESULT, "\"multiple_1\",\"result\"", "\"multiple_1\",\"answer\""),
            BUILD,
            &[
                "BFCL_v4_multiple_result.json:2: \"result\" is missing; expected a line of the leaderboard's result files",
            ],
        ),
        (
            |board| board.change(RESULT, "\"multiple_2\"", "\"poem_2\""),
            BUILD,
            &["BFCL_v4_multiple_result.json:3: /id: \"poem_2\" is no id of a question"],
        ),
        (
            |board| board.change(SCORE, "\"multiple_0\"", "null"),
            BUILD,
            &["BFCL_v4_multiple_score.json:2: no \"id\"; expected a line of the leaderboard's score files"],
        ),
        (
            |_| (),
            "bench build --bfcl @questions --runs @runs --out @out --category live_simple",
            &["runs: no recording answers a known question; give runs and questions of the same benchmark"],
        ),
        (
            |_| (),
            "bench build --bfcl @questions --runs @runs --out @out --category nonsense",
            &["invalid value 'nonsense'", "unknown category \"nonsense\"; known are simple_python, "],
        ),
        (
            |_| (),
            "bench build --bfcl @questions --runs @runs --out @out --category multi_turn_miss_func",
            &["only multi_turn_base can be built"],
        ),
        (
            |_| (),
            "bench build --bfcl @questions --runs @runs --out @out --pairs 0",
            &["ask for at least one pair a question"],
        ),
    ]);
}

#[test]
fn questions() {
    check(&[
        (
            |board| board.change(QUESTIONS, "\"function\"", "\"tools\""),
            BUILD,
            &["questions/BFCL_v4_multiple.json:1: \"function\" is missing; write {\"id\", \"question\""],
        ),
        (
            |board| board.change(QUESTIONS, "\"name\":\"weather.get\"", "\"name\":7"),
            BUILD,
            &[
                "question \"multiple_0\", is broken at /function: tool \"#1\"",
                "/name",
                "; correct it in BFCL_v4_multiple.json",
            ],
        ),
        (
            |board| board.change(QUESTIONS, "\"role\":\"user\"", "\"role\":\"king\""),
            BUILD,
            &["questions/BFCL_v4_multiple.json:1: /question/0/0/role: "],
        ),
        (
            |board| board.change(QUESTIONS, "\"multiple_1\"", "\"multiple_0\""),
            BUILD,
            &[
                "questions/BFCL_v4_multiple.json:2: /id: \"multiple_0\" occurs twice: first at ",
                "multiple.json:1; remove one of the two",
            ],
        ),
        (
            |board| append(board, QUESTIONS, "{\"id\": \"multi"),
            BUILD,
            &["questions/BFCL_v4_multiple.json:7: not JSON at column"],
        ),
        (
            |board| remove(board, GOLD),
            BUILD,
            &[
                "BFCL_v4_multiple.json:1: no accepted answers of \"multiple_0\" in possible_answer/BFCL_v4_multiple.json; add",
            ],
        ),
        (
            |board| board.change(GOLD, "\"multiple_2\"", "\"multiple_9\""),
            BUILD,
            &["BFCL_v4_multiple.json:3: no accepted answers of \"multiple_2\""],
        ),
        (
            |board| append(board, GOLD, "{\"id\": \"multiple_9\", \"ground_truth\": []}"),
            BUILD,
            &[
                "possible_answer/BFCL_v4_multiple.json:7: /id: accepted answers of \"multiple_9\", a question that is not there",
            ],
        ),
        (
            |board| board.change(GOLD, "\"multiple_1\"", "\"multiple_0\""),
            BUILD,
            &["possible_answer/BFCL_v4_multiple.json:2: /id: \"multiple_0\" occurs twice"],
        ),
        (
            |board| board.change(GOLD, "[\"Oslo\"]", "\"Oslo\""),
            BUILD,
            &["possible_answer/BFCL_v4_multiple.json:1: /ground_truth/0/weather.get/city: expected "],
        ),
        (
            |board| write(board, "questions/BFCL_v4_poetry.json", "{\"id\": \"poetry_0\"}"),
            BUILD,
            &[
                "BFCL_v4_poetry.json: unknown category \"poetry\"; known are simple_python, ",
                "remove the file, or rename it",
            ],
        ),
    ]);
}

#[test]
fn benches() {
    check(&[
        (
            |board| {
                bench(board);
                append(board, "trbench/pairs.jsonl", "{}\n");
            },
            "bench run @trbench",
            &["trbench/pairs.jsonl: not the file the manifest describes", "build the bench again"],
        ),
        (
            |board| {
                bench(board);
                append(board, "trbench/groups.jsonl", "\n");
            },
            "bench export @trbench --out @out",
            &["trbench/groups.jsonl: not the file the manifest describes", "build the bench again"],
        ),
        (
            |board| {
                bench(board);
                remove(board, "trbench/manifest.json");
            },
            "bench run @trbench",
            &["trbench: no manifest.json", "build it with `toolrm bench build`"],
        ),
        (
            |board| {
                bench(board);
                cut(board, "trbench/manifest.json");
            },
            "bench run @trbench",
            &["trbench/manifest.json:", ": not JSON at column"],
        ),
        (
            |board| {
                bench(board);
                board.change("trbench/manifest.json", "\"format\": 1", "\"format\": 2");
            },
            "bench run @trbench",
            &["trbench/manifest.json: /format: a bench of another format; build it again"],
        ),
        (
            |board| {
                bench(board);
                remove(board, "trbench/ties.jsonl");
            },
            "bench run @trbench",
            &["trbench/ties.jsonl: cannot read"],
        ),
        (|_| (), "bench run @nowhere --out @out", &["nowhere: cannot open", "check the path"]),
        (bench, "bench run @trbench/pairs.jsonl", &["--out DIR", "see --help"]),
        (
            bench,
            "bench run @trbench/groups.jsonl --out @out",
            &["groups.jsonl:1: \"chosen\" is missing", "write a pair"],
        ),
        (
            |board| {
                bench(board);
                cut(board, "trbench/pairs.jsonl");
            },
            "bench run @trbench/pairs.jsonl --out @out",
            &["trbench/pairs.jsonl:", ": not JSON at column"],
        ),
        (
            |board| write(board, "none.jsonl", "\n"),
            "bench run @none.jsonl --out @out",
            &["none.jsonl: no pairs; give a file"],
        ),
    ]);
}

#[derive(Serialize, Deserialize)]
struct OtherColumns {
    question: String,
}

fn exported(board: &Leaderboard) {
    bench(board);
    let [bench, out] = ["trbench", "tables"].map(|name| board.path(name));
    assert_eq!(toolrm(&["bench", "export", &bench, "--out", &out]).code, 0);
}

#[test]
fn tables() {
    check(&[
        (
            |board| {
                exported(board);
                cut(board, "tables/trbench_test_think.parquet");
            },
            "bench run @tables/trbench_test_think.parquet --out @out",
            &["trbench_test_think.parquet: not a readable Parquet table", "get it again"],
        ),
        (
            |board| write(board, "x.parquet", "a,b\n1,2\n"),
            "bench run @x.parquet --out @out",
            &["x.parquet: not a readable Parquet table", "get it again"],
        ),
        (
            |board| {
                let rows = [OtherColumns { question: "Rain?".into() }];
                toolrm_data::table::write(board.path("other.parquet").as_ref(), &rows).unwrap();
            },
            "bench run @other.parquet --out @out",
            &["other.parquet: row 0: \"chat_history\" is missing; give"],
        ),
        (|_| (), "bench run @nowhere.parquet --out @out", &["nowhere.parquet: cannot open", "check the path"]),
    ]);
}

const VERDICTS: &str = "bench verdicts @v.jsonl --bfcl @questions";

#[test]
fn verdicts() {
    check(&[
        (
            |board| {
                let good =
                    r#"{"category": "multiple", "id": "multiple_0", "calls": [], "valid": false, "error_type": "x"}"#;
                write(board, "v.jsonl", &format!("{good}\n{{\"id\": 3}}\n"));
            },
            VERDICTS,
            &["v.jsonl:2: no recorded verdict: ", "write {\"category\", \"id\", \"calls\""],
        ),
        (
            |board| {
                let unknown =
                    r#"{"category": "multiple", "id": "multiple_9", "calls": [], "valid": true, "error_type": null}"#;
                write(board, "v.jsonl", unknown);
            },
            VERDICTS,
            &["v.jsonl:1: question \"multiple_9\" is not among those loaded; load the files that hold it"],
        ),
        (
            |board| {
                let both =
                    r#"{"category": "multiple", "id": "multiple_0", "calls": [], "valid": true, "error_type": "x"}"#;
                write(board, "v.jsonl", both);
            },
            VERDICTS,
            &["v.jsonl:1: no recorded verdict: \"error_type\" must be null"],
        ),
        (
            |board| {
                let poem = r#"{"category": "poems", "id": "x_0", "calls": [], "valid": true, "error_type": null}"#;
                write(board, "v.jsonl", poem);
            },
            VERDICTS,
            &["v.jsonl:1: no recorded verdict: unknown category \"poems\""],
        ),
        (|_| (), "bench verdicts @nowhere.jsonl --bfcl @questions", &["nowhere.jsonl: cannot open", "check the path"]),
    ]);
}

#[test]
fn groups_and_reports() {
    check(&[
        (
            |board| {
                bench(board);
                append(board, "trbench/groups.jsonl", "{\"id\": \"x\", \"entries\": 3}\n");
            },
            "bench best-of-n @trbench/groups.jsonl",
            &["groups.jsonl:25: \"messages\" is missing; add the conversation"],
        ),
        (
            |board| {
                bench(board);
                cut(board, "trbench/groups.jsonl");
            },
            "bench best-of-n @trbench/groups.jsonl",
            &["groups.jsonl:", ": not JSON at column"],
        ),
        (|board| write(board, "g.jsonl", ""), "bench best-of-n @g.jsonl", &["g.jsonl: no groups; give a groups.jsonl"]),
        (|_| (), "bench report @nowhere.json", &["nowhere.json: cannot read", "name a report.json"]),
        (
            |board| write(board, "report.json", "{\n\"judges\": 3}\n"),
            "bench report @report.json --out @out",
            &["report.json:", "no report: ", "name a report.json of this version"],
        ),
    ]);
}

const MUTATE: &str = "bench mutate --tools examples/data/tools.json --calls @c.jsonl";

#[test]
fn good_calls() {
    check(&[
        (
            |board| write(board, "c.jsonl", "{\"calls\": [{\"f\": {}}]}\nno\n"),
            MUTATE,
            &["c.jsonl:2: not JSON at column "],
        ),
        (
            |board| write(board, "c.jsonl", "{\"calls\": [{\"f\": {}}]}\n{\"id\": \"x\"}\n"),
            MUTATE,
            &["c.jsonl:2: \"calls\" is missing", "write an example"],
        ),
        (
            |board| write(board, "c.jsonl", "{\"calls\": \"none\"}"),
            MUTATE,
            &["c.jsonl:1: /calls: no calls; give the right calls as a list"],
        ),
        (
            |board| write(board, "c.jsonl", "{\"calls\": [{\"f\": {}}], \"query\": \"x\", \"messages\": []}"),
            MUTATE,
            &["c.jsonl:1: /query: ", "give one of the two"],
        ),
        (
            |board| write(board, "c.jsonl", "{\"calls\": [{\"f\": {}}]}"),
            MUTATE,
            &["c.jsonl: none of the 1 examples fits the tools"],
        ),
        (|board| write(board, "c.jsonl", "\n"), MUTATE, &["c.jsonl: no example: give at least one record"]),
        (
            |board| write(board, "t.json", "[{\"name\": 3}]"),
            "bench mutate --tools @t.json --calls examples/data/good_calls.jsonl",
            &["t.json: ", "name"],
        ),
    ]);
}

/// Where the folder to write into is a file, the file stays as it is.
#[test]
fn an_out_folder_that_is_a_file() {
    fn out(board: &Leaderboard) {
        exported(board);
        let results = board.path("results");
        assert_eq!(toolrm(&["bench", "run", &board.path("trbench"), "--out", &results]).code, 0);
        write(board, "out", "precious");
    }
    check(&[
        (out, BUILD, &["out: cannot write into the folder", "choose another folder"]),
        (out, "bench run @trbench --out @out", &["/out/", "choose another"]),
        (out, "bench export @trbench --out @out", &["/out/", "choose another"]),
        (out, "bench report @results/report.json --out @out", &["/out/", "choose another"]),
    ]);
}

/// The folder of a run over another bench is not written over unseen.
#[test]
fn a_result_of_another_bench_is_kept() {
    fn ran(board: &Leaderboard) {
        let (one, two, out) = (board.build("one", &[]), board.build("two", &["--seed", "2"]), board.path("out"));
        assert!(files(&one) != files(&two));
        assert_eq!(toolrm(&["bench", "run", &one, "--out", &out]).code, 0);
    }
    check(&[(
        ran,
        "bench run @two --out @out",
        &["out/runs/rules/judge.json: the folder holds a run over another bench", "--restart"],
    )]);
    let board = Leaderboard::new();
    ran(&board);
    assert_eq!(toolrm(&["bench", "run", &board.path("two"), "--out", &board.path("out"), "--restart"]).code, 0);
}
