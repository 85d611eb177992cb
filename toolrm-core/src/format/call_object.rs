//! One call as a JSON object: `{"name": .., "arguments": {..}}` and the other spellings of the same two things.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::json::{Strict, parse_strict};
use crate::call::ToolCall;

/// What the models of the recorded answers call the arguments. `arguments` is the common one, `parameters` is Llama's.
pub(super) const ARGUMENT_KEYS: [&str; 4] = ["arguments", "parameters", "params", "args"];

/// The fields of a call object, in whatever order they came. Read straight from the text, without a JSON tree of the whole.
#[derive(Debug, Default)]
pub(super) struct CallObject {
    name: Option<Value>,
    arguments: Option<Value>,
    id: Option<Value>,
    /// Keys that mean nothing here.
    others: Vec<String>,
    /// What makes the object no call: a key twice, or a second spelling of the same field.
    trouble: Option<String>,
}

impl CallObject {
    fn set(&mut self, key: Key, value: Value) {
        let (field, what) = match key {
            Key::Name => (&mut self.name, "name"),
            Key::Arguments => (&mut self.arguments, "arguments"),
            Key::Id => (&mut self.id, "id"),
            Key::Other(key) => {
                let repeated = self.others.contains(&key);
                if repeated {
                    self.trouble.get_or_insert_with(|| format!("the key \"{key}\" occurs twice"));
                }
                self.others.push(key);
                return;
            }
        };
        if field.replace(value).is_some() {
            self.trouble.get_or_insert_with(|| format!("the {what} of a call occur twice"));
        }
    }

    /// The call, or what is missing for one.
    pub(super) fn into_call(self) -> Result<ToolCall, String> {
        if let Some(trouble) = self.trouble {
            return Err(trouble);
        }
        let name = match self.name {
            Some(Value::String(name)) => name,
            Some(_) => return Err("the name of a call is not a text".into()),
            None => return Err("a call without a name".into()),
        };
        call(name, self.arguments, self.id)
    }
}

/// A call from its parts.
pub(super) fn call(name: String, arguments: Option<Value>, id: Option<Value>) -> Result<ToolCall, String> {
    if name.is_empty() {
        return Err("a call with an empty name".into());
    }
    let arguments = match arguments {
        Some(arguments) => object(&name, arguments)?,
        None => return Err(format!("the call of \"{name}\" has no arguments: write {{}} for none")),
    };
    let mut call = ToolCall::new(name, Value::Object(arguments));
    call.id = match id {
        Some(Value::String(id)) => Some(id),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    Ok(call)
}

/// The arguments of a call: an object, or a text that holds one (OpenAI's way).
fn object(name: &str, arguments: Value) -> Result<Map<String, Value>, String> {
    match arguments {
        Value::Object(map) => Ok(map),
        Value::String(text) => match parse_strict(&text) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(other) => Err(not_an_object(name, &other)),
            Err(error) => Err(format!("the arguments of \"{name}\" are not JSON: {error}")),
        },
        other => Err(not_an_object(name, &other)),
    }
}

fn not_an_object(name: &str, value: &Value) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    format!("the arguments of \"{name}\" are {kind}, not an object")
}

enum Key {
    Name,
    Arguments,
    Id,
    Other(String),
}

impl Key {
    fn of(key: &str) -> Self {
        match key {
            "name" => Self::Name,
            "id" => Self::Id,
            _ if ARGUMENT_KEYS.contains(&key) => Self::Arguments,
            _ => Self::Other(key.to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
                Ok(Key::of(key))
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for CallObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = CallObject;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a call object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<CallObject, A::Error> {
                let mut object = CallObject::default();
                while let Some(key) = access.next_key::<Key>()? {
                    let Strict(value) = access.next_value()?;
                    object.set(key, value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// The same from a JSON tree.
impl From<Map<String, Value>> for CallObject {
    fn from(map: Map<String, Value>) -> Self {
        let mut object = Self::default();
        for (key, value) in map {
            // Some models say `"function": "f"`; where it is an object, it is OpenAI's and not for here.
            let key = if key == "function" && value.is_string() { Key::Name } else { Key::of(&key) };
            object.set(key, value);
        }
        object
    }
}

/// Whether an object has what only a call has: a name and arguments, or a name and nothing else. A tool's definition, which has a
/// name and parameters too, is known by its description.
pub(super) fn is_call(value: &Value) -> bool {
    let Value::Object(map) = value else { return false };
    let only_named = map.keys().all(|key| ["name", "id", "type"].contains(&key.as_str()));
    is_listed_call(value) && (only_named || ARGUMENT_KEYS.iter().any(|key| map.contains_key(*key)))
}

/// The same for an item of a list, where a name is enough to tell: a list of named things is a list of calls, right or wrong.
pub(super) fn is_listed_call(value: &Value) -> bool {
    let named = ["name", "function"].iter().any(|key| value.get(key).is_some_and(Value::is_string));
    named && value.get("description").is_none()
}
