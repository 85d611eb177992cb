//! Reading a model's output while it is written.

use std::sync::Arc;

use super::{Prefix, Reading, ToolFormat, text::REASONING_TAGS};
use crate::{
    call::{Action, Candidate, ToolCall},
    toolset::Toolset,
};

mod json;
mod python;
mod scan;

pub(super) use scan::Scanner;
pub use scan::Syntax;

/// Something that happened in a stream.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// More reasoning.
    Reasoning(String),
    /// More words, verbatim.
    Text(String),
    /// A call has begun; its name is complete.
    CallStarted {
        /// The name of the tool.
        name: String,
    },
    /// The call that has just begun names no tool of the toolset: an early verdict.
    UnknownTool {
        /// The name that no tool has.
        name: String,
    },
    /// More source text of the current call's arguments, as the model writes it (quotes and escapes of its syntax included).
    Arguments(String),
    /// A call is complete.
    CallComplete(ToolCall),
    /// The output cannot become right any more: an early verdict, or the outcome.
    Malformed {
        /// What is wrong.
        why: String,
    },
}

/// Reads a stream in one format.
///
/// Events come as early as the text allows. They are news, the candidate of [`StreamParser::finish`] is the result: it is what
/// [`ToolFormat::parse`] reads in the whole text, however the text was cut. Calls that cannot be noticed early (in lines after words, in
/// a format without [`ToolFormat::syntax`]) are told at the end; a complete call may still be lost when what follows it is malformed;
/// after an early [`Event::Malformed`] the result is malformed, unless all so far turns out to be reasoning whose opening tag was in the
/// prompt (see [`StreamParser::with_open_reasoning`]). The work is linear in the length of the text, whatever the size of
/// the chunks.
///
/// ```
/// use std::sync::Arc;
/// use toolrm_core::format::{Event, StreamParser, Tagged};
/// let mut stream = StreamParser::new(Arc::new(Tagged::HERMES));
/// let mut names = Vec::new();
/// for chunk in ["On it. <tool", "_call>{\"name\": \"get_wea", "ther\", \"arguments\": {\"ci", "ty\": \"Paris\"}}</tool_call>"] {
///     for event in stream.push(chunk) {
///         if let Event::CallStarted { name } = event {
///             names.push(name);
///         }
///     }
/// }
/// let (candidate, _) = stream.finish();
/// assert_eq!(names, ["get_weather"]);
/// assert_eq!(candidate.action.calls()[0].arguments["city"], "Paris");
/// ```
#[derive(Debug)]
pub struct StreamParser {
    format: Arc<dyn ToolFormat>,
    toolset: Option<Arc<Toolset>>,
    scanner: Scanner,
    open_reasoning: bool,
    text: String,
    /// The beginning of a character whose end has not come yet.
    partial: Vec<u8>,
    /// Where the first byte that is no UTF-8 stands.
    not_utf8: Option<usize>,
}

impl StreamParser {
    /// A parser of one output.
    pub fn new(format: Arc<dyn ToolFormat>) -> Self {
        let scanner = Scanner::new(format.syntax());
        Self {
            format,
            toolset: None,
            scanner,
            open_reasoning: false,
            text: String::new(),
            partial: Vec::new(),
            not_utf8: None,
        }
    }

    /// Sets the tools, so that a call of any other is told as soon as its name is complete.
    pub fn with_toolset(mut self, toolset: Arc<Toolset>) -> Self {
        self.toolset = Some(toolset);
        self
    }

    /// Says that the prompt ends with an opening `<think>`, as some chat templates write it: the output begins inside reasoning, where
    /// nothing is a call, and early verdicts wait for its end. Without this, such reasoning is known only when its closing tag comes.
    pub fn with_open_reasoning(mut self) -> Self {
        self.scanner = Scanner::in_reasoning(self.format.syntax());
        self.open_reasoning = true;
        self
    }

    /// Reads more text.
    pub fn push(&mut self, chunk: &str) -> Vec<Event> {
        self.text.push_str(chunk);
        let mut events = Vec::new();
        self.scanner.scan(&self.text, &mut events);
        self.judge(events)
    }

