//! One score for each whole sequence.

use super::network::{Inputs, Network, Tokens, floats};
use crate::{
    engine::{ModelError, Row, Token},
    segments::types,
};

#[derive(Debug)]
pub(super) struct Classifier {
    /// Fills the places behind shorter rows. Heads that read the last token find it as the last that is no padding, so it
    /// must be the model's own.
    pad: Token,
    /// Ends the first text of a pair: tokens behind it are of type 1. `None`: all are of type 0.
    separator: Option<Token>,
    /// Most places in one batch, padding included.
    most: usize,
}

impl Classifier {
    pub(super) fn new(pad: Token, separator: Option<Token>, most: usize) -> Self {
        Self { pad, separator, most }
    }

    /// Rows go in batches of about the same length, the longest first, so that little is computed for padding.
    pub(super) fn step(&self, network: &mut Network, rows: &[Row<'_>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut scores = vec![Vec::new(); rows.len()];
        let mut wanted: Vec<(&Row<'_>, &mut Vec<f32>)> =
            rows.iter().zip(&mut scores).filter(|(row, _)| row.wanted).collect();
        wanted.sort_by_key(|(row, _)| std::cmp::Reverse(row.tokens.len()));
        let mut rest = wanted.as_mut_slice();
        while let Some((longest, _)) = rest.first() {
            let fit = self.most.checked_div(longest.tokens.len()).unwrap_or(1).clamp(1, rest.len());
            let (batch, behind) = rest.split_at_mut(fit);
            let found = self.scores(network, batch.iter().map(|(row, _)| row.tokens))?;
            for ((_, place), score) in batch.iter_mut().zip(found) {
                **place = vec![score];
            }
            rest = behind;
        }
        Ok(scores)
    }

    fn scores<'a>(
        &self,
        network: &mut Network,
        rows: impl Iterator<Item = &'a [Token]> + Clone,
    ) -> Result<Vec<f32>, ModelError> {
        let width = rows.clone().map(<[Token]>::len).max().unwrap_or(0);
        let mut tokens = Tokens::default();
        let mut count = 0;
        for row in rows {
            let padding = width - row.len();
            pad(&mut tokens.ids, row.iter().map(|t| i64::from(*t)), i64::from(self.pad), padding);
            pad(&mut tokens.mask, row.iter().map(|_| 1), 0, padding);
            pad(&mut tokens.types, types(row, self.separator).map(i64::from), 0, padding);
            tokens.positions.extend((0..).take(width));
            count += 1;
        }
        let outputs = network.run(count, tokens, Inputs::new())?;
        let (shape, scores) = floats(&outputs, "logits")?;
        if !shape.iter().map(|d| usize::try_from(*d).ok()).eq([Some(count), Some(1)]) {
            return Err(ModelError::failed(format!(
                "the model gave logits of shape {shape:?} for {count} sequences: one score each is needed"
            )));
        }
        match scores.iter().find(|s| !s.is_finite()) {
            Some(score) => Err(ModelError::failed(format!("the model gave a score of {score}"))),
            None => Ok(scores.to_vec()),
        }
    }
}

fn pad(to: &mut Vec<i64>, row: impl Iterator<Item = i64>, filler: i64, padding: usize) {
    to.extend(row);
    to.extend(std::iter::repeat_n(filler, padding));
}
