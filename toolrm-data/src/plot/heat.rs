//! A cell for each row and column: its colour, and what is written in it.

use std::sync::Arc;

use kuva::{
    plot::heatmap::{ColorMap, Heatmap},
    render::{annotations::TextAnnotation, layout::Layout, plots::Plot},
};

use super::{Canvas, Colour, Draw, Key, Panel, Shown, row_height, stacked, without_middle};

/// The plot.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Heat {
    /// The labels of the columns.
    pub columns: Vec<String>,
    /// The rows from the top: their labels and, of each column, the cell; `None` where there is nothing.
    pub rows: Vec<(String, Vec<Option<HeatCell>>)>,
    /// The label of the horizontal axis.
    pub x: String,
    /// The label of the vertical axis.
    pub y: String,
    /// The colours that levels are drawn in.
    pub palette: Palette,
    /// What each level is, in words, the lowest first.
    pub levels: Vec<String>,
    /// How many columns fit beside each other on a phone with cells that can be read.
    pub beside: usize,
}

/// A cell.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct HeatCell {
    /// Which of the levels it is of; none has no colour.
    pub level: Option<usize>,
    /// What is written in it.
    pub text: String,
    /// What is written below that, smaller; empty where nothing is.
    pub below: String,
}

/// The colours of levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Palette {
    /// Eight: one hue below the middle, another one above.
    Shares,
    /// Six of one hue, the more the stronger.
    Counts,
}

impl Palette {
    /// How many levels it has.
    pub fn levels(self) -> usize {
        match self {
            Self::Shares => 8,
            Self::Counts => 6,
        }
    }

    /// What the names of its colours, and of the classes that have them, begin with.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Shares => ("heat", "step"),
            Self::Counts => ("count", "count"),
        }
    }
}

type Row<'a> = (&'a str, Vec<Option<&'a HeatCell>>);

/// Height of a row, in pixels, at least: one line of text, or two.
const ROW: [f64; 2] = [22.0, 30.0];

/// Height of all rows, in pixels, at least: the name of the vertical axis.
const LEAST: f64 = 76.0;

/// Width of a cell, in pixels, at most.
const MOST_WIDE: f64 = 90.0;

/// Room above the rows, in pixels.
const TOP: f64 = 8.0;

impl Shown for Heat {
    fn panels(&self, _: &[Key], mut draw: Draw<'_>) -> Vec<Panel> {
        let wide = self.picture(0, self.columns.len(), Canvas::FULL, &mut draw);
        let starts = (0..self.columns.len()).step_by(self.beside.max(1));
        let narrow = starts.filter_map(|start| self.picture(start, self.beside, Canvas::PHONE, &mut draw)).collect();
        vec![Panel { title: String::new(), wide: wide.into_iter().collect(), narrow }]
    }

    fn colours(&self) -> Vec<Colour> {
        let (_, class) = self.palette.names();
        let colour = |(i, text): (usize, &String)| Colour { class: format!("{class}-{i}"), text: text.clone() };
        self.levels.iter().enumerate().map(colour).collect()
    }
}

impl Heat {
    /// The columns from `start`, `most` at most; on a phone without the rows that have nothing in them, and nothing where none has.
    fn picture(&self, start: usize, most: usize, canvas: Canvas, draw: &mut Draw<'_>) -> Option<String> {
        let columns: Vec<String> = self.columns.iter().skip(start).take(most).map(|c| one_line(c)).collect();
        // The library draws rows from the bottom.
        let rows = self.rows.iter().rev().map(|(label, cells)| {
            let cells: Vec<_> = cells.iter().skip(start).take(columns.len()).map(Option::as_ref).collect();
            (label.as_str(), cells)
        });
        let rows: Vec<_> = rows.filter(|(_, cells)| !canvas.is_phone() || cells.iter().any(Option::is_some)).collect();
        if rows.is_empty() {
            return None;
        }
        let levels = rows.iter().map(|(_, cells)| cells.iter().map(|cell| level(*cell).unwrap_or(f64::NAN)));
        let colours = ColorMap::Custom(self.colours_of(&rows));
        let heat = Heatmap::new().with_data(levels).with_color_map(colours).with_cell_size(0.97);

        let filled = || self.rows.iter().flat_map(|(_, cells)| cells).flatten();
        let [one, two] = ROW;
        let least = if filled().any(|cell| !cell.below.is_empty()) { two } else { one };
        let row_height =
            row_height(rows.iter().map(|(label, _)| *label), canvas, least.max(LEAST / rows.len().max(1) as f64));
        let places = rows.iter().enumerate().map(|(row, (label, _))| (row as f64 + 1.0, *label));
        let (labels, positions) = stacked(places, canvas.label, canvas.line() / row_height);
        // Turned labels of columns hang below the axis, and the name of the axis below them.
        let longest = columns.iter().map(|column| column.chars().count()).max().unwrap_or_default() as f64;
        let bottom = longest * f64::from(canvas.text) * 0.44 + 50.0;
        let width = canvas.width.min(columns.len() as f64 * MOST_WIDE + 330.0);
        let range = |n: usize| (0.5, n as f64 + 0.5);
        let mut layout = Layout::new(range(columns.len()), range(rows.len()))
            .with_x_label(&self.x)
            .with_y_label(&self.y)
            .with_x_categories(columns)
            .with_y_categories(labels)
            .with_x_tick_rotate(-50.0)
            .with_tick_length(0.0);
        layout.y_category_positions = Some(positions);
        (layout.force_margin_top, layout.force_margin_bottom) = (Some(TOP), Some(bottom));
        layout.force_margin_right = Some(8.0);
        let places = rows.iter().enumerate().flat_map(|(y, (_, cells))| {
            cells.iter().enumerate().filter_map(move |(x, cell)| Some((x as f64 + 1.0, y as f64 + 1.0, (*cell)?)))
        });
        for (x, y, cell) in places {
            // A text stands 6 pixels above its place.
            let down = if cell.below.is_empty() { 11.0 } else { 6.0 };
            layout = layout.with_annotation(text(&cell.text, x, y - down / row_height, canvas.text));
            if !cell.below.is_empty() {
                layout = layout.with_annotation(text(&cell.below, x, y - 17.0 / row_height, canvas.text - 2));
            }
        }
        let height = rows.len() as f64 * row_height + TOP + bottom;
        Some(draw.svg(vec![Plot::Heatmap(heat)], Canvas { width, ..canvas }.sized(layout, height)))
    }

    /// The colour of a level. The library hands over where a value lies between the smallest and the largest one drawn.
    fn colours_of(&self, rows: &[Row<'_>]) -> Arc<dyn Fn(f64) -> String + Send + Sync> {
        let levels = || rows.iter().flat_map(|(_, cells)| cells).filter_map(|cell| level(*cell));
        let (low, high) = (levels().fold(f64::INFINITY, f64::min), levels().fold(f64::NEG_INFINITY, f64::max));
        let (variable, _) = self.palette.names();
        Arc::new(
            move |t: f64| {
                if t.is_nan() { "none".into() } else { format!("var(--{variable}-{:.0})", low + t * (high - low)) }
            },
        )
    }
}

fn level(cell: Option<&HeatCell>) -> Option<f64> {
    cell.and_then(|cell| cell.level).map(|level| level as f64)
}

fn one_line(label: &str) -> String {
    without_middle(&label.chars().collect::<Vec<_>>(), 24)
}

fn text(text: &str, x: f64, y: f64, size: u32) -> TextAnnotation {
    TextAnnotation::new(text, x, y).with_font_size(size)
}
