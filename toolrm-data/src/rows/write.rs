//! From two answers to one task to rows.

use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    canonical::Fingerprint,
    critic::{PromptError, PromptKind, PromptSet},
    task::Task,
};

use super::{
    DiscriminativeRow, ExtraInfo, PublishedRow, RewardModel, RowMessage,
    hermes::{answer, conversation},
};
use crate::digest::hex;

/// Two answers to one task, of which the first is the better one, and what a row says of them.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "written as a literal by those who have pairs of their own")]
pub struct RowPair<'a> {
    /// Unique among the pairs.
    pub id: &'a str,
    /// The question's id.
    pub question_id: &'a str,
    /// The name of the dataset.
    pub data_source: &'a str,
    /// The split, or the source of the question.
    pub task_source: &'a str,
    /// What was asked.
    pub task: &'a Task,
    /// The calls that are right.
    pub reference: &'a Action,
    /// The better answer.
    pub chosen: RowAnswer<'a>,
    /// The worse answer.
    pub rejected: RowAnswer<'a>,
}

/// One of the answers.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "written as a literal by those who have pairs of their own")]
pub struct RowAnswer<'a> {
    /// The answer.
    pub candidate: &'a Candidate,
    /// Whose it is.
    pub from: &'a str,
    /// Its reward, in \[0, 1\].
    pub reward: f64,
    /// What is wrong with it; empty when nothing is.
    pub message: &'a str,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "written as a literal by those who have pairs of their own")]
pub struct RowPlace {
    /// The row's number, from 0.
    pub index: usize,
    /// The pair's number, from 0.
    pub original_index: usize,
    /// Whether the better answer is shown second.
    pub swapped: bool,
}

/// A row for generative judges. `prompts` are core's with or without thinking, or the user's own; the system message, which has no
/// column, goes in front of the user's.
///
/// # Errors
/// When the prompt cannot be written.
pub fn generative(pair: &RowPair<'_>, prompts: &PromptSet, place: RowPlace) -> Result<PublishedRow, PromptError> {
    let (chosen, rejected) = (pair.chosen.candidate, pair.rejected.candidate);
    let shown = if place.swapped { [rejected, chosen] } else { [chosen, rejected] };
    let prompt = prompts.render(PromptKind::Pairwise, pair.task, &shown)?;
    let prompt: Vec<String> = prompt.iter().map(|message| message.text().into_owned()).collect();
    let calls = pair.reference.calls();
    Ok(PublishedRow {
        uuid: uuid(pair, place.swapped),
        raw_id: pair.question_id.to_owned(),
        data_source: pair.data_source.to_owned(),
        task_source: pair.task_source.to_owned(),
        gt_actions: actions(calls),
        chat_history: json!(conversation(pair.task)).to_string(),
        task_complexity: integer(complexity(calls)),
        chosen_response: answer(chosen),
        chosen_response_reward: pair.chosen.reward,
        chosen_response_reward_message: pair.chosen.message.to_owned(),
        chosen_response_from: pair.chosen.from.to_owned(),
        reject_response: answer(rejected),
        reject_response_reward: pair.rejected.reward,
        reject_response_reward_message: pair.rejected.message.to_owned(),
        reject_response_from: pair.rejected.from.to_owned(),
        reward_difference: pair.chosen.reward - pair.rejected.reward,
        prompt: vec![RowMessage { role: "user".into(), content: prompt.join("\n\n") }],
        ability: "tool_use".into(),
        reward_model: RewardModel { ground_truth: if place.swapped { "2" } else { "1" }.into(), style: "rule".into() },
        extra_info: ExtraInfo {
            index: integer(place.index),
            original_index: integer(place.original_index),
            pair_id: pair.id.to_owned(),
            task_source: pair.task_source.to_owned(),
            swapped: place.swapped,
        },
    })
}

/// A row for judges that score.
pub fn discriminative(pair: &RowPair<'_>) -> DiscriminativeRow {
    let with = |candidate: &Candidate| {
        let mut messages = conversation(pair.task);
        messages.push(RowMessage { role: "assistant".into(), content: answer(candidate) });
        messages
    };
    DiscriminativeRow {
        uuid: pair.id.to_owned(),
        task_source: pair.task_source.to_owned(),
        chosen: with(pair.chosen.candidate),
        chosen_score: pair.chosen.reward,
        rejected: with(pair.rejected.candidate),
        rejected_score: pair.rejected.reward,
    }
}

/// Calls as a JSON list of `{"name","arguments"}`.
pub fn actions(calls: &[ToolCall]) -> String {
    let actions: Vec<Value> = calls.iter().map(|c| json!({"name": c.name, "arguments": c.arguments})).collect();
    json!(actions).to_string()
}

/// The complexity of a step (arXiv 2510.26167): the number of its right calls plus that of all their arguments.
pub fn complexity(calls: &[ToolCall]) -> usize {
    calls.len() + calls.iter().filter_map(ToolCall::args).map(serde_json::Map::len).sum::<usize>()
}

/// A UUID (version 8, of a hash) of a row.
fn uuid(pair: &RowPair<'_>, swapped: bool) -> String {
    let hash = Fingerprint::of(["row", pair.id, pair.question_id, if swapped { "swapped" } else { "original" }]);
    let mut bytes = hash.as_bytes().iter().copied().take(16).collect::<Vec<u8>>();
    for (at, mask, version) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = (*byte & mask) | version;
        }
    }
    let hex = hex(&bytes);
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
