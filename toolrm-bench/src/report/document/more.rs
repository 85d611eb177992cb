//! Judges against each other, best of N, mutation tests, cost.

use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};

use toolrm_data::plot::{Figure, Key, Style};

use super::{
    super::{
        model::{BestOfN, Mutation, PairedTest},
        number::{NO_FIGURE, count, p_cell, points_cell, share_cell, short_cell},
        plot::{Curves, Rows, RowsPanel},
    },
    Block, Cast, Section, Table, TableRow,
    behaviour::measured_or_not,
    judge_row,
};
use crate::metrics::Measured;

pub(super) fn sections(cast: &Cast<'_>) -> Vec<Section> {
    vec![
        Section { id: "significance", title: "Judge against judge".into(), blocks: significance(cast) },
        Section { id: "best-of-n", title: "Best of N".into(), blocks: best_of_n(cast) },
        Section { id: "mutation", title: "Mutation tests".into(), blocks: mutation(cast) },
        Section { id: "cost", title: "Cost".into(), blocks: vec![cost(cast)] },
    ]
}

fn significance(cast: &Cast<'_>) -> Vec<Block> {
    let head =
        ["judge", "against", "orders", "difference (points)", "p", "only the judge", "only the other", "McNemar's p"];
    let mut table = Table::new("Paired tests", &head);
    for judge in &cast.report.judges {
        for versus in &judge.versus {
            let mut line = |orders: &str, test: &PairedTest| {
                let cells = [
                    versus.other.clone(),
                    orders.into(),
                    points_cell(&test.difference),
                    p_cell(test.p_value),
                    count(test.only_this),
                    count(test.only_other),
                    p_cell(test.mcnemar_p),
                ];
                table.rows.push(judge_row(judge, cells));
            };
            line("one", &versus.single);
            if let Some(both) = &versus.both {
                line("both", both);
            }
        }
    }
    let text = "Differences on the same pairs. The p-value is exact, by all ways to flip the signs of whole questions; McNemar's \
                test takes pairs of one question for independent and is too sure where they are not.";
    vec![Block::Text(text.into()), measured_or_not(table)]
}

fn best_of_n(cast: &Cast<'_>) -> Vec<Block> {
    let curves = &cast.report.best_of_n;
    let sources: IndexSet<&str> = curves.iter().map(|curve| curve.source.as_str()).collect();
    if sources.is_empty() {
        return vec![Block::Text("Not measured: best of N was not run.".into())];
    }
    let text = "How often the answer that is picked among N is right. Mean: one drawn at random. Majority: the most frequent one. \
                Oracle: whether there is a right one at all.";
    let mut blocks = vec![Block::Text(text.into())];
    // Parts of a source, `acebench/normal`, are in tables only.
    let whole: Vec<&str> = sources.iter().copied().filter(|source| !source.contains('/')).collect();
    if !whole.is_empty() {
        blocks.push(Block::Figure(Box::new(best_of_n_figure(cast, &whole))));
    }
    for source in sources {
        let table = best_of_n_table(source, curves.iter().filter(|curve| curve.source == source));
        blocks.push(Block::Table(if whole.contains(&source) { table } else { table.folded() }));
    }
    blocks
}

fn best_of_n_table<'a>(source: &str, curves: impl Iterator<Item = &'a BestOfN>) -> Table {
    // What no judge has a say in is the same of every judge.
    let mut of_strategy: IndexMap<&str, &BestOfN> = IndexMap::new();
    for curve in curves {
        of_strategy.entry(&curve.strategy).or_insert(curve);
    }
    let sizes: BTreeSet<u64> = of_strategy.values().flat_map(|curve| &curve.points).map(|point| point.n).collect();
    let mut table = Table::new(format!("Right picks among N, {source} (%)"), &["picked by"]);
    table.head.extend(sizes.iter().map(|n| format!("N = {n}")));
    for (strategy, curve) in of_strategy {
        let cell = |n: &u64| {
            let point = curve.points.iter().find(|point| point.n == *n);
            point.map_or(NO_FIGURE.into(), |point| share_cell(&point.accuracy))
        };
        let cells = std::iter::once(strategy.to_owned()).chain(sizes.iter().map(cell)).collect();
        table.rows.push(TableRow { cells, muted: !curve.judge });
    }
    table
}

/// The judges and what they are held against first, then as many mixtures of the two as can be told apart.
fn best_of_n_keys(cast: &Cast<'_>) -> Vec<(String, Key)> {
    let curves = &cast.report.best_of_n;
    let run = |strategy: &str| curves.iter().any(|curve| curve.strategy == strategy);
    let series = cast.series().into_iter().map(|(judge, key)| (judge.card.id.clone(), key));
    let mut keys: Vec<(String, Key)> = series.filter(|(id, _)| run(id)).collect();
    // Of the judges of the report those that are not drawn here are drawn nowhere.
    let undrawn = |id: &str| cast.report.judges.iter().any(|judge| judge.card.id == id);
    let others: IndexMap<&str, bool> = curves.iter().map(|curve| (curve.strategy.as_str(), curve.judge)).collect();
    let others = others.into_iter().filter(|(strategy, _)| !undrawn(strategy));
    let (mixtures, references): (Vec<_>, Vec<_>) = others.partition(|(_, judge)| *judge);
    let dashed = references.into_iter().enumerate().map(|(i, (name, _))| (name, Style::Dashed(i)));
    let first = keys.iter().filter(|(_, key)| matches!(key.style, Style::Series(_))).count();
    let coloured = (first..Style::SERIES).zip(mixtures).map(|(i, (name, _))| (name, Style::Series(i)));
    let others = dashed.chain(coloured).map(|(name, style)| (name.to_owned(), Key { name: name.to_owned(), style }));
    keys.extend(others);
    keys
}

