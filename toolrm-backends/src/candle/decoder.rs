//! [`Decoder`]: Qwen3, Qwen2 and Llama, one forward pass for serving and for training.

use candle_core::{Result, Tensor};

use super::{
    attention::{Masks, Sight, attend_rows},
    cache::KvCache,
    config::{DecoderConfig, HeadConfig},
    heads::Head,
    layers::{Activation, Linear, RmsNorm, Scope, TensorSource, Wanted, runtime},
    ops::Ops,
    packed::{Kept, Packed, RowSpan},
    rope::{Angles, RopeTable},
};
use crate::{
    engine::{ModelError, Row, SeqId, Token},
    error::LoadError,
};

/// A causal decoder with its head.
///
/// It runs with a [`KvCache`] (serving: tokens are appended to sequences) or without (training: every row is a whole sequence), and
/// with either of the two [`Ops`]. Its tensors come from a [`TensorSource`] by their Hugging Face names and are shared, not copied:
/// when they are a trainer's variables, gradients reach them and updates are seen at once.
#[derive(Debug, Clone)]
pub struct Decoder {
    embedding: Tensor,
    layers: Vec<Layer>,
    norm: RmsNorm,
    head: Head,
    rope: RopeTable,
}

impl Decoder {
    /// Builds it from tensors, for sequences of at most `context` tokens.
    pub fn new(
        config: &DecoderConfig,
        context: usize,
        source: &dyn TensorSource,
    ) -> std::result::Result<Self, LoadError> {
        let root = Scope::new(source);
        let model = root.enter("model");
        let embedding = model.enter("embed_tokens").tensor("weight", &[config.vocabulary, config.hidden])?;
        let layers = model.enter("layers");
        let layer = |(number, window): (usize, &Option<usize>)| Layer::new(config, *window, &layers.enter(number));
        let layers = config.windows.iter().enumerate().map(layer).collect::<std::result::Result<_, _>>()?;
        let norm = RmsNorm::new(&model.enter("norm"), config.hidden, config.norm_eps)?;
        let head = match config.head {
            HeadConfig::Causal { tied: true } => Head::Vocabulary(Linear::tied(embedding.clone())),
            HeadConfig::Causal { tied: false } => {
                Head::Vocabulary(Linear::new(&root.enter("lm_head"), config.hidden, config.vocabulary, false)?)
            }
            HeadConfig::Score { labels } => Head::score(&root.enter("score"), config.hidden, labels, false)?,
        };
        let rope = RopeTable::new(&config.rope, config.head_dim, context, embedding.device()).map_err(runtime)?;
        Ok(Self { embedding, layers, norm, head, rope })
    }

    /// The names and shapes of all tensors that a model of this configuration has, in the order in which they are used.
    pub fn tensors(config: &DecoderConfig) -> std::result::Result<Vec<(String, Vec<usize>)>, LoadError> {
        let wanted = Wanted::default();
        Self::new(config, 1, &wanted)?;
        Ok(wanted.into_inner())
    }

    /// Hidden states behind every token of whole sequences, after the last norm: `[tokens, hidden]`, the rows one after the other.
    /// Rows must not be empty, and tokens must be of the vocabulary.
    pub fn forward(&self, ops: Ops, rows: &[&[Token]]) -> Result<Tensor> {
        let packed = Packed::new(rows, &vec![0; rows.len()], self.embedding.device())?;
        self.run(ops, &packed, None, None)
    }

    /// Appends rows to sequences of a cache and gives the hidden states behind the last tokens of those that are wanted,
    /// `[wanted, hidden]`, or nothing if none is. Rows must not be empty, and tokens must be of the vocabulary; no sequence may stand
    /// twice.
    pub fn forward_cached(
        &self,
        ops: Ops,
        rows: &[Row<'_>],
        cache: &mut KvCache,
    ) -> std::result::Result<Option<Tensor>, ModelError> {
        let lengths: Vec<_> = rows.iter().map(|row| (row.sequence, row.tokens.len())).collect();
        let starts = cache.append(&lengths)?;
        let sequences: Vec<_> = rows.iter().map(|row| row.sequence).collect();
        let tokens: Vec<_> = rows.iter().map(|row| row.tokens).collect();
        let wanted: Vec<_> = rows.iter().map(|row| row.wanted).collect();
        let device = self.embedding.device();
        let run = || {
            let packed = Packed::new(&tokens, &starts, device)?;
            let kept = Kept::last(&packed.rows, &wanted, device)?;
            self.run(ops, &packed, Some(&kept), Some((cache, &sequences)))
        };
        let hidden = run().map_err(|e| ModelError::caused("the model's forward pass failed", e))?;
        Ok(wanted.contains(&true).then_some(hidden))
    }

    /// The outputs of hidden states, `[rows, hidden]`, in `f32`: the logits of the vocabulary, `[rows, vocabulary]`, or scores,
    /// `[rows, 1]`.
    pub fn head(&self, ops: Ops, hidden: &Tensor) -> Result<Tensor> {
        self.head.forward(ops, hidden)
    }

    fn run(
        &self,
        ops: Ops,
        packed: &Packed,
        kept: Option<&Kept>,
        cache: Option<(&KvCache, &[SeqId])>,
    ) -> Result<Tensor> {
        let mut x = self.embedding.index_select(&packed.tokens, 0)?;
        let angles = self.rope.at(&packed.positions)?;
        let masks = Masks::default();
        for (number, layer) in self.layers.iter().enumerate() {
            // behind the last layer's keys and values only the kept tokens matter
            let kept = kept.filter(|_| number + 1 == self.layers.len());
            let step = Step { ops, rows: &packed.rows, kept, angles: &angles, masks: &masks, cache, layer: number };
            x = layer.forward(&step, &x)?;
        }
        self.norm.forward(ops, &x)
    }
}

/// What a layer needs to know of a step.
struct Step<'a> {
    ops: Ops,
    rows: &'a [RowSpan],
    /// The tokens that go on behind this layer, if not all do.
    kept: Option<&'a Kept>,
    angles: &'a Angles,
    masks: &'a Masks,
    cache: Option<(&'a KvCache, &'a [SeqId])>,
    layer: usize,
}

