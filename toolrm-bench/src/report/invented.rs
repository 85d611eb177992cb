//! Reports made up for tests: as large and as uneven as real ones, the same every time.

use serde_json::{Value, json};
use toolrm_core::{
    canonical::Fingerprint,
    error::ErrorKind,
    measure::Interval,
    score::{Finding, ScoreScale},
};

use super::model::{
    Accuracy, Behaviour, BenchInfo, BestOfN, BestOfNPoint, Bin, Calibration, Card, Cell, Cost, Difference, Failures,
    Fit, JudgeReport, Means, Method, Mutation, MutationRow, PairedTest, Parameter, Report, Row, Share, Side, TiePairs,
    Versus, WrongVerdict,
};
use crate::{
    metrics::{Counts, Measured, Verdict},
    trbench::Relation,
};

const SPLITS: [(&str, u64); 13] = [
    ("simple_python", 412),
    ("simple_java", 96),
    ("simple_javascript", 51),
    ("multiple", 388),
    ("parallel", 341),
    ("parallel_multiple", 290),
    ("live_simple", 402),
    ("live_multiple", 903),
    ("live_parallel", 14),
    ("live_parallel_multiple", 22),
    ("irrelevance", 377),
    ("live_irrelevance", 540),
    ("live_relevance", 9),
];

const ERRORS: [&str; 20] = [
    "value_error:others",
    "value_error:string",
    "simple_function_checker:wrong_count",
    "type_error:simple",
    "value_error:list/tuple",
    "simple_function_checker:missing_required",
    "simple_function_checker:missing_optional",
    "simple_function_checker:wrong_func_name",
    "parallel_function_checker_no_order:cannot_find_match",
    "type_error:nested",
    "multiple_function_checker:wrong_count",
    "simple_function_checker:unexpected_param",
    "value_error:dict_key",
    "value_error:dict_value",
    "value_error:list_dict_count",
    "irrelevance:called_a_tool",
    "relevance:no_call",
    "type_error:java",
    "type_error:js",
    "format:undecodable",
];

/// Judges with how strong they are, whether they are null, and whether both orders are one question to them.
const JUDGES: [(&str, f64, bool, bool); 7] = [
    ("rules", 0.83, false, true),
    ("qwen3-4b-pairwise", 0.71, false, false),
    ("random", 0.50, true, false),
    ("first", 0.50, true, false),
    ("longer", 0.44, true, true),
    ("more-calls", 0.55, true, true),
    ("schema-only", 0.61, true, true),
];

/// A number in \[0, 1) for a name.
fn draw(parts: &[&str]) -> f64 {
    let digest = Fingerprint::of(parts);
    f64::from(u32::from_be_bytes(digest.as_bytes()[..4].try_into().unwrap())) / 4_294_967_296.0
}

