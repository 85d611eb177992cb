//! What a path says: result or score file, whose, of which category, in which version's names.

use crate::bfcl::{
    category::{Category, UnknownCategory},
    ids::Version,
};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the leaderboard writes these two")]
pub enum FileKind {
    /// Answers.
    Result,
    /// Labels of the answers that failed.
    Score,
}

/// A result or score file, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunFile {
    /// What it holds.
    pub kind: FileKind,
    /// Whose answers: `source:model`, or the model alone where the path names no source.
    pub model: String,
    /// Where they come from; empty where the path does not say.
    pub source: String,
    /// The category by its name in the path.
    pub category: Result<Category, UnknownCategory>,
    /// Whose names it uses.
    pub version: Version,
}

/// Short names of sources, by a part of the path: what a model is called is `source:model`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceNames(Vec<(String, String)>);

impl Default for SourceNames {
    /// The repositories whose runs are published with result and score files.
    fn default() -> Self {
        Self::new([
            ("HuanzhiMao__BFCL-Result", "bfcl-result"),
            ("aaronwu901225main__gorilla", "aaronwu"),
            ("gianmarcoalessio__AAFV/data", "aafv-quantize"),
            ("gianmarcoalessio__AAFV", "aafv"),
            ("limyixiang__Ctrl-G", "ctrl-g"),
            ("bbrowning__bfcl-vllm-results", "gpt-oss"),
            ("dwaqas__assertion-cc", "dwaqas"),
        ])
    }
}

impl SourceNames {
    /// Pairs of (part of the path, short name); the first part that is found counts.
    pub fn new<A: Into<String>, B: Into<String>>(names: impl IntoIterator<Item = (A, B)>) -> Self {
        Self(names.into_iter().map(|(part, name)| (part.into(), name.into())).collect())
    }

    /// The source of a model's folder: its short name, else the outermost folder that says more than "results are here".
    fn of(&self, folders: &[&str]) -> String {
        let path = folders.join("/");
        if let Some((_, name)) = self.0.iter().find(|(part, _)| path.contains(part.as_str())) {
            return name.clone();
        }
        let above = folders.iter().take(folders.len().saturating_sub(1));
        above.copied().find(|folder| !is_house(folder)).unwrap_or_default().to_owned()
    }
}

/// Folders that group categories below a model's folder.
const GROUPS: [&str; 5] = ["live", "non_live", "multi_turn", "agentic", "format_sensitivity"];

/// Whether a folder's name only says that results or scores are in it.
fn is_house(folder: &str) -> bool {
    matches!(folder, "result" | "results" | "score" | "scores" | "data" | ".")
}

impl RunFile {
    /// What a path with `/` says; `None` when it is no result or score file, or lies in no model's folder.
    pub fn of(path: &str, sources: &SourceNames) -> Option<Self> {
        let (folders, file) = path.rsplit_once('/')?;
        let (kind, stem) = match (file.strip_suffix("_result.json"), file.strip_suffix("_score.json")) {
            (Some(stem), _) => (FileKind::Result, stem),
            (None, Some(stem)) => (FileKind::Score, stem),
            (None, None) => return None,
        };
        let folders: Vec<&str> = folders.split('/').filter(|folder| !GROUPS.contains(folder)).collect();
        let model = folders.last().filter(|folder| !is_house(folder))?;
        let source = sources.of(&folders);
        let model = if source.is_empty() { (*model).to_owned() } else { format!("{source}:{model}") };
        let category = Category::from_any_version(category(stem));
        Some(Self { kind, model, source, category, version: Version::of_file(file) })
    }
}

/// The category's name in a file's name.
fn category(stem: &str) -> &str {
    let prefixes = ["BFCL_v4_", "BFCL_v3_", "BFCL_v2_", "gorilla_openfunctions_v1_test_"];
    prefixes.iter().find_map(|prefix| stem.strip_prefix(prefix)).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<(String, String, Version, FileKind)> {
        let file = RunFile::of(path, &SourceNames::default())?;
        let category = file.category.map_or_else(|e| format!("?{}", e.name), |c| c.to_string());
        Some((file.model, category, file.version, file.kind))
    }

    #[test]
    fn every_layout_is_recognised() {
        use FileKind::{Result, Score};
        let is = |model: &str, category: &str, version, kind| Some((model.into(), category.into(), version, kind));
        assert_eq!(
            of(
                "runs/HuanzhiMao__BFCL-Result/2024-08-11/result/m-FC/gorilla_openfunctions_v1_test_relevance_result.json"
            ),
            is("bfcl-result:m-FC", "irrelevance", Version::V1, Result)
        );
        assert_eq!(
            of("HuanzhiMao__BFCL-Result/2024-08-11/score/m-FC/parallel_function_score.json"),
            is("bfcl-result:m-FC", "parallel", Version::V1, Score)
        );
        assert_eq!(
            of("mine/result/org_m/BFCL_v3_java_result.json"),
            is("mine:org_m", "simple_java", Version::V3, Result)
        );
        assert_eq!(
            of("result/org_m/live/BFCL_v4_live_simple_result.json"),
            is("org_m", "live_simple", Version::V4, Result)
        );
        assert_eq!(
            of("./gianmarcoalessio__AAFV/data/score-quantize/m/BFCL_v3_simple_score.json"),
            is("aafv-quantize:m", "simple_python", Version::V3, Score)
        );
        assert_eq!(of("m/BFCL_v4_memory_kv_result.json"), is("m", "?memory_kv", Version::V4, Result));
    }

    #[test]
    fn other_files_are_none() {
        assert_eq!(of("result/m/notes.json"), None);
        assert_eq!(of("BFCL_v3_simple_result.json"), None);
        assert_eq!(of("result/live/BFCL_v4_live_simple_result.json"), None);
    }
}
