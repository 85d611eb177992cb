//! Every published shape of a tool list, and what is said when one is wrong.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Write as _;

use serde_json::{Value, json};
use toolrm_core::{
    call::{Tool, ToolCall},
    toolset::{Dialect, ToolSpec, Toolset, ToolsetErrorKind, TypeSet, ViolationKind},
};

const CITY: &str = "Name of the city";

fn schema() -> Value {
    json!({"type": "object", "properties": {"city": {"type": "string", "description": CITY}}, "required": ["city"]})
}

fn nested(levels: usize, wrap: impl Fn(Value) -> Value) -> Value {
    (0..levels).fold(json!({}), |inner, _| wrap(inner))
}

/// The one tool of a set, which must be the weather tool.
fn weather(set: &Toolset) -> &ToolSpec {
    let spec = set.get("get_weather").unwrap();
    assert_eq!(set.len(), 1);
    assert_eq!(spec.tool().description.as_deref(), Some("Current weather"));
    let city = spec.params().property("city").unwrap();
    assert_eq!((city.types, city.required, city.description.as_str()), (TypeSet::STRING, true, CITY));
    assert!(spec.is_valid(&json!({"city": "Paris"})));
    assert!(!spec.is_valid(&json!({})));
    spec
}

#[test]
fn every_shape_gives_the_same_tool() {
    let named = |key: &str, parameters: Value| json!({"name": "get_weather", "description": "Current weather", key: parameters});
    let chat = json!({"type": "function", "function": named("parameters", schema())});
    let mut responses = named("parameters", schema());
    responses["type"] = json!("function");
    let upper = json!({"type": "OBJECT", "properties": {"city": {"type": "STRING", "description": CITY}}, "required": ["city"]});
    let gemini = json!({"functionDeclarations": [named("parameters", upper)]});
    let dict =
        json!({"type": "dict", "properties": {"city": {"type": "string", "description": CITY}}, "required": ["city"]});
    let flat = json!({"city": {"type": "str", "description": CITY}});
    let mut mcp = named("inputSchema", schema());
    mcp["annotations"] = json!({"readOnlyHint": true, "title": "Weather"});
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [mcp], "nextCursor": "x"}});
    let block = format!("Use these:\n<tools>\n{}\n</tools>\nNow answer.", named("parameters", schema()));

    let of = |entry: &Value| json!([entry]);
    for set in [
        Toolset::from_openai(&of(&chat)),
        Toolset::from_openai(&of(&responses)),
        Toolset::from_openai(&json!({"tools": [chat, chat]})),
        Toolset::from_anthropic(&of(&named("input_schema", schema()))),
        Toolset::from_gemini(&of(&gemini)),
        Toolset::from_gemini(&gemini),
        Toolset::from_mcp(&rpc),
        Toolset::from_mcp(&rpc["result"]),
        Toolset::from_mcp(&rpc["result"]["tools"]),
        Toolset::from_bfcl(&of(&named("parameters", dict.clone())), Dialect::Auto),
        Toolset::from_hermes(&block),
        Toolset::from_hermes(&of(&chat).to_string()),
        Toolset::from_hermes(&format!("{chat}\n{chat}")),
        Toolset::from_json(&of(&named("arguments", schema()))),
        Toolset::from_json(&of(&named("parameters", flat))),
        Toolset::from_json(&json!({"functions": [named("parameters", schema())]})),
        Toolset::from_json(&named("parametersJsonSchema", schema())),
        Toolset::from_json(&Value::from(of(&chat).to_string())),
        Toolset::from_json(&rpc),
        Toolset::from_json(&json!({"name": "get_weather", "description": "Current weather", "required": ["city"],
            "parameters": {"city": {"type": "string", "description": CITY}, "days": {"type": "int"}}})),
    ] {
        weather(&set.unwrap());
    }
    assert_eq!(weather(&Toolset::from_mcp(&rpc).unwrap()).tool().annotations.read_only, Some(true));
    // A tool written by this crate comes back equal.
    let tool = Toolset::from_mcp(&rpc).unwrap().tools().next().unwrap().clone();
    let again = Toolset::from_json(&json!([serde_json::to_value(&tool).unwrap()])).unwrap();
    assert_eq!(again.tools().next(), Some(&tool));
    assert_eq!(again.fingerprint(), Toolset::new(vec![tool]).unwrap().fingerprint());
}

