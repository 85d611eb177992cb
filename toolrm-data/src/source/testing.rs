//! What the tests of the sources share: datasets that are written in the test.

use std::fs;

use serde_json::{Value, json};

use super::{Quarantined, Record, Source, Trajectory};
use crate::{error::DataError, tree::Tree};

/// What a source reads in a folder of these files.
pub(super) fn read_files(source: &dyn Source, files: &[(&str, &[u8])]) -> Result<Vec<Record>, DataError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let tree = match files {
        [(name, _)] => Tree::open_any(&folder.path().join(name))?,
        _ => Tree::open(folder.path())?,
    };
    let mut records = Vec::new();
    source.read(&tree, &mut |record| {
        records.push(record);
        Ok(())
    })?;
    Ok(records)
}

/// The trajectories, and what gives none, of a file.
pub(super) fn read(source: &dyn Source, name: &str, text: &str) -> (Vec<Trajectory>, Vec<Quarantined>) {
    apart(read_files(source, &[(name, text.as_bytes())]).unwrap())
}

/// The trajectories, and what gives none.
pub(super) fn apart(records: Vec<Record>) -> (Vec<Trajectory>, Vec<Quarantined>) {
    let (mut trajectories, mut quarantined) = (Vec::new(), Vec::new());
    for record in records {
        match record {
            Record::Trajectory(trajectory) => trajectories.push(*trajectory),
            Record::Quarantined(one) => quarantined.push(one),
        }
    }
    (trajectories, quarantined)
}

/// The one trajectory of a file.
pub(super) fn one(source: &dyn Source, name: &str, text: &str) -> Trajectory {
    let (mut trajectories, quarantined) = read(source, name, text);
    assert!(quarantined.is_empty() && trajectories.len() == 1, "{trajectories:?} {quarantined:?}");
    trajectories.remove(0)
}

/// What is wrong with the records of a file, of which none gives a trajectory.
pub(super) fn quarantined(source: &dyn Source, name: &str, text: &str) -> Vec<Quarantined> {
    let (trajectories, quarantined) = read(source, name, text);
    assert!(trajectories.is_empty(), "{trajectories:?}");
    quarantined
}

/// Every place in a value.
pub(super) fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| places(item, &format!("{at}/{i}"), found)),
        Value::Object(map) => map.iter().for_each(|(key, item)| places(item, &format!("{at}/{key}"), found)),
        _ => {}
    }
}

/// What belongs in no place, or in few.
pub(super) fn odd_values() -> [Value; 11] {
    [
        json!(null),
        json!(3),
        json!("x"),
        json!(""),
        json!([]),
        json!({}),
        json!(true),
        json!([null]),
        json!({"a": {"b": []}}),
        json!(1e300),
        json!("[}"),
    ]
}
