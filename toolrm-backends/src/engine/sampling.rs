//! From logits to the next token.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use toolrm_core::port::GenParams;

use super::{ModelError, Token};

/// How the next token is chosen, in transformers' order: repetition penalty, temperature, top-k, top-p, min-p.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sampling {
    /// Softmax temperature, 0 = the most probable token (the lowest one among equals).
    pub temperature: f32,
    /// Most tokens that may be drawn; 0 = all.
    pub top_k: usize,
    /// The most probable tokens whose probabilities reach this sum, in (0, 1].
    pub top_p: f32,
    /// Tokens at least this probable, relative to the most probable one, in \[0, 1\].
    pub min_p: f32,
    /// Logits of tokens seen before are divided (or, negative ones, multiplied) by it; 1 = none (Keskar et al. 2019, section 4.1).
    pub repetition_penalty: f32,
    /// Seed of the draws.
    pub seed: u64,
}

impl Sampling {
    /// The sampling that a call's parameters ask for, with a seed of the caller's choice.
    pub fn of(params: &GenParams, seed: u64) -> Self {
        Self {
            temperature: params.temperature,
            top_k: usize::try_from(params.top_k).unwrap_or(usize::MAX),
            top_p: params.top_p,
            min_p: params.min_p,
            repetition_penalty: params.repetition_penalty,
            seed,
        }
    }

    /// What is wrong with the numbers, if anything.
    pub fn check(&self) -> Result<(), String> {
        let in_range = |name: &str, value: f32, fits: bool, range: &str| {
            if fits { Ok(()) } else { Err(format!("{name} is {value}: give a number {range}")) }
        };
        let t = self.temperature;
        in_range("temperature", t, t.is_finite() && t >= 0.0, "from 0 up")?;
        in_range("top_p", self.top_p, self.top_p > 0.0 && self.top_p <= 1.0, "in (0, 1]")?;
        in_range("min_p", self.min_p, (0.0..=1.0).contains(&self.min_p), "in [0, 1]")?;
        let r = self.repetition_penalty;
        in_range("repetition_penalty", r, r.is_finite() && r > 0.0, "above 0")
    }
}

/// Draws the tokens of one generation. The same seed and logits give the same tokens.
#[derive(Debug)]
pub(super) struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
}

impl Sampler {
    pub(super) fn new(sampling: Sampling) -> Self {
        let random = ChaCha8Rng::seed_from_u64(sampling.seed);
        Self { sampling, random }
    }

    /// The next token; `before`: every token so far.
    pub(super) fn next(&mut self, logits: &[f32], before: &[Token]) -> Result<Token, ModelError> {
        if logits.iter().any(|l| l.is_nan()) {
            return Err(ModelError::failed("the model gave logits that are no numbers (NaN)"));
        }
        let penalised = self.penalised(logits, before);
        let logits = penalised.as_deref().unwrap_or(logits);
        let best = argmax(logits).ok_or_else(|| ModelError::failed("the model gave no logits"))?;
        if self.sampling.temperature == 0.0 {
            return Ok(token(best));
        }
        let kept = self.kept(logits);
        let total: f64 = kept.iter().map(|(_, p)| p).sum();
        let mut draw = self.random.random::<f64>() * total;
        for (place, p) in &kept {
            draw -= p;
            if draw < 0.0 {
                return Ok(token(*place));
            }
        }
        // Rounding left a crumb, or nothing is finite.
        Ok(token(kept.last().map_or(best, |(place, _)| *place)))
    }

    fn penalised(&self, logits: &[f32], before: &[Token]) -> Option<Vec<f32>> {
        let penalty = self.sampling.repetition_penalty;
        ((penalty - 1.0).abs() > f32::EPSILON).then(|| {
            let mut out = logits.to_vec();
            let mut seen: Vec<Token> = before.to_vec();
            seen.sort_unstable();
            seen.dedup();
            for t in seen {
                if let Some(logit) = usize::try_from(t).ok().and_then(|t| out.get_mut(t)) {
                    *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
                }
            }
            out
        })
    }

    /// The tokens that may be drawn, with their probabilities up to a common factor, the most probable first.
    fn kept(&self, logits: &[f32]) -> Vec<(usize, f64)> {
        let Sampling { temperature, top_k, top_p, min_p, .. } = self.sampling;
        let mut places: Vec<(usize, f32)> = logits.iter().copied().enumerate().collect();
        let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if top_k > 0 && top_k < places.len() {
            places.select_nth_unstable_by(top_k, order);
            places.truncate(top_k);
        }
        places.sort_unstable_by(order);
        let top = places.first().map_or(0.0, |(_, l)| *l);
        let weight = |l: f32| (f64::from(l - top) / f64::from(temperature)).exp();
        let mut kept: Vec<(usize, f64)> = places.iter().map(|(place, l)| (*place, weight(*l))).collect();
        let total: f64 = kept.iter().map(|(_, w)| w).sum();
        let mut sum = 0.0;
        let nucleus = kept.iter().take_while(|(_, w)| {
            let open = sum < f64::from(top_p) * total;
            sum += w;
            open
        });
        let nucleus = nucleus.count().max(1);
        kept.truncate(nucleus);
        // The most probable one weighs 1.
        let likely = kept.iter().take_while(|(_, w)| *w >= f64::from(min_p)).count().max(1);
        kept.truncate(likely);
        kept
    }
}

