//! [`Fit`]: how well a tool fits the request: its words, what it needs, and what speaks against it.

use std::collections::HashSet;

use super::{Context, Results, Source, WordIndex, Words, concepts::notions, dates, is_stop_word, stem};
use crate::{
    call::{Message, Role},
    toolset::{Need, ToolWords, Toolset, telling, tells},
};

/// How well one tool fits what is asked. All shares are in \[0, 1\].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// Share of the telling words of the tool's name that the user said, or words near them.
    pub name: f32,
    /// Share of the telling words of what the description says first that the request has.
    pub purpose: f32,
    /// How many of the telling words of that are in the request: near 1 from four on.
    pub mass: f32,
    /// Share of the request's telling words, names and numbers aside, that the tool's name and description speak of.
    pub about: f32,
    /// The same with its parameters.
    pub request: f32,
    /// Share of the required parameters for which the conversation has something of their kind.
    pub given: f32,
    /// 1 when the request has the opposite of what the tool does.
    pub opposed: f32,
    /// 1 when the request is in a language other than the tool's, so that words cannot meet.
    pub foreign: f32,
    /// 1 when the tool answers questions on any subject.
    pub general: f32,
    /// Share of the telling words of the tool's name that a system message speaks of.
    pub told: f32,
    /// 1 when the request asks what or who something is, and nothing to be done.
    pub what_is: f32,
    /// 1 when there is too little in the request to ask for anything, or it is small talk.
    pub idle: f32,
    /// 1 when the tool takes parameters and the request names nothing that could fill one: no name, no number, no quoted text.
    pub bare: f32,
    /// 1 when the request asks to change, send or make something and the tool has no such word.
    pub undone: f32,
    /// The log-odds that the tool does what is asked, as the shares say; a tool that feeds a fitting one fits too.
    pub log_odds: f32,
}

impl Fit {
    /// The probability that the tool does what is asked.
    pub fn value(&self) -> f32 {
        1.0 / (1.0 + (-self.log_odds).exp())
    }

    /// What [`FIT_WEIGHTS`] weighs, in its order: the shares, some of them together, and 1.
    pub fn terms(&self) -> [f32; FIT_WEIGHTS.len()] {
        [
            self.name,
            self.purpose,
            self.name.max(self.purpose),
            self.mass,
            self.request,
            self.name * self.request,
            self.told,
            self.general,
            self.given,
            // Where words cannot meet, their absence tells less.
            self.foreign,
            self.opposed,
            self.what_is * (1.0 - self.general),
            self.idle,
            self.bare,
            self.undone,
            1.0,
        ]
    }

    fn weighed(&self) -> f32 {
        let log_odds: f32 = self.terms().iter().zip(FIT_WEIGHTS).map(|(term, (_, weight))| term * weight).sum();
        // Where words cannot meet, their absence tells nothing: no reason to refuse a call, and little to demand one.
        if self.foreign > 0.5 { log_odds.max(UNREADABLE) } else { log_odds }
    }
}

/// The least log-odds that a tool fits a request in another language than its description's: no word of the two may meet.
const UNREADABLE: f32 = 0.3;

/// The weights of the terms of a fit ([`Fit::terms`]): a logistic model of whether a tool does what is asked.
///
/// Fitted by `toolrm-lab fit-relevance` to recorded calls that were right and calls made where no tool fits, and rounded.
pub const FIT_WEIGHTS: [(&str, f32); 16] = [
    ("name", 0.7),
    ("purpose", 1.5),
    ("name or purpose", 1.2),
    ("mass", 1.5),
    ("request", 1.4),
    ("name and request", 0.5),
    ("told", 0.5),
    ("general", 2.2),
    ("given", 2.2),
    ("foreign", 0.4),
    ("opposed", -0.5),
    ("what is", -0.7),
    ("idle", -0.1),
    ("bare", -0.7),
    ("undone", -1.0),
    ("constant", -4.6),
];

/// The request as every tool is compared with it.
struct Asked<'a> {
    /// The telling stems of the last user message, names and quoted texts aside, with what they tell.
    words: Vec<(&'a str, f32)>,
    /// What the last user message says.
    now: WordIndex,
    /// What the user said before that.
    before: WordIndex,
    /// What a word said before is worth now.
    remembered: f32,
    /// What the system messages say.
    told: WordIndex,
    sides: HashSet<(u16, bool)>,
    /// Kinds of requests, as [`Fit`] has them.
    foreign: f32,
    what_is: f32,
    idle: f32,
    bare: f32,
    /// The stems of what is to be changed, sent or made.
    effects: Vec<&'a str>,
}

