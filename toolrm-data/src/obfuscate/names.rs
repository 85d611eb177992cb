//! [`Names`]: which name becomes which.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use super::Options;
use crate::draw::Draw;

/// What a walk over schemas and calls does with the names it meets.
pub(super) trait Renames {
    /// The name of a tool or a parameter.
    fn name(&mut self, name: &str) -> String;
    /// A text that may mention names.
    fn text(&self, text: &str) -> String;
    /// A text that was meant as a call, or quotes one.
    fn raw(&self, text: &str) -> String;
}

/// Notes every name it meets and changes nothing.
#[derive(Debug, Default)]
pub(super) struct Noted(pub(super) BTreeSet<String>);

impl Renames for Noted {
    fn name(&mut self, name: &str) -> String {
        if !self.0.contains(name) {
            self.0.insert(name.to_owned());
        }
        name.to_owned()
    }

    fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn raw(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// A random name for every name: distinct, and found nowhere in the pair.
#[derive(Debug)]
pub(super) struct Names {
    by_name: BTreeMap<String, String>,
    every_mention: bool,
}

impl Names {
    /// Names for those that were noted, save those that must stay. `pair` is all text of the pair.
    pub(super) fn new(noted: &Noted, kept: &BTreeSet<String>, pair: &str, draw: &Draw, options: &Options) -> Self {
        let pair = pair.to_lowercase();
        let (mut by_name, mut given) = (BTreeMap::new(), BTreeSet::new());
        for name in noted.0.difference(kept) {
            let draw = draw.of(name);
            let fresh = (0_usize..).map(|attempt| word(&draw, attempt, options));
            let Some(word) = fresh.into_iter().find(|word| !pair.contains(word.as_str()) && !given.contains(word))
            else {
                continue;
            };
            given.insert(word.clone());
            by_name.insert(name.clone(), word);
        }
        Self { by_name, every_mention: options.every_mention }
    }

    fn is_key_of_call(&self, name: &str, after: &str) -> bool {
        let value = after.trim_start_matches('"').trim_start().strip_prefix(':').unwrap_or_default().trim_start();
        let quoted = || value.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(text, _)| text);
        match name {
            "name" => quoted().is_some_and(|text| self.by_name.contains_key(text)),
            "type" => quoted() == Some("function"),
            "function" | "arguments" | "parameters" | "tool_calls" => {
                ["{", "[", "\"{"].iter().any(|open| value.starts_with(open))
            }
            _ => false,
        }
    }

    /// Replaces the longest names that stand as whole words and of which `wanted` (the character before, the name, the text after) is true.
    fn replaced(&self, text: &str, wanted: impl Fn(Option<char>, &str, &str) -> bool) -> String {
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut before) = (text, None);
        while let Some(first) = rest.chars().next() {
            let is_start = before.is_none_or(|c| !is_of_word(c)) || !is_of_word(first);
            let head = rest.get(..first.len_utf8()).unwrap_or_default();
            let from_here = self.by_name.range::<str, _>((Bound::Included(head), Bound::Unbounded));
            let names = from_here.take_while(|(name, _)| is_start && name.starts_with(head));
            let found = names.filter_map(|(name, word)| Some((name, word, rest.strip_prefix(name.as_str())?)));
            let whole = found.filter(|(name, _, after)| {
                let ends =
                    name.chars().next_back().is_some_and(is_of_word) && after.chars().next().is_some_and(is_of_word);
                !name.is_empty() && !ends && wanted(before, name, after)
            });
            if let Some((name, word, after)) = whole.max_by_key(|(name, ..)| name.len()) {
                out.push_str(word);
                (rest, before) = (after, name.chars().next_back());
            } else {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                before = Some(first);
            }
        }
        out
    }
}

impl Renames for Names {
    fn name(&mut self, name: &str) -> String {
        self.by_name.get(name).map_or(name, String::as_str).to_owned()
    }

    /// Every whole word that is a name is replaced, save the keys of a call's own JSON (`"name": "TOOL"`).
    fn raw(&self, text: &str) -> String {
        self.replaced(text, |before, name, after| {
            let is_quoted = before == Some('"') && after.starts_with('"');
            !(is_quoted && self.is_key_of_call(name, after))
        })
    }

