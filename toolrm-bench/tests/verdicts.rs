//! The official checker's recorded verdicts, and ours on the same answers: all of them agree.

#[path = "common/leaderboard.rs"]
mod leaderboard;

use std::io::BufReader;

use leaderboard::{Leaderboard, open};
use toolrm_bench::bfcl::verdicts::compare;

#[test]
fn every_recorded_verdict_is_ours() {
    let test = "every_recorded_verdict_is_ours";
    let Some(verdicts) = open(test, "eval/bfcl_verdicts.jsonl.zst") else { return };
    let Some(questions) = Leaderboard::load(test) else { return };
    let agreement = compare(BufReader::new(verdicts), "bfcl_verdicts.jsonl.zst", |id| questions.question(id), |_| {});
    let agreement = agreement.unwrap();
    for (category, counts) in &agreement.categories {
        println!("{category:<24} {counts:?}");
    }
    println!("{:<24} {:?}", "all", agreement.all);
    let first: Vec<_> = agreement.disagreements.iter().take(20).map(|d| serde_json::to_string(d).unwrap()).collect();
    assert!(agreement.disagreements.is_empty(), "{} differ:\n{}", agreement.disagreements.len(), first.join("\n"));
    assert!(agreement.all.total > 10_000, "{:?}", agreement.all);
    assert_eq!(agreement.all.agree_valid, agreement.all.total);
    assert_eq!(agreement.all.agree_error_type, agreement.all.total);
}
