//! Wrong verdicts, laid out so that what misled the judge is seen at a glance: what was asked, what differs between the two answers,
//! what the judge found in only one of them.

use std::io::{self, Write};

use serde_json::{Value, json};
use toolrm_bench::{
    metrics::{Kind, Mistake, Mistakes},
    report::{
        difference::differences,
        model::{Difference, Parameter},
    },
    run::ScoreSaid,
    trbench::Relation,
};
use toolrm_core::{call::Message, score::Finding};

use super::super::dump::side_json;
use crate::{
    candidate_view::{action_line, call_line, finding_line},
    output::{BAD, BOLD, DIM, GOOD, one_line, paint},
};

/// Longest text printed of a message, an answer, a value or a description, in characters.
const WIDTH: usize = 300;
/// Messages printed: the last ones, and a system message before them.
const MESSAGES: usize = 4;

/// `[{"category","error_type","relation","pairs","wrong","ties",..}]`, where most was lost first.
pub(super) fn groups_json(mistakes: &Mistakes) -> Value {
    let group = |((category, error_type, relation), kind): ((&str, &str, Relation), &Kind)| {
        json!({
            "category": category,
            "error_type": error_type,
            "relation": relation,
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
    let Mistake { pair, said, verdict, gap, .. } = mistake;
    let found = differences(&pair.task, &pair.chosen, &pair.rejected);
    json!({
        "id": pair.id,
        "category": pair.category,
        "error_type": pair.error_type,
        "verdict": verdict.name(),
        "gap": gap,
        "question": pair.task.last_user_text(),
        "differences": found.map(|all| all.iter().map(difference_json).collect::<Vec<_>>()),
        "chosen": side_json(&pair.chosen, said.chosen_score.as_ref()),
        "rejected": side_json(&pair.rejected, said.rejected_score.as_ref()),
    })
}

fn difference_json(difference: &Difference) -> Value {
    let parameter = difference.parameter.as_ref().map(|p| {
        json!({
            "types": p.types,
            "required": p.required,
            "description": p.description,
            "allowed": p.allowed,
            "default": p.default,
        })
    });
    json!({
        "tool": difference.tool,
        "argument": difference.argument,
        "chosen": difference.chosen,
        "rejected": difference.rejected,
        "parameter": parameter,
    })
}

pub(super) fn print(out: &mut dyn Write, judge: &str, mistakes: &Mistakes) -> io::Result<()> {
    for ((category, error_type, relation), kind) in mistakes.kinds() {
        let counts = kind.counts;
        let both = if relation == Relation::BothWrong { ", both wrong" } else { "" };
        let head = one_line(&format!("{category}, {error_type}{both}"), WIDTH);
        let (wrong, undecided, n) = (counts.wrong, counts.undecided(), counts.n());
        let lost = format!("{judge}: {wrong} wrong, {undecided} undecided of {n}");
        writeln!(out, "\n{}  {lost}", paint(BOLD, &format!("== {head}")))?;
        kind.worst.iter().try_for_each(|mistake| print_mistake(out, mistake))?;
    }
    Ok(())
}

fn print_mistake(out: &mut dyn Write, mistake: &Mistake) -> io::Result<()> {
    let Mistake { pair, said, verdict, gap, .. } = mistake;
    writeln!(out, "\n{}  {} by {gap:.3}", paint(BOLD, &one_line(&pair.id, WIDTH)), paint(BAD, verdict.name()))?;
    print_messages(out, pair.task.messages())?;
    if let Some(found) = differences(&pair.task, &pair.chosen, &pair.rejected) {
        found.iter().try_for_each(|d| print_difference(out, d))?;
    } else {
        writeln!(out, "  {} {}", paint(GOOD, "+"), action_line(&pair.chosen, WIDTH))?;
        writeln!(out, "  {} {}", paint(BAD, "-"), action_line(&pair.rejected, WIDTH))?;
    }
    let (chosen, rejected) = (said.chosen_score.as_ref(), said.rejected_score.as_ref());
    let (own, other) = (findings(chosen), findings(rejected));
    print_findings(out, "chosen  ", chosen, only_in(own, other))?;
    print_findings(out, "rejected", rejected, only_in(other, own))?;
    let shared = own.len() - only_in(own, other).count();
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
    let Difference { tool, argument, chosen, rejected, parameter, .. } = difference;
    let place = argument.as_ref().map_or_else(|| format!("call of {tool}"), |name| format!("{tool}.{name}"));
    let about = parameter.as_ref().map_or_else(String::new, |p| format!("  {}", paint(DIM, &about(p))));
    writeln!(out, "  {}{about}", one_line(&place, WIDTH))?;
    for (sign, style, value) in [("+", GOOD, chosen), ("-", BAD, rejected)] {
        let value = value.as_ref().map_or_else(|| "(absent)".into(), |v| one_line(&v.to_string(), WIDTH));
        writeln!(out, "    {} {value}", paint(style, sign))?;
    }
    Ok(())
}

fn about(param: &Parameter) -> String {
    let need = if param.required { "required" } else { "optional" };
    let allowed = if param.allowed.is_empty() { String::new() } else { format!(" of {}", json!(param.allowed)) };
    let default = param.default.as_ref().map_or_else(String::new, |value| format!(", default {value}"));
    one_line(&format!("{need} {}{allowed}{default}: {}", param.types, param.description), WIDTH)
}

fn findings(score: Option<&ScoreSaid>) -> &[Finding] {
    score.map_or(&[], |score| &score.findings)
}

/// The findings that the other side has not: same rule, same words.
fn only_in<'f>(own: &'f [Finding], other: &'f [Finding]) -> impl Iterator<Item = &'f Finding> {
    let same = |a: &Finding, b: &Finding| a.rule == b.rule && a.message == b.message;
    own.iter().filter(move |f| !other.iter().any(|o| same(f, o)))
}

fn print_findings<'f>(
    out: &mut dyn Write,
    name: &str,
    score: Option<&ScoreSaid>,
    mut own: impl Iterator<Item = &'f Finding>,
) -> io::Result<()> {
    let score = score.map_or_else(|| "-".into(), |s| format!("{:.3}", s.value));
    writeln!(out, "  {name}  {}", paint(BOLD, &score))?;
    own.try_for_each(|finding| writeln!(out, "     {}", finding_line(finding)))
}
