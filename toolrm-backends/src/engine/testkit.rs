//! Models of a few lines, for the engine's own tests.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex},
};

use super::{Codec, ModelError, ModelSpec, Output, Row, SeqId, Token, TokenModel};

/// Every byte is a token; 256 ends a turn.
#[derive(Debug)]
pub(crate) struct ByteCodec;

pub(crate) const END: Token = 256;

impl Codec for ByteCodec {
    fn encode(&self, text: &str) -> Result<Vec<Token>, ModelError> {
        Ok(text.bytes().map(Token::from).collect())
    }
    fn decode(&self, tokens: &[Token]) -> Result<String, ModelError> {
        let bytes: Vec<u8> = tokens.iter().filter_map(|t| u8::try_from(*t).ok()).collect();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
    fn end_tokens(&self) -> &[Token] {
        &[END]
    }
    fn tokens_of_label(&self, label: &str) -> Vec<Token> {
        label.bytes().map(Token::from).take(1).collect()
    }
}

/// What a [`CountingModel`] was asked for.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Tokens of every step.
    pub(crate) steps: Vec<Vec<usize>>,
    pub(crate) forks: usize,
}

/// What a [`CountingModel`] writes behind some tokens.
type Script = Box<dyn Fn(&[Token]) -> Token + Send>;

/// How a [`CountingModel`] fails.
type Trouble = Box<dyn FnMut(&[Row<'_>]) -> Option<ModelError> + Send>;

/// Keeps the tokens of its sequences, and writes what follows from all of them: its logits are a hash of the whole sequence, so any mistake with
/// sequences shows in them.
pub(crate) struct CountingModel {
    pub(crate) spec: ModelSpec,
    pub(crate) sequences: HashMap<SeqId, Vec<Token>>,
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) trouble: Option<Trouble>,
    /// What it writes instead, by the number of tokens so far.
    pub(crate) script: Option<Script>,
}

impl CountingModel {
    pub(crate) fn new(context: usize) -> Self {
        let spec = ModelSpec { max_sequences: 16, kv_tokens: 10_000, ..ModelSpec::causal("counting", 257, context) };
        Self { spec, sequences: HashMap::new(), log: Arc::default(), trouble: None, script: None }
    }

    pub(crate) fn hash(tokens: &[Token], n: usize) -> f32 {
        let mut hasher = DefaultHasher::new();
        (tokens, n).hash(&mut hasher);
        (hasher.finish() % 1000) as f32 / 100.0
    }

    fn kept(&self) -> usize {
        self.sequences.values().map(Vec::len).sum()
    }
}

impl TokenModel for CountingModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn step(&mut self, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.log.lock().unwrap().steps.push(rows.iter().map(|r| r.tokens.len()).collect());
        if let Some(error) = self.trouble.as_mut().and_then(|trouble| trouble(rows)) {
            return Err(error);
        }
        for row in rows {
            assert!(!row.tokens.is_empty(), "an empty row");
            self.sequences.entry(row.sequence).or_default().extend_from_slice(row.tokens);
        }
        assert!(self.kept() <= self.spec.kv_tokens || self.spec.max_sequences > 1, "more kept than there is room for");
        Ok(rows
            .iter()
            .map(|row| {
                let tokens = &self.sequences[&row.sequence];
                match self.spec.output {
                    _ if !row.wanted => Vec::new(),
                    Output::Score { .. } => vec![Self::hash(tokens, 0)],
                    Output::Logits { vocabulary } => match &self.script {
                        Some(script) => {
                            let next = script(tokens);
                            (0..vocabulary).map(|t| if t == next as usize { 5.0 } else { 0.0 }).collect()
                        }
                        None => (0..vocabulary).map(|t| Self::hash(tokens, t)).collect(),
                    },
                }
            })
            .collect())
    }

    fn fork(&mut self, from: SeqId, to: SeqId, len: usize) -> Result<(), ModelError> {
        self.log.lock().unwrap().forks += 1;
        let tokens = self.sequences.get(&from).map(|t| t[..len].to_vec()).unwrap_or_default();
        self.sequences.insert(to, tokens);
        Ok(())
    }

    fn remove(&mut self, sequence: SeqId) {
        self.sequences.remove(&sequence);
    }
}
