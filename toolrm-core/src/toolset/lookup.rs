//! [`Lookup`]: which tool gives a parameter's value, and under which name, as the descriptions of the tools say.

use std::collections::{HashMap, HashSet};

use super::{Param, ToolSpec};
use crate::context::Words;

/// Parameters nested deeper than this say nothing about where their values come from.
const MAX_DEPTH: usize = 4;

/// Where the value of a parameter comes from.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Lookup {
    /// The tools whose results hold the value, by their place in the toolset: the parameter's description names them ("from
    /// `search_hotels`"), or theirs names the parameter ("returns the `sort_key` values").
    pub givers: Vec<usize>,
    /// Of the givers, those that say themselves that they are there for this parameter.
    pub servants: Vec<usize>,
    /// The names of the result's fields that hold it ("as `productId` inside `products`").
    pub fields: Vec<Words>,
    /// Whether the name says that it identifies something (`hotel_id`, `token`): such a value is copied, never composed.
    pub identifies: bool,
}

impl Lookup {
    /// What a parameter says by itself.
    pub(super) fn new(name: &Words, description: &str) -> Self {
        const IDENTIFIERS: [&str; 7] = ["guid", "id", "ids", "slug", "token", "uuid", "uuids"];
        let identifies = name.iter().next_back().is_some_and(|last| IDENTIFIERS.contains(&last));
        Self { fields: fields(description), identifies, ..Self::default() }
    }

    /// Whether the value is to be copied from somewhere, as it stands.
    pub fn is_copied(&self) -> bool {
        self.identifies || !self.givers.is_empty()
    }
}

/// The names in backticks that "as" or "field" introduces.
fn fields(description: &str) -> Vec<Words> {
    let mut out = Vec::new();
    let mut spans = description.split('`');
    // Texts outside of backticks and inside take turns.
    while let (Some(before), Some(inside)) = (spans.next(), spans.next()) {
        let introduced = ["as", "field", "key", "property"]
            .contains(&before.rsplit([' ', '*', '\n']).find(|w| !w.is_empty()).unwrap_or(""));
        if introduced && !inside.contains('/') {
            let words = Words::of_identifier(inside);
            if !words.is_empty() && words.len() <= 5 {
                out.push(words);
            }
        }
    }
    out
}

/// Ties parameters to the tools that give their values.
pub(super) fn link(specs: &mut [ToolSpec]) {
    if specs.len() < 2 {
        return;
    }
    let names = Names::new(specs);
    let announced = announced_by_givers(specs);
    for (index, spec) in specs.iter_mut().enumerate() {
        link_params(spec.params_mut(), index, &names, &announced, 0);
    }
}

fn link_params(param: &mut Param, tool: usize, names: &Names, announced: &HashMap<String, Vec<usize>>, depth: usize) {
    for property in param.properties.iter_mut().chain(param.items.as_deref_mut()) {
        let mut givers = names.mentioned(&property.hints.description);
        let servants: Vec<usize> =
            announced.get(&property.name).into_iter().flatten().copied().filter(|giver| *giver != tool).collect();
        givers.extend(&servants);
        givers.retain(|giver| *giver != tool);
        givers.sort_unstable();
        givers.dedup();
        property.hints.lookup.givers = givers;
        property.hints.lookup.servants = servants;
        if depth < MAX_DEPTH {
            link_params(property, tool, names, announced, depth + 1);
        }
    }
}

/// The names of the tools that have two words or more: a single word is too easily just a word.
struct Names {
    /// By first word: the words in a row, and the tool.
    spaced: HashMap<String, Vec<(String, usize)>>,
    /// Written as one word (`searchHotels`, folded).
    joined: HashMap<String, usize>,
}

impl Names {
    fn new(specs: &[ToolSpec]) -> Self {
        let mut names = Self { spaced: HashMap::new(), joined: HashMap::new() };
        for (index, spec) in specs.iter().enumerate() {
            let words = &spec.hints().name;
            if let Some(first) = words.iter().next().filter(|_| words.len() > 1) {
                names.spaced.entry(first.to_owned()).or_default().push((words.joined().to_owned(), index));
                names.joined.insert(words.iter().collect(), index);
            }
        }
        names
    }

