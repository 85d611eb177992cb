//! Judges ready to use: from a folder, a file or a server to an `Arc<dyn ToolCallJudge>`.
//!
//! ```no_run
//! use toolrm_backends::judge::{Judge, JudgeOptions, JudgeStyle};
//! use toolrm_core::prelude::*;
//!
//! # async fn example(task: Task, candidates: Vec<Candidate>) -> Result<(), Box<dyn std::error::Error>> {
//! // A folder with safetensors or an ONNX graph, or a GGUF: what it is is found out.
//! let judge = Judge::from_pretrained("models/judge", &JudgeOptions::default().with_style(JudgeStyle::Direct))?;
//! println!("{} on {:?}", judge.card().id, judge.card().model);
//! let selection = best_of_n(&judge, &task, &candidates).await?;
//! # let _ = selection;
//! # Ok(())
//! # }
//! ```

#[cfg(any(feature = "candle", feature = "llama", feature = "onnx"))]
mod assemble;
mod error;
mod load;
mod options;
#[cfg(feature = "http")]
mod served;
mod spec;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use toolrm_core::judge::ToolCallJudge;

pub use self::{
    error::OpenError,
    options::{Dtype, JudgeOptions, JudgeStyle},
    spec::{JUDGE_SPECS, JudgeSpec, SpecError},
};

/// Opens judges.
#[derive(Debug)]
#[non_exhaustive]
pub struct Judge;

impl Judge {
    /// A model on disk, by what is there: a folder with safetensors (Candle) or an ONNX graph, or a GGUF (llama.cpp).
    ///
    /// Whether it writes its verdicts or gives numbers follows from the model: a language model gets the prompts of [`JudgeOptions`] and its own chat
    /// template, a sequence classifier reads the conversation (by its template, or as a pair of texts where it is an encoder).
    pub fn from_pretrained(
        path: impl AsRef<Path>,
        options: &JudgeOptions,
    ) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
        let path = path.as_ref();
        load::open(&load::kind_of(path)?, options)
    }

    /// The judge a spec names. A server is asked whether it is there and serves the model; models in process are loaded before this returns.
    #[cfg_attr(not(feature = "http"), allow(clippy::unused_async, reason = "servers are waited for"))]
    pub async fn open(spec: &JudgeSpec, options: &JudgeOptions) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
        match spec {
            #[cfg(feature = "http")]
            JudgeSpec::Chat { url, model } => served::chat(url, model, options).await,
            #[cfg(feature = "http")]
            JudgeSpec::Reward { endpoint, url, model } => served::reward(endpoint, url, model).await,
            #[cfg(not(feature = "http"))]
            JudgeSpec::Chat { .. } | JudgeSpec::Reward { .. } => Err(load::not_built("http").into()),
            local => load::open(local, options),
        }
    }
}
