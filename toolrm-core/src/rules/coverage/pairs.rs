//! Two calls of one tool beside each other: do they ask for two things?

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{
    canonical::canonical_value,
    context::Words,
    rules::{CallView, Case, Origin, Report, Rule, Support, support::says_nothing},
    toolset::{Param, TypeSet},
};

/// Pairs beyond these calls are not compared: their number grows with the square.
const MAX_COMPARED: usize = 24;

/// What two calls of one tool have in common, and what not.
struct Pair<'c, 'a> {
    first: &'c CallView<'a>,
    second: &'c CallView<'a>,
    /// Arguments that both have, with different values.
    changed: Vec<(&'a str, &'a Value, &'a Value)>,
    /// Arguments that only the first has.
    only_first: Vec<(&'a str, &'a Value)>,
    /// Arguments that only the second has.
    only_second: Vec<(&'a str, &'a Value)>,
}

/// Every two calls of one tool, in their order.
fn pairs<'c, 'a>(case: &'c Case<'a>) -> impl Iterator<Item = Pair<'c, 'a>> {
    let calls = case.calls.get(..MAX_COMPARED).unwrap_or(&case.calls);
    calls.iter().enumerate().flat_map(move |(i, first)| {
        let later = calls.iter().skip(i + 1);
        later
            .filter(move |second| first.tool_index.is_some() && second.tool_index == first.tool_index)
            .filter_map(move |second| Pair::new(first, second))
    })
}

impl<'c, 'a> Pair<'c, 'a> {
    fn new(first: &'c CallView<'a>, second: &'c CallView<'a>) -> Option<Self> {
        let (a, b) = (first.args?, second.args?);
        let mut changed = Vec::new();
        for (name, value) in given(a) {
            if let Some(other) = b.get(name).filter(|other| !says_nothing(other) && !same(value, other)) {
                changed.push((name, value, other));
            }
        }
        let lacks = |map: &Map<String, Value>, name: &str| map.get(name).is_none_or(says_nothing);
        Some(Self {
            first,
            second,
            changed,
            only_first: given(a).filter(|(name, _)| lacks(b, name)).collect(),
            only_second: given(b).filter(|(name, _)| lacks(a, name)).collect(),
        })
    }

    fn param(&self, name: &str) -> Option<&'a Param> {
        self.first.spec.and_then(|s| s.params().property(name))
    }

    fn same_names(&self) -> bool {
        self.only_first.is_empty() && self.only_second.is_empty()
    }
}

/// Whether the request has one of the words.
fn says_any(case: &Case<'_>, words: &[&str]) -> bool {
    case.context.request.words.iter().any(|w| words.contains(&w))
}

fn given(map: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    map.iter().filter(|(_, value)| !says_nothing(value)).map(|(name, value)| (name.as_str(), value))
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => {
            a == b || canonical_value(a) == canonical_value(b)
        }
        _ => a == b,
    }
}

/// Two calls of one tool that could be one.
#[derive(Debug)]
pub(in crate::rules) struct Split;

impl Rule for Split {
    fn id(&self) -> &'static str {
        "coverage.split"
    }
    fn summary(&self) -> &'static str {
        "Arguments that do not contradict each other are given in one call."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        const CONTRAST: [&str; 8] =
            ["again", "alternatively", "change", "compare", "different", "instead", "once", "versus"];
        if says_any(case, &CONTRAST) {
            return;
        }
        let mut told = HashSet::new();
        for pair in pairs(case).filter(|p| p.changed.is_empty() && !p.same_names()) {
            let more = pair.only_first.iter().chain(&pair.only_second);
            // One call with the default and one with another value are two questions.
            let apart = more.clone().any(|(name, value)| {
                pair.param(name)
                    .and_then(|p| p.default.as_ref())
                    .is_some_and(|default| !says_nothing(default) && !default.is_boolean() && !same(default, value))
            });
            let whole = pair.only_first.is_empty() || pair.only_second.is_empty();
            if !(apart && whole) && told.insert(pair.second.index) {
                let names: Vec<&str> = more.map(|(name, _)| *name).collect();
                let message =
                    format!("/{} asks for the same thing; give {} in one call", pair.first.index, names.join(", "));
                report.find(format!("/{}", pair.second.index), message, 1.0);
            }
        }
    }
}

/// Two calls that differ in one list only.
#[derive(Debug)]
pub(in crate::rules) struct SplitList;

impl Rule for SplitList {
    fn id(&self) -> &'static str {
        "coverage.split-list"
    }
    fn summary(&self) -> &'static str {
        "When a parameter takes a list, its items are given in one call, not in a call each."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let mut told = HashSet::new();
        for pair in pairs(case).filter(Pair::same_names) {
            let [(name, Value::Array(a), Value::Array(b))] = pair.changed.as_slice() else { continue };
            // Two lists of several values each are two sets of data.
            let items = a.len() == 1 || b.len() == 1 || a.iter().chain(b).all(Value::is_object);
            let takes_lists = pair.param(name).is_some_and(|p| p.types.contains(TypeSet::ARRAY));
            if items && takes_lists && !in_a_grid(&pair, name, case) && told.insert(pair.second.index) {
                let whole: Vec<Value> = a.iter().chain(b.iter().filter(|v| !a.contains(v))).cloned().collect();
                let message = format!("give \"{name}\" one list together with /{}", pair.first.index);
                let pointer = pair.second.pointer(&format!("/arguments/{}", crate::score::pointer_token(name)));
                report.find_with_fix(pointer, message, 1.0, Value::Array(whole));
            }
        }
    }
}

