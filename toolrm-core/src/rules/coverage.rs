//! Coverage rules: does the candidate do all that was asked, once?

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value;

use super::{
    Case, Report, Rule,
    amounts::{Amounts, number_in},
    rule::MAX_CALLS,
    support::says_nothing,
};
use crate::{
    canonical::repeated_call,
    context::{Context, Words, aliases, close, is_stop_word, stem},
    score::pointer_token,
    toolset::{Param, TypeSet},
};

/// What the candidate's arguments hold, to be compared with what the request holds.
#[derive(Debug, Default)]
pub(super) struct Used {
    texts: Vec<Words>,
    pub(super) amounts: Amounts,
    /// Hashes of the stems: looked up for every word of the request's names.
    stems: HashSet<u64>,
}

impl Used {
    pub(super) fn new<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let mut used = Self::default();
        values.for_each(|v| used.add(v, 0));
        used
    }

    fn add_text(&mut self, words: Words) {
        self.stems.extend(words.iter().map(|w| hash(stem(w))));
        self.texts.push(words);
    }

    fn add(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Number(n) => n.as_f64().into_iter().for_each(|n| self.amounts.add_number(n)),
            Value::String(s) => {
                let words = Words::new(s);
                self.amounts.add_text(s, &words);
                self.add_text(words);
            }
            Value::Array(items) if depth < 8 => items.iter().for_each(|v| self.add(v, depth + 1)),
            Value::Object(map) if depth < 8 => map.iter().for_each(|(k, v)| {
                self.add_text(Words::of_identifier(k));
                self.add(v, depth + 1);
            }),
            _ => {}
        }
    }

    /// The share of a phrase's words whose stems are not there; 0 when the phrase is there in a row.
    fn missing_share(&self, phrase: &Words) -> f32 {
        if self.texts.iter().any(|w| w.contains(phrase)) {
            return 0.0;
        }
        let missing = phrase.iter().filter(|p| !self.has_stem(stem(p))).count();
        missing as f32 / phrase.len().max(1) as f32
    }

    fn has_stem(&self, sought: &str) -> bool {
        self.stems.contains(&hash(sought))
    }

    /// Whether a phrase is there, in a row or with all of its stems.
    fn has_phrase(&self, phrase: &Words) -> bool {
        self.texts.iter().any(|w| w.contains(phrase)) || phrase.iter().all(|p| self.has_stem(stem(p)))
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Quoted texts and names of the request that no argument holds.
#[derive(Debug)]
pub(super) struct UnusedName;

impl Rule for UnusedName {
    fn id(&self) -> &'static str {
        "coverage.unused-name"
    }
    fn summary(&self) -> &'static str {
        "Every name and quoted text of the request is used by some argument."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if case.calls.is_empty() {
            return;
        }
        for name in named(case.context) {
            let named_by_call = case.calls.iter().any(|v| {
                v.spec.is_some_and(|s| name.iter().all(|w| s.hints().name.iter().any(|t| stem(t) == stem(w))))
            });
            let missing = if named_by_call { 0.0 } else { case.used.missing_share(name) };
            if missing > 0.0 && !aliases(name).any(|a| case.used.has_phrase(&a)) {
                report.find("", format!("the request's \"{}\" is used by no argument", name.joined().trim()), missing);
            }
        }
    }
}

fn named(context: &Context) -> impl Iterator<Item = &Words> {
    context.quoted.iter().chain(&context.names)
}

/// One call made twice.
#[derive(Debug)]
pub(super) struct Repeated;

impl Rule for Repeated {
    fn id(&self) -> &'static str {
        "coverage.repeated"
    }
    fn summary(&self) -> &'static str {
        "No call is made twice."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if let Some((first, again)) = repeated_call(case.candidate.action.calls()) {
            report.find(format!("/{again}"), format!("the same call as /{first}"), 1.0);
        }
    }
}

/// An item of a list in the request that no argument holds, though its neighbour is one.
#[derive(Debug)]
pub(super) struct UnusedItem;

impl Rule for UnusedItem {
    fn id(&self) -> &'static str {
        "coverage.unused-item"
    }
    fn summary(&self) -> &'static str {
        "When one item of a list in the request is an argument, the items beside it are arguments too."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (left, right) in &case.context.neighbours {
            let left_used = case.used.texts.iter().any(|t| !t.is_empty() && left.joined().ends_with(t.joined()));
            let unused = |w: &str| !case.used.has_stem(stem(w)) && !is_stop_word(w) && number_in(w).is_none();
            if left_used && right.joined().len() > 4 && right.iter().all(unused) {
                report.find(
                    "",
                    format!("\"{}\" is asked for too, and no argument holds it", right.joined().trim()),
                    1.0,
                );
            }
        }
    }
}

/// An optional argument left out though the request speaks of it.
#[derive(Debug)]
pub(super) struct UnusedOption;

