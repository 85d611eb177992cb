//! Strings that differ only in how they are written.

use std::borrow::Cow;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{ArgEquiv, Difference, exact_leaf, in_step};
use crate::toolset::Param;

/// Strings are equal whatever their case and white space: runs of white space count as one space, none at the ends, and
/// Unicode's compatibility forms (NFKC) are one.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::rules::reference::equiv::{ArgEquiv, CaseAndSpace};
/// assert!(CaseAndSpace.compare(&json!("New York"), &json!("  new\tYORK "), None).is_ok());
/// assert!(CaseAndSpace.compare(&json!("New York"), &json!("NewYork"), None).is_err());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "has no parameters")]
pub struct CaseAndSpace;

impl ArgEquiv for CaseAndSpace {
    fn name(&self) -> Cow<'_, str> {
        "case_and_space".into()
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        compare_texts(gold, got, param, |text| {
            let folded = text.nfkc().collect::<String>().to_lowercase();
            folded.split_whitespace().collect::<Vec<_>>().join(" ")
        })
    }
}

/// Strings are equal as the Berkeley Function Calling Leaderboard has it: without spaces and `,./-_*^`, in lower case, and
/// with `'` read as `"`.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::rules::reference::equiv::{ArgEquiv, BfclText};
/// assert!(BfclText.compare(&json!("New York, NY"), &json!("new-york NY"), None).is_ok());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "has no parameters")]
pub struct BfclText;

impl ArgEquiv for BfclText {
    fn name(&self) -> Cow<'_, str> {
        "bfcl_text".into()
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        compare_texts(gold, got, param, |text| {
            let kept: String = text.chars().filter(|c| !" ,./-_*^".contains(*c)).collect();
            kept.to_lowercase().replace('\'', "\"")
        })
    }
}

/// Compares values whose strings are equal when `normal` makes them so.
fn compare_texts(
    gold: &Value,
    got: &Value,
    param: Option<&Param>,
    normal: impl Fn(&str) -> String,
) -> Result<(), Difference> {
    in_step(gold, got, param, &|gold, got, _| match (gold, got) {
        (Value::String(a), Value::String(b)) if a == b || normal(a) == normal(b) => Ok(()),
        _ => exact_leaf(gold, got),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn compatibility_forms_are_one() {
        assert!(CaseAndSpace.compare(&json!("São Paulo"), &json!("SA\u{303}O\u{a0}PAULO"), None).is_ok());
        assert!(CaseAndSpace.compare(&json!(["A", 1]), &json!(["a ", 1.0]), None).is_ok());
        assert!(CaseAndSpace.compare(&json!("1"), &json!(1), None).is_err());
    }

    #[test]
    fn bfcl_reads_quotes_alike() {
        assert!(BfclText.compare(&json!("{'a': 1}"), &json!("{\"A\":1}"), None).is_ok());
        assert!(BfclText.compare(&json!("a+b"), &json!("ab"), None).is_err());
    }
}
