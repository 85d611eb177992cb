//! MinHash sketches of sets, and the bands by which sets that may be near find each other.

use minhash_rs::prelude::{LshIndex, MinHash, MinHasher};

/// Words in an n-gram of those that Jaccard indices are taken of.
pub(super) const WORDS: usize = 3;

/// Registers of a sketch.
const REGISTERS: usize = 126;
/// Bands of three registers each. Two sets share a band with a probability of 1 - (1 - J^3)^42: 0.9999999 at a Jaccard index J of 0.7, 0.996
/// at 0.5, 0.94 at 0.4, 0.68 at 0.3.
pub(super) const BANDS: usize = 42;

/// The sketch of a set.
pub(super) type Sketch = MinHash<u64, REGISTERS>;
/// Sets by their bands.
pub(super) type Sketches = LshIndex<Sketch, REGISTERS, BANDS>;

/// The sketch of a set of hashes.
pub(super) fn sketch(set: &[u64]) -> Sketch {
    set.iter().copied().collect()
}

/// The bands of a set of hashes.
pub(super) fn bands(set: &[u64]) -> [u64; BANDS] {
    MinHasher::band_hashes(&sketch(set))
}
