//! The built-in operators, by what they change.

use std::sync::Arc;

use super::{
    operator::{Effect, ErrorClass, Mutant, Mutants, NotApplicable, Operator, Taxonomy},
    subject::{Place, Subject},
};
use crate::draw::Draw;

mod answer;
mod argument;
mod conversational;
mod equivalent;
mod form;
mod list;
mod swap;
mod tool;
mod types;
mod value;
mod ways;

pub(super) use ways::ways;

/// A built-in operator: what it says of itself, and a function.
#[derive(Debug, Clone, Copy)]
pub(super) struct BuiltIn {
    pub(super) id: &'static str,
    summary: &'static str,
    effect: Effect,
    taxonomy: Option<Taxonomy>,
    pub(super) mutants: fn(&Subject<'_>, &Draw) -> Mutants,
}

impl Operator for BuiltIn {
    fn id(&self) -> &str {
        self.id
    }
    fn summary(&self) -> &str {
        self.summary
    }
    fn effect(&self) -> Effect {
        self.effect
    }
    fn taxonomy(&self) -> Option<Taxonomy> {
        self.taxonomy
    }
    fn mutants(&self, subject: &Subject<'_>, draw: &Draw) -> Mutants {
        (self.mutants)(subject, draw)
    }
}

/// The built-in operators: what breaks a schema, what changes the meaning, what changes nothing.
pub fn built_in() -> Vec<Arc<dyn Operator>> {
    [
        argument::MISSING_REQUIRED,
        argument::UNEXPECTED_PARAMETER,
        argument::MISNAMED_PARAMETER,
        types::WRONG_TYPE,
        types::WRONG_NESTED_TYPE,
        types::OUT_OF_ENUM,
        types::OUT_OF_RANGE,
        form::WRONG_FORMAT,
        tool::HALLUCINATED_TOOL,
        answer::MALFORMED,
        argument::MISSING_OPTIONAL,
        value::WRONG_NUMBER,
        value::WRONG_TEXT,
        value::WRONG_CHOICE,
        value::FLIPPED_FLAG,
        value::MISSING_ITEM,
        value::PLACEHOLDER,
        form::RESTYLED,
        swap::SWAPPED_ARGUMENTS,
        tool::WRONG_TOOL,
        list::MISSING_CALL,
        list::REPEATED_CALL,
        list::EXTRA_CALL,
        answer::WORDS_INSTEAD,
        equivalent::KEY_ORDER,
        equivalent::INTEGRAL_FLOAT,
        equivalent::SPELLED_DEFAULT,
        equivalent::DROPPED_DEFAULT,
        equivalent::OTHER_IDS,
        equivalent::WORDS_BESIDE,
    ]
    .into_iter()
    .map(|operator| Arc::new(operator) as Arc<dyn Operator>)
    .collect()
}

/// The published errors an operator stands for.
const fn stands_for(bfcl: &'static str, fc_reward_bench: ErrorClass) -> Taxonomy {
    Taxonomy { bfcl, fc_reward_bench }
}

/// The mutants, or why there are none.
fn made(mutants: impl IntoIterator<Item = Mutant>, why_not: &'static str) -> Mutants {
    let mutants: Vec<Mutant> = mutants.into_iter().collect();
    if mutants.is_empty() { Err(NotApplicable(why_not)) } else { Ok(mutants) }
}

/// A mutant for every place where `change` makes one.
fn at_places(subject: &Subject<'_>, why_not: &'static str, change: impl Fn(&Place<'_>) -> Option<Mutant>) -> Mutants {
    made(subject.places().iter().filter_map(change), why_not)
}

/// The first of several ways to change a place that comes out as claimed.
fn first_kept(subject: &Subject<'_>, effect: Effect, ways: impl IntoIterator<Item = Option<Mutant>>) -> Option<Mutant> {
    ways.into_iter().flatten().find(|m| subject.keeps(m, effect))
}
