//! The laws of this module, as property tests.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Dialect, ToolSpec, Toolset, ViolationKind, normalise::normalise};
use crate::call::Tool;

/// Names few enough that schemas and values meet.
fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "a/b", "~"]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(5),
        json!(5.0),
        json!(2.5),
        json!(""),
        json!("x"),
        json!("X"),
        json!("5"),
        json!("true"),
    ])
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec((name(), inner), 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn arguments() -> impl Strategy<Value = Value> {
    prop::collection::vec((name(), value()), 0..5).prop_map(|m| Value::Object(m.into_iter().collect()))
}

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

fn object_schema(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let extra = prop_oneof![Just(None), Just(Some(json!(false))), Just(Some(json!(true)))];
    (prop::collection::vec((name(), inner), 0..4), prop::collection::vec(name(), 0..3), extra).prop_map(
        |(properties, required, extra)| {
            let properties: Map<_, _> = properties.into_iter().collect();
            let mut schema = json!({"type": "object", "properties": properties, "required": required});
            if let Some(extra) = extra {
                schema["additionalProperties"] = extra;
            }
            schema
        },
    )
}

/// Schemas the structural check knows completely.
fn plain_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => prop::sample::select(TYPES.to_vec()).prop_map(|t| json!({"type": t})),
        1 => Just(json!({})),
        1 => prop::collection::vec(prop::sample::select(TYPES.to_vec()), 1..3).prop_map(|t| json!({"type": t})),
        2 => prop::collection::vec(scalar(), 1..4).prop_map(|v| json!({"enum": v})),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![inner.clone().prop_map(|items| json!({"type": "array", "items": items})), object_schema(inner),]
    })
}

/// Schemas with everything in them.
fn rich_schema() -> impl Strategy<Value = Value> {
    plain_schema().prop_recursive(3, 24, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            object_schema(inner.clone()),
            (several, prop::sample::select(vec!["anyOf", "oneOf", "allOf"])).prop_map(|(s, key)| json!({key: s})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"allOf": [a], "anyOf": [b, {"type": "null"}]})),
            prop::sample::select(vec!["#", "#/$defs/d", "#/$defs/e"]).prop_map(|target| json!({"$ref": target})),
            scalar().prop_map(|v| json!({"const": v})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"prefixItems": [a], "items": b})),
            inner.clone().prop_map(|s| json!({"not": s})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"if": a, "then": b})),
            (-2i32..6, 0u8..4).prop_map(|(low, long)| json!({"minimum": low, "maxLength": long, "maxItems": long})),
            inner.prop_map(|s| json!({"type": "object", "additionalProperties": s})),
        ]
    })
}

fn rich_parameters() -> impl Strategy<Value = Value> {
    (object_schema(rich_schema()), rich_schema(), rich_schema(), prop::option::of(rich_schema())).prop_map(
        |(mut root, d, e, also)| {
            root["$defs"] = json!({"d": d, "e": e});
            if let Some(also) = also {
                root["allOf"] = json!([also]);
            }
            root
        },
    )
}

/// A type as the dialects spell it.
fn dialect_schema() -> impl Strategy<Value = Value> {
    let names = vec![
        "dict",
        "float",
        "tuple",
        "any",
        "String",
        "HashMap",
        "ArrayList",
        "long",
        "List[int]",
        "Dict[str, List[float]]",
        "Optional[str]",
        "Union[int, str]",
        "int, optional",
        "STRING",
        "",
        "str | None",
        "Tuple[int, str]",
        "Literal['a', 'b']",
        "ArrayList<String>",
        "int[]",
    ];
    let leaf =
        (prop::sample::select(names), prop::option::of(prop::collection::vec(scalar(), 0..4)), any::<[bool; 3]>())
            .prop_map(|(name, values, [nullable, optional, required])| {
                let mut schema = json!({"type": name});
                if let Some(values) = values {
                    schema["enum"] = Value::Array(values);
                }
                if nullable {
                    schema["nullable"] = json!(true);
                }
                if optional {
                    schema["optional"] = json!("True");
                }
                if required {
                    schema["required"] = json!(required);
                }
                schema
            });
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            (inner.clone(), prop::collection::vec(scalar(), 0..3))
                .prop_map(|(items, values)| json!({"type": "array", "items": items, "enum": values, "default": []})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|items| json!({"type": "array", "items": items})),
            prop::collection::vec((name(), inner), 0..4)
                .prop_map(|p| json!({"type": "dict", "properties": Value::Object(p.into_iter().collect())})),
        ]
    })
}

