//! How much of a bench the null judges win: what can be known of its pairs without reading the question.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use toolrm_core::{judge::PairItem, observe::CallOptions};

use super::Pair;
use crate::{null::Null, run::Said};

/// Accuracy, in \[0, 1\], of each null judge on each split, the mean of both orders (no preference counts half); and the mean over the
/// splits. One half is a bench that does not leak.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Leaks {
    /// By null judge and split.
    pub splits: BTreeMap<String, BTreeMap<String, f64>>,
    /// By null judge: the mean over the splits.
    pub mean_of_splits: BTreeMap<String, f64>,
}

/// The leaks of these pairs.
pub(super) fn leaks(pairs: &[Pair], seed: u64) -> Leaks {
    let mut leaks = Leaks::default();
    // The coin is thrown by the pair's number, as it is when the bench is run.
    let numbered: Vec<_> = pairs
        .iter()
        .enumerate()
        .map(|(i, pair)| {
            let mut metadata = pair.task.metadata().clone();
            metadata.insert("pair".into(), json!(i));
            (pair, pair.task.clone().with_metadata(metadata))
        })
        .collect();
    for null in Null::ALL {
        let mut points: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for chosen_first in [true, false] {
            let items: Vec<PairItem<'_>> = numbered
                .iter()
                .map(|(pair, task)| {
                    let (first, second) =
                        if chosen_first { (&pair.chosen, &pair.rejected) } else { (&pair.rejected, &pair.chosen) };
                    PairItem { task, first, second }
                })
                .collect();
            // A null judge waits for nothing, so its answer is there at once.
            let judge = null.judge(seed);
            let verdicts = judge.compare(&items, &CallOptions::default()).now_or_never();
            for (pair, outcome) in pairs.iter().zip(verdicts.and_then(Result::ok).into_iter().flatten()) {
                let of = points.entry(&pair.category).or_default();
                *of = (of.0 + Said::of(outcome, chosen_first).points(), of.1 + 1.0);
            }
        }
        let splits: BTreeMap<String, f64> =
            points.into_iter().map(|(split, (won, all))| (split.to_owned(), rounded(won / all))).collect();
        let mean = splits.values().sum::<f64>() / splits.len().max(1) as f64;
        leaks.mean_of_splits.insert(null.name().to_owned(), rounded(mean));
        leaks.splits.insert(null.name().to_owned(), splits);
    }
    leaks
}

/// To four places.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
