//! [`Question`] and [`Questions`]: what the leaderboard asks, with which tools, and which answers it accepts.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use serde_json::{Value, json};
use toolrm_core::{
    call::{Message, Role},
    canonical::Fingerprint,
    task::Task,
    toolset::{Dialect, Toolset},
};
use toolrm_data::Fault;

use super::category::Category;
use crate::trbench::pair::dialect_of;

/// A question of the leaderboard, by the ids and names of its version 4.
///
/// `path` and `excluded_function` of the multi-turn files are left out: nothing that asks or checks looks at them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Question {
    /// Its id: `live_simple_3-1-0`.
    pub id: String,
    /// Its category.
    pub category: Category,
    /// What is said, turn by turn; single-turn questions have one turn. A turn of `multi_turn_miss_func` at which tools are added has
    /// no messages.
    pub turns: Vec<Vec<Message>>,
    /// The tools as published: a list of function documents. Of a multi-turn question those of its classes, in order, without
    /// the missed ones. Questions with the same tools share one.
    pub functions: Arc<Value>,
    /// The accepted answers as published: `[{NAME: {PARAMETER: [ALLOWED]}}]`, or for several turns the calls of every turn as
    /// Python text. `None` where no call is compared (irrelevance and relevance).
    pub gold: Option<Value>,
    /// The stateful tools of a multi-turn question; empty for the others.
    pub involved_classes: Vec<String>,
    /// Their state before the first turn, by class; `null` for single-turn questions.
    pub initial_config: Value,
    /// The tools that are held back until a turn (from 0), as published; empty outside of `multi_turn_miss_func`.
    pub missed_functions: BTreeMap<usize, Vec<Value>>,
    pub(super) tools: SharedToolset,
}

/// A toolset that is built once, by whichever of its questions needs it first.
pub(super) type SharedToolset = Arc<OnceLock<Result<Arc<Toolset>, Fault>>>;

impl Question {
    /// The tools that are there in the first turn, in the dialect of the category.
    ///
    /// # Errors
    /// When the function documents are no tools.
    pub fn toolset(&self) -> Result<Arc<Toolset>, Fault> {
        self.tools.get_or_init(|| self.built(&self.functions)).clone()
    }

    /// The tools that are there in a turn, from 0: those of the first turn and what was added since.
    ///
    /// # Errors
    /// When the function documents are no tools.
    pub fn toolset_at(&self, turn: usize) -> Result<Arc<Toolset>, Fault> {
        if self.missed_functions.range(..=turn).next().is_none() {
            return self.toolset();
        }
        let first = self.functions.as_array().into_iter().flatten();
        let added = self.missed_functions.range(..=turn).flat_map(|(_, functions)| functions);
        self.built(&first.chain(added).cloned().collect())
    }

    fn built(&self, functions: &Value) -> Result<Arc<Toolset>, Fault> {
        let built = Toolset::from_bfcl(functions, self.dialect()).map_err(|e| Fault::from(e).under("function"))?;
        Ok(Arc::new(built))
    }

    /// How the values of its calls are written.
    pub fn dialect(&self) -> Dialect {
        dialect_of(self.category.name())
    }

    /// What a judge is shown: the messages and tools of the first turn, with the id and the category as metadata.
    ///
    /// # Errors
    /// When the function documents are no tools.
    pub fn task(&self) -> Result<Task, Fault> {
        let messages = self.turns.first().cloned().unwrap_or_default();
        let metadata = [("id".to_owned(), json!(self.id)), ("category".to_owned(), json!(self.category))];
        Ok(Task::new(messages, self.toolset()?).with_metadata(metadata.into_iter().collect()))
    }

    /// What the user asks last in the first turn, blanks squeezed: what tells questions apart whose ids have changed.
    pub fn text(&self) -> String {
        let first = self.turns.first().into_iter().flatten();
        let asked = first.rev().find(|message| message.role == Role::User).map(Message::text);
        squeezed(asked.as_deref().unwrap_or_default())
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of([
            self.id.clone(),
            self.category.to_string(),
            json!(self.turns).to_string(),
            self.functions.to_string(),
            json!(self.gold).to_string(),
            json!(self.involved_classes).to_string(),
            self.initial_config.to_string(),
            json!(self.missed_functions).to_string(),
        ])
    }
}

