//! Outputs that are whole or not there: written to a temporary name beside the destination, renamed when they are done.

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::error::{DataError, Place};

/// A file that takes its name only when it is whole. Dropped before [`Replace::finish`], it leaves what was there before. What a process
/// that was killed left of the same file is removed when it is written again.
///
/// ```
/// use std::io::Write;
/// use toolrm_data::replace::Replace;
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("out.txt");
/// let mut file = Replace::create(&path)?;
/// writeln!(file, "whole").unwrap();
/// assert!(!path.exists());
/// file.finish()?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\n");
/// # Ok::<_, toolrm_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct Replace {
    path: PathBuf,
    temporary: PathBuf,
    /// `None` once it was closed.
    file: Option<BufWriter<File>>,
}

const FIX: &str = "choose another path or free the disk";

impl Replace {
    /// Opens the temporary file. A folder that is missing is made.
    pub fn create(path: &Path) -> Result<Self, DataError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| locked(path, &temporary));
        let file = made.map_err(|e| Place::file(path).io("cannot create", &e, FIX))?;
        Ok(Self { path: path.to_owned(), temporary, file: Some(BufWriter::new(file)) })
    }

    /// The name it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the file, on disk, and gives it its name.
    pub fn finish(mut self) -> Result<(), DataError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        // Open, so locked, until it has its name.
        let written = file.into_inner().map_err(io::IntoInnerError::into_error);
        let renamed = written.and_then(|file| {
            file.sync_all()?;
            fs::rename(&self.temporary, &self.path)
        });
        renamed.map_err(|e| {
            // The write error is what matters; what is left of the temporary file is the least of it.
            drop(fs::remove_file(&self.temporary));
            Place::file(&self.path).io("cannot write", &e, FIX)
        })
    }

    /// Writes a whole file at once.
    pub fn write(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
        let mut file = Self::create(path)?;
        file.write_all(bytes).map_err(|e| Place::file(path).io("cannot write", &e, FIX))?;
        file.finish()
    }
}

impl Write for Replace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Replace {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            drop(fs::remove_file(&self.temporary));
        }
    }
}

/// Makes a folder of files that belong together, and takes away the last one written of them: from here on the folder is none of that kind
/// until that file is there again.
pub fn begin(folder: &Path, last: &str) -> Result<(), DataError> {
    let failed = |e: io::Error| {
        Place::file(folder).io("cannot write into the folder", &e, "choose another folder or free the disk")
    };
    fs::create_dir_all(folder).map_err(failed)?;
    match fs::remove_file(folder.join(last)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(e)),
        _ => Ok(()),
    }
}

/// Makes the temporary file, and keeps it locked: that it is being written is what tells it from a leftover.
fn locked(path: &Path, temporary: &Path) -> io::Result<File> {
    sweep(path);
    loop {
        let file = File::create(temporary)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(io::Error::other("another writer is at it")),
            // Where the file system has no locks we do without.
            Err(TryLockError::Error(_)) => return Ok(file),
            // Another process may have taken it for a leftover before it was locked.
            Ok(()) if temporary.exists() => return Ok(file),
            Ok(()) => {}
        }
    }
}

/// Removes the temporary files of this path that nobody holds. What cannot be looked at or removed does no harm.
fn sweep(path: &Path) {
    let (Some(name), Some(folder)) = (path.file_name().and_then(OsStr::to_str), path.parent()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let process =
            found.to_str().and_then(|found| found.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".tmp"));
        if process.is_some_and(|process| process.bytes().all(|byte| byte.is_ascii_digit()))
            && let Ok(file) = File::options().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/out.json");
        Replace::write(&path, b"old").unwrap();
        let mut file = Replace::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Replace::create(&file.join("below")).unwrap_err().to_string();
        assert!(error.contains("below: cannot create") && error.contains("choose another path"), "{error}");
    }

    #[test]
    fn what_killed_writers_left_is_removed_what_others_write_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        for name in ["out.json.1.tmp", "out.json.99999.tmp", "out.json.x.tmp", "other.json.1.tmp"] {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        let held = File::create(folder.path().join("out.json.2.tmp")).unwrap();
        held.lock().unwrap();
        let again = Replace::create(&path).unwrap();
        let error = Replace::create(&path).unwrap_err().to_string();
        assert!(error.contains("out.json: cannot create: another writer is at it"), "{error}");
        again.finish().unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["other.json.1.tmp", "out.json", "out.json.2.tmp", "out.json.x.tmp"]);
    }
}
