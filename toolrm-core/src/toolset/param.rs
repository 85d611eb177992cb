//! [`Param`]: a schema as rules read it: one node per parameter, with everything a rule asks for at hand.

use serde_json::Value;

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
    /// Whether properties beyond the listed ones are allowed (a schema that says so, or an object without listed properties).
    pub open: bool,
}

impl Param {
    /// The root of a tool's parameters.
    pub fn root(schema: &Value) -> Self {
        let _ = schema;
        Self {
            name: String::new(),
            description: String::new(),
            types: TypeSet::OBJECT,
            required: true,
            allowed: Vec::new(),
            default: None,
            examples: Vec::new(),
            format: String::new(),
            properties: Vec::new(),
            items: None,
            open: false,
        }
    }

    /// The property with this name.
    pub fn property(&self, name: &str) -> Option<&Param> {
        self.properties.iter().find(|p| p.name == name)
    }
}
