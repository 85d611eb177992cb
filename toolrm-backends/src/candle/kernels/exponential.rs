//! Softmax and gates, many exponentials at once.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{dispatch, numbers, suits};

/// Numbers that a thread takes at a time.
const NUMBERS: usize = 1 << 14;

/// `silu(gate) · up`, if this is a case for it.
pub(in super::super) fn silu_times(gate: &Tensor, up: &Tensor) -> Option<Result<Tensor>> {
    (suits(gate) && suits(up) && gate.dims() == up.dims()).then(|| gate.apply_op2_no_bwd(up, &SiluTimes))
}

/// Softmax over the last dimension, if this is a case for it.
pub(in super::super) fn softmax(x: &Tensor) -> Option<Result<Tensor>> {
    suits(x).then(|| x.apply_op1_no_bwd(&Softmax))
}

struct SiluTimes;

impl CustomOp2 for SiluTimes {
    fn name(&self) -> &'static str {
        "silu-times"
    }

    fn cpu_fwd(&self, gate: &CpuStorage, lg: &Layout, up: &CpuStorage, lu: &Layout) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (numbers(gate, lg)?, numbers(up, lu)?);
        let mut out = vec![0.0; gate.len()];
        out.par_chunks_mut(NUMBERS).zip(gate.par_chunks(NUMBERS)).zip(up.par_chunks(NUMBERS)).for_each(
            |((out, gate), up)| {
                dispatch(|| {
                    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
                        *out = gate / (1.0 + exp(-gate)) * up;
                    }
                });
            },
        );
        Ok((CpuStorage::F32(out), lg.shape().clone()))
    }
}

struct Softmax;

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(x, layout)?;
        let width = layout.dims().last().copied().unwrap_or(1).max(1);
        let mut out = vec![0.0; x.len()];
        // whole rows, some at a time
        let piece = width * (NUMBERS / width).max(1);
        out.par_chunks_mut(piece).zip(x.par_chunks(piece)).for_each(|(out, x)| {
            dispatch(|| {
                for (out, x) in out.chunks_mut(width).zip(x.chunks(width)) {
                    softmax_row(x, out);
                }
            });
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

#[inline(always)]
pub(super) fn softmax_row(x: &[f32], out: &mut [f32]) {
    let largest = lanes(x, f32::NEG_INFINITY, f32::max);
    for (out, x) in out.iter_mut().zip(x) {
        *out = exp(x - largest);
    }
    let scale = 1.0 / lanes(out, 0.0, |a, b| a + b);
    for out in out {
        *out *= scale;
    }
}

/// A fold over all numbers, eight at a time.
#[inline(always)]
fn lanes(x: &[f32], start: f32, fold: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = x.as_chunks::<8>();
    let mut lanes = [start; 8];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = fold(*lane, *x);
        }
    }
    lanes.into_iter().chain(rest.iter().copied()).fold(start, &fold)
}

/// `e^x` to one part in ten million, without branches, so that many are computed at once; 0 where the result is below the normal
/// numbers, `e^88` where it would be above. Cephes' `expf`: `x = n·ln 2 + r`, a polynomial of `r`, and `n` into the exponent's bits.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const SMALLEST: f32 = -87.3;
    const LARGEST: f32 = 88.0;
    // adding it rounds to an integer, which then stands in the lowest bits
    const ROUND: f32 = 12_582_912.0;
    let inside = x.clamp(SMALLEST, LARGEST);
    let shifted = inside * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = inside - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + c;
    }
    let fraction = p * r * r + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23);
    if x < SMALLEST { 0.0 } else { fraction * power }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, Device};

    use super::{
        super::tests::{difference, ramp},
        *,
    };

    #[test]
    fn exponentials_are_those_of_the_library() {
        for step in -8800_i16..8800 {
            let x = f32::from(step) / 100.0;
            let (ours, theirs) = (exp(x), x.exp());
            assert!((ours - theirs).abs() <= 3e-7 * theirs + 1.3e-38, "{x}: {ours} {theirs}");
        }
        assert!(exp(1000.0).is_finite() && exp(1000.0) > 1e38);
        assert_eq!((exp(f32::NEG_INFINITY), exp(-1000.0), exp(0.0)), (0.0, 0.0, 1.0));
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn gates_and_softmax_are_those_of_candle() {
        let (gate, up) = ((ramp(50, 777, 0.5) * 30.0).unwrap(), ramp(50, 777, 0.7));
        let expected = (gate.silu().unwrap() * &up).unwrap();
        assert!(difference(&silu_times(&gate, &up).unwrap().unwrap(), &expected) < 1e-5);
        for width in [1, 5, 8, 777, 20_000] {
            let scores = (ramp(3, width, 0.9) * 50.0).unwrap();
            let expected = candle_nn::ops::softmax(&scores, D::Minus1).unwrap();
            assert!(difference(&softmax(&scores).unwrap().unwrap(), &expected) < 1e-6);
        }
        let hidden = Tensor::new(&[[1.0_f32, f32::NEG_INFINITY, 1.0]], &Device::Cpu).unwrap();
        assert_eq!(softmax(&hidden).unwrap().unwrap().to_vec2::<f32>().unwrap(), [[0.5, 0.0, 0.5]]);
    }
}
