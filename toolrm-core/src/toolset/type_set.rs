//! [`TypeSet`]: a set of JSON types.

use std::fmt;

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

    /// What both sets hold.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in it: no value fits.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether some number is in it.
    pub(crate) fn allows_numbers(self) -> bool {
        !self.intersection(Self::NUMBER).is_empty()
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
            Some(Value::Array(several)) => several.iter().map(named).fold(Self::default(), Self::union),
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
