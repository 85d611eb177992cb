#![allow(clippy::float_cmp, reason = "sums of a few halves and quarters are exact")]

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::*;
use crate::{
    call::Candidate,
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, JudgeCard, PairItem, ScoreItem},
    layer::{ask::Answers, mock::*},
    observe::CallOptions,
    score::{Finding, Outcome, Score, ScoreScale, Usage},
};

const NOW: Duration = Duration::from_millis(1);

fn quick() -> RetryPolicy {
    RetryPolicy::default().with_waits(NOW, NOW)
}

fn error(kind: ErrorKind) -> JudgeError {
    JudgeError::new(kind, "as scripted")
}

fn kinds<A>(out: &[Outcome<A>]) -> Vec<&'static str> {
    out.iter()
        .map(|o| match o {
            Outcome::Judged(_) => "judged",
            Outcome::Abstained { .. } => "abstained",
            Outcome::Failed(e) => e.kind().as_str(),
        })
        .collect()
}

/// Fails each item `n` times with `kind`, then judges it, where `kind:n` is the candidate's text.
fn flaky() -> Mock {
    let seen = Mutex::new(HashMap::<String, u32>::new());
    Mock::scoring(move |c, options| {
        let text = c.action.text().unwrap();
        let Some((kind, n)) = text.split_once(':') else {
            return Outcome::Judged(Score::new(f64::from(options.attempt)));
        };
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(text.to_owned()).or_default();
        *count += 1;
        if *count > n.parse().unwrap() {
            return Outcome::Judged(Score::new(f64::from(options.attempt)));
        }
        Outcome::Failed(error(match kind {
            "truncated" => ErrorKind::Truncated,
            "transport" => ErrorKind::Transport,
            "unparseable" => ErrorKind::Unparseable,
            _ => ErrorKind::Refused,
        }))
    })
}

#[tokio::test]
async fn only_what_failed_and_may_succeed_is_asked_again() {
    let mock = flaky();
    let judge = (&mock).retry(quick());
    let (task, c) =
        (task(), numbers(&["ok", "transport:1", "refused:1", "truncated:2", "transport:9", "unparseable:1"]));
    let heard = Arc::new(Heard::default());
    let out = judge.score(&items(&task, &c), &CallOptions::default().with_observer(heard.clone())).await.unwrap();
    assert_eq!(kinds(&out), ["judged", "judged", "refused", "judged", "transport", "unparseable"]);
    assert_eq!((mock.calls(), mock.asked()), (3, 6 + 3 + 2));
    assert_eq!(out[3].as_judged().unwrap().value, 2.0, "the third attempt says so to the judge");
    assert_eq!(*heard.0.lock().unwrap(), [0, 2, 5, 1, 3, 4]);
    assert_eq!(judge.card().fingerprint, "mock@1");

    let dice = flaky().with_card(|c| c.with_deterministic(false));
    let out = (&dice).retry(quick()).score(&items(&task, &c[5..]), &CallOptions::default()).await.unwrap();
    assert_eq!((kinds(&out), dice.calls()), (vec!["judged"], 2), "a judge that samples may say it better");
}

#[tokio::test]
async fn whole_calls_are_retried_and_a_lasting_error_stays_one() {
    let mock = Mock::numbers().failing_first([error(ErrorKind::Transport), error(ErrorKind::RateLimited)]);
    let (task, c) = (task(), numbers(&[1, 2]));
    let out = (&mock).retry(quick()).score(&items(&task, &c), &CallOptions::default()).await.unwrap();
    assert_eq!((kinds(&out), mock.calls()), (vec!["judged"; 2], 3));
    let mock = Mock::numbers().failing_first([(); 3].map(|()| error(ErrorKind::Transport)));
    let lasting = (&mock).retry(quick()).score(&items(&task, &c), &CallOptions::default()).await.unwrap_err();
    assert_eq!((lasting.kind(), mock.calls()), (ErrorKind::Transport, 3));
    let mock = Mock::numbers().failing_first([error(ErrorKind::InvalidInput)]);
    assert!((&mock).retry(quick()).score(&items(&task, &c), &CallOptions::default()).await.is_err());
    assert_eq!(mock.calls(), 1);
}

