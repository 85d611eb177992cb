//! What the pairs are made of: sources, intensities, complexities, errors, answers, lengths.

use std::collections::BTreeMap;

use super::facts::{Facts, by_size, named, share, share_cell, total};
use crate::{
    build::manifest::Quantiles,
    document::{
        Block, Section, Table,
        number::{NO_FIGURE, count},
    },
    plot::{Bars, Figure, Heat, HeatCell, Key, Palette, Range, Ranges, Style},
};

/// More rows than this are in the table only.
const DRAWN: usize = 24;

/// How many columns of counts fit beside each other on a phone.
const BESIDE: usize = 5;

/// The ends of the bins of complexity, each bin up to its end; above the last is one more.
const COMPLEXITIES: [u32; 11] = [0, 1, 2, 3, 4, 5, 7, 10, 15, 25, 50];

pub(super) fn sections(facts: &Facts<'_>) -> Vec<Section> {
    if facts.all.pairs == 0 {
        return Vec::new();
    }
    let section = |id, title: &str, blocks| Section { id, title: title.into(), blocks };
    vec![
        section("sources", "Sources and provenance", sources(facts)),
        section("intensity", "How much better the better answer is", intensity(facts)),
        section("complexity", "How much a right answer takes", complexity(facts)),
        section("errors", "What is wrong with the worse answers", errors(facts)),
        section("answers", "What is compared with what", answers(facts)),
        section("lengths", "Lengths", lengths(facts)),
    ]
}

fn sources(facts: &Facts<'_>) -> Vec<Block> {
    let provenances = facts.provenances();
    let head: Vec<&str> =
        ["source"].into_iter().chain(provenances.iter().copied()).chain(["pairs", "share (%)", "validation"]).collect();
    let mut table = Table::new("Pairs by source and provenance", &head);
    let validation = &facts.manifest.validation;
    let mut line = |name: &str, counts: &BTreeMap<String, u64>, validation: u64, muted: bool| {
        let mut cells = vec![name.to_owned()];
        cells.extend(provenances.iter().map(|p| count(counts.get(*p).copied().unwrap_or_default())));
        let pairs = total(counts);
        cells.extend([count(pairs), share_cell(share(pairs, facts.all.pairs)), count(validation)]);
        table.row(cells);
        table.rows.last_mut().into_iter().for_each(|row| row.muted = muted);
    };
    for (source, counts) in &facts.all.sources {
        line(source, counts, validation.sources.get(source).map(total).unwrap_or_default(), false);
    }
    line("all", &facts.all.provenance, validation.pairs, true);
    vec![
        Block::Text(
            "The provenance of a pair is that of the less trusted of its two answers: recorded (a model's answer, published with the \
             dataset), served (a model's answer, sampled for this build), synthetic (made of the right answer by an operator)."
                .into(),
        ),
        Block::Table(table),
    ]
}

