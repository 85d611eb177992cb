//! Parquet tables of records that serde knows: written whole or not at all, read with the row at hand.
//!
//! Nested JSON of a free shape (tools, arguments) has no place in a column: Arrow would pad every record with the nulls of all others.
//! Such values are JSON **texts** in the published tables, and here.

use std::{fs::File, path::Path, sync::Arc};

use arrow_array::RecordBatch;
use arrow_schema::{FieldRef, Schema};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_arrow::schema::{SchemaLike, TracingOptions};

use crate::{
    error::{DataError, Fault, Place},
    replace::Replace,
};

/// Rows that are written, or read, at a time: bounds memory.
const BATCH: usize = 1024;

/// Writes rows as a Parquet table (zstd), in their order; a struct's fields are the columns. The same rows give the same bytes.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use toolrm_data::table;
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Row { uuid: String, reward: f64, prompt: Vec<Turn> }
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Turn { role: String, content: String }
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("rows.parquet");
/// let rows = [Row { uuid: "a".into(), reward: 0.5, prompt: vec![Turn { role: "user".into(), content: "Hi".into() }] }];
/// table::write(&path, &rows)?;
/// assert_eq!(table::read::<Row>(&path)?, rows);
/// # Ok::<_, toolrm_data::DataError>(())
/// ```
pub fn write<'r, T>(path: &Path, rows: impl IntoIterator<Item = &'r T>) -> Result<(), DataError>
where
    T: Serialize + DeserializeOwned + 'r,
{
    let place = Place::file(path);
    let unwritten = |what: String| place.error(Fault::new(format!("cannot write the table: {what}"), "free the disk"));
    let fields = columns::<T>().map_err(&unwritten)?;
    let level = ZstdLevel::try_new(9).map_err(|e| unwritten(e.to_string()))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by("toolrm".to_owned())
        .build();
    let schema = Arc::new(Schema::new(fields.clone()));
    let mut writer =
        ArrowWriter::try_new(Replace::create(path)?, schema, Some(properties)).map_err(|e| unwritten(e.to_string()))?;
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<&T> = rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let batch = serde_arrow::to_record_batch(&fields, &batch).map_err(|e| unwritten(e.to_string()))?;
        writer.write(&batch).map_err(|e| unwritten(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| unwritten(e.to_string()))?.finish()
}

/// The rows of a Parquet table. `T` may be a struct (its fields are looked up by name, other columns are left out) or a
/// [`serde_json::Value`] for a table of unknown columns.
///
/// # Errors
/// When the file is no Parquet table, or a row has not the shape of `T`: with the number of the first such row, from 0.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, DataError> {
    let place = Place::file(path);
    let open = |e: &std::io::Error| place.io("cannot open", e, "check the path and its permissions");
    let file = File::open(path).map_err(|e| open(&e))?;
    let damaged = |what: String| {
        place.error(Fault::new(
            format!("not a readable Parquet table: {what}"),
            "the file may be truncated or damaged: get it again",
        ))
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(e.to_string()))?;
    let reader = builder.with_batch_size(BATCH).build().map_err(|e| damaged(e.to_string()))?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| damaged(e.to_string()))?;
        match serde_arrow::from_record_batch::<Vec<T>>(&batch) {
            Ok(read) => rows.extend(read),
            Err(error) => {
                let row = rows.len() + first_bad::<T>(&batch);
                let what = format!("row {row}: {error}");
                return Err(place.error(Fault::new(what, "give a table with the columns this command writes itself")));
            }
        }
    }
    Ok(rows)
}

/// The first row of a batch that cannot be read.
fn first_bad<T: DeserializeOwned>(batch: &RecordBatch) -> usize {
    let bad = |row: &usize| serde_arrow::from_record_batch::<Vec<T>>(&batch.slice(*row, 1)).is_err();
    (0..batch.num_rows()).find(bad).unwrap_or_default()
}

/// Plain strings and lists, as Python's readers expect them, not those with 64-bit offsets.
fn columns<T: DeserializeOwned>() -> Result<Vec<FieldRef>, String> {
    let options =
        TracingOptions::default().allow_null_fields(true).strings_as_large_utf8(false).sequence_as_large_list(false);
    Vec::<FieldRef>::from_type::<T>(options).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Row {
        id: String,
        n: Option<u64>,
        turns: Vec<Turn>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Turn {
        role: String,
    }

    fn rows(n: u64) -> Vec<Row> {
        let turns = |i: u64| (0..i % 3).map(|t| Turn { role: format!("\u{2028}{t}") }).collect();
        (0..n).map(|i| Row { id: format!("r{i}"), n: (i % 2 == 0).then_some(i), turns: turns(i) }).collect()
    }

    #[test]
    fn rows_are_read_back_and_written_the_same_again() {
        let folder = tempfile::tempdir().unwrap();
        let (path, again) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
        for n in [0, 1, 3000] {
            write(&path, &rows(n)).unwrap();
            assert_eq!(read::<Row>(&path).unwrap(), rows(n));
            write(&again, &read::<Row>(&path).unwrap()).unwrap();
            assert_eq!(fs::read(&path).unwrap(), fs::read(&again).unwrap());
        }
        let values: Vec<Value> = read(&path).unwrap();
        assert_eq!(values[1], json!({"id": "r1", "n": null, "turns": [{"role": "\u{2028}0"}]}));
    }

    #[test]
    fn the_row_that_does_not_fit_is_named() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "only its shape is looked at")]
        struct Strict {
            id: String,
            n: u64,
        }
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "only its shape is looked at")]
        struct Other {
            uuid: String,
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        write(&path, &rows(2000)[..]).unwrap();
        let error = read::<Strict>(&path).unwrap_err().to_string();
        assert!(error.contains("a.parquet: row 1: "), "{error}");
        let error = read::<Other>(&path).unwrap_err().to_string();
        assert!(error.contains("row 0") && error.contains("uuid"), "{error}");
    }

    #[test]
    fn truncated_tables_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        write(&path, &rows(5000)).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in [0, 3, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).unwrap();
            let error = read::<Row>(&path).unwrap_err().to_string();
            assert!(error.contains("not a readable Parquet table") && error.contains("get it again"), "{error}");
        }
    }
}
