//! Where is a wrong answer wrong, and does a finding point there?

use std::collections::{BTreeMap, HashSet};

use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    rules::reference::{Counts, ReferenceScorer},
    score::{Finding, Scorer},
};

use crate::dataset::Record;

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "an answer has no other parts")]
pub enum Place {
    /// An argument of a call, given or missing.
    Argument(usize, String),
    /// A call as a whole: its tool is the wrong one, or it should not be made.
    Call(usize),
    /// The answer as a whole: a call is missing.
    Whole,
}

impl Place {
    /// The part that a finding points at; places within an argument count as the argument. `calls` is the number of calls of the
    /// answer: a call beyond them is one that is missing.
    pub fn of(finding: &Finding, calls: usize) -> Self {
        let mut tokens = finding.pointer.split('/').skip(1);
        let Some(call) = tokens.next().and_then(|index| index.parse::<usize>().ok()).filter(|i| *i < calls) else {
            return Self::Whole;
        };
        match (tokens.next(), tokens.next()) {
            (Some("arguments"), Some(name)) => Self::Argument(call, name.replace("~1", "/").replace("~0", "~")),
            _ => Self::Call(call),
        }
    }
}

/// A wrong answer, where it is wrong, and what was found in it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Number of its question.
    pub question: usize,
    /// What the benchmark says is wrong.
    pub error_type: String,
    /// Where it is wrong; empty where that cannot be told from the accepted answers (types within a value).
    pub errors: HashSet<Place>,
    /// Rules that found something, with the place.
    pub findings: Vec<(String, Place)>,
}

impl Diagnosis {
    /// Whether a finding is at a true error.
    pub fn hits(&self, place: &Place) -> bool {
        self.errors.contains(place)
    }

    /// Whether some finding names a true error.
    pub fn named(&self) -> bool {
        self.findings.iter().any(|(_, place)| self.hits(place))
    }
}

/// What was found in a right answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Alarm {
    /// Number of its question.
    pub question: usize,
    /// Rules that found something.
    pub findings: Vec<String>,
}

/// The distinct wrong and right answers of pairs, with what a scorer finds in them. Right answers in words are left out: they have
/// no part that a finding could be wrong about.
pub fn diagnose(
    records: &[Record],
    golds: &BTreeMap<String, Action>,
    scorer: &dyn Scorer,
) -> (Vec<Diagnosis>, Vec<Alarm>) {
    let mut questions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = HashSet::new();
    let (mut wrong, mut right) = (Vec::new(), Vec::new());
    for record in records {
        let next = questions.len();
        let question = *questions.entry(&record.question).or_insert(next);
        let mut new = |candidate: &Candidate| seen.insert((question, Fingerprint::of_action(&candidate.action)));
        let found = |candidate: &Candidate| -> Vec<(String, Place)> {
            let calls = candidate.action.calls().len();
            let findings = scorer.score(&record.task, candidate).judged().map(|s| s.findings).unwrap_or_default();
            findings.iter().map(|f| (f.rule.to_string(), Place::of(f, calls))).collect()
        };
        if new(&record.rejected) {
            wrong.push(Diagnosis {
                question,
                error_type: record.error_type.clone(),
                errors: errors(record, golds.get(&record.question)),
                findings: found(&record.rejected),
            });
        }
        if !record.chosen.action.calls().is_empty() && new(&record.chosen) {
            let findings = found(&record.chosen).into_iter().map(|(rule, _)| rule).collect();
            right.push(Alarm { question, findings });
        }
    }
    (wrong, right)
}

/// Where a wrong answer differs from what is accepted, or else from the right answer beside it.
fn errors(record: &Record, gold: Option<&Action>) -> HashSet<Place> {
    let calls = record.rejected.action.calls().len();
    match (&record.chosen.action, calls) {
        // No call is right, or a call where there is none.
        (Action::Text(_), 1..) => return (0..calls).map(Place::Call).collect(),
        (Action::Calls(_), 0) => return HashSet::from([Place::Whole]),
        _ => {}
    }
    let differences = |scorer: &ReferenceScorer, reference: &Action| -> HashSet<Place> {
        let task = record.task.clone().with_reference(vec![reference.clone()]);
        let findings = scorer.score(&task, &record.rejected).judged().map(|s| s.findings).unwrap_or_default();
        findings.iter().map(|f| Place::of(f, calls)).collect()
    };
    let accepted = ReferenceScorer::bfcl().with_counts(Counts::Partial);
    let from_gold = gold.map(|gold| differences(&accepted, gold)).unwrap_or_default();
    if from_gold.is_empty() { differences(&ReferenceScorer::graded(), &record.chosen.action) } else { from_gold }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_arguments_calls_or_the_whole() {
        let at = |pointer: &str| Place::of(&Finding::new("r.r", pointer, "", 1.0), 2);
        assert_eq!(at("/1/arguments/a~1b/c"), Place::Argument(1, "a/b".into()));
        assert_eq!([at("/0/name"), at("/0"), at("/1/arguments")], [Place::Call(0), Place::Call(0), Place::Call(1)]);
        assert_eq!([at(""), at("/2")], [Place::Whole, Place::Whole]);
    }
}
