//! Which syntax a text is in: an ordered list of formats, with the reasons for the order.

use std::sync::Arc;

use super::{Bfcl, Glm, JsonList, OpenAi, Pythonic, Reading, Responses, Tagged, ToolFormat};
use crate::call::{Action, Candidate};

/// Reads any known syntax: the formats are asked in order, and the first one that reads a call wins.
#[derive(Debug, Clone)]
pub struct Auto {
    formats: Vec<Arc<dyn ToolFormat>>,
}

impl Default for Auto {
    fn default() -> Self {
        Self {
            formats: vec![
                Arc::new(Tagged::HERMES),
                Arc::new(Tagged::GRANITE),
                Arc::new(OpenAi),
                Arc::new(Responses),
                Arc::new(JsonList),
                Arc::new(Bfcl),
                Arc::new(Glm),
                Arc::new(Pythonic::default()),
            ],
        }
    }
}

impl Auto {
    /// Puts a format in front of the others.
    pub fn with(mut self, format: Arc<dyn ToolFormat>) -> Self {
        self.formats.insert(0, format);
        self
    }

    /// The format that reads this answer, and what it reads.
    fn pick(&self, answer: &str) -> (Option<&Arc<dyn ToolFormat>>, Reading) {
        let mut malformed = None;
        for format in &self.formats {
            let reading = format.read(answer);
            match reading.action {
                Action::Calls(_) => return (Some(format), reading),
                Action::Malformed { .. } if malformed.is_none() => malformed = Some((Some(format), reading)),
                _ => {}
            }
        }
        malformed.unwrap_or_else(|| (None, Reading::words(answer)))
    }
}

impl ToolFormat for Auto {
    fn id(&self) -> &'static str {
        "auto"
    }

    fn read(&self, answer: &str) -> Reading {
        self.pick(answer).1
    }

    fn render(&self, action: &Action) -> String {
        Tagged::HERMES.render(action)
    }
}

/// The id of the format a model's output is in; `None` when it is words.
pub fn detect(output: &str) -> Option<String> {
    let split = super::text::split_reasoning(output);
    Auto::default().pick(split.answer).0.map(|format| format.id().to_owned())
}

/// Reads a model's output in whatever syntax it is.
pub fn parse_any(output: &str) -> Candidate {
    Auto::default().parse(output)
}
