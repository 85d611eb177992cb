//! Text as the rules compare it: folded, split into words, stemmed.
//!
//! Folding is NFKD in lower case without combining marks ("São" is "sao"). A word is a run of letters and digits; a decimal point
//! between digits belongs to the word (`2.5`), a comma between groups of three digits is dropped (`1,000` is `1000`), and each
//! character of a script written without spaces (Han, Kana, Thai) is a word, so that containment works there too.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A text as a list of folded words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The words joined by single spaces, with one space at each end: `" weather in paris "`.
    joined: String,
    /// Byte ranges of the words in `joined`.
    spans: Vec<(u32, u32)>,
}

impl Words {
    /// Splits a text.
    pub fn new(text: &str) -> Self {
        let mut words = Self { joined: String::with_capacity(text.len() + 2), spans: Vec::new() };
        words.joined.push(' ');
        if text.is_ascii() {
            words.push_chars(text.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            words.push_chars(folded(text));
        }
        words
    }

    /// Splits an identifier: as [`Words::new`], and at the humps of camel case (`getUserID` is `get user id`).
    pub fn of_identifier(name: &str) -> Self {
        let mut spaced = String::with_capacity(name.len() + 8);
        let mut previous = ' ';
        let mut chars = name.chars().peekable();
        while let Some(c) = chars.next() {
            let starts_word = c.is_uppercase()
                && (previous.is_lowercase()
                    || previous.is_numeric()
                    || (previous.is_uppercase() && chars.peek().is_some_and(|n| n.is_lowercase())));
            if starts_word {
                spaced.push(' ');
            }
            spaced.push(c);
            previous = c;
        }
        Self::new(&spaced)
    }

    fn push_chars(&mut self, chars: impl Iterator<Item = char> + Clone) {
        let mut chars = chars.peekable();
        let mut start = self.joined.len();
        let mut previous = ' ';
        while let Some(c) = chars.next() {
            let digit_follows = chars.peek().is_some_and(char::is_ascii_digit);
            if c == 't' && previous.is_ascii_digit() && digit_follows {
                // "2025-03-14T09:00": a date and a time.
                self.end_word(start);
                start = self.joined.len();
            } else if c.is_alphanumeric() {
                if is_unspaced(c) {
                    self.end_word(start);
                    start = self.joined.len();
                    self.joined.push(c);
                    self.end_word(start);
                    start = self.joined.len();
                } else {
                    self.joined.push(c);
                }
            } else if c == '.' && previous.is_ascii_digit() && digit_follows {
                self.joined.push('.');
            } else if c == ',' && previous.is_ascii_digit() && digit_follows {
                // `1,000` is one number, `1,2` and `10,20` are two words: only groups of exactly three digits are joined.
                let group: String = chars.clone().take(4).collect();
                let three = group.chars().take(3).filter(char::is_ascii_digit).count() == 3;
                if !three || group.chars().nth(3).is_some_and(|c| c.is_ascii_digit()) {
                    self.end_word(start);
                    start = self.joined.len();
                }
            } else if (c == '\'' || c == '\u{2019}') && previous.is_alphanumeric() {
                // "user's" is the word "users" no more than "dont" is "don": drop the apostrophe, keep the word together.
            } else {
                self.end_word(start);
                start = self.joined.len();
            }
            previous = c;
        }
        self.end_word(start);
    }

    #[allow(clippy::cast_possible_truncation, reason = "a text over 4 GiB saturates and its tail is not indexed")]
    fn end_word(&mut self, start: usize) {
        if self.joined.len() > start {
            self.spans.push((start as u32, self.joined.len() as u32));
            self.joined.push(' ');
        }
    }

    /// The words, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.spans.iter().filter_map(|&(a, b)| self.joined.get(a as usize..b as usize))
    }

