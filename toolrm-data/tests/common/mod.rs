//! Where the published files are.

use std::path::PathBuf;

/// A training file of the data folder (`TOOLRM_DATA`, else `../shared/data` beside the workspace); `None`, aloud, when it is not there.
pub(crate) fn data(test: &str, file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let path = folder.join("train").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {test}: no data at {}", path.display());
    None
}
