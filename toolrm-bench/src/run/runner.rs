//! [`Runner`]: asks a judge about every pair of a bench, and can be killed at any moment.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use toolrm_core::{
    canonical::Fingerprint,
    error::{ErrorKind, JudgeError},
    judge::ToolCallJudge,
    observe::CallOptions,
};
use toolrm_data::{DataError, Fault, Place, journal::Journal};

use super::{
    ask::{Numbered, Plan},
    error::RunError,
    options::{Progress, RunOptions},
    timing::Timing,
    verdict::{PairVerdict, Said},
};
use crate::trbench::Pair;

/// Runs a judge over pairs.
///
/// - A judge that compares is shown both orders, one that is symmetric by its card only one: the other follows. A judge that scores
///   is asked for the scores too. See [`super::Ask`] for less.
/// - One pair, one verdict, in the order of the pairs. Concurrency, batches and resumptions do not show in the verdicts, as far as
///   the judge says the same to the same question.
/// - Nothing is lost: what the judge abstained from or failed at is recorded as that. A call that failed as a whole fails its own
///   questions; a prompt that is too long is an [`ErrorKind::PromptTooLong`] of its pair.
/// - With a journal, a run that ended early (killed, cancelled, the server gone) goes on where it was: what is settled
///   ([`PairVerdict::is_settled`]) is not asked again.
///
/// The runner needs no runtime of its own: it makes progress where its future is polled. Concurrency is for judges that wait for
/// something; one that computes where it is polled takes its batches one after the other.
#[derive(Debug, Clone)]
pub struct Runner<J> {
    judge: J,
    options: RunOptions,
}

/// The verdicts of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Run {
    /// One per pair, in their order.
    pub verdicts: Vec<PairVerdict>,
    /// How long it took.
    pub timing: Timing,
    /// The journal, if the run had one, still locked. Remove it once the verdicts are kept elsewhere and [`Run::unsettled`] is 0.
    pub journal: Option<Journal<PairVerdict>>,
}

impl Run {
    /// Pairs that another run with the same journal asks again.
    pub fn unsettled(&self) -> usize {
        self.verdicts.iter().filter(|v| !v.is_settled()).count()
    }
}

/// What an open journal holds.
pub(super) type Opened = (Journal<PairVerdict>, Vec<PairVerdict>);

/// The fingerprint of a bench: of the id, task and answers of each pair, in their order.
pub fn bench_fingerprint(pairs: &[Pair]) -> Fingerprint {
    Fingerprint::of(pairs.iter().map(|pair| {
        let task = pair.task.fingerprint().to_string();
        // An answer is plain data, so writing it cannot fail; if it ever does, its debug form tells it from others just as well.
        let [chosen, rejected] = [&pair.chosen, &pair.rejected]
            .map(|answer| serde_json::to_string(answer).unwrap_or_else(|_| format!("{answer:?}")));
        *Fingerprint::of([&pair.id, &task, &chosen, &rejected]).as_bytes()
    }))
}

impl<J: ToolCallJudge> Runner<J> {
    /// A runner for a judge.
    pub fn new(judge: J, options: RunOptions) -> Self {
        Self { judge, options }
    }

    /// The judge.
    pub fn judge(&self) -> &J {
        &self.judge
    }

    /// The options.
    pub fn options(&self) -> &RunOptions {
        &self.options
    }

    /// The fingerprint of everything the verdicts over a bench depend on: the judge's, the bench's, what is asked, and the seed.
    ///
    /// # Errors
    /// The judge's card does not offer what the options ask for.
    pub fn key(&self, bench: &Fingerprint) -> Result<Fingerprint, RunError> {
        let (card, plan) = (self.judge.card(), self.plan()?);
        let parts = ["run", &card.fingerprint, &bench.to_string(), plan.name(), &self.options.seed.to_string()];
        Ok(Fingerprint::of(parts))
    }

