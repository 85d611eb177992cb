//! Invented questions whose curves are known by hand, and the formulas against trying everything.

use std::sync::{Mutex, PoisonError};

use proptest::prelude::*;
use serde_json::json;
use toolrm_core::{
    call::{Candidate, Message, ToolCall},
    judge::{Choice, Comparison},
    score::{Outcome, Score},
    task::Task,
    testkit::{BiasedJudge, MockJudge, block_on},
    toolset::Toolset,
};

use super::{Strategy, chance::drawn, *};
use crate::trbench::GroupEntry;

/// An answer: what it says (its score is the number it begins with; `?` abstains, `!` breaks), and whether it is right.
type Said<'s> = (&'s str, bool);

fn group(id: &str, answers: &[Said<'_>]) -> Group {
    let task = Task::new(vec![Message::user(id)], Toolset::new(vec![]).unwrap());
    let entry = |(i, (text, right)): (usize, &Said<'_>)| {
        GroupEntry::new(format!("model {i:03}"), Candidate::text(*text), *right)
    };
    Group::new(id, "all", task).with_entries(answers.iter().enumerate().map(entry).collect())
}

fn value(candidate: &Candidate) -> Outcome<Score> {
    let text = candidate.action.text().unwrap_or("0");
    match text.chars().next() {
        Some('?') => Outcome::abstained("not my case"),
        Some('!') => Outcome::Failed(JudgeError::new(ErrorKind::Backend, "broken")),
        first => Outcome::Judged(Score::new(f64::from(first.and_then(|c| c.to_digit(10)).unwrap_or(0)))),
    }
}

fn scoring() -> MockJudge {
    MockJudge::new("mock").scoring(|_, candidate| value(candidate))
}

/// Compares by the same numbers and does not score.
fn comparing() -> MockJudge {
    MockJudge::new("mock").comparing(|_, a, b| {
        value(a).zip(value(b)).map(|(a, b)| {
            Comparison::from_choice(match a.value.total_cmp(&b.value) {
                std::cmp::Ordering::Greater => Choice::First,
                std::cmp::Ordering::Less => Choice::Second,
                std::cmp::Ordering::Equal => Choice::Tie,
            })
        })
    })
}

fn run(groups: &[Group], judge: &dyn ToolCallJudge, options: &Options) -> Result<Curves, BestOfNError> {
    block_on(curves("test", groups, judge, options, &CallOptions::default(), &|_| ()))
}

fn values(found: &Curves, size: usize) -> Vec<f64> {
    found.curves.iter().map(|curve| curve.points[size].accuracy.value.unwrap()).collect()
}

fn assert_near(found: &[f64], expected: &[f64], by: f64) {
    let near = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < by);
    assert!(near, "{found:?} is not {expected:?}");
}

#[test]
fn picks_are_expected_over_all_ways_to_draw() {
    // Right: the first two, which are the same answer. The judge likes the third best.
    let question = [group("q", &[("5 a", true), ("5 a", true), ("9 b", false), ("1 c", false)])];
    let found = run(&question, &scoring(), &Options::default().with_sizes([1, 2, 4])).unwrap();
    assert_near(&values(&found, 0), &[0.5; 6], 1e-12);
    // Of the six pairs a vote decides one; the judge is wrong of those with the third, right of the rest but the last.
    let vote = (1.0 + 0.5 * 4.0) / 6.0;
    assert_near(&values(&found, 1), &[0.5, vote, 0.5, 3.0 / 6.0, 0.5, 5.0 / 6.0], 1e-12);
    assert_near(&values(&found, 2), &[0.5, 1.0, 0.0, 1.0, 0.0, 1.0], 1e-12);
    assert_eq!((found.questions, found.models, found.answers, found.judged), (1, 4, 4, 3));
    assert_eq!(found.curves[0].points[0].accuracy.interval, None, "one question says nothing of others");
}

#[test]
fn equal_scores_are_decided_by_votes_where_asked() {
    let question = [group("q", &[("5 a", true), ("5 a", true), ("5 b", false)])];
    let found = run(&question, &scoring(), &Options::default().with_sizes([3])).unwrap();
    assert_near(&values(&found, 0), &[2.0 / 3.0, 1.0, 2.0 / 3.0, 1.0, 1.0, 1.0], 1e-12);
}

