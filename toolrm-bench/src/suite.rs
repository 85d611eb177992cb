//! The whole measurement in one call: a judge and the null judges over a bench, and the report.

use std::path::{Path, PathBuf};

use toolrm_core::{judge::ToolCallJudge, observe::CallOptions};
use toolrm_data::DataError;

use crate::{
    best_of_n::{self, BestOfNError, curves},
    null::null_judges,
    report::{
        self, ReportError,
        assemble::{JudgeVerdicts, ReportOptions, VerdictsError},
        model::{BenchInfo, Mutation, Report},
    },
    run::{self, FinishedRun, RunError, RunFolder, RunOptions, Runner, bench_fingerprint},
    trbench::{Bench, Group, Pair},
};

/// What judges are measured on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Suite {
    /// Its name in the report.
    pub name: String,
    /// The seed it was built with, where that is known.
    pub seed: Option<u64>,
    /// Pairs of every relation; a pair's number is its place.
    pub pairs: Vec<Pair>,
    /// Questions with all their answers, for best of N; may be empty.
    pub groups: Vec<Group>,
}

impl Suite {
    /// Of pairs that were read from anywhere.
    pub fn of_pairs(name: impl Into<String>, pairs: Vec<Pair>) -> Self {
        Self { name: name.into(), seed: None, pairs, groups: Vec::new() }
    }

    /// Of a bench that was built: its pairs, then its ties, then its both-wrong pairs; and its groups.
    ///
    /// # Errors
    /// When the folder is no whole bench.
    pub fn of_bench(folder: &Path) -> Result<Self, DataError> {
        let bench = Bench::open(folder)?;
        let pairs = [bench.pairs()?, bench.ties()?, bench.both_wrong()?].concat();
        let seed = Some(bench.manifest().options.seed);
        Ok(Self { name: "TRBench-BFCL".into(), seed, pairs, groups: bench.groups()? })
    }
}

/// How it is measured.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MeasureOptions {
    /// Folder of the result: `report.json`, `report.md`, `report.html`, and under `runs/` every verdict of every judge.
    pub out: PathBuf,
    /// How the judges are run. Its seed is also that of the null judges, of the single order and of the intervals.
    pub run: RunOptions,
    /// Best of N on the suite's groups, for the judges that are no null judges; `None` to leave it out.
    pub best_of_n: Option<best_of_n::Options>,
    /// Mistakes to show of each split and error type. With 0 the report holds no text of the bench.
    pub mistakes: usize,
    /// What the judges noticed of corruptions of good calls, to be part of the report.
    pub mutation: Vec<Mutation>,
    /// Whether the report says how long it took; two reports of one run are then no longer the same.
    pub timing: bool,
}