#[tokio::test]
async fn waits_are_as_long_as_the_server_asks_and_end_at_deadline_and_cancellation() {
    let (task, c) = (task(), numbers(&[1]));
    let asks = |wait| Mock::numbers().failing_first([error(ErrorKind::RateLimited).with_retry_after(wait)]);
    let mock = asks(Duration::from_millis(60));
    let start = web_time::Instant::now();
    assert!((&mock).retry(quick()).score(&items(&task, &c), &CallOptions::default()).await.is_ok());
    assert!(start.elapsed() >= Duration::from_millis(60));

    // A wait that would outlast the deadline is not begun.
    let mock = asks(Duration::from_hours(1));
    let start = web_time::Instant::now();
    let options = CallOptions::default().with_timeout(Duration::from_secs(5));
    let late = (&mock).retry(quick()).score(&items(&task, &c), &options).await.unwrap_err();
    assert_eq!((late.kind(), mock.calls()), (ErrorKind::RateLimited, 1));
    assert!(start.elapsed() < Duration::from_secs(4));

    let mock = asks(Duration::from_hours(1));
    let options = CallOptions::default();
    let cancel = options.cancel.clone();
    let judge = (&mock).retry(quick());
    let candidates = items(&task, &c);
    let (stopped, ()) = tokio::join!(judge.score(&candidates, &options), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        cancel.cancel();
    });
    assert_eq!((stopped.unwrap_err().kind(), mock.calls()), (ErrorKind::Cancelled, 1));
}

/// Counts how many calls run at once; each takes a moment.
struct Slow {
    card: JudgeCard,
    running: AtomicUsize,
    most: AtomicUsize,
    begun: AtomicUsize,
}