impl Rule for UnusedOption {
    fn id(&self) -> &'static str {
        "coverage.unused-option"
    }
    fn summary(&self) -> &'static str {
        "When the request names one of an optional parameter's values, or the flag itself, some call gives it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let mut given: HashSet<(Option<usize>, &str)> = HashSet::new();
        for view in &case.calls {
            let values = view.slots.iter().filter(|s| !says_nothing(s.value));
            given.extend(values.filter_map(|s| s.path.first().map(|name| (view.tool_index, *name))));
        }
        let mut seen = HashSet::new();
        for view in case.calls.iter().filter(|v| seen.insert(v.tool_index)) {
            let params = view.spec.map_or(&[][..], |s| &s.params().properties);
            for param in params.iter().filter(|p| !p.required && !given.contains(&(view.tool_index, p.name.as_str()))) {
                if let Some(value) = asked_for(param, case) {
                    let pointer = view.pointer(&format!("/arguments/{}", pointer_token(&param.name)));
                    report.find(pointer, format!("the request asks for {value}; give \"{}\"", param.name), 1.0);
                }
            }
        }
    }
}

/// What the request says about a parameter: one of its values, or the name of a flag.
fn asked_for(param: &Param, case: &Case<'_>) -> Option<String> {
    let request = &case.context.request;
    if param.types == TypeSet::BOOLEAN {
        let telling: Vec<&str> = param.hints.name.iter().filter(|w| !is_stop_word(w) && !is_flag_word(w)).collect();
        let all = !telling.is_empty() && telling.iter().all(|w| request.has_stem(stem(w)));
        return (all && param.default != Some(Value::Bool(true))).then(|| format!("\"{}\"", telling.join(" ")));
    }
    let items = param.items.as_deref().map_or(&[][..], |i| &i.hints.allowed);
    let default = param.default.as_ref().and_then(Value::as_str).map(Words::new).unwrap_or_default();
    let values = param.hints.allowed.iter().chain(items).chain(&param.hints.options);
    values
        .filter(|v| v.joined().len() > 4 && **v != default && Some(*v) != param.hints.default.as_ref())
        .find(|v| request.words.contains(v) && !case.used.has_phrase(v))
        .map(|v| format!("\"{}\"", v.joined().trim()))
}

fn is_flag_word(word: &str) -> bool {
    matches!(word, "include" | "enable" | "flag" | "only" | "return" | "add" | "required" | "allow" | "available")
}

/// One text argument that holds what several calls should: "Paris and London" where each has a call of its own.
#[derive(Debug)]
pub(super) struct Merged;

impl Rule for Merged {
    fn id(&self) -> &'static str {
        "coverage.merged"
    }
    fn summary(&self) -> &'static str {
        "A single-valued argument holds one item of a list; several items asked for are several calls or a list argument."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for slot in view.slots.iter().filter(|s| s.param.is_some_and(|p| p.types == TypeSet::STRING)) {
                let Some(text) = slot.value.as_str() else { continue };
                let words = Words::new(text);
                let holds = |(left, right): &&(Words, Words)| {
                    let last = left.iter().next_back().unwrap_or("");
                    // "12, 2022" is the end of a date.
                    let date =
                        last.len() <= 4 && right.iter().next().is_some_and(|w| w.len() == 4 && number_in(w).is_some());
                    !date
                        && words.len() <= left.len() + right.len()
                        && words.contains(right)
                        && words.iter().any(|w| w == last)
                };
                // "San Francisco, CA" is one place.
                let place = |right: &Words| right.joined().len() <= 4 || case.context.names.iter().any(|n| n == right);
                if let Some((left, right)) = case.context.neighbours.iter().find(holds).filter(|(_, r)| !place(r)) {
                    let items = (left.iter().next_back().unwrap_or(""), right.joined().trim());
                    let message =
                        format!("\"{text}\" holds \"{}\" and \"{}\"; make one call for each", items.0, items.1);
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}

/// Fewer calls than the request counts.
#[derive(Debug)]
pub(super) struct Count;

impl Rule for Count {
    fn id(&self) -> &'static str {
        "coverage.count"
    }
    fn summary(&self) -> &'static str {
        "When the request counts the things to be done (\"two circles\", \"three times\"), there are as many calls."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let Some(asked) = case.context.counted.filter(|_| !case.calls.is_empty()) else { return };
        let takes_lists = case.calls.iter().any(|v| v.slots.iter().any(|s| s.value.is_array()));
        let is_value = case.used.amounts.numbers.iter().any(|n| close(*n, asked as f64));
        if case.calls.len() < asked && !takes_lists && !is_value {
            report.find(
                "",
                format!("the request counts {asked} things to do, and there are {} calls", case.calls.len()),
                1.0,
            );
        }
    }
}

/// More calls than anybody can have asked for.
#[derive(Debug)]
pub(super) struct Flood;

impl Rule for Flood {
    fn id(&self) -> &'static str {
        "coverage.flood"
    }
    fn summary(&self) -> &'static str {
        "One turn holds no more calls than can be meant."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let calls = case.candidate.action.calls().len();
        if calls > MAX_CALLS {
            report.find("", format!("{calls} calls in one turn; only the first {MAX_CALLS} were looked at"), 1.0);
        }
    }
}