/// A value that fits a plain schema, made by following it.
fn fitting(schema: &Value, seed: usize) -> Value {
    if let Some(values) = schema["enum"].as_array() {
        return values[seed % values.len()].clone();
    }
    let kind = match &schema["type"] {
        Value::Array(names) => names[seed % names.len()].as_str().unwrap().to_owned(),
        Value::String(name) => name.clone(),
        _ => return json!(seed),
    };
    match kind.as_str() {
        "string" => json!(format!("s{seed}")),
        "number" => json!(seed as f64 + 0.5),
        "integer" => json!(seed),
        "boolean" => json!(seed.is_multiple_of(2)),
        "null" => Value::Null,
        "array" => match schema.get("items") {
            Some(items) => (0..seed % 3).map(|i| fitting(items, seed / 3 + i)).collect(),
            None => json!([seed]),
        },
        _ => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let mut object = Map::new();
            for (i, (name, schema)) in schema["properties"].as_object().into_iter().flatten().enumerate() {
                if required.iter().any(|r| r == name) || (seed >> i) & 1 == 1 {
                    object.insert(name.clone(), fitting(schema, seed / 2 + i));
                }
            }
            for name in required.iter().filter_map(Value::as_str) {
                object.entry(name).or_insert(json!(seed));
            }
            Value::Object(object)
        }
    }
}

