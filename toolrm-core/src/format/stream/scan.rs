//! What a format tells the incremental scanner about itself, and the scanner.

use super::{
    Event,
    json::{JsonScan, Notice, Progress},
    python::PythonScan,
};
use crate::{
    call::ToolCall,
    format::{
        Prefix, Pythonic,
        call_object::call,
        json::parse_strict,
        mistral,
        text::{REASONING_TAGS, line_starts},
    },
};

/// How calls of a format begin, for the scanner of streams. The default says nothing: such a format is read when its text is whole.
#[derive(Debug, Clone, Default)]
pub struct Syntax {
    marks: Vec<Mark>,
    json: bool,
    one_key: bool,
    python: Option<Pythonic>,
}

/// A mark that starts a call anywhere in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    open: &'static str,
    close: Option<&'static str>,
    kind: MarkKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkKind {
    /// Objects or lists, JSON or Python literals; the mark may also be named in a sentence.
    Tag,
    /// A list, or a name and its arguments.
    Mistral,
    /// Documents or Python code.
    Code,
}

impl Syntax {
    /// Call objects between two tags.
    pub fn tagged(open: &'static str, close: &'static str) -> Self {
        Self { marks: vec![Mark { open, close: Some(close), kind: MarkKind::Tag }], ..Self::default() }
    }

    /// JSON documents in which a call is an object with a `name` and arguments.
    pub fn json() -> Self {
        Self { json: true, ..Self::default() }
    }

    pub(in crate::format) fn one_key() -> Self {
        Self { one_key: true, ..Self::json() }
    }

    pub(in crate::format) fn python(python: Pythonic) -> Self {
        Self { python: Some(python), ..Self::default() }
    }

    pub(in crate::format) fn mistral(open: &'static str) -> Self {
        Self { marks: vec![Mark { open, close: None, kind: MarkKind::Mistral }], ..Self::default() }
    }

    pub(in crate::format) fn code(open: &'static str) -> Self {
        Self { marks: vec![Mark { open, close: None, kind: MarkKind::Code }], ..Self::json() }
    }

    /// Both: what begins in either begins in this.
    pub fn or(mut self, other: Self) -> Self {
        self.marks.extend(other.marks);
        self.json |= other.json;
        self.python = self.python.or(other.python);
        self
    }
}

#[derive(Debug)]
enum State {
    /// White space, where reasoning or the answer may begin.
    Lead,
    /// Inside reasoning, up to this tag.
    Reasoning(&'static str),
    /// Where a document may begin.
    Start,
    Words,
    /// Behind a mark, before its payload.
    Marked(Mark),
    /// In a JSON value: behind a mark, or a document.
    Json(Box<JsonScan>, Option<Mark>),
    Python(Box<PythonScan>),
    /// Behind a payload.
    Closing(Mark),
    /// Nothing can be said before the end.
    Opaque {
        inside: bool,
    },
    Malformed,
}

/// Finds calls in a text that grows. Every byte is looked at a bounded number of times.
#[derive(Debug)]
pub(in crate::format) struct Scanner {
    syntax: Syntax,
    state: State,
    /// Everything before was scanned.
    at: usize,
    /// Everything before was told, or belongs to a call.
    told: usize,
    /// How many calls were complete.
    pub(super) complete: usize,
    /// A call could not be read early: it and the ones behind it are told at the end.
    stalled: bool,
}

impl Scanner {
    pub(in crate::format) fn new(syntax: Syntax) -> Self {
        Self { syntax, state: State::Lead, at: 0, told: 0, complete: 0, stalled: false }
    }

    /// A scanner of a text that begins inside reasoning.
    pub(super) fn in_reasoning(syntax: Syntax) -> Self {
        let [(_, close), ..] = REASONING_TAGS;
        Self { state: State::Reasoning(close), ..Self::new(syntax) }
    }

    /// What the text can still become.
    pub(in crate::format) fn prefix(&self) -> Prefix {
        match &self.state {
            State::Malformed => Prefix::Impossible,
            State::Json(_, Some(_)) | State::Marked(_) | State::Opaque { inside: true } => Prefix::Inside,
            State::Json(scan, None) if scan.in_call() => Prefix::Inside,
            State::Python(scan) if scan.in_call() => Prefix::Inside,
            _ if self.complete > 0 => Prefix::Complete,
            _ => Prefix::Possible,
        }
    }

    /// Where the text that was not told begins.
    pub(super) fn told(&self) -> usize {
        self.told
    }

