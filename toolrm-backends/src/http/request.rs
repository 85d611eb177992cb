//! The bodies of chat requests.

use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Message, Role},
    canonical::Fingerprint,
    error::{ErrorKind, JudgeError},
    port::GenParams,
    toolset::Toolset,
};

use super::probe::ServerKind;

/// Most alternatives per token that servers give: OpenAI's limit, and vLLM's default one.
const TOP_LOGPROBS: u32 = 20;

/// Which fields a server knows besides the common ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// vLLM, SGLang and others that extend OpenAI's API in the same way: `top_k`, `min_p`, `repetition_penalty` and
    /// `thinking_token_budget` are sent, and a conversation that ends with an assistant message is continued
    /// (`continue_final_message`).
    #[default]
    Vllm,
    /// llama.cpp's server and llama-cpp-python's: as [`Dialect::Vllm`], but a schema goes into a `response_format` of type
    /// `json_object`, the penalty is called `repeat_penalty`, and a budget for thinking is [`ErrorKind::Unsupported`].
    /// llama-cpp-python begins a new turn where llama.cpp continues one.
    LlamaCpp,
    /// What OpenAI documents and no more, because OpenAI refuses unknown fields: no `top_k`, `min_p` and penalty, `max_completion_tokens` instead of
    /// `max_tokens`; a budget for thinking, and a conversation that ends with an assistant message, are
    /// [`ErrorKind::Unsupported`].
    OpenAi,
}

impl Dialect {
    /// What a kind of server knows.
    pub fn of(server: ServerKind) -> Self {
        match server {
            ServerKind::Vllm | ServerKind::SgLang => Self::Vllm,
            ServerKind::LlamaCpp => Self::LlamaCpp,
            ServerKind::Tei | ServerKind::OpenAi | ServerKind::Unknown => Self::OpenAi,
        }
    }
}

/// One chat request.
pub(super) struct Ask<'a> {
    pub(super) model: &'a str,
    pub(super) dialect: Dialect,
    pub(super) messages: &'a [Message],
    pub(super) params: &'a GenParams,
    pub(super) tools: Option<&'a Toolset>,
    /// How many answers.
    pub(super) choices: usize,
    pub(super) seed: u64,
    /// Fields that are added, or replace what stands there.
    pub(super) extra: &'a Map<String, Value>,
}

impl Ask<'_> {
    /// The body, without what streaming adds.
    pub(super) fn body(&self) -> Result<Map<String, Value>, JudgeError> {
        check(self.params)?;
        if self.messages.is_empty() {
            return Err(invalid("a conversation without messages"));
        }
        let mut messages = serde_json::to_value(self.messages)
            .map_err(|e| invalid("a message cannot be written as JSON").with_source(e))?;
        without_null_contents(&mut messages);
        let mut body = Map::from_iter([("model".to_owned(), json!(self.model)), ("messages".to_owned(), messages)]);
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        if let Some(tools) = self.tools.filter(|tools| !tools.is_empty()) {
            set("tools", tools_json(tools));
            set("tool_choice", json!("auto"));
        }
        self.sampling(&mut set);
        if let Some(budget) = self.params.thinking_budget {
            if self.dialect != Dialect::Vllm {
                return Err(unsupported("a request cannot set a budget for thinking here: set it at the server"));
            }
            set("thinking_token_budget", json!(budget));
        }
        if continues(self.messages) {
            if self.dialect == Dialect::OpenAi {
                let message = "the conversation ends with an assistant message, and OpenAI's API cannot continue one";
                return Err(unsupported(message));
            }
            set("continue_final_message", json!(true));
            set("add_generation_prompt", json!(false));
        }
        for (name, value) in self.extra {
            set(name, value.clone());
        }
        Ok(body)
    }

    fn sampling(&self, set: &mut impl FnMut(&str, Value) -> Option<Value>) {
        let params = self.params;
        set("temperature", decimal(params.temperature));
        set("top_p", decimal(params.top_p));
        if self.dialect != Dialect::OpenAi {
            set("top_k", json!(params.top_k));
        }
        // Servers have defaults of their own for these: what is meant is always said.
        let penalty = match self.dialect {
            Dialect::Vllm => Some("repetition_penalty"),
            Dialect::LlamaCpp => Some("repeat_penalty"),
            Dialect::OpenAi => None,
        };
        if let Some(penalty) = penalty {
            set("min_p", decimal(params.min_p));
            set(penalty, decimal(params.repetition_penalty));
        }
        let most = if self.dialect == Dialect::OpenAi { "max_completion_tokens" } else { "max_tokens" };
        set(most, json!(params.max_tokens));
        set("seed", json!(fold(self.seed)));
        if !params.stop.is_empty() {
            set("stop", json!(params.stop));
        }
        if self.choices != 1 {
            set("n", json!(self.choices));
        }
        if !params.labels.is_empty() {
            set("logprobs", json!(true));
            set("top_logprobs", json!(TOP_LOGPROBS));
        }
        if let Some(schema) = &params.schema {
            let format = match self.dialect {
                Dialect::LlamaCpp => json!({"type": "json_object", "schema": schema}),
                _ => {
                    json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}})
                }
            };
            set("response_format", format);
        }
    }
}

