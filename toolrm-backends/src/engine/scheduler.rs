//! What an engine's thread does: which requests are worked on, and which of their tokens go into the next step.
//!
//! Requests begin in the order they came, save that one which begins like another that is just being computed waits until that part is there, and shares it.
//! In a step the texts being written come first, one token each, then prompts, as far as the budget of tokens goes.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use toolrm_core::{
    error::{ErrorKind, JudgeError},
    port::Finish,
};
use web_time::Instant;

use super::{
    EngineOptions, ModelError, Output, Row, SeqId, Token, TokenModel,
    request::{Job, Want},
    sequences::{Sequences, common},
    stats::Counters,
    writer::Writer,
};

pub(super) struct Scheduler<M> {
    model: M,
    options: EngineOptions,
    sequences: Sequences,
    waiting: VecDeque<Task>,
    active: Vec<Task>,
    counters: Arc<Counters>,
}

/// A request that is waiting or being worked on.
struct Task {
    job: Job,
    /// The prompt, and what was written so far.
    tokens: Vec<Token>,
    writer: Option<Writer>,
    /// Where it is in the model; nowhere while it waits.
    sequence: Option<SeqId>,
    /// Tokens the model has of it.
    computed: usize,
    cached: usize,
    begun: bool,
    /// It failed in company: it goes by itself, to see whether it was its fault.
    alone: bool,
}

impl Task {
    fn pending(&self) -> usize {
        self.tokens.len() - self.computed
    }
}

/// A row of the next step: which of the active, and how many of its tokens.
#[derive(Debug, Clone, Copy)]
struct Piece {
    task: usize,
    len: usize,
}

impl<M: TokenModel> Scheduler<M> {
    pub(super) fn new(model: M, options: EngineOptions, counters: Arc<Counters>) -> Self {
        let sequences = Sequences::new(model.spec().max_sequences);
        Self { model, options, sequences, waiting: VecDeque::new(), active: Vec::new(), counters }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.active.is_empty()
    }

    /// Takes a request in, or answers it with what is wrong with it.
    pub(super) fn push(&mut self, mut job: Job) {
        self.counters.lock().requests += 1;
        if let Err(error) = self.check(&job) {
            self.fail(job, error);
            return;
        }
        let tokens = std::mem::take(&mut job.prompt);
        let writer = match &job.want {
            Want::Text(writing, _) => Some(Writer::new((**writing).clone(), &tokens)),
            Want::Score(_) => None,
        };
        let task = Task { job, tokens, writer, sequence: None, computed: 0, cached: 0, begun: false, alone: false };
        self.waiting.push_back(task);
    }

    fn check(&self, job: &Job) -> Result<(), JudgeError> {
        let spec = self.model.spec();
        let error = |kind, what: String| Err(JudgeError::new(kind, what));
        let (n, writes) = (job.prompt.len(), matches!(job.want, Want::Text(..)));
        match (&job.want, spec.output) {
            (Want::Text(..), Output::Score { .. }) => {
                return error(ErrorKind::Unsupported, format!("{} gives scores and writes no text", spec.id));
            }
            (Want::Score(_), Output::Logits { .. }) => {
                return error(ErrorKind::Unsupported, format!("{} writes text and gives no scores", spec.id));
            }
            (Want::Text(writing, _), _) => {
                if let Err(what) = writing.sampling.check() {
                    return error(ErrorKind::InvalidInput, what);
                }
                if writing.max_tokens == 0 {
                    return error(ErrorKind::InvalidInput, "max_tokens is 0: allow at least one".into());
                }
            }
            _ => {}
        }
        if n == 0 {
            return error(ErrorKind::InvalidInput, "an empty prompt: there is nothing to compute".into());
        }
        // A text needs room for a token of its own.
        let most = spec.context.min(spec.kv_tokens).saturating_sub(usize::from(writes));
        if n > most {
            let limit = if spec.kv_tokens < spec.context { "the room for its keys and values" } else { "its context" };
            let what = format!("the prompt has {n} tokens, and {} takes {most}: shorten it, or raise {limit}", spec.id);
            return error(ErrorKind::PromptTooLong, what);
        }
        Ok(())
    }

    /// One round: forgets what is not wanted any more, begins what can begin, computes one step.
    pub(super) fn turn(&mut self) {
        self.drop_over();
        self.admit();
        let plan = self.plan();
        if !plan.is_empty() {
            self.step(&plan);
        }
        self.note_state();
    }

