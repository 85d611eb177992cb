//! Models without a model: scripted text, scripted candidates, and failures on purpose.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_timer::Delay;

use crate::{
    call::{Candidate, Message},
    error::{ErrorKind, JudgeError},
    observe::CallOptions,
    port::{Finish, GenParams, Generation, SequenceScorer, TextGenerator},
    sample::Sampler,
    score::ScoreScale,
    task::Task,
};

type Answer = dyn FnMut(&[Message], &GenParams) -> Result<Generation, JudgeError> + Send;

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn script_is_over() -> JudgeError {
    JudgeError::new(ErrorKind::Backend, "the script is over")
}

/// A text generator that answers from a script and remembers what it was asked. Clones share script and memory.
#[derive(Clone)]
pub struct ScriptedGenerator {
    id: String,
    max_batch: usize,
    answer: Arc<Mutex<Answer>>,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    calls: usize,
    prompts: Vec<Vec<Message>>,
    params: Option<GenParams>,
}

impl ScriptedGenerator {
    /// Answers every prompt by a function.
    pub fn answering(
        answer: impl FnMut(&[Message], &GenParams) -> Result<Generation, JudgeError> + Send + 'static,
    ) -> Self {
        Self { id: "scripted".into(), max_batch: usize::MAX, answer: Arc::new(Mutex::new(answer)), log: Arc::default() }
    }

    /// Answers prompt after prompt with these texts; afterwards prompts fail with [`ErrorKind::Backend`].
    pub fn replies(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::generations(texts.into_iter().map(|t| Ok(Generation::new(t))))
    }

    /// Answers prompt after prompt with these results; afterwards prompts fail with [`ErrorKind::Backend`].
    pub fn generations(script: impl IntoIterator<Item = Result<Generation, JudgeError>>) -> Self {
        let mut script: VecDeque<_> = script.into_iter().collect();
        Self::answering(move |_, _| script.pop_front().unwrap_or_else(|| Err(script_is_over())))
    }

    /// Answers every prompt with the same text.
    pub fn always(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::answering(move |_, _| Ok(Generation::new(text.clone())))
    }

    /// Sets the model's id.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets the largest batch.
    pub fn with_max_batch(mut self, max_batch: usize) -> Self {
        self.max_batch = max_batch;
        self
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        lock(&self.log).calls
    }

    /// Every prompt so far.
    pub fn prompts(&self) -> Vec<Vec<Message>> {
        lock(&self.log).prompts.clone()
    }

    /// The parameters of the last call.
    pub fn last_params(&self) -> Option<GenParams> {
        lock(&self.log).params.clone()
    }
}

impl fmt::Debug for ScriptedGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedGenerator").field("id", &self.id).field("calls", &self.calls()).finish_non_exhaustive()
    }
}

#[async_trait]
impl TextGenerator for ScriptedGenerator {
    fn id(&self) -> &str {
        &self.id
    }

    fn max_batch(&self) -> usize {
        self.max_batch
    }

    async fn generate(
        &self,
        prompts: &[Vec<Message>],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Result<Generation, JudgeError>>, JudgeError> {
        options.check()?;
        {
            let mut log = lock(&self.log);
            log.calls += 1;
            log.prompts.extend(prompts.iter().cloned());
            log.params = Some(params.clone());
        }
        let mut out = Vec::with_capacity(prompts.len());
        for (i, prompt) in prompts.iter().enumerate() {
            let answer = (lock(&self.answer))(prompt, params);
            if let (Ok(generation), Some(observer)) = (&answer, &options.observer) {
                observer.on_delta(i, &generation.text);
            }
            out.push(answer);
        }
        Ok(out)
    }
}

/// One way a model fails.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Not this time.
    None,
    /// The prompt fails with an error of this kind.
    Error(ErrorKind),
    /// The whole call fails with an error of this kind.
    Outage(ErrorKind),
    /// The answer is cut in half by the token limit.
    Truncated,
    /// The answer is made of something else.
    Garbage,
    /// The model refuses.
    Refusal,
    /// The answer takes this long; the wait ends early at the deadline and when the caller cancels.
    Slow(Duration),
    /// The answer carries log-probabilities that are not numbers.
    NanLogprobs,
    /// The call gives one result fewer than it was asked for.
    Short,
}

/// A generator that fails on purpose: one [`Fault`] per prompt, in order, over all calls; when the script is over it is as good as
/// the generator inside.
#[derive(Debug)]
pub struct FlakyGenerator<G> {
    inner: G,
    script: Mutex<VecDeque<Fault>>,
}

impl<G: TextGenerator> FlakyGenerator<G> {
    /// Wraps a generator.
    pub fn new(inner: G, script: impl IntoIterator<Item = Fault>) -> Self {
        Self { inner, script: Mutex::new(script.into_iter().collect()) }
    }

    /// The generator inside.
    pub fn inner(&self) -> &G {
        &self.inner
    }

    fn next(&self) -> Fault {
        lock(&self.script).pop_front().unwrap_or(Fault::None)
    }
}

