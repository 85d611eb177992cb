//! [`Group`]: a question with the answers many models gave to it, each known to be right or wrong. Best of N draws from it.

use std::path::Path;

use serde_json::{Map, Value, json};
use toolrm_core::{call::Candidate, task::Task};
use toolrm_data::{
    DataError, Fault,
    input::{Input, parse_json},
    record::{self, ToolsetCache},
};

use super::pair::{answer_json, dialect_of};

/// A question with recorded answers. The record it is read from and written to:
///
/// `{"id","category","messages","tools","entries":[{"models":[..],"answer","right","error_type"}]}`
///
/// Models that gave the same answer share an entry of the record; read back, each of them has an entry of its own.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Group {
    /// The question's id.
    pub id: String,
    /// The category it belongs to.
    pub category: String,
    /// What was asked.
    pub task: Task,
    /// One answer of each model.
    pub entries: Vec<GroupEntry>,
}

/// What one model answered.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupEntry {
    /// The model.
    pub model: String,
    /// Its answer.
    pub candidate: Candidate,
    /// Whether the checker passed it.
    pub right: bool,
    /// What is wrong with it, in the checker's words.
    pub error_type: Option<String>,
}

const SHAPE: &str = "write a group: {\"id\", \"category\", \"messages\", \"tools\", \"entries\"}";
const ENTRY: &str = "write an entry: {\"models\": [..], \"answer\", \"right\", \"error_type\"}";

impl GroupEntry {
    /// A model's answer and whether it is right.
    pub fn new(model: impl Into<String>, candidate: Candidate, right: bool) -> Self {
        Self { model: model.into(), candidate, right, error_type: None }
    }

    /// Sets what is wrong with it.
    pub fn with_error_type(mut self, error_type: Option<String>) -> Self {
        self.error_type = error_type;
        self
    }
}

impl Group {
    /// A question without answers.
    pub fn new(id: impl Into<String>, category: impl Into<String>, task: Task) -> Self {
        Self { id: id.into(), category: category.into(), task, entries: Vec::new() }
    }

    /// Sets the answers.
    pub fn with_entries(mut self, entries: Vec<GroupEntry>) -> Self {
        self.entries = entries;
        self
    }

    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong, with the pointer to it.
    pub fn read(record: &Value, toolsets: &mut ToolsetCache) -> Result<Self, Fault> {
        let fields = record::object(record, SHAPE)?;
        let id = record::optional_text(fields, "id")?;
        let id = id.ok_or_else(|| Fault::new("\"id\" is missing", SHAPE))?;
        let category = record::optional_text(fields, "category")?.unwrap_or_else(|| "all".into());
        let task = record::task(fields, dialect_of(&category), toolsets)?;
        let listed = record::list(record::member(fields, "entries", SHAPE)?, ENTRY).map_err(|f| f.under("entries"))?;
        let mut entries = Vec::with_capacity(listed.len());
        for (i, entry) in listed.iter().enumerate() {
            entries.extend(read_entry(entry).map_err(|f| f.under(i).under("entries"))?);
        }
        Ok(Self { id, category, task, entries })
    }

    /// All groups of a JSON Lines file.
    ///
    /// # Errors
    /// When the file cannot be read or a line of it is no group: which line, and what is wrong.
    pub fn read_file(path: &Path) -> Result<Vec<Self>, DataError> {
        let (mut input, mut toolsets, mut groups) = (Input::open(path)?, ToolsetCache::default(), Vec::new());
        while let Some((place, line)) = input.next_line()? {
            let record = parse_json(&place, line)?;
            groups.push(Self::read(&record, &mut toolsets).map_err(|fault| place.error(fault))?);
        }
        Ok(groups)
    }

