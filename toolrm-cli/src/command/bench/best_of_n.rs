//! `toolrm bench best-of-n`: of N recorded answers, which one does a judge pick, and is it right?

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_bench::{
    acebench,
    best_of_n::{Options, Progress, Step, curves},
    trbench::Group,
};
use toolrm_core::observe::CallOptions;
use toolrm_data::{Fault, Place, tree::Tree};

use super::run::percent;
use crate::{
    Answer,
    error::CliError,
    judge::{JUDGE_HELP, JudgeArgs, JudgeName, block_on},
    output::{BOLD, PLAIN, Table, json_line, left, right},
    progress,
};

/// Accuracy of the answer a judge picks of N, over N, beside the mean, the majority vote and the oracle.
///
/// Expected values over all ways to draw N of a question's answers, exact where the judge scores; ± is half a 95 % interval over
/// questions. Questions with fewer answers than the largest N are left out, so that all points are over the same questions.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm bench best-of-n trbench/groups.jsonl --sizes 1,2,4
  toolrm bench best-of-n --acebench path/to/acebench --by-category")]
pub(crate) struct BestOfNArgs {
    /// Groups of answers, as `toolrm bench build` writes them
    #[arg(value_name = "FILE", required_unless_present = "acebench")]
    groups: Option<PathBuf>,
    /// Recorded answers to ACEBench: the folder or archive with its data_all, result_all and score_all
    #[arg(long, value_name = "PATH", conflicts_with = "groups")]
    acebench: Option<PathBuf>,
    /// Judge to measure
    #[arg(long, value_name = "JUDGE", default_value = "rules", long_help = JUDGE_HELP)]
    judge: JudgeName,
    /// Numbers of answers; by default those of 1, 2, 4, 8 and 16 that any question has
    #[arg(long, value_name = "N,N,..", value_delimiter = ',')]
    sizes: Vec<usize>,
    /// Show the curves of each category too
    #[arg(long)]
    by_category: bool,
    /// Seed of draws and intervals
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print the curves as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setup: JudgeArgs,
}

impl BestOfNArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let (source, groups) = self.groups()?;
        let judge = self.setup.judge(&self.judge)?;
        let bar = progress::bar(0, "");
        let told = |at: Progress| {
            bar.set_message(match at.step {
                Step::Judgements => "judging answers",
                Step::Questions => "drawing",
            });
            bar.set_length(at.of as u64);
            bar.set_position(at.done as u64);
        };
        let options = options(&self.sizes, &[1, 2, 4, 8, 16], &groups);
        let call = CallOptions::default().with_seed(self.seed);
        let found = block_on(async { Ok(curves(source, &groups, &*judge, &options, &call, &told).await?) });
        bar.finish_and_clear();
        let found = found?;
        if self.json {
            json_line(out, &found)?;
            return Ok(Answer::Yes);
        }
        let mut table = Table::default();
        let head = options.sizes.iter().map(|n| right(BOLD, format!("N = {n}")));
        table.row([left(BOLD, "right picks in %")].into_iter().chain(head).collect());
        let by_category = if self.by_category { found.reported_by_category() } else { Vec::new() };
        for curve in found.reported().into_iter().chain(by_category) {
            let points = curve.points.iter().map(|point| right(PLAIN, percent(&point.accuracy)));
            table.row(
                [left(PLAIN, format!("{}: {}", curve.source, curve.strategy))].into_iter().chain(points).collect(),
            );
        }
        table.print(out)?;
        writeln!(
            out,
            "{} questions ({} with fewer answers left out), {} models, {} judgements, {} abstained, {} failed",
            found.questions, found.left_out, found.models, found.judged, found.abstained, found.failed
        )?;
        Ok(Answer::Yes)
    }

    fn groups(&self) -> Result<(&'static str, Vec<Group>), CliError> {
        match (&self.acebench, &self.groups) {
            (Some(path), _) => {
                let questions = acebench::read(&Tree::open(path)?)?;
                Ok(("ACEBench", questions.into_iter().map(|question| question.group).collect()))
            }
            (None, Some(file)) => {
                let groups = Group::read_file(file)?;
                if groups.is_empty() {
                    let fault = Fault::new("no groups", "give a groups.jsonl that `toolrm bench build` has written");
                    return Err(Place::file(file).error(fault).into());
                }
                Ok(("TRBench-BFCL", groups))
            }
            (None, None) => Err(CliError::Usage("nothing to pick from: give a file of groups, or --acebench".into())),
        }
    }
}

/// Numbers of answers that were asked for, else those of the default ones that any question has.
pub(super) fn options(asked: &[usize], default: &[usize], groups: &[Group]) -> Options {
    if asked.is_empty() {
        Options::default().with_sizes(default).within(groups)
    } else {
        Options::default().with_sizes(asked)
    }
}
