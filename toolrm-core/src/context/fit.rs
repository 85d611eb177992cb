//! [`Fit`]: how well a tool's name and description fit the request, word by word.

use std::collections::HashSet;

use super::{Results, Source, Words, stem};
use crate::toolset::{Toolset, telling};

/// How well one tool fits what is asked. All shares are in \[0, 1\].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// Share of the telling words of the tool's name that the user said.
    pub name: f32,
    /// Share of the request's telling words that the tool speaks of anywhere (name, description, parameters), words that few of the
    /// tools have counting more.
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

/// The fit of every tool, in the toolset's order.
pub(super) fn of_tools(tools: &Toolset, said: &Source, request: &Source) -> Vec<Fit> {
    let vocabulary = tools.vocabulary();
    let asked: HashSet<&str> = telling(&request.words).map(stem).collect();
    let weighed: Vec<(&str, f32)> = asked.iter().map(|s| (*s, vocabulary.weight(s))).collect();
    let all: f32 = weighed.iter().map(|(_, w)| w).sum();
    let fit = |(index, spec): (usize, &crate::toolset::ToolSpec)| {
        let found: f32 = weighed.iter().filter(|(s, _)| vocabulary.speaks_of(index, s)).map(|(_, w)| w).sum();
        Fit {
            name: share(&spec.hints().name, said),
            request: if all > 0.0 { found / all } else { 0.0 },
            description: share(&spec.hints().description, request),
        }
    };
    tools.specs().iter().enumerate().map(fit).collect()
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
