//! Numbers that are close enough.

use std::borrow::Cow;

use serde_json::Value;

use super::{ArgEquiv, Difference, exact_leaf, in_step};
use crate::toolset::Param;

/// Numbers are equal within a tolerance: `|gold - got| <= max(absolute, relative * max(|gold|, |got|))`.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::rules::reference::equiv::{ArgEquiv, Numeric};
/// assert!(Numeric::within(0.01).compare(&json!(3.14), &json!(3.1416), None).is_ok());
/// assert!(Numeric::relative(1e-9).compare(&json!(1e12), &json!(1e12 + 1.0), None).is_ok());
/// assert!(Numeric::within(0.0).compare(&json!(5), &json!("5"), None).is_err());
/// assert!(Numeric::within(0.0).with_text_numbers().compare(&json!(5), &json!("5.0"), None).is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numeric {
    absolute: f64,
    relative: f64,
    text_numbers: bool,
}

impl Numeric {
    /// Equal when no further apart than `absolute`.
    pub fn within(absolute: f64) -> Self {
        Self { absolute, relative: 0.0, text_numbers: false }
    }

    /// Equal when no further apart than `relative` times the larger of the two.
    pub fn relative(relative: f64) -> Self {
        Self { absolute: 0.0, relative, text_numbers: false }
    }

    /// Sets the relative tolerance; the wider of the two counts.
    pub fn with_relative(mut self, relative: f64) -> Self {
        self.relative = relative;
        self
    }

    /// A string that holds a finite decimal number counts as that number.
    pub fn with_text_numbers(mut self) -> Self {
        self.text_numbers = true;
        self
    }

    fn number(self, value: &Value) -> Option<f64> {
        match value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) if self.text_numbers => text.trim().parse().ok().filter(|f: &f64| f.is_finite()),
            _ => None,
        }
    }

    fn close(self, gold: &Value, got: &Value) -> bool {
        let (Some(a), Some(b)) = (self.number(gold), self.number(got)) else {
            return false;
        };
        // Two large integers can be one float: their distance is taken before they become floats.
        let distance = match (integer(gold), integer(got)) {
            (Some(a), Some(b)) => a.abs_diff(b) as f64,
            _ => (a - b).abs(),
        };
        distance <= self.absolute.max(self.relative * a.abs().max(b.abs()))
    }
}

fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

impl ArgEquiv for Numeric {
    fn name(&self) -> Cow<'_, str> {
        let text = if self.text_numbers { ",text" } else { "" };
        format!("numeric(abs={},rel={}{text})", self.absolute, self.relative).into()
    }
    fn compare(&self, gold: &Value, got: &Value, param: Option<&Param>) -> Result<(), Difference> {
        in_step(gold, got, param, &|gold, got, _| if self.close(gold, got) { Ok(()) } else { exact_leaf(gold, got) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn large_integers_stay_apart() {
        let (a, b) = (json!(9_007_199_254_740_992_i64), json!(9_007_199_254_740_993_i64));
        assert!(Numeric::within(0.5).compare(&a, &b, None).is_err());
        assert!(Numeric::within(1.0).compare(&a, &b, None).is_ok());
        assert!(Numeric::within(0.5).compare(&json!(u64::MAX), &json!(u64::MAX - 1), None).is_err());
    }

    #[test]
    fn words_and_infinities_are_no_numbers() {
        let lenient = Numeric::within(1e300).with_text_numbers();
        for text in ["inf", "nan", "five", "", "1e999"] {
            assert!(lenient.compare(&json!(5), &json!(text), None).is_err(), "{text}");
        }
        assert!(lenient.compare(&json!(" 5"), &json!("5.0 "), None).is_ok());
        assert!(lenient.compare(&json!(true), &json!(1), None).is_err());
    }
}
