//! Exported pairs: read back and equal, the same bytes twice, damage found.

#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "common/pairs.rs"]
mod pairs;

use std::{
    fs,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, Candidate, Role, ToolCall},
    format::{Tagged, ToolFormat},
};
use toolrm_data::{
    build::manifest::FileInfo,
    digest,
    export::{Export, ExportError, Format, Split},
    input::Input,
    pair::PreferencePair,
    rows::hermes,
    table,
};

fn export(format: Format) -> Export {
    Export::new(format, Split::Train, "invented")
}

fn write(export: &Export, folder: &Path, pairs: &[PreferencePair]) -> Vec<FileInfo> {
    let mut exporter = export.create(folder).unwrap();
    for pair in pairs {
        exporter.push(pair).unwrap();
    }
    exporter.finish().unwrap()
}

/// The rows of a file of either kind.
fn rows(path: &Path) -> Vec<Value> {
    if path.extension().is_some_and(|extension| extension == "parquet") {
        return table::read(path).unwrap();
    }
    let (mut input, mut rows) = (Input::open(path).unwrap(), Vec::new());
    while let Some((_, line)) = input.next_line().unwrap() {
        rows.push(serde_json::from_str(line).unwrap());
    }
    rows
}

fn parsed(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

fn tools(pair: &PreferencePair) -> Value {
    json!(pair.task.tools().tools().collect::<Vec<_>>())
}

fn calls(calls: &[ToolCall]) -> Value {
    calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments})).collect()
}

/// A text says what the candidate does: calls are found in it again, all else stands there as it came.
fn answers(text: &Value, candidate: &Candidate) {
    let text = text.as_str().unwrap();
    match &candidate.action {
        Action::Calls(meant) => assert_eq!(Tagged::HERMES.parse(text).action.calls(), meant, "{text}"),
        Action::Text(words) => assert_eq!(text, words),
        Action::Malformed { raw, .. } => assert!(text.ends_with(raw), "{text}"),
        other => panic!("{other:?}"),
    }
}

/// The conversation has the pair's messages, said by whom they were said, tools or not in the first.
fn converses(messages: &Value, pair: &PreferencePair, with_tools: bool) {
    let messages = messages.as_array().unwrap();
    let asked = pair.task.messages();
    let has_system = matches!(asked[0].role, Role::System | Role::Developer);
    let added = usize::from(with_tools && !has_system);
    assert_eq!(messages.len(), asked.len() + added);
    for (said, message) in messages[added..].iter().zip(asked) {
        let (role, text) = (message.role.as_str().replace("developer", "system"), message.text());
        assert_eq!(said["role"], role);
        let content = said["content"].as_str().unwrap();
        match message.role {
            Role::User => assert_eq!(content, text),
            Role::Tool => assert_eq!(parsed(&said["content"])["content"], *text),
            Role::System | Role::Developer => assert!(content.starts_with(&*text) && (with_tools || content == text)),
            _ => assert!(content.starts_with(&*text)),
        }
    }
    let listed = messages[0]["content"].as_str().unwrap();
    for tool in pair.task.tools().tools().filter(|_| with_tools) {
        assert!(listed.contains(&json!(tool).to_string()));
    }
}

