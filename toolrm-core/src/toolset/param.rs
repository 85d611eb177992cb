//! [`Param`]: a schema as rules read it: one node per parameter, with everything a rule asks for at hand.

use serde_json::Value;

use super::{Hints, Holds, fold::Builder, type_set::TypeSet};

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
    /// What its name and description say, word by word. Boxed: a check of arguments walks over parameters and never reads it.
    pub hints: Box<Hints>,
    /// What the schema itself says of further properties, and whether it lists any: `open` is what follows from the two.
    pub(super) said_open: Option<bool>,
    pub(super) lists_properties: bool,
}

impl Param {
    /// The root of a tool's parameters, from a JSON Schema: [`super::Toolset`] normalises dialects first.
    ///
    /// `$ref`s are followed, `allOf` is merged, and the alternatives of `anyOf` and `oneOf` are folded into one parameter that allows
    /// whatever any of them allows. So a `Param` never forbids what its schema allows, save further properties (see [`Param::open`]);
    /// what it cannot express (patterns, conditions) is left to the validator. A `$ref` that leads back into itself is cut there.
    pub fn root(schema: &Value) -> Self {
        Self::root_of(schema).0
    }

    /// The root, and whether it says all that the schema says, so that no validator is needed.
    pub(super) fn root_of(schema: &Value) -> (Self, bool) {
        let mut builder = Builder::new(schema);
        let mut param = builder.build(schema, 0);
        if param.said_open.is_none() && schema.get("properties").is_some() {
            param.said_open = Some(false);
        }
        param.types = param.types.intersection(TypeSet::OBJECT);
        param.required = true;
        (param.with_open(), builder.is_exact())
    }

    /// Reads the hints of the whole tree, once it has its final names and descriptions.
    pub(super) fn read_hints(&mut self) {
        self.properties.iter_mut().chain(self.items.as_deref_mut()).for_each(Self::read_hints);
        *self.hints = Hints::new(&self.name, &self.description, &self.allowed);
        self.hints.holds = Holds::of(self);
    }

    /// The property with this name.
    pub fn property(&self, name: &str) -> Option<&Param> {
        self.properties.iter().find(|p| p.name == name)
    }

    /// What allows every value, or, with no types, none.
    pub(super) fn unrestricted(types: TypeSet) -> Self {
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
            hints: Box::default(),
            said_open: None,
            lists_properties: false,
        }
    }
}
