//! What each rule is worth: how much accuracy drops when it is switched off.

use crate::{
    figures::{Figure, Scores, counts, figures, points, scores},
    severities::{Bench, Pooling, RuleLine, Side},
};

/// A rule's worth.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Worth {
    /// Its id.
    pub rule: String,
    /// Its weight.
    pub weight: f64,
    /// By how much each column drops without it, in percentage points; positive = the rule helps.
    pub drops: Vec<f64>,
    /// Pairs in which it is heavier on the rejected answer.
    pub on_rejected: usize,
    /// Pairs in which it is heavier on the chosen one.
    pub on_chosen: usize,
    /// Pairs whose verdict it changes.
    pub decides: usize,
}

/// The worth of every rule under a table of weights, and the figures it is measured by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ablation {
    /// The columns, with all rules on.
    pub columns: Vec<Figure>,
    /// One per rule, in the crate's order.
    pub rules: Vec<Worth>,
}

/// Switches off one rule after the other.
pub fn ablate(bench: &Bench, weights: &[f64]) -> Ablation {
    let on = scores(bench, weights, Pooling::Sum);
    let columns: Vec<Figure> = figures(&bench.pairs, &on).into_iter().filter(is_column).collect();
    let worth = |(i, rule): (usize, &RuleLine)| {
        let without: Vec<f64> = weights.iter().enumerate().map(|(k, w)| if k == i { 0.0 } else { *w }).collect();
        let off = scores(bench, &without, Pooling::Sum);
        let changed: Vec<Figure> = figures(&bench.pairs, &off).into_iter().filter(is_column).collect();
        let heavier = |side: fn(f64, f64) -> bool| {
            bench.pairs.iter().filter(|p| counts(p) && side(severity(&p.rejected, i), severity(&p.chosen, i))).count()
        };
        let verdicts = bench.pairs.iter().zip(on.iter().zip(&off)).filter(|(pair, _)| counts(pair));
        Worth {
            rule: rule.id.clone(),
            weight: weights.get(i).copied().unwrap_or(0.0),
            drops: columns.iter().zip(&changed).map(|(with, without)| (with.value - without.value) * 100.0).collect(),
            on_rejected: heavier(|r, c| r > c + 1e-9),
            on_chosen: heavier(|r, c| c > r + 1e-9),
            decides: verdicts.filter(|(_, (on, off))| differs(on, off)).count(),
        }
    };
    let rules = bench.rules.iter().enumerate().map(worth).collect();
    Ablation { columns, rules }
}

fn differs(on: &Scores, off: &Scores) -> bool {
    (points(on.difference()) - points(off.difference())).abs() > 1e-9
}

fn severity(side: &Side, rule: usize) -> f64 {
    side.findings.iter().flatten().filter(|(r, _)| *r == rule).map(|(_, s)| s).sum()
}

/// The sets as wholes, and what BFCL says about its hardest categories and about whether to call at all.
fn is_column(figure: &Figure) -> bool {
    let further = ["live_multiple", "irrelevance, both", "auc right calls / irrelevance calls"];
    figure.headline || figure.name.split_once(": ").is_some_and(|(_, what)| further.contains(&what))
}

/// In how many sets a rule helps, and in how many it does harm.
fn helps_and_harms(columns: &[Figure], drops: &[f64]) -> [usize; 2] {
    let sets: Vec<f64> = columns.iter().zip(drops).filter(|(c, _)| c.headline).map(|(_, drop)| *drop).collect();
    [sets.iter().filter(|d| **d >= 0.005).count(), sets.iter().filter(|d| **d <= -0.005).count()]
}

impl Ablation {
    /// As a Markdown table.
    pub fn to_markdown(&self) -> String {
        let mut lines = Vec::new();
        let heads: Vec<String> = self.columns.iter().map(|c| c.name.clone()).collect();
        lines.push(format!(
            "| rule | weight | {} | sets: helps / harms | decides | heavier on rejected | on chosen |",
            heads.join(" | ")
        ));
        lines.push(format!("|---|---:|{}---:|---:|---:|---:|", "---:|".repeat(heads.len())));
        let with: Vec<String> = self.columns.iter().map(|c| format!("{:.1} %", c.value * 100.0)).collect();
        lines.push(format!("| *all rules* | | {} | | | | |", with.join(" | ")));
        for rule in &self.rules {
            let drops: Vec<String> = rule.drops.iter().map(|d| signed(*d)).collect();
            let [helps, harms] = helps_and_harms(&self.columns, &rule.drops);
            let counts = format!("{helps} / {harms} | {} | {} | {}", rule.decides, rule.on_rejected, rule.on_chosen);
            lines.push(format!("| `{}` | {} | {} | {counts} |", rule.rule, rule.weight, drops.join(" | ")));
        }
        lines.join("\n") + "\n"
    }
}

/// Two decimals with a sign; nothing is `0`.
fn signed(points: f64) -> String {
    if points.abs() < 0.005 { "0".into() } else { format!("{points:+.2}") }
}
