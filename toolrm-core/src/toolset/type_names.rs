//! Type names as tool authors write them (JSON Schema, BFCL, Python, Java, JavaScript, OpenAPI), read into JSON Schema.

use serde_json::{Map, Value, json};

/// How deep type expressions may nest: `List[List[int]]` is 2.
const MAX_NESTING: usize = 16;

/// A type expression, read.
pub(super) struct TypeExpr {
    /// The same type as JSON Schema keywords; empty for "anything".
    pub(super) schema: Map<String, Value>,
    /// It said that the parameter may be left out (`str, optional`, `Optional[int]`).
    pub(super) optional: bool,
}

impl TypeExpr {
    fn any() -> Self {
        Self { schema: Map::new(), optional: false }
    }

    fn keywords(schema: Value) -> Self {
        match schema {
            Value::Object(schema) => Self { schema, optional: false },
            _ => Self::any(),
        }
    }
}

/// Reads a type expression; `None` when some name in it is unknown.
///
/// Understood: the names of [`simple`]; Python's `List[T]`, `Dict[K, V]`, `Tuple[A, B]`, `Optional[T]`, `Union[A, B]`, `A | B`,
/// `Literal['a', 1]`, `Callable[..]`; Java's `ArrayList<T>`, `HashMap<K, V>`, `T[]`; and the tails `, optional` and `, default ..`.
pub(super) fn read(text: &str) -> Option<TypeExpr> {
    let mut parts = split_top(text, ',').into_iter();
    let mut expr = read_nested(parts.next().unwrap_or_default(), 0)?;
    for tail in parts {
        let tail = tail.trim().to_ascii_lowercase();
        match tail.as_str() {
            "optional" => expr.optional = true,
            "required" => {}
            _ if tail.starts_with("default") => expr.optional = true,
            _ => return None,
        }
    }
    Some(expr)
}

fn read_nested(text: &str, depth: usize) -> Option<TypeExpr> {
    if depth > MAX_NESTING {
        return None;
    }
    let text = text.trim();
    let alternatives = split_top(text, '|');
    if alternatives.len() > 1 {
        return union(&alternatives, depth);
    }
    if let Some(item) = text.strip_suffix("[]") {
        return Some(array_of(&read_nested(item, depth + 1)?));
    }
    let Some((head, arguments)) = generic(text) else {
        return simple(text).map(|name| match name {
            "" => TypeExpr::any(),
            name => TypeExpr::keywords(json!({"type": name})),
        });
    };
    let arguments = split_top(arguments, ',');
    let head = head.rsplit('.').next().unwrap_or(head).to_ascii_lowercase();
    match head.as_str() {
        "optional" => {
            let inner = union(&[arguments.first()?, "null"], depth)?;
            Some(TypeExpr { optional: true, ..inner })
        }
        "union" => union(&arguments, depth),
        "literal" => {
            Some(TypeExpr::keywords(json!({"enum": arguments.iter().map(|a| literal(a)).collect::<Vec<_>>()})))
        }
        "tuple" => tuple(&arguments, depth),
        "annotated" | "required" | "final" => read_nested(arguments.first()?, depth + 1),
        "notrequired" => Some(TypeExpr { optional: true, ..read_nested(arguments.first()?, depth + 1)? }),
        _ => match simple(&head)? {
            "array" => Some(array_of(&read_nested(arguments.first()?, depth + 1)?)),
            "object" => {
                let values = read_nested(arguments.last()?, depth + 1)?.schema;
                Some(TypeExpr::keywords(json!({"type": "object", "additionalProperties": values})))
            }
            "" => Some(TypeExpr::any()),
            name => Some(TypeExpr::keywords(json!({"type": name}))),
        },
    }
}

/// The JSON Schema type a plain name stands for, whatever its case; `""` for "anything".
fn simple(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    Some(match lower.as_str() {
        "string" | "str" | "text" | "char" | "character" | "charsequence" | "date" | "datetime" | "time"
        | "timestamp" | "path" | "url" | "uri" | "uuid" | "email" | "bytes" => "string",
        "integer" | "int" | "long" | "short" | "byte" | "bigint" | "biginteger" | "int32" | "int64" | "uint32"
        | "uint64" => "integer",
        "number" | "float" | "double" | "decimal" | "bigdecimal" | "float32" | "float64" | "numeric" => "number",
        "boolean" | "bool" => "boolean",
        "array" | "list" | "arraylist" | "linkedlist" | "tuple" | "set" | "frozenset" | "queue" | "deque" | "stack"
        | "vector" | "sequence" | "iterable" | "collection" => "array",
        "object" | "dict" | "dictionary" | "map" | "mapping" | "hashmap" | "linkedhashmap" | "treemap"
        | "hashtable" | "json" | "record" | "struct" => "object",
        "null" | "none" | "nonetype" => "null",
        "" | "any" | "mixed" | "unknown" | "callable" | "function" => "",
        _ => return None,
    })
}

