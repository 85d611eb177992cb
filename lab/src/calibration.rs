//! Whether probabilities are what they say: expected calibration error, Brier score, log loss, reliability.

use std::fmt::Write as _;

/// A probability, what happened (1, 0, or 1/2 for neither), and how much it counts.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "a point")]
pub struct Forecast {
    /// What was said.
    pub chance: f64,
    /// What happened.
    pub outcome: f64,
    /// How much it counts.
    pub weight: f64,
}

/// Forecasts of about the same chance, taken together.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "sums")]
pub struct Bin {
    chance: f64,
    outcome: f64,
    weight: f64,
    n: usize,
}

impl Bin {
    fn add(&mut self, f: &Forecast) {
        self.chance += f.weight * f.chance;
        self.outcome += f.weight * f.outcome;
        self.weight += f.weight;
        self.n += 1;
    }
}

/// How good forecasts are.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Calibration {
    /// Expected calibration error over ten bins of equal weight.
    pub ece_mass: f64,
    /// The same over fifteen bins of equal width.
    pub ece_width: f64,
    /// Mean squared error.
    pub brier: f64,
    /// Mean negative log likelihood, in nats.
    pub log_loss: f64,
    bins: Vec<Bin>,
}

impl Calibration {
    /// Of some forecasts; `None` without any.
    pub fn of(forecasts: &[Forecast]) -> Option<Self> {
        let total: f64 = forecasts.iter().map(|f| f.weight).sum();
        if total <= 0.0 {
            return None;
        }
        let mean = |loss: &dyn Fn(&Forecast) -> f64| forecasts.iter().map(|f| f.weight * loss(f)).sum::<f64>() / total;
        let log = |p: f64| p.max(1e-12).ln();
        let bins = equal_mass(forecasts, total, 10);
        Some(Self {
            ece_mass: ece(&bins, total),
            ece_width: ece(&equal_width(forecasts, 15), total),
            brier: mean(&|f| (f.chance - f.outcome).powi(2)),
            log_loss: mean(&|f| -f.outcome * log(f.chance) - (1.0 - f.outcome) * log(1.0 - f.chance)),
            bins,
        })
    }

    /// The figures in one line.
    pub fn line(&self) -> String {
        let Self { ece_mass, ece_width, brier, log_loss, .. } = self;
        format!("{ece_mass:>11.4}{ece_width:>12.4}{brier:>9.4}{log_loss:>10.4}")
    }

    /// The head of [`Calibration::line`].
    pub const HEAD: &'static str = "ECE 10 mass ECE 15 width   Brier  log loss";

    /// What was said and what happened, bin by bin of equal weight.
    pub fn reliability(&self) -> String {
        let mut text = String::from("   said  happened      n\n");
        for bin in self.bins.iter().filter(|bin| bin.weight > 0.0) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:>7.3}{:>10.3}{:>7}", bin.chance / bin.weight, bin.outcome / bin.weight, bin.n);
        }
        text
    }
}

/// Weighted mean distance of what is said from what happens.
fn ece(bins: &[Bin], total: f64) -> f64 {
    bins.iter().map(|bin| (bin.chance - bin.outcome).abs()).sum::<f64>() / total
}

/// Bins that each hold about the same weight. Forecasts of the same chance are never parted: an order among them would be made up.
fn equal_mass(forecasts: &[Forecast], total: f64, most: usize) -> Vec<Bin> {
    let mut sorted: Vec<&Forecast> = forecasts.iter().collect();
    sorted.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    let mut bins = Vec::with_capacity(most);
    let (mut bin, mut before) = (Bin::default(), 0.0);
    for same in sorted.chunk_by(|a, b| (a.chance - b.chance).abs() < 1e-9) {
        for forecast in same {
            bin.add(forecast);
        }
        let target = total * (bins.len() + 1) as f64 / most as f64;
        if before + bin.weight >= target - 1e-9 * total {
            before += bin.weight;
            bins.push(std::mem::take(&mut bin));
        }
    }
    if bin.n > 0 {
        bins.push(bin);
    }
    bins
}

fn equal_width(forecasts: &[Forecast], most: usize) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); most];
    for forecast in forecasts {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a chance is in [0, 1]")]
        let at = ((forecast.chance * most as f64) as usize).min(most.saturating_sub(1));
        if let Some(bin) = bins.get_mut(at) {
            bin.add(forecast);
        }
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecasts(list: &[(f64, f64, usize)]) -> Vec<Forecast> {
        let one = |(chance, outcome, n): &(f64, f64, usize)| {
            vec![Forecast { chance: *chance, outcome: *outcome, weight: 1.0 }; *n]
        };
        list.iter().flat_map(one).collect()
    }

    #[test]
    fn what_happens_as_often_as_is_said_is_calibrated() {
        let right = Calibration::of(&forecasts(&[(0.75, 1.0, 75), (0.75, 0.0, 25), (0.25, 1.0, 25), (0.25, 0.0, 75)]));
        let right = right.unwrap();
        assert!(right.ece_mass < 1e-12 && right.ece_width < 1e-12);
        assert!((right.brier - 0.1875).abs() < 1e-12);
        assert!((right.log_loss - (-(0.75 * 0.75_f64.ln()) - 0.25 * 0.25_f64.ln())).abs() < 1e-9);
    }

    #[test]
    fn what_is_too_sure_is_not() {
        let sure = Calibration::of(&forecasts(&[(0.9, 1.0, 60), (0.9, 0.0, 40)])).unwrap();
        assert!((sure.ece_mass - 0.3).abs() < 1e-12 && (sure.ece_width - 0.3).abs() < 1e-12);
        assert!(Calibration::of(&[]).is_none());
    }

    #[test]
    fn bins_of_equal_mass_part_no_equals() {
        let many = forecasts(&[(0.1, 0.0, 50), (0.2, 0.0, 5), (0.5, 1.0, 40), (0.9, 1.0, 5)]);
        let bins = equal_mass(&many, 100.0, 10);
        assert_eq!(bins.iter().map(|b| b.n).sum::<usize>(), 100);
        assert!(bins.iter().any(|b| b.n == 50) && bins.len() <= 10);
    }
}
