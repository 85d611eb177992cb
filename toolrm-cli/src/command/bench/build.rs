//! `toolrm bench build`: a bench from recorded answers.

use std::{io::Write, path::PathBuf};

use clap::{Args, ValueEnum};
use toolrm_bench::{
    bfcl::Category,
    null::Null,
    trbench::{Build, BuildOptions, ChosenFrom, Manifest, Progress, Stage, build},
};
use toolrm_data::tree::Tree;

use crate::{
    Answer,
    error::CliError,
    output::{BOLD, PLAIN, Table, json_line, left, right},
    progress,
    questions::QuestionsArgs,
};

/// Build TRBench-BFCL from recorded answers of models.
///
/// Reads result and score files of the leaderboard (layouts of 2024, v3 and v4), decodes and labels every answer with our AST
/// checker, and picks pairs of a right and a wrong answer, balanced over questions, models and error types; ties (two right answers
/// that differ); both-wrong pairs (graded); and groups for best of N. Writes pairs.jsonl, ties.jsonl, both_wrong.jsonl,
/// groups.jsonl and manifest.json: counts that add up, hashes, and how much of it is won without reading the question. The
/// same input, options and seed give the same bytes. A build that was interrupted leaves no bench; run it again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm bench build --runs path/to/bfcl_runs --out trbench
  toolrm bench build --runs bfcl_runs.tar.zst --out gold --chosen gold
  toolrm bench build --runs bfcl_runs.tar.zst --out two --category simple_python,multiple")]
pub(crate) struct BuildArgs {
    /// Result and score files: a folder, zip or tar archive (plain, gzip, zstd)
    #[arg(long, value_name = "PATH")]
    runs: PathBuf,
    /// Folder of the bench; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed of every draw
    #[arg(long, default_value_t = BuildOptions::default().seed)]
    seed: u64,
    /// Most pairs of one question
    #[arg(long, value_name = "N", default_value_t = BuildOptions::default().per_question)]
    pairs: usize,
    /// Most ties of one question
    #[arg(long, value_name = "N", default_value_t = BuildOptions::default().ties_per_question)]
    ties: usize,
    /// Most both-wrong pairs of one question
    #[arg(long, value_name = "N", default_value_t = BuildOptions::default().both_wrong_per_question)]
    both_wrong: usize,
    /// Whose right answer a wrong one is set against
    #[arg(long, value_enum, default_value = "model")]
    chosen: Chosen,
    /// Only these splits; may be repeated, or a list with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    category: Vec<Category>,
    /// Build again, even where the folder holds this very bench
    #[arg(long)]
    restart: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    questions: QuestionsArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Chosen {
    /// Another model's right answer, the accepted one where there is none: both sides are model text
    Model,
    /// The accepted answer: a judge that knows its authors' hand wins without reading the question
    Gold,
    /// One or the other, by a coin
    Mixed,
}

impl BuildArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let runs = Tree::open(&self.runs)?;
        let questions = self.questions.load()?;
        let work = Build::new(&runs, &questions).with_options(self.options()).resuming(!self.restart);
        let shown = progress::Parts::default();
        let told = |at: Progress| shown.show(what(at.stage), at.done, at.total);
        let manifest = build(&work, &self.out, &told);
        drop(shown);
        let manifest = manifest?;
        if self.json {
            json_line(out, &manifest)?;
        } else {
            self.print(out, &manifest)?;
        }
        Ok(Answer::Yes)
    }

    fn options(&self) -> BuildOptions {
        let chosen = match self.chosen {
            Chosen::Model => ChosenFrom::ModelRight,
            Chosen::Gold => ChosenFrom::Gold,
            Chosen::Mixed => ChosenFrom::Mixed,
        };
        let options = BuildOptions::default().with_seed(self.seed).with_chosen(chosen);
        let options = options.with_limits(self.pairs, self.ties, self.both_wrong);
        if self.category.is_empty() { options } else { options.with_categories(self.category.iter().copied()) }
    }

    fn print(&self, out: &mut dyn Write, manifest: &Manifest) -> Result<(), CliError> {
        let mut table = Table::default();
        let head = ["split", "pairs", "ties", "both wrong"].map(str::to_owned);
        let nulls = Null::ALL.iter().map(|null| null.name().to_owned());
        let cell = |(i, text): (usize, String)| if i == 0 { left(BOLD, text) } else { right(BOLD, text) };
        table.row(head.into_iter().chain(nulls).enumerate().map(cell).collect());
        for category in Category::ALL {
            let name = category.name();
            let of = |spread: &toolrm_bench::trbench::manifest::Spread| spread.splits.get(name).copied().unwrap_or(0);
            let counts = [of(&manifest.pairs), of(&manifest.ties), of(&manifest.both_wrong)];
            if counts == [0; 3] {
                continue;
            }
            let leak = |null: &Null| manifest.leaks.splits.get(null.name())?.get(name).copied();
            let leaks = Null::ALL.iter().map(|null| right(PLAIN, percent(leak(null))));
            let counts = counts.iter().map(|n| right(PLAIN, n.to_string()));
            table.row([left(PLAIN, name)].into_iter().chain(counts).chain(leaks).collect());
        }
        let all = [manifest.pairs.pairs, manifest.ties.pairs, manifest.both_wrong.pairs];
        let leaks =
            Null::ALL.iter().map(|null| right(PLAIN, percent(manifest.leaks.mean_of_splits.get(null.name()).copied())));
        let all = all.iter().map(|n| right(PLAIN, n.to_string()));
        table.row([left(PLAIN, "all, mean of splits")].into_iter().chain(all).chain(leaks).collect());
        table.print(out)?;
        writeln!(
            out,
            "\nThe right columns: what is won without reading the question, in %, the mean of both orders; 50 is a fair bench."
        )?;
        writeln!(
            out,
            "{} questions, {} error types, {} models with wrong answers: {}",
            manifest.pairs.questions,
            manifest.pairs.error_types.len(),
            manifest.pairs.rejected_from.len(),
            self.out.join("manifest.json").display()
        )?;
        Ok(())
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1}", 100.0 * share))
}

fn what(stage: Stage) -> &'static str {
    match stage {
        Stage::Reading => "reading recorded answers",
        Stage::Labelling => "labelling questions",
        Stage::Picking => "picking pairs, by split",
        _ => "writing files",
    }
}
