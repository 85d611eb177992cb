//! The commands.

pub(crate) mod ablate;
pub(crate) mod best_of_n;
pub(crate) mod calibrate;
pub(crate) mod correct;
pub(crate) mod findings;
pub(crate) mod fit;
pub(crate) mod fit_relevance;
pub(crate) mod pairs;
pub(crate) mod plan;
pub(crate) mod rules_doc;
pub(crate) mod visible;