#[test]
fn calls_in_another_order_vote_together_and_are_judged_apart() {
    let call = |name: &str| ToolCall::new(name, json!({}));
    let answers = [vec![call("f"), call("g")], vec![call("g"), call("f")], vec![call("h")]];
    let mut question = group("q", &[("", true), ("", true), ("", false)]);
    for (entry, calls) in question.entries.iter_mut().zip(answers) {
        entry.candidate = Candidate::calls(calls);
    }
    let found = run(&[question], &scoring(), &Options::default().with_sizes([3])).unwrap();
    assert_eq!((found.judged, values(&found, 0)[1]), (3, 1.0));
}

#[test]
fn what_was_not_judged_is_counted_and_picked_last() {
    let question = [group("q", &[("? a", true), ("! b", true), ("1 c", false), ("! b", true)])];
    let options = Options::default().with_sizes([1, 2, 4]);
    for judge in [scoring(), comparing()] {
        let found = run(&question, &judge, &options).unwrap();
        let judge = found.curve(Strategy::Judge).unwrap();
        assert_near(&[judge.points[0].accuracy.value.unwrap()], &[0.75], 1e-12);
        if found.select == Select::Pointwise {
            assert_eq!((found.judged, found.abstained, found.failed), (1, 1, 1));
            // Half of the pairs hold the one with a score, which is wrong.
            assert_near(
                &[judge.points[1].accuracy.value.unwrap(), judge.points[2].accuracy.value.unwrap()],
                &[0.5, 0.0],
                1e-12,
            );
        } else {
            // No comparison has a verdict: everybody is as likely.
            assert_eq!((found.judged, found.abstained, found.failed), (0, 1, 2));
            assert_near(&[judge.points[2].accuracy.value.unwrap()], &[0.75], 1e-12);
        }
    }
}

#[test]
fn a_judge_that_compares_picks_as_one_that_scores() {
    let answers = [("9 a", true), ("8 b", false), ("7 c", true), ("7 d", false), ("3 e", false), ("3 e", false)];
    let questions: Vec<Group> = (0..40).map(|i| group(&format!("q{i}"), &answers)).collect();
    let options = Options::default().with_sizes([1, 2, 4, 6]).with_tournaments(100);
    let exact = run(&questions, &scoring(), &options).unwrap();
    for select in [Select::Auto, Select::RoundRobin] {
        let judge = comparing();
        let found = run(&questions, &judge, &options.clone().with_select(select)).unwrap();
        assert_eq!(found.select, if select == Select::Auto { Select::Knockout } else { select });
        // Ten pairs of five distinct answers, in both orders, in two batches.
        assert_eq!((judge.items(), judge.calls(), found.judged), (40 * 20, 2, 400));
        for size in 0..4 {
            assert_near(&values(&found, size), &values(&exact, size), 0.03);
        }
        assert_near(&values(&found, 3)[2..3], &[1.0], 1e-12);
    }
}

#[test]
fn a_judge_that_looks_at_the_place_is_worth_no_more_than_a_random_pick() {
    let answers = [("1 a", true), ("2 b", false), ("3 c", false), ("4 d", false)];
    let questions: Vec<Group> = (0..200).map(|i| group(&format!("q{i}"), &answers)).collect();
    let found = run(&questions, &BiasedJudge::first(), &Options::default().with_sizes([4])).unwrap();
    assert_near(&values(&found, 0)[2..5], &[0.25; 3], 0.03);
}

#[test]
fn nothing_hangs_on_the_order_of_answers_and_questions() {
    let answers = [("9 a", true), ("8 b", false), ("7 c", true), ("7 d", false), ("3 e", false), ("3 e", false)];
    let mut questions: Vec<Group> = (1..=6).map(|n| group(&format!("q{n}"), &answers[6 - n..])).collect();
    let options = Options::default().with_sizes([1, 2, 3]);
    for judge in [scoring(), comparing()] {
        let before = run(&questions, &judge, &options).unwrap();
        assert_eq!((before.questions, before.left_out), (4, 2));
        questions.reverse();
        for question in &mut questions {
            question.entries.reverse();
        }
        assert_eq!(run(&questions, &judge, &options).unwrap(), before);
    }
}

