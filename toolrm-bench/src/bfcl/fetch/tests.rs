//! Without a network: what pip would do is done by a script.

use std::io::Write;

use super::*;

const QUESTION: &str = r#"{"id": "irrelevance_0", "question": [[{"role": "user", "content": "Hm?"}]], "function": []}"#;

fn wheel(question: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    zip.start_file("bfcl_eval/data/BFCL_v4_irrelevance.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(question.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn options(cache: &Path, version: &str, python: &str) -> FetchOptions {
    FetchOptions { version: version.into(), cache: Some(cache.to_owned()), from: None, python: python.into() }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Fetches with a Python that runs this shell script; `$2` is the folder to download into.
#[cfg(unix)]
fn fetch_with(cache: &Path, version: &str, script: &str) -> Result<Fetched, FetchError> {
    use std::{os::unix::fs::PermissionsExt, sync::Mutex};
    // A script that is being written cannot be run, and a process that is being started holds what others have open.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("python");
    fs::write(&python, format!("#!/bin/sh\nwhile [ \"$1\" != -d ]; do shift; done\n{script}\n")).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    fetch(&options(cache, version, python.to_str().unwrap()), |_| {})
}

/// A script that leaves this wheel.
#[cfg(unix)]
fn leaves(folder: &Path, bytes: &[u8]) -> String {
    let path = folder.join("published.whl");
    fs::write(&path, bytes).unwrap();
    format!("cp '{}' \"$2/bfcl_eval-9.9-py3-none-any.whl\"", path.display())
}

#[cfg(unix)]
#[test]
fn what_is_fetched_is_whole_and_needs_no_network_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let first = fetch_with(&cache, "9.9", &leaves(folder.path(), &wheel(QUESTION))).unwrap();
    assert_eq!((first.was_there, first.questions.len()), (false, 1));
    assert_eq!(names(&cache), ["bfcl-eval-9.9"]);
    assert_eq!(names(&cache.join("bfcl-eval-9.9")), ["bfcl_eval-9.9-py3-none-any.whl", "source.json"]);
    let (_, source) = read_document(&cache.join("bfcl-eval-9.9/source.json")).unwrap();
    assert_eq!(source["questions"], serde_json::json!({"irrelevance": 1}));
    assert_eq!(source["fingerprint"], first.questions.fingerprint().to_string());
    let mut steps = Vec::new();
    let again = fetch(&options(&cache, "9.9", "no-such-python"), |step| steps.push(step)).unwrap();
    assert_eq!((again.was_there, again.sha256, again.path), (true, first.sha256, first.path.clone()));
    assert_eq!(steps, [Step::Checking, Step::Reading]);
    fs::write(&first.path, wheel("")).unwrap();
    let error = fetch(&options(&cache, "9.9", "no-such-python"), |_| {}).unwrap_err();
    assert!(matches!(error, FetchError::Checksum { .. }), "{error}");
    assert!(error.to_string().contains("remove it and fetch again"));
}

#[cfg(unix)]
#[test]
fn what_fails_says_why_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let said = |words: &str| format!("echo \"{words}\" >&2; exit 1");
    let none = "ERROR: Could not find a version that satisfies the requirement bfcl-eval==9.9 (from versions: ";
    let kind = |version: &str, script: &str| {
        let error = fetch_with(&cache, version, script).unwrap_err();
        assert_eq!(names(&cache), <[&str; 0]>::default(), "{error}");
        error
    };
    assert!(matches!(kind("9.9", &said("python: No module named pip")), FetchError::NoPip { .. }));
    assert!(matches!(kind("9.9", &said(&format!("{none}none)"))), FetchError::Offline { .. }));
    assert!(matches!(kind("9.9", &said(&format!("{none}1.0, 2.0)"))), FetchError::NoVersion { .. }));
    let full = kind("9.9", &said("No space left on device"));
    assert!(full.to_string().contains("No space left on device") && matches!(full, FetchError::Pip { .. }), "{full}");
    assert!(kind("9.9", "exit 0").to_string().contains("no wheel was left"));
    let other = kind(VERSION, &leaves(folder.path(), &wheel(QUESTION)));
    assert!(other.to_string().contains(SHA256) && matches!(other, FetchError::Checksum { .. }), "{other}");
    let bytes = wheel(QUESTION);
    let cut = kind("9.9", &leaves(folder.path(), &bytes[..bytes.len() / 2]));
    assert!(cut.to_string().contains("not a zip archive"), "{cut}");
    assert!(kind("9.9", &leaves(folder.path(), &wheel("{}"))).to_string().contains("json:1: \"id\" is missing"));
}

