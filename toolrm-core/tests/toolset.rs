//! Toolsets from everything the published data sets hold.

use serde_json::json;
use toolrm_core::toolset::Toolset;

#[test]
fn smoke() {
    let set = Toolset::from_json(&json!([{"name": "f", "parameters": {"type": "dict", "properties": {
        "n": {"type": "integer"}, "s": {"type": "string", "enum": ["Red", "blue"]}, "xs": {"type": "array", "items": {"type": "float"}}}, "required": ["n"]}}]))
    .unwrap();
    let spec = set.get("f").unwrap();
    assert!(spec.is_valid(&json!({"n": 1, "s": "Red", "xs": [1, 2.5]})));
    let all = spec.violations(&json!({"n": "1", "s": "red", "xs": [1, "x"], "q": 1}));
    assert_eq!(all.len(), 4);
}
