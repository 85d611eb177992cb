use proptest::prelude::*;
use toolrm_core::{
    cancel::Cancel,
    judge::{FromScorer, JudgeExt},
    layer::FileStore,
    score::{Finding, ScoreScale, scorer_fn},
    testkit::{BiasedJudge, block_on},
};
use toolrm_data::journal::Journal;

use super::*;

fn choices(verdict: &PairVerdict) -> [Option<Choice>; 2] {
    [&verdict.chosen_first, &verdict.chosen_second].map(|said| said.as_ref().and_then(Said::choice))
}

#[tokio::test]
async fn a_judge_that_compares_is_shown_both_orders() {
    let pairs = pairs(0, 10);
    let found = run(BiasedJudge::first(), options(), &pairs).await.unwrap();
    assert_eq!(found.verdicts.len(), 10);
    for (i, verdict) in found.verdicts.iter().enumerate() {
        assert_eq!((verdict.number, verdict.id.as_str()), (i as u64, pairs[i].id.as_str()));
        assert_eq!(choices(verdict), [Some(Choice::First), Some(Choice::Second)]);
        assert!(verdict.chosen_score.is_none() && verdict.chosen_unscored.is_none());
    }
    let judge = right("right");
    let found = run(&judge, options(), &pairs).await.unwrap();
    assert!(found.verdicts.iter().all(|v| choices(v) == [Some(Choice::First); 2]));
    // Ten pairs in two orders, four questions a call.
    assert_eq!((judge.items(), judge.calls()), (20, 5));
    assert_eq!((found.timing.pairs, found.timing.batches, found.timing.questions_per_call), (10, 5, 4));
}

#[tokio::test]
async fn a_symmetric_judge_that_scores_is_asked_once_and_gives_its_scores() {
    let by_sums = scorer_fn("sums", |task: &Task, candidate: &Candidate| {
        let (said, asked) = sums(task, candidate);
        let off = said.abs_diff(asked + 1) as f64;
        let score = Score::new(1.0 - off).with_critique("checked").with_usage(Usage::new(1, 0, 0));
        Outcome::Judged(if off > 0.0 {
            score.with_findings(vec![Finding::new("sum", "/0", "off", 0.1)])
        } else {
            score
        })
    });
    let everything = run(FromScorer::new(&by_sums), options(), &pairs(0, 5)).await.unwrap().verdicts;
    for verdict in &everything {
        assert_eq!(choices(verdict), [Some(Choice::First); 2]);
        let rejected = verdict.rejected_score.as_ref().unwrap();
        assert_eq!((rejected.findings.len(), rejected.critique.as_deref()), (1, Some("checked")));
        assert!(verdict.chosen_score.as_ref().unwrap().value > rejected.value);
        // Two scores, and two more behind the one comparison.
        assert_eq!(verdict.usage.calls, 4);
    }
    let scores = run(FromScorer::new(&by_sums), options().with_ask(Ask::Scores), &pairs(0, 5)).await.unwrap().verdicts;
    assert_eq!(scores[0].usage.calls, 2);
    for (a, b) in everything.iter().zip(&scores) {
        assert_eq!(
            (&a.chosen_first, &a.chosen_second, &a.chosen_score),
            (&b.chosen_first, &b.chosen_second, &b.chosen_score)
        );
    }
    let compared =
        run(FromScorer::new(&by_sums), options().with_ask(Ask::Comparisons), &pairs(0, 5)).await.unwrap().verdicts;
    assert!(compared.iter().all(|v| v.chosen_score.is_none() && choices(v) == [Some(Choice::First); 2]));
}

#[tokio::test]
async fn what_cannot_be_scored_says_why() {
    let judge =
        MockJudge::new("odd").with_scale(ScoreScale::Open).scoring(|task, candidate| match sums(task, candidate) {
            (1, _) => Outcome::abstained("not my case"),
            (2, _) => Outcome::Judged(Score::new(f64::INFINITY)),
            (3, _) => {
                Outcome::Judged(Score::new(0.0).with_findings(vec![Finding::new("x", "", "weightless", f32::NAN)]))
            }
            (said, _) => Outcome::Judged(Score::new(said as f64)),
        });
    let found = run(&judge, options().with_ask(Ask::Scores), &pairs(0, 5)).await.unwrap().verdicts;
    assert_eq!(found[0].chosen_unscored, Some(Said::Abstained { reason: "not my case".into() }));
    let infinite = Said::failed(ErrorKind::Unparseable, "the judge gave inf as a score");
    // A failure wins over an abstention.
    assert_eq!(found[0].rejected_unscored.as_ref(), Some(&infinite));
    assert_eq!((found[0].chosen_first.as_ref(), found[0].chosen_second.as_ref()), (Some(&infinite), Some(&infinite)));
    let Some(Said::Failed { message, .. }) = &found[2].chosen_first else { panic!("{:?}", found[2]) };
    assert!(message.starts_with("the judge said what JSON cannot hold"), "{message}");
    assert_eq!(choices(&found[3]), [Some(Choice::Second); 2]);
}

