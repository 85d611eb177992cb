//! Self-correction: a rewrite replaces the original only if the judge prefers it.

use std::{collections::HashSet, fmt, fmt::Write as _};

use serde_json::{Value, json};

use crate::{
    call::{Action, Candidate, Message},
    canonical::Fingerprint,
    error::JudgeError,
    judge::{Choice, Comparison, PairItem, ScoreItem, ToolCallJudge},
    layer::{BothOrders, ask::ask_one, mix::mix},
    observe::CallOptions,
    port::GenParams,
    sample::Sampler,
    score::{Finding, Usage},
    select::{Why, verdict},
    task::Task,
};

mod mend;

pub use mend::Mender;

/// What is to be mended, as a [`Feedback`] sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Draft<'a> {
    /// What was asked.
    pub task: &'a Task,
    /// The candidate to mend.
    pub candidate: &'a Candidate,
    /// What the judge found; empty if it only compares.
    pub findings: &'a [Finding],
    /// What the judge said about it in words.
    pub critique: Option<&'a str>,
}

/// Says how a model is told about its mistakes. A closure `Fn(&Draft) -> Vec<Message>` is one.
pub trait Feedback: Send + Sync {
    /// The messages that follow the conversation, so that the model's next turn is the rewrite.
    fn messages(&self, draft: &Draft<'_>) -> Vec<Message>;
}

impl<F: Fn(&Draft<'_>) -> Vec<Message> + Send + Sync> Feedback for F {
    fn messages(&self, draft: &Draft<'_>) -> Vec<Message> {
        self(draft)
    }
}

/// The default feedback: one user message with the draft, the findings with the values that would mend them, and the critique.
///
/// The draft is shown as text and not as an assistant turn with calls, because chat APIs want a result for every call made, and
/// these calls were not made.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing to set")]
pub struct PlainFeedback;

impl Feedback for PlainFeedback {
    fn messages(&self, draft: &Draft<'_>) -> Vec<Message> {
        let mut text =
            String::from("This draft of your next turn was reviewed before anything was executed.\n\nDraft:\n");
        text.push_str(&shown(&draft.candidate.action));
        if !draft.findings.is_empty() {
            text.push_str("\n\nProblems:");
            for finding in draft.findings {
                // Writing to a string cannot fail.
                let _ = write!(text, "\n- {finding}");
                if let Some(value) = &finding.suggestion {
                    let _ = write!(text, " (a value that would do: {value})");
                }
            }
        }
        if let Some(critique) = draft.critique {
            let _ = write!(text, "\n\nReview:\n{critique}");
        }
        text.push_str(
            "\n\nWrite your whole turn again, better where it has to be. If it is right as it is, repeat it. \
             Do not mention the draft or this review.",
        );
        vec![Message::user(text)]
    }
}

/// An action as the findings' pointers see it: calls as a list of `{"name", "arguments"}`.
fn shown(action: &Action) -> String {
    match action {
        Action::Calls(calls) => {
            let calls = calls.iter().map(|c| json!({"name": c.name, "arguments": c.arguments})).collect();
            Value::Array(calls).to_string()
        }
        Action::Text(text) => text.clone(),
        Action::Malformed { raw, why } => format!("{raw}\n(This cannot be read as a call: {why})"),
    }
}

/// One attempt to mend.
#[derive(Debug)]
#[non_exhaustive]
pub struct Round {
    /// What was found in the candidate kept so far.
    pub findings: Vec<Finding>,
    /// The rewrite; one that cannot be read as a call is judged like any other.
    pub rewrite: Candidate,
    /// The candidate kept so far (first) against the rewrite (second), in both orders; `None` if the judge gave no verdict.
    pub comparison: Option<Comparison>,
    /// Whether the rewrite replaced what was kept.
    pub replaced: bool,
}

/// Why a correction ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stop {
    /// The judge found nothing wrong with what is kept.
    NothingFound,
    /// The rewrite does the same as a candidate seen before.
    Repeated,
    /// The judge did not prefer the rewrite.
    NotBetter,
    /// The sampler gave no rewrite.
    NoRewrite,
    /// The judge abstained or failed on the candidate or on the comparison; what was kept stays.
    Unjudged(Why),
    /// The rounds are used up.
    MaxRounds,
    /// Judge or sampler gave out after at least one round; what was kept by then stays.
    Interrupted(JudgeError),
}

