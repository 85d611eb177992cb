//! The published tables as files.

use std::path::{Path, PathBuf};

use serde_json::Value;
use toolrm_core::critic::PromptSet;
use toolrm_data::{DataError, Fault, Place, table};

use super::{RowsError, discriminative, generative, pairs};
use crate::trbench::Pair;

/// For judges that reason before they answer.
pub const THINK: &str = "trbench_test_think.parquet";
/// For judges that answer at once.
pub const NO_THINK: &str = "trbench_test_no_think.parquet";
/// For judges that score.
pub const DISC: &str = "trbench_test_disc.parquet";

/// Why tables could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TablesError {
    /// A pair has no row.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// A file cannot be written.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// Writes pairs as the three published tables into a folder, and says where they are. Every file is whole or not there.
///
/// # Errors
/// When a pair is not one of a right and a wrong answer, or a file cannot be written.
pub fn write_tables(pairs: &[Pair], folder: &Path) -> Result<[PathBuf; 3], TablesError> {
    let paths = [THINK, NO_THINK, DISC].map(|name| folder.join(name));
    let [think, no_think, disc] = &paths;
    table::write(think, &generative(pairs, &PromptSet::think())?)?;
    table::write(no_think, &generative(pairs, &PromptSet::no_think())?)?;
    table::write(disc, &discriminative(pairs)?)?;
    Ok(paths)
}

/// Reads the pairs of a published table; a pair that is there in both orders is read once.
///
/// # Errors
/// When the file is no Parquet table, or a row is no pair: the row, the column, what to do.
pub fn read_table(path: &Path) -> Result<Vec<Pair>, DataError> {
    let rows: Vec<Value> = table::read(path)?;
    pairs(rows).map_err(|error| {
        let mut fault = Fault::new(format!("row {}: {}", error.row, error.fault.what), error.fault.fix);
        fault.pointer = error.fault.pointer;
        Place::file(path).error(fault)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;
    use toolrm_core::{call::Candidate, prelude::*};

    use super::*;

    fn pair(number: i64) -> Pair {
        let tools = json!([{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}]);
        let call = |a: i64| Candidate::calls(vec![ToolCall::new("f", json!({"a": a}))]);
        let task = Task::new(vec![Message::user(format!("f of {number}?"))], Toolset::from_json(&tools).unwrap());
        Pair::new(task, call(number), call(-1))
    }

    #[test]
    fn tables_are_read_back_and_are_the_same_again() {
        let (once, twice) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pairs: Vec<Pair> = (0..5).map(pair).collect();
        let written = write_tables(&pairs, once.path()).unwrap();
        for (path, again) in written.iter().zip(write_tables(&pairs, twice.path()).unwrap()) {
            assert_eq!(fs::read(path).unwrap(), fs::read(again).unwrap());
        }
        for path in &written[..2] {
            let read = read_table(path).unwrap();
            assert_eq!(read.len(), 5);
            for (read, written) in read.iter().zip(&pairs) {
                assert_eq!(read.chosen.action, written.chosen.action);
                assert_eq!(read.task.last_user_text(), written.task.last_user_text());
            }
        }
    }

    #[test]
    fn a_table_of_other_columns_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.parquet");
        table::write(&path, &[Other { question: "x".into() }]).unwrap();
        let error = read_table(&path).unwrap_err().to_string();
        assert!(error.contains("other.parquet") && error.contains("row 0"), "{error}");
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Other {
        question: String,
    }
}
