//! Logits of the next token, with a cache of keys and values for each sequence.
//!
//! The graph takes the cache as inputs and gives it back, longer, as outputs. Rows of one step that have as many tokens kept
//! and as many new ones run together, the others by themselves: nothing is padded, so no row's numbers hang on another's
//! length.
//!
//! What sequences share is kept once: a sequence is a list of parts, and forks hold the same ones. A sequence of its own is
//! one part, which the runtime reads where it lies, and whose successor is taken as the runtime gives it; parts are copied
//! together for a run of several sequences, or of a fork.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ort::{
    session::SessionInputValue,
    value::{DynValue, Tensor},
};

use super::network::{Inputs, Network, Tokens, floats, floats_of};
use crate::engine::{ModelError, Row, SeqId};

/// An array of the cache, \[batch, heads, tokens, width\] in `f32`: the keys or the values of a layer.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) past: String,
    pub(super) present: String,
    pub(super) heads: usize,
    pub(super) width: usize,
}

#[derive(Debug)]
pub(super) struct Causal {
    layers: Vec<Layer>,
    vocabulary: usize,
    /// Most tokens in the caches.
    most: usize,
    sequences: BTreeMap<SeqId, Vec<Part>>,
}

/// The first `len` tokens of a cache, which other sequences may begin with, too.
#[derive(Debug, Clone)]
struct Part {
    cache: Arc<Cache>,
    len: usize,
}

/// An array for each layer, \[1, heads, tokens, width\].
#[derive(Debug)]
struct Cache {
    arrays: Vec<DynValue>,
    tokens: usize,
}

impl Part {
    fn is_shared(&self) -> bool {
        Arc::strong_count(&self.cache) > 1
    }

    /// Its array of a layer.
    fn array(&self, layer: usize) -> Result<&DynValue, ModelError> {
        self.cache.arrays.get(layer).ok_or_else(|| ModelError::failed("a cache has fewer layers than the model"))
    }
}

/// Bytes of one token in the cache.
pub(super) fn bytes_per_token(layers: &[Layer]) -> usize {
    layers.iter().map(|l| l.heads * l.width * size_of::<f32>()).sum()
}

/// Most tokens of a step: the graph gives logits for every token, and they shall take no more than 256 MiB.
pub(super) fn step_tokens(vocabulary: usize) -> usize {
    const LOGITS: usize = (256 << 20) / size_of::<f32>();
    LOGITS.checked_div(vocabulary).unwrap_or(0).clamp(16, 2048)
}

impl Causal {
    pub(super) fn new(layers: Vec<Layer>, vocabulary: usize, most: usize) -> Self {
        Self { layers, vocabulary, most, sequences: BTreeMap::new() }
    }

    fn parts(&self, sequence: SeqId) -> &[Part] {
        self.sequences.get(&sequence).map_or(&[], Vec::as_slice)
    }

    /// Tokens kept of a sequence.
    pub(super) fn len(&self, sequence: SeqId) -> usize {
        self.parts(sequence).iter().map(|part| part.len).sum()
    }

    pub(super) fn remove(&mut self, sequence: SeqId) {
        self.sequences.remove(&sequence);
    }

    /// Copies nothing: arrays are never written to.
    pub(super) fn fork(&mut self, from: SeqId, to: SeqId, len: usize) -> Result<(), ModelError> {
        let (there, taken) = (self.len(from), self.len(to));
        if taken > 0 {
            return Err(ModelError::failed(format!("sequence {to} has {taken} tokens: a fork goes to an empty one")));
        }
        if len > there {
            return Err(ModelError::failed(format!("sequence {from} has {there} tokens: {len} cannot be forked")));
        }
        let mut left = len;
        let mut parts = Vec::new();
        for part in self.parts(from) {
            let len = part.len.min(left);
            left -= len;
            if len > 0 {
                parts.push(Part { len, ..part.clone() });
            }
        }
        self.sequences.insert(to, parts);
        Ok(())
    }

