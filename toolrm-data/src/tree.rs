//! [`Tree`]: files by path, of a folder, a zip archive (a Python wheel is one) or a tar archive.

use std::{
    cell::Cell,
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    rc::Rc,
};

use crate::{
    error::{DataError, Fault, Place},
    input::{Input, decompressed},
};

/// Files by path. Nothing is unpacked: an archive is read from front to back, its files are handed on as they come.
///
/// ```
/// use toolrm_data::tree::Tree;
/// # let folder = tempfile::tempdir().unwrap();
/// # std::fs::create_dir(folder.path().join("runs")).unwrap();
/// # std::fs::write(folder.path().join("runs/a.jsonl"), "{}\n{}\n").unwrap();
/// let tree = Tree::open(folder.path())?;
/// let mut lines = 0;
/// tree.visit(|path| path.ends_with(".jsonl"), |path, mut file| {
///     assert_eq!(path, "runs/a.jsonl");
///     while file.next_line()?.is_some() {
///         lines += 1;
///     }
///     Ok::<_, toolrm_data::DataError>(())
/// })?;
/// assert_eq!(lines, 2);
/// # Ok::<_, toolrm_data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tree {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    File,
    Folder,
    Zip,
    Tar,
}

const KNOWN: &str = "give a folder, a zip archive or wheel, or a tar archive (plain, gzip or zstd)";
const DAMAGED: &str = "the archive may be truncated or damaged: get it again";

impl Tree {
    /// Recognises what a path is by its content: a folder, a zip archive, or a tar archive (plain, gzip, zstd).
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let place = Place::file(path);
        let unopened = |e: io::Error| place.io("cannot open", &e, "check the path and its permissions");
        let kind = if fs::metadata(path).map_err(unopened)?.is_dir() {
            Kind::Folder
        } else {
            let mut head = Vec::new();
            File::open(path).map_err(unopened)?.take(4).read_to_end(&mut head).map_err(unopened)?;
            if head == *b"PK\x03\x04" || head == *b"PK\x05\x06" { Kind::Zip } else { tar_or_fault(path, &place)? }
        };
        Ok(Self { path: path.to_owned(), kind })
    }

    /// As [`Tree::open`]; what is neither a folder nor an archive (of one file that cannot be unpacked this cannot be said) is a single
    /// file.
    pub fn open_any(path: &Path) -> Result<Self, DataError> {
        match Self::open(path) {
            Ok(tree) => Ok(tree),
            Err(_) if path.is_file() && File::open(path).is_ok() => {
                Ok(Self { path: path.to_owned(), kind: Kind::File })
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it is a single file and neither folder nor archive.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File)
    }

    /// The folder or archive.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands on every file whose path is wanted. Paths are relative, with `/`; those of a folder come sorted, those of an archive as
    /// they lie in it. What a file is packed with (zstd, gzip) is undone.
    pub fn visit<E: From<DataError>>(
        &self,
        wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(&str, Input) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.kind {
            Kind::File => self.visit_file(&wanted, &mut each),
            Kind::Folder => self.visit_folder(&wanted, &mut each),
            Kind::Zip => self.visit_zip(&wanted, &mut each),
            Kind::Tar => self.visit_tar(&wanted, &mut each),
        }
    }

    /// The place of a file inside.
    pub fn place(&self, inside: &str) -> Place {
        match self.kind {
            Kind::File => Place::file(&self.path),
            Kind::Folder => Place::file(&self.path.join(inside)),
            _ => Place::new(format!("{}: {inside}", self.path.display())),
        }
    }

    fn visit_file<E: From<DataError>>(
        &self,
        wanted: &dyn Fn(&str) -> bool,
        each: &mut dyn FnMut(&str, Input) -> Result<(), E>,
    ) -> Result<(), E> {
        let name = self.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if wanted(&name) { each(&name, Input::open(&self.path)?) } else { Ok(()) }
    }

    fn visit_folder<E: From<DataError>>(
        &self,
        wanted: &dyn Fn(&str) -> bool,
        each: &mut dyn FnMut(&str, Input) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut found = Vec::new();
        walk(&self.path, "", &mut found)?;
        found.sort();
        for inside in found.iter().filter(|inside| wanted(inside)) {
            each(inside, Input::open(&self.path.join(inside))?)?;
        }
        Ok(())
    }

    fn visit_zip<E: From<DataError>>(
        &self,
        wanted: &dyn Fn(&str) -> bool,
        each: &mut dyn FnMut(&str, Input) -> Result<(), E>,
    ) -> Result<(), E> {
        let damaged =
            |what: &str| Place::file(&self.path).error(Fault::new(format!("not a zip archive: {what}"), DAMAGED));
        let file = File::open(&self.path).map_err(|e| damaged(&e.to_string()))?;
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(&e.to_string()))?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|e| damaged(&e.to_string()))?;
            let inside = entry.name().map_err(|e| damaged(&e.to_string()))?.into_owned();
            if entry.is_dir() || !wanted(&inside) {
                continue;
            }
            let place = self.place(&inside);
            each(&inside, unpacked(place, &mut entry)?)?;
        }
        Ok(())
    }

    fn visit_tar<E: From<DataError>>(
        &self,
        wanted: &dyn Fn(&str) -> bool,
        each: &mut dyn FnMut(&str, Input) -> Result<(), E>,
    ) -> Result<(), E> {
        let here = Place::file(&self.path);
        let damaged = |e: io::Error| here.io("cannot read the tar archive", &e, DAMAGED);
        let zeros = Rc::new(Cell::new(0));
        let raw = decompressed(File::open(&self.path).map_err(damaged)?).map_err(damaged)?;
        let mut archive = tar::Archive::new(CountZeros { inner: raw, zeros: Rc::clone(&zeros) });
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let inside = entry.path().map_err(damaged)?.to_string_lossy().into_owned();
            if !entry.header().entry_type().is_file() || !wanted(&inside) {
                continue;
            }
            let place = self.place(&inside);
            each(&inside, unpacked(place, &mut entry)?)?;
        }
        if zeros.get() < TAR_BLOCK {
            return Err(here.error(Fault::new("the tar archive ends without its end mark", DAMAGED)).into());
        }
        Ok(())
    }
}

