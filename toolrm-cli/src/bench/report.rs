//! The two faces of a bench: a table for people, JSON for programs.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};

use super::{
    Mistake, Side, Standing,
    metrics::{Counts, Groups},
};
use crate::{
    candidate_view::{action_json, action_line, finding_line},
    output::{BAD, BEST, BOLD, DIM, PLAIN, Table, WARN, left, one_line, paint, right},
};

/// Longest question or answer printed with a mistake, in characters.
const MISTAKE_WIDTH: usize = 300;

/// `{"judges":[{"name","micro","macro","categories":{CAT:{"n","accuracy",..}}}]}`, with `error_types` and `errors` where asked.
pub(crate) fn to_json(standings: &[Standing], by_error_type: bool, errors: bool) -> Value {
    let judge = |s: &Standing| {
        let mut judge = json!({
            "name": s.name(),
            "micro": s.categories.micro(),
            "macro": s.categories.macro_mean(),
            "categories": s.categories.to_json(),
        });
        if let Some(fields) = judge.as_object_mut() {
            if by_error_type {
                fields.insert("error_types".into(), s.error_types.to_json());
            }
            if errors && !s.null {
                fields.insert("errors".into(), s.mistakes.iter().map(mistake_json).collect());
            }
        }
        judge
    };
    json!({"judges": standings.iter().map(judge).collect::<Vec<_>>()})
}

fn mistake_json(mistake: &Mistake) -> Value {
    let side = |side: &Side| {
        json!({
            "answer": action_json(&side.candidate),
            "score": side.score.as_ref().map(|s| s.value),
            "findings": side.score.as_ref().map(|s| &s.findings),
        })
    };
    json!({
        "id": mistake.id,
        "category": mistake.category,
        "error_type": mistake.error_type,
        "verdict": mistake.verdict,
        "gap": mistake.gap,
        "question": mistake.question,
        "chosen": side(&mistake.chosen),
        "rejected": side(&mistake.rejected),
    })
}

/// Groups as rows, judges as columns.
pub(crate) fn print(out: &mut dyn Write, standings: &[Standing], by_error_type: bool) -> io::Result<()> {
    print_groups(out, "category", standings, |s| &s.categories)?;
    if by_error_type {
        writeln!(out)?;
        print_groups(out, "error type", standings, |s| &s.error_types)?;
    }
    for standing in standings {
        print_undecided(out, standing)?;
    }
    for standing in standings.iter().filter(|s| !s.mistakes.is_empty()) {
        writeln!(out, "\n{}", paint(BOLD, &format!("Worst verdicts of {}", standing.name())))?;
        standing.mistakes.iter().try_for_each(|mistake| print_mistake(out, mistake))?;
    }
    Ok(())
}

fn print_groups(
    out: &mut dyn Write,
    title: &str,
    standings: &[Standing],
    groups: impl Fn(&Standing) -> &Groups,
) -> io::Result<()> {
    let Some(first) = standings.first() else { return Ok(()) };
    let mut table = Table::default();
    let names = standings.iter().map(|s| right(if s.null { DIM } else { BOLD }, s.name()));
    table.row([left(BOLD, title), right(BOLD, "pairs")].into_iter().chain(names).collect());
    let mut row = |style: Style, name: &str, n: String, value: &dyn Fn(&Standing) -> Option<f64>| {
        let best_null = standings.iter().filter(|s| s.null).filter_map(value).fold(0.0, f64::max);
        let cells = standings.iter().map(|s| {
            let accuracy = value(s);
            right(if s.null { DIM } else { against(accuracy, best_null) }, percent(accuracy))
        });
        table.row([left(style, name), right(DIM, n)].into_iter().chain(cells).collect());
    };
    for (name, counts) in groups(first).iter() {
        let value = |s: &Standing| groups(s).get(name).and_then(Counts::accuracy);
        row(PLAIN, &one_line(name, 60), counts.n().to_string(), &value);
    }
    row(BOLD, "macro (mean of rows)", String::new(), &|s| groups(s).macro_mean());
    row(BOLD, "micro (mean of pairs)", groups(first).total().n().to_string(), &|s| groups(s).micro());
    table.print(out)
}

/// Green above every null judge, red below the best of them.
fn against(accuracy: Option<f64>, best_null: f64) -> Style {
    match accuracy {
        Some(a) if a > best_null => BEST,
        Some(a) if a < best_null => BAD,
        _ => PLAIN,
    }
}

fn percent(accuracy: Option<f64>) -> String {
    accuracy.map_or_else(|| "-".into(), |a| format!("{:.1}", 100.0 * a))
}

/// Says how many pairs had no winner, for judges that are no null judges.
fn print_undecided(out: &mut dyn Write, standing: &Standing) -> io::Result<()> {
    let Counts { ties, abstained, failed, .. } = standing.categories.total();
    if standing.null || ties + abstained + failed == 0 {
        return Ok(());
    }
    let style = if failed > 0 { WARN } else { DIM };
    let name = standing.name();
    let text = format!("{name}: {ties} ties, {abstained} abstained, {failed} failed; each counts half");
    writeln!(out, "{}", paint(style, &text))
}

fn print_mistake(out: &mut dyn Write, mistake: &Mistake) -> io::Result<()> {
    let Mistake { id, category, error_type, verdict, gap, .. } = mistake;
    let head = one_line(&format!("{id}  {category}  {error_type}"), MISTAKE_WIDTH);
    writeln!(out, "\n{}  {} by {gap:.3}", paint(BOLD, &head), paint(BAD, verdict))?;
    writeln!(out, "  asked     {}", one_line(&mistake.question, MISTAKE_WIDTH))?;
    print_side(out, "chosen  ", &mistake.chosen)?;
    print_side(out, "rejected", &mistake.rejected)
}

fn print_side(out: &mut dyn Write, name: &str, side: &Side) -> io::Result<()> {
    let score = side.score.as_ref().map_or_else(|| "-".into(), |s| format!("{:.3}", s.value));
    writeln!(out, "  {name}  {}  {}", paint(BOLD, &score), action_line(&side.candidate, MISTAKE_WIDTH))?;
    let findings = side.score.iter().flat_map(|s| &s.findings);
    findings.into_iter().try_for_each(|f| writeln!(out, "              {}", finding_line(f)))
}
