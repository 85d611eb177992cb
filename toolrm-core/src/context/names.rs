//! Quoted texts and names in running text.

use super::{Words, dates};

/// Texts between matching quotes. An apostrophe inside a word opens nothing.
pub(super) fn quoted(text: &str) -> Vec<Words> {
    const PAIRS: [(char, char); 5] =
        [('"', '"'), ('\u{201C}', '\u{201D}'), ('\'', '\''), ('\u{2018}', '\u{2019}'), ('`', '`')];
    let mut out = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let mut previous = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_word = chars.peek().is_some_and(|(_, n)| n.is_alphanumeric());
        match open {
            Some((close, start)) if c == close && !(c == '\'' && next_is_word) => {
                out.extend(text.get(start..at).map(Words::new).filter(|w| !w.is_empty() && w.len() <= 40));
                open = None;
            }
            None if !previous.is_alphanumeric() => {
                open = PAIRS.iter().find(|(o, _)| *o == c).map(|(_, close)| (*close, at + c.len_utf8()));
            }
            _ => {}
        }
        previous = c;
    }
    out
}

/// Runs of capitalised words that do not begin a sentence.
pub(super) fn names(text: &str) -> Vec<Words> {
    let mut out: Vec<Words> = Vec::new();
    let mut run = String::new();
    let mut sentence_start = true;
    for word in text.split_whitespace() {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let capital = core.chars().next().is_some_and(char::is_uppercase) && core != "I" && !core.starts_with("I'");
        // "OR" of "Portland, OR" is no name of its own, and a month or a weekday is part of a date.
        let capital = capital && core.chars().count() > 2 && !dates::is_calendar_word(&core.to_lowercase());
        if capital && !sentence_start {
            run.push(' ');
            run.push_str(core);
        }
        let ends = !word.ends_with(char::is_alphanumeric);
        if (!capital || ends) && !run.is_empty() {
            out.push(Words::new(&std::mem::take(&mut run)));
        }
        sentence_start = word.ends_with(['.', '?', '!', ':']);
    }
    if !run.is_empty() {
        out.push(Words::new(&run));
    }
    out
}
