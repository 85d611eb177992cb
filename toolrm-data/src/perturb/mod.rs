//! Wrong answers made of right ones: named [`Operator`]s, after the error types of BFCL's checker and the classes of FC-RewardBench.

mod heard;
mod mix;
mod operator;
mod operators;
mod pool;
mod sampler;
mod subject;
mod words;

pub use mix::ErrorMix;
pub use operator::{Effect, ErrorClass, Mutant, Mutants, NotApplicable, Operator, Taxonomy};
pub use operators::built_in;
pub use pool::Pool;
pub use sampler::{Conversation, PerturbSampler, PerturbStep, Perturbed};
pub use subject::{Place, Subject};
