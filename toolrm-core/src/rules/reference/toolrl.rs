//! ToolRL's reward: format plus correctness, the latter from tool names, argument names and argument values.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use super::{
    compare::{ArgumentLoss, Comparer, Loss, Tally, table},
    equiv::ArgEquiv,
    gold::{Gold, best, weight_of},
    options::WordsReference,
    pairing::Fraction,
};
use crate::{
    call::{Action, Candidate, ToolCall},
    score::{Finding, Outcome, Score, ScoreScale, Scorer},
    task::Task,
};

/// The decomposed reward of ToolRL (arXiv 2504.13958), in \[-3, 4\] on [`ScoreScale::Open`].
///
/// With G the calls of the reference, P the candidate's, `names` the sets of tool names and `keys` the sets of argument names:
/// - format: 1 when the candidate does the kind of thing that is expected (calls where calls are, words where words are) and can
///   be read, else 0;
/// - names: |names(G) ∩ names(P)| / |names(G) ∪ names(P)|;
/// - parameters: for each g in G with its partner p: |keys(g) ∩ keys(p)| / |keys(g) ∪ keys(p)|, 1 where both are empty;
/// - values: for each g in G with its partner p: the number of arguments of g that p gives an equal value;
/// - correctness: 6 * (names + parameters + values) / (1 + |G| + the number of arguments in G) - 3, over the one-to-one
///   assignment of partners that makes it largest.
///
/// Partners call the same tool, as in the released code (the paper does not say), and the assignment is the optimum of the paper,
/// where the released code is greedy. Where words are expected and given, correctness is 3; where calls are given instead, -3.
///
/// ```
/// use toolrm_core::{prelude::*, rules::reference::ToolRlReward};
/// use serde_json::json;
/// let gold = Action::Calls(vec![ToolCall::new("f", json!({"a": 1, "b": 2}))]);
/// let task = Task::new(vec![], Toolset::new(vec![])?).with_reference(vec![gold]);
/// let candidate = Candidate::calls(vec![ToolCall::new("f", json!({"a": 1, "c": 2}))]);
/// let parts = ToolRlReward::default().parts(&task, &candidate).judged().unwrap();
/// // names 1/1, parameters 1/3, values 1 of at most 1 + 1 + 2
/// assert_eq!((parts.format, parts.names, parts.values, parts.largest), (1.0, 1.0, 1.0, 4.0));
/// assert!((parts.reward() - (1.0 + 6.0 * (1.0 + 1.0 / 3.0 + 1.0) / 4.0 - 3.0)).abs() < 1e-12);
/// # Ok::<(), toolrm_core::toolset::ToolsetError>(())
/// ```
#[derive(Clone, Default)]
pub struct ToolRlReward {
    words: WordsReference,
    comparer: Comparer,
}

/// The parts of the reward.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ToolRlParts {
    /// Index of the reference answer the parts are about.
    pub reference: usize,
    /// 0 or 1.
    pub format: f64,
    /// In \[0, 1\].
    pub names: f64,
    /// In \[0, number of calls of the reference\].
    pub parameters: f64,
    /// In \[0, number of arguments in the reference\].
    pub values: f64,
    /// The largest possible sum of names, parameters and values.
    pub largest: f64,
}

impl ToolRlParts {
    /// 6 * (names + parameters + values) / largest - 3, in \[-3, 3\].
    pub fn correctness(&self) -> f64 {
        6.0 * (self.names + self.parameters + self.values) / self.largest - 3.0
    }

    /// Format plus correctness, in \[-3, 4\].
    pub fn reward(&self) -> f64 {
        self.format + self.correctness()
    }
}

/// The parts, and what they were made from.
struct Draft<'t> {
    parts: ToolRlParts,
    gold: Gold<'t>,
    /// For each call of the reference its partner in the candidate, and how the two compare.
    partners: Vec<Option<(usize, Tally)>>,
}

impl ToolRlReward {
    /// The published reward.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when the values of an argument are equal. Default: [`equiv::Exact`](super::equiv::Exact).
    pub fn with_arguments(mut self, equiv: impl ArgEquiv + 'static) -> Self {
        self.comparer.equiv = Arc::new(equiv);
        self
    }

    /// Sets what a reference without calls asks for.
    pub fn with_words_reference(mut self, words: WordsReference) -> Self {
        self.words = words;
        self
    }

    /// The parts of the reward, for the reference answer that gives the largest.
    pub fn parts(&self, task: &Task, candidate: &Candidate) -> Outcome<ToolRlParts> {
        self.best_draft(task, candidate).map(|draft| draft.parts)
    }

