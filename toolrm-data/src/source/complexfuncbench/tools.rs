//! The tools of the tasks of a domain, with the types that gold calls show their arguments to have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toolrm_core::call::ToolCall;

/// What gold calls say of the tools.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Seen {
    /// The tools that the tasks of a domain need.
    needed: BTreeMap<String, BTreeSet<String>>,
    /// The types of the values that an argument of a tool is given.
    types: BTreeMap<String, BTreeMap<String, BTreeSet<&'static str>>>,
}

/// The domain of a task: its id without the number.
pub fn domain(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(domain, _)| domain)
}

impl Seen {
    /// A gold call of a task.
    pub fn see(&mut self, task: &str, call: &ToolCall) {
        let domain = domain(task);
        if !self.needed.contains_key(domain) {
            self.needed.insert(domain.to_owned(), BTreeSet::new());
        }
        if let Some(names) = self.needed.get_mut(domain).filter(|names| !names.contains(&call.name)) {
            names.insert(call.name.clone());
        }
        if !self.types.contains_key(&call.name) {
            self.types.insert(call.name.clone(), BTreeMap::new());
        }
        let Some(types) = self.types.get_mut(&call.name) else { return };
        for (argument, value) in call.args().into_iter().flatten() {
            match types.get_mut(argument) {
                Some(types) => types.insert(type_of(value)),
                None => types.insert(argument.clone(), [type_of(value)].into()).is_none(),
            };
        }
    }

    /// The tools of each domain.
    ///
    /// The published specification has no types, and those of `tools` are a guess from gold values, `string` where there was none. Here an
    /// argument has all the types that gold calls give it, and none where they never name it.
    pub fn tools(&self, mut tools: Vec<Value>) -> BTreeMap<&str, Value> {
        for tool in &mut tools {
            self.retype(tool);
        }
        let of = |names: &BTreeSet<String>| {
            let named =
                |tool: &&Value| tool.get("name").and_then(Value::as_str).is_some_and(|name| names.contains(name));
            tools.iter().filter(named).cloned().collect()
        };
        self.needed.iter().map(|(domain, names)| (domain.as_str(), of(names))).collect()
    }

    fn retype(&self, tool: &mut Value) {
        let seen = tool.get("name").and_then(Value::as_str).and_then(|name| self.types.get(name));
        let properties = tool.pointer_mut("/parameters/properties").and_then(Value::as_object_mut);
        for (argument, schema) in properties.into_iter().flatten() {
            let Some(schema) = schema.as_object_mut() else { continue };
            match seen.and_then(|seen| seen.get(argument)) {
                Some(types) => schema.insert("type".into(), types.iter().copied().collect()),
                None => schema.shift_remove("type"),
            };
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_domain_has_the_tools_that_its_tasks_need_with_the_types_that_were_seen() {
        let mut seen = Seen::default();
        seen.see("Car-Rental-1", &ToolCall::new("rent", json!({"car": 1})));
        seen.see("Car-Rental-2", &ToolCall::new("rent", json!({"car": "b"})));
        seen.see("Hotels-1", &ToolCall::new("book", json!({})));
        let string = json!({"type": "string"});
        let tool = |name| json!({"name": name, "parameters": {"properties": {"car": string, "colour": string}}});
        let tools = seen.tools(vec![tool("rent"), tool("book"), tool("never")]);
        assert_eq!(tools.keys().copied().collect::<Vec<_>>(), ["Car-Rental", "Hotels"]);
        let properties = json!({"car": {"type": ["number", "string"]}, "colour": {}});
        assert_eq!(tools["Car-Rental"], json!([{"name": "rent", "parameters": {"properties": properties}}]));
    }
}
