#![allow(clippy::float_cmp, reason = "strengths of whole and half points are exact")]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    call::{Action, ToolCall},
    judge::{Comparison, FromScorer},
    layer::{JudgeExt, mock::*},
    score::{Finding, scorer_fn},
};

fn block<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn select(
    selector: &dyn Selector,
    judge: &dyn ToolCallJudge,
    candidates: &[Candidate],
) -> Result<Selection, JudgeError> {
    block(selector.select(judge, &task(), candidates, &CallOptions::default()))
}

fn selectors() -> [(&'static str, Box<dyn Selector>); 5] {
    [
        ("pointwise", Box::new(Pointwise)),
        ("round robin", Box::new(RoundRobin)),
        ("knockout", Box::new(Knockout::default())),
        ("seeded", Box::new(Knockout::seeded())),
        ("auto", Box::new(Auto)),
    ]
}

/// Chooses the highest number, or always position `stuck`.
struct Lister {
    mock: Mock,
    stuck: Option<usize>,
}

#[async_trait]
impl ToolCallJudge for Lister {
    fn card(&self) -> &JudgeCard {
        &self.mock.card
    }
}

#[async_trait]
impl ListwiseJudge for Lister {
    async fn choose(&self, _: &Task, candidates: &[&Candidate], _: &CallOptions) -> Result<Outcome<Pick>, JudgeError> {
        self.mock.calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let value = |c: &Candidate| c.action.text().unwrap().parse::<i64>();
        if candidates.iter().any(|c| value(c).is_err()) {
            return Ok(Outcome::abstained("not a number"));
        }
        let best = (0..candidates.len()).max_by_key(|&i| value(candidates[i]).unwrap()).unwrap();
        Ok(Outcome::Judged(Pick::new(self.stuck.unwrap_or(best)).with_usage(Usage::new(1, 0, 0))))
    }
}

fn lister(stuck: Option<usize>) -> Lister {
    Lister { mock: Mock::numbers(), stuck }
}

#[test]
fn a_biased_judge_becomes_ties() {
    let selection = select(&RoundRobin, &Mock::biased(0.9).both_orders(), &numbers(&[1, 2, 3, 4])).unwrap();
    assert!(selection.strength.iter().all(|s| (s.unwrap() - 0.5).abs() < 1e-9), "{:?}", selection.strength);
    assert_eq!((selection.winner, selection.comparisons, selection.order), (0, 6, vec![0, 1, 2, 3]));
    assert_eq!(selection.usage.calls, 12);
}

#[test]
fn a_rule_scorer_runs_every_selector() {
    let length = scorer_fn("length", |_: &Task, c: &Candidate| {
        Outcome::Judged(Score::new(c.action.text().map_or(0.0, |t| t.len() as f64 / 10.0)))
    });
    let judge: Arc<dyn ToolCallJudge> = Arc::new(FromScorer::new(length));
    let candidates: Vec<_> = (0..5).map(|i| Candidate::text("x".repeat(i))).collect();
    for (name, selector) in selectors() {
        let selection = select(&*selector, &judge, &candidates).unwrap();
        assert_eq!((selection.winner, selection.order[0], selection.skipped()), (4, 4, 0), "{name}");
    }
}

#[test]
fn selection_can_be_spawned() {
    block(async {
        let judge: Arc<dyn ToolCallJudge> = Arc::new(Mock::numbers().both_orders());
        tokio::spawn(async move {
            let (task, candidates, options) = (task(), numbers(&[1, 2, 3]), CallOptions::default());
            for (_, selector) in selectors() {
                assert_eq!(selector.select(&judge, &task, &candidates, &options).await.unwrap().winner, 2);
            }
            let selection = Listwise::new(lister(None)).select(&task, &candidates, &options).await.unwrap();
            assert_eq!(selection.winner, 2);
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_judge_that_cannot_tell_keeps_the_first_candidate() {
    for n in 1..12 {
        let candidates = numbers(&(0..n).collect::<Vec<_>>());
        for (name, selector) in selectors().iter().skip(1) {
            let selection = select(&**selector, &Mock::biased(0.9).both_orders(), &candidates).unwrap();
            assert_eq!(selection.winner, 0, "{name} n={n}");
        }
        for stuck in [0, 1] {
            let list = Listwise::new(lister(Some(stuck))).with_window(2);
            let selection = block(list.select(&task(), &candidates, &CallOptions::default())).unwrap();
            assert_eq!(selection.winner, 0, "listwise n={n} stuck={stuck}");
        }
    }
}

#[test]
fn one_candidate_costs_nothing_and_none_is_an_error() {
    for (name, selector) in selectors() {
        let mock = Mock::numbers();
        for candidates in [numbers(&["1"]), numbers(&["same", " same", "same "])] {
            let selection = select(&*selector, &mock, &candidates).unwrap();
            assert_eq!((selection.winner, selection.distinct), (0, 1), "{name}");
            assert_eq!(selection.order, (0..candidates.len()).collect::<Vec<_>>());
            assert!(selection.unjudged.is_empty() && selection.strength.iter().all(Option::is_none));
        }
        assert_eq!(mock.calls(), 0, "{name}");
        let error = select(&*selector, &mock, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
}

#[test]
fn duplicates_are_judged_once_and_stand_together() {
    let c = |a: serde_json::Value| Candidate::calls(vec![ToolCall::new("f", a)]);
    let judge = Mock::scoring(|c, _| {
        let good = c.action.calls()[0].arguments["a"] == 2;
        Outcome::Judged(Score::new(if good { 1.0 } else { 0.2 }).with_usage(Usage::new(1, 0, 0)))
    });
    let two = || c(serde_json::json!({"a": 2}));
    let candidates = [c(serde_json::json!({"a": 1})), two(), c(serde_json::json!({"a": 1.0})), two(), two()];
    let heard = Arc::new(Heard::default());
    let options = CallOptions::default().with_observer(heard.clone());
    block(Pointwise.select(&judge, &task(), &[two(), two(), c(serde_json::json!({"a": 1}))], &options)).unwrap();
    assert_eq!(*heard.0.lock().unwrap(), [0, 2], "the observer hears the caller's indices");
    for (name, selector) in selectors() {
        let selection = select(&*selector, &judge, &candidates).unwrap();
        assert_eq!((selection.winner, selection.distinct), (1, 2), "{name}");
        assert_eq!(selection.order, [1, 3, 4, 0, 2], "{name}");
        assert_eq!(selection.strength[4], selection.strength[1], "{name}");
        assert_eq!(selection.usage.calls, 2, "{name}");
    }
}

#[test]
fn pointwise_keeps_findings_and_puts_the_unjudged_last() {
    let mock = Mock::scoring(|c, _| match c.action.text().unwrap() {
        "?" => Outcome::abstained("a question"),
        "!" => Outcome::Failed(JudgeError::new(ErrorKind::Transport, "gone")),
        "nan" => Outcome::Judged(Score::new(f64::NAN)),
        text => Outcome::Judged(Score::new(text.parse().unwrap()).with_findings(vec![Finding::new(
            "a.b",
            "",
            text.to_owned(),
            1.0,
        )])),
    });
    let selection = select(&Pointwise, &mock, &numbers(&["?", "0", "!", "0.5", "nan"])).unwrap();
    assert_eq!(selection.order, [3, 1, 0, 2, 4], "a 0 the judge gave is better than no judgement");
    assert_eq!(selection.unjudged, [0, 2, 4]);
    assert_eq!(selection.strength, [None, Some(0.0), None, Some(0.5), None]);
    assert_eq!(selection.scores[3].as_ref().unwrap().findings[0].message, "0.5");
    let problems: Vec<_> = selection.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "candidate 0: the judge abstained: a question",
            "candidate 2: transport: gone",
            "candidate 4: backend: the judge gave NaN for a score"
        ]
    );
}

#[test]
fn when_nobody_is_judged_it_is_an_error_that_says_why() {
    for (name, selector) in selectors() {
        let error = select(&*selector, &Mock::numbers(), &numbers(&["?", "!"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Backend, "{name}");
        assert!(error.to_string().contains("none of the 2 candidates could be judged"), "{error}");
        let abstains = Mock::scoring(|_, _| Outcome::abstained("not my case"));
        let error = select(&*selector, &abstains, &numbers(&[1, 2, 3])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}");
        assert!(error.to_string().contains("not my case"), "{error}");
    }
}

#[test]
fn a_tournament_goes_on_around_a_broken_candidate() {
    for (name, selector) in selectors().iter().skip(1).take(3) {
        for broken in ["!", "?"] {
            for at in 0..5 {
                let mut values = vec!["1", "2", "3", "4"];
                values.insert(at, broken);
                let selection = select(&**selector, &Mock::numbers(), &numbers(&values)).unwrap();
                assert_eq!(values[selection.winner], "4", "{name}: {values:?}");
                assert_eq!(*selection.order.last().unwrap(), at, "{name}: {values:?}");
                assert_eq!(selection.unjudged, [at], "{name}: {values:?}");
                assert!(selection.skipped() > 0);
            }
        }
    }
}

#[test]
fn a_broken_pair_is_worth_half_a_point_to_both_and_not_0() {
    // 0 beats 1 and 2; 1 against 2 is broken: the two stand equal, in order of index.
    let judge = Mock::comparing(|a, b, _| match (a.action.text().unwrap(), b.action.text().unwrap()) {
        ("a", _) => Outcome::Judged(Comparison::from_probability(1.0)),
        _ => Outcome::Failed(JudgeError::new(ErrorKind::Timeout, "late")),
    });
    let selection = select(&RoundRobin, &judge, &numbers(&["a", "b", "c"])).unwrap();
    assert_eq!((selection.order.as_slice(), selection.skipped()), ([0, 1, 2].as_slice(), 1));
    assert_eq!(selection.strength, [Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(selection.problems[0].others, [2]);
}

#[test]
fn half_points_decide_before_strength_and_noise_decides_nothing() {
    // "a" wins narrowly twice, "b" loses narrowly once and wins by a mile: points say "a".
    let judge = Mock::comparing(|a, b, _| {
        let p = match (a.action.text().unwrap(), b.action.text().unwrap()) {
            ("a", _) => 0.51,
            _ => 1.0,
        };
        Outcome::Judged(Comparison::from_probability(p))
    });
    assert_eq!(select(&RoundRobin, &judge, &numbers(&["b", "a", "c"])).unwrap().winner, 0);
    assert_eq!(select(&RoundRobin, &judge, &numbers(&["a", "b", "c"])).unwrap().winner, 0);
    // Ties whose probabilities differ in the last bits only: the lower index.
    let noise = Mock::comparing(|a, _, _| {
        let ulp = if a.action.text() == Some("a") { -1e-12 } else { 1e-12 };
        Outcome::Judged(Comparison::from_probability(0.5 + ulp))
    });
    for (name, selector) in selectors().iter().skip(1) {
        assert_eq!(select(&**selector, &noise, &numbers(&["a", "b", "c"])).unwrap().winner, 0, "{name}");
    }
}

#[test]
fn malformed_candidates_take_part() {
    let judge = Mock::scoring(|c, _| Outcome::Judged(Score::new(if c.action.is_malformed() { 0.0 } else { 0.3 })));
    let candidates = [Candidate::new(Action::malformed("{", "cut off")), Candidate::text("no tool fits")];
    for (name, selector) in selectors() {
        let selection = select(&*selector, &judge, &candidates).unwrap();
        assert_eq!((selection.order.as_slice(), selection.skipped()), ([1, 0].as_slice(), 0), "{name}");
    }
}

#[test]
fn auto_takes_what_the_judge_can_do() {
    let mock = Mock::numbers();
    assert_eq!(select(&Auto, &mock, &numbers(&[1, 2, 3])).unwrap().comparisons, 0);
    assert_eq!((mock.calls(), mock.asked()), (1, 3));
    let pairwise = Mock::biased(0.9);
    let selection = select(&Auto, &pairwise, &numbers(&[1, 2, 3])).unwrap();
    assert_eq!((selection.winner, selection.comparisons, pairwise.asked()), (0, 2, 4), "both orders");
    let symmetric = Mock::biased(0.9);
    select(&Auto, &(&symmetric).both_orders(), &numbers(&[1, 2, 3])).unwrap();
    assert_eq!(symmetric.asked(), 4, "both orders once, not twice");
    let neither = Mock::biased(0.9).with_card(|c| JudgeCard { pairwise: false, ..c });
    assert_eq!(select(&Auto, &neither, &numbers(&[1, 2])).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn cancellation_between_rounds_ends_a_tournament() {
    let options = CallOptions::default();
    let cancel = options.cancel.clone();
    let judge = Mock::comparing(move |_, _, _| {
        cancel.cancel();
        Outcome::Judged(Comparison::from_probability(0.9))
    });
    let error = block(Knockout::default().select(&judge, &task(), &numbers(&[1, 2, 3, 4]), &options)).unwrap_err();
    assert_eq!((error.kind(), judge.calls()), (ErrorKind::Cancelled, 1));
}

#[test]
fn seeds_shuffle_brackets_and_nothing_else() {
    // Rock, paper, scissors: the winner depends on who meets whom, and on nothing else.
    let judge = Mock::comparing(|a, b, _| {
        let [a, b] = [a, b].map(|c| c.action.text().unwrap().parse::<i64>().unwrap());
        Outcome::Judged(Comparison::from_probability(if (a - b).rem_euclid(3) == 1 { 1.0 } else { 0.0 }))
    });
    let winners: Vec<_> = (0..20)
        .map(|seed| {
            let options = CallOptions::default().with_seed(seed);
            let run = || block(Knockout::seeded().select(&judge, &task(), &numbers(&[0, 1, 2]), &options)).unwrap();
            assert_eq!(run().order, run().order);
            run().winner
        })
        .collect();
    assert!((0..3).all(|i| winners.contains(&i)), "{winners:?}");
}

#[test]
fn listwise_windows_cover_everybody() {
    for (n, window, views) in [(2, 5, 2), (5, 5, 2), (6, 5, 4), (11, 5, 6), (25, 5, 12), (7, 2, 12)] {
        let values: Vec<_> = (0..n).map(|i| (i * 13 + 5) % n).collect();
        let list = Listwise::new(lister(None)).with_window(window);
        let selection = block(list.select(&task(), &numbers(&values), &CallOptions::default())).unwrap();
        assert_eq!(values[selection.winner], n - 1, "n={n}");
        assert_eq!(selection.usage.calls, views, "n={n}");
        assert_eq!(selection.order.len(), values.len());
    }
    let single = Listwise::new(lister(Some(1))).single_order();
    let selection = block(single.select(&task(), &numbers(&[1, 2, 3]), &CallOptions::default())).unwrap();
    assert_eq!((selection.winner, selection.usage.calls), (1, 1));
}

#[test]
fn a_listwise_judge_that_chooses_outside_the_list_or_nothing_is_a_problem() {
    let outside = Listwise::new(lister(Some(7)));
    let error = block(outside.select(&task(), &numbers(&[1, 2]), &CallOptions::default())).unwrap_err();
    assert!(error.to_string().contains("candidate 7 of a list of 2"), "{error}");
    let list = Listwise::new(lister(None)).with_window(2);
    let selection = block(list.select(&task(), &numbers(&["x", "1", "2", "3"]), &CallOptions::default())).unwrap();
    assert_eq!((selection.winner, selection.unjudged.as_slice(), selection.skipped()), (3, [0].as_slice(), 2));
}

proptest! {
    /// Whatever the order of the candidates, the best one wins, and the whole order is the same.
    #[test]
    fn selection_does_not_depend_on_candidate_order(
        values in proptest::collection::hash_set(-1000i32..1000, 1..12).prop_map(|s| s.into_iter().collect::<Vec<_>>()).prop_shuffle(),
        seed in any::<u64>(),
    ) {
        let best = *values.iter().max().unwrap();
        let mut sorted = values.clone();
        sorted.sort_unstable_by_key(|v| std::cmp::Reverse(*v));
        let candidates = numbers(&values);
        let options = CallOptions::default().with_seed(seed);
        for (name, selector) in selectors() {
            let selection = block(selector.select(&Mock::numbers(), &task(), &candidates, &options)).unwrap();
            prop_assert_eq!(values[selection.winner], best, "{}", name);
            let order: Vec<_> = selection.order.iter().map(|&i| values[i]).collect();
            prop_assert_eq!(order[0], best, "{}", name);
            if matches!(name, "pointwise" | "round robin" | "auto") {
                prop_assert_eq!(&order, &sorted, "{}", name);
            }
            let mut all = selection.order.clone();
            all.sort_unstable();
            prop_assert_eq!(all, (0..values.len()).collect::<Vec<_>>(), "{}", name);
        }
        let list = Listwise::new(lister(None)).with_window(3);
        let selection = block(list.select(&task(), &candidates, &options)).unwrap();
        prop_assert_eq!(values[selection.winner], best);
    }

    /// batch = single: a judge that takes one item at a time selects the same.
    #[test]
    fn batches_do_not_change_the_selection(values in proptest::collection::vec(0..30u32, 1..10), size in 1usize..4) {
        let candidates = numbers(&values);
        for (name, selector) in selectors() {
            let small = Mock::numbers().with_card(|c| c.with_max_batch(size));
            let a = block(selector.select(&Mock::numbers(), &task(), &candidates, &CallOptions::default())).unwrap();
            let b = block(selector.select(&small, &task(), &candidates, &CallOptions::default())).unwrap();
            prop_assert_eq!(a.order, b.order, "{}", name);
            prop_assert_eq!(a.usage, b.usage, "{}", name);
        }
    }
}
