//! The report: JSON, Markdown, and one HTML file with plots.

pub mod model;
