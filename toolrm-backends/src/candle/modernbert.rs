//! [`ModernBert`]: a ModernBERT cross-encoder: rotary positions, layers that see all and layers that see only their neighbours, gated
//! feed-forward parts.

use candle_core::{Result, Tensor};

use super::{
    attention::{Masks, Sight, attend_rows},
    config::ModernBertConfig,
    heads::Head,
    layers::{Activation, LayerNorm, Linear, Scope, TensorSource, Wanted, runtime},
    ops::Ops,
    packed::{Packed, RowSpan, first_tokens, means},
    rope::{Angles, RopeTable},
};
use crate::{engine::Token, error::LoadError};

/// A ModernBERT with prediction head and classifier.
#[derive(Debug, Clone)]
pub struct ModernBert {
    embedding: Tensor,
    embedding_norm: LayerNorm,
    layers: Vec<Layer>,
    norm: LayerNorm,
    dense: Linear,
    dense_activation: Activation,
    dense_norm: LayerNorm,
    head: Head,
    mean_pooling: bool,
    global_rope: RopeTable,
    local_rope: RopeTable,
}

impl ModernBert {
    /// Builds it from tensors, for sequences of at most `context` tokens.
    pub fn new(
        config: &ModernBertConfig,
        context: usize,
        source: &dyn TensorSource,
    ) -> std::result::Result<Self, LoadError> {
        let root = Scope::new(source);
        let model = root.enter("model");
        let norm = |scope: Scope<'_>| LayerNorm::new(&scope, config.hidden, config.norm_eps, config.biases.norm);
        let embeddings = model.enter("embeddings");
        let embedding = embeddings.enter("tok_embeddings").tensor("weight", &[config.vocabulary, config.hidden])?;
        let embedding_norm = norm(embeddings.enter("norm"))?;
        let layer = |(number, local): (usize, &bool)| {
            let scope = model.enter("layers").enter(number);
            // the embeddings are normalised already
            let before = if number == 0 { None } else { Some(norm(scope.enter("attn_norm"))?) };
            Layer::new(config, *local, before, norm(scope.enter("mlp_norm"))?, &scope)
        };
        let head = root.enter("head");
        let rope =
            |config: &_, head_dim| RopeTable::new(config, head_dim, context, embedding.device()).map_err(runtime);
        let head_dim = config.hidden / config.heads;
        Ok(Self {
            embedding_norm,
            layers: config.local.iter().enumerate().map(layer).collect::<std::result::Result<_, _>>()?,
            norm: norm(model.enter("final_norm"))?,
            dense: Linear::new(&head.enter("dense"), config.hidden, config.hidden, config.biases.classifier)?,
            dense_activation: config.head_activation,
            dense_norm: norm(head.enter("norm"))?,
            head: Head::score(&root.enter("classifier"), config.hidden, config.labels, true)?,
            mean_pooling: config.mean_pooling,
            global_rope: rope(&config.global_rope, head_dim)?,
            local_rope: rope(&config.local_rope, head_dim)?,
            embedding,
        })
    }

    /// The names and shapes of all tensors that a model of this configuration has.
    pub fn tensors(config: &ModernBertConfig) -> std::result::Result<Vec<(String, Vec<usize>)>, LoadError> {
        let wanted = Wanted::default();
        Self::new(config, 1, &wanted)?;
        Ok(wanted.into_inner())
    }

    /// The scores of whole sequences, `[rows, 1]`, in `f32`. Rows must not be empty nor longer than the context, and tokens must be of
    /// the vocabulary.
    pub fn forward(&self, ops: Ops, rows: &[&[Token]]) -> Result<Tensor> {
        let packed = Packed::new(rows, &vec![0; rows.len()], self.embedding.device())?;
        let mut x = self.embedding_norm.forward(ops, &self.embedding.index_select(&packed.tokens, 0)?)?;
        let (everywhere, nearby) = (self.global_rope.at(&packed.positions)?, self.local_rope.at(&packed.positions)?);
        let masks = Masks::default();
        for layer in &self.layers {
            let angles = if layer.sight == Sight::Around(None) { &everywhere } else { &nearby };
            x = layer.forward(ops, &packed.rows, angles, &masks, &x)?;
        }
        let x = self.norm.forward(ops, &x)?;
        let pooled = if self.mean_pooling { means(&x, &packed.rows)? } else { first_tokens(&x, &packed.rows)? };
        let dense = self.dense_activation.forward(&self.dense.forward(ops, &pooled)?)?;
        self.head.forward(ops, &self.dense_norm.forward(ops, &dense)?)
    }
}

#[derive(Debug, Clone)]
struct Layer {
    attention_norm: Option<LayerNorm>,
    qkv: Linear,
    o: Linear,
    mlp_norm: LayerNorm,
    gated: Linear,
    down: Linear,
    activation: Activation,
    heads: usize,
    sight: Sight,
}

impl Layer {
    fn new(
        config: &ModernBertConfig,
        local: bool,
        attention_norm: Option<LayerNorm>,
        mlp_norm: LayerNorm,
        scope: &Scope<'_>,
    ) -> std::result::Result<Self, LoadError> {
        let (attention, mlp, hidden) = (scope.enter("attn"), scope.enter("mlp"), config.hidden);
        Ok(Self {
            attention_norm,
            qkv: Linear::new(&attention.enter("Wqkv"), hidden, 3 * hidden, config.biases.attention)?,
            o: Linear::new(&attention.enter("Wo"), hidden, hidden, config.biases.attention)?,
            mlp_norm,
            gated: Linear::new(&mlp.enter("Wi"), hidden, 2 * config.intermediate, config.biases.mlp)?,
            down: Linear::new(&mlp.enter("Wo"), config.intermediate, hidden, config.biases.mlp)?,
            activation: config.activation,
            heads: config.heads,
            sight: Sight::Around(local.then_some(config.reach)),
        })
    }

    fn forward(&self, ops: Ops, rows: &[RowSpan], angles: &Angles, masks: &Masks, x: &Tensor) -> Result<Tensor> {
        let (tokens, hidden) = x.dims2()?;
        let head_dim = hidden / self.heads;
        let normed = self.attention_norm.as_ref().map_or_else(|| Ok(x.clone()), |norm| norm.forward(ops, x))?;
        let qkv = self.qkv.forward(ops, &normed)?.reshape((tokens, 3, self.heads, head_dim))?;
        let part = |number| qkv.narrow(1, number, 1)?.squeeze(1);
        let q = ops.rope(&part(0)?, angles, 1.0 / (head_dim as f64).sqrt())?;
        let k = ops.rope(&part(1)?, angles, 1.0)?;
        let keep = |_, keys, values| Ok(vec![(keys, values)]);
        let seen = attend_rows(ops, rows, rows, [&q, &k, &part(2)?], self.sight, masks, keep)?;
        let x = (x + self.o.forward(ops, &seen)?)?;
        let both = self.gated.forward(ops, &self.mlp_norm.forward(ops, &x)?)?;
        let half = both.dim(1)? / 2;
        let inner = ops.gated(self.activation, &both.narrow(1, 0, half)?, &both.narrow(1, half, half)?)?;
        &x + self.down.forward(ops, &inner)?
    }
}
