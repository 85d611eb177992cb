//! Dates and times in the pattern the description shows.

use super::{Case, Report, Rule, filled};

/// A date or time whose description shows a pattern the value does not have.
#[derive(Debug)]
pub(in crate::rules) struct Pattern;

impl Rule for Pattern {
    fn id(&self) -> &'static str {
        "convention.pattern"
    }
    fn summary(&self) -> &'static str {
        "A date or time is written in the pattern the parameter's description shows."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        const PATTERNS: [&str; 8] =
            ["YYYY-MM-DD", "MM/DD/YYYY", "DD/MM/YYYY", "YYYY/MM/DD", "MM-DD-YYYY", "DD-MM-YYYY", "HH:MM", "YYYYMMDD"];
        for (index, slot, param) in filled(case) {
            let Some(text) = slot.value.as_str() else { continue };
            let mut asked = PATTERNS.iter().filter(|p| has_pattern(&param.description, p)).peekable();
            let Some(first) = asked.peek().copied() else { continue };
            let is_default = param.default.as_ref() == Some(slot.value);
            if !is_default && !text.is_empty() && !asked.any(|p| follows(text, p)) {
                report.find(slot.pointer(index), format!("\"{text}\" is not written as {first}"), 1.0);
            }
        }
    }
}

fn has_pattern(description: &str, pattern: &str) -> bool {
    memchr::memmem::find(description.as_bytes(), pattern.as_bytes()).is_some()
        || memchr::memmem::find(description.as_bytes(), pattern.to_ascii_lowercase().as_bytes()).is_some()
}

/// Whether the text begins with digits and separators where the pattern has letters and separators (more may follow).
fn follows(text: &str, pattern: &str) -> bool {
    let mut chars = text.chars();
    pattern.chars().all(|p| match chars.next() {
        Some(c) if p.is_ascii_alphabetic() => c.is_ascii_digit(),
        other => other == Some(p),
    })
}