#[tokio::test]
async fn concurrency_and_batches_do_not_show() {
    let pairs = pairs(0, 60);
    let alone = run(moody("moody"), options().with_batch(1).with_concurrency(1), &pairs).await.unwrap().verdicts;
    let counts = Counts::of(&alone);
    assert!(counts.judged > 0 && counts.abstained > 0 && counts.over_long > 0 && counts.failed["unparseable"] > 0);
    assert_eq!(counts.unsettled, 0);
    for (batch, concurrency) in [(1, 8), (2, 1), (7, 3), (1000, 8), (0, 0)] {
        let judge = Troubled::new(moody("moody"), |_| None);
        let other = run(judge, options().with_batch(batch).with_concurrency(concurrency), &pairs).await.unwrap();
        assert_eq!(text(&other.verdicts), text(&alone), "batch {batch}, concurrency {concurrency}");
    }
}

/// A judge with another card, which it keeps to.
struct Narrow<J>(J, JudgeCard);
#[async_trait]
impl<J: ToolCallJudge> ToolCallJudge for Narrow<J> {
    fn card(&self) -> &JudgeCard {
        &self.1
    }
    async fn score(&self, items: &[ScoreItem<'_>], o: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        assert!(items.len() <= self.1.max_batch);
        self.0.score(items, o).await
    }
    async fn compare(&self, items: &[PairItem<'_>], o: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        assert!(items.len() <= self.1.max_batch);
        self.0.compare(items, o).await
    }
}

#[tokio::test]
async fn the_cards_batch_limit_holds() {
    let judge = FromScorer::new(scorer_fn("none", |_: &Task, _: &Candidate| Outcome::abstained("no")));
    for max in [1, 2, 3] {
        let card = judge.card().clone().with_max_batch(max).with_symmetric(false);
        let found = run(Narrow(&judge, card), options(), &pairs(0, 5)).await.unwrap();
        assert_eq!(Counts::of(&found.verdicts).abstained, 5);
    }
}

#[tokio::test]
async fn a_call_that_breaks_fails_its_own_pairs_which_are_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let journal = options().with_journal(folder.path().join("j"));
    let pairs = pairs(0, 12);
    let mock = right("right");
    let broken = Troubled::new(&mock, |call| [1, 3].contains(&call).then_some(ErrorKind::Transport));
    let first = run(&broken, journal.clone(), &pairs).await.unwrap();
    assert_eq!((first.unsettled(), Counts::of(&first.verdicts).failed["transport"]), (4, 4));
    let failed: Vec<_> = first.verdicts.iter().filter(|v| v.has_failed()).collect();
    let message = |v: &PairVerdict| match v.chosen_first.as_ref().unwrap() {
        Said::Failed { kind: ErrorKind::Transport, message, .. } => message.clone(),
        other => panic!("{other:?}"),
    };
    assert!(failed.iter().all(|v| message(v).ends_with("broke (why)")));
    drop(first);

    let before = mock.items();
    let mut told = Vec::new();
    let again = Runner::new(&mock, journal).run(&pairs, &mut |p| told.push((p.done, p.known, p.failed, p.total))).await;
    let again = again.unwrap();
    assert_eq!((again.unsettled(), mock.items() - before), (0, 8));
    assert_eq!(told, [(8, 8, 0, 12), (10, 8, 0, 12), (12, 8, 0, 12)]);
    assert_eq!((again.timing.pairs, again.timing.known), (4, 8));
    assert_eq!(text(&again.verdicts), text(&run(right("right"), options(), &pairs).await.unwrap().verdicts));
}

#[tokio::test]
async fn a_judge_that_keeps_failing_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let journal = options().with_journal(folder.path().join("j")).with_max_failed_batches(3);
    let mock = right("right");
    let down = Troubled::new(&mock, |call| (call >= 2).then_some(ErrorKind::RateLimited));
    let said = run(&down, journal.clone().with_concurrency(1), &pairs(0, 100)).await.unwrap_err().to_string();
    assert!(
        said.starts_with(
            "judge \"right\" failed on 3 batches in a row, the last time with \"rate_limited: call 4 broke"
        ),
        "{said}"
    );
    assert!(said.contains("4 of 100 pairs are done; run it again to go on from "), "{said}");
    assert_eq!(down.calls.load(Ordering::Relaxed), 5);
    let found = run(&mock, journal, &pairs(0, 100)).await.unwrap();
    assert_eq!((found.unsettled(), found.timing.known), (0, 4));
    // Now and then is not in a row.
    let flaky = Troubled::new(right("right"), |call| (call % 3 != 0).then_some(ErrorKind::Timeout));
    let found = run(flaky, options().with_max_failed_batches(3).with_concurrency(1), &pairs(0, 40)).await.unwrap();
    assert_eq!(found.unsettled(), 26);
}

