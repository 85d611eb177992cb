//! [`Bert`]: a BERT cross-encoder, which reads a whole sequence at once and gives it a score.

use candle_core::{Result, Tensor};

use super::{
    attention::{Masks, Sight, attend_rows},
    config::BertConfig,
    heads::Head,
    layers::{Activation, LayerNorm, Linear, Scope, TensorSource, Wanted},
    ops::Ops,
    packed::{Packed, RowSpan, first_tokens},
};
use crate::{engine::Token, error::LoadError, segments};

/// A BERT with pooler and classifier.
#[derive(Debug, Clone)]
pub struct Bert {
    words: Tensor,
    positions: Tensor,
    types: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    pooler: Linear,
    head: Head,
}

impl Bert {
    /// Builds it from tensors.
    pub fn new(config: &BertConfig, source: &dyn TensorSource) -> std::result::Result<Self, LoadError> {
        let root = Scope::new(source);
        let bert = root.enter("bert");
        let embeddings = bert.enter("embeddings");
        let table = |name: &str, rows: usize| embeddings.enter(name).tensor("weight", &[rows, config.hidden]);
        let layers = bert.enter("encoder").enter("layer");
        let layers = (0..config.layers).map(|number| Layer::new(config, &layers.enter(number)));
        Ok(Self {
            words: table("word_embeddings", config.vocabulary)?,
            positions: table("position_embeddings", config.max_positions)?,
            types: table("token_type_embeddings", config.token_types)?,
            norm: LayerNorm::new(&embeddings.enter("LayerNorm"), config.hidden, config.norm_eps, true)?,
            layers: layers.collect::<std::result::Result<_, _>>()?,
            pooler: Linear::new(&bert.enter("pooler").enter("dense"), config.hidden, config.hidden, true)?,
            head: Head::score(&root.enter("classifier"), config.hidden, config.labels, true)?,
        })
    }

    /// The names and shapes of all tensors that a model of this configuration has.
    pub fn tensors(config: &BertConfig) -> std::result::Result<Vec<(String, Vec<usize>)>, LoadError> {
        let wanted = Wanted::default();
        Self::new(config, &wanted)?;
        Ok(wanted.into_inner())
    }

    /// The scores of whole sequences, `[rows, 1]`, in `f32`. Rows must not be empty nor longer than the positions, and tokens must be
    /// of the vocabulary. What follows the first `separator` of a row is its second segment (token type 1), as in
    /// `[CLS] question [SEP] answer [SEP]`; without a separator all is the first.
    pub fn forward(&self, ops: Ops, rows: &[&[Token]], separator: Option<Token>) -> Result<Tensor> {
        let packed = Packed::new(rows, &vec![0; rows.len()], self.words.device())?;
        let types: Vec<u32> = rows.iter().flat_map(|row| segments::types(row, separator)).collect();
        let types = Tensor::from_vec(types, packed.tokens.dim(0)?, self.words.device())?;
        let words = self.words.index_select(&packed.tokens, 0)?;
        let placed =
            (words + self.types.index_select(&types, 0)?)? + self.positions.index_select(&packed.positions, 0)?;
        let mut x = self.norm.forward(ops, &placed?)?;
        let masks = Masks::default();
        for layer in &self.layers {
            x = layer.forward(ops, &packed.rows, &masks, &x)?;
        }
        let first = first_tokens(&x, &packed.rows)?;
        self.head.forward(ops, &self.pooler.forward(ops, &first)?.tanh()?)
    }
}

#[derive(Debug, Clone)]
struct Layer {
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    mlp_norm: LayerNorm,
    activation: Activation,
    heads: usize,
    head_dim: usize,
}

impl Layer {
    fn new(config: &BertConfig, scope: &Scope<'_>) -> std::result::Result<Self, LoadError> {
        let hidden = config.hidden;
        let inner = scope.enter("attention").enter("self");
        let output = scope.enter("attention").enter("output");
        let linear = |scope: &Scope<'_>, name, inputs, outputs| Linear::new(&scope.enter(name), inputs, outputs, true);
        let norm = |scope: &Scope<'_>| LayerNorm::new(&scope.enter("LayerNorm"), hidden, config.norm_eps, true);
        Ok(Self {
            q: linear(&inner, "query", hidden, hidden)?,
            k: linear(&inner, "key", hidden, hidden)?,
            v: linear(&inner, "value", hidden, hidden)?,
            o: linear(&output, "dense", hidden, hidden)?,
            attention_norm: norm(&output)?,
            up: linear(&scope.enter("intermediate"), "dense", hidden, config.intermediate)?,
            down: linear(&scope.enter("output"), "dense", config.intermediate, hidden)?,
            mlp_norm: norm(&scope.enter("output"))?,
            activation: config.activation,
            heads: config.heads,
            head_dim: hidden / config.heads,
        })
    }

    fn forward(&self, ops: Ops, rows: &[RowSpan], masks: &Masks, x: &Tensor) -> Result<Tensor> {
        let split = |y: Tensor| y.reshape(((), self.heads, self.head_dim));
        let q = (split(self.q.forward(ops, x)?)? / (self.head_dim as f64).sqrt())?;
        let (k, v) = (split(self.k.forward(ops, x)?)?, split(self.v.forward(ops, x)?)?);
        let keep = |_, keys, values| Ok(vec![(keys, values)]);
        let seen = attend_rows(ops, rows, rows, [&q, &k, &v], Sight::Around(None), masks, keep)?;
        let x = self.attention_norm.forward(ops, &(self.o.forward(ops, &seen)? + x)?)?;
        let inner = self.activation.forward(&self.up.forward(ops, &x)?)?;
        self.mlp_norm.forward(ops, &(self.down.forward(ops, &inner)? + &x)?)
    }
}
