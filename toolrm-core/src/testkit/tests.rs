use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use super::{
    conformance::{Law, check_judge, check_scorer},
    *,
};
use crate::{
    call::{Action, Message},
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, FromScorer, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    judge_conformance,
    observe::CallOptions,
    port::{Finish, GenParams, TextGenerator},
    sample::Sampler,
    score::{Outcome, Score, ScoreScale, scorer_fn},
    scorer_conformance,
};

/// A lawful scorer: the share of its bytes that are even.
fn even(_: &Task, candidate: &Candidate) -> Outcome<Score> {
    let fingerprint = Fingerprint::of_action(&candidate.action);
    let even = fingerprint.as_bytes().iter().filter(|b| *b % 2 == 0).count();
    Outcome::Judged(Score::new(even as f64 / 32.0))
}

judge_conformance!(mock_judge, MockJudge::new("mock").scoring(even));
judge_conformance!(biased_judge, BiasedJudge::with_probability(0.7, 3));
judge_conformance!(always_first, BiasedJudge::first());
// Noise turns scores and comparisons round independently.
judge_conformance!(
    noisy_judge,
    NoisyJudge::new(MockJudge::new("mock").scoring(even), 0.3, 1),
    except = [CompareFollowsScore]
);
judge_conformance!(a_judge_behind_a_reference, {
    static JUDGE: std::sync::LazyLock<BiasedJudge> = std::sync::LazyLock::new(BiasedJudge::second);
    &*JUDGE
});
judge_conformance!(a_boxed_judge, Box::new(MockJudge::new("mock").scoring(even)) as Box<dyn ToolCallJudge>);
scorer_conformance!(lawful_scorer, scorer_fn("even", even));
scorer_conformance!(
    logit_scorer,
    scorer_fn("length", |_: &Task, c: &Candidate| { Outcome::Judged(Score::new(c.action.calls().len() as f64 - 3.0)) })
        .with_scale(ScoreScale::Logit)
);

/// A judge with one thing wrong.
struct Broken {
    card: JudgeCard,
    fault: Wrong,
    calls: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    DropsAnItem,
    ExchangesItems,
    SaysNan,
    LeavesTheScale,
    IgnoresCancel,
    IgnoresTheDeadline,
    ChangesItsMind,
    LooksAtTheBatch,
    FailsOnEmpty,
    FailsOnMalformed,
    FailsOnText,
    FailsOnCalls,
    AbstainsAlways,
    FailsWithoutTools,
    FailsOnUnicode,
    ContradictsItself,
    ChoosesAgainstItsProbability,
    ProbabilityOverOne,
    HasNoFingerprint,
    CanDoNothing,
    ScoresThoughItSaysItCannot,
    ShortensACancelledBatch,
}

impl Broken {
    fn new(fault: Wrong) -> Self {
        let mut card = JudgeCard::pointwise("broken", "broken", ScoreScale::Unit);
        match fault {
            Wrong::HasNoFingerprint => card.fingerprint.clear(),
            Wrong::CanDoNothing => (card.pointwise, card.pairwise) = (None, false),
            Wrong::ScoresThoughItSaysItCannot => card.pointwise = None,
            _ => {}
        }
        Self { card, fault, calls: AtomicUsize::new(0) }
    }

    fn check(&self, options: &CallOptions) -> Result<(), JudgeError> {
        match self.fault {
            Wrong::IgnoresCancel => Ok(()),
            Wrong::IgnoresTheDeadline if !options.cancel.is_cancelled() => Ok(()),
            _ => options.check(),
        }
    }

