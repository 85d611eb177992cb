//! `toolrm-lab fit`: the weights of the rules from pairs.

use std::{collections::BTreeSet, io::Write};

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use toolrm_core::rules::BIAS;
use toolrm_lab::{
    error::LabError,
    figures::{Figure, Scores, counts, figures, scores},
    fitting::{Plan, tells_apart},
    folds::fold,
    logistic::softplus,
    pointwise::{Link, answers},
    severities::{Bench, Pooling, Seen},
};

use super::plan::{Pairs, PlanArgs};

/// Fits the weights of the rules to pairs: pairwise logistic regression (Bradley-Terry), no weight below 0, with a penalty.
///
/// Shows, for each set, the accuracy with the crate's weights, with the fitted ones, with weights that never saw the question
/// (cross-validation) and with weights that never saw the set; then the table for `toolrm-core/src/rules/weights.rs`.
#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    #[command(flatten)]
    pairs: Pairs,
    #[command(flatten)]
    plan: PlanArgs,
    /// A fitted weight below this is 0: the rule is dropped, and the others are fitted again
    #[arg(long, default_value_t = 0.1)]
    floor: f64,
    /// What the weights' unit is
    #[arg(long, value_enum, default_value_t = Scale::Pairs)]
    scale: Scale,
    /// Only say whether the crate's table is the fitted one; exit code 2 if not
    #[arg(long)]
    check: bool,
}

/// What a difference or a score of 1 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scale {
    /// The sigmoid of a difference of scores is the chance that the better one is liked
    Pairs,
    /// The sigmoid of a score is the chance that an answer is right
    Answers,
}

