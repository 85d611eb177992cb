//! Logistic regression with bounds on the weights: the one optimisation that fitting and calibrating need. It is convex, and PANOC
//! (proximal gradient steps with L-BFGS directions, Sathya et al. 2018) keeps the bounds by projection, so that a weight can be 0 exactly.

use optimization_engine::{
    Problem, SolverError,
    constraints::Rectangle,
    panoc::{PANOCCache, PANOCOptimizer},
};

use crate::error::LabError;

/// An observation: what speaks for it, feature by feature, and how much it counts. Its probability is `sigmoid(sum of weight * x)`.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a row of a matrix")]
pub struct Row {
    /// Feature and its value; every other feature is 0.
    pub x: Vec<(usize, f64)>,
    /// How much it counts.
    pub weight: f64,
}

/// A weight to be fitted: where it is drawn to, and between which bounds it stays.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "what there is to say about a weight")]
pub struct Bounds {
    /// Where the penalty draws it to.
    pub centre: f64,
    /// How strong the penalty is: this much, halved, times the square of the distance.
    pub l2: f64,
    /// Lower bound.
    pub least: f64,
    /// Upper bound.
    pub most: f64,
}

impl Bounds {
    /// A weight that stays as it is.
    pub fn fixed(value: f64) -> Self {
        Self { centre: value, l2: 0.0, least: value, most: value }
    }

    /// A weight that never becomes negative: a breach cannot raise a score.
    pub fn at_least_zero(centre: f64, l2: f64) -> Self {
        Self { centre, l2, least: 0.0, most: f64::INFINITY }
    }

    /// Any number.
    pub fn free() -> Self {
        Self { centre: 0.0, l2: 0.0, least: f64::NEG_INFINITY, most: f64::INFINITY }
    }
}

const ITERATIONS: usize = 20_000;
const TOLERANCE: f64 = 1e-7;
/// Curvature that L-BFGS remembers, in steps.
const MEMORY: usize = 12;

/// The weights that make the rows most likely, under the penalty: the minimum of the mean loss of the rows plus the penalties.
pub fn fit(rows: &[Row], bounds: &[Bounds]) -> Result<Vec<f64>, LabError> {
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    if total <= 0.0 {
        return Err(LabError::NoPairs);
    }
    let (least, most): (Vec<f64>, Vec<f64>) = bounds.iter().map(|b| (b.least, b.most)).unzip();
    let mut weights: Vec<f64> = bounds.iter().map(|b| b.centre.clamp(b.least, b.most)).collect();
    let cost = |w: &[f64], value: &mut f64| -> Result<(), SolverError> {
        let losses: f64 = rows.iter().map(|row| row.weight * softplus(-margin(row, w))).sum();
        let penalties: f64 = bounds.iter().zip(w).map(|(b, w)| b.l2 / 2.0 * (w - b.centre).powi(2)).sum();
        *value = losses / total + penalties;
        Ok(())
    };
    let slope = |w: &[f64], slope: &mut [f64]| -> Result<(), SolverError> {
        for ((slope, b), w) in slope.iter_mut().zip(bounds).zip(w) {
            *slope = b.l2 * (w - b.centre);
        }
        for row in rows {
            let pull = row.weight / total * sigmoid(-margin(row, w));
            for (feature, x) in &row.x {
                if let Some(slope) = slope.get_mut(*feature) {
                    *slope -= pull * x;
                }
            }
        }
        Ok(())
    };
    let within = Rectangle::new(Some(&least), Some(&most));
    let mut cache = PANOCCache::new(bounds.len(), TOLERANCE, MEMORY);
    let mut solver = PANOCOptimizer::new(Problem::new(&within, slope, cost), &mut cache).with_max_iter(ITERATIONS);
    let status = solver.solve(&mut weights).map_err(|e| LabError::Fit(e.to_string()))?;
    if !status.has_converged() {
        return Err(LabError::Fit(format!("no minimum after {} iterations", status.iterations())));
    }
    Ok(weights)
}

fn margin(row: &Row, weights: &[f64]) -> f64 {
    row.x.iter().map(|(feature, x)| x * weights.get(*feature).copied().unwrap_or(0.0)).sum()
}

/// `log(1 + exp(x))`, without overflow.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f64) -> f64 {
    (-softplus(-x)).exp()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use super::*;

    fn row(x: &[f64], weight: f64) -> Row {
        Row { x: x.iter().copied().enumerate().collect(), weight }
    }

    #[test]
    fn a_share_of_wins_becomes_its_log_odds() {
        let rows = [row(&[1.0], 3.0), row(&[-1.0], 1.0)];
        let fitted = fit(&rows, &[Bounds::free()]).unwrap();
        assert!((fitted[0] - 3f64.ln()).abs() < 1e-5, "{fitted:?}");
    }

    #[test]
    fn bounds_hold_and_what_is_fixed_stays() {
        // Feature 0 speaks against, 1 for, 2 is fixed.
        let rows = [row(&[-1.0, 1.0, 1.0], 3.0), row(&[1.0, -1.0, 1.0], 1.0)];
        let bounds = [Bounds::at_least_zero(0.0, 0.01), Bounds::at_least_zero(0.0, 0.01), Bounds::fixed(0.5)];
        let fitted = fit(&rows, &bounds).unwrap();
        assert_eq!(fitted[0], 0.0);
        assert!(fitted[1] > 0.5, "{fitted:?}");
        assert_eq!(fitted[2], 0.5);
    }

    #[test]
    fn without_evidence_a_weight_goes_to_its_centre() {
        let fitted = fit(&[row(&[1.0, 0.0], 1.0)], &[Bounds::at_least_zero(0.0, 0.1), Bounds::at_least_zero(0.7, 0.1)]);
        assert!((fitted.unwrap()[1] - 0.7).abs() < 1e-6);
    }

    #[test]
    fn at_the_minimum_no_step_helps() {
        let rows = [row(&[1.0, 0.5], 1.0), row(&[-0.5, 1.0], 2.0), row(&[0.3, -1.0], 1.5), row(&[-1.0, 0.2], 0.5)];
        let bounds = [Bounds::at_least_zero(0.2, 0.05); 2];
        let loss = |w: &[f64]| -> f64 {
            rows.iter().map(|r| r.weight * softplus(-margin(r, w))).sum::<f64>() / 5.0
                + w.iter().map(|w| 0.025 * (w - 0.2).powi(2)).sum::<f64>()
        };
        let fitted = fit(&rows, &bounds).unwrap();
        for (i, step) in [(0, 1e-3), (0, -1e-3), (1, 1e-3), (1, -1e-3)] {
            let mut moved = fitted.clone();
            moved[i] = (moved[i] + step).max(0.0);
            assert!(loss(&moved) >= loss(&fitted) - 1e-12, "{i} {step}");
        }
    }

    #[test]
    fn nothing_overflows() {
        assert_eq!(softplus(-1e4), 0.0);
        assert_eq!(softplus(1e4), 1e4);
        assert_eq!(sigmoid(1e4), 1.0);
        assert!(sigmoid(-1e4) >= 0.0);
        assert_eq!(sigmoid(0.0), 0.5);
    }
}