    /// The tools that a description says the value comes from.
    fn mentioned(&self, description: &Words) -> Vec<usize> {
        if !description.iter().any(is_cue) {
            return Vec::new();
        }
        let mut found: Vec<(&str, usize)> = Vec::new();
        for (word, tail) in description.tails() {
            found.extend(self.joined.get(word).map(|index| (word, *index)));
            for (name, index) in self.spaced.get(word).into_iter().flatten() {
                if tail.starts_with(name.trim_start()) {
                    found.push((name, *index));
                }
            }
        }
        // "Search Hotels By Coordinates" is not "Search Hotels".
        let longest =
            |(name, _): &&(&str, usize)| !found.iter().any(|(o, _)| o.len() > name.len() && o.starts_with(*name));
        found.iter().filter(longest).map(|(_, index)| *index).collect()
    }
}

/// Words that say that a value comes from somewhere.
fn is_cue(word: &str) -> bool {
    const CUES: [&str; 13] = [
        "from",
        "get",
        "given",
        "obtain",
        "obtained",
        "output",
        "provided",
        "result",
        "retrieve",
        "retrieved",
        "returned",
        "using",
        "via",
    ];
    CUES.binary_search(&word).is_ok()
}

/// Parameters that the description of a tool names, though the tool does not ask for them itself: it gives them.
fn announced_by_givers(specs: &[ToolSpec]) -> HashMap<String, Vec<usize>> {
    let mut announced: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let description = spec.tool().description.as_deref().unwrap_or_default();
        let asked: HashSet<&str> =
            spec.params().properties.iter().filter(|p| p.required).map(|p| p.name.as_str()).collect();
        for name in identifiers(description).filter(|name| !asked.contains(name)) {
            let givers = announced.entry(name.to_owned()).or_default();
            if !givers.contains(&index) {
                givers.push(index);
            }
        }
    }
    announced
}

/// Words spelled as identifiers (`sort_key`, `productId`).
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| {
        let inner = word.trim_matches('_');
        let hump =
            inner.char_indices().any(|(at, c)| at > 0 && c.is_uppercase()) && inner.starts_with(char::is_lowercase);
        inner.contains('_') || hump
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::toolset::Toolset;

    #[test]
    fn descriptions_name_the_giver_and_the_field() {
        let tools = Toolset::from_json(&json!([
            {"name": "find_parcels", "description": "Parcels of a customer.", "parameters": {"type": "object", "properties": {}}},
            {"name": "find_parcels_by_street", "description": "Parcels of a street.", "parameters": {"type": "object", "properties": {}}},
            {"name": "list_orders", "description": "Lists the values of `order_by` for track_parcel.", "parameters": {"type": "object",
                "properties": {"order_by": {"type": "string"}}}},
            {"name": "track_parcel", "description": "Where a parcel is, by its `parcel_id`.", "parameters": {"type": "object", "properties": {
                "parcel_id": {"type": "string", "description": "Retrieved from **Find Parcels** as `trackingCode` inside `parcels`."},
                "street": {"type": "string", "description": "Retrieved from findParcelsByStreet."},
                "note": {"type": "string", "description": "Whatever find parcels may want."},
                "order_by": {"type": "string"}}, "required": ["parcel_id"]}},
        ]))
        .unwrap();
        let lookup = |name: &str| &tools.get("track_parcel").unwrap().params().property(name).unwrap().hints.lookup;
        assert_eq!(lookup("parcel_id").givers, [0]);
        assert_eq!(lookup("parcel_id").fields, [Words::of_identifier("trackingCode")]);
        assert!(lookup("parcel_id").identifies && lookup("parcel_id").servants.is_empty());
        assert_eq!(lookup("street").givers, [1]);
        assert!(!lookup("note").is_copied());
        assert_eq!((&lookup("order_by").givers[..], &lookup("order_by").servants[..]), (&[2][..], &[2][..]));
        let own = &tools.get("list_orders").unwrap().params().property("order_by").unwrap().hints.lookup;
        assert!(own.givers.is_empty());
    }
}
