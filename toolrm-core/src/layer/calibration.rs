//! Curves from what a judge says to the probability that it is right, and how good such probabilities are.

use serde::{Deserialize, Serialize};

/// Why a curve cannot be fitted or a measure not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// There are no pairs.
    #[error("no pairs to calibrate with")]
    Empty,
    /// A number that is none, or a probability outside \[0, 1\].
    #[error("pair {index}: {value} is not usable; give finite numbers, and probabilities in [0, 1]")]
    BadValue {
        /// Index of the pair.
        index: usize,
        /// The number.
        value: f64,
    },
    /// All labels are the same: show pairs in both orders.
    #[error("all {n} pairs have the label {label}; a curve needs both, so show some pairs the other way round")]
    OneClass {
        /// Number of pairs.
        n: usize,
        /// The label.
        label: bool,
    },
    /// What the judge says does not rise with the truth.
    #[error(
        "what the judge says does not rise with the labels ({detail}): it cannot be calibrated on these pairs; check the sign"
    )]
    NotIncreasing {
        /// What was seen.
        detail: String,
    },
    /// The fit did not converge.
    #[error("the fit did not converge in {iterations} steps")]
    NotConverged {
        /// Steps made.
        iterations: u32,
    },
    /// A stored curve that is not monotone in \[0, 1\].
    #[error("this is not a calibration curve: {0}")]
    BadCurve(&'static str),
}

/// A non-decreasing function from the real numbers to \[0, 1\], made by [`fit_platt`] or [`fit_isotonic`]. It can be stored.
///
/// ```
/// use toolrm_core::layer::{Curve, fit_isotonic};
/// let curve = fit_isotonic(&[(-1.0, false), (0.0, false), (0.0, true), (1.0, true)])?;
/// assert_eq!(curve.probability(0.0), 0.5);
/// let stored = serde_json::to_string(&curve)?;
/// assert_eq!(serde_json::from_str::<Curve>(&stored)?, curve);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct Curve(Shape);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    /// `1 / (1 + exp(-(slope * x + intercept)))`
    Platt { slope: f64, intercept: f64 },
    /// Straight lines between the knots (x ascending), level outside.
    Isotonic { knots: Vec<(f64, f64)> },
}

impl From<Curve> for Shape {
    fn from(curve: Curve) -> Self {
        curve.0
    }
}

impl TryFrom<Shape> for Curve {
    type Error = CalibrationError;

    fn try_from(shape: Shape) -> Result<Self, CalibrationError> {
        let problem = match &shape {
            Shape::Platt { slope, intercept } if !slope.is_finite() || !intercept.is_finite() => Some("not finite"),
            Shape::Platt { slope, .. } if *slope <= 0.0 => Some("the slope is not positive"),
            Shape::Platt { .. } => None,
            Shape::Isotonic { knots } if knots.is_empty() => Some("no knots"),
            Shape::Isotonic { knots } if knots.iter().any(|k| !k.0.is_finite() || !(0.0..=1.0).contains(&k.1)) => {
                Some("a knot is not finite or not a probability")
            }
            Shape::Isotonic { knots } => {
                (!knots.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1)).then_some("the knots do not rise")
            }
        };
        problem.map_or(Ok(Self(shape)), |why| Err(CalibrationError::BadCurve(why)))
    }
}

impl Curve {
    /// The curve at `x`: non-decreasing, in \[0, 1\]; NaN at NaN only.
    pub fn probability(&self, x: f64) -> f64 {
        match &self.0 {
            Shape::Platt { slope, intercept } => sigmoid(slope * x + intercept),
            Shape::Isotonic { knots } => interpolate(knots, x),
        }
    }
}

fn interpolate(knots: &[(f64, f64)], x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let (left, right) = knots.split_at(knots.partition_point(|k| k.0 <= x));
    match (left.last(), right.first()) {
        (Some(a), Some(b)) => (a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0))).clamp(a.1, b.1),
        (Some(edge), None) | (None, Some(edge)) => edge.1,
        (None, None) => f64::NAN,
    }
}

pub(super) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Checks what every fit needs: finite numbers and both labels. Gives the number of `true`.
fn check(pairs: &[(f64, bool)]) -> Result<usize, CalibrationError> {
    if pairs.is_empty() {
        return Err(CalibrationError::Empty);
    }
    if let Some((index, &(value, _))) = pairs.iter().enumerate().find(|(_, p)| !p.0.is_finite()) {
        return Err(CalibrationError::BadValue { index, value });
    }
    let positive = pairs.iter().filter(|p| p.1).count();
    if positive == 0 || positive == pairs.len() {
        return Err(CalibrationError::OneClass { n: pairs.len(), label: positive > 0 });
    }
    Ok(positive)
}