fn measured(value: f64, n: u64) -> Measured {
    let value = value.clamp(0.0, 1.0);
    let half = 1.96 * (value * (1.0 - value) / (n.max(1) as f64)).sqrt();
    let interval = (n > 1).then(|| Interval { low: (value - half).max(0.0), high: (value + half).min(1.0) });
    Measured { value: Some(value), interval }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made-up counts are small and positive")]
fn share_of(n: u64, share: f64) -> u64 {
    (n as f64 * share).round() as u64
}

fn accuracy(n: u64, strength: f64, symmetric: bool, name: &[&str]) -> Accuracy {
    let single = if name.contains(&"all") { strength } else { (strength + (draw(name) - 0.5) * 0.3).clamp(0.02, 0.99) };
    let both = if symmetric { single - 0.01 } else { single * single - 0.02 };
    let counts = Counts {
        right: share_of(n, single * 0.98),
        ties: share_of(n, 0.02),
        wrong: n - share_of(n, single * 0.98) - share_of(n, 0.02).min(n - share_of(n, single * 0.98)),
        ..Counts::default()
    };
    let questions = n.div_ceil(2);
    let figure = |value| measured(value, questions);
    Accuracy { n, questions, single: figure(single), both: figure(both), mean_of_orders: figure(single), counts }
}

fn shares(names: &[(String, u64)]) -> Vec<Share> {
    names
        .iter()
        .map(|(name, pairs)| Share { name: name.clone(), pairs: *pairs, questions: pairs.div_ceil(2) })
        .collect()
}

fn splits() -> Vec<(String, u64)> {
    SPLITS.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

fn errors() -> Vec<(String, u64)> {
    ERRORS.iter().enumerate().map(|(i, name)| ((*name).to_owned(), 900 / (i as u64 + 1) + 3)).collect()
}

fn models() -> Vec<(String, u64)> {
    (0_u64..24).map(|i| (format!("some-model-{i}-instruct-2024-FC"), 400 / (i + 1) + 2)).collect()
}

fn judge(name: &str, strength: f64, null: bool, symmetric: bool) -> JudgeReport {
    let rows = |groups: Vec<(String, u64)>| -> Vec<Row> {
        let row = |(group, n): (String, u64)| Row {
            accuracy: accuracy(n, strength, symmetric, &[name, &group]),
            name: group,
        };
        groups.into_iter().map(row).collect()
    };
    let overall = accuracy(3845, strength, symmetric, &[name, "all"]);
    let means = Means { single: overall.single, both: overall.both };
    let test = |other: f64| PairedTest {
        difference: Measured {
            value: Some(strength - other),
            interval: Some(Interval { low: strength - other - 0.02, high: strength - other + 0.02 }),
        },
        p_value: Some(if (strength - other).abs() > 0.02 { 0.0001 } else { 0.43 }),
        only_this: 700,
        only_other: 212,
        mcnemar_p: Some(0.00001),
    };
    let versus = Versus { other: "schema-only".into(), best_null: true, single: test(0.61), both: Some(test(0.6)) };
    JudgeReport {
        card: Card {
            id: name.into(),
            fingerprint: Fingerprint::of([name]).to_string(),
            scale: symmetric.then_some(ScoreScale::Unit),
            symmetric,
            deterministic: true,
        },
        null,
        overall,
        avg: means,
        macro_calls: None,
        behaviour: behaviour(symmetric),
        by_split: rows(splits()),
        by_error_type: rows(errors()),
        by_rejected_model: rows(models()),
        ties: Some(TiePairs { n: 310, questions: 200, distance: measured(0.12, 200), decided: measured(0.31, 200) }),
        both_wrong: Some(accuracy(250, strength - 0.2, symmetric, &[name, "both wrong"])),
        calibration: (!null).then(|| calibration(strength)),
        fit: symmetric.then(|| Fit {
            auc: measured(strength, 800),
            rejected_at_90: measured(strength - 0.3, 800),
            right: 2919,
            irrelevant: 917,
        }),
        versus: if name == "schema-only" { Vec::new() } else { vec![versus] },
        cost: Cost { calls: if symmetric { 0 } else { 7690 }, prompt_tokens: 9_123_456, ..Cost::default() },
        confusion: if null { Vec::new() } else { confusion(name, strength) },
        wrong: if null { Vec::new() } else { (0..100).map(|i| wrong(name, i)).collect() },
    }
}

fn behaviour(symmetric: bool) -> Behaviour {
    Behaviour {
        asked: 7690,
        consistency: measured(if symmetric { 1.0 } else { 0.74 }, 2000),
        position_bias: Measured {
            value: Some(if symmetric { 0.0 } else { 0.11 }),
            interval: Some(Interval {
                low: if symmetric { 0.0 } else { 0.09 },
                high: if symmetric { 0.0 } else { 0.13 },
            }),
        },
        parse_rate: measured(0.985, 2000),
        abstention: measured(0.0, 2000),
        ties: measured(0.02, 2000),
        failures: if symmetric { Vec::new() } else { vec![Failures { kind: ErrorKind::Unparseable, n: 115 }] },
        over_long: if symmetric { 0 } else { 12 },
    }
}

fn calibration(strength: f64) -> Calibration {
    let bin = |i: u32| {
        let mean_p = f64::from(i) / 10.0 + 0.05;
        let n = [700, 310, 120, 60, 9, 9, 60, 120, 310, 700][i as usize];
        Bin {
            low: f64::from(i) / 10.0,
            high: f64::from(i + 1) / 10.0,
            n,
            mean_p,
            share_right: (mean_p - 0.5) * strength + 0.5,
        }
    };
    Calibration { n: 3845, ece: measured(0.06, 2000), brier: measured(0.14, 2000), bins: (0..10).map(bin).collect() }
}

fn confusion(name: &str, strength: f64) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (split, pairs) in SPLITS {
        for error in ERRORS {
            if draw(&[split, error]) < 0.45 {
                continue;
            }
            let n = share_of(pairs, draw(&[error, split]) * 0.2) + 1;
            let wrong = share_of(n, (1.0 - strength) * 2.0 * draw(&[name, split, error])).min(n);
            let undecided = u64::from(n > wrong && draw(&[error, name]) > 0.7);
            cells.push(Cell { split: split.into(), error_type: error.into(), n, wrong, undecided });
        }
    }
    cells
}

fn wrong(judge: &str, i: u64) -> WrongVerdict {
    let seed = i.to_string();
    let pick = |n: u64, what: &str| usize::try_from(share_of(n - 1, draw(&[judge, &seed, what]))).unwrap();
    let (split, error) = (SPLITS[pick(13, "split")].0, ERRORS[pick(20, "error")]);
    let side = |from: &str, answer: Value, score: f64, findings: Vec<Finding>| Side {
        from: from.into(),
        answer,
        score: Some(score),
        findings,
    };
    let unit = Difference {
        tool: "weather.get_forecast".into(),
        argument: Some("unit".into()),
        chosen: None,
        rejected: Some(json!("kelvin")),
        parameter: Some(Parameter {
            types: "string".into(),
            required: false,
            description: "The unit of the temperature.".into(),
            allowed: vec![json!("celsius"), json!("fahrenheit")],
            default: Some(json!("celsius")),
        }),
    };
    let place = Difference {
        argument: Some("place.city".into()),
        chosen: Some(json!("Lyon, France")),
        rejected: Some(json!("Lyon")),
        parameter: None,
        ..unit.clone()
    };
    let finding = Finding::new("schema.enum", "/0/arguments/unit", "'kelvin' is none of the allowed values", 1.0);
    WrongVerdict {
        number: i * 37,
        id: format!("{split}_{i}#2"),
        split: split.into(),
        error_type: error.into(),
        relation: Relation::Better,
        chosen_first: Some(if i.is_multiple_of(5) { Verdict::Tie } else { Verdict::Wrong }),
        chosen_second: Some(if i.is_multiple_of(3) { Verdict::Right } else { Verdict::Wrong }),
        p_chosen: Some(draw(&[&seed, "p"]) / 2.0),
        question: format!(
            "How warm will it be in Lyon, France, in the next {i} days? I'd like it in whole degrees, please."
        ),
        tools: vec!["weather.get_forecast".into(), "weather.get_history".into()],
        chosen: side(
            "gold",
            json!([{"weather.get_forecast": {"place": {"city": "Lyon, France"}, "days": i}}]),
            0.41,
            vec![],
        ),
        rejected: side(
            "some-model-3-instruct",
            json!([{"weather.get_forecast": {"place": {"city": "Lyon"}, "days": i, "unit": "kelvin"}}]),
            0.62,
            vec![finding.with_suggestion(json!("celsius"))],
        ),
        differences: Some(vec![place, unit]),
        critiques: if judge == "rules" { Vec::new() } else { vec!["Answer 2 gives the unit.\nIt is better.".into()] },
    }
}

fn best_of_n() -> Vec<BestOfN> {
    let mut curves = Vec::new();
    for source in ["acebench", "bfcl", "bfcl/simple_python"] {
        for (strategy, gain, judge) in [
            ("rules", 0.06, true),
            ("majority, ties by rules", 0.05, true),
            // What no judge has a say in comes with each judge.
            ("mean", 0.0, false),
            ("qwen3-4b-pairwise", 0.03, true),
            ("schema-only", 0.01, true),
            ("mean", 0.0, false),
            ("majority", 0.04, false),
            ("oracle", 0.25, false),
        ] {
            let point =
                |n: u64| BestOfNPoint { n, accuracy: measured(0.62 + gain * (n as f64).ln() / 16_f64.ln(), 400) };
            let points = [1, 2, 4, 8, 16].map(point).into();
            curves.push(BestOfN { source: source.into(), strategy: strategy.into(), judge, points });
        }
    }
    curves
}

fn mutation(judge: &str, strength: f64) -> Mutation {
    let operators =
        ["wrong_value", "missing_required", "unexpected_argument", "wrong_tool", "swapped_values", "reordered_keys"];
    let row = |operator: &&str| {
        let harmless = *operator == "reordered_keys";
        let noticed = if harmless { 0.03 } else { strength * (0.6 + 0.4 * draw(&[judge, operator])) };
        let counts = Counts { right: share_of(120, noticed), wrong: 120 - share_of(120, noticed), ..Counts::default() };
        MutationRow { operator: (*operator).into(), harmless, n: 120, noticed: measured(noticed, 120), counts }
    };
    Mutation {
        judge: judge.into(),
        calls: 120,
        detected: measured(strength, 600),
        false_alarms: measured(0.03, 120),
        operators: operators.iter().map(row).collect(),
    }
}

/// A report of seven judges on thirteen splits and twenty error types, with two hundred pairs that were not won.
pub(super) fn large() -> Report {
    Report {
        made_by: "toolrm-bench 0.1.0".into(),
        bench: BenchInfo {
            name: "TRBench of recorded answers".into(),
            fingerprint: Fingerprint::of(["pairs"]).to_string(),
            seed: Some(7),
            pairs: 4405,
            questions: 1983,
            by_split: shares(&splits()),
            by_relation: shares(&[("better".into(), 3845), ("tie".into(), 310), ("both_wrong".into(), 250)]),
            by_error_type: shares(&errors()),
            by_rejected_model: shares(&models()),
        },
        method: Method { seed: 1, resamples: 1000 },
        judges: JUDGES
            .iter()
            .map(|(name, strength, null, symmetric)| judge(name, *strength, *null, *symmetric))
            .collect(),
        best_of_n: best_of_n(),
        mutation: vec![mutation("rules", 0.9), mutation("qwen3-4b-pairwise", 0.75)],
    }
}

/// A report of one judge and one null judge on two splits, with one pair that was not won.
pub(super) fn small() -> Report {
    let mut report = large();
    report.bench.by_split.truncate(2);
    report.bench.by_error_type.truncate(2);
    report.bench.by_rejected_model.truncate(1);
    report.judges.retain(|judge| ["rules", "schema-only"].contains(&judge.card.id.as_str()));
    for judge in &mut report.judges {
        judge.by_split.truncate(2);
        judge.by_error_type.truncate(2);
        judge.by_rejected_model.truncate(1);
        judge.confusion.truncate(2);
        judge.wrong.truncate(1);
    }
    report.best_of_n.retain(|curve| curve.source == "bfcl" && curve.strategy != "qwen3-4b-pairwise");
    report.mutation.truncate(1);
    report
}

/// `report` with every text that is not ours replaced by `text`.
pub(super) fn with_texts(mut report: Report, text: &str) -> Report {
    let put = |place: &mut String| *place = text.to_owned();
    put(&mut report.bench.name);
    put(&mut report.made_by);
    put(&mut report.bench.fingerprint);
    let bench = &mut report.bench;
    let shares = [&mut bench.by_split, &mut bench.by_relation, &mut bench.by_error_type, &mut bench.by_rejected_model];
    shares.into_iter().flatten().for_each(|share| put(&mut share.name));
    for judge in &mut report.judges {
        put(&mut judge.card.id);
        put(&mut judge.card.fingerprint);
        let rows = [&mut judge.by_split, &mut judge.by_error_type, &mut judge.by_rejected_model];
        rows.into_iter().flatten().for_each(|row| put(&mut row.name));
        judge.versus.iter_mut().for_each(|versus| put(&mut versus.other));
        for cell in &mut judge.confusion {
            put(&mut cell.split);
            put(&mut cell.error_type);
        }
        judge.wrong.iter_mut().for_each(|wrong| put_wrong(wrong, text));
    }
    for curve in &mut report.best_of_n {
        put(&mut curve.source);
        put(&mut curve.strategy);
    }
    for test in &mut report.mutation {
        put(&mut test.judge);
        test.operators.iter_mut().for_each(|row| put(&mut row.operator));
    }
    report
}

fn put_wrong(wrong: &mut WrongVerdict, text: &str) {
    let put = |place: &mut String| *place = text.to_owned();
    [&mut wrong.id, &mut wrong.split, &mut wrong.error_type, &mut wrong.question].into_iter().for_each(put);
    wrong.tools.iter_mut().chain(&mut wrong.critiques).for_each(put);
    wrong.chosen.answer = json!([{(text): {(text): text}}]);
    wrong.rejected.answer = json!(text);
    for side in [&mut wrong.chosen, &mut wrong.rejected] {
        put(&mut side.from);
        side.findings = vec![Finding::new(text.to_owned(), text, text, 1.0).with_suggestion(json!(text))];
    }
    for difference in wrong.differences.iter_mut().flatten() {
        put(&mut difference.tool);
        difference.argument = Some(text.into());
        difference.chosen = Some(json!({(text): text}));
        difference.parameter = Some(Parameter {
            types: text.into(),
            description: text.into(),
            allowed: vec![json!(text)],
            default: Some(json!(text)),
            ..Parameter::default()
        });
    }
}