impl Slow {
    fn new(max_batch: usize) -> Self {
        let card = JudgeCard::pointwise("slow", "slow@1", ScoreScale::Unit).with_max_batch(max_batch);
        Self { card, running: AtomicUsize::new(0), most: AtomicUsize::new(0), begun: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl ToolCallJudge for Slow {
    fn card(&self) -> &JudgeCard {
        &self.card
    }
    async fn score(&self, items: &[ScoreItem<'_>], _: &CallOptions) -> Answers<Score> {
        assert!(items.len() <= self.card.max_batch);
        self.begun.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        Ok(items
            .iter()
            .map(|i| Outcome::Judged(Score::new(i.candidate.action.text().unwrap().parse().unwrap())))
            .collect())
    }
}

#[tokio::test]
async fn a_limit_splits_batches_and_bounds_what_runs_at_once() {
    let slow = Slow::new(3);
    let judge = (&slow).limit(2);
    let (task, c) = (task(), numbers(&(0..20).collect::<Vec<_>>()));
    let candidates = items(&task, &c);
    let options = CallOptions::default();
    let (a, b) = tokio::join!(judge.score(&candidates, &options), judge.score(&candidates, &options));
    for out in [a.unwrap(), b.unwrap()] {
        let values: Vec<_> = out.iter().map(|o| o.as_judged().unwrap().value).collect();
        assert_eq!(values, (0..20).map(f64::from).collect::<Vec<_>>());
    }
    assert_eq!((slow.most.load(Ordering::SeqCst), slow.begun.load(Ordering::SeqCst)), (2, 14));
    assert_eq!(judge.card().max_batch, usize::MAX);
    assert!((&slow).limit(0).score(&candidates, &options).await.is_ok(), "0 is 1");
    assert!(judge.score(&[], &options).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_dropped_or_cancelled_call_starts_nothing_more() {
    let slow = Slow::new(1);
    let judge = (&slow).limit(1);
    let (task, c) = (task(), numbers(&(0..50).collect::<Vec<_>>()));
    let candidates = items(&task, &c);
    let options = CallOptions::default();
    assert!(tokio::time::timeout(Duration::from_millis(15), judge.score(&candidates, &options)).await.is_err());
    let begun = slow.begun.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(slow.begun.load(Ordering::SeqCst), begun, "dropped");

    let cancel = options.cancel.clone();
    let (stopped, ()) = tokio::join!(judge.score(&candidates, &options), async move {
        tokio::time::sleep(Duration::from_millis(15)).await;
        cancel.cancel();
    });
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(slow.begun.load(Ordering::SeqCst) <= begun + 3);
    // The permits came back: the next call runs.
    assert!(judge.score(&candidates[..2], &CallOptions::default()).await.is_ok());
}

#[tokio::test]
async fn after_cancellation_no_layer_calls_its_judge_again() {
    type Layer = fn(Arc<Mock>) -> Box<dyn ToolCallJudge>;
    let (task, c) = (task(), numbers(&[1, 2, 3, 4]));
    let layered: [Layer; 9] = [
        |j| Box::new(j.both_orders()),
        |j| Box::new(j.cached(MemoryStore::new(9))),
        |j| Box::new(j.retry(quick())),
        |j| Box::new(j.limit(1)),
        |j| Box::new(j.limit(4)),
        |j| Box::new(j.budget(BudgetLimits::default().with_time(Duration::from_secs(9)))),
        |j| Box::new(j.traced(tracing::Level::DEBUG)),
        |j| Box::new(Arc::clone(&j).cascade(j, 0.5)),
        |j| Box::new(Ensemble::new([Arc::clone(&j) as _, j as _]).unwrap()),
    ];
    for (i, layer) in layered.into_iter().enumerate() {
        let mock = Arc::new(
            Mock::comparing(|_, _, options| {
                options.cancel.cancel();
                Outcome::Failed(error(ErrorKind::Transport))
            })
            .with_card(|c| c.with_max_batch(1)),
        );
        let pairs = [pair(&task, &c[0], &c[1]), pair(&task, &c[2], &c[3])];
        let stopped = layer(Arc::clone(&mock)).compare(&pairs, &CallOptions::default()).await.unwrap_err();
        assert_eq!((stopped.kind(), mock.calls()), (ErrorKind::Cancelled, 1), "layer {i}");
    }
}

#[tokio::test]
async fn one_broken_batch_breaks_its_items_only() {
    let broken = || Mock::numbers().with_card(|c| c.with_max_batch(2)).failing_first([error(ErrorKind::Transport)]);
    let (task, c) = (task(), numbers(&[1, 2, 3, 4]));
    let out = broken().limit(4).score(&items(&task, &c), &CallOptions::default()).await.unwrap();
    assert_eq!(kinds(&out), ["transport", "transport", "judged", "judged"]);
    assert!(broken().limit(4).score(&items(&task, &c[..2]), &CallOptions::default()).await.is_err());
}

#[tokio::test]
async fn a_budget_stops_asking_and_keeps_what_was_judged() {
    let (task, c) = (task(), numbers(&[1, 2, 3, 4, 5]));
    let mock = Mock::numbers().with_card(|c| c.with_max_batch(2));
    let judge = (&mock).budget(BudgetLimits::default().with_items(3));
    let out = judge.score(&items(&task, &c), &CallOptions::default()).await.unwrap();
    assert_eq!(kinds(&out), ["judged", "judged", "judged", "budget", "budget"]);
    assert!(out[4].as_failed().unwrap().to_string().contains("3 items"));
    assert_eq!((mock.calls(), mock.asked()), (2, 3));
    let spent = judge.clone().compare(&[pair(&task, &c[0], &c[1])], &CallOptions::default()).await.unwrap();
    assert_eq!((kinds(&spent), mock.asked()), (vec!["budget"], 3), "clones share it");

    let mock = Mock::numbers().with_card(|c| c.with_max_batch(2));
    let judge = (&mock).budget(BudgetLimits::default().with_calls(1));
    let out = judge.score(&items(&task, &c), &CallOptions::default()).await.unwrap();
    assert_eq!(kinds(&out), ["judged", "judged", "budget", "budget", "budget"]);
    assert_eq!((judge.spent().calls, judge.spent().items), (1, 2));
}

#[tokio::test]
async fn a_time_budget_is_a_deadline_inside_and_not_a_timeout_outside() {
    let mock = Mock::scoring(|c, options| {
        std::thread::sleep(Duration::from_millis(150));
        assert!(options.deadline.is_some());
        match options.check() {
            Ok(()) => Outcome::Judged(Score::new(c.action.text().unwrap().parse().unwrap())),
            Err(e) => Outcome::Failed(e),
        }
    })
    .with_card(|c| c.with_max_batch(1));
    let judge = (&mock).budget(BudgetLimits::default().with_time(Duration::from_millis(400)));
    let (task, c) = (task(), numbers(&[1, 2, 3, 4, 5, 6]));
    let out = judge.score(&items(&task, &c), &CallOptions::default()).await.unwrap();
    assert_eq!(kinds(&out)[0], "judged");
    assert_eq!(kinds(&out)[3..], ["budget"; 3]);
    assert!(mock.calls() <= 3);
    let none = Mock::numbers().budget(BudgetLimits::default());
    assert_eq!(kinds(&none.score(&items(&task, &c), &CallOptions::default()).await.unwrap()), ["judged"; 6]);
}

#[tokio::test]
async fn a_cascade_hands_on_what_the_cheap_judge_is_unsure_of() {
    let cheap = Mock::comparing(|a, _, _| match a.action.text().unwrap() {
        "?" => Outcome::abstained("unsure"),
        "!" => Outcome::Failed(error(ErrorKind::Backend)),
        p => Outcome::Judged(Comparison::from_probability(p.parse().unwrap()).with_usage(Usage::new(1, 1, 1))),
    });
    let dear = Mock::comparing(|a, _, _| match a.action.text().unwrap() {
        "0.45" => Outcome::Failed(error(ErrorKind::Transport)),
        "!" => Outcome::abstained("neither"),
        _ => Outcome::Judged(Comparison::from_probability(1.0).with_usage(Usage::new(1, 100, 10))),
    });
    let judge = (&cheap).cascade(&dear, 0.2);
    let (task, c) = (task(), numbers(&["0.9", "0.6", "0.1", "?", "0.45", "!"]));
    let pairs: Vec<_> = c.iter().map(|c| pair(&task, c, c)).collect();
    let heard = Arc::new(Heard::default());
    let out = judge.compare(&pairs, &CallOptions::default().with_observer(heard.clone())).await.unwrap();
    assert_eq!(kinds(&out), ["judged", "judged", "judged", "judged", "judged", "abstained"]);
    let p: Vec<_> = out.iter().filter_map(|o| o.as_judged()).map(|v| v.p_first).collect();
    assert_eq!(p, [0.9, 1.0, 0.1, 1.0, 0.45]);
    assert_eq!(out[1].as_judged().unwrap().usage, Usage::new(2, 101, 11));
    assert_eq!((dear.calls(), dear.asked()), (1, 4));
    assert_eq!(judge.stats(), CascadeStats { items: 6, escalated: 4, fell_back: 2 });
    assert_eq!(*heard.0.lock().unwrap(), [0, 2, 1, 3, 4, 5]);
    assert_eq!(judge.card().fingerprint, "cascade[0.2](mock@1,mock@1)");
}

#[tokio::test]
async fn a_cascade_outlives_either_judge() {
    let (task, c) = (task(), numbers(&["0.55", "0.6"]));
    let pairs = [pair(&task, &c[0], &c[1])];
    let broken = || Mock::biased(0.9).failing_first([error(ErrorKind::Transport)]);
    let options = CallOptions::default();
    let p = |out: Vec<Outcome<Comparison>>| out[0].as_judged().unwrap().p_first;
    assert_eq!(p(broken().cascade(Mock::biased(0.8), 0.1).compare(&pairs, &options).await.unwrap()), 0.8);
    assert_eq!(p(Mock::biased(0.55).cascade(broken(), 0.1).compare(&pairs, &options).await.unwrap()), 0.55);
    assert!(broken().cascade(broken(), 0.1).compare(&pairs, &options).await.is_err());
    let scales = Mock::numbers().cascade(Mock::biased(0.5), 0.1);
    let e = scales.score(&items(&task, &c), &options).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    assert!(e.to_string().contains("on the same scale"), "{e}");
}

fn member(judge: Mock) -> Arc<dyn ToolCallJudge> {
    Arc::new(judge)
}

#[tokio::test]
async fn an_ensemble_combines_by_mean_or_majority() {
    let trio = || Ensemble::new([0.9, 0.45, 0.4].map(|p| member(Mock::biased(p)))).unwrap();
    let (task, c) = (task(), numbers(&[1, 2]));
    let pairs = [pair(&task, &c[0], &c[1])];
    let ask = async |judge: Ensemble| {
        let mut out = judge.compare(&pairs, &CallOptions::default()).await.unwrap();
        let verdict = out.pop().unwrap().judged().unwrap();
        ((verdict.p_first * 1e3).round() / 1e3, verdict.choice, verdict.usage.calls)
    };
    assert_eq!(ask(trio()).await, (0.583, Choice::First, 3));
    assert_eq!(ask(trio().with_rule(Combine::Majority)).await, (0.333, Choice::Second, 3));
    let weighted = trio().with_rule(Combine::Majority).with_weights(&[5.0, 1.0, 1.0]).unwrap();
    assert!(weighted.card().fingerprint.starts_with("ensemble[Majority,2](5*mock@1,"));
    assert_eq!(ask(weighted).await, (0.714, Choice::First, 3));
}

#[tokio::test]
async fn an_ensemble_leaves_out_who_does_not_judge_down_to_the_quorum() {
    let (task, c) = (task(), numbers(&["0.5", "?", "!"]));
    let fixed = || {
        member(Mock::scoring(|_, _| {
            Outcome::Judged(Score::new(1.0).with_findings(vec![Finding::new("a.b", "", "x", 0.5)]))
        }))
    };
    let score = async |judge: Ensemble| judge.score(&items(&task, &c), &CallOptions::default()).await;
    let two = || Ensemble::new([member(Mock::numbers()), fixed()]).unwrap();
    let out = score(two()).await.unwrap();
    assert_eq!(kinds(&out), ["judged", "abstained", "backend"]);
    assert_eq!(out[0].as_judged().unwrap().value, 0.75);
    assert_eq!(out[0].as_judged().unwrap().findings.len(), 1);
    assert!(out[2].as_failed().unwrap().to_string().contains("1 of 2 members judged, 2 must: broken item"));
    assert_eq!(kinds(&score(two().with_quorum(1).unwrap()).await.unwrap()), ["judged"; 3]);

    let gone = || member(Mock::numbers().failing_first([error(ErrorKind::Transport)]));
    let out = score(Ensemble::new([gone(), fixed()]).unwrap().with_quorum(1).unwrap()).await.unwrap();
    assert_eq!(kinds(&out), ["judged"; 3]);
    assert_eq!(score(Ensemble::new([gone(), gone()]).unwrap()).await.unwrap_err().kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn an_ensemble_refuses_what_makes_no_sense() {
    let new = |n: usize| Ensemble::new((0..n).map(|_| member(Mock::numbers())));
    assert_eq!(new(0).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(new(2).unwrap().with_weights(&[1.0]).is_err());
    assert!(new(2).unwrap().with_weights(&[1.0, f64::NAN]).is_err());
    assert!(new(2).unwrap().with_weights(&[1.0, 0.0]).is_err());
    assert!(new(2).unwrap().with_quorum(0).is_err() && new(2).unwrap().with_quorum(3).is_err());
    let logit = member(Mock::numbers().with_card(|c| JudgeCard { pointwise: Some(ScoreScale::Logit), ..c }));
    let mixed = Ensemble::new([member(Mock::numbers()), logit]).unwrap();
    assert_eq!((mixed.card().pointwise, mixed.card().pairwise), (None, true));
    let (task, c) = (task(), numbers(&[1]));
    let e = mixed.score(&items(&task, &c), &CallOptions::default()).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
}

/// Keeps the fields of every span, and nothing else.
#[derive(Default)]
struct Recorder(Arc<Mutex<Vec<HashMap<String, String>>>>);

struct Fields<'a>(&'a mut HashMap<String, String>);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl tracing::Subscriber for Recorder {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::DEBUG
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut spans = self.0.lock().unwrap();
        let mut fields = HashMap::from([("level".to_owned(), span.metadata().level().to_string())]);
        span.record(&mut Fields(&mut fields));
        spans.push(fields);
        tracing::span::Id::from_u64(spans.len() as u64)
    }
    fn record(&self, span: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Fields(&mut self.0.lock().unwrap()[index]));
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_traced_call_is_a_span_without_anybody_s_words() {
    let recorder = Recorder::default();
    let spans = Arc::clone(&recorder.0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(recorder, || {
        runtime.block_on(async {
            let (task, c) = (task_saying("a secret"), numbers(&["0.5", "?", "!", "0.25"]));
            let options = CallOptions::default();
            let judge = Mock::numbers().traced(tracing::Level::INFO);
            assert_eq!(kinds(&judge.score(&items(&task, &c), &options).await.unwrap()).len(), 4);
            let gone = Mock::numbers().failing_first([error(ErrorKind::Transport)]).traced(tracing::Level::WARN);
            assert!(gone.compare(&[pair(&task, &c[0], &c[3])], &options).await.is_err());
            let quiet = Mock::numbers().traced(tracing::Level::TRACE);
            assert!(quiet.score(&items(&task, &c), &options).await.is_ok());
        });
    });
    let spans = spans.lock().unwrap();
    assert_eq!(spans.len(), 2, "the third is under the level");
    let field = |i: usize, name: &str| spans[i].get(name).map(String::as_str);
    for (name, value) in [
        ("level", "INFO"),
        ("judge", "\"mock\""),
        ("ask", "\"score\""),
        ("items", "4"),
        ("judged", "2"),
        ("abstained", "1"),
        ("failed", "1"),
        ("calls", "2"),
        ("tokens", "22"),
    ] {
        assert_eq!(field(0, name), Some(value), "{name}");
    }
    assert!(field(0, "ms").is_some() && field(0, "error").is_none());
    assert_eq!(
        (field(1, "error"), field(1, "judged"), field(1, "ask")),
        (Some("\"transport\""), None, Some("\"compare\""))
    );
    assert!(!format!("{spans:?}").contains("secret"));
}

#[tokio::test]
async fn layers_stack_in_any_order_and_change_no_verdict_they_should_not() {
    let (task, c) = (task(), numbers(&["0.9", "0.1", "0.5", "0.5"]));
    let pairs = [pair(&task, &c[0], &c[1]), pair(&task, &c[1], &c[2]), pair(&task, &c[2], &c[3])];
    let mock = || Mock::numbers().with_card(|c| c.with_max_batch(1));
    let memory = || MemoryStore::new(10);
    let limits = BudgetLimits::default().with_items(1000);
    let level = tracing::Level::TRACE;
    let judges: [Box<dyn ToolCallJudge>; 4] = [
        Box::new(mock().both_orders()),
        Box::new(mock().retry(quick()).limit(2).cached(memory()).budget(limits).traced(level).both_orders()),
        Box::new(mock().traced(level).budget(limits).both_orders().cached(memory()).limit(2).retry(quick())),
        Box::new(mock().limit(2).both_orders().limit(2).both_orders()),
    ];
    for judge in &judges {
        let out = judge.compare(&pairs, &CallOptions::default()).await.unwrap();
        let verdicts: Vec<_> = out.iter().map(|o| o.as_judged().unwrap()).map(|v| (v.choice, v.p_first)).collect();
        assert_eq!(verdicts, [(Choice::First, 1.0), (Choice::Second, 0.0), (Choice::Tie, 0.5)]);
    }
    assert_eq!(judges[0].card().fingerprint, judges[1].card().fingerprint);
    assert_eq!(judges[0].card().fingerprint, judges[2].card().fingerprint);
    // A layered judge can be spawned.
    let shared: Arc<dyn ToolCallJudge> = Arc::new(mock().retry(quick()).limit(2).both_orders());
    let spawned = tokio::spawn(async move {
        let (task, c): (_, Vec<Candidate>) = (task_saying("x"), numbers(&[1, 2]));
        let pairs: [PairItem<'_>; 1] = [pair(&task, &c[0], &c[1])];
        shared.compare(&pairs, &CallOptions::default()).await.map(|out| out.len())
    });
    assert_eq!(spawned.await.unwrap().unwrap(), 1);
}
