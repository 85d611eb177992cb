//! What `judge.json` says of a run: who judged, what was asked of which bench, and how it came out in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toolrm_core::{canonical::Fingerprint, error::ErrorKind, judge::JudgeCard, score::Usage};

use super::{
    options::Ask,
    verdict::{PairVerdict, Said},
};

/// What a run was. It holds nothing that differs between two runs of a deterministic judge over the same bench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunAbout {
    /// `toolrm-run`.
    pub format: String,
    /// Version of the format.
    pub version: u64,
    /// Who judged.
    pub judge: JudgeCard,
    /// What was asked.
    pub ask: Ask,
    /// Seed of everything random in the judge.
    pub seed: u64,
    /// Fingerprint of the bench: [`super::bench_fingerprint`].
    pub bench: String,
    /// Pairs in the bench.
    pub pairs: u64,
    /// Fingerprint of everything the verdicts depend on: [`super::Runner::key`].
    pub key: String,
    /// How it came out; `None` while the run goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// SHA-256 of `verdicts.jsonl`; `None` while the run goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdicts_sha256: Option<String>,
}

/// The format of [`RunAbout`].
pub(super) const FORMAT: &str = "toolrm-run";
/// Its version.
pub(super) const VERSION: u64 = 1;

impl RunAbout {
    /// Of a run that goes.
    pub(super) fn new(
        judge: &JudgeCard,
        (ask, seed): (Ask, u64),
        (bench, pairs): (&Fingerprint, usize),
        key: &Fingerprint,
    ) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            judge: judge.clone(),
            ask,
            seed,
            bench: bench.to_string(),
            pairs: pairs as u64,
            key: key.to_string(),
            counts: None,
            verdicts_sha256: None,
        }
    }

    /// In what another run differs from this one, for a person.
    pub(super) fn differs_from(&self, other: &Self) -> &'static str {
        if self.judge.id != other.judge.id {
            "of another judge"
        } else if self.judge.fingerprint != other.judge.fingerprint {
            "of another judge with the same id (another version, model, prompt or setting)"
        } else if self.bench != other.bench {
            "over another bench"
        } else {
            "with other options"
        }
    }
}

/// Pairs by what became of them, each counted once: a failure in any part of a pair counts before an abstention, an abstention before
/// a judgement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Judged in every part.
    pub judged: u64,
    /// Abstained from.
    pub abstained: u64,
    /// Over-long: the judge has no room for their prompt. Kept as pairs it could not judge.
    pub over_long: u64,
    /// Failed otherwise, by kind.
    pub failed: BTreeMap<String, u64>,
    /// Of all failed ones, those that a further run asks again.
    pub unsettled: u64,
    /// Model calls and tokens of all of them.
    pub usage: Usage,
}

impl Counts {
    /// Counts verdicts.
    pub fn of(verdicts: &[PairVerdict]) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            let failure = verdict.said().find_map(|said| match said {
                Said::Failed { kind, .. } => Some(*kind),
                _ => None,
            });
            match failure {
                Some(ErrorKind::PromptTooLong) => counts.over_long += 1,
                Some(kind) => *counts.failed.entry(kind.as_str().to_owned()).or_default() += 1,
                None if verdict.said().any(|said| matches!(said, Said::Abstained { .. })) => counts.abstained += 1,
                None => counts.judged += 1,
            }
            counts.unsettled += u64::from(!verdict.is_settled());
            counts.usage = counts.usage + verdict.usage;
        }
        counts
    }
}
