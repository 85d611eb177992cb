//! Reports of invented verdicts.

use std::time::Instant;

use toolrm_core::judge::JudgeCard;

use super::*;
use crate::metrics::tests::{invented, pair, verdict};

fn card(id: &'static str) -> JudgeCard {
    JudgeCard::pairwise(id, id)
}

/// Pairs, and what judges said of them by letters.
fn report(pairs: &[Pair], judges: &[(&'static str, bool, Vec<PairVerdict>)]) -> Result<Report, VerdictsError> {
    let cards: Vec<JudgeCard> = judges.iter().map(|(id, ..)| card(id)).collect();
    let judges: Vec<JudgeVerdicts<'_>> = judges
        .iter()
        .zip(&cards)
        .map(|((_, null, verdicts), card)| JudgeVerdicts { card, null: *null, verdicts, seconds: None })
        .collect();
    Report::of(BenchInfo::of("invented", "f", Some(7), pairs), pairs, &judges, &ReportOptions::default())
}

fn all(letters: &[[char; 2]]) -> Vec<PairVerdict> {
    (0..).zip(letters).map(|(number, letters)| verdict(number, *letters)).collect()
}

#[test]
fn a_bench_is_counted_in_the_order_of_the_leaderboard() {
    let (mut pairs, _): (Vec<Pair>, Vec<_>) = invented().into_iter().unzip();
    pairs.push(pair(10, "h", "own", "count"));
    let bench = BenchInfo::of("b", "f", None, &pairs);
    let shares = |shares: &[Share]| -> Vec<(String, u64, u64)> {
        shares.iter().map(|share| (share.name.clone(), share.pairs, share.questions)).collect()
    };
    let named = |list: &[(&str, u64, u64)]| -> Vec<(String, u64, u64)> {
        list.iter().map(|(name, pairs, questions)| ((*name).to_owned(), *pairs, *questions)).collect()
    };
    assert_eq!((bench.pairs, bench.questions), (11, 8));
    let splits = [("simple_python", 3, 2), ("multiple", 6, 5), ("live_simple", 1, 1), ("own", 1, 1)];
    assert_eq!(shares(&bench.by_split), named(&splits));
    assert_eq!(shares(&bench.by_relation), named(&[("better", 7, 5), ("tie", 3, 2), ("both_wrong", 1, 1)]));
    assert_eq!(shares(&bench.by_error_type), named(&[("count", 4, 3), ("value", 3, 2)]));
    assert_eq!(shares(&bench.by_rejected_model), named(&[("one", 4, 4), ("other", 3, 3)]));
}

#[test]
fn a_report_holds_what_was_counted() {
    let (pairs, verdicts): (Vec<Pair>, Vec<PairVerdict>) = invented().into_iter().unzip();
    let report = report(&pairs, &[("judge", false, verdicts)]).unwrap();
    let judge = &report.judges[0];
    assert_eq!((judge.card.id.as_str(), judge.null, judge.overall.n), ("judge", false, 6));
    let splits: Vec<_> = judge.by_split.iter().map(|row| (row.name.as_str(), row.accuracy.n)).collect();
    assert_eq!(splits, [("simple_python", 3), ("multiple", 2), ("live_simple", 1)]);
    let means = [judge.avg.single.value.unwrap(), judge.avg.both.value.unwrap()];
    assert!((means[0] - (2.5 / 3.0 + 0.25 + 0.5) / 3.0).abs() < 1e-12 && (means[1] - 1.0 / 9.0).abs() < 1e-12);
    assert_eq!((judge.macro_calls, judge.fit, judge.versus.len()), (None, None, 0));
    assert_eq!((judge.ties.as_ref().unwrap().n, judge.both_wrong.as_ref().unwrap().n), (3, 1));
    let cells: Vec<_> =
        judge.confusion.iter().map(|c| (&*c.split, &*c.error_type, c.n, c.wrong, c.undecided)).collect();
    let expected = [
        ("simple_python", "count", 1, 0, 1),
        ("simple_python", "value", 2, 0, 0),
        ("multiple", "count", 1, 0, 1),
        ("multiple", "value", 1, 1, 0),
        ("live_simple", "count", 1, 0, 1),
    ];
    assert_eq!(cells, expected);
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

#[test]
fn wrong_verdicts_come_with_what_differs_and_why() {
    let (pairs, verdicts): (Vec<Pair>, Vec<PairVerdict>) = invented().into_iter().unzip();
    let report = report(&pairs, &[("judge", false, verdicts.clone()), ("null", true, verdicts)]).unwrap();
    let wrong = &report.judges[0].wrong;
    let numbers: Vec<u64> = wrong.iter().map(|w| w.number).collect();
    // Lost first, then undecided, then what was lost in the other order only; of ties nothing can be lost.
    assert_eq!(numbers, [3, 2, 4, 5, 1, 9]);
    assert_eq!((wrong[5].relation, wrong[0].tools.as_slice()), (Relation::BothWrong, &["f".to_owned()][..]));
    let difference = &wrong[0].differences.as_ref().unwrap()[0];
    assert_eq!((difference.argument.as_deref(), difference.chosen.as_ref()), (Some("a"), Some(&serde_json::json!(1))));
    let said = |number: u64| wrong.iter().find(|w| w.number == number).unwrap();
    assert_eq!(said(5).p_chosen, None);
    let mut critiques = said(5).critiques.clone();
    critiques.sort();
    assert_eq!(critiques, ["abstained: no calls", "prompt_too_long: it said so"]);
    assert!((said(1).p_chosen.unwrap() - 0.55).abs() < 1e-12);
    assert!(report.judges[1].wrong.is_empty(), "null judges are not examined");
}

#[test]
fn judges_are_set_against_the_first_and_the_best_null() {
    let pairs: Vec<Pair> = (0..8).map(|n| pair(n, &format!("q{}", n / 2), "multiple", "value")).collect();
    let of = |right: usize| {
        all(&[['r', 'r']; 8]
            .map(|_| ['w', 'w'])
            .iter()
            .enumerate()
            .map(|(i, lost)| if i < right { ['r', 'r'] } else { *lost })
            .collect::<Vec<_>>())
    };
    let judges = [
        ("first", false, of(8)),
        ("second", false, of(4)),
        ("weak", true, of(2)),
        ("best", true, of(6)),
        ("same", true, of(6)),
    ];
    let report = report(&pairs, &judges).unwrap();
    let others = |judge: usize| -> Vec<(&str, bool)> {
        report.judges[judge].versus.iter().map(|v| (v.other.as_str(), v.best_null)).collect()
    };
    assert_eq!(others(0), [("best", true)]);
    assert_eq!(others(1), [("first", false), ("best", true)]);
    assert_eq!(others(3), [("first", false)]);
    assert_eq!(others(4), [("first", false), ("best", true)]);
    // The second loses the last two questions to the first, two pairs each: of the 4 ways to flip them half are as far.
    let single = report.judges[1].versus[0].single;
    assert_eq!((single.only_this, single.only_other, single.difference.value), (0, 4, Some(-0.5)));
    assert!((single.p_value.unwrap() - 0.5).abs() < 1e-12 && (single.mcnemar_p.unwrap() - 0.125).abs() < 1e-12);
    assert_eq!(report.judges[1].versus[0].both.unwrap().difference, single.difference);
}

#[test]
fn one_order_is_enough_but_says_nothing_of_both() {
    let pairs: Vec<Pair> = (0..4).map(|n| pair(n, &format!("q{n}"), "multiple", "value")).collect();
    let once = || all(&[['r', '-'], ['w', '-'], ['r', '-'], ['t', '-']]);
    let report = report(&pairs, &[("judge", false, once()), ("null", true, once())]).unwrap();
    let judge = &report.judges[0];
    assert_eq!((judge.overall.single.value, judge.overall.both.value), (Some(0.625), None));
    assert_eq!((judge.behaviour.asked, judge.behaviour.consistency.value), (4, None));
    assert!(judge.versus[0].both.is_none() && judge.versus[0].single.p_value == Some(1.0));
}

#[test]
fn verdicts_that_are_not_of_the_pairs_are_refused() {
    let pairs: Vec<Pair> = (0..2).map(|n| pair(n, "q", "multiple", "value")).collect();
    let refused = |verdicts: Vec<PairVerdict>| report(&pairs, &[("judge", false, verdicts)]).unwrap_err().to_string();
    let right = ['r', 'r'];
    assert!(refused(all(&[right])).contains("says nothing of pair 1 (\"1\")"));
    assert!(refused(all(&[right, ['-', '-']])).contains("says nothing of pair 1"));
    assert!(refused(all(&[right, right, right])).contains("pair 2 (\"2\") is of no pair of this bench"));
    assert!(refused(vec![verdict(0, right), verdict(0, right)]).contains("two verdicts for pair 0"));
    let foreign = PairVerdict::new(0, "other");
    assert!(refused(vec![foreign]).contains("(\"other\") is of no pair"));
}

#[test]
fn the_order_of_verdicts_and_of_pairs_plays_no_part() {
    let pairs: Vec<Pair> = (0..12).map(|n| pair(n, &format!("q{}", n / 3), "multiple", "value")).collect();
    let said = all(&[['r', 'r'], ['w', 'r'], ['t', 'r']].repeat(4));
    let one = report(&pairs, &[("judge", false, said.clone())]).unwrap();
    assert_eq!(one, report(&pairs, &[("judge", false, said.iter().rev().cloned().collect())]).unwrap());
    // Pairs in another order have other numbers and other coins; what does not hang on the coin stays, with its interval.
    let (mut turned, mut turned_said) = (pairs.clone(), said);
    turned.reverse();
    turned_said.reverse();
    turned_said.iter_mut().zip(0..).for_each(|(verdict, number)| verdict.number = number);
    let other = report(&turned, &[("judge", false, turned_said)]).unwrap();
    let fixed = |report: &Report| {
        let judge = &report.judges[0];
        (judge.overall.both, judge.overall.mean_of_orders, judge.behaviour.clone(), judge.avg.both)
    };
    assert_eq!(fixed(&one), fixed(&other));
}

/// 4,000 pairs of 1,600 questions, 7 judges: run with `--release --ignored --nocapture` for the figure.
#[test]
#[ignore = "a measurement"]
fn how_long_a_report_takes() {
    let splits = Category::CALLS;
    let pairs: Vec<Pair> = (0..4000)
        .map(|n| {
            let question = n * 7 % 1600;
            let mut pair =
                pair(n, &format!("q{question}"), splits[(question % 8) as usize].name(), &format!("e{}", n % 20));
            pair.rejected_from = format!("m{}", n % 7);
            pair
        })
        .collect();
    let letters = ['r', 'r', 'r', 'w', 't'];
    let said = |judge: u64| -> Vec<PairVerdict> {
        let letter = |n: u64| letters[(n.wrapping_mul(2_654_435_761 + judge) >> 7) as usize % 5];
        (0..4000).map(|n| verdict(n, [letter(n), letter(n + judge)])).collect()
    };
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let judges: Vec<_> = (0..).zip(names).map(|(judge, name)| (name, judge > 0, said(judge))).collect();
    let start = Instant::now();
    let report = report(&pairs, &judges).unwrap();
    println!("{:?} for {} judges", start.elapsed(), report.judges.len());
}
