//! The answers to one question: labelled, brought into one style, and told apart by what they do.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    canonical::Fingerprint,
    task::Task,
    toolset::Toolset,
};
use toolrm_data::Fault;

use super::pedantic::is_pedantic;
use crate::{
    bfcl::{
        category::{Category, Language},
        question::Question,
    },
    recorded::{Label, Labeller, Recording, Served, documented_calls},
};

/// Who gave an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Author {
    pub(super) source: Arc<str>,
    pub(super) model: Arc<str>,
}

/// An answer some models gave, in the bench's own style.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Names as documented, arguments in the documented order, nothing beside the calls.
    pub(super) candidate: Candidate,
    /// What it does, numbers by value: two answers with one key are never told apart.
    pub(super) key: Fingerprint,
    /// As `key`, whatever the order of the calls.
    pub(super) unordered: Fingerprint,
    pub(super) right: bool,
    pub(super) error_type: Option<String>,
    /// Wrong, and right when an integer is written as a float or the other way round, or its names as documented: what it does is
    /// right, so it is no example of a mistake.
    pub(super) pedantic: bool,
    /// Sorted; at least one.
    pub(super) authors: Vec<Author>,
}

/// A question with all its answers.
#[derive(Debug)]
pub(super) struct Contest<'q> {
    pub(super) question: &'q Question,
    pub(super) task: Task,
    pub(super) tools: Arc<Toolset>,
    /// The accepted answer with the first value allowed everywhere; `None` where there is none, or the checker does not pass it.
    pub(super) gold: Option<Candidate>,
    /// Right ones first, then by key.
    pub(super) answers: Vec<Answer>,
    pub(super) agreement: Agreement,
    /// Recordings without a verdict: the checker says why.
    pub(super) unchecked: BTreeMap<String, u64>,
}

/// How many recordings have a published label, and for how many ours says the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) labels: u64,
    pub(super) valid: u64,
    pub(super) error_type: u64,
}

impl<'q> Contest<'q> {
    /// Labels the recordings of one question.
    pub(super) fn new(question: &'q Question, recordings: &[Recording], served: &Served) -> Result<Self, Fault> {
        let (task, tools) = (question.task()?, question.toolset()?);
        let mut labeller = Labeller::new(question, &tools);
        let mut contest = Self {
            question,
            task,
            tools: Arc::clone(&tools),
            gold: gold(question, &mut labeller, &tools),
            answers: Vec::new(),
            agreement: Agreement::default(),
            unchecked: BTreeMap::new(),
        };
        let mut known: HashMap<(Fingerprint, bool, Option<String>), usize> = HashMap::new();
        for recording in recordings {
            let underscored = served.underscores(&recording.model);
            let Label { right, error_type } = match labeller.label(&recording.answer.action, underscored) {
                Ok(label) => label,
                Err(why) => {
                    *contest.unchecked.entry(why).or_default() += 1;
                    continue;
                }
            };
            contest.agreement.note(recording, right, error_type.as_deref());
            let action = if underscored {
                documented_calls(recording.answer.action.clone(), &tools)
            } else {
                recording.answer.action.clone()
            };
            let candidate = Candidate::new(in_style(action, &tools));
            let key = Fingerprint::of_action(&candidate.action);
            let author = Author { source: Arc::clone(&recording.source), model: Arc::clone(&recording.model) };
            let place = *known.entry((key, right, error_type.clone())).or_insert(contest.answers.len());
            if let Some(answer) = contest.answers.get_mut(place) {
                answer.authors.push(author);
                continue;
            }
            let pedantic = !right && is_pedantic(&mut labeller, &candidate.action);
            let (unordered, authors) = (unordered(&candidate.action), vec![author]);
            contest.answers.push(Answer { candidate, key, unordered, right, error_type, pedantic, authors });
        }
        contest.settle();
        Ok(contest)
    }

    /// A wrong answer that does what a right one does is wrong for its form alone. Sorts.
    fn settle(&mut self) {
        let right: Vec<Fingerprint> = self.answers.iter().filter(|a| a.right).map(|a| a.key).collect();
        for answer in &mut self.answers {
            answer.pedantic |= !answer.right && right.contains(&answer.key);
            answer.authors.sort();
        }
        let order = |a: &Answer| (!a.right, a.key, a.error_type.clone());
        self.answers.sort_by_cached_key(order);
    }

