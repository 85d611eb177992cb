//! Everything a judge says, pair by pair, for programs.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use toolrm_data::Place;

use super::{Judged, Side};
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

    pub(crate) fn write(&mut self, judge: &str, judged: &[Judged<'_>]) -> Result<(), CliError> {
        let mut lines = judged.iter().map(|pair| line(judge, pair));
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

fn line(judge: &str, judged: &Judged<'_>) -> Value {
    let Judged { pair, verdict, comparison, chosen, rejected } = judged;
    let side = |side: &Side<'_>| {
        json!({
            "answer": action_json(side.candidate),
            "score": side.score.as_ref().map(|s| s.value),
            "findings": side.score.as_ref().map(|s| &s.findings),
        })
    };
    json!({
        "judge": judge,
        "pair": pair.number,
        "id": pair.id,
        "question_id": pair.question_id,
        "category": pair.category,
        "error_type": pair.error_type,
        "verdict": verdict.name(),
        "points": verdict.points(),
        "p_chosen": comparison.as_judged().map(|c| c.p_first),
        "chosen": side(chosen),
        "rejected": side(rejected),
    })
}
