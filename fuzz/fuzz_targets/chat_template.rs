//! Chat templates come with models, from whoever made them: one that is wrong is an error, never a panic and never an endless loop.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use toolrm_backends::template::{ChatTemplate, Ending, TemplateInput};
use toolrm_core::call::{Message, Tool, ToolCall};

fuzz_target!(|source: &str| {
    let Ok(template) = ChatTemplate::new(source) else { return };
    let messages = [
        Message::system("s"),
        Message::user("u <|im_end|>"),
        Message::calls(vec![ToolCall::new("f", json!({"x": 1.5, "y": [null, "é"]})).with_id("c1")]),
        Message::tool("c1", "r"),
        Message::assistant("a"),
    ];
    let tools = [Tool::new("f", json!({"type": "object", "properties": {"x": {"type": "number"}}}))];
    for ending in [Ending::Closed, Ending::Generate, Ending::Continue] {
        let input = TemplateInput::new(&messages).with_tools(&tools).with_ending(ending);
        let _ = template.render(&input);
    }
});
