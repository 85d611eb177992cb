//! [`BuildOptions`]: what a bench is built with. All of it goes into the manifest.

use serde::{Deserialize, Serialize};

use crate::bfcl::category::Category;

/// Whose right answer a wrong one is set against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChosenFrom {
    /// The accepted answer, with the first value allowed everywhere. Written by the leaderboard's authors: a judge that knows their hand
    /// wins without reading the question.
    Gold,
    /// Another model's right answer; the accepted one where no model gave any.
    #[default]
    ModelRight,
    /// One or the other, by a coin.
    Mixed,
}

/// What a bench is built with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BuildOptions {
    /// Decides every draw.
    pub seed: u64,
    /// Most pairs of one question, at least 1.
    pub per_question: usize,
    /// Most ties of one question.
    pub ties_per_question: usize,
    /// Most both-wrong pairs of one question.
    pub both_wrong_per_question: usize,
    /// Whose right answer a wrong one is set against.
    pub chosen: ChosenFrom,
    /// Largest share, in \[0, 1), of pairs of a split whose rejected answer is no call where one is due: words, or what cannot be
    /// read. They are easy.
    pub easy_share: f64,
    /// By how much the chosen answer of a both-wrong pair is better graded, in (0, 1\].
    pub margin: f64,
    /// The splits.
    pub categories: Vec<Category>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        let built = |category: &Category| !category.is_multi_turn() || *category == Category::MultiTurnBase;
        Self {
            seed: 20_251_122,
            per_question: 4,
            ties_per_question: 2,
            both_wrong_per_question: 2,
            chosen: ChosenFrom::default(),
            easy_share: 0.05,
            margin: 0.25,
            categories: Category::ALL.iter().copied().filter(built).collect(),
        }
    }
}

impl BuildOptions {
    /// Sets what decides every draw.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets whose right answer a wrong one is set against.
    pub fn with_chosen(mut self, chosen: ChosenFrom) -> Self {
        self.chosen = chosen;
        self
    }

    /// Sets how many pairs, ties and both-wrong pairs a question has at most.
    pub fn with_limits(mut self, pairs: usize, ties: usize, both_wrong: usize) -> Self {
        (self.per_question, self.ties_per_question, self.both_wrong_per_question) = (pairs, ties, both_wrong);
        self
    }

    /// Sets the splits.
    pub fn with_categories(mut self, categories: impl IntoIterator<Item = Category>) -> Self {
        self.categories = categories.into_iter().collect();
        self
    }

    /// What is wrong with these options, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        let multi_turn = |c: &Category| c.is_multi_turn() && *c != Category::MultiTurnBase;
        match self {
            _ if self.per_question == 0 => Some("per_question is 0: ask for at least one pair a question"),
            _ if !(0.0..1.0).contains(&self.easy_share) => Some("easy_share is a share in [0, 1)"),
            _ if !(self.margin > 0.0 && self.margin <= 1.0) => Some("margin is a difference of grades in (0, 1]"),
            _ if self.categories.is_empty() => Some("no categories: name at least one"),
            _ if self.categories.iter().any(multi_turn) => {
                Some("of the multi-turn categories only multi_turn_base can be built")
            }
            _ => None,
        }
    }
}
