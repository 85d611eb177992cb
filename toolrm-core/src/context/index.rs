//! [`WordIndex`]: stems to be met by others: the same word, one of its family, one of its notion.

use std::collections::{HashMap, HashSet};

use super::concepts::notions;

/// Stems, each with what it tells.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordIndex {
    stems: HashMap<Box<str>, f32>,
    /// Stems by their first letters.
    families: HashMap<[u8; FAMILY], Vec<Box<str>>>,
    rows: HashSet<u16>,
}

/// Letters that words of one family have in common.
const FAMILY: usize = 4;

/// How near a word of the same family is to the word itself.
const AKIN: f32 = 0.85;
/// How near a word of the same notion is.
const NOTION: f32 = 0.6;

impl WordIndex {
    /// Adds a stem. What tells little brings no notion with it.
    pub(crate) fn add(&mut self, stem: &str, tells: f32) {
        if self.stems.insert(stem.into(), tells).is_some() {
            return;
        }
        if let Some(head) = family(stem) {
            self.families.entry(head).or_default().push(stem.into());
        }
        if let Some(notions) = notions(stem) {
            self.rows.extend(&notions.rows);
        }
    }

    /// Its stems.
    pub(crate) fn stems(&self) -> impl Iterator<Item = &str> {
        self.stems.keys().map(|s| &**s)
    }

    /// Whether it has the stem itself.
    pub(crate) fn has(&self, stem: &str) -> bool {
        self.stems.contains_key(stem)
    }

    /// How near its nearest stem is: 1 for the stem itself, 0 for nothing near.
    pub(crate) fn nearness(&self, stem: &str) -> f32 {
        if self.has(stem) {
            return 1.0;
        }
        let kin = family(stem).and_then(|head| self.families.get(&head));
        if kin.is_some_and(|list| list.iter().any(|other| is_akin(stem, other))) {
            return AKIN;
        }
        if notions(stem).is_some_and(|n| n.rows.iter().any(|r| self.rows.contains(r))) { NOTION } else { 0.0 }
    }
}

fn family(stem: &str) -> Option<[u8; FAMILY]> {
    stem.as_bytes().first_chunk().copied()
}

/// "invest" and "investment", "convers(ion)" and "convert": one begins the other, or they differ in a short ending only.
fn is_akin(a: &str, b: &str) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    (common == short && long <= short + 5) || (common >= 5 && common * 100 >= short * 76)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::stem;

    #[test]
    fn nearness_of_words() {
        let mut index = WordIndex::default();
        for word in ["investment", "weather", "conversion"] {
            index.add(stem(word), 1.0);
        }
        for (word, near) in [
            ("investments", 1.0),
            ("invest", AKIN),
            ("converting", AKIN),
            ("forecast", NOTION),
            ("contract", 0.0),
            ("song", 0.0),
        ] {
            assert!((index.nearness(stem(word)) - near).abs() < 1e-6, "{word}: {}", index.nearness(stem(word)));
        }
    }
}
