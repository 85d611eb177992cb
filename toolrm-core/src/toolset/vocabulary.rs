//! [`Vocabulary`]: the words each tool of a toolset speaks of, made once per toolset.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::{Param, ToolSpec, TypeSet};
use crate::context::{WordIndex, Words, is_stop_word, notions, stem};

/// Parameters nested deeper than this speak for themselves only.
const MAX_DEPTH: usize = 4;
/// A tool's purpose is said at once: words of the description beyond these are its terms of use.
const MAX_PURPOSE: usize = 24;

/// What the tools of a toolset speak of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    tools: Vec<ToolWords>,
    frequency: HashMap<Box<str>, u32>,
}

/// What one tool speaks of.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToolWords {
    /// The telling stems of its own name, without the namespace before it, each with what it tells.
    pub name: Vec<(Box<str>, f32)>,
    /// The telling stems of the first sentence of its description, each with what it tells.
    pub purpose: Vec<(Box<str>, f32)>,
    /// Name and description.
    pub about: WordIndex,
    /// Name, description and parameters.
    pub all: WordIndex,
    /// The sides it takes in pairs of opposites.
    pub sides: HashSet<(u16, bool)>,
    /// What its required parameters need.
    pub needs: Vec<Need>,
    /// Whether it answers questions on any subject: a search of the web, an encyclopaedia.
    pub answers_anything: bool,
    /// The tools whose parameters take what this one gives, by what their descriptions say.
    pub feeds: Vec<usize>,
}

/// What a required parameter needs the conversation to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A number.
    Number,
    /// A list of numbers.
    Numbers,
    /// A day or a time.
    Date,
    /// A web address or an e-mail address.
    Address,
    /// An identifier, a key, a password: what nobody can make up.
    Key,
    /// A name of a thing, a person or a place.
    Name,
    /// Anything: a free text, a flag, one of a list.
    Anything,
}

impl Vocabulary {
    pub(super) fn new(specs: &[ToolSpec]) -> Self {
        let mut tools: Vec<ToolWords> = specs.iter().map(ToolWords::new).collect();
        let mut frequency = HashMap::new();
        for stem in tools.iter().flat_map(|t| t.all.stems()) {
            *frequency.entry(stem.into()).or_insert(0) += 1;
        }
        for (index, feeds) in feeds(specs).into_iter().enumerate() {
            if let Some(tool) = tools.get_mut(index) {
                tool.feeds = feeds;
            }
        }
        Self { tools, frequency }
    }

    /// The tools' words, in the toolset's order.
    pub(crate) fn tools(&self) -> &[ToolWords] {
        &self.tools
    }

    /// How much a stem tells about which tool is meant: 1 for one that a single tool has, 0.3 for one that all have.
    pub(crate) fn weight(&self, stem: &str) -> f32 {
        let others = self.frequency.get(stem).copied().unwrap_or(1) - 1;
        1.0 - 0.7 * others as f32 / self.tools.len().max(2) as f32
    }
}

impl ToolWords {
    fn new(spec: &ToolSpec) -> Self {
        let hints = spec.hints();
        let mut about = WordIndex::default();
        add(&hints.name, &mut about);
        add(&hints.description, &mut about);
        let mut all = about.clone();
        add_params(spec.params(), &mut all, 0);
        let sides = about.stems().filter_map(notions).flat_map(|n| n.sides.iter().copied()).collect();
        let description = spec.tool().description.as_deref().unwrap_or_default();
        let purpose = first_sentence(description);
        Self {
            name: name_words(spec.name()),
            purpose: weighed(&Words::new(purpose)),
            answers_anything: answers_anything(spec),
            needs: spec.params().properties.iter().filter(|p| p.required).map(Need::of).collect(),
            about,
            all,
            sides,
            feeds: Vec::new(),
        }
    }
}

