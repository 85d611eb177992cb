//! Development pairs: recorded right and wrong answers of real models, from several benchmarks, as preference pairs.
//!
//! Each source is read into [`Question`]s, each with its distinct right and wrong answers, and every question becomes at most
//! [`PAIRS_A_QUESTION`] pairs. What cannot be used is counted in a [`Census`] with the reason, never silently dropped.

mod acebench;
mod answers;
mod archive;
mod bfcl;
mod bfcl_answers;
mod census;
mod complexfuncbench;
mod glaive;
mod glaive_calls;
mod hammerbench;
mod pairs;
mod seal_tools;
mod toolalpaca;
mod xlam;

use std::io;

use toolrm_bench::trbench::Group;

pub use answers::{Answer, Question};
pub use archive::Archive;
pub use bfcl_answers::golds as bfcl_golds;
pub use census::Census;
pub use glaive_calls::called as glaive_calls;
pub use pairs::{PAIRS_A_QUESTION, Pair, Split, pairs};
pub use xlam::called as xlam_calls;

/// A benchmark with recorded answers.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Source {
    /// Name, and that of the file of pairs.
    pub name: &'static str,
    /// The file it is read from, below the folder of recorded data.
    pub file: &'static str,
    holds: Holds,
}

/// What a source holds.
#[derive(Debug, Clone, Copy)]
enum Holds {
    Questions(fn(&mut Census) -> io::Result<Vec<Question>>),
    Pairs(fn(&mut Census) -> io::Result<Vec<Pair>>),
}

impl Source {
    const fn of_questions(
        name: &'static str,
        file: &'static str,
        read: fn(&mut Census) -> io::Result<Vec<Question>>,
    ) -> Self {
        Self { name, file, holds: Holds::Questions(read) }
    }

    /// Its pairs, those of a question drawn by `seed`. `census` takes note of what is left out.
    pub fn pairs(&self, seed: u64, census: &mut Census) -> io::Result<Vec<Pair>> {
        let questions = match self.holds {
            Holds::Pairs(read) => return read(census),
            Holds::Questions(read) => read(census)?,
        };
        for question in &questions {
            if let Some(reason) = question.unpaired() {
                census.leave_out(reason);
            }
        }
        Ok(questions.iter().flat_map(|question| pairs(question, seed)).collect())
    }
}

/// All sources.
pub const SOURCES: [Source; 7] = [
    Source { name: "bfcl", file: bfcl::FILE, holds: Holds::Pairs(bfcl::read) },
    Source::of_questions("acebench", acebench::FILE, acebench::read),
    Source::of_questions("complexfuncbench", complexfuncbench::STEPS, complexfuncbench::read),
    Source::of_questions("glaive", glaive::FILE, glaive::read),
    Source::of_questions("hammerbench", hammerbench::FILE, hammerbench::read),
    Source::of_questions("seal_tools", seal_tools::FILE, seal_tools::read),
    Source::of_questions("toolalpaca", toolalpaca::FILE, toolalpaca::read),
];

/// A benchmark of which all answers of many models are recorded.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "three fields and no more to say")]
pub struct GroupSource {
    /// Name.
    pub name: &'static str,
    /// The files it is read from, below the folder of recorded data.
    pub files: &'static [&'static str],
    read: fn(&mut Census) -> io::Result<Vec<Group>>,
}

impl GroupSource {
    /// The questions with the answers of all models. `census` takes note of what is left out.
    pub fn read(&self, census: &mut Census) -> io::Result<Vec<Group>> {
        (self.read)(census)
    }
}

/// All benchmarks with answers of many models to the same questions.
pub const GROUPS: [GroupSource; 2] = [
    GroupSource { name: "acebench", files: &[acebench::FILE], read: acebench::groups },
    GroupSource { name: "bfcl", files: &[bfcl_answers::VERDICTS, bfcl_answers::QUESTIONS], read: bfcl_answers::groups },
];
