//! Configurations as TOML: read, checked, written.

use std::{fmt, path::Path};

use toolrm_core::canonical::Fingerprint;

use super::{
    BalanceRules, BuildConfig, ContaminationRules, DifficultyRules, Dimension, GoldRules, LabelRules, OutputRules,
    PairRules, Preset, Rank, SampleRules, SplitRules,
};
use crate::{
    error::{DataError, Fault},
    export::{Format, UnknownName},
    input::Input,
};

/// Why a configuration is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is no TOML, or says something that no configuration says.
    #[error("{0}")]
    Shape(String),
    /// A value cannot be.
    #[error("{key}: {what}")]
    #[non_exhaustive]
    Value {
        /// The key: `balance.bins`.
        key: &'static str,
        /// What is wrong, and what to do.
        what: String,
    },
}

impl BuildConfig {
    /// The values of a preset, without sources.
    pub fn preset(preset: Preset) -> Self {
        let mut config = Self {
            preset,
            name: "toolrm-pairs".into(),
            seed: 0,
            sources: Vec::new(),
            served: Vec::new(),
            gold: GoldRules::default(),
            samples: SampleRules::default(),
            label: LabelRules::default(),
            difficulty: DifficultyRules::default(),
            pairs: PairRules::default(),
            balance: BalanceRules::default(),
            contamination: ContaminationRules::default(),
            split: SplitRules::default(),
            output: OutputRules::default(),
        };
        if preset == Preset::Toolpref30k {
            config.name = "toolpref-pairwise-30k".into();
            config.gold.words_per_trajectory = 0;
            config.samples.synthetic = false;
            config.label = LabelRules { documented_defaults: false, drop_respelled: false, ..config.label };
            config.balance.rank = vec![Rank::Complexity];
            config.balance.group_by = vec![Dimension::Source, Dimension::Intensity];
        }
        config
    }

    /// Reads TOML. What it does not say is what its preset says.
    ///
    /// # Errors
    /// When it is no TOML, has a key that is none, or a value that cannot be: with line and column, or the key.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        // By itself first: only so are lines and columns those of the file.
        let given: Self = toml::from_str(text).map_err(|e| ConfigError::Shape(e.to_string().trim_end().to_owned()))?;
        let shape = |e: &dyn fmt::Display| ConfigError::Shape(e.to_string());
        let said: toml::Table = toml::from_str(text).map_err(|e| shape(&e))?;
        let mut whole = toml::Table::try_from(Self::preset(given.preset)).map_err(|e| shape(&e))?;
        overlay(&mut whole, said);
        let config: Self = whole.try_into().map_err(|e| shape(&e))?;
        config.check()?;
        Ok(config)
    }

    /// Reads a file of TOML.
    ///
    /// # Errors
    /// As [`BuildConfig::from_toml`], with the file.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let (place, text) = Input::open(path)?.read_text()?;
        Self::from_toml(&text).map_err(|e| place.error(Fault::new(e.to_string(), "see `toolrm data build --help`")))
    }

    /// As TOML, every default spelled out.
    ///
    /// # Errors
    /// When TOML cannot hold a value.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|e| ConfigError::Shape(e.to_string()))
    }

    /// The formats that are written, the pairs themselves first, each once.
    ///
    /// # Errors
    /// The first name that is none.
    pub fn formats(&self) -> Result<Vec<Format>, ConfigError> {
        let mut formats = vec![Format::Jsonl];
        for name in &self.output.formats {
            let format: Format = name
                .parse()
                .map_err(|e: UnknownName| ConfigError::Value { key: "output.formats", what: e.to_string() })?;
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        Ok(formats)
    }

    /// Whether every value can be.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self) -> Result<(), ConfigError> {
        let value = |key, what: String| Err(ConfigError::Value { key, what });
        let shares = [
            ("balance.malformed_share", self.balance.malformed_share),
            ("contamination.containment", self.contamination.containment),
            ("contamination.jaccard", self.contamination.jaccard),
            ("split.near_duplicate", self.split.near_duplicate),
            ("output.swapped", self.output.swapped),
            ("output.obfuscated", self.output.obfuscated),
            ("pairs.min_intensity", self.pairs.min_intensity),
        ];
        for (key, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return value(key, format!("{share} is no share: write a number from 0 to 1"));
            }
        }
        let thresholds = [
            ("contamination.containment", self.contamination.containment),
            ("contamination.jaccard", self.contamination.jaccard),
            ("split.near_duplicate", self.split.near_duplicate),
        ];
        for (key, threshold) in thresholds {
            if threshold <= 0.0 {
                return value(key, format!("{threshold} takes everything for the same: write a number over 0"));
            }
        }
        if !(1..=100).contains(&self.balance.bins) {
            return value("balance.bins", format!("{} bins: write 1 to 100", self.balance.bins));
        }
        if self.balance.target == 0 {
            return value("balance.target", "no pairs are wanted: write how many".into());
        }
        if self.split.validation >= self.balance.target {
            let what = format!(
                "{} of {} pairs for validation leave none to train on: write fewer",
                self.split.validation, self.balance.target
            );
            return value("split.validation", what);
        }
        if self.contamination.ngram == 0 {
            return value("contamination.ngram", "n-grams of no words: write 1 or more".into());
        }
        if let Some(source) = self.sources.iter().find(|source| crate::source::by_name(&source.adapter).is_none()) {
            let known: Vec<&str> = crate::source::sources().iter().map(|source| source.name()).collect();
            let what = format!("no adapter is named \"{}\": they are {}", source.adapter, known.join(", "));
            return value("sources.adapter", what);
        }
        if let Some((pattern, error)) =
            self.gold.failed_patterns.iter().find_map(|p| Some((p, regex::Regex::new(p).err()?)))
        {
            return value("gold.failed_patterns", format!("\"{pattern}\" is no regular expression: {error}"));
        }
        self.formats().map(drop)
    }

    /// The fingerprint of every choice.
    pub fn fingerprint(&self) -> Fingerprint {
        // Plain data; if it ever cannot be written, its debug form tells it from others as well.
        let written = serde_json::to_string(self).unwrap_or_else(|_| format!("{self:?}"));
        Fingerprint::of(["build-config", &written])
    }
}