    fn one(&self, task: &Task, candidate: &Candidate, batch: usize) -> Outcome<Score> {
        let failed = || Outcome::Failed(JudgeError::new(ErrorKind::Backend, "broken"));
        let value = even(task, candidate).judged().unwrap().value;
        match (self.fault, &candidate.action) {
            (Wrong::SaysNan, _) => Outcome::Judged(Score::new(f64::NAN)),
            (Wrong::LeavesTheScale, _) => Outcome::Judged(Score::new(value + 0.8)),
            (Wrong::ChangesItsMind, _) => {
                Outcome::Judged(Score::new(if self.calls.fetch_add(1, Ordering::Relaxed) == 0 { 1.0 } else { 0.0 }))
            }
            (Wrong::LooksAtTheBatch, _) => Outcome::Judged(Score::new(value / batch as f64)),
            (Wrong::FailsOnMalformed, Action::Malformed { .. })
            | (Wrong::FailsOnText, Action::Text(_))
            | (Wrong::FailsOnCalls, Action::Calls(_)) => failed(),
            (Wrong::AbstainsAlways, _) => Outcome::abstained("never my case"),
            (Wrong::FailsWithoutTools, _) if task.tools().is_empty() => failed(),
            (Wrong::FailsOnUnicode, _) if task.messages().iter().any(|m| !m.text().is_ascii()) => failed(),
            _ => Outcome::Judged(Score::new(value)),
        }
    }
}

#[async_trait]
impl ToolCallJudge for Broken {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        self.check(options)?;
        if self.fault == Wrong::FailsOnEmpty && items.is_empty() {
            return Err(JudgeError::new(ErrorKind::InvalidInput, "empty"));
        }
        if self.fault == Wrong::CanDoNothing {
            return Err(JudgeError::new(ErrorKind::Unsupported, "cannot"));
        }
        let mut out = Vec::new();
        for (i, item) in items.iter().enumerate() {
            if self.fault == Wrong::ShortensACancelledBatch && options.cancel.is_cancelled() {
                break;
            }
            out.push(self.one(item.task, item.candidate, items.len()));
            options.item_done(i);
        }
        match self.fault {
            Wrong::DropsAnItem if out.len() > 1 => drop(out.pop()),
            Wrong::ExchangesItems => out.reverse(),
            _ => {}
        }
        Ok(out)
    }

    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let ends: Vec<_> = pairs
            .iter()
            .flat_map(|p| [p.first, p.second].map(|candidate| ScoreItem { task: p.task, candidate }))
            .collect();
        let mut scores = self.score(&ends, options).await?.into_iter();
        let mut out = Vec::new();
        while let (Some(a), Some(b)) = (scores.next(), scores.next()) {
            out.push(a.zip(b).map(|(a, b)| {
                let p = crate::judge::link(ScoreScale::Unit, a.value, b.value);
                let mut comparison = Comparison::from_probability(p);
                match self.fault {
                    Wrong::ContradictsItself => comparison = comparison.swapped(),
                    Wrong::ChoosesAgainstItsProbability => comparison.choice = Choice::Tie,
                    Wrong::ProbabilityOverOne => comparison.p_first *= 2.0,
                    _ => {}
                }
                comparison
            }));
        }
        Ok(out)
    }
}

#[test]
fn the_suite_catches_every_broken_judge_by_the_right_law() {
    for (fault, law) in [
        (Wrong::DropsAnItem, Law::OneOutcomePerItem),
        (Wrong::ExchangesItems, Law::BatchEqualsSingle),
        (Wrong::SaysNan, Law::ScoresOnScale),
        (Wrong::LeavesTheScale, Law::ScoresOnScale),
        (Wrong::IgnoresCancel, Law::CancelStops),
        (Wrong::IgnoresTheDeadline, Law::CancelStops),
        (Wrong::ShortensACancelledBatch, Law::CancelStops),
        (Wrong::ChangesItsMind, Law::SameTwice),
        (Wrong::LooksAtTheBatch, Law::BatchEqualsSingle),
        (Wrong::FailsOnEmpty, Law::EmptyBatch),
        (Wrong::FailsOnMalformed, Law::MalformedIsFine),
        (Wrong::FailsOnText, Law::TextIsFine),
        (Wrong::FailsOnCalls, Law::CallsAreJudged),
        (Wrong::AbstainsAlways, Law::CallsAreJudged),
        (Wrong::FailsWithoutTools, Law::EmptyToolsetIsFine),
        (Wrong::FailsOnUnicode, Law::UnicodeIsFine),
        (Wrong::ContradictsItself, Law::CompareFollowsScore),
        (Wrong::ChoosesAgainstItsProbability, Law::ComparisonsAreSound),
        (Wrong::ProbabilityOverOne, Law::ComparisonsAreSound),
        (Wrong::HasNoFingerprint, Law::CardIsTrue),
        (Wrong::CanDoNothing, Law::CardIsTrue),
        (Wrong::ScoresThoughItSaysItCannot, Law::CardIsTrue),
    ] {
        let breach = check_judge(&Broken::new(fault), law).expect_err(&format!("{fault:?} passes {law:?}"));
        assert_eq!(breach.law, law, "{fault:?}");
    }
}

