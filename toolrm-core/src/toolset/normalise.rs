//! From the dialects tool lists are published in to JSON Schema (draft 2020-12) that a validator accepts.
//!
//! The normal form keeps everything the author said and mends how it was said:
//! - type names of every dialect become JSON Schema's (see [`super::type_names`]); a missing, `null` or empty `type` stays absent;
//! - a flat map of parameters (xLAM, API-Bank) becomes `properties`; `required` are those that say so, or, where none says anything, those
//!   that are neither "optional" nor have a default;
//! - `required: true` and `optional: true` inside a property move to the parent's `required` list;
//! - a name that is `required` but not among the `properties` joins them, as anything;
//! - `nullable: true` (OpenAPI) and a documented default of `null` add `null` to what is allowed; draft-4 and draft-7 spellings (`items` lists, boolean `exclusiveMinimum`) are rewritten;
//! - values of an `enum` that contradict the `type` are allowed together with what they stand for (`boolean`, `["True", "dontcare"]`
//!   also allows `true`), the `enum` of a list that holds what its items are goes to the items, and the default joins the `enum`: what
//!   the author lists is there to be used;
//! - keywords that are `null`, `$schema` and `$id` are dropped.

use std::{collections::HashSet, fmt};

use serde_json::{Map, Value, json};

use super::{
    dialect::Dialect,
    error::{ToolsetError, ToolsetErrorKind},
    json::{TOO_DEEP, is_too_deep, kind_of, push_token, type_name},
    refs, type_names,
    type_set::TypeSet,
};

/// How many properties an object may list.
const MAX_PROPERTIES: usize = 1024;

/// Keywords of which a schema for a tool's parameters has at least one.
const ROOT_KEYWORDS: [&str; 16] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "unevaluatedProperties",
    "$ref",
    "$schema",
    "$defs",
    "definitions",
    "anyOf",
    "oneOf",
    "allOf",
    "description",
    "title",
    "$comment",
];

/// The parameters of a tool as JSON Schema, and the dialect of its values (never [`Dialect::Auto`]).
/// `base` is the pointer of the parameters in the tool's JSON.
pub(super) fn normalise(
    tool: &str,
    base: &str,
    parameters: &Value,
    dialect: Dialect,
) -> Result<(Value, Dialect), ToolsetError> {
    let mut walk = Walk { tool, pointer: base.to_owned(), source_text: false };
    if is_too_deep(parameters) {
        return Err(walk.error(TOO_DEEP));
    }
    let no_parameters = Map::new();
    let map = match parameters {
        Value::Null => &no_parameters,
        Value::Object(map) => map,
        other => {
            return Err(walk.error(format_args!(
                "the parameters are {}, not a JSON Schema object: use {{\"type\": \"object\", \"properties\": {{..}}}}",
                kind_of(other)
            )));
        }
    };
    let dialect = dialect.of(map);
    walk.source_text = dialect == Dialect::SourceText;
    let schema = if is_flat(map) { walk.flat(map)? } else { walk.root(map)? };
    refs::check(tool, base, &schema)?;
    Ok((schema, dialect))
}

/// A map of parameters by name, without a schema around it: every value is an object, and no schema keyword is in its schema form.
pub(super) fn is_flat(map: &Map<String, Value>) -> bool {
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

/// A subschema, and what it says about itself that belongs to its parent.
struct Read {
    schema: Value,
    required: Option<bool>,
}

struct Walk<'a> {
    tool: &'a str,
    /// Where we are.
    pointer: String,
    source_text: bool,
}

