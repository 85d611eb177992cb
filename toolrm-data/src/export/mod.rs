//! Preference pairs in the files that trainers read, and read back from them.
//!
//! | format | files | for |
//! |---|---|---|
//! | `published` | `toolrm_{train,test}_{think,no_think,disc}.parquet` | the columns of the published dataset: [`crate::rows`] |
//! | `verl` | `verl_{train,test}.parquet` | GRPO of a generative judge with verl's `RLHFDataset` |
//! | `trl` | `trl_preference_{train,test}.parquet` | TRL's `RewardTrainer` and `DPOTrainer` |
//! | `trl-prompts` | `trl_prompts_{train,test}.parquet` | a policy trained by TRL's `GRPOTrainer`, with the right calls at hand |
//! | `openrlhf` | `openrlhf_{train,test}.jsonl` | OpenRLHF's `train_rm` with its own chat template |
//! | `jsonl` | `{train,validation}.jsonl.zst` | everything: [`PreferencePair::to_json`], one record a line |
//!
//! Nothing is kept in memory but a row group and, for prompts, their fingerprints. The same pairs give the same bytes.
//!
//! ```
//! use toolrm_core::{call::{Candidate, Message}, task::Task, toolset::Toolset};
//! use toolrm_data::{export::{Export, Format, Split}, pair::{PreferencePair, Provenance, Side}};
//! let side = |text: &str, score| Side {
//!     candidate: Candidate::text(text), score, from: "gold".into(), provenance: Provenance::Gold,
//!     error_type: String::new(), message: String::new(),
//! };
//! let task = Task::new(vec![Message::user("Hi")], Toolset::new(vec![])?);
//! let pair = PreferencePair {
//!     id: "s/t@1:gold>m".into(), question_id: "q".into(), source: "s".into(), trajectory: "t".into(), step: 1, task,
//!     chosen: side("Hello!", 1.0), rejected: side("No.", 0.0), complexity: 0, swapped: true, obfuscated: false,
//! };
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let export = Export::new("verl".parse()?, Split::Train, "my-pairs");
//! let mut exporter = export.create(folder)?;
//! exporter.push(&pair)?;
//! let files = exporter.finish()?;
//! assert_eq!((files[0].name.as_str(), files[0].rows), ("verl_train.parquet", 1));
//! export.check(folder, [&pair])?;
//! # assert_eq!(export.format(), Format::Verl);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod difference;
mod files;
mod lines;
mod row;
mod take;

use std::{fmt, path::Path, str::FromStr};

use toolrm_core::critic::PromptError;

use crate::{
    error::{DataError, Fault},
    pair::PreferencePair,
};

pub use files::{Checker, Exporter};
pub use row::{OpenRlhfRow, TrlPreferenceRow, TrlPromptRow, VerlInfo, VerlRow};

/// Who the files are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The three tables of the published dataset.
    Published,
    /// verl, for a generative judge.
    Verl,
    /// TRL's preference type.
    TrlPreference,
    /// TRL's prompt-only type.
    TrlPrompts,
    /// OpenRLHF's reward dataset.
    OpenRlhf,
    /// The record of a build itself.
    Jsonl,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Published, Self::Verl, Self::TrlPreference, Self::TrlPrompts, Self::OpenRlhf, Self::Jsonl];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Verl => "verl",
            Self::TrlPreference => "trl",
            Self::TrlPrompts => "trl-prompts",
            Self::OpenRlhf => "openrlhf",
            Self::Jsonl => "jsonl",
        }
    }

    /// The names of its files.
    pub fn files(self, split: Split) -> &'static [&'static str] {
        match (self, split) {
            (Self::Published, Split::Train) => {
                &["toolrm_train_think.parquet", "toolrm_train_no_think.parquet", "toolrm_train_disc.parquet"]
            }
            (Self::Published, Split::Validation) => {
                &["toolrm_test_think.parquet", "toolrm_test_no_think.parquet", "toolrm_test_disc.parquet"]
            }
            (Self::Verl, Split::Train) => &["verl_train.parquet"],
            (Self::Verl, Split::Validation) => &["verl_test.parquet"],
            (Self::TrlPreference, Split::Train) => &["trl_preference_train.parquet"],
            (Self::TrlPreference, Split::Validation) => &["trl_preference_test.parquet"],
            (Self::TrlPrompts, Split::Train) => &["trl_prompts_train.parquet"],
            (Self::TrlPrompts, Split::Validation) => &["trl_prompts_test.parquet"],
            (Self::OpenRlhf, Split::Train) => &["openrlhf_train.jsonl"],
            (Self::OpenRlhf, Split::Validation) => &["openrlhf_test.jsonl"],
            (Self::Jsonl, Split::Train) => &["train.jsonl.zst"],
            (Self::Jsonl, Split::Validation) => &["validation.jsonl.zst"],
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let known = Self::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownName::new("format", name, Self::ALL.map(Self::name).to_vec()))
    }
}

