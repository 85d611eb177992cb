//! Kernels for `f32` on the processor, where candle's are slow: products of few rows, which its gemm computes on one thread or by
//! packing all weights anew, and functions with exponentials, which it computes one number at a time.
//!
//! They have no gradients: only [`Ops::Fused`](super::Ops::Fused) uses them.

#![allow(clippy::inline_always, reason = "what is inlined into a function compiled for AVX2 is compiled for it too")]

mod attention;
mod exponential;
mod product;

use candle_core::{CpuStorage, DType, Layout, Result, Tensor, bail};
use pulp::WithSimd;

pub(super) use self::{
    attention::attend_one,
    exponential::{silu_times, softmax},
    product::few_rows,
};

/// Runs it with AVX2 and FMA, or NEON, where the processor has them.
fn dispatch<T: WithSimd>(work: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return pulp::Simd::vectorize(simd, work);
    }
    pulp::Arch::new().dispatch(work)
}

fn suits(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32 && x.is_contiguous()
}

fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let CpuStorage::F32(all) = storage else { bail!("a kernel for f32 got another type") };
    let Some(numbers) = layout.contiguous_offsets().and_then(|(start, end)| all.get(start..end)) else {
        bail!("a kernel for contiguous tensors got another one")
    };
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    /// Numbers between -1 and 1 without a pattern.
    pub(super) fn ramp(rows: usize, columns: usize, factor: f32) -> Tensor {
        let wave = |i: usize| (f32::from(u16::try_from(i * 7919 % 30_011).unwrap()) * factor).sin();
        Tensor::from_vec((0..rows * columns).map(wave).collect::<Vec<_>>(), (rows, columns), &Device::Cpu).unwrap()
    }

    pub(super) fn difference(a: &Tensor, b: &Tensor) -> f32 {
        (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }
}
