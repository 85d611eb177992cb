//! [`Hints`]: what a tool or parameter says about itself in words, read once when the toolset is built.

use serde_json::Value;

use super::{Holds, Lookup, Spelling};
use crate::context::{Unit, Words, is_region_code};

/// What a name and a description say.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Hints {
    /// The words of the name (`getUserID` is `get user id`).
    pub name: Words,
    /// The words of the description.
    pub description: Words,
    /// The default the description states ("Defaults to 'metric'."), if any.
    pub default: Option<Words>,
    /// Texts the description gives as examples ("e.g. 'San Francisco, CA'").
    pub examples: Vec<Words>,
    /// Other texts in quotes, most often the allowed spellings ("either 'asc' or 'desc'").
    pub options: Vec<Words>,
    /// Codes the description explains, each with its meaning ("1 for Bangkok, 2 for Chiang Mai").
    pub codes: Vec<(Words, Words)>,
    /// Whether it asks for free text (a message, a query, a summary), which may be put in other words than the request's.
    pub free: bool,
    /// What its values look like, where the description's examples agree.
    pub shape: Option<Form>,
    /// How it wants a place written.
    pub place: PlaceForm,
    /// The words of the listed values (`enum`) that are texts, in their order.
    pub allowed: Vec<Words>,
    /// What the parameter could hold.
    pub holds: Holds,
    /// Where the value comes from, as the descriptions of the tools say.
    pub lookup: Lookup,
    /// The spellings of dates and times the description shows, by letters ("YYYY-MM-DD") or by example.
    pub(crate) spellings: Vec<Spelling>,
    /// Whether the spellings put the day before the month, if they are of one mind.
    pub(crate) day_first: Option<bool>,
    /// The unit the description asks for, or the name ends with ("duration_minutes").
    pub unit: Option<Unit>,
}

impl Hints {
    /// Reads a name and a description.
    pub fn new(name: &str, description: &str, allowed: &[Value]) -> Self {
        let (examples, options) = quoted(description);
        let spellings = Spelling::shown(description);
        let (name, description_words) = (Words::of_identifier(name), Words::new(description));
        Self {
            day_first: Spelling::day_first(&spellings),
            spellings,
            unit: asked_unit(&name, description),
            free: allowed.is_empty() && is_free(&name, &description_words),
            lookup: Lookup::new(&name, description),
            name,
            description: description_words,
            default: stated_default(description),
            examples,
            options,
            codes: codes(description),
            place: PlaceForm::of(description),
            shape: Form::of(description),
            allowed: allowed.iter().filter_map(Value::as_str).map(Words::new).collect(),
            holds: Holds::default(),
        }
    }
}

/// What a description's examples look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// Capital letters and digits in one word, at most five: an airport, a currency, a ticker.
    Code,
    /// Small letters joined by underscores: `new_arrivals`.
    Snake,
    /// Small letters joined by hyphens: `new-arrivals`.
    Kebab,
}

impl Form {
    /// The shape that all examples in quotes have, or that the words ask for by the name of a standard.
    fn of(description: &str) -> Option<Self> {
        const CODES: [&str; 6] = ["iata", "ticker symbol", "iso 4217", "alpha-2", "3166", "currency code"];
        let mut shape = None;
        for example in quoted_texts(description).filter(|(_, is_example)| *is_example).map(|(text, _)| text) {
            let next = Self::of_text(example)?;
            if shape.is_some_and(|s| s != next) {
                return None;
            }
            shape = Some(next);
        }
        let lower = description.to_ascii_lowercase();
        shape.or_else(|| {
            CODES.iter().any(|name| lower.contains(name)).then_some(Self::Code).filter(|_| !lower.contains("name"))
        })
    }

    /// The shape of a text, if it has one.
    pub fn of_text(text: &str) -> Option<Self> {
        let parts = |joint: char| {
            text.contains(joint)
                && text
                    .split(joint)
                    .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        };
        let is_code = (2..=5).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && text.bytes().any(|b| b.is_ascii_uppercase());
        if is_code {
            Some(Self::Code)
        } else if parts('_') {
            Some(Self::Snake)
        } else if parts('-') {
            Some(Self::Kebab)
        } else {
            None
        }
    }
}

/// How a description wants a place written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "four things a description may or may not say, each on its own")]
pub struct PlaceForm {
    /// A state behind the city: "City, State", or an example that has one.
    pub state: bool,
    /// The words ask for a state, not an example alone.
    pub state_in_words: bool,
    /// The state as its two letters: an example has them ("Reno, NV"), or the words say so.
    pub short_state: bool,
    /// A country behind the city.
    pub country: bool,
}

