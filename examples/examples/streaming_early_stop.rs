//! Stop a stream as soon as it is lost: the model is calling a tool that does not exist, so the rest of its answer need not be paid for.
//!
//! ```text
//! a call of get_weather begins
//! done: get_weather {"city":"Paris"}
//! a call of get_forecast begins
//! stopped after 50 of 138 characters: no tool is named get_forecast
//! ```

use std::sync::Arc;

use serde_json::json;
use toolrm_core::{
    format::{Auto, Event, StreamParser},
    prelude::*,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tools = Arc::new(Toolset::from_json(&json!([
        {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    ]))?);

    for output in [
        "Let me look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>",
        "Let me look.\n<tool_call>\n{\"name\": \"get_forecast\", \"arguments\": {\"city\": \"Paris\", \"reason\": \"the user asked for the weather\"}}\n</tool_call>",
    ] {
        read(output, &tools);
    }
    Ok(())
}

/// Reads an output chunk by chunk, as a server sends it, and hangs up at the first bad news.
fn read(output: &str, tools: &Arc<Toolset>) {
    let mut stream = StreamParser::new(Arc::new(Auto::default())).with_toolset(Arc::clone(tools));
    let mut received = 0;
    for chunk in output.split_inclusive(' ') {
        received += chunk.len();
        for event in stream.push(chunk) {
            match event {
                Event::CallStarted { name } => println!("a call of {name} begins"),
                Event::UnknownTool { name } => {
                    return println!(
                        "stopped after {received} of {} characters: no tool is named {name}",
                        output.len()
                    );
                }
                Event::Malformed { why } => {
                    return println!("stopped after {received} of {} characters: {why}", output.len());
                }
                _ => {}
            }
        }
    }
    let (candidate, _) = stream.finish();
    candidate.action.calls().iter().for_each(|call| println!("done: {} {}", call.name, call.arguments));
}
