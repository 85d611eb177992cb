//! [`Context`]: what a conversation says, read once per task so that every candidate is judged against the same index.

use std::collections::HashSet;

use jiff::civil::Date;
use tokens::{Tokens, fold};

use crate::{
    call::{Message, Role},
    canonical::canonical_value,
    toolset::Toolset,
};

mod aliases;
mod concepts;
mod dates;
mod fit;
mod index;
mod lists;
mod moments;
mod names;
mod numbers;
mod places;
mod results;
mod text;
mod times;
mod tokens;
mod units;

pub(crate) use aliases::{aliases, aliases_of_name, same_dimension};
pub(crate) use concepts::notions;
pub(crate) use dates::{Day, Relative, month};
pub(crate) use fit::NamedTool;
pub use fit::{FIT_WEIGHTS, Fit};
pub(crate) use index::WordIndex;
pub(crate) use moments::{Moment, Moments, of_value as moments_of, relatives_of};
pub use names::Name;
pub use numbers::Number;
pub(crate) use numbers::unit_word as number_word;
pub(crate) use places::{cities_of, is_region_code, state_code, state_name, state_of_city};
pub(crate) use results::plain;
pub use results::{Answer, Field, PastCall, Results, Row};
pub use text::{Words, is_stop_word, stem};
pub(crate) use times::Clock;

pub(crate) use units::converts;
pub use units::{Dimension, Measure, Unit};

/// One side of a conversation, indexed.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Source {
    /// Its words, in order.
    pub words: Words,
    /// Its numbers, in order.
    pub numbers: Vec<Number>,
    /// Its measured quantities ("5 km"), in order.
    pub measures: Vec<Measure>,
    /// Its dates and times.
    pub(crate) moments: Moments,
    stems: HashSet<Box<str>>,
}

impl Source {
    fn new(text: &str) -> Self {
        let words = Words::new(text);
        let folded = fold(text);
        let tokens = Tokens::new(&folded);
        let moments = Moments::read(&tokens);
        let (numbers, measures) = numbers::read(&tokens, &moments);
        let stems = words.iter().map(|w| stem(w).into()).collect();
        Self { words, numbers, measures, moments, stems }
    }

    /// Whether a word with the same stem occurs.
    pub fn has_stem(&self, stem: &str) -> bool {
        self.stems.contains(stem)
    }

    /// Whether a word occurs that begins with `prefix`, or that `prefix` begins with, three letters or more in common
    /// (`eng` and `english`).
    pub fn has_abbreviation(&self, word: &str) -> bool {
        word.len() >= 3 && self.stems.iter().any(|s| s.len() >= 3 && (s.starts_with(word) || word.starts_with(&**s)))
    }

    /// Whether a word of the same family occurs: one stem begins with the other, five letters or more, and they differ by an ending
    /// ("urgent" and "urgently").
    pub fn has_akin(&self, stem: &str) -> bool {
        const ENDING: usize = 4;
        stem.len() >= 5
            && self.stems.iter().any(|s| {
                s.len() >= 5
                    && s.len().abs_diff(stem.len()) <= ENDING
                    && (s.starts_with(stem) || stem.starts_with(&**s))
            })
    }

    /// The state that is named right behind a city.
    pub(crate) fn state_after(&self, city: &Words) -> Option<&'static str> {
        let (_, after) = self.words.joined().split_once(city.joined())?;
        let mut words = after.split(' ');
        let first = words.next()?;
        let two = words.next().map(|second| Words::new(&format!("{first} {second}")));
        // "in", "or" and "me" are words before they are states.
        let is_word = is_stop_word(first) || first == "hi";
        two.and_then(|t| state_code(&t)).or_else(|| state_code(&Words::new(first)).filter(|_| !is_word))
    }

    /// Whether one of a parameter's values is named. "Business" is named as what a trip is for more often than as a class.
    pub fn names(&self, value: &Words) -> bool {
        if value.joined() != " business " {
            return self.words.contains(value);
        }
        let mut before = "";
        let mut words = self.words.iter().peekable();
        while let Some(word) = words.next() {
            let purpose = matches!(before, "for" | "on")
                || words.peek().is_some_and(|w| matches!(*w, "trip" | "travel" | "meeting"));
            if word == "business" && !purpose {
                return true;
            }
            before = word;
        }
        false
    }

    /// Whether a word of denial stands within three words before every word with this stem ("don't need the full text").
    pub fn is_negated(&self, sought: &str) -> bool {
        let mut since_denial = usize::MAX;
        let (mut denied, mut affirmed) = (false, false);
        for word in self.words.iter() {
            since_denial = if is_denial(word) { 0 } else { since_denial.saturating_add(1) };
            if since_denial > 0 && stem(word) == sought {
                denied |= since_denial <= 4;
                affirmed |= since_denial > 4;
            }
        }
        denied && !affirmed
    }

    /// Whether the number occurs.
    pub fn has_number(&self, value: f64) -> bool {
        self.numbers.iter().any(|n| close(n.value, value))
    }
}

