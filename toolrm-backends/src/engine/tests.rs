use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_timer::Delay;
use futures_util::future::{Either, join_all, select};
use proptest::prelude::*;
use toolrm_core::{
    cancel::Cancel,
    error::{ErrorKind, JudgeError},
    observe::{CallOptions, Observer},
    port::{Finish, GenParams},
    score::ScoreScale,
    testkit::block_on,
};

use super::{
    testkit::{ByteCodec, CountingModel, END, Log},
    *,
};

fn writing(max_tokens: usize) -> Writing {
    Writing::new(Arc::new(ByteCodec), Sampling::of(&GenParams::greedy(1), 0), max_tokens)
}

fn engine(model: CountingModel) -> (Engine, Arc<Mutex<Log>>) {
    let log = model.log.clone();
    (Engine::start(model, &EngineOptions::default().with_min_shared(4)).unwrap(), log)
}

fn write(engine: &Engine, prompt: &[Token], writing: Writing) -> Result<Written, JudgeError> {
    block_on(engine.write(prompt.to_vec(), writing, 0, &CallOptions::default()))
}

/// What a [`CountingModel`] writes, without any engine.
fn expected(prompt: &[Token], n: usize) -> Vec<Token> {
    let mut tokens = prompt.to_vec();
    for _ in 0..n {
        let scores: Vec<f32> = (0..257).map(|t| CountingModel::hash(&tokens, t)).collect();
        let best = (0..257).fold(0, |best, t| if scores[t] > scores[best] { t } else { best });
        let best = Token::try_from(best).unwrap();
        tokens.push(best);
        if best == END {
            break;
        }
    }
    tokens.split_off(prompt.len())
}

fn prompt(shared: u32, tail: &[Token]) -> Vec<Token> {
    (0..shared).map(|i| i % 250).chain(tail.iter().copied()).collect()
}

#[test]
fn a_text_is_what_the_model_writes_by_itself() {
    let (engine, _) = engine(CountingModel::new(200));
    let written = write(&engine, &[1, 2, 3], writing(20)).unwrap();
    assert_eq!(written.tokens, expected(&[1, 2, 3], 20));
    assert_eq!(written.finish, Finish::Length);
}

#[test]
fn what_several_begin_with_is_computed_once() {
    let (engine, log) = engine(CountingModel::new(500));
    let prompts: Vec<_> = (0..8).map(|i| prompt(100, &[i, i + 1, i + 2])).collect();
    let options = CallOptions::default();
    let all = join_all(prompts.iter().map(|p| engine.write(p.clone(), writing(4), 0, &options)));
    for (prompt, written) in prompts.iter().zip(block_on(all)) {
        assert_eq!(written.unwrap().tokens, expected(prompt, 4));
    }
    let stats = engine.stats();
    assert_eq!(stats.computed_tokens, 103 + 7 * 3 + 8 * 3);
    assert_eq!((stats.prompt_tokens, stats.cached_tokens), (8 * 103, 7 * 100));
    assert_eq!(log.lock().unwrap().forks, 7);
    // All eight write in the same steps.
    assert!(stats.steps <= 2 + 5, "{stats:?}");
    // And later, too.
    assert_eq!(write(&engine, &prompts[3], writing(4)).unwrap().cached_tokens, 102);
}

#[test]
fn without_the_cache_all_is_computed() {
    let model = CountingModel::new(500);
    let engine = Engine::start(model, &EngineOptions::default().with_prefix_cache(false)).unwrap();
    for _ in 0..2 {
        assert_eq!(write(&engine, &prompt(50, &[7]), writing(3)).unwrap().cached_tokens, 0);
    }
    assert_eq!(engine.stats().kept_tokens, 0);
}

