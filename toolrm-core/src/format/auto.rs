//! Which syntax a text is in: an ordered list of formats, with the reasons for the order.

use std::sync::Arc;

use super::{
    Anthropic, Bfcl, Gemini, Glm, JsonList, Llama, Mcp, Mistral, OpenAi, Pythonic, Reading, Responses, Syntax, Tagged,
    ToolFormat, text::split_reasoning,
};
use crate::{
    call::{Action, Candidate},
    toolset::Toolset,
};

/// Reads any known syntax. The formats are asked in order; the first one that finds its own mark or reads calls wins, else the first
/// one in whose syntax a call begins and breaks off, else the answer is words.
///
/// | | format | why at this place |
/// |-:|---|---|
/// | 1 | `hermes` | its tag is unmistakable, and what it encloses is a document of `json` |
/// | 2 | `granite` | the same with another tag |
/// | 3 | `mistral` | its mark begins with a bracket, which `json` and `pythonic` would take for a list |
/// | 4 | `mcp` | the one document with a `method`; its `params` are a call object of `json` |
/// | 5 | `gemini` | known by `functionCall`, before `openai`, whose older messages have a `function_call` beside a role |
/// | 6 | `anthropic` | blocks known by their types; before `openai`, whose messages have the same role |
/// | 7 | `responses` | items known by their types; they hold `name` and `arguments` side by side, as `json` does |
/// | 8 | `openai` | entries known by their `function` object; its `tool_calls` key is also xLAM's in `json` |
/// | 9 | `llama` | its tag encloses documents of `json` and calls of `pythonic` |
/// | 10 | `json` | any object with a name and arguments, after the ones that say more |
/// | 11 | `bfcl` | any list of objects with one key: says little, so it comes after all that say more |
/// | 12 | `glm` | a name alone on a line before an object |
/// | 13 | `pythonic` | names and parentheses occur in words, so it comes last |
#[derive(Debug, Clone)]
pub struct Auto {
    formats: Vec<Arc<dyn ToolFormat>>,
}

impl Default for Auto {
    fn default() -> Self {
        Self::new(Pythonic::default())
    }
}

impl Auto {
    fn new(pythonic: Pythonic) -> Self {
        Self {
            formats: vec![
                Arc::new(Tagged::HERMES),
                Arc::new(Tagged::GRANITE),
                Arc::new(Mistral),
                Arc::new(Mcp),
                Arc::new(Gemini),
                Arc::new(Anthropic),
                Arc::new(Responses),
                Arc::new(OpenAi),
                Arc::new(Llama),
                Arc::new(JsonList),
                Arc::new(Bfcl),
                Arc::new(Glm),
                Arc::new(pythonic),
            ],
        }
    }

    /// The known formats, with a toolset that names positional arguments in Python text.
    pub fn with_toolset(toolset: Arc<Toolset>) -> Self {
        Self::new(Pythonic::with_toolset(toolset))
    }

    /// Puts a format in front of the others.
    pub fn with(mut self, format: Arc<dyn ToolFormat>) -> Self {
        self.formats.insert(0, format);
        self
    }

    /// The formats in the order they are asked.
    pub fn formats(&self) -> &[Arc<dyn ToolFormat>] {
        &self.formats
    }

    /// The format a model's output is in; `None` when it is words.
    pub fn detect(&self, output: &str) -> Option<&Arc<dyn ToolFormat>> {
        self.pick(split_reasoning(output).answer).0
    }

    /// The format that reads this answer, and what it reads.
    fn pick(&self, answer: &str) -> (Option<&Arc<dyn ToolFormat>>, Reading) {
        let mut second = None;
        for format in &self.formats {
            let reading = format.read(answer);
            match reading.action {
                _ if reading.marked => return (Some(format), reading),
                Action::Calls(_) => return (Some(format), reading),
                Action::Malformed { .. } if second.is_none() => second = Some((Some(format), reading)),
                _ => {}
            }
        }
        second.unwrap_or_else(|| (None, Reading::words(answer)))
    }
}

impl ToolFormat for Auto {
    fn id(&self) -> &'static str {
        "auto"
    }

    fn read(&self, answer: &str) -> Reading {
        self.pick(answer).1
    }

    fn syntax(&self) -> Syntax {
        self.formats.iter().map(|format| format.syntax()).fold(Syntax::default(), Syntax::or)
    }

    /// Written is the Hermes syntax, the first of the list.
    fn render(&self, action: &Action) -> String {
        Tagged::HERMES.render(action)
    }
}

/// The id of the format a model's output is in; `None` when it is words. See [`Auto`] for the order.
pub fn detect(output: &str) -> Option<String> {
    Auto::default().detect(output).map(|format| format.id().to_owned())
}

/// Reads a model's output in whatever known syntax it is. See [`Auto`] for the order.
pub fn parse_any(output: &str) -> Candidate {
    Auto::default().parse(output)
}
