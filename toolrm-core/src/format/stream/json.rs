//! An incremental reader of JSON that notices calls while they are written. It works on offsets into a growing text and looks at every
//! byte once.

use serde_json::Value;

use crate::format::{call_object::ARGUMENT_KEYS, json::parse_strict};

/// What happened while scanning.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Notice {
    /// The name of a call is complete.
    Name(String),
    /// Source text of the current call's arguments, as offsets.
    Arguments(usize, usize),
    /// A call is complete: its name, the offsets of its arguments, its id.
    Call { name: String, arguments: Option<(usize, usize)>, id: Option<String> },
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    CommaOrEnd,
}

#[derive(Debug, Default)]
struct Level {
    object: bool,
    key: String,
    name: Option<String>,
    id: Option<String>,
    arguments: Option<(usize, usize)>,
}

/// How far a document got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More is needed.
    Open,
    /// The document ended at this offset.
    Done(usize),
    /// The byte at this offset cannot stand there.
    Wrong(usize),
}

/// Scans one JSON value.
#[derive(Debug)]
pub(super) struct JsonScan {
    expect: Expect,
    levels: Vec<Level>,
    /// Start of the string or bare word being read.
    token: Option<(usize, bool)>,
    escaped: bool,
    /// The argument value being read: number of open levels around it, where it starts, how far it was told.
    arguments: Option<(usize, usize, usize)>,
    /// Objects with one key are calls: the key is the name.
    one_key: bool,
    /// The whole value is the arguments of a call of this name (Mistral's newer syntax).
    call: Option<(String, Option<String>)>,
}

const MAX_DEPTH: usize = 127;

impl JsonScan {
    pub(super) fn new(one_key: bool) -> Self {
        Self {
            expect: Expect::Value,
            levels: Vec::new(),
            token: None,
            escaped: false,
            arguments: None,
            one_key,
            call: None,
        }
    }

    /// A scan of a value that is the arguments of a call whose name came before.
    pub(super) fn arguments_of(name: String, id: Option<String>) -> Self {
        Self { call: Some((name, id)), ..Self::new(false) }
    }

    /// Whether the name of a call was seen.
    pub(super) fn in_call(&self) -> bool {
        self.call.is_some() || self.arguments.is_some() || self.levels.iter().any(|level| level.name.is_some())
    }

    /// Reads `text` from `at` on; everything before was read already.
    pub(super) fn scan(&mut self, text: &str, mut at: usize, notices: &mut Vec<Notice>) -> Progress {
        let bytes = text.as_bytes();
        while let Some(&b) = bytes.get(at) {
            let step = match self.token {
                Some((start, true)) => self.in_string(text, start, &mut at, notices),
                Some((start, false)) => self.in_word(text, start, &mut at, b, notices),
                None => {
                    let step = self.between(at, b, notices);
                    at += usize::from(step.is_some());
                    step
                }
            };
            let Some(()) = step else { return Progress::Wrong(at) };
            if self.levels.is_empty() && self.token.is_none() && self.expect == Expect::CommaOrEnd {
                return Progress::Done(at);
            }
        }
        self.tell_arguments(bytes.len(), notices);
        Progress::Open
    }

    /// A byte outside strings and words.
    fn between(&mut self, at: usize, b: u8, notices: &mut Vec<Notice>) -> Option<()> {
        use Expect::{Colon, CommaOrEnd, Key, KeyOrEnd, Value, ValueOrEnd};
        match (b, self.expect) {
            (b' ' | b'\t' | b'\n' | b'\r', _) => {}
            (b'{' | b'[', Value | ValueOrEnd) => {
                self.start_value(at);
                if self.levels.len() >= MAX_DEPTH {
                    return None;
                }
                self.levels.push(Level { object: b == b'{', ..Level::default() });
                self.expect = if b == b'{' { KeyOrEnd } else { ValueOrEnd };
            }
            (b'"', Value | ValueOrEnd) => {
                self.start_value(at);
                self.token = Some((at, true));
            }
            (b'"', Key | KeyOrEnd) => self.token = Some((at, true)),
            (b'-' | b'0'..=b'9' | b't' | b'f' | b'n', Value | ValueOrEnd) => {
                self.start_value(at);
                self.token = Some((at, false));
            }
            (b':', Colon) => self.expect = Value,
            (b',', CommaOrEnd) => self.expect = if self.levels.last()?.object { Key } else { Value },
            (b'}', KeyOrEnd | CommaOrEnd) if self.levels.last()?.object => self.close(at + 1, notices),
            (b']', ValueOrEnd | CommaOrEnd) if !self.levels.last()?.object => self.close(at + 1, notices),
            _ => return None,
        }
        Some(())
    }