impl Walk<'_> {
    fn error_of(&self, kind: ToolsetErrorKind, message: impl fmt::Display) -> ToolsetError {
        ToolsetError::new(kind, self.tool, self.pointer.as_str(), message.to_string())
    }

    fn error(&self, message: impl fmt::Display) -> ToolsetError {
        self.error_of(ToolsetErrorKind::Schema, message)
    }

    fn not_a(&self, wanted: &str, found: &Value) -> ToolsetError {
        self.error(format_args!("{} where {wanted} belongs", kind_of(found)))
    }

    /// Does `f` one step further down.
    fn at<T>(&mut self, token: &str, f: impl FnOnce(&mut Self) -> T) -> T {
        let here = self.pointer.len();
        push_token(&mut self.pointer, token);
        let result = f(self);
        self.pointer.truncate(here);
        result
    }

    fn root(&mut self, map: &Map<String, Value>) -> Result<Value, ToolsetError> {
        if !map.keys().any(|key| ROOT_KEYWORDS.contains(&key.as_str())) {
            return Err(self.error(
                "neither JSON Schema nor parameters by name: each parameter is an object such as {\"type\": \"string\"}",
            ));
        }
        // The arguments are an object whatever else is said, and never source text.
        let mut said = Map::new();
        self.types(map.get("type"), &mut said)?;
        if !TypeSet::of_keyword(said.get("type")).contains(TypeSet::OBJECT) {
            return self.at("type", |w| {
                Err(w.error("the parameters of a tool are an object of named arguments: use \"type\": \"object\""))
            });
        }
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        self.keywords(map, &mut schema)?;
        Ok(Value::Object(schema))
    }

    fn flat(&mut self, map: &Map<String, Value>) -> Result<Value, ToolsetError> {
        // Where one parameter says whether it is required, those that say nothing are not.
        let flagged = map.values().any(|p| p.get("required").is_some_and(|r| !r.is_array()));
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, read) in self.members(map)? {
            let has_default = read.schema.get("default").is_some_and(|d| !d.is_null());
            if read.required.unwrap_or(!flagged && !has_default) {
                required.push(Value::from(name.as_str()));
            }
            properties.insert(name, read.schema);
        }
        Ok(json!({"type": "object", "properties": properties, "required": required}))
    }

    fn schema(&mut self, value: &Value) -> Result<Read, ToolsetError> {
        match value {
            Value::Bool(_) => Ok(Read { schema: value.clone(), required: None }),
            Value::Object(map) => self.object(map),
            other => Err(self.not_a("a schema, such as {\"type\": \"string\"},", other)),
        }
    }

    fn object(&mut self, map: &Map<String, Value>) -> Result<Read, ToolsetError> {
        let mut out = Map::with_capacity(map.len());
        let optional = self.types(map.get("type"), &mut out)?;
        let flag = self.keywords(map, &mut out)?;
        if map.get("nullable") == Some(&Value::Bool(true)) || map.get("default") == Some(&Value::Null) {
            add_type(&mut out, "null");
        }
        if self.source_text {
            add_type(&mut out, "string");
            if let Some(pattern) = map.get("type").and_then(Value::as_str).and_then(type_names::source_text_pattern) {
                out.entry("pattern").or_insert(pattern.into());
            }
        }
        reconcile_enum(&mut out);
        Ok(Read { schema: Value::Object(out), required: flag.or(optional.then_some(false)) })
    }

    /// Reads `type` into `out`; true when it says that the parameter may be left out.
    fn types(&mut self, value: Option<&Value>, out: &mut Map<String, Value>) -> Result<bool, ToolsetError> {
        let text = match value {
            None | Some(Value::Null) => return Ok(false),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(names)) if names.iter().all(Value::is_string) => {
                names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
            }
            Some(other) => return self.at("type", |w| Err(w.not_a("a type name or a list of them", other))),
        };
        let Some(expr) = type_names::read(&text) else {
            return self.at("type", |w| {
                Err(w.error(format_args!(
                    "unknown type \"{text}\": use string, number, integer, boolean, array, object or null"
                )))
            });
        };
        out.extend(expr.schema);
        Ok(expr.optional)
    }

    /// Every keyword but `type` into `out`; gives what the schema says about being required itself.
    fn keywords(
        &mut self,
        map: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<Option<bool>, ToolsetError> {
        let mut flag = None;
        let mut flagged = Vec::new();
        for (key, value) in map {
            match (key.as_str(), value) {
                ("default" | "const" | "example", _) => {
                    out.insert(key.clone(), value.clone());
                }
                ("type" | "$schema" | "$id" | "nullable", _) | (_, Value::Null) => {}
                ("required", Value::Bool(_) | Value::String(_)) => flag = Some(self.at(key, |w| w.flag(value))?),
                ("optional", Value::Bool(_) | Value::String(_)) => flag = Some(!self.at(key, |w| w.flag(value))?),
                ("required", _) => {
                    out.insert(key.clone(), self.at(key, |w| w.names(value))?);
                }
                ("properties", Value::Object(members)) => {
                    let members = self.at(key, |w| w.members(members))?;
                    flagged.extend(members.iter().filter_map(|(name, read)| Some((name.clone(), read.required?))));
                    out.insert(key.clone(), members.into_iter().map(|(name, read)| (name, read.schema)).collect());
                }
                (key, value) => self.at(key, |w| w.keyword(key, value, map, out))?,
            }
        }
        apply_flags(&flagged, out);
        describe_required(out);
        Ok(flag)
    }

    /// Schemas by name.
    fn members(&mut self, map: &Map<String, Value>) -> Result<Vec<(String, Read)>, ToolsetError> {
        if map.len() > MAX_PROPERTIES {
            let n = map.len();
            return Err(self.error(format_args!("{n} properties, more than {MAX_PROPERTIES}: split the tool")));
        }
        map.iter().map(|(name, value)| Ok((name.clone(), self.at(name, |w| w.schema(value))?))).collect()
    }

    /// `true`, `"true"`, `"True"`, `"yes"`.
    fn flag(&self, value: &Value) -> Result<bool, ToolsetError> {
        let is = |text: &str, words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if is(text, ["true", "yes"]) => Ok(true),
            Value::String(text) if is(text, ["false", "no"]) => Ok(false),
            other => Err(self.not_a("a list of names, or in a property true or false,", other)),
        }
    }

    /// A list of names, each once.
    fn names(&self, value: &Value) -> Result<Value, ToolsetError> {
        let Value::Array(names) = value else { return Err(self.not_a("a list of names", value)) };
        if let Some(other) = names.iter().find(|n| !n.is_string()) {
            return Err(self.error(format_args!("{} in a list of names", kind_of(other))));
        }
        let mut seen = HashSet::new();
        let names: Vec<Value> = names.iter().filter(|n| seen.insert(n.as_str())).cloned().collect();
        if names.len() > MAX_PROPERTIES {
            let n = names.len();
            return Err(self.error(format_args!("{n} required properties, more than {MAX_PROPERTIES}: split the tool")));
        }
        Ok(Value::Array(names))
    }

    /// Every keyword but those [`Walk::keywords`] sees to itself.
    fn keyword(
        &mut self,
        key: &str,
        value: &Value,
        siblings: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), ToolsetError> {
        let (key, normal) = match (key, value) {
            ("$defs" | "definitions" | "patternProperties" | "dependentSchemas", Value::Object(map)) => {
                let members = map.iter().map(|(name, v)| Ok((name.clone(), self.at(name, |w| w.schema(v))?.schema)));
                (key, members.collect::<Result<Value, ToolsetError>>()?)
            }
            ("properties" | "$defs" | "definitions" | "patternProperties" | "dependentSchemas", other) => {
                return Err(self.not_a("an object of schemas by name", other));
            }
            // Drafts before 2020-12: a list of items is what is now `prefixItems`, and `additionalItems` are the items after it.
            ("items" | "prefixItems", Value::Array(items)) => ("prefixItems", self.schemas(items)?),
            ("additionalItems", _) if siblings.get("items").is_some_and(Value::is_array) => {
                ("items", self.schema(value)?.schema)
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(list)) if !list.is_empty() => (key, self.schemas(list)?),
            ("anyOf" | "oneOf" | "allOf", Value::Array(_)) | ("additionalItems", _) => return Ok(()),
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
            ) => (key, self.schema(value)?.schema),
            ("enum", Value::Array(values)) if values.is_empty() => return Ok(()),
            ("enum", Value::Array(values)) => {
                let mut seen = HashSet::new();
                (key, values.iter().filter(|v| seen.insert(v.to_string())).cloned().collect())
            }
            ("enum", other) => return Err(self.not_a("a list of the allowed values", other)),
            ("exclusiveMinimum" | "exclusiveMaximum", Value::Bool(exclusive)) => {
                let bound = if key == "exclusiveMinimum" { "minimum" } else { "maximum" };
                match siblings.get(bound).filter(|_| *exclusive) {
                    Some(limit) => (key, limit.clone()),
                    None => return Ok(()),
                }
            }
            ("description" | "title" | "format" | "$comment", other) if !other.is_string() => return Ok(()),
            ("examples", other) if !other.is_array() => ("example", other.clone()),
            ("$ref", other) if !other.is_string() => {
                return Err(self.not_a("a reference such as \"#/$defs/Name\"", other));
            }
            ("$dynamicRef" | "$recursiveRef", _) => {
                return Err(self.error_of(
                    ToolsetErrorKind::Reference,
                    format_args!("{key} is not followed: use \"$ref\" with a pointer such as \"#/$defs/Name\""),
                ));
            }
            (key, value) => (key, value.clone()),
        };
        out.insert(key.to_owned(), normal);
        Ok(())
    }

    fn schemas(&mut self, list: &[Value]) -> Result<Value, ToolsetError> {
        list.iter().enumerate().map(|(i, v)| Ok(self.at(&i.to_string(), |w| w.schema(v))?.schema)).collect()
    }
}

