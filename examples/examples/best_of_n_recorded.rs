//! Best of N, measured: answers that real models gave to the same questions, some right, some wrong. How often is the answer that
//! the rules pick a right one, and how often would a random pick be?
//!
//! Reads `eval/bfcl_pairs_visible.jsonl.zst` in the folder TOOLRM_DATA (or `../shared/data`); only questions that got both right and
//! wrong answers are in it, so that the share says something about the judge. Without the file it says so and ends.
//!
//! ```text
//! .. questions, .. different answers to each
//! random pick: .. % right
//! rules' pick: .. % right
//! ```

use std::{collections::BTreeMap, fs::File, io::BufRead};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{canonical::Fingerprint, format::parse_any, prelude::*};
use toolrm_examples::recorded;

#[derive(Deserialize)]
struct Pair {
    question_id: String,
    messages: Vec<Message>,
    tools: Value,
    chosen: Value,
    rejected: Value,
}

/// A question with its different answers, each right or wrong.
struct Question {
    task: Task,
    answers: BTreeMap<Fingerprint, (Candidate, bool)>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = recorded("eval/bfcl_pairs_visible.jsonl.zst");
    if !path.is_file() {
        println!("skipped: best_of_n_recorded: no data at {}", path.display());
        return Ok(());
    }
    let mut decoder = zstd::stream::read::Decoder::new(File::open(path)?)?;
    decoder.window_log_max(27)?;
    let mut questions: BTreeMap<String, Question> = BTreeMap::new();
    for line in std::io::BufReader::new(decoder).lines() {
        let Pair { question_id, messages, tools, chosen, rejected } = serde_json::from_str(&line?)?;
        let question = match questions.entry(question_id) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                let task = Task::new(messages, Toolset::from_json(&tools)?);
                new.insert(Question { task, answers: BTreeMap::new() })
            }
        };
        for (answer, right) in [(chosen, true), (rejected, false)] {
            let candidate = match answer {
                Value::String(words) => Candidate::text(words),
                calls => parse_any(&calls.to_string()),
            };
            question.answers.insert(Fingerprint::of_action(&candidate.action), (candidate, right));
        }
    }

    let judge = FromScorer::new(RuleScorer::default());
    let (mut answers, mut random, mut picked) = (0, 0.0, 0.0);
    for Question { task, answers: given } in questions.values() {
        let (candidates, right): (Vec<Candidate>, Vec<bool>) = given.values().cloned().unzip();
        answers += candidates.len();
        random += right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
        // Where no candidate can be judged, the first one is as good as any.
        let winner = best_of_n(&judge, task, &candidates).await.map_or(0, |best| best.winner);
        picked += f64::from(u8::from(right.get(winner) == Some(&true)));
    }
    let n = questions.len() as f64;
    println!("{n} questions, {:.1} different answers to each", answers as f64 / n);
    println!("random pick: {:.1} % right", 100.0 * random / n);
    println!("rules' pick: {:.1} % right", 100.0 * picked / n);
    Ok(())
}