/// What each format's rows say, looked at by other means than those that wrote them.
fn says(format: Format, row: &Value, pair: &PreferencePair) {
    let place = if pair.swapped { "2" } else { "1" };
    let (chosen, rejected) = (&pair.chosen.candidate, &pair.rejected.candidate);
    match format {
        Format::Published if row.get("chosen_score").is_some() => {
            assert_eq!((&row["uuid"], &row["chosen_score"]), (&json!(pair.id), &json!(pair.chosen.score)));
            answers(&row["chosen"].as_array().unwrap().last().unwrap()["content"], chosen);
            answers(&row["rejected"].as_array().unwrap().last().unwrap()["content"], rejected);
        }
        Format::Published => {
            assert_eq!(row["extra_info"]["pair_id"], pair.id);
            assert_eq!(row["data_source"], "invented");
            assert_eq!(parsed(&row["gt_actions"]), calls(pair.reference().calls()));
            assert_eq!(row["reward_model"]["ground_truth"], place);
            answers(&row["chosen_response"], chosen);
            answers(&row["reject_response"], rejected);
        }
        Format::Verl => {
            let columns: Vec<&String> = row.as_object().unwrap().keys().collect();
            assert_eq!(columns, ["data_source", "prompt", "ability", "reward_model", "extra_info"]);
            assert_eq!(row["reward_model"], json!({"ground_truth": place, "style": "rule"}));
            assert_eq!(row["extra_info"]["pair_id"], pair.id);
            assert_eq!(row["extra_info"]["intensity"], json!(pair.chosen.score - pair.rejected.score));
        }
        Format::TrlPreference => {
            assert_eq!((&row["id"], parsed(&row["tools"])), (&json!(pair.id), tools(pair)));
            converses(&row["prompt"], pair, false);
            answers(&row["chosen"][0]["content"], chosen);
            answers(&row["rejected"][0]["content"], rejected);
        }
        Format::TrlPrompts => {
            assert_eq!(parsed(&row["tools"]), tools(pair));
            assert_eq!(parsed(&row["ground_truth"]), calls(pair.reference().calls()));
            converses(&row["prompt"], pair, true);
        }
        Format::OpenRlhf => {
            let [mut chosen_said, mut rejected_said] =
                ["chosen", "rejected"].map(|side| row[side].as_array().unwrap().clone());
            answers(&chosen_said.pop().unwrap()["content"], chosen);
            answers(&rejected_said.pop().unwrap()["content"], rejected);
            assert_eq!(chosen_said, rejected_said);
            converses(&json!(chosen_said), pair, true);
        }
        Format::Jsonl => assert_eq!(*row, pair.to_json()),
        other => panic!("{other}"),
    }
}

/// The pairs that a format has rows for.
fn shown(format: Format, pairs: &[PreferencePair]) -> Vec<&PreferencePair> {
    let mut seen = Vec::new();
    let mut is_new = |pair: &PreferencePair| {
        let task = json!([hermes::chat(&pair.task), tools(pair)]);
        let new = !seen.contains(&task);
        seen.push(task);
        new
    };
    pairs.iter().filter(|pair| format != Format::TrlPrompts || is_new(pair)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_is_read_back_equal_and_written_the_same_again(pairs in pairs::up_to(6)) {
        for format in Format::ALL {
            let (folder, again) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let export = export(format).with_think(pairs.len() % 2 == 0);
            let files = write(&export, folder.path(), &pairs);
            prop_assert_eq!(&files, &write(&export, again.path(), &pairs));
            export.check(folder.path(), &pairs).unwrap();
            let shown = shown(format, &pairs);
            prop_assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), export.files());
            for file in &files {
                let path = folder.path().join(&file.name);
                prop_assert_eq!(digest::of_file(&path).unwrap(), (file.sha256.clone(), file.bytes));
                let rows = rows(&path);
                prop_assert_eq!((rows.len(), file.rows), (shown.len(), shown.len() as u64));
                rows.iter().zip(&shown).for_each(|(row, pair)| says(format, row, pair));
            }
        }
    }
}

#[test]
fn the_record_of_a_build_is_read_as_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = pairs::sample(20);
    write(&export(Format::Jsonl), folder.path(), &pairs);
    let mut read = Vec::new();
    let input = Input::open(&folder.path().join("train.jsonl.zst")).unwrap();
    PreferencePair::each_of(input, |pair| {
        read.push(pair.to_json());
        Ok::<_, toolrm_data::DataError>(())
    })
    .unwrap();
    assert_eq!(read, pairs.iter().map(PreferencePair::to_json).collect::<Vec<_>>());
}

#[test]
fn the_better_answer_stands_where_the_row_says() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = pairs::sample(20);
    write(&export(Format::Verl), folder.path(), &pairs);
    let rows = rows(&folder.path().join("verl_train.parquet"));
    let mut swapped = 0;
    for (row, pair) in rows.iter().zip(&pairs) {
        let prompt = row["prompt"][0]["content"].as_str().unwrap();
        let at = |candidate: &Candidate| {
            prompt.rfind(&*hermes::answer(candidate).replace('<', "")).or_else(|| {
                // Calls are shown with their tags broken up: their arguments are looked for.
                prompt.rfind(&candidate.action.calls()[0].arguments.to_string())
            })
        };
        let order = at(&pair.chosen.candidate).unwrap() > at(&pair.rejected.candidate).unwrap();
        assert_eq!(row["reward_model"]["ground_truth"], if order { "2" } else { "1" });
        swapped += usize::from(order);
    }
    assert_eq!(swapped, 10);
}

