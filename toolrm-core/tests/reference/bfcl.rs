//! The official verdicts of BFCL against [`ReferenceScorer::bfcl`], on recorded answers.
//!
//! The scorer is no port of the official checker: it knows nothing of the documented types. The test holds it to near agreement
//! where types are JSON's own and prints where the two part.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    prelude::*,
    rules::reference::{ReferenceScorer, reference_from_bfcl},
};

use crate::support::{score, task};

#[derive(Deserialize)]
struct Verdict {
    category: String,
    id: String,
    /// A list of `{name: arguments}`; where nothing was decoded, sometimes `{}`.
    calls: Value,
    underscore_to_dot: bool,
    valid: bool,
    error_type: Option<String>,
}

#[derive(Deserialize)]
struct Gold {
    id: String,
    ground_truth: Value,
}

fn data() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("TOOLRM_DATA").map_or_else(beside, PathBuf::from).join("eval")
}

fn unpacked(file: &Path) -> impl Read {
    let mut decoder = zstd::Decoder::new(File::open(file).unwrap()).unwrap();
    decoder.window_log_max(27).unwrap();
    decoder
}

/// Ground truths of the single-turn categories, by question.
fn golds(file: &Path) -> BTreeMap<String, Value> {
    let mut golds = BTreeMap::new();
    for entry in tar::Archive::new(unpacked(file)).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if path.contains("possible_answer/BFCL_") && !path.contains("multi_turn") {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let lines = text.lines().map(|line| serde_json::from_str::<Gold>(line).unwrap());
            golds.extend(lines.map(|g| (g.id, g.ground_truth)));
        }
    }
    golds
}

fn reference(truth: &Value, underscores: bool) -> Action {
    match reference_from_bfcl(truth).unwrap() {
        Action::Calls(mut calls) if underscores => {
            for call in &mut calls {
                call.name = call.name.replace('.', "_");
            }
            Action::Calls(calls)
        }
        action => action,
    }
}

#[test]
fn nearly_all_official_verdicts_are_met() {
    let (verdicts, truths) = (data().join("bfcl_verdicts.jsonl.zst"), data().join("bfcl_v4_visible_half.tar.zst"));
    if !verdicts.exists() || !truths.exists() {
        println!("skipped: nearly_all_official_verdicts_are_met: no data at {}", data().display());
        return;
    }
    let golds = golds(&truths);
    let mut text = String::new();
    unpacked(&verdicts).read_to_string(&mut text).unwrap();
    let scorer = ReferenceScorer::bfcl();
    let mut agreement: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut apart: BTreeMap<(String, String), (u32, String)> = BTreeMap::new();
    for line in text.split('\n').filter(|l| !l.is_empty()) {
        let verdict: Verdict = serde_json::from_str(line).unwrap();
        let Some(truth) = golds.get(&verdict.id) else {
            continue; // irrelevance and relevance have no gold
        };
        let calls = verdict.calls.as_array().into_iter().flatten().flat_map(|call| call.as_object().unwrap());
        let calls = calls.map(|(name, arguments)| ToolCall::new(name, arguments.clone()));
        let candidate = Candidate::calls(calls.collect()).action;
        let task = task([reference(truth, verdict.underscore_to_dot)]);
        let score = score(&scorer, &task, &candidate);
        let agree = (score.value >= 1.0) == verdict.valid;
        let (met, all) = agreement.entry(verdict.category.clone()).or_default();
        *met += u32::from(agree);
        *all += 1;
        if !agree {
            let why = match score.findings.first() {
                None => format!("only BFCL objects: {}", verdict.error_type.unwrap_or_default()),
                Some(finding) => format!("only toolrm objects: {}", finding.rule),
            };
            let example = score.findings.first().map_or(String::new(), ToString::to_string);
            let class = apart.entry((verdict.category, why)).or_insert((0, format!("{} {example}", verdict.id)));
            class.0 += 1;
        }
    }
    for ((category, why), (n, example)) in &apart {
        println!("{category:24}{n:5}  {why}, as {example}");
    }
    let mut json_types = (0, 0);
    for (category, (met, all)) in &agreement {
        let share = f64::from(*met) / f64::from(*all);
        println!("{category:24}{met:6} of {all:5} = {share:.4}");
        // Java and JavaScript values are source text, which the official checker converts by the documented type.
        let source_text = matches!(category.as_str(), "simple_java" | "simple_javascript");
        assert!(share >= if source_text { 0.8 } else { 0.98 }, "{category}");
        if !source_text {
            json_types = (json_types.0 + met, json_types.1 + all);
        }
    }
    println!("{:24}{:6} of {:5}", "with JSON types", json_types.0, json_types.1);
    assert!(json_types.1 > 8000 && f64::from(json_types.0) >= 0.995 * f64::from(json_types.1));
}
