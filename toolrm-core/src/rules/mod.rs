//! Scorers made of rules: the reference-free [`RuleScorer`], the embedded default judge, and the reference-based
//! [`ReferenceScorer`].

use std::{borrow::Cow, collections::HashMap, fmt, sync::Arc};

use crate::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    error::{ErrorKind, JudgeError},
    score::{Finding, Outcome, Score, ScoreScale, Scorer},
    task::Task,
};

mod convention;
mod coverage;
mod grounding;
mod provenance;
pub mod reference;
mod relevance;
mod rule;
mod schema;
mod support;
mod weights;

pub use reference::ReferenceScorer;
pub use rule::{CallView, Case, Report, Rule, Slot};
pub use support::{Origin, Support};
pub use weights::{BIAS, WEIGHTS};

/// The embedded judge: rules, no weights to load, no network, microseconds.
///
/// The score is a log-odds ([`ScoreScale::Logit`]): a constant ([`BIAS`], what a candidate with no finding gets) less the weights of
/// all findings. A rule can only count against a candidate, never for it. The scorer abstains when it has nothing to say: an
/// answer in words where there are no tools.
///
/// ```
/// use toolrm_core::prelude::*;
/// use serde_json::json;
///
/// let tools = Toolset::new(vec![Tool::new("get_weather", json!({
///     "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}))])?;
/// let task = Task::new(vec![Message::user("What is the weather in Paris?")], tools);
/// let rules = RuleScorer::default();
/// let score = |arguments| {
///     rules.score(&task, &Candidate::calls(vec![ToolCall::new("get_weather", arguments)])).judged().unwrap()
/// };
/// let (good, bad) = (score(json!({"city": "Paris"})), score(json!({"town": "Paris"})));
/// assert!(good.value > bad.value);
/// assert_eq!(bad.findings[0].pointer, "/0/arguments/city");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RuleScorer {
    rules: Vec<Weighed>,
    fingerprint: String,
}

#[derive(Clone)]
struct Weighed {
    id: Cow<'static, str>,
    weight: f32,
    rule: Arc<dyn Rule>,
}

/// One line of [`RuleScorer::rules`]: a rule's id, what it claims, its weight (0 = switched off).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RuleInfo<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// What it claims.
    pub summary: &'a str,
    /// Log-odds a breach of full severity costs.
    pub weight: f32,
}

impl Default for RuleScorer {
    /// All built-in rules with the weights of [`WEIGHTS`].
    fn default() -> Self {
        let table: HashMap<&str, f32> = WEIGHTS.iter().copied().collect();
        let rules = built_in()
            .into_iter()
            .map(|(id, rule)| Weighed { weight: table.get(id).copied().unwrap_or(0.0), id: Cow::Borrowed(id), rule })
            .collect();
        Self { rules, fingerprint: String::new() }.with_fingerprint()
    }
}

