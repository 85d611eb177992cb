//! [`Draw`]: chance that depends on the seed and on names, and on nothing else.

use toolrm_core::canonical::Fingerprint;

/// A source of draws. The same seed and the same names give the same draws on any machine and in any order of work.
///
/// ```
/// use toolrm_data::draw::Draw;
/// let draw = Draw::new(7).of("booking").of("wrong-number");
/// assert_eq!(draw.pick(&[1, 2, 3]), Draw::new(7).of("booking").of("wrong-number").pick(&[1, 2, 3]));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Draw(Fingerprint);

impl Draw {
    /// The draws of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Fingerprint::of([b"mutate".as_slice(), &seed.to_le_bytes()]))
    }

    /// Draws of their own for what has this name.
    pub fn of(&self, name: impl AsRef<[u8]>) -> Self {
        Self(Fingerprint::of([self.0.as_bytes().as_slice(), name.as_ref()]))
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&self, n: usize) -> usize {
        #[allow(clippy::cast_possible_truncation, reason = "less than a usize")]
        let drawn = self.0.first_bits().checked_rem(n as u64).unwrap_or(0) as usize;
        drawn
    }

    /// One of them; `None` of none.
    pub fn pick<'t, T>(&self, from: &'t [T]) -> Option<&'t T> {
        from.get(self.below(from.len()))
    }

    /// All of them in their order, from a drawn one on and round: cheaper than [`Draw::shuffled`] where there are many.
    pub fn rotated<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut items: Vec<T> = items.into_iter().collect();
        let start = self.below(items.len());
        items.rotate_left(start);
        items
    }

    /// All of them, in drawn order.
    pub fn shuffled<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut keyed: Vec<_> =
            items.into_iter().enumerate().map(|(i, item)| (self.of(i.to_le_bytes()).0, item)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        keyed.into_iter().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_and_every_number_comes_up() {
        let orders: std::collections::BTreeSet<_> = (0..200).map(|seed| Draw::new(seed).shuffled([1, 2, 3])).collect();
        assert_eq!(orders.len(), 6);
        let drawn: Vec<usize> = (0..600).map(|seed| Draw::new(seed).below(3)).collect();
        for n in 0..3 {
            assert!((150..250).contains(&drawn.iter().filter(|d| **d == n).count()));
        }
        let starts: std::collections::BTreeSet<_> = (0..200).map(|seed| Draw::new(seed).rotated([1, 2, 3])).collect();
        assert_eq!(starts.into_iter().collect::<Vec<_>>(), [[1, 2, 3], [2, 3, 1], [3, 1, 2]]);
        assert!(Draw::new(0).rotated::<u8>([]).is_empty());
        assert_eq!(Draw::new(0).below(0), 0);
        assert_eq!(Draw::new(0).pick::<u8>(&[]), None);
    }
}
