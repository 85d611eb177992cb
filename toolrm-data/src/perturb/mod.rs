//! Wrong answers made of right ones: named [`Operator`]s, after the error types of BFCL's checker and the classes of FC-RewardBench.

mod operator;
mod operators;
mod pool;
mod subject;

pub use operator::{Effect, ErrorClass, Mutant, Mutants, NotApplicable, Operator, Taxonomy};
pub use operators::built_in;
pub use pool::Pool;
pub use subject::{Place, Subject};