/// The outcome of a correction.
#[derive(Debug)]
#[non_exhaustive]
pub struct Correction {
    /// The best candidate: the original, or the last rewrite the judge preferred.
    pub kept: Candidate,
    /// Whether it is a rewrite.
    pub changed: bool,
    /// What was tried, in order.
    pub rounds: Vec<Round>,
    /// Why it ended.
    pub stop: Stop,
    /// What the judgements cost.
    pub usage: Usage,
}

/// A two-candidate tournament, repeated: the judge says what is wrong, the sampler rewrites, and the rewrite replaces what was
/// kept only if the judge prefers it.
///
/// Comparisons are made in both orders ([`BothOrders`], unless the judge is symmetric already), so that a judge with a bias for
/// a position can never force a correction. A judge that scores is asked for findings first, and where it finds nothing,
/// nothing is rewritten; a judge that only compares gives its critique of the round before.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_core::error::JudgeError> {
/// use async_trait::async_trait;
/// use toolrm_core::{call::Candidate, correct::{Corrector, Stop}, port::GenParams, prelude::*, sample::Sampler, score::Finding};
///
/// /// A model that does what it is told.
/// struct Obedient;
/// #[async_trait]
/// impl Sampler for Obedient {
///     async fn sample(&self, task: &Task, _: usize, _: &GenParams, _: &CallOptions) -> Result<Vec<Candidate>, JudgeError> {
///         let told = task.last_user_text().unwrap_or_default().contains("shout");
///         Ok(vec![Candidate::text(if told { "HELLO" } else { "hello" })])
///     }
/// }
/// let loud = FromScorer::new(scorer_fn("loud", |_: &Task, c: &Candidate| {
///     let loud = c.action.text().is_some_and(|t| t == t.to_uppercase());
///     let findings = if loud { vec![] } else { vec![Finding::new("tone.quiet", "", "you must shout", 1.0)] };
///     Outcome::Judged(Score::new(f64::from(u8::from(loud))).with_findings(findings))
/// }));
/// # let task = Task::new(vec![Message::user("greet")], Toolset::new(vec![]).unwrap());
/// let corrector = Corrector::new(loud, Obedient).with_max_rounds(3);
/// let done = corrector.run(&task, Candidate::text("hello"), &CallOptions::default()).await?;
/// assert_eq!(done.kept.action.text(), Some("HELLO"));
/// assert_eq!(done.rounds.len(), 1);
/// assert!(matches!(done.stop, Stop::NothingFound));
/// # Ok(()) }
/// ```
pub struct Corrector<J, S> {
    judge: J,
    sampler: S,
    feedback: Box<dyn Feedback>,
    params: GenParams,
    max_rounds: u32,
}

impl<J: fmt::Debug, S: fmt::Debug> fmt::Debug for Corrector<J, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Corrector")
            .field("judge", &self.judge)
            .field("sampler", &self.sampler)
            .field("params", &self.params)
            .field("max_rounds", &self.max_rounds)
            .finish_non_exhaustive()
    }
}

impl<J: ToolCallJudge, S: Sampler> Corrector<J, S> {
    /// At most two rounds, with [`PlainFeedback`] and [`GenParams::default`].
    pub fn new(judge: J, sampler: S) -> Self {
        Self { judge, sampler, feedback: Box::new(PlainFeedback), params: GenParams::default(), max_rounds: 2 }
    }

    /// Sets how the model is told about its mistakes.
    pub fn with_feedback(mut self, feedback: impl Feedback + 'static) -> Self {
        self.feedback = Box::new(feedback);
        self
    }

    /// Sets how rewrites are sampled. Without a seed in them, each round has its own, made from the call's.
    pub fn with_params(mut self, params: GenParams) -> Self {
        self.params = params;
        self
    }

    /// Sets the most rounds; 0 keeps the original.
    pub fn with_max_rounds(mut self, rounds: u32) -> Self {
        self.max_rounds = rounds;
        self
    }

    /// Tries to better `original`.
    ///
    /// The error is that of a judge or sampler that could do nothing (cancelled, engine gone) in the first round. Later on,
    /// what was gained is not thrown away: it is returned with [`Stop::Interrupted`].
    pub async fn run(&self, task: &Task, original: Candidate, options: &CallOptions) -> Result<Correction, JudgeError> {
        if self.judge.card().symmetric {
            self.run_with(&self.judge, task, original, options).await
        } else {
            self.run_with(&BothOrders::new(&self.judge), task, original, options).await
        }
    }