fn is_denial(word: &str) -> bool {
    matches!(
        word,
        "no" | "not"
            | "without"
            | "dont"
            | "doesnt"
            | "never"
            | "exclude"
            | "excluding"
            | "except"
            | "neither"
            | "nor"
            | "isnt"
            | "less"
    )
}

/// Equal to nine digits.
pub(crate) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

/// The request without its first and last words; nothing where an answer of a few words, or a quoted text, may well be a value.
fn essence(request: &Words, user_turns: usize, quoted: &[Words]) -> Words {
    let n = request.len();
    if n < if user_turns > 1 { 12 } else { 4 } {
        return Words::default();
    }
    let words: Vec<&str> = request.iter().skip(n / 8).take(n - n / 8 * 2).collect();
    let essence = Words::new(&words.join(" "));
    if quoted.iter().any(|q| q.contains(&essence)) { Words::default() } else { essence }
}

/// A message of pages has more names than rules can weigh: the first ones are noted.
const MAX_NOTED: usize = 64;

/// A conversation, analysed.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Context {
    /// What the user said, in all turns.
    pub said: Source,
    /// The same as it is written, in lower case, where it has more than ASCII: what accents are looked up in. Empty else.
    pub(crate) accented: String,
    /// Everything else a value may come from: system messages, tool results, what the assistant said and called.
    pub seen: Source,
    /// The last user message: what is asked now.
    pub request: Source,
    /// The better part of the last user message, from near its start to near its end: who gives it as a value hands on the request.
    /// Empty where the message is an answer of a few words.
    pub(crate) essence: Words,
    /// Texts in quotes in the last user message.
    pub quoted: Vec<Words>,
    /// Names in the last user message: capitalised words inside a sentence, runs of them as one.
    pub names: Vec<Name>,
    /// Lists in the last user message ("navy, purple and maroon"): neighbouring items.
    pub neighbours: Vec<(Words, Words)>,
    /// How many things the request counts ("two circles", "three times"), in words, from 2 to 10.
    pub counted: Option<usize>,
    /// Numbers of the last user message that no argument needs to hold: parts of words (`base64`), numbers in conditions.
    pub idle_numbers: Vec<f64>,
    /// The day the conversation says it is; where none is said, every date of the user's.
    pub(crate) today: Vec<Date>,
    /// The stems of the words beside each number of the request, in its order.
    pub(crate) beside: Vec<Vec<Box<str>>>,
    /// How well each tool fits the request, in the toolset's order.
    pub fits: Vec<Fit>,
    /// Tools whose names have words of the request, in the toolset's order.
    pub(crate) named_tools: Vec<NamedTool>,
    /// How many messages the user wrote.
    pub user_turns: usize,
    /// What the tools answered so far, and the calls that were made.
    pub results: Results,
}

