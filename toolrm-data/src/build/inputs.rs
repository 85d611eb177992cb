//! What a build reads: opened, hashed, told of.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use toolrm_core::canonical::Fingerprint;

use super::{
    config::{BuildConfig, SourceConfig},
    failed::Failures,
    manifest::{Benchmark, InputInfo},
    served::Served,
};
use crate::{
    digest::{self, HashWriter},
    error::{DataError, Fault, Place},
    overlap::{self, Index},
    source::{Source, by_name},
    tree::Tree,
};

/// A source, opened.
pub(super) struct OpenSource {
    pub(super) name: String,
    pub(super) adapter: Box<dyn Source>,
    pub(super) tree: Tree,
    pub(super) limit: Option<u64>,
}

/// All that a build reads.
pub(super) struct Inputs {
    pub(super) sources: Vec<OpenSource>,
    pub(super) infos: Vec<InputInfo>,
    pub(super) served: Served,
    pub(super) benchmarks: Vec<Benchmark>,
    pub(super) index: Index,
    /// The benchmarks' questions by id.
    pub(super) questions: HashMap<String, String>,
    pub(super) failures: Failures,
    /// Of the configuration and everything that is read.
    pub(super) fingerprint: Fingerprint,
}

impl Inputs {
    /// Opens and hashes everything a configuration names.
    ///
    /// # Errors
    /// When the configuration cannot be, or something it names is not there.
    pub(super) fn open(config: &BuildConfig, root: &Path) -> Result<Self, DataError> {
        let wrong = |what: String| Place::new("the configuration").error(Fault::new(what, "correct it"));
        config.check().map_err(|e| wrong(e.to_string()))?;
        if config.sources.is_empty() {
            let fix = "add [[sources]] with adapter and path: `toolrm data inspect --adapters` lists the adapters";
            return Err(Place::new("the configuration").error(Fault::new("no sources", fix)));
        }
        let failures = Failures::new(&config.gold.failed_patterns).map_err(|e| wrong(e.to_string()))?;
        let opened = config.sources.iter().map(|source| open(source, root)).collect::<Result<Vec<_>, _>>()?;
        let (sources, infos): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
        let served_paths: Vec<PathBuf> = config.served.iter().map(|path| root.join(path)).collect();
        let served = Served::read(&served_paths)?;
        let mut questions = Vec::new();
        let mut benchmarks = Vec::new();
        for path in &config.contamination.against {
            let at = root.join(path);
            let found = overlap::questions_of(&at)?;
            let (sha256, _) = hash_of(&at)?;
            benchmarks.push(Benchmark { path: path.clone(), sha256, questions: found.len() as u64 });
            questions.extend(found);
        }
        let rules = &config.contamination;
        let options = overlap::Options { ngram: rules.ngram, containment: rules.containment, jaccard: rules.jaccard };
        let place = Place::new("the configuration");
        let index = Index::new(questions.iter().map(|(id, text)| (id.as_str(), text.as_str())), options)
            .map_err(|fault| place.error(fault.under("contamination")))?;
        let mut parts = vec!["build/1".to_owned(), env!("CARGO_PKG_VERSION").into(), config.fingerprint().to_string()];
        parts.extend(infos.iter().map(|info| info.sha256.clone()));
        for path in &served_paths {
            parts.push(hash_of(path)?.0);
        }
        parts.extend(benchmarks.iter().map(|benchmark| benchmark.sha256.clone()));
        let fingerprint = Fingerprint::of(parts);
        Ok(Self {
            sources,
            infos,
            served,
            benchmarks,
            index,
            questions: questions.into_iter().collect(),
            failures,
            fingerprint,
        })
    }
}

fn open(source: &SourceConfig, root: &Path) -> Result<(OpenSource, InputInfo), DataError> {
    let path = root.join(&source.path);
    let place = Place::file(&path);
    let unknown = || place.error(Fault::new(format!("no adapter \"{}\"", source.adapter), "name one that there is"));
    let adapter = by_name(&source.adapter).ok_or_else(unknown)?;
    let tree = Tree::open_any(&path)?;
    let (sha256, bytes) = hash_of(&path)?;
    let info = InputInfo {
        source: source.name().to_owned(),
        adapter: source.adapter.clone(),
        path: source.path.clone(),
        about: adapter.about().to_owned(),
        bytes,
        sha256,
    };
    Ok((OpenSource { name: source.name().to_owned(), adapter, tree, limit: source.limit }, info))
}

/// SHA-256 and length: of a file, or of all files of a folder by their names in order.
fn hash_of(path: &Path) -> Result<(String, u64), DataError> {
    if !path.is_dir() {
        return digest::of_file(path);
    }
    let mut files = Vec::new();
    list(path, &mut files)?;
    files.sort();
    let (mut hasher, mut bytes) = (HashWriter::default(), 0);
    for file in files {
        let (sha256, length) = digest::of_file(&file)?;
        let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let line = format!("{sha256} {length} {name}\n");
        // A hasher takes everything.
        io::Write::write_all(&mut hasher, line.as_bytes())
            .map_err(|e| Place::file(&file).io("cannot hash", &e, "report it"))?;
        bytes += length;
    }
    Ok((hasher.finish(), bytes))
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), DataError> {
    let unread = |e: io::Error| Place::file(folder).io("cannot read", &e, "check the path and its permissions");
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
