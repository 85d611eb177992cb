//! [`Dialect`]: how a tool writes the values of its arguments.

use serde_json::{Map, Value};

use super::type_names::is_java_or_javascript;

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
    /// string is allowed for every type, beside the JSON value itself. For a number or boolean it has to be a literal of the language.
    SourceText,
}

impl Dialect {
    /// This dialect, or for [`Dialect::Auto`] the one of a tool with these parameters.
    pub(super) fn of(self, parameters: &Map<String, Value>) -> Self {
        match self {
            Self::Auto if is_source_text(parameters) => Self::SourceText,
            Self::Auto => Self::Json,
            given => given,
        }
    }
}

fn is_source_text(root: &Map<String, Value>) -> bool {
    root.get("type").and_then(Value::as_str) == Some("dict") && properties(root).any(is_spelled_so)
}

fn is_spelled_so(schema: &Value) -> bool {
    let Value::Object(map) = schema else { return false };
    map.get("type").and_then(Value::as_str).is_some_and(is_java_or_javascript)
        || map.get("items").is_some_and(is_spelled_so)
        || properties(map).any(is_spelled_so)
}

fn properties(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values)
}
