//! [`BuildConfig`]: every choice of a build, with its default.

use serde::{Deserialize, Serialize};

use crate::perturb::ErrorMix;

mod reading;

pub use reading::ConfigError;

/// Every choice of a build, with its default. In TOML:
///
/// ```
/// use toolrm_data::build::BuildConfig;
/// let config = BuildConfig::from_toml(r#"
///     seed = 7
///     [[sources]]
///     adapter = "xlam"
///     path = "xlam_function_calling_60k.json"
///     [balance]
///     target = 1000
/// "#)?;
/// assert_eq!((config.seed, config.balance.target, config.balance.bins), (7, 1000, 10));
/// let error = BuildConfig::from_toml("[balance]\npairs = 3").unwrap_err();
/// assert!(error.to_string().contains("pairs"));
/// # Ok::<(), toolrm_data::build::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BuildConfig {
    /// The preset whose values stand where the file says nothing: `recorded-first` (the default) or `toolpref-30k`.
    pub preset: Preset,
    /// The name of the dataset, in its rows and on its card.
    pub name: String,
    /// Seed of every draw.
    pub seed: u64,
    /// The datasets. Of two steps that are the same the first one's is kept, so those with recorded answers come first.
    pub sources: Vec<SourceConfig>,
    /// Files of answers that models gave to steps of this build (`toolrm data steps`), JSON lines `{"step","model","answer"}`.
    pub served: Vec<String>,
    /// Which right answers are good enough to build on.
    pub gold: GoldRules,
    /// Where other answers come from.
    pub samples: SampleRules,
    /// What an answer is worth.
    pub label: LabelRules,
    /// Which contexts are too easy or too hard.
    pub difficulty: DifficultyRules,
    /// Which two answers are a pair.
    pub pairs: PairRules,
    /// Which pairs are taken.
    pub balance: BalanceRules,
    /// What questions must not be near.
    pub contamination: ContaminationRules,
    /// What is kept aside.
    pub split: SplitRules,
    /// What is written.
    pub output: OutputRules,
}

/// A set of values to start from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Preset {
    /// Ours: models' recorded errors first, synthetic ones where there are too few; label noise is avoided.
    #[default]
    RecordedFirst,
    /// The rules of ToolPref-Pairwise-30K (arXiv 2510.26167) as far as they are known: models' answers only, exact comparison, steps with
    /// calls only, ranked by complexity.
    #[serde(rename = "toolpref-30k")]
    Toolpref30k,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SourceConfig {
    /// The adapter that reads it: one of `toolrm data inspect --adapters`.
    pub adapter: String,
    /// A file, folder or archive; relative to the root that the build is given.
    pub path: String,
    /// Its name in rows; the adapter's where it says nothing. Two inputs may share one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Trajectories that are read at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl SourceConfig {
    /// Its name in rows.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.adapter)
    }
}

/// Which right answers are good enough to build on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct GoldRules {
    /// Steps of higher complexity (calls plus arguments) are left out.
    pub max_complexity: u32,
    /// Steps one of whose calls is answered by a failure are left out: see [`super::failed`] for what counts as one.
    pub drop_failed: bool,
    /// Further regular expressions of results that are failures.
    pub failed_patterns: Vec<String>,
    /// Steps of a trajectory whose right answer is words, beside those that models were recorded to answer; which ones is drawn. 0: none
    /// at all.
    pub words_per_trajectory: usize,
}

/// Where other answers come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SampleRules {
    /// Whether answers that models were recorded to give are used.
    pub recorded: bool,
    /// Wrong answers that a step should have: what models did not give is made up.
    pub wrong_per_step: usize,
    /// Whether wrong answers are made up at all.
    pub synthetic: bool,
    /// How often which error is made up, by type; where it says nothing, as measured on real models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<ErrorMix>,
}

/// How answers are scored against the right one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scoring {
    /// The paper's: nothing for a wrong number of calls or a repeated one, else the mean share of equal arguments.
    #[default]
    Paper,
    /// One-to-one, with partial credit for a wrong number of calls.
    Graded,
}

/// What an answer is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LabelRules {
    /// The score.
    pub scoring: Scoring,
    /// Leaving out an optional argument is as good as giving its documented default.
    pub documented_defaults: bool,
    /// Answers that differ from the right one in spelling only (case, white space, punctuation, `5` for `"5"`) are left out: they are
    /// neither right nor wrong enough.
    pub drop_respelled: bool,
}

/// Which contexts are too easy or too hard: those with enough models' answers, all of them right or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DifficultyRules {
    /// Leave out contexts whose every answer is right.
    pub drop_all_right: bool,
    /// Leave out contexts with no right answer.
    pub drop_none_right: bool,
    /// Models' answers that a context must have for either to be said of it.
    pub min_samples: usize,
}

