//! Lists of allowed values, the way the Berkeley Function Calling Leaderboard writes its gold.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{ArgEquiv, Difference, shown};
use crate::toolset::Param;

/// The reference's value is a list of allowed values (BFCL's `possible_answer`), each compared by another equivalence.
///
/// - `""` in the list means that the argument may be left out.
/// - An allowed object lists the allowed values of each of its keys in turn, as does every object of an allowed array. Keys with
///   `""` in their list may be left out, keys that are not there may not be given.
/// - An allowed object or array is also accepted as it stands.
/// - A reference value that is no list, or an empty one, is itself the one allowed value.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::rules::reference::equiv::{AllowedValues, ArgEquiv, BfclText};
/// let bfcl = AllowedValues::new(BfclText);
/// assert!(bfcl.compare(&json!(["km", "kilometres", ""]), &json!("KM"), None).is_ok());
/// assert!(bfcl.may_omit(&json!(["km", ""]), None));
/// let gold = json!([{"city": ["Paris", "Paris, France"], "zip": ["75001", ""]}]);
/// assert!(bfcl.compare(&gold, &json!({"city": "paris"}), None).is_ok());
/// assert_eq!(bfcl.compare(&gold, &json!({"city": "Rome"}), None).unwrap_err().at, "/city");
/// ```
#[derive(Debug, Clone)]
pub struct AllowedValues<E> {
    values: E,
}

impl<E: ArgEquiv> AllowedValues<E> {
    /// Allowed values, each compared by `values`.
    pub fn new(values: E) -> Self {
        Self { values }
    }

    fn one(&self, allowed: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        let difference = match self.values.compare(allowed, got, param) {
            Ok(()) => return Ok(()),
            Err(difference) => difference,
        };
        match (allowed, got) {
            (Value::Object(allowed), Value::Object(got)) => self.object(allowed, got, param),
            (Value::Array(allowed), Value::Array(got)) if allowed.len() == got.len() => {
                let items = param.and_then(|p| p.items.as_deref());
                allowed.iter().zip(got).enumerate().try_for_each(|(i, (allowed, got))| {
                    self.one(allowed, got, items).map_err(|difference| difference.inside(&i.to_string()))
                })
            }
            _ => Err(difference),
        }
    }

    fn object(
        &self,
        allowed: &Map<String, Value>,
        got: &Map<String, Value>,
        param: Option<&Param>,
    ) -> Result<(), Difference> {
        if let Some(key) = got.keys().find(|key| !allowed.contains_key(*key)) {
            return Err(Difference::new("not expected").inside(key));
        }
        allowed.iter().try_for_each(|(key, allowed)| {
            let param = param.and_then(|p| p.property(key));
            match got.get(key) {
                Some(got) => self.compare(allowed, got, param),
                None if self.may_omit(allowed, param) => Ok(()),
                None => Err(Difference::new("missing")),
            }
            .map_err(|difference| difference.inside(key))
        })
    }

    /// One allowed value with every choice inside it made: the first one that is not "left out".
    fn concrete(&self, allowed: &Value) -> Value {
        match allowed {
            Value::Object(map) => {
                let chosen = |(key, list): (&String, &Value)| Some((key.clone(), self.example(list)?));
                Value::Object(map.iter().filter_map(chosen).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.concrete(item)).collect()),
            other => other.clone(),
        }
    }
}

/// The allowed values of a list, without the mark for "may be left out". What is no list, or an empty one, is itself the one
/// allowed value.
fn given(gold: &Value) -> impl Iterator<Item = &Value> {
    let list = gold.as_array().map(Vec::as_slice).filter(|list| !list.is_empty());
    let whole = list.is_none().then_some(gold);
    whole.into_iter().chain(list.unwrap_or_default().iter().filter(|v| !is_omission(v)))
}

fn is_omission(value: &Value) -> bool {
    value.as_str() == Some("")
}

impl<E: ArgEquiv> ArgEquiv for AllowedValues<E> {
    fn name(&self) -> Cow<'_, str> {
        format!("allowed({})", self.values.name()).into()
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        let Some(list) = gold.as_array().filter(|list| !list.is_empty()) else {
            return self.one(gold, got, param);
        };
        // A single allowed value says where it differs; of several, none is the one that was meant.
        let single = given(gold).nth(1).is_none();
        let mut why = Difference::plain();
        for allowed in list {
            match self.one(allowed, got, param) {
                Ok(()) => return Ok(()),
                Err(difference) if single && !is_omission(allowed) => why = difference,
                Err(_) => {}
            }
        }
        Err(why)
    }
    fn may_omit(&self, gold: &Value, _: Option<&Param>) -> bool {
        gold.as_array().is_some_and(|list| list.iter().any(is_omission))
    }
    fn example(&self, gold: &Value) -> Option<Value> {
        given(gold).next().map(|allowed| self.concrete(allowed))
    }
    fn expected(&self, gold: &Value) -> String {
        let mut values = given(gold);
        match (values.next(), values.next()) {
            (None, _) => "it to be left out".into(),
            (Some(only), None) => shown(&self.concrete(only)),
            _ => format!("one of {}", shown(gold)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Exact, *};

    #[test]
    fn objects_nest_and_arrays_hold_objects() {
        let exact = AllowedValues::new(Exact);
        let gold = json!([[{"x": [1, 2], "y": [""]}, {"x": [3], "z": [{"deep": ["a", ""]}]}]]);
        assert!(exact.compare(&gold, &json!([{"x": 2}, {"x": 3, "z": {}}]), None).is_ok());
        let why = exact.compare(&gold, &json!([{"x": 2}, {"x": 4, "z": {}}]), None).unwrap_err();
        assert_eq!(why.to_string(), "different at /1/x");
        assert_eq!(exact.example(&gold), Some(json!([{"x": 1}, {"x": 3, "z": {"deep": "a"}}])));
        // An object that stands for itself.
        assert!(exact.compare(&json!([{"x": [1, 2]}]), &json!({"x": [1, 2]}), None).is_ok());
    }

    #[test]
    fn what_is_no_list_of_choices_allows_itself() {
        let exact = AllowedValues::new(Exact);
        assert!(exact.compare(&json!([]), &json!(1), None).is_err());
        assert!(exact.compare(&json!([]), &json!([]), None).is_ok());
        assert_eq!(exact.example(&json!({"a": "", "b": [], "c": [""]})), Some(json!({"a": "", "b": []})));
        assert_eq!(exact.example(&json!([""])), None);
        assert!(exact.compare(&json!(7), &json!(7.0), None).is_ok());
        assert_eq!(exact.expected(&json!([1, 2, ""])), r#"one of [1,2,""]"#);
        assert_eq!(exact.expected(&json!([1, ""])), "1");
    }
}
