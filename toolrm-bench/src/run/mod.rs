//! Running a judge over a bench: concurrency, progress, a journal to resume from, the results in a folder.
//!
//! [`Runner`] asks a judge about every pair and gives one [`PairVerdict`] per pair, in their order, whatever the concurrency, the
//! batches, and however often the run was killed and resumed on the way. [`RunFolder`] keeps the result with all that is needed to
//! read it again.
//!
//! What belongs to asking is put around the judge, as layers, and the runner needs to know nothing of it:
//!
//! - `judge.retry(..)`: the runner itself asks nothing twice; what failed is recorded as failed.
//! - `judge.cached(FileStore::open(..)?)`: questions that were asked before, of another bench that shares pairs, say, cost nothing.
//!   The journal keeps a run's own results; the cache is for what several runs share. A hit costs nothing and says so: with a cache
//!   the `usage` of a verdict is what it cost this time, and the one part of it that a kill at the wrong moment can change.
//! - `judge.limit(..)`, `judge.budget(..)`, `judge.traced(..)`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use toolrm_bench::{run::{RunFolder, RunOptions, Runner}, trbench::Pair};
//! use toolrm_core::{layer::{FileStore, RetryPolicy}, prelude::*};
//! # let out = tempfile::tempdir()?;
//! # let out = out.path();
//!
//! let task = Task::new(vec![Message::user("Weather in Paris?")], Toolset::new(vec![Tool::new("get_weather",
//!     serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}))])?);
//! let call = |city| Candidate::calls(vec![ToolCall::new("get_weather", serde_json::json!({"city": city}))]);
//! let pairs = [Pair::new(task, call("Paris"), call("Rome"))];
//!
//! let judge = FromScorer::new(RuleScorer::default())
//!     .retry(RetryPolicy::default())
//!     .cached(FileStore::open(out.join("cache.jsonl"))?);
//! let folder = RunFolder::of(out, judge.card());
//! let runner = Runner::new(judge, RunOptions::default().with_concurrency(4));
//! let run = folder.run(&runner, &pairs, &mut |p| eprintln!("{} of {}", p.done, p.total)).await?;
//! assert_eq!(run.verdicts[0].chosen_first.as_ref().and_then(|said| said.choice()), Some(Choice::First));
//! assert_eq!(folder.read()?.verdicts, run.verdicts);
//! # Ok(()) }
//! ```

mod about;
mod ask;
mod error;
mod folder;
mod options;
pub mod quick;
mod runner;
#[cfg(test)]
mod tests;
mod timing;
pub mod verdict;

pub use about::{Counts, RunAbout};
pub use error::RunError;
pub use folder::{FinishedRun, RunFolder};
pub use options::{Ask, Progress, RunOptions};
pub use runner::{Run, Runner, bench_fingerprint};
pub use timing::Timing;
pub use verdict::{PairVerdict, Said, ScoreSaid};
