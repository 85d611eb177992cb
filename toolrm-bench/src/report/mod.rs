//! The report: JSON, Markdown, and one HTML file with plots.
//!
//! ```
//! use toolrm_bench::report::{self, model::Report};
//! # let folder = tempfile::tempdir().unwrap();
//! let written = Report::default();
//! report::write(&written, folder.path())?;
//! assert_eq!(report::read(&folder.path().join("report.json"))?, written);
//! # Ok::<_, report::ReportError>(())
//! ```

pub mod assemble;
pub mod difference;
mod document;
mod html;
#[cfg(test)]
mod invented;
mod markdown;
pub mod model;
mod number;
mod plot;

#[cfg(test)]
mod tests;

use std::{fs, path::Path};

use toolrm_data::{DataError, Fault, Place, replace::Replace};

use self::model::Report;

/// Why a report cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file cannot be written or read, or holds no report.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The page does not come out.
    #[error("report.html: {message}; report.json and report.md are whole, please tell us of this")]
    Page {
        /// What the template engine says.
        message: String,
    },
}

/// Writes `report.json`, `report.md` and `report.html` into a folder, which is made where it is missing. The same report makes the
/// same bytes.
///
/// # Errors
/// A file that cannot be written. Files that are there already are replaced whole or not at all.
pub fn write(report: &Report, folder: &Path) -> Result<(), ReportError> {
    let json = json(report)?;
    Replace::write(&folder.join("report.json"), json.as_bytes())?;
    Replace::write(&folder.join("report.md"), markdown::markdown(report).as_bytes())?;
    Replace::write(&folder.join("report.html"), html::page(report, &json)?.as_bytes())?;
    Ok(())
}

/// Reads a `report.json`, to write it out again.
///
/// # Errors
/// A file that cannot be read, or is no report: where, and what to do.
pub fn read(path: &Path) -> Result<Report, ReportError> {
    let place = Place::file(path);
    let text = fs::read_to_string(path).map_err(|e| place.io("cannot read", &e, "name a report.json"))?;
    let report = serde_json::from_str(&text).map_err(|e| {
        let line = u64::try_from(e.line()).unwrap_or_default();
        place.at_line(line).error(Fault::new(format!("no report: {e}"), "name a report.json of this version"))
    });
    Ok(report?)
}

fn json(report: &Report) -> Result<String, DataError> {
    let fault = |e| Place::new("report.json").error(Fault::new(format!("cannot be written: {e}"), "please tell us"));
    let mut json = serde_json::to_string_pretty(report).map_err(fault)?;
    json.push('\n');
    Ok(json)
}
