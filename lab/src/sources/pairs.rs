//! From questions to pairs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use toolrm_core::{
    call::{Action, Message},
    canonical::Fingerprint,
};

use super::{Answer, Question, answers::difference};

/// No question weighs more than this many pairs.
pub const PAIRS_A_QUESTION: usize = 4;

/// Which part of a source a question belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(clippy::exhaustive_enums, reason = "there are two sides of a split")]
pub enum Split {
    /// To develop rules on.
    #[default]
    Dev,
    /// To look at once: about a fifth, those whose `sha256(question_id)` begins with a hexadecimal digit of 0 to 2.
    Holdout,
}

impl Split {
    /// The part of a question.
    pub fn of(question_id: &str) -> Self {
        let first = Sha256::digest(question_id).first().map_or(0, |byte| byte >> 4);
        if first <= 2 { Self::Holdout } else { Self::Dev }
    }
}

/// A right and a wrong answer to one question, as `toolrm bench pairs` reads them.
#[derive(Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pair {
    /// `{question}#{number}`.
    pub id: String,
    /// Shared by near questions.
    pub question_id: String,
    /// Kind of question.
    pub category: String,
    /// Part of the source; not read, for it follows from the question.
    #[serde(skip_deserializing)]
    pub split: Split,
    /// The conversation.
    pub messages: Vec<Message>,
    /// The tools, as published.
    pub tools: Value,
    /// The right answer: a list of `{name: {arguments}}`, or a text.
    pub chosen: Value,
    /// Who gave it.
    #[serde(default)]
    pub chosen_from: String,
    /// The wrong answer.
    pub rejected: Value,
    /// Who gave it.
    #[serde(default)]
    pub rejected_from: String,
    /// What is wrong with it.
    pub error_type: String,
}

/// The pairs of a question, at most [`PAIRS_A_QUESTION`], drawn by `seed`: every answer is used about as often as the others of its side.
pub fn pairs(question: &Question, seed: u64) -> Vec<Pair> {
    let drawn = |answer: &Answer| {
        let parts = answer.meaning().into_iter().map(|f| f.to_string());
        Fingerprint::of([seed.to_string(), question.id.clone()].into_iter().chain(parts))
    };
    let shuffled = |answers: &'_ [Answer]| {
        let mut order: Vec<usize> = (0..answers.len()).collect();
        order.sort_by_key(|i| answers.get(*i).map(drawn));
        order
    };
    let (right, wrong) = (shuffled(&question.right), shuffled(&question.wrong));
    let most = (right.len() * wrong.len()).min(PAIRS_A_QUESTION);
    // Walks the grid of right and wrong along a diagonal, and moves to the next one when it is back where it began.
    let diagonal = (1..=most).find(|n| n % right.len() == 0 && n % wrong.len() == 0).unwrap_or(most).max(1);
    let cells = (0..most).map(|i| (i + i / diagonal, i));
    let picked = cells.filter_map(|(r, w)| {
        let at = |order: &[usize], i: usize| order.get(i % order.len().max(1)).copied();
        Some((question.right.get(at(&right, r)?)?, question.wrong.get(at(&wrong, w)?)?))
    });
    picked.enumerate().map(|(i, (right, wrong))| pair(question, i, right, wrong)).collect()
}

fn pair(question: &Question, number: usize, right: &Answer, wrong: &Answer) -> Pair {
    let error_type = wrong.error_type.clone().unwrap_or_else(|| difference(&right.action, &wrong.action).into());
    Pair {
        id: format!("{}#{number}", question.id),
        question_id: question.question_id.clone(),
        category: question.category.clone(),
        split: Split::of(&question.question_id),
        messages: right.messages.to_vec(),
        tools: question.tools.clone(),
        chosen: written(&right.action),
        chosen_from: right.from.clone(),
        rejected: written(&wrong.action),
        rejected_from: wrong.from.clone(),
        error_type,
    }
}

/// An answer as pairs write it.
fn written(action: &Action) -> Value {
    match action {
        Action::Calls(calls) => {
            calls.iter().map(|c| Value::Object(Map::from_iter([(c.name.clone(), c.arguments.clone())]))).collect()
        }
        other => other.text().unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;
    use toolrm_core::call::ToolCall;

    use super::*;

    fn question(right: usize, wrong: usize) -> Question {
        let answer = |i: usize| Answer {
            action: Action::Calls(vec![ToolCall::new("f", json!({"a": i}))]),
            from: "m".into(),
            messages: vec![Message::user("go")].into(),
            error_type: None,
        };
        let mut question = Question::new("q".into(), "q".into(), "c", json!([]));
        question.right = (0..right).map(answer).collect();
        question.wrong = (100..100 + wrong).map(answer).collect();
        question
    }

    #[test]
    fn pairs_are_distinct_and_use_the_answers_evenly() {
        for (right, wrong, expected) in
            [(1, 1, 1), (2, 2, 4), (1, 3, 3), (3, 1, 3), (2, 3, 4), (5, 7, 4), (0, 3, 0), (3, 0, 0)]
        {
            let pairs = pairs(&question(right, wrong), 7);
            let distinct: HashSet<_> = pairs.iter().map(|p| (p.chosen.to_string(), p.rejected.to_string())).collect();
            assert_eq!((pairs.len(), distinct.len()), (expected, expected), "{right} right, {wrong} wrong");
            let rejected: HashSet<_> = pairs.iter().map(|p| p.rejected.to_string()).collect();
            assert_eq!(rejected.len(), wrong.min(expected), "{right} right, {wrong} wrong");
        }
    }

    #[test]
    fn the_split_is_by_the_first_digit_of_the_hash() {
        // sha256: "a" = ca97.., "b" = 3e23.., "c" = 2e7d.., "d" = 18ac..
        assert_eq!(["a", "b", "c", "d"].map(Split::of), [Split::Dev, Split::Dev, Split::Holdout, Split::Holdout]);
    }

    #[test]
    fn differences_are_named() {
        let calls =
            |list: &[(&str, Value)]| Action::Calls(list.iter().map(|(n, a)| ToolCall::new(*n, a.clone())).collect());
        let right = calls(&[("f", json!({"a": 1})), ("g", json!({}))]);
        for (wrong, kind) in [
            (Action::Text("no".into()), "no_call"),
            (calls(&[("f", json!({"a": 1}))]), "wrong_count"),
            (calls(&[("f", json!({"a": 1})), ("h", json!({}))]), "wrong_func_name"),
            (calls(&[("g", json!({})), ("f", json!({"a": 2}))]), "wrong_value"),
            (calls(&[("g", json!({})), ("f", json!({}))]), "missing_argument"),
            (calls(&[("g", json!({"b": 1})), ("f", json!({"a": 1}))]), "extra_argument"),
        ] {
            assert_eq!(difference(&right, &wrong), kind);
        }
    }
}
