//! Names in values: which keys of an object are names of parameters, by the schemas that speak of it.

use serde_json::{Map, Value};

use super::names::Renames;

/// How many schemas may speak of one value: references can lead to many.
const MAX_PARTS: usize = 256;

/// What the types of objects and of lists are called.
const OBJECTS: [&str; 3] = ["object", "dict", "map"];
const LISTS: [&str; 4] = ["array", "list", "tuple", "set"];

/// All schemas that speak of a value, references and alternatives followed; none where nothing is known of it.
#[derive(Debug, Clone)]
pub(super) struct Place<'s> {
    root: &'s Value,
    parts: Vec<&'s Map<String, Value>>,
    /// Whether all keys are names, whatever the schemas say: it is the arguments of a call.
    is_call: bool,
    /// Whether it is inside of what no schema has: all keys are as made up.
    is_made_up: bool,
}

impl<'s> Place<'s> {
    /// What these schemas speak of.
    pub(super) fn of(root: &'s Value, schemas: impl IntoIterator<Item = &'s Value>) -> Self {
        let mut place = Self { root, parts: Vec::new(), is_call: false, is_made_up: false };
        for schema in schemas {
            place.add(schema);
        }
        place
    }

    /// The arguments of a call of a tool with this schema, or of one that was made up.
    pub(super) fn of_call(schema: Option<&'s Value>) -> Self {
        match schema {
            Some(schema) => Self { is_call: true, ..Self::of(schema, [schema]) },
            None => Self { is_call: true, is_made_up: true, ..Self::of(&Value::Null, []) },
        }
    }

    fn add(&mut self, schema: &'s Value) {
        let Value::Object(map) = schema else { return };
        if self.parts.len() >= MAX_PARTS || self.parts.iter().any(|known| std::ptr::eq(*known, map)) {
            return;
        }
        self.parts.push(map);
        let target = map.get("$ref").and_then(Value::as_str).and_then(|pointer| pointer.strip_prefix('#'));
        let referred = target.and_then(|pointer| self.root.pointer(pointer));
        let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| map.get(key)?.as_array()).flatten();
        let single = ["not", "if", "then", "else"].into_iter().filter_map(|key| map.get(key));
        let dependent = ["dependentSchemas", "dependencies"].into_iter().filter_map(|key| map.get(key)?.as_object());
        let inner: Vec<&Value> =
            referred.into_iter().chain(lists).chain(single).chain(dependent.flat_map(Map::values)).collect();
        for schema in inner {
            self.add(schema);
        }
    }

    fn has_property(&self, name: &str) -> bool {
        self.properties().any(|map| map.contains_key(name)) || self.required().any(|required| required == name)
    }

    fn properties(&self) -> impl Iterator<Item = &'s Map<String, Value>> {
        self.parts.iter().filter_map(|part| part.get("properties")?.as_object())
    }

    fn required(&self) -> impl Iterator<Item = &'s str> {
        let lists = self.parts.iter().filter_map(|part| part.get("required")?.as_array());
        lists.flatten().filter_map(Value::as_str)
    }

    /// Schemas of what the caller may add.
    fn further(&self) -> impl Iterator<Item = &'s Value> {
        let says = self.parts.iter().filter_map(|part| part.get("additionalProperties"));
        says.filter(|says| **says != Value::Bool(false))
    }

    /// Whether values of a kind belong here, by its names in all dialects.
    fn takes(&self, kind: &[&str]) -> bool {
        let mut types = self.parts.iter().filter_map(|part| part.get("type")).peekable();
        let is_of_kind = |name: &Value| {
            let name = name.as_str().unwrap_or_default().to_ascii_lowercase();
            kind.iter().chain(["any"].iter()).any(|known| name.contains(known))
        };
        types.peek().is_none()
            || types.any(|names| names.as_array().map_or_else(|| is_of_kind(names), |list| list.iter().any(is_of_kind)))
    }

    /// Whether the schemas, which take objects here, leave it to the caller which keys they have: keys are data then.
    fn is_free(&self) -> bool {
        let lists = self.properties().any(|map| !map.is_empty()) || self.required().next().is_some();
        self.takes(&OBJECTS) && (!lists || self.further().next().is_some())
    }

    fn is_name(&self, key: &str) -> bool {
        self.is_call || self.is_made_up || self.has_property(key) || !self.is_free()
    }

    fn property(&self, key: &str) -> Self {
        let listed: Vec<&Value> = self.properties().filter_map(|map| map.get(key)).collect();
        let is_known = self.has_property(key) || self.further().next().is_some() || !self.is_name(key);
        let is_made_up = self.is_made_up || !is_known;
        let schemas = if listed.is_empty() { self.further().collect() } else { listed };
        Self { is_made_up, ..Self::of(self.root, schemas) }
    }

    fn item(&self, at: usize) -> Self {
        let schemas = self.parts.iter().flat_map(|part| {
            let list = |key: &str| part.get(key)?.as_array()?.get(at);
            let each = part.get("items").filter(|items| items.is_object());
            [list("prefixItems"), list("items"), each].into_iter().flatten()
        });
        Self { is_made_up: self.is_made_up || !self.takes(&LISTS), ..Self::of(self.root, schemas) }
    }

    /// The value with its names replaced.
    pub(super) fn renamed(&self, value: &Value, names: &mut dyn Renames) -> Value {
        match value {
            Value::Object(map) => {
                let renamed = map.iter().map(|(key, inner)| {
                    let inner = self.property(key).renamed(inner, names);
                    (if self.is_name(key) { names.name(key) } else { key.clone() }, inner)
                });
                Value::Object(renamed.collect())
            }
            Value::Array(items) => items.iter().enumerate().map(|(at, v)| self.item(at).renamed(v, names)).collect(),
            other => other.clone(),
        }
    }
}
