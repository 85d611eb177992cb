//! [`CandleModel`]: a model of a Hugging Face folder, as an engine runs it.

use std::path::Path;

use toolrm_core::score::ScoreScale;

use super::{
    bert::Bert,
    cache::{KvCache, KvShape},
    config::{HeadConfig, ModelConfig},
    decoder::Decoder,
    modernbert::ModernBert,
    ops::Ops,
    options::{CandleOptions, open},
    weights::Weights,
};
use crate::{
    device::Device,
    engine::{ModelError, ModelSpec, Output, Row, SeqId, Token, TokenModel},
    error::LoadError,
    segments,
};

/// A model in process: safetensors on candle.
#[derive(Debug)]
pub struct CandleModel {
    net: Net,
    spec: ModelSpec,
    vocabulary: usize,
    revision: String,
    /// The threads it computes on, if they are its own.
    threads: Option<rayon::ThreadPool>,
}

#[derive(Debug)]
enum Net {
    Decoder(Decoder, KvCache),
    Bert(Bert, Option<Token>),
    ModernBert(ModernBert),
}

impl CandleModel {
    /// Loads `config.json` and the safetensors files of a folder.
    ///
    /// Decoders of the Qwen3, Qwen2 and Llama families become models that write text (`*ForCausalLM`) or score sequences
    /// (`*ForSequenceClassification`); BERT and ModernBERT cross-encoders score. A score is the logit of the only label, or, with two
    /// labels, how much the second one's logit exceeds the first one's: log-odds both.
    ///
    /// ```no_run
    /// use toolrm_backends::candle::{CandleModel, CandleOptions};
    /// use toolrm_backends::engine::{Row, TokenModel};
    ///
    /// let mut model = CandleModel::load("models/qwen3-0.6b", &CandleOptions::default())?;
    /// let logits = model.step(&[Row { sequence: 0, tokens: &[9707, 11], wanted: true }])?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(folder: impl AsRef<Path>, options: &CandleOptions) -> Result<Self, LoadError> {
        let folder = folder.as_ref();
        let path = folder.join("config.json");
        let json = std::fs::read(&path).map_err(|e| LoadError::io(&path, e))?;
        let config = ModelConfig::parse(&path, &json)?;
        let device = open(options.device)?;
        let dtype = options.precision.dtype(options.device);
        let weights = Weights::open(folder, dtype, &device)?;

