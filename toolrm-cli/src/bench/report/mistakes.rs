//! Wrong verdicts, laid out so that what misled the judge is seen at a glance: what was asked, what differs between the two answers,
//! what the judge found in only one of them.

use std::io::{self, Write};

use serde_json::{Value, json};
use toolrm_core::{call::Message, score::Finding, toolset::Param};

use super::super::{
    difference::{Difference, differences},
    mistakes::{KeptSide, Kind, Mistake, Mistakes},
};
use crate::{
    candidate_view::{action_json, action_line, call_line, finding_line},
    output::{BAD, BOLD, DIM, GOOD, one_line, paint},
};

/// Longest text printed of a message, an answer, a value or a description, in characters.
const WIDTH: usize = 300;
/// Messages printed: the last ones, and a system message before them.
const MESSAGES: usize = 4;

/// `[{"category","error_type","pairs","wrong","ties",..}]`, where most was lost first.
pub(super) fn groups_json(mistakes: &Mistakes) -> Value {
    let group = |((category, error_type), kind): ((&str, &str), &Kind)| {
        json!({
            "category": category,
            "error_type": error_type,
            "pairs": kind.counts.n(),
            "wrong": kind.counts.wrong,
            "ties": kind.counts.ties,
            "abstained": kind.counts.abstained,
            "failed": kind.counts.failed,
        })
    };
    mistakes.kinds().into_iter().map(group).collect()
}

/// All mistakes that were kept, group after group.
pub(super) fn to_json(mistakes: &Mistakes) -> Value {
    mistakes.kinds().into_iter().flat_map(|(_, kind)| kind.worst.iter().map(mistake_json)).collect()
}

fn mistake_json(mistake: &Mistake) -> Value {
    let side = |side: &KeptSide| {
        json!({
            "answer": action_json(&side.candidate),
            "score": side.score.as_ref().map(|s| s.value),
            "findings": side.score.as_ref().map(|s| &s.findings),
        })
    };
    let found = differences(&mistake.task, &mistake.chosen.candidate, &mistake.rejected.candidate);
    json!({
        "id": mistake.id,
        "category": mistake.category,
        "error_type": mistake.error_type,
        "verdict": mistake.verdict.name(),
        "gap": mistake.gap,
        "question": mistake.task.last_user_text(),
        "differences": found.map(|all| all.iter().map(Difference::to_json).collect::<Vec<_>>()),
        "chosen": side(&mistake.chosen),
        "rejected": side(&mistake.rejected),
    })
}

pub(super) fn print(out: &mut dyn Write, judge: &str, mistakes: &Mistakes) -> io::Result<()> {
    for ((category, error_type), kind) in mistakes.kinds() {
        let counts = kind.counts;
        let head = one_line(&format!("{category}, {error_type}"), WIDTH);
        let (wrong, undecided, n) = (counts.wrong, counts.undecided(), counts.n());
        let lost = format!("{judge}: {wrong} wrong, {undecided} undecided of {n}");
        writeln!(out, "\n{}  {lost}", paint(BOLD, &format!("== {head}")))?;
        kind.worst.iter().try_for_each(|mistake| print_mistake(out, mistake))?;
    }
    Ok(())
}

fn print_mistake(out: &mut dyn Write, mistake: &Mistake) -> io::Result<()> {
    let Mistake { id, verdict, gap, task, chosen, rejected, .. } = mistake;
    writeln!(out, "\n{}  {} by {gap:.3}", paint(BOLD, &one_line(id, WIDTH)), paint(BAD, verdict.name()))?;
    print_messages(out, task.messages())?;
    if let Some(found) = differences(task, &chosen.candidate, &rejected.candidate) {
        found.iter().try_for_each(|d| print_difference(out, d))?;
    } else {
        writeln!(out, "  {} {}", paint(GOOD, "+"), action_line(&chosen.candidate, WIDTH))?;
        writeln!(out, "  {} {}", paint(BAD, "-"), action_line(&rejected.candidate, WIDTH))?;
    }
    let shared = chosen.findings().len() - chosen.findings_not_of(rejected).count();
    print_findings(out, "chosen  ", chosen, chosen.findings_not_of(rejected))?;
    print_findings(out, "rejected", rejected, rejected.findings_not_of(chosen))?;
    if shared > 0 {
        writeln!(out, "  {}", paint(DIM, &format!("{shared} findings on both")))?;
    }
    Ok(())
}

fn print_messages(out: &mut dyn Write, messages: &[Message]) -> io::Result<()> {
    let hidden = messages.len().saturating_sub(MESSAGES);
    let (early, late) = messages.split_at_checked(hidden).unwrap_or((&[], messages));
    if let Some(system) = early.first() {
        print_message(out, system)?;
    }
    if early.len() > 1 {
        writeln!(out, "  {}", paint(DIM, &format!(".. {} messages", early.len() - 1)))?;
    }
    late.iter().try_for_each(|message| print_message(out, message))
}

fn print_message(out: &mut dyn Write, message: &Message) -> io::Result<()> {
    let calls = message.tool_calls.iter().map(call_line);
    let said: Vec<String> = std::iter::once(message.text().into_owned()).chain(calls).collect();
    writeln!(out, "  {:9} {}", message.role.as_str(), one_line(&said.join("  "), WIDTH))
}

/// The place with what its tool says about it, then the chosen value (+) and the rejected one (-).
fn print_difference(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    let Difference { tool, argument, chosen, rejected, param } = difference;
    let place = argument.as_ref().map_or_else(|| format!("call of {tool}"), |name| format!("{tool}.{name}"));
    let about = param.as_ref().map_or_else(String::new, |p| format!("  {}", paint(DIM, &about(p))));
    writeln!(out, "  {}{about}", one_line(&place, WIDTH))?;
    for (sign, style, value) in [("+", GOOD, chosen), ("-", BAD, rejected)] {
        let value = value.as_ref().map_or_else(|| "(absent)".into(), |v| one_line(&v.to_string(), WIDTH));
        writeln!(out, "    {} {value}", paint(style, sign))?;
    }
    Ok(())
}

fn about(param: &Param) -> String {
    let need = if param.required { "required" } else { "optional" };
    let allowed = if param.allowed.is_empty() { String::new() } else { format!(" of {}", json!(param.allowed)) };
    let default = param.default.as_ref().map_or_else(String::new, |value| format!(", default {value}"));
    one_line(&format!("{need} {}{allowed}{default}: {}", param.types, param.description), WIDTH)
}

fn print_findings<'f>(
    out: &mut dyn Write,
    name: &str,
    side: &KeptSide,
    mut own: impl Iterator<Item = &'f Finding>,
) -> io::Result<()> {
    let score = side.score.as_ref().map_or_else(|| "-".into(), |s| format!("{:.3}", s.value));
    writeln!(out, "  {name}  {}", paint(BOLD, &score))?;
    own.try_for_each(|finding| writeln!(out, "     {}", finding_line(finding)))
}
