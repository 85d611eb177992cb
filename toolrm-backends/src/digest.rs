//! Hashes of weights, read a piece at a time: they may be larger than memory.

use std::{fs::File, io, path::Path};

use sha2::{Digest, Sha256};

/// Adds a file to a hash.
pub(crate) fn feed(path: &Path, hash: &mut Sha256) -> io::Result<()> {
    use io::Read;
    let mut file = File::open(path)?;
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(()),
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
}