/// A damaged or other file: what `check` says of it.
fn complaint(format: Format, pairs: &[PreferencePair], damage: impl FnOnce(&Path)) -> ExportError {
    let folder = tempfile::tempdir().unwrap();
    write(&export(format), folder.path(), pairs);
    damage(&folder.path().join(export(format).files().last().unwrap()));
    export(format).check(folder.path(), pairs).unwrap_err()
}

#[test]
fn truncated_files_are_errors() {
    let pairs = pairs::sample(30);
    for format in Format::ALL {
        for part in [0, 1, 2, 3] {
            let error = complaint(format, &pairs, |path| {
                let whole = fs::read(path).unwrap();
                let cuts = [0, 5, whole.len() / 2, whole.len() - 2];
                fs::write(path, &whole[..cuts[part]]).unwrap();
            });
            let said = error.to_string();
            let file = export(format).files().last().copied().unwrap();
            assert!(said.contains(file), "{format}, {part}: {said}");
        }
    }
    // At a line's end, the lines before it are whole: the pair is missed.
    let error = complaint(Format::OpenRlhf, &pairs, |path| {
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        fs::write(path, lines[..29].concat()).unwrap();
    });
    assert!(matches!(&error, ExportError::Differs { row: 29, .. }), "{error}");
    assert!(error.to_string().contains("openrlhf_train.jsonl: row 29: no row for pair"), "{error}");
}

#[test]
fn files_of_other_pairs_are_told_by_row_and_column() {
    let pairs = pairs::sample(8);
    for (format, column) in [
        (Format::Published, "/rejected/"),
        (Format::Verl, "/prompt/0/content"),
        (Format::TrlPreference, "/rejected/0/content"),
        (Format::OpenRlhf, "/rejected/"),
        (Format::Jsonl, "/rejected/content"),
    ] {
        let mut other = pairs.clone();
        other[5].rejected.candidate = Candidate::text("something else");
        let error = complaint(format, &pairs, |path| {
            write(&export(format), path.parent().unwrap(), &other);
        });
        let ExportError::Differs { row: 5, fault, .. } = &error else { panic!("{format}: {error}") };
        // The published tables that are read first differ in other columns.
        assert!(fault.pointer.starts_with(column) || format == Format::Published, "{format}: {error}");
        // One pair more than there should be.
        let error = complaint(format, &pairs[..7], |path| {
            write(&export(format), path.parent().unwrap(), &pairs);
        });
        assert!(error.to_string().contains("row 7: a row of no pair"), "{error}");
    }
}

#[test]
fn a_score_that_is_no_number_is_refused() {
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let mut pair = pairs::sample(1).remove(0);
        pair.rejected.score = f64::NAN;
        let mut exporter = export(format).create(folder.path()).unwrap();
        let error = exporter.push(&pair).unwrap_err().to_string();
        assert!(error.contains(&pair.id) && error.contains("a score in [0, 1]"), "{error}");
        drop(exporter);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn names_are_read_and_unknown_ones_answered_with_those_there_are() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
    }
    let error = "parquet".parse::<Format>().unwrap_err().to_string();
    assert_eq!(error, "\"parquet\" is no format: use published, verl, trl, trl-prompts, openrlhf, jsonl");
    assert_eq!("test".parse::<Split>().unwrap_err().to_string(), "\"test\" is no split: use train, validation");
    let mut files: Vec<_> = Format::ALL.iter().flat_map(|f| Split::ALL.map(|split| f.files(split))).flatten().collect();
    files.sort();
    files.dedup();
    assert_eq!(files.len(), 16);
}

/// Every format of both parts, in the folder `TOOLRM_EXPORTS_DIR` where it is set: `scripts/check-exports` opens them with the trainers' own
/// readers.
#[test]
fn a_sample_of_every_format_is_written() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("TOOLRM_EXPORTS_DIR").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let pairs = pairs::sample(60);
    for format in Format::ALL {
        for (split, pairs) in Split::ALL.into_iter().zip([&pairs[..48], &pairs[48..]]) {
            let export = Export::new(format, split, "invented");
            write(&export, &folder, pairs);
            export.check(&folder, pairs).unwrap();
        }
    }
    assert!(fs::read_dir(&folder).unwrap().count() >= 16);
}
