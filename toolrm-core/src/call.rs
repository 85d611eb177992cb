//! The words: what a tool, a tool call, a message, an action and a candidate are.
//!
//! The serde shapes are those of OpenAI's chat completions API, ids kept: a [`Tool`] is
//! `{"type":"function","function":{..}}`, a [`ToolCall`] is `{"id","type":"function","function":{"name","arguments":"<JSON text>"}}`,
//! a [`Candidate`] is an assistant message. Other wire shapes are read by [`crate::toolset`] (tools) and [`crate::format`] (calls).

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};
use serde_json::{Map, Value};

use crate::format::json::{Strict, parse_strict};

/// A tool (function) the model may call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tool {
    /// The name the model must use, dots and all (`math.factorial`).
    pub name: String,
    /// What the tool does, for the model.
    pub description: Option<String>,
    /// JSON Schema of the arguments object, as published: dialects are normalised by [`crate::toolset::Toolset`], not here.
    pub parameters: Value,
    /// Hints about side effects, as MCP servers publish them.
    pub annotations: ToolAnnotations,
}

impl Tool {
    /// A tool with the given name and parameter schema.
    ///
    /// ```
    /// use toolrm_core::call::Tool;
    /// let tool = Tool::new("get_weather", serde_json::json!({
    ///     "type": "object",
    ///     "properties": {"city": {"type": "string"}},
    ///     "required": ["city"]
    /// })).with_description("Current weather of a city");
    /// assert_eq!(tool.name, "get_weather");
    /// ```
    pub fn new(name: impl Into<String>, parameters: Value) -> Self {
        Self { name: name.into(), description: None, parameters, annotations: ToolAnnotations::default() }
    }

    /// Sets the description.
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the side-effect hints.
    pub fn with_annotations(mut self, annotations: ToolAnnotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// A tool whose parameters are the fields of a Rust type; doc comments become descriptions.
    ///
    /// ```
    /// use toolrm_core::call::Tool;
    /// #[derive(schemars::JsonSchema)]
    /// struct GetWeather {
    ///     /// Name of the city
    ///     city: String,
    /// }
    /// let tool = Tool::from_type::<GetWeather>("get_weather", "Current weather of a city");
    /// assert_eq!(tool.parameters["properties"]["city"]["description"], "Name of the city");
    /// ```
    #[cfg(feature = "schema")]
    pub fn from_type<T: schemars::JsonSchema>(name: impl Into<String>, description: impl Into<String>) -> Self {
        let schema = schemars::generate::SchemaSettings::draft2020_12()
            .with(|s| s.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<T>();
        Self::new(name, schema.to_value()).with_description(description)
    }
}

/// Side-effect hints of a tool (Model Context Protocol, `ToolAnnotations`). `None` = not stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ToolAnnotations {
    /// The tool does not modify its environment.
    #[serde(rename = "readOnlyHint", skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// The tool may perform destructive updates.
    #[serde(rename = "destructiveHint", skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
    /// Repeating the call with the same arguments has no further effect.
    #[serde(rename = "idempotentHint", skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// The tool talks to an open world (the web) and not to a closed set of things.
    #[serde(rename = "openWorldHint", skip_serializing_if = "Option::is_none")]
    pub open_world: Option<bool>,
}

impl ToolAnnotations {
    /// True when nothing is stated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize, Deserialize)]
struct FunctionWire<'a> {
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'a, str>>,
    #[serde(default = "empty_object_schema")]
    parameters: Cow<'a, Value>,
}

fn empty_object_schema() -> Cow<'static, Value> {
    Cow::Owned(serde_json::json!({"type": "object", "properties": {}}))
}

#[derive(Serialize, Deserialize)]
struct ToolWire<'a> {
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
    function: FunctionWire<'a>,
    #[serde(default, skip_serializing_if = "ToolAnnotations::is_empty")]
    annotations: ToolAnnotations,
}

impl Serialize for Tool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ToolWire {
            kind: "function".into(),
            function: FunctionWire {
                name: self.name.as_str().into(),
                description: self.description.as_deref().map(Cow::Borrowed),
                parameters: Cow::Borrowed(&self.parameters),
            },
            annotations: self.annotations,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tool {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = ToolWire::deserialize(deserializer)?;
        if wire.kind != "function" {
            return Err(de::Error::custom(format_args!("tool of type \"{}\": only \"function\" is known", wire.kind)));
        }
        Ok(Self {
            name: wire.function.name.into_owned(),
            description: wire.function.description.map(Cow::into_owned),
            parameters: wire.function.parameters.into_owned(),
            annotations: wire.annotations,
        })
    }
}

