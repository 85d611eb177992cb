//! [`Journal`]: finished items of a long work, one line each, so that a work that was killed goes on where it was.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use toolrm_core::canonical::Fingerprint;

use crate::error::{DataError, Fault, Place};

const FORMAT: &str = "toolrm-journal";
const VERSION: u64 = 1;
/// How every header starts, whatever its version: what tells a journal, even one torn in its first line, from another file.
const HEADER_START: &[u8] = br#"{"format":"toolrm-journal","version":"#;

const DISK: &str = "free the disk or choose another folder";
const RESTART: &str = "choose another folder, or delete it (--restart) and start anew";

/// An append-only file of JSON lines that holds the finished items of a work.
///
/// The first line is `{"format":"toolrm-journal","version":1,"key":"<fingerprint>"}`; the key is the fingerprint of everything the
/// items depend on, so that a journal is never taken for that of another work. Each further line is
/// `{"sum":"<first 8 hexadecimal digits of the payload's SHA-256>","item":<payload>}`.
///
/// A line is appended by one write. What was written outlives the death of the process, whatever kills it; [`Journal::sync`] makes it
/// outlive the machine's too. A last line that is torn (or whole and garbled) is dropped when the journal is opened, and its item
/// done again; damage anywhere else is an error that names the line.
///
/// The file is locked while the journal is open: a second work on it is an error, not a mixture. Where the file system has no locks
/// the journal does without.
///
/// ```
/// use toolrm_core::canonical::Fingerprint;
/// use toolrm_data::journal::Journal;
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("journal.jsonl");
/// let key = Fingerprint::of(["squares", "1"]);
/// let (mut journal, done) = Journal::<u64>::open(&path, &key)?;
/// assert!(done.is_empty());
/// journal.append(&1)?;
/// journal.append(&4)?;
/// drop(journal); // or the process is killed
///
/// let (_, done) = Journal::<u64>::open(&path, &key)?;
/// assert_eq!(done, [1, 4]);
/// # Ok::<_, toolrm_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct Journal<T> {
    path: PathBuf,
    file: File,
    /// Where the next line starts.
    end: u64,
    torn: u64,
    items: PhantomData<fn(&T) -> T>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u64,
    key: String,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens a journal and gives the items it holds, in the order they were appended. A file that is missing is made, with its
    /// folder.
    ///
    /// # Errors
    /// The file is no journal, of another version, of another work (another `key`), in use by another process, damaged before its
    /// last line, or cannot be read and written.
    pub fn open(path: &Path, key: &Fingerprint) -> Result<(Self, Vec<T>), DataError> {
        let mut items = Vec::new();
        let journal = Self::open_each(path, key, |item| {
            items.push(item);
            Ok(())
        })?;
        Ok((journal, items))
    }

    /// As [`Journal::open`]; hands on the items one by one, and keeps none.
    ///
    /// # Errors
    /// As [`Journal::open`], or when `each` fails.
    pub fn open_each(
        path: &Path,
        key: &Fingerprint,
        mut each: impl FnMut(T) -> Result<(), DataError>,
    ) -> Result<Self, DataError> {
        let mut journal = Self::locked(path)?;
        let end = read(path, &journal.file, key, &mut |_, item| each(item))?;
        let length = journal.file.metadata().map_err(|e| unreadable(path, &e))?.len();
        journal.file.set_len(end).map_err(|e| unwritable(path, &e))?;
        (journal.end, journal.torn) = (end, length.saturating_sub(end));
        if end == 0 {
            journal.write_header(key)?;
        }
        Ok(journal)
    }

    /// Opens a journal without what it holds.
    ///
    /// # Errors
    /// The file is no journal, in use by another process, or cannot be written.
    pub fn restart(path: &Path, key: &Fingerprint) -> Result<Self, DataError> {
        let mut journal = Self::locked(path)?;
        let mut start = Vec::new();
        let head = (&journal.file).take(HEADER_START.len() as u64).read_to_end(&mut start);
        head.map_err(|e| unreadable(path, &e))?;
        if !is_start_of_header(&start) {
            return Err(not_a_journal(path));
        }
        journal.file.set_len(0).map_err(|e| unwritable(path, &e))?;
        journal.write_header(key)?;
        Ok(journal)
    }

    /// Appends an item.
    ///
    /// # Errors
    /// The item cannot be written as JSON, or the line to the file; the journal then still ends with the item before.
    pub fn append(&mut self, item: &T) -> Result<(), DataError> {
        let payload = serde_json::to_vec(item).map_err(|e| {
            Place::file(&self.path).error(Fault::new(format!("an item that JSON cannot hold: {e}"), "report it"))
        })?;
        let mut line = line_start(&payload);
        line.extend_from_slice(&payload);
        line.extend_from_slice(b"}\n");
        self.write(&line)
    }
}

