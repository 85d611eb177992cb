//! `toolrm-lab best-of-n`: how often the picked answer of several models is right.

use std::io::Write;

use clap::Args;
use serde_json::{Map, Value, json};
use toolrm_bench::best_of_n::{Curve, Curves, Options, Progress, Step, curves};
use toolrm_core::{judge::FromScorer, observe::CallOptions, rules::RuleScorer};
use toolrm_lab::{
    error::LabError,
    progress::bar,
    recorded,
    sources::{Census, GROUPS},
};

use super::pairs::Part;

/// Best of N: of the recorded answers of N models to a question, drawn at random, one is picked; how often is it right?
///
/// Strategies: mean (a random pick); majority (the calls most of them made, in whatever order); rules (the highest score of RuleScorer);
/// either one with the other deciding between equals; oracle (right when any of them is). Between what is equal, each is as likely.
///
/// Every way to draw N of the models counts the same: exact, but for votes among very many different answers, which are drawn by
/// --seed. What a model wrote that its benchmark could not read is a wrong answer. ± is half of a 95 % interval over questions.
#[derive(Debug, Args)]
pub(crate) struct BestOfNArgs {
    /// Benchmark whose recorded answers are used
    #[arg(long, default_value = "acebench", value_parser = GROUPS.map(|s| s.name))]
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
    /// Print JSON: {"questions","answers","strategies":{NAME:[{"n","accuracy":{"value","ci"}}]}}
    #[arg(long)]
    json: bool,
}

impl BestOfNArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let mut census = Census::default();
        let found = self.measure(&mut census)?;
        let most = self.sizes.iter().copied().max().unwrap_or(1);
        census.leave_out_all(found.left_out, format!("a question with fewer than {most} answers"));
        if self.json { Ok(writeln!(out, "{}", to_json(&found, &census))?) } else { print(&found, &census, out) }
    }

    fn measure(&self, census: &mut Census) -> Result<Curves, LabError> {
        let source = GROUPS.iter().find(|s| s.name == self.source).ok_or(LabError::NoPairs)?;
        if let Some(missing) = source.files.iter().map(|file| recorded(file)).find(|path| !path.is_file()) {
            return Err(LabError::NoData(missing));
        }
        let read = source.read(census).map_err(|error| LabError::Source { name: source.name, error });
        let mut groups = read?;
        groups.retain(|group| self.split.holds_question(&group.id) && group.category.starts_with(&self.category));
        let bar = bar(groups.len(), "questions");
        let progress = |progress: Progress| {
            if progress.step == Step::Questions {
                bar.set_position(progress.done as u64);
            }
        };
        let judge = FromScorer::new(RuleScorer::default());
        let options = Options::default().with_sizes(self.sizes.clone());
        let call = CallOptions::default().with_seed(self.seed);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let found = runtime.block_on(curves(source.name, &groups, &judge, &options, &call, &progress))?;
        bar.finish_and_clear();
        Ok(found)
    }
}

fn print(found: &Curves, census: &Census, out: &mut dyn Write) -> Result<(), LabError> {
    let mean = found.answers as f64 / found.questions as f64;
    writeln!(out, "{}: {} questions, answers of {mean:.1} models to each", found.source, found.questions)?;
    write!(out, "{:24}", "right, in %")?;
    let sizes = found.curves.first().map_or(&[][..], |curve| &curve.points);
    sizes.iter().try_for_each(|point| write!(out, "{:>12}", format!("N = {}", point.n)))?;
    for curve in &found.curves {
        write!(out, "\n{:24}", curve.strategy.name(&found.judge))?;
        for point in &curve.points {
            let around =
                point.accuracy.interval.map_or_else(String::new, |i| format!(" ±{:.1}", 100.0 * i.half_width()));
            let value = point.accuracy.value.map_or_else(|| "-".into(), |value| format!("{:.1}", 100.0 * value));
            write!(out, "{:>12}", value + &around)?;
        }
    }
    writeln!(out)?;
    for (reason, n) in census.reasons().filter(|(_, n)| *n > 0) {
        writeln!(out, "left out: {n}  {reason}")?;
    }
    Ok(())
}

fn to_json(found: &Curves, census: &Census) -> Value {
    let row = |curve: &Curve| (curve.strategy.name(&found.judge), json!(curve.points));
    let left_out = census.reasons().map(|(reason, n)| (reason.to_owned(), json!(n)));
    json!({
        "source": found.source,
        "questions": found.questions,
        "answers": found.answers,
        "strategies": found.curves.iter().map(row).collect::<Map<_, _>>(),
        "left_out": left_out.collect::<Map<_, _>>(),
    })
}