/// One call of one tool.
///
/// `arguments` is an object for every call a format parser accepted. In a conversation's history an argument text that is not a
/// JSON object is kept verbatim as a [`Value::String`], so that one bad call of the past loses nothing and fails nothing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolCall {
    /// Id given by the API (`call_..`), when there is one. Not part of what the call means: see [`crate::canonical`].
    pub id: Option<String>,
    /// Name of the tool.
    pub name: String,
    /// The arguments, by name.
    pub arguments: Value,
}

impl ToolCall {
    /// A call without an id.
    pub fn new(name: impl Into<String>, arguments: Value) -> Self {
        Self { id: None, name: name.into(), arguments }
    }

    /// Sets the id.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The arguments by name; `None` when they are not an object (undecodable text of a past call).
    pub fn args(&self) -> Option<&Map<String, Value>> {
        self.arguments.as_object()
    }
}

impl Serialize for ToolCall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'a> {
            name: &'a str,
            arguments: Cow<'a, str>,
        }
        let arguments = match &self.arguments {
            Value::String(raw) => Cow::Borrowed(raw.as_str()),
            other => Cow::Owned(other.to_string()),
        };
        let mut s = serializer.serialize_struct("ToolCall", 3)?;
        match &self.id {
            Some(id) => s.serialize_field("id", id)?,
            None => s.skip_field("id")?,
        }
        s.serialize_field("type", "function")?;
        s.serialize_field("function", &Function { name: &self.name, arguments })?;
        s.end()
    }
}

impl<'de> Deserialize<'de> for ToolCall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Function {
            name: String,
            arguments: Strict,
        }
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            id: Option<String>,
            function: Function,
        }
        let Wire { id, function: Function { name, arguments: Strict(arguments) } } = Wire::deserialize(deserializer)?;
        let arguments = match arguments {
            Value::String(text) => match parse_strict(&text) {
                Ok(object @ Value::Object(_)) => object,
                _ => Value::String(text),
            },
            other => other,
        };
        Ok(Self { id, name, arguments })
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Instructions of the application.
    System,
    /// OpenAI's newer name for [`Role::System`].
    Developer,
    /// The person (or the calling program).
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    #[serde(alias = "function")]
    Tool,
}

impl Role {
    /// The role's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// What a message says: a text, or OpenAI content parts, which are kept as they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Content parts; `{"type":"text","text":..}` parts are read, others (images, audio) are carried along.
    Parts(Vec<Map<String, Value>>),
}

impl Content {
    /// The text: the string itself, or the text parts joined by newlines.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Parts(parts) => {
                let mut texts = parts.iter().filter_map(|p| p.get("text").and_then(Value::as_str));
                match (texts.next(), texts.next()) {
                    (None, _) => Cow::Borrowed(""),
                    (Some(only), None) => Cow::Borrowed(only),
                    (Some(a), Some(b)) => {
                        let mut joined = format!("{a}\n{b}");
                        for t in texts {
                            joined.push('\n');
                            joined.push_str(t);
                        }
                        Cow::Owned(joined)
                    }
                }
            }
        }
    }
}

impl<T: Into<String>> From<T> for Content {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

/// One message of a conversation, in OpenAI's chat shape. Fields this crate does not know are kept in `extra`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; `None` for an assistant message that only calls tools.
    #[serde(default)]
    pub content: Option<Content>,
    /// The calls an assistant message makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tool_calls: Vec<ToolCall>,
    /// For [`Role::Tool`]: the id of the call this is the result of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Name of the tool or of the speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Everything else the message carried.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// APIs write `"tool_calls": null` for "none".
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

impl Message {
    /// A message with a text.
    pub fn new(role: Role, content: impl Into<Content>) -> Self {
        Self {
            role,
            content: Some(content.into()),
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
            extra: Map::new(),
        }
    }

    /// A system message.
    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, text.into())
    }

    /// A user message.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, text.into())
    }

    /// An assistant message in words.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, text.into())
    }

    /// An assistant message that calls tools.
    pub fn calls(calls: Vec<ToolCall>) -> Self {
        Self { content: None, tool_calls: calls, ..Self::new(Role::Assistant, String::new()) }
    }

    /// A tool's result.
    pub fn tool(call_id: impl Into<String>, result: impl Into<String>) -> Self {
        Self { tool_call_id: Some(call_id.into()), ..Self::new(Role::Tool, result.into()) }
    }

    /// The text of the message, empty when it has none.
    pub fn text(&self) -> Cow<'_, str> {
        self.content.as_ref().map_or(Cow::Borrowed(""), Content::text)
    }
}

/// What a model did in one turn.
///
/// The three are kept apart by law: something malformed is neither a call nor an abstention from calling.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// It called tools: at least one call, in order.
    Calls(Vec<ToolCall>),
    /// It answered in words (an answer, a question, a refusal).
    Text(String),
    /// It tried to call and the text cannot be read as a call.
    Malformed {
        /// The text as it came.
        raw: String,
        /// What is wrong with it, for a person or a model to act on.
        why: String,
    },
}