/// A text with every run of blanks as one space.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Questions with unique ids, in the order of the categories and of the numbers in their ids.
///
/// ```
/// use toolrm_bench::bfcl::question::Questions;
/// use toolrm_data::tree::Tree;
/// # let folder = tempfile::tempdir().unwrap();
/// # std::fs::write(folder.path().join("BFCL_v4_irrelevance.json"), r#"{"id": "irrelevance_0",
/// #     "question": [[{"role": "user", "content": "How high is the Zugspitze?"}]],
/// #     "function": [{"name": "tide", "parameters": {"type": "dict", "properties": {}}}]}"#.replace('\n', " ")).unwrap();
/// let questions = Questions::load(&Tree::open(folder.path())?)?;
/// let question = questions.get("irrelevance_0").unwrap();
/// assert_eq!(question.task().unwrap().last_user_text().unwrap(), "How high is the Zugspitze?");
/// # Ok::<_, toolrm_data::DataError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Questions {
    ordered: Vec<Question>,
    by_id: HashMap<String, usize>,
    by_text: HashMap<(Category, String), Vec<usize>>,
}

impl Questions {
    /// Puts questions in order. Their ids must be unique: of two with the same, only one would be found.
    pub(super) fn new(mut ordered: Vec<Question>) -> Self {
        ordered.sort_by(|a, b| a.category.cmp(&b.category).then_with(|| natural(&a.id, &b.id)));
        let by_id = ordered.iter().enumerate().map(|(i, question)| (question.id.clone(), i)).collect();
        let mut by_text: HashMap<_, Vec<usize>> = HashMap::new();
        for (i, question) in ordered.iter().enumerate() {
            by_text.entry((question.category, question.text())).or_default().push(i);
        }
        Self { ordered, by_id, by_text }
    }

    /// The question with this id of version 4.
    pub fn get(&self, id: &str) -> Option<&Question> {
        self.ordered.get(*self.by_id.get(id)?)
    }

    /// The questions of a category that ask this ([`Question::text`]), in order.
    pub fn by_text(&self, category: Category, text: &str) -> impl Iterator<Item = &Question> {
        let found = self.by_text.get(&(category, squeezed(text)));
        found.into_iter().flatten().filter_map(|i| self.ordered.get(*i))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Question> {
        self.ordered.iter()
    }

    /// Those of a category, in order.
    pub fn of(&self, category: Category) -> impl Iterator<Item = &Question> {
        self.iter().filter(move |question| question.category == category)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ordered.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ordered.is_empty()
    }

    /// How many there are of each category that has any.
    pub fn counts(&self) -> BTreeMap<Category, usize> {
        let mut counts = BTreeMap::new();
        for question in self.iter() {
            *counts.entry(question.category).or_default() += 1;
        }
        counts
    }

    /// The fingerprint of what they say: the same from a wheel, a folder or an archive.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.iter().map(|question| *question.fingerprint().as_bytes()))
    }
}

/// Compares ids as people count: `simple_python_9` before `simple_python_10`.
fn natural(a: &str, b: &str) -> Ordering {
    pieces(a).cmp(pieces(b)).then_with(|| a.cmp(b))
}

/// A text as alternating words and numbers; a number sorts by its length without leading zeros, then by its digits.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digits = rest.starts_with(|c: char| c.is_ascii_digit());
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, after) = rest.split_at_checked(end)?;
        rest = after;
        let number = piece.trim_start_matches('0');
        (!piece.is_empty()).then_some(if digits { (number.len() + 1, number) } else { (0, piece) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_counted_not_spelled() {
        let mut ids = ["a_10", "a_9", "a_1-10-0", "a_1-9-3", "a_1", "b_0", "a_01", "a_99999999999999999999999"];
        ids.sort_by(|a, b| natural(a, b));
        assert_eq!(ids, ["a_01", "a_1", "a_1-9-3", "a_1-10-0", "a_9", "a_10", "a_99999999999999999999999", "b_0"]);
    }
}