#[test]
fn a_list_of_many_shapes_is_read_tool_by_tool() {
    let set = Toolset::from_json(&json!([
        {"type": "function", "function": {"name": "a"}},
        {"name": "b", "input_schema": {"type": "object"}},
        {"function_declarations": [{"name": "c"}, {"name": "d", "parameters": {}}]},
        {"name": "e", "parameters": null},
    ]))
    .unwrap();
    assert_eq!(set.names().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
    assert!(Toolset::from_json(&json!([])).unwrap().is_empty());
    // Without parameters a tool takes none; an object without properties takes any.
    assert_eq!(set.violations(&ToolCall::new("a", json!({"x": 1}))).unwrap()[0].kind, ViolationKind::Unknown);
    assert_eq!(set.violations(&ToolCall::new("b", json!({"x": 1}))), Some(vec![]));
    assert_eq!(set.violations(&ToolCall::new("z", json!({}))), None);
}

#[test]
fn a_property_says_in_any_words_whether_it_is_required() {
    let tools = Toolset::from_json(&json!([{"name": "f", "parameters": {"type": "dict", "properties": {
        "a": {"type": "string", "optional": "yes"}, "b": {"type": "string", "optional": "No"},
        "c": {"type": "string", "required": "true"}, "d": {"type": "string", "required": false},
    }, "required": ["a"]}}]))
    .unwrap();
    assert_eq!(tools.specs()[0].schema()["required"], json!(["b", "c"]));
}

#[test]
fn the_fingerprint_covers_everything() {
    let base = json!({"name": "f", "description": "d", "parameters": {"type": "dict", "properties": {"a": {"type": "integer", "minimum": 1}}}});
    let mut seen = std::collections::HashSet::new();
    for (pointer, value) in [
        ("/name", json!("f")),
        ("/name", json!("g")),
        ("/description", json!("e")),
        ("/parameters/type", json!("object")),
        ("/parameters/properties/a/type", json!("long")),
        ("/parameters/properties/a/minimum", json!(2)),
    ] {
        let mut tool = base.clone();
        *tool.pointer_mut(pointer).unwrap() = value;
        let tools = json!([tool]);
        assert!(seen.insert(Toolset::from_json(&tools).unwrap().fingerprint()), "{tools}");
    }
    assert!(seen.insert(Toolset::from_bfcl(&json!([base]), Dialect::SourceText).unwrap().fingerprint()));
}

#[test]
fn source_text_is_allowed_where_the_dialect_says_so() {
    let tool = |kind: &str| json!([{"name": "f", "parameters": {"type": "dict", "properties": {"n": {"type": kind}}}}]);
    let text = json!({"n": "100L"});
    let java = Toolset::from_json(&tool("long")).unwrap();
    assert_eq!(java.specs()[0].dialect(), Dialect::SourceText);
    assert!(java.specs()[0].is_valid(&text) && java.specs()[0].is_valid(&json!({"n": 100})));
    assert!(!java.specs()[0].is_valid(&json!("n")) && !java.specs()[0].is_valid(&json!({"n": [1]})));
    // Nothing shows that this one is Java: it must be said.
    let text = json!({"n": "100"});
    assert!(!Toolset::from_json(&tool("integer")).unwrap().specs()[0].is_valid(&text));
    assert!(Toolset::from_bfcl(&tool("integer"), Dialect::SourceText).unwrap().specs()[0].is_valid(&text));
    let words =
        Toolset::from_bfcl(&tool("integer"), Dialect::SourceText).unwrap().specs()[0].violations(&json!({"n": "many"}));
    assert_eq!(words.len(), usize::from(cfg!(feature = "schema")));
    assert!(!Toolset::from_bfcl(&tool("long"), Dialect::Json).unwrap().specs()[0].is_valid(&text));
    let given = vec![Tool::new("f", tool("integer")[0]["parameters"].clone())];
    assert!(Toolset::with_dialect(given, Dialect::SourceText).unwrap().specs()[0].is_valid(&text));
}

#[test]
fn params_show_what_a_rule_asks_for() {
    let set = Toolset::from_json(&json!([{"name": "f", "parameters": {
        "type": "object",
        "$defs": {"Level": {"type": "string", "enum": ["low", "high"], "description": "How loud"}},
        "properties": {
            "level": {"anyOf": [{"$ref": "#/$defs/Level"}, {"type": "null"}], "default": "low"},
            "levels": {"type": "array", "items": {"type": "string"}, "enum": ["low", "high"]},
            "day": {"type": "string", "format": "date", "examples": ["2024-05-01"], "example": "2024-05-02"},
            "n": {"type": ["integer", "null"], "minimum": 1, "exclusiveMaximum": 10},
            "who": {"oneOf": [{"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
                              {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}, "required": ["id"]}]},
            "any": {}, "map": {"type": "object", "additionalProperties": {"type": "number"}}
        },
        "required": ["day"]
    }}]))
    .unwrap();
    let root = set.specs()[0].params();
    let param = |name: &str| root.property(name).unwrap();
    assert_eq!(param("level").types, TypeSet::STRING.union(TypeSet::NULL));
    assert_eq!(param("level").allowed, [json!("low"), json!("high"), json!(null)]);
    assert_eq!((param("level").description.as_str(), &param("level").default), ("How loud", &Some(json!("low"))));
    assert_eq!(param("levels").items.as_ref().unwrap().allowed, [json!("low"), json!("high")]);
    assert!(param("levels").allowed.is_empty());
    assert_eq!(param("day").examples, [json!("2024-05-01"), json!("2024-05-02")]);
    assert_eq!((param("day").format.as_str(), param("day").required), ("date", true));
    assert_eq!(param("n").range, (Some(1.0), Some(10.0)));
    assert_eq!(param("n").types.to_string(), "integer or null");
    let who = param("who");
    assert!(who.property("id").unwrap().required && !who.property("name").unwrap().required && !who.open);
    assert_eq!(who.property("id").unwrap().types, TypeSet::INTEGER.union(TypeSet::STRING));
    assert_eq!(
        (param("any").types, param("any").open, param("map").open, root.open),
        (TypeSet::ANY, true, true, false)
    );
}

#[test]
fn cyclic_references_are_followed_as_far_as_the_arguments_go() {
    let set = Toolset::from_json(&json!([{"name": "f", "parameters": {
        "type": "object", "properties": {"tree": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": {"type": "object", "properties": {
            "value": {"type": "integer"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}}}
    }}]))
    .unwrap();
    let tree = |leaf: Value| json!({"tree": {"value": 1, "children": [{"value": 2, "children": [{"value": leaf}]}]}});
    let spec = &set.specs()[0];
    assert!(spec.is_valid(&tree(json!(3))));
    if cfg!(feature = "schema") {
        let violations = spec.violations(&tree(json!("x")));
        assert_eq!(violations.len(), 1);
        assert_eq!(
            (violations[0].kind, violations[0].pointer.as_str()),
            (ViolationKind::Type, "/tree/children/0/children/0/value")
        );
    }
    for loops in [json!({"$ref": "#"}), json!({"$ref": "#/properties/a"}), json!({"not": {"$ref": "#/properties/a"}})] {
        let set =
            Toolset::from_json(&json!([{"name": "f", "parameters": {"type": "object", "properties": {"a": loops}}}]))
                .unwrap();
        let _ = set.specs()[0].violations(&json!({"a": {"a": 1}}));
    }
}

