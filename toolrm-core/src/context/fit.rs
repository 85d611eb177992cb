//! [`Fit`]: how well a tool's name and description fit the request, word by word.

use std::collections::{HashMap, HashSet};

use super::{Source, Words, is_stop_word, stem};
use crate::toolset::{Param, ToolSpec, Toolset};

/// How well one tool fits what is asked. All shares are in \[0, 1\].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// Share of the telling words of the tool's name that the conversation has.
    pub name: f32,
    /// Share of the request's telling words that the tool speaks of anywhere (name, description, parameters), rare words of the
    /// toolset counting more.
    pub request: f32,
    /// Share of the telling words of the tool's description that the request has.
    pub description: f32,
}

impl Fit {
    /// One number, in \[0, 1\].
    pub fn value(&self) -> f32 {
        0.45 * self.name + 0.35 * self.request + 0.2 * (self.description * 2.5).min(1.0)
    }
}

/// Verbs and nouns that tools of every kind carry in their names; they tell nothing about what a tool is for.
fn is_generic(word: &str) -> bool {
    const GENERIC: [&str; 27] = [
        "api",
        "by",
        "calc",
        "calculate",
        "check",
        "compute",
        "create",
        "data",
        "detail",
        "details",
        "fetch",
        "find",
        "function",
        "get",
        "info",
        "information",
        "list",
        "lookup",
        "perform",
        "query",
        "request",
        "retrieve",
        "search",
        "set",
        "tool",
        "update",
        "user",
    ];
    GENERIC.binary_search(&word).is_ok()
}

fn telling<'a>(words: &'a Words) -> impl Iterator<Item = &'a str> {
    words.iter().filter(|w| !is_stop_word(w) && !is_generic(w) && w.len() > 1 && !w.bytes().all(|b| b.is_ascii_digit()))
}

/// The fit of every tool, in the toolset's order.
pub(super) fn of_tools(tools: &Toolset, said: &Source, request: &Source) -> Vec<Fit> {
    let vocabularies: Vec<HashSet<&str>> = tools.specs().iter().map(vocabulary).collect();
    let mut frequency: HashMap<&str, f32> = HashMap::new();
    for stem in vocabularies.iter().flatten() {
        *frequency.entry(stem).or_insert(0.0) += 1.0;
    }
    let asked: HashSet<&str> = telling(&request.words).map(stem).collect();
    let n = tools.len() as f32;
    tools
        .specs()
        .iter()
        .zip(&vocabularies)
        .map(|(spec, vocabulary)| {
            let weight = |s: &str| 1.0 - 0.7 * (frequency.get(s).copied().unwrap_or(1.0) - 1.0) / n.max(2.0);
            let (mut found, mut all) = (0.0, 0.0);
            for s in &asked {
                let w = weight(s);
                all += w;
                found += if vocabulary.contains(s) { w } else { 0.0 };
            }
            Fit {
                name: share(&spec.hints().name, said),
                request: if all > 0.0 { found / all } else { 0.0 },
                description: share(&spec.hints().description, request),
            }
        })
        .collect()
}

/// The share of telling words that the source has.
fn share(words: &Words, source: &Source) -> f32 {
    let (mut found, mut all) = (0.0, 0.0);
    for word in telling(words) {
        all += 1.0;
        let stem = stem(word);
        found += if source.has_stem(stem) {
            1.0
        } else if source.has_abbreviation(stem) {
            0.7
        } else {
            0.0
        };
    }
    // A name of generic words only ("get_data") neither fits nor misses.
    if all > 0.0 { found / all } else { 0.3 }
}

fn vocabulary(spec: &ToolSpec) -> HashSet<&str> {
    let mut stems: HashSet<&str> =
        telling(&spec.hints().name).chain(telling(&spec.hints().description)).map(stem).collect();
    add_params(spec.params(), &mut stems, 0);
    stems
}

fn add_params<'a>(param: &'a Param, stems: &mut HashSet<&'a str>, depth: usize) {
    stems.extend(telling(&param.hints.name).chain(telling(&param.hints.description)).map(stem));
    stems.extend(param.hints.options.iter().chain(&param.hints.allowed).flat_map(telling).map(stem));
    if depth < 4 {
        param.properties.iter().chain(param.items.as_deref()).for_each(|p| add_params(p, stems, depth + 1));
    }
}
