//! The files of an export, fed pair by pair: written, or read again.

use std::{
    collections::HashSet,
    fmt,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use toolrm_core::{canonical::Fingerprint, critic::PromptSet};

use super::{
    Export, ExportError, Format, lines,
    row::{OpenRlhfRow, Shows, TrlPreferenceRow, TrlPromptRow, VerlRow},
    take::{Compare, Take},
};
use crate::{
    build::manifest::FileInfo,
    digest,
    error::{DataError, Fault},
    pair::PreferencePair,
    rows::{self, DiscriminativeRow, PublishedRow, RowPlace},
    table,
};

/// Writes the files of an [`Export`].
pub struct Exporter {
    files: Files,
    paths: Vec<PathBuf>,
}

impl Exporter {
    pub(super) fn create(export: &Export, folder: &Path) -> Result<Self, ExportError> {
        let paths: Vec<PathBuf> = export.files().iter().map(|name| folder.join(name)).collect();
        Ok(Self { files: Files::open(export, &paths, &Write)?, paths })
    }

    /// Adds a pair.
    ///
    /// # Errors
    /// When the prompt of the judge cannot be written, a score is no number, or the disk is full. The files are not there then.
    pub fn push(&mut self, pair: &PreferencePair) -> Result<(), ExportError> {
        self.files.push(pair)
    }

    /// Closes the files, gives them their names, and says what they are.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> Result<Vec<FileInfo>, ExportError> {
        let rows = self.files.finish()?;
        let info = |(path, rows): (PathBuf, u64)| {
            let (sha256, bytes) = digest::of_file(&path)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(FileInfo { name, rows, bytes, sha256 })
        };
        self.paths.into_iter().zip(rows).map(info).collect()
    }
}

/// Holds pairs against the files of an [`Export`].
pub struct Checker(Files);

impl Checker {
    pub(super) fn open(export: &Export, folder: &Path) -> Result<Self, ExportError> {
        let paths: Vec<PathBuf> = export.files().iter().map(|name| folder.join(name)).collect();
        Ok(Self(Files::open(export, &paths, &Read)?))
    }

    /// Holds the next pair against the next row of every file.
    ///
    /// # Errors
    /// When a row is missing, cannot be read, or says something else: with the file, the row and the column.
    pub fn push(&mut self, pair: &PreferencePair) -> Result<(), ExportError> {
        self.0.push(pair)
    }

    /// Looks whether this is all that is in the files.
    ///
    /// # Errors
    /// When there is a row more.
    pub fn finish(self) -> Result<(), ExportError> {
        self.0.finish().map(drop)
    }
}

/// The open files of a format, and how a pair becomes their rows. Written and checked are the same rows.
struct Files {
    rows: Rows,
    data_source: String,
    /// Pairs so far.
    n: usize,
}

enum Rows {
    Published { judged: Vec<Judged>, disc: Option<Box<dyn Take<DiscriminativeRow>>> },
    Verl { prompts: Box<PromptSet>, file: Box<dyn Take<VerlRow>> },
    TrlPreference(Box<dyn Take<TrlPreferenceRow>>),
    TrlPrompts { seen: HashSet<Fingerprint>, file: Box<dyn Take<TrlPromptRow>> },
    OpenRlhf(Box<dyn Take<OpenRlhfRow>>),
    Jsonl(Box<dyn Take<Value>>),
}

/// A table for generative judges.
struct Judged {
    prompts: PromptSet,
    file: Box<dyn Take<PublishedRow>>,
}

impl Files {
    fn open(export: &Export, paths: &[PathBuf], open: &impl Open) -> Result<Self, DataError> {
        let only = paths.first().map_or(Path::new(""), PathBuf::as_path);
        let judged = |prompts: PromptSet, path: &Path| Ok::<_, DataError>(Judged { prompts, file: open.table(path)? });
        let rows = match export.format {
            Format::Published => {
                let (mut judgeds, mut disc) = (Vec::new(), None);
                for (path, table) in paths.iter().zip(export.tables()) {
                    match table {
                        0 => judgeds.push(judged(PromptSet::think(), path)?),
                        1 => judgeds.push(judged(PromptSet::no_think(), path)?),
                        _ => disc = Some(open.table(path)?),
                    }
                }
                Rows::Published { judged: judgeds, disc }
            }
            Format::Verl => Rows::Verl {
                prompts: Box::new(PromptSet::no_think().with_think(export.think)),
                file: open.table(only)?,
            },
            Format::TrlPreference => Rows::TrlPreference(open.table(only)?),
            Format::TrlPrompts => Rows::TrlPrompts { seen: HashSet::new(), file: open.table(only)? },
            Format::OpenRlhf => Rows::OpenRlhf(open.lines(only)?),
            Format::Jsonl => Rows::Jsonl(open.lines(only)?),
        };
        Ok(Self { rows, data_source: export.data_source.clone(), n: 0 })
    }