    /// Whether right answers are calls that are compared with accepted ones.
    pub(super) fn compares_calls(&self) -> bool {
        let category = self.question.category;
        !category.is_irrelevance() && category != Category::LiveRelevance && !category.is_multi_turn()
    }
}

fn gold(question: &Question, labeller: &mut Labeller<'_>, tools: &Toolset) -> Option<Candidate> {
    let first = |call: &Value| {
        let (name, arguments) = call.as_object()?.iter().next()?;
        Some(ToolCall::new(name.clone(), first_allowed(arguments)))
    };
    let calls = question.gold.as_ref()?.as_array()?.iter().map(first);
    let action = Action::Calls(calls.collect::<Option<_>>()?);
    let passes = labeller.label(&action, false).ok()?.right;
    passes.then(|| Candidate::new(in_style(action, tools)))
}

impl Agreement {
    fn note(&mut self, recording: &Recording, right: bool, error_type: Option<&str>) {
        let Some(published) = &recording.published else { return };
        self.labels += 1;
        self.valid += u64::from(published.valid == right);
        self.error_type += u64::from(published.valid == right && published.error_type.as_deref() == error_type);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.labels += other.labels;
        self.valid += other.valid;
        self.error_type += other.error_type;
    }
}

/// The same action as all answers of the bench are written: arguments in the order in which they are documented, those that are not
/// documented behind them by name; words without blanks around them.
pub(super) fn in_style(action: Action, tools: &Toolset) -> Action {
    match action {
        Action::Calls(calls) => Action::Calls(calls.into_iter().map(|call| ordered(call, tools)).collect()),
        Action::Text(text) => Action::Text(text.trim().to_owned()),
        other => other,
    }
}

fn ordered(call: ToolCall, tools: &Toolset) -> ToolCall {
    let Value::Object(mut given) = call.arguments else { return ToolCall::new(call.name, call.arguments) };
    let mut arguments = Map::new();
    for param in tools.get(&call.name).into_iter().flat_map(|spec| &spec.params().properties) {
        if let Some((name, value)) = given.remove_entry(&param.name) {
            arguments.insert(name, value);
        }
    }
    let mut others: Vec<_> = given.into_iter().collect();
    others.sort_by(|a, b| a.0.cmp(&b.0));
    arguments.extend(others);
    ToolCall::new(call.name, arguments.into())
}

/// What an action does, whatever the order of its calls.
fn unordered(action: &Action) -> Fingerprint {
    let Action::Calls(calls) = action else { return Fingerprint::of_action(action) };
    let mut each: Vec<_> = calls.iter().map(Fingerprint::of_call).collect();
    each.sort_unstable();
    Fingerprint::of(each.iter().map(Fingerprint::as_bytes))
}

/// The arguments of an accepted call with the first value allowed for each; one whose first value is "" (may be left out) is left out.
fn first_allowed(arguments: &Value) -> Value {
    let first = |(name, allowed): (&String, &Value)| {
        let value = match allowed {
            Value::Array(values) => values.first()?,
            other => other,
        };
        (*value != Value::String(String::new())).then(|| (name.clone(), plain(value)))
    };
    arguments.as_object().into_iter().flatten().filter_map(first).collect()
}

/// An accepted value: objects in it hold lists of allowed values once more.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(_) => first_allowed(value),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Whether values of this category are plain JSON, which scorers that know nothing of Java and JavaScript compare.
pub(super) fn is_plain(category: Category) -> bool {
    category.language() == Language::Python
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_allowed_values_go_all_the_way_down() {
        let accepted = json!({"a": [1, 2], "b": ["", 5], "c": [{"d": [3], "e": ["", 4]}], "f": [[{"g": ["x", "y"]}]]});
        assert_eq!(first_allowed(&accepted), json!({"a": 1, "c": {"d": 3}, "f": [{"g": "x"}]}));
    }

    #[test]
    fn the_order_of_calls_can_be_looked_away_from() {
        let calls = |names: [&str; 2]| Action::Calls(names.iter().map(|n| ToolCall::new(*n, json!({}))).collect());
        assert_eq!(unordered(&calls(["a", "b"])), unordered(&calls(["b", "a"])));
        assert_ne!(unordered(&calls(["a", "b"])), unordered(&calls(["a", "a"])));
    }
}