/// Stems of verbs that leave something changed, sent or made; a tool that only looks things up does none of them.
const EFFECTS: [&str; 26] = [
    "add", "book", "buy", "cancel", "convert", "delet", "download", "draw", "email", "gener", "order", "pay", "play",
    "post", "purchas", "remov", "renam", "reserv", "schedul", "sell", "send", "transl", "transfer", "upd", "upload",
    "writ",
];

/// A request of more telling words than these is a document; its first words tell.
const MAX_WORDS: usize = 96;

impl<'a> Asked<'a> {
    fn new(messages: &[Message], context: &'a Context) -> Self {
        let request = &context.request.words;
        let values: HashSet<&str> =
            context.names.iter().map(|n| &n.words).chain(&context.quoted).flat_map(Words::iter).collect();
        let mut words: Vec<(&str, f32)> = Vec::new();
        for word in telling(request).filter(|w| !values.contains(w) && !dates::is_calendar_word(w)).take(MAX_WORDS) {
            let stem = stem(word);
            if !words.iter().any(|(s, _)| *s == stem) {
                words.push((stem, tells(word)));
            }
        }
        let mut now = WordIndex::default();
        telling(request).for_each(|w| now.add(stem(w), tells(w)));
        let (mut before, mut told) = (WordIndex::default(), WordIndex::default());
        let last = messages.iter().rposition(|m| m.role == Role::User).unwrap_or_default();
        for message in messages.iter().take(last) {
            let index = match message.role {
                Role::User => &mut before,
                Role::System => &mut told,
                _ => continue,
            };
            telling(&Words::new(&message.text())).for_each(|w| index.add(stem(w), tells(w)));
        }
        let sides = words.iter().filter_map(|(s, _)| notions(s)).flat_map(|n| n.sides.iter().copied()).collect();
        let weight: f32 = words.iter().map(|(_, t)| t).sum();
        Self {
            foreign: as_number(is_foreign(request)),
            what_is: as_number(asks_what_is(request)),
            idle: as_number(weight < 0.9 && context.names.is_empty() && context.request.numbers.is_empty()),
            remembered: if weight < 1.0 || answers(messages.iter().take(last)) { 0.9 } else { 0.3 },
            bare: as_number(
                context.names.is_empty()
                    && context.quoted.is_empty()
                    && context.request.numbers.is_empty()
                    && !request.iter().any(|w| dates::is_calendar_word(w) || is_day_word(w)),
            ),
            effects: words.iter().map(|(s, _)| *s).filter(|s| EFFECTS.contains(s)).collect(),
            words,
            now,
            before,
            told,
            sides,
        }
    }

    fn nearness(&self, stem: &str) -> f32 {
        let now = self.now.nearness(stem);
        if now < self.remembered { now.max(self.before.nearness(stem) * self.remembered) } else { now }
    }
}

/// Whether the assistant asked for something last, so that what follows goes on with the same task.
fn answers<'m>(messages: impl DoubleEndedIterator<Item = &'m Message>) -> bool {
    let last = messages.rev().find(|m| m.role == Role::Assistant).map(Message::text).unwrap_or_default();
    let question = last.trim_end().strip_suffix('?').unwrap_or_default();
    let question = question.rsplit(['.', '!', '?', '\n']).next().unwrap_or_default();
    !question.trim().is_empty() && !question.contains("else")
}

/// The fit of every tool, in the toolset's order.
pub(super) fn of_tools(tools: &Toolset, messages: &[Message], context: &Context) -> Vec<Fit> {
    let asked = Asked::new(messages, context);
    let vocabulary = tools.vocabulary();
    let cover = |index: &WordIndex| {
        let (mut found, mut all) = (0.0, 0.0);
        for (stem, tells) in &asked.words {
            let weight = tells * vocabulary.weight(stem);
            found += weight * index.nearness(stem);
            all += weight;
        }
        if all > 0.0 { found / all } else { 0.0 }
    };
    let fit = |tool: &ToolWords| {
        let (name, _) = share(&tool.name, |s| asked.nearness(s), |s| vocabulary.weight(s));
        let (purpose, found) = share(&tool.purpose, |s| asked.nearness(s), |s| vocabulary.weight(s));
        let (told, _) = share(&tool.name, |s| asked.told.nearness(s), |_| 1.0);
        Fit {
            name,
            purpose,
            mass: 1.0 - (-found / 1.5).exp(),
            about: cover(&tool.about),
            request: cover(&tool.all),
            given: given(&tool.needs, context),
            opposed: as_number(is_opposed(&asked, tool)),
            foreign: asked.foreign,
            general: as_number(tool.answers_anything),
            told,
            what_is: asked.what_is,
            idle: asked.idle,
            bare: if tool.needs.is_empty() { 0.0 } else { asked.bare },
            undone: as_number(!asked.effects.is_empty() && asked.effects.iter().all(|e| tool.about.nearness(e) == 0.0)),
            log_odds: 0.0,
        }
    };
    let mut fits: Vec<Fit> = vocabulary.tools().iter().map(fit).collect();
    for fit in &mut fits {
        fit.log_odds = fit.weighed();
    }
    let alone: Vec<f32> = fits.iter().map(|f| f.log_odds).collect();
    for (fit, tool) in fits.iter_mut().zip(vocabulary.tools()) {
        let fed = tool.feeds.iter().filter_map(|i| alone.get(*i)).copied().fold(f32::MIN, f32::max);
        fit.log_odds = fit.log_odds.max(fed - FEEDING);
    }
    fits
}

