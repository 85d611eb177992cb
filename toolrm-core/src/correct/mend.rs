//! [`Mender`]: self-correction without a model, as far as findings say what would mend them.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Draft, Feedback, PlainFeedback};
use crate::{
    call::{Action, Candidate, Message, ToolCall},
    error::JudgeError,
    observe::CallOptions,
    port::GenParams,
    sample::Sampler,
    score::Finding,
    task::Task,
    toolset::{ToolSpec, Toolset},
};

/// Rewrites without a model: it does what the findings say as far as that can be done by rote. It is the [`Sampler`] and the
/// [`Feedback`] of a [`Corrector`](super::Corrector) at once, which keeps a rewrite only if its judge prefers it.
///
/// One finding is acted on in each round, the first one that can be:
/// - a finding with a suggestion: the suggestion is set at its pointer (an argument, a part of one, or the name of the tool);
/// - without a suggestion, at an argument that may be left out: it is left out;
/// - without a suggestion, at a whole call (`/1`) beside others: the call is left out.
///
/// A finding that weighs less than [`Mender::with_least_weight`] is not acted on: the lighter a finding, the more often the draft was
/// right as it was.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use serde_json::json;
/// use toolrm_core::{correct::{Corrector, Mender}, prelude::*};
///
/// let tools = Toolset::from_json(&json!([{"name": "get_weather", "parameters": {
///     "type": "object", "required": ["city", "days"],
///     "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "station": {"type": "string"}}}}]))?;
/// let task = Task::new(vec![Message::user("Weather forecast for Paris, next 3 days, please.")], tools);
/// let draft = ToolCall::new("get_weather", json!({"city": "Paris", "days": "3", "station": "Orly"}));
///
/// let mender = Mender::new();
/// let corrector = Corrector::new(FromScorer::new(RuleScorer::default()), mender).with_feedback(mender).with_max_rounds(5);
/// let done = corrector.run(&task, Candidate::calls(vec![draft]), &CallOptions::default()).await?;
/// assert_eq!(done.kept.action.calls()[0].arguments, json!({"city": "Paris", "days": 3}));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Mender {
    least_weight: f32,
}

impl Mender {
    /// Acts on every finding it can act on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the least weight of a finding that is acted on, in the units of the judge that finds. Default: 0.
    pub fn with_least_weight(mut self, weight: f32) -> Self {
        self.least_weight = weight;
        self
    }
}

/// Where the message carries the draft and its findings, besides the words that [`PlainFeedback`] has for them.
const DRAFT: &str = "toolrm_draft";

impl Feedback for Mender {
    fn messages(&self, draft: &Draft<'_>) -> Vec<Message> {
        let mut messages = PlainFeedback.messages(draft);
        if let Some(last) = messages.last_mut() {
            last.extra.insert(DRAFT.into(), json!({"candidate": draft.candidate, "findings": draft.findings}));
        }
        messages
    }
}

