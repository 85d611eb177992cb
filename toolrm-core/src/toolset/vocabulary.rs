//! [`Vocabulary`]: the words each tool of a toolset speaks of, made once per toolset.

use std::collections::{HashMap, HashSet};

use super::{Param, ToolSpec};
use crate::context::{Words, is_stop_word, stem};

/// Parameters nested deeper than this speak for themselves only.
const MAX_DEPTH: usize = 4;

/// The stems of every tool's name, description and parameters, and how many of the tools have each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    tools: Vec<HashSet<Box<str>>>,
    frequency: HashMap<Box<str>, u32>,
}

impl Vocabulary {
    pub(super) fn new(specs: &[ToolSpec]) -> Self {
        let tools: Vec<HashSet<Box<str>>> = specs.iter().map(of_tool).collect();
        let mut frequency = HashMap::new();
        for stem in tools.iter().flatten() {
            *frequency.entry(stem.clone()).or_insert(0) += 1;
        }
        Self { tools, frequency }
    }

    /// Whether the tool at `index` speaks of a stem.
    pub(crate) fn speaks_of(&self, index: usize, stem: &str) -> bool {
        self.tools.get(index).is_some_and(|t| t.contains(stem))
    }

    /// How much a stem tells about which tool is meant: 1 for one that a single tool has, 0.3 for one that all have.
    pub(crate) fn weight(&self, stem: &str) -> f32 {
        let others = self.frequency.get(stem).copied().unwrap_or(1) - 1;
        1.0 - 0.7 * others as f32 / self.tools.len().max(2) as f32
    }
}

fn of_tool(spec: &ToolSpec) -> HashSet<Box<str>> {
    let mut stems = HashSet::new();
    add(&spec.hints().name, &mut stems);
    add(&spec.hints().description, &mut stems);
    add_params(spec.params(), &mut stems, 0);
    stems
}

fn add(words: &Words, stems: &mut HashSet<Box<str>>) {
    stems.extend(telling(words).map(stem).map(Box::from));
}

fn add_params(param: &Param, stems: &mut HashSet<Box<str>>, depth: usize) {
    let hints = &param.hints;
    [&hints.name, &hints.description]
        .into_iter()
        .chain(&hints.options)
        .chain(&hints.allowed)
        .for_each(|w| add(w, stems));
    if depth < MAX_DEPTH {
        param.properties.iter().chain(param.items.as_deref()).for_each(|p| add_params(p, stems, depth + 1));
    }
}

/// The words that say what a text is about.
pub(crate) fn telling(words: &Words) -> impl Iterator<Item = &str> {
    words.iter().filter(|w| !is_stop_word(w) && !is_generic(w) && w.len() > 1 && !w.bytes().all(|b| b.is_ascii_digit()))
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
