//! [`BothOrders`]: position-bias control.

use async_trait::async_trait;

use crate::{
    judge::{Choice, Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answers, ask, deltas_only},
    observe::CallOptions,
    score::Score,
};

/// Judges every pair in both orders. Where the two verdicts agree, that is the verdict; where they do not, it is a tie with
/// `consistent == Some(false)`. `p_first` is the mean of the two probabilities. Antisymmetric: exchanging the candidates of a
/// pair exchanges the verdict, whatever the judge inside does.
///
/// Both orders of a pair stand side by side in one inner call, so that an engine computes what they share once. The verdict
/// carries the critique of the order it was asked in. A pair that fails or abstains in one order does so as a whole.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_core::error::JudgeError> {
/// use async_trait::async_trait;
/// use toolrm_core::{call::Candidate, prelude::*};
///
/// /// Prefers whatever it is shown first.
/// struct Biased(JudgeCard);
/// #[async_trait]
/// impl ToolCallJudge for Biased {
///     fn card(&self) -> &JudgeCard { &self.0 }
///     async fn compare(&self, p: &[PairItem<'_>], _: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
///         Ok(p.iter().map(|_| Outcome::Judged(Comparison::from_probability(0.9))).collect())
///     }
/// }
/// # let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
/// let (a, b) = (Candidate::text("a"), Candidate::text("b"));
/// let pair = [PairItem { task: &task, first: &a, second: &b }];
/// let judge = Biased(JudgeCard::pairwise("biased", "biased@1"));
/// let once = judge.compare(&pair, &CallOptions::default()).await?;
/// assert_eq!(once[0].as_judged().unwrap().choice, Choice::First);
///
/// let both = judge.both_orders().compare(&pair, &CallOptions::default()).await?;
/// let verdict = both[0].as_judged().unwrap();
/// assert_eq!((verdict.choice, verdict.consistent), (Choice::Tie, Some(false)));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct BothOrders<J> {
    inner: J,
    card: JudgeCard,
}

impl<J: ToolCallJudge> BothOrders<J> {
    /// Wraps a judge.
    pub fn new(inner: J) -> Self {
        let card = inner.card();
        let card = card.wrapped("both_orders").with_symmetric(true).with_max_batch((card.max_batch / 2).max(1));
        Self { inner, card }
    }
}

#[async_trait]
impl<J: ToolCallJudge> ToolCallJudge for BothOrders<J> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Answers<Score> {
        self.inner.score(items, options).await
    }

    async fn compare(&self, pairs: &[PairItem<'_>], options: &CallOptions) -> Answers<Comparison> {
        let both: Vec<_> =
            pairs.iter().flat_map(|&p| [p, PairItem { first: p.second, second: p.first, ..p }]).collect();
        let mut answers = ask(&self.inner, &both, &deltas_only(options, |i| i / 2)).await?.into_iter();
        let mut out = Vec::with_capacity(pairs.len());
        while let (Some(forward), Some(backward)) = (answers.next(), answers.next()) {
            options.item_done(out.len());
            out.push(forward.zip(backward).map(|(f, b)| merge(f, &b.swapped())));
        }
        Ok(out)
    }
}