/// Which two answers are a pair: one scores more than the other, and it is the dataset's or a model's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PairRules {
    /// Pairs of one step at most.
    pub per_step: usize,
    /// Pairs of one question at most, over all its trajectories: models' errors first, what that leaves open is drawn.
    pub per_question: usize,
    /// How much more the better one must score at least.
    pub min_intensity: f64,
    /// Whether a model's answer that is not all right may be the better one.
    pub sampled_chosen: bool,
}

/// What pairs are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dimension {
    /// The dataset.
    Source,
    /// The intensity bin.
    Intensity,
    /// Whether the rejected answer is a model's.
    Provenance,
    /// The error type of the rejected answer.
    ErrorType,
    /// Whether the right answer is calls or words.
    Kind,
}

/// What pairs of a group are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rank {
    /// Models' answers before made-up ones. As the first rank, in all groups: made-up ones fill up what models' leave.
    Provenance,
    /// The most complex first.
    Complexity,
}

/// Balanced multi-dimensional sampling: pairs are grouped, every group ranked, and every group gives the same number; what small groups
/// lack the others give (water-filling). What the ranks leave open is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BalanceRules {
    /// Pairs that are taken in all, validation included.
    pub target: usize,
    /// Intensity bins: bin `i` of `n` holds intensities in (i/n, (i+1)/n].
    pub bins: u8,
    /// What pairs are grouped by.
    pub group_by: Vec<Dimension>,
    /// What the pairs of a group are ranked by, the first first.
    pub rank: Vec<Rank>,
    /// The largest share of pairs whose rejected answer is no readable call: an easy case.
    pub malformed_share: f64,
}

/// What is done with a question that is too near to a benchmark's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OnOverlap {
    /// Its trajectory is left out.
    #[default]
    Drop,
    /// It is counted.
    Report,
}

/// What questions must not be near.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ContaminationRules {
    /// Benchmarks: folders, archives or files of questions; relative to the root that the build is given.
    pub against: Vec<String>,
    /// Words of an n-gram.
    pub ngram: usize,
    /// The share of a question's n-grams in one benchmark question from which on it is too near.
    pub containment: f64,
    /// The Jaccard index of both sets of n-grams from which on it is too near.
    pub jaccard: f64,
    /// What is done with it.
    pub on_overlap: OnOverlap,
}

/// What is kept aside. No question, and none that is nearly the same, is on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SplitRules {
    /// Pairs for validation.
    pub validation: usize,
    /// The Jaccard index of word 3-grams from which on two questions are nearly the same.
    pub near_duplicate: f64,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct OutputRules {
    /// The share of pairs whose better answer is shown second.
    pub swapped: f64,
    /// The share of training pairs whose names of tools and parameters are replaced by random ones.
    pub obfuscated: f64,
    /// The formats: see `toolrm data export --help`. `jsonl` is always among them.
    pub formats: Vec<String>,
}

impl Default for BuildConfig {
    fn default() -> Self {
        Self::preset(Preset::RecordedFirst)
    }
}

impl Default for GoldRules {
    fn default() -> Self {
        Self { max_complexity: 50, drop_failed: true, failed_patterns: Vec::new(), words_per_trajectory: 1 }
    }
}

impl Default for SampleRules {
    fn default() -> Self {
        Self { recorded: true, wrong_per_step: 3, synthetic: true, errors: None }
    }
}

impl Default for LabelRules {
    fn default() -> Self {
        Self { scoring: Scoring::Paper, documented_defaults: true, drop_respelled: true }
    }
}

impl Default for DifficultyRules {
    fn default() -> Self {
        Self { drop_all_right: true, drop_none_right: true, min_samples: 3 }
    }
}

impl Default for PairRules {
    fn default() -> Self {
        Self { per_step: 6, per_question: 24, min_intensity: 0.01, sampled_chosen: true }
    }
}

impl Default for BalanceRules {
    fn default() -> Self {
        Self {
            target: 30_000,
            bins: 10,
            group_by: vec![Dimension::Source, Dimension::Intensity, Dimension::Kind],
            rank: vec![Rank::Provenance, Rank::Complexity],
            malformed_share: 0.05,
        }
    }
}

impl Default for ContaminationRules {
    fn default() -> Self {
        Self { against: Vec::new(), ngram: 8, containment: 0.5, jaccard: 0.7, on_overlap: OnOverlap::Drop }
    }
}

impl Default for SplitRules {
    fn default() -> Self {
        Self { validation: 500, near_duplicate: 0.7 }
    }
}

impl Default for OutputRules {
    fn default() -> Self {
        Self { swapped: 0.5, obfuscated: 0.0, formats: vec!["jsonl".into(), "published".into()] }
    }
}
