//! Development pairs: recorded right and wrong answers of real models, from several benchmarks, as preference pairs.
//!
//! Each source is read into [`Question`]s, each with its distinct right and wrong answers, and every question becomes at most
//! [`PAIRS_A_QUESTION`] pairs. What cannot be used is counted in a [`Census`] with the reason, never silently dropped.

mod acebench;
mod answers;
mod archive;
mod bfcl;
mod census;
mod complexfuncbench;
mod hammerbench;
mod pairs;
mod seal_tools;
mod transcript;

use std::io;

use crate::contest::Contest;

pub use answers::{Answer, Question};
pub use archive::Archive;
pub use bfcl::golds as bfcl_golds;
pub use census::Census;
pub use pairs::{PAIRS_A_QUESTION, Pair, Split, pairs};

/// A benchmark with recorded answers.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "three fields and no more to say")]
pub struct Source {
    /// Name, and that of the file of pairs.
    pub name: &'static str,
    /// The file it is read from, below the folder of recorded data.
    pub file: &'static str,
    read: fn(&mut Census) -> io::Result<Vec<Question>>,
}

impl Source {
    /// The questions with their answers, right and wrong. `census` takes note of what is left out.
    pub fn read(&self, census: &mut Census) -> io::Result<Vec<Question>> {
        (self.read)(census)
    }
}

/// All sources.
pub const SOURCES: [Source; 4] = [
    Source { name: "acebench", file: acebench::FILE, read: acebench::read },
    Source { name: "complexfuncbench", file: complexfuncbench::STEPS, read: complexfuncbench::read },
    Source { name: "hammerbench", file: hammerbench::FILE, read: hammerbench::read },
    Source { name: "seal_tools", file: seal_tools::FILE, read: seal_tools::read },
];

/// A benchmark of which all answers of many models are recorded.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "three fields and no more to say")]
pub struct ContestSource {
    /// Name.
    pub name: &'static str,
    /// The files it is read from, below the folder of recorded data.
    pub files: &'static [&'static str],
    read: fn(&mut Census) -> io::Result<Vec<Contest>>,
}

impl ContestSource {
    /// The questions with the answers of all models. `census` takes note of what is left out.
    pub fn read(&self, census: &mut Census) -> io::Result<Vec<Contest>> {
        (self.read)(census)
    }
}

/// All benchmarks with answers of many models to the same questions.
pub const CONTESTS: [ContestSource; 2] = [
    ContestSource { name: "acebench", files: &[acebench::FILE], read: acebench::contests },
    ContestSource { name: "bfcl", files: &[bfcl::VERDICTS, bfcl::QUESTIONS], read: bfcl::contests },
];
