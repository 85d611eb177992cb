//! Accuracies by split, by error type and by rejected model, and where the two first meet.

use toolrm_data::plot::Figure;

use super::{
    super::{
        model::{Accuracy, Cell, JudgeReport, Report, Row, Share},
        number::{NO_FIGURE, NOT_MEASURED, count, percent, share_cell, short_cell},
        plot::{FEW_PAIRS, Rows, RowsPanel, heat},
    },
    Block, Cast, Section, Table, chance_both, chance_phrase, title,
};
use crate::metrics::Measured;

/// One way of grouping pairs.
struct Grouping {
    id: &'static str,
    title: &'static str,
    /// What a group is called.
    what: &'static str,
    shares: fn(&Report) -> &[Share],
    rows: fn(&JudgeReport) -> &[Row],
    /// Whether there are few enough groups to draw.
    drawn: bool,
}

const GROUPINGS: [Grouping; 3] = [
    Grouping {
        id: "splits",
        title: "By split",
        what: "split",
        shares: |report| &report.bench.by_split,
        rows: |judge| &judge.by_split,
        drawn: true,
    },
    Grouping {
        id: "errors",
        title: "By error type",
        what: "error type",
        shares: |report| &report.bench.by_error_type,
        rows: |judge| &judge.by_error_type,
        drawn: true,
    },
    Grouping {
        id: "models",
        title: "By the model whose answer was rejected",
        what: "rejected model",
        shares: |report| &report.bench.by_rejected_model,
        rows: |judge| &judge.by_rejected_model,
        drawn: false,
    },
];

pub(super) fn sections(cast: &Cast<'_>) -> Vec<Section> {
    let [splits, errors, models] = GROUPINGS.map(|grouping| grouping.section(cast));
    let confusion = Section { id: "confusion", title: "Split by error type".into(), blocks: confusion(cast) };
    vec![splits, errors, confusion, models]
}

impl Grouping {
    fn section(&self, cast: &Cast<'_>) -> Section {
        let mut blocks = Vec::new();
        let measured = cast.subjects.iter().any(|judge| !(self.rows)(judge).is_empty());
        if !measured {
            blocks.push(Block::Text(format!("{}.", capital(NOT_MEASURED))));
        } else if self.drawn {
            blocks.push(Block::Figure(Box::new(self.figure(cast))));
        }
        for judge in cast.subjects.iter().filter(|judge| !(self.rows)(judge).is_empty()) {
            blocks.push(Block::Table(self.judge(judge, cast)));
        }
        if measured && cast.report.judges.len() > 1 {
            blocks.push(Block::Table(self.all(cast, "one order", |a| a.single)));
            blocks.push(Block::Table(self.all(cast, "both orders", |a| a.both)));
        }
        Section { id: self.id, title: self.title.into(), blocks }
    }

    fn named<'a>(&self, judge: &'a JudgeReport, name: &str) -> Option<&'a Accuracy> {
        (self.rows)(judge).iter().find(|row| row.name == name).map(|row| &row.accuracy)
    }

    /// One judge, with the best null judge beside it.
    fn judge(&self, judge: &JudgeReport, cast: &Cast<'_>) -> Table {
        let null = cast.best_null.filter(|null| null.card.id != judge.card.id);
        let mut head = vec![self.what, "pairs", "questions", "one order", "both orders"];
        let null_head = null.map(|null| ["one order", "both orders"].map(|order| format!("{}, {order}", null.card.id)));
        head.extend(null_head.iter().flatten().map(String::as_str));
        head.extend(["right", "wrong", "ties", "abstained", "failed"]);
        let mut table = Table::new(format!("{}, by {}", title(judge), self.what), &head);
        table.folded = !self.drawn || cast.subjects.len() > 1;
        for Row { name, accuracy } in (self.rows)(judge) {
            let mut cells = vec![name.clone(), count(accuracy.n), count(accuracy.questions)];
            cells.extend([&accuracy.single, &accuracy.both].map(share_cell));
            if let Some(null) = null {
                let row = self.named(null, name);
                cells
                    .extend(row.map_or([NO_FIGURE.into(), NO_FIGURE.into()], |a| [&a.single, &a.both].map(short_cell)));
            }
            let c = &accuracy.counts;
            cells.extend([c.right, c.wrong, c.ties, c.abstained, c.failed].map(count));
            table.row(cells);
        }
        table
    }

    /// All judges, without intervals.
    fn all(&self, cast: &Cast<'_>, order: &str, figure: fn(&Accuracy) -> Measured) -> Table {
        let judges = &cast.report.judges;
        let names: Vec<_> = judges.iter().map(title).collect();
        let head: Vec<_> = [self.what, "pairs"].into_iter().chain(names.iter().map(String::as_str)).collect();
        let mut table = Table::new(format!("All judges by {}, {order}", self.what), &head).folded();
        for share in (self.shares)(cast.report) {
            // Shares count pairs of every relation; the figures are of those with a right answer.
            let pairs = judges.iter().find_map(|judge| self.named(judge, &share.name)).map(|accuracy| accuracy.n);
            let mut cells = vec![share.name.clone(), pairs.map_or(NO_FIGURE.into(), count)];
            let cell = |judge| self.named(judge, &share.name).map_or(NO_FIGURE.into(), |a| short_cell(&figure(a)));
            cells.extend(judges.iter().map(cell));
            table.row(cells);
        }
        table
    }

    fn figure(&self, cast: &Cast<'_>) -> Figure {
        let groups: Vec<(String, Option<u64>)> = cast.subjects.first().map_or_else(Vec::new, |judge| {
            (self.rows)(judge).iter().map(|row| (row.name.clone(), Some(row.accuracy.n))).collect()
        });
        let series = cast.series();
        let chance = chance_both(series.iter().map(|(judge, _)| *judge));
        let figures = |figure: fn(&Accuracy) -> Measured| {
            let of = |judge| {
                groups.iter().map(|(name, _)| self.named(judge, name).map(figure).unwrap_or_default()).collect()
            };
            series.iter().map(|(judge, _)| of(*judge)).collect()
        };
        let panels = vec![
            RowsPanel {
                title: "One order".into(),
                axis: "right in one order (%)".into(),
                chance: vec![0.5],
                figures: figures(|a| a.single),
            },
            RowsPanel {
                title: "Both orders".into(),
                axis: "right in both orders (%)".into(),
                chance: chance.clone(),
                figures: figures(|a| a.both),
            },
        ];
        let extremes = cast.drawn().filter_map(|judge| extremes(judge, (self.rows)(judge)));
        Figure {
            id: self.id.into(),
            title: format!("Accuracy by {}, with 95 % intervals", self.what),
            summary: format!(
                "{} The number of pairs stands in brackets. {}{}",
                extremes.collect::<Vec<_>>().join(" "),
                chance_phrase(&chance),
                cast.undrawn()
            ),
            keys: series.into_iter().map(|(_, key)| key).collect(),
            shown: Box::new(Rows { rows: groups, panels }),
        }
    }
}

