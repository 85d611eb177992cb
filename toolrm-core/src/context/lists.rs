//! Lists in running text: "navy, purple and maroon".

use super::{Words, dates};

/// Longer than this, a piece between two separators is a clause and no item.
const MAX_ITEM: usize = 4;

/// Neighbouring items of the lists in a text, as (left, right). The left one may carry words before the item itself ("values for
/// navy"); the right one is short and ends where the next separator or the sentence does.
pub(super) fn neighbours(text: &str) -> Vec<(Words, Words)> {
    let mut out = Vec::new();
    for sentence in text.split(['.', '?', '!', ';', '\n', '(', ')', ':']) {
        let pieces: Vec<Words> = pieces(sentence).map(Words::new).filter(|w| !w.is_empty()).collect();
        for pair in pieces.windows(2) {
            if let [left, right] = pair
                && right.len() <= MAX_ITEM
            {
                out.push((left.clone(), right.clone()));
            }
        }
    }
    out
}

/// Splits at commas and at "and", "or", "&" between words. A comma between digits separates nothing.
fn pieces(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split(", ").flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" & ")).map(|part| {
        let part = part.trim();
        part.strip_prefix("and ").unwrap_or(part)
    })
}

/// How many things a request counts in words: a number word before a plural, at most one word between ("two different objects").
pub(super) fn counted(request: &Words) -> Option<usize> {
    const COUNTS: [&str; 9] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let words: Vec<&str> = request.iter().collect();
    let is_plural =
        |w: Option<&&str>| w.is_some_and(|w| w.len() > 3 && w.ends_with('s') && !w.ends_with("ss") && !is_measure(w));
    words.iter().enumerate().find_map(|(i, word)| {
        let n = COUNTS.iter().position(|c| c == word)? + 2;
        (is_plural(words.get(i + 1))
            || (words.get(i + 1).is_some_and(|w| *w == "different") && is_plural(words.get(i + 2))))
        .then_some(n)
    })
}

/// Numbers that are parts of dates and times: beside a month's name or an hour's mark, and the parts of `2025-03-14`.
pub(super) fn calendar_numbers(request: &Words) -> Vec<f64> {
    const MARKS: [&str; 9] = ["am", "pm", "oclock", "noon", "morning", "afternoon", "evening", "night", "midnight"];
    let words: Vec<&str> = request.iter().collect();
    let is_year = |w: &str| w.len() == 4 && w.parse().is_ok_and(|y: u32| (1900..2200).contains(&y));
    let mut out = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let Ok(value) = digits.parse::<f64>() else { continue };
        let near = words.get(i.saturating_sub(2)..(i + 3).min(words.len())).unwrap_or_default();
        let suffix = word.get(digits.len()..).unwrap_or("");
        let timed = matches!(suffix, "am" | "pm" | "st" | "nd" | "rd" | "th");
        let dated = near.iter().any(|w| dates::month(w).is_some()) && (value <= 31.0 || is_year(word));
        let hour = value <= 60.0 && near.iter().any(|w| MARKS.contains(w));
        // The month and the day of a date in digits stand beside its year.
        let small = |w: &&str| w.len() <= 2 && w.parse::<u32>().is_ok();
        let in_digits =
            (small(word) && near.iter().any(|w| is_year(w))) || (is_year(word) && near.iter().any(|w| small(w)));
        if timed || dated || hour || in_digits {
            out.push(value);
        }
    }
    out
}

/// "five minutes" counts no things to do.
fn is_measure(word: &str) -> bool {
    const MEASURES: [&str; 32] = [
        "adults",
        "bedrooms",
        "beds",
        "children",
        "days",
        "dollars",
        "feet",
        "friends",
        "guests",
        "hours",
        "inches",
        "kids",
        "members",
        "meters",
        "miles",
        "minutes",
        "months",
        "nights",
        "passengers",
        "people",
        "persons",
        "players",
        "points",
        "rooms",
        "seconds",
        "sides",
        "stars",
        "students",
        "tickets",
        "travelers",
        "weeks",
        "years",
    ];
    MEASURES.binary_search(&word).is_ok()
}
