//! Manifests of builds that never were, for tests.

use serde_json::json;

use crate::build::manifest::{Manifest, Quantiles};

/// A digest of a given start.
fn sha256(start: &str) -> String {
    format!("{start}{}", "0123456789abcdef".repeat(4).chars().skip(start.len()).collect::<String>())
}

fn manifest(value: serde_json::Value) -> Manifest {
    serde_json::from_value(value).unwrap()
}

/// A build that gave nothing.
pub(super) fn empty() -> Manifest {
    let none = json!({"pairs": 0, "questions": 0, "provenance": {}, "sources": {}, "intensity": {}, "complexity": {}, "error_types": {},
                      "kinds": {}, "rejected_from": {}, "chosen_from": {}, "swapped": 0, "obfuscated": 0,
                      "prompt_chars": Quantiles::default(), "chosen_chars": Quantiles::default(),
                      "rejected_chars": Quantiles::default(), "leaks": {}});
    manifest(
        json!({"format": "toolrm-pairs", "version": 1, "builder": "0.1.0", "config": {}, "fingerprint": "", "inputs": [], "stages": [],
        "sources": {}, "repairs": {}, "candidates": {}, "available": {}, "train": none, "validation": none,
        "contamination": {"against": [], "checked": 0, "found": {}, "examples": []},
        "near_duplicates": {"questions": 0, "groups": 0, "in_groups": 0}, "files": []}),
    )
}

/// A build of three sources, one of which is called so; the questions of its examples begin so, too.
pub(super) fn of(third: &str) -> Manifest {
    let mut manifest = manifest(json!({
        "format": "toolrm-pairs", "version": 1, "builder": "0.1.0", "fingerprint": "9f2c41d07ab35e88",
        "config": {"seed": 7, "balance": {"most": 9000, "bins": 10}, "contamination": {"n": 13, "containment": 0.5}, "note": third},
        "inputs": [
            {"source": "weather-logs", "adapter": "openai-chat", "path": "in/weather.jsonl.zst", "bytes": 1_048_576, "sha256": sha256("a1"),
             "about": "Logs of your own, in the shapes of a chat API"},
            {"source": "errand-runs", "adapter": "tau-bench", "path": "in/errands", "bytes": 73_400_320, "sha256": sha256("b2"),
             "about": "Runs of an errand bench (MIT; the runs: none stated). Written against them."},
            {"source": third, "adapter": "xlam", "path": "in/third.json", "bytes": 5, "sha256": sha256("c3"),
             "about": format!("Somebody/{third}, CC BY-SA 4.0: share-alike")},
        ],
        "stages": [
            {"name": "records", "taken": 6_200, "kept": 6_000, "quarantined": {"no JSON": 150, "no tools": 50}, "filtered": {}},
            {"name": "trajectories", "taken": 6_000, "kept": 5_400, "quarantined": {"a call without a result": 120},
             "filtered": {"too near to a benchmark": 80, "duplicate": 400}},
            {"name": "candidates", "taken": 31_000, "kept": 28_900, "quarantined": {}, "filtered": {"the same as another": 2_100}},
            {"name": "pairs", "taken": 17_400, "kept": 14_400, "quarantined": {}, "filtered": {"context over 50": 3_000}},
            {"name": "balance", "taken": 14_400, "kept": 9_000, "quarantined": {}, "filtered": {"over the quota": 5_400}},
        ],
        "sources": {
            "weather-logs": [{"name": "records", "taken": 1_200, "kept": 1_000, "quarantined": {"no JSON": 150, "no tools": 50}, "filtered": {}}],
            "errand-runs": [{"name": "records", "taken": 5_000, "kept": 5_000, "quarantined": {}, "filtered": {}}],
        },
        "repairs": {"weather-logs": {"arguments as text": 312}, third: {"a call without an id": 7}},
        "candidates": {"recorded": {"": 9_000, "wrong_value": 5_100, "wrong_tool": 900}, "synthetic": {"wrong_value": 9_900, "missing_argument": 4_000}},
        "available": {"weather-logs": [300, 250, 900, 800, 1_000, 700, 300, 100, 50, 600], "errand-runs": [0, 0, 0, 0, 4_000, 2_000, 0, 0, 0, 3_000],
                      third: [20, 30, 100, 80, 300, 200, 150, 50, 40, 60]},
        "train": spread(third, 8),
        "validation": spread(third, 1),
        "contamination": {
            "against": [{"path": "bench/questions.json", "sha256": sha256("d4"), "questions": 1_600}],
            "checked": 5_480, "found": {"errand-runs": 78, third: 2},
            "examples": [{"trajectory": format!("{third}/17"), "question": format!("{third} Book a table for two in Trondheim at eight"),
                "benchmark_id": "live_simple_12-3-0", "benchmark_question": "Book a table for two in Trondheim at eight, please",
                "containment": 0.923, "jaccard": 0.8}],
        },
        "near_duplicates": {"questions": 3_120, "groups": 41, "in_groups": 95},
        "files": [
            {"name": "train.parquet", "rows": 8_000, "bytes": 20_971_520, "sha256": sha256("e5")},
            {"name": "validation.parquet", "rows": 1_000, "bytes": 2_621_440, "sha256": sha256("f6")},
            {"name": "train.jsonl.zst", "rows": 8_000, "bytes": 9_437_184, "sha256": sha256("07")},
            {"name": "quarantine.jsonl", "rows": 320, "bytes": 65_536, "sha256": sha256("18")},
        ],
    }));
    // A stage that lost some on the way.
    manifest.stages.push(manifest.stages.last().cloned().unwrap());
    let split = manifest.stages.last_mut().unwrap();
    (split.name, split.taken, split.kept) = ("split".into(), 9_000, 9_000);
    split.filtered.clear();
    manifest
}

