//! What the examples share: where their data is. See the `examples/` folder; `cargo run -p toolrm-examples --example best_of_n`.

use std::path::{Path, PathBuf};

/// A file of `examples/data`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

/// A file of recorded data, whether it is there or not: in the folder that TOOLRM_DATA names, else in `../shared/data` beside the
/// workspace.
pub fn recorded(name: &str) -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("TOOLRM_DATA").map_or_else(beside, PathBuf::from).join(name)
}