impl PlaceForm {
    fn of(description: &str) -> Self {
        let lower = description.to_ascii_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|p| lower.contains(p));
        let shown = shows_state_code(description);
        let state_in_words = says(&["city, state", "city and state", "city/state"]);
        Self {
            state: shown || state_in_words,
            state_in_words,
            short_state: shown
                || says(&[
                    "state (abbr",
                    "abbreviated state",
                    "state has to be abb",
                    "two-letter state",
                    "state abbreviation",
                    "state code",
                ]),
            country: says(&["city, country", "city and country", "city and the country"]),
        }
    }
}

/// Whether a text shows a place with the two capital letters of its state behind a comma: "Reno, NV".
fn shows_state_code(text: &str) -> bool {
    text.match_indices(", ").any(|(at, _)| {
        let before = text.get(..at).is_some_and(|b| b.ends_with(char::is_alphabetic));
        let mut after = text.get(at + 2..).unwrap_or("").chars();
        let code: String = after.by_ref().take(2).collect();
        let ends = after.next().is_none_or(|c| !c.is_alphanumeric());
        before && ends && code.bytes().all(|b| b.is_ascii_uppercase()) && is_region_code(&code.to_ascii_lowercase())
    })
}

/// Whether a parameter asks for free text: its name ends in a word for one, or its description begins with one.
fn is_free(name: &Words, description: &Words) -> bool {
    const FREE: [&str; 29] = [
        "answer",
        "body",
        "caption",
        "comment",
        "content",
        "description",
        "details",
        "instruction",
        "instructions",
        "message",
        "note",
        "notes",
        "objective",
        "prompt",
        "purpose",
        "q",
        "query",
        "question",
        "reason",
        "search",
        "sentence",
        "string",
        "summary",
        "text",
        "topic",
        "feedback",
        "statement",
        "utterance",
        "input",
    ];
    name.iter().next_back().is_some_and(|w| FREE.contains(&w))
        || description.iter().take(6).any(|w| matches!(w, "query" | "text" | "message" | "sentence" | "prompt"))
}

/// The value after "default is", "defaults to", "default:", quoted or the next word; marks of emphasis are no part of it.
/// The unit of a parameter: the last word of its name, else the word after "in" in its description, or one in brackets.
fn asked_unit(name: &Words, description: &str) -> Option<Unit> {
    let last = name
        .iter()
        .next_back()
        .filter(|w| w.len() > 1 && name.len() > 1 && !matches!(*w, "min" | "in" | "second"))
        .and_then(Unit::named);
    let whole = name.iter().next_back().filter(|w| w.ends_with('s')).and_then(Unit::named);
    let lower = description.to_ascii_lowercase();
    let starts = lower.match_indices("in ").chain(lower.match_indices('(')).chain(lower.match_indices("number of "));
    let mut units = starts.filter_map(|(at, found)| {
        let begins = !lower.get(..at).is_some_and(|b| b.ends_with(char::is_alphanumeric));
        let rest = lower.get(at + found.len()..).filter(|_| begins)?;
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        let simple =
            !after.starts_with(['^', '/', '*']) && !after.starts_with(" per ") && !after.starts_with(" squared");
        // "(m)" is a unit, "in m." too; "in s" hardly ever stands for anything else.
        Unit::named(word).filter(|_| simple && (word.len() > 1 || !after.starts_with(char::is_alphanumeric)))
    });
    let described = units.next();
    // Two units of choice are none.
    let several = described.is_some_and(|d| units.any(|u| !u.is(d)));
    if several { None } else { last.or(described).or(whole) }
}

/// The value after "default is", "defaults to", "default:", quoted or the next word.
fn stated_default(description: &str) -> Option<Words> {
    let plain: String;
    let description = if description.contains('*') {
        plain = description.replace('*', "");
        &plain
    } else {
        description
    };
    let lower = description.to_ascii_lowercase();
    let at = lower.find("default")?;
    let rest = description.get(at..)?;
    let rest = rest.split_once([' ', ':', '=']).map(|(_, r)| r)?;
    let rest = rest.trim_start_matches([' ', ':', '=', '(']);
    let rest = ["value is set to ", "value is ", "is set to ", "set to ", "is ", "to ", "value "]
        .iter()
        .find_map(|p| rest.get(..p.len()).filter(|head| head.eq_ignore_ascii_case(p)).and_then(|_| rest.get(p.len()..)))
        .unwrap_or(rest)
        .trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    let value = match quote {
        Some(q) => rest.get(1..)?.split(q).next()?,
        None => rest.split([' ', ',', ';', ')', '(']).next()?,
    };
    let words = Words::new(value);
    (!words.is_empty() && words.len() <= 6).then_some(words)
}

