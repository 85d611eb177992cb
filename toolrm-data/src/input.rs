//! Reading files and standard input, plain, zstd or gzip, line by line, with the place of every line at hand.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::Arc,
};

use serde_json::Value;
use toolrm_core::format::json::parse_strict;

use crate::error::{DataError, Fault, Place};

/// First bytes of every zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// First bytes of every gzip member.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Window of `zstd --long=27`, with which recorded data is often packed.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// Longest line (or whole JSON document) that is read: what is longer is no record, and may be a decompression bomb.
const MAX_LINE_BYTES: u64 = 256 << 20;

/// An open input. What is read is UTF-8; a line (or a whole document) has at most 256 MiB.
pub struct Input {
    place: Place,
    reader: Box<dyn BufRead>,
    buffer: Vec<u8>,
}

impl Input {
    /// Opens a file, or standard input when the path is `-`. zstd and gzip are recognised by their first bytes.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        Self::open_with(path, |raw| raw)
    }

    /// As [`Input::open`]; `watch` wraps the bytes as they come from disk: to count them for a progress bar, or hash them.
    pub fn open_with(path: &Path, watch: impl FnOnce(Box<dyn Read>) -> Box<dyn Read>) -> Result<Self, DataError> {
        let stdin = path == Path::new("-");
        let source: Arc<str> = if stdin { "<stdin>".into() } else { path.display().to_string().into() };
        let place = Place::new(source);
        let raw: Box<dyn Read> = if stdin {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(|e| {
                place.error(Fault::new(format!("cannot open: {e}"), "check the path and its permissions"))
            })?)
        };
        Self::of(place, watch(raw))
    }

    /// Reads bytes that came from elsewhere: of an archive, of memory. zstd and gzip are recognised by their first bytes.
    pub fn of(place: Place, raw: impl Read + 'static) -> Result<Self, DataError> {
        let reader = decompressed(raw).map_err(|e| unreadable(&place, &e))?;
        Ok(Self { place, reader, buffer: Vec::new() })
    }

    /// The next line that is not blank, without its line break. Only `\n` breaks lines: U+2028 and friends occur inside JSON
    /// strings.
    pub fn next_line(&mut self) -> Result<Option<(Place, &str)>, DataError> {
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

    /// The input as a whole: its place without a line.
    pub fn place(&self) -> Place {
        Place::new(Arc::clone(&self.place.source))
    }

    /// What is not read yet, as bytes.
    pub(crate) fn into_reader(self) -> Box<dyn BufRead> {
        self.reader
    }

    /// Everything that is left, as one text.
    pub fn read_text(self) -> Result<(Place, String), DataError> {
        let mut bytes = Vec::new();
        let read = self.reader.take(MAX_LINE_BYTES + 1).read_to_end(&mut bytes);
        check_size(&self.place, read.map_err(|e| unreadable(&self.place, &e))? as u64)?;
        let text = utf8(&self.place, &bytes)?;
        Ok((self.place.clone(), text.trim_start_matches('\u{feff}').to_owned()))
    }
}

/// The bytes as they were before zstd or gzip, or as they are.
pub(crate) fn decompressed(raw: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut reader = BufReader::with_capacity(1 << 16, raw);
    let magic = reader.fill_buf()?;
    if magic.starts_with(&ZSTD_MAGIC) {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        Ok(Box::new(BufReader::with_capacity(1 << 16, decoder)))
    } else if magic.starts_with(&GZIP_MAGIC) {
        Ok(Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(reader))))
    } else {
        Ok(Box::new(reader))
    }
}

fn unreadable(place: &Place, error: &io::Error) -> DataError {
    place.error(Fault::new(
        format!("cannot read: {error}"),
        "the file may be truncated, damaged or a folder: get it again",
    ))
}

fn check_size(place: &Place, bytes: u64) -> Result<(), DataError> {
    if bytes <= MAX_LINE_BYTES {
        return Ok(());
    }
    let limit = MAX_LINE_BYTES >> 20;
    Err(place.error(Fault::new(format!("a record longer than {limit} MiB"), "put one record on each line")))
}

fn utf8<'b>(place: &Place, bytes: &'b [u8]) -> Result<&'b str, DataError> {
    std::str::from_utf8(bytes).map_err(|e| {
        place.error(Fault::new(format!("not UTF-8 from byte {} on", e.valid_up_to() + 1), "convert it to UTF-8"))
    })
}

/// The one JSON document of a file (or of a JSON Lines file with one line), or of standard input when the path is `-`.
pub fn read_document(path: &Path) -> Result<(Place, Value), DataError> {
    let (place, text) = Input::open(path)?.read_text()?;
    if text.trim().is_empty() {
        return Err(place.error(Fault::new("an empty file", "give a file with one JSON document")));
    }
    let document = parse_json(&place, &text)?;
    Ok((place, document))
}

/// Parses the JSON of one line or of one whole file. Keys that occur twice are an error: one of the two would be lost.
pub fn parse_json(place: &Place, text: &str) -> Result<Value, DataError> {
    parse_strict(text).map_err(|e| {
        let message = e.to_string();
        let what = message.split(" at line ").next().unwrap_or(&message);
        let line = place.line.unwrap_or(0) + e.line() as u64 - u64::from(place.line.is_some());
        place.at_line(line.max(1)).error(Fault::new(
            format!("not JSON at column {}: {what}", e.column()),
            "write one JSON document (UTF-8, no NaN, no comments)",
        ))
    })
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("place", &self.place).finish_non_exhaustive()
    }
}