#[test]
fn categories_have_their_own_curves() {
    let mut questions = [group("q1", &[("1", true)]), group("q2", &[("1", false)]), group("q3", &[("1", true)])];
    questions[1].category = "other".into();
    let found = run(&questions, &scoring(), &Options::default().with_sizes([1])).unwrap();
    let categories: Vec<_> = found.categories.iter().map(|c| (c.category.as_str(), c.questions)).collect();
    assert_eq!(categories, [("all", 2), ("other", 1)]);
    let reported = found.reported_by_category();
    assert_eq!((reported[0].source.as_str(), reported[0].points[0].accuracy.value), ("test/all", Some(1.0)));
    assert_eq!((reported[8].strategy.as_str(), reported[8].judge), ("mock", true));
    assert_eq!(found.reported()[0].points[0].accuracy.value, Some(2.0 / 3.0));
    let written = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Curves>(&written).unwrap(), found);
}

#[test]
fn what_makes_no_curve_is_an_error() {
    let one = [group("q", &[("1", true)])];
    let said =
        |groups: &[Group], judge: &MockJudge, options: Options| run(groups, judge, &options).unwrap_err().to_string();
    let sizes = |sizes: &[usize]| Options::default().with_sizes(sizes);
    assert!(said(&one, &scoring(), sizes(&[2])).contains("none of the 1 questions has 2 answers, the most is 1; ask"));
    assert!(said(&one, &scoring(), sizes(&[])).contains("1 or more"));
    assert!(said(&one, &scoring(), sizes(&[2, 1])).contains("larger than the one before"));
    assert!(said(&[one[0].clone(), one[0].clone()], &scoring(), sizes(&[1])).contains("two groups have the id \"q\""));
    assert!(said(&one, &comparing(), sizes(&[1]).with_select(Select::Pointwise)).contains("choose knockout"));
    assert!(said(&one, &MockJudge::new("m"), sizes(&[1])).contains("neither scores nor compares"));
}

#[test]
fn numbers_that_no_question_has_answers_for_can_be_dropped() {
    let groups = [group("q", &[("1", true), ("2", false), ("3", false)]), group("r", &[("1", true)])];
    assert_eq!(Options::default().within(&groups).sizes, [1, 2]);
    assert_eq!(Options::default().within(&[]).sizes, Options::default().sizes);
}

#[test]
fn cancelling_stops_before_the_next_batch_and_progress_is_told() {
    let answers: Vec<String> = (0..300).map(|i| format!("1 {i}")).collect();
    let said: Vec<Said<'_>> = answers.iter().map(|text| (text.as_str(), true)).collect();
    let (questions, judge, call) = ([group("q", &said)], scoring(), CallOptions::default());
    let options = Options::default().with_sizes([1]);
    let heard = Mutex::new(Vec::new());
    let listen = |progress: Progress| heard.lock().unwrap_or_else(PoisonError::into_inner).push(progress);
    block_on(curves("test", &questions, &judge, &options, &call, &listen)).unwrap();
    let told: Vec<_> = heard.into_inner().unwrap().iter().map(|p| (p.step, p.done, p.of)).collect();
    assert_eq!(told, [(Step::Judgements, 256, 300), (Step::Judgements, 300, 300), (Step::Questions, 1, 1)]);

    let (judge, cancel) = (scoring(), call.cancel.clone());
    let error = block_on(curves("test", &questions, &judge, &options, &call, &|_| cancel.cancel())).unwrap_err();
    assert!(matches!(&error, BestOfNError::Judge(e) if e.kind() == ErrorKind::Cancelled), "{error}");
    assert_eq!(judge.items(), 256);
}

