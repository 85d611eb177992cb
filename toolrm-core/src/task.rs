//! [`Task`]: what was asked. A conversation up to the turn that is judged, and the tools it may use.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};
use serde_json::{Map, Value};

use crate::{
    call::{Action, Candidate, Message, Role, Tool},
    canonical::Fingerprint,
    context::Context,
    format::json::Strict,
    toolset::Toolset,
};

/// The context of a decision: conversation, tools, and whatever is known about it. Clones are cheap and share everything.
///
/// ```
/// use toolrm_core::prelude::*;
/// let tools = Toolset::new(vec![Tool::new("get_weather", serde_json::json!({
///     "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}))])?;
/// let task = Task::new(vec![Message::user("Weather in Paris?")], tools);
/// assert_eq!(task.last_user_text().as_deref(), Some("Weather in Paris?"));
/// # Ok::<(), toolrm_core::toolset::ToolsetError>(())
/// ```
#[derive(Clone)]
pub struct Task(Arc<Inner>);

struct Inner {
    messages: Vec<Message>,
    tools: Arc<Toolset>,
    reference: Vec<Action>,
    metadata: Map<String, Value>,
    context: OnceLock<Context>,
    fingerprint: OnceLock<Fingerprint>,
}

impl Task {
    /// A task from a conversation and its tools. Share one `Arc<Toolset>` between tasks: its validators are compiled once.
    pub fn new(messages: Vec<Message>, tools: impl Into<Arc<Toolset>>) -> Self {
        Self(Arc::new(Inner {
            messages,
            tools: tools.into(),
            reference: Vec::new(),
            metadata: Map::new(),
            context: OnceLock::new(),
            fingerprint: OnceLock::new(),
        }))
    }

    /// Sets the reference answers: each one is a right answer by itself. Reference-based scorers need them, others do not look.
    pub fn with_reference(self, reference: Vec<Action>) -> Self {
        self.rebuild(|inner| inner.reference = reference)
    }

    /// Sets free metadata (ids, dataset columns); judges do not look at it.
    pub fn with_metadata(self, metadata: Map<String, Value>) -> Self {
        self.rebuild(|inner| inner.metadata = metadata)
    }

    /// The task with further messages at its end: how a correction loop shows a model its mistake.
    pub fn with_more_messages(&self, more: impl IntoIterator<Item = Message>) -> Self {
        let mut messages = self.0.messages.clone();
        messages.extend(more);
        Self::new(messages, Arc::clone(&self.0.tools))
            .with_reference(self.0.reference.clone())
            .with_metadata(self.0.metadata.clone())
    }

    fn rebuild(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::try_unwrap(self.0).unwrap_or_else(|shared| Inner {
            messages: shared.messages.clone(),
            tools: Arc::clone(&shared.tools),
            reference: shared.reference.clone(),
            metadata: shared.metadata.clone(),
            context: OnceLock::new(),
            fingerprint: OnceLock::new(),
        });
        change(&mut inner);
        inner.fingerprint = OnceLock::new();
        Self(Arc::new(inner))
    }

    /// The conversation.
    pub fn messages(&self) -> &[Message] {
        &self.0.messages
    }

    /// The tools.
    pub fn tools(&self) -> &Arc<Toolset> {
        &self.0.tools
    }

    /// The reference answers, when known.
    pub fn reference(&self) -> &[Action] {
        &self.0.reference
    }

    /// Free metadata.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.0.metadata
    }

    /// The text of the last user message.
    pub fn last_user_text(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.0.messages.iter().rev().find(|m| m.role == Role::User).map(Message::text)
    }

    /// The fingerprint of everything a verdict may depend on: messages, tools and reference answers, not the metadata. Made on
    /// first use, once per task.
    pub fn fingerprint(&self) -> Fingerprint {
        *self.0.fingerprint.get_or_init(|| {
            let mut parts = vec![b"task".to_vec(), self.0.tools.fingerprint().as_bytes().to_vec()];
            // The count keeps messages and reference answers apart. A message is plain data, so writing it cannot fail; if it
            // ever does, its debug form tells it from others just as well.
            parts.push(self.0.messages.len().to_string().into_bytes());
            parts.extend(
                self.0.messages.iter().map(|m| serde_json::to_vec(m).unwrap_or_else(|_| format!("{m:?}").into_bytes())),
            );
            parts.extend(self.0.reference.iter().map(|a| Fingerprint::of_action(a).as_bytes().to_vec()));
            Fingerprint::of(parts)
        })
    }

    /// The conversation, analysed: made on first use, once per task.
    pub fn context(&self) -> &Context {
        self.0.context.get_or_init(|| Context::new(&self.0.messages, &self.0.tools))
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("messages", &self.0.messages)
            .field("tools", &self.0.tools.names().collect::<Vec<_>>())
            .field("reference", &self.0.reference)
            .finish_non_exhaustive()
    }
}

/// `{"messages":[..],"tools":[..],"reference":[assistant messages],"metadata":{..}}`; tools are written in OpenAI's shape and
/// read in any shape [`Toolset::from_json`] knows.
impl Serialize for Task {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Task", 4)?;
        s.serialize_field("messages", &self.0.messages)?;
        s.serialize_field("tools", &self.0.tools.tools().map(Clone::clone).collect::<Vec<Tool>>())?;
        if !self.0.reference.is_empty() {
            let reference: Vec<Candidate> = self.0.reference.iter().cloned().map(Candidate::new).collect();
            s.serialize_field("reference", &reference)?;
        }
        if !self.0.metadata.is_empty() {
            s.serialize_field("metadata", &self.0.metadata)?;
        }
        s.end()
    }
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            messages: Vec<Message>,
            tools: Strict,
            #[serde(default)]
            reference: Vec<Candidate>,
            #[serde(default)]
            metadata: Map<String, Value>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let tools = Toolset::from_json(&wire.tools.0).map_err(de::Error::custom)?;
        Ok(Self::new(wire.messages, tools)
            .with_reference(wire.reference.into_iter().map(|c| c.action).collect())
            .with_metadata(wire.metadata))
    }
}
