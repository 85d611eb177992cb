//! Products with few rows: bound by how fast weights come from memory, which is then used to the full by all threads.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{dispatch, numbers, suits};

/// Up to so many rows a product reads its weights from memory more slowly than it multiplies.
const FEW: usize = 16;
/// Weight rows that a thread takes at a time.
const WEIGHT_ROWS: usize = 32;

/// `x · Wᵀ` of few rows, if this is a case for it.
pub(in super::super) fn few_rows(x: &Tensor, weight: &Tensor) -> Option<Result<Tensor>> {
    let few = x.dims2().is_ok_and(|(rows, features)| rows <= FEW && features > 0);
    (few && suits(x) && suits(weight)).then(|| x.apply_op2_no_bwd(weight, &FewRows))
}

struct FewRows;

impl CustomOp2 for FewRows {
    fn name(&self) -> &'static str {
        "few-rows"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, w: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        let ((rows, features), (outputs, _)) = (lx.shape().dims2()?, lw.shape().dims2()?);
        let (x, weights) = (numbers(x, lx)?, numbers(w, lw)?);
        // a row for every output first, so that each thread writes to a place of its own
        let mut by_output = vec![0.0; outputs * rows];
        by_output
            .par_chunks_mut(WEIGHT_ROWS * rows)
            .zip(weights.par_chunks(WEIGHT_ROWS * features))
            .for_each(|(out, weights)| dispatch(Products { x, weights, features, out }));
        let out = if rows == 1 { by_output } else { transpose(&by_output, rows) };
        Ok((CpuStorage::F32(out), (rows, outputs).into()))
    }
}

/// `[outputs, rows]` to `[rows, outputs]`.
fn transpose(x: &[f32], rows: usize) -> Vec<f32> {
    (0..rows).flat_map(|row| x.iter().skip(row).step_by(rows).copied()).collect()
}

/// Products of some weight rows with all rows of `x`, `[weight rows, rows of x]`.
struct Products<'a> {
    x: &'a [f32],
    weights: &'a [f32],
    features: usize,
    out: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, weights, features, out } = self;
        let rows = x.len() / features;
        // four weight rows meet one row of x after the other: memory is read in four streams, and once
        for (weights, out) in weights.chunks(4 * features).zip(out.chunks_mut(4 * rows)) {
            let weights = four(weights, features);
            for (row, x) in x.chunks_exact(features).enumerate() {
                place(out, rows, row, dot4(simd, x, weights));
            }
        }
    }
}

/// Writes the products of one row of `x` to its column.
#[inline(always)]
fn place(out: &mut [f32], rows: usize, row: usize, products: [f32; 4]) {
    for (out, product) in out.chunks_exact_mut(rows).zip(products) {
        if let Some(out) = out.get_mut(row) {
            *out = product;
        }
    }
}

/// The first four rows; where there are fewer, the first stands in for the others.
#[inline(always)]
pub(super) fn four(rows: &[f32], features: usize) -> [&[f32]; 4] {
    let mut rows = rows.chunks_exact(features);
    let first = rows.next().unwrap_or_default();
    [first, rows.next().unwrap_or(first), rows.next().unwrap_or(first), rows.next().unwrap_or(first)]
}

/// The dot products of a row with four others of its length.
#[inline(always)]
pub(super) fn dot4<S: Simd>(simd: S, row: &[f32], [a, b, c, d]: [&[f32]; 4]) -> [f32; 4] {
    let (row, row_end) = S::as_simd_f32s(row);
    let ((a, a_end), (b, b_end)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
    let ((c, c_end), (d, d_end)) = (S::as_simd_f32s(c), S::as_simd_f32s(d));
    let zero = simd.splat_f32s(0.0);
    let mut sums = [zero; 4];
    for ((((x, a), b), c), d) in row.iter().zip(a).zip(b).zip(c).zip(d) {
        let [sa, sb, sc, sd] = sums;
        sums = [
            simd.mul_add_e_f32s(*x, *a, sa),
            simd.mul_add_e_f32s(*x, *b, sb),
            simd.mul_add_e_f32s(*x, *c, sc),
            simd.mul_add_e_f32s(*x, *d, sd),
        ];
    }
    let [sa, sb, sc, sd] = sums.map(|sum| simd.reduce_sum_f32s(sum));
    let end = |other: &[f32]| row_end.iter().zip(other).map(|(x, y)| x * y).sum::<f32>();
    [sa + end(a_end), sb + end(b_end), sc + end(c_end), sd + end(d_end)]
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{difference, ramp},
        *,
    };

    #[test]
    fn few_rows_are_multiplied_as_many_are() {
        for (rows, features, outputs) in
            [(1, 64, 100), (1, 7, 3), (2, 33, 65), (4, 8, 1), (7, 100, 130), (16, 1024, 34)]
        {
            let (x, weight) = (ramp(rows, features, 0.37), ramp(outputs, features, 0.11));
            let ours = few_rows(&x, &weight).unwrap().unwrap();
            assert!(difference(&ours, &x.matmul(&weight.t().unwrap()).unwrap()) < 1e-4);
        }
        let weight = ramp(5, 8, 1.0);
        assert!(few_rows(&ramp(17, 8, 1.0), &weight).is_none());
        assert!(few_rows(&ramp(8, 2, 1.0).t().unwrap(), &weight).is_none(), "not in rows");
        // a view into the middle
        let part = ramp(9, 8, 1.0).narrow(0, 3, 2).unwrap();
        let ours = few_rows(&part, &weight).unwrap().unwrap();
        assert!(difference(&ours, &part.matmul(&weight.t().unwrap()).unwrap()) < 1e-5);
    }
}
