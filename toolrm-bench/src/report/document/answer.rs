//! How good a judge is, against the best null judge, in both orders, and what to beware of.

use toolrm_core::measure::Interval;
use toolrm_data::plot::{Figure, Key, Style};

use super::{
    super::{
        model::{Accuracy, JudgeReport, PairedTest, Row, Versus},
        number::{NOT_MEASURED, count, counted, p_cell, percent, points_cell, share_cell},
        plot::{Rows, RowsPanel},
    },
    Answer, Block, Cast, Headline, Own, Section, Table, best_null, chance_both, chance_phrase, judge_row, title,
};
use crate::metrics::Measured;

/// Fewer questions than this in a split: its figures say little.
const FEW_QUESTIONS: u64 = 30;

pub(super) fn section(cast: &Cast<'_>) -> Section {
    let bench = &cast.report.bench;
    let mut blocks = vec![Block::Text(format!(
        "{}: {} of {}. Figures are of the pairs of which one answer is better, with 95 % intervals.",
        if bench.name.is_empty() { "A bench without a name" } else { &bench.name },
        counted(bench.pairs, "pair"),
        counted(bench.questions, "question"),
    ))];
    if cast.subjects.is_empty() {
        blocks.push(Block::Warnings(vec!["No judge was run: there is nothing to report.".into()]));
        return Section { id: "answer", title: "The answer".into(), blocks };
    }
    blocks.push(Block::Own(Own::Answers(cast.subjects.iter().map(|judge| answer(judge, cast)).collect())));
    let warnings: Vec<_> = cast.subjects.iter().flat_map(|judge| warnings(judge, cast)).collect();
    if !warnings.is_empty() {
        blocks.push(Block::Warnings(warnings));
    }
    blocks.push(Block::Table(judges(cast)));
    blocks.push(Block::Table(other_means(cast)));
    blocks.push(Block::Figure(Box::new(figure(cast))));
    Section { id: "answer", title: "The answer".into(), blocks }
}

fn answer(judge: &JudgeReport, cast: &Cast<'_>) -> Answer {
    let headline = |label, of: fn(&Accuracy) -> Measured, chance: &str| {
        let figure = of(&judge.overall);
        let mut details = vec![interval_phrase(&figure), format!("coin {chance}")];
        if let Some(null) = best_null(cast.report, of).filter(|null| null.card.id != judge.card.id) {
            let value = of(&null.overall).value.map_or(NOT_MEASURED.into(), |v| format!("{} %", percent(v)));
            details.push(format!("best null judge {value}, {}", null.card.id));
        }
        Headline { label, value: figure.value.map_or(NOT_MEASURED.into(), |v| format!("{} %", percent(v))), details }
    };
    let both = if judge.card.symmetric { "50 %, both orders being one question to it" } else { "25 %" };
    Answer {
        judge: title(judge),
        figures: vec![
            headline("right in one order", |a| a.single, "50 %"),
            headline("right in both orders", |a| a.both, both),
        ],
        versus: versus_phrase(judge, cast),
    }
}

fn interval_phrase(figure: &Measured) -> String {
    match figure.interval {
        Some(Interval { low, high }) => format!("interval {}–{}", percent(low), percent(high)),
        None => "no interval".into(),
    }
}

fn against_null(judge: &JudgeReport) -> Option<&Versus> {
    judge.versus.iter().find(|versus| versus.best_null)
}

/// Against the null judge that is best in one order, and in both where it is the best there too.
fn versus_phrase(judge: &JudgeReport, cast: &Cast<'_>) -> String {
    let Some(versus) = against_null(judge) else {
        return format!("Against a null judge: {NOT_MEASURED}.");
    };
    let test = |test: &PairedTest| format!("{} points, p {}", points_cell(&test.difference), p_phrase(test.p_value));
    let single = format!("Against {}: {} in one order", versus.other, test(&versus.single));
    let Some(null) = best_null(cast.report, |accuracy| accuracy.both) else { return format!("{single}.") };
    let in_both =
        judge.versus.iter().find(|versus| versus.other == null.card.id).and_then(|versus| versus.both.as_ref());
    match in_both {
        Some(both) if null.card.id == versus.other => format!("{single}; {} in both.", test(both)),
        Some(both) => format!("{single}. Against {}, the best null judge in both: {}.", null.card.id, test(both)),
        None => format!("{single}. Against {}, the best null judge in both: {NOT_MEASURED}.", null.card.id),
    }
}

/// `= 0.043`, `< 0.001`.
fn p_phrase(p: Option<f64>) -> String {
    match p {
        Some(p) if p >= 0.001 => format!("= {}", p_cell(Some(p))),
        Some(_) => p_cell(p),
        None => NOT_MEASURED.into(),
    }
}

/// What makes a judge's figures weaker than they look.
fn warnings(judge: &JudgeReport, cast: &Cast<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let name = &judge.card.id;
    let mut warn = |text: String| warnings.push(format!("{name}: {text}"));
    let overall = &judge.overall;
    if overall.n == 0 {
        warn("it was asked about no pair of which one answer is better.".into());
        return warnings;
    }
    if overall.questions < 100 {
        warn(format!("only {}: the intervals are wide.", counted(overall.questions, "question")));
    }
    if crosses(&overall.single, 0.5) {
        warn("in one order it is not shown to be better than a coin: the interval holds 50 %.".into());
    }
    if let Some(versus) = against_null(judge) {
        if let Some(what) = not_better(&versus.single.difference) {
            warn(format!("in one order the null judge {} {what}.", versus.other));
        }
        if let Some(what) = versus.both.as_ref().and_then(|test| not_better(&test.difference)) {
            warn(format!("in both orders the null judge {} {what}.", versus.other));
        }
    }
    if let Some(null) = best_null(cast.report, |a| a.both).filter(|null| null.card.id != judge.card.id) {
        let (this, other) = (overall.both.value, null.overall.both.value);
        if this.zip(other).is_some_and(|(this, other)| this < other) {
            warn(format!("in both orders the null judge {} gets more.", null.card.id));
        }
    }
    warn_of_splits(judge, cast, &mut warn);
    warn_of_behaviour(judge, &mut warn);
    warnings
}

