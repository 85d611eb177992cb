//! [`TokenModel`]: a model as an engine sees it, numbered sequences that tokens are appended to.

use toolrm_core::{judge::ModelCard, score::ScoreScale};

/// A token of a model's vocabulary.
pub type Token = u32;

/// The number of a sequence inside a model, in `0..ModelSpec::max_sequences`.
pub type SeqId = usize;

/// What a model is and how much of it fits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelSpec {
    /// Name and revision, for fingerprints: `qwen3-0.6b@3f2a..`.
    pub id: String,
    /// What one step gives for a row.
    pub output: Output,
    /// Most tokens one sequence may have.
    pub context: usize,
    /// Most sequences that are kept at once.
    pub max_sequences: usize,
    /// Most tokens, of all sequences together, that are kept at once. Tokens shared by forks are there once.
    pub kv_tokens: usize,
    /// Most tokens, of all rows together, in one step: longer prompts are fed in pieces.
    pub max_step_tokens: usize,
    /// Whether tokens can be appended to a sequence, and sequences forked. Encoders read a sequence at once.
    pub incremental: bool,
    /// Bytes one kept token takes.
    pub kv_bytes_per_token: usize,
    /// Where it computes, for people: `cpu (2 threads)`, `cuda:0`.
    pub device: String,
    /// Type of its numbers: `f32`, `bf16`, `Q4_K`.
    pub dtype: String,
}

impl ModelSpec {
    /// A causal model that writes text, on one CPU in `f32`.
    pub fn causal(id: impl Into<String>, vocabulary: usize, context: usize) -> Self {
        Self {
            id: id.into(),
            output: Output::Logits { vocabulary },
            context,
            max_sequences: 64,
            kv_tokens: context.saturating_mul(4),
            max_step_tokens: 2048,
            incremental: true,
            kv_bytes_per_token: 0,
            device: "cpu".into(),
            dtype: "f32".into(),
        }
    }

    /// What a judge's card says of it: the name before the `@` of its id, the revision behind it.
    pub fn card(&self) -> ModelCard {
        let (name, revision) = self.id.rsplit_once('@').map_or((self.id.as_str(), None), |(n, r)| (n, Some(r)));
        let card = ModelCard::new(name).with_device(self.device.clone()).with_dtype(self.dtype.clone());
        revision.into_iter().fold(card, ModelCard::with_revision)
    }

    /// Sets what one step gives for a row.
    pub fn with_output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }
}

/// What one step gives for a row.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// The logits of the next token, unnormalised, one for every token of the vocabulary.
    Logits {
        /// How many.
        vocabulary: usize,
    },
    /// One number for the whole sequence.
    Score {
        /// What it means.
        scale: ScoreScale,
    },
}

/// Tokens to append to a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "built by literal by engines and tests")]
pub struct Row<'a> {
    /// Which sequence. One that was never seen, or was removed, is empty.
    pub sequence: SeqId,
    /// What to append: at least one token.
    pub tokens: &'a [Token],
    /// Whether the output behind the last of these tokens is wanted.
    pub wanted: bool,
}

/// A model that computes on one thread, which owns it.
///
/// It knows tokens and numbers; prompts, sampling, batching, cancellation and the choice of what to keep are the engine's.
pub trait TokenModel: Send {
    /// What it is.
    fn spec(&self) -> &ModelSpec;

    /// Appends the tokens of every row to its sequence and gives, for every row in order, the output behind its last token: logits
    /// of the whole vocabulary, or one score; empty where none was wanted. No sequence stands in two rows.
    ///
    /// A row's output does not depend on the other rows, floating-point noise aside. After an error none of the rows' sequences is
    /// good for anything but [`TokenModel::remove`]; the other sequences are as they were.
    fn step(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError>;

    /// Makes the empty sequence `to` hold the first `len` tokens of `from`, without computing them again.
    /// Models that are not incremental are never asked.
    fn fork(&mut self, from: SeqId, to: SeqId, len: usize) -> Result<(), ModelError>;

    /// Forgets a sequence.
    fn remove(&mut self, sequence: SeqId);
}

/// Why a model could not compute.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no room for the rows' tokens: the same step can succeed when other sequences are removed.
    #[error("no room for the tokens of this step")]
    NoRoom,
    /// The computation failed.
    #[error("{what}")]
    Failed {
        /// What went wrong.
        what: String,
        /// What the runtime said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl ModelError {
    /// A computation that failed.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), source: None }
    }

    /// A computation that failed, and what the runtime said.
    pub fn caused(what: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed { what: what.into(), source: Some(source.into()) }
    }
}

/// Between text and tokens.
pub trait Codec: Send + Sync {
    /// The tokens of a text in which special tokens are written out (`<|im_start|>`), as a chat template renders it. Adds none of its own.
    fn encode(&self, text: &str) -> Result<Vec<Token>, ModelError>;

    /// The text of tokens, special ones left out. A character whose bytes are not all there yet ends it as `\u{fffd}`.
    fn decode(&self, tokens: &[Token]) -> Result<String, ModelError>;

    /// The tokens that end a turn.
    fn end_tokens(&self) -> &[Token];

    /// Every token whose text is `label`, white space aside, and no special one.
    fn tokens_of_label(&self, label: &str) -> Vec<Token>;
}
