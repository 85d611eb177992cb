//! Everything a judge says, pair by pair, for programs.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use toolrm_bench::{
    metrics::{Verdict, p_chosen, single},
    run::{PairVerdict, ScoreSaid},
    trbench::Pair,
};
use toolrm_core::call::Candidate;
use toolrm_data::Place;

use crate::{candidate_view::action_json, error::CliError};

/// A file of one JSON line per pair and judge.
pub(crate) struct Dump {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Dump {
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        let file = File::create(path).map_err(|e| fault(path, "create", &e))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// `seed` is that of the order the pairs were shown in.
    pub(crate) fn write(
        &mut self,
        judge: &str,
        pairs: &[(u64, Pair)],
        verdicts: &[PairVerdict],
        seed: u64,
    ) -> Result<(), CliError> {
        let mut lines = pairs.iter().zip(verdicts).filter_map(|((_, pair), said)| line(judge, pair, said, seed));
        lines.try_for_each(|line| writeln!(self.file, "{line}")).map_err(|e| fault(&self.path, "write", &e))
    }

    pub(crate) fn finish(mut self) -> Result<(), CliError> {
        self.file.flush().map_err(|e| fault(&self.path, "write", &e))
    }
}

fn fault(path: &Path, what: &str, error: &std::io::Error) -> CliError {
    let place = Place::file(path);
    place.io(&format!("cannot {what}"), error, "choose another path for the dump or free the disk").into()
}

fn line(judge: &str, pair: &Pair, said: &PairVerdict, seed: u64) -> Option<Value> {
    let verdict = Verdict::of(single(said, seed)?);
    Some(json!({
        "judge": judge,
        "pair": said.number,
        "id": pair.id,
        "question_id": pair.question_id,
        "category": pair.category,
        "error_type": pair.error_type,
        "verdict": verdict.name(),
        "points": verdict.points(),
        "p_chosen": p_chosen(said),
        "chosen": side_json(&pair.chosen, said.chosen_score.as_ref()),
        "rejected": side_json(&pair.rejected, said.rejected_score.as_ref()),
    }))
}

/// One of the two answers, with the judge's score where it gives one.
pub(super) fn side_json(candidate: &Candidate, score: Option<&ScoreSaid>) -> Value {
    json!({
        "answer": action_json(candidate),
        "score": score.map(|s| s.value),
        "findings": score.map(|s| &s.findings),
    })
}
