//! Answers of chat completions. A whole answer is read as a stream of one piece, so that both come to the same.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use toolrm_core::{call::Content, score::Usage};

/// A response, or one chunk of a streamed one.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    choices: Vec<ChunkChoice>,
    #[serde(default)]
    usage: Option<WireUsage>,
    #[serde(default)]
    pub(super) error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct ChunkChoice {
    #[serde(default)]
    index: usize,
    /// The new part of the message; the message itself in a whole response.
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<Logprobs>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<Content>,
    /// vLLM's, SGLang's and llama.cpp's name ..
    #[serde(default)]
    reasoning_content: Option<String>,
    /// .. and the newer one.
    #[serde(default)]
    reasoning: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Debug, Deserialize)]
struct CallDelta {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionDelta>,
}

#[derive(Debug, Deserialize)]
struct FunctionDelta {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Logprobs {
    #[serde(default)]
    content: Option<Vec<TokenLogprob>>,
}

/// A token that was written, and what could have stood in its place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct TokenLogprob {
    pub(super) token: String,
    #[serde(default)]
    pub(super) logprob: Option<f32>,
    #[serde(default)]
    pub(super) top_logprobs: Option<Vec<Alternative>>,
}

/// A token that could have stood somewhere. Natural logarithm.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Alternative {
    pub(super) token: String,
    #[serde(default)]
    pub(super) logprob: Option<f32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

/// A call as the server wrote it; nothing in it has been read yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct RawCall {
    id: Option<String>,
    name: Option<String>,
    arguments: Option<Value>,
}

impl RawCall {
    fn add(&mut self, part: CallDelta) {
        let function = part.function.unwrap_or(FunctionDelta { name: None, arguments: None });
        fill(&mut self.id, part.id);
        fill(&mut self.name, function.name);
        match (&mut self.arguments, function.arguments) {
            (_, None | Some(Value::Null)) => {}
            (Some(Value::String(so_far)), Some(Value::String(more))) => so_far.push_str(&more),
            (arguments, Some(value)) => *arguments = Some(value),
        }
    }

    fn json(&self) -> Value {
        let mut function = serde_json::Map::new();
        function.extend(self.name.as_ref().map(|name| ("name".to_owned(), json!(name))));
        function.extend(self.arguments.as_ref().map(|arguments| ("arguments".to_owned(), arguments.clone())));
        json!({"id": self.id, "type": "function", "function": function})
    }
}

/// Names and ids come once; what repeats them is no addition.
fn fill(slot: &mut Option<String>, value: Option<String>) {
    if slot.as_ref().is_none_or(String::is_empty) {
        *slot = value.filter(|v| !v.is_empty()).or(slot.take());
    }
}

/// One of the answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Choice {
    pub(super) content: String,
    pub(super) reasoning: String,
    pub(super) refusal: String,
    pub(super) calls: Vec<RawCall>,
    pub(super) finish: Option<String>,
    pub(super) logprobs: Vec<TokenLogprob>,
}

impl Choice {
    fn add(&mut self, delta: Delta) {
        self.content.push_str(&delta.content.as_ref().map(Content::text).unwrap_or_default());
        let reasoning = delta.reasoning_content.filter(|r| !r.is_empty()).or(delta.reasoning);
        self.reasoning.push_str(&reasoning.unwrap_or_default());
        self.refusal.push_str(&delta.refusal.unwrap_or_default());
        for (place, call) in delta.tool_calls.into_iter().flatten().enumerate() {
            let index = call.index.unwrap_or(place);
            // An index far beyond the others is noise: the call takes the next place.
            let index = index.min(self.calls.len());
            if index == self.calls.len() {
                self.calls.push(RawCall::default());
            }
            if let Some(slot) = self.calls.get_mut(index) {
                slot.add(call);
            }
        }
    }

