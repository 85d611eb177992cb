//! `toolrm-lab calibrate`: whether the rules' probabilities are what they say.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;
use toolrm_core::rules::BIAS;
use toolrm_lab::{
    calibration::{Calibration, Forecast},
    dataset,
    error::LabError,
    figures::{Scores, counts, scores},
    folds::fold,
    logistic::{self, Bounds, Row, sigmoid},
    pointwise::{Answer, Link, answers},
    severities::{Bench, Pooling, Seen},
};

use super::plan::SetWeights;

/// Calibration of the crate's weights: of pairs, `sigmoid(difference of scores)`; of single answers, `sigmoid(score)`.
///
/// Each as it is, and with a link (slope and constant) fitted to the pairs of --dev. Figures are of the pairs of --on; without --on, of
/// those of --dev, each under the link that was fitted to the other parts of a cross-validation by question.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Pairs to fit the links to: files, or folders of them
    #[arg(long, value_name = "PAIRS", required = true, num_args = 1..)]
    dev: Vec<PathBuf>,
    /// Pairs to measure on: files, or folders of them
    #[arg(long, value_name = "PAIRS", num_args = 1..)]
    on: Vec<PathBuf>,
    /// Parts of the cross-validation
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=50))]
    folds: u8,
    /// Seed of the parts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    sets: SetWeights,
    /// Also show what was said and what happened, bin by bin
    #[arg(long)]
    reliability: bool,
}

impl CalibrateArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let sets = self.sets.by_set();
        let dev = Part::read(&self.dev)?;
        let measured = if self.on.is_empty() {
            let mut all = Forecasts::default();
            let folds = usize::from(self.folds);
            for left_out in 0..folds {
                let in_fold = |pair: &Seen| fold(pair, folds, self.seed) == left_out;
                all.extend(forecasts(&dev.only(|p| !in_fold(p)), &dev.only(in_fold), &sets)?);
            }
            all
        } else {
            forecasts(&dev, &Part::read(&self.on)?, &sets)?
        };
        let links = Links::fit(&dev, &sets)?;
        writeln!(out, "pairs: slope {:.3}", links.pairs)?;
        writeln!(
            out,
            "answers: constant {:.3} (now {BIAS}) with slope 1; or constant {:.3} and slope {:.3}\n",
            links.bias, links.free.bias, links.free.slope
        )?;
        for (what, by_set) in measured.0 {
            writeln!(out, "{what:<44}{:>6}  {}", "n", Calibration::HEAD)?;
            let all: Vec<Forecast> = by_set.iter().flat_map(|(name, set)| weighing(set, of(&sets, name))).collect();
            for (set, forecasts) in &by_set {
                show(out, set, forecasts, false)?;
            }
            show(out, "all, as much as sets count", &all, self.reliability)?;
            writeln!(out)?;
        }
        Ok(())
    }
}

fn show(out: &mut dyn Write, name: &str, forecasts: &[Forecast], reliability: bool) -> Result<(), LabError> {
    if let Some(calibration) = Calibration::of(forecasts) {
        writeln!(out, "  {name:<42}{:>6}  {}", forecasts.len(), calibration.line())?;
        if reliability {
            writeln!(out, "{}", calibration.reliability())?;
        }
    }
    Ok(())
}

/// The forecasts of a set, together of this weight.
fn weighing(set: &[Forecast], weight: f64) -> impl Iterator<Item = Forecast> {
    let total: f64 = set.iter().map(|f| f.weight).sum();
    set.iter().map(move |f| Forecast { weight: weight * f.weight / total, ..*f })
}

/// How much sets count as wholes; 1 where nothing is said.
type Weights = BTreeMap<String, f64>;

fn of(sets: &Weights, set: &str) -> f64 {
    sets.get(set).copied().unwrap_or(1.0)
}

/// Pairs with their scores under the crate's weights.
struct Part {
    pairs: Vec<Seen>,
    scores: Vec<Scores>,
}

impl Part {
    fn read(files: &[PathBuf]) -> Result<Self, LabError> {
        let bench = Bench::new(&dataset::read(files)?)?;
        let scores = scores(&bench, &bench.present(), Pooling::Sum);
        Ok(Self { pairs: bench.pairs, scores })
    }

