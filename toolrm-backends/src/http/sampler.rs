//! [`HttpChat`] as a [`Sampler`]: candidates from a served model.

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use toolrm_core::{
    call::{Action, Candidate},
    error::JudgeError,
    format::{Auto, OpenAi, ToolFormat},
    observe::CallOptions,
    port::{Finish, GenParams},
    sample::Sampler,
    task::Task,
};

use super::{
    chat::{Asked, HttpChat, finish, together},
    retry::mix,
    wire::Choice,
};

/// The task's conversation and tools are sent as they are (`tool_choice: auto`), the answers come back as candidates:
///
/// - Calls the server has read are taken strictly: arguments that are no JSON object make the candidate
///   [`Action::Malformed`] with the message as it came. Calls the server left in the text are read by [`Auto`].
/// - An answer the token limit or the content filter cut off is [`Action::Malformed`] too, unless it is whole calls.
/// - One request asks for all (`n`); what the server does not give is asked for one by one, each with a seed of its own. At temperature
///   0 there is one candidate only.
/// - When some of the requests fail and others do not, the candidates that came are the result, and the failures are logged.
#[async_trait]
impl Sampler for HttpChat {
    async fn sample(
        &self,
        task: &Task,
        n: usize,
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError> {
        options.check()?;
        let wanted = if params.temperature == 0.0 { n.min(1) } else { n };
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let seed = params.seed.unwrap_or(options.seed);
        let first = wanted.min(self.most_choices);
        let mut candidates = self.candidates(task, first, 0, seed, params, options).await?;
        // A server that ignores `n` is asked for one at a time.
        let piece = if candidates.len() < first { 1 } else { first };
        let mut requests: Vec<BoxFuture<'_, _>> = Vec::new();
        for from in (candidates.len()..wanted).step_by(piece) {
            let choices = piece.min(wanted - from);
            requests.push(Box::pin(self.candidates(task, choices, from, mix(seed, from as u64), params, options)));
        }
        for result in together(&self.client, requests).await? {
            match result {
                Ok(more) => candidates.extend(more),
                Err(error) => tracing::warn!(model = self.model, %error, "some candidates could not be sampled"),
            }
        }
        candidates.truncate(wanted);
        (0..candidates.len()).for_each(|i| options.item_done(i));
        Ok(candidates)
    }
}

impl HttpChat {
    async fn candidates(
        &self,
        task: &Task,
        choices: usize,
        first_item: usize,
        seed: u64,
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError> {
        let asked = Asked { messages: task.messages(), params, tools: Some(task.tools().as_ref()), choices, seed };
        let (choices, _) = self.complete(&asked, first_item, options).await?;
        Ok(choices.iter().map(candidate).collect())
    }
}

/// The candidate an answer is.
fn candidate(choice: &Choice) -> Candidate {
    let mut candidate = if choice.calls.is_empty() {
        let text = if choice.content.is_empty() { &choice.refusal } else { &choice.content };
        Auto::default().parse(text)
    } else {
        OpenAi.parse(&choice.message().to_string())
    };
    if let Action::Text(text) = &candidate.action
        && let Some(why) = cut_off(choice)
    {
        candidate.action = Action::malformed(text.clone(), why);
    }
    if !choice.reasoning.is_empty() {
        let reasoning = match &candidate.reasoning {
            Some(in_text) => format!("{}\n{in_text}", choice.reasoning),
            None => choice.reasoning.clone(),
        };
        candidate = candidate.with_reasoning(reasoning);
    }
    candidate
}

/// Why an answer in words is none.
fn cut_off(choice: &Choice) -> Option<&'static str> {
    match finish(choice) {
        Finish::Length => Some("the token limit ended the output"),
        Finish::Refusal if choice.refusal.is_empty() => Some("the server's content filter ended the output"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::http::wire::Answer;

    fn read(message: &Value, finish: &str) -> Candidate {
        let response = json!({"choices": [{"index": 0, "message": message, "finish_reason": finish}]});
        let mut answer = Answer::default();
        answer.add(serde_json::from_value(response).unwrap(), |_, _| {});
        candidate(&answer.into_choices()[0])
    }

    fn call(arguments: &Value) -> Value {
        json!({"content": "Looking.", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}]})
    }

    #[test]
    fn calls_are_read_strictly_and_broken_ones_kept() {
        let good = read(&call(&json!("{\"x\": 1}")), "tool_calls");
        assert_eq!(good.action.calls()[0].arguments, json!({"x": 1}));
        assert_eq!((good.action.calls()[0].id.as_deref(), good.content.as_deref()), (Some("c"), Some("Looking.")));
        for broken in [json!("{\"x\": 1"), json!("{\"x\":1,\"x\":2}"), json!("[1]"), json!(null), json!("")] {
            let candidate = read(&call(&broken), "tool_calls");
            let Action::Malformed { raw, .. } = &candidate.action else { panic!("{broken}: {candidate:?}") };
            assert!(raw.contains("\"f\""), "{raw}");
        }
    }

    #[test]
    fn calls_left_in_the_text_are_read() {
        let text = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\": 1}}\n</tool_call>";
        let candidate = read(&json!({"content": text, "reasoning_content": "so"}), "stop");
        assert_eq!(candidate.action.calls()[0].name, "f");
        assert_eq!(candidate.reasoning.as_deref(), Some("so"));
    }

    #[test]
    fn words_refusals_and_cut_off_answers_are_told_apart() {
        assert_eq!(read(&json!({"content": "Hello."}), "stop").action.text(), Some("Hello."));
        assert_eq!(
            read(&json!({"content": null, "refusal": "I will not."}), "stop").action.text(),
            Some("I will not.")
        );
        assert!(read(&json!({"content": "Hello, my"}), "length").action.is_malformed());
        assert!(read(&json!({"content": ""}), "content_filter").action.is_malformed());
        assert_eq!(read(&call(&json!("{}")), "length").action.calls().len(), 1);
    }
}
