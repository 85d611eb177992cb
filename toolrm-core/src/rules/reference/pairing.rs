//! Which call of the candidate answers which call of the reference. All in integers: credits are fractions over one common
//! denominator, so that neither the choice nor the sum depends on the order in which floats are added.

use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};

/// A credit as a fraction: numerator, denominator (at least 1).
pub(super) type Fraction = (u64, u64);

/// The credits of every pair: one row per call of the reference, one column per call of the candidate.
#[derive(Debug)]
pub(super) struct Table {
    /// Credits in units of 1/`unit`; `None` where the two cannot be a pair (calls of different tools).
    rows: Vec<Vec<Option<i128>>>,
    columns: usize,
    unit: i128,
}

impl Table {
    /// Every row must have the same length.
    pub(super) fn new(fractions: Vec<Vec<Option<Fraction>>>) -> Self {
        let unit = common_denominator(fractions.iter().flatten().flatten().map(|&(_, denominator)| denominator));
        let scaled = |(n, d): Fraction| i128::from(n) * unit / i128::from(d);
        let columns = fractions.first().map_or(0, Vec::len);
        let rows = fractions.into_iter().map(|row| row.into_iter().map(|f| f.map(scaled)).collect()).collect();
        Self { rows, columns, unit }
    }

    /// One of these is a credit of 1.
    pub(super) fn unit(&self) -> i128 {
        self.unit
    }

    /// A credit as a number in \[0, 1\] (for credits of at most 1).
    pub(super) fn share(&self, credit: i128) -> f64 {
        credit as f64 / self.unit as f64
    }

    /// The credit of a pair; 0 when the two cannot be one.
    pub(super) fn credit(&self, row: usize, column: usize) -> i128 {
        self.rows.get(row).and_then(|r| r.get(column)).copied().flatten().unwrap_or(0)
    }

    /// The best credit of every row, whatever the other rows take.
    pub(super) fn best_of_rows(&self) -> Vec<i128> {
        self.rows.iter().map(|row| row.iter().flatten().copied().max().unwrap_or(0)).collect()
    }

    /// The column of every row in the one-to-one assignment with the largest sum of credits; among those, one with the most pairs.
    pub(super) fn one_to_one(&self) -> Vec<Option<usize>> {
        let (rows, columns) = (self.rows.len(), self.columns);
        if rows == 0 || columns == 0 {
            return vec![None; rows];
        }
        // The assignment wants no more rows than columns.
        let assigned: Vec<(usize, usize)> = if rows <= columns {
            let weights = Matrix::from_fn(rows, columns, |(row, column)| self.weight(row, column));
            kuhn_munkres(&weights).1.into_iter().enumerate().collect()
        } else {
            let weights = Matrix::from_fn(columns, rows, |(column, row)| self.weight(row, column));
            kuhn_munkres(&weights).1.into_iter().enumerate().map(|(column, row)| (row, column)).collect()
        };
        let mut partners = vec![None; rows];
        for (row, column) in assigned {
            if let Some(partner) = partners.get_mut(row).filter(|_| self.weight(row, column) > 0) {
                *partner = Some(column);
            }
        }
        partners
    }

    /// The column of every row in the best one-to-one assignment whose pairs do not cross: what stands earlier in the reference
    /// stands earlier in the candidate.
    pub(super) fn in_order(&self) -> Vec<Option<usize>> {
        let best = self.suffix_sums();
        let (rows, columns) = (self.rows.len(), self.columns);
        // `best` runs backwards: entry (i, j) is the largest sum of the last i rows and the last j columns.
        let at = |row: usize, column: usize| {
            best.get(rows - row).and_then(|b| b.get(columns - column)).copied().unwrap_or(0)
        };
        let mut partners = vec![None; rows];
        let (mut row, mut column) = (0, 0);
        while row < rows && column < columns {
            let weight = self.weight(row, column);
            if weight > 0 && at(row, column) == weight + at(row + 1, column + 1) {
                if let Some(partner) = partners.get_mut(row) {
                    *partner = Some(column);
                }
                row += 1;
                column += 1;
            } else if at(row, column) == at(row + 1, column) {
                row += 1;
            } else {
                column += 1;
            }
        }
        partners
    }

    fn suffix_sums(&self) -> Vec<Vec<i128>> {
        let mut best = vec![vec![0; self.columns + 1]];
        for row in (0..self.rows.len()).rev() {
            let mut sums = vec![0; 1];
            if let Some(below) = best.last() {
                for (column, pair) in (0..self.columns).rev().zip(below.windows(2)) {
                    let (&[diagonal, down], Some(&right)) = (pair, sums.last()) else {
                        continue;
                    };
                    sums.push(right.max(down).max(diagonal + self.weight(row, column)));
                }
            }
            best.push(sums);
        }
        best
    }

    /// What an assignment maximises: the credit first, then the number of pairs.
    fn weight(&self, row: usize, column: usize) -> i128 {
        let pairs = self.rows.len().min(self.columns) as i128 + 1;
        self.rows.get(row).and_then(|r| r.get(column)).copied().flatten().map_or(0, |credit| credit * pairs + 1)
    }
}

/// The least common multiple of the denominators: exact sums. Where it would be astronomical, 10^18: sums within 1e-17 a pair.
fn common_denominator(denominators: impl Iterator<Item = u64>) -> i128 {
    const ROUNDED: i128 = 1_000_000_000_000_000_000;
    const LARGEST: i128 = ROUNDED * 1_000_000;
    let mut common = 1;
    for denominator in denominators.map(i128::from) {
        if common % denominator != 0 {
            common *= denominator / gcd(common, denominator);
        }
        if common > LARGEST {
            return ROUNDED;
        }
    }
    common
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[Option<Fraction>]]) -> Table {
        Table::new(rows.iter().map(|r| r.to_vec()).collect())
    }

    #[test]
    fn the_optimum_is_not_the_greedy_one() {
        let t = table(&[&[Some((9, 10)), Some((8, 10))], &[Some((8, 10)), Some((0, 10))]]);
        assert_eq!(t.one_to_one(), [Some(1), Some(0)]);
        assert_eq!(t.in_order(), [Some(0), Some(1)]);
        assert_eq!(t.best_of_rows(), [9, 8]);
    }

    #[test]
    fn more_rows_than_columns_and_the_other_way_round() {
        let t = table(&[&[Some((1, 3))], &[Some((1, 2))], &[None]]);
        assert_eq!((t.one_to_one(), t.in_order()), (vec![None, Some(0), None], vec![None, Some(0), None]));
        let t = table(&[&[None, Some((0, 1)), Some((1, 7))]]);
        assert_eq!((t.one_to_one(), t.in_order()), (vec![Some(2)], vec![Some(2)]));
        // Without credit two calls of one tool are still a pair.
        let t = table(&[&[None, Some((0, 1))]]);
        assert_eq!((t.one_to_one(), t.in_order()), (vec![Some(1)], vec![Some(1)]));
        assert_eq!(table(&[&[], &[]]).one_to_one(), [None, None]);
    }

    #[test]
    fn astronomical_denominators_are_rounded() {
        let primes =
            [101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199];
        let t = table(&[&primes.map(|p| Some((p, p)))]);
        assert_eq!(t.unit(), 1_000_000_000_000_000_000);
        assert_eq!(t.best_of_rows(), [t.unit()]);
        assert_eq!(common_denominator([4, 6, 10].into_iter()), 60);
    }
}