/// Largest file that is taken out of an archive: what is larger is no record file, and may be a decompression bomb.
const MAX_FILE_BYTES: u64 = 1 << 30;

fn unpacked(place: Place, entry: &mut dyn Read) -> Result<Input, DataError> {
    let mut bytes = Vec::new();
    let read = entry.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    if read.map_err(|e| place.io("cannot unpack", &e, DAMAGED))? as u64 > MAX_FILE_BYTES {
        return Err(place.error(Fault::new("a file larger than 1 GiB", "unpack the archive and give its folder")));
    }
    Input::of(place, io::Cursor::new(bytes))
}

/// A tar archive ends in blocks of zeros; the library takes a cut between two files for its end.
const TAR_BLOCK: u64 = 512;

/// Counts the zeros at the end of what was read.
struct CountZeros<R> {
    inner: R,
    zeros: Rc<Cell<u64>>,
}

impl<R: Read> Read for CountZeros<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let before = if zeros == read { self.zeros.get() } else { 0 };
        self.zeros.set(before + zeros as u64);
        Ok(read)
    }
}

fn tar_or_fault(path: &Path, place: &Place) -> Result<Kind, DataError> {
    let damaged = |e: io::Error| place.io("cannot read", &e, DAMAGED);
    let mut head = Vec::new();
    let raw = decompressed(File::open(path).map_err(damaged)?).map_err(damaged)?;
    raw.take(TAR_BLOCK).read_to_end(&mut head).map_err(damaged)?;
    if head.get(257..262) == Some(b"ustar") {
        return Ok(Kind::Tar);
    }
    Err(place.error(Fault::new("neither a folder nor an archive", KNOWN)))
}

