//! [`RunFolder`]: the result of a run, and all that is needed to read it again.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use toolrm_core::{
    canonical::Fingerprint,
    judge::{JudgeCard, ToolCallJudge},
};
use toolrm_data::{DataError, Fault, Place, digest, input::Input, replace::Replace};

use super::{
    about::{Counts, FORMAT, RunAbout, VERSION},
    error::RunError,
    options::Progress,
    runner::{Run, Runner, bench_fingerprint},
    timing::Timing,
    verdict::PairVerdict,
};
use crate::trbench::Pair;

const VERDICTS: &str = "verdicts.jsonl";
const ABOUT: &str = "judge.json";
const TIMING: &str = "timing.json";
const JOURNAL: &str = "journal.jsonl";
/// Longest part of a judge's id that a folder's name keeps.
const MAX_NAME: usize = 80;

const ELSEWHERE: &str = "choose another folder, or replace it (--restart)";
const AGAIN: &str = "run the judge again";

/// A folder for one judge over one bench:
///
/// | file | holds |
/// |---|---|
/// | `verdicts.jsonl` | a [`PairVerdict`] per line, in the order of the pairs |
/// | `judge.json` | [`RunAbout`]: the judge's card, what was asked of which bench, counts |
/// | `timing.json` | [`Timing`]; the one file that differs from run to run |
/// | `journal.jsonl` | finished pairs, while the run goes or some pairs are unsettled |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

/// A run that is done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FinishedRun {
    /// What it was.
    pub about: RunAbout,
    /// One verdict per pair, in their order.
    pub verdicts: Vec<PairVerdict>,
    /// How long it took, if that was kept.
    pub timing: Option<Timing>,
}

impl RunFolder {
    /// The folder of a judge among those of others: `out/<id>`, the id made a safe name of a folder.
    ///
    /// An id that has to be changed for it gets eight hexadecimal digits of its fingerprint, so that different ids get different
    /// folders. Judges with the same id share the folder, and the second one is told so.
    pub fn of(out: &Path, card: &JudgeCard) -> Self {
        Self::at(out.join(folder_name(&card.id)))
    }

