//! What each rule is worth: how much accuracy drops when it is switched off.

use rayon::prelude::*;
use toolrm_core::measure::Interval;

use crate::{
    columns::{Column, Questions, columns},
    figures::{Scores, counts, points, scores},
    severities::{Bench, Pooling, RuleLine, Seen, Side},
};

/// A rule's worth.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Worth {
    /// Its id.
    pub rule: String,
    /// Its weight.
    pub weight: f64,
    /// By how much each column drops without it; positive = the rule helps.
    pub drops: Vec<Drop>,
    /// Pairs in which it is heavier on the rejected answer.
    pub on_rejected: usize,
    /// Pairs in which it is heavier on the chosen one.
    pub on_chosen: usize,
    /// Pairs whose verdict it changes.
    pub decides: usize,
}

/// By how much a share drops, in percentage points.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Drop {
    /// Percentage points; positive = the share was higher before.
    pub points: f64,
    /// The interval over questions, the same ones before and after.
    pub interval: Option<Interval>,
}

impl Drop {
    /// Nothing to speak of.
    pub fn is_nothing(&self) -> bool {
        self.points.abs() < 0.005
    }

    /// Whether its interval leaves 0 out.
    pub fn is_sure(&self) -> bool {
        self.interval.is_some_and(|i| i.low > 1e-9 || i.high < -1e-9)
    }
}

/// The worth of every rule under a table of weights, and the figures it is measured by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ablation {
    /// The columns, with their shares when all rules are on.
    pub columns: Vec<(Column, f64)>,
    /// One per rule, in the crate's order.
    pub rules: Vec<Worth>,
}

/// Switches off one rule after the other. Intervals are drawn over questions by `seed`.
pub fn ablate(bench: &Bench, weights: &[f64], seed: u64) -> Ablation {
    let questions = Questions::new(&bench.pairs, seed);
    let columns: Vec<Column> = columns(&bench.pairs).into_iter().filter(is_column).collect();
    let on = scores(bench, weights, Pooling::Sum);
    let rules = bench.rules.par_iter().enumerate().map(|(i, rule)| {
        let off = without(bench, weights, &on, i);
        worth(bench, rule, (i, weights), columns.iter().map(|c| drop(c, &on, &off, &questions)).collect(), (&on, &off))
    });
    let rules = rules.collect();
    let columns = columns.into_iter().map(|column| {
        let value = column.value(&on);
        (column, value)
    });
    Ablation { columns: columns.collect(), rules }
}

/// The scores without a rule: only pairs it speaks of are scored again.
fn without(bench: &Bench, weights: &[f64], on: &[Scores], rule: usize) -> Vec<Scores> {
    let off: Vec<f64> = weights.iter().enumerate().map(|(k, w)| if k == rule { 0.0 } else { *w }).collect();
    let again = |(pair, on): (&Seen, &Scores)| {
        let speaks = |side: &Side| severity(side, rule) > 0.0;
        let sides = [Some(&pair.chosen), Some(&pair.rejected), pair.refusal.as_ref()];
        if sides.into_iter().flatten().any(speaks) { Scores::of(pair, &off, Pooling::Sum) } else { *on }
    };
    bench.pairs.iter().zip(on).map(again).collect()
}

fn drop(column: &Column, on: &[Scores], off: &[Scores], questions: &Questions) -> Drop {
    let mut drop = Drop { points: (column.value(on) - column.value(off)) * 100.0, interval: None };
    if !drop.is_nothing() {
        let in_points = |i: Interval| Interval { low: i.low * 100.0, high: i.high * 100.0 };
        drop.interval = column.paired(on, off, questions).map(in_points);
    }
    drop
}

fn worth(
    bench: &Bench,
    rule: &RuleLine,
    (place, weights): (usize, &[f64]),
    drops: Vec<Drop>,
    (on, off): (&[Scores], &[Scores]),
) -> Worth {
    let counted = || bench.pairs.iter().zip(on.iter().zip(off)).filter(|(pair, _)| counts(pair));
    let more = |pair: &Seen| severity(&pair.rejected, place) - severity(&pair.chosen, place);
    Worth {
        rule: rule.id.clone(),
        weight: weights.get(place).copied().unwrap_or(0.0),
        drops,
        on_rejected: counted().filter(|(pair, _)| more(pair) > 1e-9).count(),
        on_chosen: counted().filter(|(pair, _)| more(pair) < -1e-9).count(),
        decides: counted().filter(|(_, (on, off))| differs(on, off)).count(),
    }
}

fn differs(on: &Scores, off: &Scores) -> bool {
    (points(on.difference()) - points(off.difference())).abs() > 1e-9
}

fn severity(side: &Side, rule: usize) -> f64 {
    side.findings.iter().flatten().filter(|(r, _)| *r == rule).map(|(_, s)| s).sum()
}

/// The sets as wholes, and what BFCL says about its hardest categories and about whether to call at all.
fn is_column(column: &Column) -> bool {
    column.headline || ["live_multiple", "irrelevance", "auc"].contains(&column.short.as_str())
}

impl Ablation {
    /// In how many sets a rule helps, and in how many it does harm.
    fn helps_and_harms(&self, rule: &Worth) -> [usize; 2] {
        let of_sets = || self.columns.iter().zip(&rule.drops).filter(|((c, _), d)| c.headline && !d.is_nothing());
        [of_sets().filter(|(_, d)| d.points > 0.0).count(), of_sets().filter(|(_, d)| d.points < 0.0).count()]
    }

    /// As a Markdown table.
    pub fn to_markdown(&self) -> String {
        let mut lines = Vec::new();
        let heads: Vec<&str> = self.columns.iter().map(|(c, _)| c.name.as_str()).collect();
        lines.push(format!(
            "| rule | weight | {} | sets: helps / harms | decides | heavier on rejected | on chosen |",
            heads.join(" | ")
        ));
        lines.push(format!("|---|---:|{}---:|---:|---:|---:|", "---:|".repeat(heads.len())));
        let with: Vec<String> = self.columns.iter().map(|(_, value)| percent(*value)).collect();
        lines.push(format!("| *all rules* | | {} | | | | |", with.join(" | ")));
        for rule in &self.rules {
            let drops: Vec<String> = rule.drops.iter().map(with_interval).collect();
            let [helps, harms] = self.helps_and_harms(rule);
            let counts = format!("{helps} / {harms} | {} | {} | {}", rule.decides, rule.on_rejected, rule.on_chosen);
            lines.push(format!("| `{}` | {} | {} | {counts} |", rule.rule, rule.weight, drops.join(" | ")));
        }
        lines.join("\n") + "\n"
    }
}

/// A share, in percent with one decimal.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Two decimals with a sign and half of the interval; nothing is `0`.
fn with_interval(drop: &Drop) -> String {
    if drop.is_nothing() {
        return "0".into();
    }
    let around = drop.interval.map(|i| format!(" ±{:.2}", i.half_width())).unwrap_or_default();
    format!("{:+.2}{around}", drop.points)
}