fn intensity(facts: &Facts<'_>) -> Vec<Block> {
    let bins = facts.all.intensity.values().chain(facts.manifest.available.values()).map(Vec::len).max().unwrap_or(0);
    let end = |i: usize| {
        format!("{:.2}", i as f64 / bins.max(1) as f64).trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let columns: Vec<String> = (0..bins).map(|i| format!("{}–{}", end(i), end(i + 1))).collect();
    let said = "Intensity is the score of the better answer less that of the worse one, in (0, 1]; a bin holds its upper end. Pairs of \
                low intensity differ in little and are hard to tell apart.";
    let mut blocks = vec![Block::Text(said.into())];
    blocks.extend(counts_by_column(
        Named { id: "intensity-map", title: "Pairs by source and intensity", axis: "intensity" },
        &columns,
        &facts.all.intensity,
    ));
    if !facts.manifest.available.is_empty() {
        let caption = "Pairs before balancing, by source and intensity";
        blocks.push(Block::Table(table_of(caption, &columns, &facts.manifest.available).folded()));
    }
    blocks
}

fn complexity(facts: &Facts<'_>) -> Vec<Block> {
    let bin = |complexity: u32| COMPLEXITIES.iter().take_while(|end| complexity > **end).count();
    let mut rows: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (source, counts) in &facts.all.complexity {
        let row = rows.entry(source.clone()).or_insert_with(|| vec![0; COMPLEXITIES.len() + 1]);
        for (complexity, n) in counts {
            row.get_mut(bin(*complexity)).into_iter().for_each(|to| *to += n);
        }
    }
    // Only the bins up to the last that has something in it.
    let used = rows.values().filter_map(|row| row.iter().rposition(|n| *n > 0)).max().map_or(0, |last| last + 1);
    for row in rows.values_mut() {
        row.truncate(used);
    }
    let columns: Vec<String> = (0..used).map(complexity_bin).collect();
    let said = "Complexity is the number of calls of the right answer and of all their arguments; 0 where the right answer is words.";
    let mut blocks = vec![Block::Text(said.into())];
    blocks.extend(counts_by_column(
        Named { id: "complexity-map", title: "Pairs by source and complexity", axis: "complexity" },
        &columns,
        &rows,
    ));
    blocks
}

/// `3`, `6–7`, `over 50`.
fn complexity_bin(bin: usize) -> String {
    let before = bin.checked_sub(1).and_then(|bin| COMPLEXITIES.get(bin)).copied();
    match (before, COMPLEXITIES.get(bin)) {
        (Some(before), Some(end)) if before + 1 < *end => format!("{}–{end}", before + 1),
        (_, Some(end)) => end.to_string(),
        (before, None) => format!("over {}", before.unwrap_or_default()),
    }
}

/// How a map of counts is called.
#[derive(Debug, Clone, Copy)]
struct Named {
    id: &'static str,
    title: &'static str,
    /// What the columns are.
    axis: &'static str,
}

/// Counts of sources as a heat map, and as a table.
fn counts_by_column(named: Named, columns: &[String], rows: &BTreeMap<String, Vec<u64>>) -> Vec<Block> {
    let largest = rows.values().flatten().copied().max().unwrap_or_default();
    if largest == 0 {
        return vec![Block::Text("The manifest does not say.".into())];
    }
    let levels = levels(largest);
    let cell = |n: u64| {
        let level = levels.iter().filter(|from| n >= **from).count().saturating_sub(1);
        (n > 0).then(|| HeatCell { level: Some(level), text: count(n), below: String::new() })
    };
    let row = |(source, counts): (&String, &Vec<u64>)| (source.clone(), counts.iter().map(|n| cell(*n)).collect());
    let heat = Heat {
        columns: columns.to_vec(),
        rows: rows.iter().map(row).collect(),
        x: named.axis.into(),
        y: "source".into(),
        palette: Palette::Counts,
        levels: level_names(&levels),
        // As many in each picture, so that no column is left alone.
        beside: columns.len().div_ceil(columns.len().div_ceil(BESIDE).max(1)),
    };
    let figure = Figure {
        id: named.id.into(),
        title: named.title.into(),
        summary:
            "How many pairs a source has in each column; empty cells have none. The figures are in the table below."
                .into(),
        keys: Vec::new(),
        shown: Box::new(heat),
    };
    vec![Block::Figure(Box::new(figure)), Block::Table(table_of(named.title, columns, rows).folded())]
}

fn table_of(caption: &str, columns: &[String], rows: &BTreeMap<String, Vec<u64>>) -> Table {
    let head: Vec<&str> = ["source"].into_iter().chain(columns.iter().map(String::as_str)).chain(["all"]).collect();
    let mut table = Table::new(caption, &head);
    for (source, counts) in rows {
        let cells = (0..columns.len()).map(|i| counts.get(i).copied().map_or(NO_FIGURE.into(), count));
        let all = count(counts.iter().sum());
        table.row([source.clone()].into_iter().chain(cells).chain([all]).collect());
    }
    table
}

/// Where the levels of counts up to `largest` begin: 1, 3, 10, 30, .., the last six of them.
fn levels(largest: u64) -> Vec<u64> {
    let ends = (0..19).flat_map(|decade| [10_u64.pow(decade), 3 * 10_u64.pow(decade)]);
    let ends: Vec<u64> = ends.take_while(|from| *from <= largest).collect();
    let skipped = ends.len().saturating_sub(Palette::Counts.levels());
    ends.into_iter().skip(skipped).enumerate().map(|(i, from)| if i == 0 { 1 } else { from }).collect()
}

/// `1–9`, `10–29`, `30 or more`.
fn level_names(levels: &[u64]) -> Vec<String> {
    let next = levels.iter().skip(1).map(Some).chain([None]);
    let name = |(from, next): (&u64, Option<&u64>)| match next {
        Some(next) if next - from > 1 => format!("{}–{}", count(*from), count(next - 1)),
        Some(_) => count(*from),
        None => format!("{} or more", count(*from)),
    };
    levels.iter().zip(next).map(name).collect()
}

fn errors(facts: &Facts<'_>) -> Vec<Block> {
    let provenances = facts.provenances();
    let counts = |of: &BTreeMap<String, u64>| -> Vec<u64> {
        provenances.iter().map(|p| of.get(*p).copied().unwrap_or_default()).collect()
    };
    let mut types: Vec<_> =
        facts.all.error_types.iter().map(|(name, of)| (named(name, "none given"), counts(of))).collect();
    types.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<u64>()));
    if types.is_empty() {
        return vec![Block::Text("The manifest does not say.".into())];
    }
    let key = |(i, name): (usize, &&str)| Key { name: (*name).into(), style: Style::Series(i) };
    let more = match types.len().saturating_sub(DRAWN) {
        0 => String::new(),
        more => format!(" The table also has the other {more}."),
    };
    let figure = Figure {
        id: "error-types".into(),
        title: "Pairs by error type of the worse answer and provenance".into(),
        summary: format!(
            "The parts of a bar stand in the order of the legend, the number of pairs in brackets. The figures are in the table below.{more}"
        ),
        keys: provenances.iter().enumerate().map(key).collect(),
        shown: Box::new(Bars {
            rows: types.iter().take(DRAWN).map(|(name, counts)| ((*name).to_owned(), counts.clone())).collect(),
            axis: "pairs".into(),
        }),
    };
    let head: Vec<&str> =
        ["error type"].into_iter().chain(provenances.iter().copied()).chain(["pairs", "share (%)"]).collect();
    let mut table = Table::new("Pairs by error type and provenance", &head).folded();
    for (name, counts) in types {
        let pairs = counts.iter().sum();
        let mut cells = vec![name.to_owned()];
        cells.extend(counts.into_iter().chain([pairs]).map(count));
        cells.push(share_cell(share(pairs, facts.all.pairs)));
        table.row(cells);
    }
    vec![Block::Figure(Box::new(figure)), Block::Table(table)]
}

