//! The commands.

pub(crate) mod fit;
pub(crate) mod pairs;
pub(crate) mod plan;
