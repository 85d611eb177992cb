//! The reliability curve: how often a judge is right when it says how sure it is, and how often it says so.

use std::sync::Arc;

use kuva::{
    plot::{LinePlot, scatter::ScatterPlot},
    render::{
        layout::{Layout, TickFormat},
        plots::Plot,
    },
};
use toolrm_data::plot::{Canvas, Draw, Key, Panel, Shown, Style, percent_tick, round_step};

use crate::report::model::Bin;

/// The plot: a picture for each judge.
#[derive(Debug, Clone)]
pub(in crate::report) struct Reliability {
    /// The judges with their bins.
    pub(in crate::report) judges: Vec<(String, Vec<Bin>)>,
}

/// Bins of fewer probabilities than this are drawn faintly.
pub(in crate::report) const FEW: u64 = 20;

/// Room for the labels of the vertical axis, so that the two pictures share their horizontal one.
const LEFT: f64 = 64.0;

impl Shown for Reliability {
    fn panels(&self, _: &[Key], mut draw: Draw<'_>) -> Vec<Panel> {
        let judge = |(i, (name, bins)): (usize, &(String, Vec<Bin>))| {
            let mut pictures = |canvas| {
                vec![
                    curve(bins, Style::Series(i), canvas, &mut draw),
                    counts(bins, Style::Series(i), canvas, &mut draw),
                ]
            };
            Panel { title: name.clone(), wide: pictures(Canvas::HALF), narrow: pictures(Canvas::PHONE) }
        };
        self.judges.iter().enumerate().map(judge).collect()
    }
}

fn percents() -> TickFormat {
    TickFormat::Custom(Arc::new(percent_tick))
}

/// Both pictures have the judge's probability on their horizontal axis.
fn layout(y: (f64, f64)) -> Layout {
    let mut layout = Layout::new((0.0, 1.0), y)
        .with_x_axis_min(0.0)
        .with_x_axis_max(1.0)
        .with_y_axis_min(y.0)
        .with_y_axis_max(y.1)
        .with_x_tick_step(0.25)
        .with_x_tick_format(percents());
    layout.force_margin_left = Some(LEFT);
    layout.force_margin_right = Some(22.0);
    layout
}

fn curve(bins: &[Bin], style: Style, canvas: Canvas, draw: &mut Draw<'_>) -> String {
    let ideal = LinePlot::new().with_data([(0.0, 0.0), (1.0, 1.0)]).with_color(Style::Dashed(2).color()).with_dashed();
    let points = || bins.iter().map(|bin| (bin.mean_p, bin.share_right));
    let line = LinePlot::new().with_data(points()).with_color(style.color()).with_stroke_width(2.0);
    let marks = |few: bool| {
        let some = bins.iter().filter(|bin| (bin.n < FEW) == few).map(|bin| (bin.mean_p, bin.share_right));
        let marks = ScatterPlot::new().with_data(some).with_color(style.color()).with_marker(style.marker());
        marks.with_size(5.0).with_marker_opacity(if few { 0.35 } else { 1.0 })
    };
    let plots: Vec<Plot> = vec![ideal.into(), line.into(), marks(true).into(), marks(false).into()];
    let layout = layout((0.0, 1.0)).with_y_tick_step(0.25).with_y_tick_format(percents()).with_y_label("right (%)");
    draw.svg(plots, canvas.sized(layout.with_x_label("probability the judge gave (%)"), 290.0))
}

fn counts(bins: &[Bin], style: Style, canvas: Canvas, draw: &mut Draw<'_>) -> String {
    let most = bins.iter().map(|bin| bin.n).max().unwrap_or(1).max(1) as f64;
    let bar = |bin: &Bin| -> Plot {
        let (gap, n) = ((bin.high - bin.low) * 0.06, bin.n as f64);
        let top = LinePlot::new().with_data([(bin.low + gap, n), (bin.high - gap, n)]).with_color(style.color());
        top.with_fill().with_fill_opacity(0.75).with_stroke_width(1.0).into()
    };
    let layout = layout((0.0, most * 1.08)).with_y_tick_step(round_step(most / 2.5)).with_y_label("how many");
    let layout = layout.with_y_tick_format(TickFormat::Integer).with_x_label("probability the judge gave (%)");
    draw.svg(bins.iter().map(bar).collect(), canvas.sized(layout, 170.0))
}