impl Action {
    /// The calls; empty for text and malformed output.
    pub fn calls(&self) -> &[ToolCall] {
        match self {
            Self::Calls(calls) => calls,
            _ => &[],
        }
    }

    /// The answer in words, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True for [`Action::Malformed`].
    pub fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed { .. })
    }

    /// A malformed action.
    pub fn malformed(raw: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Malformed { raw: raw.into(), why: why.into() }
    }
}

/// One possible next turn of the assistant: what is judged.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// What it does.
    pub action: Action,
    /// Words beside the calls ("Let me look that up."); `None` when the action is the text itself.
    pub content: Option<Arc<str>>,
    /// The reasoning that came before, stripped from the action. Never judged as part of it.
    pub reasoning: Option<Arc<str>>,
    /// The model's output verbatim, when the candidate was parsed from text.
    pub raw: Option<Arc<str>>,
}

impl Candidate {
    /// A candidate that does `action`, with nothing beside it.
    pub fn new(action: Action) -> Self {
        Self { action, content: None, reasoning: None, raw: None }
    }

    /// A candidate that makes these calls. An empty list is malformed: "no call" must be said in words.
    pub fn calls(calls: Vec<ToolCall>) -> Self {
        if calls.is_empty() {
            return Self::new(Action::malformed("[]", "an empty list of calls: a turn without calls is a text"));
        }
        Self::new(Action::Calls(calls))
    }

    /// A candidate that answers in words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Action::Text(text.into()))
    }

    /// Sets the words beside the calls.
    pub fn with_content(mut self, content: impl Into<Arc<str>>) -> Self {
        self.content = Some(content.into());
        self
    }

    /// Sets the reasoning.
    pub fn with_reasoning(mut self, reasoning: impl Into<Arc<str>>) -> Self {
        self.reasoning = Some(reasoning.into());
        self
    }

    /// Sets the verbatim output.
    pub fn with_raw(mut self, raw: impl Into<Arc<str>>) -> Self {
        self.raw = Some(raw.into());
        self
    }
}

impl From<Action> for Candidate {
    fn from(action: Action) -> Self {
        Self::new(action)
    }
}

/// The wire shape of a candidate: an OpenAI assistant message, plus `malformed` and `raw`, which OpenAI has no word for.
#[derive(Serialize, Deserialize)]
struct CandidateWire {
    #[serde(default = "assistant")]
    role: Role,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    tool_calls: Vec<ToolCall>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    malformed: Option<MalformedWire>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "reasoning")]
    reasoning_content: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<Arc<str>>,
}

#[derive(Serialize, Deserialize)]
struct MalformedWire {
    raw: String,
    why: String,
}

fn assistant() -> Role {
    Role::Assistant
}

impl Serialize for Candidate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut wire = CandidateWire {
            role: Role::Assistant,
            content: self.content.as_deref().map(|c| Content::Text(c.to_owned())),
            tool_calls: Vec::new(),
            malformed: None,
            reasoning_content: self.reasoning.clone(),
            raw: self.raw.clone(),
        };
        match &self.action {
            Action::Calls(calls) => wire.tool_calls.clone_from(calls),
            Action::Text(text) => wire.content = Some(Content::Text(text.clone())),
            Action::Malformed { raw, why } => {
                wire.malformed = Some(MalformedWire { raw: raw.clone(), why: why.clone() });
            }
        }
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Candidate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = CandidateWire::deserialize(deserializer)?;
        if wire.role != Role::Assistant {
            return Err(de::Error::custom(format_args!(
                "a candidate is an assistant message, this one has role \"{}\"",
                wire.role.as_str()
            )));
        }
        let content = wire.content.map(|c| c.text().into_owned());
        let undecodable = wire.tool_calls.iter().find(|c| !c.arguments.is_object());
        if wire.malformed.is_some() && !wire.tool_calls.is_empty() {
            return Err(de::Error::custom("a candidate has both tool_calls and malformed: a turn is one of the two"));
        }
        let (action, content) = match (wire.malformed, undecodable, content) {
            (Some(m), _, content) => (Action::Malformed { raw: m.raw, why: m.why }, content),
            (None, Some(call), content) => {
                let raw = serde_json::to_string(&wire.tool_calls).map_err(de::Error::custom)?;
                (Action::malformed(raw, format!("arguments of \"{}\" are not a JSON object", call.name)), content)
            }
            (None, None, content) if !wire.tool_calls.is_empty() => (Action::Calls(wire.tool_calls), content),
            (None, None, Some(text)) => (Action::Text(text), None),
            (None, None, None) => {
                return Err(de::Error::custom("a candidate has neither content nor tool_calls"));
            }
        };
        Ok(Self { action, content: content.map(Arc::from), reasoning: wire.reasoning_content, raw: wire.raw })
    }
}

#[cfg(test)]
mod tests;
