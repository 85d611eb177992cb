//! Every recorded answer of every model is decoded, and the outcome compared with the official handlers'.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;
use toolrm_core::{call::Action, format::Auto};

mod recorded;

#[derive(Debug, Default)]
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
}

#[test]
fn decodes_every_recorded_answer() {
    let Some(root) = recorded::data("decodes_every_recorded_answer") else { return };
    let auto = Auto::default();
    let official = recorded::official(&root);
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut against: BTreeMap<&str, usize> = BTreeMap::new();
    let mut dump = std::env::var_os("TOOLRM_DUMP").map(|_| String::new());
    let mut lines = 0;
    let mut note = |model: &str, id: &str, category: &str, answers: &[recorded::Answer]| {
        for answer in answers {
            let candidate = answer.decode(&auto);
            rows.entry(model.to_owned()).or_default().count(&candidate.action);
            let verdict = official.get(&(model.to_owned(), id.to_owned()));
            let class = match (verdict, &candidate.action) {
                (None, _) => "no verdict",
                (Some(Some(theirs)), Action::Calls(ours)) if ours == theirs => "both calls, equal",
                (Some(Some(theirs)), Action::Calls(_)) if theirs.is_empty() => "theirs no call, ours calls",
                (Some(Some(_)), Action::Calls(_)) => "both calls, different",
                (Some(Some(theirs)), Action::Text(_)) if theirs.is_empty() => "theirs no call, ours text",
                (Some(Some(_)), Action::Text(_)) => "theirs calls, ours text",
                (Some(Some(theirs)), _) if theirs.is_empty() => "theirs no call, ours malformed",
                (Some(Some(_)), _) => "theirs calls, ours malformed",
                (Some(None), Action::Calls(_)) => "theirs undecodable, ours calls",
                (Some(None), Action::Text(_)) => "theirs undecodable, ours text",
                (Some(None), _) => "theirs undecodable, ours malformed",
            };
            *against.entry(class).or_default() += 1;
            if let Some(dump) = &mut dump {
                let kind = match &candidate.action {
                    Action::Calls(_) => "calls",
                    Action::Text(_) => "text",
                    _ => "malformed",
                };
                let why = if let Action::Malformed { why, .. } = &candidate.action { why } else { "" };
                let line = json!({"model": model, "id": id, "category": category, "class": class, "kind": kind, "why": why,
                    "raw": candidate.raw, "content": candidate.content,
                    "ours": candidate.action.calls().iter().map(|c| json!({c.name.clone(): c.arguments})).collect::<Vec<_>>(),
                    "theirs": verdict.and_then(|v| v.as_ref()).map(|v| v.iter().map(|c| json!({c.name.clone(): c.arguments})).collect::<Vec<_>>())});
                let _ = writeln!(dump, "{line}");
            }
        }
    };
    recorded::bfcl_runs(&root, |r| {
        lines += 1;
        note(&r.model, &r.id, &r.category, &r.answers);
    });
    recorded::acebench(&root, |r| note(&r.model, &r.id, &r.category, &r.answers));
    println!("| model | answers | calls | words | malformed |\n|---|---:|---:|---:|---:|");
    let mut all = Row::default();
    for (model, row) in &rows {
        println!("| {model} | {} | {} | {} | {} |", row.answers, row.calls, row.text, row.malformed);
        all.answers += row.answers;
        all.calls += row.calls;
        all.text += row.text;
        all.malformed += row.malformed;
    }
    println!("| **all** | {} | {} | {} | {} |", all.answers, all.calls, all.text, all.malformed);
    println!("{against:#?}");
    if let (Some(dump), Some(path)) = (dump, std::env::var_os("TOOLRM_DUMP")) {
        std::fs::write(path, dump).expect("the dump is written");
    }
    assert_eq!(lines, 82_544);
}