    fn note_state(&self) {
        let (waiting, active, kept) = (self.waiting.len(), self.active.len(), self.sequences.tokens());
        let mut stats = self.counters.lock();
        (stats.waiting, stats.active, stats.kept_tokens) = (waiting, active, kept);
    }

    fn drop_over(&mut self) {
        let over = |task: &Task| task.job.over();
        for at in (0..self.waiting.len()).rev() {
            if let Some(error) = self.waiting.get(at).and_then(over)
                && let Some(task) = self.waiting.remove(at)
            {
                self.close(task, Err(error));
            }
        }
        for at in (0..self.active.len()).rev() {
            if let Some(error) = self.active.get(at).and_then(over) {
                let task = self.active.remove(at);
                self.close(task, Err(error));
            }
        }
    }

    fn admit(&mut self) {
        let mut at = 0;
        while self.active.len() < self.options.max_active && !self.active.iter().any(|t| t.alone) {
            let Some(task) = self.waiting.get(at) else { break };
            if (task.alone && !self.active.is_empty()) || self.is_being_computed(task) {
                at += 1;
                continue;
            }
            if !self.begin(at) {
                break;
            }
        }
    }

    /// An active one is about to compute tokens this one begins with, too.
    fn is_being_computed(&self, task: &Task) -> bool {
        if !self.model.spec().incremental || !self.options.prefix_cache {
            return false;
        }
        // Looking through all that is kept is worth it only while a prompt is being read.
        if !self.active.iter().any(|a| a.pending() > 1) {
            return false;
        }
        let usable = task.tokens.len() - 1;
        let there = self.sequences.longest_prefix(&task.tokens).map_or(0, |m| m.len);
        self.active.iter().any(|a| {
            let shared = common(&a.tokens, &task.tokens).min(usable);
            a.computed < shared && shared >= there + self.options.min_shared
        })
    }

    /// Gives a waiting request its place in the model. `false`: there is none for now.
    fn begin(&mut self, at: usize) -> bool {
        let Some(task) = self.waiting.get(at) else { return false };
        let shares = self.model.spec().incremental && self.options.prefix_cache;
        let found = self.sequences.longest_prefix(&task.tokens).filter(|m| shares && m.len >= self.options.min_shared);
        let need =
            task.tokens.len() - found.map_or(0, |m| m.len) + self.active.iter().map(Task::pending).sum::<usize>();
        let mut found = found;
        while self.sequences.tokens() + need > self.model.spec().kv_tokens {
            if self.sequences.evict(&mut self.model, found.map(|m| m.sequence)).is_some() {
                continue;
            }
            if !self.active.is_empty() {
                return false;
            }
            // Only what it would have shared is left, with more than its own beginning.
            if found.take().is_none() {
                break;
            }
        }
        let mut opened = self.sequences.open(&mut self.model, found);
        if matches!(opened, Ok(None)) && self.active.is_empty() {
            // What it would have shared holds the last place.
            found = None;
            opened = self.sequences.open(&mut self.model, None);
        }
        let Some(opened) = opened.transpose() else { return false };
        let Some(mut task) = self.waiting.remove(at) else { return false };
        match opened {
            Ok(sequence) => {
                task.sequence = Some(sequence);
                task.computed = found.map_or(0, |m| m.len);
                self.note_begin(&mut task);
                self.active.push(task);
            }
            Err(error) => self.close(task, Err(judge_error(error))),
        }
        true
    }

    fn note_begin(&self, task: &mut Task) {
        let mut stats = self.counters.lock();
        if task.begun {
            stats.restarted += 1;
        } else {
            task.begun = true;
            task.cached = task.computed;
            stats.prompt_tokens += task.tokens.len() as u64;
            stats.cached_tokens += task.cached as u64;
            stats.waited += task.job.asked_at.elapsed();
        }
    }

    /// The rows of the next step, for which there is room.
    fn plan(&mut self) -> Vec<Piece> {
        loop {
            let plan = self.pieces();
            let need: usize = plan.iter().map(|p| p.len).sum();
            if self.sequences.tokens() + need <= self.model.spec().kv_tokens || plan.is_empty() {
                return plan;
            }
            if self.sequences.evict(&mut self.model, None).is_some() {
                continue;
            }
            // The last one that began has lost least.
            let Some(task) = self.active.pop() else { return Vec::new() };
            if self.active.is_empty() {
                let what = format!(
                    "no room: the model keeps {} tokens: raise it, or allow fewer",
                    self.model.spec().kv_tokens
                );
                self.close(task, Err(JudgeError::new(ErrorKind::PromptTooLong, what)));
            } else {
                self.restart(task, false);
            }
        }
    }

