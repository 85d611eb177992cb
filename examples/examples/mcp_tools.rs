//! Tools of an MCP server: its answer to `tools/list` is a toolset as it stands, and a call goes back as `tools/call`.
//!
//! ```text
//! 2 tools: read_file (read-only), delete_file (destructive)
//! send {"jsonrpc":"2.0","method":"tools/call","params":{"name":"read_file","arguments":{"path":"notes/today.md"}}}
//! hold /path: ..
//! ```

use serde_json::{Value, json};
use toolrm_core::{
    format::{Mcp, ToolFormat, parse_any},
    prelude::*,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The JSON-RPC answer of the server, untouched.
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [
        {"name": "read_file", "description": "Read a file", "annotations": {"readOnlyHint": true},
         "inputSchema": {"type": "object", "properties": {"path": {"type": "string", "maxLength": 64}}, "required": ["path"]}},
        {"name": "delete_file", "description": "Delete a file", "annotations": {"destructiveHint": true},
         "inputSchema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}}]}});
    let tools = Toolset::from_json(&answer)?;

    let hint = |tool: &Tool| match (tool.annotations.read_only, tool.annotations.destructive) {
        (Some(true), _) => "read-only",
        (_, Some(true)) => "destructive",
        _ => "no hints",
    };
    let listed: Vec<String> = tools.tools().map(|tool| format!("{} ({})", tool.name, hint(tool))).collect();
    println!("{} tools: {}", tools.len(), listed.join(", "));

    for output in [
        r#"<tool_call>{"name": "read_file", "arguments": {"path": "notes/today.md"}}</tool_call>"#,
        r#"<tool_call>{"name": "read_file", "arguments": {"path": ["notes", "today.md"]}}</tool_call>"#,
    ] {
        let candidate = parse_any(output);
        for call in candidate.action.calls() {
            match tools.violations(call).unwrap_or_default().first() {
                None => println!("send {}", serde_json::from_str::<Value>(&Mcp.render(&candidate.action))?),
                Some(violation) => println!("hold {}: {}", violation.pointer, violation.message),
            }
        }
    }
    Ok(())
}
