//! [`PerturbSampler`]: wrong answers whose errors are as frequent as those of real models.

use std::sync::Arc;

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, Message, ToolCall},
    error::{ErrorKind, JudgeError},
    rules::ReferenceScorer,
    score::Scorer,
    task::Task,
    toolset::{Param, Toolset},
};

use super::{
    Mutant, Pool, Subject,
    mix::ErrorMix,
    operators::{BuiltIn, ways},
    words::wrong_calls,
};
use crate::{
    draw::Draw,
    observed::{ErrorType, Observer},
};

/// A conversation whose steps are perturbed: what wrong values are taken from. Make it once for all of its steps.
#[derive(Debug)]
pub struct Conversation<'a> {
    pub(super) messages: &'a [Message],
    pub(super) tools: Arc<Toolset>,
    pool: Pool,
}

impl<'a> Conversation<'a> {
    /// The conversation as it went well, from its beginning to its end.
    pub fn new(messages: &'a [Message], tools: impl Into<Arc<Toolset>>) -> Self {
        let tools = tools.into();
        Self { pool: Pool::of_conversation(messages, &tools), messages, tools }
    }

    /// What a parameter might be thought to be before a message: what its calls say there, and what was heard of its name.
    pub(super) fn guesses<'c>(&'c self, tool: &'c str, param: &'c Param, before: usize) -> Vec<&'c Value> {
        let fits = |v: &&Value| param.types.allows(v) && (param.allowed.is_empty() || param.allowed.contains(v));
        let heard = self.pool.heard(before).filter(|h| *h.key == *param.name).map(|h| &h.value);
        self.pool.given(tool, &param.name).chain(&param.allowed).chain(heard).filter(fits).collect()
    }
}

/// A step of a conversation, and what is right there.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "written as a literal by whoever has a step")]
pub struct PerturbStep<'a> {
    /// Its name: draws depend on it, so make it unique.
    pub id: &'a str,
    /// The conversation it is in.
    pub conversation: &'a Conversation<'a>,
    /// The place of its message there.
    pub at: usize,
    /// The right answer.
    pub gold: &'a Action,
}

/// A wrong answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Perturbed {
    /// The answer.
    pub candidate: Candidate,
    /// The id of the operator that made it.
    pub operator: String,
    /// What is wrong with it, as [`Observer`] says.
    pub error: ErrorType,
    /// What was changed, in words.
    pub change: String,
}

/// Draws wrong answers: the type of the error by an [`ErrorMix`], then one of the operators that make it, then a place.
///
/// - An answer is kept when [`Observer`] says that it has the type that was drawn, when `ReferenceScorer::default()` gives it less
///   than 1, and when it makes no call that the conversation makes later: what comes early is not always wrong.
/// - No type comes twice at a step before every type came that can be made there.
/// - Values are from the conversation and from the tools: other calls, what users and tools say before the step, listed values, defaults
///   and examples; and near misses of the right one. None is made up, so that no judge learns the style of whoever made them up.
/// - Where words are right, wrong answers are `premature-call` and `needless-repeat`, and only where they are wrong beyond doubt. A premature call
///   is the next one of the conversation, made although a value that its tool requires is first said by the user between the step and the
///   call; it has that value, or another one of the conversation. A needless repeat makes the last call again directly after its result, when
///   that result does not speak of failure, waiting, or nothing found.
///
/// All is drawn from the seed and the step's id: the order of work changes nothing.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::prelude::*;
/// use toolrm_data::perturb::{Conversation, ErrorMix, PerturbSampler, PerturbStep};
/// let tools = Toolset::new(vec![Tool::new("weather", json!({"type": "object", "properties": {"city": {"type": "string"}},
///     "required": ["city"]}))])?;
/// let right = vec![ToolCall::new("weather", json!({"city": "Bergen"})).with_id("1")];
/// let messages = [Message::user("I live in Oslo. Will it rain in Bergen?"), Message::calls(right.clone())];
/// let conversation = Conversation::new(&messages, tools);
/// let step = PerturbStep { id: "a@1", conversation: &conversation, at: 1, gold: &Action::Calls(right) };
/// let wrong = PerturbSampler::new(ErrorMix::measured(), 7).sample(&step, 3)?;
/// assert_eq!(wrong.len(), 3);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PerturbSampler {
    mix: ErrorMix,
    draw: Draw,
}

/// How often every type is gone through to make as many answers as are asked for.
const ROUNDS: usize = 8;

impl PerturbSampler {
    /// A sampler of this mix.
    pub fn new(mix: ErrorMix, seed: u64) -> Self {
        Self { mix, draw: Draw::new(seed).of("perturb") }
    }

    /// As many different wrong answers as asked for, or as can be made.
    ///
    /// # Errors
    /// When the right answer is none: malformed, no call at all, or arguments that are no object.
    pub fn sample(&self, step: &PerturbStep<'_>, n: usize) -> Result<Vec<Perturbed>, JudgeError> {
        let draw = self.draw.of(step.id);
        match step.gold {
            Action::Calls(calls) if !calls.is_empty() => Scene::new(step, calls).sample(&self.mix, &draw, n),
            Action::Text(_) if self.mix.weight(ErrorType::CallInsteadOfWords) == 0.0 => Ok(Vec::new()),
            Action::Text(_) => Ok(wrong_calls(step, &draw, n)),
            _ => Err(JudgeError::new(ErrorKind::InvalidInput, "the right answer is none: give calls or a text")),
        }
    }
}