/// A message that only calls tools has no content: some servers refuse a null there.
fn without_null_contents(messages: &mut Value) {
    for message in messages.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        if message.get("content").is_some_and(Value::is_null) {
            message.remove("content");
        }
    }
}

/// Whether the last message is the beginning of the answer.
pub(super) fn continues(messages: &[Message]) -> bool {
    messages.last().is_some_and(|m| m.role == Role::Assistant && m.tool_calls.is_empty())
}

fn unsupported(message: &'static str) -> JudgeError {
    JudgeError::new(ErrorKind::Unsupported, message)
}

fn invalid(message: impl Into<String>) -> JudgeError {
    JudgeError::new(ErrorKind::InvalidInput, message.into())
}

fn check(params: &GenParams) -> Result<(), JudgeError> {
    if !params.temperature.is_finite() || params.temperature < 0.0 {
        return Err(invalid(format!("temperature is {}: it should be 0 (greedy) or more", params.temperature)));
    }
    if !(params.top_p > 0.0 && params.top_p <= 1.0) {
        return Err(invalid(format!("top_p is {}: it should be above 0 and at most 1", params.top_p)));
    }
    if !(0.0..=1.0).contains(&params.min_p) {
        return Err(invalid(format!("min_p is {}: it should be from 0 to 1", params.min_p)));
    }
    if !(params.repetition_penalty > 0.0 && params.repetition_penalty.is_finite()) {
        let penalty = params.repetition_penalty;
        return Err(invalid(format!("repetition_penalty is {penalty}: it should be above 0, 1 for none")));
    }
    if params.max_tokens == 0 {
        return Err(invalid("max_tokens is 0: no token could be written"));
    }
    Ok(())
}

/// 0.6 as 0.6, not as the 0.6000000238418579 that an `f32` widens to.
fn decimal(x: f32) -> Value {
    json!(x.to_string().parse::<f64>().unwrap_or_else(|_| f64::from(x)))
}

/// What stands in a model's id for the fields a user added: answers depend on them. Nothing where there are none.
pub(super) fn mark(extra: &Map<String, Value>) -> String {
    if extra.is_empty() {
        return String::new();
    }
    let hash = Fingerprint::of([Value::Object(extra.clone()).to_string()]).to_string();
    format!("+{}", hash.chars().take(8).collect::<String>())
}

/// Seeds of servers are 32 bits here and 64 there, signed mostly: 31 are understood everywhere. Small seeds stay what they are.
fn fold(seed: u64) -> u64 {
    (seed ^ (seed >> 31) ^ (seed >> 62)) & 0x7fff_ffff
}

/// Tools in OpenAI's form, their schemas normalised: servers compile them to grammars.
fn tools_json(tools: &Toolset) -> Value {
    let tool = |spec: &toolrm_core::toolset::ToolSpec| {
        let mut function = json!({"name": spec.name()});
        if let (Value::Object(function), Some(description)) = (&mut function, &spec.tool().description) {
            function.insert("description".into(), json!(description));
        }
        if let Value::Object(function) = &mut function {
            function.insert("parameters".into(), spec.schema().clone());
        }
        json!({"type": "function", "function": function})
    };
    tools.specs().iter().map(tool).collect()
}