#[cfg(feature = "schema")]
#[test]
fn tools_from_types() {
    /// A unit of temperature.
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code)]
    enum Unit {
        Celsius,
        Fahrenheit,
    }
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code)]
    struct Place {
        city: String,
        /// Places inside of it
        parts: Vec<Place>,
    }
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code)]
    struct GetWeather {
        /// Where
        place: Place,
        unit: Option<Unit>,
        days: u8,
        #[serde(default)]
        hourly: bool,
    }
    let set = Toolset::new(vec![Tool::from_type::<GetWeather>("get_weather", "Weather")]).unwrap();
    let spec = &set.specs()[0];
    let place = |parts: Value| json!({"city": "Paris", "parts": parts});
    assert!(spec.is_valid(&json!({"place": place(json!([place(json!([]))])), "unit": "Celsius", "days": 3})));
    assert!(spec.is_valid(&json!({"place": place(json!([])), "unit": null, "days": 3.0, "hourly": true})));
    let said = spec.violations(
        &json!({"place": place(json!([{"city": 5, "parts": []}])), "unit": "celsius", "days": 300, "hour": true}),
    );
    let kinds: Vec<_> = said.iter().map(|v| (v.kind, v.pointer.as_str())).collect();
    assert_eq!(
        kinds,
        [
            (ViolationKind::Type, "/place/parts/0/city"),
            (ViolationKind::Enum, "/unit"),
            (ViolationKind::Unknown, "/hour"),
            (ViolationKind::Range, "/days"),
        ]
    );
    assert_eq!(said[1].suggestion, Some(json!("Celsius")));
    assert_eq!(said[2].did_you_mean.as_deref(), Some("hourly"));
    assert_eq!(spec.params().property("unit").unwrap().allowed, [json!("Celsius"), json!("Fahrenheit"), json!(null)]);
}

