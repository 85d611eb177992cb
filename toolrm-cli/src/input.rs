//! Reading files and standard input, plain or zstd, line by line, with the place of every line at hand.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::Arc,
};

use indicatif::ProgressBar;
use serde_json::Value;
use toolrm_core::format::json::parse_strict;

use crate::error::{CliError, Fault, Place};

/// First bytes of every zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Window of `zstd --long=27`, with which recorded data is often packed.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// Longest line (or whole JSON document) that is read: what is longer is no record, and may be a decompression bomb.
const MAX_LINE_BYTES: u64 = 256 << 20;

/// An open input.
pub(crate) struct Input {
    place: Place,
    reader: Box<dyn BufRead>,
    buffer: Vec<u8>,
}

impl Input {
    /// Opens a file, or standard input when the path is `-`. zstd is recognised by its first bytes. `progress` counts the bytes
    /// read from disk.
    pub(crate) fn open(path: &Path, progress: &ProgressBar) -> Result<Self, CliError> {
        let stdin = path == Path::new("-");
        let source: Arc<str> = if stdin { "<stdin>".into() } else { path.display().to_string().into() };
        let place = Place { source, line: None };
        let raw: Box<dyn Read> = if stdin {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(|e| {
                place.error(Fault::new(format!("cannot open: {e}"), "check the path and its permissions"))
            })?)
        };
        let mut reader = BufReader::with_capacity(1 << 16, progress.wrap_read(raw));
        let magic = reader.fill_buf().map_err(|e| unreadable(&place, &e))?.starts_with(&ZSTD_MAGIC);
        let reader: Box<dyn BufRead> = if magic {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(reader).map_err(|e| unreadable(&place, &e))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|e| unreadable(&place, &e))?;
            Box::new(BufReader::with_capacity(1 << 16, decoder))
        } else {
            Box::new(reader)
        };
        Ok(Self { place, reader, buffer: Vec::new() })
    }

    /// The next line that is not blank, without its line break. Only `\n` breaks lines: U+2028 and friends occur inside JSON
    /// strings.
    pub(crate) fn next_line(&mut self) -> Result<Option<(Place, &str)>, CliError> {
        loop {
            let line = self.place.line.unwrap_or(0) + 1;
            self.buffer.clear();
            let mut limited = (&mut self.reader).take(MAX_LINE_BYTES + 1);
            let read = limited.read_until(b'\n', &mut self.buffer).map_err(|e| unreadable(&self.place, &e))?;
            if read == 0 {
                return Ok(None);
            }
            self.place.line = Some(line);
            check_size(&self.place, read as u64)?;
            if line == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
                self.buffer.drain(..3);
            }
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some((self.place.clone(), utf8(&self.place, &self.buffer)?.trim_end_matches(['\r', '\n']))))
    }

    /// The input as a whole.
    pub(crate) fn place(&self) -> Place {
        Place { line: None, ..self.place.clone() }
    }

    /// Everything that is left, as one text.
    pub(crate) fn read_text(self) -> Result<(Place, String), CliError> {
        let mut bytes = Vec::new();
        let read = self.reader.take(MAX_LINE_BYTES + 1).read_to_end(&mut bytes);
        check_size(&self.place, read.map_err(|e| unreadable(&self.place, &e))? as u64)?;
        let text = utf8(&self.place, &bytes)?;
        Ok((self.place.clone(), text.trim_start_matches('\u{feff}').to_owned()))
    }
}

fn unreadable(place: &Place, error: &io::Error) -> CliError {
    place.error(Fault::new(
        format!("cannot read: {error}"),
        "the file may be truncated, damaged or a folder: get it again",
    ))
}

fn check_size(place: &Place, bytes: u64) -> Result<(), CliError> {
    if bytes <= MAX_LINE_BYTES {
        return Ok(());
    }
    let limit = MAX_LINE_BYTES >> 20;
    Err(place.error(Fault::new(format!("a record longer than {limit} MiB"), "put one record on each line")))
}

fn utf8<'b>(place: &Place, bytes: &'b [u8]) -> Result<&'b str, CliError> {
    std::str::from_utf8(bytes).map_err(|e| {
        place.error(Fault::new(format!("not UTF-8 from byte {} on", e.valid_up_to() + 1), "convert it to UTF-8"))
    })
}

/// Parses the JSON of one line or of one whole file. Keys that occur twice are an error: one of the two would be lost.
pub(crate) fn parse_json(place: &Place, text: &str) -> Result<Value, CliError> {
    parse_strict(text).map_err(|e| {
        let message = e.to_string();
        let what = message.split(" at line ").next().unwrap_or(&message);
        let line = place.line.unwrap_or(0) + e.line() as u64 - u64::from(place.line.is_some());
        let at = Place { line: Some(line.max(1)), ..place.clone() };
        at.error(Fault::new(
            format!("not JSON at column {}: {what}", e.column()),
            "write one JSON document (UTF-8, no NaN, no comments)",
        ))
    })
}