    /// A folder by its path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a judge over pairs and keeps the result here. A run that ended early goes on; of one that is done only the unsettled
    /// pairs are asked again, and nothing if there are none. The journal is the folder's own, whatever the runner's options say.
    ///
    /// # Errors
    /// Those of [`Runner::run`], and: the folder holds the run of another judge, bench, or other options (unless the options say to
    /// restart), or cannot be written.
    pub async fn run<J: ToolCallJudge>(
        &self,
        runner: &Runner<J>,
        pairs: &[Pair],
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<FinishedRun, RunError> {
        let (card, options) = (runner.judge().card(), runner.options());
        let bench = bench_fingerprint(pairs);
        let key = runner.key(&bench)?;
        let mut about = RunAbout::new(card, (options.ask, options.seed), (&bench, pairs.len()), &key);
        let before = if options.restart { None } else { self.earlier(&about)? };
        if before.as_ref().and_then(|before| before.counts.as_ref()).is_some_and(|counts| counts.unsettled == 0) {
            let finished = self.read()?;
            self.remove_journal(runner, &key)?;
            let (total, failed) = (pairs.len(), finished.verdicts.iter().filter(|v| v.has_failed()).count());
            progress(Progress { done: total, known: total, failed, total });
            return Ok(finished);
        }
        let opened = runner.open(&self.file(JOURNAL), &key)?;
        if before.is_none() {
            self.write_json(ABOUT, &about)?;
        }
        let Run { verdicts, timing, journal, .. } = runner.run_from(pairs, Some(opened), progress).await?;
        about.counts = Some(Counts::of(&verdicts));
        about.verdicts_sha256 = Some(self.write_verdicts(&verdicts)?);
        // `judge.json` last of what is read: it vouches for the verdicts.
        self.write_timing(&timing)?;
        self.write_json(ABOUT, &about)?;
        if let Some(journal) = journal.filter(|_| verdicts.iter().all(PairVerdict::is_settled)) {
            journal.remove()?;
        }
        Ok(FinishedRun { about, verdicts, timing: Some(timing) })
    }

    /// Reads a run that is done.
    ///
    /// # Errors
    /// With file and line: there is no run, it is not done, or its files do not fit together.
    pub fn read(&self) -> Result<FinishedRun, DataError> {
        let about = self.read_about()?;
        let (Some(_), Some(sum)) = (&about.counts, &about.verdicts_sha256) else {
            return Err(self.error(ABOUT, "the run is not done", "run the judge again: it goes on where it was"));
        };
        let path = self.file(VERDICTS);
        let bytes = fs::read(&path).map_err(|e| Place::file(&path).io("cannot read", &e, AGAIN))?;
        if *sum != digest::of_bytes(&bytes) {
            return Err(self.error(
                VERDICTS,
                "not the verdicts judge.json speaks of",
                "restore it or run with --restart",
            ));
        }
        let verdicts = read_verdicts(&path)?;
        if verdicts.len() as u64 != about.pairs {
            let what = format!("{} verdicts on {} pairs", verdicts.len(), about.pairs);
            return Err(self.error(VERDICTS, &what, "restore it or run with --restart"));
        }
        let timing = self.file(TIMING);
        let timing = if timing.exists() { Some(read_json(&timing)?) } else { None };
        Ok(FinishedRun { about, verdicts, timing })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn error(&self, file: &str, what: &str, fix: &str) -> DataError {
        Place::file(&self.file(file)).error(Fault::new(what, fix))
    }

    fn read_about(&self) -> Result<RunAbout, DataError> {
        let value: Value = read_json(&self.file(ABOUT))?;
        let known = value.get("format") == Some(&json!(FORMAT)) && value.get("version") == Some(&json!(VERSION));
        if !known {
            return Err(self.error(ABOUT, &format!("not a run ({FORMAT}) of version {VERSION}"), ELSEWHERE));
        }
        serde_json::from_value(value).map_err(|e| self.error(ABOUT, &format!("not a run: {e}"), ELSEWHERE))
    }

    /// What the folder holds already, if it is this run.
    fn earlier(&self, about: &RunAbout) -> Result<Option<RunAbout>, DataError> {
        if !self.file(ABOUT).exists() {
            let orphans = self.file(VERDICTS).exists();
            let error = || self.error(VERDICTS, "verdicts without a judge.json that says whose", ELSEWHERE);
            return if orphans { Err(error()) } else { Ok(None) };
        }
        let earlier = self.read_about()?;
        if earlier.key != about.key {
            let what = format!("the folder holds a run {}", about.differs_from(&earlier));
            return Err(self.error(ABOUT, &what, ELSEWHERE));
        }
        Ok(Some(earlier))
    }

    /// A kill after the last word of a run leaves its journal.
    fn remove_journal<J: ToolCallJudge>(&self, runner: &Runner<J>, key: &Fingerprint) -> Result<(), DataError> {
        let path = self.file(JOURNAL);
        if path.exists() { runner.open(&path, key)?.0.remove() } else { Ok(()) }
    }

    /// Gives the checksum of what it wrote.
    fn write_verdicts(&self, verdicts: &[PairVerdict]) -> Result<String, DataError> {
        let path = self.file(VERDICTS);
        let mut lines = Vec::new();
        for verdict in verdicts {
            lines.extend_from_slice(&to_json(&path, verdict, false)?);
            lines.push(b'\n');
        }
        Replace::write(&path, &lines)?;
        Ok(digest::of_bytes(&lines))
    }

    fn write_timing(&self, timing: &Timing) -> Result<(), DataError> {
        let mut value =
            json!({"note": "times differ from run to run; of a resumed run they are those of its last part"});
        if let (Some(object), Ok(Value::Object(fields))) = (value.as_object_mut(), serde_json::to_value(timing)) {
            object.extend(fields);
        }
        self.write_json(TIMING, &value)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), DataError> {
        let path = self.file(name);
        let mut file = Replace::create(&path)?;
        let written = file.write_all(&to_json(&path, value, true)?).and_then(|()| file.write_all(b"\n"));
        written.map_err(|e| Place::file(&path).io("cannot write", &e, "free the disk or choose another folder"))?;
        file.finish()
    }
}

/// Reads `verdicts.jsonl`: one verdict per line, numbered from 0.
///
/// # Errors
/// With file and line.
pub(super) fn read_verdicts(path: &Path) -> Result<Vec<PairVerdict>, DataError> {
    let mut input = Input::open(path)?;
    let mut verdicts = Vec::new();
    while let Some((place, line)) = input.next_line()? {
        let verdict: PairVerdict =
            serde_json::from_str(line).map_err(|e| place.error(Fault::new(format!("not a verdict: {e}"), AGAIN)))?;
        if verdict.number != verdicts.len() as u64 {
            let what = format!("the verdict of pair {}, in the place of pair {}", verdict.number, verdicts.len());
            return Err(place.error(Fault::new(what, AGAIN)));
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, DataError> {
    let place = Place::file(path);
    let bytes = fs::read(path).map_err(|e| place.io("cannot read", &e, AGAIN))?;
    serde_json::from_slice(&bytes).map_err(|e| {
        let line = place.at_line(e.line() as u64);
        line.error(Fault::new(format!("not the JSON of a run: {e}"), ELSEWHERE))
    })
}

fn to_json(path: &Path, value: &impl Serialize, pretty: bool) -> Result<Vec<u8>, DataError> {
    let json = if pretty { serde_json::to_vec_pretty(value) } else { serde_json::to_vec(value) };
    json.map_err(|e| Place::file(path).error(Fault::new(format!("what JSON cannot hold: {e}"), "report it")))
}

/// A name every file system takes: letters, digits, `.`, `_` and `-`, not too long, no device of Windows.
fn folder_name(id: &str) -> String {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let mut name: String = id.chars().map(safe).take(MAX_NAME).collect();
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt")).is_some_and(|port| port.len() == 1);
    // An empty name has an empty stem, and so has one that starts with a dot.
    if stem.is_empty() || port || DEVICES.contains(&stem.as_str()) || name.ends_with('.') {
        name = format!("judge_{}", name.replace('.', "_"));
    }
    if name == id {
        return name;
    }
    let mark: String = Fingerprint::of([id]).to_string().chars().take(8).collect();
    format!("{name}-{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_names_of_folders() {
        assert_eq!(folder_name("rules"), "rules");
        assert_eq!(folder_name("Qwen/Qwen3"), "Qwen_Qwen3-bf271101");
        assert_eq!(folder_name("nul"), "judge_nul-88ee11df");
        assert_eq!(folder_name("toolrm-qwen3-4b.v1"), "toolrm-qwen3-4b.v1");
        let ids = [
            "Qwen/Qwen3",
            "Qwen_Qwen3",
            "Qwen:Qwen3",
            "",
            ".",
            "..",
            "nul",
            "COM1.x",
            "a/../b",
            &"x".repeat(300),
            &"x".repeat(301),
        ];
        let names: std::collections::BTreeSet<_> = ids.iter().map(|id| folder_name(id)).collect();
        assert_eq!(names.len(), ids.len(), "{names:?}");
        for name in &names {
            assert!(name.len() <= MAX_NAME + 20 && !name.starts_with('.') && !name.contains('/'), "{name}");
        }
    }
}
