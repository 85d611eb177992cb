//! Every syntax alone: what a format reads as calls, it writes and reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolrm_core::{
    call::Action,
    canonical::canonical_action,
    format::Auto,
};

fuzz_target!(|text: &str| {
    for format in Auto::default().formats() {
        let action = format.parse(text).action;
        if matches!(action, Action::Calls(_)) {
            let again = format.parse(&format.render(&action)).action;
            assert_eq!(canonical_action(&again), canonical_action(&action), "{}", format.id());
        }
    }
});
