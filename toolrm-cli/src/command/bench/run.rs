//! `toolrm bench run`: a judge over a bench, and the report.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Deserialize;
use toolrm_bench::{
    metrics::Measured,
    mutate::MutationReport,
    report::model::{Mutation, Report},
    run::RunOptions,
    suite::{Event, MeasureOptions, Suite, measure},
    trbench::rows::read_table,
};
use toolrm_core::judge::ToolCallJudge;
use toolrm_data::{Fault, input::read_document};

use super::best_of_n::options as best_of_n_options;
use crate::{
    Answer,
    bench::read::PairReader,
    error::CliError,
    judge::{JUDGE_HELP, JudgeArgs, JudgeName, block_on},
    output::{BOLD, PLAIN, Table, json_line, left, right},
    progress,
};

/// Run a judge over a bench, beside the null judges, and write the report.
///
/// Every pair is judged in both orders (a judge that cannot see the order is asked once). The result folder holds report.html,
/// report.md, report.json, and under runs/ every verdict of every judge. A run that was killed goes on where it was when it
/// is started again, and gives the same bytes.
///
/// single: accuracy in one order, drawn by a coin per pair; half points for ties, abstentions and failures; chance is 50 %.
/// both: right in both orders; a tie is not right; chance is 25 % for a judge that throws a coin each time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm bench run trbench
  toolrm bench run trbench --out results --mistakes 0
  toolrm bench run examples/data/pairs.jsonl --out target/results")]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command are booleans")]
pub(crate) struct RunArgs {
    /// A bench that `toolrm bench build` has written; or files of pairs as `toolrm bench pairs` reads them; or one Parquet
    /// table in the columns that TRBench-BFCL is published in
    #[arg(value_name = "BENCH", required = true)]
    bench: Vec<PathBuf>,
    /// Judge to measure; may be repeated
    #[arg(long, value_name = "JUDGE", default_value = "rules", long_help = format!("Judge to measure; may be repeated. {JUDGE_HELP}"))]
    judge: Vec<JudgeName>,
    /// Folder of the result; by default `results` in the bench's own folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Batches a judge is asked at once
    #[arg(long, value_name = "N", default_value_t = RunOptions::default().concurrency)]
    concurrency: usize,
    /// Questions in a batch, at most; a judge may take fewer
    #[arg(long, value_name = "N", default_value_t = RunOptions::default().batch)]
    batch: usize,
    /// Seed of the single order, of the random judge, of draws and intervals
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Mistakes to show of each split and error type; with 0 the report holds no text of the bench
    #[arg(long, value_name = "N", default_value_t = 3)]
    mistakes: usize,
    /// Leave out the curves of best of N, which a bench has the answers for
    #[arg(long)]
    no_best_of_n: bool,
    /// Numbers of answers for best of N; by default those of 1, 2, 4 and 8 that any question has
    #[arg(long, value_name = "N,N,..", value_delimiter = ',')]
    sizes: Vec<usize>,
    /// What `toolrm bench mutate --json` has printed, to be part of the report; may be repeated
    #[arg(long, value_name = "FILE")]
    mutation: Vec<PathBuf>,
    /// Say in the report how long it took; no two reports are then the same
    #[arg(long)]
    timing: bool,
    /// Forget what an earlier run of the same judge left
    #[arg(long)]
    restart: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setup: JudgeArgs,
}

