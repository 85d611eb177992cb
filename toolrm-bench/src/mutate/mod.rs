//! Mutation testing: does a judge notice when a good call of the user's own tools is corrupted?
//!
//! A [`Plan`] takes good [`Example`]s and changes them by named [`Operator`]s, after the error types of BFCL's checker and the classes of
//! FC-RewardBench. A judge then compares every mutant with its original, in both orders (once, where its card says that the order is
//! nothing to it), and a [`MutationReport`] says what it noticed.
//!
//! # What counts as what
//! - A corruption is **detected** when the original wins in both orders. A tie in both orders, a verdict that changes with the order
//!   (`inconsistent`) and a mutant that wins in both (`missed`) are counted apart. The *detection rate* is the share of detected among
//!   the judged; a judge that abstained or failed on a mutant said nothing of it, which is counted, and no part of the rate.
//! - An equivalent mutant does the same as its original: by the canonical form, or but for a documented default spelled out or dropped.
//!   A **false alarm** is a strict preference that holds in both orders, either way: the original `punished` or the mutant `favoured`
//!   for nothing. (Position bias alone is no false alarm here: it is what `inconsistent` counts.) `noticed`, the share of punished, is
//!   what a detection rate would be on a corruption: a detection rate is worth what it is above that.
//! - A judge that scores single candidates raises another kind of false alarm: findings of some weight against a good original.
//!   [`Originals`] counts them.
//!
//! Corruptions that break a schema and those that fit it are reported apart ([`Effect`]): a validator alone detects the former. The
//! latter can only be seen by reading the request, and not all of them even then: where a request leaves something open, the original's
//! choice is not the only right one. So 100 % is no goal there; two judges on the same plan can be compared.
//!
//! An example may have no request, only calls. It then gets the corruptions that break a schema and no others, and is a case for a judge
//! that looks at nothing else: rules about the request have nothing to go by, and count against the good call. A report says how many
//! examples are like that.
//!
//! Intervals hold the true value in 95 of 100 cases, made by drawing whole examples: the mutants of one example are no independent
//! witnesses. Everything random is drawn by hash from the seed and from names: the same seed and examples give the same bytes, in
//! whatever order the examples come.
//!
//! ```
//! use toolrm_bench::mutate::{Example, Plan, Settings};
//! use toolrm_core::{prelude::*, testkit::block_on};
//! use serde_json::json;
//!
//! let tools = Toolset::new(vec![Tool::new("get_weather", json!({"type": "object", "properties": {
//!     "city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "required": ["city"]}))])?;
//! let good = |id: &str, city: &str| {
//!     Example::new(id, vec![ToolCall::new("get_weather", json!({"city": city}))]).with_query(format!("Weather in {city}?"))
//! };
//! let plan = Plan::new(tools, vec![good("a", "Lisbon"), good("b", "Osaka")], Settings::default())?;
//! let judge = FromScorer::new(RuleScorer::default());
//! let report = block_on(plan.judge(&judge, &CallOptions::default(), &|_| {}))?;
//! let row = report.corruptions.iter().find(|row| row.operator.id == "missing-required").unwrap();
//! assert_eq!((row.n, row.detected), (2, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ask;
mod example;
mod judging;
mod plan;
mod rate;
mod report;
mod table;
#[cfg(test)]
mod tests;

pub use ask::Progress;
pub use example::{Example, Flaw};
pub use plan::{Discarded, MutateError, Plan, Planned, Settings, Yield};
pub use report::{
    Case, CorruptionRow, EquivalentRow, Failure, Findings, MutationReport, OperatorInfo, Originals, Verdict,
};
pub use toolrm_data::{
    draw::Draw,
    perturb::{Effect, ErrorClass, Mutant, Mutants, NotApplicable, Operator, Place, Pool, Subject, Taxonomy, built_in},
};