/// Fits `p = 1 / (1 + exp(-(slope * x + intercept)))` to pairs of what the judge said (a margin or log-odds, for the first being
/// the better one) and whether the first was.
///
/// Platt scaling with Platt's smoothed targets, so that separable pairs still give a finite slope, by Newton's method with
/// backtracking (Lin, Lin and Weng, "A note on Platt's probabilistic outputs for support vector machines", 2007). Pairs shown in
/// both orders give an intercept of 0, and with it a curve with `p(-x) = 1 - p(x)`.
pub fn fit_platt(pairs: &[(f64, bool)]) -> Result<Curve, CalibrationError> {
    const STEPS: u32 = 100;
    let positive = check(pairs)? as f64;
    let negative = pairs.len() as f64 - positive;
    // One unit of x is the largest one seen, so that any scale converges alike.
    let unit = pairs.iter().fold(0.0_f64, |max, p| max.max(p.0.abs()));
    if pairs.windows(2).all(|w| matches!(w, [a, b] if a.0.total_cmp(&b.0).is_eq())) || unit == 0.0 {
        return Err(CalibrationError::NotIncreasing { detail: "it always says the same".into() });
    }
    let (high, low) = ((positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0));
    let points: Vec<_> = pairs.iter().map(|&(x, y)| (x / unit, if y { high } else { low })).collect();
    let start = ((positive + 1.0) / (negative + 1.0)).ln();
    let (slope, intercept) =
        newton(&points, start, STEPS).ok_or(CalibrationError::NotConverged { iterations: STEPS })?;
    if slope <= 0.0 {
        return Err(CalibrationError::NotIncreasing { detail: format!("the fitted slope is {}", slope / unit) });
    }
    Curve::try_from(Shape::Platt { slope: slope / unit, intercept })
}

/// Minimises the cross-entropy of targets and `sigmoid(a * x + b)`, starting at `(0, b)`.
#[allow(clippy::many_single_char_names, reason = "the names of the paper")]
fn newton(points: &[(f64, f64)], b: f64, steps: u32) -> Option<(f64, f64)> {
    // softplus(z) - t z, written so that nothing overflows
    let term = |z: f64, t: f64| z.max(0.0) + (-z.abs()).exp().ln_1p() - t * z;
    let loss = |a: f64, b: f64| points.iter().map(|&(x, t)| term(a * x + b, t)).sum::<f64>();
    // The Newton decrement (about twice what is left to gain) per point; the noise of the loss is well below it.
    let enough = 1e-13 * points.len() as f64;
    let (mut a, mut b) = (0.0, b);
    let mut value = loss(a, b);
    for _ in 0..steps {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
        for &(x, t) in points {
            let p = sigmoid(a * x + b);
            let (d, w) = (p - t, p * (1.0 - p));
            (ga, gb) = (ga + x * d, gb + d);
            (haa, hab, hbb) = (haa + x * x * w, hab + x * w, hbb + w);
        }
        let det = haa * hbb - hab * hab;
        let (da, db) = (-(hbb * ga - hab * gb) / det, -(haa * gb - hab * ga) / det);
        let slope = ga * da + gb * db;
        if -slope < enough {
            return Some((a, b));
        }
        let steps = std::iter::successors(Some(1.0_f64), |s| Some(s / 2.0)).take(40);
        let next = steps.map(|s| (s, a + s * da, b + s * db)).find(|&(s, a, b)| loss(a, b) <= value + 1e-4 * s * slope);
        let (_, next_a, next_b) = next?;
        (a, b) = (next_a, next_b);
        value = loss(a, b);
    }
    None
}

/// Fits a non-decreasing step curve to pairs of what the judge said and whether the first was the better one, by pooling adjacent
/// violators; between the steps it runs straight. It follows any shape and wants more pairs than [`fit_platt`] (hundreds).
pub fn fit_isotonic(pairs: &[(f64, bool)]) -> Result<Curve, CalibrationError> {
    /// Neighbouring pairs with one probability.
    struct Block {
        from: f64,
        to: f64,
        sum: f64,
        n: f64,
    }
    check(pairs)?;
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut blocks: Vec<Block> = Vec::new();
    // Equal places are one place, whatever their labels.
    for place in sorted.chunk_by(|a, b| a.0 >= b.0) {
        let Some(&(x, _)) = place.first() else { continue };
        let mut block =
            Block { from: x, to: x, sum: place.iter().filter(|p| p.1).count() as f64, n: place.len() as f64 };
        // Pool while the one before is not lower.
        while let Some(before) = blocks.pop_if(|b| b.sum * block.n >= block.sum * b.n) {
            block = Block { from: before.from, to: block.to, sum: before.sum + block.sum, n: before.n + block.n };
        }
        blocks.push(block);
    }
    if blocks.len() < 2 {
        return Err(CalibrationError::NotIncreasing { detail: "pooling leaves a single step".into() });
    }
    let mut knots: Vec<(f64, f64)> = blocks.iter().flat_map(|b| [(b.from, b.sum / b.n), (b.to, b.sum / b.n)]).collect();
    knots.dedup();
    Curve::try_from(Shape::Isotonic { knots })
}

