//! What becomes of a row: it is written into a file, or held against what the file says.

use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{ExportError, difference, lines, row::Shows};
use crate::{
    error::{DataError, Fault},
    pair::PreferencePair,
    record::ToolsetCache,
    table,
};

const AGAIN: &str = "the file is not of these pairs, or damaged: export them again";

/// Takes the rows of a file.
pub(super) trait Take<T> {
    fn take(&mut self, row: &T, pair: &PreferencePair) -> Result<(), ExportError>;
    /// How many rows there were.
    fn finish(self: Box<Self>) -> Result<u64, ExportError>;
}

impl<T: Serialize + DeserializeOwned> Take<T> for table::Writer<T> {
    fn take(&mut self, row: &T, _: &PreferencePair) -> Result<(), ExportError> {
        Ok(self.push(row)?)
    }

    fn finish(self: Box<Self>) -> Result<u64, ExportError> {
        Ok(Self::finish(*self)?)
    }
}

impl<T: Serialize> Take<T> for lines::Writer {
    fn take(&mut self, row: &T, _: &PreferencePair) -> Result<(), ExportError> {
        Ok(self.push(row)?)
    }

    fn finish(self: Box<Self>) -> Result<u64, ExportError> {
        Ok(Self::finish(*self)?)
    }
}

/// The rows a file has, to be compared with those it should have.
pub(super) struct Compare<R> {
    file: String,
    rows: R,
    taken: u64,
    toolsets: ToolsetCache,
}

impl<R> Compare<R> {
    pub(super) fn new(path: &Path, rows: R) -> Self {
        Self { file: path.display().to_string(), rows, taken: 0, toolsets: ToolsetCache::default() }
    }

    fn differs(&self, fault: Fault) -> ExportError {
        ExportError::Differs { file: self.file.clone(), row: self.taken, fault }
    }
}

impl<T: Shows, R: Iterator<Item = Result<T, DataError>>> Take<T> for Compare<R> {
    fn take(&mut self, row: &T, pair: &PreferencePair) -> Result<(), ExportError> {
        let Some(read) = self.rows.next().transpose()? else {
            return Err(self.differs(Fault::new(format!("no row for pair \"{}\"", pair.id), AGAIN)));
        };
        if read != *row {
            let pointer = difference::first(&json!(read), &json!(row)).unwrap_or_default();
            let mut fault = Fault::new(format!("not what pair \"{}\" says", pair.id), AGAIN);
            fault.pointer = pointer;
            return Err(self.differs(fault));
        }
        read.shows(pair, &mut self.toolsets).map_err(|fault| self.differs(fault))?;
        self.taken += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, ExportError> {
        match self.rows.next().transpose()? {
            Some(_) => Err(self.differs(Fault::new("a row of no pair", AGAIN))),
            None => Ok(self.taken),
        }
    }
}
