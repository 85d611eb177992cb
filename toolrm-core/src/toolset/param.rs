//! [`Param`]: a schema as rules read it: one node per parameter, with everything a rule asks for at hand.

use std::fmt;

use serde_json::{Map, Value};

use super::Hints;

/// A set of JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TypeSet(u8);

impl TypeSet {
    /// `null`
    pub const NULL: Self = Self(1);
    /// `boolean`
    pub const BOOLEAN: Self = Self(2);
    /// `integer`
    pub const INTEGER: Self = Self(4);
    /// `number`, which holds the integers
    pub const NUMBER: Self = Self(8 | 4);
    /// `string`
    pub const STRING: Self = Self(16);
    /// `array`
    pub const ARRAY: Self = Self(32);
    /// `object`
    pub const OBJECT: Self = Self(64);
    /// Every type: what a schema without `type` allows.
    pub const ANY: Self = Self(127);

    /// Whether all of `other` is in it.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets hold.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in it: no value fits.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a value has one of the types; `5.0` is an integer, as JSON Schema says.
    pub fn allows(self, value: &Value) -> bool {
        let of_value = match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
            Value::Number(n) if n.is_f64() && n.as_f64().is_some_and(|f| f.fract() != 0.0) => Self(8),
            Value::Number(_) => Self::INTEGER,
        };
        self.contains(of_value)
    }

    /// The types of a JSON Schema's `type` keyword; names that are not JSON Schema's count for nothing.
    pub(super) fn of_keyword(keyword: Option<&Value>) -> Self {
        let named = |name: &Value| match name.as_str() {
            Some("null") => Self::NULL,
            Some("boolean") => Self::BOOLEAN,
            Some("integer") => Self::INTEGER,
            Some("number") => Self::NUMBER,
            Some("string") => Self::STRING,
            Some("array") => Self::ARRAY,
            Some("object") => Self::OBJECT,
            _ => Self::default(),
        };
        match keyword {
            None => Self::ANY,
            Some(Value::Array(names)) => names.iter().map(named).fold(Self::default(), Self::union),
            Some(name) => named(name),
        }
    }

    /// The types the `type` keyword of a schema allows.
    pub(super) fn of_schema(schema: &Value) -> Self {
        match schema {
            Value::Bool(false) => Self::default(),
            schema => Self::of_keyword(schema.get("type")),
        }
    }
}

impl fmt::Display for TypeSet {
    /// As a person says it: `integer or null`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY {
            return f.write_str("any value");
        }
        let names = [
            (Self::STRING, "string"),
            (Self::NUMBER, "number"),
            (Self::INTEGER, "integer"),
            (Self::BOOLEAN, "boolean"),
            (Self::ARRAY, "list"),
            (Self::OBJECT, "object"),
            (Self::NULL, "null"),
        ];
        let mut said = Self::default();
        for (set, name) in names {
            if self.contains(set) && !said.contains(set) {
                write!(f, "{}{name}", if said.is_empty() { "" } else { " or " })?;
                said = said.union(set);
            }
        }
        if said.is_empty() { f.write_str("no value") } else { Ok(()) }
    }
}

/// One parameter (or, recursively, a property or an array's items).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Param {
    /// Its name; empty for the root and for items.
    pub name: String,
    /// Its description; empty when there is none.
    pub description: String,
    /// The JSON types it allows.
    pub types: TypeSet,
    /// Whether it must be given.
    pub required: bool,
    /// The only values it allows (`enum`, `const`); empty when unrestricted.
    pub allowed: Vec<Value>,
    /// Its documented default (`default`).
    pub default: Option<Value>,
    /// Its documented examples (`examples`, `example`).
    pub examples: Vec<Value>,
    /// Its `format` (`date`, `email`), or empty.
    pub format: String,
    /// Properties of an object, in the schema's order.
    pub properties: Vec<Param>,
    /// Items of an array.
    pub items: Option<Box<Param>>,
    /// Whether properties beyond the listed ones are allowed: a schema that says so, or an object that lists none. An object that lists
    /// properties and says nothing is closed, and so is a tool's root that says `"properties": {}`.
    pub open: bool,
    /// `minimum` and `maximum` (or their exclusive forms) of a number, where given.
    pub range: (Option<f64>, Option<f64>),
    /// What its name and description say, word by word.
    pub hints: Hints,
    /// What the schema itself says of further properties; `open` is what follows from it.
    said_open: Option<bool>,
}