/// Whether an interval holds a value, or the figure lies below it.
fn crosses(figure: &Measured, value: f64) -> bool {
    figure.interval.map_or(figure.value.is_some_and(|v| v <= value), |i| i.low <= value)
}

/// What to say where a judge is not shown to be better than another one.
fn not_better(difference: &Measured) -> Option<&'static str> {
    match (difference.value?, difference.interval) {
        (_, Some(i)) if i.high < 0.0 => Some("is better"),
        (value, _) if value < 0.0 => Some("gets more; the difference may be chance"),
        (_, Some(i)) if i.low <= 0.0 => Some("may be as good: the difference may be chance"),
        _ => None,
    }
}

fn warn_of_splits(judge: &JudgeReport, cast: &Cast<'_>, warn: &mut impl FnMut(String)) {
    let names = |holds: &dyn Fn(&Row) -> bool| -> Vec<&str> {
        judge.by_split.iter().filter(|row| row.accuracy.n > 0 && holds(row)).map(|row| row.name.as_str()).collect()
    };
    let few = names(&|row| row.accuracy.questions < FEW_QUESTIONS);
    if !few.is_empty() {
        warn(format!("fewer than {FEW_QUESTIONS} questions in {}.", few.join(", ")));
    }
    let chance = names(&|row| crosses(&row.accuracy.single, 0.5));
    if !chance.is_empty() {
        warn(format!("not shown to be better than a coin in one order in {}.", chance.join(", ")));
    }
    let Some(null) = cast.best_null.filter(|null| null.card.id != judge.card.id) else { return };
    let of_null = |name: &str| null.by_split.iter().find(|row| row.name == name)?.accuracy.single.value;
    let below = names(&|row| row.accuracy.single.value.zip(of_null(&row.name)).is_some_and(|(a, b)| a < b));
    if !below.is_empty() {
        warn(format!("below {} in one order in {}.", null.card.id, below.join(", ")));
    }
}

fn warn_of_behaviour(judge: &JudgeReport, warn: &mut impl FnMut(String)) {
    let behaviour = &judge.behaviour;
    let failed: u64 = behaviour.failures.iter().map(|f| f.n).sum();
    if failed * 100 >= behaviour.asked.max(1) {
        warn(format!("{} of {} comparisons failed; they count as no win.", count(failed), count(behaviour.asked)));
    }
    if behaviour.over_long > 0 {
        warn(format!("{} too long for it; they are counted, not dropped.", counted(behaviour.over_long, "pair")));
    }
    let Measured { value: Some(bias), interval: Some(interval) } = behaviour.position_bias else { return };
    if bias.abs() >= 0.02 && (interval.low > 0.0 || interval.high < 0.0) {
        let place = if bias > 0.0 { "first" } else { "second" };
        warn(format!("it leans to the answer shown {place} by {} points.", percent(bias.abs())));
    }
}

fn judges(cast: &Cast<'_>) -> Table {
    let head = ["judge", "W-Avg, one order", "W-Avg, both orders", "Avg, one order", "Avg, both orders"];
    let mut table = Table::new("Every judge, with 95 % intervals", &head);
    for judge in &cast.report.judges {
        let figures = [judge.overall.single, judge.overall.both, judge.avg.single, judge.avg.both];
        table.rows.push(judge_row(judge, figures.iter().map(share_cell)));
    }
    table
}

/// Means that fewer ask for.
fn other_means(cast: &Cast<'_>) -> Table {
    let head = ["judge", "W-Avg, mean of both orders", "call categories, one order", "call categories, both orders"];
    let mut table = Table::new("Other means", &head).folded();
    for judge in &cast.report.judges {
        let calls = judge.macro_calls.unwrap_or_default();
        table
            .rows
            .push(judge_row(judge, [judge.overall.mean_of_orders, calls.single, calls.both].iter().map(share_cell)));
    }
    table
}

fn figure(cast: &Cast<'_>) -> Figure {
    let all = &cast.report.judges;
    let chance = chance_both(all.iter());
    let of = |null: bool, figure: fn(&Accuracy) -> Measured| -> Vec<Measured> {
        all.iter().map(|j| if j.null == null { figure(&j.overall) } else { Measured::default() }).collect()
    };
    let panel = |title: &str, axis: &str, chance, figure: fn(&Accuracy) -> Measured| RowsPanel {
        title: title.into(),
        axis: axis.into(),
        chance,
        figures: vec![of(false, figure), of(true, figure)],
    };
    Figure {
        id: "all-judges".into(),
        title: "Every judge, with 95 % intervals".into(),
        summary: format!("{} The figures are in the table above.", chance_phrase(&chance)),
        keys: vec![
            Key { name: "judge".into(), style: Style::Series(0) },
            Key { name: "null judge".into(), style: Style::Null },
        ],
        shown: Box::new(Rows {
            rows: all.iter().map(|judge| (judge.card.id.clone(), None)).collect(),
            panels: vec![
                panel("One order", "right in one order (%)", vec![0.5], |a| a.single),
                panel("Both orders", "right in both orders (%)", chance.clone(), |a| a.both),
            ],
        }),
    }
}
