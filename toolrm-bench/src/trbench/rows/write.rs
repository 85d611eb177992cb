//! From pairs to rows.

use serde_json::{Value, json};
use toolrm_core::{
    call::{Candidate, ToolCall},
    canonical::Fingerprint,
    critic::{PromptKind, PromptSet},
};

use super::{
    DiscriminativeRow, ExtraInfo, PublishedRow, RewardModel, RowMessage, RowsError,
    hermes::{answer, conversation},
};
use crate::trbench::{Pair, Relation};

/// The rows for generative judges: all pairs in the original order, then all swapped. `prompts` are core's with or without thinking, or
/// the user's own; the system message, which has no column, goes in front of the user's.
///
/// # Errors
/// When a pair is not one of a right and a wrong answer, or its prompt cannot be written.
pub fn generative(pairs: &[Pair], prompts: &PromptSet) -> Result<Vec<PublishedRow>, RowsError> {
    let mut rows = Vec::with_capacity(pairs.len() * 2);
    for swapped in [false, true] {
        for (number, pair) in pairs.iter().enumerate() {
            let extra_info = ExtraInfo {
                index: integer(rows.len()),
                original_index: integer(number),
                pair_id: pair.id.clone(),
                task_source: pair.category.clone(),
                swapped,
            };
            rows.push(row(pair, prompts, extra_info)?);
        }
    }
    Ok(rows)
}

/// The rows for judges that score: one a pair.
///
/// # Errors
/// When a pair is not one of a right and a wrong answer.
pub fn discriminative(pairs: &[Pair]) -> Result<Vec<DiscriminativeRow>, RowsError> {
    let row = |pair: &Pair| {
        check(pair)?;
        let with = |candidate: &Candidate| {
            let mut messages = conversation(&pair.task);
            messages.push(RowMessage { role: "assistant".into(), content: answer(candidate) });
            messages
        };
        Ok(DiscriminativeRow {
            uuid: pair.id.clone(),
            task_source: pair.category.clone(),
            chosen: with(&pair.chosen),
            chosen_score: 1.0,
            rejected: with(&pair.rejected),
            rejected_score: 0.0,
        })
    };
    pairs.iter().map(row).collect()
}

fn check(pair: &Pair) -> Result<(), RowsError> {
    if pair.relation == Relation::Better { Ok(()) } else { Err(RowsError::NotBetter { id: pair.id.clone() }) }
}

fn row(pair: &Pair, prompts: &PromptSet, extra_info: ExtraInfo) -> Result<PublishedRow, RowsError> {
    check(pair)?;
    let swapped = extra_info.swapped;
    let shown = if swapped { [&pair.rejected, &pair.chosen] } else { [&pair.chosen, &pair.rejected] };
    let prompt = prompts.render(PromptKind::Pairwise, &pair.task, &shown);
    let prompt = prompt.map_err(|source| RowsError::Prompt { id: pair.id.clone(), source })?;
    let prompt: Vec<String> = prompt.iter().map(|message| message.text().into_owned()).collect();
    let calls = pair.chosen.action.calls();
    let actions: Vec<Value> = calls.iter().map(|c| json!({"name": c.name, "arguments": c.arguments})).collect();
    Ok(PublishedRow {
        uuid: uuid(pair, swapped),
        raw_id: pair.question_id.clone(),
        data_source: "TRBench-BFCL".into(),
        task_source: pair.category.clone(),
        gt_actions: json!(actions).to_string(),
        chat_history: json!(conversation(&pair.task)).to_string(),
        task_complexity: integer(
            calls.len() + calls.iter().filter_map(ToolCall::args).map(serde_json::Map::len).sum::<usize>(),
        ),
        chosen_response: answer(&pair.chosen),
        chosen_response_reward: 1.0,
        chosen_response_reward_message: String::new(),
        chosen_response_from: pair.chosen_from.clone(),
        reject_response: answer(&pair.rejected),
        reject_response_reward: 0.0,
        reject_response_reward_message: pair.error_type.clone(),
        reject_response_from: pair.rejected_from.clone(),
        reward_difference: 1.0,
        prompt: vec![RowMessage { role: "user".into(), content: prompt.join("\n\n") }],
        ability: "tool_use".into(),
        reward_model: RewardModel { ground_truth: if swapped { "2" } else { "1" }.into(), style: "rule".into() },
        extra_info,
    })
}

/// A UUID (version 8, of a hash) of a row.
fn uuid(pair: &Pair, swapped: bool) -> String {
    let hash = Fingerprint::of(["row", &pair.id, &pair.question_id, if swapped { "swapped" } else { "original" }]);
    let mut bytes = hash.as_bytes().iter().copied().take(16).collect::<Vec<u8>>();
    for (at, mask, version) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = (*byte & mask) | version;
        }
    }
    let hex = crate::trbench::build::hex(&bytes);
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