#[test]
fn a_scorer_that_says_nan_is_caught_before_it_is_made_a_judge() {
    let nan = scorer_fn("nan", |_: &Task, _: &Candidate| Outcome::Judged(Score::new(f64::NAN)));
    assert!(check_judge(&FromScorer::new(&nan), Law::ScoresOnScale).is_ok(), "the judge reports a failure instead");
    let breach = check_scorer(&nan, Law::ScoresOnScale).unwrap_err();
    assert!(breach.to_string().contains("weather (as asked): a score is NaN"), "{breach}");
}

#[test]
fn an_excepted_law_is_not_checked_and_any_other_is() {
    let breaks = |law| Err(conformance::Breach { law, what: "broken".into() });
    conformance::assert_kept(Law::SameTwice, &[Law::SameTwice], breaks);
    let kept = std::panic::catch_unwind(|| conformance::assert_kept(Law::SameTwice, &[Law::EmptyBatch], breaks));
    assert!(kept.is_err());
}

#[test]
fn cases_are_what_they_say() {
    let cases = cases();
    let names: std::collections::HashSet<_> = cases.iter().map(|c| c.name).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.iter().all(|c| c.pairs().next().is_some()), "good and bad in each");
    let actions = || cases.iter().flat_map(|c| c.samples.iter().map(|s| &s.candidate.action));
    assert!(actions().any(|a| matches!(a, Action::Text(_))) && actions().any(Action::is_malformed));
    assert!(actions().any(|a| a.calls().len() > 1));
    for case in &cases {
        for sample in case.samples.iter().filter(|s| s.quality == Quality::Good) {
            for call in sample.candidate.action.calls() {
                assert_eq!(case.task.tools().violations(call), Some(vec![]), "{}: {call:?}", case.name);
            }
        }
        let wire = serde_json::to_string(&case.task).unwrap();
        assert!(wire.contains("\"messages\""), "{wire}");
    }
}

fn all_pairs(case: &Case) -> Vec<PairItem<'_>> {
    let candidates = || case.samples.iter().map(|s| &s.candidate);
    candidates()
        .flat_map(|first| candidates().map(move |second| PairItem { task: &case.task, first, second }))
        .collect()
}

#[test]
fn biased_and_noisy_judges_err_at_their_rate_and_alike_each_time() {
    let (mut pairs, mut first, mut turned) = (0, 0, 0);
    let options = CallOptions::default();
    for seed in 0..40 {
        let biased = BiasedJudge::with_probability(0.8, seed);
        let noisy = NoisyJudge::new(BiasedJudge::first(), 0.1, seed);
        for case in &cases() {
            let items = all_pairs(case);
            let verdicts = block_on(biased.compare(&items, &options)).unwrap();
            let again = block_on(biased.compare(&items, &options)).unwrap();
            let turns = block_on(noisy.compare(&items, &options)).unwrap();
            for ((a, b), n) in verdicts.iter().zip(&again).zip(&turns) {
                assert_eq!(a.as_judged(), b.as_judged());
                pairs += 1;
                first += usize::from(a.as_judged().unwrap().choice == Choice::First);
                turned += usize::from(n.as_judged().unwrap().choice == Choice::Second);
            }
        }
    }
    let share = |n: usize| n as f64 / f64::from(pairs);
    assert!(pairs > 5_000 && (share(first) - 0.8).abs() < 0.02, "{first} of {pairs}");
    assert!((share(turned) - 0.1).abs() < 0.02, "{turned} of {pairs}");
}

