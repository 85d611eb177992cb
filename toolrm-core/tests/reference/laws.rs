//! The laws of the scores, on random calls.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use toolrm_core::{
    canonical::canonical_value,
    prelude::*,
    rules::reference::{
        Counts, EmptyArguments, Matching, ReferenceScorer, Repeats, ToolRlReward, WordsReference,
        equiv::{AllowedValues, AnyOf, ArgEquiv, BfclText, CaseAndSpace, Dates, Exact, Numeric, Sets, any_of},
        reference_from_bfcl,
    },
};

use crate::support::{score, task};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-2i64..3).prop_map(Value::from),
        (-2i64..3).prop_map(|i| json!(i as f64)),
        Just(json!(0.5)),
        prop::sample::select(vec!["", "a", "A", " a", "1", "2024-03-05", "5 March 2024"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[xy]", inner, 0..3).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn call() -> impl Strategy<Value = ToolCall> {
    let arguments = prop::collection::btree_map("[a-c]", value(), 0..4);
    ("[fg]", arguments)
        .prop_map(|(name, arguments)| ToolCall::new(name, Value::Object(arguments.into_iter().collect())))
}

fn some_calls(most: usize) -> impl Strategy<Value = Vec<ToolCall>> {
    prop::collection::vec(call(), 1..=most)
}

/// Calls near each other: the second list is the first with some arguments and calls exchanged, perhaps one more or one less.
fn near_pair() -> impl Strategy<Value = (Vec<ToolCall>, Vec<ToolCall>)> {
    (some_calls(4), some_calls(4), prop::collection::vec(any::<(bool, bool)>(), 4), any::<bool>(), 0..6).prop_map(
        |(gold, other, choices, reverse, change)| {
            let mut got: Vec<ToolCall> = gold.clone();
            for ((call, other), (whole, part)) in got.iter_mut().zip(&other).zip(choices) {
                if whole {
                    *call = other.clone();
                } else if part {
                    let merged: Map<String, Value> = [&*call, other]
                        .into_iter()
                        .filter_map(ToolCall::args)
                        .flatten()
                        .map(|(k, v)| (k.clone(), v.clone()))
                        .collect();
                    call.arguments = Value::Object(merged);
                }
            }
            if reverse {
                got.reverse();
            }
            match change {
                0 if got.len() > 1 => drop(got.pop()),
                1 => got.extend(other.into_iter().next()),
                _ => {}
            }
            (gold, got)
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => some_calls(4).prop_map(Action::Calls),
        1 => "[a-z ]{0,8}".prop_map(Action::Text),
        1 => Just(Action::malformed("{", "truncated")),
        1 => Just(Action::Calls(Vec::new())),
        1 => Just(Action::Calls(vec![ToolCall::new("f", json!("no object"))])),
    ]
}

fn reference() -> impl Strategy<Value = Action> {
    prop_oneof![4 => some_calls(4).prop_map(Action::Calls), 1 => "[a-z ]{0,8}".prop_map(Action::Text)]
}

fn scorer() -> impl Strategy<Value = ReferenceScorer> {
    use prop::sample::select;
    (
        select(vec![Matching::BestPerGold, Matching::OneToOne, Matching::InOrder]),
        select(vec![Counts::MustMatch, Counts::Partial]),
        select(vec![Repeats::Forbidden, Repeats::Allowed]),
        select(vec![EmptyArguments::FullCredit, EmptyArguments::NoCredit]),
        any::<bool>(),
    )
        .prop_map(|(matching, counts, repeats, empty, lenient)| {
            let scorer = ReferenceScorer::new()
                .with_matching(matching)
                .with_counts(counts)
                .with_repeats(repeats)
                .with_empty_arguments(empty);
            if lenient { scorer.with_arguments(every_equivalence()) } else { scorer }
        })
}

fn every_equivalence() -> AnyOf<Box<dyn ArgEquiv>> {
    any_of([
        Box::new(Exact) as Box<dyn ArgEquiv>,
        Box::new(CaseAndSpace),
        Box::new(BfclText),
        Box::new(Numeric::within(0.5).with_relative(0.1).with_text_numbers()),
        Box::new(Dates::default()),
        Box::new(Sets::of(CaseAndSpace)),
        Box::new(Sets::multisets(Dates::default())),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn unit_scores_stay_in_the_unit_interval_and_findings_add_up(
        scorer in scorer(), references in prop::collection::vec(reference(), 1..3), action in action()
    ) {
        let task = task(references);
        let score = score(&scorer, &task, &action);
        prop_assert!((0.0..=1.0).contains(&score.value), "{}", score.value);
        let lost: f32 = score.findings.iter().map(|f| f.weight).sum();
        prop_assert!((f64::from(lost) - (1.0 - score.value)).abs() < 1e-5, "{lost} of {}: {:?}", 1.0 - score.value, score.findings);
        prop_assert!(score.value >= 1.0 || !score.findings.is_empty());
        prop_assert!(score.findings.is_sorted_by(|a, b| a.weight >= b.weight));
    }

    #[test]
    fn toolrl_stays_in_its_range_and_findings_add_up(references in prop::collection::vec(reference(), 1..3), action in action()) {
        let task = task(references);
        let score = score(&ToolRlReward::new(), &task, &action);
        prop_assert!((-3.0..=4.0).contains(&score.value), "{}", score.value);
        let lost: f32 = score.findings.iter().map(|f| f.weight).sum();
        prop_assert!((f64::from(lost) - (4.0 - score.value)).abs() < 1e-4, "{lost} of {}: {:?}", 4.0 - score.value, score.findings);
    }

    #[test]
    fn a_reference_scores_full_marks_against_itself(reference in reference(), scorer in scorer()) {
        let scorer = scorer.with_empty_arguments(EmptyArguments::FullCredit);
        let perfect = score(&scorer, &task([reference.clone()]), &reference);
        prop_assert_eq!(perfect.value.to_bits(), 1.0f64.to_bits());
        prop_assert!(perfect.findings.is_empty());
        prop_assert!((score(&ToolRlReward::new(), &task([reference.clone()]), &reference).value - 4.0).abs() < 1e-12);
    }

    #[test]
    fn the_order_of_parallel_calls_does_not_matter((gold, got) in near_pair(), scorer in scorer(), by in 0usize..4) {
        let scorer = scorer.with_matching(Matching::OneToOne);
        let best = scorer.clone().with_matching(Matching::BestPerGold);
        let mut turned = got.clone();
        turned.rotate_left(by % got.len());
        let (task, got, turned) = (task([Action::Calls(gold)]), Action::Calls(got), Action::Calls(turned));
        for scorer in [&scorer, &best] {
            // To the last bit: sums are taken in integers.
            prop_assert_eq!(score(scorer, &task, &got).value.to_bits(), score(scorer, &task, &turned).value.to_bits());
        }
        let toolrl = ToolRlReward::new();
        prop_assert!((score(&toolrl, &task, &got).value - score(&toolrl, &task, &turned).value).abs() < 1e-12);
    }

    #[test]
    fn in_order_is_at_most_one_to_one_is_at_most_the_papers((gold, got) in near_pair(), scorer in scorer()) {
        let (task, got) = (task([Action::Calls(gold)]), Action::Calls(got));
        let by = |matching| score(&scorer.clone().with_matching(matching), &task, &got).value;
        prop_assert!(by(Matching::InOrder) <= by(Matching::OneToOne));
        prop_assert!(by(Matching::OneToOne) <= by(Matching::BestPerGold));
    }

    #[test]
    fn a_wrong_call_more_never_raises_the_score((gold, got) in near_pair(), scorer in scorer(), at in 0usize..5, tool in "[fh]") {
        // Where the number of calls must match, a wrong call can make it right: there the law is about candidates that have
        // enough calls already.
        let scorer = if got.len() < gold.len() { scorer.with_counts(Counts::Partial) } else { scorer };
        let mut more = got.clone();
        more.insert(at.min(got.len()), ToolCall::new(tool, json!({"nowhere": 1})));
        let task = task([Action::Calls(gold)]);
        let (before, after) = (score(&scorer, &task, &Action::Calls(got)), score(&scorer, &task, &Action::Calls(more)));
        prop_assert!(after.value <= before.value);
    }

    #[test]
    fn the_best_of_several_references_counts(a in reference(), b in reference(), action in action(), scorer in scorer()) {
        let each = |r: &Action| score(&scorer, &task([r.clone()]), &action).value;
        let (first, second) = (each(&a), each(&b));
        let both = scorer.assess(&task([a, b]), &action.into()).judged().unwrap();
        prop_assert_eq!(both.value.to_bits(), first.max(second).to_bits());
        prop_assert_eq!(both.reference, usize::from(second > first));
    }

    #[test]
    fn an_assessment_agrees_with_its_score((gold, got) in near_pair()) {
        let scorer = ReferenceScorer::graded().with_repeats(Repeats::Allowed);
        let a = scorer.assess(&task([Action::Calls(gold.clone())]), &Action::Calls(got.clone()).into()).judged().unwrap();
        let most = gold.len().max(got.len()) as f64;
        prop_assert_eq!((a.gold_credits.len(), a.call_credits.len()), (gold.len(), got.len()));
        prop_assert!((a.gold_credits.iter().sum::<f64>() / most - a.value).abs() < 1e-12);
        prop_assert!((a.call_credits.iter().sum::<f64>() / most - a.value).abs() < 1e-12);
        for (g, p) in a.pairs {
            prop_assert_eq!(&gold[g].name, &got[p].name);
            prop_assert_eq!(a.gold_credits[g].to_bits(), a.call_credits[p].to_bits());
        }
    }

    #[test]
    fn exact_is_canonical_equality(a in value(), b in value()) {
        prop_assert_eq!(Exact.compare(&a, &b, None).is_ok(), canonical_value(&a) == canonical_value(&b));
        prop_assert!(Exact.compare(&a, &canonical_value(&a), None).is_ok());
    }

    #[test]
    fn every_equivalence_holds_what_is_exactly_equal(a in value(), b in value()) {
        let canonical = canonical_value(&a);
        let all: [Box<dyn ArgEquiv>; 8] = [
            Box::new(CaseAndSpace), Box::new(BfclText), Box::new(Numeric::within(0.0)), Box::new(Dates::default()),
            Box::new(Sets::of(Exact)), Box::new(Sets::multisets(Exact)), Box::new(any_of([Exact])), Box::new(every_equivalence()),
        ];
        for equiv in all {
            prop_assert!(equiv.compare(&a, &canonical, None).is_ok(), "{}", equiv.name());
            // Those without allowed-value lists are symmetric.
            prop_assert_eq!(equiv.compare(&a, &b, None).is_ok(), equiv.compare(&b, &a, None).is_ok(), "{}", equiv.name());
        }
        prop_assert!(AllowedValues::new(Exact).compare(&json!([a]), &canonical, None).is_ok());
    }

    #[test]
    fn suggestions_of_allowed_values_are_allowed(gold in some_calls(3)) {
        // Any arguments, made into a BFCL ground truth: each value the only allowed one, each third argument may be left out.
        let truth: Value = gold.iter().map(|c| {
            let allowed = c.args().unwrap().iter().enumerate().map(|(i, (k, v))| {
                (k.clone(), if i % 3 == 2 { json!([v, ""]) } else { json!([v]) })
            });
            json!({c.name.as_str(): allowed.collect::<Map<_, _>>()})
        }).collect();
        let task = task([reference_from_bfcl(&truth).unwrap()]);
        let nothing = score(&ReferenceScorer::bfcl(), &task, &Action::Text(String::new()));
        let suggested = nothing.findings[0].suggestion.clone().unwrap();
        let calls = suggested.as_array().unwrap().iter().map(|c| ToolCall::new(c["name"].as_str().unwrap(), c["arguments"].clone()));
        prop_assert_eq!(score(&ReferenceScorer::bfcl(), &task, &Action::Calls(calls.collect())).value.to_bits(), 1.0f64.to_bits());
    }

    #[test]
    fn a_suggestion_mends_what_it_points_at((gold, got) in near_pair()) {
        let scorer = ReferenceScorer::graded().with_repeats(Repeats::Allowed);
        let task = task([Action::Calls(gold)]);
        let before = score(&scorer, &task, &Action::Calls(got.clone()));
        for finding in before.findings.iter().filter(|f| f.suggestion.is_some()) {
            let mended = mend(&got, finding);
            let after = score(&scorer, &task, &Action::Calls(mended)).value;
            prop_assert!(after > before.value, "{finding}: {} -> {after}", before.value);
        }
    }
}

/// The candidate with a finding's suggestion put where the finding points.
fn mend(got: &[ToolCall], finding: &Finding) -> Vec<ToolCall> {
    let mut calls: Vec<Value> = got.iter().map(|c| json!({"name": c.name, "arguments": c.arguments})).collect();
    let suggestion = finding.suggestion.clone().unwrap();
    let tokens: Vec<&str> = finding.pointer.split('/').skip(1).collect();
    let index: usize = tokens[0].parse().unwrap();
    match tokens.as_slice() {
        [_] if index >= calls.len() => calls.push(suggestion),
        [_] => calls[index] = suggestion,
        [_, "arguments", argument] => calls[index]["arguments"][*argument] = suggestion,
        other => panic!("a suggestion at {other:?}"),
    }
    calls.iter().map(|c| ToolCall::new(c["name"].as_str().unwrap(), c["arguments"].clone())).collect()
}

#[test]
fn fingerprints_tell_every_option_apart() {
    let base = ReferenceScorer::new;
    let scorers: Vec<Box<dyn Scorer>> = vec![
        Box::new(base()),
        Box::new(base().with_matching(Matching::OneToOne)),
        Box::new(base().with_matching(Matching::InOrder)),
        Box::new(base().with_counts(Counts::Partial)),
        Box::new(base().with_repeats(Repeats::Allowed)),
        Box::new(base().with_empty_arguments(EmptyArguments::NoCredit)),
        Box::new(base().with_words_reference(WordsReference::Abstain)),
        Box::new(base().with_documented_defaults(true)),
        Box::new(base().with_arguments(BfclText)),
        Box::new(base().with_arguments(CaseAndSpace)),
        Box::new(base().with_arguments(Numeric::within(0.5))),
        Box::new(base().with_arguments(Numeric::within(0.5).with_text_numbers())),
        Box::new(base().with_arguments(Numeric::relative(0.5))),
        Box::new(base().with_arguments(Dates::default())),
        Box::new(base().with_arguments(Sets::of(Exact))),
        Box::new(base().with_arguments(Sets::multisets(Exact))),
        Box::new(base().with_arguments(AllowedValues::new(Exact))),
        Box::new(base().with_arguments(any_of([Exact]))),
        Box::new(base().with_arguments(any_of([Exact, Exact]))),
        Box::new(ToolRlReward::new()),
        Box::new(ToolRlReward::new().with_arguments(BfclText)),
        Box::new(ToolRlReward::new().with_words_reference(WordsReference::Abstain)),
    ];
    let distinct: std::collections::HashSet<String> = scorers.iter().map(|s| s.fingerprint().into_owned()).collect();
    assert_eq!(distinct.len(), scorers.len());
}

/// Floods and depths: bounded time, no overflow, still a score. (Parsers bound the depth at 128.)
#[test]
fn hostile_candidates_are_scored() {
    let nested = |leaf: u8| (0..120).fold(json!(leaf), |inner, _| json!([inner]));
    let deep = |leaf| Action::Calls(vec![ToolCall::new("f", json!({"a": nested(leaf)}))]);
    let flood = |n: usize| (0..n).map(|i| ToolCall::new("f", json!({"a": i}))).collect::<Vec<_>>();
    let wide = |n: usize| json!((0..n).map(|i| (format!("k{i}"), json!(i))).collect::<Map<_, _>>());
    let items = |n: usize| json!({"a": (0..n).collect::<Vec<_>>()});
    let scorers: [Box<dyn Scorer>; 4] = [
        Box::new(ReferenceScorer::new()),
        Box::new(ReferenceScorer::graded().with_arguments(every_equivalence())),
        Box::new(
            ReferenceScorer::graded().with_matching(Matching::InOrder).with_arguments(AllowedValues::new(BfclText)),
        ),
        Box::new(ToolRlReward::new()),
    ];
    let gold = |n| vec![Action::Calls(flood(n))];
    for (references, candidate) in [
        (gold(3), Action::Calls(flood(10_000))),
        (gold(100), Action::Calls(flood(100))),
        (gold(1), deep(1)),
        (vec![deep(1)], deep(1)),
        (vec![deep(1)], deep(2)),
        (gold(1), Action::Calls(vec![ToolCall::new("f", wide(10_000))])),
        (gold(1), Action::Calls(vec![ToolCall::new("f", json!({"a": "x".repeat(10_000_000)}))])),
        (
            vec![Action::Calls(vec![ToolCall::new("f", items(2000))])],
            Action::Calls(vec![ToolCall::new("f", items(2001))]),
        ),
        (gold(1), Action::Text("x".repeat(10_000_000))),
    ] {
        let task = task(references);
        for scorer in &scorers {
            let start = std::time::Instant::now();
            let score = score(scorer, &task, &candidate);
            assert!(score.value.is_finite());
            assert!(score.findings.iter().all(|f| f.message.len() < 1000), "a message of unbounded length");
            assert!(start.elapsed().as_secs() < 20, "{}: {:?}", scorer.fingerprint(), start.elapsed());
            println!("{:?} {}", start.elapsed(), scorer.fingerprint());
        }
    }
}