/// Whether a name is spelled as Java and JavaScript spell it, and as neither JSON Schema, nor Python, nor OpenAPI does.
pub(super) fn is_java_or_javascript(name: &str) -> bool {
    const NAMES: [&str; 24] = [
        "String",
        "Boolean",
        "Array",
        "Integer",
        "Long",
        "Float",
        "Double",
        "Character",
        "ArrayList",
        "LinkedList",
        "HashMap",
        "Hashtable",
        "Map",
        "List",
        "Queue",
        "Stack",
        "Vector",
        "long",
        "short",
        "byte",
        "char",
        "Bigint",
        "BigInt",
        "BigInteger",
    ];
    let head = name.split(['<', '[']).next().unwrap_or(name).trim();
    NAMES.contains(&head)
}

/// How a value of a number or boolean type is written as Java or JavaScript source text, as a regular expression; the types are those
/// BFCL's checker knows, and where the two languages differ either form is taken.
pub(super) fn source_text_pattern(name: &str) -> Option<&'static str> {
    Some(match name {
        "byte" | "short" | "int" | "integer" | "Integer" => r"^-?\d+$",
        "long" | "Long" => r"^-?\d+[lL]$",
        "Bigint" | "BigInt" => r"^-?\d+n$",
        "float" | "Float" | "double" | "Double" | "number" => r"^-?\d+(\.\d*)?([eE][+-]?\d+)?[fFdD]?$",
        "boolean" | "Boolean" => r"^(true|false)$",
        _ => return None,
    })
}

fn array_of(items: &TypeExpr) -> TypeExpr {
    TypeExpr::keywords(json!({"type": "array", "items": items.schema}))
}

/// `Tuple[A, B]` has exactly those two; `Tuple[A, ...]` any number of `A`.
fn tuple(arguments: &[&str], depth: usize) -> Option<TypeExpr> {
    if let [item, rest] = arguments
        && rest.trim() == "..."
    {
        return Some(array_of(&read_nested(item, depth + 1)?));
    }
    let items = arguments.iter().map(|a| Some(read_nested(a, depth + 1)?.schema)).collect::<Option<Vec<_>>>()?;
    let n = items.len();
    Some(TypeExpr::keywords(json!({"type": "array", "prefixItems": items, "minItems": n, "maxItems": n})))
}

/// A union: one `type` list when every alternative is a plain type, else `anyOf`.
fn union(alternatives: &[&str], depth: usize) -> Option<TypeExpr> {
    let read = alternatives.iter().map(|a| read_nested(a, depth + 1)).collect::<Option<Vec<_>>>()?;
    let optional = read.iter().any(|r| r.optional);
    if read.iter().any(|r| r.schema.is_empty()) {
        return Some(TypeExpr { optional, ..TypeExpr::any() });
    }
    let plain = |r: &TypeExpr| r.schema.len() == 1 && r.schema.get("type").is_some_and(Value::is_string);
    let schema = if read.iter().all(plain) {
        let mut names: Vec<Value> = Vec::new();
        for name in read.iter().filter_map(|r| r.schema.get("type")) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        match <[Value; 1]>::try_from(names) {
            Ok([only]) => json!({"type": only}),
            Err(names) => json!({"type": names}),
        }
    } else {
        json!({"anyOf": read.into_iter().map(|r| r.schema).collect::<Vec<_>>()})
    };
    Some(TypeExpr { optional, ..TypeExpr::keywords(schema) })
}

/// A Python literal inside `Literal[..]`.
fn literal(text: &str) -> Value {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)) {
            return Value::from(inner);
        }
    }
    match text {
        "None" => Value::Null,
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        _ => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
    }
}

/// `Head[arguments]`, `Head<arguments>` or `Head(arguments)`.
fn generic(text: &str) -> Option<(&str, &str)> {
    for (open, close) in [('[', ']'), ('<', '>'), ('(', ')')] {
        if let Some((head, rest)) = text.split_once(open)
            && let Some(arguments) = rest.strip_suffix(close)
        {
            return Some((head.trim(), arguments));
        }
    }
    None
}

/// Splits at `separator` where no bracket and no quote is open.
fn split_top(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0usize, None, 0);
    let mut parts = Vec::new();
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '<' | '(' | '{') => depth += 1,
            (None, ']' | '>' | ')' | '}') => depth = depth.saturating_sub(1),
            (None, _) if c == separator && depth == 0 => {
                parts.extend(text.get(start..i));
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}
