//! [`Records`]: the records of a published file, one at a time, be it JSON Lines or one JSON list, with what is no record said in its place.

use std::{
    io::{self, BufRead, Read},
    sync::Arc,
};

use serde_json::Value;

use super::{Quarantined, fields::excerpt};
use crate::{
    error::{Fault, Place},
    input::{Input, parse_json},
};

/// Longest record that is read: the longest of the published ones have a few MiB.
const MAX_RECORD_BYTES: usize = 16 << 20;

/// How much of what is no record is looked at to show how it begins.
const SHOWN_BYTES: usize = 1024;

const TRUNCATED: &str = "the file may be truncated or damaged: get it again";
const ONE_DOCUMENT: &str = "write one JSON list of records, or one record a line";

/// The records of a file, from front to back. No more than one of them is held.
///
/// A file whose first character is `[` is one list, any other has a record on each line. A record that is no JSON, or no UTF-8, or longer
/// than 16 MiB is said to be so and the next one is read: of a file of lines that begins after the next line break, in a list after the
/// next comma outside of strings and brackets. A list in which a bracket or a quotation mark does not close cannot be read on from there,
/// nor can a packed file that is cut off: the last thing that is said of those is that their rest is lost.
///
/// ```
/// use toolrm_data::{Place, input::Input, source::records::Records};
/// let text = r#"[{"id": 1}, {"id": NaN}, {"id": 3}]"#;
/// let mut records = Records::new(Input::of(Place::new("memory"), text.as_bytes())?);
/// let mut found = Vec::new();
/// while let Some(record) = records.next() {
///     found.push(match record.and_then(|record| record.parse()) {
///         Ok(value) => value["id"].to_string(),
///         Err(quarantined) => quarantined.fault.pointer,
///     });
/// }
/// assert_eq!(found, ["1", "/1", "3"]);
/// # Ok::<_, toolrm_data::DataError>(())
/// ```
pub struct Records {
    reader: Box<dyn BufRead>,
    source: Arc<str>,
    /// Line breaks that were read.
    breaks: u64,
    /// The line on which the record begins that was read last.
    begins: u64,
    /// Records that were met.
    met: u64,
    /// The record that was read last.
    buffer: Vec<u8>,
    state: State,
    in_list: bool,
}

/// What was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Nothing,
    Line,
    OpeningBracket,
    Comma,
    ClosingBracket,
    End,
}

/// A record as it is written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Raw<'t> {
    /// Where it begins.
    pub place: Place,
    /// Its number in the file, from 0, counting those that are none.
    pub number: u64,
    /// Whether the file is one list of records.
    pub in_list: bool,
    /// The record.
    pub text: &'t str,
}

impl Raw<'_> {
    /// The record as JSON. Keys that occur twice are an error: one of the two would be lost.
    pub fn parse(&self) -> Result<Value, Quarantined> {
        parse_json(&self.place, self.text).map_err(|e| self.quarantined_at(e.place().clone(), e.fault().clone()))
    }

    /// The record, quarantined for a fault whose pointer starts at the record.
    pub fn quarantined(&self, fault: Fault) -> Quarantined {
        self.quarantined_at(self.place.clone(), fault)
    }

    fn quarantined_at(&self, place: Place, fault: Fault) -> Quarantined {
        let fault = if self.in_list { fault.under(self.number) } else { fault };
        Quarantined { place, fault, excerpt: excerpt(self.text) }
    }
}

impl Records {
    /// The records of a file that was opened and not read from yet.
    pub fn new(input: Input) -> Self {
        let source = input.place().source;
        let reader = input.into_reader();
        Self { reader, source, breaks: 0, begins: 1, met: 0, buffer: Vec::new(), state: State::Nothing, in_list: false }
    }

