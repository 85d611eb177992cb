//! Ticks of axes.

use crate::document::number::count;

/// `25 %`.
pub fn percent_tick(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// `1,000`.
pub fn count_tick(n: f64) -> String {
    // Adding 0 turns -0 into 0.
    let digits = format!("{:.0}", n.round().max(0.0) + 0.0);
    digits.parse().map_or_else(|_| digits.clone(), count)
}

/// Ten to this power, in a few characters: `100`, `10k`, `1M`.
pub fn power_tick(power: f64) -> String {
    let mut power = power.round().max(0.0);
    let mut units = ["", "k", "M", "G", "T"].into_iter();
    while power >= 3.0 && units.len() > 1 {
        units.next();
        power -= 3.0;
    }
    format!("{:.0}{}", 10_f64.powf(power), units.next().unwrap_or_default())
}

/// The largest of 1, 2, 5, 10, 20, .. that is not above `step`.
pub fn round_step(step: f64) -> f64 {
    let decade = 10_f64.powf(step.max(1.0).log10().floor());
    let largest = [5.0, 2.0].into_iter().find(|m| m * decade <= step).unwrap_or(1.0);
    largest * decade
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let steps = [0.4, 1.0, 7.0, 43.0, 1999.0].map(|step| round_step(step).to_string());
        assert_eq!(steps, ["1", "1", "5", "20", "1000"]);
    }

    #[test]
    fn ticks_are_written_as_counts_and_shares() {
        assert_eq!(
            (count_tick(1000.0), count_tick(-0.0), percent_tick(0.25)),
            ("1,000".into(), "0".into(), "25 %".into())
        );
    }

    #[test]
    fn powers_of_ten_are_short() {
        assert_eq!([0.0, 2.0, 3.0, 5.0, 6.0, 13.0].map(power_tick), ["1", "100", "1k", "100k", "1M", "10T"]);
    }
}
