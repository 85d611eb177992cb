//! Invented verdicts, counted by hand.

use proptest::prelude::*;
use serde_json::{Map, json};
use toolrm_core::{
    call::{Candidate, ToolCall},
    error::ErrorKind,
    judge::{Choice, Comparison},
    measure::Bootstrap,
    observe::CallOptions,
    score::{Outcome, Usage},
    task::Task,
    testkit::block_on,
    toolset::Toolset,
};

use super::*;
use crate::{
    null::Null,
    report::model::Failures,
    run::{PairVerdict, Said, ScoreSaid, quick::judge_once},
    trbench::{Pair, Relation},
};

/// `r`ight (p 0.9), `w`rong (p 0.2), a `t`ie, an `a`bstention, a `f`ailure, a row that is too `l`ong; `-` was not asked.
pub(crate) fn said(letter: char) -> Option<Said> {
    let judged = |p| Some(Said::of(Outcome::Judged(Comparison::from_probability(p)), true));
    let failed = |kind| Some(Said::failed(kind, "it said so"));
    match letter {
        'r' => judged(0.9),
        'w' => judged(0.2),
        't' => judged(0.5),
        'a' => Some(Said::Abstained { reason: "no calls".into() }),
        'f' => failed(ErrorKind::Unparseable),
        'l' => failed(ErrorKind::PromptTooLong),
        _ => None,
    }
}

/// What was said of a pair: in the order the coin of seed 0 draws, and in the other one.
pub(crate) fn verdict(number: u64, [single, other]: [char; 2]) -> PairVerdict {
    let mut verdict = PairVerdict::new(number, number.to_string());
    let [first, second] = if shown_first(number, 0) { [single, other] } else { [other, single] };
    (verdict.chosen_first, verdict.chosen_second) = (said(first), said(second));
    verdict
}

pub(crate) fn pair(number: u64, question: &str, category: &str, error_type: &str) -> Pair {
    let call = |a: u64| Candidate::calls(vec![ToolCall::new("f", json!({"a": a}))]);
    let tools = Toolset::from_json(&json!([{"name": "f"}])).unwrap();
    let task = Task::new(Vec::new(), tools).with_metadata(Map::from_iter([("pair".to_owned(), json!(number))]));
    let mut pair = Pair::new(task, call(1), call(2));
    (pair.id, pair.question_id) = (number.to_string(), question.to_owned());
    (pair.category, pair.error_type) = (category.to_owned(), error_type.to_owned());
    pair.rejected_from = ["one", "other"][usize::from(number % 2 == 1)].to_owned();
    pair
}

/// Pairs with what was said of them, single order first.
pub(crate) fn invented() -> Vec<(Pair, PairVerdict)> {
    let rows = [
        ("a", "simple_python", "value", Relation::Better, "rr"),
        ("a", "simple_python", "value", Relation::Better, "rw"),
        ("b", "simple_python", "count", Relation::Better, "tt"),
        ("c", "multiple", "value", Relation::Better, "wr"),
        ("d", "multiple", "count", Relation::Better, "fr"),
        ("d", "live_simple", "count", Relation::Better, "al"),
        ("e", "multiple", "none", Relation::Tie, "rr"),
        ("f", "multiple", "none", Relation::Tie, "tt"),
        ("f", "multiple", "none", Relation::Tie, "rw"),
        ("g", "multiple", "value", Relation::BothWrong, "rw"),
    ];
    let row = |(number, (question, category, error_type, relation, letters)): (u64, (_, _, _, Relation, &str))| {
        let mut pair = pair(number, question, category, error_type);
        pair.relation = relation;
        let letters: Vec<char> = letters.chars().collect();
        (pair, verdict(number, [letters[0], letters[1]]))
    };
    (0..).zip(rows).map(row).collect()
}

fn tally_of<'r>(rows: impl IntoIterator<Item = &'r (Pair, PairVerdict)>) -> (Tally, Bootstrap) {
    let (mut tally, mut questions) = (Tally::new(0).keeping(2), Questions::default());
    for (pair, verdict) in rows {
        tally.add(pair, questions.number(&pair.question_id), verdict);
    }
    (tally, Bootstrap::new(questions.len(), 0))
}

fn near(measured: Measured, expected: f64) {
    let value = measured.value.unwrap();
    assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
}

