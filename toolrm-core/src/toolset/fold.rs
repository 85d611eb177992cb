//! From a JSON Schema to [`Param`]s: references followed, `allOf` merged, the alternatives of `anyOf` and `oneOf` folded into one.
//!
//! The law: a `Param` allows whatever its schema allows, save properties beyond the listed ones, be it of an object or of the
//! alternative whose properties they would join.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{json::same_value, param::Param, refs::resolve, type_set::TypeSet};

/// How many parameters a tool may unfold to: a chain of `$ref`s can double at every link. What is beyond is left to the validator.
const MAX_NODES: usize = 4096;
/// How deep parameters unfold.
const MAX_DEPTH: usize = 64;

/// Reads the parameters out of one schema.
pub(super) struct Builder<'a> {
    root: &'a Value,
    /// The references being followed: one that comes again is a cycle.
    active: Vec<&'a str>,
    nodes_left: usize,
    exact: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self { root, active: Vec::new(), nodes_left: MAX_NODES, exact: true }
    }

    /// Whether the parameters built so far say all that their schemas say, save that they close objects: then no validator is needed.
    pub(super) fn is_exact(&self) -> bool {
        self.exact
    }

    /// The parameter a schema describes; `depth` is how many schemas it is inside of.
    pub(super) fn build(&mut self, schema: &'a Value, depth: usize) -> Param {
        let Value::Object(map) = schema else {
            return Param::unrestricted(TypeSet::of_schema(schema));
        };
        if self.nodes_left == 0 || depth > MAX_DEPTH {
            self.exact = false;
            return Param::unrestricted(TypeSet::ANY);
        }
        self.nodes_left -= 1;
        let mut param = self.keywords(map, depth);
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            param = param.and(self.follow(target, depth));
        }
        for part in list(map, "allOf") {
            param = param.and(self.build(part, depth + 1));
        }
        for key in ["anyOf", "oneOf"] {
            let alternatives: Vec<Param> = list(map, key).iter().map(|a| self.build(a, depth + 1)).collect();
            if let Some(folded) = alternatives.into_iter().reduce(Param::or) {
                param = param.and(folded);
            }
        }
        param
    }

    fn follow(&mut self, target: &'a str, depth: usize) -> Param {
        if self.active.contains(&target) {
            return Param::unrestricted(TypeSet::ANY);
        }
        let Some(schema) = resolve(self.root, target) else {
            return Param::unrestricted(TypeSet::ANY);
        };
        self.active.push(target);
        let param = self.build(schema, depth + 1);
        self.active.pop();
        param
    }

    /// What the keywords of one schema say, without references and combinations.
    fn keywords(&mut self, map: &'a Map<String, Value>, depth: usize) -> Param {
        self.exact &= map.iter().all(|(key, value)| is_told(key, value));
        let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |key: &str| map.get(key).and_then(Value::as_f64);
        let mut param = Param::unrestricted(TypeSet::of_keyword(map.get("type")));
        param.description = text("description");
        param.format = text("format");
        param.default = map.get("default").cloned();
        param.examples = list(map, "examples").to_vec();
        param.examples.extend(map.get("example").cloned());
        param.allowed = match map.get("const") {
            Some(only) => vec![only.clone()],
            None => list(map, "enum").to_vec(),
        };
        param.range = (
            tighter(f64::max, number("minimum"), number("exclusiveMinimum")),
            tighter(f64::min, number("maximum"), number("exclusiveMaximum")),
        );
        // A list with `prefixItems` has items of its own at each place: left to the validator.
        if !map.contains_key("prefixItems") {
            param.items = map.get("items").map(|items| Box::new(self.build(items, depth + 1)));
        }
        param.said_open = says_open(map);
        self.add_properties(map, depth, &mut param);
        param.with_open()
    }

    fn add_properties(&mut self, map: &'a Map<String, Value>, depth: usize, param: &mut Param) {
        let listed = map.get("properties").and_then(Value::as_object);
        let mut required: HashSet<&str> = list(map, "required").iter().filter_map(Value::as_str).collect();
        for (name, schema) in listed.into_iter().flatten() {
            if self.nodes_left == 0 {
                self.exact = false;
                param.said_open = Some(true);
                return;
            }
            let required = required.remove(name.as_str());
            param.properties.push(Param { name: name.clone(), required, ..self.build(schema, depth + 1) });
        }
        param.lists_properties = !param.properties.is_empty();
        // Required, but not described.
        for name in list(map, "required").iter().filter_map(Value::as_str).filter(|name| required.contains(name)) {
            let any = Param::unrestricted(TypeSet::ANY);
            param.properties.push(Param { name: name.to_owned(), required: true, ..any });
        }
    }
}

impl Param {
    /// Draws the conclusion of [`Param::open`].
    pub(super) fn with_open(mut self) -> Self {
        self.open = self.said_open.unwrap_or(!self.lists_properties);
        self
    }

