//! The pairs that were not won, as the page shows them: what was asked, both answers with what differs marked, the findings.

use serde::Serialize;
use serde_json::Value;

use super::super::{
    model::{Difference, JudgeReport, Parameter, Report, Side, WrongVerdict},
    number::{NOT_MEASURED, percent, shortened},
};
use crate::{metrics::Verdict, trbench::Relation};

/// All of them, and by what they can be chosen.
#[derive(Debug, Serialize)]
pub(super) struct Wrong {
    choices: Vec<Choices>,
    entries: Vec<Entry>,
}

/// The values of a field.
#[derive(Debug, Serialize)]
struct Choices {
    label: &'static str,
    name: &'static str,
    options: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Entry {
    judge: String,
    number: u64,
    id: String,
    split: String,
    error_type: String,
    relation: &'static str,
    /// In a few words.
    verdict: String,
    chosen_first: &'static str,
    chosen_second: &'static str,
    p_chosen: String,
    /// The question, cut.
    asked: String,
    question: String,
    tools: String,
    sides: [SideView; 2],
    differences: Vec<DifferenceView>,
    critiques: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SideView {
    what: &'static str,
    /// Whose it is, and its score.
    about: String,
    /// Of an answer in words, or one that is neither words nor calls.
    words: Option<String>,
    calls: Vec<CallView>,
    findings: Vec<FindingView>,
}

#[derive(Debug, Serialize)]
struct CallView {
    name: String,
    marked: bool,
    arguments: Vec<ArgumentView>,
}

#[derive(Debug, Serialize)]
struct ArgumentView {
    name: String,
    value: String,
    marked: bool,
}

#[derive(Debug, Serialize)]
struct FindingView {
    rule: String,
    pointer: String,
    message: String,
    suggestion: Option<String>,
}

#[derive(Debug, Serialize)]
struct DifferenceView {
    place: String,
    chosen: String,
    rejected: String,
    parameter: String,
}

impl Wrong {
    pub(super) fn of(report: &Report) -> Self {
        let of_judge = |judge: &JudgeReport| -> Vec<Entry> {
            judge.wrong.iter().map(|wrong| entry(&judge.card.id, wrong)).collect()
        };
        let entries: Vec<Entry> = report.judges.iter().flat_map(of_judge).collect();
        let choices = |label, name, of: fn(&Entry) -> &str| {
            let mut options: Vec<String> = Vec::new();
            for entry in &entries {
                if !options.iter().any(|option| option == of(entry)) {
                    options.push(of(entry).into());
                }
            }
            Choices { label, name, options }
        };
        let choices = vec![
            choices("Judge", "judge", |entry| &entry.judge),
            choices("Split", "split", |entry| &entry.split),
            choices("Error type", "error", |entry| &entry.error_type),
        ];
        Self { choices, entries }
    }
}

fn entry(judge: &str, wrong: &WrongVerdict) -> Entry {
    let differences = wrong.differences.as_deref().unwrap_or_default();
    Entry {
        judge: judge.into(),
        number: wrong.number,
        id: wrong.id.clone(),
        split: wrong.split.clone(),
        error_type: wrong.error_type.clone(),
        relation: match wrong.relation {
            Relation::Better => "one is better",
            Relation::Tie => "both are right",
            Relation::BothWrong => "both are wrong, one less so",
        },
        verdict: in_short(wrong),
        chosen_first: named(wrong.chosen_first),
        chosen_second: named(wrong.chosen_second),
        p_chosen: wrong.p_chosen.map_or(NOT_MEASURED.into(), |p| format!("{} %", percent(p))),
        asked: shortened(&wrong.question, 120),
        question: wrong.question.clone(),
        tools: if wrong.tools.is_empty() { "none".into() } else { wrong.tools.join(", ") },
        sides: [
            side("Chosen: labelled better", &wrong.chosen, differences, |d| d.chosen.as_ref()),
            side("Rejected: labelled worse", &wrong.rejected, differences, |d| d.rejected.as_ref()),
        ],
        differences: differences.iter().map(difference).collect(),
        critiques: wrong.critiques.clone(),
    }
}

fn named(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("not asked", Verdict::name)
}

/// What became of the pair, over both orders.
pub(in crate::report) fn in_short(wrong: &WrongVerdict) -> String {
    let lost = |verdict| match verdict {
        Verdict::Right => "won",
        Verdict::Wrong => "lost",
        Verdict::Tie => "undecided",
        Verdict::Abstained => "abstained",
        Verdict::Failed => "failed",
    };
    match (wrong.chosen_first, wrong.chosen_second) {
        (Some(first), Some(second)) if first == second => format!("{} in both orders", lost(first)),
        (Some(first), Some(second)) => format!("{} when shown first, {} when shown second", lost(first), lost(second)),
        (Some(only), None) => format!("{}, shown first", lost(only)),
        (None, Some(only)) => format!("{}, shown second", lost(only)),
        (None, None) => "not asked".into(),
    }
}

fn side(
    what: &'static str,
    side: &Side,
    differences: &[Difference],
    of_side: fn(&Difference) -> Option<&Value>,
) -> SideView {
    let (words, calls) = match &side.answer {
        Value::String(words) => (Some(words.clone()), Vec::new()),
        Value::Array(calls) if !calls.is_empty() && calls.iter().all(is_call) => {
            let calls = calls.iter().filter_map(Value::as_object).flatten();
            (None, calls.map(|(name, arguments)| call(name, arguments, differences, of_side)).collect())
        }
        other => (Some(other.to_string()), Vec::new()),
    };
    let from = if side.from.is_empty() { "unknown" } else { &side.from };
    let score = side.score.map_or(String::new(), |score| format!(", score {score:.3}"));
    let findings = side.findings.iter().map(|finding| FindingView {
        rule: finding.rule.to_string(),
        pointer: finding.pointer.clone(),
        message: finding.message.clone(),
        suggestion: finding.suggestion.as_ref().map(Value::to_string),
    });
    SideView { what, about: format!("from {from}{score}"), words, calls, findings: findings.collect() }
}

/// `{NAME: {ARGUMENTS}}`.
fn is_call(value: &Value) -> bool {
    value.as_object().is_some_and(|call| call.len() == 1 && call.values().all(Value::is_object))
}

fn call(
    name: &str,
    arguments: &Value,
    differences: &[Difference],
    of_side: fn(&Difference) -> Option<&Value>,
) -> CallView {
    let of_tool = || differences.iter().filter(|difference| difference.tool == name);
    let argument = |(key, value): (&String, &Value)| ArgumentView {
        name: key.clone(),
        value: value.to_string(),
        marked: of_tool().any(|d| of_side(d).is_some_and(|differs| is_at(d.argument.as_deref(), key, value, differs))),
    };
    CallView {
        name: name.into(),
        marked: of_tool().any(|d| d.argument.is_none() && of_side(d) == Some(arguments)),
        arguments: arguments.as_object().into_iter().flatten().map(argument).collect(),
    }
}

/// Whether a value that differs, at a path with dots into nested objects, is this argument or inside it.
fn is_at(path: Option<&str>, key: &str, value: &Value, differs: &Value) -> bool {
    let Some(rest) = path.and_then(|path| path.strip_prefix(key)) else { return false };
    if rest.is_empty() {
        return value == differs;
    }
    let Some(inner) = rest.strip_prefix('.') else { return false };
    value.as_object().into_iter().flatten().any(|(key, value)| is_at(Some(inner), key, value, differs))
}

fn difference(difference: &Difference) -> DifferenceView {
    let value = |value: &Option<Value>| value.as_ref().map_or("absent".into(), Value::to_string);
    DifferenceView {
        place: place(difference),
        chosen: value(&difference.chosen),
        rejected: value(&difference.rejected),
        parameter: difference.parameter.as_ref().map_or_else(String::new, parameter),
    }
}

/// `area.height`, or the tool where a whole call differs.
pub(in crate::report) fn place(difference: &Difference) -> String {
    match &difference.argument {
        Some(argument) => format!("{}.{argument}", difference.tool),
        None => format!("the call of {}", difference.tool),
    }
}

fn parameter(parameter: &Parameter) -> String {
    let mut said = vec![parameter.types.clone()];
    said.push(if parameter.required { "required" } else { "optional" }.into());
    if let Some(default) = &parameter.default {
        said.push(format!("default {default}"));
    }
    if !parameter.allowed.is_empty() {
        said.push(format!("one of {}", Value::from(parameter.allowed.clone())));
    }
    let said = said.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
    if parameter.description.is_empty() { said } else { format!("{said}. {}", parameter.description) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view(answer: Value, differences: &[Difference]) -> SideView {
        side("x", &Side { answer, ..Side::default() }, differences, |d| d.chosen.as_ref())
    }

    fn differs(argument: Option<&str>, chosen: Value) -> Difference {
        let argument = argument.map(Into::into);
        Difference { tool: "area".into(), argument, chosen: Some(chosen), ..Difference::default() }
    }

    #[test]
    fn what_differs_is_marked_and_nothing_else() {
        let answer = json!([{"area": {"b": 1, "c": {"d": 2, "e": 3}}}, {"area": {"b": 9}}, {"other": {"b": 1}}]);
        let view = view(answer, &[differs(Some("b"), json!(1)), differs(Some("c.d"), json!(2))]);
        let marked: Vec<Vec<bool>> =
            view.calls.iter().map(|c| c.arguments.iter().map(|a| a.marked).collect()).collect();
        assert_eq!(marked, [vec![true, true], vec![false], vec![false]]);
        assert!(view.words.is_none() && view.calls.iter().all(|call| !call.marked));
    }

    #[test]
    fn a_call_that_only_one_answer_makes_is_marked_whole() {
        let view = view(json!([{"area": {"b": 1}}, {"area": {"b": 2}}]), &[differs(None, json!({"b": 2}))]);
        assert_eq!(view.calls.iter().map(|call| call.marked).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn answers_that_are_no_calls_are_shown_as_they_are() {
        assert_eq!(view(json!("No."), &[]).words.as_deref(), Some("No."));
        assert_eq!(view(json!({"raw": "f("}), &[]).words.as_deref(), Some(r#"{"raw":"f("}"#));
        assert_eq!(view(json!([]), &[]).words.as_deref(), Some("[]"));
        assert_eq!(view(json!([{"a": 1, "b": 2}]), &[]).words.as_deref(), Some(r#"[{"a":1,"b":2}]"#));
    }
}
