//! Parquet tables of records that serde knows: written whole or not at all, read with the row at hand.
//!
//! Nested JSON of a free shape (tools, arguments) has no place in a column: Arrow would pad every record with the nulls of all others.
//! Such values are JSON **texts** in the published tables, and here.

use std::{fmt, fs::File, marker::PhantomData, path::Path, sync::Arc, vec};

use arrow_array::{Array, RecordBatch};
use arrow_schema::{FieldRef, Schema};
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_arrow::{
    ArrayBuilder,
    schema::{SchemaLike, TracingOptions},
};

use crate::{
    error::{DataError, Fault, Place},
    replace::Replace,
};

/// Rows that are turned into columns, or back, at a time: bounds memory.
const BATCH: usize = 128;
/// Bytes of data, before compression, after which a row group is closed: bounds the memory of whoever reads a group at once. They are
/// counted, never estimated, so that the same rows give the same groups.
const GROUP_BYTES: usize = 32 << 20;
/// How hard the columns are compressed. 1,064 published rows of real dialogues (17.6 MB) become 1,034 KB in 0.26 s at level 3 and 912 KB in
/// 0.76 s at level 9, on one core: an eighth of the size is not worth half of a build's time.
const LEVEL: i32 = 3;

/// A Parquet table (zstd) that is written row by row; a struct's fields are the columns. Its memory is bounded by a row group, not by the
/// table. The file is whole when it is [finished](Writer::finish), and not there before. The same rows give the same bytes.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use toolrm_data::table;
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Row { n: u32 }
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("rows.parquet");
/// let mut table = table::Writer::create(&path)?;
/// for n in 0..1000 {
///     table.push(&Row { n })?;
/// }
/// assert_eq!(table.finish()?, 1000);
/// assert_eq!(table::Rows::<Row>::open(&path)?.nth(7).unwrap()?, Row { n: 7 });
/// # Ok::<_, toolrm_data::DataError>(())
/// ```
pub struct Writer<T> {
    place: Place,
    builder: ArrayBuilder,
    parquet: ArrowWriter<Replace>,
    rows: u64,
    /// Rows in the builder.
    waiting: usize,
    /// Bytes of data in the open row group.
    group: usize,
    /// Whether a row or a batch could not be taken: the columns may differ in length.
    lost: bool,
    row: PhantomData<fn(&T)>,
}

impl<T: Serialize + DeserializeOwned> Writer<T> {
    /// Opens the table under a temporary name. A folder that is missing is made.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, DataError> {
        let place = Place::file(path);
        let fields = columns::<T>().map_err(|e| unwritten(&place, e))?;
        let level = ZstdLevel::try_new(LEVEL).map_err(|e| unwritten(&place, e))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(None)
            .set_created_by("toolrm".to_owned())
            .build();
        let builder = ArrayBuilder::from_arrow(&fields).map_err(|e| unwritten(&place, e))?;
        let file = Replace::create(path)?;
        let parquet = ArrowWriter::try_new(file, Arc::new(Schema::new(fields)), Some(properties))
            .map_err(|e| unwritten(&place, e))?;
        Ok(Self { place, builder, parquet, rows: 0, waiting: 0, group: 0, lost: false, row: PhantomData })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the row does not fit its columns, or the disk is full. The table is lost then: it is never finished half.
    pub fn push(&mut self, row: &T) -> Result<(), DataError> {
        let added = self.add(row);
        self.lost |= added.is_err();
        added
    }

    fn add(&mut self, row: &T) -> Result<(), DataError> {
        let pushed = self.builder.push(row);
        pushed.map_err(|e| unwritten(&self.place, format!("row {}: {e}", self.rows)))?;
        self.rows += 1;
        self.waiting += 1;
        if self.waiting == BATCH { self.write_batch() } else { Ok(()) }
    }

    fn write_batch(&mut self) -> Result<(), DataError> {
        let place = &self.place;
        let batch = self.builder.to_record_batch().map_err(|e| unwritten(place, e))?;
        self.waiting = 0;
        for column in batch.columns() {
            self.group += column.to_data().get_slice_memory_size().map_err(|e| unwritten(place, e))?;
        }
        self.parquet.write(&batch).map_err(|e| unwritten(place, e))?;
        if self.group >= GROUP_BYTES {
            self.group = 0;
            self.parquet.flush().map_err(|e| unwritten(place, e))?;
        }
        Ok(())
    }

    /// Closes the table, gives it its name, and says how many rows it has.
    ///
    /// # Errors
    /// When the disk is full, or a row could not be added.
    pub fn finish(mut self) -> Result<u64, DataError> {
        if self.lost {
            return Err(unwritten(&self.place, "a row could not be added"));
        }
        if self.waiting > 0 {
            self.write_batch()?;
        }
        self.parquet.into_inner().map_err(|e| unwritten(&self.place, e))?.finish()?;
        Ok(self.rows)
    }
}