    /// What satisfies both.
    fn and(mut self, other: Self) -> Self {
        self.types = self.types.intersection(other.types);
        if self.allowed.is_empty() {
            self.allowed = other.allowed;
        } else if !other.allowed.is_empty() {
            self.allowed.retain(|v| other.allowed.iter().any(|o| same_value(v, o)));
            if self.allowed.is_empty() {
                self.types = TypeSet::default();
            }
        }
        for theirs in other.properties {
            match self.properties.iter_mut().find(|p| p.name == theirs.name) {
                Some(mine) => {
                    let required = mine.required || theirs.required;
                    let both = std::mem::replace(mine, Self::unrestricted(TypeSet::ANY)).and(theirs);
                    *mine = Self { required, ..both };
                }
                None => self.properties.push(theirs),
            }
        }
        self.items = match (self.items, other.items) {
            (Some(a), Some(b)) => Some(Box::new(a.and(*b))),
            (a, b) => a.or(b),
        };
        self.lists_properties |= other.lists_properties;
        self.said_open = match (self.said_open, other.said_open) {
            (Some(a), Some(b)) => Some(a || b),
            (a, b) => a.or(b),
        };
        self.range = (tighter(f64::max, self.range.0, other.range.0), tighter(f64::min, self.range.1, other.range.1));
        self.take_words(other.description, other.format, other.default, other.examples);
        self.with_open()
    }

    /// What satisfies either.
    fn or(mut self, mut other: Self) -> Self {
        let (mine, theirs) = (self.types, other.types);
        self.allowed = match (self.choices(), other.choices()) {
            (Some(mut mine), Some(theirs)) => {
                mine.extend(theirs.into_iter().filter(|t| !self.allowed.contains(t)));
                mine
            }
            _ => Vec::new(),
        };
        self.types = mine.union(theirs);
        // An alternative that is no object has nothing to say about properties, and likewise for items and ranges.
        match (mine.contains(TypeSet::OBJECT), theirs.contains(TypeSet::OBJECT)) {
            (true, true) => self.or_properties(&mut other),
            (false, true) => {
                self.properties = other.properties;
                (self.said_open, self.lists_properties) = (other.said_open, other.lists_properties);
            }
            _ => {}
        }
        self.items = match (mine.contains(TypeSet::ARRAY), theirs.contains(TypeSet::ARRAY)) {
            (true, true) => self.items.zip(other.items).map(|(a, b)| Box::new(a.or(*b))),
            (false, true) => other.items,
            _ => self.items,
        };
        self.range = match (mine.allows_numbers(), theirs.allows_numbers()) {
            (true, true) => (None, None),
            (false, true) => other.range,
            _ => self.range,
        };
        self.take_words(other.description, other.format, other.default, other.examples);
        self.with_open()
    }

    /// The properties of two alternatives: required where both require it; open where one is open and the other not just silent.
    fn or_properties(&mut self, other: &mut Self) {
        let open =
            (self.open || other.open) && (self.open != other.open || self.said_open.or(other.said_open).is_some());
        for mine in &mut self.properties {
            let Some(i) = other.properties.iter().position(|p| p.name == mine.name) else {
                mine.only_in_one(other.open);
                continue;
            };
            let theirs = other.properties.swap_remove(i);
            let required = mine.required && theirs.required;
            let either = std::mem::replace(mine, Self::unrestricted(TypeSet::ANY)).or(theirs);
            *mine = Self { required, ..either };
        }
        for mut theirs in std::mem::take(&mut other.properties) {
            theirs.only_in_one(self.open);
            self.properties.push(theirs);
        }
        self.lists_properties |= other.lists_properties;
        self.said_open = if open { Some(true) } else { self.said_open.or(other.said_open) };
    }

    /// A property only one of two alternatives lists: where the other is open, it takes any value there.
    fn only_in_one(&mut self, other_is_open: bool) {
        self.required = false;
        if other_is_open {
            let (name, description) = (std::mem::take(&mut self.name), std::mem::take(&mut self.description));
            *self = Self { name, description, ..Self::unrestricted(TypeSet::ANY) };
        }
    }

    /// The only values it allows, when they are known.
    fn choices(&self) -> Option<Vec<Value>> {
        match self.types {
            TypeSet::NULL => Some(vec![Value::Null]),
            _ if self.allowed.is_empty() => None,
            _ => Some(self.allowed.clone()),
        }
    }

    /// Takes the words of another where it has none of its own.
    fn take_words(&mut self, description: String, format: String, default: Option<Value>, examples: Vec<Value>) {
        if self.description.is_empty() {
            self.description = description;
        }
        if self.format.is_empty() {
            self.format = format;
        }
        if self.examples.is_empty() {
            self.examples = examples;
        }
        self.default = self.default.take().or(default);
    }
}

/// The tighter of two bounds, where there are two.
fn tighter(choose: fn(f64, f64) -> f64, a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    }
}

/// What a schema says of properties beyond those it lists. Keywords that bring in properties of their own leave the answer to the validator.
fn says_open(map: &Map<String, Value>) -> Option<bool> {
    let brings_more = ["patternProperties", "propertyNames", "if", "dependentSchemas"];
    if brings_more.iter().any(|key| map.contains_key(*key)) {
        return Some(true);
    }
    match map.get("additionalProperties").or_else(|| map.get("unevaluatedProperties")) {
        Some(Value::Bool(open)) => Some(*open),
        Some(_) => Some(true),
        None => None,
    }
}

/// Whether a parameter says all that a keyword says. References and combinations are folded, which may lose something.
fn is_told(key: &str, value: &Value) -> bool {
    match key {
        "type" | "properties" | "required" | "items" | "enum" | "title" | "description" | "default" | "example"
        | "examples" | "$comment" => true,
        "additionalProperties" => value.is_boolean(),
        _ => false,
    }
}

fn list<'a>(map: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    map.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
