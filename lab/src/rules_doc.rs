//! `docs/RULES.md`: what is written by hand stays, what is between markers is made of the code, the examples and the measurements.

use serde_json::Value;
use toolrm_core::{call::Message, rules::BIAS, score::Finding};

use crate::{
    ablation::{Ablation, Drop, Worth, percent},
    error::LabError,
    examples::{Example, examples},
    severities::{RuleLine, rules},
};

/// The families, in the order of the rules, with what their rules have in common.
const FAMILIES: [(&str, &str); 6] = [
    ("schema", "The call fits the tool it names. What can be told from the tool's declaration alone."),
    (
        "grounding",
        "Values come from the conversation. A value has support when the conversation states it, when it follows from what is stated \
         (another spelling, another unit, a date), when a tool returned it or when it is the default.",
    ),
    (
        "convention",
        "Values are written as the tool asks: in the pattern, the unit, the form its descriptions show, and cut where the value begins and ends.",
    ),
    (
        "provenance",
        "In a conversation with earlier calls, identifiers and values come from what the tools returned: from the right field of the right item of the newest answer.",
    ),
    (
        "coverage",
        "What is asked for is done, once: every number, name, option and item of the request is used, by as many calls as it takes.",
    ),
    ("relevance", "The called tool has to do with the request; a tool that does is called."),
];

/// The columns of the tables of worths: how the column's name begins, and the head it gets.
const COLUMNS: [(&str, &str); 7] = [
    ("bfcl: mean of", "BFCL, mean of 8"),
    ("bfcl: live_multiple", "live_multiple"),
    ("acebench", "ACEBench"),
    ("complexfuncbench", "ComplexFuncBench"),
    ("hammerbench", "HammerBench"),
    ("seal_tools", "Seal-Tools"),
    ("bfcl: auc", "auc"),
];

fn family(id: &str) -> &str {
    id.split('.').next().unwrap_or_default()
}

/// The section between `<!-- worth -->` and `<!-- /worth -->`: what all rules reach together, then a table for each family.
pub fn worth_section(ablation: &Ablation) -> String {
    let at = |name: &str| ablation.columns.iter().position(|(column, _)| column.name.starts_with(name));
    let columns: Vec<(usize, &str)> = COLUMNS.iter().filter_map(|(name, head)| Some((at(name)?, *head))).collect();
    let heads: Vec<&str> = columns.iter().map(|(_, head)| *head).collect();
    let heads = heads.join(" | ");
    let rulers = "---:|".repeat(columns.len());
    let with = |show: &dyn Fn(&(crate::columns::Column, f64)) -> String| {
        let cells: Vec<String> = columns.iter().filter_map(|(at, _)| ablation.columns.get(*at).map(show)).collect();
        cells.join(" | ")
    };
    let mut parts = vec![format!(
        "| | {heads} |\n|---|{rulers}\n| all rules | {} |\n| pairs | {} |",
        with(&|(_, value)| percent(*value)),
        with(&|(column, _)| column.len().to_string()),
    )];
    for of_family in ablation.rules.chunk_by(|a, b| family(&a.rule) == family(&b.rule)) {
        let name = of_family.first().map(|rule| family(&rule.rule)).unwrap_or_default();
        let row = |rule: &Worth| {
            let drops: Vec<String> = columns.iter().filter_map(|(at, _)| rule.drops.get(*at)).map(shown_drop).collect();
            let pairs = format!("{} : {}", rule.on_rejected, rule.on_chosen);
            format!("| `{}` | {} | {} | {pairs} |", rule.rule, rule.weight, drops.join(" | "))
        };
        let rows: Vec<String> = of_family.iter().map(row).collect();
        let head = format!("| {name} | weight | {heads} | wrong : right |\n|---|---:|{rulers}---:|");
        parts.push(format!("{head}\n{}", rows.join("\n")));
    }
    parts.join("\n\n")
}

/// One decimal with a sign, bold when its interval leaves 0 out; nothing is an empty cell.
fn shown_drop(drop: &Drop) -> String {
    if drop.points.abs() < 0.05 {
        return String::new();
    }
    let (points, bold) = (drop.points, if drop.is_sure() { "**" } else { "" });
    format!("{bold}{points:+.1}{bold}")
}

/// The section between `<!-- rules -->` and `<!-- /rules -->`: every rule with its claim, its weight and its examples.
pub fn rules_section() -> Result<String, LabError> {
    let (rules, examples) = (rules(), examples()?);
    let mut parts = vec![format!("A candidate without a finding scores {BIAS}.")];
    for of_family in rules.chunk_by(|a, b| family(&a.id) == family(&b.id)) {
        let name = of_family.first().map(|rule| family(&rule.id)).unwrap_or_default();
        let about = FAMILIES.iter().find(|(family, _)| *family == name).map(|(_, about)| *about).unwrap_or_default();
        parts.push(format!("### {name}\n\n{about}"));
        for rule in of_family {
            parts.push(entry(rule, examples.get(&rule.id))?);
        }
    }
    Ok(parts.join("\n\n"))
}

