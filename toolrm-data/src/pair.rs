//! [`PreferencePair`]: a task with a better and a worse answer, and where both come from.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Candidate},
    task::Task,
    toolset::Dialect,
};

use crate::{
    error::{DataError, Fault},
    input::{Input, parse_json},
    record::{self, ToolsetCache},
    rows::{RowAnswer, RowPair},
};

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Provenance {
    /// The dataset's own right answer.
    Gold,
    /// A model's answer, published with the dataset.
    Recorded,
    /// A model's answer, sampled for this build.
    Served,
    /// Made of the right answer by an operator of [`crate::perturb`]. A judge trained on these alone does not transfer to models'
    /// errors.
    Synthetic,
}

impl Provenance {
    /// All of them, the most trusted first.
    pub const ALL: [Self; 4] = [Self::Gold, Self::Recorded, Self::Served, Self::Synthetic];

    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Recorded => "recorded",
            Self::Served => "served",
            Self::Synthetic => "synthetic",
        }
    }
}

/// One of the two answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "a record of plain facts, written as a literal by whoever makes pairs")]
pub struct Side {
    /// The answer.
    pub candidate: Candidate,
    /// Its score against the reference, in \[0, 1\].
    pub score: f64,
    /// Whose it is: `gold`, a model, or `perturb:OPERATOR`.
    pub from: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What is wrong with it, a type of [`crate::observed`]; empty when nothing is, `other` where the score sees a difference that is none to it
    /// (a documented default, under exact rules).
    pub error_type: String,
    /// What is wrong with it, in words; empty when nothing is.
    pub message: String,
}

/// A task with a better and a worse answer. The record it is read from and written to is one JSON object:
///
/// `{"id","question_id","source","trajectory","step","messages","tools","reference","chosen","chosen_from","chosen_score",
/// "chosen_provenance","chosen_error_type","chosen_message","rejected",..,"error_type","rejected_message","complexity","swapped","obfuscated"}`
///
/// with answers as OpenAI assistant messages, so that whatever reads pairs of `toolrm bench pairs` reads these.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a record of plain facts, written as a literal by whoever makes pairs")]
pub struct PreferencePair {
    /// Unique in a build, the same in every build of the same data: `SOURCE/TRAJECTORY@STEP:CHOSEN>REJECTED`.
    pub id: String,
    /// Of the normalised text of the first request: what the split into training and validation goes by.
    pub question_id: String,
    /// The name of the dataset.
    pub source: String,
    /// The trajectory's id.
    pub trajectory: String,
    /// The place in the trajectory's messages of the step that is answered.
    pub step: usize,
    /// What was asked; its reference answers are the right ones.
    pub task: Task,
    /// The better answer.
    pub chosen: Side,
    /// The worse answer.
    pub rejected: Side,
    /// Right calls plus all their arguments; 0 where the right answer is words.
    pub complexity: u32,
    /// Whether the better answer is shown second.
    pub swapped: bool,
    /// Whether names of tools and parameters were replaced by random ones.
    pub obfuscated: bool,
}

const SHAPE: &str =
    "write a pair as `toolrm data build` does: {\"id\", \"messages\", \"tools\", \"chosen\", \"rejected\", ..}";

impl PreferencePair {
    /// How much better the better one is, in (0, 1].
    pub fn intensity(&self) -> f64 {
        self.chosen.score - self.rejected.score
    }

    /// The less trusted of the provenances of the two; of a gold and a recorded answer, recorded.
    pub fn provenance(&self) -> Provenance {
        self.chosen.provenance.max(self.rejected.provenance)
    }

    /// The right answer: the first of the task's references.
    pub fn reference(&self) -> &Action {
        self.task.reference().first().unwrap_or(&self.chosen.candidate.action)
    }

