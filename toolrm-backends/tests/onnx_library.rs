//! The library of ONNX Runtime: missing, broken, too old, another one than before. A process loads it once, so each case
//! that must be the first to ask for it runs this program again.

#![cfg(feature = "onnx")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

#[path = "common/onnx.rs"]
mod onnx;

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use onnx::{fixture, library};
use toolrm_backends::{
    LoadError,
    onnx::{OnnxModel, OnnxOptions},
};

/// Set in the processes that a test starts: paths of libraries to load, one after the other.
const CHILD: &str = "TOOLRM_TEST_ONNX_LIBRARIES";

/// What a child does: tries them in order ("" for "none named") and prints what came of each.
#[test]
fn child() {
    let Ok(paths) = env::var(CHILD) else { return };
    for path in env::split_paths(&paths) {
        let options = if path.as_os_str().is_empty() {
            OnnxOptions::default()
        } else {
            OnnxOptions::default().with_library(&path)
        };
        match OnnxModel::load(fixture("onnx-odd/sum.onnx"), &options) {
            Ok(_) => println!("[loaded]"),
            Err(LoadError::Runtime { what, .. }) => println!("[runtime error: {what}]"),
            Err(other) => println!("[another error: {other}]"),
        }
    }
}

/// Tries the libraries in a process that knows no other, but for `ORT_DYLIB_PATH` where it is given.
fn tried(libraries: &[&Path], variable: Option<&Path>) -> Vec<String> {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(CHILD, env::join_paths(libraries).unwrap());
    for name in ["ORT_DYLIB_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH"] {
        command.env_remove(name);
    }
    if let Some(path) = variable {
        command.env("ORT_DYLIB_PATH", path);
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{stdout}\n{stderr}");
    let said: Vec<String> =
        stdout.lines().filter_map(|line| Some(line.split_once('[')?.1.strip_suffix(']')?.to_owned())).collect();
    assert_eq!(said.len(), libraries.len(), "{stdout}");
    said
}

#[test]
fn no_library_says_how_to_get_one() {
    let nothing = Path::new("");
    match tried(&[nothing, nothing], None).as_slice() {
        [first, ..] if first == "loaded" => {
            println!("SKIPPED: no_library_says_how_to_get_one: the system has a library of ONNX Runtime");
        }
        all => assert!(
            all.iter().all(|said| said.starts_with("runtime error") && said.contains("pip install onnxruntime")),
            "{all:?}"
        ),
    }
}

#[test]
fn a_named_library_that_is_not_there_is_not_looked_for_elsewhere() {
    let Some(library) = library("a_named_library_that_is_not_there_is_not_looked_for_elsewhere") else { return };
    let bogus = Path::new("/no/such/libonnxruntime.so");
    let said = tried(&[bogus, Path::new("")], Some(bogus));
    assert!(
        said.iter().all(|s| s.starts_with("runtime error") && s.contains("/no/such/libonnxruntime.so")),
        "{said:?}"
    );
    // The process is none the worse for it.
    assert_eq!(tried(&[bogus, &library], None)[1], "loaded");
}

#[test]
fn the_environment_variable_names_it() {
    let Some(library) = library("the_environment_variable_names_it") else { return };
    assert_eq!(tried(&[Path::new("")], Some(&library)), ["loaded"]);
}

#[test]
fn a_file_that_is_no_library_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("libonnxruntime.so");
    fs::write(&text, "no library").unwrap();
    let said = tried(&[&text, folder.path()], None);
    assert!(said.iter().all(|s| s.starts_with("runtime error") && s.contains("cannot be loaded")), "{said:?}");
}

#[test]
fn libraries_that_are_old_or_other_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let build = |name: &str, source: &str| {
        let (c, so) = (folder.path().join(format!("{name}.c")), folder.path().join(format!("lib{name}.so")));
        fs::write(&c, source).unwrap();
        let built = Command::new("cc").arg("-shared").arg("-fPIC").arg("-o").arg(&so).arg(&c).status();
        built.is_ok_and(|status| status.success()).then_some(so)
    };
    let old = "static const char *version(void) { return \"1.10.0\"; }
               static const void *api(unsigned v) { return 0; }
               static const struct { const void *(*api)(unsigned); const char *(*version)(void); } base = { api, version };
               const void *OrtGetApiBase(void) { return &base; }";
    let (Some(old), Some(other)) = (build("old", old), build("other", "int nothing(void) { return 0; }")) else {
        println!("SKIPPED: libraries_that_are_old_or_other_are_errors: no C compiler");
        return;
    };
    let said = tried(&[&old, &other], None);
    assert!(
        said[0].starts_with("runtime error") && said[0].contains("got '1.10.0'") && said[0].contains("1.24"),
        "{said:?}"
    );
    assert!(said[1].starts_with("runtime error") && said[1].contains("OrtGetApiBase"), "{said:?}");
}

#[test]
fn another_library_later_is_an_error() {
    let Some(library) = library("another_library_later_is_an_error") else { return };
    let model = fixture("onnx-odd/sum.onnx");
    let load = |path: &Path| OnnxModel::load(&model, &OnnxOptions::default().with_library(path));
    load(&library).unwrap();
    // Which file it is does not matter: it is not even opened.
    let error = load(&model).unwrap_err();
    assert!(matches!(&error, LoadError::Runtime { what, .. } if what.contains("a process can have one")), "{error}");
    load(&library).unwrap();
    // The same one by another name is the same.
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("libonnxruntime.so");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&library, &link).unwrap();
    #[cfg(unix)]
    load(&link).unwrap();
}
