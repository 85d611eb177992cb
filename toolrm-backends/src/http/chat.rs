//! [`HttpChat`]: a served chat model.

use async_trait::async_trait;
use futures_util::{
    future::{BoxFuture, FutureExt},
    stream::{self, StreamExt},
};
use reqwest::Method;
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::Message,
    error::{ErrorKind, JudgeError},
    judge::ModelCard,
    observe::CallOptions,
    port::{Finish, GenParams, Generation, TextGenerator},
    score::Usage,
};

use super::{
    client::{HttpClient, Incoming},
    fault::Place,
    logprobs,
    request::{Ask, Dialect, continues, mark},
    sse::Events,
    wire::{Answer, Choice, Chunk},
};

pub(super) const COMPLETIONS: &str = "/v1/chat/completions";

/// A model behind an OpenAI-compatible `/v1/chat/completions`: text ([`TextGenerator`]) and candidates
/// ([`Sampler`](toolrm_core::sample::Sampler)).
///
/// - What is asked for is sent: temperature, top-p, top-k, token limit, seed, stop texts, schema. [`Dialect`] says which of the fields
///   beyond OpenAI's a server is sent.
/// - With [`GenParams::labels`] log-probabilities are asked for, and read at the *last* token that is one of the labels, white space
///   aside; in a continued answer at the first token. A server that gives none leaves [`Generation::label_logprobs`] empty;
///   [`HttpChat::probe`] tells beforehand.
/// - A conversation that ends with an assistant message is continued (`continue_final_message: true, add_generation_prompt: false`,
///   vLLM's extension); the text is what was written anew.
/// - With an observer in [`CallOptions`] the answer is streamed; the result is the same. Only the answer's text is told, not its
///   reasoning. A server that does not count tokens when it streams leaves them at 0. Answers with log-probabilities are not streamed
///   in [`Dialect::LlamaCpp`], because llama-cpp-python streams others: their text is told at once.
/// - Reasoning that the server keeps apart stays apart ([`Generation::reasoning`]). A refusal, or an answer its content filter stopped,
///   is [`Finish::Refusal`].
/// - The prompts of one call are asked at the same time, as many as [`HttpClient::concurrency`] allows; each fails alone.
#[derive(Debug, Clone)]
pub struct HttpChat {
    pub(super) client: HttpClient,
    pub(super) model: String,
    revision: Option<String>,
    id: String,
    dialect: Dialect,
    extra: Map<String, Value>,
    pub(super) most_choices: usize,
}

/// What one request is about, besides the model.
pub(super) struct Asked<'a> {
    pub(super) messages: &'a [Message],
    pub(super) params: &'a GenParams,
    pub(super) tools: Option<&'a toolrm_core::toolset::Toolset>,
    pub(super) choices: usize,
    pub(super) seed: u64,
}

impl HttpChat {
    /// The model the server calls `model`, in [`Dialect::Vllm`].
    pub fn new(client: HttpClient, model: impl Into<String>) -> Self {
        Self {
            client,
            model: model.into(),
            revision: None,
            id: String::new(),
            dialect: Dialect::default(),
            extra: Map::new(),
            most_choices: 128,
        }
        .with_new_id()
    }

    /// Sets the revision of the model, which becomes part of its id: servers do not tell it.
    pub fn with_revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = Some(revision.into());
        self.with_new_id()
    }

    fn with_new_id(mut self) -> Self {
        let revision = self.revision.as_ref().map(|r| format!("@{r}")).unwrap_or_default();
        self.id = format!("{}{revision}{}", self.model, mark(&self.extra));
        self
    }

    /// Sets the fields the server knows.
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Adds a field to every request, or replaces one: `("chat_template_kwargs", json!({"enable_thinking": false}))`. It becomes part
    /// of the id, because answers depend on it.
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self.with_new_id()
    }

    /// Sets how many answers one request may ask for (`n`) when candidates are sampled; 0 counts as 1. For servers that refuse more
    /// than one. Servers that give fewer than they are asked for are noticed.
    pub fn with_choices_per_request(mut self, most: usize) -> Self {
        self.most_choices = most.max(1);
        self
    }

    /// The connection.
    pub fn client(&self) -> &HttpClient {
        &self.client
    }

    /// The body of a request, as it is sent when nothing is streamed.
    pub(super) fn body(&self, asked: &Asked<'_>) -> Result<Map<String, Value>, JudgeError> {
        Ask {
            model: &self.model,
            dialect: self.dialect,
            messages: asked.messages,
            params: asked.params,
            tools: asked.tools,
            choices: asked.choices,
            seed: asked.seed,
            extra: &self.extra,
        }
        .body()
    }

    /// Makes one request: its answers in order, at least one, and the cost. With an observer in the options the answer is streamed, and
    /// the observer is told the texts of choice `i` as those of item `first_item + i`.
    pub(super) async fn complete(
        &self,
        asked: &Asked<'_>,
        first_item: usize,
        options: &CallOptions,
    ) -> Result<(Vec<Choice>, Usage), JudgeError> {
        let mut body = self.body(asked)?;
        let streams = options.observer.is_some() && self.streams(asked.params);
        if streams {
            body.insert("stream".into(), json!(true));
            body.insert("stream_options".into(), json!({"include_usage": true}));
        }
        let incoming = self.client.open(Method::POST, COMPLETIONS, Some(&Value::Object(body)), options).await?;
        let place = incoming.place.clone();
        let tell = |choice: usize, text: &str| {
            if let Some(observer) = &options.observer {
                observer.on_delta(first_item.saturating_add(choice), text);
            }
        };
        let answer =
            if streams { streamed(incoming, tell, options).await? } else { whole(incoming, tell, options).await? };
        let usage = answer.usage();
        let choices = answer.into_choices();
        if choices.is_empty() {
            return Err(place.error(ErrorKind::Backend, "the answer holds no choices"));
        }
        if choices.iter().any(|c| c.finish.as_deref() == Some("abort")) {
            return Err(place.error(ErrorKind::Backend, "the server gave the request up"));
        }
        Ok((choices, usage))
    }

    /// llama-cpp-python streams other words than it writes when it is asked for log-probabilities too (seen with 0.3.36, and a
    /// tokenizer without a first token of its own).
    fn streams(&self, params: &GenParams) -> bool {
        self.dialect != Dialect::LlamaCpp || params.labels.is_empty()
    }

    async fn generate_one(
        &self,
        item: usize,
        messages: &[Message],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Generation, JudgeError> {
        // The place in the batch does not count: a prompt gets the same seed alone and among others.
        let seed = params.seed.unwrap_or(options.seed);
        let asked = Asked { messages, params, tools: None, choices: 1, seed };
        let (choices, usage) = self.complete(&asked, item, options).await?;
        let choice = choices.into_iter().next().unwrap_or_default();
        let label_logprobs = logprobs::of_labels(&choice.logprobs, &params.labels, continues(messages));
        let finish = finish(&choice);
        let mut generation =
            Generation::new(text(&choice)).with_finish(finish).with_usage(usage).with_label_logprobs(label_logprobs);
        if !choice.reasoning.is_empty() {
            generation = generation.with_reasoning(choice.reasoning);
        }
        Ok(generation)
    }
}

