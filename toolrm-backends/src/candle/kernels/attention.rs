//! Attention of a single token, as it is in every step of writing: no tensors in between, and no copies of keys.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    dispatch,
    exponential::softmax_row,
    numbers,
    product::{dot4, four},
    suits,
};

/// Attention of one token's queries, `[1, heads, head_dim]` and already scaled, over keys and values in parts of
/// `[kv_heads, length, head_dim]`, all of which they see, if this is a case for it.
pub(in super::super) fn attend_one(queries: &Tensor, parts: &[(Tensor, Tensor)]) -> Option<Result<Tensor>> {
    let rows = |x: &Tensor| {
        let f32s = x.device().is_cpu() && x.dtype() == DType::F32;
        f32s && matches!((x.stride(), x.dims()), (&[_, row, 1], &[_, _, features]) if row == features)
    };
    let one = queries.dims().first() == Some(&1) && suits(queries) && !parts.is_empty();
    (one && parts.iter().all(|(keys, values)| rows(keys) && rows(values))).then(|| attend_heads(queries, parts))
}

fn attend_heads(queries: &Tensor, parts: &[(Tensor, Tensor)]) -> Result<Tensor> {
    let (_, heads, head_dim) = queries.dims3()?;
    let stored: Vec<_> = parts.iter().flat_map(|(k, v)| [k.storage_and_layout(), v.storage_and_layout()]).collect();
    let (asking, layout) = queries.storage_and_layout();
    let Storage::Cpu(asking) = &*asking else { bail!("a kernel for the processor got another device") };
    let asking = numbers(asking, layout)?;

    // for every head of keys, its keys and values part by part
    let kv_heads = parts.first().map_or(Ok(1), |(keys, _)| keys.dim(0))?;
    let mut seen: Vec<Vec<(&[f32], &[f32])>> = vec![Vec::with_capacity(parts.len()); kv_heads];
    for pair in stored.chunks_exact(2) {
        let [(keys, lk), (values, lv)] = pair else { continue };
        for (number, seen) in seen.iter_mut().enumerate() {
            seen.push((head(keys, lk, number)?, head(values, lv, number)?));
        }
    }
    let group = heads / kv_heads * head_dim;
    let mut out = vec![0.0; heads * head_dim];
    out.par_chunks_mut(group).zip(asking.par_chunks(group)).zip(&seen).for_each(|((out, asking), seen)| {
        for (out, query) in out.chunks_mut(head_dim).zip(asking.chunks(head_dim)) {
            dispatch(AttendOne { query, seen, out });
        }
    });
    Tensor::from_vec(out, (1, heads * head_dim), queries.device())
}

/// The numbers of one head of a tensor `[heads, length, head_dim]`.
fn head<'a>(storage: &'a Storage, layout: &Layout, number: usize) -> Result<&'a [f32]> {
    let (Storage::Cpu(CpuStorage::F32(all)), &[stride, ..], &[_, length, features]) =
        (storage, layout.stride(), layout.dims())
    else {
        bail!("a kernel for f32 on the processor got another tensor")
    };
    let start = layout.start_offset() + number * stride;
    all.get(start..start + length * features)
        .ok_or_else(|| candle_core::Error::msg("a head lies outside of its tensor"))
}

/// Attention of one query of one head.
struct AttendOne<'a> {
    query: &'a [f32],
    seen: &'a [(&'a [f32], &'a [f32])],
    out: &'a mut [f32],
}

impl WithSimd for AttendOne<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { query, seen, out } = self;
        let features = query.len();
        let mut scores = Vec::new();
        for (keys, _) in seen {
            for keys in keys.chunks(4 * features) {
                let products = dot4(simd, query, four(keys, features));
                scores.extend(products.into_iter().take(keys.len() / features));
            }
        }
        let mut weights = vec![0.0; scores.len()];
        softmax_row(&scores, &mut weights);
        let values = seen.iter().flat_map(|(_, values)| values.chunks_exact(features));
        for (weight, values) in weights.iter().zip(values) {
            let ((sums, sums_end), (values, values_end)) = (S::as_mut_simd_f32s(out), S::as_simd_f32s(values));
            let factor = simd.splat_f32s(*weight);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = simd.mul_add_e_f32s(factor, *value, *sum);
            }
            for (sum, value) in sums_end.iter_mut().zip(values_end) {
                *sum += weight * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::D;

    use super::{
        super::tests::{difference, ramp},
        *,
    };

    #[test]
    fn one_query_attends_as_products_and_softmax_have_it() {
        // 2 heads of keys for 6 of queries, of 9 features, in parts that are views into longer ones
        let (heads, kv_heads, features) = (6, 2, 9);
        let queries = ramp(heads, features, 0.3).reshape((1, heads, features)).unwrap();
        let part = |length: usize, room: usize, factor| {
            let all = ramp(kv_heads * room, features, factor).reshape((kv_heads, room, features)).unwrap();
            all.narrow(1, 0, length).unwrap()
        };
        let parts = [
            (part(7, 10, 0.2), part(7, 10, 0.5)),
            (part(1, 1, 0.7), part(1, 1, 0.9)),
            (part(64, 64, 0.4), part(64, 64, 0.6)),
        ];
        let ours = attend_one(&queries, &parts).unwrap().unwrap();

        let side = |which: fn(&(Tensor, Tensor)) -> &Tensor| Tensor::cat(&parts.each_ref().map(which), 1).unwrap();
        let (keys, values) = (side(|(k, _)| k), side(|(_, v)| v));
        let grouped = queries.reshape((kv_heads, heads / kv_heads, features)).unwrap();
        let scores = grouped.matmul(&keys.t().unwrap()).unwrap();
        let expected = candle_nn::ops::softmax(&scores, D::Minus1).unwrap().matmul(&values).unwrap();
        assert!(difference(&ours, &expected.reshape((1, heads * features)).unwrap()) < 1e-5);

        let turned = parts.each_ref().map(|(k, v)| (k.transpose(0, 1).unwrap(), v.clone()));
        assert!(attend_one(&queries, &turned).is_none(), "keys that do not lie head by head");
    }
}