/// What a tool that another one needs is less sure than that one.
const FEEDING: f32 = 0.2;

fn as_number(yes: bool) -> f32 {
    if yes { 1.0 } else { 0.0 }
}

/// The share of telling stems that the index meets, and their mass.
fn share(stems: &[(Box<str>, f32)], nearness: impl Fn(&str) -> f32, weight: impl Fn(&str) -> f32) -> (f32, f32) {
    let (mut found, mut all) = (0.0, 0.0);
    for (stem, tells) in stems {
        let weight = tells * weight(stem);
        found += weight * nearness(stem);
        all += weight;
    }
    // A text of no telling word neither fits nor misses.
    if all > 0.25 { (found / all, found) } else { (0.3, found) }
}

/// Whether the request has one side of a pair of opposites, and the tool the other one alone.
fn is_opposed(asked: &Asked<'_>, tool: &ToolWords) -> bool {
    asked.sides.iter().any(|(pair, side)| {
        !asked.sides.contains(&(*pair, !side))
            && tool.sides.contains(&(*pair, !side))
            && !tool.sides.contains(&(*pair, *side))
    })
}

/// The share of needs that the conversation meets.
fn given(needs: &[Need], context: &Context) -> f32 {
    if needs.is_empty() {
        return 1.0;
    }
    let any = |test: fn(&str) -> bool| context.said.words.iter().chain(context.seen.words.iter()).any(test);
    // Two numbers need two numbers, two names two names: what is there for one parameter is not there for the next.
    let mut numbers = context.said.numbers.len() + context.seen.numbers.len();
    let mut names = context.names.len() + context.quoted.len();
    if context.request.words.len() <= 2 || !context.seen.words.is_empty() {
        names += 1;
    }
    let take = |left: &mut usize| {
        let some = *left > 0;
        *left = left.saturating_sub(1);
        some
    };
    let dated = numbers > 0 || any(|w| dates::is_calendar_word(w) || is_day_word(w));
    let met = needs.iter().filter(|need| match need {
        Need::Number => take(&mut numbers),
        Need::Numbers => numbers > 0,
        Need::Date => dated,
        Need::Address => any(|w| matches!(w, "http" | "https" | "www" | "com" | "org" | "net")),
        Need::Key => any(|w| w.bytes().any(|b| b.is_ascii_digit())) || !context.quoted.is_empty(),
        Need::Name => take(&mut names),
        Need::Anything => true,
    });
    met.count() as f32 / needs.len() as f32
}

fn is_day_word(word: &str) -> bool {
    matches!(
        word,
        "today"
            | "tomorrow"
            | "yesterday"
            | "now"
            | "tonight"
            | "weekend"
            | "morning"
            | "afternoon"
            | "evening"
            | "noon"
            | "next"
    )
}

/// A text of another script, or of four words or more with no English function word among them.
fn is_foreign(text: &Words) -> bool {
    let other = text.iter().filter(|w| !w.is_ascii()).count();
    other * 2 > text.len() || (text.len() >= 5 && !text.iter().any(|w| is_stop_word(w) && w.len() > 1))
}

/// "What is a mandate", "who is Ada Lovelace": a short question about what something is.
fn asks_what_is(text: &Words) -> bool {
    let mut words = text.iter();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let asks = matches!(first, "what" | "who") && matches!(second, "is" | "are" | "was" | "were" | "does" | "defines");
    let contracted = matches!(first, "whats" | "whos" | "define" | "explain" | "why");
    (asks || contracted) && text.len() <= 8
}

/// A tool whose name has words of the request.
#[derive(Debug, Clone)]
pub(crate) struct NamedTool {
    /// Its place in the toolset.
    pub(crate) index: usize,
    /// The stems of its name, and whether the request has each.
    pub(crate) stems: Vec<(Box<str>, bool)>,
}

