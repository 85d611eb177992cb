//! Lists in running text: "navy, purple and maroon".

use super::Words;

/// Longer than this, a piece between two separators is a clause and no item.
const MAX_ITEM: usize = 4;

/// Neighbouring items of the lists in a text, as (left, right). The left one may carry words before the item itself ("values for
/// navy"); the right one is short and ends where the next separator or the sentence does.
pub(super) fn neighbours(text: &str) -> Vec<(Words, Words)> {
    let mut out = Vec::new();
    for sentence in text.split(['.', '?', '!', ';', '\n', '(', ')', ':']) {
        let pieces: Vec<Words> = pieces(sentence).map(Words::new).filter(|w| !w.is_empty()).collect();
        for pair in pieces.windows(2) {
            if let [left, right] = pair {
                if right.len() <= MAX_ITEM {
                    out.push((left.clone(), right.clone()));
                }
            }
        }
    }
    out
}

/// Splits at commas and at "and", "or", "&" between words. A comma between digits separates nothing.
fn pieces(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split(", ").flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" & ")).map(|part| {
        let part = part.trim();
        part.strip_prefix("and ").unwrap_or(part)
    })
}
