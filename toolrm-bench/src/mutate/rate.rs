//! Shares with their intervals, clustered by example.

use std::collections::BTreeMap;

use toolrm_core::measure::Bootstrap;

use crate::metrics::Measured;

/// Hits and trials by example.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(BTreeMap<usize, (f64, f64)>);

impl Tally {
    pub(super) fn add(&mut self, example: usize, hit: bool) {
        let (hits, trials) = self.0.entry(example).or_default();
        *hits += f64::from(u8::from(hit));
        *trials += 1.0;
    }

    fn share(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let weighed =
            self.0.iter().map(|(example, (hits, trials))| (weight(*example) * hits, weight(*example) * trials));
        let (hits, trials) = weighed.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (trials > 0.0).then(|| hits / trials)
    }

    pub(super) fn rate(&self, bootstrap: &Bootstrap) -> Measured {
        macro_mean(&[self], bootstrap)
    }
}

/// The mean over tallies that have trials, each weighing the same.
pub(super) fn macro_mean(tallies: &[&Tally], bootstrap: &Bootstrap) -> Measured {
    let mean = |weight: &dyn Fn(usize) -> f64| {
        let shares: Vec<f64> = tallies.iter().filter_map(|t| t.share(weight)).collect();
        (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
    };
    let examples: std::collections::BTreeSet<_> = tallies.iter().flat_map(|t| t.0.keys()).collect();
    let drawn = |weights: &[u16]| mean(&|example| weights.get(example).copied().map_or(0.0, f64::from));
    let interval = if examples.len() > 1 { bootstrap.interval(drawn) } else { None };
    Measured { value: mean(&|_| 1.0), interval }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_count_mutants_and_means_count_operators() {
        let (mut a, mut b) = (Tally::default(), Tally::default());
        for (example, hit) in [(0, true), (0, true), (1, false), (2, true)] {
            a.add(example, hit);
        }
        b.add(0, false);
        let bootstrap = Bootstrap::new(3, 0);
        assert_eq!(a.rate(&bootstrap).value, Some(0.75));
        assert!(a.rate(&bootstrap).interval.is_some());
        assert_eq!(b.rate(&bootstrap), Measured { value: Some(0.0), interval: None });
        assert_eq!(macro_mean(&[&a, &b, &Tally::default()], &bootstrap).value, Some(0.375));
        assert_eq!(Tally::default().rate(&bootstrap), Measured::default());
    }
}
