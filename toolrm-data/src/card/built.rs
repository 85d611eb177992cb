//! How it was built: what became of what went in, what was mended, inputs, files, configuration.

use super::facts::{Facts, named, share, share_cell, total};
use crate::{
    build::manifest::{Manifest, Stage},
    document::{Block, Section, Table, number::count},
    plot::{Bars, Figure, Key, Style},
};

pub(super) fn sections(facts: &Facts<'_>) -> Vec<Section> {
    let section = |id, title: &str, blocks| Section { id, title: title.into(), blocks };
    let manifest = facts.manifest;
    vec![
        section("stages", "What became of what went in", stages(manifest)),
        section("candidates", "Answers that were labelled", candidates(manifest)),
        section("repairs", "What was mended", repairs(manifest)),
        section("inputs", "Inputs and their licences", inputs(manifest)),
        section("files", "Files", files(manifest)),
        section("configuration", "Configuration", configuration(manifest)),
    ]
}

fn stages(manifest: &Manifest) -> Vec<Block> {
    if manifest.stages.is_empty() {
        return vec![Block::Text("The manifest has no stages.".into())];
    }
    let said = "What goes into a stage comes out of it, or is quarantined (unusable; a line in the quarantine file each), or is left out \
                by a rule. A stage may make several of what it takes: a trajectory has several steps.";
    let figure = Figure {
        id: "stage-bars".into(),
        title: "Kept and dropped, by stage".into(),
        summary: "The parts of a bar stand in the order of the legend, what went in in brackets. The figures are in the table below.".into(),
        keys: ["kept", "quarantined", "left out by a rule"]
            .into_iter()
            .enumerate()
            .map(|(i, name)| Key { name: name.into(), style: Style::Series(i) })
            .collect(),
        shown: Box::new(Bars {
            rows: manifest.stages.iter().map(|stage| (stage.name.clone(), parts(stage).into())).collect(),
            axis: "records, steps, candidates, pairs".into(),
        }),
    };
    let mut sums = Table::new("Stages", &["stage", "in", "kept", "quarantined", "left out", "sum"]);
    manifest.stages.iter().for_each(|stage| sums.row([stage.name.clone()].into_iter().chain(sum(stage)).collect()));
    let mut reasons =
        Table::new("Why", &["stage", "what became of it", "reason", "how many", "of what went in (%)"]).words(&[1, 2]);
    for stage in &manifest.stages {
        for (what, counts) in [("quarantined", &stage.quarantined), ("left out", &stage.filtered)] {
            for (reason, n) in super::facts::by_size(counts) {
                let share = share_cell(share(n, stage.taken));
                reasons.row(vec![stage.name.clone(), what.into(), named(reason, "none given").into(), count(n), share]);
            }
        }
    }
    let mut by_source =
        Table::new("Stages by source", &["source", "stage", "in", "kept", "quarantined", "left out", "sum"])
            .words(&[1])
            .folded();
    for (source, stages) in &manifest.sources {
        for stage in stages {
            by_source.row([source.clone(), stage.name.clone()].into_iter().chain(sum(stage)).collect());
        }
    }
    let mut blocks = vec![Block::Text(said.into()), Block::Figure(Box::new(figure)), Block::Table(sums)];
    blocks.extend([reasons, by_source].into_iter().filter(|table| !table.rows.is_empty()).map(Block::Table));
    blocks
}

/// Kept, quarantined, left out.
fn parts(stage: &Stage) -> [u64; 3] {
    [stage.kept, total(&stage.quarantined), total(&stage.filtered)]
}

/// In, kept, quarantined, left out, and whether they add up: `80 + 5 + 15 = 100`.
fn sum(stage: &Stage) -> [String; 5] {
    let [kept, quarantined, filtered] = parts(stage);
    let all = kept + quarantined + filtered;
    let but = if stage.adds_up() { String::new() } else { format!(", not {}", count(stage.taken)) };
    let sum = format!("{} + {} + {} = {}{but}", count(kept), count(quarantined), count(filtered), count(all));
    [count(stage.taken), count(kept), count(quarantined), count(filtered), sum]
}

fn candidates(manifest: &Manifest) -> Vec<Block> {
    if manifest.candidates.is_empty() {
        return vec![Block::Text("None.".into())];
    }
    let mut table = Table::new("Answers by provenance", &["provenance", "labelled", "right", "right (%)"]);
    let mut types = Table::new("Answers by error type", &["provenance", "error type", "answers"]).words(&[1]).folded();
    for (provenance, counts) in &manifest.candidates {
        let (all, right) = (total(counts), counts.get("").copied().unwrap_or_default());
        table.row(vec![provenance.clone(), count(all), count(right), share_cell(share(right, all))]);
        for (name, n) in super::facts::by_size(counts) {
            types.row(vec![provenance.clone(), named(name, "right").into(), count(n)]);
        }
    }
    vec![Block::Table(table), Block::Table(types)]
}

fn repairs(manifest: &Manifest) -> Vec<Block> {
    let mut table = Table::new("Mended rather than refused", &["source", "what", "how many"]).words(&[1]);
    for (source, counts) in &manifest.repairs {
        for (what, n) in counts {
            table.row(vec![source.clone(), what.clone(), count(*n)]);
        }
    }
    vec![if table.rows.is_empty() { Block::Text("Nothing was mended.".into()) } else { Block::Table(table) }]
}

fn inputs(manifest: &Manifest) -> Vec<Block> {
    if manifest.inputs.is_empty() {
        return vec![Block::Text("None.".into())];
    }
    let head = ["source", "who published it, under which licence", "adapter", "path", "bytes", "SHA-256"];
    let mut table = Table::new("Inputs, in the order they were read", &head).words(&[1, 2, 3, 5]);
    for input in &manifest.inputs {
        let [source, about, adapter, path] =
            [&input.source, &input.about, &input.adapter, &input.path].map(|text| named(text, "not given").to_owned());
        table.row(vec![source, about, adapter, path, count(input.bytes), input.sha256.clone()]);
    }
    let said = "The pairs are made of these, and each licence goes on for what was made of it: rows of one source can be told by their \
                source.";
    vec![Block::Text(said.into()), Block::Table(table)]
}

fn files(manifest: &Manifest) -> Vec<Block> {
    if manifest.files.is_empty() {
        return vec![Block::Text("None beside the manifest.".into())];
    }
    let mut table = Table::new("Files", &["file", "rows", "bytes", "SHA-256"]).words(&[3]);
    for file in &manifest.files {
        table.row(vec![file.name.clone(), count(file.rows), count(file.bytes), file.sha256.clone()]);
    }
    vec![Block::Table(table)]
}

fn configuration(manifest: &Manifest) -> Vec<Block> {
    let text = format!("{:#}", manifest.config);
    vec![Block::Code { caption: "The configuration, with every default spelled out".into(), text }]
}
