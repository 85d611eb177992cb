//! Shares with their intervals, one row for each group of pairs, one mark for each series.

use std::sync::Arc;

use kuva::{
    plot::{LinePlot, scatter::ScatterPlot},
    render::{annotations::ReferenceLine, layout::TickFormat, plots::Plot},
};
use toolrm_data::plot::{Canvas, Draw, Frame, Key, Panel, Shown, Style, percent_tick};

use crate::metrics::Measured;

/// The plot.
#[derive(Debug, Clone)]
pub(in crate::report) struct Rows {
    /// What the rows are: their labels, and what they are made of: `simple_python`, 137.
    pub(in crate::report) rows: Vec<(String, Option<u64>)>,
    /// Pictures beside each other, of the same rows and series.
    pub(in crate::report) panels: Vec<RowsPanel>,
}

/// One picture.
#[derive(Debug, Clone)]
pub(in crate::report) struct RowsPanel {
    pub(in crate::report) title: String,
    /// The label of the horizontal axis, with its unit.
    pub(in crate::report) axis: String,
    /// What guessing gets, where lines are drawn.
    pub(in crate::report) chance: Vec<f64>,
    /// The figures, by series and row.
    pub(in crate::report) figures: Vec<Vec<Measured>>,
}

/// The ends of the horizontal axis: marks at 0 % and 100 % are seen whole.
const SHARES: (f64, f64) = (-0.025, 1.025);

impl Shown for Rows {
    fn panels(&self, keys: &[Key], mut draw: Draw<'_>) -> Vec<Panel> {
        let mut drawn = |panel: &RowsPanel, canvas| vec![self.picture(panel, keys, canvas, &mut draw)];
        let panel = |panel: &RowsPanel| Panel {
            title: panel.title.clone(),
            wide: drawn(panel, Canvas::HALF),
            narrow: drawn(panel, Canvas::PHONE),
        };
        self.panels.iter().map(panel).collect()
    }
}

impl Rows {
    fn picture(&self, panel: &RowsPanel, keys: &[Key], canvas: Canvas, draw: &mut Draw<'_>) -> String {
        let labels: Vec<String> = self.rows.iter().map(|(name, n)| label(name, *n)).collect();
        let frame = Frame::new(&labels, canvas, (panel.figures.len() as f64 * 10.0 + 8.0).max(30.0));
        let mut layout = frame
            .layout(SHARES, &panel.axis)
            .with_x_tick_step(0.25)
            .with_x_tick_format(TickFormat::Custom(Arc::new(percent_tick)));
        for &chance in &panel.chance {
            let line = ReferenceLine::vertical(chance).with_color("var(--chance)").with_stroke_width(1.5);
            layout = layout.with_reference_line(line.with_dasharray("5 4"));
        }
        let mut plots: Vec<Plot> = [0.25, 0.5, 0.75].map(|x| frame.grid_line(x)).into();
        for (series, (figures, key)) in panel.figures.iter().zip(keys).enumerate() {
            let place = |row: usize| frame.middle(row) - panel.below(series, row);
            let marks = figures.iter().enumerate().map(|(row, figure)| (place(row), *figure));
            plots.extend(marked(marks, key.style));
        }
        draw.svg(plots, layout)
    }
}

impl RowsPanel {
    /// How far below the middle of a row the mark of a series is: those that have a mark there share the row.
    fn below(&self, series: usize, row: usize) -> f64 {
        let marked = |s: &Vec<Measured>| s.get(row).is_some_and(|figure| figure.value.is_some());
        let all = self.figures.iter().filter(|s| marked(s)).count().max(1);
        let before = self.figures.iter().take(series).filter(|s| marked(s)).count();
        ((before as f64 + 0.5) / all as f64 - 0.5) * 0.78
    }
}

/// `simple_python (137)`.
fn label(name: &str, n: Option<u64>) -> String {
    n.map_or_else(|| name.to_owned(), |n| format!("{name} ({n})"))
}

/// A series: a whisker for each interval, and the marks on top of them.
fn marked(figures: impl Iterator<Item = (f64, Measured)>, style: Style) -> Vec<Plot> {
    let mut plots = Vec::new();
    let mut marks = Vec::new();
    for (y, figure) in figures {
        if let Some(interval) = figure.interval {
            let whisker = LinePlot::new().with_data([(interval.low, y), (interval.high, y)]);
            plots.push(whisker.with_color(style.color()).with_stroke_width(2.0).into());
        }
        marks.extend(figure.value.map(|value| (value, y)));
    }
    plots.push(
        ScatterPlot::new().with_data(marks).with_color(style.color()).with_size(4.5).with_marker(style.marker()).into(),
    );
    plots
}
