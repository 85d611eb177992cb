//! Counts as bars, one row for each group, one part of the bar for each series.

use std::sync::Arc;

use kuva::{
    plot::LinePlot,
    render::{layout::TickFormat, plots::Plot},
};

use super::{Canvas, Draw, Frame, Key, Panel, Shown, count_tick, round_step};
use crate::document::number::count;

/// The plot.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Bars {
    /// The rows from the top: their labels, and how many there are of each series.
    pub rows: Vec<(String, Vec<u64>)>,
    /// The label of the horizontal axis.
    pub axis: String,
}

/// Height of a row, in pixels, at least.
const ROW: f64 = 24.0;

impl Shown for Bars {
    fn panels(&self, keys: &[Key], mut draw: Draw<'_>) -> Vec<Panel> {
        let mut drawn = |canvas| vec![self.picture(keys, canvas, &mut draw)];
        vec![Panel { title: String::new(), wide: drawn(Canvas::FULL), narrow: drawn(Canvas::PHONE) }]
    }
}

impl Bars {
    fn picture(&self, keys: &[Key], canvas: Canvas, draw: &mut Draw<'_>) -> String {
        let total = |counts: &[u64]| counts.iter().sum::<u64>();
        let labels: Vec<String> =
            self.rows.iter().map(|(name, counts)| format!("{name} ({})", count(total(counts)))).collect();
        let frame = Frame::new(&labels, canvas, ROW);
        let most = self.rows.iter().map(|(_, counts)| total(counts)).max().unwrap_or_default().max(1) as f64;
        let step = round_step(most / if canvas.is_phone() { 2.0 } else { 5.0 });
        let mut plots: Vec<Plot> = Vec::new();
        let mut x = step;
        while x <= most {
            plots.push(frame.grid_line(x));
            x += step;
        }
        for (row, (_, counts)) in self.rows.iter().enumerate() {
            let (y, mut from) = (frame.middle(row), 0.0);
            for (n, key) in counts.iter().zip(keys).filter(|(n, _)| **n > 0) {
                let to = from + *n as f64;
                let part = LinePlot::new().with_data([(from, y), (to, y)]).with_color(key.style.color());
                plots.push(part.with_stroke_width(frame.row_height() * 0.62).into());
                from = to;
            }
        }
        let layout = frame.layout((0.0, most * 1.01), &self.axis).with_x_tick_step(step);
        draw.svg(plots, layout.with_x_tick_format(TickFormat::Custom(Arc::new(count_tick))))
    }
}
