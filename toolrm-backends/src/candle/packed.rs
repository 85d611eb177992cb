//! Rows of different lengths as one flat list of tokens: everything but attention runs on all of them at once, and nothing is padded.

use candle_core::{Device, Result, Tensor};

use crate::engine::Token;

/// Where a row lies among the tokens of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowSpan {
    pub(super) start: usize,
    pub(super) len: usize,
}

/// The tokens whose hidden states are wanted: the last ones of some rows.
#[derive(Debug)]
pub(super) struct Kept {
    /// Where they lie among the tokens of the step, `[kept]`.
    pub(super) index: Tensor,
    /// For every row of the step, where its token lies among the kept ones; of length 0 or 1.
    pub(super) rows: Vec<RowSpan>,
}

impl Kept {
    /// The last tokens of the rows that are wanted; if none is, that of the first row, so that there is something to compute.
    pub(super) fn last(rows: &[RowSpan], wanted: &[bool], device: &Device) -> Result<Self> {
        let none = !wanted.contains(&true);
        let mut index = Vec::new();
        let mut spans = Vec::with_capacity(rows.len());
        for (number, (row, wanted)) in rows.iter().zip(wanted).enumerate() {
            let len = usize::from(*wanted || none && number == 0);
            spans.push(RowSpan { start: index.len(), len });
            index.extend(
                (row.start + row.len - len..row.start + row.len).map(|at| u32::try_from(at).unwrap_or(u32::MAX)),
            );
        }
        let count = index.len();
        Ok(Self { index: Tensor::from_vec(index, count, device)?, rows: spans })
    }
}

/// The tokens of a step.
#[derive(Debug)]
pub(super) struct Packed {
    /// Token numbers, `[tokens]`.
    pub(super) tokens: Tensor,
    /// Their positions in their sequences, `[tokens]`.
    pub(super) positions: Tensor,
    pub(super) rows: Vec<RowSpan>,
}

impl Packed {
    /// Rows whose first tokens stand at the given positions.
    pub(super) fn new(rows: &[&[Token]], starts: &[usize], device: &Device) -> Result<Self> {
        let mut spans = Vec::with_capacity(rows.len());
        let mut positions = Vec::new();
        for (row, &start) in rows.iter().zip(starts) {
            spans.push(RowSpan { start: positions.len(), len: row.len() });
            // contexts are far shorter than 2^32
            positions.extend((start..start + row.len()).map(|position| u32::try_from(position).unwrap_or(u32::MAX)));
        }
        let count = positions.len();
        Ok(Self {
            tokens: Tensor::from_vec(rows.concat(), count, device)?,
            positions: Tensor::from_vec(positions, count, device)?,
            rows: spans,
        })
    }
}

/// Puts the rows' parts, each `[length, features]`, one after the other.
pub(super) fn concat(parts: &[Tensor]) -> Result<Tensor> {
    match parts {
        [one] => Ok(one.clone()),
        _ => Tensor::cat(parts, 0),
    }
}

/// The first token of every row, `[rows, features]`.
pub(super) fn first_tokens(x: &Tensor, rows: &[RowSpan]) -> Result<Tensor> {
    let first: Vec<u32> = rows.iter().map(|row| u32::try_from(row.start).unwrap_or(u32::MAX)).collect();
    x.index_select(&Tensor::from_vec(first, rows.len(), x.device())?, 0)
}

/// The mean of every row's tokens, `[rows, features]`.
pub(super) fn means(x: &Tensor, rows: &[RowSpan]) -> Result<Tensor> {
    let means: Vec<_> =
        rows.iter().map(|row| x.narrow(0, row.start, row.len)?.mean_keepdim(0)).collect::<Result<_>>()?;
    concat(&means)
}