    /// Whether the end of the text can only be malformed.
    pub(super) fn is_malformed(&self) -> bool {
        matches!(self.state, State::Malformed)
    }

    /// Looks at what was added to the text.
    pub(in crate::format) fn scan(&mut self, text: &str, events: &mut Vec<Event>) {
        while self.step(text, events) {}
    }

    /// One state's work; false when it needs more text.
    fn step(&mut self, text: &str, events: &mut Vec<Event>) -> bool {
        match std::mem::replace(&mut self.state, State::Malformed) {
            State::Lead => self.lead(text),
            State::Reasoning(close) => self.reasoning(close, text, events),
            State::Start => self.start(text),
            State::Words => self.words(text, events),
            State::Marked(mark) => self.marked(mark, text, events),
            State::Json(scan, mark) => self.json(scan, mark, text, events),
            State::Python(scan) => self.python(scan, text, events),
            State::Closing(mark) => self.closing(mark, text),
            state @ (State::Opaque { .. } | State::Malformed) => self.wait(state),
        }
    }

    fn wait(&mut self, state: State) -> bool {
        self.state = state;
        false
    }

    fn go(&mut self, state: State) -> bool {
        self.state = state;
        true
    }

    /// Waits for the end of a short thing (a name, a fence's first line); a long one is none, and not worth looking at again and again.
    fn wait_briefly(&mut self, ahead: &str, state: State) -> bool {
        const LONGEST: usize = 512;
        self.wait(if ahead.len() > LONGEST { State::Opaque { inside: false } } else { state })
    }

    /// What comes next, white space skipped.
    fn ahead<'t>(&mut self, text: &'t str) -> &'t str {
        let rest = text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn lead(&mut self, text: &str) -> bool {
        let ahead = self.ahead(text);
        if let Some((open, close)) = REASONING_TAGS.iter().find(|(open, _)| ahead.starts_with(open)) {
            self.at += open.len();
            self.told = self.at;
            return self.go(State::Reasoning(close));
        }
        if REASONING_TAGS.iter().any(|(open, _)| open.starts_with(ahead)) {
            return self.wait(State::Lead);
        }
        self.go(State::Start)
    }

    fn reasoning(&mut self, close: &'static str, text: &str, events: &mut Vec<Event>) -> bool {
        let rest = text.get(self.at..).unwrap_or_default();
        if let Some(found) = memchr::memmem::find(rest.as_bytes(), close.as_bytes()) {
            self.tell(text, self.at + found, events, Event::Reasoning);
            self.at += found + close.len();
            self.told = self.at;
            return self.go(State::Lead);
        }
        self.at += rest.len() - longest_start(rest, close);
        self.tell(text, self.at, events, Event::Reasoning);
        self.wait(State::Reasoning(close))
    }

    fn tell(&mut self, text: &str, upto: usize, events: &mut Vec<Event>, event: impl FnOnce(String) -> Event) {
        if let Some(delta) = text.get(self.told..upto).filter(|delta| !delta.is_empty()) {
            events.push(event(delta.to_owned()));
            self.told = upto;
        }
    }

    /// The first text of an answer: a document, a fence around one, or words.
    fn start(&mut self, text: &str) -> bool {
        let ahead = self.ahead(text);
        let Some(first) = ahead.bytes().next() else { return self.wait(State::Start) };
        match first {
            b'`' if "```".starts_with(ahead) => return self.wait(State::Start),
            b'`' if ahead.starts_with("```") => {
                let Some(line) = memchr::memchr(b'\n', ahead.as_bytes()) else {
                    return self.wait_briefly(ahead, State::Start);
                };
                let info = ahead.get(..line).unwrap_or_default();
                self.at += if info.contains(['(', '[', '{', '"', '\'']) { 3 } else { line + 1 };
                return self.document(text);
            }
            _ => {}
        }
        self.document(text)
    }