/// Telling words, once each, with what they tell.
fn weighed(words: &Words) -> Vec<(Box<str>, f32)> {
    let mut out: Vec<(Box<str>, f32)> = Vec::new();
    for word in telling(words).take(MAX_PURPOSE) {
        let stem = stem(word);
        if !out.iter().any(|(s, _)| &**s == stem) {
            out.push((stem.into(), tells(word)));
        }
    }
    out
}

/// The telling words of a name: what stands before its own name tells less.
fn name_words(name: &str) -> Vec<(Box<str>, f32)> {
    let mut words = weighed(&own_name(name));
    for (stem, tells) in weighed(&Words::of_identifier(name)) {
        if !words.iter().any(|(s, _)| *s == stem) {
            words.push((stem, tells * NAMESPACE));
        }
    }
    words
}

/// What a word of a namespace tells.
const NAMESPACE: f32 = 0.4;

/// The name without what stands before it: a namespace (`math.hypot`) or a versioned family (`Movies_1_Find`).
fn own_name(name: &str) -> Words {
    let last = name.rsplit(['.', ':', '/']).next().unwrap_or(name);
    let whole = Words::of_identifier(last);
    let parts: Vec<&str> = whole.iter().collect();
    let version = parts.iter().rposition(|w| w.bytes().all(|b| b.is_ascii_digit()));
    let own = version.and_then(|at| parts.get(at + 1..)).filter(|rest| !rest.is_empty()).unwrap_or(&parts);
    let own = Words::new(&own.join(" "));
    if telling(&own).next().is_some() { own } else { Words::of_identifier(name) }
}

fn first_sentence(text: &str) -> &str {
    let end = text.match_indices(". ").map(|(at, _)| at).find(|at| *at >= 20);
    end.and_then(|at| text.get(..at)).unwrap_or(text)
}

/// A tool that finds things out on any subject: it searches the web or an encyclopaedia, and takes the question as a free text.
fn answers_anything(spec: &ToolSpec) -> bool {
    let hints = spec.hints();
    let says = |w: &str| hints.description.iter().chain(hints.name.iter()).any(|d| d == w);
    let searches = says("search") || says("searches") || says("searching") || says("browse");
    let anywhere = ["web", "internet", "engine", "google", "online", "wikipedia", "bing"].iter().any(|w| says(w));
    let takes_text = |p: &Param| {
        p.types == TypeSet::STRING
            && p.allowed.is_empty()
            && p.hints.name.iter().any(|w| matches!(w, "query" | "keyword" | "keywords" | "question" | "search" | "q"))
    };
    let required = spec.params().properties.iter().filter(|p| p.required);
    searches && anywhere && required.clone().count() <= 2 && required.clone().any(takes_text)
}

/// Words in the names of parameters that hold the name of something.
const NAMED: [&str; 24] = [
    "address",
    "airport",
    "arrival",
    "artist",
    "author",
    "city",
    "company",
    "country",
    "departure",
    "destination",
    "from",
    "location",
    "name",
    "origin",
    "place",
    "player",
    "recipient",
    "region",
    "sender",
    "state",
    "team",
    "title",
    "to",
    "town",
];

impl Need {
    fn of(param: &Param) -> Self {
        let inner = param.items.as_deref().unwrap_or(param);
        let says = |list: &[&str]| param.hints.name.iter().any(|w| list.contains(&w));
        if inner.types == TypeSet::INTEGER || inner.types == TypeSet::NUMBER {
            return if param.items.is_some() { Self::Numbers } else { Self::Number };
        }
        if !inner.allowed.is_empty() || inner.types.intersection(TypeSet::STRING).is_empty() || param.default.is_some()
        {
            return Self::Anything;
        }
        if says(&["date", "time", "day", "datetime", "when", "checkin", "checkout"]) || param.format.starts_with("date")
        {
            Self::Date
        } else if says(&["url", "uri", "link", "email", "website"]) {
            Self::Address
        } else if says(&["id", "ids", "password", "token", "key", "uuid", "guid", "username"]) {
            Self::Key
        } else if says(&NAMED) {
            Self::Name
        } else {
            Self::Anything
        }
    }
}