    /// The pair as the tables of [`crate::rows`] show it.
    pub fn as_row<'a>(&'a self, data_source: &'a str) -> RowPair<'a> {
        let answer = |side: &'a Side| RowAnswer {
            candidate: &side.candidate,
            from: &side.from,
            reward: side.score,
            message: &side.message,
        };
        RowPair {
            id: &self.id,
            question_id: &self.question_id,
            data_source,
            task_source: &self.source,
            task: &self.task,
            reference: self.reference(),
            chosen: answer(&self.chosen),
            rejected: answer(&self.rejected),
        }
    }

    /// The record.
    pub fn to_json(&self) -> Value {
        let tools: Vec<Value> = self.task.tools().tools().map(|tool| json!(tool)).collect();
        let reference: Vec<Candidate> = self.task.reference().iter().cloned().map(Candidate::new).collect();
        json!({
            "id": self.id,
            "question_id": self.question_id,
            "category": self.source,
            "trajectory": self.trajectory,
            "step": self.step,
            "messages": self.task.messages(),
            "tools": tools,
            "reference": reference,
            "chosen": self.chosen.candidate,
            "chosen_from": self.chosen.from,
            "chosen_score": self.chosen.score,
            "chosen_provenance": self.chosen.provenance,
            "chosen_error_type": self.chosen.error_type,
            "chosen_message": self.chosen.message,
            "rejected": self.rejected.candidate,
            "rejected_from": self.rejected.from,
            "rejected_score": self.rejected.score,
            "rejected_provenance": self.rejected.provenance,
            "error_type": self.rejected.error_type,
            "rejected_message": self.rejected.message,
            "intensity": self.intensity(),
            "complexity": self.complexity,
            "swapped": self.swapped,
            "obfuscated": self.obfuscated,
        })
    }

    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong, with the pointer to it.
    pub fn read(value: &Value, toolsets: &mut ToolsetCache) -> Result<Self, Fault> {
        let record = record::object(value, SHAPE)?;
        let text = |key: &str| member::<String>(record, key);
        let side = |candidate: &str, error_type: &str| -> Result<Side, Fault> {
            let read = record::member(record, candidate, SHAPE)?;
            Ok(Side {
                candidate: Candidate::deserialize(read)
                    .map_err(|e| Fault::new(e.to_string(), SHAPE).under(candidate))?,
                score: member(record, &format!("{candidate}_score"))?,
                from: text(&format!("{candidate}_from"))?,
                provenance: member(record, &format!("{candidate}_provenance"))?,
                error_type: text(error_type)?,
                message: text(&format!("{candidate}_message"))?,
            })
        };
        let reference: Vec<Candidate> = member(record, "reference")?;
        let task = record::task(record, Dialect::Json, toolsets)?;
        Ok(Self {
            id: text("id")?,
            question_id: text("question_id")?,
            source: text("category")?,
            trajectory: text("trajectory")?,
            step: member(record, "step")?,
            task: task.with_reference(reference.into_iter().map(|candidate| candidate.action).collect()),
            chosen: side("chosen", "chosen_error_type")?,
            rejected: side("rejected", "error_type")?,
            complexity: member(record, "complexity")?,
            swapped: member(record, "swapped")?,
            obfuscated: member(record, "obfuscated")?,
        })
    }

    /// Hands on the pairs of a file, one JSON object a line, plain, zstd or gzip. Nothing is kept.
    ///
    /// # Errors
    /// When the file cannot be read, a line is no pair (where, what is wrong, what to do), or `each` fails.
    pub fn each_of<E: From<DataError>>(mut input: Input, mut each: impl FnMut(Self) -> Result<(), E>) -> Result<(), E> {
        let mut toolsets = ToolsetCache::default();
        while let Some((place, line)) = input.next_line()? {
            let value = parse_json(&place, line)?;
            each(Self::read(&value, &mut toolsets).map_err(|fault| place.error(fault))?)?;
        }
        Ok(())
    }
}

/// A member of the record in a type of ours.
fn member<'de, T: Deserialize<'de>>(record: &'de Map<String, Value>, key: &str) -> Result<T, Fault> {
    let value = record::member(record, key, SHAPE)?;
    T::deserialize(value).map_err(|e| Fault::new(e.to_string(), SHAPE).under(key))
}