impl Step<'_> {
    /// The rows of those tokens that go on.
    fn keep(&self, x: &Tensor) -> Result<Tensor> {
        self.kept.map_or_else(|| Ok(x.clone()), |kept| x.index_select(&kept.index, 0))
    }
}

#[derive(Debug, Clone)]
struct Layer {
    attention_norm: RmsNorm,
    attention: Attention,
    mlp_norm: RmsNorm,
    mlp: Mlp,
}

impl Layer {
    fn new(config: &DecoderConfig, window: Option<usize>, scope: &Scope<'_>) -> std::result::Result<Self, LoadError> {
        let norm = |name: &str| RmsNorm::new(&scope.enter(name), config.hidden, config.norm_eps);
        Ok(Self {
            attention_norm: norm("input_layernorm")?,
            attention: Attention::new(config, window, &scope.enter("self_attn"))?,
            mlp_norm: norm("post_attention_layernorm")?,
            mlp: Mlp::new(config, &scope.enter("mlp"))?,
        })
    }

    fn forward(&self, step: &Step<'_>, x: &Tensor) -> Result<Tensor> {
        let x = (step.keep(x)? + self.attention.forward(step, &self.attention_norm.forward(step.ops, x)?)?)?;
        &x + self.mlp.forward(step.ops, &self.mlp_norm.forward(step.ops, &x)?)?
    }
}

#[derive(Debug, Clone)]
struct Attention {
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    /// Norms of queries and keys.
    norms: Option<(RmsNorm, RmsNorm)>,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    sight: Sight,
}

impl Attention {
    fn new(config: &DecoderConfig, window: Option<usize>, scope: &Scope<'_>) -> std::result::Result<Self, LoadError> {
        let DecoderConfig { hidden, heads, kv_heads, head_dim, .. } = *config;
        let input =
            |name: &str, heads: usize| Linear::new(&scope.enter(name), hidden, heads * head_dim, config.qkv_bias);
        let norm = |name: &str| RmsNorm::new(&scope.enter(name), head_dim, config.norm_eps);
        Ok(Self {
            q: input("q_proj", heads)?,
            k: input("k_proj", kv_heads)?,
            v: input("v_proj", kv_heads)?,
            o: Linear::new(&scope.enter("o_proj"), heads * head_dim, hidden, config.output_bias)?,
            norms: if config.qk_norm { Some((norm("q_norm")?, norm("k_norm")?)) } else { None },
            heads,
            kv_heads,
            head_dim,
            sight: Sight::Back(window),
        })
    }

    fn forward(&self, step: &Step<'_>, x: &Tensor) -> Result<Tensor> {
        let split = |y: Tensor, heads: usize| y.reshape(((), heads, self.head_dim));
        let mut q = split(self.q.forward(step.ops, &step.keep(x)?)?, self.heads)?;
        let mut k = split(self.k.forward(step.ops, x)?, self.kv_heads)?;
        let v = split(self.v.forward(step.ops, x)?, self.kv_heads)?;
        if let Some((q_norm, k_norm)) = &self.norms {
            q = q_norm.forward(step.ops, &q)?;
            k = k_norm.forward(step.ops, &k)?;
        }
        let (turned, asking) = match step.kept {
            Some(kept) => (step.angles.select(&kept.index)?, kept.rows.as_slice()),
            None => (step.angles.clone(), step.rows),
        };
        let q = step.ops.rope(&q, &turned, 1.0 / (self.head_dim as f64).sqrt())?;
        let k = step.ops.rope(&k, step.angles, 1.0)?;

        let keep = |row: usize, keys: Tensor, values: Tensor| match step.cache.and_then(|(c, s)| Some((c, s.get(row)?)))
        {
            Some((cache, sequence)) => cache.extend(*sequence, step.layer, &keys, &values),
            None => Ok(vec![(keys, values)]),
        };
        let out = attend_rows(step.ops, step.rows, asking, [&q, &k, &v], self.sight, step.masks, keep)?;
        self.o.forward(step.ops, &out)
    }
}

/// `down(act(gate(x)) · up(x))`.
#[derive(Debug, Clone)]
struct Mlp {
    gate: Linear,
    up: Linear,
    down: Linear,
    activation: Activation,
}

impl Mlp {
    fn new(config: &DecoderConfig, scope: &Scope<'_>) -> std::result::Result<Self, LoadError> {
        let linear = |name: &str, inputs, outputs| Linear::new(&scope.enter(name), inputs, outputs, config.mlp_bias);
        Ok(Self {
            gate: linear("gate_proj", config.hidden, config.intermediate)?,
            up: linear("up_proj", config.hidden, config.intermediate)?,
            down: linear("down_proj", config.intermediate, config.hidden)?,
            activation: config.activation,
        })
    }

    fn forward(&self, ops: Ops, x: &Tensor) -> Result<Tensor> {
        let inner = ops.gated(self.activation, &self.gate.forward(ops, x)?, &self.up.forward(ops, x)?)?;
        self.down.forward(ops, &inner)
    }
}
