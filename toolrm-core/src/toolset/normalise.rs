//! From the dialects tool lists are published in to JSON Schema (draft 2020-12) that a validator accepts.
//!
//! The normal form keeps everything the author said and mends how it was said:
//! - type names of every dialect become JSON Schema's (see [`super::types`]); a missing, `null` or empty `type` stays absent;
//! - a flat map of parameters (xLAM) becomes `properties`, those without "optional" and without a default are `required`;
//! - `required: true` and `optional: true` inside a property move to the parent's `required` list;
//! - `nullable: true` (OpenAPI) adds `null`; draft-4 and draft-7 spellings (`items` lists, boolean `exclusiveMinimum`) are rewritten;
//! - values of an `enum` that contradict the `type` are allowed together with what they stand for (`boolean`, `["True", "dontcare"]`
//!   also allows `true`): the author listed them to be used;
//! - keywords that are `null`, `$schema` and `$id` are dropped.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{
    error::{ToolsetError, ToolsetErrorKind},
    param::TypeSet,
    types,
};

/// How deep a tool's JSON may nest.
pub(super) const MAX_DEPTH: usize = 128;

/// How a tool writes the values of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// Read off each tool: [`Dialect::SourceText`] for a BFCL document (root type `dict`) with a type name that only Java or JavaScript
    /// has (`String`, `HashMap`, `long`), else [`Dialect::Json`].
    #[default]
    Auto,
    /// Arguments are JSON values of the parameter's type.
    Json,
    /// Arguments are source text of another language (`"100"`, `"new int[]{1, 2}"`), as in BFCL's Java and JavaScript categories: a
    /// string is allowed for every type, beside the JSON value itself.
    SourceText,
}

/// Whether a value nests deeper than `limit`. Does not recurse, so that no value can overflow the stack.
pub(super) fn deeper_than(value: &Value, limit: usize) -> bool {
    let mut open: Vec<(&Value, usize)> = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        if depth > limit {
            return true;
        }
        match value {
            Value::Array(items) => open.extend(items.iter().filter(|v| is_container(v)).map(|v| (v, depth + 1))),
            Value::Object(map) => open.extend(map.values().filter(|v| is_container(v)).map(|v| (v, depth + 1))),
            _ => {}
        }
    }
    false
}

fn is_container(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// The parameters of a tool as JSON Schema, and the dialect of its values (never [`Dialect::Auto`]).
/// `base` is the pointer of the parameters in the tool's JSON.
pub(super) fn normalise(
    tool: &str,
    base: &str,
    parameters: &Value,
    dialect: Dialect,
) -> Result<(Value, Dialect), ToolsetError> {
    let mut walk = Walk { tool, path: vec![base.to_owned()], source_text: false };
    if deeper_than(parameters, MAX_DEPTH) {
        return Err(walk.error(format_args!("nested deeper than {MAX_DEPTH}: flatten the schema")));
    }
    let map = match parameters {
        Value::Null => &Map::new(),
        Value::Object(map) => map,
        other => {
            return Err(walk.error(format_args!(
                "the parameters are {}, not a JSON Schema object: use {{\"type\": \"object\", \"properties\": {{..}}}}",
                kind_of(other)
            )));
        }
    };
    let dialect = match dialect {
        Dialect::Auto if is_source_text(map) => Dialect::SourceText,
        Dialect::Auto => Dialect::Json,
        given => given,
    };
    walk.source_text = dialect == Dialect::SourceText;
    let schema = if parameters.is_null() || is_flat(map) { walk.flat(map)? } else { walk.root(map)? };
    walk.references(&schema)?;
    Ok((schema, dialect))
}

/// A map of parameters by name, without a schema around it: every value is an object, and no schema keyword is in its schema form.
fn is_flat(map: &Map<String, Value>) -> bool {
    let is_schema = map.iter().any(|(key, value)| match key.as_str() {
        "type" => value.is_string() || value.is_array() || value.is_null(),
        "properties" | "$defs" | "definitions" => {
            value.as_object().is_some_and(|m| m.values().all(|v| v.is_object() || v.is_boolean()))
        }
        "$ref" | "$schema" => value.is_string(),
        "anyOf" | "oneOf" | "allOf" | "required" => value.is_array(),
        "additionalProperties" => value.is_boolean(),
        _ => false,
    });
    !is_schema && map.values().all(Value::is_object)
}

fn is_source_text(root: &Map<String, Value>) -> bool {
    fn spelled(schema: &Value) -> bool {
        let Value::Object(map) = schema else { return false };
        map.get("type").and_then(Value::as_str).is_some_and(types::is_java_or_javascript)
            || map.get("items").is_some_and(spelled)
            || map.get("properties").and_then(Value::as_object).is_some_and(|p| p.values().any(spelled))
    }
    root.get("type").and_then(Value::as_str) == Some("dict")
        && root.get("properties").and_then(Value::as_object).is_some_and(|p| p.values().any(spelled))
}

/// A subschema, and what it said about itself that belongs to its parent.
struct Read {
    schema: Value,
    required: Option<bool>,
}

struct Walk<'a> {
    tool: &'a str,
    /// Where we are: rendered only for an error.
    path: Vec<String>,
    source_text: bool,
}

