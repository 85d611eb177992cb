//! Tool lists and arguments.

use serde_json::{Map, Value, error::Category, json};
use toolrm_core::toolset::{ToolsetErrorKind as Kind, ViolationKind as Breach};

use crate::{
    Row,
    entry::{Got::*, arguments, tools, tools_value},
    table,
};

/// A list of one tool `f` with these parameters.
fn tool(parameters: Value) -> Value {
    json!([{"name": "f", "parameters": parameters}])
}

/// A list of one tool with one property `x` of this schema.
fn x(schema: Value) -> Value {
    tool(json!({"type": "object", "properties": {"x": schema}}))
}

/// `levels` objects inside each other, each the value of `key`; made without recursion.
fn nested(levels: usize, key: &str, innermost: Value) -> Value {
    let mut value = innermost;
    for _ in 0..levels {
        value = Value::Object(Map::from_iter([(key.to_owned(), value)]));
    }
    value
}

pub(crate) fn rows() -> Vec<Row> {
    [texts(), shapes(), schemas(), references(), bombs(), calls()].into_iter().flatten().collect()
}

fn texts() -> Vec<Row> {
    table(
        "tools",
        tools,
        [
            ("empty text", String::new, NotRead(Category::Eof)),
            ("truncated", || r#"[{"name": "f", "parameters": {"type": "obj"#.into(), NotRead(Category::Eof)),
            ("two documents", || r#"[{"name": "f"}] [{"name": "g"}]"#.into(), NotRead(Category::Syntax)),
            ("byte order mark", || "\u{feff}[{\"name\": \"f\"}]".into(), NotRead(Category::Syntax)),
            ("single quotes", || "[{'name': 'f'}]".into(), NotRead(Category::Syntax)),
            ("trailing comma", || r#"[{"name": "f"},]"#.into(), NotRead(Category::Syntax)),
            ("comment", || "[{\"name\": \"f\"} /* the tool */]".into(), NotRead(Category::Syntax)),
            (
                "NaN",
                || r#"[{"name": "f", "parameters": {"properties": {"x": {"minimum": NaN}}}}]"#.into(),
                NotRead(Category::Syntax),
            ),
            (
                "1e400",
                || r#"[{"name": "f", "parameters": {"properties": {"x": {"minimum": 1e400}}}}]"#.into(),
                NotRead(Category::Syntax),
            ),
            ("lone surrogate in the name", || r#"[{"name": "f\ud800"}]"#.into(), NotRead(Category::Syntax)),
            ("raw control character in the name", || "[{\"name\": \"f\u{1}\"}]".into(), NotRead(Category::Syntax)),
            ("duplicate key", || r#"[{"name": "f", "name": "g"}]"#.into(), NotRead(Category::Data)),
            (
                "duplicate key deep in a schema",
                || {
                    r#"[{"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "string"}, "x": {"type": "integer"}}}}]"#.into()
                },
                NotRead(Category::Data),
            ),
            ("10,000 brackets in text", || "[".repeat(10_000), NotRead(Category::Syntax)),
            (
                "10,000 nested schemas in text",
                || {
                    let open = r#"{"type": "object", "properties": {"x": "#.repeat(10_000);
                    format!(r#"[{{"name": "f", "parameters": {open}{{}}{}}}]"#, "}}".repeat(10_000))
                },
                NotRead(Category::Syntax),
            ),
        ],
    )
}

fn shapes() -> Vec<Row> {
    table(
        "tools",
        tools_value,
        [
            ("null", || Value::Null, NoTools(Kind::Shape)),
            ("a number", || json!(42), NoTools(Kind::Shape)),
            ("a string of tools", || json!("[{\"name\": \"f\"}]"), Tools(1)),
            ("an empty list", || json!([]), Tools(0)),
            ("an empty object", || json!({}), NoTools(Kind::Name)),
            (
                "a string of tools with a key twice",
                || json!("<tools>{\"name\": \"f\", \"name\": \"g\"}</tools>"),
                NoTools(Kind::Shape),
            ),
            ("a list of lists", || json!([[{"name": "f"}]]), NoTools(Kind::Shape)),
            ("null among tools", || json!([{"name": "f"}, null]), NoTools(Kind::Shape)),
            ("tools is an object", || json!({"tools": {"f": {}}}), NoTools(Kind::Shape)),
            (
                "a JSON-RPC error",
                || json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}),
                NoTools(Kind::Shape),
            ),
            ("a JSON-RPC result without tools", || json!({"result": {"resources": []}}), NoTools(Kind::Shape)),
            ("function is a string", || json!([{"type": "function", "function": "f"}]), NoTools(Kind::Shape)),
            (
                "function declarations are no list",
                || json!({"functionDeclarations": {"name": "f"}}),
                NoTools(Kind::Shape),
            ),
            ("a name of spaces", || json!([{"name": "  "}]), NoTools(Kind::Name)),
            ("an empty name", || json!([{"name": ""}]), NoTools(Kind::Name)),
            ("a number for a name", || json!([{"name": 7}]), NoTools(Kind::Name)),
            ("a list for a name", || json!([{"name": ["f"]}]), NoTools(Kind::Name)),
            ("no name", || json!([{"description": "does it all", "parameters": {}}]), NoTools(Kind::Name)),
            ("the same tool twice", || json!([{"name": "f"}, {"name": "f"}]), Tools(1)),
            (
                "two tools of one name",
                || json!([{"name": "f"}, {"name": "f", "description": "another"}]),
                NoTools(Kind::DuplicateTool),
            ),
            ("names that look alike", || json!([{"name": "file"}, {"name": "f\u{131}le"}]), Tools(2)),
            ("control characters in a name", || json!([{"name": "f\u{0}\u{1b}[31m"}]), Tools(1)),
            ("template syntax in a name", || json!([{"name": "{{ 7 * 7 }}{% raw %}</tools>"}]), Tools(1)),
            ("a name of 10 MB", || json!([{"name": "f".repeat(10 << 20)}]), Tools(1)),
            ("a description of 10 MB", || json!([{"name": "f", "description": "word ".repeat(2 << 20)}]), Tools(1)),
            (
                "hints that are no flags",
                || json!([{"name": "f", "annotations": {"readOnlyHint": "maybe"}}]),
                NoTools(Kind::Shape),
            ),
            ("20,000 tools", || (0..20_000).map(|i| json!({"name": format!("f{i}")})).collect(), Tools(20_000)),
        ],
    )
}

fn schemas() -> Vec<Row> {
    table(
        "schema",
        tools_value,
        [
            ("a list", || tool(json!([])), NoTools(Kind::Schema)),
            ("a string", || tool(json!("object")), NoTools(Kind::Schema)),
            ("the parameters are a string", || tool(json!({"type": "string"})), NoTools(Kind::Schema)),
            ("a number for a property", || x(json!(5)), NoTools(Kind::Schema)),
            ("unknown type", || x(json!({"type": "quaternion"})), NoTools(Kind::Schema)),
            ("a number for a type", || x(json!({"type": 3})), NoTools(Kind::Schema)),
            ("properties is a list", || tool(json!({"type": "object", "properties": ["x"]})), NoTools(Kind::Schema)),
            (
                "required holds numbers",
                || tool(json!({"type": "object", "properties": {}, "required": [1]})),
                NoTools(Kind::Schema),
            ),
            (
                "required names what is not there",
                || tool(json!({"type": "object", "properties": {}, "required": ["ghost"]})),
                Tools(1),
            ),
            ("enum is a string", || x(json!({"enum": "a"})), NoTools(Kind::Schema)),
            ("an empty enum", || x(json!({"type": "string", "enum": []})), Tools(1)),
            ("an empty anyOf", || x(json!({"anyOf": []})), Tools(1)),
            ("anyOf is an object", || x(json!({"anyOf": {}})), NoTools(Kind::Schema)),
            ("minimum is a string", || x(json!({"type": "integer", "minimum": "one"})), NoTools(Kind::Schema)),
            ("a negative minLength", || x(json!({"type": "string", "minLength": -1})), NoTools(Kind::Schema)),
            ("a pattern that is no regex", || x(json!({"type": "string", "pattern": "(("})), NoTools(Kind::Schema)),
            ("a pattern that is a number", || x(json!({"type": "string", "pattern": 1})), NoTools(Kind::Schema)),
            ("multipleOf zero", || x(json!({"type": "integer", "multipleOf": 0})), NoTools(Kind::Schema)),
            ("an unknown format", || x(json!({"type": "string", "format": "star-date"})), Tools(1)),
            ("a schema that forbids everything", || x(json!(false)), Tools(1)),
        ],
    )
}

fn references() -> Vec<Row> {
    table(
        "ref",
        tools_value,
        [
            ("https", || x(json!({"$ref": "https://example.org/schema.json"})), NoTools(Kind::Reference)),
            ("a file", || x(json!({"$ref": "file:///etc/passwd"})), NoTools(Kind::Reference)),
            ("a relative file", || x(json!({"$ref": "../other.json#/x"})), NoTools(Kind::Reference)),
            ("no target", || x(json!({"$ref": "#/$defs/Ghost"})), NoTools(Kind::Reference)),
            ("an anchor", || x(json!({"$ref": "#city"})), NoTools(Kind::Reference)),
            ("a number", || x(json!({"$ref": 5})), NoTools(Kind::Schema)),
            ("dynamic", || x(json!({"$dynamicRef": "#node"})), NoTools(Kind::Reference)),
            ("a pointer with a broken escape", || x(json!({"$ref": "#/a~2b"})), NoTools(Kind::Reference)),
            ("to itself", || x(json!({"$ref": "#/properties/x"})), Tools(1)),
            (
                "two that refer to each other",
                || {
                    tool(json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/A"}},
                "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}))
                },
                Tools(1),
            ),
            (
                "to the root, a tree",
                || tool(json!({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}})),
                Tools(1),
            ),
            ("the word in a default is data", || x(json!({"default": {"$ref": "https://example.org"}})), Tools(1)),
        ],
    )
}

fn bombs() -> Vec<Row> {
    table(
        "bomb",
        tools_value,
        [
            (
                "schemas of 10,000 levels, made",
                || {
                    let mut schema = json!({"type": "string"});
                    for _ in 0..5000 {
                        schema = Value::Object(Map::from_iter([
                            ("type".to_owned(), "object".into()),
                            ("properties".to_owned(), nested(1, "x", schema)),
                        ]));
                    }
                    Value::Array(vec![Value::Object(Map::from_iter([
                        ("name".to_owned(), "f".into()),
                        ("parameters".to_owned(), schema),
                    ]))])
                },
                NoTools(Kind::Schema),
            ),
            (
                "10,000 nested lists around the tools",
                || {
                    let mut list = json!({"name": "f"});
                    for _ in 0..10_000 {
                        list = Value::Array(vec![list]);
                    }
                    list
                },
                NoTools(Kind::Shape),
            ),
            (
                "10,000 nested function declarations",
                || {
                    let mut list = json!({"name": "f"});
                    for _ in 0..10_000 {
                        list = Value::Object(Map::from_iter([(
                            "functionDeclarations".to_owned(),
                            Value::Array(vec![list]),
                        )]));
                    }
                    list
                },
                NoTools(Kind::Schema),
            ),
            (
                "a default of 10,000 levels",
                || {
                    Value::Array(vec![Value::Object(Map::from_iter([
                        ("name".to_owned(), "f".into()),
                        (
                            "parameters".to_owned(),
                            nested(
                                1,
                                "properties",
                                nested(1, "x", nested(1, "default", nested(10_000, "a", json!(1)))),
                            ),
                        ),
                    ]))])
                },
                NoTools(Kind::Schema),
            ),
            (
                "an enum of 100,000",
                || x(json!({"type": "string", "enum": (0..100_000).map(|i| format!("value {i}")).collect::<Vec<_>>()})),
                Tools(1),
            ),
            (
                "an enum of 20,000 numbers as text",
                || x(json!({"type": "integer", "enum": (0..20_000).map(|i| i.to_string()).collect::<Vec<_>>()})),
                Tools(1),
            ),
            (
                "50,000 required names",
                || {
                    let names: Vec<_> = (0..50_000).map(|i| format!("p{i}")).collect();
                    tool(json!({"type": "object", "properties": {}, "required": names}))
                },
                NoTools(Kind::Schema),
            ),
            (
                "20,000 properties",
                || {
                    let properties: Map<_, _> =
                        (0..20_000).map(|i| (format!("p{i}"), json!({"type": "string"}))).collect();
                    tool(json!({"type": "object", "properties": properties}))
                },
                NoTools(Kind::Schema),
            ),
            (
                "references that double thirty times",
                || {
                    let doubled = |i: usize| json!({"allOf": [{"$ref": format!("#/$defs/D{}", i + 1)}, {"$ref": format!("#/$defs/D{}", i + 1)}]});
                    let mut defs: Map<_, _> = (0..30).map(|i| (format!("D{i}"), doubled(i))).collect();
                    defs.insert("D30".to_owned(), json!({"type": "string"}));
                    tool(json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/D0"}}, "$defs": defs}))
                },
                NoTools(Kind::Reference),
            ),
            (
                "a pattern that compiles to gigabytes",
                || x(json!({"type": "string", "pattern": "((a{1000}){1000}){1000}"})),
                NoTools(Kind::Schema),
            ),
            (
                "a pattern of 10,000 parentheses",
                || x(json!({"type": "string", "pattern": format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000))})),
                NoTools(Kind::Schema),
            ),
        ],
    )
}

fn calls() -> Vec<Row> {
    table(
        "arguments",
        arguments,
        [
            ("null", || (x(json!({})), Value::Null), Violations(vec![Breach::Type])),
            ("a string of JSON", || (x(json!({})), json!("{\"x\": 1}")), Violations(vec![Breach::Type])),
            ("a list", || (x(json!({})), json!([1])), Violations(vec![Breach::Type])),
            ("an empty name", || (x(json!({})), json!({"": 1})), Violations(vec![Breach::Unknown])),
            (
                "50,000 unknown names",
                || (x(json!({})), Value::Object((0..50_000).map(|i| (format!("u{i}"), json!(i))).collect())),
                Violations(vec![Breach::Unknown, Breach::Other]),
            ),
            ("10,000 levels", || (x(json!({})), nested(10_000, "x", json!(1))), Violations(vec![Breach::Other])),
            (
                "10,000 levels where a string belongs",
                || (x(json!({"type": "string"})), nested(10_000, "x", json!(1))),
                Violations(vec![Breach::Other]),
            ),
            (
                "i64::MAX + 1",
                || (x(json!({"type": "integer", "maximum": 100})), json!({"x": 9_223_372_036_854_775_808_u64})),
                Violations(vec![Breach::Range]),
            ),
            ("1e308 for an integer", || (x(json!({"type": "integer"})), json!({"x": 1e308})), Violations(vec![])),
            ("minus zero", || (x(json!({"type": "integer", "minimum": 0})), json!({"x": -0.0})), Violations(vec![])),
            (
                "a string of 10 MB where a number belongs",
                || (x(json!({"type": "number"})), json!({"x": "9".repeat(10 << 20)})),
                Violations(vec![Breach::Type]),
            ),
            (
                "a string of 10 MB not in the enum",
                || (x(json!({"enum": ["a", "b"]})), json!({"x": "a".repeat(10 << 20)})),
                Violations(vec![Breach::Enum]),
            ),
            (
                "a string of 10 MB too long",
                || (x(json!({"type": "string", "maxLength": 5})), json!({"x": "é".repeat(5 << 20)})),
                Violations(vec![Breach::Range]),
            ),
            (
                "a regex that backtracks",
                || {
                    (
                        x(json!({"type": "string", "pattern": "^(a+)+$"})),
                        json!({"x": format!("{}b", "a".repeat(100_000))}),
                    )
                },
                Violations(vec![Breach::Format]),
            ),
            (
                "a look-around regex that backtracks",
                || {
                    (
                        x(json!({"type": "string", "pattern": "^(?=(a+)+$)(a|aa)+$"})),
                        json!({"x": format!("{}b", "a".repeat(200))}),
                    )
                },
                Violations(vec![Breach::Format]),
            ),
            (
                "through a reference to itself",
                || (x(json!({"$ref": "#/properties/x"})), json!({"x": 1})),
                Violations(vec![]),
            ),
            (
                "a tree of 100 levels",
                || {
                    (
                        tool(json!({"type": "object", "properties": {"left": {"$ref": "#"}}})),
                        nested(100, "left", json!({})),
                    )
                },
                Violations(vec![]),
            ),
            (
                "doubling references",
                || {
                    let doubled = |i: usize| json!({"allOf": [{"$ref": format!("#/$defs/D{}", i + 1)}, {"$ref": format!("#/$defs/D{}", i + 1)}]});
                    let mut defs: Map<_, _> = (0..8).map(|i| (format!("D{i}"), doubled(i))).collect();
                    defs.insert("D8".to_owned(), json!({"type": "string"}));
                    (
                        tool(json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/D0"}}, "$defs": defs})),
                        json!({"x": "deep"}),
                    )
                },
                Violations(vec![]),
            ),
            ("what an always-false schema says", || (x(json!(false)), json!({"x": 1})), Violations(vec![Breach::Type])),
            (
                "a list of 1,000,000 against typed items",
                || {
                    (
                        x(json!({"type": "array", "items": {"type": "integer"}, "maxItems": 3})),
                        json!({"x": vec![0; 1_000_000]}),
                    )
                },
                Violations(vec![Breach::Range]),
            ),
        ],
    )
}
