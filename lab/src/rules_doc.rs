//! `docs/RULES.md`: what is written by hand stays, what is between markers is made of the code, the examples and the measurements.

use serde_json::Value;
use toolrm_core::{rules::BIAS, score::Finding};

use crate::{
    error::LabError,
    examples::{Example, examples},
    severities::{RuleLine, rules},
};

/// The section between `<!-- rules -->` and `<!-- /rules -->`: every rule with its claim, its weight and its examples.
pub fn rules_section() -> Result<String, LabError> {
    let (rules, examples) = (rules(), examples()?);
    let family = |rule: &RuleLine| rule.id.split('.').next().unwrap_or_default().to_owned();
    let mut parts = vec![format!("A candidate without a finding scores {BIAS}.")];
    for of_family in rules.chunk_by(|a, b| family(a) == family(b)) {
        parts.extend(of_family.first().map(|rule| format!("### {}", family(rule))));
        for rule in of_family {
            parts.push(entry(rule, examples.get(&rule.id))?);
        }
    }
    Ok(parts.join("\n\n"))
}

fn entry(rule: &RuleLine, example: Option<&Example>) -> Result<String, LabError> {
    let off = if rule.weight == 0.0 { " (switched off)" } else { "" };
    let head = format!("**`{}`**, weight {}{off}. {}", rule.id, rule.weight, rule.summary);
    let Some(example) = example else { return Ok(head) };
    let [found, _] = example.findings()?;
    let said = found.iter().find(|f| f.rule == rule.id).map(said).unwrap_or_default();
    let (fires, silent) = (answer(&example.fires), answer(&example.silent));
    Ok(format!("{head}\n\n> {}\n\n- against the rule: {fires}{said}\n- in order: {silent}", example.request()))
}

fn said(finding: &Finding) -> String {
    let fix = finding.suggestion.as_ref().map(|fix| format!(" (suggests `{fix}`)")).unwrap_or_default();
    let place = if finding.pointer.is_empty() { String::new() } else { format!(" at `{}`", finding.pointer) };
    format!(":{place} \"{}\"{fix}", finding.message)
}

/// An answer of an example, for a reader.
fn answer(value: &Value) -> String {
    let call = |call: &Value| {
        let calls = call.as_object().into_iter().flatten();
        calls.map(|(name, arguments)| format!("`{name}({arguments})`")).collect::<Vec<_>>().join(" ")
    };
    match value {
        Value::String(words) => format!("\"{words}\""),
        Value::Array(calls) => calls.iter().map(call).collect::<Vec<_>>().join(" and "),
        other => match (other.get("output").and_then(Value::as_str), other.get("repeat"), other.get("call")) {
            (Some(output), ..) => format!("`{output}`"),
            (_, Some(n), Some(repeated)) => format!("{} {n} times", call(repeated)),
            _ => format!("`{other}`"),
        },
    }
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