fn token(place: usize) -> Token {
    // Vocabularies are counted in 32 bits.
    Token::try_from(place).unwrap_or(Token::MAX)
}

fn argmax(logits: &[f32]) -> Option<usize> {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    logits.iter().copied().enumerate().reduce(better).map(|(place, _)| place)
}

/// Natural-log probabilities of some tokens under the softmax of all logits, at temperature 1.
pub(super) fn logprobs(logits: &[f32], of: impl Iterator<Item = Token>) -> Vec<f32> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.iter().map(|l| f64::from(l - top).exp()).sum();
    let norm = f64::from(top) + total.ln();
    #[allow(clippy::cast_possible_truncation, reason = "the port's numbers are f32")]
    let one = |t: Token| {
        let logit = usize::try_from(t).ok().and_then(|t| logits.get(t));
        logit.map_or(f32::NEG_INFINITY, |l| (f64::from(*l) - norm) as f32)
    };
    of.map(one).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sampling() -> Sampling {
        Sampling { temperature: 1.0, ..Sampling::of(&GenParams::greedy(1), 7) }
    }

    fn drawn(sampling: Sampling, logits: &[f32], n: usize) -> Vec<Token> {
        let mut sampler = Sampler::new(sampling);
        (0..n).map(|_| sampler.next(logits, &[]).unwrap()).collect()
    }

    #[test]
    fn draws_follow_the_softmax() {
        let logits = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln()];
        let tokens = drawn(sampling(), &logits, 20_000);
        for (t, p) in [(0, 0.5), (1, 0.3), (2, 0.2)] {
            let share = tokens.iter().filter(|x| **x == t).count() as f64 / 20_000.0;
            assert!((share - p).abs() < 0.015, "token {t}: {share}");
        }
        let cold = drawn(Sampling { temperature: 0.5, ..sampling() }, &logits, 20_000);
        let share = cold.iter().filter(|x| **x == 0).count() as f64 / 20_000.0;
        assert!((share - 0.25 / 0.38).abs() < 0.015, "{share}");
    }

    #[test]
    fn cut_offs_keep_what_they_say() {
        let logits: Vec<f32> = [0.1_f32, 0.4, 0.3, 0.2].map(f32::ln).to_vec();
        let seen = |s: Sampling| {
            let mut tokens = drawn(s, &logits, 500);
            tokens.sort_unstable();
            tokens.dedup();
            tokens
        };
        assert_eq!(seen(Sampling { top_k: 2, ..sampling() }), [1, 2]);
        assert_eq!(seen(Sampling { top_p: 0.65, ..sampling() }), [1, 2]);
        assert_eq!(seen(Sampling { top_p: 0.75, ..sampling() }), [1, 2, 3]);
        assert_eq!(seen(Sampling { min_p: 0.6, ..sampling() }), [1, 2]);
        assert_eq!(seen(Sampling { temperature: 0.0, ..sampling() }), [1]);
        assert_eq!(seen(sampling()), [0, 1, 2, 3]);
    }

    #[test]
    fn a_penalty_turns_to_what_was_not_said() {
        let mut sampler = Sampler::new(Sampling { temperature: 0.0, repetition_penalty: 1.5, ..sampling() });
        assert_eq!(sampler.next(&[2.0, 1.9, -1.0], &[0]).unwrap(), 1);
        assert_eq!(sampler.next(&[-2.0, -1.9, -2.1], &[1, 1]).unwrap(), 0);
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        assert!(Sampler::new(sampling()).next(&[0.0, f32::NAN], &[]).is_err());
        assert!(Sampler::new(sampling()).next(&[], &[]).is_err());
        assert_eq!(Sampler::new(sampling()).next(&[f32::NEG_INFINITY, 1.0], &[]).unwrap(), 1);
        assert!(Sampling { top_p: 0.0, ..sampling() }.check().unwrap_err().contains("top_p is 0"));
        assert!(Sampling { temperature: f32::NAN, ..sampling() }.check().is_err());
    }

    proptest! {
        #[test]
        fn logprobs_are_those_of_a_softmax(logits in prop::collection::vec(-30_f32..30.0, 1..40)) {
            let all = logprobs(&logits, 0..u32::try_from(logits.len()).unwrap());
            let sum: f64 = all.iter().map(|l| f64::from(*l).exp()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            prop_assert_eq!(logprobs(&logits, std::iter::once(u32::MAX)), vec![f32::NEG_INFINITY]);
        }
    }
}
