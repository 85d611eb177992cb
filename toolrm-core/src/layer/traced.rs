//! [`Traced`]: a span per call.

use tracing::{Instrument, Level, Span, field::Empty};
use web_time::Instant;

use crate::{
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answer, Answers, Question, ask, judge_by_ask},
    observe::CallOptions,
    score::{Outcome, Score, Usage},
};

/// Puts every call into a `tracing` span named `judge` with the fields `judge` (its id), `ask` (`score` or `compare`), `items`,
/// and at the end `judged`, `abstained`, `failed` (counts), `calls`, `tokens` (usage of what was judged), `ms`, and `error` (the
/// kind, when the whole call broke). No text of a conversation or a candidate is written.
///
/// ```
/// use toolrm_core::prelude::*;
/// let judge = FromScorer::new(RuleScorer::default()).traced(tracing::Level::DEBUG);
/// ```
#[derive(Debug, Clone)]
pub struct Traced<J> {
    inner: J,
    card: JudgeCard,
    level: Level,
}

impl<J: ToolCallJudge> Traced<J> {
    /// Wraps a judge.
    pub fn new(inner: J, level: Level) -> Self {
        let card = inner.card().clone();
        Self { inner, card, level }
    }

    async fn ask<Q: Question>(&self, items: &[Q], options: &CallOptions) -> Answers<Q::Answer> {
        let span = span(self.level, &self.card.id, Q::KIND, items.len());
        let start = Instant::now();
        let answers = ask(&self.inner, items, options).instrument(span.clone()).await;
        if !span.is_disabled() {
            span.record("ms", start.elapsed().as_secs_f64() * 1e3);
            match &answers {
                Ok(answers) => record(&span, answers),
                Err(e) => drop(span.record("error", e.kind().as_str())),
            }
        }
        answers
    }
}

/// The level of a span is part of its static description, so there is one for each.
fn span(level: Level, judge: &str, ask: &str, items: usize) -> Span {
    macro_rules! at {
        ($level:expr) => {
            tracing::span!(
                $level,
                "judge",
                judge,
                ask,
                items,
                judged = Empty,
                abstained = Empty,
                failed = Empty,
                calls = Empty,
                tokens = Empty,
                ms = Empty,
                error = Empty
            )
        };
    }
    match level {
        Level::ERROR => at!(Level::ERROR),
        Level::WARN => at!(Level::WARN),
        Level::INFO => at!(Level::INFO),
        Level::DEBUG => at!(Level::DEBUG),
        Level::TRACE => at!(Level::TRACE),
    }
}

fn record<A: Answer>(span: &Span, answers: &[Outcome<A>]) {
    let (mut judged, mut failed, mut usage) = (0_usize, 0_usize, Usage::default());
    for answer in answers {
        match answer {
            Outcome::Judged(answer) => {
                judged += 1;
                usage = usage + answer.usage();
            }
            Outcome::Failed(_) => failed += 1,
            Outcome::Abstained { .. } => {}
        }
    }
    span.record("judged", judged);
    span.record("abstained", answers.len() - judged - failed);
    span.record("failed", failed);
    span.record("calls", usage.calls);
    span.record("tokens", usage.prompt_tokens.saturating_add(usage.completion_tokens));
}

judge_by_ask!(Traced<J>);