impl FitArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let bench = self.pairs.bench()?;
        self.plan.check(&bench.rules)?;
        if self.scale == Scale::Answers && self.plan.fixes() {
            return Err(LabError::Check("--scale answers moves every weight, so none can be held by --fix".into()));
        }
        let trials = self.plan.penalties().iter().map(|l2| Trial::new(&bench, self.plan.plan(*l2), &self.plan));
        let trials = trials.collect::<Result<Vec<_>, _>>()?;
        let best = trials.iter().min_by(|a, b| a.loss.total_cmp(&b.loss)).ok_or(LabError::NoPairs)?;
        let table = self.table(&bench, &best.plan)?;
        if self.check {
            return check(&bench, &table);
        }
        writeln!(out, "penalty  cross-validated log loss, each set as much as it counts; * is taken")?;
        for trial in &trials {
            let taken = if std::ptr::eq(trial, best) { "*" } else { "" };
            writeln!(out, "{:<9}{:.4}{taken}", trial.plan.l2, trial.loss)?;
        }
        writeln!(out)?;
        self.show_figures(&bench, best, &table, out)?;
        self.show_rules(&bench, &table, out)?;
        show_table(&bench, &table, out)
    }

    /// The final weights: fitted to all pairs, without what falls below the floor, in steps of 0.05.
    fn table(&self, bench: &Bench, plan: &Plan) -> Result<Table, LabError> {
        let all: Vec<&Seen> = bench.pairs.iter().collect();
        let mut plan = plan.clone();
        let mut weights = plan.fit(bench, &all)?;
        loop {
            let low =
                bench.rules.iter().zip(&weights).filter(|(_, w)| **w < self.floor).map(|(rule, _)| rule.id.clone());
            let low: Vec<String> =
                low.filter(|id| !plan.without.contains(id) && !plan.fixed.contains_key(id)).collect();
            if low.is_empty() {
                break;
            }
            plan.without.extend(low);
            weights = plan.fit(bench, &all)?;
        }
        let judged = |weights: &[f64]| {
            let scores = scores(bench, weights, plan.pooling);
            answers(&bench.pairs, &scores, |set| plan.set_weight(set))
        };
        let free = Link::fit(&judged(&weights), None)?;
        if self.scale == Scale::Answers {
            weights = weights.iter().map(|w| w * free.slope).collect();
        }
        let stepped = bench.rules.iter().zip(weights);
        let stepped =
            stepped.map(|(rule, weight)| plan.fixed.get(&rule.id).copied().unwrap_or_else(|| rounded(weight)));
        let weights: Vec<f64> = stepped.collect();
        let link = Link::fit(&judged(&weights), Some(1.0))?;
        Ok(Table { weights, bias: rounded(link.bias), slope: free.slope })
    }

    fn show_figures(&self, bench: &Bench, best: &Trial, table: &Table, out: &mut dyn Write) -> Result<(), LabError> {
        let of = |scores: &[Scores]| figures(&bench.pairs, scores);
        let present = of(&scores(bench, &bench.present(), Pooling::Sum));
        let fitted = of(&scores(bench, &table.weights, self.plan.pooling));
        let unseen_question = of(&best.scores);
        let unseen_set = of(&set_left_out(bench, &best.plan)?);
        let columns = [&present, &fitted, &unseen_question, &unseen_set];
        writeln!(
            out,
            "{:44}{:>6}{:>9}{:>9}{:>10}{:>10}",
            "accuracy in %", "pairs", "present", "fitted", "unseen", "unseen"
        )?;
        writeln!(out, "{:68}{:>10}{:>10}", "", "question", "set")?;
        for figure in &present {
            write!(out, "{:44}{:>6}", figure.name, figure.n)?;
            for (column, width) in columns.iter().zip([9, 9, 10, 10]) {
                write!(out, "{:>width$}", share(column, &figure.name))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// What became of each rule, and on how much evidence.
    fn show_rules(&self, bench: &Bench, table: &Table, out: &mut dyn Write) -> Result<(), LabError> {
        let pairs: Vec<&Seen> = bench.pairs.iter().collect();
        writeln!(out, "\n{:32}{:>18}{:>9}{:>9}", "rule", "pairs told apart", "present", "fitted")?;
        for ((rule, told), fitted) in bench.rules.iter().zip(tells_apart(&pairs, bench.rules.len())).zip(&table.weights)
        {
            let dropped = (*fitted <= 0.0).then_some("dropped");
            let note = self.plan.keeps(&rule.id, told).or(dropped).map(|note| format!("  {note}")).unwrap_or_default();
            writeln!(out, "{:32}{told:>18}{:>9.2}{fitted:>9.2}{note}", rule.id, rule.weight)?;
        }
        Ok(())
    }
}

/// What is checked in.
struct Table {
    weights: Vec<f64>,
    bias: f64,
    /// Of scores as they were fitted to pairs.
    slope: f64,
}

fn show_table(bench: &Bench, table: &Table, out: &mut dyn Write) -> Result<(), LabError> {
    writeln!(
        out,
        "\nsingle answers: chance of being right = sigmoid(bias + slope * score), slope {:.3} before",
        table.slope
    )?;
    writeln!(out, "rounding and scaling; with slope 1 the constant is {:.2} (now {BIAS})\n", table.bias)?;
    let kept = table.weights.iter().filter(|w| **w > 0.0).count();
    writeln!(out, "/// Log-odds of a candidate with no finding.\npub const BIAS: f64 = {:?};\n", table.bias)?;
    let (pairs, sets) = (bench.pairs.len(), set_names(bench).len());
    writeln!(
        out,
        "/// Log-odds that a breach of full severity costs, by rule. Fitted by `toolrm-lab fit` to {pairs} pairs of {sets} sets."
    )?;
    writeln!(out, "pub const WEIGHTS: [(&str, f32); {}] = [", bench.rules.len())?;
    for (rule, weight) in bench.rules.iter().zip(&table.weights) {
        writeln!(out, "    (\"{}\", {weight:?}),", rule.id)?;
    }
    writeln!(out, "];\n\n{kept} of {} rules keep a weight", bench.rules.len())?;
    Ok(())
}

/// In steps of 0.05.
fn rounded(weight: f64) -> f64 {
    let twentieths = (weight * 20.0).round();
    if twentieths == 0.0 { 0.0 } else { twentieths / 20.0 }
}

/// The crate's table against the fitted one.
fn check(bench: &Bench, table: &Table) -> Result<(), LabError> {
    let differs = |a: f64, b: f64| (a - b).abs() > 1e-4;
    let rules = bench.rules.iter().zip(&table.weights).filter(|(rule, fitted)| differs(rule.weight, **fitted));
    let mut faults: Vec<String> =
        rules.map(|(rule, fitted)| format!("{} is {}, fitted {fitted}", rule.id, rule.weight)).collect();
    if differs(BIAS, table.bias) {
        faults.push(format!("BIAS is {BIAS}, fitted {}", table.bias));
    }
    if faults.is_empty() {
        return Ok(());
    }
    let list = faults.join("\n  ");
    Err(LabError::Check(format!(
        "weights.rs is not what the pairs say:\n  {list}\nrun `toolrm-lab fit` and take its table over"
    )))
}

/// A penalty, tried on questions that were not fitted to.
struct Trial {
    plan: Plan,
    scores: Vec<Scores>,
    loss: f64,
}

impl Trial {
    fn new(bench: &Bench, plan: Plan, args: &PlanArgs) -> Result<Self, LabError> {
        let folds = usize::from(args.folds);
        let part: Vec<usize> = bench.pairs.iter().map(|pair| fold(pair, folds, args.seed)).collect();
        let fits = (0..folds).into_par_iter().map(|left_out| {
            let rest = bench.pairs.iter().zip(&part).filter(|(_, f)| **f != left_out).map(|(pair, _)| pair);
            plan.fit(bench, &rest.collect::<Vec<_>>())
        });
        let fits = fits.collect::<Result<Vec<_>, _>>()?;
        let held_out = bench.pairs.iter().zip(&part).filter_map(|(pair, f)| Some((pair, fits.get(*f)?)));
        let scores: Vec<Scores> = held_out.map(|(pair, weights)| Scores::of(pair, weights, plan.pooling)).collect();
        let loss = log_loss(bench, &scores, &plan);
        Ok(Self { plan, scores, loss })
    }
}

/// Mean log loss of the pairs of a set, then the mean of the sets, each as much as it counts.
fn log_loss(bench: &Bench, scores: &[Scores], plan: &Plan) -> f64 {
    let of = |set: &str| {
        let pairs = bench.pairs.iter().zip(scores).filter(|(pair, _)| counts(pair) && &*pair.set == set);
        let losses: Vec<f64> = pairs.map(|(_, s)| softplus(-s.difference())).collect();
        losses.iter().sum::<f64>() / losses.len().max(1) as f64
    };
    let weighed = set_names(bench).into_iter().map(|set| (plan.set_weight(set), of(set)));
    let (total, sum) = weighed.fold((0.0, 0.0), |(total, sum), (weight, loss)| (total + weight, sum + weight * loss));
    sum / total
}

fn set_names(bench: &Bench) -> BTreeSet<&str> {
    bench.pairs.iter().map(|pair| &*pair.set).collect()
}

/// The scores of each set under weights that were fitted to the other sets.
fn set_left_out(bench: &Bench, plan: &Plan) -> Result<Vec<Scores>, LabError> {
    let sets: Vec<&str> = set_names(bench).into_iter().collect();
    if sets.len() < 2 {
        return Ok(Vec::new());
    }
    let fits = sets.par_iter().map(|left_out| {
        let rest: Vec<&Seen> = bench.pairs.iter().filter(|pair| &*pair.set != *left_out).collect();
        Ok((*left_out, plan.fit(bench, &rest)?))
    });
    let fits = fits.collect::<Result<std::collections::HashMap<_, _>, LabError>>()?;
    let of = |pair: &Seen| Some(Scores::of(pair, fits.get(&*pair.set)?, plan.pooling));
    Ok(bench.pairs.iter().filter_map(of).collect())
}

fn share(figures: &[Figure], name: &str) -> String {
    figures.iter().find(|f| f.name == name).map_or_else(|| "-".into(), |f| format!("{:.1}", f.value * 100.0))
}
