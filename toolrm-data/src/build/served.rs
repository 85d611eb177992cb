//! Answers that models gave to steps of a build: read from files, and collected from a [`Sampler`].

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    io::Write,
    path::Path,
};

use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use toolrm_core::{
    call::Candidate, canonical::Fingerprint, error::JudgeError, format::parse_any, observe::CallOptions,
    port::GenParams, sample::Sampler, task::Task,
};

use crate::{
    error::{DataError, Fault, Place},
    input::{Input, parse_json},
    journal::{Journal, JournalReader},
    record,
    replace::Replace,
};

const LINE: &str =
    r#"write {"step": "SOURCE/TRAJECTORY@STEP", "model": "..", "answer": an assistant message or the model's text}"#;

/// Answers by step.
#[derive(Debug, Default)]
pub(super) struct Served(HashMap<String, Vec<(String, Candidate)>>);

impl Served {
    /// Reads files of answers, JSON lines, plain, zstd or gzip.
    pub(super) fn read(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Self, DataError> {
        let mut served = Self::default();
        for path in paths {
            let mut input = Input::open(path.as_ref())?;
            while let Some((place, line)) = input.next_line()? {
                let value = parse_json(&place, line)?;
                let (step, model, answer) = read_line(&value).map_err(|fault| place.error(fault))?;
                served.0.entry(step).or_default().push((model, answer));
            }
        }
        Ok(served)
    }

    /// The answers to a step.
    pub(super) fn to(&self, step: &str) -> &[(String, Candidate)] {
        self.0.get(step).map_or(&[], Vec::as_slice)
    }
}

fn read_line(value: &Value) -> Result<(String, String, Candidate), Fault> {
    let fields = record::object(value, LINE)?;
    let text = |key: &str| {
        record::member(fields, key, LINE)?
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Fault::new("no text", LINE).under(key))
    };
    let answer = match record::member(fields, "answer", LINE)? {
        Value::String(output) => parse_any(output),
        message => record::candidate(message).map_err(|fault| fault.under("answer"))?,
    };
    Ok((text("step")?, text("model")?, answer))
}

/// A step that a model is asked to answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Asked {
    /// `SOURCE/TRAJECTORY@STEP`.
    pub step: String,
    /// The conversation before it, and the tools.
    pub task: Task,
}

impl Asked {
    /// A step.
    pub fn new(step: impl Into<String>, task: Task) -> Self {
        Self { step: step.into(), task }
    }
}

/// How a model is asked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Asking {
    /// Its name in rows.
    pub model: String,
    /// Answers to a step.
    pub answers: usize,
    /// Steps that are asked for at the same time.
    pub concurrency: usize,
    /// Temperature and the like.
    pub params: GenParams,
}

impl Asking {
    /// One answer to a step, eight steps at a time.
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), answers: 1, concurrency: 8, params: GenParams::default() }
    }

    /// Sets how many answers a step gets.
    pub fn with_answers(mut self, answers: usize) -> Self {
        self.answers = answers;
        self
    }

    /// Sets how many steps are asked for at the same time.
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }
}

/// What became of the steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// Steps that were answered now.
    pub answered: u64,
    /// Steps whose answers were there already.
    pub known: u64,
    /// Steps that could not be asked for, with why: they are asked again the next time.
    pub failed: Vec<(String, String)>,
}

/// Why answers could not be collected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The journal or the file of answers.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The sampler as a whole gave up: it was cancelled, or its budget is spent.
    #[error("the sampler stopped: {0}; run it again to go on")]
    Stopped(JudgeError),
}

/// A step that was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answered {
    step: String,
    task: String,
    model: String,
    answers: Vec<Candidate>,
}

/// Asks a sampler for answers to steps, several at a time, and keeps them in the journal `path`: what is there is not asked for again,
/// whatever ended the last run. [`write_answers`] makes of it a file that a build reads. A step that fails is told of and fails nothing
/// else.
///
/// # Errors
/// When the journal cannot be read or written, or is that of another model or other parameters; when the sampler was cancelled or its
/// budget is spent.
pub async fn collect<S: Sampler>(
    steps: impl IntoIterator<Item = Asked>,
    sampler: &S,
    asking: &Asking,
    options: &CallOptions,
    path: &Path,
) -> Result<Collected, CollectError> {
    let key = journal_key(asking);
    let mut known: HashSet<(String, String)> = HashSet::new();
    let mut journal = Journal::<Answered>::open_each(path, &key, |line| {
        known.insert((line.step, line.task));
        Ok(())
    })?;
    let found = Cell::new(0);
    let wanted = steps.into_iter().filter(|asked| {
        let is_known = known.contains(&(asked.step.clone(), asked.task.fingerprint().to_string()));
        found.set(found.get() + u64::from(is_known));
        !is_known
    });
    let ask = |asked: Asked| async {
        let answers = sampler.sample(&asked.task, asking.answers, &asking.params, options).await;
        (asked, answers)
    };
    let mut answers = std::pin::pin!(stream::iter(wanted).map(ask).buffer_unordered(asking.concurrency.max(1)));
    let (mut answered, mut failed) = (0, Vec::new());
    while let Some((asked, given)) = answers.next().await {
        match given {
            Ok(given) => {
                let line = Answered {
                    task: asked.task.fingerprint().to_string(),
                    step: asked.step,
                    model: asking.model.clone(),
                    answers: given,
                };
                journal.append(&line)?;
                answered += 1;
            }
            Err(error) if options.cancel.is_cancelled() => return Err(CollectError::Stopped(error)),
            Err(error) => failed.push((asked.step, error.to_string())),
        }
    }
    failed.sort();
    Ok(Collected { answered, known: found.get(), failed })
}

/// Writes the answers of a journal as the JSON lines that a build reads, in the order of the steps' names; says how many.
///
/// # Errors
/// When either file cannot be read or written.
pub fn write_answers(journal: &Path, asking: &Asking, out: &Path) -> Result<u64, DataError> {
    let mut lines = Vec::new();
    JournalReader::open(journal)?.each(&journal_key(asking), |_, line: Answered| {
        lines.push(line);
        Ok(())
    })?;
    lines.sort_by(|a, b| a.step.cmp(&b.step));
    let mut file = Replace::create(out)?;
    let mut written = 0;
    for line in lines {
        for answer in line.answers {
            let record = json!({"step": line.step, "model": line.model, "answer": answer});
            writeln!(file, "{record}").map_err(|e| Place::file(out).io("cannot write", &e, "free the disk"))?;
            written += 1;
        }
    }
    file.finish()?;
    Ok(written)
}

fn journal_key(asking: &Asking) -> Fingerprint {
    Fingerprint::of(["served", &asking.model, &asking.answers.to_string(), &format!("{:?}", asking.params)])
}
