//! Answers that are wrong for their form alone.

use serde_json::{Map, Number, Value};
use toolrm_core::call::{Action, ToolCall};

use crate::recorded::Labeller;

/// Whether a wrong answer is right with its names as documented, or with numbers in another form.
pub(super) fn is_pedantic(labeller: &mut Labeller<'_>, action: &Action) -> bool {
    let Action::Calls(calls) = action else { return false };
    let mut right = |calls: Vec<ToolCall>| labeller.label(&Action::Calls(calls), false).is_ok_and(|label| label.right);
    let numbers = [Numbers::Floats, Numbers::Integers, Numbers::FloatsInside, Numbers::IntegersInside];
    right(calls.clone()) || numbers.into_iter().any(|form| right(calls.iter().map(|c| form.of_call(c)).collect()))
}

/// A form of numbers that changes no value.
#[derive(Clone, Copy)]
enum Numbers {
    Floats,
    Integers,
    /// Floats in lists and objects, integers elsewhere.
    FloatsInside,
    IntegersInside,
}

impl Numbers {
    fn of_call(self, call: &ToolCall) -> ToolCall {
        let map = call.args().into_iter().flatten();
        let arguments = map.map(|(name, value)| (name.clone(), self.of(value, false))).collect::<Map<_, _>>();
        ToolCall::new(call.name.clone(), arguments.into())
    }

    #[allow(clippy::cast_possible_truncation, reason = "guarded: integral and within ±2^53")]
    fn of(self, value: &Value, inside: bool) -> Value {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match value {
            Value::Number(number) => {
                let Some(float) = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= EXACT) else {
                    return value.clone();
                };
                let floats = match self {
                    Self::Floats => true,
                    Self::Integers => false,
                    Self::FloatsInside => inside,
                    Self::IntegersInside => !inside,
                };
                if floats { Number::from_f64(float).into() } else { Value::from(float as i64) }
            }
            Value::Array(items) => items.iter().map(|item| self.of(item, true)).collect(),
            Value::Object(map) => map.iter().map(|(key, item)| (key.clone(), self.of(item, true))).collect(),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_change_their_form_and_not_their_value() {
        let call = ToolCall::new("f", json!({"a": 1, "b": [2.0, 2.5], "c": 3.0}));
        let form = |numbers: Numbers| numbers.of_call(&call).arguments.to_string();
        assert_eq!(form(Numbers::Floats), r#"{"a":1.0,"b":[2.0,2.5],"c":3.0}"#);
        assert_eq!(form(Numbers::Integers), r#"{"a":1,"b":[2,2.5],"c":3}"#);
        assert_eq!(form(Numbers::FloatsInside), r#"{"a":1,"b":[2.0,2.5],"c":3}"#);
        assert_eq!(form(Numbers::IntegersInside), r#"{"a":1.0,"b":[2,2.5],"c":3.0}"#);
    }
}
