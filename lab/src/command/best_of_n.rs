//! `toolrm-lab best-of-n`: how often the picked answer of several models is right.

use std::io::Write;

use clap::Args;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use toolrm_core::{measure::Bootstrap, rules::RuleScorer};
use toolrm_lab::{
    contest::{Contest, Field, Strategy},
    error::LabError,
    progress::bar,
    recorded,
    shares::Share,
    sources::{CONTESTS, Census, ContestSource},
};

use super::pairs::Part;

/// Best of N: of the recorded answers of N models to a question, drawn at random, one is picked; how often is it right?
///
/// Strategies: random; vote (the calls most of them made, in whatever order); rules (the highest score of RuleScorer); either one
/// with the other deciding between equals; oracle (right when any of them is). Between what is equal, each is as likely.
///
/// Every way to draw N of the models counts the same: exact up to 20,000 ways, else 1,000 of them drawn by --seed. What a model
/// wrote that its benchmark could not read is a wrong answer. ± is half of a 95 % interval over questions.
#[derive(Debug, Args)]
pub(crate) struct BestOfNArgs {
    /// Benchmark whose recorded answers are used
    #[arg(long, default_value = "acebench", value_parser = CONTESTS.map(|s| s.name))]
    source: String,
    /// Part of the questions
    #[arg(long, value_enum, default_value_t = Part::Dev)]
    split: Part,
    /// Numbers of answers
    #[arg(long = "n", value_name = "N", value_delimiter = ',', default_values_t = [1, 2, 4, 8, 16])]
    sizes: Vec<usize>,
    /// Only questions whose category begins so
    #[arg(long, value_name = "PREFIX", default_value = "")]
    category: String,
    /// Seed of the draws and of the intervals
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON: {"questions","answers","strategies":{NAME:[{"n","accuracy","ci"}]}}
    #[arg(long)]
    json: bool,
}

impl BestOfNArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let source = CONTESTS.iter().find(|s| s.name == self.source).ok_or(LabError::NoPairs)?;
        let mut census = Census::default();
        let mut contests = read(source, &mut census)?;
        contests.retain(|c| self.split.holds_question(&c.id) && c.category.starts_with(&self.category));
        let most = self.sizes.iter().copied().max().unwrap_or(1);
        let all = contests.len();
        contests.retain(|c| c.entries.len() >= most);
        census.leave_out_all(all - contests.len(), format!("a question with fewer than {most} answers"));
        if contests.is_empty() {
            return Err(LabError::NoPairs);
        }
        let shares = self.shares(&contests);
        let bootstrap = Bootstrap::new(contests.len(), self.seed);
        let row = |(row, strategy): (usize, &Strategy)| {
            (strategy.name(), shares.iter().map(|by_question| share(by_question, row)).collect())
        };
        let table = Table { rows: Strategy::ALL.iter().enumerate().map(row).collect(), bootstrap, contests, census };
        if self.json { Ok(writeln!(out, "{}", table.to_json(self))?) } else { table.print(out, self) }
    }

    /// By number of answers, by question: what each strategy is worth.
    fn shares(&self, contests: &[Contest]) -> Vec<Vec<Shares>> {
        let scorer = RuleScorer::default();
        let fields: Vec<Field> = contests.par_iter().map(|contest| Field::new(contest, &scorer)).collect();
        let progress = bar(self.sizes.len() * fields.len(), "questions");
        let share = |field: &Field, n: usize| {
            let expected = field.expected(n, self.seed);
            progress.inc(1);
            expected
        };
        let shares = self.sizes.iter().map(|n| fields.par_iter().map(|field| share(field, *n)).collect()).collect();
        progress.finish_and_clear();
        shares
    }
}

/// The figures of all strategies, by number of answers.
struct Table {
    rows: Vec<(&'static str, Vec<Share>)>,
    bootstrap: Bootstrap,
    contests: Vec<Contest>,
    census: Census,
}

impl Table {
    fn answers(&self) -> usize {
        self.contests.iter().map(|c| c.entries.len()).sum()
    }

    fn print(&self, out: &mut dyn Write, asked: &BestOfNArgs) -> Result<(), LabError> {
        let questions = self.contests.len();
        let mean = self.answers() as f64 / questions as f64;
        writeln!(out, "{}: {questions} questions, answers of {mean:.1} models to each", asked.source)?;
        write!(out, "{:20}", "right, in %")?;
        asked.sizes.iter().try_for_each(|n| write!(out, "{:>12}", format!("N = {n}")))?;
        for (name, shares) in &self.rows {
            write!(out, "\n{name:20}")?;
            shares.iter().try_for_each(|share| write!(out, "{:>12}", share.shown(&self.bootstrap)))?;
        }
        writeln!(out)?;
        for (reason, n) in self.census.reasons().filter(|(_, n)| *n > 0) {
            writeln!(out, "left out: {n}  {reason}")?;
        }
        Ok(())
    }

    fn to_json(&self, asked: &BestOfNArgs) -> Value {
        let cell = |(n, share): (&usize, &Share)| json!({"n": n, "accuracy": share.value(), "ci": share.interval(&self.bootstrap)});
        let row = |shares: &[Share]| -> Value { asked.sizes.iter().zip(shares).map(cell).collect() };
        let strategies = self.rows.iter().map(|(name, shares)| ((*name).to_owned(), row(shares)));
        let left_out = self.census.reasons().map(|(reason, n)| (reason.to_owned(), json!(n)));
        json!({
            "source": asked.source,
            "questions": self.contests.len(),
            "answers": self.answers(),
            "strategies": strategies.collect::<Map<_, _>>(),
            "left_out": left_out.collect::<Map<_, _>>(),
        })
    }
}

/// What each strategy is worth on one question.
type Shares = [f64; Strategy::ALL.len()];

/// What a strategy is worth over all questions.
fn share(by_question: &[Shares], row: usize) -> Share {
    let mut share = Share::default();
    for (question, value) in by_question.iter().filter_map(|shares| shares.get(row)).enumerate() {
        share.add(question, *value, 1.0);
    }
    share
}

fn read(source: &ContestSource, census: &mut Census) -> Result<Vec<Contest>, LabError> {
    if let Some(missing) = source.files.iter().map(|file| recorded(file)).find(|path| !path.is_file()) {
        return Err(LabError::NoData(missing));
    }
    source.read(census).map_err(|error| LabError::Source { name: source.name, error })
}
