//! The accuracy of the answer that is picked among N, over N, with the band of its interval.

use std::sync::Arc;

use kuva::{
    plot::{BandPlot, LinePlot, scatter::ScatterPlot},
    render::{
        layout::{Layout, TickFormat},
        plots::Plot,
    },
};
use toolrm_data::plot::{Canvas, Draw, Key, Panel, Shown, Style, percent_tick};

use crate::report::model::BestOfNPoint;

/// The plot: a picture for each source of questions.
#[derive(Debug, Clone)]
pub(in crate::report) struct Curves {
    /// The sources: their name, and the points by series (as the figure's keys are), none where a series was not run there.
    pub(in crate::report) sources: Vec<(String, Vec<Vec<BestOfNPoint>>)>,
}

impl Shown for Curves {
    fn panels(&self, keys: &[Key], mut draw: Draw<'_>) -> Vec<Panel> {
        let mut drawn = |curves: &[Vec<BestOfNPoint>], canvas| vec![picture(curves, keys, canvas, &mut draw)];
        let panel = |(name, curves): &(String, Vec<Vec<BestOfNPoint>>)| Panel {
            title: name.clone(),
            wide: drawn(curves, Canvas::HALF),
            narrow: drawn(curves, Canvas::PHONE),
        };
        self.sources.iter().map(panel).collect()
    }
}

fn picture(curves: &[Vec<BestOfNPoint>], keys: &[Key], canvas: Canvas, draw: &mut Draw<'_>) -> String {
    let points = || curves.iter().flatten();
    let most = points().map(|p| p.n).max().unwrap_or(1);
    let ends = points().flat_map(|p| {
        let interval = p.accuracy.interval.map(|i| [i.low, i.high]).into_iter().flatten();
        interval.chain(p.accuracy.value)
    });
    let (low, high) = ends.fold((1.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
    // To whole tenths, and to a tenth at least where there is nothing to see.
    let (low, high) = ((low * 10.0).floor() / 10.0, (high * 10.0).ceil() / 10.0);
    let (low, high) = if low < high { (low, high) } else { ((low - 0.1).max(0.0), low.clamp(0.1, 1.0)) };

    let mut layout = Layout::new((0.5, most as f64 + 0.5), (low, high))
        .with_x_axis_min(0.5)
        .with_x_axis_max(most as f64 + 0.5)
        .with_y_axis_min(low)
        .with_y_axis_max(high)
        .with_x_tick_step(if most > 10 { 2.0 } else { 1.0 })
        .with_x_tick_format(TickFormat::Integer)
        .with_y_tick_step(if high - low > 0.5 { 0.1 } else { 0.05 })
        .with_y_tick_format(TickFormat::Custom(Arc::new(percent_tick)))
        .with_x_label("number of candidates, N")
        .with_y_label("right pick (%)");
    layout.force_margin_right = Some(14.0);
    let bands = curves.iter().zip(keys).filter_map(|(points, key)| band(points, key.style));
    let lines = curves.iter().zip(keys).flat_map(|(points, key)| line(points, key.style));
    draw.svg(bands.chain(lines).collect(), canvas.sized(layout, 340.0))
}

/// The interval of a judge; of what judges are held against only the line is drawn.
fn band(points: &[BestOfNPoint], style: Style) -> Option<Plot> {
    let known: Vec<_> = points.iter().filter_map(|p| p.accuracy.interval.map(|i| (p.n as f64, i))).collect();
    if !matches!(style, Style::Series(_)) || known.is_empty() {
        return None;
    }
    let (x, low) = (known.iter().map(|(n, _)| *n), known.iter().map(|(_, i)| i.low));
    let band = BandPlot::new(x, low, known.iter().map(|(_, i)| i.high)).with_color(style.color()).with_opacity(0.16);
    Some(Plot::Band(band))
}

fn line(points: &[BestOfNPoint], style: Style) -> Vec<Plot> {
    let known = || points.iter().filter_map(|p| p.accuracy.value.map(|value| (p.n as f64, value)));
    let line = LinePlot::new().with_data(known()).with_color(style.color()).with_stroke_width(2.0);
    if matches!(style, Style::Dashed(_)) {
        return vec![line.with_line_style(style.dashes()).into()];
    }
    let marks = ScatterPlot::new().with_data(known()).with_color(style.color()).with_marker(style.marker());
    vec![line.into(), marks.with_size(4.0).into()]
}