/// A part of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a build has two parts, and every format names its files by them")]
pub enum Split {
    /// What is trained on.
    Train,
    /// What is held out; trainers' files call it `test`.
    Validation,
}

impl Split {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Train, Self::Validation];

    /// Its name: `train` or `validation`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let known = Self::ALL.into_iter().find(|split| split.name() == name);
        known.ok_or_else(|| UnknownName::new("split", name, Self::ALL.map(Self::name).to_vec()))
    }
}

/// A name that is none of a format or of a split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{name}\" is no {what}: use {}", known.join(", "))]
#[non_exhaustive]
pub struct UnknownName {
    /// `format` or `split`.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// The names there are.
    pub known: Vec<&'static str>,
}

impl UnknownName {
    fn new(what: &'static str, name: &str, known: Vec<&'static str>) -> Self {
        Self { what, name: name.to_owned(), known }
    }
}

/// Why pairs cannot be exported, or are not what a file says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A file cannot be written or read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The prompt of the judge cannot be written.
    #[error("pair \"{id}\": {source}")]
    #[non_exhaustive]
    Prompt {
        /// The pair's id.
        id: String,
        /// Why.
        source: PromptError,
    },
    /// A pair that no trainer can use.
    #[error("pair \"{id}\": {fault}")]
    #[non_exhaustive]
    Pair {
        /// The pair's id.
        id: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A file does not say what the pairs say.
    #[error("{file}: row {row}: {fault}")]
    #[non_exhaustive]
    Differs {
        /// The file's path.
        file: String,
        /// The row, from 0.
        row: u64,
        /// What is wrong; its pointer begins with the column.
        fault: Fault,
    },
}

/// What is exported, and how: the files are the same whenever this and the pairs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    format: Format,
    split: Split,
    data_source: String,
    think: bool,
    /// One of its files alone.
    only: Option<usize>,
}

impl Export {
    /// An export of one part of a build; `data_source` is the name of the dataset in rows.
    pub fn new(format: Format, split: Split, data_source: impl Into<String>) -> Self {
        Self { format, split, data_source: data_source.into(), think: false, only: None }
    }

    /// Sets whether verl's prompts are for a judge that reasons before it answers. Without it they are for one that does not; other formats
    /// do not look.
    pub fn with_think(mut self, think: bool) -> Self {
        self.think = think;
        self
    }

    /// Who it is for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The part of the build.
    pub fn split(&self) -> Split {
        self.split
    }

    /// The names of its files.
    pub fn files(&self) -> &'static [&'static str] {
        let all = self.format.files(self.split);
        self.only.map_or(all, |only| all.get(only..=only).unwrap_or_default())
    }

    /// The same, file by file: to be written or compared side by side.
    pub fn by_file(&self) -> Vec<Self> {
        self.tables().map(|only| Self { only: Some(only), ..self.clone() }).collect()
    }

    /// The numbers of its files among those of the format.
    fn tables(&self) -> std::ops::Range<usize> {
        self.only.map_or(0..self.format.files(self.split).len(), |only| only..only + 1)
    }

    /// Opens the files, to write pairs into them. They are there when the exporter is finished; a folder that is missing is made.
    ///
    /// # Errors
    /// When a file cannot be created.
    pub fn create(&self, folder: &Path) -> Result<Exporter, ExportError> {
        Exporter::create(self, folder)
    }

    /// Opens files that were exported, to hold pairs against them.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn open(&self, folder: &Path) -> Result<Checker, ExportError> {
        Checker::open(self, folder)
    }

    /// Reads the files again and holds them against the pairs they were made of, to the last byte of every column: row by row, and each
    /// text of JSON in them (tools, right calls, conversations) for what it says when it is parsed.
    ///
    /// # Errors
    /// The first row that says something else, with its file and column; a file that is truncated, too short or too long.
    pub fn check<'p>(
        &self,
        folder: &Path,
        pairs: impl IntoIterator<Item = &'p PreferencePair>,
    ) -> Result<(), ExportError> {
        let mut checker = self.open(folder)?;
        pairs.into_iter().try_for_each(|pair| checker.push(pair))?;
        checker.finish()
    }
}
