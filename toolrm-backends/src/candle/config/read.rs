//! `config.json` of a Hugging Face folder, as transformers 4 and 5 write it, checked: an error for all that is not known.

use std::path::Path;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{BertConfig, Biases, DecoderConfig, HeadConfig, ModelConfig, ModernBertConfig};
use crate::{
    candle::{layers::Activation, rope::RopeConfig},
    error::LoadError,
};

/// What is loaded, for error messages.
const SUPPORTED: &str = "Qwen3, Qwen2 (and 2.5) and Llama as *ForCausalLM and *ForSequenceClassification, \
                         BertForSequenceClassification and ModernBertForSequenceClassification";

/// No dimension of a real model comes near; larger ones are a damaged file.
const LARGEST: usize = 1 << 24;
const MOST_LAYERS: usize = 4096;

impl ModelConfig {
    /// Reads `config.json`. Unknown architectures, quantised weights and unknown kinds of rotary positions are
    /// [`LoadError::Unsupported`]; what does not fit together is [`LoadError::File`].
    pub fn parse(path: &Path, json: &[u8]) -> Result<Self, LoadError> {
        let file = File { path, json: from_slice(path, json)? };
        let common: Common = file.read()?;
        if common.quantization_config.as_ref().is_some_and(|q| !q.is_null()) {
            return Err(LoadError::unsupported(format!(
                "{}: the weights are quantised (quantization_config); load the unquantised model, or a GGUF of it with the \
                 llama backend",
                path.display()
            )));
        }
        let architecture = match common.architectures.as_deref() {
            Some([one]) => one.as_str(),
            other => {
                let found = other.unwrap_or_default().join(", ");
                return Err(LoadError::unsupported(format!(
                    "{}: one architecture is needed, and the file names [{found}]; supported are {SUPPORTED}",
                    path.display()
                )));
            }
        };
        let labels = || common.labels(path);
        match architecture {
            "BertForSequenceClassification" => Ok(Self::Bert(file.bert(labels()?)?)),
            "ModernBertForSequenceClassification" => Ok(Self::ModernBert(file.modern_bert(labels()?)?)),
            _ => {
                let (family, causal) = decoder_family(architecture).ok_or_else(|| {
                    LoadError::unsupported(format!(
                        "{}: {architecture} is not supported; supported are {SUPPORTED}",
                        path.display()
                    ))
                })?;
                let tied = common.tie_word_embeddings.unwrap_or(false);
                let head = if causal { HeadConfig::Causal { tied } } else { HeadConfig::Score { labels: labels()? } };
                Ok(Self::Decoder(file.decoder(family, head)?))
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Qwen3,
    Qwen2,
    Llama,
}

/// The family of an architecture, and whether it writes text.
fn decoder_family(architecture: &str) -> Option<(Family, bool)> {
    Some(match architecture {
        "Qwen3ForCausalLM" => (Family::Qwen3, true),
        "Qwen3ForSequenceClassification" => (Family::Qwen3, false),
        "Qwen2ForCausalLM" => (Family::Qwen2, true),
        "Qwen2ForSequenceClassification" => (Family::Qwen2, false),
        "LlamaForCausalLM" => (Family::Llama, true),
        "LlamaForSequenceClassification" => (Family::Llama, false),
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Common {
    architectures: Option<Vec<String>>,
    quantization_config: Option<Value>,
    tie_word_embeddings: Option<bool>,
    num_labels: Option<usize>,
    id2label: Option<Map<String, Value>>,
}

impl Common {
    /// How many labels: as transformers has it, two where nothing is said.
    fn labels(&self, path: &Path) -> Result<usize, LoadError> {
        let labels = self.id2label.as_ref().map(Map::len).or(self.num_labels).unwrap_or(2);
        if (1..=2).contains(&labels) {
            return Ok(labels);
        }
        Err(LoadError::unsupported(format!(
            "{}: the classifier has {labels} labels; supported are 1 (the score is its logit) and 2 (the score is how much the \
             logit of the second exceeds that of the first)",
            path.display()
        )))
    }
}

#[derive(Deserialize)]
struct RawDecoder {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f64,
    hidden_act: String,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    rope_theta: Option<f64>,
    rope_scaling: Option<Value>,
    rope_parameters: Option<Value>,
    use_sliding_window: Option<bool>,
    sliding_window: Option<usize>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RawBert {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f64,
    hidden_act: String,
    position_embedding_type: Option<String>,
}

#[derive(Deserialize)]
struct RawModernBert {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    norm_eps: f64,
    hidden_activation: String,
    classifier_activation: String,
    classifier_pooling: String,
    norm_bias: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    classifier_bias: Option<bool>,
    local_attention: usize,
    global_attn_every_n_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    global_rope_theta: Option<f64>,
    local_rope_theta: Option<f64>,
    rope_parameters: Option<Map<String, Value>>,
}

/// The file, for its name in errors.
struct File<'a> {
    path: &'a Path,
    json: Value,
}

fn from_slice(path: &Path, json: &[u8]) -> Result<Value, LoadError> {
    serde_json::from_slice(json).map_err(|e| LoadError::file(path, format!("not JSON: {e}")))
}

impl File<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        T::deserialize(&self.json).map_err(|e| self.wrong(e.to_string()))
    }

    fn wrong(&self, what: impl Into<String>) -> LoadError {
        LoadError::file(self.path, what)
    }

    fn unsupported(&self, what: &str) -> LoadError {
        LoadError::unsupported(format!("{}: {what}", self.path.display()))
    }

    /// Sizes that are not zero and not absurd.
    fn sizes(&self, sizes: &[(&str, usize)]) -> Result<(), LoadError> {
        match sizes
            .iter()
            .find(|(name, size)| *size == 0 || *size > LARGEST || name.ends_with("layers") && *size > MOST_LAYERS)
        {
            Some((name, size)) => Err(self.wrong(format!("{name} is {size}: the file is damaged"))),
            None => Ok(()),
        }
    }

    fn activation(&self, name: &str) -> Result<Activation, LoadError> {
        Activation::of(name).ok_or_else(|| {
            self.unsupported(&format!("the activation {name:?} is not supported; supported are {}", Activation::NAMES))
        })
    }

    fn rope(&self, theta: Option<f64>, scaling: Option<&Value>) -> Result<RopeConfig, LoadError> {
        RopeConfig::parse(self.path, theta, scaling)
    }

    /// The `layer_types` of a configuration: whether a layer is of the sliding kind.
    fn sliding(&self, types: &[String], layers: usize) -> Result<Vec<bool>, LoadError> {
        if types.len() != layers {
            return Err(self.wrong(format!("layer_types has {} entries for {layers} layers", types.len())));
        }
        let one = |kind: &String| match kind.as_str() {
            "full_attention" => Ok(false),
            "sliding_attention" => Ok(true),
            other => Err(self.unsupported(&format!(
                "layers of type {other:?} are not supported; supported are full_attention and sliding_attention"
            ))),
        };
        types.iter().map(one).collect()
    }

    fn decoder(&self, family: Family, head: HeadConfig) -> Result<DecoderConfig, LoadError> {
        let raw: RawDecoder = self.read()?;
        let kv_heads = raw.num_key_value_heads.unwrap_or(raw.num_attention_heads);
        self.sizes(&[
            ("vocab_size", raw.vocab_size),
            ("hidden_size", raw.hidden_size),
            ("intermediate_size", raw.intermediate_size),
            ("num_hidden_layers", raw.num_hidden_layers),
            ("num_attention_heads", raw.num_attention_heads),
            ("num_key_value_heads", kv_heads),
            ("max_position_embeddings", raw.max_position_embeddings),
        ])?;
        // Qwen3 has heads of 128 features unless it says otherwise, the others share out the hidden ones.
        let head_dim = match (raw.head_dim, family) {
            (Some(dim), _) => dim,
            (None, Family::Qwen3) => 128,
            (None, _) => raw.hidden_size / raw.num_attention_heads,
        };
        self.sizes(&[("head_dim", head_dim)])?;
        if !head_dim.is_multiple_of(2) || !raw.num_attention_heads.is_multiple_of(kv_heads) {
            return Err(self.wrong(format!(
                "{} heads of {head_dim} features over {kv_heads} key-value heads: heads must be even and divide evenly",
                raw.num_attention_heads
            )));
        }
        Ok(DecoderConfig {
            vocabulary: raw.vocab_size,
            hidden: raw.hidden_size,
            intermediate: raw.intermediate_size,
            heads: raw.num_attention_heads,
            kv_heads,
            head_dim,
            max_positions: raw.max_position_embeddings,
            norm_eps: raw.rms_norm_eps,
            activation: self.activation(&raw.hidden_act)?,
            rope: self.rope(raw.rope_theta, raw.rope_parameters.as_ref().or(raw.rope_scaling.as_ref()))?,
            qkv_bias: family == Family::Qwen2 || raw.attention_bias.unwrap_or(false),
            output_bias: family != Family::Qwen2 && raw.attention_bias.unwrap_or(false),
            mlp_bias: family == Family::Llama && raw.mlp_bias.unwrap_or(false),
            qk_norm: family == Family::Qwen3,
            windows: self.windows(family, &raw)?,
            head,
        })
    }

    /// For every layer, the tokens it sees. Llama has no windows.
    fn windows(&self, family: Family, raw: &RawDecoder) -> Result<Vec<Option<usize>>, LoadError> {
        let layers = raw.num_hidden_layers;
        let window = raw.sliding_window.filter(|_| raw.use_sliding_window.unwrap_or(false) && family != Family::Llama);
        let sliding = match &raw.layer_types {
            Some(types) => self.sliding(types, layers)?,
            // as transformers has it, the first `max_window_layers` see everything
            None => (0..layers).map(|layer| layer >= raw.max_window_layers.unwrap_or(28)).collect(),
        };
        match window {
            Some(0) => Err(self.wrong("sliding_window is 0: no token would see itself")),
            None if raw.layer_types.is_some() && sliding.contains(&true) => {
                Err(self.wrong("layer_types has sliding layers, and use_sliding_window or sliding_window does not say how far they see"))
            }
            _ => Ok(sliding.into_iter().map(|slides| window.filter(|_| slides)).collect()),
        }
    }

    fn bert(&self, labels: usize) -> Result<BertConfig, LoadError> {
        let raw: RawBert = self.read()?;
        self.sizes(&[
            ("vocab_size", raw.vocab_size),
            ("hidden_size", raw.hidden_size),
            ("intermediate_size", raw.intermediate_size),
            ("num_hidden_layers", raw.num_hidden_layers),
            ("num_attention_heads", raw.num_attention_heads),
            ("max_position_embeddings", raw.max_position_embeddings),
            ("type_vocab_size", raw.type_vocab_size),
        ])?;
        self.divides(raw.hidden_size, raw.num_attention_heads)?;
        if let Some(kind) = raw.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return Err(
                self.unsupported(&format!("positions of type {kind:?} are not supported; supported are absolute ones"))
            );
        }
        Ok(BertConfig {
            vocabulary: raw.vocab_size,
            hidden: raw.hidden_size,
            intermediate: raw.intermediate_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            max_positions: raw.max_position_embeddings,
            token_types: raw.type_vocab_size,
            norm_eps: raw.layer_norm_eps,
            activation: self.activation(&raw.hidden_act)?,
            labels,
        })
    }

    fn modern_bert(&self, labels: usize) -> Result<ModernBertConfig, LoadError> {
        let raw: RawModernBert = self.read()?;
        self.sizes(&[
            ("vocab_size", raw.vocab_size),
            ("hidden_size", raw.hidden_size),
            ("intermediate_size", raw.intermediate_size),
            ("num_hidden_layers", raw.num_hidden_layers),
            ("num_attention_heads", raw.num_attention_heads),
            ("max_position_embeddings", raw.max_position_embeddings),
            ("local_attention", raw.local_attention),
        ])?;
        self.divides(raw.hidden_size, raw.num_attention_heads)?;
        if !(raw.hidden_size / raw.num_attention_heads).is_multiple_of(2) {
            return Err(self.wrong("hidden_size / num_attention_heads is odd: rotary positions need an even number"));
        }
        let every = raw.global_attn_every_n_layers.unwrap_or(3);
        let local = match &raw.layer_types {
            Some(types) => self.sliding(types, raw.num_hidden_layers)?,
            None => (0..raw.num_hidden_layers).map(|layer| !layer.is_multiple_of(every)).collect(),
        };
        let rope = |kind: &str, theta: Option<f64>, default: f64| {
            let written = raw.rope_parameters.as_ref().and_then(|all| all.get(kind));
            self.rope(theta.or(Some(default)), written)
        };
        let mean_pooling = match raw.classifier_pooling.as_str() {
            "cls" => false,
            "mean" => true,
            other => {
                let what = format!("classifier_pooling {other:?} is not supported; supported are cls and mean");
                return Err(self.unsupported(&what));
            }
        };
        Ok(ModernBertConfig {
            vocabulary: raw.vocab_size,
            hidden: raw.hidden_size,
            intermediate: raw.intermediate_size,
            heads: raw.num_attention_heads,
            max_positions: raw.max_position_embeddings,
            norm_eps: raw.norm_eps,
            biases: Biases {
                norm: raw.norm_bias.unwrap_or(false),
                attention: raw.attention_bias.unwrap_or(false),
                mlp: raw.mlp_bias.unwrap_or(false),
                classifier: raw.classifier_bias.unwrap_or(false),
            },
            activation: self.activation(&raw.hidden_activation)?,
            head_activation: self.activation(&raw.classifier_activation)?,
            local,
            reach: raw.local_attention / 2,
            global_rope: rope("full_attention", raw.global_rope_theta, 160_000.0)?,
            local_rope: rope("sliding_attention", raw.local_rope_theta, 10_000.0)?,
            mean_pooling,
            labels,
        })
    }

    fn divides(&self, hidden: usize, heads: usize) -> Result<(), LoadError> {
        if hidden.is_multiple_of(heads) {
            return Ok(());
        }
        Err(self.wrong(format!("hidden_size {hidden} is not a multiple of num_attention_heads {heads}")))
    }
}