    fn pieces(&self) -> Vec<Piece> {
        let spec = self.model.spec();
        let mut left = self.options.step_tokens.unwrap_or(spec.max_step_tokens).min(spec.max_step_tokens).max(1);
        let mut plan = Vec::new();
        let writing = |t: &&(usize, &Task)| t.1.pending() == 1;
        let tasks: Vec<_> = self.active.iter().enumerate().collect();
        let in_order = tasks.iter().filter(writing).chain(tasks.iter().filter(|t| !writing(t)));
        for (task, t) in in_order {
            let len = if spec.incremental { t.pending().min(left) } else { t.pending() };
            if len == 0 || (len > left && !plan.is_empty()) {
                break;
            }
            left = left.saturating_sub(len);
            plan.push(Piece { task: *task, len });
        }
        plan
    }

    fn step(&mut self, plan: &[Piece]) {
        let mut rows = Vec::with_capacity(plan.len());
        for piece in plan {
            let Some(task) = self.active.get(piece.task) else { continue };
            let tokens = task.tokens.get(task.computed..task.computed + piece.len).unwrap_or_default();
            let Some(sequence) = task.sequence else { continue };
            rows.push(Row { sequence, tokens, wanted: piece.len == task.pending() });
        }
        let tokens: usize = rows.iter().map(|r| r.tokens.len()).sum();
        let span = tracing::trace_span!("engine.step", rows = rows.len(), tokens).entered();
        let started = Instant::now();
        let model = &mut self.model;
        let computed = catch_unwind(AssertUnwindSafe(|| model.step(&rows)));
        drop(span);
        {
            let mut stats = self.counters.lock();
            stats.busy += started.elapsed();
            stats.steps += 1;
            stats.rows += rows.len() as u64;
            stats.computed_tokens += tokens as u64;
        }
        let checked = match computed {
            Ok(outputs) => outputs.and_then(|outputs| check_outputs(&rows, outputs, self.model.spec().output)),
            Err(panic) => {
                self.distrust();
                Err(ModelError::failed(format!("the model panicked: {}", panic_text(panic.as_ref()))))
            }
        };
        match checked {
            Ok(outputs) => self.take(plan, outputs),
            Err(error) => self.recover(plan, error),
        }
        while let Some(at) = self.active.iter().position(|t| t.sequence.is_none()) {
            let task = self.active.remove(at);
            self.restart(task, false);
        }
    }

    /// After a panic nothing in the model can be relied on: all begin again.
    fn distrust(&mut self) {
        for id in 0..self.model.spec().max_sequences {
            self.sequences.remove(&mut self.model, id);
        }
        for task in &mut self.active {
            task.sequence = None;
        }
    }

    fn take(&mut self, plan: &[Piece], outputs: Vec<Vec<f32>>) {
        let mut done = Vec::new();
        for (piece, output) in plan.iter().zip(outputs) {
            let Some(task) = self.active.get_mut(piece.task) else { continue };
            let to = task.computed + piece.len;
            if let (Some(id), Some(tokens)) = (task.sequence, task.tokens.get(task.computed..to)) {
                self.sequences.extend(id, tokens);
            }
            task.computed = to;
            task.alone = false;
            if !output.is_empty()
                && let Some(end) = advance(task, &output, self.model.spec().context)
            {
                done.push((piece.task, end));
            }
        }
        done.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (at, end) in done {
            let task = self.active.remove(at);
            self.close(task, end);
        }
    }

    /// A step failed. Where several were in it, each is tried by itself; one that fails by itself is at fault.
    fn recover(&mut self, plan: &[Piece], error: ModelError) {
        let room_made = matches!(error, ModelError::NoRoom) && {
            std::iter::from_fn(|| self.sequences.evict(&mut self.model, None)).count() > 0
        };
        tracing::warn!(%error, rows = plan.len(), "a step failed");
        let mut failed: Vec<usize> = plan.iter().map(|p| p.task).collect();
        failed.sort_unstable();
        let at_fault = failed.len() == 1 && !room_made;
        for at in failed.iter().rev() {
            let task = self.active.remove(*at);
            if at_fault {
                self.forget(&task);
                self.close(Task { sequence: None, ..task }, Err(judge_error(error)));
                return;
            }
            self.restart(task, true);
        }
    }