    /// The assistant message, calls and all, in OpenAI's form.
    pub(super) fn message(&self) -> Value {
        let content = Some(&self.content).filter(|c| !c.is_empty());
        let calls: Vec<Value> = self.calls.iter().map(RawCall::json).collect();
        json!({"role": "assistant", "content": content, "tool_calls": calls})
    }
}

/// An answer that is still coming, or all there.
#[derive(Debug, Default)]
pub(super) struct Answer {
    choices: BTreeMap<usize, Choice>,
    usage: Option<WireUsage>,
    /// The stream said that it is over.
    pub(super) done: bool,
}

impl Answer {
    /// Adds a chunk; tells the new text of each choice.
    pub(super) fn add(&mut self, chunk: Chunk, mut on_text: impl FnMut(usize, &str)) {
        self.usage = chunk.usage.or(self.usage);
        for part in chunk.choices {
            let choice = self.choices.entry(part.index).or_default();
            if let Some(delta) = part.delta {
                let before = choice.content.len();
                choice.add(delta);
                if let Some(text) = choice.content.get(before..).filter(|t| !t.is_empty()) {
                    on_text(part.index, text);
                }
            }
            choice.finish = part.finish_reason.or(choice.finish.take());
            choice.logprobs.extend(part.logprobs.and_then(|l| l.content).into_iter().flatten());
        }
    }

    /// Whether nothing more is to come: the stream said so, or every choice has its reason to end.
    pub(super) fn is_whole(&self) -> bool {
        self.done || (!self.choices.is_empty() && self.choices.values().all(|c| c.finish.is_some()))
    }

    /// The answers in the order of their indices.
    pub(super) fn into_choices(self) -> Vec<Choice> {
        self.choices.into_values().collect()
    }

    /// What it cost; 0 tokens where the server does not say.
    pub(super) fn usage(&self) -> Usage {
        let tokens = self.usage.map_or((0, 0), |u| (u.prompt_tokens, u.completion_tokens));
        Usage::new(1, tokens.0, tokens.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[Value]) -> (Answer, Vec<(usize, String)>) {
        let (mut answer, mut texts) = (Answer::default(), Vec::new());
        for chunk in chunks {
            answer.add(serde_json::from_value(chunk.clone()).unwrap(), |i, text| texts.push((i, text.to_owned())));
        }
        (answer, texts)
    }

    #[test]
    fn a_stream_comes_to_the_same_as_the_whole() {
        let call =
            |arguments: &str| json!({"index": 0, "id": null, "function": {"name": null, "arguments": arguments}});
        let (streamed, texts) = read(&[
            json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}),
            json!({"choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]}),
            json!({"choices": [{"index": 0, "delta": {"content": "Let "}}]}),
            json!({"choices": [{"index": 0, "delta": {"content": "me."}, "logprobs": {"content": [{"token": "me.", "logprob": -0.5}]}}]}),
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}]}}]}),
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [call("{\"a\"")]}}]}),
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [call(":1}")]}, "finish_reason": "tool_calls"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3}}),
        ]);
        let (whole, _) = read(&[json!({"choices": [{"index": 0, "finish_reason": "tool_calls",
            "logprobs": {"content": [{"token": "me.", "logprob": -0.5}]},
            "message": {"role": "assistant", "content": "Let me.", "reasoning": "hm", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 3}})]);
        assert_eq!(texts, [(0, "Let ".to_owned()), (0, "me.".to_owned())]);
        assert!(streamed.is_whole() && whole.is_whole());
        assert_eq!(streamed.usage(), whole.usage());
        assert_eq!(streamed.into_choices(), whole.into_choices());
    }

    #[test]
    fn a_stream_without_a_reason_to_end_is_not_whole() {
        let (mut answer, _) = read(&[json!({"choices": [{"index": 0, "delta": {"content": "a"}}]})]);
        assert!(!answer.is_whole());
        answer.done = true;
        assert!(answer.is_whole());
        assert!(!Answer::default().is_whole());
    }
}