/// A step whose right answer is calls.
struct Scene<'a> {
    subject: Subject<'a>,
    observer: Observer,
    task: Task,
    /// What the published score says is asked only where it can differ from the observer's: where a right call is made twice.
    is_repeating: bool,
}

impl<'a> Scene<'a> {
    fn new(step: &PerturbStep<'a>, calls: &'a [ToolCall]) -> Self {
        let tools = &step.conversation.tools;
        let right = vec![step.gold.clone()];
        Self {
            subject: Subject::new(tools, calls, &step.conversation.pool).at(step.at),
            task: Task::new(Vec::new(), Arc::clone(tools)).with_reference(right.clone()),
            observer: Observer::new(Arc::clone(tools), right),
            is_repeating: toolrm_core::canonical::repeated_call(calls).is_some(),
        }
    }

    fn sample(&self, mix: &ErrorMix, draw: &Draw, n: usize) -> Result<Vec<Perturbed>, JudgeError> {
        let mut made: Vec<Perturbed> = Vec::new();
        let mut open: Vec<(ErrorType, f64)> = mix.iter().collect();
        for round in 0..ROUNDS {
            let draw = draw.of(round.to_le_bytes());
            let mut makeable = Vec::new();
            while made.len() < n && !open.is_empty() {
                let error = open.remove(weighted(&draw.of(open.len().to_le_bytes()), open.iter().map(|(_, w)| *w)));
                if let Some(new) = self.make(error.0, &draw.of(error.0.name()), &made)? {
                    made.push(new);
                    makeable.push(error);
                }
            }
            if made.len() >= n || makeable.is_empty() {
                break;
            }
            makeable.sort_by_key(|(error, _)| *error);
            open = makeable;
        }
        Ok(made)
    }

    /// A wrong answer of this type that is not among those made.
    fn make(&self, error: ErrorType, draw: &Draw, made: &[Perturbed]) -> Result<Option<Perturbed>, JudgeError> {
        let mut left: Vec<&(BuiltIn, usize)> = ways(error).iter().collect();
        let places = draw.rotated(self.places(error));
        while !left.is_empty() {
            let draw = draw.of(left.len().to_le_bytes());
            let (operator, _) = left.remove(weighted(&draw, left.iter().map(|(_, weight)| *weight as f64)));
            for (call, argument) in &places {
                let subject = call.map_or(self.subject, |call| self.subject.focused(call, *argument));
                let Ok(mutants) = (operator.mutants)(&subject, &draw.of(operator.id)) else { continue };
                for mutant in draw.rotated(mutants) {
                    if made.iter().all(|m| m.candidate != mutant.candidate) && self.is_wrong(&mutant, error)? {
                        let (operator, Mutant { candidate, change, .. }) = (operator.id.to_owned(), mutant);
                        return Ok(Some(Perturbed { candidate, operator, error, change }));
                    }
                }
            }
        }
        Ok(None)
    }

    fn is_wrong(&self, mutant: &Mutant, error: ErrorType) -> Result<bool, JudgeError> {
        let calls = mutant.candidate.action.calls();
        if calls.iter().any(|call| self.subject.is_made_later(call) && !self.subject.calls.contains(call)) {
            return Ok(false);
        }
        if self.observer.error_type(&mutant.candidate)? != Some(error) {
            return Ok(false);
        }
        let score = || ReferenceScorer::default().score(&self.task, &mutant.candidate).judged();
        Ok(!self.is_repeating || score().is_some_and(|score| score.value < 1.0))
    }

    /// Where an error of this type may be: arguments, calls, or the answer as a whole.
    fn places(&self, error: ErrorType) -> Vec<(Option<usize>, Option<&'a str>)> {
        let may_be = |param: &Param, value: &Value| match error {
            ErrorType::MissingRequired => param.required,
            ErrorType::MissingOptional => !param.required,
            ErrorType::WrongType => true,
            _ => ErrorType::of_value(Some(param), value) == error,
        };
        match error {
            ErrorType::MissingRequired | ErrorType::MissingOptional | ErrorType::WrongType => {}
            ErrorType::UnexpectedParameter | ErrorType::ExtraOptional | ErrorType::WrongTool => {
                return self.subject.specs().map(|(i, ..)| (Some(i), None)).collect();
            }
            _ if error.is_value() => {}
            _ => return vec![(None, None)],
        }
        let mut places = Vec::new();
        for (i, call, spec) in self.subject.specs() {
            let known = |(name, value): (&'a String, &'a Value)| Some((spec.params().property(name)?, value));
            let given = call.args().into_iter().flatten().filter_map(known);
            places.extend(given.filter(|(p, v)| may_be(p, v)).map(|(p, _)| (Some(i), Some(p.name.as_str()))));
        }
        places
    }
}

/// The place of one of the weights, each as likely as it is heavy; 0 where there is none.
fn weighted(draw: &Draw, weights: impl Iterator<Item = f64> + Clone) -> usize {
    const STEPS: usize = 1 << 30;
    let sum: f64 = weights.clone().sum();
    let mut left = draw.below(STEPS) as f64 / STEPS as f64 * sum;
    let found = weights.clone().position(|weight| {
        left -= weight;
        left < 0.0
    });
    found.unwrap_or_else(|| weights.count().saturating_sub(1))
}