fn answers(facts: &Facts<'_>) -> Vec<Block> {
    let all = &facts.all;
    let of_all = |n: u64| format!("{} of {} ({} %)", count(n), count(all.pairs), share_cell(share(n, all.pairs)));
    let mut blocks = vec![Block::List(vec![
        format!("The better answer is shown second in {}", of_all(all.swapped)),
        format!("Tools and parameters have random names in {}", of_all(all.obfuscated)),
    ])];
    let tables = [
        ("The better answer > the worse one", "answers", &all.kinds, false),
        ("Whose the better answers are", "from", &all.chosen_from, true),
        ("Whose the worse answers are", "from", &all.rejected_from, true),
    ];
    for (caption, what, counts, folded) in tables.into_iter().filter(|(_, _, counts, _)| !counts.is_empty()) {
        let mut table = Table::new(caption, &[what, "pairs", "share (%)"]);
        table.folded = folded;
        for (name, n) in by_size(counts) {
            table.row(vec![named(name, "not given").into(), count(n), share_cell(share(n, all.pairs))]);
        }
        blocks.push(Block::Table(table));
    }
    blocks
}

fn lengths(facts: &Facts<'_>) -> Vec<Block> {
    let parts = [("training", &facts.manifest.train), ("validation", &facts.manifest.validation)];
    let parts = parts.into_iter().filter(|(_, part)| part.pairs > 0);
    let rows: Vec<(String, Quantiles)> = parts
        .flat_map(|(name, part)| {
            let of = [
                ("prompt", part.prompt_chars),
                ("better answer", part.chosen_chars),
                ("worse answer", part.rejected_chars),
            ];
            of.map(|(what, quantiles)| (format!("{what}, {name}"), quantiles))
        })
        .collect();
    let range = |q: &Quantiles| Range { ends: (q.min, q.max), most: (q.p10, q.p90), middle: q.median, high: q.p99 };
    let figure = Figure {
        id: "length-ranges".into(),
        title: "Lengths in characters".into(),
        summary: "The thick line holds all but the shortest and the longest tenth, the thin line all. The axis is logarithmic. The \
                  figures are in the table below."
            .into(),
        keys: Ranges::keys("half are no longer", "99 % are no longer"),
        shown: Box::new(Ranges {
            rows: rows.iter().map(|(name, quantiles)| (name.clone(), range(quantiles))).collect(),
            axis: "characters".into(),
        }),
    };
    let mut table =
        Table::new("Lengths in characters", &["text", "shortest", "10 %", "median", "90 %", "99 %", "longest"]);
    for (name, q) in rows {
        table.row([name].into_iter().chain([q.min, q.p10, q.median, q.p90, q.p99, q.max].map(count)).collect());
    }
    let said = "A prompt is the conversation with its tools as it is rendered; answers are counted without it.";
    vec![Block::Text(said.into()), Block::Figure(Box::new(figure)), Block::Table(table)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_one_level_and_levels_have_names() {
        assert_eq!(levels(0), [] as [u64; 0]);
        assert_eq!((levels(1), levels(29)), (vec![1], vec![1, 3, 10]));
        assert_eq!(levels(4_000), [1, 30, 100, 300, 1_000, 3_000]);
        assert_eq!(levels(u64::MAX).len(), 6);
        assert_eq!(level_names(&[1, 3, 10]), ["1–2", "3–9", "10 or more"]);
    }

    #[test]
    fn complexities_have_bins_with_names() {
        let names: Vec<_> = (0..=COMPLEXITIES.len()).map(complexity_bin).collect();
        assert_eq!(names, ["0", "1", "2", "3", "4", "5", "6–7", "8–10", "11–15", "16–25", "26–50", "over 50"]);
    }
}
