//! The rows of the formats, and what must be true of one that was read back.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use toolrm_core::{call::Candidate, format::json::parse_strict};

use crate::{
    error::Fault,
    pair::PreferencePair,
    record::ToolsetCache,
    rows::{DiscriminativeRow, PublishedRow, RewardModel, RowMessage, actions, hermes},
};

/// A row as verl's `RLHFDataset` and its reward functions read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerlRow {
    /// The name of the dataset: what a reward function goes by.
    pub data_source: String,
    /// One message of the user: the judge's prompt with both responses.
    pub prompt: Vec<RowMessage>,
    /// `tool_use`.
    pub ability: String,
    /// What is right.
    pub reward_model: RewardModel,
    /// What a reward function gets beside it.
    pub extra_info: VerlInfo,
}

/// Where a row of verl belongs; the published columns first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerlInfo {
    /// The row's number, from 0.
    pub index: i64,
    /// The pair's number, from 0.
    pub original_index: i64,
    /// The pair's id.
    pub pair_id: String,
    /// The dataset the question comes from.
    pub task_source: String,
    /// Whether the better answer is response 2.
    pub swapped: bool,
    /// The less trusted of the provenances of the two answers: see [`PreferencePair::provenance`].
    pub provenance: String,
    /// The difference of the scores, in (0, 1].
    pub intensity: f64,
    /// What is wrong with the worse answer, as a type.
    pub error_type: String,
}

impl VerlRow {
    /// A published row, without what verl does not read.
    pub(super) fn new(row: PublishedRow, pair: &PreferencePair) -> Self {
        Self {
            data_source: row.data_source,
            prompt: row.prompt,
            ability: row.ability,
            reward_model: row.reward_model,
            extra_info: VerlInfo {
                index: row.extra_info.index,
                original_index: row.extra_info.original_index,
                pair_id: row.extra_info.pair_id,
                task_source: row.extra_info.task_source,
                swapped: row.extra_info.swapped,
                provenance: pair.provenance().name().to_owned(),
                intensity: pair.intensity(),
                error_type: pair.rejected.error_type.clone(),
            },
        }
    }
}

/// A row of TRL's type "preference", conversational, with an explicit prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrlPreferenceRow {
    /// The pair's id.
    pub id: String,
    /// The conversation, without tools: TRL hands the column `tools` to the chat template.
    pub prompt: Vec<RowMessage>,
    /// The better answer: one message.
    pub chosen: Vec<RowMessage>,
    /// The worse answer: one message.
    pub rejected: Vec<RowMessage>,
    /// The tools: a text of JSON, since Arrow pads records of different fields with nulls. TRL parses it.
    pub tools: String,
    /// The better answer's score.
    pub score_chosen: f64,
    /// The worse answer's score.
    pub score_rejected: f64,
}

impl TrlPreferenceRow {
    pub(super) fn new(pair: &PreferencePair) -> Self {
        Self {
            id: pair.id.clone(),
            prompt: hermes::chat(&pair.task),
            chosen: vec![said(&pair.chosen.candidate)],
            rejected: vec![said(&pair.rejected.candidate)],
            tools: tools(pair).to_string(),
            score_chosen: pair.chosen.score,
            score_rejected: pair.rejected.score,
        }
    }
}

/// A row of TRL's type "prompt-only", conversational: a task to be answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrlPromptRow {
    /// The step that is answered: `SOURCE/TRAJECTORY@STEP`.
    pub id: String,
    /// The conversation, tools in the first message: trainers that sample give the chat template their own tools, never a row's.
    pub prompt: Vec<RowMessage>,
    /// The tools, for reward functions: a text of JSON.
    pub tools: String,
    /// The right calls, for reward functions: a text of JSON, a list of `{"name","arguments"}`; `[]` where words are right.
    pub ground_truth: String,
}

impl TrlPromptRow {
    pub(super) fn new(pair: &PreferencePair) -> Self {
        Self {
            id: format!("{}/{}@{}", pair.source, pair.trajectory, pair.step),
            prompt: hermes::with_tools(&pair.task, hermes::chat(&pair.task)),
            tools: tools(pair).to_string(),
            ground_truth: actions(pair.reference().calls()),
        }
    }
}

/// A line of OpenRLHF's reward dataset: two conversations that differ in their last message, tools in the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenRlhfRow {
    /// The conversation with the better answer.
    pub chosen: Vec<RowMessage>,
    /// The conversation with the worse answer.
    pub rejected: Vec<RowMessage>,
    /// The better answer's score.
    pub chosen_score: f64,
    /// The worse answer's score.
    pub rejected_score: f64,
}