/// Waits, with an eye on the flag and the deadline.
async fn wait(total: Duration, options: &CallOptions) -> Result<(), JudgeError> {
    const STEP: Duration = Duration::from_millis(2);
    let mut left = total;
    while !left.is_zero() {
        options.check()?;
        let step = left.min(STEP);
        Delay::new(step).await;
        left -= step;
    }
    options.check()
}

#[async_trait]
impl<G: TextGenerator> TextGenerator for FlakyGenerator<G> {
    fn id(&self) -> &str {
        self.inner.id()
    }

    fn max_batch(&self) -> usize {
        self.inner.max_batch()
    }

    async fn generate(
        &self,
        prompts: &[Vec<Message>],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Result<Generation, JudgeError>>, JudgeError> {
        let faults: Vec<Fault> = prompts.iter().map(|_| self.next()).collect();
        for fault in &faults {
            match fault {
                Fault::Outage(kind) => return Err(JudgeError::new(*kind, "an outage, on purpose")),
                Fault::Slow(time) => wait(*time, options).await?,
                _ => {}
            }
        }
        let mut results = self.inner.generate(prompts, params, options).await?;
        if faults.contains(&Fault::Short) {
            results.pop();
        }
        Ok(results.into_iter().zip(faults).map(|(result, fault)| spoil(result, &fault)).collect())
    }
}

fn spoil(result: Result<Generation, JudgeError>, fault: &Fault) -> Result<Generation, JudgeError> {
    let mut generation = result?;
    match fault {
        Fault::Error(kind) => return Err(JudgeError::new(*kind, "a failure, on purpose")),
        Fault::Truncated => {
            let half = generation.text.chars().count() / 2;
            generation.text = generation.text.chars().take(half).collect();
            generation.finish = Finish::Length;
        }
        Fault::Garbage => generation.text = "\u{0}\u{fffd}<choice>{{ 7 }}</choic \u{202e}]]".into(),
        Fault::Refusal => generation.finish = Finish::Refusal,
        Fault::NanLogprobs => {
            generation.label_logprobs = ["1", "2"].map(|l| (l.to_owned(), f32::NAN)).to_vec();
        }
        Fault::None | Fault::Outage(_) | Fault::Slow(_) | Fault::Short => {}
    }
    Ok(generation)
}

/// A sampler that hands out candidates from a script, turn by turn: each call takes the next `n`, fewer when the script ends.
#[derive(Debug)]
pub struct ScriptedSampler {
    script: Mutex<VecDeque<Candidate>>,
    log: Mutex<Vec<(Task, usize)>>,
}

impl ScriptedSampler {
    /// A sampler of these candidates.
    pub fn new(script: impl IntoIterator<Item = Candidate>) -> Self {
        Self { script: Mutex::new(script.into_iter().collect()), log: Mutex::default() }
    }

    /// Every call so far: the task and how many candidates were asked for.
    pub fn asked(&self) -> Vec<(Task, usize)> {
        lock(&self.log).clone()
    }
}

#[async_trait]
impl Sampler for ScriptedSampler {
    async fn sample(
        &self,
        task: &Task,
        n: usize,
        _: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError> {
        options.check()?;
        lock(&self.log).push((task.clone(), n));
        let mut script = lock(&self.script);
        if script.is_empty() && n > 0 {
            return Err(script_is_over());
        }
        let n = n.min(script.len());
        Ok(script.drain(..n).collect())
    }
}

/// A sequence scorer that gives each conversation the number a function gives it.
pub struct ScriptedSequenceScorer<F> {
    scale: ScoreScale,
    max_batch: usize,
    logit: F,
    log: Mutex<Vec<usize>>,
}

impl<F> ScriptedSequenceScorer<F>
where
    F: Fn(&[Message]) -> Result<f64, JudgeError> + Send + Sync,
{
    /// A scorer on [`ScoreScale::Logit`].
    pub fn new(logit: F) -> Self {
        Self { scale: ScoreScale::Logit, max_batch: usize::MAX, logit, log: Mutex::default() }
    }

    /// Sets what the numbers mean.
    pub fn with_scale(mut self, scale: ScoreScale) -> Self {
        self.scale = scale;
        self
    }

    /// Sets the largest batch.
    pub fn with_max_batch(mut self, max_batch: usize) -> Self {
        self.max_batch = max_batch;
        self
    }

    /// The size of every call so far.
    pub fn calls(&self) -> Vec<usize> {
        lock(&self.log).clone()
    }
}

impl<F> fmt::Debug for ScriptedSequenceScorer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSequenceScorer").field("scale", &self.scale).finish_non_exhaustive()
    }
}

#[async_trait]
impl<F> SequenceScorer for ScriptedSequenceScorer<F>
where
    F: Fn(&[Message]) -> Result<f64, JudgeError> + Send + Sync,
{
    fn id(&self) -> &'static str {
        "scripted"
    }

    fn scale(&self) -> ScoreScale {
        self.scale
    }

    fn max_batch(&self) -> usize {
        self.max_batch
    }

    async fn logits(
        &self,
        conversations: &[Vec<Message>],
        options: &CallOptions,
    ) -> Result<Vec<Result<f64, JudgeError>>, JudgeError> {
        options.check()?;
        lock(&self.log).push(conversations.len());
        Ok(conversations.iter().map(|c| (self.logit)(c)).collect())
    }
}