impl Context {
    /// Reads a conversation and the tools it may use.
    pub fn new(messages: &[Message], tools: &Toolset) -> Self {
        let (mut said, mut seen) = (String::new(), String::new());
        for message in messages {
            let into = if message.role == Role::User { &mut said } else { &mut seen };
            into.push_str(&message.text());
            into.push('\n');
            for call in &message.tool_calls {
                // The canonical form is of bounded depth: a value made by hand must not take the stack.
                into.push_str(&canonical_value(&call.arguments).to_string());
                into.push('\n');
            }
        }
        let request = messages.iter().rev().find(|m| m.role == Role::User).map(Message::text).unwrap_or_default();
        let owed = lists::owed(&request);
        let (mut quoted, mut names, mut neighbours) =
            (names::quoted(&owed), names::names(&owed), lists::neighbours(&owed));
        names.retain(|n| !quoted.contains(&n.words));
        let mut seen_names = HashSet::new();
        names.retain(|n| seen_names.insert(n.words.joined().to_owned()));
        quoted.truncate(MAX_NOTED);
        names.truncate(MAX_NOTED);
        neighbours.truncate(MAX_NOTED);
        let request_text = fold(&request);
        let accented = if said.is_ascii() { String::new() } else { said.to_lowercase() };
        let (said, seen, request) = (Source::new(&said), Source::new(&seen), Source::new(&request));
        let beside = numbers::beside(&request_text);
        let counted = lists::counted(&request.words);
        let idle_numbers = lists::idle_numbers(&request, &owed);
        let user_turns = messages.iter().filter(|m| m.role == Role::User).count();
        let essence = essence(&request.words, user_turns, &quoted);
        let named_tools = fit::named_tools(tools, &request);
        let mut today = said.moments.today.clone();
        today.extend_from_slice(&seen.moments.today);
        if today.is_empty() {
            today.extend(said.moments.days().filter_map(Day::full));
        }
        let mut context = Self {
            said,
            accented,
            seen,
            request,
            essence,
            quoted,
            names,
            neighbours,
            counted,
            idle_numbers,
            today,
            beside,
            fits: Vec::new(),
            named_tools,
            user_turns,
            results: Results::new(messages, tools),
        };
        context.fits = fit::of_tools(tools, messages, &context);
        fit::share_with_givers(&mut context.fits, tools, &context.results);
        context
    }

    /// Whether a text is the request itself, with or without other words around it.
    pub(crate) fn is_request(&self, text: &Words) -> bool {
        !self.essence.is_empty() && text.len() >= self.essence.len() && text.contains(&self.essence)
    }

    /// Whether the phrase occurs anywhere in the conversation.
    pub fn contains(&self, phrase: &Words) -> bool {
        self.said.words.contains(phrase) || self.seen.words.contains(phrase)
    }

    /// Whether the user said the same thing in another form: `USD` for "US dollars", `km` for "kilometers".
    pub fn has_alias(&self, phrase: &Words) -> bool {
        let said = &self.said.words;
        // A one-letter symbol in the text is too easily something else.
        aliases(phrase).any(|other| other.joined().len() > 3 && said.contains(&other))
    }

    /// Whether a word with this stem occurs anywhere.
    pub fn has_stem(&self, stem: &str) -> bool {
        self.said.has_stem(stem) || self.seen.has_stem(stem)
    }

    /// Whether the conversation states the date, or names it from a date it states ("today is 2025-03-14" and "tomorrow").
    pub fn has_date(&self, date: Date) -> bool {
        let stated = || self.said.moments.days().filter_map(Day::full);
        let beside = |r: &Relative| matches!(r, Relative::Beside(_)) && stated().any(|d| r.names(date, d));
        let named = |r: &Relative| self.today.iter().any(|today| r.names(date, *today)) || beside(r);
        stated().chain(self.seen.moments.days().filter_map(Day::full)).any(|d| d == date)
            || self.said.moments.relatives().any(named)
    }

    /// Whether the conversation says that this is the current day.
    pub(crate) fn today_is(&self, date: Date) -> bool {
        self.said.moments.today.contains(&date) || self.seen.moments.today.contains(&date)
    }

