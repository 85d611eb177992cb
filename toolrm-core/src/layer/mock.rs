//! Judges for the tests of layers, selectors and the corrector.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;

use crate::{
    call::{Candidate, Message},
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge, link},
    layer::ask::Answers,
    observe::{CallOptions, Observer},
    score::{Outcome, Score, ScoreScale, Usage},
    task::Task,
    toolset::Toolset,
};

pub(crate) fn task() -> Task {
    task_saying("hi")
}

pub(crate) fn task_saying(text: &str) -> Task {
    Task::new(vec![Message::user(text)], Toolset::new(vec![]).unwrap())
}

/// Candidates in words; [`Mock::numbers`] reads them as their values.
pub(crate) fn numbers<T: ToString>(values: &[T]) -> Vec<Candidate> {
    values.iter().map(|v| Candidate::text(v.to_string())).collect()
}

pub(crate) fn pair<'a>(task: &'a Task, first: &'a Candidate, second: &'a Candidate) -> PairItem<'a> {
    PairItem { task, first, second }
}

pub(crate) fn items<'a>(task: &'a Task, candidates: &'a [Candidate]) -> Vec<ScoreItem<'a>> {
    candidates.iter().map(|candidate| ScoreItem { task, candidate }).collect()
}

type ScoreFn = dyn Fn(&Candidate, &CallOptions) -> Outcome<Score> + Send + Sync;
type CompareFn = dyn Fn(&Candidate, &Candidate, &CallOptions) -> Outcome<Comparison> + Send + Sync;

/// A judge made of closures that counts what it is asked, and breaks as a whole on demand.
pub(crate) struct Mock {
    pub card: JudgeCard,
    score: Option<Box<ScoreFn>>,
    compare: Box<CompareFn>,
    /// Errors of the next calls, before anything is judged.
    pub outer: Mutex<VecDeque<JudgeError>>,
    pub calls: AtomicUsize,
    pub items: AtomicUsize,
}

impl Mock {
    /// A judge on scale Unit that reads a candidate's text as its score; `?` is an abstention, `!` a failure. Each costs one call.
    pub(crate) fn numbers() -> Self {
        Self::scoring(|c, _| match c.action.text().unwrap() {
            "?" => Outcome::abstained("a question"),
            "!" => Outcome::Failed(JudgeError::new(ErrorKind::Backend, "broken item")),
            text => Outcome::Judged(Score::new(text.parse().unwrap()).with_usage(Usage::new(1, 10, 1))),
        })
    }

    pub(crate) fn scoring(score: impl Fn(&Candidate, &CallOptions) -> Outcome<Score> + Send + Sync + 'static) -> Self {
        let score = std::sync::Arc::new(score);
        let again = std::sync::Arc::clone(&score);
        let mut mock = Self::comparing(move |a, b, o| {
            again(a, o).zip(again(b, o)).map(|(a, b)| {
                Comparison::from_probability(link(ScoreScale::Unit, a.value, b.value)).with_usage(a.usage + b.usage)
            })
        });
        mock.card = JudgeCard::pointwise("mock", "mock@1", ScoreScale::Unit).with_symmetric(true);
        mock.score = Some(Box::new(move |c, o| score(c, o)));
        mock
    }

    pub(crate) fn comparing(
        compare: impl Fn(&Candidate, &Candidate, &CallOptions) -> Outcome<Comparison> + Send + Sync + 'static,
    ) -> Self {
        Self {
            card: JudgeCard::pairwise("mock", "mock@1"),
            score: None,
            compare: Box::new(compare),
            outer: Mutex::default(),
            calls: AtomicUsize::new(0),
            items: AtomicUsize::new(0),
        }
    }

    /// Prefers whatever it is shown first, with this probability.
    pub(crate) fn biased(p: f64) -> Self {
        Self::comparing(move |_, _, _| {
            Outcome::Judged(Comparison::from_probability(p).with_usage(Usage::new(1, 10, 1)))
        })
    }

    pub(crate) fn with_card(mut self, change: impl FnOnce(JudgeCard) -> JudgeCard) -> Self {
        self.card = change(self.card);
        self
    }

    pub(crate) fn failing_first(self, errors: impl IntoIterator<Item = JudgeError>) -> Self {
        self.outer.lock().unwrap().extend(errors);
        self
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn asked(&self) -> usize {
        self.items.load(Ordering::SeqCst)
    }

    fn begin(&self, n: usize) -> Result<(), JudgeError> {
        assert!(n <= self.card.max_batch, "a batch of {n} is over {}", self.card.max_batch);
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.items.fetch_add(n, Ordering::SeqCst);
        self.outer.lock().unwrap().pop_front().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl ToolCallJudge for Mock {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Answers<Score> {
        self.begin(items.len())?;
        let Some(score) = &self.score else { return Err(JudgeError::new(ErrorKind::Unsupported, "compares only")) };
        Ok(done(options, items.iter().map(|i| score(i.candidate, options))))
    }

    async fn compare(&self, pairs: &[PairItem<'_>], options: &CallOptions) -> Answers<Comparison> {
        self.begin(pairs.len())?;
        Ok(done(options, pairs.iter().map(|p| (self.compare)(p.first, p.second, options))))
    }
}

fn done<A>(options: &CallOptions, outcomes: impl Iterator<Item = Outcome<A>>) -> Vec<Outcome<A>> {
    outcomes.enumerate().inspect(|(i, _)| options.item_done(*i)).map(|(_, o)| o).collect()
}

/// Hears which items are finished, in order.
#[derive(Default)]
pub(crate) struct Heard(pub Mutex<Vec<usize>>);

impl Observer for Heard {
    fn on_item(&self, item: usize) {
        self.0.lock().unwrap().push(item);
    }
}