/// Puts what properties say about being required into the `required` list of their schema.
fn apply_flags(flagged: &[(String, bool)], schema: &mut Map<String, Value>) {
    if flagged.is_empty() {
        return;
    }
    let said: HashSet<&str> = flagged.iter().map(|(name, _)| name.as_str()).collect();
    let mut required = match schema.remove("required") {
        Some(Value::Array(names)) => names,
        _ => Vec::new(),
    };
    required.retain(|name| name.as_str().is_none_or(|name| !said.contains(name)));
    required.extend(flagged.iter().filter(|(_, is)| *is).map(|(name, _)| Value::from(name.as_str())));
    schema.insert("required".into(), Value::Array(required));
}

/// What is required but not listed beside the listed properties is listed, as anything: else a closed object could never be right.
fn describe_required(schema: &mut Map<String, Value>) {
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let Some(Value::Array(required)) = schema.get("required").cloned() else { return };
    if is_closed {
        schema.entry("properties").or_insert_with(|| json!({}));
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for name in required.iter().filter_map(Value::as_str) {
            properties.entry(name).or_insert_with(|| json!({}));
        }
    }
}

/// Allows one more type, where the types are limited at all.
fn add_type(schema: &mut Map<String, Value>, name: &str) {
    match schema.get_mut("type") {
        Some(Value::Array(names)) if !names.iter().any(|n| n == name) => names.push(name.into()),
        Some(only @ Value::String(_)) if only != name => *only = json!([only, name]),
        Some(_) => return,
        None => {
            let alternative = json!({"type": name});
            if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf")
                && !alternatives.contains(&alternative)
            {
                alternatives.push(alternative);
            }
        }
    }
    if name == "null"
        && let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// Makes an `enum` and what stands beside it agree, where a strict reading would make listed values unusable.
fn reconcile_enum(schema: &mut Map<String, Value>) {
    let types = TypeSet::of_keyword(schema.get("type"));
    let Some(Value::Array(mut values)) = schema.remove("enum") else { return };
    // On a list, an enum of what its items are is meant for the items.
    if types == TypeSet::ARRAY
        && !values.iter().any(Value::is_array)
        && let Some(Value::Object(items)) = schema.get_mut("items")
        && !items.contains_key("enum")
    {
        items.insert("enum".into(), Value::Array(values));
        reconcile_enum(items);
        return;
    }
    // The documented default is a value the tool takes.
    if let Some(default) = schema.get("default")
        && types.allows(default)
        && !values.contains(default)
    {
        values.push(default.clone());
    }
    let strays: Vec<Value> = values.iter().filter(|v| !types.allows(v)).cloned().collect();
    for text in strays.iter().filter_map(Value::as_str) {
        if let Ok(meant) = serde_json::from_str::<Value>(&text.to_ascii_lowercase())
            && types.allows(&meant)
            && !values.contains(&meant)
        {
            values.push(meant);
        }
    }
    schema.insert("enum".into(), Value::Array(values));
    for stray in &strays {
        add_type(schema, type_name(stray));
    }
}
