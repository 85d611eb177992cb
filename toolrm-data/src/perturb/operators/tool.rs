//! The wrong tool: one that is not there, or another of those that are.

use serde_json::{Map, Value};
use toolrm_core::{
    call::ToolCall,
    toolset::{Param, ToolSpec},
};

use super::{BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, Subject, first_kept, made, stands_for};

pub(super) const HALLUCINATED_TOOL: BuiltIn = BuiltIn {
    id: "hallucinated-tool",
    summary: "A call names a tool that is not there, close to the right one.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("simple_function_checker:wrong_func_name", ErrorClass::WrongName)),
    mutants: hallucinated_tool,
};

fn hallucinated_tool(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let mutants = subject.calls.iter().enumerate().filter_map(|(i, call)| {
        let names = draw.of(i.to_le_bytes()).shuffled(near_names(&call.name));
        let name = names.into_iter().find(|n| subject.tools.get(n).is_none())?;
        let change = format!("\"{}\" became \"{name}\"", call.name);
        subject.with_call(i, format!("/{i}/name"), change, |call| call.name = name)
    });
    made(mutants, "every name close to the right one is a tool")
}

/// Verbs that tool names use for one another.
const VERBS: [(&str, &str); 8] = [
    ("get", "fetch"),
    ("search", "find"),
    ("create", "add"),
    ("delete", "remove"),
    ("update", "edit"),
    ("send", "post"),
    ("book", "reserve"),
    ("list", "show"),
];

/// Names the tool might have had.
fn near_names(name: &str) -> Vec<String> {
    let mut names = vec![format!("{name}_info"), format!("{name}_v2"), format!("{name}_by_name")];
    let exchanged = |(from, to): (&str, &str)| name.contains(from).then(|| name.replacen(from, to, 1));
    names.extend(VERBS.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]).filter_map(exchanged));
    names.retain(|n| n != name);
    names
}

pub(super) const WRONG_TOOL: BuiltIn = BuiltIn {
    id: "wrong-tool",
    summary: "Another of the tools is called, with arguments that fit it.",
    effect: Effect::ChangesMeaning,
    taxonomy: Some(stands_for("simple_function_checker:wrong_func_name", ErrorClass::WrongName)),
    mutants: wrong_tool,
};

/// Other tools tried for one call.
const OTHER_TOOLS: usize = 8;

/// One for each call and other tool, of some drawn ones.
fn wrong_tool(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let mut mutants = Vec::new();
    for (i, call, _) in subject.specs() {
        let draw = draw.of(i.to_le_bytes());
        let others = draw.shuffled(subject.tools.specs().iter().filter(|s| s.name() != call.name));
        for other in others.into_iter().take(OTHER_TOOLS) {
            mutants.extend(first_kept(subject, Effect::ChangesMeaning, [moved(subject, i, call, other, &draw)]));
        }
    }
    made(mutants, "there is no other tool whose arguments can be filled")
}

/// The call moved to another tool: arguments of the same name stay, required ones take a value of like type that is left over, or a
/// plausible one.
fn moved(subject: &Subject<'_>, i: usize, call: &ToolCall, other: &ToolSpec, draw: &Draw) -> Option<Mutant> {
    let fits =
        |param: &Param, v: &Value| param.types.allows(v) && (param.allowed.is_empty() || param.allowed.contains(v));
    let given = call.args()?;
    let stays = |param: &Param| given.get(&param.name).filter(|v| fits(param, v));
    let mut left: Vec<&Value> =
        given.iter().filter(|(n, _)| other.params().property(n).is_none()).map(|(_, v)| v).collect();
    let mut arguments = Map::new();
    for param in &other.params().properties {
        let value = match stays(param) {
            Some(value) => value.clone(),
            None if !param.required => continue,
            None => match left.iter().position(|v| fits(param, v)) {
                Some(at) => left.remove(at).clone(),
                None => subject.pool.plausible(other.name(), param, &draw.of(&param.name))?,
            },
        };
        arguments.insert(param.name.clone(), value);
    }
    let change = format!("\"{}\" became \"{}\"", call.name, other.name());
    subject.with_call(i, format!("/{i}/name"), change, |call| {
        other.name().clone_into(&mut call.name);
        call.arguments = Value::Object(arguments);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_exchange_verbs() {
        assert_eq!(near_names("get_weather")[3..], ["fetch_weather"]);
        assert_eq!(near_names("fetch_weather")[3..], ["get_weather"]);
        assert_eq!(near_names("f").len(), 3);
    }
}