fn built_in() -> Vec<(&'static str, Arc<dyn Rule>)> {
    fn entry<R: Rule + 'static>(id: &'static str, rule: R) -> (&'static str, Arc<dyn Rule>) {
        (id, Arc::new(rule))
    }
    let mut rules =
        vec![entry("schema.malformed", schema::Malformed), entry("schema.unknown-tool", schema::UnknownTool)];
    rules.extend(schema::Breach::ALL.map(|breach| entry(breach.name(), breach)));
    rules.extend([
        entry("grounding.required", grounding::Required),
        entry("grounding.optional", grounding::Optional),
        entry("grounding.free-text", grounding::FreeText),
        entry("grounding.borrowed", grounding::Borrowed),
        entry("grounding.other-parameter", grounding::OtherParameter),
        entry("grounding.choice", grounding::Choice),
        entry("grounding.other-listed", grounding::OtherListed),
        entry("grounding.placeholder", grounding::Placeholder),
        entry("grounding.empty", grounding::Empty),
        entry("grounding.reused-number", grounding::ReusedNumber),
        entry("grounding.order", grounding::Order),
        entry("grounding.role", grounding::Role),
        entry("convention.null", convention::Null),
        entry("convention.pattern", convention::Pattern),
        entry("convention.parts", convention::Parts),
        entry("convention.lead", convention::Lead),
        entry("convention.tail", convention::Tail),
        entry("convention.stop", convention::Stop),
        entry("convention.shape", convention::Look),
        entry("convention.whole-request", convention::WholeRequest),
        entry("convention.reworded", convention::Reworded),
        entry("convention.state", convention::State),
        entry("convention.lost-state", convention::LostState),
        entry("convention.added-region", convention::AddedRegion),
        entry("convention.plainest", convention::Plainest),
        entry("convention.rate", convention::Rate),
        entry("convention.unit", convention::Unit),
        entry("provenance.unknown-id", provenance::UnknownId),
        entry("provenance.wrong-field", provenance::WrongField),
        entry("provenance.inexact", provenance::Inexact),
        entry("provenance.name-for-id", provenance::NameForId),
        entry("provenance.other-item", provenance::OtherItem),
        entry("provenance.later-item", provenance::LaterItem),
        entry("provenance.not-the-extreme", provenance::NotTheExtreme),
        entry("provenance.stale-answer", provenance::StaleAnswer),
        entry("provenance.stale-value", provenance::StaleValue),
        entry("provenance.lookup-unused", provenance::LookupUnused),
        entry("provenance.skipped-lookup", provenance::SkippedLookup),
        entry("provenance.again-after-failure", provenance::AgainAfterFailure),
        entry("coverage.unused-number", coverage::UnusedNumber),
        entry("coverage.unused-date", coverage::UnusedDate),
        entry("coverage.unheld", coverage::Unheld),
        entry("coverage.unused-name", coverage::UnusedName),
        entry("coverage.unused-item", coverage::UnusedItem),
        entry("coverage.unused-option", coverage::UnusedOption),
        entry("coverage.unused-choice", coverage::UnusedChoice),
        entry("coverage.unused-code", coverage::UnusedCode),
        entry("coverage.unused-flag", coverage::UnusedFlag),
        entry("coverage.unused-count", coverage::UnusedCount),
        entry("coverage.unused-unit", coverage::UnusedUnit),
        entry("coverage.unused-listed", coverage::UnusedListed),
        entry("coverage.repeated", coverage::Repeated),
        entry("coverage.split", coverage::Split),
        entry("coverage.split-list", coverage::SplitList),
        entry("coverage.mirrored", coverage::Mirrored),
        entry("coverage.variation", coverage::Variation),
        entry("coverage.combination", coverage::Combination),
        entry("coverage.unused-like", coverage::UnusedLike),
        entry("coverage.again", coverage::Again),
        entry("coverage.unused-tool", coverage::UnusedTool),
        entry("coverage.same-job", coverage::SameJob),
        entry("coverage.count", coverage::Count),
        entry("coverage.merged", coverage::Merged),
        entry("coverage.flood", coverage::Flood),
        entry("relevance.unrelated", relevance::Unrelated),
        entry("relevance.stray", relevance::Stray),
        entry("relevance.better-tool", relevance::BetterTool),
        entry("relevance.days-around", relevance::DaysAround),
        entry("relevance.no-call", relevance::NoCall),
    ]);
    rules
}

impl RuleScorer {
    /// No rules at all; add your own with [`RuleScorer::with_rule`].
    pub fn empty() -> Self {
        Self { rules: Vec::new(), fingerprint: String::new() }.with_fingerprint()
    }

    /// Adds a rule; a rule with the same id is replaced. `weight` is the log-odds that a breach of full severity costs.
    pub fn with_rule(mut self, rule: impl Rule + 'static, weight: f32) -> Self {
        let id = Cow::Owned(rule.id().to_owned());
        self.rules.retain(|r| r.id != id);
        self.rules.push(Weighed { id, weight: weight.max(0.0), rule: Arc::new(rule) });
        self.with_fingerprint()
    }