#[test]
fn accuracies_are_those_counted_by_hand() {
    let (tally, bootstrap) = tally_of(&invented());
    let all = tally.splits.all.measured(&bootstrap);
    assert_eq!((all.n, all.questions), (6, 4));
    near(all.single, (1.0 + 1.0 + 0.5 + 0.0 + 0.5 + 0.5) / 6.0);
    near(all.both, 1.0 / 6.0);
    near(all.mean_of_orders, (1.0 + 0.5 + 0.5 + 0.5 + 0.75 + 0.5) / 6.0);
    assert_eq!(all.counts, Counts { right: 2, wrong: 1, ties: 1, abstained: 1, failed: 1 });
    near(tally.splits.mean(|g| &g.single, &bootstrap), (2.5 / 3.0 + 0.25 + 0.5) / 3.0);
    near(tally.splits.mean(|g| &g.both, &bootstrap), (1.0 / 3.0) / 3.0);
    near(tally.error_types.get("count").unwrap().single.measured(&bootstrap), 0.5);
    near(tally.rejected_models.get("one").unwrap().single.measured(&bootstrap), (1.0 + 0.5 + 0.5) / 3.0);
    let both_wrong = tally.both_wrong.measured(&bootstrap);
    assert_eq!((both_wrong.n, both_wrong.single.value, both_wrong.both.value), (1, Some(1.0), Some(0.0)));
    assert_eq!(both_wrong.single.interval, None, "one question");
    let cell = |split: &str, error: &str| tally.cells[&(split.to_owned(), error.to_owned())];
    assert_eq!(cell("simple_python", "value"), Counts { right: 2, ..Counts::default() });
    assert_eq!(cell("multiple", "value"), Counts { wrong: 1, ..Counts::default() });
}

#[test]
fn behaviour_is_counted_over_all_pairs_and_orders() {
    let (tally, bootstrap) = tally_of(&invented());
    let behaviour = tally.behaviour.measured(&bootstrap);
    assert_eq!(behaviour.asked, 20);
    near(behaviour.consistency, 4.0 / 8.0);
    near(behaviour.parse_rate, 18.0 / 20.0);
    near(behaviour.abstention, 1.0 / 20.0);
    near(behaviour.ties, 4.0 / 20.0);
    let failed = |kind| Failures { kind, n: 1 };
    assert_eq!(behaviour.failures, [failed(ErrorKind::PromptTooLong), failed(ErrorKind::Unparseable)]);
    assert_eq!(behaviour.over_long, 1);
    let ties = tally.ties.measured(&bootstrap).unwrap();
    assert_eq!((ties.n, ties.questions), (3, 2));
    near(ties.distance, (0.4 + 0.0 + 0.05) / 3.0);
    near(ties.decided, 1.0 / 3.0);
}

#[test]
fn calibration_is_of_every_comparison_that_was_judged() {
    let (tally, bootstrap) = tally_of(&invented());
    let calibration = tally.calibration.measured(&bootstrap).unwrap();
    assert_eq!(calibration.n, 9);
    // Five times 0.9 for what is right, twice 0.2, twice 0.5; seen from the other side the errors are the same.
    near(calibration.brier, (5.0 * 0.01 + 2.0 * 0.64 + 2.0 * 0.25) / 9.0);
    assert_eq!(calibration.bins.iter().map(|bin| bin.n).sum::<u64>(), 9);
}

#[test]
fn a_liking_for_a_place_is_seen_and_wins_nothing() {
    let rows: Vec<_> = (0..40)
        .map(|number| {
            let mut verdict = PairVerdict::new(number, number.to_string());
            // The first one always: right when the chosen answer is shown first. One in eight is a tie in both orders.
            let said = |letter| said(if number % 8 == 0 { 't' } else { letter });
            (verdict.chosen_first, verdict.chosen_second) = (said('r'), said('w'));
            (pair(number, &format!("q{number}"), "multiple", "value"), verdict)
        })
        .collect();
    let (tally, bootstrap) = tally_of(&rows);
    let behaviour = tally.behaviour.measured(&bootstrap);
    near(behaviour.position_bias, 0.5 * 7.0 / 8.0);
    near(behaviour.consistency, 1.0 / 8.0);
    let all = tally.splits.all.measured(&bootstrap);
    near(all.mean_of_orders, 0.5);
    near(all.both, 0.0);
    assert!((0.3..0.7).contains(&all.single.value.unwrap()));
}

#[test]
fn cost_is_added_up() {
    let mut rows = invented();
    for (_, verdict) in &mut rows {
        verdict.usage = Usage::new(2, 100, 10);
    }
    let cost = tally_of(&rows).0.cost;
    assert_eq!((cost.calls, cost.prompt_tokens, cost.completion_tokens, cost.seconds), (20, 1000, 100, None));
}