impl RunArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let (suite, folder) = self.suite()?;
        let mut names = self.judge.clone();
        names.dedup();
        let judges = names
            .iter()
            .map(|name| Ok(Box::new(self.setup.judge(name)?) as Box<dyn ToolCallJudge>))
            .collect::<Result<Vec<_>, CliError>>()?;
        let mut options = MeasureOptions::into(&folder);
        options.run = RunOptions::default()
            .with_concurrency(self.concurrency)
            .with_batch(self.batch)
            .with_seed(self.seed)
            .with_restart(self.restart);
        options.mutation = self.mutation.iter().map(|path| mutation(path)).collect::<Result<_, _>>()?;
        let sizes = || best_of_n_options(&self.sizes, &[1, 2, 4, 8], &suite.groups);
        options.best_of_n = (!self.no_best_of_n).then(sizes);
        (options.mistakes, options.timing) = (self.mistakes, self.timing);
        let shown = progress::Parts::default();
        let report = block_on(async { Ok(measure(&suite, judges, &options, &|event| show(&shown, event)).await?) });
        drop(shown);
        let report = report?;
        if self.json {
            json_line(out, &report)?;
        } else {
            print(out, &report)?;
            writeln!(out, "\n{}", folder.join("report.html").display())?;
        }
        Ok(Answer::Yes)
    }

    /// What is measured, and where the result goes.
    fn suite(&self) -> Result<(Suite, PathBuf), CliError> {
        if let [folder] = self.bench.as_slice()
            && folder.is_dir()
        {
            let suite = Suite::of_bench(folder)?;
            return Ok((suite, self.out.clone().unwrap_or_else(|| folder.join("results"))));
        }
        let Some(out) = &self.out else {
            return Err(CliError::Usage("files of pairs need a folder for the result: --out DIR".into()));
        };
        let pairs = match self.bench.as_slice() {
            [table] if table.extension().is_some_and(|extension| extension == "parquet") => read_table(table)?,
            files => {
                let mut reader = PairReader::new(files, &[]);
                let pairs = reader.chunk(usize::MAX)?.into_iter().map(|(_, pair)| pair).collect();
                reader.finish()?;
                pairs
            }
        };
        let name = |path: &PathBuf| path.file_name().map_or(path.as_path(), Path::new).display().to_string();
        let names: Vec<String> = self.bench.iter().map(name).collect();
        Ok((Suite::of_pairs(names.join(", "), pairs), out.clone()))
    }
}

fn mutation(path: &Path) -> Result<Mutation, CliError> {
    let (place, document) = read_document(path)?;
    let report = MutationReport::deserialize(document).map_err(|e| {
        place
            .error(Fault::new(format!("no report of mutations: {e}"), "give what `toolrm bench mutate --json` printed"))
    })?;
    Ok(report.reported())
}

/// The judges, a row each, and the curves.
pub(crate) fn print(out: &mut dyn Write, report: &Report) -> Result<(), CliError> {
    let mut table = Table::default();
    let head = ["judge", "single", "both", "Avg single", "Avg both", "consistency", "failed"];
    table.row(head.iter().enumerate().map(|(i, h)| if i == 0 { left(BOLD, *h) } else { right(BOLD, *h) }).collect());
    for judge in &report.judges {
        let name = if judge.null { format!("{} (null)", judge.card.id) } else { judge.card.id.clone() };
        let figures =
            [judge.overall.single, judge.overall.both, judge.avg.single, judge.avg.both, judge.behaviour.consistency];
        let cells = figures.iter().map(|figure| right(PLAIN, percent(figure)));
        let failed: u64 = judge.behaviour.failures.iter().map(|failures| failures.n).sum();
        table.row([left(PLAIN, name)].into_iter().chain(cells).chain([right(PLAIN, failed.to_string())]).collect());
    }
    table.print(out)?;
    writeln!(
        out,
        "{} pairs of {} questions; in %, ± half a 95 % interval over questions; Avg is the mean of the splits",
        report.bench.pairs, report.bench.questions
    )?;
    if let Some(first) = report.best_of_n.first() {
        writeln!(out)?;
        let sizes: Vec<u64> = first.points.iter().map(|point| point.n).collect();
        curves(out, report, &sizes)?;
    }
    Ok(())
}

fn curves(out: &mut dyn Write, report: &Report, sizes: &[u64]) -> Result<(), CliError> {
    let mut table = Table::default();
    let head = sizes.iter().map(|n| right(BOLD, format!("N = {n}")));
    table.row([left(BOLD, "best of N: right picks in %")].into_iter().chain(head).collect());
    for curve in &report.best_of_n {
        let points = curve.points.iter().map(|point| right(PLAIN, percent(&point.accuracy)));
        table.row([left(PLAIN, format!("{}: {}", curve.source, curve.strategy))].into_iter().chain(points).collect());
    }
    table.print(out)?;
    Ok(())
}

pub(crate) fn percent(figure: &Measured) -> String {
    match (figure.value, figure.interval) {
        (Some(value), Some(interval)) => format!("{:.1} ±{:.1}", 100.0 * value, 100.0 * interval.half_width()),
        (Some(value), None) => format!("{:.1}", 100.0 * value),
        (None, _) => "-".to_owned(),
    }
}

fn show(shown: &progress::Parts, event: Event<'_>) {
    match event {
        Event::Judging { judge, progress } => shown.show(judge, progress.done as u64, Some(progress.total as u64)),
        Event::BestOfN { judge, progress } => {
            let what = format!("{judge}: best of N, {:?}", progress.step).to_lowercase();
            shown.show(&what, progress.done as u64, Some(progress.of as u64));
        }
        _ => {}
    }
}