    fn best_draft<'t>(&self, task: &'t Task, candidate: &Candidate) -> Outcome<Draft<'t>> {
        let draft = |i, gold| self.draft(task, i, gold, &candidate.action);
        best(task, self.words, draft, |draft| draft.parts.reward())
    }

    fn draft<'t>(&self, task: &Task, reference: usize, gold: Gold<'t>, action: &Action) -> Draft<'t> {
        let none = ToolRlParts { reference, format: 0.0, names: 0.0, parameters: 0.0, values: 0.0, largest: 1.0 };
        match (gold, action) {
            (Gold::Words(_), Action::Text(_)) => {
                Draft { parts: ToolRlParts { format: 1.0, names: 1.0, ..none }, gold, partners: Vec::new() }
            }
            (Gold::Words(_), _) => Draft { parts: none, gold, partners: Vec::new() },
            (Gold::Calls(calls), _) => {
                let got = action.calls();
                let partners = self.partners(task, calls, got);
                let (mut parameters, mut values) = (0.0, 0.0);
                for (_, tally) in partners.iter().flatten() {
                    parameters += key_overlap(*tally);
                    values += tally.equal as f64;
                }
                let arguments: usize = calls.iter().map(argument_count).sum();
                let largest = (1 + calls.len() + arguments) as f64;
                let format = if got.is_empty() { 0.0 } else { 1.0 };
                let names = name_overlap(calls, got);
                Draft { parts: ToolRlParts { format, names, parameters, values, largest, ..none }, gold, partners }
            }
        }
    }

    fn partners(&self, task: &Task, gold: &[ToolCall], got: &[ToolCall]) -> Vec<Option<(usize, Tally)>> {
        let tallies = self.comparer.tallies(task, gold, got);
        let assigned = table(&tallies, parameters_and_values).one_to_one();
        let with_tally = |(row, column): (&Vec<Option<Tally>>, Option<usize>)| {
            let column = column?;
            Some((column, (*row.get(column)?)?))
        };
        tallies.iter().zip(assigned).map(with_tally).collect()
    }

    fn findings(&self, task: &Task, candidate: &Candidate, draft: &Draft<'_>) -> Vec<Finding> {
        if let Some(finding) = self.comparer.kind_finding(draft.gold, &candidate.action, 4.0 - draft.parts.reward()) {
            return vec![finding];
        }
        let Gold::Calls(gold) = draft.gold else {
            return Vec::new();
        };
        let got = candidate.action.calls();
        let point = 6.0 / draft.parts.largest;
        let mut findings = Vec::new();
        findings.extend(names_finding(gold, got, point * (1.0 - draft.parts.names)));
        let mut missing = got.len();
        for (call, partner) in gold.iter().zip(&draft.partners) {
            if let Some((column, tally, other)) = partner.and_then(|(c, tally)| Some((c, tally, got.get(c)?))) {
                findings.extend(weighted(self.comparer.losses(task, call, other, column), tally, point));
            } else {
                let loss = point * (1 + argument_count(call)) as f64;
                findings.push(self.comparer.missing_call(call, missing, loss));
                missing += 1;
            }
        }
        findings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        findings
    }
}

fn argument_count(call: &ToolCall) -> usize {
    call.args().map_or(0, serde_json::Map::len)
}

/// What a pair adds to parameters and values.
fn parameters_and_values(tally: Tally) -> Fraction {
    match tally.union {
        0 => (1, 1),
        union => (tally.shared + tally.equal * union, union),
    }
}

/// Names of arguments in both over names in at least one; 1 where there are none.
fn key_overlap(tally: Tally) -> f64 {
    if tally.union == 0 { 1.0 } else { tally.shared as f64 / tally.union as f64 }
}

fn tool_names(calls: &[ToolCall]) -> BTreeSet<&str> {
    calls.iter().map(|c| c.name.as_str()).collect()
}

fn name_overlap(gold: &[ToolCall], got: &[ToolCall]) -> f64 {
    let (gold, got) = (tool_names(gold), tool_names(got));
    gold.intersection(&got).count() as f64 / gold.union(&got).count() as f64
}

fn names_finding(gold: &[ToolCall], got: &[ToolCall], loss: f64) -> Option<Finding> {
    let (gold, got) = (tool_names(gold), tool_names(got));
    (gold != got).then(|| {
        let message = format!("expected calls of the tools {gold:?}, got calls of {got:?}");
        Finding::new("reference.tools", "", message, weight_of(loss))
    })
}

/// What the arguments of a pair lost: a value each, and the names their share of the overlap that is missing.
fn weighted(losses: Vec<ArgumentLoss>, tally: Tally, point: f64) -> impl Iterator<Item = Finding> {
    let names = losses.iter().filter(|l| l.loss == Loss::Name).count();
    let name = point * (1.0 - key_overlap(tally)) / names.max(1) as f64;
    losses.into_iter().map(move |l| {
        let lost = match (l.loss, l.in_gold) {
            (Loss::Value, _) => point,
            (Loss::Name, true) => name + point,
            (Loss::Name, false) => name,
        };
        Finding { weight: weight_of(lost), ..l.finding }
    })
}

impl Scorer for ToolRlReward {
    fn name(&self) -> &'static str {
        "toolrl"
    }

    fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score> {
        self.best_draft(task, candidate).map(|draft| {
            let findings = self.findings(task, candidate, &draft);
            Score::new(draft.parts.reward()).with_findings(findings)
        })
    }

    fn scale(&self) -> ScoreScale {
        ScoreScale::Open
    }

    fn fingerprint(&self) -> Cow<'_, str> {
        format!("toolrl/1({:?},{})", self.words, self.comparer.fingerprint()).into()
    }
}

impl fmt::Debug for ToolRlReward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToolRlReward").field(&self.fingerprint()).finish()
    }
}
