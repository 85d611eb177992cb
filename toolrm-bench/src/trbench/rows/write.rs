//! From pairs to rows.

use toolrm_core::critic::PromptSet;
use toolrm_data::rows::{self, DiscriminativeRow, PublishedRow, RowAnswer, RowPair, RowPlace};

use super::RowsError;
use crate::trbench::{Pair, Relation};

/// The rows for generative judges: all pairs in the original order, then all swapped. `prompts` are core's with or without thinking, or
/// the user's own; the system message, which has no column, goes in front of the user's.
///
/// # Errors
/// When a pair is not one of a right and a wrong answer, or its prompt cannot be written.
pub fn generative(pairs: &[Pair], prompts: &PromptSet) -> Result<Vec<PublishedRow>, RowsError> {
    let mut rows = Vec::with_capacity(pairs.len() * 2);
    for swapped in [false, true] {
        for (original_index, pair) in pairs.iter().enumerate() {
            let place = RowPlace { index: rows.len(), original_index, swapped };
            let row = rows::generative(&shown(pair)?, prompts, place);
            rows.push(row.map_err(|source| RowsError::Prompt { id: pair.id.clone(), source })?);
        }
    }
    Ok(rows)
}

/// The rows for judges that score: one a pair.
///
/// # Errors
/// When a pair is not one of a right and a wrong answer.
pub fn discriminative(pairs: &[Pair]) -> Result<Vec<DiscriminativeRow>, RowsError> {
    pairs.iter().map(|pair| Ok(rows::discriminative(&shown(pair)?))).collect()
}

fn shown(pair: &Pair) -> Result<RowPair<'_>, RowsError> {
    if pair.relation != Relation::Better {
        return Err(RowsError::NotBetter { id: pair.id.clone() });
    }
    Ok(RowPair {
        id: &pair.id,
        question_id: &pair.question_id,
        data_source: "TRBench-BFCL",
        task_source: &pair.category,
        task: &pair.task,
        reference: &pair.chosen.action,
        chosen: RowAnswer { candidate: &pair.chosen, from: &pair.chosen_from, reward: 1.0, message: "" },
        rejected: RowAnswer {
            candidate: &pair.rejected,
            from: &pair.rejected_from,
            reward: 0.0,
            message: &pair.error_type,
        },
    })
}
