//! Runs the built `toolrm` from the workspace root, as a reader of `--help` would.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

pub mod kill;
pub mod leaderboard;

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// The output as JSON lines.
    pub fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// The output as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("one JSON document")
    }
}

/// The command, ready to run without colours from the environment.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolrm"));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// Runs `toolrm` with these arguments.
pub fn toolrm(args: &[&str]) -> Run {
    finish(command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(), b"")
}

/// Runs `toolrm` with these arguments and this standard input.
pub fn toolrm_with_stdin(args: &[&str], stdin: &[u8]) -> Run {
    let mut command = command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(command.spawn().unwrap(), stdin)
}

fn finish(mut child: std::process::Child, stdin: &[u8]) -> Run {
    if let Some(mut pipe) = child.stdin.take() {
        // The command may end without reading everything: that is no failure of the test.
        let _ = pipe.write_all(stdin);
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8 output");
    Run { code: output.status.code().expect("ended by itself"), out: text(output.stdout), err: text(output.stderr) }
}

/// The workspace root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of this test's own, in the build's temporary folder.
pub fn scratch(name: &str, content: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Every file below a folder by its path inside, but for `timing.json`, which differs from run to run. A folder that is missing has none.
pub fn files(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(&inside).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "timing.json") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Packs a folder as a tar archive with zstd.
pub fn pack_tar(folder: &str, to: &str) {
    let file = zstd::Encoder::new(std::fs::File::create(to).unwrap(), 3).unwrap();
    let mut archive = tar::Builder::new(file);
    archive.append_dir_all(".", folder).unwrap();
    archive.into_inner().unwrap().finish().unwrap();
}

/// Packs a folder as a zip archive, as a wheel is one.
pub fn pack_zip(folder: &str, to: &str) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(to).unwrap());
    for (name, bytes) in files(folder) {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap();
}