    /// Reads more bytes, cut anywhere, inside a character too. Bytes that are no UTF-8 make the output malformed.
    pub fn push_bytes(&mut self, chunk: &[u8]) -> Vec<Event> {
        if self.partial.is_empty()
            && let Ok(text) = std::str::from_utf8(chunk)
        {
            return self.push(text);
        }
        self.partial.extend_from_slice(chunk);
        let bytes = std::mem::take(&mut self.partial);
        let mut text = String::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(part) = chunks.next() {
            text.push_str(part.valid());
            let invalid = part.invalid();
            if chunks.peek().is_none() && is_cut_off(invalid) {
                self.partial = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.not_utf8.get_or_insert(self.text.len() + text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        self.push(&text)
    }

    /// What the output can still become.
    pub fn prefix(&self) -> Prefix {
        if self.not_utf8.is_some() { Prefix::Impossible } else { self.scanner.prefix() }
    }

    /// The result, and the events that were not told before.
    pub fn finish(mut self) -> (Candidate, Vec<Event>) {
        if !self.partial.is_empty() {
            self.not_utf8.get_or_insert(self.text.len());
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        let candidate = self.candidate();
        let mut events = Vec::new();
        match &candidate.action {
            Action::Calls(calls) => {
                for call in calls.iter().skip(self.scanner.complete) {
                    events.push(Event::CallStarted { name: call.name.clone() });
                    events.push(Event::CallComplete(call.clone()));
                }
            }
            Action::Text(_) => {
                let rest = self.text.get(self.scanner.told()..).unwrap_or_default();
                if !rest.is_empty() {
                    events.push(Event::Text(rest.to_owned()));
                }
            }
            Action::Malformed { why, .. } if !self.scanner.is_malformed() => {
                events.push(Event::Malformed { why: why.clone() });
            }
            Action::Malformed { .. } => {}
        }
        let events = self.judge(events);
        (candidate, events)
    }

    /// What the whole text is.
    fn candidate(&self) -> Candidate {
        match self.not_utf8 {
            Some(at) => Reading::malformed(&*self.text, format!("not UTF-8 at byte {at}")).into_candidate(&self.text),
            None if self.open_reasoning => {
                let [(open, _), ..] = REASONING_TAGS;
                self.format.parse(&format!("{open}{}", self.text)).with_raw(&*self.text)
            }
            None => self.format.parse(&self.text),
        }
    }

    /// Adds the verdict on names.
    fn judge(&self, events: Vec<Event>) -> Vec<Event> {
        let Some(toolset) = &self.toolset else { return events };
        let mut judged = Vec::with_capacity(events.len());
        for event in events {
            let unknown = match &event {
                Event::CallStarted { name } if toolset.get(name).is_none() => Some(name.clone()),
                _ => None,
            };
            judged.push(event);
            judged.extend(unknown.map(|name| Event::UnknownTool { name }));
        }
        judged
    }
}

/// Whether bytes that are no character may become one when more come.
fn is_cut_off(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => false,
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        call::Tool,
        format::{Auto, JsonList, Pythonic, Tagged},
    };

    fn weather() -> Arc<Toolset> {
        Arc::new(Toolset::new(vec![Tool::new("get_weather", json!({"type": "object"}))]).unwrap())
    }

    /// The text up to which a stream was read when the event came.
    fn when(format: Arc<dyn ToolFormat>, text: &str, event: impl Fn(&Event) -> bool) -> Option<String> {
        let mut parser = StreamParser::new(format).with_toolset(weather());
        let mut read = String::new();
        for c in text.chars() {
            read.push(c);
            if parser.push(&c.to_string()).iter().any(&event) {
                return Some(read);
            }
        }
        None
    }

    #[test]
    fn an_unknown_tool_is_told_with_the_last_letter_of_its_name() {
        let unknown = |event: &Event| matches!(event, Event::UnknownTool { name } if name == "get_time");
        let hermes = r#"<tool_call>{"name": "get_time", "arguments": {}}</tool_call>"#;
        assert_eq!(when(Arc::new(Tagged::HERMES), hermes, unknown).unwrap(), r#"<tool_call>{"name": "get_time""#);
        let list = r#"[{"name": "get_weather", "arguments": {}}, {"name": "get_time", "arguments": {}}]"#;
        let upto = r#"[{"name": "get_weather", "arguments": {}}, {"name": "get_time""#;
        assert_eq!(when(Arc::new(JsonList), list, unknown).unwrap(), upto);
        for format in [Arc::new(Pythonic::default()) as Arc<dyn ToolFormat>, Arc::new(Auto::default())] {
            assert_eq!(
                when(format, "[get_weather(), get_time(zone='UTC')]", unknown).unwrap(),
                "[get_weather(), get_time("
            );
        }
    }

    #[test]
    fn a_call_is_complete_with_its_last_bracket() {
        let complete = |event: &Event| matches!(event, Event::CallComplete(_));
        let text = r#"Yes. <tool_call>{"arguments": {"a": "}"}, "name": "f"}</tool_call> Done."#;
        let upto = r#"Yes. <tool_call>{"arguments": {"a": "}"}, "name": "f"}"#;
        assert_eq!(when(Arc::new(Tagged::HERMES), text, complete).unwrap(), upto);
        assert_eq!(when(Arc::new(Pythonic::default()), "[f(a=')')]", complete).unwrap(), "[f(a=')')");
    }

    #[test]
    fn what_cannot_become_a_call_is_told_at_once() {
        let hopeless = |event: &Event| matches!(event, Event::Malformed { .. });
        let text = r#"<tool_call>{"name": "f", "arguments": $(cat x)}</tool_call>"#;
        assert_eq!(
            when(Arc::new(Tagged::HERMES), text, hopeless).unwrap(),
            r#"<tool_call>{"name": "f", "arguments": $"#
        );
        assert_eq!(Tagged::HERMES.prefix(text), Prefix::Impossible);
        assert_eq!(Tagged::HERMES.prefix("Let me see"), Prefix::Possible);
        assert_eq!(Tagged::HERMES.prefix("<tool_call>{\"name\""), Prefix::Inside);
        assert_eq!(
            Tagged::HERMES.prefix("<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>"),
            Prefix::Complete
        );
    }

    #[test]
    fn reasoning_opened_in_the_prompt_holds_no_calls() {
        let mut parser = StreamParser::new(Arc::new(Tagged::HERMES)).with_open_reasoning();
        let mut events = parser.push("Perhaps\n<tool_call>nothing\n</thi");
        events.extend(parser.push("nk>\n\nNo tool fits."));
        let (candidate, last) = parser.finish();
        events.extend(last);
        assert_eq!(candidate.action, Action::Text("No tool fits.".to_owned()));
        assert_eq!(candidate.reasoning.as_deref(), Some("Perhaps\n<tool_call>nothing"));
        assert_eq!(candidate.raw.as_deref(), Some("Perhaps\n<tool_call>nothing\n</think>\n\nNo tool fits."));
        let text: String =
            events.iter().filter_map(|e| if let Event::Text(t) = e { Some(t.as_str()) } else { None }).collect();
        assert_eq!(text, "\n\nNo tool fits.");
        assert!(!events.iter().any(|event| matches!(event, Event::Malformed { .. })));
    }
}
