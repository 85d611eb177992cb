//! One file per command.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod parse;
pub(crate) mod rank;