    /// Asks about every pair that the journal does not know; `progress` is told at the start and after each batch.
    ///
    /// # Errors
    /// The judge cannot do it at all, the caller cancelled, too many batches failed in a row, or the journal cannot be used. What was
    /// finished is in the journal.
    pub async fn run(&self, pairs: &[Pair], progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Run, RunError> {
        let opened = match &self.options.journal {
            Some(path) => Some(self.open(path, &self.key(&bench_fingerprint(pairs))?)?),
            None => None,
        };
        self.run_from(pairs, opened, progress).await
    }

    pub(super) fn open(&self, path: &Path, key: &Fingerprint) -> Result<Opened, DataError> {
        if self.options.restart { Ok((Journal::restart(path, key)?, Vec::new())) } else { Journal::open(path, key) }
    }

    pub(super) async fn run_from(
        &self,
        pairs: &[Pair],
        opened: Option<Opened>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Run, RunError> {
        let plan = self.plan()?;
        let (journal, known) = opened.unzip();
        let mut record = Record::new(pairs, journal, known.unwrap_or_default())?;
        let todo = record.todo(pairs);
        let start = Instant::now();
        let (times, cancelled) = self.ask_all(plan, &todo, &mut record, progress).await?;
        // A judge may also say of single pairs that it was cancelled.
        if cancelled || (self.options.cancel.is_cancelled() && record.settled() < pairs.len()) {
            let (done, total) = (record.settled(), pairs.len());
            return Err(RunError::Cancelled { done, total, journal: record.journal_path() });
        }
        let timing = Timing {
            pairs: todo.len() as u64,
            known: record.known as u64,
            concurrency: self.options.concurrency.max(1) as u64,
            questions_per_call: self.questions_per_call() as u64,
            ..Timing::of(start.elapsed(), times)
        };
        record.finish(timing)
    }

    /// Asks about all of them, some batches at once. Gives the time of each batch, and whether the caller cancelled.
    async fn ask_all(
        &self,
        plan: Plan,
        todo: &[Numbered<'_>],
        record: &mut Record,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(Vec<Duration>, bool), RunError> {
        // Two questions of a kind about each pair, so that a batch is one call of each kind.
        let mut waiting = todo.chunks((self.questions_per_call() / 2).max(1));
        let mut running = FuturesUnordered::new();
        let (mut times, mut cancelled) = (Vec::new(), false);
        progress(record.progress());
        loop {
            while running.len() < self.options.concurrency.max(1) && !cancelled {
                let Some(batch) = waiting.next() else { break };
                running.push(self.batch(plan, batch));
            }
            let Some((verdicts, time)) = running.next().await else { break };
            match verdicts {
                Ok(verdicts) => {
                    times.push(time);
                    record.add(verdicts)?;
                    progress(record.progress());
                    self.check_failures(record)?;
                }
                // Those in flight may still bring what they were paid for.
                Err(error) if error.kind() == ErrorKind::Cancelled => cancelled = true,
                Err(source) => return Err(self.refused(source)),
            }
        }
        Ok((times, cancelled))
    }

    async fn batch(&self, plan: Plan, pairs: &[Numbered<'_>]) -> (Result<Vec<PairVerdict>, JudgeError>, Duration) {
        let options = CallOptions::default().with_seed(self.options.seed).with_cancel(self.options.cancel.clone());
        let start = Instant::now();
        let verdicts = plan.put(&self.judge, pairs, self.questions_per_call(), &options).await;
        (verdicts, start.elapsed())
    }

    fn questions_per_call(&self) -> usize {
        self.options.batch.min(self.judge.card().max_batch).max(1)
    }

    fn plan(&self) -> Result<Plan, RunError> {
        Plan::of(self.judge.card(), self.options.ask).map_err(|source| self.refused(source))
    }

    fn refused(&self, source: JudgeError) -> RunError {
        RunError::Judge { judge: self.judge.card().id.clone().into_owned(), source }
    }

    fn check_failures(&self, record: &Record) -> Result<(), RunError> {
        if record.failed_batches < self.options.max_failed_batches.max(1) {
            return Ok(());
        }
        Err(RunError::KeepsFailing {
            judge: self.judge.card().id.clone().into_owned(),
            batches: record.failed_batches,
            last: record.last_failure.clone(),
            done: record.settled(),
            total: record.verdicts.len(),
            journal: record.journal_path(),
        })
    }
}

/// The verdicts so far.
struct Record {
    verdicts: Vec<Option<PairVerdict>>,
    journal: Option<Journal<PairVerdict>>,
    known: usize,
    done: usize,
    failed: usize,
    /// Batches in a row none of whose pairs was settled, and what the last one was told.
    failed_batches: usize,
    last_failure: String,
}

impl Record {
    /// What an earlier run settled.
    fn new(pairs: &[Pair], journal: Option<Journal<PairVerdict>>, known: Vec<PairVerdict>) -> Result<Self, RunError> {
        let mut verdicts: Vec<Option<PairVerdict>> = pairs.iter().map(|_| None).collect();
        let path = journal.as_ref().map_or(Path::new(""), Journal::path);
        // The header is line 1. A pair that was asked again has two lines; the later one counts.
        for (line, verdict) in (2..).zip(known) {
            let place = usize::try_from(verdict.number).ok();
            let pair = place.and_then(|place| pairs.get(place)).filter(|pair| pair.id == verdict.id);
            let slot = place.filter(|_| pair.is_some()).and_then(|place| verdicts.get_mut(place)).ok_or_else(|| {
                let what = format!("pair {} with id \"{}\" is not in the bench", verdict.number, verdict.id);
                Place::file(path).at_line(line).error(Fault::new(what, "delete the journal (--restart) and start anew"))
            })?;
            *slot = verdict.is_settled().then_some(verdict);
        }
        let settled = || verdicts.iter().flatten();
        let (known, failed) = (settled().count(), settled().filter(|v| v.has_failed()).count());
        Ok(Self { journal, known, done: known, failed, failed_batches: 0, last_failure: String::new(), verdicts })
    }

    /// The pairs without a verdict.
    fn todo<'p>(&self, pairs: &'p [Pair]) -> Vec<Numbered<'p>> {
        let numbered = (0..).zip(pairs).zip(&self.verdicts);
        numbered.filter(|(_, verdict)| verdict.is_none()).map(|(pair, _)| pair).collect()
    }

    /// Keeps what a batch brought.
    fn add(&mut self, verdicts: Vec<PairVerdict>) -> Result<(), DataError> {
        let settled = verdicts.iter().any(PairVerdict::is_settled);
        self.failed_batches = if settled { 0 } else { self.failed_batches + 1 };
        for verdict in verdicts {
            if let Some(journal) = &mut self.journal {
                journal.append(&verdict)?;
            }
            self.done += 1;
            if verdict.has_failed() {
                self.failed += 1;
            }
            if let Some(Said::Failed { kind, message, .. }) = verdict.said().find(|said| !said.is_settled()) {
                self.last_failure = format!("{}: {message}", kind.as_str());
            }
            let slot = usize::try_from(verdict.number).ok().and_then(|place| self.verdicts.get_mut(place));
            if let Some(slot) = slot {
                *slot = Some(verdict);
            }
        }
        Ok(())
    }

    fn settled(&self) -> usize {
        self.verdicts.iter().flatten().filter(|v| v.is_settled()).count()
    }

    fn progress(&self) -> Progress {
        Progress { done: self.done, known: self.known, failed: self.failed, total: self.verdicts.len() }
    }

    fn journal_path(&self) -> Option<PathBuf> {
        self.journal.as_ref().map(|journal| journal.path().to_owned())
    }

    fn finish(self, timing: Timing) -> Result<Run, RunError> {
        if let Some(journal) = &self.journal {
            journal.sync()?;
        }
        Ok(Run { verdicts: self.verdicts.into_iter().flatten().collect(), timing, journal: self.journal })
    }
}
