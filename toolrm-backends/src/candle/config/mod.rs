//! [`ModelConfig`]: what a forward pass needs to know of a model. `read` makes it of a `config.json`.

mod read;

use super::{layers::Activation, rope::RopeConfig};

/// A model's configuration.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ModelConfig {
    /// A causal decoder: Qwen3, Qwen2, Llama.
    Decoder(DecoderConfig),
    /// A BERT cross-encoder.
    Bert(BertConfig),
    /// A ModernBERT cross-encoder.
    ModernBert(ModernBertConfig),
}

/// A causal decoder's configuration. Sizes are numbers of features, heads, layers or tokens.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "families differ in these")]
#[non_exhaustive]
pub struct DecoderConfig {
    /// Tokens the model knows.
    pub vocabulary: usize,
    /// Features of a token between layers.
    pub hidden: usize,
    /// Features inside the feed-forward part.
    pub intermediate: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values; divides `heads`.
    pub kv_heads: usize,
    /// Features of one head.
    pub head_dim: usize,
    /// Positions it was trained for.
    pub max_positions: usize,
    /// Added to the mean square before its root is taken.
    pub norm_eps: f64,
    /// The gate's activation.
    pub activation: Activation,
    /// Rotary positions.
    pub rope: RopeConfig,
    /// Whether the projections to queries, keys and values have a bias.
    pub qkv_bias: bool,
    /// Whether the projection out of attention has a bias.
    pub output_bias: bool,
    /// Whether the feed-forward projections have a bias.
    pub mlp_bias: bool,
    /// Whether queries and keys are normalised per head (Qwen3).
    pub qk_norm: bool,
    /// For every layer, how many tokens back it sees, itself among them; nothing = all.
    pub windows: Vec<Option<usize>>,
    /// What stands on top.
    pub head: HeadConfig,
}

/// What stands on top of a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadConfig {
    /// Logits of the next token.
    Causal {
        /// Whether it is the token embedding once more.
        tied: bool,
    },
    /// One number, from this many labels (1 or 2).
    Score {
        /// How many.
        labels: usize,
    },
}

/// A BERT cross-encoder's configuration.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BertConfig {
    /// Tokens the model knows.
    pub vocabulary: usize,
    /// Features of a token between layers.
    pub hidden: usize,
    /// Features inside the feed-forward part.
    pub intermediate: usize,
    /// Layers.
    pub layers: usize,
    /// Heads.
    pub heads: usize,
    /// Positions it has embeddings for.
    pub max_positions: usize,
    /// Token types it has embeddings for: 2 where segments are told apart.
    pub token_types: usize,
    /// Added to the variance before its root is taken.
    pub norm_eps: f64,
    /// The feed-forward part's activation.
    pub activation: Activation,
    /// Labels of the classifier, 1 or 2.
    pub labels: usize,
}

/// A ModernBERT cross-encoder's configuration.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModernBertConfig {
    /// Tokens the model knows.
    pub vocabulary: usize,
    /// Features of a token between layers.
    pub hidden: usize,
    /// Features inside the feed-forward part.
    pub intermediate: usize,
    /// Heads.
    pub heads: usize,
    /// Positions it was trained for.
    pub max_positions: usize,
    /// Added to the variance before its root is taken.
    pub norm_eps: f64,
    /// Whether norms, attention, feed-forward part and prediction head have biases.
    pub biases: Biases,
    /// The feed-forward part's activation.
    pub activation: Activation,
    /// The prediction head's activation.
    pub head_activation: Activation,
    /// For every layer, whether it sees only `reach` tokens to both sides, with the rotary positions of `local_rope`.
    pub local: Vec<bool>,
    /// How many tokens to both sides a local layer sees.
    pub reach: usize,
    /// Rotary positions of the layers that see everything.
    pub global_rope: RopeConfig,
    /// Rotary positions of the local layers.
    pub local_rope: RopeConfig,
    /// Whether the head reads the mean of all tokens, or the first token.
    pub mean_pooling: bool,
    /// Labels of the classifier, 1 or 2.
    pub labels: usize,
}

/// Which parts of a ModernBERT have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, clippy::struct_excessive_bools, reason = "the four flags of config.json")]
pub struct Biases {
    /// Norms.
    pub norm: bool,
    /// Attention.
    pub attention: bool,
    /// The feed-forward part.
    pub mlp: bool,
    /// The prediction head.
    pub classifier: bool,
}

impl ModelConfig {
    /// Tokens the model knows.
    pub fn vocabulary(&self) -> usize {
        match self {
            Self::Decoder(config) => config.vocabulary,
            Self::Bert(config) => config.vocabulary,
            Self::ModernBert(config) => config.vocabulary,
        }
    }

    /// Positions it was trained for.
    pub fn max_positions(&self) -> usize {
        match self {
            Self::Decoder(config) => config.max_positions,
            Self::Bert(config) => config.max_positions,
            Self::ModernBert(config) => config.max_positions,
        }
    }
}
