//! [`KvCache`]: keys and values of numbered sequences, which share what they have in common.
//!
//! A sequence is a list of spans, each the beginning of a chunk. A chunk is room for the keys and values of some tokens in every
//! layer; it is written from front to back and never changed where it is written, so any number of sequences may look at its
//! beginning. Whoever looks at all that is written may go on writing, the others start a chunk of their own: a fork copies and
//! computes nothing, and no token's keys are ever moved.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use candle_core::{DType, Device, Result, Tensor};

use super::config::DecoderConfig;
use crate::engine::{ModelError, SeqId};

/// Chunks are at least so long, and a multiple of it, so that a token at a time does not make a chunk at a time.
const GRAIN: usize = 64;

/// The shape of what is kept, and how much of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KvShape {
    /// Layers of the model.
    pub layers: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Features of a head.
    pub head_dim: usize,
    /// Type of the numbers.
    pub dtype: DType,
    /// Where they are.
    pub device: Device,
    /// Most tokens of all sequences together, shared ones counted once.
    pub tokens: usize,
    /// Most sequences.
    pub sequences: usize,
}

impl KvShape {
    /// Of a decoder's keys and values, in `f32` on the processor, with room for one sequence of all its positions.
    pub fn new(config: &DecoderConfig) -> Self {
        Self {
            layers: config.windows.len(),
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            dtype: DType::F32,
            device: Device::Cpu,
            tokens: config.max_positions,
            sequences: 256,
        }
    }

    /// Bytes that one token takes.
    pub fn bytes_per_token(&self) -> usize {
        2 * self.layers * self.kv_heads * self.head_dim * self.dtype.size_in_bytes()
    }
}

/// Keys and values of numbered sequences.
#[derive(Debug)]
pub struct KvCache {
    shape: KvShape,
    sequences: Vec<Sequence>,
    /// Tokens written to the chunks that are alive.
    written: Arc<AtomicUsize>,
}

#[derive(Debug, Clone, Default)]
struct Sequence {
    spans: Vec<Span>,
    len: usize,
}

/// The first `len` tokens of a chunk.
#[derive(Debug, Clone)]
struct Span {
    chunk: Arc<Chunk>,
    len: usize,
}