    fn push(&mut self, pair: &PreferencePair) -> Result<(), ExportError> {
        let place = RowPlace { index: self.n, original_index: self.n, swapped: pair.swapped };
        self.n += 1;
        let numbers = [pair.chosen.score, pair.rejected.score];
        if !numbers.iter().all(|score| score.is_finite()) {
            let fault = Fault::new("a score that is no number", "give every answer a score in [0, 1]");
            return Err(ExportError::Pair { id: pair.id.clone(), fault });
        }
        let shown = pair.as_row(&self.data_source);
        let generative = |prompts: &PromptSet| {
            rows::generative(&shown, prompts, place)
                .map_err(|source| ExportError::Prompt { id: pair.id.clone(), source })
        };
        match &mut self.rows {
            Rows::Published { judged, disc } => {
                for Judged { prompts, file } in judged {
                    file.take(&generative(prompts)?, pair)?;
                }
                disc.as_mut().map_or(Ok(()), |disc| disc.take(&rows::discriminative(&shown), pair))
            }
            Rows::Verl { prompts, file } => file.take(&VerlRow::new(generative(prompts)?, pair), pair),
            Rows::TrlPreference(file) => file.take(&TrlPreferenceRow::new(pair), pair),
            Rows::TrlPrompts { seen, file } => {
                let row = TrlPromptRow::new(pair);
                let task = Fingerprint::of([json!(row.prompt).to_string(), row.tools.clone()]);
                if seen.insert(task) { file.take(&row, pair) } else { Ok(()) }
            }
            Rows::OpenRlhf(file) => file.take(&OpenRlhfRow::new(pair), pair),
            Rows::Jsonl(file) => file.take(&pair.to_json(), pair),
        }
    }

    /// How many rows each file has.
    fn finish(self) -> Result<Vec<u64>, ExportError> {
        Ok(match self.rows {
            Rows::Published { judged, disc } => {
                let rows = judged.into_iter().map(|table| table.file.finish());
                rows.chain(disc.map(Take::finish)).collect::<Result<_, _>>()?
            }
            Rows::Verl { file, .. } => vec![file.finish()?],
            Rows::TrlPreference(file) => vec![file.finish()?],
            Rows::TrlPrompts { file, .. } => vec![file.finish()?],
            Rows::OpenRlhf(file) => vec![file.finish()?],
            Rows::Jsonl(file) => vec![file.finish()?],
        })
    }
}

/// Opens a file for rows.
trait Open {
    fn table<T: Shows + 'static>(&self, path: &Path) -> Result<Box<dyn Take<T>>, DataError>;
    fn lines<T: Shows + 'static>(&self, path: &Path) -> Result<Box<dyn Take<T>>, DataError>;
}

/// To write it.
struct Write;

impl Open for Write {
    fn table<T: Serialize + DeserializeOwned + 'static>(&self, path: &Path) -> Result<Box<dyn Take<T>>, DataError> {
        Ok(Box::new(table::Writer::create(path)?))
    }

    fn lines<T: Serialize + 'static>(&self, path: &Path) -> Result<Box<dyn Take<T>>, DataError> {
        Ok(Box::new(lines::Writer::create(path)?))
    }
}

/// To compare it.
struct Read;

impl Open for Read {
    fn table<T: Shows + 'static>(&self, path: &Path) -> Result<Box<dyn Take<T>>, DataError> {
        Ok(Box::new(Compare::new(path, table::Rows::<T>::open(path)?)))
    }

    fn lines<T: Shows + 'static>(&self, path: &Path) -> Result<Box<dyn Take<T>>, DataError> {
        Ok(Box::new(Compare::new(path, lines::Rows::<T>::open(path)?)))
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("paths", &self.paths).field("pairs", &self.files.n).finish_non_exhaustive()
    }
}

impl fmt::Debug for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checker").field("pairs", &self.0.n).finish_non_exhaustive()
    }
}
