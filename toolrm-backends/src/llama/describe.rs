//! [`shape`]: what a file says its model is, and whether it is one that is run.

use std::path::Path;

use toolrm_core::score::ScoreScale;

use super::{gguf::Header, options::Precision};
use crate::{LoadError, engine::Output};

/// `LLAMA_POOLING_TYPE_NONE`: the states of the tokens as they are.
const POOLING_NONE: u64 = 0;
/// `LLAMA_POOLING_TYPE_RANK`: a classifier head.
const POOLING_RANK: u64 = 4;

/// More heads than a layer has, and more numbers than a head has, in any model.
const MOST_IN_A_HEAD: u64 = 1 << 16;
/// Architectures in which a head's keys and values are of one width.
const EQUAL_WIDTHS: [&str; 5] = ["llama", "qwen2", "qwen2moe", "qwen3", "qwen3moe"];

/// What is computed behind the last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// Logits of the next token.
    Logits,
    /// One number of a classifier with one label.
    Logit,
    /// The probability of the first of two labels.
    Probability,
}

impl Head {
    /// What one step gives for a row.
    pub(super) fn output(self, vocabulary: usize) -> Output {
        match self {
            Self::Logits => Output::Logits { vocabulary },
            Self::Logit => Output::Score { scale: ScoreScale::Logit },
            Self::Probability => Output::Score { scale: ScoreScale::Unit },
        }
    }
}

/// What a file says its model is.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) architecture: String,
    pub(super) head: Head,
    /// Most tokens of a sequence that the model was made for.
    pub(super) context: usize,
    /// Numbers a token has in the cache, of all layers together.
    kv_numbers: u64,
}

impl Shape {
    /// Bytes a token has in the cache.
    pub(super) fn kv_bytes_per_token(&self, precision: Precision) -> usize {
        usize::try_from(self.kv_numbers.saturating_mul(precision.bytes())).unwrap_or(usize::MAX)
    }
}

/// Reads what the model is and refuses what is not run.
pub(super) fn shape(path: &Path, header: &Header) -> Result<Shape, LoadError> {
    let refuse = |what: String| LoadError::unsupported(format!("{}: {what}", path.display()));
    let Some(architecture) = header.text("general.architecture") else {
        return Err(LoadError::file(
            path,
            "general.architecture is missing: is this a model, and not only a vocabulary?",
        ));
    };
    if let Some(parts) = header.count("split.count").filter(|&parts| parts > 1) {
        return Err(refuse(format!("this is one of {parts} parts: join them first (llama-gguf-split --merge)")));
    }
    if ["t5", "t5encoder"].contains(&architecture) {
        return Err(refuse(format!("{architecture} has an encoder and a decoder, which is not run")));
    }
    let tokenizer = header.text("tokenizer.ggml.model");
    if matches!(tokenizer, None | Some("none" | "no_vocab")) {
        return Err(LoadError::file(
            path,
            "there is no vocabulary in it (tokenizer.ggml.model): convert the model with its tokenizer",
        ));
    }
    if tokenizer == Some("llama") && header.byte_tokens < 256 {
        return Err(refuse(
            "its vocabulary has no tokens for bytes, and llama.cpp ends the process on a character without a token"
                .into(),
        ));
    }
    let dimensions = Dimensions { path, header, architecture };
    dimensions.check_epsilons()?;
    Ok(Shape {
        architecture: architecture.to_owned(),
        head: head(header, architecture).map_err(refuse)?,
        context: dimensions.context()?,
        kv_numbers: dimensions.kv_numbers()?,
    })
}

fn head(header: &Header, architecture: &str) -> Result<Head, String> {
    let pooling = header.count(&format!("{architecture}.pooling_type")).unwrap_or(POOLING_NONE);
    if pooling == POOLING_RANK {
        return classifier(header, architecture);
    }
    let causal = header.flag(&format!("{architecture}.attention.causal")).unwrap_or(true);
    if pooling != POOLING_NONE || !causal {
        return Err(format!("{architecture} with pooling type {pooling} gives embeddings, neither text nor a score"));
    }
    Ok(Head::Logits)
}

fn classifier(header: &Header, architecture: &str) -> Result<Head, String> {
    if !header.tensors.iter().any(|tensor| tensor.name == "cls.output.weight") {
        return Err("it is marked as a classifier and has no tensor cls.output.weight: convert it anew".into());
    }
    let labels = header.array_len(&format!("{architecture}.classifier.output_labels")).unwrap_or(1);
    let softmax = ["qwen3", "qwen3vl"].contains(&architecture);
    match (labels, softmax) {
        (1, false) => Ok(Head::Logit),
        (2, true) => Ok(Head::Probability),
        (1, true) => Err(format!(
            "llama.cpp puts a softmax behind the classifier of {architecture}, of one label always 1: run it from its safetensors"
        )),
        _ => Err(format!("its classifier has {labels} labels, of which one score does not follow")),
    }
}

