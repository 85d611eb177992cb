//! What stands around calls in a model's text: reasoning blocks, special tokens, code fences.

use std::borrow::Cow;

use memchr::{memchr_iter, memmem};

/// An output cut into reasoning and answer.
#[derive(Debug, PartialEq)]
pub(super) struct Split<'a> {
    pub(super) reasoning: Option<Cow<'a, str>>,
    /// What is not reasoning; when the reasoning is never closed, the unclosed block with its tag.
    pub(super) answer: &'a str,
    pub(super) closed: bool,
}

/// The tags reasoning models put around their reasoning.
pub(super) const REASONING_TAGS: [(&str, &str); 3] =
    [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")];

/// Takes the reasoning off the front of an output: blocks at its start, one after the other, and reasoning whose opening tag is in
/// the prompt (a chat template wrote it) so that only the closing tag, alone on its line, is in the output. An answer that had
/// reasoning before it loses the white space between the two.
pub(super) fn split_reasoning(output: &str) -> Split<'_> {
    let tags = Tags::of(output);
    let mut reasoning: Option<Cow<'_, str>> = None;
    let mut answer = output;
    loop {
        let trimmed = answer.trim_start();
        let (block, rest) = if let Some(split) = tags.orphan_close(output, answer) {
            split
        } else if let Some((open, close)) = REASONING_TAGS.iter().find(|(open, _)| trimmed.starts_with(open)) {
            let inside = trimmed.get(open.len()..).unwrap_or_default();
            match inside.split_once(close) {
                Some(split) => split,
                None => return Split { reasoning: push(reasoning, inside), answer: trimmed, closed: false },
            }
        } else {
            return Split { reasoning, answer, closed: true };
        };
        reasoning = push(reasoning, block);
        answer = rest.trim_start();
    }
}

fn push<'a>(reasoning: Option<Cow<'a, str>>, block: &'a str) -> Option<Cow<'a, str>> {
    let block = block.trim();
    match reasoning {
        _ if block.is_empty() => reasoning,
        None => Some(Cow::Borrowed(block)),
        Some(before) => {
            let mut all = before.into_owned();
            all.push('\n');
            all.push_str(block);
            Some(Cow::Owned(all))
        }
    }
}

/// Where an output holds opening tags, and closing tags alone on their line: found once, however many blocks are taken off.
struct Tags([Vec<Tag>; REASONING_TAGS.len()]);

struct Tag {
    at: usize,
    closes: bool,
}

impl Tags {
    fn of(output: &str) -> Self {
        let mut found: [Vec<Tag>; REASONING_TAGS.len()] = Default::default();
        for at in memchr_iter(b'<', output.as_bytes()) {
            let (before, tag) = output.split_at_checked(at).unwrap_or_default();
            for ((open, close), found) in REASONING_TAGS.iter().zip(&mut found) {
                if tag.starts_with(open) {
                    found.push(Tag { at, closes: false });
                } else if let Some(after) = tag.strip_prefix(close)
                    && line_starts(before)
                    && line_ends(after)
                {
                    found.push(Tag { at, closes: true });
                }
            }
        }
        Self(found)
    }

    /// Text before a closing tag that was never opened in `answer`, the rest of the output. The tag must be alone on its line: inside a
    /// JSON string it cannot be, so that an argument that spells it is safe.
    fn orphan_close<'a>(&self, output: &'a str, answer: &'a str) -> Option<(&'a str, &'a str)> {
        let from = output.len() - answer.len();
        let first_of = |found: &Vec<Tag>| {
            let next = found.partition_point(|tag| tag.at < from);
            found.get(next).filter(|tag| tag.closes).map(|tag| tag.at)
        };
        let start = answer.len() - answer.trim_start().len();
        let orphans = REASONING_TAGS.iter().zip(&self.0).filter_map(|((_, close), found)| {
            // At the start of what is left, the line the tag is on may have begun with a block that was taken off.
            let leads = answer.get(start..)?.strip_prefix(close).is_some_and(line_ends);
            let at = if leads { start } else { first_of(found)? - from };
            Some((at, close.len()))
        });
        let (at, len) = orphans.min()?;
        Some((answer.get(..at)?, answer.get(at + len..)?))
    }
}

const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Whether nothing but blanks stands between the last line break and the end of `before`.
pub(super) fn line_starts(before: &str) -> bool {
    let before = before.trim_end_matches(BLANKS);
    before.is_empty() || before.ends_with('\n')
}

/// Whether nothing but blanks stands between the start of `after` and the next line break.
pub(super) fn line_ends(after: &str) -> bool {
    let after = after.trim_start_matches(BLANKS);
    after.is_empty() || after.starts_with('\n')
}

/// Tokens of chat templates that servers leave at the ends of an answer.
const SPECIAL_TOKENS: [&str; 14] = [
    "<|im_end|>",
    "<|im_start|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "<|call|>",
    "<|return|>",
    "<|observation|>",
    "</s>",
    "<end_of_turn>",
    "<|start_header_id|>assistant",
    "<|end_header_id|>",
];

/// The answer without white space and template tokens at its ends, and without the byte order mark that files begin with.
pub(super) fn bare(answer: &str) -> &str {
    let mut bare = answer.strip_prefix('\u{feff}').unwrap_or(answer).trim();
    if !bare.starts_with('<') && !bare.ends_with('>') {
        return bare;
    }
    while let Some(rest) =
        SPECIAL_TOKENS.iter().find_map(|token| bare.strip_suffix(token).or_else(|| bare.strip_prefix(token)))
    {
        bare = rest.trim();
    }
    bare
}

/// A part of an answer in Markdown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part<'a> {
    Words(&'a str),
    /// The inside of a fenced block, without its info string.
    Fence(&'a str),
}

const FENCE: &str = "```";

/// Cuts an answer at its code fences. A fence opens at the start of a line (indented or not) and closes with the next line that
/// starts with one, or with one that ends the line it stands on (`` ```[f()]``` ``); one that is never closed runs to the end.
pub(super) fn fences(answer: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = answer;
    while let Some(open) = find_fence(rest) {
        parts.push(Part::Words(rest.get(..open).unwrap_or_default()));
        let inside = rest.get(open + FENCE.len()..).unwrap_or_default();
        let inside = strip_info(inside);
        let close = find_close(inside);
        parts.push(Part::Fence(inside.get(..close).unwrap_or_default().trim()));
        rest = inside.get(close..).unwrap_or_default();
        rest = rest.strip_prefix(FENCE).unwrap_or(rest);
    }
    parts.push(Part::Words(rest));
    parts
}

fn find_fence(text: &str) -> Option<usize> {
    memmem::find_iter(text.as_bytes(), FENCE.as_bytes()).find(|&at| line_starts(text.get(..at).unwrap_or_default()))
}

fn find_close(text: &str) -> usize {
    memmem::find_iter(text.as_bytes(), FENCE.as_bytes())
        .find(|&at| {
            let (before, after) =
                (text.get(..at).unwrap_or_default(), text.get(at + FENCE.len()..).unwrap_or_default());
            line_starts(before) || line_ends(after)
        })
        .unwrap_or(text.len())
}

/// Drops the info string (`json`, `python`, `tool_code`): a word that is alone on the fence's line.
fn strip_info(inside: &str) -> &str {
    const LONGEST: usize = 100;
    let line = inside.bytes().take(LONGEST).position(|b| b == b'\n').and_then(|end| inside.split_at_checked(end));
    match line {
        Some((info, rest)) if !info.contains(['(', '[', '{', '"', '\'', '`']) => rest,
        _ => inside,
    }
}
