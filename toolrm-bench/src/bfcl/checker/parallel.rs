//! Several calls against several accepted ones, in any order.
//!
//! The accepted calls are gone through one by one, and each takes the first call left that is the one: an answer is not saved by
//! another assignment that would work out.

use serde_json::{Value, json};

use super::{
    Answer, ErrorType, Unchecked,
    answer::{Item, Items},
    simple::{Goal, bit},
    stop::{Check, Stop, wrong},
};

/// An accepted call that no call left is, and which calls those are.
#[derive(Debug)]
struct Unmatched {
    goal: usize,
    left: Vec<usize>,
}

/// Whether every accepted call is made; there are as many calls as accepted ones.
pub(super) fn check(goals: &[Goal], items: Items<'_>) -> Check {
    match first_unmatched(goals, items)? {
        None => Ok(()),
        Some(_) => wrong(ErrorType::NoMatch),
    }
}

fn first_unmatched(goals: &[Goal], items: Items<'_>) -> Check<Option<Unmatched>> {
    let mut matched = Matched::default();
    for (place, goal) in goals.iter().enumerate() {
        let mut left = (0..items.len()).filter(|index| !matched.contains(*index));
        let found = left.find_map(|index| match goal.check(items.get(index)?, &mut ()) {
            Ok(()) => Some(Ok(index)),
            Err(Stop::Wrong(_)) => None,
            Err(unchecked) => Some(Err(unchecked.of_call(index))),
        });
        let Some(index) = found else {
            let left = (0..items.len()).filter(|index| !matched.contains(*index)).collect();
            return Ok(Some(Unmatched { goal: place, left }));
        };
        matched.insert(index?);
    }
    Ok(None)
}

/// The calls that are accepted ones already.
#[derive(Debug, Default)]
struct Matched {
    /// A bit for each of the first 64 calls.
    bits: u64,
    /// Those behind.
    others: Vec<usize>,
}

impl Matched {
    fn contains(&self, index: usize) -> bool {
        match bit(index) {
            0 => self.others.contains(&index),
            bit => self.bits & bit != 0,
        }
    }

    fn insert(&mut self, index: usize) {
        match bit(index) {
            0 => self.others.push(index),
            bit => self.bits |= bit,
        }
    }
}

/// For an answer in which an accepted call is not made: why each call left is not the one.
pub(super) fn explain(goals: &[Goal], answer: Answer<'_>) -> Result<Vec<Value>, Unchecked> {
    let count = ErrorType::WrongCountParallel;
    let unmatched =
        answer.items(goals.len(), count, &mut ()).and_then(|items| Ok((items, first_unmatched(goals, items)?)));
    match unmatched {
        Ok((items, Some(Unmatched { goal, left }))) => {
            let head = format!(
                "Could not find a matching function among index {left:?} of model output for index {goal} of possible answers."
            );
            let tried = left.iter().filter_map(|index| Some((*index, items.get(*index)?, goals.get(goal)?)));
            Ok(std::iter::once(head.into())
                .chain(tried.map(|(index, item, goal)| tried_in_vain(index, item, goal)))
                .collect())
        }
        Err(Stop::Unchecked(unchecked)) => Err(*unchecked),
        Ok((_, None)) | Err(Stop::Wrong(_)) => Ok(Vec::new()),
    }
}

fn tried_in_vain(index: usize, item: Item<'_>, goal: &Goal) -> Value {
    let mut notes = Vec::new();
    let error = match goal.check(item, &mut notes) {
        Err(Stop::Wrong(error)) => Some(error.code()),
        _ => None,
    };
    json!({format!("Model Result Index {index}"): {
        "sub_error": notes,
        "sub_error_type": error,
        "model_output_item": item.to_value(),
        "possible_answer_item": goal.accepted(),
    }})
}