    /// The next record, or what is none; `None` at the end of the file.
    #[allow(clippy::should_implement_trait, reason = "a record is lent: it is in the buffer of the reader")]
    pub fn next(&mut self) -> Option<Result<Raw<'_>, Quarantined>> {
        self.buffer.clear();
        let met = match self.advance() {
            Ok(false) => return None,
            Ok(true) => std::str::from_utf8(self.buffer.trim_ascii_end()).map_err(|e| {
                Fault::new(format!("not UTF-8 from byte {} on", e.valid_up_to() + 1), "convert it to UTF-8")
            }),
            Err(fault) => Err(fault),
        };
        let place = Place::new(Arc::clone(&self.source)).at_line(self.begins);
        let (number, in_list) = (self.met, self.in_list);
        self.met += 1;
        Some(match met {
            Ok(text) => Ok(Raw { place, number, in_list, text }),
            Err(fault) => {
                let begin = self.buffer.get(..self.buffer.len().min(SHOWN_BYTES)).unwrap_or_default();
                Err(Raw { place, number, in_list, text: &String::from_utf8_lossy(begin) }.quarantined(fault))
            }
        })
    }

    /// Reads the next record into the buffer; `false` when there is none.
    fn advance(&mut self) -> Result<bool, Fault> {
        if self.state == State::End {
            return Ok(false);
        }
        let next = self.skip_blanks().map_err(|e| self.cut_off(&e))?;
        self.begins = self.breaks + 1;
        match (self.state, next) {
            (State::Nothing, None) => self.end(Fault::new("an empty file", "get it again, or leave it out")),
            (State::Line | State::ClosingBracket | State::End, None) => {
                self.state = State::End;
                Ok(false)
            }
            (State::OpeningBracket | State::Comma, None) => {
                self.end(Fault::new("the file ends inside its list", TRUNCATED))
            }
            (State::Nothing, Some(b'[')) => {
                self.reader.consume(1);
                (self.state, self.in_list) = (State::OpeningBracket, true);
                self.advance()
            }
            (State::Nothing | State::Line, Some(_)) => self.line(),
            (State::OpeningBracket, Some(b']')) => {
                self.reader.consume(1);
                self.state = State::ClosingBracket;
                self.advance()
            }
            (State::OpeningBracket | State::Comma, Some(_)) => self.item(),
            (State::ClosingBracket | State::End, Some(_)) => {
                self.end(Fault::new("text behind the end of the list, which is not read", ONE_DOCUMENT))
            }
        }
    }

    /// Nothing is read from here on.
    fn end(&mut self, fault: Fault) -> Result<bool, Fault> {
        self.state = State::End;
        Err(fault)
    }

    fn cut_off(&mut self, error: &io::Error) -> Fault {
        self.state = State::End;
        Fault::new(format!("cannot read on, what follows is lost: {error}"), TRUNCATED)
    }

    /// Skips white space; what comes next, if anything does.
    fn skip_blanks(&mut self) -> io::Result<Option<u8>> {
        if self.state == State::Nothing && self.reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.reader.consume(3);
        }
        loop {
            let chunk = self.reader.fill_buf()?;
            let blanks = chunk.iter().take_while(|byte| byte.is_ascii_whitespace());
            let (skipped, breaks) = blanks.fold((0, 0), |(n, breaks), b| (n + 1, breaks + u64::from(*b == b'\n')));
            let next = chunk.get(skipped).copied();
            let ended = chunk.is_empty();
            self.reader.consume(skipped);
            self.breaks += breaks;
            if next.is_some() || ended {
                return Ok(next);
            }
        }
    }

    /// Reads up to the next line break.
    fn line(&mut self) -> Result<bool, Fault> {
        self.state = State::Line;
        let longest = MAX_RECORD_BYTES as u64 + 1;
        let read = (&mut self.reader).take(longest).read_until(b'\n', &mut self.buffer);
        read.map_err(|e| self.cut_off(&e))?;
        if self.buffer.pop_if(|last| *last == b'\n').is_some() {
            self.breaks += 1;
        } else if self.buffer.len() > MAX_RECORD_BYTES {
            self.reader.skip_until(b'\n').map_err(|e| self.cut_off(&e))?;
            self.breaks += 1;
            return Err(too_long());
        }
        Ok(true)
    }

    /// Reads up to the comma or bracket that ends an item of the list.
    fn item(&mut self) -> Result<bool, Fault> {
        let (mut depth, mut in_string, mut escaped, mut long) = (0_usize, false, false, false);
        loop {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(e) => return Err(self.cut_off(&e)),
            };
            if chunk.is_empty() {
                return self.end(Fault::new(
                    "a record that does not end: a quotation mark or a bracket in it does not close, or the file is cut off; \
                     what follows its beginning is lost",
                    "correct the record, or get the file again",
                ));
            }
            let end = chunk.iter().position(|&byte| {
                self.breaks += u64::from(byte == b'\n');
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if in_string => escaped = true,
                    b'"' => in_string = !in_string,
                    _ if in_string => {}
                    b'{' | b'[' => depth += 1,
                    b']' | b',' if depth == 0 => return true,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                false
            });
            let read = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            long |= self.buffer.len() + read.len() > MAX_RECORD_BYTES;
            if !long {
                self.buffer.extend_from_slice(read);
            }
            let bracket = end.and_then(|end| chunk.get(end)) == Some(&b']');
            let used = read.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                self.state = if bracket { State::ClosingBracket } else { State::Comma };
                return match (long, self.buffer.is_empty()) {
                    (true, _) => Err(too_long()),
                    (_, true) => Err(Fault::new("a comma without a record beside it", "take the comma out")),
                    _ => Ok(true),
                };
            }
        }
    }
}

