//! SHA-256 of files and bytes, as hexadecimal digits.

use std::{fs::File, io, path::Path};

use sha2::{Digest, Sha256};

use crate::error::{DataError, Place};

/// The bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The SHA-256 of bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of a file, and its length in bytes.
pub fn of_file(path: &Path) -> Result<(String, u64), DataError> {
    let mut hasher = HashWriter::default();
    let copied = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher));
    let bytes = copied.map_err(|e| Place::file(path).io("cannot read", &e, "check the path and its permissions"))?;
    Ok((hasher.finish(), bytes))
}

/// Hashes what is written to it.
#[derive(Debug, Default)]
pub struct HashWriter(Sha256);

impl HashWriter {
    /// The SHA-256 of all that was written.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

impl io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_hashes_as_its_bytes_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        // FIPS 180-4's example.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_file(&path).unwrap(), (expected.to_owned(), 3));
        assert_eq!(of_bytes(b"abc"), expected);
        assert!(of_file(&folder.path().join("b")).unwrap_err().to_string().contains("cannot read"));
    }
}
