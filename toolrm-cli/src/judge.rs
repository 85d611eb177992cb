//! The judges of the command line: the rules, and models by what they are and where they are.

use std::{
    fmt,
    future::Future,
    io,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, OnceLock},
};

use clap::{Args, ValueEnum};
use tokio::runtime::{Builder, Runtime};
use toolrm_backends::{
    Device,
    judge::{Dtype, Judge, JudgeOptions, JudgeSpec, JudgeStyle, SpecError},
};
use toolrm_core::judge::{FromScorer, ToolCallJudge};

use crate::{error::CliError, rules::RuleArgs};

/// A judge by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JudgeName {
    /// The embedded rules: no weights, no network, microseconds.
    Rules,
    /// A model.
    Model(JudgeSpec),
}

/// What `--judge` takes, for help texts.
pub(crate) const JUDGE_HELP: &str = "\
Who judges:
  rules               the embedded rules: no weights, no network, microseconds
  http:URL#MODEL      a language model behind an OpenAI-compatible server, or its URL by
                      itself: http://localhost:8000#qwen3-4b; a key is read from
                      $TOOLRM_API_KEY or $OPENAI_API_KEY
  classify:URL#MODEL  a reward model behind vLLM; also pooling: and score:,
                      and predict: and rerank: of TEI
  candle:FOLDER       safetensors in this process
  onnx:FOLDER         an ONNX graph in this process
  llama:FILE.gguf     a GGUF in this process
`toolrm doctor` tells which of these this program and this machine can run";

impl fmt::Display for JudgeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules => f.write_str("rules"),
            Self::Model(spec) => spec.fmt(f),
        }
    }
}

impl FromStr for JudgeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "rules" {
            return Ok(Self::Rules);
        }
        text.parse().map(Self::Model).map_err(|e: SpecError| match e {
            SpecError::Unknown(_) => format!("give rules, {}", toolrm_backends::judge::JUDGE_SPECS),
            other => other.to_string(),
        })
    }
}

/// How a judge is set up.
#[derive(Debug, Clone, Args)]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// How a judge that is a model is set up.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Models as judges")]
pub(crate) struct ModelArgs {
    /// What a language model writes before its verdict
    #[arg(long = "judge-style", value_name = "STYLE", default_value = "evaluate")]
    style: Style,
    /// Prompt templates of your own (see docs/PROMPTS.md)
    #[arg(long = "judge-prompts", value_name = "FOLDER")]
    prompts: Option<PathBuf>,
    /// Softmax temperature, 0 = greedy; otherwise .6, and 0 for --judge-style direct
    #[arg(long = "judge-temperature", value_name = "T")]
    temperature: Option<f32>,
    /// Most tokens a language model may write, otherwise 8192
    #[arg(long = "judge-max-tokens", value_name = "N")]
    max_tokens: Option<u32>,
    /// Most tokens of reasoning, then it is closed (in process, or behind vLLM)
    #[arg(long = "judge-thinking-budget", value_name = "N")]
    thinking_budget: Option<u32>,
    /// Where a model in process computes: cpu, cuda, cuda:1
    #[arg(long = "judge-device", value_name = "DEVICE", default_value = "cpu")]
    device: Device,
    /// Numbers a model in process computes with: f32, bf16, f16; otherwise as it fits the device
    #[arg(long = "judge-dtype", value_name = "TYPE")]
    dtype: Option<Dtype>,
    /// Most tokens of a prompt and its answer, in process; otherwise what the model was made for
    #[arg(long = "judge-context", value_name = "TOKENS")]
    context: Option<usize>,
    /// Most GiB of keys and values a model in process keeps: longer prompts, and more that is shared
    #[arg(long = "judge-kv-gib", value_name = "GIB")]
    kv_gib: Option<u16>,
    /// Threads of a model in process
    #[arg(long = "judge-threads", value_name = "N")]
    threads: Option<usize>,
}

/// What a language model writes before its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Style {
    /// An evaluation, criterion by criterion
    Evaluate,
    /// Its reasoning, then a short evaluation
    Think,
    /// Nothing: the verdict alone, from the probabilities of one token
    Direct,
}

impl ModelArgs {
    fn options(&self) -> JudgeOptions {
        let mut options = JudgeOptions::default().with_device(self.device).with_style(match self.style {
            Style::Evaluate => JudgeStyle::Evaluate,
            Style::Think => JudgeStyle::Think,
            Style::Direct => JudgeStyle::Direct,
        });
        options.prompts.clone_from(&self.prompts);
        options.temperature = self.temperature;
        options.max_tokens = self.max_tokens;
        options.thinking_budget = self.thinking_budget;
        options.dtype = self.dtype;
        options.context = self.context;
        options.kv_bytes = self.kv_gib.map(|gib| usize::from(gib) << 30);
        options.threads = self.threads;
        options
    }
}

impl JudgeArgs {
    pub(crate) fn judge(&self, name: &JudgeName) -> Result<Arc<dyn ToolCallJudge>, CliError> {
        match name {
            JudgeName::Rules => Ok(Arc::new(FromScorer::new(self.rules.scorer()?))),
            JudgeName::Model(spec) => self.model(spec),
        }
    }

    /// For calls without a conversation.
    pub(crate) fn judge_without_conversation(&self, name: &JudgeName) -> Result<Arc<dyn ToolCallJudge>, CliError> {
        match name {
            JudgeName::Rules => Ok(Arc::new(FromScorer::new(self.rules.scorer_without_conversation()?))),
            JudgeName::Model(spec) => self.model(spec),
        }
    }

    /// Whoever judges is ready when this returns: loaded, or asked whether it is there.
    fn model(&self, spec: &JudgeSpec) -> Result<Arc<dyn ToolCallJudge>, CliError> {
        let shown = crate::progress::spinner();
        shown.set_message(format!("opening {spec}"));
        let failed = |error| CliError::Open { judge: spec.to_string(), error };
        let judge = block_on(async { Judge::open(spec, &self.model.options()).await.map_err(failed) });
        shown.finish_and_clear();
        judge
    }
}

/// Runs a judge's future to its end on this thread. One runtime for the whole program: connections live as long as theirs.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if RUNTIME.get().is_none() {
        // Only this thread makes one.
        let made = Builder::new_current_thread().enable_all().build()?;
        drop(RUNTIME.set(made));
    }
    RUNTIME.get().ok_or_else(|| io::Error::other("no runtime"))?.block_on(work)
}