fn too_long() -> Fault {
    let limit = MAX_RECORD_BYTES >> 20;
    Fault::new(format!("a record longer than {limit} MiB"), ONE_DOCUMENT)
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("source", &self.source).field("met", &self.met).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// What is found: a record as JSON, or `line: pointer: what` of what is none.
    fn found(bytes: &[u8]) -> Vec<String> {
        let mut records = Records::new(Input::of(Place::new("m"), io::Cursor::new(bytes.to_vec())).unwrap());
        let mut found = Vec::new();
        while let Some(record) = records.next() {
            found.push(match record.and_then(|record| Ok((record.place.line, record.parse()?))) {
                Ok((line, value)) => format!("{}: {value}", line.unwrap()),
                Err(q) => format!("{}: {}: {}", q.place.line.unwrap(), q.fault.pointer, q.fault.what),
            });
        }
        found
    }

    #[test]
    fn lists_and_lines_are_told_apart() {
        assert_eq!(found(b"\xef\xbb\xbf\n {\"a\": 1}\r\n\n[2]\n3"), ["2: {\"a\":1}", "4: [2]", "5: 3"]);
        let list = b"\xef\xbb\xbf[\n  {\"a\": \"],\\\"\\n\"},\n [[1], {}]\n, null , \"x\"]\n";
        assert_eq!(found(list), ["2: {\"a\":\"],\\\"\\n\"}", "3: [[1],{}]", "4: null", "4: \"x\""]);
        assert!(found(b"[ ]").is_empty());
        assert_eq!(found("{\"a\": \"\u{2028}\u{85}\"}".as_bytes()).len(), 1);
    }

    #[test]
    fn a_broken_line_does_not_stop_the_next() {
        let lines = b"{\"a\":1\n{\"a\":1,\"a\":2}\n\xff\n7\nNaN";
        let found = found(lines);
        let begins = ["1: : not JSON", "2: : not JSON", "3: : not UTF-8 from byte 1 on", "4: 7", "5: : not JSON"];
        assert!(found.iter().zip(begins).all(|(found, begin)| found.starts_with(begin)), "{found:?}");
        assert!(found[1].contains("occurs twice") && found.len() == 5);
    }

    #[test]
    fn a_broken_item_does_not_stop_the_next_where_the_list_can_be_read_on() {
        let list = b"[{\"a\":1,\"a\":2},\n{\"a\": \xff},\nNaN,,\n{\"a\": [}]},5,]";
        let begins = [
            "1: /0: not JSON",
            "2: /1: not UTF-8",
            "3: /2: not JSON",
            "3: /3: a comma without a record",
            "4: /4: not JSON",
        ];
        let found = found(list);
        assert!(found.iter().zip(begins).all(|(found, begin)| found.starts_with(begin)), "{found:?}");
    }

    #[test]
    fn where_a_list_cannot_be_read_on_that_is_said_once() {
        for (list, last) in [
            ("[1,{\"a\": [1},\n2]", "1: /1: a record that does not end"),
            ("[1,\n{\"a\": \"b},2]", "2: /1: a record that does not end"),
            ("[1,", "1: /1: the file ends inside its list"),
            ("[1", "1: /0: a record that does not end"),
            ("[1]\n[2]", "2: /1: text behind the end of the list"),
            ("[1,]", "1: /1: a comma without"),
            ("", "1: : an empty file"),
            (" \n", "2: : an empty file"),
        ] {
            let found = found(list.as_bytes());
            assert!(found.last().unwrap().starts_with(last), "{list}: {found:?}");
            assert!(found.len() <= 2, "{list}: {found:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_and_not_held() {
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(50 << 20));
        for (file, pointer) in [(format!("1\n{long}\n3"), ""), (format!("[1,\n{long}\n,\n3]"), "/1")] {
            let mut records = Records::new(Input::of(Place::new("m"), io::Cursor::new(file.into_bytes())).unwrap());
            assert_eq!(records.next().unwrap().unwrap().text, "1");
            let quarantined = records.next().unwrap().unwrap_err();
            assert_eq!(quarantined.fault.what, "a record longer than 16 MiB");
            assert_eq!((quarantined.fault.pointer.as_str(), quarantined.place.line), (pointer, Some(2)));
            assert!(quarantined.excerpt.starts_with("{\"a\": \"xxx") && quarantined.excerpt.len() < 1000);
            assert!(records.buffer.capacity() <= 2 * MAX_RECORD_BYTES + 2);
            assert_eq!(records.next().unwrap().unwrap().text, "3");
            assert!(records.next().is_none());
        }
    }

    #[test]
    fn packed_files_that_are_cut_off_say_so_at_their_end() {
        let lines: Vec<String> = (0..5000).map(|i| format!("{{\"id\": {i}, \"hash\": {}}}", i * 7919 % 6007)).collect();
        let lines = lines.join("\n");
        let list = format!("[{}]", lines.trim_end().replace('\n', ",\n"));
        for text in [lines, list] {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(text.as_bytes()).unwrap();
            for packed in [gzip.finish().unwrap(), zstd::encode_all(text.as_bytes(), 1).unwrap()] {
                assert_eq!(found(&packed).len(), 5000);
                let cut = found(&packed[..packed.len() * 3 / 4]);
                let (end, read) = cut.split_last().unwrap();
                assert!(end.contains("cannot read on, what follows is lost"), "{end}");
                assert!(read.iter().all(|record| record.contains("{\"id\"")), "{}", read.len());
                // Once said, it is not said again.
                assert!(cut.len() < 5000);
            }
        }
    }

    /// A file that comes a few bytes at a time.
    struct Dripping(io::Cursor<Vec<u8>>, usize);

    impl Read for Dripping {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let few = buffer.len().min(self.1);
            self.0.read(&mut buffer[..few])
        }
    }

    proptest::proptest! {
        #[test]
        fn lists_and_lines_are_read_as_a_json_library_reads_them_whole(
            texts in proptest::collection::vec("[\\[\\]{}\",:\\\\ \n\u{2028}aé😀]{0,12}", 1..8),
            drip in 1_usize..9,
            pretty: bool,
        ) {
            let values: Vec<Value> =
                texts.iter().map(|text| serde_json::json!({"a": [text, {"b": text}], text: null})).collect();
            let list = if pretty { serde_json::to_string_pretty(&values) } else { serde_json::to_string(&values) }.unwrap();
            let lines = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
            for text in [list, lines] {
                let mut records = Records::new(Input::of(Place::new("m"), Dripping(io::Cursor::new(text.clone().into_bytes()), drip)).unwrap());
                let mut found = Vec::new();
                while let Some(record) = records.next() {
                    let record = record.unwrap();
                    let at = text.match_indices(record.text).map(|(at, _)| at);
                    let lines: Vec<_> = at.map(|at| 1 + text.get(..at).unwrap().matches('\n').count() as u64).collect();
                    proptest::prop_assert!(lines.contains(&record.place.line.unwrap()));
                    found.push(record.parse().unwrap());
                }
                proptest::prop_assert_eq!(&found, &values);
            }
        }
    }
}
