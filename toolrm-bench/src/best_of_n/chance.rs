//! Drawing some of many: probabilities without a draw, and draws by hash.

use toolrm_core::canonical::Fingerprint;

/// The probability that `n` of `all`, drawn without replacement, hold none of `some`.
pub(super) fn none_of(some: u32, all: u32, n: u32) -> f64 {
    (0..n).map(|i| f64::from(all.saturating_sub(some + i)) / f64::from(all.saturating_sub(i).max(1))).product()
}

/// The number of ways to draw `n` of `all`, as far as an `f64` tells.
pub(super) fn ways(all: u32, n: u32) -> f64 {
    (0..n).map(|i| f64::from(all.saturating_sub(i)) / f64::from(i + 1)).product()
}

/// The numbers of `n` of `all`, drawn by a hash of what they are drawn for: the first places of a Fisher-Yates shuffle, so that their
/// order is random too.
pub(super) fn drawn(all: usize, n: usize, seed: u64, question: &str, draw: u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all).collect();
    let what = [seed.to_le_bytes(), (n as u64).to_le_bytes(), u64::from(draw).to_le_bytes()].concat();
    let mut hash = None;
    for place in 0..n.min(all) {
        // A hash has bits for four places.
        if place % 4 == 0 {
            hash = Some(Fingerprint::of([&what, question.as_bytes(), &(place as u64).to_le_bytes()]));
        }
        let words = hash.as_ref().map_or(&[][..], |hash| hash.as_bytes().as_chunks::<8>().0);
        let bits = words.get(place % 4).copied().map_or(0, u64::from_be_bytes);
        #[allow(clippy::cast_possible_truncation, reason = "less than a number of answers")]
        let other = place + (bits % (all - place) as u64) as usize;
        order.swap(place, other);
    }
    order.truncate(n);
    order
}

/// How many different counts [`every_count`] meets, as far as an `f64` tells.
pub(super) fn number_of_counts(heaps: &[u32], n: u32) -> f64 {
    // By how many were drawn from the heaps so far: in how many ways. What one heap adds is a sliding sum.
    let mut ways_so_far = vec![1.0];
    for heap in heaps {
        let longest = (ways_so_far.len() + *heap as usize).min(n as usize + 1);
        let sum_to = |drawn: usize| {
            let from = drawn.saturating_sub(*heap as usize);
            ways_so_far.iter().skip(from).take(drawn + 1 - from).sum::<f64>()
        };
        ways_so_far = (0..longest).map(sum_to).collect();
    }
    ways_so_far.get(n as usize).copied().unwrap_or(0.0)
}

/// Hands `take` all ways to draw `n` from heaps of these sizes: how many come from each.
pub(super) fn every_count(heaps: &[u32], n: u32, take: &mut dyn FnMut(&[u32])) {
    fn from_here(heaps: &[u32], left: u32, counts: &mut Vec<u32>, take: &mut dyn FnMut(&[u32])) {
        let Some((&heap, rest)) = heaps.split_first() else { return take(counts) };
        // What the later heaps cannot give must come from this one.
        let least = left.saturating_sub(rest.iter().sum());
        for count in least..=heap.min(left) {
            counts.push(count);
            from_here(rest, left - count, counts, take);
            counts.pop();
        }
    }
    if n <= heaps.iter().sum() {
        from_here(heaps, n, &mut Vec::with_capacity(heaps.len()), take);
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "small counts are exact")]
mod tests {
    use super::*;

    #[test]
    fn ways_and_probabilities_are_those_of_the_textbook() {
        assert_eq!([ways(16, 8), ways(4, 0), ways(3, 5)], [12_870.0, 1.0, 0.0]);
        // C(26, 8) / C(40, 8)
        assert!((none_of(14, 40, 8) - ways(26, 8) / ways(40, 8)).abs() < 1e-12);
        assert_eq!([none_of(0, 4, 4), none_of(1, 4, 4), none_of(4, 4, 1)], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn every_count_is_met_once_and_weighs_as_many_ways_as_it_stands_for() {
        let (heaps, mut seen) = ([2, 1, 3], Vec::new());
        every_count(&heaps, 3, &mut |counts| seen.push(counts.to_vec()));
        assert_eq!(seen, [[0, 0, 3], [0, 1, 2], [1, 0, 2], [1, 1, 1], [2, 0, 1], [2, 1, 0]]);
        let weight = |counts: &[u32]| heaps.iter().zip(counts).map(|(h, c)| ways(*h, *c)).product::<f64>();
        assert_eq!(seen.iter().map(|c| weight(c)).sum::<f64>(), ways(6, 3));
        for n in 0..8 {
            let mut met = 0.0;
            every_count(&heaps, n, &mut |_| met += 1.0);
            assert_eq!(number_of_counts(&heaps, n), met, "{n}");
        }
        assert_eq!(number_of_counts(&[1; 16], 8), 12_870.0);
    }

    #[test]
    fn draws_are_distinct_even_and_by_hash() {
        assert_eq!(drawn(9, 4, 1, "q", 2), drawn(9, 4, 1, "q", 2));
        let mut met = [0_u32; 9];
        for draw in 0..3000 {
            let mut some = drawn(9, 3, 1, "q", draw);
            for &i in &some {
                met[i] += 1;
            }
            some.sort_unstable();
            some.dedup();
            assert_eq!(some.len(), 3);
        }
        assert!(met.iter().all(|&n| (900..1100).contains(&n)), "{met:?}");
    }
}