    /// Every word with the joined text that begins at it and ends with a space.
    pub(crate) fn tails(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans
            .iter()
            .filter_map(|&(a, b)| Some((self.joined.get(a as usize..b as usize)?, self.joined.get(a as usize..)?)))
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The words joined by single spaces, with a space at each end.
    pub fn joined(&self) -> &str {
        &self.joined
    }

    /// Whether the words of `phrase` occur here in a row. An empty phrase does not.
    pub fn contains(&self, phrase: &Words) -> bool {
        !phrase.is_empty() && memchr::memmem::find(self.joined.as_bytes(), phrase.joined.as_bytes()).is_some()
    }
}

/// The characters of a text in lower case, without combining marks, decimal digits of any script as ASCII ones.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> + Clone {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).map(ascii_digit)
}

/// The ASCII digit of a decimal digit of another script; full-width forms are folded before.
fn ascii_digit(c: char) -> char {
    const ZEROS: [char; 12] = [
        '\u{0660}', // Arabic-Indic
        '\u{06F0}', // Persian, Urdu
        '\u{07C0}', // N'Ko
        '\u{0966}', // Devanagari
        '\u{09E6}', // Bengali
        '\u{0A66}', // Gurmukhi
        '\u{0AE6}', // Gujarati
        '\u{0BE6}', // Tamil
        '\u{0C66}', // Telugu
        '\u{0E50}', // Thai
        '\u{0ED0}', // Lao
        '\u{1040}', // Burmese
    ];
    let value = ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|d| *d < 10));
    value.and_then(|d| char::from_digit(d, 10)).unwrap_or(c)
}

/// Characters of scripts that put no space between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0E7F}' // Thai
        | '\u{3040}'..='\u{30FF}' // Hiragana, Katakana
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' // Han
        | '\u{20000}'..='\u{2FA1F}')
}

/// A cheap English stem: enough to match "bookings" with "booking" and "book". Never longer than the word; words in other
/// scripts come back as they are.
///
/// ```
/// use toolrm_core::context::stem;
/// assert_eq!(stem("cities"), stem("city"));
/// assert_eq!(stem("calculating"), stem("calculate"));
/// assert_eq!(stem("3.5"), "3.5");
/// ```
pub fn stem(word: &str) -> &str {
    const SUFFIXES: [&str; 15] =
        ["ations", "ation", "ating", "ates", "ated", "ings", "ing", "ies", "ied", "ie", "ate", "es", "ed", "s", "y"];
    if !word.is_ascii() || word.len() < 4 || word.bytes().any(|b| b.is_ascii_digit()) || word.ends_with("ss") {
        return word;
    }
    let stem =
        SUFFIXES.iter().find_map(|suffix| word.strip_suffix(suffix).filter(|stem| stem.len() >= 3)).unwrap_or(word);
    // "planning" -> "plann" -> "plan"; "e" is dropped so that "calculate", "calculat-ing" and "calculator" meet.
    let stem = stem.strip_suffix('e').filter(|s| s.len() >= 3).unwrap_or(stem);
    match stem.as_bytes() {
        [.., a, b] if a == b && !matches!(b, b'l' | b's' | b'e' | b'o') && stem.len() > 3 => {
            stem.get(..stem.len() - 1).unwrap_or(stem)
        }
        _ => stem,
    }
}

/// English words that say nothing about what is asked. (Sorted: looked up by bisection.)
pub fn is_stop_word(word: &str) -> bool {
    const STOP: [&str; 114] = [
        "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by",
        "can", "could", "do", "does", "for", "from", "get", "give", "going", "had", "has", "have", "having", "he",
        "hello", "help", "her", "hi", "him", "his", "how", "i", "id", "if", "im", "in", "into", "is", "it", "its",
        "ive", "just", "know", "let", "like", "looking", "make", "many", "may", "me", "more", "much", "my", "need",
        "no", "not", "now", "of", "off", "on", "one", "or", "our", "out", "over", "please", "she", "should", "show",
        "so", "some", "such", "take", "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they",
        "this", "those", "to", "too", "up", "us", "use", "using", "value", "want", "was", "we", "were", "what", "when",
        "where", "which", "who", "will", "with", "within", "would", "you", "your", "youre",
    ];
    // No stop word is longer.
    word.len() <= "looking".len() && STOP.binary_search(&word).is_ok()
}