/// Two views of the same pair, the second one already turned round.
fn merge(forward: Comparison, backward: &Comparison) -> Comparison {
    let agree = forward.choice == backward.choice;
    Comparison {
        choice: if agree { forward.choice } else { Choice::Tie },
        p_first: f64::midpoint(forward.p_first, backward.p_first),
        critique: forward.critique,
        consistent: Some(agree),
        usage: forward.usage + backward.usage,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        error::{ErrorKind, JudgeError},
        judge::quantise,
        layer::{JudgeExt, mock::*},
        score::Outcome,
    };

    #[tokio::test]
    async fn both_orders_go_in_one_call_and_agreement_stands() {
        let mock = Mock::numbers();
        let judge = (&mock).both_orders();
        let (task, c) = (task(), numbers(&[0.9, 0.1, 0.9]));
        let heard = Arc::new(Heard::default());
        let options = CallOptions::default().with_observer(heard.clone());
        let pairs = [pair(&task, &c[0], &c[1]), pair(&task, &c[1], &c[2]), pair(&task, &c[0], &c[2])];
        let out = judge.compare(&pairs, &options).await.unwrap();
        let verdicts: Vec<_> = out.iter().map(|o| o.as_judged().unwrap()).map(|v| (v.choice, v.consistent)).collect();
        assert_eq!(verdicts, [(Choice::First, Some(true)), (Choice::Second, Some(true)), (Choice::Tie, Some(true))]);
        assert_eq!((mock.calls(), mock.asked()), (1, 6));
        assert_eq!(out[0].as_judged().unwrap().usage.calls, 4);
        assert_eq!(*heard.0.lock().unwrap(), [0, 1, 2]);
        assert_eq!(judge.card().fingerprint, "both_orders(mock@1)");
        assert!(judge.card().symmetric);
    }

    #[tokio::test]
    async fn the_inner_batch_limit_holds() {
        let mock = Mock::biased(0.8).with_card(|c| c.with_max_batch(3));
        let (task, c) = (task(), numbers(&[1, 2]));
        let out =
            (&mock).both_orders().compare(&[pair(&task, &c[0], &c[1]); 4], &CallOptions::default()).await.unwrap();
        assert_eq!((out.len(), mock.calls(), mock.asked()), (4, 3, 8));
    }

    #[tokio::test]
    async fn one_broken_order_breaks_its_pair_only() {
        let (task, c) = (task(), numbers(&["1", "!", "?", "2"]));
        let pairs = [pair(&task, &c[0], &c[1]), pair(&task, &c[2], &c[0]), pair(&task, &c[3], &c[0])];
        let out = Mock::numbers().both_orders().compare(&pairs, &CallOptions::default()).await.unwrap();
        assert!(out[0].as_failed().is_some());
        assert!(matches!(out[1], Outcome::Abstained { .. }));
        assert_eq!(out[2].as_judged().unwrap().choice, Choice::First);
    }

    #[tokio::test]
    async fn nothing_is_asked_after_cancellation_or_for_no_pairs() {
        let mock = Mock::biased(0.8);
        let judge = (&mock).both_orders();
        assert!(judge.compare(&[], &CallOptions::default()).await.unwrap().is_empty());
        let options = CallOptions::default();
        options.cancel.cancel();
        let (task, c) = (task(), numbers(&[1, 2]));
        let error = judge.compare(&[pair(&task, &c[0], &c[1])], &options).await.unwrap_err();
        assert_eq!((error.kind(), mock.calls()), (ErrorKind::Cancelled, 0));
    }

    #[tokio::test]
    async fn a_judge_that_miscounts_is_an_error() {
        struct Short(JudgeCard);
        #[async_trait]
        impl ToolCallJudge for Short {
            fn card(&self) -> &JudgeCard {
                &self.0
            }
            async fn compare(
                &self,
                _: &[PairItem<'_>],
                _: &CallOptions,
            ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
                Ok(vec![Outcome::Judged(Comparison::from_probability(1.0))])
            }
        }
        let (task, c) = (task(), numbers(&[1, 2]));
        let judge = Short(JudgeCard::pairwise("short", "short")).both_orders();
        let error = judge.compare(&[pair(&task, &c[0], &c[1])], &CallOptions::default()).await.unwrap_err();
        assert!(error.to_string().contains("1 answers to 2 items"), "{error}");
    }

    proptest! {
        /// The law, for a judge that says anything about any ordered pair.
        #[test]
        fn antisymmetric(forward in 0.0..=1.0f64, backward in 0.0..=1.0f64, lie in any::<bool>()) {
            let judge = Mock::comparing(move |a, _, _| {
                let p = if a.action.text() == Some("1") { forward } else { backward };
                let mut verdict = Comparison::from_probability(p);
                if lie { verdict.choice = Choice::First; }
                Outcome::Judged(verdict)
            }).both_orders();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (task, c) = (task(), numbers(&[1, 2]));
            let pairs = [pair(&task, &c[0], &c[1]), pair(&task, &c[1], &c[0])];
            let out = runtime.block_on(judge.compare(&pairs, &CallOptions::default())).unwrap();
            let [a, b] = [0, 1].map(|i| out[i].as_judged().unwrap());
            prop_assert_eq!(a.choice, b.choice.swapped());
            prop_assert_eq!(a.consistent, b.consistent);
            prop_assert!((a.p_first + b.p_first - 1.0).abs() < 1e-12);
            prop_assert_eq!(quantise(a.p_first - 0.5), -quantise(b.p_first - 0.5));
            prop_assert!((0.0..=1.0).contains(&a.p_first));
        }
    }
}
