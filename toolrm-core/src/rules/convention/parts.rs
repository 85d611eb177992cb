//! Values made of parts ("City, State").

use super::{Case, Report, Rule, filled};

/// "City, State" asked, "City" given.
#[derive(Debug)]
pub(in crate::rules) struct Parts;

impl Rule for Parts {
    fn id(&self) -> &'static str {
        "convention.parts"
    }
    fn summary(&self) -> &'static str {
        "A value has the parts the parameter's description asks for (\"City, State\")."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let Some(text) = slot.value.as_str().filter(|t| !t.is_empty() && !t.contains(',')) else { continue };
            let asks = param.description.to_ascii_lowercase();
            let asks_state =
                ["city, state", "city and state", "city, country", "(city, state)"].iter().any(|p| asks.contains(p));
            // Only what is a place by its words: "dontcare" and the like are not made longer.
            if asks_state && slot.support.degree > 0.5 && param.default.as_ref() != Some(slot.value) {
                let message = format!("\"{text}\" lacks the state or country that the description asks for");
                report.find(slot.pointer(index), message, 1.0);
            }
        }
    }
}