impl<T> Journal<T> {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of a torn last line that were dropped when it was opened.
    pub fn torn_bytes(&self) -> u64 {
        self.torn
    }

    /// Sees to it that everything is on disk.
    pub fn sync(&self) -> Result<(), DataError> {
        self.file.sync_data().map_err(|e| unwritable(&self.path, &e))
    }

    /// The work is done and its result is elsewhere: deletes the file.
    pub fn remove(self) -> Result<(), DataError> {
        fs::remove_file(&self.path).map_err(|e| Place::file(&self.path).io("cannot delete", &e, "delete it by hand"))
    }

    /// The file, open and locked, with nothing read yet.
    fn locked(path: &Path) -> Result<Self, DataError> {
        let place = Place::file(path);
        loop {
            let made = path.parent().map_or(Ok(()), fs::create_dir_all);
            let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
            let file = made.and_then(|()| open()).map_err(|e| place.io("cannot open", &e, DISK))?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    let fix = "wait for it to end, or choose another folder";
                    return Err(place.error(Fault::new("in use by another run", fix)));
                }
                Err(TryLockError::Error(e)) if e.kind() != io::ErrorKind::Unsupported => {
                    return Err(place.io("cannot lock", &e, "choose a folder on a file system with locks"));
                }
                _ => {}
            }
            // Its last owner may have deleted it between our opening and our locking.
            if path.exists() {
                return Ok(Self { path: path.to_owned(), file, end: 0, torn: 0, items: PhantomData });
            }
        }
    }

    fn write_header(&mut self, key: &Fingerprint) -> Result<(), DataError> {
        let header = Header { format: FORMAT.into(), version: VERSION, key: key.to_string() };
        let mut line = serde_json::to_vec(&header).map_err(|e| unwritable(&self.path, &e.into()))?;
        line.push(b'\n');
        self.write(&line)
    }

    /// Writes one line, or leaves the file as it was.
    fn write(&mut self, line: &[u8]) -> Result<(), DataError> {
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(line));
        if let Err(e) = written {
            // A torn line that stays is overwritten by the next one, or dropped when the journal is opened again.
            drop(self.file.set_len(self.end));
            return Err(unwritable(&self.path, &e));
        }
        self.end += line.len() as u64;
        Ok(())
    }
}

/// Hands on the items of a journal, each with the place where its line starts, and says where the last whole one ends; 0 when not even
/// the header is whole.
fn read<T: DeserializeOwned>(
    path: &Path,
    file: &File,
    key: &Fingerprint,
    each: &mut dyn FnMut(u64, T) -> Result<(), DataError>,
) -> Result<u64, DataError> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).map_err(|e| unreadable(path, &e))?;
    if !line.ends_with(b"\n") {
        return if is_start_of_header(&line) { Ok(0) } else { Err(not_a_journal(path)) };
    }
    check_header(path, &line, key)?;
    let mut end = line.len() as u64;
    for number in 2.. {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(|e| unreadable(path, &e))?;
        let place = Place::file(path).at_line(number);
        let Some(payload) = payload(&line) else {
            if reader.fill_buf().map_err(|e| unreadable(path, &e))?.is_empty() {
                break;
            }
            return Err(damaged(&place));
        };
        each(end, item(&place, payload)?)?;
        end += line.len() as u64;
    }
    Ok(end)
}

fn item<T: DeserializeOwned>(place: &Place, payload: &[u8]) -> Result<T, DataError> {
    serde_json::from_slice(payload).map_err(|e| {
        place.error(Fault::new(format!("not an item of this program ({e}): another version wrote it"), RESTART))
    })
}

fn damaged(place: &Place) -> DataError {
    place.error(Fault::new("damaged: the line does not agree with its checksum", RESTART))
}

/// A journal that is only read, and whose items can be read again by their places.
#[derive(Debug)]
pub struct JournalReader {
    path: PathBuf,
    file: File,
}

