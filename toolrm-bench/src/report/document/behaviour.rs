//! How judges behave, right or wrong: orders, ties, failures, calibration, what their scores alone can tell.

use toolrm_data::plot::{Figure, Key, Style};

use super::{
    super::{
        model::JudgeReport,
        number::{count, decimal_cell, points_cell, share_cell, short_cell},
        plot::{FEW_PROBABILITIES, Reliability},
    },
    Block, Cast, Section, Table, judge_row, title,
};

pub(super) fn sections(cast: &Cast<'_>) -> Vec<Section> {
    if cast.subjects.is_empty() {
        return Vec::new();
    }
    vec![
        Section { id: "behaviour", title: "Orders, ties and failures".into(), blocks: behaviour(cast) },
        Section { id: "beyond", title: "Both right, both wrong".into(), blocks: beyond(cast) },
        Section { id: "calibration", title: "Calibration".into(), blocks: calibration(cast) },
        Section { id: "fit", title: "What scores alone can tell".into(), blocks: vec![fit(cast)] },
    ]
}

fn behaviour(cast: &Cast<'_>) -> Vec<Block> {
    let head = [
        "judge",
        "comparisons",
        "consistency (%)",
        "position bias (points)",
        "parse rate (%)",
        "abstained (%)",
        "ties (%)",
        "over-long pairs",
        "failures",
    ];
    let mut table = Table::new("How each judge behaves, on pairs of every relation", &head);
    for judge in &cast.report.judges {
        let b = &judge.behaviour;
        let failures: Vec<_> = b.failures.iter().map(|f| format!("{} {}", f.kind.as_str(), count(f.n))).collect();
        let cells = [
            count(b.asked),
            share_cell(&b.consistency),
            points_cell(&b.position_bias),
            short_cell(&b.parse_rate),
            short_cell(&b.abstention),
            share_cell(&b.ties),
            count(b.over_long),
            if failures.is_empty() { "none".into() } else { failures.join(", ") },
        ];
        table.rows.push(judge_row(judge, cells));
    }
    let text = "Consistency: the same verdict in both orders. Position bias: how much more than half of its verdicts prefer the \
                answer shown first; 0 is fair. Parse rate: comparisons that did not fail.";
    vec![Block::Text(text.into()), Block::Table(table)]
}

/// Pairs that have no better answer, or no right one.
fn beyond(cast: &Cast<'_>) -> Vec<Block> {
    let mut ties = Table::new(
        "Pairs of which both answers are right",
        &["judge", "pairs", "questions", "mean |p − ½|", "decided (%)"],
    );
    let mut wrong = Table::new(
        "Pairs of which both answers are wrong, one less so",
        &["judge", "pairs", "questions", "one order", "both orders"],
    );
    for judge in &cast.report.judges {
        if let Some(t) = &judge.ties {
            let cells = [count(t.n), count(t.questions), decimal_cell(&t.distance), share_cell(&t.decided)];
            ties.rows.push(judge_row(judge, cells));
        }
        if let Some(a) = &judge.both_wrong {
            wrong
                .rows
                .push(judge_row(judge, [count(a.n), count(a.questions), share_cell(&a.single), share_cell(&a.both)]));
        }
    }
    let text = "Two right answers should leave a judge undecided: p near ½ is good, a decided verdict is not.";
    vec![Block::Text(text.into()), measured_or_not(ties), measured_or_not(wrong)]
}

/// The table, or that there is nothing in it.
pub(super) fn measured_or_not(table: Table) -> Block {
    if table.rows.is_empty() { Block::Text(format!("{}: not measured.", table.caption)) } else { Block::Table(table) }
}

fn calibration(cast: &Cast<'_>) -> Vec<Block> {
    let mut table = Table::new("Calibration", &["judge", "comparisons", "ECE", "Brier score"]);
    for judge in &cast.report.judges {
        if let Some(c) = &judge.calibration {
            table.rows.push(judge_row(judge, [count(c.n), decimal_cell(&c.ece), decimal_cell(&c.brier)]));
        }
    }
    let text = "How far a judge's probabilities can be believed. ECE: how far they lie from the shares that are right, 0 is ideal. \
                Brier score: mean of (p − truth)², 0 is ideal, 0.25 is what always saying ½ gets.";
    let mut blocks = vec![Block::Text(text.into()), measured_or_not(table)];
    let curves = |judge: &JudgeReport| Some((title(judge), judge.calibration.as_ref()?.bins.clone()));
    let judges: Vec<_> = cast.drawn().filter_map(curves).filter(|(_, bins)| !bins.is_empty()).collect();
    if !judges.is_empty() {
        blocks.push(Block::Figure(Box::new(Figure {
            id: "reliability".into(),
            title: "Reliability: said and true".into(),
            summary: format!(
                "How often the answer shown first is the better one, by the probability the judge gave it; on the dashed line the \
                 two are equal. Faint marks are of fewer than {} comparisons; below is how many there are.{}",
                FEW_PROBABILITIES,
                cast.undrawn()
            ),
            keys: vec![Key { name: "ideal".into(), style: Style::Dashed(2) }],
            shown: Box::new(Reliability { judges }),
        })));
    }
    blocks
}

fn fit(cast: &Cast<'_>) -> Block {
    let head = ["judge", "AUC", "rejected at 90 % kept (%)", "right calls", "calls where none is due"];
    let caption = "Right calls against calls made where no tool fits, by score alone";
    let mut table = Table::new(caption, &head);
    for judge in &cast.report.judges {
        if let Some(f) = &judge.fit {
            let figures = [decimal_cell(&f.auc), share_cell(&f.rejected_at_90), count(f.right), count(f.irrelevant)];
            table.rows.push(judge_row(judge, figures));
        }
    }
    measured_or_not(table)
}
