//! Quoted texts and names in running text.

use super::{Words, dates};

/// A name in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Name {
    /// Its words.
    pub words: Words,
    /// Whether it says where the name before it lies: "Italy" in "Rome, Italy".
    pub region: bool,
}

/// A message that stands in quotes as a whole, without them.
pub(super) fn unquoted(text: &str) -> &str {
    let trimmed = text.trim();
    let inner = |open, close| trimmed.strip_prefix(open).and_then(|t: &str| t.strip_suffix(close));
    inner('"', '"').or_else(|| inner('\u{201C}', '\u{201D}')).unwrap_or(text)
}

/// Texts between matching quotes. An apostrophe inside a word opens nothing; a key before a colon names nothing.
pub(super) fn quoted(text: &str) -> Vec<Words> {
    const PAIRS: [(char, char); 6] = [
        ('"', '"'),
        ('\u{201C}', '\u{201D}'),
        ('\'', '\''),
        ('\u{2018}', '\u{2019}'),
        ('`', '`'),
        ('\u{300C}', '\u{300D}'),
    ];
    let mut out = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let mut previous = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, n)| *n);
        match open {
            Some((close, start)) if c == close && !(c == '\'' && next.is_alphanumeric()) => {
                let words = text.get(start..at).map(Words::new).filter(|_| next != ':');
                out.extend(words.filter(|w| !w.is_empty() && w.len() <= 40));
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
pub(super) fn names(text: &str) -> Vec<Name> {
    let mut out: Vec<Name> = Vec::new();
    let mut run = String::new();
    let mut sentence_start = true;
    // Whether the word before the run ended a name with a comma.
    let (mut after_comma, mut region) = (false, false);
    for word in text.split_whitespace() {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let core = core.strip_suffix("'s").or_else(|| core.strip_suffix("\u{2019}s")).unwrap_or(core);
        let capital = core.chars().next().is_some_and(char::is_uppercase) && core != "I" && !core.starts_with("I'");
        // "OR" of "Portland, OR" is no name of its own, and a month or a weekday is part of a date.
        let capital = capital && core.chars().count() > 2 && !dates::is_calendar_word(&core.to_lowercase());
        if capital && !sentence_start {
            if run.is_empty() {
                region = after_comma;
            }
            run.push(' ');
            run.push_str(core);
        }
        let ends = !word.ends_with(char::is_alphanumeric);
        after_comma = false;
        if (!capital || ends) && !run.is_empty() {
            out.push(Name { words: Words::new(&std::mem::take(&mut run)), region });
            after_comma = capital && word.ends_with(',');
        } else if capital && sentence_start {
            after_comma = word.ends_with(',');
        }
        sentence_start = word.ends_with(['.', '?', '!', ':']);
    }
    if !run.is_empty() {
        out.push(Name { words: Words::new(&run), region });
    }
    mark_lists(&mut out, text);
    out
}

/// A name after a comma is an item of a list, and no region, when the list goes on: "Rome, Paris and Madrid".
fn mark_lists(names: &mut [Name], text: &str) {
    let text = Words::new(text);
    for name in names.iter_mut().filter(|n| n.region) {
        let followed = ["and", "or"].iter().any(|w| text.joined().contains(&format!("{}{w} ", name.words.joined())));
        name.region = !followed || name.words.joined().trim() == "usa";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, bool)> {
        names(text).iter().map(|n| (n.words.joined().trim().to_owned(), n.region)).collect()
    }

    fn name(text: &str, region: bool) -> (String, bool) {
        (text.to_owned(), region)
    }

    #[test]
    fn names_lose_their_case_ending_and_regions_are_told_from_lists() {
        assert_eq!(
            found("See Rome, Italy for Ada's sake"),
            [name("rome", false), name("italy", true), name("ada", false)]
        );
        assert_eq!(
            found("See Rome, Paris and Madrid"),
            [name("rome", false), name("paris", false), name("madrid", false)]
        );
        assert_eq!(found("It rains in May on Mondays, I hear"), []);
    }

    #[test]
    fn a_message_in_quotes_is_no_quoted_text() {
        assert_eq!(unquoted("\"Say 'yes' to Ann.\""), "Say 'yes' to Ann.");
        let texts: Vec<String> =
            quoted(unquoted("\"Say 'yes' to Ann.\"")).iter().map(|w| w.joined().to_owned()).collect();
        assert_eq!(texts, [" yes "]);
        assert!(quoted("the grades {'math': 3}").is_empty());
    }
}