/// The tools whose names have words of the request.
pub(super) fn named_tools(tools: &Toolset, request: &Source) -> Vec<NamedTool> {
    let named = |(index, spec): (usize, &crate::toolset::ToolSpec)| {
        let asked = |stem: &str| request.has_stem(stem) || request.has_abbreviation(stem);
        let stems: Vec<(Box<str>, bool)> =
            telling(&spec.hints().name).map(stem).map(|s| (s.into(), asked(s))).collect();
        stems.iter().any(|(_, asked)| *asked).then_some(NamedTool { index, stems })
    };
    tools.specs().iter().enumerate().filter_map(named).collect()
}

/// A tool that gives a parameter of another one fits as well as that one does: what is asked needs it.
pub(super) fn share_with_givers(fits: &mut [Fit], tools: &Toolset, results: &Results) {
    let own = fits.to_vec();
    for (spec, served) in tools.specs().iter().zip(&own) {
        for giver in spec.params().properties.iter().flat_map(|p| &p.hints.lookup.servants) {
            let called = results.has_answer_of(&[*giver]);
            if let Some(fit) = fits.get_mut(*giver).filter(|f| !called && f.value() < served.value()) {
                *fit = *served;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "flags and shares of small counts are exact")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::Tool;

    fn fit(tool: (&str, &str, &serde_json::Value), messages: &[Message]) -> Fit {
        let required: Vec<&String> = tool.2.as_object().unwrap().keys().collect();
        let schema = json!({"type": "object", "properties": tool.2, "required": required});
        let tools = Toolset::new(vec![Tool::new(tool.0, schema).with_description(tool.1)]).unwrap();
        Context::new(messages, &tools).fits[0]
    }

    fn of(name: &str, description: &str, request: &str) -> Fit {
        fit((name, description, &json!({})), &[Message::user(request)])
    }

    #[test]
    fn a_namespace_does_not_dilute_a_name() {
        for name in ["find_clinic", "Health_2_FindClinic", "health.registry.find_clinic"] {
            assert!(of(name, "", "Is there a clinic nearby?").name > 0.5, "{name}");
        }
        assert!(of("find_clinic", "", "Is there a cinema nearby?").name < 0.3);
    }

    #[test]
    fn what_is_needed_must_be_there() {
        let number = json!({"type": "number"});
        let bmi = |text: &str| {
            fit(("body_mass_index", "Compute it", &json!({"weight": number, "height": number})), &[Message::user(text)])
        };
        assert_eq!(bmi("What is my body mass index?").given, 0.0);
        assert_eq!(bmi("What is my body mass index? I weigh 70 kg.").given, 0.5);
        assert_eq!(bmi("What is my body mass index at 70 kg and 1.8 m?").given, 1.0);
    }

    #[test]
    fn opposites_and_missing_effects_speak_against_a_tool() {
        assert_eq!(of("highest_peak", "The highest peak of a range", "What is the lowest peak there?").opposed, 1.0);
        assert_eq!(of("peaks", "The highest and lowest peaks", "What is the lowest peak there?").opposed, 0.0);
        assert_eq!(of("list_files", "List files of a folder", "Delete the files in my folder").undone, 1.0);
        assert_eq!(of("remove_files", "Removes files of a folder", "Delete the files in my folder").undone, 0.0);
    }

    #[test]
    fn kinds_of_requests() {
        assert_eq!(of("x", "y", "What is a mandate?").what_is, 1.0);
        assert_eq!(of("x", "y", "What is the weather like in Bergen on the first of May?").what_is, 0.0);
        assert_eq!(of("x", "y", "Hello, how are you?").idle, 1.0);
        assert_eq!(of("x", "y", "明日の天気を教えてください").foreign, 1.0);
        assert_eq!(of("x", "y", "Show me the weather of tomorrow").foreign, 0.0);
    }

    #[test]
    fn a_search_of_the_web_answers_anything() {
        let query = json!({"query": {"type": "string"}});
        let search = ("web_search", "Search the web for a text", &query);
        let notes = ("note_search", "Search the notes for a text", &query);
        let ask = [Message::user("Which rivers flow through Vienna?")];
        assert_eq!((fit(search, &ask).general, fit(notes, &ask).general), (1.0, 0.0));
    }

    #[test]
    fn what_was_said_before_counts_while_the_task_goes_on() {
        let ask = |assistant: &str, user: &str| {
            fit(
                ("send_parcel", "Send a parcel to an address", &json!({})),
                &[Message::user("I want to send a parcel"), Message::assistant(assistant), Message::user(user)],
            )
        };
        let answer = ask("Sure. To which address?", "Harbour street in Bergen, the house beside the old bakery");
        let another = ask("It is on its way.", "Great, now find the house beside the old bakery");
        assert!(answer.name > 0.8 && another.name < 0.4, "{answer:?} {another:?}");
    }
}