    async fn run_with(
        &self,
        judge: &dyn ToolCallJudge,
        task: &Task,
        original: Candidate,
        options: &CallOptions,
    ) -> Result<Correction, JudgeError> {
        let seen = HashSet::from([Fingerprint::of_action(&original.action)]);
        let correction = Correction {
            kept: original,
            changed: false,
            rounds: Vec::new(),
            stop: Stop::MaxRounds,
            usage: Usage::default(),
        };
        let mut run = Run { corrector: self, judge, task, options, seen, critique: None, correction };
        for round in 0..self.max_rounds {
            match run.round(round).await {
                Ok(None) => {}
                Ok(Some(stop)) => {
                    run.correction.stop = stop;
                    break;
                }
                Err(error) if run.correction.rounds.is_empty() => return Err(error),
                Err(error) => {
                    run.correction.stop = Stop::Interrupted(error);
                    break;
                }
            }
        }
        Ok(run.correction)
    }
}

/// A correction under way.
struct Run<'a, J, S> {
    corrector: &'a Corrector<J, S>,
    judge: &'a dyn ToolCallJudge,
    task: &'a Task,
    options: &'a CallOptions,
    seen: HashSet<Fingerprint>,
    /// What the judge said last about the candidate kept.
    critique: Option<String>,
    correction: Correction,
}

impl<J: ToolCallJudge, S: Sampler> Run<'_, J, S> {
    /// One round; says whether it was the last one.
    async fn round(&mut self, round: u32) -> Result<Option<Stop>, JudgeError> {
        let findings = match self.find().await? {
            Ok(findings) => findings,
            Err(stop) => return Ok(Some(stop)),
        };
        let Some(rewrite) = self.rewrite(&findings, round).await? else { return Ok(Some(Stop::NoRewrite)) };
        if !self.seen.insert(Fingerprint::of_action(&rewrite.action)) {
            return Ok(Some(Stop::Repeated));
        }
        let pair = PairItem { task: self.task, first: &self.correction.kept, second: &rewrite };
        let (comparison, stop) = match verdict(ask_one(self.judge, pair, self.options).await?) {
            Ok(comparison) if comparison.choice == Choice::Second => (Some(comparison), None),
            Ok(comparison) => (Some(comparison), Some(Stop::NotBetter)),
            Err(why) => (None, Some(Stop::Unjudged(why))),
        };
        if let Some(comparison) = &comparison {
            self.correction.usage = self.correction.usage + comparison.usage;
            self.critique.clone_from(&comparison.critique);
        }
        let replaced = stop.is_none();
        if replaced {
            self.correction.kept = rewrite.clone();
            self.correction.changed = true;
        }
        self.correction.rounds.push(Round { findings, rewrite, comparison, replaced });
        Ok(stop)
    }

    /// What is wrong with the candidate kept, or why there is nothing to mend.
    async fn find(&mut self) -> Result<Result<Vec<Finding>, Stop>, JudgeError> {
        if self.judge.card().pointwise.is_none() {
            return Ok(Ok(Vec::new()));
        }
        let item = ScoreItem { task: self.task, candidate: &self.correction.kept };
        let score = match verdict(ask_one(self.judge, item, self.options).await?) {
            Ok(score) => score,
            Err(why) => return Ok(Err(Stop::Unjudged(why))),
        };
        self.correction.usage = self.correction.usage + score.usage;
        // What it says about the candidate itself is better than what it said in a comparison.
        self.critique = score.critique;
        let nothing = score.findings.is_empty() && self.critique.is_none();
        Ok(if nothing { Err(Stop::NothingFound) } else { Ok(score.findings) })
    }

    async fn rewrite(&self, findings: &[Finding], round: u32) -> Result<Option<Candidate>, JudgeError> {
        self.options.check()?;
        let candidate = &self.correction.kept;
        let draft = Draft { task: self.task, candidate, findings, critique: self.critique.as_deref() };
        let task = self.task.with_more_messages(self.corrector.feedback.messages(&draft));
        let mut options = self.options.clone();
        options.seed = mix(options.seed, round.into());
        let mut rewrites = self.corrector.sampler.sample(&task, 1, &self.corrector.params, &options).await?;
        Ok(if rewrites.is_empty() { None } else { Some(rewrites.swap_remove(0)) })
    }
}

#[cfg(test)]
mod tests;