impl Walk<'_> {
    fn error_of(&self, kind: ToolsetErrorKind, message: impl std::fmt::Display) -> ToolsetError {
        let (base, rest) = self.path.split_first().map_or(("", &[][..]), |(b, r)| (b.as_str(), r));
        let mut pointer = base.to_owned();
        for token in rest {
            super::push_token(&mut pointer, token);
        }
        ToolsetError::new(kind, self.tool, pointer, message.to_string())
    }

    fn error(&self, message: impl std::fmt::Display) -> ToolsetError {
        self.error_of(ToolsetErrorKind::Schema, message)
    }

    fn at<T>(&mut self, token: impl Into<String>, f: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(token.into());
        let result = f(self);
        self.path.pop();
        result
    }

    fn root(&mut self, map: &Map<String, Value>) -> Result<Value, ToolsetError> {
        // The arguments are an object whatever the dialect, never source text.
        let source_text = std::mem::replace(&mut self.source_text, false);
        let head: Map<_, _> =
            map.iter().filter(|(k, _)| k.as_str() == "type").map(|(k, v)| (k.clone(), v.clone())).collect();
        let types = self.object(&head)?.schema;
        self.source_text = source_text;
        if !TypeSet::of_schema(&types).contains(TypeSet::OBJECT) {
            return self.at("type", |w| {
                Err(w.error("the parameters of a tool are an object of named arguments: use \"type\": \"object\""))
            });
        }
        let rest: Map<_, _> =
            map.iter().filter(|(k, _)| k.as_str() != "type").map(|(k, v)| (k.clone(), v.clone())).collect();
        let Value::Object(rest) = self.object(&rest)?.schema else { return Ok(types) };
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.extend(rest);
        Ok(Value::Object(schema))
    }

    fn flat(&mut self, map: &Map<String, Value>) -> Result<Value, ToolsetError> {
        let (properties, required) = self.properties(map, |property, read| {
            read.required.unwrap_or_else(|| property.get("default").is_none_or(Value::is_null))
        })?;
        Ok(json!({"type": "object", "properties": properties, "required": required}))
    }

    /// Properties and the names of those that `is_required` says are.
    fn properties(
        &mut self,
        map: &Map<String, Value>,
        is_required: impl Fn(&Value, &Read) -> bool,
    ) -> Result<(Map<String, Value>, Vec<Value>), ToolsetError> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, property) in map {
            let read = self.at(name, |w| w.schema(property))?;
            if is_required(property, &read) {
                required.push(Value::from(name.as_str()));
            }
            properties.insert(name.clone(), read.schema);
        }
        Ok((properties, required))
    }

    fn schema(&mut self, value: &Value) -> Result<Read, ToolsetError> {
        match value {
            Value::Bool(_) => Ok(Read { schema: value.clone(), required: None }),
            Value::Object(map) => self.object(map),
            other => Err(self.error(format_args!(
                "{} where a schema belongs: use an object such as {{\"type\": \"string\"}}",
                kind_of(other)
            ))),
        }
    }

    fn object(&mut self, map: &Map<String, Value>) -> Result<Read, ToolsetError> {
        let mut out = Map::with_capacity(map.len());
        let mut flag = self.types(map.get("type"), &mut out)?;
        let mut listed: Option<Vec<Value>> = None;
        let mut flagged: Vec<(Value, bool)> = Vec::new();
        for (key, value) in map {
            match key.as_str() {
                "type" | "$schema" | "$id" | "nullable" => {}
                "default" | "const" | "example" => {
                    out.insert(key.clone(), value.clone());
                }
                _ if value.is_null() => {}
                "required" if !value.is_array() => flag = Some(self.at("required", |w| w.flag(value))?),
                "optional" if !value.is_array() => flag = Some(!self.at("optional", |w| w.flag(value))?),
                "required" => listed = Some(self.at("required", |w| w.names(value))?),
                "properties" => {
                    let properties = self.at("properties", |w| {
                        let Value::Object(map) = value else {
                            return Err(w.not_a("an object of schemas by name", value));
                        };
                        let mut properties = Map::new();
                        for (name, property) in map {
                            let read = w.at(name, |w| w.schema(property))?;
                            flagged.extend(read.required.map(|r| (Value::from(name.as_str()), r)));
                            properties.insert(name.clone(), read.schema);
                        }
                        Ok(properties)
                    })?;
                    out.insert(key.clone(), Value::Object(properties));
                }
                _ => self.at(key, |w| w.keyword(key, value, map, &mut out))?,
            }
        }
        if listed.is_some() || !flagged.is_empty() {
            let mut required = listed.unwrap_or_default();
            for (name, is) in flagged {
                required.retain(|r| *r != name);
                if is {
                    required.push(name);
                }
            }
            out.insert("required".into(), Value::Array(required));
        }
        if map.get("nullable") == Some(&Value::Bool(true)) {
            add_type(&mut out, "null");
        }
        if self.source_text {
            add_type(&mut out, "string");
        }
        reconcile_enum(&mut out);
        Ok(Read { schema: Value::Object(out), required: flag })
    }

    /// Reads `type` into `out`; `Some(false)` when it says that the parameter may be left out.
    fn types(&mut self, value: Option<&Value>, out: &mut Map<String, Value>) -> Result<Option<bool>, ToolsetError> {
        let text = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(names)) if names.iter().all(Value::is_string) => {
                names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
            }
            Some(other) => return self.at("type", |w| Err(w.not_a("a type name or a list of them", other))),
        };
        let Some(expr) = types::read(&text) else {
            return self.at("type", |w| {
                Err(w.error(format_args!(
                    "unknown type \"{text}\": use string, number, integer, boolean, array, object or null"
                )))
            });
        };
        out.extend(expr.schema);
        Ok(expr.optional.then_some(false))
    }

    /// `true`, `"true"`, `"True"`.
    fn flag(&self, value: &Value) -> Result<bool, ToolsetError> {
        match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            other => Err(self.not_a("true or false (or, for \"required\", a list of names)", other)),
        }
    }

    fn names(&self, value: &Value) -> Result<Vec<Value>, ToolsetError> {
        let mut seen = HashSet::new();
        let Value::Array(names) = value else { return Err(self.not_a("a list of names", value)) };
        match names.iter().find(|n| !n.is_string()) {
            Some(other) => Err(self.not_a("a list of names", other)),
            None => Ok(names.iter().filter(|n| seen.insert(n.as_str())).cloned().collect()),
        }
    }

    /// Every keyword but `type`, `properties` and `required`.
    fn keyword(
        &mut self,
        key: &str,
        value: &Value,
        siblings: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), ToolsetError> {
        let mut put = |key: &str, value: Value| {
            out.insert(key.to_owned(), value);
        };
        match (key, value) {
            ("$defs" | "definitions" | "patternProperties" | "dependentSchemas", Value::Object(map)) => {
                put(key, Value::Object(self.properties(map, |_, _| false)?.0));
            }
            ("$defs" | "definitions" | "patternProperties" | "dependentSchemas", other) => {
                return Err(self.not_a("an object of schemas by name", other));
            }
            // Drafts before 2020-12: a list of items is what is now `prefixItems`.
            ("items" | "prefixItems", Value::Array(items)) => put("prefixItems", self.schemas(items)?),
            ("additionalItems", _) if siblings.get("items").is_some_and(Value::is_array) => {
                put("items", self.schema(value)?.schema);
            }
            ("additionalItems", _) => {}
            ("anyOf" | "oneOf" | "allOf", Value::Array(alternatives)) if alternatives.is_empty() => {}
            ("anyOf" | "oneOf" | "allOf", Value::Array(alternatives)) => put(key, self.schemas(alternatives)?),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", other) => return Err(self.not_a("a list of schemas", other)),
            (
                "items"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "unevaluatedItems"
                | "contains"
                | "propertyNames"
                | "not"
                | "if"
                | "then"
                | "else",
                _,
            ) => put(key, self.schema(value)?.schema),
            ("enum", Value::Array(values)) if values.is_empty() => {}
            ("enum", Value::Array(values)) => {
                let mut distinct: Vec<&Value> = Vec::with_capacity(values.len());
                for v in values {
                    if !distinct.contains(&v) {
                        distinct.push(v);
                    }
                }
                put(key, Value::Array(distinct.into_iter().cloned().collect()));
            }
            ("enum", other) => return Err(self.not_a("a list of the allowed values", other)),
            ("exclusiveMinimum", Value::Bool(exclusive)) => {
                if let Some(limit) = siblings.get("minimum").filter(|_| *exclusive) {
                    put(key, limit.clone());
                }
            }
            ("exclusiveMaximum", Value::Bool(exclusive)) => {
                if let Some(limit) = siblings.get("maximum").filter(|_| *exclusive) {
                    put(key, limit.clone());
                }
            }
            ("description" | "title" | "format" | "$comment", other) if !other.is_string() => {}
            ("examples", other) if !other.is_array() => put("example", other.clone()),
            ("$ref", other) if !other.is_string() => {
                return Err(self.not_a("a reference such as \"#/$defs/Name\"", other));
            }
            ("$dynamicRef" | "$recursiveRef", _) => {
                return Err(self.error_of(
                    ToolsetErrorKind::Reference,
                    format_args!("{key} is not followed: use \"$ref\" with a pointer such as \"#/$defs/Name\""),
                ));
            }
            _ => put(key, value.clone()),
        }
        Ok(())
    }

    fn schemas(&mut self, list: &[Value]) -> Result<Value, ToolsetError> {
        let schemas = list.iter().enumerate().map(|(i, v)| Ok(self.at(i.to_string(), |w| w.schema(v))?.schema));
        Ok(Value::Array(schemas.collect::<Result<_, ToolsetError>>()?))
    }

    fn not_a(&self, wanted: &str, found: &Value) -> ToolsetError {
        self.error(format_args!("{} where {wanted} belongs", kind_of(found)))
    }

    /// Every `$ref` is local and has a target.
    fn references(&mut self, root: &Value) -> Result<(), ToolsetError> {
        self.references_in(root, root)
    }

    fn references_in(&mut self, root: &Value, value: &Value) -> Result<(), ToolsetError> {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.at(key, |w| match value {
                        Value::String(target) if key == "$ref" => w.reference(root, target),
                        // Data, not schema: a "$ref" in there refers to nothing.
                        _ if matches!(key.as_str(), "default" | "const" | "enum" | "example" | "examples") => Ok(()),
                        value => w.references_in(root, value),
                    })?;
                }
                Ok(())
            }
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(i, v)| self.at(i.to_string(), |w| w.references_in(root, v)))
            }
            _ => Ok(()),
        }
    }

    fn reference(&self, root: &Value, target: &str) -> Result<(), ToolsetError> {
        let refuse = |message: String| Err(self.error_of(ToolsetErrorKind::Reference, message));
        match target.strip_prefix('#') {
            None => refuse(format!(
                "\"{target}\" is a remote reference, and those are not fetched: copy the schema into \"$defs\" and refer to \"#/$defs/..\""
            )),
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => match resolve(root, target) {
                Some(_) => Ok(()),
                None => refuse(format!("\"{target}\" has no target: add it or correct the pointer")),
            },
            Some(_) => refuse(format!("\"{target}\" refers to an anchor: use a pointer such as \"#/$defs/Name\"")),
        }
    }
}

/// The target of a local reference (`#/$defs/City`).
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

fn add_type(schema: &mut Map<String, Value>, name: &str) {
    let Some(types) = schema.get_mut("type") else { return };
    match types {
        Value::Array(names) if !names.iter().any(|n| n == name) => names.push(name.into()),
        Value::String(only) if only != name => *types = json!([only, name]),
        _ => return,
    }
    if name == "null"
        && let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// Allows the values of an `enum` that contradict the `type`, and what they stand for.
fn reconcile_enum(schema: &mut Map<String, Value>) {
    let types = TypeSet::of_keyword(schema.get("type"));
    let Some(Value::Array(values)) = schema.get_mut("enum") else { return };
    let strays: Vec<Value> = values.iter().filter(|v| !types.allows(v)).cloned().collect();
    for stray in &strays {
        if let Some(text) = stray.as_str()
            && let Ok(meant) = serde_json::from_str::<Value>(&text.to_ascii_lowercase())
            && types.allows(&meant)
            && !values.contains(&meant)
        {
            values.push(meant);
        }
    }
    for stray in &strays {
        add_type(schema, type_name(stray));
    }
}

/// The JSON Schema type of a value; `number` for every number.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The type of a value, with its article.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
