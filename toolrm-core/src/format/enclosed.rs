//! Calls in syntaxes without marks of their own, and the words, fences and lines they stand among.

use super::{
    Reading,
    text::{Part, bare, fences, line_ends},
};
use crate::call::{Action, ToolCall};

/// What a document holds.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) calls: Vec<ToolCall>,
    pub(super) content: Vec<String>,
    pub(super) reasoning: Vec<String>,
    /// The format that read them, where several were asked.
    pub(super) format: Option<&'static str>,
}

impl Parts {
    pub(super) fn of(calls: Vec<ToolCall>) -> Self {
        Self { calls, ..Self::default() }
    }

    fn absorb(&mut self, other: Self) {
        self.format = self.format.or(other.format);
        self.calls.extend(other.calls);
        self.content.extend(other.content);
        self.reasoning.extend(other.reasoning);
    }
}

/// What a text is to a syntax.
#[derive(Debug)]
pub(super) enum Doc {
    /// It is in the syntax.
    Read(Parts),
    /// It begins in the syntax and breaks off.
    Broken(String),
    /// It is not in the syntax.
    NotMine,
}

/// A piece of an answer that begins at the start of a line.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) doc: Doc,
    /// Where it ends, in bytes from its start.
    pub(super) end: usize,
    /// Whether its syntax is unmistakable enough to count amid words: a bracketed list of calls, not a bare `f(a=1)`.
    pub(super) strong: bool,
}

/// Reads documents of some syntax.
pub(super) trait DocReader {
    /// Reads a text that is a document or none.
    fn doc(&self, text: &str) -> Doc;
    /// Reads a document at the start of `text`, with more text behind it; `None` when none begins there.
    fn block(&self, text: &str) -> Option<Block>;
}

/// Reads an answer by the border rules of [`crate::format`].
pub(super) fn read(answer: &str, reader: &dyn DocReader) -> Reading {
    let document = bare(answer);
    let broken = match reader.doc(document) {
        Doc::Read(parts) => return reading(answer, parts),
        Doc::Broken(why) => Some(why),
        Doc::NotMine => None,
    };
    match among_words(document, reader) {
        Some(Ok(parts)) => reading(answer, parts),
        Some(Err(why)) => Reading::malformed(answer, broken.unwrap_or(why)),
        None => match broken {
            Some(why) => Reading::malformed(answer, why),
            None => Reading::words(answer),
        },
    }
}

fn reading(answer: &str, parts: Parts) -> Reading {
    let format = parts.format;
    let content = parts.content.join("\n");
    let reasoning = (!parts.reasoning.is_empty()).then(|| parts.reasoning.join("\n"));
    let reading = if !parts.calls.is_empty() {
        Reading::calls(parts.calls, &content)
    } else if parts.content.is_empty() {
        Reading::words(answer)
    } else {
        Reading::new(Action::Text(content))
    };
    Reading { reasoning, format, ..reading }
}

enum Piece<'a> {
    Words(&'a str),
    Call { parts: Parts, strong: bool },
    Broken(String),
}

/// Calls that are not the whole answer but its beginning, its end, or unmistakable lines of it; `None` when there are none.
fn among_words(answer: &str, reader: &dyn DocReader) -> Option<Result<Parts, String>> {
    let mut pieces = Vec::new();
    for part in fences(answer) {
        match part {
            Part::Words(words) => line_blocks(words, reader, &mut pieces),
            Part::Fence(code) => pieces.push(match reader.doc(code) {
                Doc::Read(parts) if !parts.calls.is_empty() => Piece::Call { parts, strong: false },
                Doc::Broken(why) => Piece::Broken(why),
                _ => Piece::Words(code),
            }),
        }
    }
    pieces.retain(|piece| !matches!(piece, Piece::Words(words) if words.trim().is_empty()));
    let opens = matches!(pieces.first()?, Piece::Call { .. } | Piece::Broken(_));
    let closes = matches!(pieces.last()?, Piece::Call { .. } | Piece::Broken(_));
    let any_strong = pieces.iter().any(|piece| matches!(piece, Piece::Call { strong: true, .. }));
    if !(opens || closes || any_strong) {
        return None;
    }
    let mut all = Parts::default();
    // When only the beginning is a call, what follows the first words is talk about it.
    let mut only_opening = opens && !closes;
    for piece in pieces {
        match piece {
            Piece::Words(words) => {
                all.content.push(words.trim().to_owned());
                only_opening = only_opening && all.calls.is_empty();
            }
            Piece::Call { parts, strong } if strong || closes || opens && (only_opening || all.content.is_empty()) => {
                all.absorb(parts);
            }
            Piece::Broken(why) if closes || opens && all.content.is_empty() => return Some(Err(why)),
            Piece::Call { .. } | Piece::Broken(_) => {}
        }
    }
    (!all.calls.is_empty()).then_some(Ok(all))
}

/// Most broken beginnings that are looked into: bounds the work on text made of nothing else.
const MAX_BROKEN: usize = 16;

/// Cuts words at the lines where calls begin.
fn line_blocks<'a>(words: &'a str, reader: &dyn DocReader, pieces: &mut Vec<Piece<'a>>) {
    let (mut start, mut at, mut broken) = (0, 0, 0);
    while at < words.len() && broken < MAX_BROKEN {
        let line = words.get(at..).unwrap_or_default();
        let indent = lead_in(line);
        let text = line.get(indent..).unwrap_or_default();
        let found = reader
            .block(text)
            .filter(|block| !matches!(block.doc, Doc::Read(_)) || line_ends(text.get(block.end..).unwrap_or_default()));
        let end = at + indent + found.as_ref().map_or_else(|| next_line(text), |block| block.end.max(1));
        if let Some(block) = found {
            pieces.push(Piece::Words(words.get(start..at + indent).unwrap_or_default()));
            match block.doc {
                Doc::Read(parts) => pieces.push(Piece::Call { parts, strong: block.strong }),
                Doc::Broken(why) => {
                    broken += 1;
                    pieces.push(Piece::Broken(why));
                }
                Doc::NotMine => {}
            }
            start = end;
        }
        at = end;
    }
    pieces.push(Piece::Words(words.get(start..).unwrap_or_default()));
}

/// What may stand before a call on its line: white space, and before a list a short label (`Tool calls: [..]`) or a bullet.
fn lead_in(line: &str) -> usize {
    const LONGEST: usize = 60;
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let stop = trimmed.bytes().take(LONGEST).position(|b| matches!(b, b'[' | b'\n'));
    let Some((label, rest)) = stop.and_then(|stop| trimmed.split_at_checked(stop)) else { return indent };
    let named = label.trim_end();
    if rest.starts_with('[') && (named.ends_with(':') || matches!(named, "-" | "*")) {
        indent + label.len()
    } else {
        indent
    }
}

fn next_line(text: &str) -> usize {
    memchr::memchr(b'\n', text.as_bytes()).map_or(text.len(), |at| at + 1)
}

/// Where a broken block ends: with its paragraph.
pub(super) fn paragraph(text: &str) -> usize {
    memchr::memmem::find(text.as_bytes(), b"\n\n").unwrap_or(text.len())
}
