//! Every recorded answer of every model is decoded, and the outcome compared with the official handlers'.
//!
//! `cargo test -p toolrm-core --test recorded_answers -- --nocapture` prints the tables; with `TOOLRM_TABLE=<file>` they are written to
//! the file as Markdown (`docs/decoded.md` is made so), with `TOOLRM_DUMP=<file>` every answer and its reading go there as JSON Lines.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    format::{Auto, Pythonic},
};

mod recorded;

#[derive(Debug, Default, Clone)]
struct Row {
    answers: usize,
    calls: usize,
    text: usize,
    malformed: usize,
}

impl Row {
    fn count(&mut self, action: &Action) {
        self.answers += 1;
        match action {
            Action::Calls(_) => self.calls += 1,
            Action::Text(_) => self.text += 1,
            _ => self.malformed += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.calls += other.calls;
        self.text += other.text;
        self.malformed += other.malformed;
    }
}

/// How a reading stands to the official one. Only single-turn answers have an official one.
fn class(official: Option<&Option<Vec<ToolCall>>>, ours: &Action) -> Option<[&'static str; 2]> {
    let theirs = official?;
    let left = match theirs {
        None => "undecodable",
        Some(calls) if calls.is_empty() => "no call",
        Some(_) => "calls",
    };
    let right = match (theirs, ours) {
        (Some(theirs), Action::Calls(ours)) if theirs == ours => "equal calls",
        (_, Action::Calls(_)) => "other calls",
        (_, Action::Text(_)) => "words",
        _ => "malformed",
    };
    Some([left, right])
}

fn one_key(calls: &[ToolCall]) -> Vec<Value> {
    calls.iter().map(|call| json!({call.name.as_str(): call.arguments})).collect()
}

fn dump_line(model: &str, id: &str, candidate: &Candidate, official: Option<&Option<Vec<ToolCall>>>) -> Value {
    let (kind, why) = match &candidate.action {
        Action::Calls(_) => ("calls", ""),
        Action::Malformed { why, .. } => ("malformed", why.as_str()),
        _ => ("text", ""),
    };
    json!({"model": model, "id": id, "kind": kind, "why": why, "raw": candidate.raw, "content": candidate.content,
        "class": class(official, &candidate.action), "ours": one_key(candidate.action.calls()),
        "theirs": official.and_then(|calls| calls.as_deref()).map(one_key)})
}

type Classes = BTreeMap<[&'static str; 2], usize>;

fn write_classes(out: &mut String, classes: &Classes) {
    let _ = writeln!(out, "| official decoder | toolrm | answers |\n|---|---|---:|");
    for ([theirs, ours], count) in classes {
        let _ = writeln!(out, "| {theirs} | {ours} | {count} |");
    }
}

fn markdown(rows: &BTreeMap<String, Row>, strict: &Classes, source: &Classes) -> String {
    let mut out = String::from(
        "# Recorded answers, decoded\n\nAnswers of real models (BFCL runs and ACEBench) read by `Auto`; a multi-turn dialogue has one answer a step. Made by\n\
         `TOOLRM_TABLE=docs/decoded.md cargo test -p toolrm-core --test recorded_answers`, with the data folder in `TOOLRM_DATA`.\n\n\
         | source:model | answers | calls | words | malformed |\n|---|---:|---:|---:|---:|\n",
    );
    let mut all = Row::default();
    for (model, row) in rows {
        let _ = writeln!(out, "| {model} | {} | {} | {} | {} |", row.answers, row.calls, row.text, row.malformed);
        all.add(row);
    }
    let _ = writeln!(out, "| **all** | {} | {} | {} | {} |", all.answers, all.calls, all.text, all.malformed);
    out.push_str("\n## Beside the official decoder\n\nSingle-turn BFCL answers, read by the leaderboard's own handler of each model and by one `Auto` for all.\n\n");
    write_classes(&mut out, strict);
    out.push_str("\nThe same with `Pythonic::with_source_values`, which keeps values that are no literals as text, as the official decoder does:\n\n");
    write_classes(&mut out, source);
    out
}

#[test]
fn decodes_every_recorded_answer() {
    let Some(root) = recorded::data("decodes_every_recorded_answer") else { return };
    let auto = Auto::default();
    let with_source = Auto::default().with_pythonic(Pythonic::default().with_source_values(true));
    let official = recorded::official(&root);
    let dumping = std::env::var_os("TOOLRM_DUMP");
    let (mut rows, mut strict, mut source) = (BTreeMap::<String, Row>::new(), Classes::new(), Classes::new());
    let mut dump = String::new();
    let mut lines = 0;
    let mut note = |recorded: &recorded::Recorded| {
        let theirs = official.get(&(recorded.model.clone(), recorded.id.clone()));
        for answer in &recorded.answers {
            let candidate = answer.decode(&auto);
            rows.entry(recorded.model.clone()).or_default().count(&candidate.action);
            if let Some(class) = class(theirs, &candidate.action) {
                *strict.entry(class).or_default() += 1;
            }
            if let Some(class) = class(theirs, &answer.decode(&with_source).action) {
                *source.entry(class).or_default() += 1;
            }
            if dumping.is_some() {
                let _ = writeln!(dump, "{}", dump_line(&recorded.model, &recorded.id, &candidate, theirs));
            }
        }
    };
    recorded::bfcl_runs(&root, |recorded| {
        lines += 1;
        note(&recorded);
    });
    recorded::acebench(&root, |recorded| note(&recorded));

    let table = markdown(&rows, &strict, &source);
    println!("{table}");
    if let Some(path) = std::env::var_os("TOOLRM_TABLE") {
        std::fs::write(path, &table).expect("the table is written");
    }
    if let Some(path) = dumping {
        std::fs::write(path, dump).expect("the dump is written");
    }

    assert_eq!(lines, 82_544);
    let decoded: usize = strict.iter().filter(|([theirs, _], _)| *theirs == "calls").map(|(_, count)| count).sum();
    let equal = strict.get(&["calls", "equal calls"]).copied().unwrap_or_default();
    assert!(equal * 1000 >= decoded * 980, "equal calls for {equal} of {decoded} answers the official decoder reads");
    let equal = source.get(&["calls", "equal calls"]).copied().unwrap_or_default();
    assert!(equal * 1000 >= decoded * 990, "with source values equal calls for {equal} of {decoded}");
}