/// The sizes of a model, as far as the cache and the checks need them.
struct Dimensions<'a> {
    path: &'a Path,
    header: &'a Header,
    architecture: &'a str,
}

impl Dimensions<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    /// A size that must be there. llama.cpp counts with 32 bits.
    fn size(&self, name: &str) -> Result<u64, LoadError> {
        let size = self.header.count(&self.key(name)).filter(|n| (1..=1 << 30).contains(n));
        size.ok_or_else(|| self.broken(name, "should be a number above 0: it is missing, or the file is damaged"))
    }

    /// What norms add to a variance: llama.cpp ends the process when one is negative.
    fn check_epsilons(&self) -> Result<(), LoadError> {
        for name in ["layer_norm_rms_epsilon", "layer_norm_epsilon", "group_norm_epsilon"] {
            let name = format!("attention.{name}");
            if let Some(epsilon) = self.header.float(&self.key(&name)).filter(|epsilon| !(0.0..1.0).contains(epsilon)) {
                return Err(self.broken(&name, &format!("is {epsilon}, and should be small and not negative")));
            }
        }
        Ok(())
    }

    fn context(&self) -> Result<usize, LoadError> {
        Ok(usize::try_from(self.size("context_length")?).unwrap_or(usize::MAX))
    }

    fn layers(&self) -> Result<usize, LoadError> {
        let layers = self.size("block_count")?;
        let fits = usize::try_from(layers).ok().filter(|&layers| layers <= self.header.tensors.len());
        fits.ok_or_else(|| self.broken("block_count", &format!("is {layers}, and there are not as many tensors")))
    }

    fn kv_numbers(&self) -> Result<u64, LoadError> {
        let (layers, width) = (self.layers()?, self.size("embedding_length")?);
        let heads = self.heads("attention.head_count", layers)?.unwrap_or_default();
        let kv_heads = self.heads("attention.head_count_kv", layers)?.unwrap_or_else(|| heads.clone());
        // Layers without attention count none; a model has some with it.
        let most = heads.iter().copied().max().filter(|&n| n > 0).ok_or_else(|| {
            self.broken("attention.head_count", "should be a number above 0: it is missing, or the file is damaged")
        })?;
        let [key_width, value_width] = self.head_widths(width, most)?;
        Ok(kv_heads.iter().fold(0, |sum: u64, n| sum.saturating_add(n.saturating_mul(key_width + value_width))))
    }

    /// How many heads each layer has, if the file says so. llama.cpp multiplies with 32 bits: large numbers would come out small.
    fn heads(&self, name: &str, layers: usize) -> Result<Option<Vec<u64>>, LoadError> {
        if !self.header.has(&self.key(name)) {
            return Ok(None);
        }
        let heads = self.header.per_layer(&self.key(name), layers);
        let heads = heads.filter(|heads| heads.iter().all(|&n| n <= MOST_IN_A_HEAD));
        heads.map(Some).ok_or_else(|| {
            self.broken(name, "should be a number of heads, or one for every layer: the file is damaged")
        })
    }

    fn broken(&self, name: &str, what: &str) -> LoadError {
        LoadError::file(self.path, format!("{} {what}", self.key(name)))
    }

    /// Numbers in a key and in a value of one head. llama.cpp ends the process on widths that do not fit together.
    fn head_widths(&self, width: u64, heads: u64) -> Result<[u64; 2], LoadError> {
        let [key, value] = ["attention.key_length", "attention.value_length"];
        let width_of = |name: &str| {
            let Some(found) = self.header.count(&self.key(name)) else {
                let even = width.is_multiple_of(heads);
                return even.then_some(width / heads).ok_or_else(|| {
                    self.broken(
                        "embedding_length",
                        &format!("is {width}, which {heads} heads cannot share: the file is damaged"),
                    )
                });
            };
            if found <= MOST_IN_A_HEAD {
                Ok(found)
            } else {
                Err(self.broken(name, &format!("is {found}: the file is damaged")))
            }
        };
        let (key_width, value_width) = (width_of(key)?, width_of(value)?);
        if key_width != value_width && EQUAL_WIDTHS.contains(&self.architecture) {
            return Err(
                self.broken(value, &format!("is {value_width}, and should be {key_width} like {}", self.key(key)))
            );
        }
        Ok([key_width, value_width])
    }
}