#[async_trait]
impl Sampler for Mender {
    /// One rewrite of the draft that the last message carries; none where there is no such draft or nothing can be mended.
    async fn sample(
        &self,
        task: &Task,
        _n: usize,
        _params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError> {
        options.check()?;
        let draft = task.messages().last().and_then(|message| message.extra.get(DRAFT));
        let part = |name: &str| draft.and_then(|draft| draft.get(name)).cloned().unwrap_or_default();
        let candidate: Option<Candidate> = serde_json::from_value(part("candidate")).ok();
        let mut findings: Vec<Finding> = serde_json::from_value(part("findings")).unwrap_or_default();
        findings.retain(|finding| finding.weight >= self.least_weight);
        Ok(candidate.and_then(|c| mended(task.tools(), &c.action, &findings)).map(Candidate::new).into_iter().collect())
    }
}

/// The action after the first finding that can be acted on.
fn mended(tools: &Toolset, action: &Action, findings: &[Finding]) -> Option<Action> {
    let Action::Calls(calls) = action else { return None };
    findings.iter().find_map(|finding| act_on(tools, calls, finding)).map(Action::Calls)
}

fn act_on(tools: &Toolset, calls: &[ToolCall], finding: &Finding) -> Option<Vec<ToolCall>> {
    let mut tokens = finding.pointer.strip_prefix('/')?.split('/').map(unescaped);
    let index: usize = tokens.next()?.parse().ok()?;
    let mut calls = calls.to_vec();
    let call = calls.get_mut(index)?;
    let before = call.clone();
    match (tokens.next().as_deref(), &finding.suggestion) {
        (Some("name"), Some(Value::String(name))) => call.name.clone_from(name),
        (Some("arguments"), suggestion) => {
            let path: Vec<String> = tokens.collect();
            match suggestion {
                Some(value) => set(&mut call.arguments, &path, value)?,
                None if may_be_left_out(tools, call, &path) => remove(&mut call.arguments, &path)?,
                None => return None,
            }
        }
        (None, None) if calls.len() > 1 => {
            calls.remove(index);
            return Some(calls);
        }
        _ => return None,
    }
    (*call != before).then_some(calls)
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// The object that holds the last member of a path, and that member's name.
fn holder<'v, 'p>(root: &'v mut Value, path: &'p [String]) -> Option<(&'v mut Map<String, Value>, &'p String)> {
    let (last, way) = path.split_last()?;
    let step = |value: &'v mut Value, name: &String| match value {
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        other => other.get_mut(name),
    };
    way.iter().try_fold(root, step)?.as_object_mut().map(|map| (map, last))
}

fn set(arguments: &mut Value, path: &[String], value: &Value) -> Option<()> {
    let (map, name) = holder(arguments, path)?;
    map.insert(name.clone(), value.clone());
    Some(())
}

/// Leaves out a member; its absence is no change.
fn remove(arguments: &mut Value, path: &[String]) -> Option<()> {
    let (map, name) = holder(arguments, path)?;
    map.shift_remove(name).map(|_| ())
}

/// Whether an argument, or a part of one, is not required: by the tool, or because the tool does not know it.
fn may_be_left_out(tools: &Toolset, call: &ToolCall, path: &[String]) -> bool {
    let root = tools.get(&call.name).map(ToolSpec::params);
    let mut param = root;
    for name in path {
        param = param.and_then(|p| p.property(name));
    }
    root.is_some() && !path.is_empty() && param.is_none_or(|p| !p.required)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Toolset {
        Toolset::from_json(&json!([{"name": "f", "parameters": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": "integer"}, "b": {"type": "string"},
            "o": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}}}}]))
        .unwrap()
    }

    fn action(arguments: &[Value]) -> Action {
        Action::Calls(arguments.iter().map(|a| ToolCall::new("f", a.clone())).collect())
    }

    fn finding(pointer: &str, suggestion: Option<Value>) -> Finding {
        Finding { suggestion, ..Finding::new("test.rule", pointer, "", 1.0) }
    }

    fn after(arguments: &[Value], pointer: &str, suggestion: Option<Value>) -> Option<Action> {
        mended(&tools(), &action(arguments), &[finding(pointer, suggestion)])
    }

    #[test]
    fn suggestions_are_set_where_they_belong() {
        let draft = [json!({"a": "1", "o": {"x": 1}, "l": [{"z": 1}]})];
        for (pointer, value, expected) in [
            ("/0/arguments/a", json!(1), json!({"a": 1, "o": {"x": 1}, "l": [{"z": 1}]})),
            ("/0/arguments/b", json!("new"), json!({"a": "1", "o": {"x": 1}, "l": [{"z": 1}], "b": "new"})),
            ("/0/arguments/o/x", json!(2), json!({"a": "1", "o": {"x": 2}, "l": [{"z": 1}]})),
            ("/0/arguments/l/0/z", json!(2), json!({"a": "1", "o": {"x": 1}, "l": [{"z": 2}]})),
            ("/0/arguments/p~1q", json!(2), json!({"a": "1", "o": {"x": 1}, "l": [{"z": 1}], "p/q": 2})),
        ] {
            assert_eq!(after(&draft, pointer, Some(value)), Some(action(&[expected])), "{pointer}");
        }
        let renamed = after(&[json!({})], "/0/name", Some(json!("g"))).unwrap();
        assert_eq!(renamed.calls()[0].name, "g");
    }

    #[test]
    fn what_may_be_left_out_is() {
        let draft = [json!({"a": 1, "b": "made up", "unknown": 1, "o": {"x": 1, "y": 2}})];
        for (pointer, expected) in [
            ("/0/arguments/b", json!({"a": 1, "unknown": 1, "o": {"x": 1, "y": 2}})),
            ("/0/arguments/unknown", json!({"a": 1, "b": "made up", "o": {"x": 1, "y": 2}})),
            ("/0/arguments/o/y", json!({"a": 1, "b": "made up", "unknown": 1, "o": {"x": 1}})),
        ] {
            assert_eq!(after(&draft, pointer, None), Some(action(&[expected])), "{pointer}");
        }
        let (one, two) = (json!({"a": 1}), json!({"a": 2}));
        assert_eq!(after(&[one.clone(), two], "/1", None), Some(action(&[one])));
    }

    #[test]
    fn what_cannot_be_mended_by_rote_is_left() {
        let draft = [json!({"a": 1, "o": {"x": 1}})];
        for pointer in [
            "",
            "/0",
            "/0/name",
            "/0/arguments",
            "/0/arguments/a",
            "/0/arguments/o/x",
            "/0/arguments/b",
            "/7/arguments/b",
            "/x/arguments/b",
            "/0/arguments/a/b/c",
            "no pointer",
        ] {
            assert_eq!(after(&draft, pointer, None), None, "{pointer}");
        }
        // The value is there already; a name is no number; there is nothing to hold it.
        assert_eq!(after(&draft, "/0/arguments/a", Some(json!(1))), None);
        assert_eq!(after(&draft, "/0/name", Some(json!(7))), None);
        assert_eq!(after(&draft, "/0/arguments/a/deep", Some(json!(7))), None);
        assert_eq!(mended(&tools(), &Action::Text("no".into()), &[finding("/0", None)]), None);
    }

    #[test]
    fn the_first_finding_that_can_be_acted_on_is() {
        let findings = [finding("", None), finding("/0/arguments/b", None), finding("/0/arguments/a", Some(json!(2)))];
        let draft = action(&[json!({"a": 1, "b": "x"})]);
        assert_eq!(mended(&tools(), &draft, &findings), Some(action(&[json!({"a": 1})])));
        // Absent already: the next one.
        let draft = action(&[json!({"a": 1})]);
        assert_eq!(mended(&tools(), &draft, &findings), Some(action(&[json!({"a": 2})])));
    }

    #[tokio::test]
    async fn what_weighs_too_little_is_not_acted_on() {
        let task = Task::new(vec![Message::user("hi")], tools());
        let candidate = Candidate::new(action(&[json!({"a": 1, "b": "x"})]));
        let findings = [finding("/0/arguments/b", None)];
        let draft = Draft { task: &task, candidate: &candidate, findings: &findings, critique: None };
        for (least, rewrites) in [(0.0, 1), (1.0, 1), (1.1, 0)] {
            let mender = Mender::new().with_least_weight(least);
            let told = task.with_more_messages(mender.messages(&draft));
            let sampled = mender.sample(&told, 1, &GenParams::default(), &CallOptions::default()).await.unwrap();
            assert_eq!(sampled.len(), rewrites, "{least}");
        }
    }

    #[tokio::test]
    async fn without_a_draft_nothing_is_written() {
        let task = Task::new(vec![Message::user("hi")], tools());
        let rewrites = Mender::new().sample(&task, 1, &GenParams::default(), &CallOptions::default()).await.unwrap();
        assert!(rewrites.is_empty());
    }
}
