//! Lists in running text: "navy, purple and maroon".

use std::borrow::Cow;

use super::{Source, Words, names::unquoted};

/// Longer than this, a piece between two separators is a clause and no item.
const MAX_ITEM: usize = 4;

/// Neighbouring items of the lists in a text, as (left, right). The left one may carry words before the item itself ("values for
/// navy"); the right one is short and ends where the next separator or the sentence does.
pub(super) fn neighbours(text: &str) -> Vec<(Words, Words)> {
    let mut out = Vec::new();
    for sentence in text.split(['.', '?', '!', ';', '\n', '(', ')', ':', '\u{3002}', '\u{FF1F}', '\u{FF0C}']) {
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
    sentence
        .split(", ")
        .flat_map(|part| part.split('\u{3001}'))
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" & "))
        .map(|part| {
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
        // "a group of four plans a trip": four people.
        if words
            .get(i.saturating_sub(2)..i)
            .is_some_and(|before| matches!(before, ["group" | "party" | "family" | "team", "of"]))
        {
            return None;
        }
        (is_plural(words.get(i + 1))
            || (words.get(i + 1).is_some_and(|w| *w == "different") && is_plural(words.get(i + 2))))
        .then_some(n)
    })
}

/// Numbers of a request that no argument needs to hold: those in words (`base64`, `HS256`), and those that stand only in what the
/// `owed` part leaves out.
pub(super) fn idle_numbers(request: &Source, owed: &str) -> Vec<f64> {
    let words = Words::new(owed);
    let is_free = |w: &&str| w.starts_with(|c: char| c.is_ascii_digit());
    let glued = |w: &&str| w.starts_with(char::is_alphabetic) && w.ends_with(|c: char| c.is_ascii_digit());
    let at_start = |w: &str| w.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok();
    let at_end = |w: &str| w.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok();
    let free: Vec<f64> = words.iter().filter(is_free).filter_map(at_start).collect();
    let mut idle: Vec<f64> = words.iter().filter(glued).filter_map(at_end).filter(|v| !free.contains(v)).collect();
    if words.len() < request.words.len() {
        let read = Source::new(owed);
        idle.extend(request.numbers.iter().map(|n| n.value).filter(|v| !read.has_number(*v)));
    }
    idle
}

/// The part of a request that its calls have to do now: without what its speaker takes back, and without instructions for a case
/// that may come ("If it costs more than 300 dollars, look for another one.").
pub(super) fn owed(request: &str) -> Cow<'_, str> {
    let rest = after_correction(unquoted(request));
    let is_conditional = |sentence: &str, after_one: bool| {
        let sentence = sentence.trim();
        let starts = |word: &str| sentence.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let case = starts("if ") || (after_one && ["instead", "otherwise", "then "].iter().any(|w| starts(w)));
        case && !sentence.ends_with('?')
    };
    let mut owed = String::new();
    let mut dropped = false;
    for sentence in sentences(rest) {
        dropped = is_conditional(sentence, dropped);
        if !dropped {
            owed.push_str(sentence);
        }
    }
    // A request that is all condition is owed as it stands.
    if owed.len() == rest.len() || owed.trim().is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(owed) }
}

/// The sentences of a text, each with the spaces that follow it.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.match_indices(['.', '?', '!', '\n']).find_map(|(at, mark)| {
            let next = at + mark.len();
            rest.get(next..).is_some_and(|r| r.is_empty() || r.starts_with(char::is_whitespace)).then_some(next)
        });
        let (sentence, more) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        rest = more;
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// What is left of a request when its speaker corrects himself: what stands after the last "sorry", "I mean", "correction".
fn after_correction(request: &str) -> &str {
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
    fn numbers_inside_words_and_in_conditions_are_idle() {
        let idle = |text: &str| idle_numbers(&Source::new(text), &owed(text));
        assert_eq!(idle("a base64 text, HS256, 3 of them, q3"), [64.0, 256.0]);
        assert_eq!(
            idle("A flight on May 5. If it is over 300 dollars, check May 6. Instead of 2 bags take 1. Add 4."),
            [300.0, 6.0, 2.0, 1.0]
        );
        assert_eq!(idle("If I save 300 a month, how much is it in 2 years?"), Vec::<f64>::new());
    }

    #[test]
    fn a_correction_takes_back_what_was_said_before() {
        assert_eq!(after_correction("From Lyon. I'm sorry, the city is Nice."), "the city is Nice.");
        assert_eq!(after_correction("Lyon or Nice, sorry for that"), "Lyon or Nice, sorry for that");
        assert_eq!(after_correction("A train to Lyon. Sorry, thanks"), "A train to Lyon. Sorry, thanks");
    }

    #[test]
    fn lists_are_cut_at_commas_of_any_script() {
        let pairs = neighbours("北京、上海、广州的天气。");
        let shown: Vec<(&str, &str)> = pairs.iter().map(|(l, r)| (l.joined().trim(), r.joined().trim())).collect();
        assert_eq!(shown, [("北 京", "上 海")]);
        assert_eq!(neighbours("look up navy, purple and maroon").len(), 2);
    }

    #[test]
    fn people_and_measures_are_no_things_to_do() {
        assert_eq!(counted(&Words::new("the area of three circles")), Some(3));
        assert_eq!(counted(&Words::new("two different loans")), Some(2));
        assert_eq!(counted(&Words::new("our group of four plans a trip")), None);
        assert_eq!(counted(&Words::new("two seats for three nights")), None);
    }
}