    pub(super) fn step(&mut self, network: &mut Network, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.find_room(rows)?;
        let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            groups.entry((self.len(row.sequence), row.tokens.len())).or_default().push(at);
        }
        let mut outputs = vec![Vec::new(); rows.len()];
        for ((past, new), members) in groups {
            let group: Vec<Row<'_>> = members.iter().filter_map(|at| rows.get(*at)).copied().collect();
            for (at, logits) in members.into_iter().zip(self.run(network, &group, past, new)?) {
                if let Some(place) = outputs.get_mut(at) {
                    *place = logits;
                }
            }
        }
        Ok(outputs)
    }

    /// Whether what is kept and what is new stay within bounds; and that no sequence stands in two rows.
    fn find_room(&self, rows: &[Row<'_>]) -> Result<(), ModelError> {
        if rows.iter().map(|row| row.sequence).collect::<BTreeSet<_>>().len() < rows.len() {
            return Err(ModelError::failed("a sequence stands in two rows of one step"));
        }
        let parts = self.sequences.values().flatten();
        let caches: BTreeMap<_, usize> = parts.map(|part| (Arc::as_ptr(&part.cache), part.cache.tokens)).collect();
        let tokens = caches.into_values().chain(rows.iter().map(|row| row.tokens.len())).sum::<usize>();
        if tokens > self.most { Err(ModelError::NoRoom) } else { Ok(()) }
    }

    /// Rows that have `past` tokens kept and `new` ones to append, all of them.
    fn run(
        &mut self,
        network: &mut Network,
        rows: &[Row<'_>],
        past: usize,
        new: usize,
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        let parts: Vec<&[Part]> = rows.iter().map(|row| self.parts(row.sequence)).collect();
        let mut inputs = Inputs::new();
        for (at, layer) in self.layers.iter().enumerate() {
            inputs.push((layer.past.clone().into(), layer.gather(&parts, at, past)?));
        }
        let mut outputs = network.run(rows.len(), tokens(rows, past, new), inputs)?;

        // What is shared stays as it is; behind it comes one part, of what was a sequence's own and what is new.
        let kept: Vec<&[Part]> = parts.iter().map(|parts| shared(parts)).collect();
        let starts: Vec<usize> = kept.iter().map(|parts| parts.iter().map(|part| part.len).sum()).collect();
        let mut arrays: Vec<Vec<DynValue>> = rows.iter().map(|_| Vec::new()).collect();
        for layer in &self.layers {
            let array = outputs.remove(&layer.present);
            let array =
                array.ok_or_else(|| ModelError::failed(format!("the model gave no output {}", layer.present)))?;
            for (arrays, rest) in arrays.iter_mut().zip(layer.split(array, &starts, past + new)?) {
                arrays.push(rest);
            }
        }
        let (shape, logits) = floats(&outputs, "logits")?;
        let logits = last_logits(shape, logits, rows, self.vocabulary)?;
        let mut grown: Vec<Vec<Part>> = kept.iter().map(|parts| parts.to_vec()).collect();
        for ((parts, arrays), start) in grown.iter_mut().zip(arrays).zip(starts) {
            let tokens = past + new - start;
            parts.push(Part { cache: Arc::new(Cache { arrays, tokens }), len: tokens });
        }
        self.sequences.extend(rows.iter().map(|row| row.sequence).zip(grown));
        Ok(logits)
    }
}

/// What is said of the new tokens.
fn tokens(rows: &[Row<'_>], past: usize, new: usize) -> Tokens {
    Tokens {
        ids: rows.iter().flat_map(|row| row.tokens).map(|t| i64::from(*t)).collect(),
        mask: vec![1; rows.len() * (past + new)],
        types: vec![0; rows.len() * new],
        positions: rows.iter().flat_map(|_| (0..).skip(past).take(new)).collect(),
    }
}

/// The parts up to the last one that another sequence holds, too.
fn shared(parts: &[Part]) -> &[Part] {
    let end = parts.iter().rposition(Part::is_shared).map_or(0, |last| last + 1);
    parts.get(..end).unwrap_or_default()
}

impl Layer {
    /// The input of a run: the `past` tokens of every row. Borrowed where they are one array, else copied together.
    fn gather<'a>(&self, rows: &[&'a [Part]], at: usize, past: usize) -> Result<SessionInputValue<'a>, ModelError> {
        if let [[part]] = rows
            && part.len == part.cache.tokens
        {
            return Ok(SessionInputValue::from(part.array(at)?));
        }
        let mut numbers = Vec::with_capacity(rows.len() * self.heads * past * self.width);
        for parts in rows {
            let mut heads = Vec::with_capacity(parts.len());
            for part in *parts {
                let (_, whole) = floats_of(part.array(at)?, &self.past)?;
                heads.push((whole.chunks_exact(part.cache.tokens * self.width), part.len * self.width));
            }
            for _ in 0..self.heads {
                for (heads, len) in &mut heads {
                    numbers.extend_from_slice(heads.next().and_then(|head| head.get(..*len)).unwrap_or_default());
                }
            }
        }
        self.array(rows.len(), past, numbers).map(SessionInputValue::from)
    }

    /// The arrays of the rows, each from its own start on. That of a single row from the first token on is taken as it is.
    fn split(&self, array: DynValue, starts: &[usize], tokens: usize) -> Result<Vec<DynValue>, ModelError> {
        let (shape, numbers) = floats_of(&array, &self.present)?;
        let expected = [starts.len(), self.heads, tokens, self.width];
        if !shape.iter().map(|d| usize::try_from(*d).ok()).eq(expected.map(Some)) {
            let what = format!("the model gave {} of shape {shape:?}, and not {expected:?}", self.present);
            return Err(ModelError::failed(what));
        }
        if starts == [0] {
            return Ok(vec![array]);
        }
        let head = tokens * self.width;
        let rows = numbers.chunks_exact(self.heads * head).zip(starts);
        rows.map(|(row, start)| {
            let heads = row.chunks_exact(head).filter_map(|head| head.get(start * self.width..));
            self.array(1, tokens - start, heads.collect::<Vec<_>>().concat())
        })
        .collect()
    }

    fn array(&self, rows: usize, tokens: usize, numbers: Vec<f32>) -> Result<DynValue, ModelError> {
        let tensor = Tensor::from_array(([rows, self.heads, tokens, self.width], numbers));
        Ok(tensor.map_err(|e| ModelError::caused(format!("{}: {e}", self.past), e))?.into_dyn())
    }
}

/// Of logits \[rows, tokens, vocabulary\] those of every row's last token, where they are wanted.
fn last_logits(
    shape: &[i64],
    logits: &[f32],
    rows: &[Row<'_>],
    vocabulary: usize,
) -> Result<Vec<Vec<f32>>, ModelError> {
    let sizes: Vec<usize> = shape.iter().filter_map(|d| usize::try_from(*d).ok()).collect();
    let tokens = match *sizes {
        [found, tokens, width] if found == rows.len() && width == vocabulary && tokens > 0 => tokens,
        _ => {
            return Err(ModelError::failed(format!(
                "the model gave logits of shape {shape:?} for {} sequences and a vocabulary of {vocabulary}: is its \
                 config.json of the same model?",
                rows.len()
            )));
        }
    };
    let last = logits.chunks_exact(vocabulary).skip(tokens - 1).step_by(tokens);
    Ok(rows.iter().zip(last).map(|(row, logits)| if row.wanted { logits.to_vec() } else { Vec::new() }).collect())
}