fn best_of_n_figure(cast: &Cast<'_>, sources: &[&str]) -> Figure {
    let curves = &cast.report.best_of_n;
    let (strategies, keys): (Vec<_>, Vec<_>) = best_of_n_keys(cast).into_iter().unzip();
    let of_source = |source: &&str| {
        let points = |strategy: &String| {
            let curve = curves.iter().find(|curve| curve.source == *source && curve.strategy == *strategy);
            curve.map_or_else(Vec::new, |curve| curve.points.clone())
        };
        (source.to_string(), strategies.iter().map(points).collect())
    };
    Figure {
        id: "best-of-n".into(),
        title: "Right picks among N candidates, with 95 % intervals".into(),
        summary: format!(
            "Each line is one way to pick; dashed lines are no judges. The figures are in the tables below.{}",
            cast.undrawn()
        ),
        keys,
        shown: Box::new(Curves { sources: sources.iter().map(of_source).collect() }),
    }
}

fn mutation(cast: &Cast<'_>) -> Vec<Block> {
    let tests = &cast.report.mutation;
    if tests.is_empty() {
        return vec![Block::Text("Not measured: no mutation test was run.".into())];
    }
    let text = "Whether a judge notices named corruptions of good calls. Noticing a harmless change is a false alarm.";
    let mut blocks = vec![Block::Text(text.into())];
    let head = ["judge", "good calls", "corruptions noticed (%)", "false alarms (%)"];
    let mut table = Table::new("Mutation tests", &head);
    for test in tests {
        let figures = [&test.detected, &test.false_alarms].map(share_cell);
        let cells = [test.judge.clone(), count(test.calls)].into_iter().chain(figures).collect();
        table.row(cells);
    }
    blocks.push(Block::Table(table));
    blocks.extend(mutation_figure(tests).map(|figure| Block::Figure(Box::new(figure))));
    blocks.extend(tests.iter().map(|test| Block::Table(operators(test))));
    blocks
}

fn operators(test: &Mutation) -> Table {
    let head = ["operator", "harmless", "mutants", "noticed (%)", "right", "wrong", "ties", "abstained", "failed"];
    let mut table = Table::new(format!("{}, by operator", test.judge), &head).folded();
    for row in &test.operators {
        let c = &row.counts;
        let mut cells = vec![row.operator.clone(), if row.harmless { "yes" } else { "no" }.into(), count(row.n)];
        cells.push(if row.noticed.interval.is_some() { share_cell(&row.noticed) } else { short_cell(&row.noticed) });
        cells.extend([c.right, c.wrong, c.ties, c.abstained, c.failed].map(count));
        table.row(cells);
    }
    table
}

fn mutation_figure(tests: &[Mutation]) -> Option<Figure> {
    let shown = || tests.iter().take(Style::SERIES);
    let corruptions: Vec<_> = tests.first()?.operators.iter().filter(|row| !row.harmless).collect();
    if corruptions.is_empty() {
        return None;
    }
    let noticed = |test: &Mutation| -> Vec<Measured> {
        let of = |operator: &str| test.operators.iter().find(|row| row.operator == operator).map(|row| row.noticed);
        corruptions.iter().map(|row| of(&row.operator).unwrap_or_default()).collect()
    };
    let key = |(i, test): (usize, &Mutation)| Key { name: test.judge.clone(), style: Style::Series(i) };
    Some(Figure {
        id: "mutation".into(),
        title: "Corruptions noticed, with 95 % intervals".into(),
        summary: "The number of mutants stands in brackets. Harmless changes are in the tables only.".into(),
        keys: shown().enumerate().map(key).collect(),
        shown: Box::new(Rows {
            rows: corruptions.iter().map(|row| (row.operator.clone(), Some(row.n))).collect(),
            panels: vec![RowsPanel {
                title: String::new(),
                axis: "noticed (%)".into(),
                chance: Vec::new(),
                figures: shown().map(noticed).collect(),
            }],
        }),
    })
}

fn cost(cast: &Cast<'_>) -> Block {
    let timed = cast.report.judges.iter().any(|judge| judge.cost.seconds.is_some());
    let mut table = Table::new("Cost", &["judge", "model calls", "tokens read", "tokens written"]);
    if timed {
        table.head.push("seconds".into());
    }
    for judge in &cast.report.judges {
        let spent = &judge.cost;
        let seconds = timed.then(|| spent.seconds.map_or(NO_FIGURE.into(), |s| format!("{s:.1}")));
        let counts = [spent.calls, spent.prompt_tokens, spent.completion_tokens].map(count);
        table.rows.push(judge_row(judge, counts.into_iter().chain(seconds)));
    }
    measured_or_not(table)
}