/// The Brier score: the mean squared distance of probabilities and truth, in \[0, 1\]; 0 is perfect, 0.25 is "one half" always.
///
/// ```
/// assert_eq!(toolrm_core::layer::brier(&[(1.0, true), (0.5, false)])?, 0.125);
/// # Ok::<(), toolrm_core::layer::CalibrationError>(())
/// ```
pub fn brier(pairs: &[(f64, bool)]) -> Result<f64, CalibrationError> {
    check_probabilities(pairs)?;
    let sum: f64 = pairs.iter().map(|&(p, y)| (p - f64::from(u8::from(y))).powi(2)).sum();
    Ok(sum / pairs.len() as f64)
}

/// The expected calibration error with `bins` bins of equal width: the mean over the pairs of the distance between a bin's mean
/// probability and its share of `true`; in \[0, 1\], 0 is perfect. 0 bins count as 1.
pub fn expected_calibration_error(pairs: &[(f64, bool)], bins: usize) -> Result<f64, CalibrationError> {
    check_probabilities(pairs)?;
    // Per bin, the sum of (probability - truth): its size is the bin's distance times the bin's count.
    let mut gaps = vec![0.0_f64; bins.max(1)];
    for &(p, y) in pairs {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "p is in [0, 1]")]
        let bin = ((p * gaps.len() as f64) as usize).min(gaps.len() - 1);
        if let Some(gap) = gaps.get_mut(bin) {
            *gap += p - f64::from(u8::from(y));
        }
    }
    Ok(gaps.iter().map(|gap| gap.abs()).sum::<f64>() / pairs.len() as f64)
}

