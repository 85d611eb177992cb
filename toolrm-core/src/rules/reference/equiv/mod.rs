//! [`ArgEquiv`]: when the value of an argument is as good as the reference's.
//!
//! Every equivalence here holds at least what is canonically equal ([`Exact`]) and adds its own leniency to it. Inside arrays
//! and objects values are compared member by member, so `{"when": "5 March 2024"}` and `{"when": "2024-03-05"}` are equal under
//! [`Dates`] as well. Compose them with [`any_of`].

use std::{borrow::Cow, fmt, sync::Arc};

use serde_json::Value;

use crate::{canonical::canonical_value, score::pointer_token, toolset::Param};

mod allowed;
mod dates;
mod numeric;
mod sets;
mod text;

pub use allowed::AllowedValues;
pub use dates::{Dates, NumericDates};
pub use numeric::Numeric;
pub use sets::Sets;
pub use text::{BfclText, CaseAndSpace};

/// Why a value is not as good as the reference's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// RFC 6901 pointer inside the value; empty when the value as a whole differs.
    pub at: String,
    /// What is wrong there.
    pub reason: Cow<'static, str>,
}

impl Difference {
    /// The value as a whole differs.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { at: String::new(), reason: reason.into() }
    }

    /// One value in place of another, and nothing more to say about it.
    pub fn plain() -> Self {
        Self::new(PLAIN)
    }

    /// Whether there is more to say than that one value is in place of another.
    pub(super) fn says_more(&self) -> bool {
        !self.at.is_empty() || self.reason != PLAIN
    }

    /// The same difference seen from outside: it lies in the member `token`.
    pub fn inside(mut self, token: &str) -> Self {
        self.at = format!("/{}{}", pointer_token(token), self.at);
        self
    }
}

const PLAIN: &str = "different";

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() { f.write_str(&self.reason) } else { write!(f, "{} at {}", self.reason, self.at) }
    }
}

/// Decides whether an argument's value is as good as the reference's.
///
/// Four of the five methods have defaults; a complete equivalence is a name and a comparison:
/// ```
/// use std::borrow::Cow;
/// use serde_json::{Value, json};
/// use toolrm_core::{rules::reference::equiv::{ArgEquiv, Difference}, toolset::Param};
///
/// /// Coordinates are equal within a kilometre or so.
/// #[derive(Debug)]
/// struct Nearby;
/// impl ArgEquiv for Nearby {
///     fn name(&self) -> Cow<'_, str> {
///         "nearby".into()
///     }
///     fn compare(&self, gold: &Value, got: &Value, _: Option<&Param>) -> Result<(), Difference> {
///         match (gold.as_f64(), got.as_f64()) {
///             (Some(a), Some(b)) if (a - b).abs() < 0.01 => Ok(()),
///             _ if gold == got => Ok(()),
///             _ => Err(Difference::new("not nearby")),
///         }
///     }
/// }
/// assert!(Nearby.compare(&json!(48.8566), &json!(48.86), None).is_ok());
/// ```
pub trait ArgEquiv: fmt::Debug + Send + Sync {
    /// Name with every parameter the answer depends on (`numeric(abs=0.01)`); part of the scorer's fingerprint.
    fn name(&self) -> Cow<'_, str>;

    /// Whether `got` is as good as `gold`, or why not. `param` is the parameter's documentation where the tool is known.
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference>;

    /// Whether a call may leave the argument out although the reference has it.
    fn may_omit(&self, gold: &Value, param: Option<&Param>) -> bool {
        let _ = (gold, param);
        false
    }

    /// One value that is as good as `gold`: what a finding suggests. `None`: leave the argument out.
    fn example(&self, gold: &Value) -> Option<Value> {
        Some(gold.clone())
    }

    /// What is expected, in words, for a finding.
    fn expected(&self, gold: &Value) -> String {
        shown(gold)
    }
}

macro_rules! forward_equiv {
    ($($p:ty),*) => {$(
        impl<E: ArgEquiv + ?Sized> ArgEquiv for $p {
            fn name(&self) -> Cow<'_, str> { (**self).name() }
            fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
                (**self).compare(gold, got, param)
            }
            fn may_omit(&self, gold: &Value, param: Option<&Param>) -> bool { (**self).may_omit(gold, param) }
            fn example(&self, gold: &Value) -> Option<Value> { (**self).example(gold) }
            fn expected(&self, gold: &Value) -> String { (**self).expected(gold) }
        }
    )*};
}
forward_equiv!(&E, Box<E>, Arc<E>);

/// Equal in canonical form ([`crate::canonical`]): `5` is `5.0`, the order of keys does not matter, `"5"` is not `5`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "has no parameters")]
pub struct Exact;

impl ArgEquiv for Exact {
    fn name(&self) -> Cow<'_, str> {
        "exact".into()
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        in_step(gold, got, param, &|gold, got, _| exact_leaf(gold, got))
    }
}

/// As good as the reference under at least one of several equivalences, at every place of a nested value on its own.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::rules::reference::equiv::{ArgEquiv, CaseAndSpace, Numeric, any_of};
/// let equiv = any_of([Box::new(CaseAndSpace) as Box<dyn ArgEquiv>, Box::new(Numeric::within(0.01))]);
/// assert!(equiv.compare(&json!(["Paris", 1.0]), &json!([" paris", 1.001]), None).is_ok());
/// assert!(equiv.compare(&json!(["Paris", 1.0]), &json!(["Rome", 1.0]), None).is_err());
/// ```
pub fn any_of<E: ArgEquiv>(parts: impl IntoIterator<Item = E>) -> AnyOf<E> {
    AnyOf { parts: parts.into_iter().collect() }
}