/// Why an answer ended.
pub(super) fn finish(choice: &Choice) -> Finish {
    match choice.finish.as_deref() {
        _ if !choice.refusal.is_empty() => Finish::Refusal,
        Some("length") => Finish::Length,
        Some("content_filter") => Finish::Refusal,
        _ => Finish::Stop,
    }
}

/// The words of an answer; those of a refusal, or calls nobody asked for, where it has no others.
fn text(choice: &Choice) -> String {
    if !choice.content.is_empty() {
        choice.content.clone()
    } else if !choice.refusal.is_empty() {
        choice.refusal.clone()
    } else if !choice.calls.is_empty() {
        choice.message().to_string()
    } else {
        String::new()
    }
}

async fn whole(
    incoming: Incoming<'_>,
    tell: impl Fn(usize, &str),
    options: &CallOptions,
) -> Result<Answer, JudgeError> {
    let place = incoming.place.clone();
    let chunk: Chunk = incoming.json(options).await?;
    if let Some(error) = &chunk.error {
        return Err(place.reported(error));
    }
    let mut answer = Answer::default();
    answer.add(chunk, tell);
    Ok(answer)
}

async fn streamed(
    mut incoming: Incoming<'_>,
    tell: impl Fn(usize, &str),
    options: &CallOptions,
) -> Result<Answer, JudgeError> {
    let (mut answer, mut events) = (Answer::default(), Events::default());
    while !answer.done
        && let Some(bytes) = incoming.chunk(options).await?
    {
        for event in events.push(bytes.as_ref()) {
            take(&event, &mut answer, &incoming.place, &tell)?;
        }
    }
    if let Some(event) = events.finish() {
        take(&event, &mut answer, &incoming.place, &tell)?;
    }
    if !answer.is_whole() {
        let what = "the stream ended before the answer did: no finish reason and no [DONE] came";
        return Err(incoming.place.error(ErrorKind::Transport, what));
    }
    Ok(answer)
}

fn take(event: &str, answer: &mut Answer, place: &Place, tell: impl Fn(usize, &str)) -> Result<(), JudgeError> {
    if event.trim() == "[DONE]" {
        answer.done = true;
    }
    if answer.done {
        return Ok(());
    }
    let chunk: Chunk = serde_json::from_str(event).map_err(|e| place.garbage(e, event))?;
    if let Some(error) = &chunk.error {
        return Err(place.reported(error));
    }
    answer.add(chunk, tell);
    Ok(())
}

/// Runs as many of the requests at once as there is room for; results in order. Cancellation is the error of all.
pub(super) async fn together<T: Send>(
    client: &HttpClient,
    requests: Vec<BoxFuture<'_, Result<T, JudgeError>>>,
) -> Result<Vec<Result<T, JudgeError>>, JudgeError> {
    // A slow one does not keep those behind it from starting.
    let mut placed: Vec<BoxFuture<'_, _>> = Vec::with_capacity(requests.len());
    for (place, request) in requests.into_iter().enumerate() {
        placed.push(request.map(move |result| (place, result)).boxed());
    }
    let mut results: Vec<_> = stream::iter(placed).buffer_unordered(client.concurrency()).collect().await;
    results.sort_by_key(|(place, _)| *place);
    if results.iter().any(|(_, r)| matches!(r, Err(e) if e.kind() == ErrorKind::Cancelled)) {
        return Err(JudgeError::cancelled());
    }
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[async_trait]
impl TextGenerator for HttpChat {
    fn id(&self) -> &str {
        &self.id
    }

    fn model(&self) -> Option<ModelCard> {
        Some(self.revision.iter().fold(ModelCard::new(&self.model), ModelCard::with_revision))
    }

    async fn generate(
        &self,
        prompts: &[Vec<Message>],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Result<Generation, JudgeError>>, JudgeError> {
        options.check()?;
        let mut requests: Vec<BoxFuture<'_, _>> = Vec::with_capacity(prompts.len());
        for (item, messages) in prompts.iter().enumerate() {
            requests.push(Box::pin(async move {
                let result = self.generate_one(item, messages, params, options).await;
                options.item_done(item);
                result
            }));
        }
        together(&self.client, requests).await
    }
}