impl JournalReader {
    /// Opens a journal to read it.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        Ok(Self { path: path.to_owned(), file: File::open(path).map_err(|e| unreadable(path, &e))? })
    }

    /// Hands on its items in their order, each with its place. A torn last line is passed over.
    ///
    /// # Errors
    /// As [`Journal::open`], or when `each` fails.
    pub fn each<T: DeserializeOwned>(
        &self,
        key: &Fingerprint,
        mut each: impl FnMut(u64, T) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        (&self.file).rewind().map_err(|e| unreadable(&self.path, &e))?;
        read(&self.path, &self.file, key, &mut each).map(|_| ())
    }

    /// The item at a place that [`JournalReader::each`] gave.
    ///
    /// # Errors
    /// When there is none at this place, or it cannot be read.
    pub fn at<T: DeserializeOwned>(&mut self, place: u64) -> Result<T, DataError> {
        let at = Place::new(format!("{} at byte {place}", self.path.display()));
        self.file.seek(SeekFrom::Start(place)).map_err(|e| unreadable(&self.path, &e))?;
        let mut line = Vec::new();
        let read = BufReader::with_capacity(1 << 16, &self.file).read_until(b'\n', &mut line);
        read.map_err(|e| unreadable(&self.path, &e))?;
        item(&at, payload(&line).ok_or_else(|| damaged(&at))?)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> DataError {
    Place::file(path).io("cannot read", error, DISK)
}

fn unwritable(path: &Path, error: &io::Error) -> DataError {
    Place::file(path).io("cannot write", error, DISK)
}

fn not_a_journal(path: &Path) -> DataError {
    Place::file(path).error(Fault::new("not a journal", "choose another path"))
}

/// Whether a file that starts so, and holds no whole line, is a journal that was killed in its first write (or an empty file).
fn is_start_of_header(bytes: &[u8]) -> bool {
    bytes.starts_with(HEADER_START) || HEADER_START.starts_with(bytes)
}

fn check_header(path: &Path, line: &[u8], key: &Fingerprint) -> Result<(), DataError> {
    let place = Place::file(path).at_line(1);
    let header = serde_json::from_slice::<Header>(line).ok().filter(|h| h.format == FORMAT);
    let header = header.ok_or_else(|| not_a_journal(path))?;
    if header.version != VERSION {
        let what = format!("a journal of version {}, this program knows {VERSION}", header.version);
        return Err(place.error(Fault::new(what, RESTART)));
    }
    if header.key != key.to_string() {
        let what = "the journal of another work: what its items depend on is not what this one's depend on";
        return Err(place.error(Fault::new(what, RESTART)));
    }
    Ok(())
}

/// What stands before the payload.
fn line_start(payload: &[u8]) -> Vec<u8> {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(payload).into();
    format!("{{\"sum\":\"{:08x}\",\"item\":", u32::from_be_bytes([a, b, c, d])).into_bytes()
}

/// The payload of a line that agrees with its checksum.
fn payload(line: &[u8]) -> Option<&[u8]> {
    let end = line.strip_suffix(b"}\n")?;
    let payload = end.get(line_start(b"").len()..)?;
    end.starts_with(&line_start(payload)).then_some(payload)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn key() -> Fingerprint {
        Fingerprint::of(["work"])
    }

    /// A journal of these items, and its path.
    fn written(items: &[Value]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/journal.jsonl");
        let (mut journal, none) = Journal::<Value>::open(&path, &key()).unwrap();
        assert!(none.is_empty());
        for item in items {
            journal.append(item).unwrap();
        }
        journal.sync().unwrap();
        (folder, path)
    }

    fn error(path: &Path, key: &Fingerprint) -> String {
        Journal::<Value>::open(path, key).unwrap_err().to_string()
    }

    #[test]
    fn a_line_is_json_with_its_checksum() {
        let (_folder, path) = written(&[json!({"a": "line\nbreak\u{2028}"})]);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines[0], json!({"format": "toolrm-journal", "version": 1, "key": key().to_string()}));
        assert_eq!(lines[1], json!({"sum": "8ea9c550", "item": {"a": "line\nbreak\u{2028}"}}));
        assert!(text.as_bytes().starts_with(HEADER_START));
    }

    #[test]
    fn damage_in_the_middle_is_named_at_the_end_it_is_dropped() {
        let (_folder, path) = written(&[json!("one"), json!("two")]);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.replace("one", "0ne")).unwrap();
        let said = error(&path, &key());
        assert!(said.contains("journal.jsonl:2: damaged") && said.contains("--restart"), "{said}");
        fs::write(&path, whole.replace("two", "tw0")).unwrap();
        let (journal, items) = Journal::<Value>::open(&path, &key()).unwrap();
        assert_eq!((items, journal.torn_bytes()), (vec![json!("one")], 32));
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    }

    #[test]
    fn a_journal_of_another_work_version_or_kind_is_an_error_and_stays() {
        let (_folder, path) = written(&[json!(1)]);
        let said = error(&path, &Fingerprint::of(["other"]));
        assert!(said.contains(":1: the journal of another work") && said.contains("another folder"), "{said}");
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.replace("\"version\":1", "\"version\":2")).unwrap();
        assert!(error(&path, &key()).contains("of version 2, this program knows 1"));
        for other in ["my notes", "my notes\n", "{\"format\":\"other\",\"version\":1,\"key\":\"\"}\n"] {
            fs::write(&path, other).unwrap();
            assert!(error(&path, &key()).contains("not a journal"));
            assert!(Journal::<Value>::restart(&path, &key()).unwrap_err().to_string().contains("not a journal"));
            assert_eq!(fs::read_to_string(&path).unwrap(), other);
        }
    }

    #[test]
    fn an_item_of_another_shape_is_named() {
        let (_folder, path) = written(&[json!(1), json!("two")]);
        let said = Journal::<u64>::open(&path, &key()).unwrap_err().to_string();
        assert!(said.contains(":3: not an item of this program"), "{said}");
    }

    #[test]
    fn items_are_read_again_by_their_places() {
        let (_folder, path) = written(&[json!({"a": 1}), json!("two"), json!([3])]);
        let mut torn = fs::read(&path).unwrap();
        torn.extend_from_slice(b"{\"sum\":");
        fs::write(&path, torn).unwrap();
        let mut reader = JournalReader::open(&path).unwrap();
        let mut places = Vec::new();
        let each = |place: u64, item: Value| {
            places.push((place, item));
            Ok(())
        };
        reader.each(&key(), each).unwrap();
        assert_eq!(places.len(), 3);
        for (place, item) in places.iter().rev() {
            assert_eq!(reader.at::<Value>(*place).unwrap(), *item);
        }
        assert!(reader.at::<Value>(places[1].0 + 1).unwrap_err().to_string().contains("damaged"));
        assert!(reader.each::<Value>(&Fingerprint::of(["other"]), |_, _| Ok(())).is_err());
    }

    #[test]
    fn one_owner_at_a_time() {
        let (_folder, path) = written(&[json!(1)]);
        let (journal, _) = Journal::<Value>::open(&path, &key()).unwrap();
        assert!(error(&path, &key()).contains("in use by another run; wait"));
        assert!(Journal::<Value>::restart(&path, &key()).unwrap_err().to_string().contains("in use"));
        drop(journal);
        let (journal, items) = Journal::<Value>::open(&path, &key()).unwrap();
        assert_eq!(items.len(), 1);
        journal.remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_restart_forgets_even_another_work() {
        let (_folder, path) = written(&[json!(1)]);
        let other = Fingerprint::of(["other"]);
        let mut journal = Journal::<Value>::restart(&path, &other).unwrap();
        journal.append(&json!(2)).unwrap();
        drop(journal);
        assert_eq!(Journal::<Value>::open(&path, &other).unwrap().1, [json!(2)]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let (_folder, path) = written(&[]);
        assert!(error(&path.join("below"), &key()).contains("below: cannot open"));
    }

    /// Items as works have them: texts with anything in them, numbers, nesting.
    fn items() -> impl Strategy<Value = Vec<Value>> {
        let item =
            (any::<String>(), any::<i64>(), any::<f64>()).prop_map(|(text, a, b)| json!({"t": text, "n": [a, b]}));
        prop::collection::vec(item, 0..6)
    }

    proptest! {
        /// A kill at any moment leaves a prefix of the file: what opens is a prefix of the items, and the work can go on.
        #[test]
        fn a_kill_at_any_moment_loses_the_torn_line_and_nothing_else(items in items(), cut in any::<prop::sample::Index>()) {
            let (_folder, path) = written(&items);
            let whole = fs::read(&path).unwrap();
            let cut = cut.index(whole.len() + 1);
            fs::write(&path, &whole[..cut]).unwrap();
            let (mut journal, mut found) = Journal::<Value>::open(&path, &key()).unwrap();
            let whole_lines = whole[..cut].split_inclusive(|b| *b == b'\n').filter(|l| l.ends_with(b"\n")).count();
            prop_assert_eq!(found.len(), whole_lines.saturating_sub(1));
            prop_assert_eq!(&found[..], &items[..found.len()]);
            for item in &items[found.len()..] {
                journal.append(item).unwrap();
                found.push(item.clone());
            }
            drop(journal);
            prop_assert_eq!(fs::read(&path).unwrap(), whole);
        }

        /// One changed byte anywhere: an error, or a prefix of the items; never another item, never a panic.
        #[test]
        fn a_changed_byte_is_noticed(items in items(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let (_folder, path) = written(&items);
            let mut bytes = fs::read(&path).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = with;
            fs::write(&path, &bytes).unwrap();
            if let Ok((_, found)) = Journal::<Value>::open(&path, &key()) {
                prop_assert_eq!(&found[..], &items[..found.len()]);
            }
        }
    }
}
