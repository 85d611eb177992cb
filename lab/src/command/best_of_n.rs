//! `toolrm-lab best-of-n`: how often the picked answer of several models is right.

use std::io::Write;

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};
use toolrm_core::{
    measure::{Bootstrap, Interval},
    rules::RuleScorer,
};
use toolrm_lab::{
    contest::{Contest, Field, Strategy},
    error::LabError,
    progress::bar,
    recorded,
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
    /// Print JSON: {"questions","models",..,"strategies":{NAME:[{"n","accuracy","ci"}]}}
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
        let rows = Strategy::ALL.iter().enumerate().map(|(row, strategy)| {
            let figures = shares.iter().map(|by_question| Figure::of(by_question, row, &bootstrap)).collect();
            (strategy.name(), figures)
        });
        let rows: Vec<(&str, Vec<Figure>)> = rows.collect();
        if self.json {
            self.print_json(out, &contests, &rows, &census)
        } else {
            self.print(out, &contests, &rows, &census)
        }
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

    fn print(
        &self,
        out: &mut dyn Write,
        contests: &[Contest],
        rows: &[(&str, Vec<Figure>)],
        census: &Census,
    ) -> Result<(), LabError> {
        let answers: usize = contests.iter().map(|c| c.entries.len()).sum();
        let mean = answers as f64 / contests.len() as f64;
        writeln!(out, "{}: {} questions, answers of {mean:.1} models to each", self.source, contests.len())?;
        write!(out, "{:20}", "right, in %")?;
        self.sizes.iter().try_for_each(|n| write!(out, "{:>12}", format!("N = {n}")))?;
        writeln!(out)?;
        for (name, figures) in rows {
            write!(out, "{name:20}")?;
            figures.iter().try_for_each(|figure| write!(out, "{:>12}", figure.shown()))?;
            writeln!(out)?;
        }
        for (reason, n) in census.reasons().filter(|(_, n)| *n > 0) {
            writeln!(out, "left out: {n}  {reason}")?;
        }
        Ok(())
    }

    fn print_json(
        &self,
        out: &mut dyn Write,
        contests: &[Contest],
        rows: &[(&str, Vec<Figure>)],
        census: &Census,
    ) -> Result<(), LabError> {
        let strategy = |figures: &[Figure]| -> Value {
            let figure =
                |(n, figure): (&usize, &Figure)| json!({"n": n, "accuracy": figure.value, "ci": figure.interval});
            self.sizes.iter().zip(figures).map(figure).collect()
        };
        let strategies: serde_json::Map<String, Value> =
            rows.iter().map(|(name, figures)| ((*name).to_owned(), strategy(figures))).collect();
        let left_out: serde_json::Map<String, Value> =
            census.reasons().map(|(reason, n)| (reason.to_owned(), json!(n))).collect();
        let report = json!({
            "source": self.source,
            "questions": contests.len(),
            "answers": contests.iter().map(|c| c.entries.len()).sum::<usize>(),
            "strategies": strategies,
            "left_out": left_out,
        });
        Ok(writeln!(out, "{report}")?)
    }
}

/// What each strategy is worth on one question.
type Shares = [f64; Strategy::ALL.len()];

/// A share of the questions, and how sure it is.
struct Figure {
    value: f64,
    interval: Option<Interval>,
}

impl Figure {
    fn of(by_question: &[Shares], row: usize, bootstrap: &Bootstrap) -> Self {
        let values: Vec<f64> = by_question.iter().filter_map(|shares| shares.get(row).copied()).collect();
        let interval = bootstrap.interval(|weights| {
            let sum: f64 = values.iter().zip(weights).map(|(value, weight)| value * f64::from(*weight)).sum();
            Some(sum / weights.iter().copied().map(f64::from).sum::<f64>())
        });
        Self { value: values.iter().sum::<f64>() / values.len() as f64, interval }
    }

    fn shown(&self) -> String {
        let around = self.interval.map_or_else(String::new, |i| format!(" ±{:.1}", 100.0 * i.half_width()));
        format!("{:.1}{around}", 100.0 * self.value)
    }
}

fn read(source: &ContestSource, census: &mut Census) -> Result<Vec<Contest>, LabError> {
    if let Some(missing) = source.files.iter().map(|file| recorded(file)).find(|path| !path.is_file()) {
        return Err(LabError::NoData(missing));
    }
    source.read(census).map_err(|error| LabError::Source { name: source.name, error })
}