/// Codes with their meanings: a number or a quoted text before "for", "means" or "=" and a few words. One code alone explains nothing.
fn codes(description: &str) -> Vec<(Words, Words)> {
    let mut out = Vec::new();
    for link in [" for ", " means ", " = ", "="] {
        for (at, _) in description.match_indices(link) {
            let (before, after) = description.split_at_checked(at).unwrap_or((description, ""));
            let code = before.rsplit([' ', '(', ',', ':']).next().unwrap_or("");
            let bare = code.trim_matches(['\'', '"', '`']);
            let is_code = !bare.is_empty() && (bare.len() < code.len() || bare.bytes().all(|b| b.is_ascii_digit()));
            let meaning = after.get(link.len()..).unwrap_or("");
            let meaning = meaning.split([',', ';', '.', ')', '(']).next().unwrap_or("");
            let meaning = [" and ", " or "].iter().fold(meaning, |m, end| m.split(end).next().unwrap_or(m));
            let words = Words::new(meaning);
            let is_meaning = !words.is_empty() && words.len() <= 6 && !meaning.contains(|c: char| c.is_ascii_digit());
            if is_code && is_meaning && !bare.contains(':') {
                out.push((Words::new(bare), words));
            }
        }
    }
    if out.len() < 2 { Vec::new() } else { out }
}

/// Texts in quotes: (examples, others). A text is an example when "e.g.", "such as", "example" or "like" stands before it in its
/// sentence.
fn quoted(description: &str) -> (Vec<Words>, Vec<Words>) {
    let (mut examples, mut options) = (Vec::new(), Vec::new());
    for (text, is_example) in quoted_texts(description) {
        let words = Words::new(text);
        if !words.is_empty() && words.len() <= 12 {
            if is_example { &mut examples } else { &mut options }.push(words);
        }
    }
    (examples, options)
}

/// Texts in quotes, and whether they stand as examples.
fn quoted_texts(description: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut introduced = false;
    let mut rest = description;
    std::iter::from_fn(move || {
        while let Some(open) = rest.find(['\'', '"', '`']) {
            let (before, from) = rest.split_at_checked(open)?;
            let lower = before.to_ascii_lowercase();
            // A new sentence ends the reach of an "e.g."; its own full stops do not count.
            if lower.contains(". ") && !lower.trim_end().ends_with("e.g.") {
                introduced = false;
            }
            introduced |= ["e.g", "such as", "example", "like ", "for instance"].iter().any(|w| lower.contains(w));
            let mut chars = from.chars();
            let quote = chars.next()?;
            let inside = chars.as_str();
            // An apostrophe in a word opens nothing.
            let in_word = before.ends_with(char::is_alphanumeric) && inside.starts_with(char::is_alphanumeric);
            match inside.find(quote).filter(|_| !in_word) {
                Some(end) => {
                    let (text, after) = inside.split_at_checked(end)?;
                    rest = after.get(quote.len_utf8()..).unwrap_or("");
                    return Some((text, introduced));
                }
                None => rest = inside,
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(words: &[Words]) -> Vec<&str> {
        words.iter().map(|w| w.joined().trim()).collect()
    }

    #[test]
    fn defaults_are_read_from_descriptions() {
        for (text, want) in [
            ("The unit. Defaults to 'metric'.", Some("metric")),
            ("Default is 5, at most 10", Some("5")),
            ("Optional. Default: New York", Some("new")),
            ("The default value is \"New York\".", Some("new york")),
            ("The **default** value is set to **1**.", Some("1")),
            ("No such thing", None),
        ] {
            assert_eq!(stated_default(text).as_ref().map(|w| w.joined().trim()), want, "{text}");
        }
    }

    #[test]
    fn codes_are_read_with_their_meanings() {
        let read = |text: &str| -> Vec<(String, String)> {
            codes(text).iter().map(|(c, m)| (c.joined().trim().to_owned(), m.joined().trim().to_owned())).collect()
        };
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(c, m)| ((*c).to_owned(), (*m).to_owned())).collect()
        };
        assert_eq!(
            read("Zone: 1 for North Bay, 2 for Hill Side, etc."),
            pairs(&[("1", "north bay"), ("2", "hill side")])
        );
        assert_eq!(read("'m' for metric and 'i' for imperial."), pairs(&[("m", "metric"), ("i", "imperial")]));
        assert_eq!(read("Rate, e.g. 0.5 for 50%, 1 for 100%"), []);
        assert_eq!(read("Time, e.g. '14:00' for 2 PM"), []);
        assert_eq!(read("The number of seats for adults"), []);
    }

    #[test]
    fn examples_and_options_are_told_apart() {
        let h = Hints::new(
            "sortOrder",
            "The user's order, 'asc' or 'desc'. The city, e.g. 'San Francisco, CA'. Not 'x'.",
            &[],
        );
        assert_eq!(joined(&h.examples), ["san francisco ca"]);
        assert_eq!(joined(&h.options), ["asc", "desc", "x"]);
        assert_eq!(h.name.joined(), " sort order ");
    }
}