impl MeasureOptions {
    /// Into a folder; the rest as it is by default.
    pub fn into(out: impl Into<PathBuf>) -> Self {
        Self {
            out: out.into(),
            run: RunOptions::default(),
            best_of_n: Some(best_of_n::Options::default()),
            mistakes: ReportOptions::default().mistakes,
            mutation: Vec::new(),
            timing: false,
        }
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A judge is asked about pairs.
    Judging {
        /// The judge's id.
        judge: &'e str,
        /// How far it is.
        progress: run::Progress,
    },
    /// A judge picks among answers.
    BestOfN {
        /// The judge's id.
        judge: &'e str,
        /// How far it is.
        progress: best_of_n::Progress,
    },
}

/// Why there is no report. What judges said before is kept in the folder of the result, and is not asked again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// A judge could not be run to its end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There are no curves of best of N.
    #[error(transparent)]
    BestOfN(#[from] BestOfNError),
    /// Verdicts do not fit the pairs.
    #[error(transparent)]
    Verdicts(#[from] VerdictsError),
    /// The report cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Nothing was given to measure on.
    #[error("no pairs: give a bench, or files with at least one pair")]
    NoPairs,
}

/// Measures judges beside all null judges: asks about every pair, in both orders where the order could matter, draws the curves of
/// best of N, and writes the report. Called again after it was killed, it goes on; the result is the same.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use toolrm_bench::{suite::{MeasureOptions, Suite, measure}, trbench::Pair};
/// use toolrm_core::prelude::*;
/// # let out = tempfile::tempdir()?;
/// # let out = out.path();
/// let tool = Tool::new("get_weather", serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}}}));
/// let task = Task::new(vec![Message::user("Weather in Paris?")], Toolset::new(vec![tool])?);
/// let call = |city| Candidate::calls(vec![ToolCall::new("get_weather", serde_json::json!({"city": city}))]);
/// let suite = Suite::of_pairs("mine", vec![Pair::new(task, call("Paris"), call("Rome"))]);
/// let mine: Box<dyn ToolCallJudge> = Box::new(FromScorer::new(RuleScorer::default()));
/// let report = measure(&suite, vec![mine], &MeasureOptions::into(out), &|_| ()).await?;
/// assert_eq!(report.judges[0].overall.both.value, Some(1.0));
/// # Ok(()) }
/// ```
///
/// # Errors
/// See [`MeasureError`].
pub async fn measure(
    suite: &Suite,
    judges: Vec<Box<dyn ToolCallJudge>>,
    options: &MeasureOptions,
    progress: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Report, MeasureError> {
    if suite.pairs.is_empty() {
        return Err(MeasureError::NoPairs);
    }
    let best_of_n = options.best_of_n.as_ref().filter(|_| !suite.groups.is_empty());
    if let Some(asked) = best_of_n {
        // What cannot be drawn is said before any judge is asked.
        best_of_n::kept(&suite.groups, asked)?;
    }
    let measured = judges.len();
    let mut runs = Vec::new();
    let mut asked = Vec::new();
    for judge in judges.into_iter().chain(null_judges(options.run.seed)) {
        let (judge, finished) = run_one(judge, suite, options, progress).await?;
        asked.push(judge);
        runs.push(finished);
    }
    let verdicts: Vec<JudgeVerdicts<'_>> = asked
        .iter()
        .zip(&runs)
        .enumerate()
        .map(|(place, (judge, run))| JudgeVerdicts {
            card: judge.card(),
            null: place >= measured,
            verdicts: &run.verdicts,
            seconds: run.timing.as_ref().filter(|_| options.timing).map(|timing| timing.wall_seconds),
        })
        .collect();
    let fingerprint = bench_fingerprint(&suite.pairs).to_string();
    let bench = BenchInfo::of(suite.name.as_str(), fingerprint, suite.seed, &suite.pairs);
    let mut how = ReportOptions::default();
    (how.seed, how.mistakes) = (options.run.seed, options.mistakes);
    let mut report = Report::of(bench, &suite.pairs, &verdicts, &how)?;
    if let Some(sizes) = best_of_n {
        let call = CallOptions::default().with_seed(options.run.seed).with_cancel(options.run.cancel.clone());
        for judge in asked.iter().take(measured) {
            let id = judge.card().id.as_ref();
            let told = |progress_of| progress(Event::BestOfN { judge: id, progress: progress_of });
            let found = curves(&suite.name, &suite.groups, judge, sizes, &call, &told).await?;
            // The mean, the majority and the oracle are the same for every judge.
            for curve in found.reported() {
                if !report.best_of_n.contains(&curve) {
                    report.best_of_n.push(curve);
                }
            }
        }
    }
    report.mutation.clone_from(&options.mutation);
    report::write(&report, &options.out)?;
    Ok(report)
}

async fn run_one(
    judge: Box<dyn ToolCallJudge>,
    suite: &Suite,
    options: &MeasureOptions,
    progress: &(dyn Fn(Event<'_>) + Sync),
) -> Result<(Box<dyn ToolCallJudge>, FinishedRun), RunError> {
    let id = judge.card().id.to_string();
    let folder = RunFolder::of(&options.out.join("runs"), judge.card());
    let runner = Runner::new(&judge, options.run.clone());
    let mut told = |done| progress(Event::Judging { judge: &id, progress: done });
    let finished = folder.run(&runner, &suite.pairs, &mut told).await?;
    drop(runner);
    Ok((judge, finished))
}
