//! The published tables: their columns, and conversations in the form of Hermes, which they hold.

pub mod hermes;
mod write;

use serde::{Deserialize, Serialize};

pub use write::{RowAnswer, RowPair, RowPlace, actions, complexity, discriminative, generative};

/// A message of a prompt or of a conversation, in the form of Hermes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RowMessage {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// What is said.
    pub content: String,
}

/// A row for a generative judge: a prompt, and which response it should choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublishedRow {
    /// Of this row alone; the same in every build.
    pub uuid: String,
    /// The question's id.
    pub raw_id: String,
    /// The benchmark.
    pub data_source: String,
    /// The split.
    pub task_source: String,
    /// The calls of the chosen answer: a JSON list of `{"name","arguments"}`.
    pub gt_actions: String,
    /// The conversation: a JSON list of [`RowMessage`], tools in the first.
    pub chat_history: String,
    /// Calls of the chosen answer plus all their arguments.
    pub task_complexity: i64,
    /// The chosen answer.
    pub chosen_response: String,
    /// 1: it is right.
    pub chosen_response_reward: f64,
    /// Empty: nothing is wrong with it.
    pub chosen_response_reward_message: String,
    /// Whose it is.
    pub chosen_response_from: String,
    /// The rejected answer.
    pub reject_response: String,
    /// 0: it is wrong.
    pub reject_response_reward: f64,
    /// Its error type.
    pub reject_response_reward_message: String,
    /// Whose it is.
    pub reject_response_from: String,
    /// The difference of the rewards.
    pub reward_difference: f64,
    /// One message of the user: the judge's prompt with both responses.
    pub prompt: Vec<RowMessage>,
    /// What is tested.
    pub ability: String,
    /// What is right.
    pub reward_model: RewardModel,
    /// Where the row belongs.
    pub extra_info: ExtraInfo,
}

/// What a generative judge should say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RewardModel {
    /// `1` or `2`: the chosen answer's place in the prompt.
    pub ground_truth: String,
    /// `rule`: compared as text.
    pub style: String,
}

/// Where a row belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExtraInfo {
    /// The row's number, from 0.
    pub index: i64,
    /// The pair's number, from 0.
    pub original_index: i64,
    /// The pair's id.
    pub pair_id: String,
    /// The split.
    pub task_source: String,
    /// Whether the chosen answer is response 2.
    pub swapped: bool,
}

/// A row for a judge that scores: two conversations that differ in their last message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DiscriminativeRow {
    /// The pair's id.
    pub uuid: String,
    /// The split.
    pub task_source: String,
    /// The conversation with the chosen answer.
    pub chosen: Vec<RowMessage>,
    /// 1: it is right.
    pub chosen_score: f64,
    /// The conversation with the rejected answer.
    pub rejected: Vec<RowMessage>,
    /// 0: it is wrong.
    pub rejected_score: f64,
}