impl Param {
    /// The root of a tool's parameters, from a JSON Schema: [`super::Toolset`] normalises dialects first.
    ///
    /// `$ref`s are followed, `allOf` is merged, and the alternatives of `anyOf` and `oneOf` are folded into one parameter that allows
    /// whatever any of them allows. So a `Param` never forbids what its schema allows, save further properties (see [`Param::open`]);
    /// what it cannot express (patterns, conditions) is left to the validator. A `$ref` that leads back into itself is cut there.
    pub fn root(schema: &Value) -> Self {
        let mut builder = Builder { root: schema, active: Vec::new(), left: MAX_NODES };
        let mut param = builder.build(schema, 0);
        if param.said_open.is_none() && schema.get("properties").is_some() {
            param.said_open = Some(false);
        }
        param.types = param.types.intersection(TypeSet::OBJECT);
        param.required = true;
        param.finish()
    }

    /// Reads the hints of the whole tree, once it has its final names and descriptions.
    pub(super) fn read_hints(&mut self) {
        self.hints = Hints::new(&self.name, &self.description, &self.allowed);
        self.properties.iter_mut().chain(self.items.as_deref_mut()).for_each(Self::read_hints);
    }

    /// The property with this name.
    pub fn property(&self, name: &str) -> Option<&Param> {
        self.properties.iter().find(|p| p.name == name)
    }

