//! Which questions are near to one another, and in which part of a cross-validation each is.

use sha2::{Digest, Sha256};

use crate::severities::Seen;

/// What pairs share that must not be on both sides of a split: the question; of BFCL's live questions (`live_multiple_12-3-0`) the group
/// that shares its tools, the middle number.
fn group(pair: &Seen) -> &str {
    let live = pair.question.strip_prefix("live_").and_then(|rest| rest.split('-').nth(1));
    live.filter(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit())).unwrap_or(&pair.question)
}

/// The part of a pair, one of `folds`: the same for near questions, drawn by `seed`.
pub fn fold(pair: &Seen, folds: usize, seed: u64) -> usize {
    let digest = Sha256::digest(format!("{seed} {} {}", pair.set, group(pair)));
    let drawn = digest.iter().take(6).fold(0_usize, |n, byte| (n << 8) | usize::from(*byte));
    drawn % folds.max(1)
}

#[cfg(test)]
mod tests {
    use toolrm_core::{call::Candidate, canonical::Fingerprint};

    use super::*;
    use crate::severities::Side;

    fn asked(question: &str) -> Seen {
        let meaning = Fingerprint::of_action(&Candidate::text("no").action);
        let side = Side { findings: Some(Vec::new()), calls: false, meaning };
        Seen {
            set: "bfcl".into(),
            question: question.into(),
            category: String::new(),
            error_type: String::new(),
            chosen: side.clone(),
            rejected: side,
            refusal: None,
        }
    }

    #[test]
    fn live_questions_go_by_their_tools() {
        assert_eq!(group(&asked("live_multiple_12-3-0")), "3");
        assert_eq!(group(&asked("simple_python_12")), "simple_python_12");
        assert_eq!(group(&asked("live_x-y-0")), "live_x-y-0");
        let drawn: Vec<usize> = ["live_simple_1-7-0", "live_simple_9-7-4"].map(|q| fold(&asked(q), 5, 1)).to_vec();
        assert_eq!(drawn[0], drawn[1]);
    }

    #[test]
    fn folds_are_about_as_large() {
        let mut sizes = [0; 5];
        (0..1000).for_each(|i| sizes[fold(&asked(&format!("q{i}")), 5, 1)] += 1);
        assert!(sizes.iter().all(|n| (150..250).contains(n)), "{sizes:?}");
    }
}