#[cfg(test)]
mod tests {
    use toolrm_core::call::{Tool, ToolAnnotations};

    use super::*;

    fn body(dialect: Dialect, messages: &[Message], params: &GenParams) -> Result<Map<String, Value>, JudgeError> {
        let extra = Map::new();
        Ask { model: "m", dialect, messages, params, tools: None, choices: 1, seed: 7, extra: &extra }.body()
    }

    #[test]
    fn every_dialect_has_its_fields() {
        let mut params = GenParams::default();
        params.schema = Some(json!({"type": "object"}));
        params.labels = vec!["1".into()];
        (params.min_p, params.repetition_penalty) = (0.05, 1.1);
        let hello = [Message::user("hi")];
        insta::assert_json_snapshot!("vllm", body(Dialect::Vllm, &hello, &params).unwrap());
        insta::assert_json_snapshot!("llama_cpp", body(Dialect::LlamaCpp, &hello, &params).unwrap());
        insta::assert_json_snapshot!("openai", body(Dialect::OpenAi, &hello, &params).unwrap());
    }

    #[test]
    fn an_assistant_message_at_the_end_is_continued_where_that_is_possible() {
        let begun = [Message::user("hi"), Message::assistant("<think>")];
        let body = |dialect| body(dialect, &begun, &GenParams::greedy(1));
        let vllm = body(Dialect::Vllm).unwrap();
        assert_eq!((&vllm["continue_final_message"], &vllm["add_generation_prompt"]), (&json!(true), &json!(false)));
        assert_eq!(body(Dialect::OpenAi).unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_budget_for_thinking_is_sent_or_refused() {
        let mut params = GenParams::greedy(64);
        params.thinking_budget = Some(16);
        let body = |dialect| body(dialect, &[Message::user("hi")], &params);
        assert_eq!(body(Dialect::Vllm).unwrap()["thinking_token_budget"], 16);
        for dialect in [Dialect::LlamaCpp, Dialect::OpenAi] {
            assert_eq!(body(dialect).unwrap_err().kind(), ErrorKind::Unsupported);
        }
    }

    #[test]
    fn tools_are_sent_with_normalised_schemas_and_without_what_openai_does_not_know() {
        let mut annotations = ToolAnnotations::default();
        annotations.read_only = Some(true);
        let tool = Tool::new("f", json!({"type": "dict", "properties": {"x": {"type": "float"}}}))
            .with_annotations(annotations);
        let tools = Toolset::with_dialect(vec![tool], toolrm_core::toolset::Dialect::default()).unwrap();
        let sent = tools_json(&tools);
        assert_eq!(sent[0]["function"]["parameters"]["type"], "object", "{sent}");
        assert_eq!(sent[0]["function"]["parameters"]["properties"]["x"]["type"], "number", "{sent}");
        assert_eq!(sent[0].as_object().unwrap().len(), 2, "{sent}");
    }

    #[test]
    fn parameters_that_mean_nothing_are_refused() {
        let hello = [Message::user("hi")];
        for (temperature, top_p, max_tokens) in
            [(f32::NAN, 1.0, 1), (-1.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.1, 1), (1.0, 1.0, 0)]
        {
            let mut params = GenParams::greedy(max_tokens);
            (params.temperature, params.top_p) = (temperature, top_p);
            assert_eq!(body(Dialect::Vllm, &hello, &params).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        for (min_p, penalty) in [(1.5, 1.0), (f32::NAN, 1.0), (0.0, 0.0), (0.0, f32::INFINITY)] {
            let mut params = GenParams::greedy(1);
            (params.min_p, params.repetition_penalty) = (min_p, penalty);
            assert_eq!(body(Dialect::Vllm, &hello, &params).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert_eq!(body(Dialect::Vllm, &[], &GenParams::default()).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn seeds_fit_everywhere() {
        assert_eq!(fold(42), 42);
        assert!(fold(u64::MAX) <= 0x7fff_ffff);
        assert_ne!(fold(1 << 40), fold(1 << 41));
    }
}