/// For each tool, those that take what it gives: a parameter's description names it as the source ("the id that Search Places
/// returns"), or it looks up what a required parameter names (`find_movies` for a `movie_name`).
fn feeds(specs: &[ToolSpec]) -> Vec<Vec<usize>> {
    let names: Vec<(&Words, Vec<&str>)> = specs.iter().map(|s| (&s.hints().name, looked_up(s))).collect();
    let mut feeds = vec![Vec::new(); specs.len()];
    for (taker, spec) in specs.iter().enumerate() {
        for param in &spec.params().properties {
            for (giver, (name, things)) in names.iter().enumerate().filter(|(giver, _)| *giver != taker) {
                // A name of one word is too easily a word of the text.
                let is_source = name.len() > 1 && param.hints.description.contains(name);
                let wanted = param.required && names_one_of(param, things);
                if let Some(list) = feeds.get_mut(giver).filter(|l| (is_source || wanted) && !l.contains(&taker)) {
                    list.push(taker);
                }
            }
        }
    }
    feeds
}

/// The stems of what a tool looks up, by its name.
fn looked_up(spec: &ToolSpec) -> Vec<&str> {
    let is_lookup = |w: &str| matches!(w, "find" | "search" | "lookup" | "list" | "query" | "get" | "fetch" | "browse");
    let words = &spec.hints().name;
    if !words.iter().any(is_lookup) {
        return Vec::new();
    }
    words.iter().skip_while(|w| !is_lookup(w)).filter(|w| !is_stop_word(w) && !is_generic(w)).map(stem).collect()
}

/// Whether a parameter is the name or the identifier of one of the things.
fn names_one_of(param: &Param, things: &[&str]) -> bool {
    let identifies = |w: &str| matches!(w, "id" | "ids" | "name" | "key" | "code" | "number" | "uuid" | "identifier");
    let words = &param.hints.name;
    words.iter().any(identifies) && words.iter().any(|w| !identifies(w) && things.contains(&stem(w)))
}

fn add(words: &Words, index: &mut WordIndex) {
    telling(words).for_each(|w| index.add(stem(w), tells(w)));
}

fn add_params(param: &Param, index: &mut WordIndex, depth: usize) {
    let hints = &param.hints;
    [&hints.name, &hints.description]
        .into_iter()
        .chain(&hints.options)
        .chain(&hints.allowed)
        .for_each(|w| add(w, index));
    if depth < MAX_DEPTH {
        param.properties.iter().chain(param.items.as_deref()).for_each(|p| add_params(p, index, depth + 1));
    }
}

/// The words that say what a text is about.
pub(crate) fn telling(words: &Words) -> impl Iterator<Item = &str> {
    words.iter().filter(|w| !is_stop_word(w) && w.len() > 1 && !w.bytes().all(|b| b.is_ascii_digit()))
}

/// What a word tells of what a text is about: verbs and nouns that tools of every kind carry tell little.
pub(crate) fn tells(word: &str) -> f32 {
    if is_generic(word) { 0.2 } else { 1.0 }
}

/// Verbs and nouns that tools of every kind carry in their names and people use in requests of every kind.
const GENERIC: &str = "\
    according allow allows api available based by calc calculate calculates certain check compute computes containing create \
    creates criteria current currently data default detail detailed details determine different each either etc exact \
    execute fetch fetches filter find finds following format function generate given good handle hey including info \
    information input item items kind latest list lists lookup manage name named new number object option optional \
    optionally options other output parameter parameters particular perform performs possible process provide provided \
    provides query related request required result results retrieve retrieves return returns right search searches see \
    select service services set some someone something specific specified string support system thanks thing things time \
    tool top type types unique update updates used user users various view way";

fn is_generic(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| GENERIC.split_whitespace().collect());
    WORDS.contains(word)
}
