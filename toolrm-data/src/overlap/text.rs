//! Texts as they are compared: normalised, cut into n-grams of words.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::digest::hex;

/// The text in Unicode's NFKC form and lower case, every run of anything that is neither letter nor digit one space.
///
/// ```
/// use toolrm_data::overlap::normalised;
/// assert_eq!(normalised(" What's the WEATHER\u{a0}in Zürich?\n"), "what s the weather in zürich");
/// ```
pub fn normalised(text: &str) -> String {
    // Once more at the end: lower case is not always in the normal form.
    let folded: String = text.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// 16 hexadecimal digits that questions share when their [`normalised`] texts are equal: the first 8 bytes of its SHA-256. The
/// same in every version.
///
/// ```
/// use toolrm_data::overlap::question_key;
/// assert_eq!(question_key("Weather in Paris?"), question_key("weather,  in PARIS"));
/// assert_eq!(question_key("Weather in Paris?").len(), 16);
/// ```
pub fn question_key(text: &str) -> String {
    hex(&prefix(&normalised(text)))
}

fn prefix(text: &str) -> [u8; 8] {
    let mut first = [0; 8];
    first.iter_mut().zip(Sha256::digest(text)).for_each(|(to, byte)| *to = byte);
    first
}

/// The distinct n-grams of words of a normalised text, as sorted hashes. A text of fewer words is one n-gram of all its words, which only an
/// equal text has; a text without words has none.
pub(super) fn ngrams(normalised: &str, n: usize) -> Vec<u64> {
    let words: Vec<&str> = normalised.split(' ').filter(|word| !word.is_empty()).collect();
    let hash = |words: &[&str]| u64::from_be_bytes(prefix(&words.join(" ")));
    let mut hashes: Vec<u64> = match words.len() {
        0 => Vec::new(),
        few if few < n => vec![hash(&words)],
        _ => words.windows(n.max(1)).map(hash).collect(),
    };
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// How many of the one are in the other; both sorted.
fn common(a: &[u64], b: &[u64]) -> usize {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.iter().filter(|hash| many.binary_search(hash).is_ok()).count()
}

/// The Jaccard index of two sorted sets, in \[0, 1\]; 0 where both are empty.
pub(super) fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let common = common(a, b);
    let all = a.len() + b.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "the same division of the same counts")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_in_another_way_is_the_same() {
        let written = ["Book 2 rooms -- in Åre!", "book\t2 ROOMS in A\u{30a}re", "ｂｏｏｋ ２ rooms in åre"];
        for text in written {
            assert_eq!(normalised(text), "book 2 rooms in åre", "{text}");
        }
        assert_eq!(normalised("?! \u{1f600}"), "");
        assert_eq!(question_key("?!"), question_key(""));
    }

    /// Ids of published rows depend on it.
    #[test]
    fn keys_stay() {
        assert_eq!(question_key("abc"), "ba7816bf8f01cfea");
    }

    #[test]
    fn short_texts_are_one_ngram_of_their_own() {
        assert_eq!(ngrams("a b", 3).len(), 1);
        assert_eq!(ngrams("a b c", 3).len(), 1);
        assert_eq!(ngrams("a b c d", 3).len(), 2);
        assert_eq!(ngrams("a a a a a", 3).len(), 1);
        assert_ne!(ngrams("a b", 3), ngrams("a b c", 3));
        assert!(ngrams("", 3).is_empty());
    }

    proptest! {
        #[test]
        fn normalised_texts_are_normal(text in ".*") {
            let once = normalised(&text);
            prop_assert_eq!(normalised(&once), once.as_str());
            prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
            prop_assert_eq!(question_key(&text), question_key(&once));
        }

        #[test]
        fn the_jaccard_index_is_that_of_sets(a in prop::collection::btree_set(0_u64..12, 0..9), b in prop::collection::btree_set(0_u64..12, 0..9)) {
            let [x, y]: [Vec<u64>; 2] = [&a, &b].map(|set| set.iter().copied().collect());
            let all = a.union(&b).count();
            let expected = if all == 0 { 0.0 } else { a.intersection(&b).count() as f64 / all as f64 };
            prop_assert_eq!(jaccard(&x, &y), expected);
            prop_assert_eq!(jaccard(&x, &y), jaccard(&y, &x));
        }
    }
}
