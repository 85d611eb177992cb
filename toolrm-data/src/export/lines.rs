//! JSON lines, plain or zstd by their name: written whole or not at all, read with the line at hand.

use std::{
    io::{self, Write},
    marker::PhantomData,
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};
use zstd::stream::write::Encoder;

use crate::{
    error::{DataError, Fault, Place},
    input::{Input, parse_json},
    replace::Replace,
};

/// A record a line; compressed when the name ends in `.zst`.
pub(super) struct Writer {
    place: Place,
    file: Target,
    rows: u64,
}

enum Target {
    Plain(Replace),
    Zstd(Encoder<'static, Replace>),
}

impl Writer {
    pub(super) fn create(path: &Path) -> Result<Self, DataError> {
        let place = Place::file(path);
        let file = Replace::create(path)?;
        let file = if path.extension().is_some_and(|extension| extension == "zst") {
            // One thread, so that the bytes depend on nothing but the records; a checksum, so that damage shows.
            let encoder =
                Encoder::new(file, 3).and_then(|mut encoder| encoder.include_checksum(true).map(|()| encoder));
            Target::Zstd(encoder.map_err(|e| unwritten(&place, &e))?)
        } else {
            Target::Plain(file)
        };
        Ok(Self { place, file, rows: 0 })
    }

    pub(super) fn push(&mut self, row: &impl Serialize) -> Result<(), DataError> {
        let written = serde_json::to_vec(row).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            match &mut self.file {
                Target::Plain(file) => file.write_all(&line),
                Target::Zstd(file) => file.write_all(&line),
            }
        });
        self.rows += 1;
        written.map_err(|e| unwritten(&self.place, &e))
    }

    pub(super) fn finish(self) -> Result<u64, DataError> {
        let file = match self.file {
            Target::Plain(file) => file,
            Target::Zstd(file) => file.finish().map_err(|e| unwritten(&self.place, &e))?,
        };
        file.finish()?;
        Ok(self.rows)
    }
}

fn unwritten(place: &Place, error: &io::Error) -> DataError {
    place.io("cannot write", error, "choose another path or free the disk")
}

/// The records of a file, one after the other.
pub(super) struct Rows<T> {
    input: Input,
    row: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Rows<T> {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        Ok(Self { input: Input::open(path)?, row: PhantomData })
    }

    fn read(&mut self) -> Result<Option<T>, DataError> {
        let Some((place, line)) = self.input.next_line()? else { return Ok(None) };
        let value = parse_json(&place, line)?;
        let read = serde_json::from_value(value);
        read.map(Some).map_err(|e| place.error(Fault::new(e.to_string(), "export the pairs again")))
    }
}

impl<T: DeserializeOwned> Iterator for Rows<T> {
    type Item = Result<T, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