    /// Whether the number occurs anywhere.
    pub fn has_number(&self, value: f64) -> bool {
        self.said.has_number(value) || self.seen.has_number(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Words::new(text).iter().map(str::to_owned).collect()
    }

    fn values(text: &str) -> Vec<f64> {
        Source::new(text).numbers.iter().map(|n| n.value).collect()
    }

    #[test]
    fn words_fold_and_split() {
        assert_eq!(words("São Paulo's 1,500.5km, O'Hare"), ["sao", "paulos", "1500.5km", "ohare"]);
        assert_eq!(words("1,2,3 and 10,2000"), ["1", "2", "3", "and", "10", "2000"]);
        assert_eq!(words("2025-03-14T09:30"), ["2025", "03", "14", "09", "30"]);
        assert_eq!(words("東京 weather"), ["東", "京", "weather"]);
        assert_eq!(Words::of_identifier("getUserID_v2.findHTML").joined(), " get user id v2 find html ");
    }

    #[test]
    fn phrases_are_found_whole() {
        let text = Words::new("Flights to New York, please");
        assert!(text.contains(&Words::new("new york")));
        assert!(!text.contains(&Words::new("york p")));
        assert!(!text.contains(&Words::new("")));
    }

    #[test]
    fn numbers_in_digits_and_words() {
        assert_eq!(values("1,500 dollars, 3k, 2 million, 3pm, 6:30"), [1500.0, 3000.0, 2e6, 3.0, 6.0, 30.0]);
        assert_eq!(values("twenty-five and two hundred and five"), [25.0, 205.0]);
        assert_eq!(values("five six, the third"), [5.0, 6.0, 3.0]);
        assert_eq!(values("x = 2.5. Then 4."), [2.5, 4.0]);
        let n = Source::new("at 5% or 7 percent, 9 units").numbers;
        assert_eq!(n.iter().map(|n| n.percent).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn numbers_with_scales_signs_and_units() {
        assert_eq!(values("$1M, $1.2M, 5m, 2.5k, half a million, two dozen"), [1e6, 1.2e6, 5.0, 2500.0, 5e5, 24.0]);
        assert_eq!(values("1e-9 and 6.67 x 10^-11 and 2*10**3"), [1e-9, 6.67e-11, 2000.0]);
        assert_eq!(values("(33.4484 N, 112.0740 W), -5, minus 3"), [33.4484, -112.074, -5.0, -3.0]);
        assert_eq!(values("three quarters of it, 192.168.1.10"), [0.75]);
        let measures = |text: &str| Source::new(text).measures.iter().map(|m| m.base).collect::<Vec<_>>();
        assert_eq!(measures("5 km in 2 hours"), [5000.0, 7200.0]);
        assert!(measures("5'10\" tall").iter().any(|m| (m / 0.0254 - 70.0).abs() < 1e-9));
        assert!(measures("5ft 10in").iter().any(|m| (m / 0.0254 - 70.0).abs() < 1e-9));
        assert!(measures("1 hour and 30 minutes").contains(&5400.0));
        assert_eq!(measures("for the next month"), [2_592_000.0]);
        let dated = Source::new("2 rooms on March 14").numbers;
        assert_eq!(dated.iter().map(|n| n.dated).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn dates_are_stated_or_named() {
        let context = |system: &str, user: &str| {
            Context::new(&[Message::system(system), Message::user(user)], &Toolset::new(vec![]).unwrap())
        };
        let date = |d: &str| d.parse::<Date>().unwrap();
        for stated in ["2025-03-14", "March 14, 2025", "the 14th of March 2025", "2025/3/14"] {
            let c = context(&format!("Today is {stated}."), "What about tomorrow, or next Tuesday?");
            assert!(c.has_date(date("2025-03-14")), "{stated}");
            assert!(c.has_date(date("2025-03-15")) && c.has_date(date("2025-03-18")), "{stated}");
            assert!(!c.has_date(date("2025-03-19")), "{stated}");
        }
        assert!(!context("", "Tomorrow at the market 14 2025").has_date(date("2025-03-14")));
    }

    #[test]
    fn quotes_and_names() {
        let c = Context::new(
            &[Message::user("Don't translate 'Hello World' to Spanish for Mary Ann, and \"x y\".")],
            &Toolset::new(vec![]).unwrap(),
        );
        assert_eq!(c.quoted.iter().map(|q| q.joined().trim().to_owned()).collect::<Vec<_>>(), ["hello world", "x y"]);
        assert!(c.names.iter().any(|n| n.words.joined() == " mary ann "), "{:?}", c.names);
    }
}
