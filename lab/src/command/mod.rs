//! The commands.

pub(crate) mod ablate;
pub(crate) mod calibrate;
pub(crate) mod fit;
pub(crate) mod pairs;
pub(crate) mod plan;
pub(crate) mod rules_doc;
