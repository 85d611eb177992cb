//! BFCL: pairs of a right and a wrong recorded answer that were published as pairs, labelled by the official checker.

use std::io;

use super::{
    Census, Pair, Split,
    archive::{records, text},
};

pub(super) const FILE: &str = "eval/bfcl_pairs_visible.jsonl.zst";

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Pair>> {
    let mut pairs: Vec<Pair> = records(&text(FILE)?, census);
    for pair in &mut pairs {
        pair.split = Split::of(&pair.question_id);
    }
    Ok(pairs)
}
