//! [`HttpReward`]: a served reward model.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::Message,
    error::{ErrorKind, JudgeError},
    judge::ModelCard,
    observe::CallOptions,
    port::SequenceScorer,
    score::ScoreScale,
};

use super::{
    chat::together,
    client::HttpClient,
    request::mark,
    score::{Class, Head, RewardEndpoint, classes, pick},
};
use crate::text::{PlainText, TextRenderer, words};

/// A reward model behind one of vLLM's or TEI's endpoints.
///
/// - Raw numbers are asked for (`use_activation: false`, `raw_scores: true`), so that they are logits ([`ScoreScale::Logit`]). Servers
///   that do not know the field activate anyway: [`HttpReward::probe`] notices. [`HttpReward::with_activation`] asks for numbers in
///   \[0, 1\] instead.
/// - `/classify` and `/pooling` are sent the messages, which the server renders by the model's chat template, unless there is a
///   renderer. The others take texts: [`PlainText`], unless there is a renderer. `/score` and `/rerank` get the conversation before
///   the last message rendered, and the text of the last message as it is.
/// - Nothing is cut: what is too long is [`ErrorKind::PromptTooLong`].
/// - One request per conversation, as many at once as [`HttpClient::concurrency`] allows; each fails alone. Servers batch them.
#[derive(Clone)]
pub struct HttpReward {
    pub(super) client: HttpClient,
    pub(super) model: String,
    endpoint: RewardEndpoint,
    renderer: Option<Arc<dyn TextRenderer>>,
    head: Head,
    activation: bool,
    scale: Option<ScoreScale>,
    extra: Map<String, Value>,
    revision: Option<String>,
    id: String,
}

impl fmt::Debug for HttpReward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpReward").field("id", &self.id).field("client", &self.client).finish_non_exhaustive()
    }
}

impl HttpReward {
    /// The model the server calls `model`; TEI serves one only, whose name is for the id alone.
    pub fn new(client: HttpClient, model: impl Into<String>, endpoint: RewardEndpoint) -> Self {
        let renderer = (!endpoint.takes_messages()).then(|| Arc::new(PlainText) as Arc<dyn TextRenderer>);
        Self {
            client,
            model: model.into(),
            endpoint,
            renderer,
            head: Head::default(),
            activation: false,
            scale: None,
            extra: Map::new(),
            revision: None,
            id: String::new(),
        }
        .with_new_id()
    }

