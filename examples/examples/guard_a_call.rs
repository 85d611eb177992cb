//! Guard a call: look at it before it is executed, ask more of a tool that destroys things, and tell the model what to mend.
//!
//! ```text
//! run     get_order {"order":"A-1001"}
//! refuse  get_order {"id":"A-1001"}
//!         schema.required at /0/arguments/order: ..
//! run     delete_order {"order":"A-1001"}
//! refuse  delete_order {"order":"A-1010"}
//!         grounding.required at /0/arguments/order: ..
//! ```

use serde_json::{Value, json};
use toolrm_core::{prelude::*, score::Finding};

/// Runs a call if the rules have little enough against it; else says what is wrong, in words the model can act on.
fn guard(rules: &RuleScorer, task: &Task, call: &ToolCall) -> Result<(), Vec<Finding>> {
    let spec = task.tools().get(&call.name);
    let destructive = spec.is_some_and(|s| s.tool().annotations.destructive == Some(true));
    // Log-odds of being right: a mistake that cannot be undone wants better odds than one that can.
    let asked = if destructive { 1.0 } else { 0.0 };
    match rules.score(task, &Candidate::calls(vec![call.clone()])) {
        Outcome::Judged(score) if score.value < asked => Err(score.findings),
        // No rule applies: nothing speaks against it.
        _ => Ok(()),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let order = json!({"type": "object", "properties": {"order": {"type": "string", "description": "Number of the order"}}, "required": ["order"]});
    let tools = Toolset::from_json(&json!({"tools": [
        {"name": "get_order", "description": "Look up an order", "inputSchema": order, "annotations": {"readOnlyHint": true}},
        {"name": "delete_order", "description": "Delete an order for good", "inputSchema": order, "annotations": {"destructiveHint": true}},
    ]}))?;
    let task = Task::new(vec![Message::user("Look up order A-1001, and then delete the order.")], tools);
    let rules = RuleScorer::default();

    let calls: [(&str, Value); 4] = [
        ("get_order", json!({"order": "A-1001"})),
        ("get_order", json!({"id": "A-1001"})),
        ("delete_order", json!({"order": "A-1001"})),
        ("delete_order", json!({"order": "A-1010"})),
    ];
    for (name, arguments) in calls {
        let call = ToolCall::new(name, arguments);
        match guard(&rules, &task, &call) {
            Ok(()) => println!("run     {} {}", call.name, call.arguments),
            Err(findings) => {
                println!("refuse  {} {}", call.name, call.arguments);
                findings.iter().take(1).for_each(|finding| println!("        {finding}"));
            }
        }
    }
    Ok(())
}
