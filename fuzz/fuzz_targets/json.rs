#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(value) = toolrm_core::format::json::parse_strict(text) {
        let written = value.to_string();
        assert_eq!(toolrm_core::format::json::parse_strict(&written).expect("what is written reads back"), value);
    }
});
