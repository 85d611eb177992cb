//! What stands on top of a model: logits of the next token, or one score.

use candle_core::{DType, Result, Tensor};

use super::{
    layers::{Linear, Scope},
    ops::Ops,
};
use crate::error::LoadError;

/// A model's output layer.
#[derive(Debug, Clone)]
pub(super) enum Head {
    /// Logits of the vocabulary.
    Vocabulary(Linear),
    /// One number from one or two labels.
    Score(Linear),
}

impl Head {
    /// A classifier of one or two labels: `score` of decoders, `classifier` of encoders.
    pub(super) fn score(
        scope: &Scope<'_>,
        hidden: usize,
        labels: usize,
        bias: bool,
    ) -> std::result::Result<Self, LoadError> {
        Ok(Self::Score(Linear::new(scope, hidden, labels, bias)?))
    }

    /// The outputs for hidden states of `[rows, hidden]`, in `f32`: `[rows, vocabulary]`, or `[rows, 1]` with the logit of one label,
    /// or the amount by which the second label's logit exceeds the first's (its log-odds).
    pub(super) fn forward(&self, ops: Ops, hidden: &Tensor) -> Result<Tensor> {
        match self {
            Self::Vocabulary(linear) => linear.forward(ops, hidden)?.to_dtype(DType::F32),
            Self::Score(linear) => {
                let labels = linear.forward(ops, hidden)?.to_dtype(DType::F32)?;
                match labels.dim(1)? {
                    1 => Ok(labels),
                    _ => labels.narrow(1, 1, 1)? - labels.narrow(1, 0, 1)?,
                }
            }
        }
    }
}
