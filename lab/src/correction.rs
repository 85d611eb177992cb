//! Self-correction by rote, measured: what becomes of recorded answers when the findings of the rules are acted on.

use std::collections::{BTreeMap, HashSet};

use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    correct::{Corrector, Mender},
    judge::FromScorer,
    observe::CallOptions,
    rules::{RuleScorer, reference::ReferenceScorer},
    score::Scorer,
};

use crate::{dataset::Record, error::LabError};

/// What became of one recorded answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Trial {
    /// Number of its question.
    pub question: usize,
    /// What the benchmark says is wrong with it; `None` of a right answer.
    pub error_type: Option<String>,
    /// Whether a rewrite replaced it.
    pub changed: bool,
    /// Whether what was kept is right.
    pub right: bool,
}

/// Corrects every distinct answer with calls to a question with accepted answers. Answers of which the accepted answers tell another
/// story than the benchmark (types within a value) are left out and counted.
pub async fn correct(
    records: &[Record],
    golds: &BTreeMap<String, Action>,
    rounds: u32,
    mender: Mender,
) -> Result<(Vec<Trial>, usize), LabError> {
    let judge = FromScorer::new(RuleScorer::default());
    let corrector = Corrector::new(judge, mender).with_feedback(mender).with_max_rounds(rounds);
    let mut questions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = HashSet::new();
    let (mut trials, mut left_out) = (Vec::new(), 0);
    for record in records {
        let Some(gold) = golds.get(&record.question) else { continue };
        let next = questions.len();
        let question = *questions.entry(&record.question).or_insert(next);
        let task = record.task.clone().with_reference(vec![gold.clone()]);
        let is_right = |candidate: &Candidate| {
            ReferenceScorer::bfcl().score(&task, candidate).judged().is_some_and(|score| score.value >= 1.0)
        };
        for (candidate, error_type) in [(&record.chosen, None), (&record.rejected, Some(&record.error_type))] {
            let new = seen.insert((question, Fingerprint::of_action(&candidate.action)));
            if !new || candidate.action.calls().is_empty() {
                continue;
            }
            if is_right(candidate) == error_type.is_some() {
                left_out += 1;
                continue;
            }
            // The judge sees the record's task, which has no reference.
            let done = corrector.run(&record.task, candidate.clone(), &CallOptions::default()).await?;
            let right = is_right(&done.kept);
            trials.push(Trial { question, error_type: error_type.cloned(), changed: done.changed, right });
        }
    }
    Ok((trials, left_out))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use toolrm_core::{
        call::{Message, ToolCall},
        rules::reference::reference_from_bfcl,
        task::Task,
        toolset::Toolset,
    };

    use super::*;

    #[tokio::test]
    async fn a_wrong_answer_becomes_right_and_a_right_one_stays() {
        let tools = Toolset::from_json(&json!([{"name": "get_weather", "parameters": {
            "type": "object", "required": ["city"],
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}}]))
        .unwrap();
        let call = |arguments| Candidate::calls(vec![ToolCall::new("get_weather", arguments)]);
        let record = Record {
            set: Arc::from("own"),
            id: "q#0".into(),
            question: "q".into(),
            category: "simple".into(),
            error_type: "type_error:simple".into(),
            task: Task::new(vec![Message::user("Weather in Paris for 3 days?")], tools),
            chosen: call(json!({"city": "Paris", "days": 3})),
            rejected: call(json!({"city": "Paris", "days": "3"})),
        };
        let gold = reference_from_bfcl(&json!([{"get_weather": {"city": ["Paris"], "days": [3]}}])).unwrap();
        let (trials, left_out) =
            correct(&[record], &BTreeMap::from([("q".to_owned(), gold)]), 4, Mender::new()).await.unwrap();
        assert_eq!(left_out, 0);
        let outcome: Vec<_> = trials.iter().map(|t| (t.error_type.is_some(), t.changed, t.right)).collect();
        assert_eq!(outcome, [(false, false, true), (true, true, true)]);
    }
}