impl OpenRlhfRow {
    pub(super) fn new(pair: &PreferencePair) -> Self {
        let prompt = hermes::with_tools(&pair.task, hermes::chat(&pair.task));
        let with = |candidate: &Candidate| [prompt.clone(), vec![said(candidate)]].concat();
        Self {
            chosen: with(&pair.chosen.candidate),
            rejected: with(&pair.rejected.candidate),
            chosen_score: pair.chosen.score,
            rejected_score: pair.rejected.score,
        }
    }
}

/// An answer as a message.
fn said(candidate: &Candidate) -> RowMessage {
    RowMessage { role: "assistant".into(), content: hermes::answer(candidate) }
}

/// The tools as a list of OpenAI's shape.
fn tools(pair: &PreferencePair) -> Value {
    pair.task.tools().tools().map(|tool| json!(tool)).collect()
}

/// A row that shows a pair. One that was read back equals the row that was made of the pair; what is said in it as a text must be so, too,
/// for a reader who parses it.
pub(super) trait Shows: Serialize + DeserializeOwned + PartialEq {
    fn shows(&self, pair: &PreferencePair, toolsets: &mut ToolsetCache) -> Result<(), Fault>;
}

const FIX: &str = "report it: the exporter wrote what it should not";

fn holds(column: &str, is_so: bool, what: &str) -> Result<(), Fault> {
    if is_so { Ok(()) } else { Err(Fault::new(what, FIX).under(column)) }
}

/// A column's text is JSON that says this.
fn says(column: &str, text: &str, meant: &Value) -> Result<(), Fault> {
    let said = parse_strict(text).map_err(|e| Fault::new(format!("not JSON: {e}"), FIX).under(column))?;
    holds(column, said == *meant, "its JSON is not what the pair says")
}

fn right_calls(pair: &PreferencePair) -> Value {
    let calls = pair.reference().calls().iter();
    calls.map(|call| json!({"name": call.name, "arguments": call.arguments})).collect()
}

fn right_choice(said: &RewardModel, pair: &PreferencePair) -> Result<(), Fault> {
    let place = if pair.swapped { "2" } else { "1" };
    holds("reward_model", said.ground_truth == place, "not the better answer's place")
}

/// The last message of one conversation is the answer.
fn ends_with(column: &str, said: &[RowMessage], candidate: &Candidate) -> Result<(), Fault> {
    let answer = said.last().filter(|last| last.role == "assistant");
    let is_so = answer.is_some_and(|last| last.content == hermes::answer(candidate));
    holds(column, is_so, "does not end with the answer")
}

impl Shows for PublishedRow {
    fn shows(&self, pair: &PreferencePair, _: &mut ToolsetCache) -> Result<(), Fault> {
        right_choice(&self.reward_model, pair)?;
        says("gt_actions", &self.gt_actions, &right_calls(pair))?;
        says("chat_history", &self.chat_history, &json!(hermes::conversation(&pair.task)))
    }
}

impl Shows for DiscriminativeRow {
    fn shows(&self, pair: &PreferencePair, _: &mut ToolsetCache) -> Result<(), Fault> {
        ends_with("chosen", &self.chosen, &pair.chosen.candidate)?;
        ends_with("rejected", &self.rejected, &pair.rejected.candidate)
    }
}

impl Shows for VerlRow {
    fn shows(&self, pair: &PreferencePair, _: &mut ToolsetCache) -> Result<(), Fault> {
        right_choice(&self.reward_model, pair)
    }
}

impl Shows for TrlPreferenceRow {
    fn shows(&self, pair: &PreferencePair, _: &mut ToolsetCache) -> Result<(), Fault> {
        says("tools", &self.tools, &tools(pair))?;
        ends_with("chosen", &self.chosen, &pair.chosen.candidate)?;
        ends_with("rejected", &self.rejected, &pair.rejected.candidate)
    }
}

impl Shows for TrlPromptRow {
    fn shows(&self, pair: &PreferencePair, _: &mut ToolsetCache) -> Result<(), Fault> {
        says("tools", &self.tools, &tools(pair))?;
        says("ground_truth", &self.ground_truth, &right_calls(pair))
    }
}

impl Shows for OpenRlhfRow {
    fn shows(&self, pair: &PreferencePair, _: &mut ToolsetCache) -> Result<(), Fault> {
        ends_with("chosen", &self.chosen, &pair.chosen.candidate)?;
        ends_with("rejected", &self.rejected, &pair.rejected.candidate)
    }
}

/// The record of a build.
impl Shows for Value {
    fn shows(&self, pair: &PreferencePair, toolsets: &mut ToolsetCache) -> Result<(), Fault> {
        let read = PreferencePair::read(self, toolsets)?;
        holds("id", read.to_json() == pair.to_json(), "the pair that is read is another one")
    }
}
