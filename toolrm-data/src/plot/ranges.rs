//! Where sets of numbers lie: one row for each, on a logarithmic axis.

use std::sync::Arc;

use kuva::{
    plot::{LinePlot, scatter::ScatterPlot},
    render::{layout::TickFormat, plots::Plot},
};

use super::{Canvas, Draw, Frame, Key, Panel, Shown, Style, power_tick};

/// The plot.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Ranges {
    /// The rows from the top.
    pub rows: Vec<(String, Range)>,
    /// The label of the horizontal axis.
    pub axis: String,
}

/// Where a set of numbers lies.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Range {
    /// The smallest and the largest: a thin line.
    pub ends: (u64, u64),
    /// What most lie between: a thick line.
    pub most: (u64, u64),
    /// The middle: the mark of a series.
    pub middle: u64,
    /// What few lie above: a cross.
    pub high: u64,
}

impl Ranges {
    /// The legend.
    pub fn keys(middle: &str, high: &str) -> Vec<Key> {
        [(middle, MIDDLE), (high, HIGH)].map(|(name, style)| Key { name: name.into(), style }).into()
    }

    fn picture(&self, canvas: Canvas, draw: &mut Draw<'_>) -> String {
        let labels: Vec<String> = self.rows.iter().map(|(name, _)| name.clone()).collect();
        let frame = Frame::new(&labels, canvas, 30.0);
        let ends = || self.rows.iter().flat_map(|(_, range)| [range.ends.0, range.ends.1]).map(decades);
        let low = ends().fold(f64::INFINITY, f64::min).floor();
        let (low, high) = if low.is_finite() { (low, ends().fold(low + 1.0, f64::max).ceil()) } else { (0.0, 1.0) };
        let mut plots: Vec<Plot> = Vec::new();
        let mut x = low + 1.0;
        while x < high {
            plots.push(frame.grid_line(x));
            x += 1.0;
        }
        for (row, (_, range)) in self.rows.iter().enumerate() {
            let y = frame.middle(row);
            for ((from, to), width) in [(range.ends, 1.5), (range.most, 7.0)] {
                let line = LinePlot::new().with_data([(decades(from), y), (decades(to), y)]);
                plots.push(line.with_color(MIDDLE.color()).with_stroke_width(width).into());
            }
            for (value, style, color) in
                [(range.high, HIGH, HIGH.color()), (range.middle, MIDDLE, "var(--ink)".to_owned())]
            {
                let mark = ScatterPlot::new().with_data([(decades(value), y)]).with_color(color);
                plots.push(mark.with_size(5.0).with_marker(style.marker()).into());
            }
        }
        // Marks at the ends are seen whole.
        let edge = (high - low) * 0.025;
        let layout = frame.layout((low - edge, high + edge), &self.axis).with_x_tick_step(1.0);
        draw.svg(plots, layout.with_x_tick_format(TickFormat::Custom(Arc::new(power_tick))))
    }
}

const MIDDLE: Style = Style::Series(0);
const HIGH: Style = Style::Null;

impl Shown for Ranges {
    fn panels(&self, _: &[Key], mut draw: Draw<'_>) -> Vec<Panel> {
        let mut drawn = |canvas| vec![self.picture(canvas, &mut draw)];
        vec![Panel { title: String::new(), wide: drawn(Canvas::FULL), narrow: drawn(Canvas::PHONE) }]
    }
}

/// The decimal logarithm; of 0 that of 1, for there is none.
fn decades(n: u64) -> f64 {
    (n.max(1) as f64).log10()
}
