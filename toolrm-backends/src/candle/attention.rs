//! Attention of one sequence's new tokens over its keys, which may lie in several parts.
//!
//! Queries go in blocks, so that the scores' memory does not grow with the square of the length; a block meets only the keys it
//! may see. Grouped heads share their keys by taking part in one product as more rows: keys and values are never repeated.

use std::{cell::RefCell, collections::HashMap, ops::Range};

use candle_core::{Device, Result, Tensor};

use super::{
    kernels,
    ops::Ops,
    packed::{RowSpan, concat},
};

/// What a token sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sight {
    /// Itself and those before it, so many at most with a window.
    Back(Option<usize>),
    /// All, or so many to both sides.
    Around(Option<usize>),
}

/// Most scores of one block (all heads): 16 MiB in `f32` on the processor, where caches are small, and 256 MiB on a GPU, where
/// starting a kernel costs more.
const SCORES_CPU: usize = 1 << 22;
const SCORES_GPU: usize = 1 << 26;
const MOST_QUERIES_CPU: usize = 128;
const MOST_QUERIES_GPU: usize = 1024;

/// Attention of every row of a step on its own. Queries, keys and values, the former already scaled, are
/// `[tokens, heads, head_dim]`, of all rows one after the other; there may be queries for the last tokens of a row only, and
/// `asking` is where they lie. `keep` gets a row's number, keys and values, and gives all that the row's queries may look at.
/// Gives `[queries, heads · head_dim]`.
pub(super) fn attend_rows(
    ops: Ops,
    rows: &[RowSpan],
    asking: &[RowSpan],
    [queries, keys, values]: [&Tensor; 3],
    sight: Sight,
    masks: &Masks,
    keep: impl Fn(usize, Tensor, Tensor) -> Result<Vec<(Tensor, Tensor)>>,
) -> Result<Tensor> {
    let mut out = Vec::with_capacity(rows.len());
    for (number, (row, asking)) in rows.iter().zip(asking).enumerate() {
        let by_head = |x: &Tensor| x.narrow(0, row.start, row.len)?.transpose(0, 1)?.contiguous();
        let parts = keep(number, by_head(keys)?, by_head(values)?)?;
        if asking.len > 0 {
            out.push(attend(ops, &queries.narrow(0, asking.start, asking.len)?, &parts, sight, masks)?);
        }
    }
    concat(&out)
}

/// Attention of the queries `[tokens, heads, head_dim]`, already scaled, of the last tokens of a sequence over all its keys and
/// values, in parts of `[kv_heads, length, head_dim]` that follow each other. Gives `[tokens, heads · head_dim]`.
fn attend(ops: Ops, queries: &Tensor, parts: &[(Tensor, Tensor)], sight: Sight, masks: &Masks) -> Result<Tensor> {
    let (tokens, heads, head_dim) = queries.dims3()?;
    let mut total = 0;
    for (keys, _) in parts {
        total += keys.dim(1)?;
    }
    let first = total.saturating_sub(tokens);
    if tokens == 1 && ops == Ops::Fused {
        let seen = sight.range(Span { position: first, count: 1, total });
        if let Some(out) = kernels::attend_one(&queries.contiguous()?, &cut(parts, seen.start, seen.end)?) {
            return out;
        }
    }
    let (scores, most) = match queries.device() {
        Device::Cpu => (SCORES_CPU, MOST_QUERIES_CPU),
        _ => (SCORES_GPU, MOST_QUERIES_GPU),
    };
    let block = (scores / (heads * total.max(1))).clamp(16, most);
    let mut blocks = Vec::with_capacity(tokens.div_ceil(block));
    for start in (0..tokens).step_by(block) {
        let count = block.min(tokens - start);
        let span = Span { position: first + start, count, total };
        blocks.push(attend_block(ops, &queries.narrow(0, start, count)?, parts, sight, masks, span)?);
    }
    concat(&blocks)?.reshape((tokens, heads * head_dim))
}

/// A block of queries among all tokens.
#[derive(Debug, Clone, Copy)]
struct Span {
    position: usize,
    count: usize,
    total: usize,
}

