//! Steps: where a trajectory is cut, what is right there, and whether that can be built on.

use std::collections::HashSet;

use toolrm_core::{
    call::{Action, Candidate, Message, Role},
    canonical::{Fingerprint, canonical_value, repeated_call},
};

use super::{config::GoldRules, failed::Failures, normalise::Tools};
use crate::{draw::Draw, rows::complexity, source::Trajectory};

/// A step that can be built on.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Its place in the messages.
    pub(super) at: usize,
    /// What is right.
    pub(super) gold: Candidate,
    /// Right calls and their arguments; 0 of words.
    pub(super) complexity: u32,
    /// Of the conversation before it and what is right: the same for the same step in another record.
    pub(super) fingerprint: u64,
}

/// A step is cut at every assistant message: a step, or the rule that leaves it out.
pub(super) fn steps(
    trajectory: &Trajectory,
    tools: &Tools,
    rules: &GoldRules,
    failures: &Failures,
    draw: &Draw,
) -> Vec<Result<Step, &'static str>> {
    let places: Vec<usize> = trajectory.steps().collect();
    let in_words = || places.iter().copied().filter(|at| is_words(trajectory.messages.get(*at)));
    let is_answered = |at: &usize| trajectory.answers.iter().any(|answer| answer.step == *at);
    let mut drawn = draw.of("words").shuffled(in_words().filter(|at| !is_answered(at)));
    drawn.truncate(rules.words_per_trajectory);
    let mut drawn: HashSet<usize> = drawn.into_iter().collect();
    if rules.words_per_trajectory > 0 {
        drawn.extend(in_words().filter(is_answered));
    }
    let mut context = Context::default();
    let mut found = Vec::with_capacity(places.len());
    for (at, message) in trajectory.messages.iter().enumerate() {
        if places.contains(&at) {
            let step = if is_words(Some(message)) && !drawn.contains(&at) {
                Err("words, beyond gold.words_per_trajectory")
            } else {
                step(trajectory, at, message, tools, rules, failures)
            };
            found.push(step.map(|(gold, complexity)| Step {
                at,
                fingerprint: context.with(&gold.action),
                gold,
                complexity,
            }));
        }
        context.add(message);
    }
    found
}

fn is_words(message: Option<&Message>) -> bool {
    message.is_some_and(|m| m.tool_calls.is_empty())
}

/// What is right at a step, and its complexity; or what is wrong with it.
fn step(
    trajectory: &Trajectory,
    at: usize,
    message: &Message,
    tools: &Tools,
    rules: &GoldRules,
    failures: &Failures,
) -> Result<(Candidate, u32), &'static str> {
    if !trajectory.messages.iter().take(at).any(|m| m.role == Role::User) {
        return Err("before the user says anything");
    }
    if at.checked_sub(1).and_then(|before| trajectory.messages.get(before)).is_some_and(|m| m.role == Role::Assistant) {
        return Err("directly after another message of the assistant");
    }
    let words = message.text();
    if message.tool_calls.is_empty() {
        return if words.trim().is_empty() { Err("nothing is said") } else { Ok((Candidate::text(words), 0)) };
    }
    let calls = &message.tool_calls;
    for call in calls {
        if call.args().is_none() {
            return Err("arguments that are no object");
        }
        match tools.set.get(&call.name) {
            None => return Err("a call of a tool that is not listed"),
            Some(spec) if !spec.is_valid(&call.arguments) => return Err("arguments against the tool's schema"),
            Some(_) => {}
        }
    }
    if repeated_call(calls).is_some() {
        return Err("the same call twice");
    }
    let weight = u32::try_from(complexity(calls)).unwrap_or(u32::MAX);
    if weight > rules.max_complexity {
        return Err("complexity over gold.max_complexity");
    }
    if rules.drop_failed && is_followed_by_failure(trajectory, at, message, failures) {
        return Err("followed by a failed result");
    }
    let mut gold = Candidate::calls(calls.clone());
    if !words.trim().is_empty() {
        gold = gold.with_content(words.as_ref());
    }
    Ok((gold, weight))
}

/// Whether one of the calls of a message is answered by a failure.
fn is_followed_by_failure(trajectory: &Trajectory, at: usize, message: &Message, failures: &Failures) -> bool {
    let is_its = |id: &str| message.tool_calls.iter().any(|call| call.id.as_deref() == Some(id));
    let behind = trajectory.messages.iter().skip(at + 1).take_while(|m| m.role == Role::Tool);
    let mut results = behind.filter(|m| m.tool_call_id.as_deref().is_some_and(is_its));
    results.any(|m| failures.is_failure(&m.text()))
}