    fn start_value(&mut self, at: usize) {
        let depth = self.levels.len();
        let is_arguments = match self.levels.last() {
            _ if self.arguments.is_some() => false,
            None => self.call.is_some(),
            Some(level) if !level.object => false,
            Some(_) if self.one_key && depth <= 2 => true,
            Some(level) => ARGUMENT_KEYS.contains(&level.key.as_str()) || level.key == "input",
        };
        if is_arguments {
            self.arguments = Some((depth, at, at));
        }
    }

    fn close(&mut self, end: usize, notices: &mut Vec<Notice>) {
        let level = self.levels.pop().unwrap_or_default();
        if self.arguments.is_none()
            && let Some(name) = level.name
        {
            let parent = self.levels.last().and_then(|parent| parent.id.clone());
            notices.push(Notice::Call { name, arguments: level.arguments, id: level.id.or(parent) });
        }
        self.end_value(end, notices);
    }

    /// A value ended before `end`.
    fn end_value(&mut self, end: usize, notices: &mut Vec<Notice>) {
        self.expect = Expect::CommaOrEnd;
        let Some((depth, start, _)) = self.arguments.filter(|(depth, ..)| *depth == self.levels.len()) else { return };
        self.tell_arguments(end, notices);
        self.arguments = None;
        match self.levels.last_mut() {
            Some(level) => level.arguments = Some((start, end)),
            None => {
                if let Some((name, id)) = self.call.take().filter(|_| depth == 0) {
                    notices.push(Notice::Call { name, arguments: Some((start, end)), id });
                }
            }
        }
    }

    fn tell_arguments(&mut self, upto: usize, notices: &mut Vec<Notice>) {
        if let Some((_, _, told)) = &mut self.arguments
            && *told < upto
        {
            notices.push(Notice::Arguments(*told, upto));
            *told = upto;
        }
    }

    fn in_string(&mut self, text: &str, start: usize, at: &mut usize, notices: &mut Vec<Notice>) -> Option<()> {
        let bytes = text.as_bytes();
        if self.escaped {
            self.escaped = false;
            *at += 1;
            return Some(());
        }
        if bytes.get(*at) == Some(&b'"') && *at > start {
            *at += 1;
            self.token = None;
            self.end_string(text.get(start..*at)?, *at, notices);
            return Some(());
        }
        let from = (*at).max(start + 1);
        let rest = bytes.get(from..)?;
        let stop = rest.iter().position(|b| matches!(b, b'"' | b'\\' | ..b' ')).unwrap_or(rest.len());
        *at = from + stop;
        match bytes.get(*at) {
            Some(b'\\') => {
                self.escaped = true;
                *at += 1;
                Some(())
            }
            Some(b) if *b < b' ' => None,
            _ => Some(()),
        }
    }

    fn end_string(&mut self, source: &str, end: usize, notices: &mut Vec<Notice>) {
        let key = matches!(self.expect, Expect::Key | Expect::KeyOrEnd);
        if self.arguments.is_none()
            && let Some(level) = self.levels.last_mut()
        {
            let text = || match parse_strict(source) {
                Ok(Value::String(text)) => text,
                _ => String::new(),
            };
            if key {
                level.key = text();
                if self.one_key && self.levels.len() <= 2 {
                    self.name_is(None, notices);
                }
            } else if level.object {
                match level.key.as_str() {
                    "name" => self.name_is(Some(text()), notices),
                    "id" | "call_id" => level.id = Some(text()),
                    _ => {}
                }
            }
        }
        if key {
            self.expect = Expect::Colon;
        } else {
            self.end_value(end, notices);
        }
    }

    /// The name of a call is known: this text, or the key just read.
    fn name_is(&mut self, name: Option<String>, notices: &mut Vec<Notice>) {
        if let Some(level) = self.levels.last_mut() {
            let name = name.unwrap_or_else(|| level.key.clone());
            notices.push(Notice::Name(name.clone()));
            level.name = Some(name);
        }
    }

    fn in_word(&mut self, text: &str, start: usize, at: &mut usize, b: u8, notices: &mut Vec<Notice>) -> Option<()> {
        if b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-') {
            *at += 1;
            return Some(());
        }
        parse_strict(text.get(start..*at)?).ok()?;
        self.token = None;
        self.end_value(*at, notices);
        Some(())
    }
}