/// Made by [`any_of`]. Without parts it is [`Exact`].
#[derive(Debug, Clone)]
pub struct AnyOf<E> {
    parts: Vec<E>,
}

impl<E: ArgEquiv> ArgEquiv for AnyOf<E> {
    fn name(&self) -> Cow<'_, str> {
        let names: Vec<_> = self.parts.iter().map(ArgEquiv::name).collect();
        format!("any_of({})", names.join(",")).into()
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        let mut why = None;
        for part in &self.parts {
            match part.compare(gold, got, param) {
                Ok(()) => return Ok(()),
                Err(difference) => why = why.or(Some(difference)),
            }
        }
        let each: &Each<'_> = &|gold, got, param| self.compare(gold, got, param);
        match (in_members(gold, got, param, each), why) {
            (Some(result), _) => result,
            (None, Some(difference)) => Err(difference),
            (None, None) => exact_leaf(gold, got),
        }
    }
    fn may_omit(&self, gold: &Value, param: Option<&Param>) -> bool {
        self.parts.iter().any(|p| p.may_omit(gold, param))
    }
    fn example(&self, gold: &Value) -> Option<Value> {
        self.parts.first().map_or_else(|| Some(gold.clone()), |p| p.example(gold))
    }
    fn expected(&self, gold: &Value) -> String {
        self.parts.first().map_or_else(|| shown(gold), |p| p.expected(gold))
    }
}

/// A comparison of two values at the same place.
type Each<'a> = dyn Fn(&Value, &Value, Option<&Param>) -> Result<(), Difference> + 'a;

/// Compares arrays and objects member by member, all the way down; `leaf` decides about everything else.
fn in_step(gold: &Value, got: &Value, param: Option<&Param>, leaf: &Each<'_>) -> Result<(), Difference> {
    let each: &Each<'_> = &|gold, got, param| in_step(gold, got, param, leaf);
    in_members(gold, got, param, each).unwrap_or_else(|| leaf(gold, got, param))
}

/// Compares the members of two arrays or of two objects by `each`; `None` when the values are not two of a kind.
fn in_members(gold: &Value, got: &Value, param: Option<&Param>, each: &Each<'_>) -> Option<Result<(), Difference>> {
    match (gold, got) {
        (Value::Array(gold), Value::Array(got)) => {
            if gold.len() != got.len() {
                return Some(Err(Difference::new("different number of items")));
            }
            let items = param.and_then(|p| p.items.as_deref());
            Some(gold.iter().zip(got).enumerate().try_for_each(|(i, (gold, got))| {
                each(gold, got, items).map_err(|difference| difference.inside(&i.to_string()))
            }))
        }
        (Value::Object(gold), Value::Object(got)) => {
            if let Some(key) = got.keys().find(|key| !gold.contains_key(*key)) {
                return Some(Err(Difference::new("not expected").inside(key)));
            }
            Some(gold.iter().try_for_each(|(key, gold)| {
                match got.get(key) {
                    Some(got) => each(gold, got, param.and_then(|p| p.property(key))),
                    None => Err(Difference::new("missing")),
                }
                .map_err(|difference| difference.inside(key))
            }))
        }
        _ => None,
    }
}

/// Canonical equality of two values that are not both arrays or both objects.
fn exact_leaf(gold: &Value, got: &Value) -> Result<(), Difference> {
    match (gold, got) {
        _ if gold == got => Ok(()),
        (Value::Number(_), Value::Number(_)) if canonical_value(gold) == canonical_value(got) => Ok(()),
        _ if kind(gold) != kind(got) => Err(Difference::new("of another type")),
        _ => Err(Difference::plain()),
    }
}

/// The JSON type of a value, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value as a message shows it: JSON, cut to a length a person reads.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 160;
    let json = value.to_string();
    match json.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", json.get(..cut).unwrap_or_default()),
        None => json,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exact_says_where() {
        let at = |gold: Value, got: Value| Exact.compare(&gold, &got, None).unwrap_err().to_string();
        assert_eq!(at(json!({"a": [1, {"b/c": 2}]}), json!({"a": [1, {"b/c": 3}]})), "different at /a/1/b~1c");
        assert_eq!(at(json!({"a": 1}), json!({})), "missing at /a");
        assert_eq!(at(json!({}), json!({"a": 1})), "not expected at /a");
        assert_eq!(at(json!([1]), json!([])), "different number of items");
        assert_eq!(at(json!(5), json!("5")), "of another type");
        assert_eq!(at(json!(true), json!(1)), "of another type");
    }

    #[test]
    fn any_of_nothing_is_exact() {
        let none = any_of(Vec::<Exact>::new());
        assert!(none.compare(&json!({"a": [5]}), &json!({"a": [5.0]}), None).is_ok());
        assert!(none.compare(&json!({"a": [5]}), &json!({"a": [6]}), None).is_err());
        assert_eq!(none.example(&json!(1)), Some(json!(1)));
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let long = shown(&json!("é".repeat(500)));
        assert_eq!(long.chars().count(), 161);
        assert!(long.ends_with('…'));
    }
}
