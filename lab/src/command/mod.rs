//! The commands.

pub(crate) mod pairs;