#[derive(Debug)]
struct Chunk {
    /// Keys and values of every layer, `[kv_heads, capacity, head_dim]`.
    layers: Vec<(Tensor, Tensor)>,
    capacity: usize,
    filled: AtomicUsize,
    written: Arc<AtomicUsize>,
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.written.fetch_sub(self.filled.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Chunk {
    fn new(shape: &KvShape, capacity: usize, written: &Arc<AtomicUsize>) -> Result<Self> {
        let room = || Tensor::zeros((shape.kv_heads, capacity, shape.head_dim), shape.dtype, &shape.device);
        let layers = (0..shape.layers).map(|_| Ok((room()?, room()?))).collect::<Result<_>>()?;
        Ok(Self { layers, capacity, filled: AtomicUsize::new(0), written: Arc::clone(written) })
    }

    fn filled(&self) -> usize {
        self.filled.load(Ordering::Relaxed)
    }

    fn fill(&self, tokens: usize) {
        self.filled.fetch_add(tokens, Ordering::Relaxed);
        self.written.fetch_add(tokens, Ordering::Relaxed);
    }
}

impl KvCache {
    /// With no sequence in it.
    pub fn new(shape: KvShape) -> Self {
        Self { sequences: Vec::new(), shape, written: Arc::default() }
    }

    /// What it keeps, and how much.
    pub fn shape(&self) -> &KvShape {
        &self.shape
    }

    /// Tokens of a sequence.
    pub fn len(&self, sequence: SeqId) -> usize {
        self.sequences.get(sequence).map_or(0, |s| s.len)
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.sequences.iter().all(|s| s.len == 0)
    }

    /// Tokens that are kept, shared ones counted once.
    pub fn tokens(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }

    /// Makes room for so many more tokens at the end of each sequence, and gives the positions the new tokens begin at.
    /// After [`ModelError::NoRoom`] nothing has changed.
    pub(super) fn append(&mut self, rows: &[(SeqId, usize)]) -> std::result::Result<Vec<usize>, ModelError> {
        let new: usize = rows.iter().map(|(_, tokens)| tokens).sum();
        if self.tokens().saturating_add(new) > self.shape.tokens {
            return Err(ModelError::NoRoom);
        }
        rows.iter().map(|&(sequence, tokens)| self.grow(sequence, tokens)).collect()
    }

    fn grow(&mut self, number: SeqId, tokens: usize) -> std::result::Result<usize, ModelError> {
        let Self { shape, written, .. } = self;
        let sequence = slot(&mut self.sequences, number, shape.sequences)?;
        let fits = |span: &&mut Span| span.len == span.chunk.filled() && span.chunk.capacity - span.len >= tokens;
        let start = sequence.len;
        sequence.len += tokens;
        if let Some(span) = sequence.spans.last_mut().filter(fits) {
            span.chunk.fill(tokens);
            span.len += tokens;
            return Ok(start);
        }
        // a quarter more than there is: few spans in long sequences, little room unused
        let capacity = tokens.max(start / 4).max(1).next_multiple_of(GRAIN);
        let chunk = Chunk::new(shape, capacity, written)
            .map_err(|e| ModelError::caused("the device has no memory for keys and values: lower kv_bytes", e))?;
        chunk.fill(tokens);
        sequence.spans.push(Span { chunk: Arc::new(chunk), len: tokens });
        Ok(start)
    }

    /// Writes keys and values, `[kv_heads, tokens, head_dim]`, of the tokens that were appended last, and gives all of the
    /// sequence's in this layer, span by span.
    pub(super) fn extend(
        &self,
        sequence: SeqId,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<Vec<(Tensor, Tensor)>> {
        let spans = self.sequences.get(sequence).map_or(&[][..], |s| s.spans.as_slice());
        if let Some((span, (k, v))) = spans.last().and_then(|span| Some((span, span.chunk.layers.get(layer)?))) {
            let at = span.len - keys.dim(1)?;
            k.slice_set(keys, 1, at)?;
            v.slice_set(values, 1, at)?;
        }
        let parts = spans.iter().filter_map(|span| Some((span.len, span.chunk.layers.get(layer)?)));
        parts.map(|(len, (k, v))| Ok((k.narrow(1, 0, len)?, v.narrow(1, 0, len)?))).collect()
    }

    /// Makes the empty sequence `to` hold the first `len` tokens of `from`.
    pub fn fork(&mut self, from: SeqId, to: SeqId, len: usize) -> std::result::Result<(), ModelError> {
        let source = self.sequences.get(from).filter(|s| s.len >= len && len > 0);
        let Some(source) = source else {
            let has = self.len(from);
            return Err(ModelError::failed(format!("cannot fork {len} tokens of sequence {from}, which has {has}")));
        };
        let mut spans = Vec::new();
        let mut left = len;
        for span in &source.spans {
            if left == 0 {
                break;
            }
            let take = span.len.min(left);
            spans.push(Span { chunk: Arc::clone(&span.chunk), len: take });
            left -= take;
        }
        let target = slot(&mut self.sequences, to, self.shape.sequences)?;
        if target.len > 0 {
            return Err(ModelError::failed(format!(
                "cannot fork into sequence {to}, which is not empty: remove it first"
            )));
        }
        *target = Sequence { spans, len };
        Ok(())
    }

    /// Forgets a sequence.
    pub fn remove(&mut self, sequence: SeqId) {
        if let Some(slot) = self.sequences.get_mut(sequence) {
            *slot = Sequence::default();
        }
    }
}

/// The sequence of that number, empty if it was never seen.
fn slot(sequences: &mut Vec<Sequence>, number: SeqId, most: usize) -> std::result::Result<&mut Sequence, ModelError> {
    if number >= most {
        return Err(ModelError::failed(format!("sequence {number} is out of range: there are {most}")));
    }
    if sequences.len() <= number {
        sequences.resize_with(number + 1, Sequence::default);
    }
    sequences.get_mut(number).ok_or_else(|| ModelError::failed(format!("sequence {number} is not there")))
}
