//! A share for each row and column, by colour and as a number with the size of its group below.

use std::sync::Arc;

use kuva::{
    plot::heatmap::{ColorMap, Heatmap},
    render::{annotations::TextAnnotation, layout::Layout, plots::Plot},
};

use super::{Canvas, Draw, Panel, row_height, stacked, without_middle};

/// The plot.
#[derive(Debug, Clone)]
pub(in crate::report) struct Heat {
    /// The labels of the columns.
    pub(in crate::report) columns: Vec<String>,
    /// The rows from the top: their labels and cells.
    pub(in crate::report) rows: Vec<(String, Cells)>,
    /// The label of the horizontal axis.
    pub(in crate::report) x: String,
    /// The label of the vertical axis.
    pub(in crate::report) y: String,
}

/// Of each column the share and the number it is of; `None` where there is nothing.
type Cells = Vec<Option<(f64, u64)>>;

/// In how many colours shares are drawn.
pub(in crate::report) const STEPS: usize = 8;

/// Cells of fewer pairs than this have no colour: one pair more or less would change it.
pub(in crate::report) const FEW: u64 = 5;

/// Height of a row, in pixels, at least: a share with the number of its pairs below.
const ROW: f64 = 30.0;

/// Height of all rows, in pixels, at least: the name of the vertical axis.
const LEAST: f64 = 76.0;

/// Width of a cell, in pixels, at most.
const MOST_WIDE: f64 = 90.0;

/// Room above the rows, in pixels.
const TOP: f64 = 8.0;

impl Heat {
    pub(super) fn panels(&self, mut draw: Draw<'_>) -> Vec<Panel> {
        let wide = self.picture(0, self.columns.len(), Canvas::FULL, &mut draw);
        // On a phone only few columns fit beside each other with numbers that can be read.
        let starts = (0..self.columns.len()).step_by(4);
        let narrow = starts.map(|start| self.picture(start, 4, Canvas::PHONE, &mut draw)).collect();
        vec![Panel { title: String::new(), wide: vec![wide], narrow }]
    }

    /// The columns from `start`, `most` at most; on a phone without the rows that have nothing in them.
    fn picture(&self, start: usize, most: usize, canvas: Canvas, draw: &mut Draw<'_>) -> String {
        let columns: Vec<String> = self.columns.iter().skip(start).take(most).map(|c| one_line(c)).collect();
        // The library draws rows from the bottom.
        let rows = self.rows.iter().rev().map(|(label, cells)| {
            let cells: Cells = cells.iter().skip(start).take(columns.len()).copied().collect();
            (label, cells)
        });
        let rows: Vec<_> = rows.filter(|(_, cells)| !canvas.is_phone() || cells.iter().any(Option::is_some)).collect();
        let shares = rows.iter().map(|(_, cells)| cells.iter().map(|cell| coloured(*cell).unwrap_or(f64::NAN)));
        let heat = Heatmap::new().with_data(shares).with_color_map(ColorMap::Custom(steps(&rows))).with_cell_size(0.97);

        let row_height =
            row_height(rows.iter().map(|(label, _)| label.as_str()), canvas, ROW.max(LEAST / rows.len().max(1) as f64));
        let places = rows.iter().enumerate().map(|(row, (label, _))| (row as f64 + 1.0, label.as_str()));
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
        for (y, (_, cells)) in rows.iter().enumerate() {
            for (x, cell) in cells.iter().enumerate() {
                let Some((share, n)) = cell else { continue };
                let (x, y) = (x as f64 + 1.0, y as f64 + 1.0);
                layout =
                    layout.with_annotation(text(format!("{:.0}", share * 100.0), x, y - 6.0 / row_height, canvas.text));
                layout = layout.with_annotation(text(format!("of {n}"), x, y - 17.0 / row_height, canvas.text - 2));
            }
        }
        let height = rows.len() as f64 * row_height + TOP + bottom;
        draw.svg(vec![Plot::Heatmap(heat)], Canvas { width, ..canvas }.sized(layout, height))
    }
}

fn one_line(label: &str) -> String {
    without_middle(&label.chars().collect::<Vec<_>>(), 24)
}

/// The library puts a text 6 pixels above its place.
fn text(text: String, x: f64, y: f64, size: u32) -> TextAnnotation {
    TextAnnotation::new(text, x, y).with_font_size(size)
}

/// The share of a cell, where it is of enough pairs.
fn coloured(cell: Option<(f64, u64)>) -> Option<f64> {
    cell.filter(|(_, n)| *n >= FEW).map(|(share, _)| share)
}

type Row<'a> = (&'a String, Cells);

/// The colour of a share. The library hands over where a value lies between the smallest and the largest one drawn.
fn steps(rows: &[Row<'_>]) -> Arc<dyn Fn(f64) -> String + Send + Sync> {
    let shares = || rows.iter().flat_map(|(_, cells)| cells).filter_map(|cell| coloured(*cell));
    let (low, high) = (shares().fold(f64::INFINITY, f64::min), shares().fold(f64::NEG_INFINITY, f64::max));
    Arc::new(move |t: f64| {
        if t.is_nan() {
            return "none".into();
        }
        let share = (low + t * (high - low)).clamp(0.0, 1.0);
        let step = (0..STEPS).rev().find(|step| share + 1e-9 >= *step as f64 / STEPS as f64).unwrap_or(0);
        format!("var(--heat-{step})")
    })
}
