//! Tasks, candidates and messages from bytes: read or refused, and what is read can be written and read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolrm_core::{
    call::{Candidate, Message},
    task::Task,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(candidate) = serde_json::from_slice::<Candidate>(bytes) {
        let written = serde_json::to_vec(&candidate).expect("a candidate can be written");
        assert_eq!(serde_json::from_slice::<Candidate>(&written).expect("what is written reads back"), candidate);
    }
    if let Ok(message) = serde_json::from_slice::<Message>(bytes) {
        let written = serde_json::to_vec(&message).expect("a message can be written");
        assert_eq!(serde_json::from_slice::<Message>(&written).expect("what is written reads back"), message);
    }
    if let Ok(task) = serde_json::from_slice::<Task>(bytes) {
        let written = serde_json::to_vec(&task).expect("a task can be written");
        let again: Task = serde_json::from_slice(&written).expect("what is written reads back");
        assert_eq!(again.messages(), task.messages());
        assert_eq!(again.reference(), task.reference());
        assert_eq!(again.tools().names().collect::<Vec<_>>(), task.tools().names().collect::<Vec<_>>());
    }
});
