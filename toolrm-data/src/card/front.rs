//! The YAML in front of the card: what the Hugging Face hub reads of a dataset.

use std::{collections::BTreeMap, fmt::Write};

use super::{facts::Facts, title};
use crate::build::manifest::FileInfo;

/// Files of rows that the hub reads, those it reads best first.
const READ: [&str; 5] = [".parquet", ".jsonl", ".jsonl.zst", ".jsonl.gz", ".json"];

/// The parts of a build, and what their files' names begin with.
const SPLITS: [(&str, &str); 2] = [("train", "train"), ("validation", "validation")];

/// The block between two lines of `---`.
pub(super) fn front_matter(facts: &Facts<'_>) -> String {
    let mut out = String::from("---\n");
    let _ = writeln!(out, "pretty_name: {}", quoted(&title(facts)));
    out.push_str("# Each source has a licence of its own: see the inputs below. Where none is stated, nothing may be passed on.\n");
    out.push_str("license: other\nlicense_name: each-source-its-own\n");
    out.push_str("task_categories:\n- text-generation\n- reinforcement-learning\n");
    let _ = writeln!(out, "size_categories:\n- {}", size_category(facts.all.pairs));
    out.push_str("tags:\n- preference\n- reward-model\n- tool-use\n- function-calling\n- toolrm\n");
    for provenance in facts.provenances() {
        let _ = writeln!(out, "- {}", quoted(provenance));
    }
    let configs = configs(&facts.manifest.files);
    if !configs.is_empty() {
        out.push_str("configs:\n");
    }
    for (ending, files) in configs {
        let name = if ending == 0 { "default" } else { READ.get(ending).map_or("", |e| e.trim_start_matches('.')) };
        let _ = writeln!(out, "- config_name: {}\n  data_files:", quoted(name));
        for (split, paths) in files {
            let _ = writeln!(out, "  - split: {split}\n    path:");
            for path in paths {
                let _ = writeln!(out, "    - {}", quoted(path));
            }
        }
    }
    out.push_str("---\n");
    out
}

/// Files by how they end, the best first, and then by split. Parquet is what the hub shows; other files of the same rows are there
/// to be chosen, the best of them by default where there is no Parquet.
fn configs(files: &[FileInfo]) -> Vec<(usize, BTreeMap<&'static str, Vec<&str>>)> {
    let mut configs: BTreeMap<usize, BTreeMap<&'static str, Vec<&str>>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.rows > 0) {
        let name = file.name.rsplit('/').next().unwrap_or_default();
        let ending = READ.iter().position(|ending| name.ends_with(ending));
        let split = SPLITS.iter().find(|(_, begins)| name.starts_with(begins));
        if let (Some(ending), Some((split, _))) = (ending, split) {
            configs.entry(ending).or_default().entry(split).or_default().push(&file.name);
        }
    }
    configs.into_iter().enumerate().map(|(i, (ending, files))| (if i == 0 { 0 } else { ending }, files)).collect()
}

/// A text in the double quotes of YAML, which has all escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The hub's name for a number of rows.
fn size_category(rows: u64) -> &'static str {
    match rows {
        ..=999 => "n<1K",
        1_000..=9_999 => "1K<n<10K",
        10_000..=99_999 => "10K<n<100K",
        100_000..=999_999 => "100K<n<1M",
        1_000_000..=9_999_999 => "1M<n<10M",
        _ => "n>10M",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, rows: u64) -> FileInfo {
        FileInfo { name: name.into(), rows, bytes: 1, sha256: "0".into() }
    }

    #[test]
    fn files_of_rows_are_configs_and_no_others() {
        let files = [
            file("train.jsonl.zst", 9),
            file("data/train-00001.parquet", 4),
            file("data/train-00002.parquet", 5),
            file("data/validation.parquet", 0),
            file("quarantine.jsonl", 3),
            file("training-notes.txt", 3),
        ];
        let configs = configs(&files);
        let parquet = BTreeMap::from([("train", vec!["data/train-00001.parquet", "data/train-00002.parquet"])]);
        assert_eq!(configs, [(0, parquet), (2, BTreeMap::from([("train", vec!["train.jsonl.zst"])]))]);
        let best = super::configs(&files[..1]);
        assert_eq!(best[0].0, 0, "the only files are the default ones");
    }

    #[test]
    fn sizes_have_the_names_of_the_hub() {
        assert_eq!(
            [0, 999, 1_000, 30_000, 10_000_000].map(size_category),
            ["n<1K", "n<1K", "1K<n<10K", "10K<n<100K", "n>10M"]
        );
    }

    #[test]
    fn texts_of_others_end_no_line_of_yaml() {
        assert_eq!(quoted("a\"b\n---\n: #"), r#""a\"b\n---\n: #""#);
    }
}
