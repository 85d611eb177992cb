//! Whether a tool does what is asked: calls that were right and calls where no tool fits, and the weights of the terms of a fit
//! ([`FIT_WEIGHTS`]) that tell them apart.

use std::collections::{BTreeMap, HashSet};

use toolrm_core::{call::Candidate, context::FIT_WEIGHTS, task::Task};

use crate::{
    dataset::Record,
    error::LabError,
    logistic::{self, Bounds, Row, sigmoid},
};

/// Tools that were called, or that might have been.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs, reason = "what there is to say about a call")]
pub struct Called {
    /// The set it is of.
    pub set: &'static str,
    /// What was asked.
    pub task: Task,
    /// The names of the tools.
    pub tools: Vec<String>,
    /// Whether they do what is asked.
    pub right: bool,
}

/// The calls of pairs: right ones, and those made where no tool fits (`irrelevance` in the category). Each tool of a question once.
pub fn of_pairs(records: Vec<Record>) -> Vec<Called> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for record in records {
        let right = !record.category.contains("irrelevance");
        let candidate: &Candidate = if right { &record.chosen } else { &record.rejected };
        let names: Vec<String> = candidate.action.calls().iter().map(|call| call.name.clone()).collect();
        if !names.is_empty() && seen.insert((record.question, names.clone())) {
            all.push(Called { set: "bfcl", task: record.task, tools: names, right });
        }
    }
    all
}

/// One tool with the terms of its fit.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a row of a matrix")]
pub struct Seen {
    /// The set it is of.
    pub set: &'static str,
    /// The terms, as [`FIT_WEIGHTS`] names them.
    pub terms: Vec<f64>,
    /// Whether it does what is asked.
    pub right: bool,
    /// How much it counts: of a set, right and wrong as much as one another.
    pub weight: f64,
}

/// The tools of all calls. Of several tools of one call each counts less; sets count as `sets` says, else 1.
pub fn seen(calls: &[Called], sets: &BTreeMap<String, f64>) -> Vec<Seen> {
    let mut all = Vec::new();
    for call in calls {
        let tools = call.task.tools();
        let indices: HashSet<usize> = call.tools.iter().filter_map(|name| tools.index_of(name)).collect();
        let mut indices: Vec<usize> = indices.into_iter().collect();
        indices.sort_unstable();
        let fits = indices.iter().filter_map(|i| call.task.context().fits.get(*i));
        all.extend(fits.map(|fit| Seen {
            set: call.set,
            terms: fit.terms().iter().map(|t| f64::from(*t)).collect(),
            right: call.right,
            weight: 1.0 / indices.len() as f64,
        }));
    }
    let mut totals: BTreeMap<(&str, bool), f64> = BTreeMap::new();
    for one in &all {
        *totals.entry((one.set, one.right)).or_default() += one.weight;
    }
    for one in &mut all {
        let set = sets.get(one.set).copied().unwrap_or(1.0);
        one.weight *= set / totals.get(&(one.set, one.right)).copied().unwrap_or(1.0);
    }
    all
}

/// What is known before the fit: the recorded calls hold next to no tool that answers questions on any subject, and such a tool surely
/// can be called for a question.
const GENERAL: f64 = 2.5;

/// The weights that tell right from wrong, each on the side of 0 where [`FIT_WEIGHTS`] has it, drawn to 0 by `l2` (that of `general` to
/// what is known of it); the constant is free.
pub fn fit(seen: &[Seen], l2: f64) -> Result<Vec<f64>, LabError> {
    let bounds = FIT_WEIGHTS.map(|(name, weight)| match (name, weight < 0.0) {
        ("constant", _) => Bounds::free(),
        ("general", _) => Bounds::at_least_zero(GENERAL, l2),
        (_, false) => Bounds::at_least_zero(0.0, l2),
        (_, true) => Bounds { centre: 0.0, l2, least: f64::NEG_INFINITY, most: 0.0 },
    });
    let row = |one: &Seen| {
        let sign = if one.right { 1.0 } else { -1.0 };
        Row { x: one.terms.iter().map(|t| sign * t).enumerate().collect(), weight: one.weight }
    };
    logistic::fit(&seen.iter().map(row).collect::<Vec<_>>(), &bounds)
}

/// The share of right tools and of wrong ones that weights take for right, by set.
pub fn taken(seen: &[Seen], weights: &[f64]) -> BTreeMap<&'static str, [f64; 2]> {
    let mut sums: BTreeMap<&'static str, [(f64, f64); 2]> = BTreeMap::new();
    for one in seen {
        let logit: f64 = one.terms.iter().zip(weights).map(|(t, w)| t * w).sum();
        let [right, wrong] = sums.entry(one.set).or_default();
        let (taken, all) = if one.right { right } else { wrong };
        *taken += if sigmoid(logit) > 0.5 { one.weight } else { 0.0 };
        *all += one.weight;
    }
    sums.into_iter()
        .map(|(set, sides)| (set, sides.map(|(taken, all)| if all > 0.0 { taken / all } else { 0.0 })))
        .collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use serde_json::json;
    use toolrm_core::{
        call::{Message, Tool},
        toolset::Toolset,
    };

    use super::*;

    fn called(request: &str, tools: &[&str], right: bool) -> Called {
        let tool = |name: &str, text: &str| Tool::new(name, json!({"type": "object"})).with_description(text);
        let set = Toolset::new(vec![
            tool("find_restaurant", "Find a restaurant in a city."),
            tool("lock_door", "Lock a door of the house."),
        ]);
        let names = tools.iter().map(|t| (*t).to_owned()).collect();
        Called { set: "bfcl", task: Task::new(vec![Message::user(request)], set.unwrap()), tools: names, right }
    }

    #[test]
    fn every_side_of_a_set_counts_as_much() {
        let seen = seen(
            &[
                called("A restaurant in Rome", &["find_restaurant"], true),
                called("Lock the door and find a restaurant", &["find_restaurant", "lock_door"], true),
                called("Sing a song", &["lock_door"], false),
            ],
            &BTreeMap::from([("bfcl".to_owned(), 2.0)]),
        );
        let total = |right| seen.iter().filter(|s| s.right == right).map(|s| s.weight).sum::<f64>();
        assert_eq!((seen.len(), total(true), total(false)), (4, 2.0, 2.0));
        assert_eq!(seen[1].weight, 0.5);
    }

    #[test]
    fn what_speaks_for_a_tool_is_found() {
        let mut calls = Vec::new();
        for (request, tool, right) in [
            ("Find me a restaurant in Rome", "find_restaurant", true),
            ("Please lock the door of the house", "lock_door", true),
            ("Please paint a yellow horse", "find_restaurant", false),
            ("Which poems did she write", "lock_door", false),
        ] {
            calls.push(called(request, &[tool], right));
        }
        let seen = seen(&calls, &BTreeMap::new());
        let weights = fit(&seen, 0.01).unwrap();
        assert_eq!(taken(&seen, &weights)["bfcl"], [1.0, 0.0]);
        assert!(
            weights.iter().zip(FIT_WEIGHTS).all(|(w, (name, set))| name == "constant" || w * f64::from(set) >= 0.0)
        );
    }
}