#[test]
fn the_worst_mistakes_of_a_kind_are_kept() {
    let scored = |number: u64, letters, chosen: f64| {
        let mut verdict = verdict(number, letters);
        let score = |value| Some(ScoreSaid { value, findings: Vec::new(), critique: None });
        (verdict.chosen_score, verdict.rejected_score) = (score(chosen), score(1.0));
        (pair(number, "q", "multiple", "value"), verdict)
    };
    let rows = [
        scored(0, ['r', 'r'], 2.0),
        scored(1, ['w', 'w'], 0.5),
        scored(2, ['t', 't'], 1.0),
        scored(3, ['w', 'w'], 0.25),
        (pair(4, "q", "multiple", "count"), verdict(4, ['r', 'w'])),
        (pair(5, "q", "simple_python", "value"), verdict(5, ['r', 'r'])),
    ];
    let (tally, _) = tally_of(&rows);
    let kinds = tally.mistakes.kinds();
    let found: Vec<_> = kinds
        .iter()
        .map(|((split, error, _), kind)| (*split, *error, kind.worst.iter().map(|m| m.said.number).collect()))
        .collect();
    // Most was lost of the first kind, and two are kept; of the second only the order that does not count was lost.
    assert_eq!(found, [("multiple", "value", vec![3, 1]), ("multiple", "count", vec![4])]);
    let second = &kinds[1].1.worst[0];
    assert_eq!((second.verdict, kinds[0].1.counts.n()), (Verdict::Right, 4));
    assert!((second.gap - (1.0 - 2.0 * 0.55)).abs() < 1e-12);
}

#[test]
fn the_fit_is_told_by_scores() {
    let scored = |number: u64, category: &str, [chosen, rejected]: [f64; 2]| {
        let mut verdict = verdict(number, ['r', 'r']);
        let score = |value| Some(ScoreSaid { value, findings: Vec::new(), critique: None });
        (verdict.chosen_score, verdict.rejected_score) = (score(chosen), score(rejected));
        (pair(number, category, category, "value"), verdict)
    };
    let rows = [
        scored(0, "simple_python", [1.0, 9.0]),
        scored(1, "own", [3.0, 9.0]),
        scored(2, "irrelevance", [9.0, 2.0]),
        scored(3, "live_irrelevance", [9.0, 4.0]),
        scored(4, "live_relevance", [9.0, 0.0]),
    ];
    let (tally, bootstrap) = tally_of(&rows);
    let fit = tally.fit.measured(&bootstrap).unwrap();
    // 1 and 3 are right, 2 and 4 are not: of four pairs 3 over 2 alone is in order; both are kept by a threshold of 1.
    near(fit.auc, 0.25);
    near(fit.rejected_at_90, 0.0);
    assert_eq!((fit.right, fit.irrelevant), (2, 2));
    assert_eq!(tally_of(&rows[..2]).0.fit.measured(&bootstrap), None);
}

#[test]
fn call_categories_have_a_mean_when_all_are_there() {
    let names = crate::bfcl::category::Category::CALLS.iter().map(|c| c.name()).chain(["irrelevance"]);
    let rows: Vec<_> = (0..)
        .zip(names)
        .map(|(n, name)| (pair(n, name, name, "value"), verdict(n, if n < 8 { ['r', 'r'] } else { ['w', 'w'] })))
        .collect();
    let (tally, bootstrap) = tally_of(&rows);
    near(tally.splits.mean_of_calls(|g| &g.both, &bootstrap).unwrap(), 1.0);
    near(tally.splits.mean(|g| &g.both, &bootstrap), 8.0 / 9.0);
    let (less, bootstrap) = tally_of(&rows[1..]);
    assert!(!less.splits.has_calls() && less.splits.mean_of_calls(|g| &g.single, &bootstrap).is_none());
}

#[test]
fn null_judges_get_what_null_judges_get() {
    let pairs: Vec<(u64, Pair)> =
        (0..300).map(|number| (number, pair(number, &format!("q{number}"), "multiple", "value"))).collect();
    let options = CallOptions::default();
    let measured = |null: Null| {
        let verdicts = block_on(judge_once(&*null.judge(0), &pairs, &options)).unwrap();
        let rows: Vec<_> = pairs.iter().map(|(_, pair)| pair.clone()).zip(verdicts).collect();
        let (tally, bootstrap) = tally_of(&rows);
        tally.splits.all.single.measured(&bootstrap)
    };
    // Both answers are as long as the other.
    near(measured(Null::Longer), 0.5);
    for null in [Null::Random, Null::First] {
        let Measured { value, interval } = measured(null);
        let interval = interval.unwrap();
        assert!((0.4..0.6).contains(&value.unwrap()) && interval.low < 0.5 && 0.5 < interval.high, "{null:?}");
    }
}

