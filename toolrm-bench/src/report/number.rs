//! Figures in words: per cent with one decimal, intervals in brackets, what was not measured said so.

use toolrm_core::measure::Interval;
pub(super) use toolrm_data::document::number::{NO_FIGURE, count, counted, percent, shortened};

use crate::metrics::Measured;

/// What stands where a figure would, in a sentence or a short list.
pub(super) const NOT_MEASURED: &str = "not measured";

/// A difference of shares in points: `+2.1`.
fn points(share: f64) -> String {
    format!("{:+.1}", (share * 1000.0).round() / 10.0 + 0.0)
}

/// A number with three decimals: `0.042`.
fn decimal(value: f64) -> String {
    format!("{:.3}", (value * 1000.0).round() / 1000.0 + 0.0)
}

fn written(measured: &Measured, write: fn(f64) -> String) -> Option<String> {
    let value = write(measured.value?);
    Some(match measured.interval {
        Some(Interval { low, high }) => format!("{value} [{}, {}]", write(low), write(high)),
        None => value,
    })
}

/// A cell with a share: `83.1 [81.9, 84.2]`.
pub(super) fn share_cell(measured: &Measured) -> String {
    written(measured, percent).unwrap_or_else(|| NO_FIGURE.into())
}

/// A cell with a share and no interval: `83.1`.
pub(super) fn short_cell(measured: &Measured) -> String {
    measured.value.map_or_else(|| NO_FIGURE.into(), percent)
}

/// A cell with a difference of shares: `+2.1 [0.4, 3.9]`.
pub(super) fn points_cell(measured: &Measured) -> String {
    written(measured, points).unwrap_or_else(|| NO_FIGURE.into())
}

/// A cell with a plain number: `0.042 [0.030, 0.055]`.
pub(super) fn decimal_cell(measured: &Measured) -> String {
    written(measured, decimal).unwrap_or_else(|| NO_FIGURE.into())
}

/// A cell with a p-value: `< 0.001`, `0.043`.
pub(super) fn p_cell(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "< 0.001".into(),
        Some(p) => format!("{p:.3}"),
        None => NO_FIGURE.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_what_is_known_of_them() {
        let sure = Measured { value: Some(0.8312), interval: Some(Interval { low: 0.8189, high: 0.8421 }) };
        assert_eq!(share_cell(&sure), "83.1 [81.9, 84.2]");
        assert_eq!(points_cell(&Measured { value: Some(-0.0001), interval: None }), "+0.0");
        assert_eq!(decimal_cell(&Measured { value: Some(-0.0), interval: None }), "0.000");
        assert_eq!((share_cell(&Measured::default()).as_str(), p_cell(None).as_str()), (NO_FIGURE, NO_FIGURE));
        assert_eq!((p_cell(Some(0.0)), p_cell(Some(0.0432))), ("< 0.001".into(), "0.043".into()));
    }
}