/// A part of a build: 1,000 pairs, so many times.
fn spread(third: &str, times: u64) -> serde_json::Value {
    let n = |n: u64| n * times;
    let lengths = |median: u64| {
        json!({"min": median / 9, "p10": median / 3, "median": median, "p90": median * 4, "p99": median * 11,
                                       "max": median * 30 + times})
    };
    json!({
        "pairs": n(1_000), "questions": n(340),
        "provenance": {"recorded": n(360), "served": n(40), "synthetic": n(600)},
        "sources": {"weather-logs": {"synthetic": n(400), "served": n(40)}, "errand-runs": {"recorded": n(300), "synthetic": n(160)},
                    third: {"recorded": n(60), "synthetic": n(40)}},
        "intensity": {"weather-logs": [n(30), n(25), n(60), n(55), n(80), n(70), n(30), n(10), n(5), n(75)],
                      "errand-runs": [0, 0, 0, 0, n(300), n(100), 0, 0, 0, n(60)],
                      third: [n(1), n(2), n(10), n(7), n(30), n(20), n(15), n(5), n(4), n(6)]},
        "complexity": {"weather-logs": {"0": n(40), "2": n(200), "3": n(150), "5": n(50)},
                       "errand-runs": {"2": n(60), "4": n(200), "7": n(100), "12": n(80), "31": n(20)},
                       third: {"3": n(50), "6": n(50)}},
        "error_types": {"wrong_value:string": {"recorded": n(180), "synthetic": n(320)}, "missing_argument": {"synthetic": n(280)},
                        "wrong_tool": {"recorded": n(100), "served": n(40)}, "multi_turn:execution_response_mismatch": {"recorded": n(60)},
                        "": {"recorded": n(20)}},
        "kinds": {"calls > calls": n(900), "calls > words": n(60), "words > calls": n(40)},
        "rejected_from": {"perturb:swap_value": n(320), "perturb:drop_argument": n(280), "kestrel-7b": n(400)},
        "chosen_from": {"gold": n(990), "kestrel-7b": n(10)},
        "swapped": n(497), "obfuscated": n(100),
        "prompt_chars": lengths(2_400), "chosen_chars": lengths(96), "rejected_chars": lengths(90),
        "leaks": {"longer": 0.584, "shorter": 0.416, "more-calls": 0.52, "words": 0.49},
    })
}