/// Puts what a table says over another one.
fn overlay(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            // The mix of errors is one choice, not many.
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) if key != "errors" => overlay(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build::config::SourceConfig, perturb::ErrorMix};

    #[test]
    fn a_preset_stands_where_the_file_says_nothing() {
        let config = BuildConfig::from_toml("preset = \"toolpref-30k\"\n[samples]\nwrong_per_step = 9").unwrap();
        assert_eq!((config.samples.synthetic, config.samples.wrong_per_step), (false, 9));
        assert_eq!(config.balance.rank, [Rank::Complexity]);
        assert_eq!(BuildConfig::from_toml("").unwrap(), BuildConfig::default());
    }

    #[test]
    fn what_is_written_out_is_read_back() {
        for preset in [Preset::RecordedFirst, Preset::Toolpref30k] {
            let mut config = BuildConfig::preset(preset);
            config.sources.push(SourceConfig { adapter: "xlam".into(), path: "x".into(), name: None, limit: Some(3) });
            config.samples.errors = Some(ErrorMix::measured());
            assert_eq!(BuildConfig::from_toml(&config.to_toml().unwrap()).unwrap(), config);
        }
    }

    #[test]
    fn what_cannot_be_is_said_with_its_place() {
        for (text, said) in [
            ("seed = \"x\"", "line 1, column 8"),
            ("[balance]\nbins = 0", "balance.bins: 0 bins"),
            ("[balance]\npairs = 1", "unknown field `pairs`"),
            ("[balance]\ntarget = 10\n[split]\nvalidation = 10", "split.validation: 10 of 10"),
            ("[output]\nswapped = 1.5", "output.swapped: 1.5 is no share"),
            ("[[sources]]\nadapter = \"x\"\npath = \"y\"", "no adapter is named \"x\": they are api_bank"),
            ("[gold]\nfailed_patterns = [\"(\"]", "\"(\" is no regular expression"),
            ("[samples.errors]\nmalformed = -1.0", "-1"),
            ("preset = \"best\"", "unknown variant `best`"),
            ("a = ", "line 1"),
        ] {
            let error = BuildConfig::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
