//! ONNX models in process, through ONNX Runtime: sequence classifiers (one score) and causal models with a key-value cache.
//!
//! Building needs nothing but Rust: the runtime's library is loaded when the first model is (see
//! [`OnnxOptions::with_library`]). What the model is, is read from its inputs and outputs, named as Hugging Face's `optimum`
//! names them:
//!
//! | | inputs | outputs |
//! |---|---|---|
//! | classifier | `input_ids`, `attention_mask`, perhaps `token_type_ids`, `position_ids` | `logits` \[batch, 1\] |
//! | causal | the same, and `past_key_values.N.key`, `.value` | `logits` \[batch, tokens, vocabulary\], `present.N.key`, `.value` |
//!
//! Tokens, masks and positions are `int64`, the rest `float32`; inside the graph the weights may be of any type the runtime
//! computes with. Batch and length must be dynamic. Anything else is an error that lists what was found.

mod causal;
mod classifier;
mod files;
mod network;
mod options;
mod runtime;
mod signature;

use std::path::Path;

use self::{causal::Causal, classifier::Classifier, files::Files, network::Network, signature::Signature};
use crate::{
    LoadError,
    engine::{ModelError, ModelSpec, Output, Row, SeqId, TokenModel},
};

pub use options::OnnxOptions;
pub use runtime::library_info;

/// An ONNX model, loaded.
///
/// A classifier reads each row as a whole sequence and keeps nothing. A causal model keeps arrays of keys and values for
/// each sequence, and what forks share once.
#[derive(Debug)]
pub struct OnnxModel {
    spec: ModelSpec,
    /// Every token is below this.
    vocabulary: usize,
    network: Network,
    head: Head,
}

#[derive(Debug)]
enum Head {
    Classifier(Classifier),
    Causal(Causal),
}

impl OnnxModel {
    /// Loads a model: a folder with `model.onnx` or `onnx/model.onnx`, or an `.onnx` file; `config.json` lies beside it or
    /// one folder up. One token is run through it, so that a graph that does not compute is found out here.
    ///
    /// # Errors
    /// [`LoadError::Runtime`]: no library of ONNX Runtime, or not a usable one. [`LoadError::Device`]: the provider is not
    /// there. [`LoadError::Io`], [`LoadError::File`]: a file is missing or broken. [`LoadError::Unsupported`]: other inputs
    /// or outputs than this module knows.
    pub fn load(path: impl AsRef<Path>, options: &OnnxOptions) -> Result<Self, LoadError> {
        let files = Files::find(path.as_ref())?;
        let environment = runtime::environment(options.library.as_deref())?;
        let network = Network::open(&environment, &files.model, options)?;
        let (vocabulary, context) = (files.vocabulary()?, files.context()?);
        let mut spec = ModelSpec::causal(files.id()?, vocabulary, context);
        spec.device = options.device();
        let head = match signature::read(network.session(), &files.model)? {
            Signature::Classifier => {
                spec.output = Output::Score { scale: options.scale };
                spec.incremental = false;
                spec.max_step_tokens = spec.max_step_tokens.max(context);
                spec.kv_tokens = spec.max_step_tokens;
                let separator = match options.separator {
                    None if network.asks_types() && files.has_types() => Some(files.separator()?),
                    given => given,
                };
                Head::Classifier(Classifier::new(files.pad(), separator, spec.max_step_tokens))
            }
            Signature::Causal { layers } => {
                spec.max_step_tokens = causal::step_tokens(vocabulary);
                spec.kv_bytes_per_token = causal::bytes_per_token(&layers);
                spec.kv_tokens = options.kv_bytes.checked_div(spec.kv_bytes_per_token).unwrap_or(0).max(1);
                Head::Causal(Causal::new(layers, vocabulary, spec.kv_tokens))
            }
        };
        let mut model = Self { spec, vocabulary, network, head };
        model.probe().map_err(|e| LoadError::file(&files.model, format!("it loads and does not compute: {e}")))?;
        Ok(model)
    }

    fn probe(&mut self) -> Result<(), ModelError> {
        self.step(&[Row { sequence: 0, tokens: &[0], wanted: true }])?;
        self.remove(0);
        Ok(())
    }

    /// What both kinds ask of a row, and a runtime would answer with an error of its own, or with garbage.
    fn check(&self, row: &Row<'_>) -> Result<(), ModelError> {
        let Row { sequence, tokens, .. } = *row;
        let len = self.len(sequence).saturating_add(tokens.len());
        let what = if tokens.is_empty() {
            "has no tokens".to_owned()
        } else if sequence >= self.spec.max_sequences {
            format!("is not below max_sequences, {}", self.spec.max_sequences)
        } else if len > self.spec.context {
            format!("would have {len} tokens, and the model's context is {}", self.spec.context)
        } else if let Some(token) = tokens.iter().find(|t| usize::try_from(**t).is_ok_and(|t| t >= self.vocabulary)) {
            format!(
                "has token {token}, and the model's vocabulary ends at {}: is the tokenizer the model's?",
                self.vocabulary
            )
        } else {
            return Ok(());
        };
        Err(ModelError::failed(format!("sequence {sequence} {what}")))
    }

    /// Tokens kept of a sequence.
    fn len(&self, sequence: SeqId) -> usize {
        match &self.head {
            Head::Classifier(_) => 0,
            Head::Causal(causal) => causal.len(sequence),
        }
    }
}

impl TokenModel for OnnxModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn step(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        rows.iter().try_for_each(|row| self.check(row))?;
        match &mut self.head {
            Head::Classifier(classifier) => classifier.step(&mut self.network, rows),
            Head::Causal(causal) => causal.step(&mut self.network, rows),
        }
    }

    fn fork(&mut self, from: SeqId, to: SeqId, len: usize) -> Result<(), ModelError> {
        match &mut self.head {
            Head::Classifier(_) => Err(ModelError::failed("a classifier keeps no sequences that could be forked")),
            Head::Causal(causal) if to < self.spec.max_sequences => causal.fork(from, to, len),
            Head::Causal(_) => Err(ModelError::failed(format!(
                "sequence {to} is not below max_sequences, {}",
                self.spec.max_sequences
            ))),
        }
    }

    fn remove(&mut self, sequence: SeqId) {
        if let Head::Causal(causal) = &mut self.head {
            causal.remove(sequence);
        }
    }
}
