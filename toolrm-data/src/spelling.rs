//! Whether two calls are the same but for how their values are spelt.

use serde_json::Value;
use toolrm_core::{call::Action, canonical::canonical_value};

/// Whether two answers make the same calls, but for upper and lower case in their values and for numbers that are written as texts. Answers
/// without calls are not the same.
pub fn same_but_for_spelling(a: &Action, b: &Action) -> bool {
    let spelled = |action: &Action| -> Vec<(String, Value)> {
        action.calls().iter().map(|call| (call.name.clone(), folded(&call.arguments))).collect()
    };
    !a.calls().is_empty() && spelled(a) == spelled(b)
}

/// Two answers without the arguments that only one of them has: optional arguments say nothing about which is right.
pub fn with_shared_arguments(a: &Action, b: &Action) -> (Action, Action) {
    (only_named(a, b), only_named(b, a))
}

/// Calls without the arguments that other calls do not have.
fn only_named(calls: &Action, others: &Action) -> Action {
    let named = |name: &str| others.calls().iter().any(|call| call.args().is_some_and(|args| args.contains_key(name)));
    let mut calls = calls.calls().to_vec();
    for arguments in calls.iter_mut().filter_map(|call| call.arguments.as_object_mut()) {
        arguments.retain(|name, _| named(name));
    }
    Action::Calls(calls)
}

fn folded(value: &Value) -> Value {
    match canonical_value(value) {
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => canonical_value(&number.into()),
            _ => Value::String(text.trim().to_lowercase()),
        },
        Value::Array(items) => items.iter().map(folded).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), folded(v))).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::call::ToolCall;

    use super::*;

    #[test]
    fn case_and_numbers_in_texts_are_spelling() {
        let of = |arguments: Value| Action::Calls(vec![ToolCall::new("f", arguments)]);
        let a = of(json!({"city": " Oslo", "days": "3", "of": [{"n": 1.0}]}));
        assert!(same_but_for_spelling(&a, &of(json!({"city": "oslo", "days": 3, "of": [{"n": "1"}]}))));
        assert!(!same_but_for_spelling(&a, &of(json!({"city": "oslo", "days": 4, "of": [{"n": 1}]}))));
        assert!(!same_but_for_spelling(&Action::Text("a".into()), &Action::Text("a".into())));
    }

    #[test]
    fn only_arguments_that_both_have_are_shared() {
        let of = |arguments: Value| Action::Calls(vec![ToolCall::new("f", arguments)]);
        let (a, b) = with_shared_arguments(&of(json!({"a": 1, "b": 2})), &of(json!({"b": 3, "c": 4})));
        assert_eq!((a, b), (of(json!({"b": 2})), of(json!({"b": 3}))));
    }
}