fn attend_block(
    ops: Ops,
    queries: &Tensor,
    parts: &[(Tensor, Tensor)],
    sight: Sight,
    masks: &Masks,
    span: Span,
) -> Result<Tensor> {
    let (count, heads, head_dim) = queries.dims3()?;
    let kv_heads = parts.first().map_or(Ok(1), |(keys, _)| keys.dim(0))?;
    let group = heads / kv_heads;
    let rows = queries.transpose(0, 1)?.contiguous()?.reshape((kv_heads, group * count, head_dim))?;

    let seen = sight.range(span);
    let scores = |keys: Range<usize>| -> Result<Vec<Tensor>> {
        cut(parts, keys.start, keys.end)?.iter().map(|(keys, _)| rows.matmul(&keys.t()?)).collect()
    };
    // without a window all see what was there before the block, and only its own tokens must be hidden from each other
    let open = if sight == Sight::Back(None) { seen.start..span.position } else { seen.start..seen.start };
    let veiled = open.end..seen.end;
    let mut all = scores(open)?;
    all.push(masks.hide(&join(scores(veiled.clone())?)?, sight, span, veiled)?);
    let weights = ops.softmax(&join(all)?)?;

    let mut out: Option<Tensor> = None;
    let mut at = 0;
    for (_, values) in cut(parts, seen.start, seen.end)? {
        let length = values.dim(1)?;
        let share = weights.narrow(2, at, length)?;
        // the processor multiplies by strides, a GPU wants whole rows
        let share = if share.device().is_cpu() { share } else { share.contiguous()? };
        let part = share.matmul(&values)?;
        out = Some(match out {
            Some(sum) => (sum + part)?,
            None => part,
        });
        at += length;
    }
    let out = out.map_or_else(|| rows.zeros_like(), Ok)?;
    out.reshape((heads, count, head_dim))?.transpose(0, 1)?.reshape((count, heads * head_dim))
}

/// The parts' tokens from `start` to `end`, counted over all parts.
fn cut(parts: &[(Tensor, Tensor)], start: usize, end: usize) -> Result<Vec<(Tensor, Tensor)>> {
    let mut pieces = Vec::with_capacity(parts.len());
    let mut at = 0;
    for (keys, values) in parts {
        let length = keys.dim(1)?;
        let (from, to) = (start.max(at), end.min(at + length));
        if from < to {
            pieces.push((keys.narrow(1, from - at, to - from)?, values.narrow(1, from - at, to - from)?));
        }
        at += length;
    }
    Ok(pieces)
}

/// Side by side along the keys.
fn join(mut scores: Vec<Tensor>) -> Result<Tensor> {
    match scores.pop() {
        Some(one) if scores.is_empty() => Ok(one),
        last => {
            scores.extend(last);
            Tensor::cat(&scores, 2)
        }
    }
}

/// The masks of one step: layers and rows have most of them in common.
#[derive(Debug, Default)]
pub(super) struct Masks(RefCell<HashMap<(Sight, usize, usize, usize), Tensor>>);

impl Masks {
    /// Sets the scores of keys that a query must not see to minus infinity; `keys` are their positions.
    fn hide(&self, scores: &Tensor, sight: Sight, span: Span, keys: Range<usize>) -> Result<Tensor> {
        let (start, end) = (span.position, span.position + span.count);
        // if any pair is hidden, then one of these
        if sight.sees(start, keys.end - 1) && sight.sees(end - 1, keys.start) {
            return Ok(scores.clone());
        }
        let width = keys.len();
        let key = (sight, start - keys.start, span.count, width);
        let known = self.0.borrow().get(&key).cloned();
        let mask = if let Some(mask) = known {
            mask
        } else {
            let value = |q, k| if sight.sees(q, k) { 0.0_f32 } else { f32::NEG_INFINITY };
            let mask: Vec<f32> = (start..end).flat_map(|q| keys.clone().map(move |k| value(q, k))).collect();
            let mask = Tensor::from_vec(mask, (span.count, width), scores.device())?.to_dtype(scores.dtype())?;
            self.0.borrow_mut().insert(key, mask.clone());
            mask
        };
        let (kv_heads, rows, _) = scores.dims3()?;
        let heads = scores.reshape((kv_heads * rows / span.count, span.count, width))?;
        heads.broadcast_add(&mask)?.reshape((kv_heads, rows, width))
    }
}

impl Sight {
    /// The keys that any query of a block sees.
    fn range(self, span: Span) -> Range<usize> {
        let Span { position, count, total } = span;
        match self {
            Self::Back(window) => window.map_or(0, |w| (position + 1).saturating_sub(w))..position + count,
            Self::Around(None) => 0..total,
            Self::Around(Some(reach)) => position.saturating_sub(reach)..(position + count + reach).min(total),
        }
    }

    fn sees(self, query: usize, key: usize) -> bool {
        match self {
            Self::Back(window) => key <= query && window.is_none_or(|w| query - key < w),
            Self::Around(reach) => reach.is_none_or(|r| query.abs_diff(key) <= r),
        }
    }
}
