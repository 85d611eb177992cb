//! Arrays whose order means nothing.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde_json::Value;

use super::{ArgEquiv, Difference, Each, in_members};
use crate::{canonical::canonical_value, rules::reference::pairing::Table, toolset::Param};

/// Arrays are equal in any order; what they hold is compared by another equivalence. Objects are compared member by member,
/// so that an array inside one is a set as well.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::rules::reference::equiv::{ArgEquiv, CaseAndSpace, Exact, Sets};
/// assert!(Sets::of(CaseAndSpace).compare(&json!(["a", "b"]), &json!(["B", "a", "A"]), None).is_ok());
/// assert!(Sets::multisets(Exact).compare(&json!([1, 1, 2]), &json!([1, 2, 2]), None).is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Sets<E> {
    items: E,
    multiset: bool,
}

impl<E: ArgEquiv> Sets<E> {
    /// Arrays as sets: each item of either side has an equal one on the other; how often does not matter.
    pub fn of(items: E) -> Self {
        Self { items, multiset: false }
    }

    /// Arrays as multisets: items that are canonically equal are paired off first; the others must pair up one to one under
    /// `items`. More than 256 others are taken for different.
    pub fn multisets(items: E) -> Self {
        Self { items, multiset: true }
    }

    fn equal(&self, gold: &Value, got: &Value, param: Option<&Param>) -> bool {
        self.compare(gold, got, param).is_ok()
    }

    /// No pair of items is compared twice: with nested arrays the cost would double at every level.
    fn as_sets(&self, gold: &[Value], got: &[Value], param: Option<&Param>) -> Result<(), Difference> {
        let (gold_forms, got_forms) = (canonical_forms(gold), canonical_forms(got));
        let (in_gold, in_got): (HashSet<_>, HashSet<_>) = (gold_forms.iter().collect(), got_forms.iter().collect());
        let mut met: Vec<bool> = got_forms.iter().map(|form| in_gold.contains(form)).collect();
        let mut exact = Vec::new();
        for (i, (g, form)) in gold.iter().zip(&gold_forms).enumerate() {
            if in_got.contains(form) {
                exact.push(g);
                continue;
            }
            let mut found = false;
            for (p, met) in got.iter().zip(&mut met) {
                let equal = self.equal(g, p, param);
                found |= equal;
                *met |= equal;
            }
            if !found {
                return Err(Difference::new("item missing").inside(&i.to_string()));
            }
        }
        let unmet = got.iter().zip(met).position(|(p, met)| !met && !exact.iter().any(|g| self.equal(g, p, param)));
        match unmet {
            Some(i) => Err(Difference::new("item not expected").inside(&i.to_string())),
            None => Ok(()),
        }
    }

    fn as_multisets(&self, gold: &[Value], got: &[Value], param: Option<&Param>) -> Result<(), Difference> {
        const MOST: usize = 256;
        if gold.len() != got.len() {
            return Err(Difference::new("different number of items"));
        }
        let (gold, got) = without_common(gold, got);
        if gold.len() > MOST {
            return Err(Difference::new("too many different items"));
        }
        let equal = |g: &Value| got.iter().map(|p| self.equal(g, p, param).then_some((1, 1))).collect();
        let pairs = Table::new(gold.iter().map(|g| equal(g)).collect()).one_to_one();
        if pairs.iter().all(Option::is_some) { Ok(()) } else { Err(Difference::new("different items")) }
    }
}

fn canonical_forms(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| canonical_value(item).to_string()).collect()
}

/// What is left of two lists of the same length when canonically equal items are paired off.
fn without_common<'a>(gold: &'a [Value], got: &'a [Value]) -> (Vec<&'a Value>, Vec<&'a Value>) {
    let mut open: HashMap<String, Vec<&Value>> = HashMap::new();
    for (form, value) in canonical_forms(gold).into_iter().zip(gold) {
        open.entry(form).or_default().push(value);
    }
    let alone = |(form, _): &(String, &Value)| open.get_mut(form).and_then(Vec::pop).is_none();
    let rest = canonical_forms(got).into_iter().zip(got).filter(alone).map(|(_, value)| value).collect();
    (open.into_values().flatten().collect(), rest)
}

impl<E: ArgEquiv> ArgEquiv for Sets<E> {
    fn name(&self) -> Cow<'_, str> {
        format!("{}({})", if self.multiset { "multisets" } else { "sets" }, self.items.name()).into()
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        if let (Value::Array(gold), Value::Array(got)) = (gold, got) {
            let items = param.and_then(|p| p.items.as_deref());
            return if self.multiset { self.as_multisets(gold, got, items) } else { self.as_sets(gold, got, items) };
        }
        let each: &Each<'_> = &|gold, got, param| self.compare(gold, got, param);
        in_members(gold, got, param, each).unwrap_or_else(|| self.items.compare(gold, got, param))
    }
    fn may_omit(&self, gold: &Value, param: Option<&Param>) -> bool {
        self.items.may_omit(gold, param)
    }
    fn example(&self, gold: &Value) -> Option<Value> {
        self.items.example(gold)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Numeric, *};

    #[test]
    fn multisets_pair_up_optimally() {
        let near = Sets::multisets(Numeric::within(1.0));
        // 1 could take 2, which 3 needs.
        assert!(near.compare(&json!([1, 3]), &json!([2, 0]), None).is_ok());
        assert!(near.compare(&json!([1, 3]), &json!([2, 5]), None).is_err());
        assert!(near.compare(&json!([]), &json!([]), None).is_ok());
    }

    #[test]
    fn nested_arrays_are_sets_too() {
        let sets = Sets::of(Numeric::within(0.0));
        assert!(sets.compare(&json!({"a": [[1, 2], [3]]}), &json!({"a": [[3], [2, 1]]}), None).is_ok());
        // Deep and equal only by the items' own equivalence: linear, not doubled at every level.
        let deep = |leaf: f64| (0..100).fold(json!(leaf), |inner, _| json!([inner]));
        assert!(Sets::of(Numeric::within(0.1)).compare(&deep(1.0), &deep(1.01), None).is_ok());
        let why = sets.compare(&json!({"a": [1, 2]}), &json!({"a": [1]}), None).unwrap_err();
        assert_eq!(why.to_string(), "item missing at /a/1");
        let why = sets.compare(&json!([1]), &json!([1, 2]), None).unwrap_err();
        assert_eq!(why.to_string(), "item not expected at /1");
    }
}
