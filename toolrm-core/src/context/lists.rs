//! Lists in running text: "navy, purple and maroon".

use super::Words;

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

/// Numbers that stand at the end of a word of letters only (`base64`, `HS256`): parts of names.
pub(super) fn glued_numbers(request: &Words) -> Vec<f64> {
    let glued = |w: &&str| w.starts_with(|c: char| c.is_alphabetic()) && w.ends_with(|c: char| c.is_ascii_digit());
    let value = |w: &str| w.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok();
    let free: Vec<f64> =
        request.iter().filter(|w| w.starts_with(|c: char| c.is_ascii_digit())).filter_map(value_at_start).collect();
    request.iter().filter(glued).filter_map(value).filter(|v| !free.contains(v)).collect()
}

fn value_at_start(word: &str) -> Option<f64> {
    word.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

/// What is left of a request when its speaker corrects himself: what stands after the last "sorry", "I mean", "correction".
pub(super) fn after_correction(request: &str) -> &str {
    const MARKS: [&str; 8] =
        ["i'm sorry", "i\u{2019}m sorry", "sorry, ", "i meant ", "i mean ", "correction:", "scratch that", "no wait"];
    let lower = request.to_ascii_lowercase();
    let last = MARKS.iter().filter_map(|m| lower.rfind(m).map(|at| at + m.len())).max();
    let rest = last.and_then(|at| request.get(at..)).unwrap_or(request);
    // An apology at the end takes nothing back.
    if rest.split_whitespace().count() >= 3 { rest } else { request }
}

/// "five minutes" counts no things to do.
fn is_measure(word: &str) -> bool {
    const MEASURES: &[&str] = &[
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
        "seats",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_inside_words_are_parts_of_names() {
        assert_eq!(glued_numbers(&Words::new("a base64 text, HS256, 3 of them, q3")), [64.0, 256.0]);
    }

    #[test]
    fn a_correction_takes_back_what_was_said_before() {
        assert_eq!(after_correction("From Lyon. I'm sorry, the city is Nice."), "the city is Nice.");
        assert_eq!(after_correction("Lyon or Nice, sorry for that"), "Lyon or Nice, sorry for that");
        assert_eq!(after_correction("A train to Lyon. Sorry, thanks"), "A train to Lyon. Sorry, thanks");
    }

    #[test]
    fn people_and_measures_are_no_things_to_do() {
        assert_eq!(counted(&Words::new("the area of three circles")), Some(3));
        assert_eq!(counted(&Words::new("two different loans")), Some(2));
        assert_eq!(counted(&Words::new("two seats for three nights")), None);
    }
}
