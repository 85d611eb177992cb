//! Words for nothing where a value belongs.

use super::{Case, Report, Rule, filled};

/// The word "null" where a value belongs. (A JSON null is the schema's matter.)
#[derive(Debug)]
pub(in crate::rules) struct Null;

impl Rule for Null {
    fn id(&self) -> &'static str {
        "convention.null"
    }
    fn summary(&self) -> &'static str {
        "An argument without a value is left out, not given as the word \"null\" or \"none\"."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let is_null = |s: &str| s.eq_ignore_ascii_case("null") || s.eq_ignore_ascii_case("none");
            let documented = param.default.as_ref() == Some(slot.value) || param.allowed.contains(slot.value);
            if slot.value.as_str().is_some_and(is_null) && !documented {
                report.find(
                    slot.pointer(index),
                    "leave the argument out instead of giving it as a word for nothing",
                    1.0,
                );
            }
        }
    }
}
