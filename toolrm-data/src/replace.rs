//! Outputs that are whole or not there: written to a temporary name beside the destination, renamed when they are done.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::error::{DataError, Place};

/// A file that takes its name only when it is whole. Dropped before [`Replace::finish`], it leaves what was there before.
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
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&temporary));
        let file = made.map_err(|e| Place::file(path).io("cannot create", &e, FIX))?;
        Ok(Self { path: path.to_owned(), temporary, file: Some(BufWriter::new(file)) })
    }

    /// The name it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the file, on disk, and gives it its name.
    pub fn finish(mut self) -> Result<(), DataError> {
        let file = self.file.take();
        let written = file.map_or(Ok(()), |file| file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all());
        let renamed = written.and_then(|()| fs::rename(&self.temporary, &self.path));
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
}
