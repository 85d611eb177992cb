//! The leaderboard's categories, by the names of its version 4.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The language a category's calls are written in: in Java and JavaScript every value is source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the leaderboard has these three")]
pub enum Language {
    /// Values are JSON.
    Python,
    /// Values are Java source text.
    Java,
    /// Values are JavaScript source text.
    JavaScript,
}

macro_rules! categories {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// A category of questions. Written and read by the names of version 4; [`Category::from_any_version`] reads older ones.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Category {
            $($(#[$doc])* #[serde(rename = $name)] $variant),*
        }

        impl Category {
            /// All of them, in the leaderboard's order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name of version 4: `simple_python`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

categories! {
    /// One call of the one tool there is.
    SimplePython = "simple_python",
    /// As simple, with Java values.
    SimpleJava = "simple_java",
    /// As simple, with JavaScript values.
    SimpleJavascript = "simple_javascript",
    /// One call of one of several tools.
    Multiple = "multiple",
    /// Several calls of the one tool there is.
    Parallel = "parallel",
    /// Several calls of several tools.
    ParallelMultiple = "parallel_multiple",
    /// No tool fits: no call is due.
    Irrelevance = "irrelevance",
    /// As simple, by users.
    LiveSimple = "live_simple",
    /// As multiple, by users.
    LiveMultiple = "live_multiple",
    /// As parallel, by users.
    LiveParallel = "live_parallel",
    /// As parallel_multiple, by users.
    LiveParallelMultiple = "live_parallel_multiple",
    /// As irrelevance, by users.
    LiveIrrelevance = "live_irrelevance",
    /// Some call is due; which one is not checked.
    LiveRelevance = "live_relevance",
    /// A dialogue over stateful tools.
    MultiTurnBase = "multi_turn_base",
    /// As multi_turn_base; a needed tool is added late.
    MultiTurnMissFunc = "multi_turn_miss_func",
    /// As multi_turn_base; a needed value is told late.
    MultiTurnMissParam = "multi_turn_miss_param",
    /// As multi_turn_base, with much text.
    MultiTurnLongContext = "multi_turn_long_context",
}

impl Category {
    /// The single-turn categories in which calls are compared with calls, Python values.
    pub const CALLS: &[Self] = &[
        Self::SimplePython,
        Self::Multiple,
        Self::Parallel,
        Self::ParallelMultiple,
        Self::LiveSimple,
        Self::LiveMultiple,
        Self::LiveParallel,
        Self::LiveParallelMultiple,
    ];

    /// The language of its values.
    pub const fn language(self) -> Language {
        match self {
            Self::SimpleJava => Language::Java,
            Self::SimpleJavascript => Language::JavaScript,
            _ => Language::Python,
        }
    }

    /// Whether no call is due.
    pub const fn is_irrelevance(self) -> bool {
        matches!(self, Self::Irrelevance | Self::LiveIrrelevance)
    }

    /// Whether several turns are judged by their effect on stateful tools.
    pub const fn is_multi_turn(self) -> bool {
        matches!(
            self,
            Self::MultiTurnBase | Self::MultiTurnMissFunc | Self::MultiTurnMissParam | Self::MultiTurnLongContext
        )
    }

    /// Reads a name of any version: `simple_python`, `simple`, `parallel_function`, `java`, .. Version 1's `relevance` is today's
    /// irrelevance.
    ///
    /// # Errors
    /// When no version has a category of that name.
    pub fn from_any_version(name: &str) -> Result<Self, UnknownCategory> {
        match name {
            "simple" => Ok(Self::SimplePython),
            "java" => Ok(Self::SimpleJava),
            "javascript" => Ok(Self::SimpleJavascript),
            "multiple_function" => Ok(Self::Multiple),
            "parallel_function" => Ok(Self::Parallel),
            "parallel_multiple_function" => Ok(Self::ParallelMultiple),
            "relevance" => Ok(Self::Irrelevance),
            _ => name.parse(),
        }
    }
}

impl FromStr for Category {
    type Err = UnknownCategory;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|category| category.name() == name);
        known.copied().ok_or_else(|| UnknownCategory { name: name.to_owned() })
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no category's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown category \"{name}\"; known are {}", known())]
#[non_exhaustive]
pub struct UnknownCategory {
    /// The name.
    pub name: String,
}

fn known() -> String {
    Category::ALL.iter().map(|category| category.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_old_ones_understood() {
        for category in Category::ALL {
            assert_eq!(category.name().parse(), Ok(*category));
            assert_eq!(serde_json::to_value(category).unwrap(), category.name());
        }
        assert_eq!(Category::from_any_version("relevance"), Ok(Category::Irrelevance));
        assert_eq!(Category::from_any_version("live_simple"), Ok(Category::LiveSimple));
        let error = Category::from_any_version("rest").unwrap_err().to_string();
        assert!(error.starts_with("unknown category \"rest\"; known are simple_python, simple_java"), "{error}");
    }
}
