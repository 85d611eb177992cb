//! [`ReferenceScorer`]: its options.

use std::{borrow::Cow, fmt, sync::Arc};

use super::{
    assess::Assessment,
    compare::Comparer,
    equiv::{AllowedValues, ArgEquiv, BfclText},
    gold::best,
    options::{Counts, EmptyArguments, Matching, Repeats, WordsReference},
};
use crate::{
    call::Candidate,
    score::{Outcome, Score, Scorer},
    task::Task,
};

/// Scores a candidate against the task's reference answers, in \[0, 1\].
///
/// The default is the score of the ToolRM paper (arXiv 2510.26167). With C* the calls of the reference and C the candidate's:
/// - 0 when |C| differs from |C*|, and when C makes the same call twice;
/// - else the mean over c* in C* of the best credit among the calls c in C of the same tool, 0 when there is none;
///   the credit of a pair is (arguments in both with equal values) / (arguments in at least one).
///
/// Several calls of the reference may find their best credit in the same call of the candidate: see [`Matching`]. What the paper
/// leaves open is decided and can be changed: [`EmptyArguments`] (0/0), [`WordsReference`] (no call expected), several
/// reference answers (the best counts).
///
/// ```
/// use toolrm_core::{prelude::*, rules::ReferenceScorer};
/// use serde_json::json;
/// let gold = Action::Calls(vec![ToolCall::new("get_weather", json!({"city": "Paris", "days": 3}))]);
/// let task = Task::new(vec![Message::user("Weather in Paris, 3 days?")], Toolset::new(vec![])?).with_reference(vec![gold]);
/// let candidate = Candidate::calls(vec![ToolCall::new("get_weather", json!({"city": "Rome", "days": 3.0}))]);
/// let score = ReferenceScorer::default().score(&task, &candidate).judged().unwrap();
/// assert_eq!(score.value, 0.5);
/// assert_eq!(
///     score.findings[0].to_string(),
///     r#"reference.wrong_value at /0/arguments/city: argument "city": expected "Paris", got "Rome""#
/// );
/// # Ok::<(), toolrm_core::toolset::ToolsetError>(())
/// ```
#[derive(Clone, Default)]
pub struct ReferenceScorer {
    pub(super) matching: Matching,
    pub(super) counts: Counts,
    pub(super) repeats: Repeats,
    pub(super) empty: EmptyArguments,
    pub(super) words: WordsReference,
    pub(super) comparer: Comparer,
}

impl ReferenceScorer {
    /// The paper's score.
    pub fn new() -> Self {
        Self::default()
    }

    /// One-to-one and with partial credit for a wrong number of calls: a denser and fairer reward than the paper's.
    pub fn graded() -> Self {
        Self::default().with_matching(Matching::OneToOne).with_counts(Counts::Partial)
    }

    /// For references of [`reference_from_bfcl`](super::reference_from_bfcl): one-to-one, repeats allowed, arguments compared with
    /// [`AllowedValues`] of [`BfclText`]. A score of 1 is what BFCL calls valid, up to its rules about types.
    pub fn bfcl() -> Self {
        Self::default()
            .with_matching(Matching::OneToOne)
            .with_repeats(Repeats::Allowed)
            .with_arguments(AllowedValues::new(BfclText))
    }

    /// Sets which call may answer which.
    pub fn with_matching(mut self, matching: Matching) -> Self {
        self.matching = matching;
        self
    }

    /// Sets what a wrong number of calls costs.
    pub fn with_counts(mut self, counts: Counts) -> Self {
        self.counts = counts;
        self
    }

    /// Sets what a repeated call costs.
    pub fn with_repeats(mut self, repeats: Repeats) -> Self {
        self.repeats = repeats;
        self
    }

    /// Sets what two calls without arguments are worth.
    pub fn with_empty_arguments(mut self, empty: EmptyArguments) -> Self {
        self.empty = empty;
        self
    }

    /// Sets what a reference without calls asks for.
    pub fn with_words_reference(mut self, words: WordsReference) -> Self {
        self.words = words;
        self
    }

    /// Sets when the values of an argument are equal. Default: [`equiv::Exact`](super::equiv::Exact).
    pub fn with_arguments(mut self, equiv: impl ArgEquiv + 'static) -> Self {
        self.comparer.equiv = Arc::new(equiv);
        self
    }

    /// Leaving out an optional argument means its documented default: the reference's value counts as given when it is the
    /// default, and an argument that only the candidate has costs nothing when it says the default. Needs the tool to be in the
    /// task's toolset. Off in the paper.
    pub fn with_documented_defaults(mut self, on: bool) -> Self {
        self.comparer.documented_defaults = on;
        self
    }

    /// The score with everything behind it: which reference, which call against which, the credit of each.
    pub fn assess(&self, task: &Task, candidate: &Candidate) -> Outcome<Assessment> {
        best(task, self.words, |i, gold| self.draft(task, i, gold, &candidate.action), |draft| draft.value)
            .map(|draft| self.explained(task, candidate, draft))
    }
}

impl Scorer for ReferenceScorer {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score> {
        self.assess(task, candidate).map(|a| Score::new(a.value).with_findings(a.findings))
    }

    fn fingerprint(&self) -> Cow<'_, str> {
        format!(
            "reference/1({:?},{:?},{:?},{:?},{:?},{})",
            self.matching,
            self.counts,
            self.repeats,
            self.empty,
            self.words,
            self.comparer.fingerprint()
        )
        .into()
    }
}

impl fmt::Debug for ReferenceScorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReferenceScorer").field(&self.fingerprint()).finish()
    }
}
