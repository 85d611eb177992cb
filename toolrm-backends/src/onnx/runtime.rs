//! The library of ONNX Runtime: where it is, and the one environment a process has.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ort::environment::Environment;

use crate::LoadError;

/// The library that was loaded, and its environment.
static RUNTIME: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// How to get one.
const HELP: &str = "install ONNX Runtime 1.24 or newer (`pip install onnxruntime`, or a release of the project) and name the \
                    library, libonnxruntime.so.*, with OnnxOptions::with_library or the environment variable ORT_DYLIB_PATH";

/// The environment, with the library loaded when this is the first call.
pub(super) fn environment(asked: Option<&Path>) -> Result<Environment, LoadError> {
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((loaded, environment)) = &*runtime {
        return match asked {
            Some(asked) if real(asked)? != *loaded => Err(failed(
                format!(
                    "ONNX Runtime was loaded from {} already, and a process can have one: {} cannot be loaded too",
                    loaded.display(),
                    asked.display()
                ),
                None,
            )),
            _ => Ok(environment.clone()),
        };
    }
    let library = library(asked)?;
    let builder = ort::init_from(&library)
        .map_err(|e| failed(format!("the library of ONNX Runtime cannot be loaded ({e}): {HELP}"), Some(e.into())))?;
    let environment =
        builder.with_name("toolrm").with_telemetry(false).build().map_err(|e| {
            failed(format!("ONNX Runtime from {} does not start: {e}", library.display()), Some(e.into()))
        })?;
    tracing::debug!(library = %library.display(), build = ort::info(), "loaded ONNX Runtime");
    Ok(runtime.insert((library, environment)).1.clone())
}

/// Loads the library, and says what it is.
///
/// # Errors
/// As for a model: no library, or none that can be used.
pub fn library_info(library: Option<&Path>) -> Result<String, LoadError> {
    environment(library)?;
    Ok(ort::info().to_owned())
}

fn failed(what: String, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> LoadError {
    LoadError::Runtime { what, source }
}

/// The path without links: the same library by two names is the same.
fn real(path: &Path) -> Result<PathBuf, LoadError> {
    fs::canonicalize(path)
        .map_err(|e| failed(format!("the library of ONNX Runtime, {}: {e}; {HELP}", path.display()), Some(e.into())))
}

/// Where the library is. What was named must be there; it is not looked for elsewhere.
fn library(asked: Option<&Path>) -> Result<PathBuf, LoadError> {
    let named = env::var_os("ORT_DYLIB_PATH").filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(path) = asked.map(Path::to_owned).or(named) {
        return real(&path);
    }
    let found = folders().iter().find_map(|folder| newest_in(folder));
    // The system's loader knows more places: LD_LIBRARY_PATH, its cache.
    found.map_or_else(
        || Ok(PathBuf::from(format!("{}onnxruntime{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX))),
        |f| real(&f),
    )
}

/// The folders a library may be in, the nearest first.
fn folders() -> Vec<PathBuf> {
    let program = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned));
    let python = env::var_os("VIRTUAL_ENV").or_else(|| env::var_os("CONDA_PREFIX")).map(PathBuf::from);
    let versions = python.iter().flat_map(|home| [home.join("lib"), home.join("Lib")]).flat_map(|lib| {
        let below = fs::read_dir(&lib).into_iter().flatten().flatten().map(|entry| entry.path());
        below
            .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("python")))
            .chain([lib])
            .collect::<Vec<_>>()
    });
    let packages = versions.map(|version| version.join("site-packages/onnxruntime/capi"));
    let system = ["/usr/local/lib", "/opt/homebrew/lib", "/usr/lib", "/usr/lib64"].map(PathBuf::from);
    let multiarch = PathBuf::from(format!("/usr/lib/{}-linux-gnu", env::consts::ARCH));
    program.into_iter().chain(packages).chain(system).chain([multiarch]).collect()
}

/// The library in a folder; of several versions the last by name.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let stem = format!("{}onnxruntime.", env::consts::DLL_PREFIX);
    let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.filter(|p| p.file_name().is_some_and(|n| is_library(&n.to_string_lossy(), &stem))).max()
}

/// `libonnxruntime.so`, `libonnxruntime.so.1.24.1`, `libonnxruntime.1.24.1.dylib`, `onnxruntime.dll`.
fn is_library(name: &str, stem: &str) -> bool {
    let suffix = env::consts::DLL_SUFFIX;
    name.starts_with(stem) && (name.ends_with(suffix) || name.contains(&format!("{suffix}.")))
}
