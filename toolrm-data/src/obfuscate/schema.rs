//! Names in the published parameters of a tool: schemas of whatever dialect, walked over as they are.

use serde_json::{Map, Value};

use super::{names::Renames, value::Place};
use crate::draw::Draw;

/// The parameters of a tool with its names replaced. `normal` is the same as JSON Schema; `order` draws the order of properties, `None` leaves
/// it.
pub(super) fn parameters(published: &Value, normal: &Value, order: Option<Draw>, names: &mut dyn Renames) -> Value {
    let mut walk = Walk { root: published, names };
    match published.as_object().filter(|map| is_flat(map, normal)) {
        Some(map) => walk.by_name(map, order),
        None => walk.schema(published, order),
    }
}

/// Whether the parameters are a map of schemas by name without a schema around it: then the properties of the normal form are its keys.
fn is_flat(published: &Map<String, Value>, normal: &Value) -> bool {
    let Some(normal) = normal.get("properties").and_then(Value::as_object) else { return false };
    let same = |map: &Map<String, Value>| map.keys().eq(normal.keys());
    let lists_properties = published.get("properties").and_then(Value::as_object).is_some_and(same);
    !published.is_empty() && same(published) && !lists_properties
}

struct Walk<'w> {
    root: &'w Value,
    names: &'w mut dyn Renames,
}

impl Walk<'_> {
    /// Schemas by the names of parameters.
    fn by_name(&mut self, map: &Map<String, Value>, order: Option<Draw>) -> Value {
        let below = |name: &str| order.map(|draw| draw.of(name));
        let renamed: Vec<(String, Value)> =
            map.iter().map(|(name, inner)| (self.names.name(name), self.schema(inner, below(name)))).collect();
        Value::Object(match order {
            Some(draw) => draw.shuffled(renamed).into_iter().collect(),
            None => renamed.into_iter().collect(),
        })
    }

    fn schema(&mut self, schema: &Value, order: Option<Draw>) -> Value {
        let Value::Object(map) = schema else { return schema.clone() };
        let renamed = map.iter().map(|(key, inner)| {
            let order = order.map(|draw| draw.of(key));
            (key.clone(), self.keyword(key, inner, schema, order))
        });
        Value::Object(renamed.collect())
    }

    fn keyword(&mut self, key: &str, inner: &Value, schema: &Value, order: Option<Draw>) -> Value {
        match (key, inner) {
            ("properties" | "dependentSchemas", Value::Object(map)) => self.by_name(map, order),
            ("dependencies" | "dependentRequired", Value::Object(map)) => {
                let renamed = map.iter().map(|(name, inner)| {
                    let inner = if inner.is_array() { self.list_of_names(inner) } else { self.schema(inner, order) };
                    (self.names.name(name), inner)
                });
                Value::Object(renamed.collect())
            }
            ("required", Value::Array(_)) => self.list_of_names(inner),
            ("$defs" | "definitions" | "patternProperties", Value::Object(map)) => {
                let below = |name: &str| order.map(|draw| draw.of(name));
                Value::Object(map.iter().map(|(key, v)| (key.clone(), self.schema(v, below(key)))).collect())
            }
            ("default" | "const" | "example", _) => self.value(inner, schema),
            ("enum" | "examples", Value::Array(values)) => values.iter().map(|v| self.value(v, schema)).collect(),
            ("$ref", Value::String(pointer)) => Value::String(self.pointer(pointer)),
            ("description" | "title" | "$comment", Value::String(text)) => Value::String(self.names.text(text)),
            (key, Value::Array(schemas)) if holds_schemas(key) => {
                let below = |at: usize| order.map(|draw| draw.of(at.to_le_bytes()));
                schemas.iter().enumerate().map(|(at, inner)| self.schema(inner, below(at))).collect()
            }
            (key, _) if holds_schemas(key) => self.schema(inner, order),
            _ => inner.clone(),
        }
    }

    /// A value that the schema documents.
    fn value(&mut self, value: &Value, schema: &Value) -> Value {
        Place::of(self.root, [schema]).renamed(value, self.names)
    }

    fn list_of_names(&mut self, list: &Value) -> Value {
        let names = list.as_array().into_iter().flatten();
        names.map(|name| name.as_str().map_or_else(|| name.clone(), |name| self.names.name(name).into())).collect()
    }

    /// A pointer into the schema: the tokens that are names are those that follow a keyword of schemas by name.
    fn pointer(&mut self, pointer: &str) -> String {
        let (mut out, mut is_key) = (Vec::new(), false);
        let mut named = false;
        for token in pointer.split('/') {
            if named {
                let name = self.names.name(&token.replace("~1", "/").replace("~0", "~"));
                out.push(toolrm_core::score::pointer_token(&name).into_owned());
            } else {
                out.push(token.to_owned());
            }
            let is_keyword = !named && !is_key;
            named = is_keyword && matches!(token, "properties" | "dependentSchemas");
            is_key = is_keyword && matches!(token, "$defs" | "definitions" | "patternProperties");
        }
        out.join("/")
    }
}

/// Keywords whose value is a schema or a list of them.
fn holds_schemas(key: &str) -> bool {
    const KEYWORDS: [&str; 15] = [
        "additionalItems",
        "additionalProperties",
        "allOf",
        "anyOf",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "oneOf",
        "prefixItems",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ];
    KEYWORDS.binary_search(&key).is_ok()
}
