//! [`LlamaModel`]: a GGUF model as the engine sees it.

use std::{fmt, sync::Arc};

use llama_cpp_2::{
    DecodeError, context::LlamaContext, llama_batch::LlamaBatch, model::LlamaModel as Weights, token::LlamaToken,
};
use self_cell::self_cell;

use super::codec::{LlamaCodec, native_token};
use crate::engine::{ModelError, ModelSpec, Row, SeqId, TokenModel};

self_cell!(
    /// The state of a computation, together with the weights that it borrows.
    pub(super) struct Session {
        owner: Arc<Weights>,
        #[covariant]
        dependent: LlamaContext,
    }
);

/// A GGUF model computed by llama.cpp.
///
/// All sequences live in one cache of keys and values. [`fork`](TokenModel::fork) marks what is there as belonging to both: nothing
/// is copied, and tokens that sequences share take up room once. After an error of [`step`](TokenModel::step) the rows' sequences are
/// as they were before it.
///
/// What it gives, by what the file says of itself:
/// - a causal model: the logits of the next token;
/// - a model with a classifier head (`*.pooling_type` is 4): one score for a whole sequence, not incremental. One label gives a
///   number on [`ScoreScale::Logit`](toolrm_core::score::ScoreScale::Logit); Qwen3's two labels give the probability of the first,
///   because llama.cpp puts a softmax behind them, on [`ScoreScale::Unit`](toolrm_core::score::ScoreScale::Unit).
///
/// Files with other heads (plain embeddings, three labels), recurrent and hybrid models, encoder-decoders and files in parts are
/// refused when they are loaded.
pub struct LlamaModel {
    pub(super) session: Session,
    pub(super) batch: LlamaBatch<'static>,
    /// Tokens of every sequence.
    pub(super) lengths: Vec<usize>,
    pub(super) spec: ModelSpec,
    pub(super) vocabulary: usize,
    pub(super) codec: LlamaCodec,
    pub(super) chat_template: Option<String>,
    pub(super) revision: String,
}