    /// Sets the revision of the model, which becomes part of its id: servers do not tell it.
    pub fn with_revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = Some(revision.into());
        self.with_new_id()
    }

    /// Sets how conversations are written as text.
    pub fn with_renderer(mut self, renderer: Arc<dyn TextRenderer>) -> Self {
        self.renderer = Some(renderer);
        self.with_new_id()
    }

    /// Sets which of the numbers is the score.
    pub fn with_head(mut self, head: Head) -> Self {
        self.head = head;
        self.with_new_id()
    }

    /// Sets whether the server applies the model's activation (sigmoid or softmax).
    pub fn with_activation(mut self, activation: bool) -> Self {
        self.activation = activation;
        self.with_new_id()
    }

    /// Sets what the numbers mean, where it is neither [`ScoreScale::Logit`] for raw ones nor [`ScoreScale::Unit`] for activated ones.
    pub fn with_scale(mut self, scale: ScoreScale) -> Self {
        self.scale = Some(scale);
        self
    }

    /// Adds a field to every request, or replaces one (`("activation", json!(false))` for old servers). It becomes part of the id.
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self.with_new_id()
    }

    /// Everything the numbers depend on.
    fn with_new_id(mut self) -> Self {
        let form = self.renderer.as_ref().map_or("messages", |r| r.id());
        let revision = self.revision.as_ref().map(|r| format!("@{r}")).unwrap_or_default();
        let head = match &self.head {
            Head::Single => String::new(),
            Head::Class(class) => format!(":{class}"),
            Head::Difference { good, bad } => format!(":{good}-{bad}"),
        };
        let activated = if self.activation { ":activated" } else { "" };
        let (endpoint, extra) = (self.endpoint.as_str(), mark(&self.extra));
        self.id = format!("{}{revision}:{endpoint}:{form}{head}{activated}{extra}", self.model);
        self
    }

    /// The connection.
    pub fn client(&self) -> &HttpClient {
        &self.client
    }

    /// Whether raw numbers are asked for.
    pub(super) fn asks_raw(&self) -> bool {
        !self.activation
    }

    /// The score of one conversation, and all the numbers it was taken from.
    pub(super) async fn numbers(
        &self,
        conversation: &[Message],
        options: &CallOptions,
    ) -> Result<(f64, Vec<Class>), JudgeError> {
        let (path, body) = (self.endpoint.path(), self.body(conversation)?);
        let incoming = self.client.open(Method::POST, &path, Some(&body), options).await?;
        let place = incoming.place.clone();
        let answer: Value = incoming.json(options).await?;
        let text = answer.to_string();
        let classes = classes(self.endpoint, answer).map_err(|why| place.garbage(why, &text))?;
        let score = pick(&self.head, &classes).map_err(|why| place.garbage(why, &text))?;
        Ok((score, classes))
    }

    fn body(&self, conversation: &[Message]) -> Result<Value, JudgeError> {
        let Some((last, before)) = conversation.split_last() else {
            return Err(JudgeError::new(ErrorKind::InvalidInput, "a conversation without messages"));
        };
        let text = |messages: &[Message]| self.renderer.as_ref().map(|r| r.render(messages)).transpose();
        let mut body = match (self.endpoint, text(before)?) {
            (RewardEndpoint::Score, query) => json!({"model": self.model, "text_1": query, "text_2": words(last)}),
            (RewardEndpoint::Rerank, query) => {
                json!({"query": query, "texts": [words(last)], "truncate": false})
            }
            (RewardEndpoint::Predict, _) => json!({"inputs": text(conversation)?, "truncate": false}),
            (RewardEndpoint::Classify | RewardEndpoint::Pooling, _) => self.vllm_body(conversation)?,
        };
        if let Value::Object(body) = &mut body {
            match self.endpoint {
                RewardEndpoint::Predict | RewardEndpoint::Rerank => {
                    body.insert("raw_scores".into(), json!(!self.activation))
                }
                _ => body.insert("use_activation".into(), json!(self.activation)),
            };
            body.extend(self.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        Ok(body)
    }

    fn vllm_body(&self, conversation: &[Message]) -> Result<Value, JudgeError> {
        match &self.renderer {
            Some(renderer) => Ok(json!({
                "model": self.model,
                "input": renderer.render(conversation)?,
                "add_special_tokens": !renderer.has_special_tokens(),
            })),
            None => Ok(json!({"model": self.model, "messages": conversation, "add_generation_prompt": false})),
        }
    }
}

#[async_trait]
impl SequenceScorer for HttpReward {
    fn id(&self) -> &str {
        &self.id
    }

    fn model(&self) -> Option<ModelCard> {
        Some(self.revision.iter().fold(ModelCard::new(&self.model), ModelCard::with_revision))
    }

    fn scale(&self) -> ScoreScale {
        self.scale.unwrap_or(if self.activation { ScoreScale::Unit } else { ScoreScale::Logit })
    }

    async fn logits(
        &self,
        conversations: &[Vec<Message>],
        options: &CallOptions,
    ) -> Result<Vec<Result<f64, JudgeError>>, JudgeError> {
        options.check()?;
        let mut requests: Vec<BoxFuture<'_, _>> = Vec::with_capacity(conversations.len());
        for (item, conversation) in conversations.iter().enumerate() {
            requests.push(Box::pin(async move {
                let result = self.numbers(conversation, options).await;
                options.item_done(item);
                result.map(|(score, _)| score)
            }));
        }
        together(&self.client, requests).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reward(endpoint: RewardEndpoint) -> HttpReward {
        HttpReward::new(HttpClient::builder("http://h").without_key().build().unwrap(), "rm", endpoint)
    }

    fn conversation() -> Vec<Message> {
        vec![Message::system("Be good."), Message::user("2+2?"), Message::assistant("4")]
    }

    #[test]
    fn every_endpoint_is_asked_in_its_own_way() {
        let all = ["classify", "pooling", "score", "predict", "rerank"];
        let bodies: Map<String, Value> = all
            .iter()
            .map(|name| ((*name).to_owned(), reward(name.parse().unwrap()).body(&conversation()).unwrap()))
            .collect();
        insta::assert_json_snapshot!(bodies);
        let calling = [Message::user("Go."), Message::calls(vec![toolrm_core::call::ToolCall::new("go", json!({}))])];
        let body = reward(RewardEndpoint::Score).body(&calling).unwrap();
        assert_eq!(body["text_2"], r#"[{"type":"function","function":{"name":"go","arguments":"{}"}}]"#);
        let text = reward(RewardEndpoint::Classify).with_renderer(Arc::new(PlainText)).with_field("activation", false);
        insta::assert_json_snapshot!("classify_text", text.body(&conversation()).unwrap());
        assert_eq!("embed".parse::<RewardEndpoint>().unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn the_id_holds_what_the_numbers_depend_on() {
        let plain = reward(RewardEndpoint::Classify);
        assert_eq!(plain.id(), "rm:classify:messages");
        assert_eq!(plain.scale(), ScoreScale::Logit);
        assert_eq!(plain.clone().with_renderer(Arc::new(PlainText)).id(), "rm:classify:plain-1");
        let activated = plain.clone().with_activation(true).with_revision("r2").with_head(Head::Class("1".into()));
        assert_eq!((activated.id(), activated.scale()), ("rm@r2:classify:messages:1:activated", ScoreScale::Unit));
        assert_ne!(plain.clone().with_field("task", "classify").id(), plain.with_field("task", "reward").id());
    }
}