impl<T> fmt::Debug for Writer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("place", &self.place).field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn unwritten(place: &Place, error: impl fmt::Display) -> DataError {
    place.error(Fault::new(format!("cannot write the table: {error}"), "free the disk"))
}

/// Writes rows as a table at once, in their order: see [`Writer`].
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
    let mut table = Writer::create(path)?;
    rows.into_iter().try_for_each(|row| table.push(row))?;
    table.finish().map(drop)
}

/// The rows of a Parquet table, one after the other. `T` may be a struct (its fields are looked up by name, other columns are left out)
/// or a [`serde_json::Value`] for a table of unknown columns.
///
/// An item is an error when the file is damaged or a row has not the shape of `T`: with the number of the first such row, from 0. Nothing
/// comes after an error.
pub struct Rows<T> {
    place: Place,
    /// `None` behind the last batch, and behind an error.
    reader: Option<ParquetRecordBatchReader>,
    batch: vec::IntoIter<T>,
    /// How many came in all batches so far.
    taken: usize,
}

impl<T: DeserializeOwned> Rows<T> {
    /// Opens a table.
    ///
    /// # Errors
    /// When the file cannot be opened or is no Parquet table.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let place = Place::file(path);
        let file = File::open(path);
        let file = file.map_err(|e| place.io("cannot open", &e, "check the path and its permissions"))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&place, &e))?;
        let reader = builder.with_batch_size(BATCH).build().map_err(|e| damaged(&place, &e))?;
        Ok(Self { place, reader: Some(reader), batch: Vec::new().into_iter(), taken: 0 })
    }

    fn next_batch(&mut self) -> Option<Result<vec::IntoIter<T>, DataError>> {
        let batch = match self.reader.as_mut()?.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(damaged(&self.place, &error))),
        };
        let read = serde_arrow::from_record_batch::<Vec<T>>(&batch).map_err(|error| {
            let what = format!("row {}: {error}", self.taken + first_bad::<T>(&batch));
            self.place.error(Fault::new(what, "give a table with the columns this command writes itself"))
        });
        self.taken += batch.num_rows();
        Some(read.map(Vec::into_iter))
    }
}

impl<T: DeserializeOwned> Iterator for Rows<T> {
    type Item = Result<T, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.batch.next() {
                return Some(Ok(row));
            }
            match self.next_batch() {
                Some(Ok(batch)) => self.batch = batch,
                ended => {
                    self.reader = None;
                    return ended.and_then(Result::err).map(Err);
                }
            }
        }
    }
}

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("place", &self.place).field("taken", &self.taken).finish_non_exhaustive()
    }
}

fn damaged(place: &Place, error: &impl fmt::Display) -> DataError {
    let what = format!("not a readable Parquet table: {error}");
    place.error(Fault::new(what, "the file may be truncated or damaged: get it again"))
}

/// Hands on the rows of a table one by one, without keeping them: see [`Rows`].
///
/// # Errors
/// When the table or a row cannot be read, or `each` fails.
pub fn each<T: DeserializeOwned, E: From<DataError>>(
    path: &Path,
    mut each: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    Rows::open(path)?.try_for_each(|row| each(row?))
}

/// The rows of a table, all at once: see [`Rows`].
///
/// # Errors
/// When the table or a row cannot be read.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, DataError> {
    Rows::open(path)?.collect()
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
    fn row_groups_are_closed_by_the_bytes_of_their_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let wide = |i: u64| Row { id: format!("{i}").repeat(100_000), n: None, turns: Vec::new() };
        let mut table = Writer::create(&path).unwrap();
        (0..900).try_for_each(|i| table.push(&wide(i % 9))).unwrap();
        assert!(!path.exists());
        assert_eq!(table.finish().unwrap(), 900);
        let file = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let groups: Vec<i64> =
            file.metadata().row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect();
        // 90 MB in batches of 12.8 MB: three of them are the first to be over 32 MiB.
        assert_eq!(groups, [384, 384, 132]);
        let mut i = 0;
        each(&path, |row: Row| {
            assert!(row == wide(i % 9));
            i += 1;
            Ok::<_, DataError>(())
        })
        .unwrap();
        assert_eq!(i, 900);
    }

    #[test]
    fn a_table_that_is_not_finished_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut table = Writer::create(&path).unwrap();
        rows(1000).iter().try_for_each(|row| table.push(row)).unwrap();
        drop(table);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
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
        let mut late = rows(300);
        for row in &mut late {
            row.n = Some(1);
        }
        late[270].n = None;
        write(&path, &late).unwrap();
        let mut read_rows = Rows::<Strict>::open(&path).unwrap();
        let error = read_rows.find_map(Result::err).unwrap().to_string();
        assert!(error.contains("a.parquet: row 270: "), "{error}");
        assert!(read_rows.next().is_none());
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
