//! [`Hints`]: what a tool or parameter says about itself in words, read once when the toolset is built.

use serde_json::Value;

use super::Spelling;
use crate::context::{Unit, Words};

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
    /// The words of the listed values (`enum`) that are texts, in their order.
    pub allowed: Vec<Words>,
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
        let day_first = Spelling::day_first(&spellings);
        let unit = asked_unit(&Words::of_identifier(name), description);
        Self {
            spellings,
            day_first,
            unit,
            name: Words::of_identifier(name),
            description: Words::new(description),
            default: stated_default(description),
            examples,
            options,
            allowed: allowed.iter().filter_map(Value::as_str).map(Words::new).collect(),
        }
    }
}

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
    let lower = description.to_ascii_lowercase();
    let at = lower.find("default")?;
    let rest = description.get(at..)?;
    let rest = rest.split_once([' ', ':', '=']).map(|(_, r)| r)?;
    let rest = rest.trim_start_matches([' ', ':', '=', '(']);
    let rest = ["value is ", "is set to ", "set to ", "is ", "to ", "value "]
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

/// Texts in quotes: (examples, others). A text is an example when "e.g.", "such as", "example" or "like" stands before it in its
/// sentence.
fn quoted(description: &str) -> (Vec<Words>, Vec<Words>) {
    let (mut examples, mut options) = (Vec::new(), Vec::new());
    let mut introduced = false;
    let mut rest = description;
    while let Some(open) = rest.find(['\'', '"', '`']) {
        let (before, from) = rest.split_at_checked(open).unwrap_or((rest, ""));
        let lower = before.to_ascii_lowercase();
        // A new sentence ends the reach of an "e.g."; its own full stops do not count.
        if lower.contains(". ") && !lower.trim_end().ends_with("e.g.") {
            introduced = false;
        }
        introduced |= ["e.g", "such as", "example", "like ", "for instance"].iter().any(|w| lower.contains(w));
        let mut chars = from.chars();
        let Some(quote) = chars.next() else { break };
        let inside = chars.as_str();
        // An apostrophe in a word opens nothing.
        let in_word = before.ends_with(char::is_alphanumeric) && inside.starts_with(char::is_alphanumeric);
        match inside.find(quote).filter(|_| !in_word) {
            Some(end) => {
                let (text, after) = inside.split_at_checked(end).unwrap_or((inside, ""));
                let words = Words::new(text);
                if !words.is_empty() && words.len() <= 12 {
                    if introduced { &mut examples } else { &mut options }.push(words);
                }
                rest = after.get(quote.len_utf8()..).unwrap_or("");
            }
            None => rest = inside,
        }
    }
    (examples, options)
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
            ("No such thing", None),
        ] {
            assert_eq!(stated_default(text).as_ref().map(|w| w.joined().trim()), want, "{text}");
        }
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
