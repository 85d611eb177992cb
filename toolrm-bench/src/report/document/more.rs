//! Judges against each other, best of N, mutation tests, cost.

use std::collections::BTreeSet;

use super::{
    super::{
        model::{BestOfN, Mutation, PairedTest},
        number::{NO_FIGURE, count, p_cell, points_cell, share_cell, short_cell},
        plot::{Curves, Figure, Key, Rows, RowsPanel, Shown, Style},
    },
    Block, Cast, Section, Table, TableRow,
    behaviour::measured_or_not,
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
                table.judge(judge, cells);
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
    let mut sources: Vec<&str> = Vec::new();
    for curve in curves {
        if !sources.contains(&curve.source.as_str()) {
            sources.push(&curve.source);
        }
    }
    if sources.is_empty() {
        return vec![Block::Text("Not measured: best of N was not run.".into())];
    }
    let text = "How often the answer that is picked among N is right. Mean: one drawn at random. Majority: the most frequent one. \
                Oracle: whether there is a right one at all.";
    let mut blocks = vec![Block::Text(text.into()), Block::Figure(Box::new(best_of_n_figure(cast, &sources)))];
    for source in sources {
        let of_source: Vec<_> = curves.iter().filter(|curve| curve.source == source).collect();
        blocks.push(Block::Table(best_of_n_table(source, &of_source)));
    }
    blocks
}

fn best_of_n_table(source: &str, curves: &[&BestOfN]) -> Table {
    let sizes: BTreeSet<u64> = curves.iter().flat_map(|curve| &curve.points).map(|point| point.n).collect();
    let mut table = Table::new(format!("Right picks among N, {source} (%)"), &["picked by"]);
    table.head.extend(sizes.iter().map(|n| format!("N = {n}")));
    for curve in curves {
        let cell = |n: &u64| {
            let point = curve.points.iter().find(|point| point.n == *n);
            point.map_or(NO_FIGURE.into(), |point| share_cell(&point.accuracy))
        };
        let cells = std::iter::once(curve.strategy.clone()).chain(sizes.iter().map(cell)).collect();
        table.rows.push(TableRow { cells, muted: !curve.judge });
    }
    table
}

fn best_of_n_figure(cast: &Cast<'_>, sources: &[&str]) -> Figure {
    let curves = &cast.report.best_of_n;
    let mut keys: Vec<Key> = cast.series().into_iter().map(|(_, key)| key).collect();
    let mut strategies: Vec<String> = cast.series().into_iter().map(|(judge, _)| judge.card.id.clone()).collect();
    // Of a judge without pairs nothing is known here but its name.
    let known = |id: &str| cast.report.judges.iter().any(|judge| judge.card.id == id);
    for curve in curves.iter().filter(|curve| !known(&curve.strategy)) {
        if strategies.contains(&curve.strategy) {
            continue;
        }
        let of_kind = keys.iter().filter(|key| matches!(key.style, Style::Judge(_)) == curve.judge).count();
        let style = if curve.judge { Style::Judge(of_kind) } else { Style::Dashed(of_kind) };
        keys.push(Key { name: curve.strategy.clone(), style });
        strategies.push(curve.strategy.clone());
    }
    let has = |strategy: &String| curves.iter().any(|curve| curve.strategy == *strategy);
    let (keys, strategies): (Vec<_>, Vec<_>) = keys.into_iter().zip(strategies).filter(|(_, s)| has(s)).unzip();
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
        shown: Shown::Curves(Curves { sources: sources.iter().map(of_source).collect() }),
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
    let shown = || tests.iter().take(Style::JUDGES);
    let corruptions: Vec<_> = tests.first()?.operators.iter().filter(|row| !row.harmless).collect();
    if corruptions.is_empty() {
        return None;
    }
    let noticed = |test: &Mutation| -> Vec<Measured> {
        let of = |operator: &str| test.operators.iter().find(|row| row.operator == operator).map(|row| row.noticed);
        corruptions.iter().map(|row| of(&row.operator).unwrap_or_default()).collect()
    };
    let key = |(i, test): (usize, &Mutation)| Key { name: test.judge.clone(), style: Style::Judge(i) };
    Some(Figure {
        id: "mutation".into(),
        title: "Corruptions noticed, with 95 % intervals".into(),
        summary: "The number of mutants stands in brackets. Harmless changes are in the tables only.".into(),
        keys: shown().enumerate().map(key).collect(),
        shown: Shown::Rows(Rows {
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
        table.judge(judge, counts.into_iter().chain(seconds));
    }
    measured_or_not(table)
}
