//! What is wrong with the recorded wrong answers of real models: what `ErrorMix::measured` is made of. Skipped aloud where the data is not
//! there. `cargo test -p toolrm-data --test measured_errors -- --nocapture` prints the table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeMap, sync::Arc};

use common::data;
use toolrm_core::{
    call::{Action, Message},
    toolset::{Dialect, Toolset},
};
use toolrm_data::{
    observed::{ErrorType, Observer},
    perturb::ErrorMix,
    record::ToolsetCache,
    source::{Record, Trajectory, by_name},
    tree::Tree,
};

/// Sources with answers of real models, and their files.
const SOURCES: [(&str, &str); 5] = [
    ("complexfuncbench_runs", "."),
    ("hammerbench", "hammerbench_en.tar.zst"),
    ("seal_tools", "seal_tools.tar.zst"),
    ("toolalpaca", "toolalpaca.tar.zst"),
    ("ultratool", "ultratool.tar.zst"),
];

/// Wrong answers by what is wrong with them.
type Wrong = BTreeMap<ErrorType, usize>;

fn wrong_answers(name: &str, file: &str) -> Option<Wrong> {
    let path = data(name, file)?;
    let (mut wrong, mut toolsets) = (Wrong::new(), ToolsetCache::default());
    let read = by_name(name).unwrap().read(&Tree::open_any(&path).unwrap(), &mut |record| {
        if let Record::Trajectory(trajectory) = record {
            match toolsets.read(&trajectory.tools, Dialect::Auto) {
                Ok(tools) => add(&trajectory, &tools, &mut wrong),
                Err(error) if trajectory.answers.is_empty() => drop(error),
                Err(error) => println!("{}: not compared: {error}", trajectory.id),
            }
        }
        Ok(())
    });
    read.unwrap();
    Some(wrong)
}

/// An answer that its publisher calls right is one more right answer of its step, whatever its text, and counts for nothing else.
fn add(trajectory: &Trajectory, tools: &Arc<Toolset>, wrong: &mut Wrong) {
    for step in trajectory.steps() {
        let answers = || trajectory.answers.iter().filter(|answer| answer.step == step);
        if answers().all(|answer| answer.published == Some(true)) {
            continue;
        }
        let mut right = vec![action(&trajectory.messages[step])];
        right.extend(answers().filter(|a| a.published == Some(true)).map(|a| a.answer.action.clone()));
        right.retain(|action| !action.is_malformed());
        let observer = Observer::new(Arc::clone(tools), right);
        for answer in answers().filter(|answer| answer.published != Some(true)) {
            match observer.error_type(&answer.answer) {
                Ok(Some(error)) => *wrong.entry(error).or_default() += 1,
                Ok(None) => {}
                Err(error) => println!("{}@{step}: not compared: {error}", trajectory.id),
            }
        }
    }
}

fn action(message: &Message) -> Action {
    if message.tool_calls.is_empty() {
        Action::Text(message.text().into_owned())
    } else {
        Action::Calls(message.tool_calls.clone())
    }
}

/// Most errors that a source weighs.
const MOST: f64 = 1000.0;

/// Largest shares of answers of the wrong form.
const CAPS: [(ErrorType, f64); 2] = [(ErrorType::Malformed, 0.04), (ErrorType::WordsInsteadOfCall, 0.10)];

/// The shares of the types in `of`: each source weighs as many errors of these types as it has, and no more than [`MOST`].
fn shares(counted: &[Wrong], of: impl Fn(ErrorType) -> bool) -> BTreeMap<ErrorType, f64> {
    let (mut shares, mut all) = (BTreeMap::new(), 0.0);
    for wrong in counted {
        let of_these = || wrong.iter().filter(|(error, _)| of(**error)).map(|(error, n)| (*error, *n as f64));
        let n: f64 = of_these().map(|(_, n)| n).sum();
        let weight = n.min(MOST);
        all += weight;
        of_these().for_each(|(error, k)| *shares.entry(error).or_default() += weight * k / n);
    }
    for share in shares.values_mut() {
        *share /= all;
    }
    shares
}

/// The mix that the counts give: what is of another kind than the right answer by its share of everything, capped; what is wrong in calls
/// where calls are right fills the rest.
fn mix(counted: &[Wrong]) -> BTreeMap<ErrorType, f64> {
    let is_kind = |error| CAPS.iter().any(|(e, _)| *e == error) || error == ErrorType::CallInsteadOfWords;
    let mut kinds = shares(counted, |_| true);
    kinds.retain(|error, _| is_kind(*error));
    for (error, cap) in CAPS {
        kinds.entry(error).and_modify(|share| *share = share.min(cap));
    }
    let rest = 1.0 - kinds.values().sum::<f64>();
    let inside = shares(counted, |error| !is_kind(error)).into_iter().map(|(error, share)| (error, rest * share));
    kinds.into_iter().chain(inside).collect()
}

#[test]
fn the_measured_mix_is_what_real_models_do_wrong() {
    let counted: Option<Vec<Wrong>> = SOURCES.iter().map(|(name, file)| wrong_answers(name, file)).collect();
    let Some(counted) = counted else { return };
    let total = |wrong: &Wrong| wrong.values().sum::<usize>();
    println!("{:<24}{}", "", SOURCES.map(|(name, _)| format!("{name:>24}")).concat());
    let (measured, committed) = (mix(&counted), ErrorMix::measured());
    for error in ErrorType::ALL {
        let row = counted.iter().map(|wrong| {
            let n = wrong.get(&error).copied().unwrap_or_default();
            format!("{:>16} {:>6.1}%", n, 100.0 * n as f64 / total(wrong) as f64)
        });
        let share = measured.get(&error).copied().unwrap_or_default();
        println!("{error:<24}{} | {share:.3}", row.collect::<String>());
        assert!((share - committed.share(error)).abs() < 0.005, "{error}: measured {share:.3}");
    }
}
