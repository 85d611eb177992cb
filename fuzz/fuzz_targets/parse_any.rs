//! Any text is a candidate: its text kept, its calls well formed, and what was read can be written and read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolrm_core::{
    call::Action,
    canonical::canonical_action,
    format::{Auto, ToolFormat, parse_any},
};

fuzz_target!(|text: &str| {
    let candidate = parse_any(text);
    assert_eq!(candidate.raw.as_deref(), Some(text));
    match &candidate.action {
        Action::Calls(calls) => {
            assert!(!calls.is_empty());
            assert!(calls.iter().all(|c| c.arguments.is_object()));
            let again = Auto::default().parse(&Auto::default().render(&candidate.action));
            assert_eq!(canonical_action(&again.action), canonical_action(&candidate.action));
        }
        Action::Malformed { why, .. } => assert!(!why.is_empty()),
        _ => {}
    }
});
