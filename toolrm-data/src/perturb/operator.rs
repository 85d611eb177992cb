//! [`Operator`]: a named way to change a good answer; [`Mutant`]: what comes out.

use std::fmt;

use serde::{Deserialize, Serialize};
use toolrm_core::call::{Candidate, ToolCall};

use super::subject::Subject;
use crate::draw::Draw;

/// What an operator does to a good answer. Every mutant is held to it: one that is not what it claims to be is discarded and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a change is visible to a schema, or only to a reader, or it is none")]
pub enum Effect {
    /// The tools' schemas rule the mutant out: a validator sees it without reading the request.
    BreaksSchema,
    /// The mutant fits the schemas and does something else: whoever wants to see it must read the request.
    ChangesMeaning,
    /// The mutant does the same, in another dress: there is nothing to see.
    Nothing,
}

/// The classes of errors of FC-RewardBench (IBM, arXiv 2509.11963).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "the published classes")]
pub enum ErrorClass {
    /// A wrong parameter value.
    WrongValue,
    /// A wrong function name.
    WrongName,
    /// A wrong number of calls.
    WrongCount,
    /// An optional parameter is missing.
    MissingOptional,
    /// A required parameter is missing.
    MissingRequired,
    /// A parameter of the wrong type.
    WrongType,
    /// A parameter the function does not have.
    UnexpectedParameter,
    /// The output is not in the format of a call.
    Format,
}

/// Where an operator stands in the published taxonomies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(clippy::exhaustive_structs, reason = "written as a literal by every operator")]
pub struct Taxonomy {
    /// The error type BFCL's checker gives to such an answer.
    pub bfcl: &'static str,
    /// The class of FC-RewardBench.
    pub fc_reward_bench: ErrorClass,
}

/// One changed answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Mutant {
    /// The answer.
    pub candidate: Candidate,
    /// Where it was changed: an RFC 6901 pointer into the original's list of calls, as in [`toolrm_core::score::Finding`].
    pub pointer: String,
    /// What was changed, in words.
    pub change: String,
}

impl Mutant {
    /// A mutant that was changed at `pointer`.
    pub fn new(candidate: Candidate, pointer: impl Into<String>, change: impl Into<String>) -> Self {
        Self { candidate, pointer: pointer.into(), change: change.into() }
    }

    /// A mutant that makes these calls.
    pub fn calls(calls: Vec<ToolCall>, pointer: impl Into<String>, change: impl Into<String>) -> Self {
        Self::new(Candidate::calls(calls), pointer, change)
    }
}

/// Why an operator has nothing to change in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs, reason = "a reason in words")]
pub struct NotApplicable(pub &'static str);

/// One mutant for each place it can change, or why there is none.
pub type Mutants = Result<Vec<Mutant>, NotApplicable>;

/// A named way to change a good answer.
///
/// ```
/// use toolrm_data::draw::Draw;
/// use toolrm_data::perturb::{Effect, ErrorClass, Mutant, Mutants, NotApplicable, Operator, Subject, Taxonomy};
///
/// /// Calls the production system where the request is about the test system.
/// #[derive(Debug)]
/// struct Production;
/// impl Operator for Production {
///     fn id(&self) -> &str { "production" }
///     fn summary(&self) -> &str { "The production system is called." }
///     fn effect(&self) -> Effect { Effect::ChangesMeaning }
///     fn taxonomy(&self) -> Option<Taxonomy> {
///         Some(Taxonomy { bfcl: "value_error:string", fc_reward_bench: ErrorClass::WrongValue })
///     }
///     fn mutants(&self, subject: &Subject<'_>, _: &Draw) -> Mutants {
///         let places = subject.places().into_iter().filter(|p| p.value == "test");
///         let mutants: Vec<Mutant> = places.filter_map(|p| subject.replaced(&p, "production".into())).collect();
///         if mutants.is_empty() { Err(NotApplicable("no value is \"test\"")) } else { Ok(mutants) }
///     }
/// }
/// ```
pub trait Operator: fmt::Debug + Send + Sync {
    /// Name in lower case with dashes; stable over versions. Draws depend on it.
    fn id(&self) -> &str;
    /// What a mutant is like, in one sentence.
    fn summary(&self) -> &str;
    /// What it does to an answer.
    fn effect(&self) -> Effect;
    /// The published errors it stands for; `None` where there is no error.
    fn taxonomy(&self) -> Option<Taxonomy>;
    /// The mutants of an answer, at most one for each place, in the order of the places.
    fn mutants(&self, subject: &Subject<'_>, draw: &Draw) -> Mutants;
}