#[test]
fn a_long_prompt_goes_in_pieces_and_others_write_meanwhile() {
    let mut model = CountingModel::new(2000);
    model.spec.max_step_tokens = 64;
    let (engine, log) = engine(model);
    let options = CallOptions::default();
    let asked = [(vec![9, 9], 30), (prompt(600, &[]), 2)].map(|(p, n)| engine.write(p, writing(n), 0, &options));
    let mut texts = block_on(join_all(asked)).into_iter().map(Result::unwrap);
    assert_eq!(texts.next().unwrap().tokens, expected(&[9, 9], 30));
    assert_eq!(texts.next().unwrap().tokens, expected(&prompt(600, &[]), 2));
    let steps = log.lock().unwrap().steps.clone();
    assert!(steps.iter().all(|s| s.iter().sum::<usize>() <= 64), "{steps:?}");
    assert!(steps.iter().any(|s| s[..] == [1, 63]), "{steps:?}");
}

#[test]
fn it_ends_at_the_end_token_at_a_stop_text_and_at_the_end_of_the_context() {
    let script = |text: &'static str| {
        move |tokens: &[Token]| text.as_bytes().get(tokens.len() - 1).map_or(END, |b| Token::from(*b))
    };
    let mut model = CountingModel::new(12);
    model.script = Some(Box::new(script("ab stop cd")));
    let (engine, _) = engine(model);
    let written = write(&engine, &[1], writing(50)).unwrap();
    assert_eq!((written.text.as_str(), written.finish), ("ab stop cd", Finish::Stop));
    assert_eq!(written.tokens.last(), Some(&END));
    let stop = Writing { stop: vec!["stop".into()], ..writing(50) };
    let written = write(&engine, &[1], stop).unwrap();
    assert_eq!((written.text.as_str(), written.finish), ("ab ", Finish::Stop));
    let mut model = CountingModel::new(6);
    model.script = Some(Box::new(script("ab stop cd")));
    let written = write(&self::engine(model).0, &[1], writing(50)).unwrap();
    assert_eq!((written.text.as_str(), written.finish), ("ab st", Finish::Length));
}

#[test]
fn labels_get_their_probabilities_where_the_verdict_stands() {
    let text = b"1 or 2? 2!";
    let mut model = CountingModel::new(50);
    model.script = Some(Box::new(move |t| text.get(t.len() - 1).map_or(END, |b| Token::from(*b))));
    let (engine, _) = engine(model);
    let labels = vec![vec![Token::from(b'1')], vec![Token::from(b'2'), Token::from(b'!')]];
    let written = write(&engine, &[0], Writing { labels: labels.clone(), ..writing(50) }).unwrap();
    // The last token that is a label's is the exclamation mark.
    let (likely, rest) = ((5_f32.exp() / (5_f32.exp() + 256.0)).ln(), (1.0 / (5_f32.exp() + 256.0)).ln());
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(
        close(&written.label_logprobs[0], &[rest]) && close(&written.label_logprobs[1], &[rest, likely]),
        "{written:?}"
    );
    let first = Writing { labels, label_first: true, ..writing(1) };
    let written = write(&engine, &[5], first).unwrap();
    assert_eq!(written.tokens.len(), 1);
    assert!(close(&written.label_logprobs[0], &[likely]), "{written:?}");
}

#[test]
fn reasoning_ends_when_its_budget_is_spent() {
    let (open, close) = (vec![Token::from(b'<')], vec![Token::from(b'/'), Token::from(b'>')]);
    let mut model = CountingModel::new(100);
    let after = close.clone();
    model.script = Some(Box::new(move |t| {
        let closed = t.windows(2).position(|w| w == after);
        closed.map_or(Token::from(b'x'), |at| b"ok".get(t.len() - at - 2).map_or(END, |b| Token::from(*b)))
    }));
    let (engine, _) = engine(model);
    let limited = |budget| Writing {
        thinking: Some(Thinking { open: open.clone(), close: close.clone(), budget }),
        ..writing(40)
    };
    let written = write(&engine, &[7, Token::from(b'<')], limited(5)).unwrap();
    assert_eq!((written.text.as_str(), written.finish), ("xxxxx/>ok", Finish::Stop));
    let written = write(&engine, &[7], limited(5)).unwrap();
    assert_eq!(written.text, "x".repeat(40), "it never began to reason");
}

