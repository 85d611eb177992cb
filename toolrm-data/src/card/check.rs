//! What was checked: what is won without reading, overlap with benchmarks, questions that are nearly the same.

use std::collections::BTreeSet;

use super::facts::{Facts, share_cell, total};
use crate::document::{
    Block, Section, Table,
    number::{count, counted, percent, shortened},
};

/// How much of a question is shown.
const SHOWN: usize = 160;

pub(super) fn sections(facts: &Facts<'_>) -> Vec<Section> {
    let section = |id, title: &str, blocks| Section { id, title: title.into(), blocks };
    let mut sections = Vec::new();
    if facts.all.pairs > 0 {
        sections.push(section("leaks", "What is won without reading", leaks(facts)));
    }
    sections.push(section("contamination", "Held against benchmarks", contamination(facts)));
    sections.push(section("near-duplicates", "Questions that are nearly the same", near_duplicates(facts)));
    sections
}

fn leaks(facts: &Facts<'_>) -> Vec<Block> {
    let [train, validation] = [&facts.manifest.train, &facts.manifest.validation].map(|part| &part.leaks);
    let rules: BTreeSet<&String> = train.keys().chain(validation.keys()).collect();
    if rules.is_empty() {
        return vec![Block::Text("Not measured.".into())];
    }
    let mut table =
        Table::new("Pairs won by a rule that does not read the question (%)", &["rule", "training", "validation"]);
    for rule in rules {
        let cells = [train, validation].map(|leaks| share_cell(leaks.get(rule).copied()));
        table.row([rule.clone()].into_iter().chain(cells).collect());
    }
    let said = "The share of pairs that is won by whoever always picks the longer answer, the shorter one, the one with more calls, or \
                the one in words; ties count half, so that 50 % is nothing to be won. A judge is worth what it adds to the best of them.";
    vec![Block::Text(said.into()), Block::Table(table)]
}

fn contamination(facts: &Facts<'_>) -> Vec<Block> {
    let checked = &facts.manifest.contamination;
    if checked.against.is_empty() {
        return vec![Block::Text("The questions were not held against any benchmark.".into())];
    }
    let found = total(&checked.found);
    let mut against = Table::new("Benchmarks", &["benchmark", "questions", "SHA-256"]).words(&[2]);
    for benchmark in &checked.against {
        against.row(vec![benchmark.path.clone(), count(benchmark.questions), benchmark.sha256.clone()]);
    }
    let said = format!(
        "Trajectories held against them: {}; of these too near to one of their questions: {}.",
        count(checked.checked),
        count(found)
    );
    let mut blocks = vec![Block::Text(said), Block::Table(against)];
    if found > 0 {
        let mut table = Table::new("Too near, by source", &["source", "trajectories"]);
        checked.found.iter().for_each(|(source, n)| table.row(vec![source.clone(), count(*n)]));
        blocks.push(Block::Table(table));
    }
    if !checked.examples.is_empty() {
        let head = ["trajectory", "question", "benchmark's", "its question", "n-grams shared (%)", "Jaccard (%)"];
        let mut table = Table::new("Some of them", &head).words(&[1, 2, 3]);
        for example in &checked.examples {
            let shares = [example.containment, example.jaccard].map(|share| share_cell(Some(share)));
            let question = shortened(&example.question, SHOWN);
            let of_benchmark = [example.benchmark_id.clone(), shortened(&example.benchmark_question, SHOWN)];
            table.row([example.trajectory.clone(), question].into_iter().chain(of_benchmark).chain(shares).collect());
        }
        blocks.push(Block::Table(table));
    }
    blocks
}

fn near_duplicates(facts: &Facts<'_>) -> Vec<Block> {
    let near = facts.manifest.near_duplicates;
    if near.questions == 0 {
        return vec![Block::Text("There are no questions.".into())];
    }
    vec![Block::Text(format!(
        "Of {} {} ({} %) are nearly the same as another, in {}. All of a group are on one side of the split into training and validation.",
        counted(near.questions, "distinct question"),
        count(near.in_groups),
        percent(near.in_groups as f64 / near.questions as f64),
        counted(near.groups, "group"),
    ))]
}
