//! [`Manifest`]: what a bench was built from, what is in it, what was left out.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toolrm_core::canonical::Fingerprint;
use toolrm_data::{
    DataError, Place,
    digest::{self, hex},
    replace::Replace,
    tree::Tree,
};

use super::{Bench, BuildOptions, Pair, leaks::Leaks};
use crate::{
    bfcl::question::Questions,
    recorded::{Census, Recordings, RunFile, SourceNames},
};

/// What a bench was built from, what is in it, what was left out. It says nothing that differs between two builds of the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of the files' format.
    pub format: u32,
    /// The version of the crate that built it.
    pub builder: String,
    /// What it was built with.
    pub options: BuildOptions,
    /// What it was built from.
    pub sources: Sources,
    /// What was read.
    pub recordings: RecordingCounts,
    /// How it was labelled.
    pub labels: LabelCounts,
    /// What became of the distinct answers, by split.
    pub answers: BTreeMap<String, AnswerCounts>,
    /// What became of the multi-turn runs.
    pub dialogues: BTreeMap<String, u64>,
    /// Pairs of a right and a wrong answer.
    pub pairs: Spread,
    /// Pairs of two right answers.
    pub ties: Spread,
    /// Pairs of two wrong answers.
    pub both_wrong: Spread,
    /// How much of the pairs is solved without reading the question.
    pub leaks: Leaks,
    /// Its files, by name.
    pub files: BTreeMap<String, FileCounts>,
}

/// What a bench was built from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sources {
    /// Name of the folder or archive of recordings, without the folders it lies in.
    pub runs: String,
    /// SHA-256 of the archive; of a folder, that of the paths and contents of its result and score files.
    pub runs_sha256: String,
    /// How many questions there were.
    pub questions: u64,
    /// The fingerprint of what they say.
    pub questions_fingerprint: String,
    /// The fingerprint of the names of sources.
    pub names_fingerprint: String,
}

/// What was read: `lines` = `answers` + `dialogues` + all of `left_out`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordingCounts {
    /// Files and lines, and lines left out.
    #[serde(flatten)]
    pub census: Census,
    /// Recorded single-turn answers.
    pub answers: u64,
    /// Recorded multi-turn runs.
    pub dialogues: u64,
    /// Answers without a verdict: what the checker says of them.
    pub unchecked: BTreeMap<String, u64>,
}

/// How the answers were labelled: `answers` of [`RecordingCounts`] = `right` + `wrong` + all of `unchecked`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelCounts {
    /// Answers that are right.
    pub right: u64,
    /// Answers that are wrong.
    pub wrong: u64,
    /// Answers with a published label.
    pub published: u64,
    /// Of these, the ones our label agrees with.
    pub published_same_verdict: u64,
    /// Of these, the ones with the same error type (or none) as well.
    pub published_same_error_type: u64,
}

/// The distinct answers of a split.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerCounts {
    /// Questions with any answer.
    pub questions: u64,
    /// Distinct right answers.
    pub right: u64,
    /// Distinct wrong answers: the sum of `wrong_answers`.
    pub wrong: u64,
    /// What became of the wrong ones: `used` in a pair, or why not.
    pub wrong_answers: BTreeMap<String, u64>,
}

/// How the pairs of one relation are spread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spread {
    /// How many.
    pub pairs: u64,
    /// Of how many questions.
    pub questions: u64,
    /// By split.
    pub splits: BTreeMap<String, u64>,
    /// By what is wrong with the rejected answer.
    pub error_types: BTreeMap<String, u64>,
    /// By whose the chosen answer is.
    pub chosen_from: BTreeMap<String, u64>,
    /// By whose the rejected answer is.
    pub rejected_from: BTreeMap<String, u64>,
}

/// A file of a bench.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileCounts {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Lines.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Manifest {
    /// The version of the files' format.
    pub const FORMAT: u32 = 1;

    pub(super) fn new(sources: Sources, options: BuildOptions) -> Self {
        Self {
            format: Self::FORMAT,
            builder: env!("CARGO_PKG_VERSION").to_owned(),
            options,
            sources,
            recordings: RecordingCounts::default(),
            labels: LabelCounts::default(),
            answers: BTreeMap::new(),
            dialogues: BTreeMap::new(),
            pairs: Spread::default(),
            ties: Spread::default(),
            both_wrong: Spread::default(),
            leaks: Leaks::default(),
            files: BTreeMap::new(),
        }
    }

    /// Whether this is the manifest of a bench built by this version from these sources with these options.
    pub(super) fn is_of(&self, sources: &Sources, options: &BuildOptions) -> bool {
        self.builder == env!("CARGO_PKG_VERSION") && self.sources == *sources && self.options == *options
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), DataError> {
        let path = folder.join(Bench::MANIFEST);
        let text =
            serde_json::to_string_pretty(self).map_err(|e| Place::file(&path).io("cannot write", &e.into(), ""))?;
        Replace::write(&path, format!("{text}\n").as_bytes())
    }
}

impl Sources {
    pub(super) fn of(runs: &Tree, questions: &Questions, names: &SourceNames) -> Result<Self, DataError> {
        let name = runs.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self {
            runs: name,
            runs_sha256: sha256_of(runs, names)?,
            questions: questions.len() as u64,
            questions_fingerprint: questions.fingerprint().to_string(),
            names_fingerprint: Fingerprint::of([format!("{names:?}")]).to_string(),
        })
    }
}

fn sha256_of(runs: &Tree, names: &SourceNames) -> Result<String, DataError> {
    let mut hasher = Sha256::new();
    if runs.path().is_dir() {
        runs.visit(
            |path| RunFile::of(path, names).is_some(),
            |path, input| {
                let text = input.read_text()?.1;
                hasher.update(Fingerprint::of([path, text.as_str()]).as_bytes());
                Ok::<_, DataError>(())
            },
        )?;
        return Ok(hex(&hasher.finalize()));
    }
    Ok(digest::of_file(runs.path())?.0)
}

impl RecordingCounts {
    pub(super) fn of(recordings: &Recordings, unchecked: &BTreeMap<String, u64>) -> Self {
        Self {
            census: recordings.census.clone(),
            answers: recordings.answers.len() as u64,
            dialogues: recordings.dialogues.len() as u64,
            unchecked: unchecked.clone(),
        }
    }
}

/// How pairs are spread.
pub(super) fn spread(pairs: &[Pair]) -> Spread {
    let count = |of: fn(&Pair) -> &str| {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for pair in pairs {
            *counts.entry(of(pair).to_owned()).or_default() += 1;
        }
        counts
    };
    Spread {
        pairs: pairs.len() as u64,
        questions: count(|pair| &pair.question_id).len() as u64,
        splits: count(|pair| &pair.category),
        error_types: count(|pair| &pair.error_type),
        chosen_from: count(|pair| &pair.chosen_from),
        rejected_from: count(|pair| &pair.rejected_from),
    }
}
