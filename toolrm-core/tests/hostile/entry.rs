//! The entry points of the table, and what they give back in one type.

use serde_json::{Value, error::Category};
use toolrm_core::{
    call::{Action, Candidate},
    error::ErrorKind,
    format::json::parse_strict,
    task::Task,
    toolset::{Toolset, ToolsetErrorKind, ViolationKind},
};

/// The typed result of an entry point.
#[derive(Debug, PartialEq)]
pub(crate) enum Got {
    /// That many calls.
    Calls(usize),
    /// An answer in words.
    Words,
    /// A malformed answer, its text kept, with a reason.
    Malformed,
    /// A JSON reader's error: of syntax, of an early end, of data that has another shape.
    NotRead(Category),
    /// That many tools.
    Tools(usize),
    /// No toolset, for this kind of reason.
    NoTools(ToolsetErrorKind),
    /// A task with that many messages and tools.
    Task(usize, usize),
    /// What a toolset has against the arguments, in order; the same kind several times in a row is said once.
    Violations(Vec<ViolationKind>),
    /// A score, with a finding of the rule the row asks for.
    Finds(&'static str),
    /// A score, with findings of these rules, but none of the one the row asks for.
    FindsOnly(Vec<String>),
    /// A score of this value.
    Scored(f64),
    /// The scorer has nothing to say.
    Abstained,
    /// The scorer says that its caller made a mistake.
    Failed(ErrorKind),
    /// The verdict on this candidate, counted from 1.
    Verdict(usize),
    /// No verdict, for this kind of reason.
    NoVerdict(ErrorKind),
}

/// Anything serde reads from JSON bytes.
fn read<T: for<'de> serde::Deserialize<'de>>(bytes: &[u8]) -> Result<T, Got> {
    serde_json::from_slice(bytes).map_err(|e| {
        assert!(!e.to_string().is_empty(), "an error without a message");
        Got::NotRead(e.classify())
    })
}

/// [`Toolset::from_json`] of a JSON text, as a program that reads a file does it.
pub(crate) fn tools(text: String) -> Got {
    match parse_strict(&text) {
        Ok(json) => tools_value(json),
        Err(e) => Got::NotRead(e.classify()),
    }
}

/// [`Toolset::from_json`] of a value that was made and not read, so that no reader has bounded it.
pub(crate) fn tools_value(json: Value) -> Got {
    match Toolset::from_json(&json) {
        Ok(toolset) => {
            assert_eq!(toolset.names().len(), toolset.len());
            Got::Tools(toolset.len())
        }
        Err(e) => {
            assert!(!e.message.is_empty(), "an error without a message");
            assert!(e.pointer.is_empty() || e.pointer.starts_with('/'), "not a JSON pointer: {:?}", e.pointer);
            Got::NoTools(e.kind)
        }
    }
}

/// Arguments against the one tool of a list: `(tools, arguments)`.
pub(crate) fn arguments((tools, arguments): (Value, Value)) -> Got {
    let toolset = Toolset::from_json(&tools).expect("the row is about the arguments");
    let spec = &toolset.specs()[0];
    let violations = spec.violations(&arguments);
    assert_eq!(spec.is_valid(&arguments), violations.is_empty(), "the fast answer differs from the explained one");
    for v in &violations {
        assert!(!v.message.is_empty(), "a violation without a message");
        assert!(v.pointer.is_empty() || v.pointer.starts_with('/'), "not a JSON pointer: {:?}", v.pointer);
    }
    let mut kinds: Vec<_> = violations.into_iter().map(|v| v.kind).collect();
    kinds.dedup();
    Got::Violations(kinds)
}

/// A [`Task`] from JSON bytes.
pub(crate) fn task(bytes: Vec<u8>) -> Got {
    match read::<Task>(&bytes) {
        Ok(task) => {
            let written = serde_json::to_vec(&task).expect("a task that was read can be written");
            let again: Task = serde_json::from_slice(&written).expect("what is written reads back");
            assert_eq!(again.messages(), task.messages());
            Got::Task(task.messages().len(), task.tools().len())
        }
        Err(refused) => refused,
    }
}

/// A [`Candidate`] from JSON bytes.
pub(crate) fn candidate(bytes: Vec<u8>) -> Got {
    match read::<Candidate>(&bytes) {
        Ok(candidate) => {
            let written = serde_json::to_vec(&candidate).expect("a candidate that was read can be written");
            assert_eq!(serde_json::from_slice::<Candidate>(&written).expect("what is written reads back"), candidate);
            described(&candidate)
        }
        Err(refused) => refused,
    }
}

/// What a candidate is, checked: calls are calls, and what is malformed keeps its text and says why.
pub(crate) fn described(candidate: &Candidate) -> Got {
    match &candidate.action {
        Action::Calls(calls) => {
            assert!(!calls.is_empty(), "calls without a call");
            assert!(calls.iter().all(|c| c.arguments.is_object()), "a call whose arguments are no object");
            Got::Calls(calls.len())
        }
        Action::Text(_) => Got::Words,
        Action::Malformed { why, .. } => {
            assert!(!why.is_empty(), "malformed without a reason");
            Got::Malformed
        }
        other => panic!("an action the table does not know: {other:?}"),
    }
}
