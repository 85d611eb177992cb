//! Shares of answers, with intervals over their questions.

use serde_json::{Value, json};
use toolrm_core::measure::{Bootstrap, Interval};

/// A share of things that belong to questions: how many there are of each question, and how many of them count. Where one is
/// expected to count with some probability, that much of it counts.
#[derive(Debug, Clone, Default)]
pub struct Share {
    /// Question, how many count, of how many.
    parts: Vec<(usize, f64, f64)>,
}

impl Share {
    /// Adds things of a question, of which `hits` count.
    pub fn add(&mut self, question: usize, hits: f64, of: f64) {
        self.parts.push((question, hits, of));
    }

    /// Adds one thing of a question.
    pub fn add_one(&mut self, question: usize, counts: bool) {
        self.add(question, f64::from(u8::from(counts)), 1.0);
    }

    /// How many things there are.
    pub fn of(&self) -> f64 {
        self.parts.iter().map(|(_, _, of)| of).sum()
    }

    /// How many of them count.
    pub fn hits(&self) -> f64 {
        self.parts.iter().map(|(_, hits, _)| hits).sum()
    }

    /// The share; `None` of nothing.
    pub fn value(&self) -> Option<f64> {
        (self.of() > 0.0).then(|| self.hits() / self.of())
    }

    /// Its interval over questions.
    pub fn interval(&self, bootstrap: &Bootstrap) -> Option<Interval> {
        bootstrap.interval(|weights| {
            let weigh = |question: &usize| weights.get(*question).copied().map_or(0.0, f64::from);
            let sums = self.parts.iter().fold((0.0, 0.0), |(hits, of), (question, h, o)| {
                let weight = weigh(question);
                (hits + weight * h, of + weight * o)
            });
            (sums.1 > 0.0).then(|| sums.0 / sums.1)
        })
    }

    /// `87.1 ±3.0`, in percent; `-` of nothing.
    pub fn shown(&self, bootstrap: &Bootstrap) -> String {
        let around = self.interval(bootstrap).map_or_else(String::new, |i| format!(" ±{:.1}", 100.0 * i.half_width()));
        self.value().map_or_else(|| "-".into(), |value| format!("{:.1}{around}", 100.0 * value))
    }

    /// `{"value","ci","hits","of"}`.
    pub fn to_json(&self, bootstrap: &Bootstrap) -> Value {
        json!({"value": self.value(), "ci": self.interval(bootstrap), "hits": self.hits(), "of": self.of()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_over_things_and_intervals_over_questions() {
        let mut share = Share::default();
        for question in 0..20 {
            share.add(question, if question % 2 == 0 { 4.0 } else { 0.0 }, 4.0);
        }
        assert_eq!((share.value(), share.of()), (Some(0.5), 80.0));
        let width = share.interval(&Bootstrap::new(20, 0)).unwrap().half_width();
        // 1.96 * 0.5 / sqrt(20)
        assert!((width - 0.219).abs() < 0.04, "{width}");
        assert_eq!(Share::default().value(), None);
        assert_eq!(Share::default().shown(&Bootstrap::new(20, 0)), "-");
    }
}