    fn text(&self, text: &str) -> String {
        if self.every_mention {
            return self.replaced(text, |_, _, _| true);
        }
        self.replaced(text, |before, name, after| {
            is_identifier(name) || (before.is_some_and(is_quote) && after.starts_with(is_quote))
        })
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_quote(c: char) -> bool {
    matches!(c, '`' | '\'' | '"' | '‘' | '’' | '“' | '”')
}

/// Whether a name is spelled as no word of a text is: `order_id`, `orderId`, `math.sum`, `limit2`.
fn is_identifier(name: &str) -> bool {
    let hump = name.chars().skip(1).any(char::is_uppercase) && name.chars().any(char::is_lowercase);
    hump || name.chars().any(|c| !c.is_alphabetic() && !c.is_whitespace())
}

/// A word of lower-case letters. After many attempts it grows longer, so that one is found in whatever text.
fn word(draw: &Draw, attempt: usize, options: &Options) -> String {
    let draw = draw.of(attempt.to_le_bytes());
    let (shortest, longest) = options.letters;
    let length = shortest + draw.below((longest + 1).saturating_sub(shortest)) + attempt / 64;
    let letter =
        |at: usize| char::from(b'a'.saturating_add(u8::try_from(draw.of(at.to_le_bytes()).below(26)).unwrap_or(0)));
    (0..length.max(1)).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(originals: &[&str], every_mention: bool) -> Names {
        let all = originals.iter().map(|name| (*name).to_owned()).collect();
        let options = Options { every_mention, ..Options::default() };
        Names::new(&Noted(all), &BTreeSet::new(), "", &Draw::new(1), &options)
    }

    #[test]
    fn words_are_as_asked_for() {
        let originals: Vec<String> = (0..300).map(|i| format!("n{i}")).collect();
        let names = names(&originals.iter().map(String::as_str).collect::<Vec<_>>(), false);
        let words: BTreeSet<&String> = names.by_name.values().collect();
        assert_eq!(words.len(), 300);
        assert!(words.iter().all(|w| (5..=9).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase())));
        assert_eq!(words.iter().map(|w| w.len()).collect::<BTreeSet<_>>().len(), 5);
        // One that stands in the text already is not taken.
        let taken = names.by_name["n0"].to_uppercase();
        let all = [String::from("n0")].into();
        let noted = Noted(all);
        let other = Names::new(&noted, &BTreeSet::new(), &taken, &Draw::new(1), &Options::default());
        assert_ne!(other.by_name["n0"], names.by_name["n0"]);
    }

    #[test]
    fn mentions_are_replaced_and_words_are_not() {
        let names = names(&["city", "get_city", "math.sum", "city name"], false);
        let [city, get, sum] = ["city", "get_city", "math.sum"].map(|name| names.by_name[name].as_str());
        for (text, expected) in [
            ("The city of `city`, from get_city.", format!("The city of `{city}`, from {get}.")),
            ("math.sum(x), not xmath.sum, not math.sums", format!("{sum}(x), not xmath.sum, not math.sums")),
            ("forget_city get_city2 'get_city'", format!("forget_city get_city2 '{get}'")),
            ("Åcity \"city\" é", format!("Åcity \"{city}\" é")),
        ] {
            assert_eq!(names.text(text), expected);
        }
        assert_eq!(names.raw("the city, citys"), format!("the {city}, citys"));
        assert_eq!(self::names(&["city"], true).text("the city"), self::names(&["city"], true).raw("the city"));
    }

    #[test]
    fn keys_of_calls_stay_in_raw_texts() {
        let names = names(&["name", "arguments", "find", "type"], false);
        let [name, arguments, find] = ["name", "arguments", "find"].map(|n| names.by_name[n].as_str());
        assert_eq!(
            names.raw(r#"{"type": "function", "name": "find", "arguments": {"name": "Bo", "arguments": 1"#),
            format!(r#"{{"type": "function", "name": "{find}", "arguments": {{"{name}": "Bo", "{arguments}": 1"#),
        );
    }
}