/// Tool lists that are refused, with what is said.
#[test]
fn errors_say_what_where_and_what_to_do() {
    let with = |parameters: Value| json!([{"name": "f", "parameters": parameters}]);
    let property = |schema: Value| with(json!({"type": "object", "properties": {"a/b": schema}}));
    // Not by `json!`, which recurses.
    let mut deep = property(json!({}));
    deep[0]["parameters"]["properties"]["a/b"] =
        nested(10_000, |inner| Value::Object([("items".to_owned(), inner)].into_iter().collect()));
    let many: Value =
        (0..2000).map(|i| (format!("p{i}"), json!({"type": "integer"}))).collect::<serde_json::Map<_, _>>().into();
    let mut defs = json!({"D30": {"type": "integer"}});
    for i in 0..30 {
        let next = json!({"$ref": format!("#/$defs/D{}", i + 1)});
        defs[format!("D{i}")] = json!({"allOf": [next, next]});
    }
    let cases = vec![
        ("a number", json!(5)),
        ("a tool that is a list", json!([[]])),
        ("a string that is no JSON", json!("<tools>{'name': 'f'}</tools>")),
        ("tools that are no list", json!({"tools": {"a": 1}})),
        ("an error of the server", json!({"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}})),
        ("a result without tools", json!({"result": {"content": []}})),
        ("no name", json!([{"parameters": {}}])),
        ("a name that is no text", json!([{"name": 5}])),
        ("an empty name", json!([{"type": "function", "function": {"name": " "}}])),
        ("a hosted tool", json!([{"type": "web_search"}, {"type": "computer_20250124", "name": "computer"}])),
        ("a hosted tool with a name", json!([{"type": "computer_20250124", "name": "computer"}])),
        ("no function", json!([{"type": "function", "function": "f"}])),
        ("declarations that are no list", json!([{"functionDeclarations": {"name": "f"}}])),
        (
            "wrong hints",
            json!([{"name": "f", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": "yes"}}]),
        ),
        ("two that differ", json!([{"name": "f"}, {"name": "f", "description": "other"}])),
        ("parameters that are text", with(json!("city: str"))),
        (
            "parameters that are a list",
            json!([{"type": "function", "function": {"name": "f", "parameters": ["city"]}}]),
        ),
        ("parameters that are names and text", with(json!({"city": "string", "days": "int"}))),
        ("a root that is no object", with(json!({"type": "array", "items": {"type": "string"}}))),
        ("an unknown type", property(json!({"type": "strng"}))),
        ("a type that is an object", property(json!({"type": {"a": 1}}))),
        ("a schema that is text", property(json!("string"))),
        ("an enum that is text", property(json!({"enum": "a, b"}))),
        ("required that is a number", with(json!({"type": "object", "properties": {}, "required": 5}))),
        ("a number among the required", with(json!({"type": "object", "properties": {}, "required": ["a", 5]}))),
        ("required that is a name", property(json!({"type": "object", "required": "name"}))),
        ("properties that are a list", property(json!({"type": "object", "properties": ["name"]}))),
        ("alternatives that are no list", property(json!({"anyOf": {"type": "string"}}))),
        ("a bound that is text", property(json!({"type": "integer", "minimum": "one"}))),
        ("a pattern that is broken", property(json!({"type": "string", "pattern": "(["}))),
        ("a remote reference", property(json!({"$ref": "https://example.org/city.json"}))),
        ("a reference without a target", property(json!({"$ref": "#/$defs/City"}))),
        ("a reference to an anchor", property(json!({"$ref": "#city"}))),
        ("a dynamic reference", property(json!({"$dynamicRef": "#city"}))),
        ("a reference to no schema", with(json!({"type": "object", "properties": {"a": {"$ref": "#/type"}}}))),
        (
            "doubling references",
            with(json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/D0"}}, "$defs": defs})),
        ),
        ("10,000 levels", deep),
        ("2,000 properties", with(json!({"type": "object", "properties": many}))),
    ];
    let mut said = String::new();
    for (what, json) in cases {
        match Toolset::from_json(&json) {
            Ok(_) => writeln!(said, "{what}\n  ok").unwrap(),
            Err(e) => writeln!(said, "{what}\n  {:?}: {e}", e.kind).unwrap(),
        }
        // Dropping it is a recursion of its own.
        std::mem::forget(json);
    }
    let strict = Toolset::from_anthropic(&with(json!({}))).unwrap_err();
    writeln!(said, "a shape that was not asked for\n  {:?}: {strict}", strict.kind).unwrap();
    assert_eq!(strict.kind, ToolsetErrorKind::Shape);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        // Without the validator, two of these are not seen.
        insta::assert_snapshot!(if cfg!(feature = "schema") { "toolset_errors" } else { "toolset_errors_no_schema" }, said);
    });
}

/// Arguments that break a schema, with what is said.
#[test]
fn violations_say_what_is_wrong_and_what_would_be_right() {
    let set = Toolset::from_json(&json!([{"name": "book", "parameters": {"type": "object", "properties": {
        "city": {"type": "string"}, "nights": {"type": "integer", "minimum": 1, "maximum": 30}, "price": {"type": "number"},
        "breakfast": {"type": "boolean"}, "room": {"type": "string", "enum": ["single", "double_room", "Suite"]},
        "guests": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "default": null}}, "required": ["name"]}},
        "floor": {"anyOf": [{"type": "integer"}, {"const": "top"}], "default": null},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": true},
        "date": {"type": "string", "format": "date"}, "code": {"type": "string", "pattern": "^[A-Z]{3}$", "maxLength": 3},
        "pay": {"anyOf": [{"type": "object", "properties": {"by": {"const": "card"}, "number": {"type": "string"}}, "required": ["by", "number"]},
                          {"type": "object", "properties": {"by": {"const": "cash"}}, "required": ["by"]}]},
        "note": {"type": ["string", "null"]}
    }, "required": ["city", "nights"]}}]))
    .unwrap();
    let spec = &set.specs()[0];
    let right = json!({"city": "Paris", "nights": 3.0, "price": 9, "room": "Suite", "note": null, "guests": [{"name": "A", "age": null}], "floor": null});
    assert_eq!(spec.violations(&right), []);
    let mut said = String::new();
    for arguments in [
        json!("Paris"),
        json!([]),
        json!({}),
        json!({"City": "Paris", "night": 3}),
        json!({"city": null, "nights": "3", "price": null}),
        json!({"city": ["Paris"], "nights": 2.5}),
        json!({"city": 75, "nights": 31, "breakfast": "True", "price": "12.50"}),
        json!({"city": "Paris", "nights": 1, "room": "Double Room"}),
        json!({"city": "Paris", "nights": 1, "room": "attic"}),
        json!({"city": "Paris", "nights": 1, "guests": {"name": "A"}}),
        json!({"city": "Paris", "nights": 1, "guests": [{"nmae": "A", "age": "x"}, {}]}),
        json!({"city": "Paris", "nights": 1, "tags": "spa"}),
        json!({"city": "Paris", "nights": 1, "tags": ["a", "a", "b"]}),
        json!({"city": "Paris", "nights": 1, "date": "tomorrow", "code": "abcd"}),
        json!({"city": "Paris", "nights": 1, "pay": {"by": "card"}}),
        json!({"city": "Paris", "nights": 1, "pay": {"by": "cheque"}}),
        json!({"city": "Paris", "nights": 1, "wifi": true, "a/b~c": 1}),
    ] {
        writeln!(said, "{arguments}").unwrap();
        for v in spec.violations(&arguments) {
            write!(said, "  {:?} {:?}: {}", v.kind, v.pointer, v.message).unwrap();
            if let Some(better) = v.suggestion {
                write!(said, "  => {better}").unwrap();
            }
            if let Some(name) = v.did_you_mean {
                write!(said, "  => {name}").unwrap();
            }
            said.push('\n');
        }
    }
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(if cfg!(feature = "schema") { "toolset_violations" } else { "toolset_violations_no_schema" }, said);
    });
}

#[test]
fn hostile_arguments_are_bounded() {
    let set = Toolset::from_json(&json!([{"name": "f", "parameters": {"type": "object", "properties": {
        "xs": {"type": "array", "items": {"type": "integer"}}, "s": {"type": "string", "enum": ["a"]}, "o": {"type": "object"}
    }, "required": ["xs"]}}]))
    .unwrap();
    let spec = &set.specs()[0];
    let mut deep = json!({"xs": []});
    deep["o"] = nested(10_000, |inner| Value::Array(vec![inner]));
    let said = spec.violations(&deep);
    assert_eq!((said.len(), said[0].kind), (1, ViolationKind::Other));
    std::mem::forget(deep);
    let flood: serde_json::Map<_, _> = (0..100_000).map(|i| (format!("x{i}"), json!("x"))).collect();
    let said = spec.violations(&Value::Object(flood));
    assert_eq!(said.len(), 257);
    assert!(said.last().unwrap().message.contains("more"));
    let long = "x".repeat(10_000_000);
    let said = spec.violations(&json!({"xs": vec![long.as_str(); 3], "s": long}));
    assert!(said.iter().all(|v| v.message.len() < 200), "{said:?}");
    assert_eq!(said.len(), 4);
}
