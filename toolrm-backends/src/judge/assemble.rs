//! A model, its vocabulary and its template, put together as a judge.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use toolrm_core::{critic::GenerativeCritic, judge::ToolCallJudge, reward::Discriminative};

use super::{JudgeOptions, JudgeStyle, OpenError};
use crate::{
    engine::{Codec, Engine, EngineOptions, Output, TokenModel},
    error::LoadError,
    local::{ChatPrompt, LocalGenerator, LocalScorer},
    template::ChatTemplate,
};

/// What stands beside a model's weights.
pub(super) struct Files {
    /// For messages.
    place: PathBuf,
    codec: Arc<dyn Codec>,
    template: Option<ChatTemplate>,
    /// Prompts that came with the model.
    prompts: Option<PathBuf>,
    #[cfg(feature = "tokenizers")]
    tokenizer: Option<Arc<crate::tokenizer::HfTokenizer>>,
}

impl Files {
    /// A Hugging Face folder.
    #[cfg(feature = "tokenizers")]
    pub(super) fn of_folder(folder: &Path) -> Result<Self, LoadError> {
        let tokenizer = Arc::new(crate::tokenizer::HfTokenizer::from_folder(folder)?);
        Ok(Self {
            place: folder.to_owned(),
            codec: tokenizer.clone(),
            template: ChatTemplate::from_folder(folder)?,
            prompts: Some(folder.join("prompts")).filter(|p| p.is_dir()),
            tokenizer: Some(tokenizer),
        })
    }

    /// A GGUF, which holds all of it.
    #[cfg(feature = "llama")]
    pub(super) fn of_gguf(path: &Path, model: &crate::llama::LlamaModel) -> Result<Self, LoadError> {
        let codec = model.codec();
        let mut template = None;
        if let Some(source) = model.chat_template() {
            let failed =
                |e: crate::template::TemplateError| LoadError::Template { path: path.to_owned(), what: e.to_string() };
            let mut compiled = ChatTemplate::new(source).map_err(failed)?;
            for (name, text) in [("bos_token", codec.bos_text()), ("eos_token", codec.eos_text())] {
                compiled = text.into_iter().fold(compiled, |t, text| t.with_token(name, text));
            }
            template = Some(compiled);
        }
        Ok(Self {
            place: path.to_owned(),
            codec: Arc::new(codec),
            template,
            prompts: None,
            #[cfg(feature = "tokenizers")]
            tokenizer: None,
        })
    }

    /// The prompts of a chat model: reasoning is switched on or off where the template knows such a switch.
    fn chat(&self, options: &JudgeOptions) -> Result<ChatPrompt, LoadError> {
        let Some(template) = self.template.clone() else {
            let what = "no chat template: put chat_template.jinja beside the model, or chat_template into tokenizer_config.json";
            return Err(LoadError::file(&self.place, what));
        };
        let switch = [false, true].iter().any(|tools| template.source(*tools).contains("enable_thinking"));
        let prompt = ChatPrompt::new(template, self.codec.clone());
        let think = options.style == JudgeStyle::Think;
        Ok(if switch { prompt.with_variable("enable_thinking", think) } else { prompt })
    }
}

/// A model that writes gets the critic's prompts; one that gives numbers reads the conversation.
pub(super) fn judge<M: TokenModel + 'static>(
    model: M,
    files: Files,
    options: &JudgeOptions,
) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    let (writes, incremental) = (matches!(model.spec().output, Output::Logits { .. }), model.spec().incremental);
    #[cfg(feature = "tokenizers")]
    if let (Some(tokenizer), Output::Logits { vocabulary }) = (&files.tokenizer, model.spec().output) {
        tokenizer.check_fits(vocabulary, &files.place)?;
    }
    // What cannot be asked is known before the engine's thread starts.
    let chat = if writes || incremental { Some(files.chat(options)?) } else { None };
    let engine = Engine::start(model, &EngineOptions::default())?;
    match chat {
        Some(chat) if writes => {
            let critic = GenerativeCritic::new(LocalGenerator::new(engine, chat)?)
                .with_prompts(options.prompt_set(files.prompts)?)
                .with_params(options.params());
            Ok(Arc::new(critic))
        }
        Some(chat) => Ok(Arc::new(Discriminative::new(LocalScorer::new(engine, chat)?))),
        None => encoder(&engine, files),
    }
}

fn encoder(engine: &Engine, files: Files) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    let Files { place, .. } = files;
    #[cfg(feature = "tokenizers")]
    if let Some(tokenizer) = files.tokenizer {
        let pairs = crate::local::PairPrompt::new(tokenizer);
        return Ok(Arc::new(Discriminative::new(LocalScorer::new(engine.clone(), pairs)?)));
    }
    let what = format!("{} is a cross-encoder, whose pairs of texts need a tokenizer.json", engine.spec().id);
    Err(LoadError::file(&place, what).into())
}