fn walk(root: &Path, inside: &str, found: &mut Vec<String>) -> Result<(), DataError> {
    let folder = root.join(inside);
    let place = Place::file(&folder);
    let unread = |e: io::Error| place.io("cannot read the folder", &e, "check its permissions");
    for entry in fs::read_dir(&folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if fs::metadata(entry.path()).map_err(unread)?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn contents(path: &Path) -> Result<Vec<(String, String)>, DataError> {
        let mut all = Vec::new();
        Tree::open(path)?.visit(
            |inside| inside.contains(".txt"),
            |inside, file| {
                all.push((inside.to_owned(), file.read_text()?.1));
                Ok::<_, DataError>(())
            },
        )?;
        Ok(all)
    }

    fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn folders_and_archives_hold_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let zst = zstd::encode_all(&b"packed"[..], 1).unwrap();
        let files: [(&str, &[u8]); 3] = [("a/x.txt", b"one"), ("b.txt.zst", &zst), ("c.bin", b"no")];
        let root = folder.path().join("tree");
        fs::create_dir_all(root.join("a")).unwrap();
        for (path, bytes) in files {
            fs::write(root.join(path), bytes).unwrap();
        }
        let tar = tar_of(&files);
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (path, bytes) in files {
            zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let packed = [
            ("t.tar", tar.clone()),
            ("t.tar.zst", zstd::encode_all(&tar[..], 1).unwrap()),
            ("t.whl", zip.finish().unwrap().into_inner()),
        ];
        let expected = vec![("a/x.txt".to_owned(), "one".to_owned()), ("b.txt.zst".to_owned(), "packed".to_owned())];
        assert_eq!(contents(&root).unwrap(), expected);
        for (name, bytes) in packed {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            assert_eq!(contents(&path).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn truncated_archives_are_errors_wherever_they_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.tar");
        let tar = tar_of(&[("a.txt", &[b'x'; 700]), ("b.txt", b"two")]);
        let whole = tar.len();
        for cut in [600, 1536, 1600, 2048, whole - 1024] {
            fs::write(&path, &tar[..cut]).unwrap();
            let error = contents(&path).unwrap_err().to_string();
            assert!(error.contains("t.tar") && error.contains("get it again"), "{cut}: {error}");
        }
        let zst = zstd::encode_all(&tar[..], 1).unwrap();
        fs::write(&path, &zst[..zst.len() / 2]).unwrap();
        assert!(contents(&path).unwrap_err().to_string().contains("get it again"));
        fs::write(&path, b"PK\x03\x04 and then nothing").unwrap();
        assert!(contents(&path).unwrap_err().to_string().contains("not a zip archive"));
    }

    #[test]
    fn a_single_file_is_a_tree_where_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.jsonl.zst");
        fs::write(&path, zstd::encode_all(&b"{}"[..], 1).unwrap()).unwrap();
        let tree = Tree::open_any(&path).unwrap();
        let mut met = Vec::new();
        for wanted in ["one.jsonl.zst", "other"] {
            let read = tree.visit(
                |inside| inside == wanted,
                |inside, file| {
                    met.push((inside.to_owned(), file.read_text()?.1));
                    Ok::<_, DataError>(())
                },
            );
            read.unwrap();
        }
        assert_eq!(met, [("one.jsonl.zst".to_owned(), "{}".to_owned())]);
        assert!(tree.is_file() && !Tree::open_any(folder.path()).unwrap().is_file());
        assert!(Tree::open_any(&folder.path().join("y")).unwrap_err().to_string().contains("cannot open"));
    }

    #[test]
    fn what_is_neither_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "{}").unwrap();
        assert!(contents(&path).unwrap_err().to_string().contains("neither a folder nor an archive; give a folder"));
        assert!(contents(&folder.path().join("y")).unwrap_err().to_string().contains("cannot open"));
    }
}
