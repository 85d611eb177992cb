//! The parts all models are built of, and [`TensorSource`]: where their tensors come from, by name.

use std::{cell::RefCell, collections::HashMap, fmt::Display, hash::BuildHasher, path::PathBuf};

use candle_core::{DType, Device, Result, Tensor};

use super::ops::Ops;
use crate::error::LoadError;

/// Where a model's tensors come from: a folder of weights, or a trainer's variables. The names are those of Hugging Face
/// checkpoints (`model.layers.0.self_attn.q_proj.weight`).
pub trait TensorSource {
    /// The tensor of that name, which must have that shape.
    fn tensor(&self, name: &str, shape: &[usize]) -> std::result::Result<Tensor, LoadError>;
}

impl<S: BuildHasher> TensorSource for HashMap<String, Tensor, S> {
    fn tensor(&self, name: &str, shape: &[usize]) -> std::result::Result<Tensor, LoadError> {
        let path = || PathBuf::from("tensors in memory");
        match self.get(name) {
            Some(tensor) if tensor.dims() == shape => Ok(tensor.clone()),
            Some(tensor) => Err(LoadError::Tensor {
                path: path(),
                name: name.to_owned(),
                found: format!("{:?}", tensor.dims()),
                expected: format!("{shape:?}"),
            }),
            None => Err(LoadError::MissingTensors { path: path(), names: vec![name.to_owned()] }),
        }
    }
}

/// Takes down what a model asks for and gives it tensors without memory.
#[derive(Default)]
pub(super) struct Wanted(RefCell<Vec<(String, Vec<usize>)>>);

impl Wanted {
    pub(super) fn into_inner(self) -> Vec<(String, Vec<usize>)> {
        self.0.into_inner()
    }
}

impl TensorSource for Wanted {
    fn tensor(&self, name: &str, shape: &[usize]) -> std::result::Result<Tensor, LoadError> {
        self.0.borrow_mut().push((name.to_owned(), shape.to_vec()));
        Tensor::zeros((), DType::F32, &Device::Cpu).and_then(|zero| zero.broadcast_as(shape)).map_err(runtime)
    }
}

/// An error of candle while a model is built.
pub(super) fn runtime(error: candle_core::Error) -> LoadError {
    LoadError::Runtime {
        what: "the tensors cannot be made: is there enough memory on the device?".into(),
        source: Some(Box::new(error)),
    }
}

/// A place among the names of a source.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    source: &'a dyn TensorSource,
    prefix: String,
}

impl<'a> Scope<'a> {
    pub(super) fn new(source: &'a dyn TensorSource) -> Self {
        Self { source, prefix: String::new() }
    }

    pub(super) fn enter(&self, part: impl Display) -> Self {
        Self { source: self.source, prefix: format!("{}{part}.", self.prefix) }
    }

    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> std::result::Result<Tensor, LoadError> {
        self.source.tensor(&format!("{}{name}", self.prefix), shape)
    }
}

/// `x · Wᵀ + b`, with `W` of `[out, in]`.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    pub(super) fn new(
        scope: &Scope<'_>,
        inputs: usize,
        outputs: usize,
        bias: bool,
    ) -> std::result::Result<Self, LoadError> {
        let weight = scope.tensor("weight", &[outputs, inputs])?;
        let bias = if bias { Some(scope.tensor("bias", &[outputs])?) } else { None };
        Ok(Self { weight, bias })
    }

    /// Without a bias, of a weight that is there already.
    pub(super) fn tied(weight: Tensor) -> Self {
        Self { weight, bias: None }
    }

    /// Of `[rows, in]`.
    pub(super) fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        let y = ops.product(x, &self.weight)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

/// Root mean square norm.
#[derive(Debug, Clone)]
pub(super) struct RmsNorm {
    weight: Tensor,
    eps: f32,
}

impl RmsNorm {
    pub(super) fn new(scope: &Scope<'_>, size: usize, eps: f64) -> std::result::Result<Self, LoadError> {
        Ok(Self { weight: scope.tensor("weight", &[size])?, eps: narrow(eps) })
    }

    pub(super) fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        ops.rms_norm(x, &self.weight, self.eps)
    }
}

/// Layer norm; without a bias it adds zeros.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl LayerNorm {
    pub(super) fn new(scope: &Scope<'_>, size: usize, eps: f64, bias: bool) -> std::result::Result<Self, LoadError> {
        let weight = scope.tensor("weight", &[size])?;
        let bias = if bias {
            scope.tensor("bias", &[size])?
        } else {
            Tensor::zeros(size, weight.dtype(), weight.device()).map_err(runtime)?
        };
        Ok(Self { weight, bias, eps: narrow(eps) })
    }

    pub(super) fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        ops.layer_norm(x, &self.weight, &self.bias, self.eps)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "norms are computed in f32")]
fn narrow(eps: f64) -> f32 {
    eps as f32
}

/// An activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activation {
    /// `x · sigmoid(x)`.
    Silu,
    /// `x · Φ(x)`, exact.
    Gelu,
    /// `x · Φ(x)`, approximated by a hyperbolic tangent.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    pub(super) const NAMES: &str = "silu, gelu, gelu_new, gelu_pytorch_tanh and relu";

    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "silu" | "swish" => Self::Silu,
            "gelu" => Self::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Self::GeluTanh,
            "relu" => Self::Relu,
            _ => return None,
        })
    }

    pub(super) fn forward(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Silu => x.silu(),
            Self::Gelu => x.gelu_erf(),
            Self::GeluTanh => x.gelu(),
            Self::Relu => x.relu(),
        }
    }
}
