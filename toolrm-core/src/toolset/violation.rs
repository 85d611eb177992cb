//! [`Violation`]: what a schema has against an argument, in words a person or a model can act on.

use serde_json::Value;

use super::{
    check::{Path, Problem, fits},
    json::kind_of,
    param::Param,
    type_set::TypeSet,
};

/// What kind of schema rule an argument breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// A required argument is missing.
    Required,
    /// An argument the tool does not have.
    Unknown,
    /// A value of the wrong JSON type.
    Type,
    /// A value that is not among the allowed ones.
    Enum,
    /// A number or length out of its range.
    Range,
    /// A text that does not match its format or pattern.
    Format,
    /// Anything else a schema can ask.
    Other,
}

/// One breach of a tool's schema.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Violation {
    /// What kind.
    pub kind: ViolationKind,
    /// RFC 6901 pointer into the arguments object (`/city`); for a missing or unknown argument, of that argument.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// The value that would mend it, when the schema says so unmistakably (the only enum value that differs by case, `5` for `"5"`).
    pub suggestion: Option<Value>,
    /// For an unknown argument, the name of the argument that was probably meant.
    pub did_you_mean: Option<String>,
}

impl Violation {
    pub(super) fn new(kind: ViolationKind, pointer: String, message: String) -> Self {
        Self { kind, pointer, message, suggestion: None, did_you_mean: None }
    }

    pub(super) fn of(path: &Path<'_>, problem: &Problem<'_>) -> Self {
        let pointer = path.pointer();
        match *problem {
            Problem::Missing { parent, param, given } => missing(pointer, parent, param, given),
            Problem::Unknown { parent, name, given } => unknown(pointer, parent, name, given),
            Problem::Type { param, value } => wrong_type(pointer, param, value),
            Problem::NotAllowed { param, value } => not_allowed(pointer, param, value),
        }
    }
}

fn missing(pointer: String, parent: &Param, param: &Param, given: &Value) -> Violation {
    let name = &param.name;
    let strangers =
        given.as_object().into_iter().flatten().map(|(k, _)| k.as_str()).filter(|k| parent.property(k).is_none());
    let advice = match closest(name, strangers) {
        Some(close) => format!(": rename \"{close}\" to \"{name}\""),
        None => String::new(),
    };
    let message = format!("the required argument \"{name}\" ({}) is missing{advice}", param.types);
    Violation::new(ViolationKind::Required, pointer, message)
}

fn unknown(pointer: String, parent: &Param, name: &str, given: &Value) -> Violation {
    let free = parent.properties.iter().map(|p| p.name.as_str()).filter(|n| given.get(n).is_none());
    let meant = closest(name, free);
    let message = match meant {
        Some(meant) => format!("there is no argument \"{name}\": did you mean \"{meant}\"?"),
        None if parent.properties.is_empty() => format!("there is no argument \"{name}\": the tool takes none"),
        None => format!(
            "there is no argument \"{name}\": the arguments are {}",
            listed(parent.properties.iter().map(|p| format!("\"{}\"", p.name)))
        ),
    };
    Violation { did_you_mean: meant.map(str::to_owned), ..Violation::new(ViolationKind::Unknown, pointer, message) }
}

fn wrong_type(pointer: String, param: &Param, value: &Value) -> Violation {
    let suggestion = retyped(param, value);
    let advice = match &suggestion {
        Some(better) => format!(": write {}", cut(better)),
        None if value.is_null() && !param.required && !param.name.is_empty() => ": leave it out".to_owned(),
        None => String::new(),
    };
    let message = format!("{} where {} belongs{advice}", shown(value), with_article(param.types));
    Violation { suggestion, ..Violation::new(ViolationKind::Type, pointer, message) }
}

fn not_allowed(pointer: String, param: &Param, value: &Value) -> Violation {
    let suggestion = respelled(param, value);
    let allowed = listed(param.allowed.iter().map(cut));
    let message = match &suggestion {
        Some(better) => format!("{} is not allowed: write {}", shown(value), cut(better)),
        None => format!("{} is not allowed: use one of {allowed}", shown(value)),
    };
    Violation { suggestion, ..Violation::new(ViolationKind::Enum, pointer, message) }
}

/// The longest text looked at for a suggestion.
const LONGEST_TEXT: usize = 4096;

/// The same value in the type the parameter has: text that spells it, a scalar as text, one item as a list of one, a list of one as its
/// item.
fn retyped(param: &Param, value: &Value) -> Option<Value> {
    let mut candidates = Vec::new();
    match value {
        Value::String(text) if text.len() <= LONGEST_TEXT => {
            let text = text.trim();
            candidates.extend(serde_json::from_str(text).ok());
            candidates.extend(serde_json::from_str(&text.to_ascii_lowercase()).ok());
        }
        Value::Number(_) | Value::Bool(_) => candidates.push(Value::from(value.to_string())),
        Value::Array(items) if items.len() == 1 => candidates.extend(items.first().cloned()),
        _ => {}
    }
    if !value.is_null() && param.items.is_some() {
        candidates.push(Value::Array(vec![value.clone()]));
    }
    candidates.extend(respelled(param, value));
    candidates.into_iter().find(|c| !c.is_null() && fits(param, c))
}

/// The one allowed value that differs in case, white space, `_` and `-` only, or in being text.
fn respelled(param: &Param, value: &Value) -> Option<Value> {
    let plain = |v: &Value| -> Option<String> {
        let text = match v {
            Value::String(text) if text.len() <= LONGEST_TEXT => text.clone(),
            Value::Number(_) | Value::Bool(_) => v.to_string(),
            _ => return None,
        };
        Some(
            text.chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
                .flat_map(char::to_lowercase)
                .collect(),
        )
    };
    let wanted = plain(value)?;
    let mut alike = param.allowed.iter().filter(|a| plain(a).is_some_and(|a| a == wanted));
    match (alike.next(), alike.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

/// The name closest to `name`, if one is close.
fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const CLOSE: f64 = 0.82;
    // What is longer than this is no slip of the pen, and what is in a list longer than that no list of names.
    const LONGEST: usize = 64;
    const MOST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let plain = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let wanted = plain(name);
    names
        .filter(|n| n.len() <= LONGEST)
        .take(MOST)
        .map(|n| (strsim::jaro_winkler(&wanted, &plain(n)), n))
        .filter(|(similarity, _)| *similarity >= CLOSE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| n)
}

/// The types as a sentence names them: `an integer or null`.
pub(super) fn with_article(types: TypeSet) -> String {
    let text = types.to_string();
    let article = match text.split(' ').next() {
        Some("null" | "no" | "any") => "",
        Some("array" | "integer" | "object") => "an ",
        _ => "a ",
    };
    format!("{article}{text}")
}

/// A value for a message: its kind and itself, cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) | Value::Object(_) => kind_of(value).to_owned(),
        _ => {
            let kind = kind_of(value).split_once(' ').map_or("value", |(_, kind)| kind);
            format!("the {kind} {}", cut(value))
        }
    }
}

/// A value as JSON, cut where it is long.
fn cut(value: &Value) -> String {
    const LONGEST: usize = 60;
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push_str("..");
    }
    text
}

/// The first of many, for a message.
fn listed(names: impl Iterator<Item = String>) -> String {
    const MOST: usize = 12;
    let mut names: Vec<String> = names.take(MOST + 1).collect();
    if names.len() > MOST {
        names.truncate(MOST);
        names.push("..".to_owned());
    }
    names.join(", ")
}