        let mut spec = ModelSpec::causal("", config.vocabulary(), config.max_positions());
        spec.context = spec.context.min(options.context.unwrap_or(usize::MAX)).max(1);
        spec.dtype = dtype.as_str().into();
        spec.max_step_tokens = options.max_step_tokens.max(1);
        let net = match &config {
            ModelConfig::Decoder(config) => {
                weights.check(&Decoder::tensors(config)?)?;
                let mut shape = KvShape::new(config);
                (shape.dtype, shape.device, shape.sequences) = (dtype, device, options.max_sequences.max(1));
                shape.tokens = (options.kv_bytes / shape.bytes_per_token()).max(1);
                spec.context = spec.context.min(shape.tokens);
                spec.kv_tokens = shape.tokens;
                spec.kv_bytes_per_token = shape.bytes_per_token();
                Net::Decoder(Decoder::new(config, spec.context, &weights)?, KvCache::new(shape))
            }
            ModelConfig::Bert(config) => {
                weights.check(&Bert::tensors(config)?)?;
                let separator =
                    if config.token_types > 1 { Some(segments::separator(folder, options.separator)?) } else { None };
                Net::Bert(Bert::new(config, &weights)?, separator)
            }
            ModelConfig::ModernBert(config) => {
                weights.check(&ModernBert::tensors(config)?)?;
                Net::ModernBert(ModernBert::new(config, spec.context, &weights)?)
            }
        };
        if !matches!(net, Net::Decoder(..)) {
            // a sequence is read in one step
            spec.incremental = false;
            spec.max_step_tokens = spec.max_step_tokens.max(spec.context);
            spec.kv_tokens = spec.max_step_tokens;
        }
        spec.max_sequences = options.max_sequences.max(1);
        if !matches!(&config, ModelConfig::Decoder(decoder) if matches!(decoder.head, HeadConfig::Causal { .. })) {
            spec.output = Output::Score { scale: ScoreScale::Logit };
        }
        let revision = weights.revision(&json);
        let name = folder.file_name().map_or_else(|| "model".into(), |name| name.to_string_lossy());
        spec.id = format!("{name}@{}", revision.get(..12).unwrap_or(&revision));
        let threads = pool(options)?;
        spec.device = match options.device {
            Device::Cpu => {
                let count =
                    threads.as_ref().map_or_else(rayon::current_num_threads, rayon::ThreadPool::current_num_threads);
                format!("cpu ({count} threads)")
            }
            other => other.to_string(),
        };
        Ok(Self { net, spec, vocabulary: config.vocabulary(), revision, threads })
    }

    /// SHA-256, in hex, of the configuration and of all tensors: the same weights have the same revision however they are spread
    /// over files.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Tokens of keys and values that are kept now, shared ones counted once.
    pub fn kept_tokens(&self) -> usize {
        match &self.net {
            Net::Decoder(_, cache) => cache.tokens(),
            _ => 0,
        }
    }

    /// Whether the rows can be computed at all, before anything is touched.
    fn check(&self, rows: &[Row<'_>]) -> Result<(), ModelError> {
        let mut seen = vec![false; self.spec.max_sequences];
        let total: usize = rows.iter().map(|row| row.tokens.len()).sum();
        if total > self.spec.max_step_tokens {
            let most = self.spec.max_step_tokens;
            return Err(ModelError::failed(format!(
                "a step of {total} tokens: at most {most} go into one, feed it in pieces"
            )));
        }
        for (number, row) in rows.iter().enumerate() {
            let wrong = |what: String| Err(ModelError::failed(format!("row {number}: {what}")));
            match seen.get_mut(row.sequence) {
                None => {
                    return wrong(format!(
                        "sequence {} is out of range: there are {}",
                        row.sequence, self.spec.max_sequences
                    ));
                }
                Some(true) => return wrong(format!("sequence {} stands in two rows", row.sequence)),
                Some(slot) => *slot = true,
            }
            if row.tokens.is_empty() {
                return wrong("it has no tokens".into());
            }
            let before = match &self.net {
                Net::Decoder(_, cache) => cache.len(row.sequence),
                _ => 0,
            };
            if before + row.tokens.len() > self.spec.context {
                let tokens = row.tokens.len();
                return wrong(format!(
                    "{before} and {tokens} tokens do not fit into a context of {}",
                    self.spec.context
                ));
            }
            if let Some(token) = row.tokens.iter().find(|token| **token as usize >= self.vocabulary) {
                let vocabulary = self.vocabulary;
                return wrong(format!(
                    "token {token} is not of the {vocabulary} the model knows: is the tokenizer another model's?"
                ));
            }
        }
        Ok(())
    }
}

impl Net {
    /// The outputs of the rows that are wanted, one after the other.
    fn outputs(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let failed = |e| ModelError::caused("the model's forward pass failed", e);
        let wanted: Vec<&[Token]> = rows.iter().filter(|row| row.wanted).map(|row| row.tokens).collect();
        let scores = match self {
            Self::Decoder(decoder, cache) => {
                let Some(hidden) = decoder.forward_cached(Ops::Fused, rows, cache)? else { return Ok(Vec::new()) };
                decoder.head(Ops::Fused, &hidden)
            }
            _ if wanted.is_empty() => return Ok(Vec::new()),
            Self::Bert(bert, separator) => bert.forward(Ops::Fused, &wanted, *separator),
            Self::ModernBert(bert) => bert.forward(Ops::Fused, &wanted),
        };
        scores.and_then(|scores| scores.to_vec2()).map_err(failed)
    }
}

impl TokenModel for CandleModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn step(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.check(rows)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let net = &mut self.net;
        let outputs = match &self.threads {
            Some(pool) => pool.install(|| net.outputs(rows))?,
            None => net.outputs(rows)?,
        };
        let mut outputs = outputs.into_iter();
        Ok(rows.iter().map(|row| if row.wanted { outputs.next().unwrap_or_default() } else { Vec::new() }).collect())
    }

    fn fork(&mut self, from: SeqId, to: SeqId, len: usize) -> Result<(), ModelError> {
        match &mut self.net {
            Net::Decoder(_, cache) => cache.fork(from, to, len),
            _ => Err(ModelError::failed("an encoder reads a sequence at once: there is nothing to fork")),
        }
    }

    fn remove(&mut self, sequence: SeqId) {
        if let Net::Decoder(_, cache) = &mut self.net {
            cache.remove(sequence);
        }
    }
}

fn pool(options: &CandleOptions) -> Result<Option<rayon::ThreadPool>, LoadError> {
    let Some(threads) = options.threads.filter(|_| options.device == Device::Cpu) else { return Ok(None) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build();
    pool.map(Some)
        .map_err(|e| LoadError::Runtime { what: format!("cannot start {threads} threads"), source: Some(Box::new(e)) })
}
