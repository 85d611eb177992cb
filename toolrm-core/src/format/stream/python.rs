//! An incremental reader of Python text that notices calls while they are written. It works on offsets into a growing text and looks at
//! every byte once.

use super::json::{Notice, Progress};
use crate::format::literal::Reader;

/// Scans calls, with or without a list around them.
#[derive(Debug, Default)]
pub(super) struct PythonScan {
    /// Open brackets; calls stand at depth 0 or in the outermost list.
    brackets: Vec<u8>,
    /// Where the current name starts.
    name: Option<usize>,
    /// The call being read: where its name starts, how far its arguments were told, the depth around it.
    call: Option<(usize, usize, usize)>,
    /// The string being read: its quote and whether it is a triple one.
    string: Option<(u8, bool)>,
    /// Where the string being read, or the one just read, starts.
    quoted: Option<usize>,
    /// Quotes in a row, at the beginning or perhaps the end of a string.
    quotes: usize,
    escaped: bool,
    comment: bool,
    /// Whether a call is complete.
    complete: bool,
}

impl PythonScan {
    /// Whether a call has begun.
    pub(super) fn in_call(&self) -> bool {
        self.call.is_some()
    }

    /// Reads `text` from `at` on; everything before was read already. Ends at depth 0 with a line break after a call.
    pub(super) fn scan(&mut self, text: &str, at: usize, notices: &mut Vec<Notice>) -> Progress {
        for (offset, &b) in text.as_bytes().get(at..).unwrap_or_default().iter().enumerate() {
            if self.skip_quoted(b) {
                continue;
            }
            match b {
                b'#' => self.comment = true,
                b'"' | b'\'' => self.start_string(at + offset, b),
                b'(' | b'[' | b'{' => self.open(text, at + offset, b, notices),
                b')' | b']' | b'}' => {
                    if !self.close(at + offset, b, notices) {
                        return Progress::Wrong(at + offset);
                    }
                }
                b'\n' if self.complete && self.brackets.is_empty() => return Progress::Done(at + offset),
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b';' => {
                    self.name = None;
                    self.quoted = None;
                }
                _ => {
                    self.quoted = None;
                    self.name.get_or_insert(at + offset);
                }
            }
        }
        self.tell(text.len(), notices);
        Progress::Open
    }

    /// Inside a comment or string; also settles whether quotes in a row are an empty string or begin a triple one.
    fn skip_quoted(&mut self, b: u8) -> bool {
        if self.comment {
            self.comment = b != b'\n';
            return true;
        }
        let Some((quote, triple)) = self.string else { return false };
        if self.escaped {
            self.escaped = false;
        } else if b == quote {
            self.quotes += 1;
            match (triple, self.quotes) {
                // Directly behind the opening quote: empty, or the second of three.
                (false, 2) => {}
                (false, 3) => {
                    self.string = Some((quote, true));
                    self.quotes = 0;
                }
                (true, 3) | (false, _) => self.string = None,
                (true, _) => {}
            }
            return true;
        } else if !triple && self.quotes == 2 {
            self.string = None;
            return false;
        } else {
            self.escaped = b == b'\\';
        }
        // From here on a quote closes: a short string is left by one, a triple one by three in a row.
        self.quotes = if triple { 0 } else { 3 };
        true
    }

    fn start_string(&mut self, at: usize, quote: u8) {
        self.quoted = Some(at);
        self.string = Some((quote, false));
        self.quotes = 1;
        self.name = None;
    }

    fn open(&mut self, text: &str, at: usize, b: u8, notices: &mut Vec<Notice>) {
        let depth = self.brackets.len();
        let listed = depth == 1 && self.brackets.first() == Some(&b'[');
        if b == b'('
            && self.call.is_none()
            && (depth == 0 || listed)
            && let Some(start) = self.name.or(self.quoted)
        {
            let mut reader = Reader::new(text.get(start..at).unwrap_or_default());
            let name = if self.name.is_some() { reader.name().map(Into::into) } else { reader.quoted_name() };
            notices.extend(name.ok().map(Notice::Name));
            self.call = Some((start, at + 1, depth));
        }
        self.brackets.push(b);
        self.name = None;
        self.quoted = None;
    }

    fn close(&mut self, at: usize, b: u8, notices: &mut Vec<Notice>) -> bool {
        self.name = None;
        self.quoted = None;
        let matches = matches!((self.brackets.pop(), b), (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}'));
        if let Some((start, _, depth)) = self.call
            && depth == self.brackets.len()
        {
            self.tell(at, notices);
            self.call = None;
            self.complete = true;
            notices.push(Notice::Call { name: String::new(), arguments: Some((start, at + 1)), id: None });
        }
        matches
    }

    fn tell(&mut self, upto: usize, notices: &mut Vec<Notice>) {
        if let Some((_, told, _)) = &mut self.call
            && *told < upto
        {
            notices.push(Notice::Arguments(*told, upto));
            *told = upto;
        }
    }
}