#[tokio::test]
async fn a_judge_that_cannot_do_it_is_an_error() {
    let said = |error: RunError| error.to_string();
    let nothing = run(MockJudge::new("nothing"), options(), &pairs(0, 3)).await.unwrap_err();
    assert!(
        said(nothing).contains("\"nothing\" cannot be run: unsupported: by its card it neither compares nor scores")
    );
    let scores = run(right("right"), options().with_ask(Ask::Scores), &pairs(0, 3)).await.unwrap_err();
    assert!(said(scores).contains("it compares, and does not score"));
    for kind in [ErrorKind::Unsupported, ErrorKind::InvalidInput] {
        let error = run(Troubled::new(right("right"), |_| Some(kind)), options(), &pairs(0, 3)).await.unwrap_err();
        assert!(matches!(&error, RunError::Judge { source, .. } if source.kind() == kind), "{error}");
    }
    assert!(run(right("right"), options(), &[]).await.unwrap().verdicts.is_empty());
}

#[tokio::test]
async fn a_judge_that_miscounts_has_failed() {
    struct Short(JudgeCard);
    #[async_trait]
    impl ToolCallJudge for Short {
        fn card(&self) -> &JudgeCard {
            &self.0
        }
        async fn compare(&self, _: &[PairItem<'_>], _: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
            Ok(vec![Outcome::Judged(Comparison::from_probability(1.0))])
        }
    }
    let found = run(Short(JudgeCard::pairwise("short", "short")), options(), &pairs(0, 4)).await.unwrap();
    let backend = Said::failed(ErrorKind::Backend, "the judge gave 1 answers to 4 questions");
    assert!(found.verdicts.iter().all(|v| v.chosen_second.as_ref() == Some(&backend)));
}

#[tokio::test]
async fn a_cancelled_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let journal = options().with_journal(folder.path().join("j"));
    let pairs = pairs(0, 40);
    let mock = moody("moody");
    let cancel = Cancel::default();
    let runner = Runner::new(Troubled::new(&mock, |_| None), journal.clone().with_cancel(cancel.clone()));
    let stopped = runner
        .run(&pairs, &mut |p| {
            if p.done >= 10 {
                cancel.cancel();
            }
        })
        .await
        .unwrap_err();
    let RunError::Cancelled { done, total: 40, .. } = stopped else { panic!("{stopped}") };
    assert!((10..=16).contains(&done), "{done}");
    assert!(stopped.to_string().contains("run it again to go on from"));
    let asked = mock.items();
    // What was in flight when the flag was raised has either been refused or kept.
    assert_eq!(asked, done * 2);
    let found = run(&mock, journal, &pairs).await.unwrap();
    assert_eq!((mock.items(), found.timing.known), (80, done as u64));
    assert_eq!(text(&found.verdicts), text(&run(moody("moody"), options(), &pairs).await.unwrap().verdicts));
    let cancelled = run(&mock, options().with_cancel(cancel), &pairs).await.unwrap_err().to_string();
    assert_eq!(
        cancelled,
        "cancelled with 0 of 40 pairs done; nothing is kept: give the run a journal to be able to go on"
    );
    assert_eq!(mock.items(), 80);
}

#[tokio::test]
async fn a_journal_is_of_one_judge_bench_question_and_seed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = options().with_journal(folder.path().join("j"));
    let bench = pairs(0, 4);
    drop(run(right("right"), journal.clone(), &bench).await.unwrap());
    let mut renamed = pairs(0, 4);
    renamed[2].id = "other".into();
    let mut swapped = pairs(0, 4);
    swapped.swap(0, 1);
    let others = [
        run(right("right").with_fingerprint("right@2"), journal.clone(), &bench).await,
        run(right("right"), journal.clone().with_seed(1), &bench).await,
        run(right("right"), journal.clone(), &pairs(0, 5)).await,
        run(right("right"), journal.clone(), &renamed).await,
        run(right("right"), journal.clone(), &swapped).await,
    ];
    for other in others {
        let said = other.unwrap_err().to_string();
        assert!(said.contains("j:1: the journal of another work") && said.contains("--restart"), "{said}");
    }
    let again = right("right");
    assert_eq!(run(&again, journal.clone(), &bench).await.unwrap().timing.known, 4);
    assert_eq!(again.items(), 0);
    let anew = right("right").with_fingerprint("right@2");
    drop(run(&anew, journal.with_restart(true), &bench).await.unwrap());
    assert_eq!(anew.items(), 8);
}

