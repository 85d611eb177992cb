//! Strict JSON and the canonical form: what is written reads back, and the canonical form is idempotent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolrm_core::{canonical::canonical_value, format::json::parse_strict};

fuzz_target!(|text: &str| {
    if let Ok(value) = parse_strict(text) {
        assert_eq!(parse_strict(&value.to_string()).expect("what is written reads back"), value);
        let canonical = canonical_value(&value);
        assert_eq!(canonical_value(&canonical), canonical);
    }
});
