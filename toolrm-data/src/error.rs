//! What can be wrong with data, and how it is said: `FILE:LINE: /pointer: what; do this`.

use std::{fmt, io, path::Path, sync::Arc};

use toolrm_core::{score::pointer_token, toolset::ToolsetError};

/// Where a record came from: a file (or standard input, or a file inside an archive), and a line of it where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file, as a reader would name it: `runs.tar.zst: score/gpt-4o.json`.
    pub source: Arc<str>,
    /// The line, from 1.
    pub line: Option<u64>,
}

impl Place {
    /// A whole file, or whatever else a reader knows by this name.
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        Self { source: source.into(), line: None }
    }

    /// A whole file of the file system.
    pub fn file(path: &Path) -> Self {
        Self::new(path.display().to_string())
    }

    /// A line of the same file, from 1.
    pub fn at_line(&self, line: u64) -> Self {
        Self { line: Some(line), ..self.clone() }
    }

    /// A fault at this place.
    pub fn error(&self, fault: Fault) -> DataError {
        DataError(Box::new(Found { place: self.clone(), fault }))
    }

    /// What the file system said about this place.
    pub fn io(&self, doing: &str, error: &io::Error, fix: &str) -> DataError {
        self.error(Fault::new(format!("{doing}: {error}"), fix))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.source),
            None => f.write_str(&self.source),
        }
    }
}

/// A mistake in a record: where in the JSON, what it is, what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// RFC 6901 pointer into the JSON of the line or file; empty for the whole.
    pub pointer: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

impl Fault {
    /// A fault of the whole value.
    pub fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { pointer: String::new(), what: what.into(), fix: fix.into() }
    }

    /// The same fault, seen from one level up: inside the member `token`.
    pub fn under(mut self, token: impl fmt::Display) -> Self {
        self.pointer = format!("/{}{}", pointer_token(&token.to_string()), self.pointer);
        self
    }
}

/// What is wrong without what is only of one record (names, numbers, what a parser said): what faults are counted by.
///
/// ```
/// use toolrm_data::error::reason_of;
/// assert_eq!(reason_of("call 12: a call without a name"), "call N: a call without a name");
/// assert_eq!(reason_of("neither JSON nor a Python literal (line 3)"), "neither JSON nor a Python literal");
/// ```
pub fn reason_of(what: &str) -> String {
    const LONGEST: usize = 100;
    const SHORTEST: usize = 20;
    let mut reason = String::new();
    for (i, part) in what.split('"').enumerate() {
        // Every other part stands in quotes.
        reason.push_str(if i % 2 == 0 { part } else { "\"..\"" });
    }
    let said = reason.split(" (").next().unwrap_or(&reason);
    // Behind a colon is what a parser or the record said; before the first one may be no more than where.
    let said = match said.split_once(": ") {
        Some((before, _)) if before.len() > SHORTEST => before,
        _ => said,
    };
    let mut plain = String::new();
    for c in said.trim().chars().take(LONGEST) {
        match c {
            '0'..='9' if plain.ends_with('N') => {}
            '0'..='9' => plain.push('N'),
            other => plain.push(other),
        }
    }
    plain
}

impl From<ToolsetError> for Fault {
    /// The pointer of a toolset's error starts at the tool, whose place in the list it does not say: it goes into the words.
    fn from(error: ToolsetError) -> Self {
        let what = if error.tool.is_empty() { error.message } else { error.to_string() };
        Self::new(what, "correct the list of tools")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        write!(f, "{}; {}", self.what, self.fix)
    }
}

/// Data that cannot be read or written: where, what is wrong, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataError(Box<Found>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    place: Place,
    fault: Fault,
}

impl DataError {
    /// Where.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// What is wrong there, and what to do.
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.place, self.0.fault)
    }
}

impl std::error::Error for DataError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_one_kind_have_one_reason() {
        for (what, reason) in [
            ("\"x\" is called and not among the tools", "\"..\" is called and not among the tools"),
            ("tool \"a b\" at \"/name\": two tools have this name", "tool \"..\" at \"..\": two tools have this name"),
            ("an error ended the run: no such order 17", "an error ended the run"),
            ("expected value at line 31 column 2", "expected value at line N column N"),
            ("an empty file", "an empty file"),
            ("", ""),
        ] {
            assert_eq!(reason_of(what), reason, "{what}");
        }
        assert_eq!(reason_of(&"é".repeat(500)).chars().count(), 100);
    }
}