#[test]
fn what_cannot_start_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&options(folder.path(), "9.9", "no-such-python"), |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("cannot run no-such-python: "), "{error}");
    assert_eq!(names(folder.path()).len(), 0);
    fs::create_dir(folder.path().join("bfcl-eval-9.9")).unwrap();
    let foreign = fetch(&options(folder.path(), "9.9", "no-such-python"), |_| {}).unwrap_err().to_string();
    assert!(
        foreign.ends_with("bfcl-eval-9.9: no source.json, so not what was fetched; remove the folder and fetch again")
    );
    for version in ["", "../x", "1 --pre", "-1"] {
        let error = fetch(&options(folder.path(), version, "no-such-python"), |_| {}).unwrap_err();
        assert!(matches!(error, FetchError::Version { .. }), "{error}");
    }
}

#[test]
fn what_is_there_is_checked_and_used_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bfcl_eval-9.9-py3-none-any.whl");
    fs::write(&path, wheel(QUESTION)).unwrap();
    let given = |path: &Path| {
        fetch(&FetchOptions { from: Some(path.to_owned()), ..options(folder.path(), "x", "no-such-python") }, |_| {})
    };
    let there = given(&path).unwrap();
    assert_eq!((there.path.as_path(), there.version.as_deref(), there.was_there), (path.as_path(), Some("9.9"), true));
    assert_eq!(there.sha256.map(|sum| sum.len()), Some(64));
    let official = folder.path().join(format!("bfcl_eval-{VERSION}-py3-none-any.whl"));
    fs::copy(&path, &official).unwrap();
    assert!(matches!(given(&official).unwrap_err(), FetchError::Checksum { .. }));
    fs::write(folder.path().join("BFCL_v4_irrelevance.json"), QUESTION).unwrap();
    let unpacked = given(folder.path()).unwrap();
    assert_eq!((unpacked.sha256, unpacked.version), (None, None));
    assert_eq!(unpacked.questions.fingerprint(), there.questions.fingerprint());
    assert!(given(&folder.path().join("none")).unwrap_err().to_string().contains("cannot open"));
}

#[test]
fn questions_are_found_by_path_by_variable_and_in_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let variables = |set: &'static [(&str, &str)]| {
        let cache = folder.path().join("cache").into_os_string();
        move |name: &str| match set.iter().find(|(known, _)| *known == name) {
            Some((_, "CACHE")) => Some(cache.clone()),
            other => other.map(|(_, value)| value.into()),
        }
    };
    assert_eq!(locate_by(Some(Path::new("a")), variables(&[("TOOLRM_BFCL", "b")])), Some("a".into()));
    assert_eq!(locate_by(None, variables(&[("TOOLRM_BFCL", "b"), ("TOOLRM_CACHE", "CACHE")])), Some("b".into()));
    let there = variables(&[("TOOLRM_BFCL", ""), ("TOOLRM_CACHE", "CACHE")]);
    assert_eq!(locate_by(None, &there), None);
    let fetched = folder.path().join(format!("cache/bfcl-eval-{VERSION}"));
    fs::create_dir_all(&fetched).unwrap();
    let source = Source {
        package: PACKAGE.into(),
        version: VERSION.into(),
        wheel: "w.whl".into(),
        sha256: SHA256.into(),
        questions: BTreeMap::new(),
        fingerprint: String::new(),
    };
    fs::write(fetched.join(SOURCE), serde_json::to_string(&source).unwrap()).unwrap();
    assert_eq!(locate_by(None, &there), None, "the wheel is gone");
    fs::write(fetched.join("w.whl"), "").unwrap();
    assert_eq!(locate_by(None, &there), Some(fetched.join("w.whl")));
    let cache = |set| cache_folder_by(variables(set));
    assert_eq!(cache(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]), Some("/x/toolrm".into()));
    assert_eq!(cache(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]), Some("/h/.cache/toolrm".into()));
    assert_eq!(cache(&[]), None);
}
