//! [`Pool`]: what the examples call and say elsewhere: the source of wrong values that look right.

use std::collections::BTreeMap;

use serde_json::Value;
use toolrm_core::{
    call::{Message, Role, ToolCall},
    canonical::{canonical_call, canonical_value, same_call},
    toolset::{Param, Toolset, TypeSet},
};

use super::{
    heard::{Heard, heard},
    subject::places_of,
};
use crate::draw::Draw;

/// Calls and the values in them, each once, in an order that is not that in which they were given.
#[derive(Debug, Default)]
pub struct Pool {
    /// By tool and parameter, then by the value's text.
    by_parameter: BTreeMap<(String, String), BTreeMap<String, Value>>,
    /// By the call's text.
    calls: BTreeMap<String, ToolCall>,
    /// What is said in the conversation the calls are from, if they are from one.
    conversation: Option<Said>,
}

/// What is said in one conversation.
#[derive(Debug)]
struct Said {
    /// Values, by the place of the message that says them.
    heard: Vec<Heard>,
    /// What the assistant says in place of calls, by the place of the message.
    words: Vec<(usize, String)>,
    /// All calls, by the place of the message.
    calls: Vec<(usize, ToolCall)>,
}

/// Words of last resort: nobody asked for them.
const STAND_INS: [&str; 8] = ["Rotterdam", "Amelia Hart", "green", "archive", "Saturn", "oak", "weekly", "North Pier"];