#[test]
fn noise_mirrors_a_score_on_its_scale() {
    let case = &cases()[0];
    let item = ScoreItem { task: &case.task, candidate: &case.samples[0].candidate };
    for (scale, value, mirrored) in
        [(ScoreScale::Unit, 0.3, 0.7), (ScoreScale::Logit, 0.3, -0.3), (ScoreScale::Open, 2.0, -2.0)]
    {
        let judge = MockJudge::new("m").scoring(move |_, _| Outcome::Judged(Score::new(value))).with_scale(scale);
        for (p, expected) in [(0.0, value), (1.0, mirrored)] {
            let noisy = NoisyJudge::new(judge.clone(), p, 0);
            let outcomes = block_on(noisy.score(&[item], &CallOptions::default())).unwrap();
            assert!((outcomes[0].as_judged().unwrap().value - expected).abs() < 1e-12);
        }
        assert_ne!(NoisyJudge::new(judge.clone(), 0.1, 0).card().fingerprint, judge.card().fingerprint);
    }
}

#[test]
fn a_mock_follows_its_script_and_counts() {
    let case = &cases()[0];
    let (a, b) = (&case.samples[0].candidate, &case.samples[1].candidate);
    let pair = PairItem { task: &case.task, first: a, second: b };
    let judge = MockJudge::new("mock").with_comparisons([Outcome::Judged(Comparison::from_choice(Choice::Tie))]);
    let outcomes = block_on(judge.compare(&[pair, pair], &CallOptions::default())).unwrap();
    assert_eq!(outcomes[0].as_judged().unwrap().choice, Choice::Tie);
    assert_eq!(outcomes[1].as_failed().map(JudgeError::kind), Some(ErrorKind::Backend), "the script is over");
    assert_eq!((judge.calls(), judge.items()), (1, 2));
    let item = ScoreItem { task: &case.task, candidate: a };
    let error = block_on(judge.score(&[item], &CallOptions::default())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let cancelled = CallOptions::default();
    cancelled.cancel.cancel();
    assert!(block_on(judge.compare(&[pair], &cancelled)).is_err());
    assert_eq!(judge.calls(), 1);
}

#[test]
fn a_scripted_sampler_hands_out_its_candidates_once() {
    let case = &cases()[0];
    let sampler = ScriptedSampler::new(["a", "b", "c"].map(Candidate::text));
    let (params, options) = (GenParams::default(), CallOptions::default());
    let sample = |n| block_on(sampler.sample(&case.task, n, &params, &options));
    assert_eq!(sample(2).unwrap(), ["a", "b"].map(Candidate::text));
    assert_eq!(sample(2).unwrap(), ["c"].map(Candidate::text));
    assert_eq!(sample(1).unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(sampler.asked().iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2, 2, 1]);
}

#[test]
fn a_flaky_generator_keeps_to_its_script_over_calls() {
    let faults =
        [Fault::Refusal, Fault::Truncated, Fault::Error(ErrorKind::Timeout), Fault::Outage(ErrorKind::Transport)];
    let flaky = FlakyGenerator::new(ScriptedGenerator::always("1234"), faults);
    let prompt = vec![Message::user("hi")];
    let (params, options) = (GenParams::default(), CallOptions::default());
    let ask = |n: usize| block_on(flaky.generate(&vec![prompt.clone(); n], &params, &options));
    let two = ask(2).unwrap();
    assert_eq!(two[0].as_ref().unwrap().finish, Finish::Refusal);
    let cut = two[1].as_ref().unwrap();
    assert_eq!((cut.text.as_str(), cut.finish), ("12", Finish::Length));
    assert_eq!(ask(1).unwrap()[0].as_ref().unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(ask(1).unwrap_err().kind(), ErrorKind::Transport);
    assert_eq!(ask(1).unwrap()[0].as_ref().unwrap().text, "1234");
}

#[test]
fn block_on_sleeps_until_it_is_woken() {
    let started = Instant::now();
    block_on(futures_timer::Delay::new(Duration::from_millis(30)));
    assert!(started.elapsed() >= Duration::from_millis(30));
}