    /// The record of this group: models with the same answer together, in the order the answers first come. `tools` is the list its
    /// task was read from: a toolset does not keep the dialect it was written in.
    pub fn to_json(&self, tools: &Value) -> Value {
        let mut distinct: Vec<(Value, &GroupEntry, Vec<&str>)> = Vec::new();
        for entry in &self.entries {
            let answer = answer_json(&entry.candidate);
            let same = |(known, first, _): &&mut (Value, &GroupEntry, Vec<&str>)| {
                *known == answer && first.right == entry.right && first.error_type == entry.error_type
            };
            match distinct.iter_mut().find(same) {
                Some((.., models)) => models.push(&entry.model),
                None => distinct.push((answer, entry, vec![&entry.model])),
            }
        }
        let entry = |(answer, first, models): (Value, &GroupEntry, Vec<&str>)| json!({"models": models, "answer": answer, "right": first.right, "error_type": first.error_type});
        json!({
            "id": self.id,
            "category": self.category,
            "messages": self.task.messages(),
            "tools": tools,
            "entries": distinct.into_iter().map(entry).collect::<Vec<_>>(),
        })
    }
}

fn read_entry(entry: &Value) -> Result<Vec<GroupEntry>, Fault> {
    let fields: &Map<String, Value> = record::object(entry, ENTRY)?;
    let candidate = record::candidate(record::member(fields, "answer", ENTRY)?).map_err(|f| f.under("answer"))?;
    let right = record::member(fields, "right", ENTRY)?;
    let right = right
        .as_bool()
        .ok_or_else(|| Fault::new("neither true nor false", "say whether it is right").under("right"))?;
    let error_type = record::optional_text(fields, "error_type")?;
    let models = record::list(record::member(fields, "models", ENTRY)?, ENTRY).map_err(|f| f.under("models"))?;
    let named = |(i, model): (usize, &Value)| {
        let name = model.as_str().ok_or_else(|| {
            Fault::new(format!("expected a string, found {}", record::kind(model)), ENTRY).under(i).under("models")
        })?;
        Ok(GroupEntry::new(name, candidate.clone(), right).with_error_type(error_type.clone()))
    };
    models.iter().enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Value {
        json!({
            "id": "q1", "category": "multiple",
            "messages": [{"role": "user", "content": "Area?"}],
            "tools": [{"name": "area", "parameters": {"type": "dict", "properties": {"b": {"type": "integer"}}}}],
            "entries": [
                {"models": ["a", "c"], "answer": [{"area": {"b": 1}}], "right": true, "error_type": null},
                {"models": ["b"], "answer": "No.", "right": false, "error_type": "no_call"},
            ],
        })
    }

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let record = record();
        let group = Group::read(&record, &mut ToolsetCache::default()).unwrap();
        let models: Vec<_> = group.entries.iter().map(|entry| (entry.model.as_str(), entry.right)).collect();
        assert_eq!(models, [("a", true), ("c", true), ("b", false)]);
        assert_eq!(group.to_json(&record["tools"]), record);
    }

    #[test]
    fn models_with_one_answer_share_an_entry_wherever_they_stand() {
        let group = Group::read(&record(), &mut ToolsetCache::default()).unwrap();
        let mut entries = group.entries.clone();
        entries.swap(1, 2);
        let written = group.with_entries(entries).to_json(&record()["tools"]);
        assert_eq!(written, record());
    }

    #[test]
    fn faults_point_at_the_place_and_files_at_the_line() {
        let at = |change: fn(&mut Value)| {
            let mut record = record();
            change(&mut record);
            Group::read(&record, &mut ToolsetCache::default()).unwrap_err().pointer
        };
        assert_eq!(at(|r| r["entries"][1]["right"] = json!("yes")), "/entries/1/right");
        assert_eq!(at(|r| r["entries"][0]["models"][1] = json!(2)), "/entries/0/models/1");
        assert_eq!(at(|r| r["entries"][0]["answer"] = json!(2)), "/entries/0/answer");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.jsonl");
        std::fs::write(&path, format!("{}\n{{\"id\": 1}}\n", record())).unwrap();
        let error = Group::read_file(&path).unwrap_err().to_string();
        assert!(error.contains("groups.jsonl:2: ") && error.contains("messages"), "{error}");
        std::fs::write(&path, record().to_string()).unwrap();
        assert_eq!(Group::read_file(&path).unwrap().len(), 1);
    }
}
