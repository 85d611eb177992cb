//! Schema rules: what the tools' own declarations rule out.

use super::{Case, Origin, Report, Rule, Slot};
use crate::{call::Action, toolset::ViolationKind};

/// The candidate's text cannot be read as a call.
#[derive(Debug)]
pub(super) struct Malformed;

impl Rule for Malformed {
    fn id(&self) -> &'static str {
        "schema.malformed"
    }
    fn summary(&self) -> &'static str {
        "The output can be read as a call."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        match &case.candidate.action {
            Action::Malformed { why, .. } => report.find("", why.clone(), 1.0),
            Action::Calls(calls) if calls.is_empty() => {
                report.find("", "an empty list of calls: a turn without calls is a text", 1.0);
            }
            _ => {}
        }
    }
}

/// The call names a tool that is not there.
#[derive(Debug)]
pub(super) struct UnknownTool;

impl Rule for UnknownTool {
    fn id(&self) -> &'static str {
        "schema.unknown-tool"
    }
    fn summary(&self) -> &'static str {
        "Every call names a tool that was given."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in case.calls.iter().filter(|v| v.spec.is_none()) {
            let name = &view.call.name;
            let nearest = case
                .tools
                .names()
                .map(|known| (strsim::normalized_damerau_levenshtein(known, name), known))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            match nearest {
                Some((similarity, known)) if similarity > 0.6 => report.find_with_fix(
                    view.pointer("/name"),
                    format!("no tool is named \"{name}\"; did you mean \"{known}\"?"),
                    1.0,
                    known.into(),
                ),
                _ => report.find(
                    view.pointer("/name"),
                    format!("no tool is named \"{name}\"; the tools are {}", listing(case.tools.names())),
                    1.0,
                ),
            }
        }
    }
}

/// The first names of a list, as text.
fn listing<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.take(SHOWN).map(|n| format!("\"{n}\"")).collect();
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// One kind of breach of the tool's parameter schema; one rule per kind, so that each has a weight of its own.
#[derive(Debug)]
pub(super) struct Breach {
    id: &'static str,
    summary: &'static str,
    kind: ViolationKind,
}

impl Breach {
    /// One rule for every [`ViolationKind`].
    pub(super) const ALL: [Self; 7] = [
        Self::new("schema.required", "Every required argument is given.", ViolationKind::Required),
        Self::new("schema.unknown-argument", "Every argument is one the tool has.", ViolationKind::Unknown),
        Self::new("schema.type", "Every value has a type the parameter allows.", ViolationKind::Type),
        Self::new("schema.enum", "A parameter with listed values gets one of them.", ViolationKind::Enum),
        Self::new("schema.range", "Numbers and lengths stay in their declared range.", ViolationKind::Range),
        Self::new("schema.format", "Texts follow their declared format or pattern.", ViolationKind::Format),
        Self::new("schema.other", "Everything else the schema asks holds.", ViolationKind::Other),
    ];

    /// The rule's id.
    pub(super) fn name(&self) -> &'static str {
        self.id
    }

    const fn new(id: &'static str, summary: &'static str, kind: ViolationKind) -> Self {
        Self { id, summary, kind }
    }
}

impl Rule for Breach {
    fn id(&self) -> &'static str {
        self.id
    }
    fn summary(&self) -> &'static str {
        self.summary
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for violation in view.violations.iter().filter(|v| v.kind == self.kind) {
                let pointer = view.pointer(&format!("/arguments{}", violation.pointer));
                // A documented default outside the listed values is the document's fault.
                let is_default = |s: &Slot<'_>| s.support.origin == Origin::Default && s.pointer(view.index) == pointer;
                if self.kind == ViolationKind::Enum && view.slots.iter().any(is_default) {
                    continue;
                }
                match &violation.suggestion {
                    // What can be mended unmistakably (another case, a number in quotes) is the lesser fault.
                    Some(fix) => {
                        let severity = if self.kind == ViolationKind::Enum { 0.4 } else { 1.0 };
                        report.find_with_fix(pointer, violation.message.clone(), severity, fix.clone());
                    }
                    None => report.find(pointer, violation.message.clone(), 1.0),
                }
            }
        }
    }
}