fn entry(rule: &RuleLine, example: Option<&Example>) -> Result<String, LabError> {
    let off = if rule.weight == 0.0 { ", switched off" } else { "" };
    let head = format!("**`{}`** ({}{off}): {}", rule.id, rule.weight, rule.summary);
    let Some(example) = example else { return Ok(head) };
    let [found, _] = example.findings()?;
    let finding = found.iter().find(|f| f.rule == rule.id);
    let declared = finding.and_then(|f| declaration(example, f)).map(|d| format!(" {d}")).unwrap_or_default();
    let said = finding.map(said).unwrap_or_default();
    let (fires, silent) = (answer(&example.fires), answer(&example.silent));
    Ok(format!("{head}\n\n- {}{declared}\n- ✗ {fires}{said}\n- ✓ {silent}", conversation(&example.messages)))
}

/// What is said and called before the answer, in one line.
fn conversation(messages: &[Message]) -> String {
    let line = |message: &Message| match message.tool_calls.as_slice() {
        [] if message.tool_call_id.is_some() => format!("→ `{}`", message.text()),
        [] => format!("*{}*", message.text()),
        calls => calls.iter().map(|c| shown_call(&c.name, &c.arguments)).collect::<Vec<_>>().join(" "),
    };
    messages.iter().map(line).collect::<Vec<_>>().join(" ")
}

/// How the tool declares the parameter that a finding is about, where it is about one: often the rule is only seen beside it.
fn declaration(example: &Example, finding: &Finding) -> Option<String> {
    let mut path = finding.pointer.split('/').skip(1);
    let call = example.fires.get(path.next()?.parse::<usize>().ok()?)?.as_object()?.keys().next()?;
    let parameter = path.nth(1)?;
    let tool = example.tools.as_array()?.iter().find(|tool| tool.get("name").is_some_and(|name| name == call))?;
    let declared = tool.pointer(&format!("/parameters/properties/{parameter}"))?;
    let listed = declared.get("enum").map(|values| format!(", one of `{values}`")).unwrap_or_default();
    let default = declared.get("default").map(|value| format!(", by default `{value}`")).unwrap_or_default();
    let about =
        declared.get("description").and_then(Value::as_str).map(|text| format!(": \"{text}\"")).unwrap_or_default();
    Some(format!("(`{parameter}`{about}{listed}{default})"))
}

fn said(finding: &Finding) -> String {
    let fix = finding.suggestion.as_ref().map(|fix| format!(" → `{fix}`")).unwrap_or_default();
    let place = if finding.pointer.is_empty() { String::new() } else { format!(", at `{}`", finding.pointer) };
    format!("{place}: {}{fix}", finding.message)
}

/// An answer of an example, for a reader.
fn answer(value: &Value) -> String {
    let call = |call: &Value| {
        let calls = call.as_object().into_iter().flatten();
        calls.map(|(name, arguments)| shown_call(name, arguments)).collect::<Vec<_>>().join(" ")
    };
    match value {
        Value::String(words) => format!("\"{words}\""),
        Value::Array(calls) => calls.iter().map(call).collect::<Vec<_>>().join(" "),
        other => match (other.get("output").and_then(Value::as_str), other.get("repeat"), other.get("call")) {
            (Some(output), ..) => format!("`{output}`"),
            (_, Some(n), Some(repeated)) => format!("{} {n} times", call(repeated)),
            _ => format!("`{other}`"),
        },
    }
}

/// `name(city="Oslo", days=2)`: JSON values, as short as a reader needs it.
fn shown_call(name: &str, arguments: &Value) -> String {
    let arguments = arguments.as_object().into_iter().flatten().map(|(name, value)| format!("{name}={value}"));
    format!("`{name}({})`", arguments.collect::<Vec<_>>().join(", "))
}

/// The document with the text between `<!-- name -->` and `<!-- /name -->` replaced.
pub fn replaced(document: &str, name: &str, text: &str) -> Result<String, LabError> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let missing =
        || LabError::Check(format!("docs/RULES.md has no lines {begin} and {end}; put them where the text belongs"));
    let (before, rest) = document.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", text.trim_end()))
}

/// The text between the markers.
pub fn between<'d>(document: &'d str, name: &str) -> Option<&'d str> {
    let (_, rest) = document.split_once(&format!("<!-- {name} -->"))?;
    rest.split_once(&format!("<!-- /{name} -->")).map(|(text, _)| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let document = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        let new = replaced(document, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n");
        assert_eq!(replaced(&new, "x", "new").unwrap(), new);
        assert_eq!(between(&new, "x"), Some("new"));
        assert!(replaced(document, "y", "").is_err());
    }
}