/// Where a judge is best and worst, in words.
fn extremes(judge: &JudgeReport, rows: &[Row]) -> Option<String> {
    let known = || rows.iter().filter_map(|row| Some((row.accuracy.single.value?, &row.name)));
    let (high, best) = known().rev().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let (low, worst) = known().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let (high, low) = (percent(high), percent(low));
    Some(format!("{} is between {low} % ({worst}) and {high} % ({best}) in one order.", title(judge)))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Where splits and error types meet: a heat map for each judge.
fn confusion(cast: &Cast<'_>) -> Vec<Block> {
    let maps = cast.drawn().enumerate().filter(|(_, judge)| judge.confusion.iter().any(|cell| cell.n > 0));
    let mut blocks: Vec<Block> =
        maps.map(|(i, judge)| Block::Figure(Box::new(confusion_figure(i, judge, cast)))).collect();
    for judge in cast.subjects.iter().filter(|judge| !judge.confusion.is_empty()) {
        blocks.push(Block::Table(cells(judge)));
    }
    if blocks.is_empty() {
        blocks.push(Block::Text(format!("{}.", capital(NOT_MEASURED))));
    }
    blocks
}

/// The share of a cell's pairs that were not won.
fn not_won(cell: &Cell) -> f64 {
    (cell.wrong + cell.undecided) as f64 / cell.n.max(1) as f64
}

fn confusion_figure(i: usize, judge: &JudgeReport, cast: &Cast<'_>) -> Figure {
    let filled = || judge.confusion.iter().filter(|cell| cell.n > 0);
    let named = |shares: &[Share], has: &dyn Fn(&str) -> bool| -> Vec<String> {
        shares.iter().map(|share| share.name.clone()).filter(|name| has(name)).collect()
    };
    let columns = named(&cast.report.bench.by_split, &|name| filled().any(|cell| cell.split == name));
    let errors = named(&cast.report.bench.by_error_type, &|name| filled().any(|cell| cell.error_type == name));
    let cell = |split: &str, error: &str| {
        let cell = filled().find(|cell| cell.split == split && cell.error_type == error)?;
        Some((not_won(cell), cell.n))
    };
    let row = |error: String| {
        let cells = columns.iter().map(|split| cell(split, &error)).collect();
        (error, cells)
    };
    let rows = errors.into_iter().map(row).collect();
    let worst = filled().filter(|cell| cell.n >= 10).max_by(|a, b| not_won(a).total_cmp(&not_won(b)));
    let worst = worst.map_or_else(String::new, |cell| {
        let share = percent(not_won(cell));
        format!(" Of the cells of ten pairs or more, {} in {} is the worst: {share} %.", cell.error_type, cell.split)
    });
    Figure {
        id: format!("confusion-{i}"),
        title: format!("Where {} does not win (%)", title(judge)),
        summary: format!(
            "The share of pairs that were lost or undecided in one order, by split and by what is wrong with the rejected answer; \
             below it the number of pairs. Orange is half or more; cells of fewer than {FEW_PAIRS} pairs have no colour.{worst}"
        ),
        keys: Vec::new(),
        shown: Box::new(heat(columns, rows, "split", "error type")),
    }
}

fn cells(judge: &JudgeReport) -> Table {
    let head = ["split", "error type", "pairs", "lost", "undecided", "not won (%)"];
    let mut table = Table::new(format!("{}, by split and error type, one order", title(judge)), &head).folded();
    for cell in &judge.confusion {
        let counts = [cell.n, cell.wrong, cell.undecided].map(count);
        let mut cells = vec![cell.split.clone(), cell.error_type.clone()];
        cells.extend(counts);
        cells.push(percent(not_won(cell)));
        table.row(cells);
    }
    table
}