/// The conversation so far, as a fingerprint that goes on with every message. Ids of calls are no part of it.
#[derive(Debug, Default)]
struct Context(Vec<u8>);

impl Context {
    fn add(&mut self, message: &Message) {
        let calls = message.tool_calls.iter().map(|call| format!("{} {}", call.name, canonical_value(&call.arguments)));
        let mut parts = vec![String::from_utf8_lossy(&self.0).into_owned(), message.role.as_str().into()];
        parts.push(message.text().into_owned());
        parts.extend(calls);
        self.0 = Fingerprint::of(parts).to_string().into_bytes();
    }

    fn with(&self, gold: &Action) -> u64 {
        Fingerprint::of([self.0.as_slice(), Fingerprint::of_action(gold).as_bytes()]).first_bits()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};
    use toolrm_core::call::ToolCall;

    use super::*;
    use crate::{build::normalise::Normaliser, error::Place};

    fn call(id: &str, arguments: Value) -> ToolCall {
        ToolCall::new("f", arguments).with_id(id)
    }

    fn found(messages: Vec<Message>) -> Vec<Result<Step, &'static str>> {
        let tools = json!([{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}]);
        let mut trajectory = Trajectory::new("t", Place::new("file"), tools, messages);
        let tools = Normaliser::default().normalise(&mut trajectory, &mut BTreeMap::new()).unwrap();
        let failures = Failures::new(&[]).unwrap();
        steps(&trajectory, &tools, &GoldRules::default(), &failures, &Draw::new(0))
    }

    fn only(messages: Vec<Message>) -> Result<Step, &'static str> {
        found(messages).pop().unwrap()
    }

    #[test]
    fn a_step_that_cannot_be_built_on_says_why() {
        let asked = || vec![Message::user("x")];
        let with = |calls: Vec<ToolCall>| only([asked(), vec![Message::calls(calls)]].concat()).map(|s| s.complexity);
        assert_eq!(with(vec![call("1", json!({"a": 1}))]), Ok(2));
        assert_eq!(with(vec![call("1", json!({"a": "x"}))]), Err("arguments against the tool's schema"));
        assert_eq!(with(vec![ToolCall::new("g", json!({}))]), Err("a call of a tool that is not listed"));
        assert_eq!(with(vec![ToolCall::new("f", json!("{"))]), Err("arguments that are no object"));
        assert_eq!(with(vec![call("1", json!({"a": 1})), call("2", json!({"a": 1.0}))]), Err("the same call twice"));
        let many: Vec<_> = (0..26).map(|i| call("1", json!({"a": i}))).collect();
        assert_eq!(with(many), Err("complexity over gold.max_complexity"));
        assert!(matches!(
            only(vec![Message::assistant("Hi."), Message::user("x")]),
            Err("before the user says anything")
        ));
        assert!(matches!(only([asked(), vec![Message::assistant(" ")]].concat()), Err("nothing is said")));
        let called = || Message::calls(vec![call("1", json!({"a": 1}))]);
        let twice = only([asked(), vec![called(), called()]].concat());
        assert!(matches!(twice, Err("directly after another message of the assistant")));
    }

    #[test]
    fn a_failure_counts_against_the_call_it_is_of() {
        let called = Message::calls(vec![call("1", json!({"a": 1}))]);
        let steps = found(vec![
            Message::user("x"),
            called.clone(),
            Message::tool("1", "Error: busy"),
            Message::calls(vec![call("2", json!({"a": 1}))]),
            Message::tool("2", "done"),
        ]);
        assert_eq!(steps[0].as_ref().err(), Some(&"followed by a failed result"));
        assert!(steps[1].is_ok());
    }

    #[test]
    fn the_same_step_has_the_same_fingerprint_whatever_its_ids() {
        let of = |id: &str, a: f64, asked: &str| {
            only(vec![Message::user(asked), Message::calls(vec![call(id, json!({"a": a}))])]).unwrap().fingerprint
        };
        assert_eq!(of("1", 1.0, "x"), of("2", 1.0, "x"));
        assert_ne!(of("1", 1.0, "x"), of("1", 2.0, "x"));
        assert_ne!(of("1", 1.0, "x"), of("1", 1.0, "y"));
    }

    #[test]
    fn steps_of_words_are_drawn() {
        let said = |i: usize| [Message::user(format!("{i}")), Message::assistant("ok")];
        let steps = found((0..5).flat_map(said).collect());
        assert_eq!((steps.len(), steps.iter().filter(|s| s.is_ok()).count()), (5, 1));
    }
}
