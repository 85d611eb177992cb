//! [`Pair`]: a task with two answers of which it is known which is the better one, or that neither is.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    task::Task,
    toolset::Dialect,
};
use toolrm_data::{
    DataError, Fault,
    input::{Input, parse_json},
    record::{self, ToolsetCache},
};

use crate::bfcl::category::{Category, Language};

/// How the two answers of a pair stand to each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    clippy::exhaustive_enums,
    reason = "two answers of which each is right or wrong stand to each other in three ways"
)]
pub enum Relation {
    /// The chosen one is right, the rejected one wrong.
    #[default]
    Better,
    /// Both are right and differ: a judge should see no difference worth a verdict.
    Tie,
    /// Both are wrong, the chosen one less so.
    BothWrong,
}

impl Relation {
    /// Its name in records: `better`, `tie`, `both_wrong`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Tie => "tie",
            Self::BothWrong => "both_wrong",
        }
    }
}

/// A task with two answers. The record it is read from and written to:
///
/// `{"id","question_id","category","relation","error_type","messages","tools","chosen","chosen_from","rejected","rejected_from"}`
///
/// with calls as `[{NAME: {ARGUMENTS}}]` and an answer in words as a text. Only `messages`, `tools`, `chosen` and `rejected` must be
/// there.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pair {
    /// The record's id; empty when it has none.
    pub id: String,
    /// What pairs of one question share; of a record that does not say it, a fingerprint of its conversation and tools.
    pub question_id: String,
    /// The split it belongs to: a category of the leaderboard, or any name; `all` when the record has none.
    pub category: String,
    /// How the two stand to each other; `better` when the record does not say.
    pub relation: Relation,
    /// What is wrong with the rejected one; `unknown` when the record does not say.
    pub error_type: String,
    /// What was asked.
    pub task: Task,
    /// The better answer.
    pub chosen: Candidate,
    /// Whose it is: a model, or `gold`; empty when the record does not say.
    pub chosen_from: String,
    /// The worse answer.
    pub rejected: Candidate,
    /// Whose it is; empty when the record does not say.
    pub rejected_from: String,
}

const SHAPE: &str = "write a pair: {\"category\", \"messages\", \"tools\", \"chosen\", \"rejected\"}";

impl Pair {
    /// A pair without ids and origins.
    pub fn new(task: Task, chosen: Candidate, rejected: Candidate) -> Self {
        Self {
            id: String::new(),
            question_id: task.fingerprint().to_string(),
            category: "all".into(),
            relation: Relation::Better,
            error_type: "unknown".into(),
            task,
            chosen,
            chosen_from: String::new(),
            rejected,
            rejected_from: String::new(),
        }
    }

    /// Reads a record, the `number`th: that number becomes the task's metadata `pair`, which tells apart records without an id.
    ///
    /// # Errors
    /// What is wrong, with the pointer to it.
    pub fn read(record: &Value, number: u64, toolsets: &mut ToolsetCache) -> Result<Self, Fault> {
        let fields = record::object(record, SHAPE)?;
        let side = |key: &str| record::candidate(record::member(fields, key, SHAPE)?).map_err(|f| f.under(key));
        let (chosen, rejected) = (side("chosen")?, side("rejected")?);
        let category = record::optional_text(fields, "category")?.unwrap_or_else(|| "all".into());
        let task = record::task(fields, dialect_of(&category), toolsets)?;
        let mut metadata = task.metadata().clone();
        metadata.insert("pair".into(), json!(number));
        let mut pair = Self::new(task.with_metadata(metadata), chosen, rejected);
        let text = |key: &str| record::optional_text(fields, key);
        pair.id = text("id")?.unwrap_or_default();
        pair.question_id = text("question_id")?.unwrap_or(pair.question_id);
        pair.category = category;
        pair.error_type = text("error_type")?.unwrap_or(pair.error_type);
        pair.chosen_from = text("chosen_from")?.unwrap_or_default();
        pair.rejected_from = text("rejected_from")?.unwrap_or_default();
        if let Some(relation) = fields.get("relation").filter(|relation| !relation.is_null()) {
            pair.relation = Relation::deserialize(relation).map_err(|_| {
                Fault::new("no relation", "write \"better\", \"tie\" or \"both_wrong\"").under("relation")
            })?;
        }
        Ok(pair)
    }

