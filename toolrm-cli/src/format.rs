//! The formats of model output by name.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use toolrm_core::{
    format::{Auto, Bfcl, Glm, JsonList, OpenAi, Pythonic, Responses, Tagged, ToolFormat},
    toolset::Toolset,
};

/// In which format raw model output is read.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormatArgs {
    /// Format of raw model output
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_enum)]
    format: FormatName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// Whichever of the others fits
    Auto,
    /// <tool_call>{"name": .., "arguments": {..}}</tool_call> (Hermes, Qwen)
    Hermes,
    /// <function_call>{..}</function_call> (Granite)
    Granite,
    /// OpenAI chat completions: an assistant message or its tool_calls
    OpenaiChat,
    /// OpenAI responses: items of type function_call
    OpenaiResponses,
    /// [{"name": .., "arguments": {..}}, ..] (xLAM, Hammer)
    JsonList,
    /// [{"NAME": {ARGUMENTS}}, ..] (BFCL)
    Bfcl,
    /// The name on a line of its own, the arguments on the next (GLM-4)
    Glm,
    /// [get_weather(city="Paris"), ..] (Llama 4, ToolACE, Gorilla)
    Pythonic,
}

impl FormatArgs {
    /// The format. With the tools of the task, positional arguments get their names.
    pub(crate) fn format(self, tools: Option<&Arc<Toolset>>) -> Arc<dyn ToolFormat> {
        let pythonic = || tools.map_or_else(Pythonic::default, |tools| Pythonic::with_toolset(Arc::clone(tools)));
        match self.format {
            FormatName::Auto => Arc::new(Auto::default()),
            FormatName::Hermes => Arc::new(Tagged::HERMES),
            FormatName::Granite => Arc::new(Tagged::GRANITE),
            FormatName::OpenaiChat => Arc::new(OpenAi),
            FormatName::OpenaiResponses => Arc::new(Responses),
            FormatName::JsonList => Arc::new(JsonList),
            FormatName::Bfcl => Arc::new(Bfcl),
            FormatName::Glm => Arc::new(Glm),
            FormatName::Pythonic => Arc::new(pythonic()),
        }
    }
}
