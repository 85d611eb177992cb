//! [`Ops`]: the same functions twice, once for serving and once for training.

use candle_core::{D, DType, Result, Tensor};
use candle_nn::ops;

use super::{kernels, layers::Activation, rope::Angles};

/// Which implementation of the functions between matrix products a forward pass uses. They give the same numbers, up to rounding.
///
/// candle's fused kernels are faster and have no backward pass: behind them gradients are missing **without an error**. Serve with
/// [`Ops::Fused`], train with [`Ops::Differentiable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums, reason = "with or without gradients; there is no third")]
pub enum Ops {
    /// One kernel each: for serving.
    #[default]
    Fused,
    /// Made of functions that have a gradient: for training.
    Differentiable,
}

/// Sums and exponentials are taken in `f32` where the numbers have fewer bits.
fn wide(dtype: DType) -> DType {
    if dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

impl Ops {
    /// Softmax over the last dimension.
    pub(super) fn softmax(self, scores: &Tensor) -> Result<Tensor> {
        let wider = scores.to_dtype(wide(scores.dtype()))?;
        let weights = match self {
            Self::Fused => {
                let rows = wider.contiguous()?;
                kernels::softmax(&rows).unwrap_or_else(|| ops::softmax_last_dim(&rows))?
            }
            Self::Differentiable => ops::softmax(&wider, D::Minus1)?,
        };
        weights.to_dtype(scores.dtype())
    }

    /// `x / sqrt(mean(x²) + eps) · weight` over the last dimension.
    pub(super) fn rms_norm(self, x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
        match self {
            Self::Fused => ops::rms_norm(&x.contiguous()?, weight, eps),
            Self::Differentiable => ops::rms_norm_slow(x, weight, eps),
        }
    }

    /// `(x - mean(x)) / sqrt(var(x) + eps) · weight + bias` over the last dimension.
    pub(super) fn layer_norm(self, x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
        match self {
            Self::Fused => ops::layer_norm(&x.contiguous()?, weight, bias, eps),
            Self::Differentiable => ops::layer_norm_slow(x, weight, bias, eps),
        }
    }

    /// `x · Wᵀ`, with `x` of `[rows, in]` and `W` of `[out, in]`.
    pub(super) fn product(self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        let few = if self == Self::Fused { kernels::few_rows(x, weight) } else { None };
        few.unwrap_or_else(|| x.matmul(&weight.t()?))
    }

    /// `act(gate) · up`.
    pub(super) fn gated(self, activation: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
        let fused =
            if (self, activation) == (Self::Fused, Activation::Silu) { kernels::silu_times(gate, up) } else { None };
        fused.unwrap_or_else(|| activation.forward(gate)? * up)
    }

    /// Turns the heads of `[tokens, heads, head_dim]` by the tokens' angles and multiplies them by `scale`.
    pub(super) fn rope(self, x: &Tensor, angles: &Angles, scale: f64) -> Result<Tensor> {
        let wider = x.to_dtype(DType::F32)?;
        let turned = match self {
            Self::Fused => {
                let rows = wider.contiguous()?.unsqueeze(0)?;
                candle_nn::rotary_emb::rope_thd(&rows, &angles.cos, &angles.sin)?.squeeze(0)?
            }
            Self::Differentiable => {
                let half = x.dim(D::Minus1)? / 2;
                let (cos, sin) = (angles.cos.unsqueeze(1)?, angles.sin.unsqueeze(1)?);
                let (a, b) = (wider.narrow(D::Minus1, 0, half)?, wider.narrow(D::Minus1, half, half)?);
                let first = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
                let second = (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?;
                Tensor::cat(&[first, second], D::Minus1)?
            }
        };
        let scaled = if (scale - 1.0).abs() < f64::EPSILON { turned } else { (turned * scale)? };
        scaled.to_dtype(x.dtype())
    }
}