    /// What allows every value, or, with no types, none.
    fn unrestricted(types: TypeSet) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            types,
            required: false,
            allowed: Vec::new(),
            default: None,
            examples: Vec::new(),
            format: String::new(),
            properties: Vec::new(),
            items: None,
            open: true,
            range: (None, None),
            hints: Hints::default(),
            said_open: None,
        }
    }

    fn finish(mut self) -> Self {
        self.open = self.said_open.unwrap_or(self.properties.is_empty());
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
            match self.properties.iter().position(|p| p.name == theirs.name) {
                Some(i) => {
                    let mine = self.properties.remove(i);
                    let required = mine.required || theirs.required;
                    self.properties.insert(i, Self { required, ..mine.and(theirs) });
                }
                None => self.properties.push(theirs),
            }
        }
        self.items = match (self.items, other.items) {
            (Some(a), Some(b)) => Some(Box::new(a.and(*b))),
            (a, b) => a.or(b),
        };
        self.said_open = match (self.said_open, other.said_open) {
            (Some(a), Some(b)) => Some(a || b),
            (a, b) => a.or(b),
        };
        self.range = (
            larger(self.range.0, other.range.0),
            larger(self.range.1.map(|m| -m), other.range.1.map(|m| -m)).map(|m| -m),
        );
        self.default = self.default.or(other.default);
        self.describe_like(other.description, other.format, other.examples);
        self.finish()
    }

    /// What satisfies either.
    fn or(mut self, other: Self) -> Self {
        let (mine, theirs) = (self.types, other.types);
        self.types = mine.union(theirs);
        self.allowed = match (self.choices(), other.choices()) {
            (Some(mut a), Some(b)) => {
                a.extend(b.into_iter().filter(|v| !self.allowed.contains(v)));
                a
            }
            _ => Vec::new(),
        };
        // An alternative that is no object has nothing to say about properties, and likewise for items and ranges.
        match (mine.contains(TypeSet::OBJECT), theirs.contains(TypeSet::OBJECT)) {
            (true, true) => self.or_properties(other.properties, other.open, other.said_open),
            (false, true) => (self.properties, self.said_open) = (other.properties, other.said_open),
            _ => {}
        }
        self.items = match (mine.contains(TypeSet::ARRAY), theirs.contains(TypeSet::ARRAY)) {
            (true, true) => self.items.zip(other.items).map(|(a, b)| Box::new(a.or(*b))),
            (false, true) => other.items,
            _ => self.items,
        };
        let numeric = |t: TypeSet| !t.intersection(TypeSet::NUMBER).is_empty();
        match (numeric(mine), numeric(theirs)) {
            (true, true) => self.range = (None, None),
            (false, true) => self.range = other.range,
            _ => {}
        }
        self.default = self.default.or(other.default);
        self.describe_like(other.description, other.format, other.examples);
        self.finish()
    }

    fn or_properties(&mut self, theirs: Vec<Self>, their_open: bool, their_said: Option<bool>) {
        let open = (self.open || their_open)
            && (self.said_open.is_some() || their_said.is_some() || !self.properties.is_empty() || !theirs.is_empty());
        for p in &mut self.properties {
            p.required = p.required && theirs.iter().any(|t| t.name == p.name && t.required);
        }
        for mut property in theirs {
            match self.properties.iter().position(|p| p.name == property.name) {
                Some(i) => {
                    let mine = self.properties.remove(i);
                    let required = mine.required;
                    self.properties.insert(i, Self { required, ..mine.or(property) });
                }
                None => {
                    property.required = false;
                    self.properties.push(property);
                }
            }
        }
        if open {
            self.said_open = Some(true);
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

    /// Takes descriptive words where it has none of its own.
    fn describe_like(&mut self, description: String, format: String, examples: Vec<Value>) {
        if self.description.is_empty() {
            self.description = description;
        }
        if self.format.is_empty() {
            self.format = format;
        }
        if self.examples.is_empty() {
            self.examples = examples;
        }
    }
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

/// How many parameters a tool may unfold to: a chain of `$ref`s can double at every link.
const MAX_NODES: usize = 4096;
/// How deep parameters unfold.
const MAX_UNFOLD: usize = 64;

struct Builder<'a> {
    root: &'a Value,
    /// The references being followed: one that comes again is a cycle.
    active: Vec<&'a str>,
    left: usize,
}

impl<'a> Builder<'a> {
    fn build(&mut self, schema: &'a Value, depth: usize) -> Param {
        let Value::Object(map) = schema else {
            return Param::unrestricted(TypeSet::of_schema(schema));
        };
        if self.left == 0 || depth > MAX_UNFOLD {
            return Param::unrestricted(TypeSet::ANY);
        }
        self.left -= 1;
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
        let Some(schema) = super::normalise::resolve(self.root, target) else {
            return Param::unrestricted(TypeSet::ANY);
        };
        self.active.push(target);
        let param = self.build(schema, depth + 1);
        self.active.pop();
        param
    }

    /// What the keywords of one schema say, without references and combinations.
    fn keywords(&mut self, map: &'a Map<String, Value>, depth: usize) -> Param {
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
            larger(number("minimum"), number("exclusiveMinimum")),
            larger(number("maximum").map(|m| -m), number("exclusiveMaximum").map(|m| -m)).map(|m| -m),
        );
        let required: Vec<&str> = list(map, "required").iter().filter_map(Value::as_str).collect();
        for (name, schema) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let property = self.build(schema, depth + 1);
            param.properties.push(Param {
                name: name.clone(),
                required: required.contains(&name.as_str()),
                ..property
            });
        }
        for name in required {
            if !param.properties.iter().any(|p| p.name == name) {
                let any = Param::unrestricted(TypeSet::ANY);
                param.properties.push(Param { name: name.to_owned(), required: true, ..any });
            }
        }
        // A list with `prefixItems` has items of its own at each place: left to the validator.
        if !map.contains_key("prefixItems") {
            param.items = map.get("items").map(|items| Box::new(self.build(items, depth + 1)));
        }
        param.said_open = says_open(map);
        param.finish()
    }
}

/// What a schema says of properties beyond those it lists. Keywords that bring in properties of their own leave the answer to the validator.
fn says_open(map: &Map<String, Value>) -> Option<bool> {
    const OPENING: [&str; 6] =
        ["patternProperties", "propertyNames", "if", "dependentSchemas", "unevaluatedProperties", "not"];
    match map.get("additionalProperties") {
        _ if OPENING.iter().any(|key| map.contains_key(*key)) => Some(true),
        Some(Value::Bool(open)) => Some(*open),
        Some(_) => Some(true),
        None => None,
    }
}

fn list<'a>(map: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    map.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Equality as JSON Schema means it: `5` is `5.0`.
pub(super) fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || (x.is_f64() != y.is_f64() && x.as_f64() == y.as_f64()),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same_value(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, x)| y.get(k).is_some_and(|y| same_value(x, y)))
        }
        _ => a == b,
    }
}
