//! The Model Context Protocol's request to run a tool.

use serde_json::{Map, Value, json};

use super::{
    call_object::call,
    enclosed::Parts,
    shape::{Shape, each_object, items, json_format, take_text},
};
use crate::call::Action;

json_format! {
    /// MCP's JSON-RPC request `{"jsonrpc": "2.0", "id": .., "method": "tools/call", "params": {"name": .., "arguments": {..}}}`, alone, in
    /// a batch, or one a line. The request's id becomes the call's (a number as its text); MCP makes `arguments` optional, and only there
    /// does their absence mean `{}`. A call without an id is written without one: give it one before you send it.
    ///
    /// ```
    /// use toolrm_core::format::{Mcp, ToolFormat};
    /// let candidate = Mcp.parse(r#"{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_files"}}"#);
    /// assert_eq!(candidate.action.calls()[0].arguments, serde_json::json!({}));
    /// assert_eq!(candidate.action.calls()[0].id.as_deref(), Some("7"));
    /// ```
    Mcp, "mcp", write_requests
}

impl Shape for Mcp {
    fn recognises(&self, document: &Value) -> bool {
        each_object(document, |map| map.get("method").is_some_and(|method| method == "tools/call"))
    }

    fn take(&self, document: Value, parts: &mut Parts) -> Result<(), String> {
        for (i, request) in items(document).into_iter().enumerate() {
            let numbered = |why: &str| format!("request {}: {why}", i + 1);
            let Value::Object(mut request) = request else { return Err(numbered("not an object")) };
            let Some(Value::Object(mut params)) = request.get_mut("params").map(Value::take) else {
                return Err(numbered("no `params` object in it"));
            };
            let name = take_text(&mut params, "name").ok_or_else(|| numbered("no name of a tool in it"))?;
            let arguments = params.get_mut("arguments").map_or_else(|| json!({}), Value::take);
            let id = request.get_mut("id").map(Value::take);
            parts.calls.push(call(name, Some(arguments), id).map_err(|why| numbered(&why))?);
        }
        Ok(())
    }

    fn begins(&self, first_key: &str, _: bool) -> bool {
        matches!(first_key, "jsonrpc" | "method" | "params" | "id")
    }
}

fn write_requests(action: &Action) -> String {
    let mut requests = action.calls().iter().map(|call| {
        let mut request = Map::new();
        request.insert("jsonrpc".into(), json!("2.0"));
        request.extend(call.id.iter().map(|id| ("id".to_owned(), json!(id))));
        request.insert("method".into(), json!("tools/call"));
        request.insert("params".into(), json!({"name": call.name, "arguments": call.arguments}));
        Value::Object(request)
    });
    match (action, requests.len()) {
        (Action::Text(text), _) => text.clone(),
        (_, 1) => requests.next().unwrap_or_default().to_string(),
        _ => requests.collect::<Value>().to_string(),
    }
}