impl fmt::Debug for LlamaModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlamaModel").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl LlamaModel {
    /// Between text and this model's tokens.
    pub fn codec(&self) -> LlamaCodec {
        self.codec.clone()
    }

    /// The chat template in the file, a Jinja text (`tokenizer.chat_template`).
    pub fn chat_template(&self) -> Option<&str> {
        self.chat_template.as_deref()
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// What is asked for, held against what there is: llama.cpp ends the process on some of it.
    fn check(&self, rows: &[Row<'_>]) -> Result<(), ModelError> {
        for row in rows {
            let held = self.length(row.sequence)?;
            if row.tokens.is_empty() {
                return Err(ModelError::failed(format!("the row of sequence {} has no tokens", row.sequence)));
            }
            let (new, most) = (row.tokens.len(), self.spec.context);
            if held + new > most {
                return Err(ModelError::failed(format!(
                    "sequence {} would have {} tokens, and may have {most}: shorten the prompt or load the model with a larger context",
                    row.sequence,
                    held + new
                )));
            }
        }
        Ok(())
    }

    fn length(&self, sequence: SeqId) -> Result<usize, ModelError> {
        self.lengths.get(sequence).copied().ok_or_else(|| {
            ModelError::failed(format!("there is no sequence {sequence}: the model keeps {}", self.lengths.len()))
        })
    }

    fn set_length(&mut self, sequence: SeqId, length: usize) {
        if let Some(held) = self.lengths.get_mut(sequence) {
            *held = length;
        }
    }

    /// Appends the rows' tokens, `max_step_tokens` at a time.
    fn append(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut outputs = vec![Vec::new(); rows.len()];
        // Of the tokens in the batch, those whose logits are wanted, and for which output.
        let mut wanted: Vec<(i32, &mut Vec<f32>)> = Vec::new();
        self.batch.clear();
        for (row, output) in rows.iter().zip(&mut outputs) {
            let start = self.length(row.sequence)?;
            let mut output = Some(output).filter(|_| row.wanted);
            for (i, &token) in row.tokens.iter().enumerate() {
                if usize::try_from(self.batch.n_tokens()).is_ok_and(|held| held >= self.spec.max_step_tokens) {
                    self.flush(&mut wanted)?;
                }
                let is_last = i + 1 == row.tokens.len();
                let target = output.take_if(|_| is_last);
                let token = native_token(token, self.vocabulary)?;
                let index = add(&mut self.batch, token, start + i, row.sequence, target.is_some())?;
                wanted.extend(target.map(|target| (index, target)));
            }
        }
        self.flush(&mut wanted)?;
        Ok(outputs)
    }

    /// Computes the tokens in the batch and reads the logits that are wanted of them.
    fn flush(&mut self, wanted: &mut Vec<(i32, &mut Vec<f32>)>) -> Result<(), ModelError> {
        let Self { session, batch, .. } = self;
        session.with_dependent_mut(|_, context| {
            context.decode(batch).map_err(decode_error)?;
            for (index, output) in wanted.drain(..) {
                output.extend_from_slice(context.get_logits_ith(index));
            }
            Ok(())
        })?;
        self.batch.clear();
        Ok(())
    }

    /// Scores the rows, as many at a time as fit `max_step_tokens`: a sequence is read in one piece.
    fn score(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut outputs = Vec::with_capacity(rows.len());
        let mut rest = rows;
        while !rest.is_empty() {
            let mut tokens = 0;
            let fits = rest.iter().take_while(|row| {
                tokens += row.tokens.len();
                tokens <= self.spec.max_step_tokens
            });
            // One row always fits: `check` held it against the context.
            let (now, later) = rest.split_at(fits.count().max(1));
            self.score_together(now, &mut outputs)?;
            rest = later;
        }
        Ok(outputs)
    }

    fn score_together(&mut self, rows: &[Row<'_>], outputs: &mut Vec<Vec<f32>>) -> Result<(), ModelError> {
        self.batch.clear();
        for row in rows {
            for (position, &token) in row.tokens.iter().enumerate() {
                let token = native_token(token, self.vocabulary)?;
                add(&mut self.batch, token, position, row.sequence, true)?;
            }
        }
        let Self { session, batch, .. } = self;
        session.with_dependent_mut(|_, context| {
            context.decode(batch).map_err(decode_error)?;
            for row in rows {
                let scores = context.embeddings_seq_ith(native(row.sequence)?).map_err(|e| {
                    ModelError::caused(format!("llama.cpp gave no score of sequence {}", row.sequence), e)
                })?;
                outputs.push(scores.iter().copied().take(usize::from(row.wanted)).collect());
            }
            Ok(())
        })?;
        rows.iter().try_for_each(|row| self.truncate(row.sequence, 0))
    }

    /// Forgets the tokens of a sequence from position `len` on.
    fn truncate(&mut self, sequence: SeqId, len: usize) -> Result<(), ModelError> {
        let (id, from) = (native(sequence)?, u32::try_from(len).map_err(|_| too_large(len))?);
        self.session
            .with_dependent_mut(|_, context| context.kv_cache_seq_rm(id, Some(from), None))
            .map_err(|e| ModelError::caused(format!("llama.cpp could not shorten sequence {sequence}"), e))
    }
}

impl TokenModel for LlamaModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn step(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.check(rows)?;
        let incremental = self.spec.incremental;
        let result = if incremental { self.append(rows) } else { self.score(rows) };
        for row in rows {
            let held = self.length(row.sequence)?;
            if incremental && result.is_ok() {
                self.set_length(row.sequence, held + row.tokens.len());
            } else {
                self.truncate(row.sequence, held)?;
            }
        }
        result
    }

    fn fork(&mut self, from: SeqId, to: SeqId, len: usize) -> Result<(), ModelError> {
        let (held, taken) = (self.length(from)?, self.length(to)?);
        if taken > 0 || from == to {
            return Err(ModelError::failed(format!("sequence {to} is not empty: it cannot become a copy of {from}")));
        }
        if len > held {
            return Err(ModelError::failed(format!(
                "sequence {from} has {held} tokens, of which {len} cannot be copied"
            )));
        }
        let end = Some(u32::try_from(len).map_err(|_| too_large(len))?);
        let (source, target) = (native(from)?, native(to)?);
        self.session
            .with_dependent_mut(|_, context| context.kv_cache_seq_cp(source, target, Some(0), end))
            .map_err(|e| ModelError::caused(format!("llama.cpp could not copy sequence {from}"), e))?;
        self.set_length(to, len);
        Ok(())
    }

    fn remove(&mut self, sequence: SeqId) {
        if self.length(sequence).is_ok_and(|held| held > 0) {
            if let Err(error) = self.truncate(sequence, 0) {
                tracing::error!(%error, sequence, "a sequence was not removed");
            }
            self.set_length(sequence, 0);
        }
    }
}

/// Adds a token to a batch and gives its place there.
fn add(
    batch: &mut LlamaBatch<'_>,
    token: LlamaToken,
    position: usize,
    sequence: SeqId,
    wanted: bool,
) -> Result<i32, ModelError> {
    let index = batch.n_tokens();
    batch
        .add(token, native(position)?, &[native(sequence)?], wanted)
        .map_err(|e| ModelError::caused("the batch of llama.cpp is full", e))?;
    Ok(index)
}

fn native(number: usize) -> Result<i32, ModelError> {
    i32::try_from(number).map_err(|_| too_large(number))
}

fn too_large(number: usize) -> ModelError {
    ModelError::failed(format!("{number} is more than llama.cpp counts to"))
}

fn decode_error(error: DecodeError) -> ModelError {
    match error {
        DecodeError::NoKvCacheSlot => ModelError::NoRoom,
        error => ModelError::caused("llama.cpp could not compute the step, its log says why", error),
    }
}