fn rows() -> impl Strategy<Value = Vec<(Pair, PairVerdict)>> {
    let letter = || prop::sample::select(vec!['r', 'r', 'w', 't', 'a', 'f', 'l']);
    let row = (0_u8..6, 0_u8..3, letter(), letter());
    prop::collection::vec(row, 1..40).prop_map(|rows| {
        let row = |(number, (question, split, single, other)): (u64, (u8, u8, char, char))| {
            let pair = pair(number, &format!("q{question}"), &format!("s{split}"), "value");
            (pair, verdict(number, [single, other]))
        };
        (0..).zip(rows).map(row).collect()
    })
}

proptest! {
    // Each case draws a thousand resamples several times.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn shares_are_shares_and_right_in_both_is_the_least(rows in rows()) {
        let (tally, bootstrap) = tally_of(&rows);
        let all = tally.splits.all.measured(&bootstrap);
        let behaviour = tally.behaviour.measured(&bootstrap);
        for measured in [
            all.single, all.both, all.mean_of_orders, behaviour.consistency, behaviour.parse_rate, behaviour.abstention,
            behaviour.ties,
        ] {
            prop_assert!(measured.value.is_none_or(|value| (0.0..=1.0).contains(&value)));
            prop_assert!(measured.interval.is_none_or(|i| 0.0 <= i.low && i.low <= i.high && i.high <= 1.0));
        }
        prop_assert!(behaviour.position_bias.value.is_none_or(|bias| (-0.5..=0.5).contains(&bias)));
        let [single, both, mean] = [all.single, all.both, all.mean_of_orders].map(|m| m.value.unwrap());
        prop_assert!(both <= single && both <= mean);
        prop_assert_eq!(all.counts.n(), rows.len() as u64);
    }

    #[test]
    fn a_symmetric_judge_is_consistent_and_has_no_place_it_likes(mut rows in rows()) {
        for (_, verdict) in &mut rows {
            verdict.chosen_second = verdict.chosen_first.clone();
        }
        let (tally, bootstrap) = tally_of(&rows);
        let all = tally.splits.all.measured(&bootstrap);
        let behaviour = tally.behaviour.measured(&bootstrap);
        prop_assert!(behaviour.consistency.value.is_none_or(|share| (share - 1.0).abs() < 1e-12));
        prop_assert!(behaviour.position_bias.value.is_none_or(|bias| bias.abs() < 1e-12));
        prop_assert_eq!(all.single.value, all.mean_of_orders.value);
    }

    #[test]
    fn the_order_of_the_pairs_plays_no_part(rows in rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|(_, verdict)| (verdict.number + 1).wrapping_mul(seed | 1));
        let values = |rows: &[(Pair, PairVerdict)]| {
            let (tally, bootstrap) = tally_of(rows);
            let all = tally.splits.all.measured(&bootstrap);
            let behaviour = tally.behaviour.measured(&bootstrap);
            let consistency = (behaviour.consistency.value, behaviour.position_bias.value, behaviour.failures);
            (all.single.value, all.both.value, all.mean_of_orders.value, all.counts, consistency)
        };
        prop_assert_eq!(values(&rows), values(&shuffled));
    }

    #[test]
    fn swapping_what_is_better_mirrors_the_verdicts(rows in rows()) {
        let swap = |said: &Said| match said {
            Said::Judged { choice, p_chosen, critique } => {
                let (choice, p_chosen) = (choice.swapped(), 1.0 - p_chosen);
                Said::Judged { choice, p_chosen, critique: critique.clone() }
            }
            other => other.clone(),
        };
        let mut mirrored = rows.clone();
        for (_, verdict) in &mut mirrored {
            let (first, second) = (verdict.chosen_first.as_ref().map(swap), verdict.chosen_second.as_ref().map(swap));
            (verdict.chosen_first, verdict.chosen_second) = (second, first);
        }
        let measured = |rows: &[(Pair, PairVerdict)]| {
            let (tally, bootstrap) = tally_of(rows);
            (tally.splits.all.measured(&bootstrap), tally.behaviour.measured(&bootstrap))
        };
        let ((all, behaviour), (mirror_all, mirror)) = (measured(&rows), measured(&mirrored));
        let sum = all.mean_of_orders.value.unwrap() + mirror_all.mean_of_orders.value.unwrap();
        prop_assert!((sum - 1.0).abs() < 1e-12);
        prop_assert_eq!(behaviour.consistency.value, mirror.consistency.value);
        // Whoever likes a place likes it whichever answer is better.
        prop_assert_eq!(behaviour.position_bias.value, mirror.position_bias.value);
    }
}

#[test]
fn the_letters_mean_what_they_say() {
    assert_eq!(said('r').unwrap().choice(), Some(Choice::First));
    assert_eq!(said('w').unwrap().choice(), Some(Choice::Second));
    assert_eq!(said('-'), None);
}