    fn document(&mut self, text: &str) -> bool {
        let ahead = self.ahead(text);
        let Some(first) = ahead.bytes().next() else { return self.wait(State::Start) };
        let json = || Box::new(JsonScan::new(self.syntax.one_key));
        match (first, self.syntax.json, self.syntax.python.is_some()) {
            (b'{', true, _) | (b'[', true, false) => {
                let scan = json();
                self.go(State::Json(scan, None))
            }
            (b'[', true, true) => match ahead.get(1..).unwrap_or_default().trim_start().bytes().next() {
                None => self.wait(State::Start),
                Some(b'{') => {
                    let scan = json();
                    self.go(State::Json(scan, None))
                }
                Some(_) => self.go(State::Python(Box::default())),
            },
            (b'[', false, true) => self.go(State::Python(Box::default())),
            (_, _, true) => match ahead.find(|c: char| !(c.is_alphanumeric() || "_.-\\".contains(c))) {
                None => self.wait_briefly(ahead, State::Start),
                Some(end) if end > 0 && ahead.get(end..).is_some_and(|rest| rest.starts_with('(')) => {
                    self.go(State::Python(Box::default()))
                }
                Some(_) => self.go(State::Words),
            },
            _ => self.go(State::Words),
        }
    }

    fn words(&mut self, text: &str, events: &mut Vec<Event>) -> bool {
        let bytes = text.as_bytes();
        while let Some(rest) = bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            let marks = &self.syntax.marks;
            let begins = |b: &u8| marks.iter().any(|mark| mark.open.as_bytes().first() == Some(b));
            self.at += rest.iter().position(begins).unwrap_or(rest.len());
            let rest = bytes.get(self.at..).unwrap_or_default();
            if let Some(mark) = marks.iter().find(|mark| rest.starts_with(mark.open.as_bytes())).copied() {
                self.tell(text, self.at, events, Event::Text);
                self.at += mark.open.len();
                return self.go(State::Marked(mark));
            }
            if marks.iter().any(|mark| mark.open.as_bytes().starts_with(rest)) {
                break;
            }
            self.at += 1;
        }
        self.tell(text, self.at, events, Event::Text);
        self.wait(State::Words)
    }

    fn marked(&mut self, mark: Mark, text: &str, events: &mut Vec<Event>) -> bool {
        let ahead = self.ahead(text);
        let Some(first) = ahead.bytes().next() else { return self.wait(State::Marked(mark)) };
        let document = matches!(first, b'{' | b'[');
        match mark.kind {
            MarkKind::Tag | MarkKind::Code if document => {
                self.go(State::Json(Box::new(JsonScan::new(false)), Some(mark)))
            }
            MarkKind::Tag => {
                let before = text.get(..self.told).unwrap_or_default();
                if line_starts(before) { self.wrong(mark, true, events) } else { self.go(State::Words) }
            }
            MarkKind::Mistral if first == b'[' => self.go(State::Json(Box::new(JsonScan::new(false)), Some(mark))),
            MarkKind::Mistral => match memchr::memchr(b'{', ahead.as_bytes()) {
                None => self.wait_briefly(ahead, State::Marked(mark)),
                Some(brace) => {
                    let (name, id) = mistral::head(ahead.get(..brace).unwrap_or_default());
                    events.push(Event::CallStarted { name: name.to_owned() });
                    let scan = JsonScan::arguments_of(name.to_owned(), id.map(str::to_owned));
                    self.at += brace;
                    self.go(State::Json(Box::new(scan), Some(mark)))
                }
            },
            MarkKind::Code => self.go(State::Opaque { inside: true }),
        }
    }

    fn json(&mut self, mut scan: Box<JsonScan>, mark: Option<Mark>, text: &str, events: &mut Vec<Event>) -> bool {
        let mut notices = Vec::new();
        let progress = scan.scan(text, self.at, &mut notices);
        self.tell_notices(notices, text, events);
        match progress {
            Progress::Open => {
                self.at = text.len();
                self.wait(State::Json(scan, mark))
            }
            Progress::Done(end) => {
                self.at = end;
                if self.complete > 0 || mark.is_some() {
                    self.told = end;
                }
                match mark {
                    Some(mark) => self.go(State::Closing(mark)),
                    None => self.after_document(text),
                }
            }
            Progress::Wrong(at) => {
                let hopeless = text.as_bytes().get(at).is_some_and(|b| !could_be_python(*b));
                match mark {
                    Some(mark) => self.wrong(mark, hopeless || mark.kind == MarkKind::Mistral, events),
                    None => self.wait(State::Opaque { inside: false }),
                }
            }
        }
    }

    /// What stands behind a mark is not what should. That is the end of the matter when no reading of it is left, and when no mark that
    /// comes before this one in the order of formats can still follow.
    fn wrong(&mut self, mark: Mark, hopeless: bool, events: &mut Vec<Event>) -> bool {
        if !hopeless || self.syntax.marks.first() != Some(&mark) || mark.kind == MarkKind::Code {
            return self.wait(State::Opaque { inside: true });
        }
        events.push(Event::Malformed { why: format!("no call behind `{}`", mark.open) });
        self.wait(State::Malformed)
    }

    /// Behind a document: another one, or words.
    fn after_document(&mut self, text: &str) -> bool {
        let rest = text.get(self.at..).unwrap_or_default();
        let next = rest.trim_start_matches([' ', '\t', '\r', '\n', ';', ',']);
        match next.bytes().next() {
            None => self.wait_at_document(text),
            Some(b'{' | b'[') => {
                self.at += rest.len() - next.len();
                self.go(State::Json(Box::new(JsonScan::new(self.syntax.one_key)), None))
            }
            Some(_) => self.go(State::Words),
        }
    }

    fn wait_at_document(&mut self, text: &str) -> bool {
        self.at = text.len();
        self.wait(State::Start)
    }

    fn python(&mut self, mut scan: Box<PythonScan>, text: &str, events: &mut Vec<Event>) -> bool {
        let mut notices = Vec::new();
        let progress = scan.scan(text, self.at, &mut notices);
        self.tell_notices(notices, text, events);
        match progress {
            Progress::Open => {
                self.at = text.len();
                self.wait(State::Python(scan))
            }
            Progress::Done(end) => {
                self.at = end;
                self.told = end;
                self.go(State::Start)
            }
            Progress::Wrong(_) => self.wait(State::Opaque { inside: false }),
        }
    }

    /// Behind a marked payload: its closing tag, more payload, or the next mark.
    fn closing(&mut self, mark: Mark, text: &str) -> bool {
        let ahead = self.ahead(text);
        let close = mark.close.unwrap_or(mark.open);
        if ahead.is_empty() || close.starts_with(ahead) {
            return self.wait(State::Closing(mark));
        }
        if let Some(close) = mark.close.filter(|close| ahead.starts_with(close)) {
            self.at += close.len();
            self.told = self.at;
            return self.go(State::Words);
        }
        match ahead.bytes().next() {
            Some(b'{' | b'[') if mark.kind == MarkKind::Tag => {
                self.go(State::Json(Box::new(JsonScan::new(false)), Some(mark)))
            }
            Some(b';') if mark.kind == MarkKind::Code => {
                self.at += 1;
                self.go(State::Marked(mark))
            }
            _ => self.go(State::Words),
        }
    }

    fn tell_notices(&mut self, notices: Vec<Notice>, text: &str, events: &mut Vec<Event>) {
        for notice in notices {
            self.tell_notice(notice, text, events);
        }
    }

    fn tell_notice(&mut self, notice: Notice, text: &str, events: &mut Vec<Event>) {
        match notice {
            Notice::Name(name) => events.push(Event::CallStarted { name }),
            Notice::Arguments(from, to) => {
                events.extend(text.get(from..to).map(|delta| Event::Arguments(delta.to_owned())));
            }
            Notice::Call { name, arguments, id } => {
                let source = arguments.and_then(|(from, to)| text.get(from..to));
                match self.read_call(name, source, id) {
                    Some(call) if !self.stalled => {
                        self.complete += 1;
                        events.push(Event::CallComplete(call));
                    }
                    _ => self.stalled = true,
                }
            }
        }
    }

    /// A complete call; `None` when it is wrong in its details, which the end will say.
    fn read_call(&self, name: String, source: Option<&str>, id: Option<String>) -> Option<ToolCall> {
        if name.is_empty() {
            return self.syntax.python.as_ref()?.read_one(source?);
        }
        call(name, Some(parse_strict(source?).ok()?), id.map(Into::into)).ok()
    }
}

/// Whether a byte that JSON forbids in its place may still be right in a Python literal.
fn could_be_python(b: u8) -> bool {
    match b {
        b':' | b'=' | b'*' | b'<' | b'>' | b'$' | b'!' | b'&' | b'|' | b'%' | b'@' | b'^' | b'~' | b'?' | b'/' => false,
        b'a'..=b'z' | b'A'..=b'Z' => b"rRbBuUfFTNtn".contains(&b),
        _ => true,
    }
}

/// Length of the longest end of `text` with which `tag` begins.
fn longest_start(text: &str, tag: &str) -> usize {
    let bytes = text.as_bytes();
    let window = bytes.len().saturating_sub(tag.len() - 1);
    (window..bytes.len())
        .find(|&at| bytes.get(at..).is_some_and(|end| tag.as_bytes().starts_with(end)))
        .map_or(0, |at| bytes.len() - at)
}