fn spec(parameters: Value) -> Result<ToolSpec, super::ToolsetError> {
    ToolSpec::new(Tool::new("f", parameters), "/parameters", Dialect::Auto)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn normalising_is_idempotent(
        properties in prop::collection::vec((name(), prop_oneof![dialect_schema(), rich_schema()]), 0..4),
        flat in any::<bool>(),
    ) {
        let properties = Value::Object(properties.into_iter().collect());
        let parameters = if flat { properties } else { json!({"type": "dict", "properties": properties, "$defs": {"d": {}, "e": {}}}) };
        if let Ok((once, _)) = normalise("f", "", &parameters, Dialect::Auto) {
            let (twice, _) = normalise("f", "", &once, Dialect::Auto).unwrap();
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn dialects_build(properties in prop::collection::vec((name(), dialect_schema()), 0..4)) {
        let properties = Value::Object(properties.into_iter().collect());
        let built = spec(json!({"type": "dict", "properties": properties}));
        prop_assert!(built.is_ok(), "{:?}", built);
    }

    #[test]
    fn a_value_made_to_fit_fits(schema in object_schema(plain_schema()), seed in any::<usize>()) {
        let spec = spec(schema).unwrap();
        let value = fitting(spec.schema(), seed);
        prop_assert_eq!(spec.violations(&value), vec![], "{}", value);
    }

    #[test]
    fn valid_exactly_without_violations(schema in rich_parameters(), arguments in arguments()) {
        if let Ok(spec) = spec(schema) {
            prop_assert_eq!(spec.is_valid(&arguments), spec.violations(&arguments).is_empty());
        }
    }

    #[test]
    fn a_suggestion_mends_its_violation(schema in object_schema(plain_schema()), arguments in arguments()) {
        let spec = spec(schema).unwrap();
        let before = spec.violations(&arguments);
        for violation in before.iter().filter(|v| v.suggestion.is_some()) {
            let mut mended = arguments.clone();
            *mended.pointer_mut(&violation.pointer).unwrap() = violation.suggestion.clone().unwrap();
            let after = spec.violations(&mended);
            prop_assert!(after.len() < before.len(), "{:?} -> {:?}", violation, after);
            prop_assert!(!after.iter().any(|v| v.pointer == violation.pointer));
        }
    }

    #[test]
    fn pointers_lead_to_the_argument(schema in object_schema(plain_schema()), arguments in arguments()) {
        for violation in spec(schema).unwrap().violations(&arguments) {
            prop_assert_eq!(arguments.pointer(&violation.pointer).is_none(), violation.kind == ViolationKind::Required);
        }
    }

    #[test]
    fn no_json_panics(json in value(), arguments in value()) {
        for json in [json.clone(), json!([{"name": "f", "parameters": json}]), json!([json])] {
            if let Ok(set) = Toolset::from_json(&json) {
                for spec in set.specs() {
                    let _ = spec.violations(&arguments);
                }
            }
        }
    }

    #[test]
    fn no_text_panics(text in "[\\[\\]{}<>|,\"' a-zA-Z0-9().]{0,40}") {
        let _ = Toolset::from_json(&json!([{"name": "f", "parameters": {"a": {"type": text}}}]));
        let _ = Toolset::from_hermes(&text);
    }
}

/// The validator agrees with the structural check: these two laws are what makes one truth of the two.
#[cfg(feature = "schema")]
mod with_a_validator {
    use std::ops::ControlFlow;

    use super::*;
    use crate::toolset::{
        Param,
        check::{Path, Problem, check, fits},
    };

    fn strict(schema: &Value) -> jsonschema::Validator {
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(schema).unwrap()
    }

    /// Without what the structural check adds of its own: properties beyond the listed ones.
    fn fits_but_for_unknown(schema: &Value, arguments: &Value) -> bool {
        let param = Param::root(schema);
        let outcome = check(&param, arguments, &Path::Root, &mut |_, problem| match problem {
            Problem::Unknown { .. } => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        });
        outcome.is_continue()
    }

    /// A property that one alternative lists keeps its type there, though another alternative is silent about it: to take that other one
    /// would be to give it an argument it does not know.
    #[test]
    fn an_alternative_that_is_silent_about_a_property_does_not_free_it() {
        let object =
            |name: &str, schema: Value| json!({"type": "object", "properties": {name: schema}, "required": []});
        let schema = json!({"anyOf": [
            object("b", json!({"type": "string"})),
            object("a", json!({"type": "array", "items": {"type": "string"}}))
        ]});
        let arguments = json!({"a": null});
        assert!(strict(&schema).is_valid(&arguments) && !fits_but_for_unknown(&schema, &arguments));
        assert!(!strict(&closed_alternatives(&schema)).is_valid(&arguments));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

        #[test]
        fn a_param_allows_what_its_schema_allows(schema in rich_parameters(), arguments in arguments()) {
            if let Ok(spec) = spec(schema)
                && strict(&closed_alternatives(spec.schema())).is_valid(&arguments)
            {
                prop_assert!(fits_but_for_unknown(spec.schema(), &arguments), "{} {}", spec.schema(), arguments);
            }
        }

        #[test]
        fn for_plain_schemas_the_check_is_the_validator(schema in object_schema(plain_schema()), arguments in arguments()) {
            let spec = spec(schema).unwrap();
            let expected = strict(&closed(spec.schema(), true)).is_valid(&arguments);
            prop_assert_eq!(fits(spec.params(), &arguments), expected);
            prop_assert_eq!(spec.is_valid(&arguments), expected);
        }
    }

    /// The schema with every alternative closed that lists properties and says nothing of others: what no alternative lists is an
    /// unknown argument in each.
    fn closed_alternatives(schema: &Value) -> Value {
        match schema {
            Value::Array(items) => items.iter().map(closed_alternatives).collect(),
            Value::Object(map) => {
                let close = |key: &str, value: &Value| match value {
                    Value::Array(alternatives) if matches!(key, "anyOf" | "oneOf") => {
                        alternatives.iter().map(|a| close_one(closed_alternatives(a))).collect()
                    }
                    _ => closed_alternatives(value),
                };
                Value::Object(map.iter().map(|(k, v)| (k.clone(), close(k, v))).collect())
            }
            _ => schema.clone(),
        }
    }

    fn close_one(mut alternative: Value) -> Value {
        let open = ["additionalProperties", "unevaluatedProperties"].iter().any(|k| alternative.get(k).is_some());
        let lists = ["properties", "$ref", "allOf", "anyOf", "oneOf"].iter().any(|k| alternative.get(k).is_some());
        if lists && !open {
            alternative["unevaluatedProperties"] = json!(false);
        }
        alternative
    }

    /// The schema with the answer spelled out on properties it does not list: allowed where it says so or lists none, save at the root.
    fn closed(schema: &Value, is_root: bool) -> Value {
        let mut schema = schema.clone();
        if let Some(items) = schema.get_mut("items") {
            *items = closed(items, false);
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object).cloned() {
            let is_closed = is_root || !properties.is_empty();
            schema["properties"] = properties.into_iter().map(|(k, v)| (k, closed(&v, false))).collect();
            if schema.get("additionalProperties").is_none() {
                schema["additionalProperties"] = json!(!is_closed);
            }
        }
        schema
    }
}