#[derive(Default)]
struct Deltas(Mutex<Vec<String>>);

impl Observer for Deltas {
    fn on_delta(&self, item: usize, text: &str) {
        assert_eq!(item, 3);
        self.0.lock().unwrap().push(text.to_owned());
    }
}

#[test]
fn an_observer_hears_the_text_and_nothing_else() {
    let text = "né 1".as_bytes();
    let mut model = CountingModel::new(50);
    model.script = Some(Box::new(move |t| text.get(t.len() - 1).map_or(END, |b| Token::from(*b))));
    let (engine, _) = engine(model);
    let deltas = Arc::new(Deltas::default());
    let options = CallOptions::default().with_observer(deltas.clone());
    let written = block_on(engine.write(vec![1], writing(20), 3, &options)).unwrap();
    assert_eq!(written.text, "né 1");
    assert_eq!(*deltas.0.lock().unwrap(), ["n", "é", " ", "1"]);
}

fn slow(delay: Duration) -> CountingModel {
    let mut model = CountingModel::new(5000);
    model.trouble = Some(Box::new(move |_| {
        std::thread::sleep(delay);
        None
    }));
    model
}

#[test]
fn what_is_cancelled_costs_nothing_more() {
    let (engine, log) = engine(slow(Duration::from_millis(5)));
    let cancel = Cancel::default();
    let options = CallOptions::default().with_cancel(cancel.clone());
    let stop = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(60));
        cancel.cancel();
    });
    let error = block_on(engine.write(vec![1], writing(4000), 0, &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    stop.join().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let steps = log.lock().unwrap().steps.len();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(log.lock().unwrap().steps.len(), steps, "it went on after the cancellation");
    assert_eq!(engine.stats().cancelled, 1);
    assert_eq!(write(&engine, &[1, 2], writing(2)).unwrap().tokens, expected(&[1, 2], 2));
}

#[test]
fn a_caller_that_is_gone_is_not_worked_for() {
    let (engine, log) = engine(slow(Duration::from_millis(5)));
    let options = CallOptions::default();
    block_on(async {
        let work = Box::pin(engine.write(vec![1], writing(4000), 0, &options));
        match select(work, Delay::new(Duration::from_millis(40))).await {
            Either::Left(_) => panic!("it cannot be done yet"),
            Either::Right(((), work)) => drop(work),
        }
    });
    std::thread::sleep(Duration::from_millis(50));
    let steps = log.lock().unwrap().steps.len();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(log.lock().unwrap().steps.len(), steps);
}

#[test]
fn a_deadline_holds_even_inside_a_long_step() {
    let (engine, _) = engine(slow(Duration::from_millis(400)));
    let started = Instant::now();
    let options = CallOptions::default().with_timeout(Duration::from_millis(50));
    let error = block_on(engine.write(vec![1], writing(10), 0, &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_millis(350), "{:?}", started.elapsed());
}

#[test]
fn callers_wait_for_a_place_in_the_queue() {
    let model = slow(Duration::from_millis(2));
    let options = EngineOptions::default().with_queue(1).with_max_active(1);
    let engine = Engine::start(model, &options).unwrap();
    let call = CallOptions::default();
    let all = block_on(join_all((0..12).map(|i| engine.write(vec![i, i], writing(2), 0, &call))));
    for (i, written) in (0..12).zip(all) {
        assert_eq!(written.unwrap().tokens, expected(&[i, i], 2));
    }
}

#[test]
fn one_bad_request_fails_alone() {
    for panics in [false, true] {
        let mut model = CountingModel::new(100);
        model.trouble = Some(Box::new(move |rows| {
            let bad = rows.iter().any(|r| r.tokens.contains(&66));
            assert!(!(bad && panics), "poison");
            bad.then(|| ModelError::failed("poison"))
        }));
        let (engine, _) = engine(model);
        let options = CallOptions::default();
        let all = block_on(join_all((60..70).map(|i| engine.write(prompt(20, &[i, i]), writing(3), 0, &options))));
        for (i, written) in (60..70).zip(all) {
            if i == 66 {
                let error = written.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Backend);
                assert!(error.message().contains("poison"), "{error}");
            } else {
                assert_eq!(written.unwrap().tokens, expected(&prompt(20, &[i, i]), 3), "{i}, panics: {panics}");
            }
        }
        assert_eq!(write(&engine, &[1, 2], writing(2)).unwrap().tokens, expected(&[1, 2], 2));
    }
}

#[test]
fn room_is_made_when_the_model_says_there_is_none() {
    let mut model = CountingModel::new(100);
    let mut left = 2;
    model.trouble = Some(Box::new(move |rows| {
        (rows.len() > 1 && left > 0).then(|| {
            left -= 1;
            ModelError::NoRoom
        })
    }));
    let (engine, _) = engine(model);
    let options = CallOptions::default();
    let all = block_on(join_all((0..4).map(|i| engine.write(vec![i, i, i], writing(3), 0, &options))));
    for (i, written) in (0..4).zip(all) {
        assert_eq!(written.unwrap().tokens, expected(&[i, i, i], 3));
    }
}

#[test]
fn what_cannot_be_done_is_said_at_once() {
    let (engine, log) = engine(CountingModel::new(10));
    let kind = |prompt: &[Token], w: Writing| write(&engine, prompt, w).unwrap_err();
    assert_eq!(kind(&[], writing(1)).kind(), ErrorKind::InvalidInput);
    assert_eq!(kind(&[1], writing(0)).kind(), ErrorKind::InvalidInput);
    let mut wrong = writing(1);
    wrong.sampling.top_p = 2.0;
    assert_eq!(kind(&[1], wrong).kind(), ErrorKind::InvalidInput);
    let error = kind(&[1; 10], writing(1));
    assert_eq!(error.kind(), ErrorKind::PromptTooLong);
    assert!(error.message().contains("10 tokens") && error.message().contains("takes 9"), "{error}");
    let error = block_on(engine.score(vec![1], 0, &CallOptions::default())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(log.lock().unwrap().steps.is_empty());
}

#[test]
fn scores_of_models_that_read_at_once() {
    let mut model = CountingModel::new(100);
    model.spec = model.spec.with_output(Output::Score { scale: ScoreScale::Logit });
    model.spec.incremental = false;
    model.spec.max_step_tokens = 20;
    let (engine, log) = engine(model);
    let prompts: Vec<_> = (0..6).map(|i| prompt(8, &[i])).chain([prompt(40, &[])]).collect();
    let options = CallOptions::default();
    let scores = block_on(join_all(prompts.iter().map(|p| engine.score(p.clone(), 0, &options))));
    for (prompt, score) in prompts.iter().zip(scores) {
        assert!((score.unwrap() - f64::from(CountingModel::hash(prompt, 0))).abs() < 1e-9);
    }
    let log = log.lock().unwrap();
    assert!(log.steps.iter().all(|s| s.iter().sum::<usize>() <= 20 || s.len() == 1), "{:?}", log.steps);
    assert_eq!((log.forks, log.steps.iter().flatten().sum::<usize>()), (0, 6 * 9 + 40));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_comes_together_and_however_little_fits_all_get_what_they_would_get_alone(
        prompts in prop::collection::vec(prop::collection::vec(0_u32..3, 1..30), 1..12),
        max_sequences in 1_usize..6, kv_tokens in 45_usize..120, step in 1_usize..40,
    ) {
        let mut model = CountingModel::new(44);
        (model.spec.max_sequences, model.spec.kv_tokens, model.spec.max_step_tokens) = (max_sequences, kv_tokens, step);
        let engine = Engine::start(model, &EngineOptions::default().with_min_shared(2)).unwrap();
        let options = CallOptions::default();
        let all = block_on(join_all(prompts.iter().map(|p| engine.write(p.clone(), writing(6), 0, &options))));
        for (prompt, written) in prompts.iter().zip(all) {
            prop_assert_eq!(written.unwrap().tokens, expected(prompt, 6));
        }
        prop_assert!(engine.stats().kept_tokens <= kv_tokens);
    }
}
