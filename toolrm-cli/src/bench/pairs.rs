//! One line of a file of preference pairs.

use serde_json::{Value, json};
use toolrm_core::{call::Candidate, task::Task, toolset::Dialect};

use crate::{
    error::Fault,
    shape::{self, ToolsetCache},
};

/// A task with a better and a worse answer.
#[derive(Debug)]
pub(crate) struct Pair {
    /// How many pairs were read before it: tells apart records without an id.
    pub(crate) number: u64,
    /// The record's id; empty when it has none.
    pub(crate) id: String,
    /// What pairs of one question share; of a record that does not say it, a fingerprint of its conversation and tools.
    pub(crate) question_id: String,
    /// Number of the question among those that are measured.
    pub(crate) question: usize,
    pub(crate) category: String,
    pub(crate) error_type: String,
    pub(crate) task: Task,
    pub(crate) chosen: Candidate,
    pub(crate) rejected: Candidate,
}

const SHAPE: &str = "write a pair: {\"category\", \"messages\", \"tools\", \"chosen\", \"rejected\"}";

impl Pair {
    /// Reads a record, the `number`th.
    pub(crate) fn read(record: &Value, number: u64, toolsets: &mut ToolsetCache) -> Result<Self, Fault> {
        let fields = shape::object(record, SHAPE)?;
        let side = |key: &str| shape::candidate(shape::member(fields, key, SHAPE)?).map_err(|f| f.under(key));
        let (chosen, rejected) = (side("chosen")?, side("rejected")?);
        let category = shape::optional_text(fields, "category")?.unwrap_or_else(|| "all".into());
        let mut task = shape::task(fields, dialect_of(&category), toolsets)?;
        let question_id = match shape::optional_text(fields, "question_id")? {
            Some(id) => id,
            None => task.fingerprint().to_string(),
        };
        let mut metadata = task.metadata().clone();
        metadata.insert("pair".into(), json!(number));
        task = task.with_metadata(metadata);
        Ok(Self {
            number,
            id: shape::optional_text(fields, "id")?.unwrap_or_default(),
            question_id,
            question: 0,
            category,
            error_type: shape::optional_text(fields, "error_type")?.unwrap_or_else(|| "unknown".into()),
            task,
            chosen,
            rejected,
        })
    }
}

/// BFCL's Java and JavaScript categories: every value is source text, whatever its type, and not every document shows it.
fn dialect_of(category: &str) -> Dialect {
    match category {
        "simple_java" | "simple_javascript" | "java" | "javascript" => Dialect::SourceText,
        _ => Dialect::Auto,
    }
}
