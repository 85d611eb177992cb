//! What the report says, in the order it says it: sections of texts, tables and plots, which the page and the Markdown both write
//! out. What stands in one stands in the other, with the same figures.

mod answer;
mod behaviour;
mod groups;
mod more;
mod notes;

use toolrm_data::{
    document::{Table, TableRow},
    plot::{Key, Style},
};

use super::model::{Accuracy, JudgeReport, Report};
use crate::metrics::Measured;

/// A part of the report under one heading.
pub(super) type Section = toolrm_data::document::Section<Own>;
/// What it is made of.
pub(super) type Block = toolrm_data::document::Block<Own>;

/// What only a report has.
#[derive(Debug)]
pub(super) enum Own {
    /// The figures that answer the question.
    Answers(Vec<Answer>),
    /// The pairs that were not won.
    Wrong,
}

/// How good one judge is.
#[derive(Debug, serde::Serialize)]
pub(super) struct Answer {
    pub(super) judge: String,
    pub(super) figures: Vec<Headline>,
    /// Against the best null judge.
    pub(super) versus: String,
}

/// A figure to be read from afar.
#[derive(Debug, serde::Serialize)]
pub(super) struct Headline {
    pub(super) label: &'static str,
    /// `83.1 %`.
    pub(super) value: String,
    /// Its interval, and what it is held against.
    pub(super) details: Vec<String>,
}

/// The row of a judge, whose name leads it.
fn judge_row(judge: &JudgeReport, cells: impl IntoIterator<Item = String>) -> TableRow {
    TableRow { cells: std::iter::once(title(judge)).chain(cells).collect(), muted: judge.null }
}

/// The judges by their parts: those the report is about, and those they are held against.
#[derive(Debug)]
struct Cast<'a> {
    report: &'a Report,
    /// All but the null judges; the null judges where there are no others.
    subjects: Vec<&'a JudgeReport>,
    /// The null judge with the highest accuracy in one order, by which the others are measured.
    best_null: Option<&'a JudgeReport>,
}

impl<'a> Cast<'a> {
    fn of(report: &'a Report) -> Self {
        let nulls = || report.judges.iter().filter(|judge| judge.null);
        let mut subjects: Vec<_> = report.judges.iter().filter(|judge| !judge.null).collect();
        if subjects.is_empty() {
            subjects = nulls().collect();
        }
        Self { report, subjects, best_null: best_null(report, |accuracy| accuracy.single) }
    }

    /// The subjects that are drawn: as many as can be told apart.
    fn drawn(&self) -> impl Iterator<Item = &'a JudgeReport> {
        self.subjects.iter().take(Style::SERIES).copied()
    }

    /// The subjects and the best null judge, as they are drawn.
    fn series(&self) -> Vec<(&'a JudgeReport, Key)> {
        let judges = self.drawn().enumerate().map(|(i, judge)| (judge, Style::Series(i)));
        let null = self.best_null.filter(|null| !self.subjects.iter().any(|judge| std::ptr::eq(*judge, *null)));
        let series = judges.chain(null.map(|null| (null, Style::Null)));
        series.map(|(judge, style)| (judge, Key { name: title(judge), style })).collect()
    }

    /// What follows a summary when not every judge is drawn.
    fn undrawn(&self) -> String {
        match self.subjects.len().checked_sub(Style::SERIES) {
            None | Some(0) => String::new(),
            Some(more) => format!(" The tables also have the other {more}."),
        }
    }
}

/// What a coin gets in both orders: 25 %, and 50 % of a judge to whom both orders are one question.
fn chance_both<'a>(judges: impl Iterator<Item = &'a JudgeReport>) -> Vec<f64> {
    let (symmetric, others): (Vec<_>, Vec<_>) = judges.partition(|judge| judge.card.symmetric);
    let chances = [(0.25, others), (0.5, symmetric)];
    chances.into_iter().filter(|(_, judges)| !judges.is_empty()).map(|(chance, _)| chance).collect()
}

/// What the dashed lines are, by what a coin gets in both orders.
fn chance_phrase(in_both: &[f64]) -> &'static str {
    match in_both {
        [_, _] => {
            "The dashed lines are what a coin gets: 50 % in one order, 25 % in both, and 50 % there where both orders are one \
             question to a judge."
        }
        [chance] if *chance > 0.4 => {
            "The dashed line is what a coin gets: 50 %, for both orders are one question to these judges."
        }
        _ => "The dashed line is what a coin gets: 50 % in one order, 25 % in both.",
    }
}

/// The null judge with the highest figure of its kind; the first of equals.
fn best_null(report: &Report, figure: fn(&Accuracy) -> Measured) -> Option<&JudgeReport> {
    let value = |judge: &&JudgeReport| figure(&judge.overall).value.unwrap_or(-1.0);
    report.judges.iter().filter(|judge| judge.null).rev().max_by(|a, b| value(a).total_cmp(&value(b)))
}

/// A judge's name, said to be null where it is.
fn title(judge: &JudgeReport) -> String {
    if judge.null { format!("{} (null)", judge.card.id) } else { judge.card.id.clone() }
}

/// The whole report.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let cast = Cast::of(report);
    let mut sections = vec![answer::section(&cast)];
    sections.extend(groups::sections(&cast));
    sections.extend(behaviour::sections(&cast));
    sections.extend(more::sections(&cast));
    sections.push(Section {
        id: "wrong",
        title: "Pairs that were not won".into(),
        blocks: vec![
            Block::Text(
                "The most confident mistakes of each split and error type, as many as the report holds. The chosen answer is \
                 the one that is labelled better."
                    .into(),
            ),
            Block::Own(Own::Wrong),
        ],
    });
    sections.extend(notes::sections(&cast));
    sections
}

/// The question the report answers.
pub(super) fn question(report: &Report) -> String {
    let cast = Cast::of(report);
    let asked = "at telling good tool calls from bad ones?";
    match cast.subjects.as_slice() {
        [] => "No judge was run".into(),
        [judge] => format!("How good is {} {asked}", title(judge)),
        [judge, ..] if judge.null => format!("How good are judges that read nothing {asked}"),
        judges => format!("How good are these {} judges {asked}", judges.len()),
    }
}