#[tokio::test]
async fn a_journal_in_use_or_damaged_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let journal = options().with_journal(&path);
    let held = run(right("right"), journal.clone(), &pairs(0, 4)).await.unwrap();
    let said = run(right("right"), journal.clone(), &pairs(0, 4)).await.unwrap_err().to_string();
    assert!(said.contains("in use by another run"), "{said}");
    drop(held);
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, whole.replace("sum#1", "sum#9")).unwrap();
    let said = run(right("right"), journal, &pairs(0, 4)).await.unwrap_err().to_string();
    assert!(said.contains("j:3: damaged"), "{said}");
}

#[tokio::test]
async fn a_journal_of_pairs_the_bench_does_not_have_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bench) = (folder.path().join("j"), pairs(0, 4));
    let runner = Runner::new(right("right"), options().with_journal(&path));
    let key = runner.key(&bench_fingerprint(&bench)).unwrap();
    for foreign in [PairVerdict::new(4, "sum#4"), PairVerdict::new(1, "sum#3")] {
        let mut journal = Journal::restart(&path, &key).unwrap();
        journal.append(&PairVerdict::new(0, "sum#0")).unwrap();
        journal.append(&foreign).unwrap();
        drop(journal);
        let said = runner.run(&bench, &mut |_| ()).await.unwrap_err().to_string();
        assert!(said.contains("j:3: pair ") && said.contains("is not in the bench; delete the journal"), "{said}");
    }
}

#[tokio::test]
async fn a_cancellation_of_the_last_pairs_is_one() {
    let cancel = Cancel::default();
    let raised = cancel.clone();
    let judge = MockJudge::new("late").comparing(move |_, _, _| {
        raised.cancel();
        Outcome::Failed(JudgeError::cancelled())
    });
    let error = run(judge, options().with_cancel(cancel), &pairs(0, 1)).await.unwrap_err();
    assert!(matches!(error, RunError::Cancelled { done: 0, total: 1, .. }), "{error}");
}

#[tokio::test]
async fn pairs_that_benches_share_are_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let mock = moody("moody");
    let cached = || (&mock).cached(FileStore::open(folder.path().join("cache.jsonl")).unwrap());
    let first = run(cached(), options(), &pairs(0, 20)).await.unwrap();
    assert_eq!(mock.items(), 40);
    let second = run(cached(), options(), &pairs(10, 30)).await.unwrap();
    let (mut unjudged, mut shared) = (0, 0);
    for (a, b) in first.verdicts[10..].iter().zip(&second.verdicts) {
        assert_eq!((&a.id, &a.chosen_first, &a.chosen_second), (&b.id, &b.chosen_first, &b.chosen_second));
        unjudged += a.said().filter(|said| said.choice().is_none()).count();
        shared += a.said().count();
    }
    // The ten new ones; abstentions and failures are no judgements, and are asked again.
    assert_eq!((mock.items(), shared), (40 + 20 + unjudged, 20));
    assert!(unjudged < 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Stopped again and again, anywhere, by its caller or by trouble, with whatever concurrency: the same bytes in the end.
    #[test]
    fn stops_do_not_show(
        stops in prop::collection::vec((0_usize..12, 1_usize..6, 1_usize..9), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let pairs = pairs(0, 24);
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        let whole = block_on(run(moody("moody"), options(), &pairs)).unwrap().verdicts;
        for (calls, concurrency, batch) in stops {
            let judge = Troubled::new(moody("moody"), |call| match call {
                _ if call < calls => None,
                _ if calls % 2 == 0 => Some(ErrorKind::Cancelled),
                _ => Some(ErrorKind::Transport),
            });
            let options = options().with_journal(&path).with_concurrency(concurrency).with_batch(batch);
            drop(runtime().block_on(run(judge, options.with_max_failed_batches(2), &pairs)));
            // And the machine died in the middle of a write.
            let length = std::fs::metadata(&path).unwrap().len();
            let torn = length.saturating_sub(cut.index(200) as u64);
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(torn).unwrap();
        }
        let end = runtime().block_on(run(Troubled::new(moody("moody"), |_| None), options().with_journal(&path), &pairs));
        prop_assert_eq!(text(&end.unwrap().verdicts), text(&whole));
    }
}