    /// Sets a rule's weight; 0 switches it off. An id that no rule has is an error that names the nearest one.
    pub fn with_weight(mut self, id: &str, weight: f32) -> Result<Self, JudgeError> {
        let Some(rule) = self.rules.iter_mut().find(|r| r.id == id) else {
            let ids = self.rules.iter().map(|r| &*r.id);
            let nearest = ids.max_by(|a, b| strsim::jaro(a, id).total_cmp(&strsim::jaro(b, id)));
            let message = format!("no rule has the id \"{id}\"; the nearest is \"{}\"", nearest.unwrap_or("none"));
            return Err(JudgeError::new(ErrorKind::InvalidInput, message));
        };
        rule.weight = weight.max(0.0);
        Ok(self.with_fingerprint())
    }

    /// Switches a rule off.
    pub fn without(self, id: &str) -> Result<Self, JudgeError> {
        self.with_weight(id, 0.0)
    }

    /// The rules, in the order they are checked.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = RuleInfo<'_>> {
        self.rules.iter().map(|r| RuleInfo { id: &r.id, summary: r.rule.summary(), weight: r.weight })
    }

    fn with_fingerprint(mut self) -> Self {
        let parts = self.rules.iter().map(|r| format!("{}={}", r.id, r.weight));
        let version = std::iter::once(concat!("toolrm-core ", env!("CARGO_PKG_VERSION")).to_owned());
        self.fingerprint = format!("rules:{}", Fingerprint::of(version.chain(parts)));
        self
    }

    /// Every finding about a candidate, most severe first.
    pub fn findings(&self, task: &Task, candidate: &Candidate) -> Vec<Finding> {
        let case = Case::new(task, candidate);
        let mut findings = Vec::new();
        for rule in self.rules.iter().filter(|r| r.weight > 0.0) {
            rule.rule.check(&case, &mut Report::new(rule.id.clone(), rule.weight, &mut findings));
        }
        findings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        fade_over_calls(&mut findings, candidate);
        findings
    }
}

/// One misjudged parameter would count once for each parallel call of a tool, and four right calls would lose to a single wrong one:
/// what a rule has against the same parameter of several calls of a tool weighs less each time.
fn fade_over_calls(findings: &mut [Finding], candidate: &Candidate) {
    let calls = candidate.action.calls();
    if calls.len() < 2 || findings.len() < 2 {
        return;
    }
    let mut met: HashMap<(Cow<'static, str>, &str, String), i32> = HashMap::new();
    let of_values = |f: &&mut Finding| f.rule.starts_with("grounding.") || f.rule.starts_with("convention.");
    for finding in findings.iter_mut().filter(of_values) {
        let Some((index, below)) = finding.pointer.get(1..).and_then(|p| p.split_once("/arguments")) else { continue };
        let Some(call) = index.parse().ok().and_then(|i: usize| calls.get(i)) else { continue };
        let times = met.entry((finding.rule.clone(), call.name.as_str(), below.to_owned())).or_default();
        finding.weight *= 0.5_f32.powi(*times);
        *times += 1;
    }
    findings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
}

impl fmt::Debug for RuleScorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rules.iter().map(|r| (&r.id, r.weight))).finish()
    }
}

impl Scorer for RuleScorer {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn scale(&self) -> ScoreScale {
        ScoreScale::Logit
    }

    fn fingerprint(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.fingerprint)
    }

    fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score> {
        if task.tools().is_empty() && matches!(candidate.action, Action::Text(_)) {
            return Outcome::abstained("an answer in words and no tools: no rule applies");
        }
        let findings = self.findings(task, candidate);
        let against: f64 = findings.iter().map(|f| f64::from(f.weight)).sum();
        Outcome::Judged(Score::new(BIAS - against).with_findings(findings))
    }
}