    fn only(&self, wanted: impl Fn(&Seen) -> bool) -> Self {
        let kept = self.pairs.iter().zip(&self.scores).filter(|(pair, _)| wanted(pair));
        let (pairs, scores) = kept.map(|(pair, scores)| (pair.clone(), *scores)).unzip();
        Self { pairs, scores }
    }

    fn sets(&self) -> BTreeMap<String, Self> {
        let names: std::collections::BTreeSet<String> = self.pairs.iter().map(|p| p.set.to_string()).collect();
        names.into_iter().map(|name| (name.clone(), self.only(|p| *p.set == *name))).collect()
    }

    /// Differences of scores of the pairs that are judged.
    fn differences(&self) -> Vec<f64> {
        let judged = self.pairs.iter().zip(&self.scores).filter(|(pair, _)| counts(pair));
        judged.filter(|(_, s)| s.chosen.is_some() && s.rejected.is_some()).map(|(_, s)| s.difference()).collect()
    }

    fn answers(&self) -> Vec<Answer> {
        answers(&self.pairs, &self.scores, |_| 1.0)
    }
}

/// From scores to probabilities, fitted.
struct Links {
    /// Slope of a difference.
    pairs: f64,
    /// Constant of a score, slope 1.
    bias: f64,
    /// Constant and slope of a score.
    free: Link,
}

impl Links {
    fn fit(dev: &Part, sets: &Weights) -> Result<Self, LabError> {
        let mut rows = Vec::new();
        for (name, set) in &dev.sets() {
            let differences = set.differences();
            let weight = of(sets, name) / differences.len().max(1) as f64;
            rows.extend(differences.into_iter().map(|d| Row { x: vec![(0, d)], weight }));
        }
        let slope = logistic::fit(&rows, &[Bounds::at_least_zero(1.0, 1e-6)])?;
        let answers = answers(&dev.pairs, &dev.scores, |set| of(sets, set));
        Ok(Self {
            pairs: slope.first().copied().unwrap_or(1.0),
            bias: Link::fit(&answers, Some(1.0))?.bias,
            free: Link::fit(&answers, None)?,
        })
    }
}

/// What was said, in the ways there are to say it, set by set.
#[derive(Default)]
struct Forecasts(BTreeMap<&'static str, BTreeMap<String, Vec<Forecast>>>);

impl Forecasts {
    fn extend(&mut self, other: Self) {
        for (what, by_set) in other.0 {
            for (set, forecasts) in by_set {
                self.of(what, &set).extend(forecasts);
            }
        }
    }

    fn of(&mut self, what: &'static str, set: &str) -> &mut Vec<Forecast> {
        self.0.entry(what).or_default().entry(set.to_owned()).or_default()
    }
}

/// The forecasts for one part under links that were fitted to another.
fn forecasts(dev: &Part, on: &Part, sets: &Weights) -> Result<Forecasts, LabError> {
    let links = Links::fit(dev, sets)?;
    let mut all = Forecasts::default();
    for (set, part) in on.sets() {
        // Each pair in both orders: which answer stands first must not matter.
        let pairs = |slope: f64| {
            let both = |d: f64| [(sigmoid(slope * d), 1.0), (sigmoid(-slope * d), 0.0)];
            let said = part.differences().into_iter().flat_map(both);
            said.map(|(chance, outcome)| Forecast { chance, outcome, weight: 1.0 }).collect::<Vec<_>>()
        };
        let answers = |link: Link| {
            let outcome = |a: &Answer| if a.right { 1.0 } else { 0.0 };
            let said = |a: &Answer| Forecast { chance: link.chance(a.score), outcome: outcome(a), weight: 1.0 };
            part.answers().iter().map(said).collect::<Vec<_>>()
        };
        all.of("1 pairs, as it is", &set).extend(pairs(1.0));
        all.of("2 pairs, slope fitted", &set).extend(pairs(links.pairs));
        all.of("3 answers, as it is", &set).extend(answers(Link { bias: BIAS, slope: 1.0 }));
        all.of("4 answers, constant fitted", &set).extend(answers(Link { bias: links.bias, slope: 1.0 }));
        all.of("5 answers, constant and slope fitted", &set).extend(answers(links.free));
    }
    Ok(all)
}
