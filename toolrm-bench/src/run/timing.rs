//! How long a run took. Kept apart from the verdicts, which do not differ from run to run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a run took. Of a run that was resumed: its last part alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Timing {
    /// Pairs asked.
    pub pairs: u64,
    /// Pairs an earlier part of the run had left, which took no time.
    pub known: u64,
    /// Batches asked: for each some pairs, one call to compare them and one to score them, as far as the judge does.
    pub batches: u64,
    /// Batches in flight at once, at most.
    pub concurrency: u64,
    /// Questions in one call of the judge, at most.
    pub questions_per_call: u64,
    /// From the first question to the last answer, in seconds.
    pub wall_seconds: f64,
    /// The times of all batches added up, in seconds: more than the wall time when several are in flight.
    pub batch_seconds: f64,
    /// The median batch, in seconds.
    pub batch_p50_seconds: f64,
    /// The batch nine of ten were not slower than, in seconds.
    pub batch_p90_seconds: f64,
    /// The slowest batch, in seconds.
    pub batch_max_seconds: f64,
}

impl Timing {
    /// Adds up the batches; the counts are the caller's.
    pub(super) fn of(wall: Duration, mut batches: Vec<Duration>) -> Self {
        batches.sort_unstable();
        // Nearest rank.
        let quantile = |percent: usize| {
            let rank = (batches.len() * percent).div_ceil(100).saturating_sub(1);
            batches.get(rank).map_or(0.0, Duration::as_secs_f64)
        };
        Self {
            batches: batches.len() as u64,
            wall_seconds: wall.as_secs_f64(),
            batch_seconds: batches.iter().map(Duration::as_secs_f64).sum(),
            batch_p50_seconds: quantile(50),
            batch_p90_seconds: quantile(90),
            batch_max_seconds: quantile(100),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_batches() {
        let seconds = |n: &[u64]| n.iter().map(|&s| Duration::from_secs(s)).collect::<Vec<_>>();
        let timing = Timing::of(Duration::from_secs(20), seconds(&[10, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
        let found =
            [timing.batch_p50_seconds, timing.batch_p90_seconds, timing.batch_max_seconds, timing.batch_seconds];
        assert!(found.iter().zip([5.0, 9.0, 10.0, 55.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        assert_eq!(Timing::of(Duration::ZERO, Vec::new()), Timing::default());
    }
}