#[test]
fn the_future_may_move_to_another_thread() {
    fn is_send(_: &impl Send) {}
    let (judge, options, call) = (scoring(), Options::default(), CallOptions::default());
    is_send(&curves("test", &[], &judge, &options, &call, &|_| ()));
}

/// The six probabilities by trying all ways to draw `n`: votes and ranks counted answer by answer.
fn by_brute_force(answers: &[(usize, bool)], n: usize) -> Vec<f64> {
    let (mut sums, mut subsets) = (vec![0.0; 6], 0.0);
    for mask in (0_u32..1 << answers.len()).filter(|mask| mask.count_ones() as usize == n) {
        let drawn: Vec<(usize, bool)> = (0..answers.len()).filter(|i| mask >> i & 1 == 1).map(|i| answers[i]).collect();
        // Two meanings share a score.
        let (votes, score) = (|m: usize| drawn.iter().filter(|(other, _)| *other == m).count(), |m: usize| m / 2);
        let ranks: [&dyn Fn(usize, bool) -> (usize, usize); 6] = [
            &|_, _| (0, 0),
            &|m, _| (votes(m), 0),
            &|m, _| (score(m), 0),
            &|m, _| (votes(m), score(m)),
            &|m, _| (score(m), votes(m)),
            &|_, right| (usize::from(right), 0),
        ];
        for (sum, rank) in sums.iter_mut().zip(ranks) {
            let best = drawn.iter().map(|(m, right)| rank(*m, *right)).max();
            let picked: Vec<bool> =
                drawn.iter().filter(|(m, right)| Some(rank(*m, *right)) == best).map(|(_, right)| *right).collect();
            *sum += picked.iter().filter(|right| **right).count() as f64 / picked.len() as f64;
        }
        subsets += 1.0;
    }
    sums.iter().map(|sum| sum / subsets).collect()
}

proptest! {
    /// The formulas are what trying everything gives; labels may differ within a meaning.
    #[test]
    fn formulas_are_what_trying_everything_gives(
        answers in prop::collection::vec((0..5_usize, any::<bool>()), 1..9),
        n in 1..9_usize,
    ) {
        prop_assume!(n <= answers.len());
        let texts: Vec<String> = answers.iter().map(|(meaning, _)| format!("{} {meaning}", meaning / 2)).collect();
        let said: Vec<Said<'_>> = texts.iter().zip(&answers).map(|(text, (_, right))| (text.as_str(), *right)).collect();
        let found = run(&[group("q", &said)], &scoring(), &Options::default().with_sizes([n])).unwrap();
        assert_near(&values(&found, 0), &by_brute_force(&answers, n), 1e-9);
    }
}

#[test]
fn where_not_all_can_be_tried_draws_are_near_what_is_exact() {
    // Forty models and twenty different answers: more than EXACT kinds of draws of eight.
    let texts: Vec<String> = (0..40).map(|i| format!("{} {}", i % 7, i % 20)).collect();
    let said: Vec<Said<'_>> = texts.iter().enumerate().map(|(i, text)| (text.as_str(), i % 3 == 0)).collect();
    let question = group("q", &said);
    let mut field = Field::new(&question);
    for distinct in &mut field.distinct {
        distinct.score = distinct.candidate.action.text().and_then(|t| t.split(' ').next()?.parse().ok());
    }
    let [_, vote, judge, then_judge, then_vote, _] = field.expected(8, 1);
    // The formula has the judge exactly; by votes only the draws are at hand: over ten times as many of other seeds.
    let mean = |of: usize| (2..12).map(|seed| field.expected(8, seed)[of]).sum::<f64>() / 10.0;
    assert_near(&[vote, then_judge, then_vote], &[mean(1), mean(3), mean(4)], 0.03);
    let best = |draw: u32| {
        let some = drawn(40, 8, 1, "other", draw);
        let top = some.iter().map(|i| i % 7).max();
        let top: Vec<bool> = some.iter().filter(|i| Some(*i % 7) == top).map(|i| i % 3 == 0).collect();
        top.iter().filter(|right| **right).count() as f64 / top.len() as f64
    };
    assert_near(&[judge], &[(0..4000).map(best).sum::<f64>() / 4000.0], 0.03);
}