fn check_probabilities(pairs: &[(f64, bool)]) -> Result<(), CalibrationError> {
    if pairs.is_empty() {
        return Err(CalibrationError::Empty);
    }
    match pairs.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(&p.0)) {
        Some((index, &(value, _))) => Err(CalibrationError::BadValue { index, value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "quarters are exact")]

    use proptest::prelude::*;

    use super::*;

    /// Margins whose truth follows a known sigmoid, without chance: of each margin, the right share is true.
    fn known(slope: f64, intercept: f64) -> Vec<(f64, bool)> {
        let mut pairs = Vec::new();
        for step in -20..=20 {
            let x = f64::from(step) / 10.0;
            let share = (1000.0 * sigmoid(slope * x + intercept)).round();
            pairs.extend((0..1000).map(|i| (x, f64::from(i) < share)));
        }
        pairs
    }

    #[test]
    fn platt_finds_the_curve_the_pairs_were_made_from() {
        for (slope, intercept) in [(1.0, 0.0), (3.0, 0.5), (0.2, -1.0)] {
            let Curve(Shape::Platt { slope: a, intercept: b }) = fit_platt(&known(slope, intercept)).unwrap() else {
                panic!("not Platt")
            };
            assert!((a - slope).abs() < 0.01 * slope.max(1.0) && (b - intercept).abs() < 0.01, "{a} {b}");
            // The same pairs in other units of x.
            let scaled: Vec<_> = known(slope, intercept).into_iter().map(|(x, y)| (x * 1e9, y)).collect();
            let Curve(Shape::Platt { slope: c, .. }) = fit_platt(&scaled).unwrap() else { panic!("not Platt") };
            assert!((c * 1e9 - a).abs() < 1e-6);
        }
    }

    #[test]
    fn separable_pairs_give_a_finite_slope_and_mirrored_ones_no_intercept() {
        let curve = fit_platt(&[(2.0, true), (1.0, true), (-1.0, false), (-2.0, false)]).unwrap();
        assert!(curve.probability(2.0) > 0.7 && curve.probability(2.0) < 1.0);
        assert!((curve.probability(0.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn isotonic_pools_violators() {
        // 1: true, 2: false -> pooled to one half.
        let curve = fit_isotonic(&[(0.0, false), (1.0, true), (2.0, false), (3.0, true), (3.0, true)]).unwrap();
        let at = [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 9.0].map(|x| curve.probability(x));
        assert_eq!(at, [0.0, 0.0, 0.25, 0.5, 0.5, 0.5, 0.75, 1.0, 1.0]);
        assert!(curve.probability(f64::NAN).is_nan());
        // Equal places are one place, in whatever order they come, -0 and 0 too.
        for zeros in [[(0.0, false), (-0.0, true)], [(0.0, true), (-0.0, false)]] {
            let curve = fit_isotonic(&[&zeros[..], &[(-1.0, false), (1.0, true)]].concat()).unwrap();
            assert_eq!([-1.0, 0.0, 1.0].map(|x| curve.probability(x)), [0.0, 0.5, 1.0]);
        }
    }

    #[test]
    fn degenerate_input_is_named() {
        use CalibrationError::*;
        for fit in [fit_platt, fit_isotonic] {
            assert_eq!(fit(&[]), Err(Empty));
            assert_eq!(fit(&[(1.0, true), (f64::INFINITY, false)]), Err(BadValue { index: 1, value: f64::INFINITY }));
            assert_eq!(fit(&[(1.0, true), (0.0, true)]), Err(OneClass { n: 2, label: true }));
            for same in [0.0, 3.0] {
                assert!(matches!(fit(&[(same, true), (same, false)]), Err(NotIncreasing { .. })), "{same}");
            }
            assert!(matches!(fit(&[(1.0, false), (-1.0, true)]), Err(NotIncreasing { .. })));
        }
        for bad in [
            r#"{"isotonic":{"knots":[]}}"#,
            r#"{"isotonic":{"knots":[[0.0,0.5],[1.0,0.4]]}}"#,
            r#"{"isotonic":{"knots":[[0.0,-0.5]]}}"#,
            r#"{"platt":{"slope":-1.0,"intercept":0.0}}"#,
        ] {
            let error = serde_json::from_str::<Curve>(bad).unwrap_err();
            assert!(error.to_string().contains("not a calibration curve"), "{error}");
        }
    }

    #[test]
    fn measures() {
        assert_eq!(brier(&[]), Err(CalibrationError::Empty));
        assert_eq!(brier(&[(1.5, true)]), Err(CalibrationError::BadValue { index: 0, value: 1.5 }));
        // Says 0.8 and is right 8 times in 10; says 1 and is right half of the time.
        let honest: Vec<_> = (0..10).map(|i| (0.8, i < 8)).collect();
        assert!(expected_calibration_error(&honest, 10).unwrap() < 1e-9);
        let boastful = [(1.0, true), (1.0, false)];
        assert!((expected_calibration_error(&boastful, 10).unwrap() - 0.5).abs() < 1e-12);
        assert!((brier(&boastful).unwrap() - 0.5).abs() < 1e-12);
        assert!((expected_calibration_error(&boastful, 0).unwrap() - 0.5).abs() < 1e-12);
    }

    proptest! {
        /// Whatever the pairs: a fit is an error, or a non-decreasing curve in [0, 1] that survives being stored.
        #[test]
        fn curves_are_monotone_probabilities(
            pairs in proptest::collection::vec((prop_oneof![-1e3..1e3f64, -1e300..1e300f64, Just(0.0)], any::<bool>()), 0..40),
            mut at in proptest::collection::vec(prop_oneof![-1e3..1e3f64, any::<f64>()], 2..20),
        ) {
            at.retain(|x| !x.is_nan());
            at.sort_by(f64::total_cmp);
            let converged = !matches!(fit_platt(&pairs), Err(CalibrationError::NotConverged { .. }));
            prop_assert!(converged);
            for curve in [fit_platt(&pairs), fit_isotonic(&pairs)].into_iter().flatten() {
                let p: Vec<_> = at.iter().map(|&x| curve.probability(x)).collect();
                prop_assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{:?}", p);
                prop_assert!(p.is_sorted(), "{:?}", p);
                let stored = serde_json::to_string(&curve).unwrap();
                prop_assert_eq!(serde_json::from_str::<Curve>(&stored).unwrap(), curve);
            }
        }

        /// An isotonic curve is at least as close to its own pairs as the base rate is.
        #[test]
        fn isotonic_never_loses_to_the_base_rate(pairs in proptest::collection::vec((-5.0..5.0f64, any::<bool>()), 2..60)) {
            if let Ok(curve) = fit_isotonic(&pairs) {
                let rate = pairs.iter().filter(|p| p.1).count() as f64 / pairs.len() as f64;
                let fitted: Vec<_> = pairs.iter().map(|&(x, y)| (curve.probability(x), y)).collect();
                let constant: Vec<_> = pairs.iter().map(|&(_, y)| (rate, y)).collect();
                prop_assert!(brier(&fitted).unwrap() <= brier(&constant).unwrap() + 1e-12);
            }
        }
    }
}
