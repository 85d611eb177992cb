//! Figures in words: per cent with one decimal, intervals in brackets, what was not measured said so.

use toolrm_core::measure::Interval;

use crate::metrics::Measured;

/// What stands where a figure would, in a sentence or a short list.
pub(super) const NOT_MEASURED: &str = "not measured";

/// What stands there in a cell of a table.
pub(super) const NO_FIGURE: &str = "–";

/// A share in per cent, without the sign: `83.1`.
pub(super) fn percent(share: f64) -> String {
    // Adding 0 turns -0 into 0.
    format!("{:.1}", (share * 1000.0).round() / 10.0 + 0.0)
}

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

/// A count with its thousands apart: `12,345`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 pair`, `2 pairs`.
pub(super) fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// The first characters of a text, with an ellipsis where it is cut; runs of white space are one space.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
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

    #[test]
    fn counts_are_grouped_and_texts_cut_between_characters() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((counted(1, "pair"), counted(2, "pair")), ("1 pair".into(), "2 pairs".into()));
        assert_eq!(shortened("a\n b  ünïcode", 6), "a b ü…");
    }
}
