use serde_json::json;

use super::*;

#[test]
fn openai_shapes_round_trip() {
    let wire =
        json!({"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}});
    let tool: Tool = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(serde_json::to_value(&tool).unwrap(), wire);
    let wire = json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
    let call: ToolCall = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(call.arguments, json!({"a": 1}));
    assert_eq!(serde_json::to_value(&call).unwrap(), wire);
}

#[test]
fn bad_arguments_in_history_are_kept_and_in_a_candidate_are_malformed() {
    let wire = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":"}}]});
    let message: Message = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(message.tool_calls[0].arguments, json!("{\"a\":"));
    assert_eq!(serde_json::to_value(&message).unwrap(), wire);
    let candidate: Candidate = serde_json::from_value(wire).unwrap();
    assert!(candidate.action.is_malformed());
}

#[test]
fn unknown_message_fields_survive() {
    let wire = json!({"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "x"}}], "cache": true});
    let message: Message = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(message.text(), "hi");
    assert_eq!(serde_json::to_value(&message).unwrap(), wire);
}

#[test]
fn candidates_round_trip() {
    for c in [
        Candidate::text("no tool fits"),
        Candidate::calls(vec![ToolCall::new("f", json!({"a": [1, 2.5]})).with_id("x")]).with_content("ok"),
        Candidate::calls(vec![]),
        Candidate::new(Action::malformed("{", "truncated")).with_raw("{").with_reasoning("hm"),
    ] {
        let wire = serde_json::to_string(&c).unwrap();
        assert_eq!(serde_json::from_str::<Candidate>(&wire).unwrap(), c, "{wire}");
    }
}
