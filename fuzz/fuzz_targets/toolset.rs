//! Any JSON is a toolset or an error that says where; a toolset answers for any arguments, fast and in words alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use toolrm_core::{format::json::parse_strict, toolset::Toolset};

fuzz_target!(|text: &str| {
    let Ok(json) = parse_strict(text) else { return };
    match Toolset::from_json(&json) {
        Ok(toolset) => {
            for spec in toolset.specs() {
                for arguments in [&json!({}), &json, &spec.tool().parameters, &json!({"x": json.clone(), "": null})] {
                    assert_eq!(spec.is_valid(arguments), spec.violations(arguments).is_empty());
                }
            }
        }
        Err(e) => {
            assert!(!e.message.is_empty());
            assert!(e.pointer.is_empty() || e.pointer.starts_with('/'), "{e:?}");
        }
    }
});