    fn forget(&mut self, task: &Task) {
        if let Some(id) = task.sequence {
            self.sequences.remove(&mut self.model, id);
        }
    }

    fn restart(&mut self, task: Task, alone: bool) {
        self.forget(&task);
        self.waiting.push_front(Task { sequence: None, computed: 0, alone, ..task });
    }

    /// A request is over: its sequence stays for others, its caller gets the answer.
    fn close(&mut self, task: Task, end: Result<End, JudgeError>) {
        match task.sequence {
            Some(id) if self.model.spec().incremental && self.options.prefix_cache => self.sequences.release(id),
            Some(id) => self.sequences.remove(&mut self.model, id),
            None => {}
        }
        self.note_state();
        let Task { job, writer, cached, .. } = task;
        let written = writer.as_ref().map_or(0, Writer::written) as u64;
        self.counters.lock().written_tokens += written;
        tracing::debug!(ok = end.is_ok(), cached, written, elapsed = ?job.asked_at.elapsed(), "request over");
        match (end, job.want, writer) {
            (Err(error), want, _) => self.fail(Job { want, ..job }, error),
            (Ok(End::Score(score)), Want::Score(reply), _) => {
                self.counters.lock().finished += 1;
                drop(reply.send(Ok(score)));
            }
            (Ok(End::Text(finish)), Want::Text(_, reply), Some(writer)) => {
                self.counters.lock().finished += 1;
                drop(reply.send(Ok(writer.into_written(finish, cached))));
            }
            (Ok(_), want, _) => want.fail(JudgeError::new(ErrorKind::Backend, "the engine mixed up texts and scores")),
        }
    }

    fn fail(&self, job: Job, error: JudgeError) {
        let mut stats = self.counters.lock();
        match error.kind() {
            ErrorKind::Cancelled | ErrorKind::Timeout => stats.cancelled += 1,
            _ => stats.failed += 1,
        }
        drop(stats);
        job.want.fail(error);
    }
}

/// How a request ended well.
enum End {
    Text(Finish),
    Score(f64),
}

/// Puts an output to use; the end of the request, if it is one.
fn advance(task: &mut Task, output: &[f32], context: usize) -> Option<Result<End, JudgeError>> {
    let Some(writer) = &mut task.writer else {
        return Some(
            output
                .first()
                .map(|score| End::Score(f64::from(*score)))
                .ok_or_else(|| JudgeError::new(ErrorKind::Backend, "the model gave no score")),
        );
    };
    let (token, finish) = match writer.next(output, &task.tokens) {
        Ok(next) => next,
        Err(error) => return Some(Err(judge_error(error))),
    };
    task.tokens.push(token);
    let finish = finish.or_else(|| (task.tokens.len() >= context).then_some(Finish::Length));
    if finish.is_some()
        && let Err(error) = writer.end()
    {
        return Some(Err(judge_error(error)));
    }
    let delta = writer.delta(finish.is_some());
    if let Some(observer) = task.job.observer().filter(|_| !delta.is_empty()) {
        observer.on_delta(task.job.item, delta);
    }
    finish.map(|finish| Ok(End::Text(finish)))
}

fn check_outputs(rows: &[Row<'_>], outputs: Vec<Vec<f32>>, kind: Output) -> Result<Vec<Vec<f32>>, ModelError> {
    let expected = match kind {
        Output::Logits { vocabulary } => vocabulary,
        Output::Score { .. } => 1,
    };
    let fits = |(row, out): (&Row<'_>, &Vec<f32>)| out.len() == if row.wanted { expected } else { 0 };
    if outputs.len() == rows.len() && rows.iter().zip(&outputs).all(fits) {
        return Ok(outputs);
    }
    let lengths: Vec<usize> = outputs.iter().map(Vec::len).collect();
    Err(ModelError::failed(format!("{} rows gave outputs of {lengths:?} numbers, not {expected} each", rows.len())))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

pub(crate) fn judge_error(error: ModelError) -> JudgeError {
    let kind = if matches!(error, ModelError::NoRoom) { ErrorKind::PromptTooLong } else { ErrorKind::Backend };
    JudgeError::new(kind, error.to_string()).with_source(error)
}
