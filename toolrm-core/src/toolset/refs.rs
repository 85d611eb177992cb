//! References inside a schema: each must be local and lead somewhere, and following them must stay affordable.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    error::{ToolsetError, ToolsetErrorKind},
    json::push_token,
};

/// How many subschemas one value may have to satisfy: two references to a definition that holds two references double the work at every
/// step.
const MAX_UNFOLDED: u64 = 4096;
/// How many references, `allOf`s and the like may stand in a row before a property is reached.
const MAX_IN_PLACE: usize = 128;

/// The target of a local reference (`#/$defs/City`).
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

/// Checks every reference in a normalised schema. `base` is the pointer of the schema in the tool's JSON.
pub(super) fn check(tool: &str, base: &str, schema: &Value) -> Result<(), ToolsetError> {
    let mut checker = Checker { root: schema, weights: HashMap::new() };
    checker
        .visit(schema, &mut base.to_owned())
        .map_err(|(kind, pointer, message)| ToolsetError::new(kind, tool, pointer, message))
}

type Refusal = (ToolsetErrorKind, String, String);

struct Checker<'a> {
    root: &'a Value,
    /// For each reference, how many subschemas it unfolds to; `None` while it is being counted.
    weights: HashMap<&'a str, Option<u64>>,
}

impl<'a> Checker<'a> {
    fn visit(&mut self, value: &'a Value, pointer: &mut String) -> Result<(), Refusal> {
        let here = pointer.len();
        match value {
            Value::Object(map) => {
                if let Some(target) = map.get("$ref").and_then(Value::as_str) {
                    let refuse = |message| Err((ToolsetErrorKind::Reference, format!("{pointer}/$ref"), message));
                    match self.reject(target) {
                        Some(message) => return refuse(message),
                        None if self.weight(value, 0) > MAX_UNFOLDED => {
                            return refuse(format!(
                                "\"{target}\" unfolds to more than {MAX_UNFOLDED} schemas for one value: nest fewer references"
                            ));
                        }
                        None => {}
                    }
                }
                // Data, not schema: a "$ref" in there refers to nothing.
                let is_data = |key: &str| matches!(key, "default" | "const" | "enum" | "example" | "examples");
                for (key, inner) in map.iter().filter(|(key, _)| !is_data(key)) {
                    push_token(pointer, key);
                    self.visit(inner, pointer)?;
                    pointer.truncate(here);
                }
            }
            Value::Array(items) => {
                for (i, inner) in items.iter().enumerate() {
                    push_token(pointer, &i.to_string());
                    self.visit(inner, pointer)?;
                    pointer.truncate(here);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Why a reference cannot be followed.
    fn reject(&self, target: &str) -> Option<String> {
        match target.strip_prefix('#') {
            None => Some(format!(
                "\"{target}\" is a remote reference, and nothing is fetched: copy the schema into \"$defs\" and refer to \"#/$defs/..\""
            )),
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => match resolve(self.root, target) {
                Some(Value::Object(_) | Value::Bool(_)) => None,
                Some(_) => Some(format!("the target of \"{target}\" is no schema: correct the pointer")),
                None => Some(format!("\"{target}\" has no target: add it or correct the pointer")),
            },
            Some(_) => Some(format!("\"{target}\" refers to an anchor: use a pointer such as \"#/$defs/Name\"")),
        }
    }

    /// How many subschemas a value at this place has to be held against.
    fn weight(&mut self, schema: &'a Value, depth: usize) -> u64 {
        let Value::Object(map) = schema else { return 1 };
        if depth > MAX_IN_PLACE {
            return u64::MAX;
        }
        let mut weight = 1u64;
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            weight = weight.saturating_add(self.weight_of(target, depth));
        }
        for part in in_place(map) {
            weight = weight.saturating_add(self.weight(part, depth + 1));
        }
        weight
    }

    fn weight_of(&mut self, target: &'a str, depth: usize) -> u64 {
        match self.weights.get(target) {
            Some(Some(weight)) => *weight,
            // A cycle that no property breaks: validators stop there too.
            Some(None) => 0,
            None => {
                self.weights.insert(target, None);
                let weight = resolve(self.root, target).map_or(0, |schema| self.weight(schema, depth + 1));
                self.weights.insert(target, Some(weight));
                weight
            }
        }
    }
}

/// The subschemas that speak of the same value as their parent.
fn in_place(map: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| map.get(key)?.as_array()).flatten();
    let single = ["not", "if", "then", "else"].into_iter().filter_map(|key| map.get(key));
    let dependent = map.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(Map::values);
    lists.chain(single).chain(dependent)
}
