//! The formats of model output by name.

use std::sync::Arc;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser},
};
use toolrm_core::{
    format::{Auto, Pythonic, ToolFormat},
    toolset::Toolset,
};

/// In which format raw model output is read.
#[derive(Debug, Clone, Args)]
pub(crate) struct FormatArgs {
    /// Format of raw model output
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = parser())]
    format: String,
}

impl FormatArgs {
    /// The format. With the tools of the task, positional arguments get their names.
    pub(crate) fn format(&self, tools: Option<&Arc<Toolset>>) -> Arc<dyn ToolFormat> {
        let pythonic = tools.map_or_else(Pythonic::default, |tools| Pythonic::with_toolset(Arc::clone(tools)));
        let auto = Auto::default().with_pythonic(pythonic);
        auto.formats().into_iter().find(|format| format.id() == self.format).unwrap_or_else(|| Arc::new(auto))
    }
}

/// Ids and what the formats look like, in the order `auto` tries them.
const FORMATS: [(&str, &str); 14] = [
    ("auto", "whichever of the others fits, tried in this order"),
    ("hermes", "<tool_call>{\"name\": .., \"arguments\": {..}}</tool_call> (Hermes, Qwen)"),
    ("granite", "<function_call>{..}</function_call>"),
    ("mistral", "[TOOL_CALLS] [{..}]"),
    ("llama", "<|python_tag|>.. (Llama 3)"),
    ("mcp", "JSON-RPC requests of the method tools/call"),
    ("gemini", "parts with a functionCall"),
    ("anthropic", "content blocks of the type tool_use"),
    ("responses", "OpenAI responses: items of the type function_call"),
    ("openai", "OpenAI chat completions: an assistant message or its tool_calls"),
    ("json", "[{\"name\": .., \"arguments\": {..}}, ..] (xLAM, Hammer)"),
    ("bfcl", "[{\"NAME\": {ARGUMENTS}}, ..]"),
    ("glm", "the name on one line, the arguments on the next (GLM-4)"),
    ("pythonic", "[get_weather(city=\"Paris\"), ..] (Llama 4, ToolACE, Gorilla)"),
];

fn parser() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.map(|(id, help)| PossibleValue::new(id).help(help)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_listed_are_those_there_are() {
        let there = Auto::default().formats();
        let there: Vec<&str> = std::iter::once("auto").chain(there.iter().map(|format| format.id())).collect();
        assert_eq!(FORMATS.map(|(id, _)| id).to_vec(), there);
    }
}
