//! Which syntax a text is in: an ordered list of formats, with the reasons for the order.

use std::sync::Arc;

use super::{
    Anthropic, Bfcl, Gemini, Glm, JsonList, Llama, Mcp, Mistral, OpenAi, Pythonic, Reading, Responses, Syntax, Tagged,
    ToolFormat,
    enclosed::{self, Block, Doc, DocReader},
    shape::{JsonDocs, is_document},
    text::split_reasoning,
};
use crate::call::{Action, Candidate};

/// Reads any known syntax.
///
/// First the formats with marks of their own are asked, in order: the first whose mark is in the answer has it. Then come those that
/// are documents: each document in the answer (all of it, a fenced block, lines of their own) goes to the first format that
/// recognises it. A document that no format recognises is words. A mark inside an answer that is one document from end to end is
/// part of an argument and counts for nothing.
///
/// | | format | why at this place |
/// |-:|---|---|
/// | 1 | `hermes` | its tag is unmistakable, and what it encloses is a document of `json` |
/// | 2 | `granite` | the same with another tag |
/// | 3 | `mistral` | its mark begins with a bracket, which `json` and `pythonic` would take for a list |
/// | 4 | `llama` | its tag encloses documents of `json` and calls of `pythonic`; without the tag it is `json` |
/// | 5 | `mcp` | the one document with a `method`; its `params` are a call object of `json` |
/// | 6 | `gemini` | known by `functionCall`, before `openai`, whose older messages have a `function_call` beside a role |
/// | 7 | `anthropic` | blocks known by their types; before `openai`, whose messages have the same role |
/// | 8 | `responses` | items known by their types; they hold `name` and `arguments` side by side, as `json` does |
/// | 9 | `openai` | entries known by their `function` object; its `tool_calls` key is also xLAM's in `json` |
/// | 10 | `json` | any object with a name and arguments, after the ones that say more |
/// | 11 | `bfcl` | any list of objects with one key: says little, so it comes after all that say more |
/// | 12 | `glm` | a name alone on a line before an object |
/// | 13 | `pythonic` | names and parentheses occur in words, so it comes last |
#[derive(Debug, Clone, Default)]
pub struct Auto {
    /// Formats of the user, asked before all others.
    first: Vec<Arc<dyn ToolFormat>>,
    pythonic: Pythonic,
}

const SHAPES: JsonDocs = JsonDocs(&[&Mcp, &Gemini, &Anthropic, &Responses, &OpenAi, &JsonList, &Bfcl]);

impl Auto {
    /// Sets how Python text is read (positional arguments, values that are no literals).
    pub fn with_pythonic(mut self, pythonic: Pythonic) -> Self {
        self.pythonic = pythonic;
        self
    }

    /// Puts a format in front of the others. It has every answer in which it sees its mark ([`Reading::marked`]), a call, or the
    /// broken beginning of one.
    pub fn with(mut self, format: Arc<dyn ToolFormat>) -> Self {
        self.first.insert(0, format);
        self
    }

    /// The id of the format a model's output is in; `None` when it is words or no format reads it.
    ///
    /// ```
    /// use toolrm_core::format::Auto;
    /// let auto = Auto::default();
    /// assert_eq!(auto.detect("[get_weather(city='Paris')]").as_deref(), Some("pythonic"));
    /// assert_eq!(auto.detect("No tool fits."), None);
    /// ```
    pub fn detect(&self, output: &str) -> Option<String> {
        self.pick(split_reasoning(output).answer).0
    }

    /// The formats by themselves, in the order they are asked: to pick one by its id, or to try them all.
    pub fn formats(&self) -> Vec<Arc<dyn ToolFormat>> {
        let known: [Arc<dyn ToolFormat>; 13] = [
            Arc::new(Tagged::HERMES),
            Arc::new(Tagged::GRANITE),
            Arc::new(Mistral),
            Arc::new(Llama),
            Arc::new(Mcp),
            Arc::new(Gemini),
            Arc::new(Anthropic),
            Arc::new(Responses),
            Arc::new(OpenAi),
            Arc::new(JsonList),
            Arc::new(Bfcl),
            Arc::new(Glm),
            Arc::new(self.pythonic.clone()),
        ];
        self.first.iter().cloned().chain(known).collect()
    }

    /// The format that has this answer, and what it reads.
    fn pick(&self, answer: &str) -> (Option<String>, Reading) {
        for format in &self.first {
            let reading = format.read(answer);
            if reading.marked || !matches!(reading.action, Action::Text(_)) {
                return (Some(format.id().to_owned()), reading);
            }
        }
        if let Some(format) = marked(answer)
            && !is_document(answer)
        {
            return (Some(format.id().to_owned()), format.read(answer));
        }
        let reading = enclosed::read(answer, self);
        (reading.format.map(str::to_owned), reading)
    }
}

/// The first format whose mark is in the answer.
fn marked(answer: &str) -> Option<&'static dyn ToolFormat> {
    if Tagged::HERMES.has_mark(answer) {
        Some(&Tagged::HERMES)
    } else if Tagged::GRANITE.has_mark(answer) {
        Some(&Tagged::GRANITE)
    } else if Mistral::has_mark(answer) {
        Some(&Mistral)
    } else if Llama::has_mark(answer) {
        Some(&Llama)
    } else {
        None
    }
}

impl DocReader for Auto {
    fn doc(&self, text: &str) -> Doc {
        let mut broken = Doc::NotMine;
        for (id, doc) in
            [(None, SHAPES.doc(text)), (Some("glm"), Glm.doc(text)), (Some("pythonic"), self.pythonic.doc(text))]
        {
            match doc {
                Doc::Read(mut parts) => {
                    parts.format = parts.format.or(id);
                    return Doc::Read(parts);
                }
                Doc::Broken(_) if matches!(broken, Doc::NotMine) => broken = doc,
                _ => {}
            }
        }
        broken
    }

    fn block(&self, text: &str) -> Option<Block> {
        SHAPES.block(text).filter(|block| !matches!(block.doc, Doc::NotMine)).or_else(|| self.pythonic.block(text))
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
        let marks = [
            Tagged::HERMES.syntax(),
            Tagged::GRANITE.syntax(),
            Mistral.syntax(),
            Llama.syntax(),
            self.pythonic.syntax(),
        ];
        self.first.iter().map(|format| format.syntax()).chain(marks).fold(Syntax::default(), Syntax::or)
    }

    /// Written is the Hermes syntax, the first of the list.
    fn render(&self, action: &Action) -> String {
        Tagged::HERMES.render(action)
    }
}

/// The id of the format a model's output is in; `None` when it is words. See [`Auto`] for the order.
pub fn detect(output: &str) -> Option<String> {
    Auto::default().detect(output)
}

/// Reads a model's output in whatever known syntax it is. See [`Auto`] for the order.
pub fn parse_any(output: &str) -> Candidate {
    Auto::default().parse(output)
}