/// Whether both values of `name` come again with another argument changed: combinations made on purpose.
fn in_a_grid(pair: &Pair<'_, '_>, name: &str, case: &Case<'_>) -> bool {
    let again = |view: &CallView<'_>| {
        case.calls.iter().take(MAX_COMPARED).any(|v| {
            v.tool_index == view.tool_index
                && v.index != view.index
                && v.args.and_then(|a| a.get(name)) == view.args.and_then(|a| a.get(name))
        })
    };
    again(pair.first) && again(pair.second)
}

/// The same two values the other way round.
#[derive(Debug)]
pub(in crate::rules) struct Mirrored;

impl Rule for Mirrored {
    fn id(&self) -> &'static str {
        "coverage.mirrored"
    }
    fn summary(&self) -> &'static str {
        "A call is not made again with two of its values exchanged, unless the request speaks of the way back."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        const BACK: [&str; 12] = [
            "back",
            "return",
            "returning",
            "round",
            "reverse",
            "reversed",
            "vice",
            "both",
            "each",
            "other",
            "swap",
            "opposite",
        ];
        if says_any(case, &BACK) {
            return;
        }
        for pair in pairs(case).filter(Pair::same_names) {
            if let [(_, a, b), (_, c, d)] = pair.changed.as_slice()
                && same(a, d)
                && same(b, c)
            {
                let message = format!("/{} with two values exchanged", pair.first.index);
                report.find(format!("/{}", pair.second.index), message, 1.0);
            }
        }
    }
}

/// The same call with one value changed to something nobody said.
#[derive(Debug)]
pub(in crate::rules) struct Variation;

impl Rule for Variation {
    fn id(&self) -> &'static str {
        "coverage.variation"
    }
    fn summary(&self) -> &'static str {
        "A call is made again with one value changed only when the request speaks of both values."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        // A contrast in the request asks for the flag both ways.
        const CONTRAST: [&str; 10] =
            ["as", "both", "either", "instead", "neither", "non", "not", "other", "versus", "without"];
        let contrast = says_any(case, &CONTRAST);
        let mut told = HashSet::new();
        for pair in pairs(case).filter(Pair::same_names) {
            let [(name, a, b)] = pair.changed.as_slice() else { continue };
            // Values of other kinds that nobody said are a matter of grounding.
            let unsaid = |value: &Value| match Support::of(value, pair.param(name), case.context) {
                _ if value.is_boolean() => !contrast,
                support => matches!(support.origin, Origin::Listed | Origin::OtherListed),
            };
            if (unsaid(a) || unsaid(b)) && told.insert(pair.second.index) {
                let message = format!("/{} with another \"{name}\", which nobody asked for", pair.first.index);
                report.find(pair.second.pointer(""), message, 1.0);
            }
        }
    }
}

/// Calls that take some but not all combinations of two lists.
#[derive(Debug)]
pub(in crate::rules) struct Combination;

impl Rule for Combination {
    fn id(&self) -> &'static str {
        "coverage.combination"
    }
    fn summary(&self) -> &'static str {
        "Where the request lists two kinds of things (\"rock and jazz in Rome and Paris\"), each is combined with each."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if says_any(case, &["respectively", "respective", "while", "whereas"]) {
            return;
        }
        for corner in pairs(case).filter(|p| p.changed.len() == 2 && p.same_names()) {
            let [(left, a, b), (right, c, d)] = corner.changed.as_slice() else { continue };
            if !(are_listed(a, b, case) && are_listed(c, d, case)) {
                continue;
            }
            // The calls (a, c) and (b, d) are there; are (a, d) and (b, c)?
            let is_there = |l: &Value, r: &Value| {
                let calls = case.calls.iter().filter(|v| v.tool_index == corner.first.tool_index);
                let argument = |v: &CallView<'_>, name: &str, value: &Value| {
                    v.args.and_then(|a| a.get(name)).is_some_and(|x| same(x, value))
                };
                calls.take(MAX_COMPARED).any(|v| argument(v, left, l) && argument(v, right, r))
            };
            if let Some((l, r)) = [(a, d), (b, c)].into_iter().find(|(l, r)| !is_there(l, r)) {
                report.find("", format!("no call has \"{left}\": {l} with \"{right}\": {r}"), 1.0);
                return;
            }
        }
    }
}

/// Whether the request lists the two values side by side.
fn are_listed(a: &Value, b: &Value, case: &Case<'_>) -> bool {
    let words = |value: &Value| match value {
        Value::String(s) => Words::new(s),
        Value::Array(items) if items.len() == 1 => {
            items.first().map_or_else(Words::default, |v| Words::new(v.as_str().unwrap_or("")))
        }
        other => Words::new(&other.to_string()),
    };
    let (a, b) = (words(a), words(b));
    let first = |w: &Words| w.iter().next().map(str::to_owned);
    let (Some(a), Some(b)) = (first(&a), first(&b)) else { return false };
    let beside = |l: &str, r: &str| {
        let words: Vec<&str> = case.context.request.words.iter().collect();
        words.windows(2).enumerate().any(|(i, w)| {
            let [x, y] = w else { return false };
            (*x == l && *y == r)
                || (matches!(*y, "and" | "or")
                    && words.get(i.saturating_sub(3)..=i).is_some_and(|before| before.contains(&l))
                    && words.get(i + 2..(i + 4).min(words.len())).is_some_and(|after| after.contains(&r)))
        })
    };
    beside(&a, &b) || beside(&b, &a)
}
