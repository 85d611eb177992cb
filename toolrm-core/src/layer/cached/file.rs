//! [`FileStore`]: judgements in an append-only file of JSON lines.

use std::{
    collections::HashMap,
    fmt,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{CacheError, CacheStore, Judgement};
use crate::canonical::Fingerprint;

const VERSION: u64 = 1;

/// Keeps judgements in an append-only journal of JSON lines, for good: runs share it, and so do processes.
///
/// The first line names the format and its version, every further line is `{"k":"<key>","v":{..}}`. A record is appended under
/// an exclusive lock of the file by one write that *starts* with the line break: what a killed process left half-written is
/// closed off by the next record, is recognised because half an object is no JSON, and costs that one record only
/// ([`FileStore::skipped_lines`]). Records another process appended are found at the next miss. Memory holds a key and a
/// position per record; put a [`super::MemoryStore`] in front where reading a line per hit is too slow.
///
/// The last record of a key wins. Nothing is ever deleted: to start anew, delete the file.
///
/// ```
/// use toolrm_core::{canonical::Fingerprint, judge::{Choice, Comparison}, layer::{CacheStore, FileStore, Judgement}};
/// # let dir = std::env::temp_dir().join(format!("toolrm-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let path = dir.join("verdicts.jsonl");
/// let key = Fingerprint::of(["some question"]);
/// let verdict = Judgement::Comparison(Comparison::from_choice(Choice::First));
/// FileStore::open(&path)?.put(&key, &verdict)?;
/// assert_eq!(FileStore::open(&path)?.get(&key)?, Some(verdict));
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), toolrm_core::layer::CacheError>(())
/// ```
pub struct FileStore {
    path: PathBuf,
    journal: Mutex<Journal>,
}

struct Journal {
    file: File,
    /// Where the value of a key stands: offset and length of its line.
    index: HashMap<Box<str>, (u64, usize)>,
    /// How far the file has been read.
    end: u64,
    skipped: u64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    toolrm_cache: u64,
}

#[derive(Serialize, Deserialize)]
struct Record<V> {
    k: Box<str>,
    v: V,
}

impl FileStore {
    /// Opens a journal, or makes a new one.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CacheError> {
        let path = path.as_ref().to_owned();
        let io_error = |source| CacheError::Io { path: path.clone(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(io_error)?;
        let mut journal = Journal { file, index: HashMap::new(), end: 0, skipped: 0 };
        let version = journal.exclusively(|j| {
            let version = j.read_or_write_header()?;
            j.catch_up()?;
            Ok(version)
        });
        match version.map_err(io_error)? {
            Some(VERSION) => {}
            Some(found) => return Err(CacheError::Version { path, found, known: VERSION }),
            None => return Err(CacheError::NotACache { path }),
        }
        if journal.skipped > 0 {
            tracing::warn!(path = %path.display(), lines = journal.skipped, "unreadable lines of the cache file are skipped");
        }
        Ok(Self { path, journal: Mutex::new(journal) })
    }

    /// How many judgements it holds.
    pub fn len(&self) -> usize {
        self.with_journal(|j| j.index.len())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lines that were not readable: records torn by a killed process.
    pub fn skipped_lines(&self) -> u64 {
        self.with_journal(|j| j.skipped)
    }

    fn with_journal<R>(&self, f: impl FnOnce(&mut Journal) -> R) -> R {
        f(&mut self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn io_error(&self, source: io::Error) -> CacheError {
        CacheError::Io { path: self.path.clone(), source }
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.path).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl CacheStore for FileStore {
    fn get(&self, key: &Fingerprint) -> Result<Option<Judgement>, CacheError> {
        let key = key.to_string();
        let (line, offset) = self
            .with_journal(|j| {
                if !j.index.contains_key(key.as_str()) {
                    j.catch_up()?;
                }
                let Some(&(offset, len)) = j.index.get(key.as_str()) else { return Ok(None) };
                j.line(offset, len).map(|line| Some((line, offset)))
            })
            .map_err(|e| self.io_error(e))?
            .unzip();
        let (Some(line), Some(offset)) = (line, offset) else { return Ok(None) };
        match serde_json::from_slice::<Record<Judgement>>(&line) {
            Ok(record) if *record.k == *key => Ok(Some(record.v)),
            _ => Err(CacheError::Changed { path: self.path.clone(), offset }),
        }
    }

    fn put(&self, key: &Fingerprint, judgement: &Judgement) -> Result<(), CacheError> {
        let mut line = vec![b'\n'];
        serde_json::to_writer(&mut line, &Record { k: key.to_string().into(), v: judgement })?;
        self.with_journal(|j| j.exclusively(|j| j.append(&line))).map_err(|e| self.io_error(e))
    }
}

impl Journal {
    /// Runs `f` while no other process that asks for the lock writes. On file systems without locks it runs all the same: two
    /// writers may then spoil each other's line, which costs that record and nothing else.
    fn exclusively<R>(&mut self, f: impl FnOnce(&mut Self) -> io::Result<R>) -> io::Result<R> {
        let locked = match self.file.lock() {
            Ok(()) => true,
            Err(e) if e.kind() == io::ErrorKind::Unsupported => false,
            Err(e) => return Err(e),
        };
        let result = f(self);
        if locked {
            self.file.unlock()?;
        }
        result
    }

    /// The version in the first line, written first if the file is new; `None` if the file is something else.
    fn read_or_write_header(&mut self) -> io::Result<Option<u64>> {
        let header = serde_json::to_vec(&Header { toolrm_cache: VERSION })?;
        self.file.seek(SeekFrom::Start(0))?;
        let mut first = Vec::new();
        // A header is short; whatever the file is, no more of it is read here than that.
        BufReader::new((&self.file).take(1024)).read_until(b'\n', &mut first)?;
        if first.len() < header.len() && header.starts_with(&first) {
            // New, or its making was interrupted.
            self.file.set_len(0)?;
            self.file.write_all(&header)?;
            self.end = header.len() as u64;
            return Ok(Some(VERSION));
        }
        self.end = first.len() as u64;
        Ok(serde_json::from_slice::<Header>(&first).ok().map(|h| h.toolrm_cache))
    }

    /// Reads what was appended since the last time.
    fn catch_up(&mut self) -> io::Result<()> {
        let len = self.file.metadata()?.len();
        if len <= self.end {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        while self.end < len {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            let text = line.trim_ascii_end();
            match serde_json::from_slice::<Record<IgnoredAny>>(text) {
                Ok(record) => drop(self.index.insert(record.k, (self.end, text.len()))),
                Err(_) if text.is_empty() => {}
                Err(_) => self.skipped += 1,
            }
            self.end += read as u64;
        }
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line)?;
        self.catch_up()
    }

    fn line(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut line = vec![0; len];
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(&mut line)?;
        Ok(line)
    }
}
