//! What the examples share: where their data is, a server to ask, models to load. See the `examples/` folder; `cargo run -p toolrm-examples --example best_of_n`.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use toolrm_core::{judge::JudgeCard, score::Outcome};

pub mod server;

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

/// A tiny model with random weights, of those that the tests of toolrm-backends load.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../toolrm-backends/tests/fixtures").join(name)
}

/// The fixture `qwen3-classifier`, copied to a folder and made to read more than its 256 tokens; its positions are rotations, so
/// there is no table of them that ends.
pub fn random_qwen3(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(fixture("qwen3-classifier"))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
    let fields = config.as_object_mut().ok_or("config.json is no object")?;
    fields.insert("max_position_embeddings".into(), json!(8192));
    fs::write(path, config.to_string())?;
    Ok(folder.to_owned())
}

/// The folder that is given as argument; without one, that of a `tiny` model, which is said.
pub fn folder_or(tiny: impl FnOnce() -> Result<PathBuf, Box<dyn Error>>) -> Result<PathBuf, Box<dyn Error>> {
    if let Some(folder) = std::env::args_os().nth(1) {
        return Ok(folder.into());
    }
    println!("no folder given: a tiny model with random weights, whose scores mean nothing");
    tiny()
}

/// Prints what a judge says of itself.
pub fn show_card(card: &JudgeCard) {
    let scale = card.pointwise.map_or("none".to_owned(), |scale| format!("{scale:?}"));
    println!("{} scores on the scale {scale}", card.id);
    if let Some(model) = &card.model {
        let [revision, dtype, device] =
            [&model.revision, &model.dtype, &model.device].map(|x| x.as_deref().unwrap_or("?"));
        println!("model {}, revision {revision}, {dtype} on {device}", model.name);
    }
}

/// An outcome in words: the judgement as `says` puts it, else why there is none.
pub fn in_words<T>(outcome: Outcome<T>, says: impl FnOnce(T) -> String) -> String {
    match outcome {
        Outcome::Judged(judgement) => says(judgement),
        Outcome::Abstained { reason } => format!("not judged: {reason}"),
        other => other.as_failed().map_or_else(String::new, |error| format!("failed: {error}")),
    }
}
