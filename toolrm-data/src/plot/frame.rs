//! What plots of rows have in common: labels on the left, stripes behind every other row, an axis below.

use kuva::{
    plot::LinePlot,
    render::{annotations::ShadedRegion, layout::Layout, plots::Plot},
};

use super::{Canvas, row_height, stacked};

/// Room above the rows, and for the horizontal axis below them, in pixels.
const TOP: f64 = 8.0;
const BOTTOM: f64 = 50.0;

/// The frame of rows with these labels, the first on top: row `i` of `n` lies around `n - i`, a unit high.
#[derive(Debug, Clone)]
pub struct Frame {
    rows: f64,
    row_height: f64,
    canvas: Canvas,
    labels: (Vec<String>, Vec<f64>),
}

impl Frame {
    /// Rows with these labels, each at least `least` pixels high.
    pub fn new(labels: &[String], canvas: Canvas, least: f64) -> Self {
        let rows = labels.len() as f64;
        let row_height = row_height(labels.iter().map(String::as_str), canvas, least);
        let places = labels.iter().enumerate().map(|(row, label)| (rows - row as f64, label.as_str()));
        Self { rows, row_height, canvas, labels: stacked(places, canvas.label, canvas.line() / row_height) }
    }

    /// The height of a row, in pixels.
    pub fn row_height(&self) -> f64 {
        self.row_height
    }

    /// The middle of a row, counted from the top.
    pub fn middle(&self, row: usize) -> f64 {
        self.rows - row as f64
    }

    /// A vertical line through all rows.
    pub fn grid_line(&self, x: f64) -> Plot {
        let ends = [(x, 0.5), (x, self.rows + 0.5)];
        LinePlot::new().with_data(ends).with_color("var(--grid)").with_stroke_width(1.0).into()
    }

    /// A layout whose horizontal axis goes from `x.0` to `x.1` and is called `axis`.
    pub fn layout(&self, x: (f64, f64), axis: &str) -> Layout {
        let (labels, positions) = self.labels.clone();
        let mut layout = Layout::new(x, (0.5, self.rows + 0.5))
            .with_x_axis_min(x.0)
            .with_x_axis_max(x.1)
            .with_x_label(axis)
            .with_tick_length(0.0)
            .with_y_categories(labels);
        layout.y_category_positions = Some(positions);
        (layout.force_margin_top, layout.force_margin_bottom) = (Some(TOP), Some(BOTTOM));
        layout.force_margin_right = Some(22.0);
        let mut y = self.rows - 1.0;
        while y >= 1.0 {
            let stripe = ShadedRegion::horizontal(y - 0.5, y + 0.5).with_color("var(--stripe)").with_opacity(1.0);
            layout = layout.with_shaded_region(stripe);
            y -= 2.0;
        }
        self.canvas.sized(layout, self.rows * self.row_height + TOP + BOTTOM)
    }
}