impl Pool {
    /// A pool of these calls.
    pub fn new<'c>(calls: impl IntoIterator<Item = &'c ToolCall>, tools: &Toolset) -> Self {
        let mut pool = Self::default();
        for call in calls {
            let canonical = canonical_call(call);
            let without_id = ToolCall::new(call.name.clone(), call.arguments.clone());
            pool.calls.insert(format!("{} {}", canonical.name, canonical.arguments), without_id);
            let Some(spec) = tools.get(&call.name) else { continue };
            for place in places_of(0, call, spec) {
                let parameter = (call.name.clone(), place.name.to_owned());
                let text = canonical_value(place.value).to_string();
                pool.by_parameter.entry(parameter).or_default().insert(text, place.value.clone());
            }
        }
        pool
    }

    /// A pool of what one conversation calls and says. Words that nobody says there never come from it.
    pub fn of_conversation(messages: &[Message], tools: &Toolset) -> Self {
        let mut pool = Self::new(messages.iter().flat_map(|m| &m.tool_calls), tools);
        let spoken = messages.iter().enumerate().filter(|(_, m)| m.role == Role::Assistant && m.tool_calls.is_empty());
        let words = spoken.map(|(at, m)| (at, m.text().trim().to_owned())).filter(|(_, text)| !text.is_empty());
        let calls = messages.iter().enumerate().flat_map(|(at, m)| m.tool_calls.iter().map(move |c| (at, c.clone())));
        pool.conversation = Some(Said { heard: heard(messages), words: words.collect(), calls: calls.collect() });
        pool
    }

    /// The values that the conversation says before a message.
    pub(super) fn heard(&self, before: usize) -> impl Iterator<Item = &Heard> {
        self.conversation.iter().flat_map(|said| &said.heard).take_while(move |heard| heard.at < before)
    }

    /// What the assistant says at other steps of the conversation than this one.
    pub(super) fn words(&self, but_at: usize) -> impl Iterator<Item = &str> {
        let words = self.conversation.iter().flat_map(|said| &said.words);
        words.filter(move |(at, _)| *at != but_at).map(|(_, text)| text.as_str())
    }

    /// Whether the conversation makes a call behind this place.
    pub(super) fn is_made_after(&self, at: usize, call: &ToolCall) -> bool {
        let calls = self.conversation.iter().flat_map(|said| said.calls.iter().rev());
        calls.take_while(|(made_at, _)| *made_at > at).any(|(_, made)| same_call(made, call))
    }

    /// The distinct calls of all examples.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.calls.values()
    }

    /// What the examples give for a parameter of a tool.
    pub fn given(&self, tool: &str, parameter: &str) -> impl Iterator<Item = &Value> {
        self.by_parameter.get(&(tool.to_owned(), parameter.to_owned())).into_iter().flat_map(BTreeMap::values)
    }

    /// What the examples give for parameters of this name, of any tool.
    pub fn named<'p>(&'p self, parameter: &'p str) -> impl Iterator<Item = &'p Value> {
        self.by_parameter.iter().filter(move |((_, name), _)| name == parameter).flat_map(|(_, values)| values.values())
    }

    /// Words nobody asked for; none where there is a conversation to listen to.
    pub(super) fn stand_ins(&self) -> impl Iterator<Item = Value> {
        STAND_INS.into_iter().filter(|_| self.conversation.is_none()).map(Value::from)
    }

    /// A value a parameter might be given, from the likeliest source that has one. It may break what [`Param`] cannot say (a pattern):
    /// whoever uses it checks the whole call.
    pub fn plausible(&self, tool: &str, param: &Param, draw: &Draw) -> Option<Value> {
        let known = |values: Vec<&Value>| draw.pick(&values).map(|v| (*v).clone());
        let fits = |v: &Value| param.types.allows(v) && (param.allowed.is_empty() || param.allowed.contains(v));
        known(self.given(tool, &param.name).filter(|v| fits(v)).collect())
            .or_else(|| known(param.allowed.iter().collect()))
            .or_else(|| known(self.named(&param.name).filter(|v| fits(v)).collect()))
            .or_else(|| known(param.examples.iter().chain(&param.default).filter(|v| fits(v)).collect()))
            .or_else(|| self.of_type(tool, param, draw))
    }

    fn of_type(&self, tool: &str, param: &Param, draw: &Draw) -> Option<Value> {
        let types = param.types;
        let is_word = |v: &Value| (v.is_string() && param.format.is_empty()) || v.is_number();
        if self.conversation.is_some() && !types.intersection(TypeSet::STRING.union(TypeSet::NUMBER)).is_empty() {
            let known = self.heard(usize::MAX).filter(|h| types.allows(&h.value) && is_word(&h.value));
            let named: Vec<&Heard> = known.filter(|h| *h.key == *param.name).collect();
            return draw.pick(&named).map(|h| h.value.clone());
        }
        if types.contains(TypeSet::STRING) {
            return match param.format.as_str() {
                "" => draw.pick(&STAND_INS).map(|s| Value::from(*s)),
                "date" => Some("2025-06-17".into()),
                "time" => Some("14:25".into()),
                "date-time" => Some("2025-06-17T14:25:00Z".into()),
                "email" => Some("amelia.hart@example.com".into()),
                "uri" => Some("https://example.com/archive".into()),
                _ => None,
            };
        }
        if types.contains(TypeSet::INTEGER) {
            #[allow(clippy::cast_possible_truncation, reason = "saturates, and the call is checked")]
            return Some(param.range.0.map_or(7, |low| low.ceil() as i64 + 1).into());
        }
        if types.contains(TypeSet::BOOLEAN) {
            return Some(true.into());
        }
        if types.contains(TypeSet::ARRAY) {
            let items = param.items.as_deref()?;
            return Some(Value::Array(vec![self.plausible(tool, items, draw)?]));
        }
        if types.contains(TypeSet::OBJECT) {
            return self.object(tool, param, draw);
        }
        None
    }

    /// The required properties of an object, filled.
    pub(super) fn object(&self, tool: &str, param: &Param, draw: &Draw) -> Option<Value> {
        let required = param.properties.iter().filter(|p| p.required);
        let filled = required.map(|p| Some((p.name.clone(), self.plausible(tool, p, &draw.of(&p.name))?)));
        filled.collect::<Option<_>>().map(Value::Object)
    }
}
