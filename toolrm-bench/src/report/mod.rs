//! The report: JSON, Markdown, and one HTML file with plots.

pub mod assemble;
pub mod difference;
pub mod model;