    /// Reads a file of pairs, one JSON object a line, plain, zstd or gzip; a pair's number is its place.
    ///
    /// # Errors
    /// When the file cannot be read, or a line is no pair: where, what is wrong, what to do.
    pub fn read_file(path: &Path) -> Result<Vec<Self>, DataError> {
        let (mut input, mut toolsets) = (Input::open(path)?, ToolsetCache::default());
        let mut pairs = Vec::new();
        while let Some((place, line)) = input.next_line()? {
            let record = parse_json(&place, line)?;
            pairs.push(Self::read(&record, pairs.len() as u64, &mut toolsets).map_err(|fault| place.error(fault))?);
        }
        Ok(pairs)
    }

    /// The record of this pair. `tools` is the list its task was read from: a toolset does not keep the dialect it was written in.
    pub fn to_json(&self, tools: &Value) -> Value {
        json!({
            "id": self.id,
            "question_id": self.question_id,
            "category": self.category,
            "relation": self.relation,
            "error_type": self.error_type,
            "messages": self.task.messages(),
            "tools": tools,
            "chosen": answer_json(&self.chosen),
            "chosen_from": self.chosen_from,
            "rejected": answer_json(&self.rejected),
            "rejected_from": self.rejected_from,
        })
    }
}

/// An answer as records hold it: calls as `[{NAME: {ARGUMENTS}}]`, words as a text; what is neither as an assistant message that
/// says why it could not be read.
pub fn answer_json(answer: &Candidate) -> Value {
    let call = |call: &ToolCall| Value::Object(Map::from_iter([(call.name.clone(), call.arguments.clone())]));
    match &answer.action {
        Action::Calls(calls) => calls.iter().map(call).collect(),
        Action::Text(text) => json!(text),
        _ => json!(Candidate::new(answer.action.clone())),
    }
}

/// The dialect of the tools of a category: in Java and JavaScript every value is source text, whatever its type, and not every
/// document shows it.
pub fn dialect_of(category: &str) -> Dialect {
    match Category::from_any_version(category).map(Category::language) {
        Ok(Language::Java | Language::JavaScript) => Dialect::SourceText,
        _ => Dialect::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let tools = json!([{"name": "area", "parameters": {"type": "dict", "properties": {"b": {"type": "integer"}}}}]);
        let record = json!({
            "id": "p#1", "question_id": "p", "category": "simple_python", "relation": "tie", "error_type": "none",
            "messages": [{"role": "user", "content": "Area?"}], "tools": tools,
            "chosen": [{"area": {"b": 1}}], "chosen_from": "gold", "rejected": "No.", "rejected_from": "m",
        });
        let pair = Pair::read(&record, 3, &mut ToolsetCache::default()).unwrap();
        assert_eq!((pair.relation, pair.task.metadata().get("pair")), (Relation::Tie, Some(&json!(3))));
        assert_eq!(pair.to_json(&tools), record);
    }

    #[test]
    fn an_answer_that_could_not_be_read_stays_one() {
        let broken = Candidate::new(Action::malformed("f(", "an open bracket"));
        assert_eq!(record::candidate(&answer_json(&broken)).unwrap(), broken);
    }

    #[test]
    fn what_is_missing_gets_a_name_and_what_is_wrong_a_pointer() {
        let mut record =
            json!({"messages": [{"role": "user", "content": "x"}], "tools": [], "chosen": "a", "rejected": "b"});
        let pair = Pair::read(&record, 0, &mut ToolsetCache::default()).unwrap();
        assert_eq!(
            (pair.category.as_str(), pair.error_type.as_str(), pair.relation),
            ("all", "unknown", Relation::Better)
        );
        assert_eq!(pair.question_id, pair.task.fingerprint().to_string());
        record["relation"] = json!("worse");
        assert_eq!(Pair::read(&record, 0, &mut ToolsetCache::default()).unwrap_err().pointer, "/relation");
    }
}
