//! A share for each row and column, by colour and as a number with the size of its group below.

use toolrm_data::plot::{Heat, HeatCell, Palette};

/// In how many colours shares are drawn.
const STEPS: usize = 8;

/// Cells of fewer pairs than this have no colour: one pair more or less would change it.
pub(in crate::report) const FEW: u64 = 5;

/// Rows with their labels; of each column the share and the number it is of, `None` where there is nothing.
type Shares = Vec<(String, Vec<Option<(f64, u64)>>)>;

/// The plot, with the labels of its columns and of its axes.
pub(in crate::report) fn heat(columns: Vec<String>, rows: Shares, x: &str, y: &str) -> Heat {
    let row = |(label, cells): (String, Vec<_>)| (label, cells.into_iter().map(|cell| Some(filled(cell?))).collect());
    Heat {
        columns,
        rows: rows.into_iter().map(row).collect(),
        x: x.into(),
        y: y.into(),
        palette: Palette::Shares,
        levels: (0..STEPS).map(range).collect(),
        beside: 4,
    }
}

fn filled((share, n): (f64, u64)) -> HeatCell {
    let level = (0..STEPS).rev().find(|step| share + 1e-9 >= *step as f64 / STEPS as f64).unwrap_or(0);
    HeatCell { level: (n >= FEW).then_some(level), text: format!("{:.0}", share * 100.0), below: format!("of {n}") }
}

/// What a colour means: `12.5–25 %`.
fn range(step: usize) -> String {
    let end = |step: usize| 100.0 * step as f64 / STEPS as f64;
    format!("{}–{} %", end(step), end(step + 1))
}
