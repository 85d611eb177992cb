use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;

use super::*;
use crate::{
    call::ToolCall,
    error::ErrorKind,
    layer::mock::*,
    score::{Outcome, Score},
};

/// Gives these candidates one after the other and keeps what it was shown.
#[derive(Default)]
struct Script {
    rewrites: Vec<Candidate>,
    asked: AtomicUsize,
    shown: Mutex<Vec<String>>,
    seeds: Mutex<Vec<u64>>,
}

impl Script {
    fn new(rewrites: Vec<Candidate>) -> Self {
        Self { rewrites, ..Self::default() }
    }
}

#[async_trait]
impl Sampler for Script {
    async fn sample(
        &self,
        task: &Task,
        _: usize,
        _: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError> {
        self.shown.lock().unwrap().push(task.last_user_text().unwrap().into_owned());
        self.seeds.lock().unwrap().push(options.seed);
        let next = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.rewrites.get(next).cloned().into_iter().collect())
    }
}

/// Scores numbers and finds fault with everything under 0.9.
fn strict() -> Mock {
    Mock::scoring(|c, _| {
        let value: f64 = match &c.action {
            Action::Text(text) if text == "?" => return Outcome::abstained("a question"),
            Action::Text(text) => text.parse().unwrap(),
            _ => 0.0,
        };
        let findings = if value < 0.9 { vec![Finding::new("test.low", "", "too low", 1.0)] } else { vec![] };
        Outcome::Judged(Score::new(value).with_findings(findings))
    })
}

async fn run(judge: &Mock, original: &str, rewrites: &[&str]) -> (Correction, usize) {
    let script = Script::new(numbers(rewrites));
    let corrector = Corrector::new(judge, &script).with_max_rounds(3);
    let done = corrector.run(&task(), Candidate::text(original), &CallOptions::default()).await.unwrap();
    (done, script.asked.load(Ordering::SeqCst))
}

#[tokio::test]
async fn rewrites_are_kept_while_they_are_better() {
    let (done, asked) = run(&strict(), "0.1", &["0.2", "0.95"]).await;
    assert_eq!((done.kept.action.text(), done.changed, asked), (Some("0.95"), true, 2));
    assert!(matches!(done.stop, Stop::NothingFound), "{:?}", done.stop);
    assert_eq!(done.rounds.iter().map(|r| (r.findings.len(), r.replaced)).collect::<Vec<_>>(), [(1, true); 2]);
}

#[tokio::test]
async fn every_reason_to_stop() {
    let stops = |original: &'static str, rewrites: &'static [&'static str]| async move {
        let (done, _) = run(&strict(), original, rewrites).await;
        (format!("{:?}", done.stop), done.kept.action.text().unwrap().to_owned(), done.rounds.len())
    };
    assert_eq!(stops("0.95", &["1"]).await, ("NothingFound".into(), "0.95".into(), 0));
    assert_eq!(stops("0.5", &[]).await, ("NoRewrite".into(), "0.5".into(), 0));
    assert_eq!(stops("0.5", &[" 0.5 "]).await, ("Repeated".into(), "0.5".into(), 0));
    assert_eq!(stops("0.5", &["0.4", "1"]).await, ("NotBetter".into(), "0.5".into(), 1));
    assert_eq!(stops("0.1", &["0.2", "0.3", "0.4", "1"]).await, ("MaxRounds".into(), "0.4".into(), 3));
    let (stop, kept, rounds) = stops("0.5", &["?"]).await;
    assert!(stop.contains("Unjudged(Abstained(\"a question\"))"), "{stop}");
    assert_eq!((kept.as_str(), rounds), ("0.5", 1));
    let (stop, _, rounds) = stops("?", &["1"]).await;
    assert!(stop.starts_with("Unjudged"), "{stop}");
    assert_eq!(rounds, 0);
}

#[tokio::test]
async fn a_biased_judge_cannot_force_a_correction() {
    for p in [0.9, 0.1] {
        let (done, asked) = run(&Mock::biased(p), "0.1", &["0.9", "1"]).await;
        assert_eq!((done.changed, asked, done.rounds.len()), (false, 1, 1));
        assert!(matches!(done.stop, Stop::NotBetter));
        assert_eq!(done.rounds[0].comparison.as_ref().unwrap().consistent, Some(false));
    }
}

#[tokio::test]
async fn a_malformed_rewrite_is_judged_and_a_malformed_original_mended() {
    let broken = Candidate::new(Action::malformed("{\"name\":", "cut off"));
    let judge = strict();
    let script = Script::new(vec![broken.clone()]);
    let done =
        Corrector::new(&judge, &script).run(&task(), Candidate::text("0.5"), &CallOptions::default()).await.unwrap();
    assert!(matches!(done.stop, Stop::NotBetter) && done.rounds[0].rewrite.action.is_malformed());
    let script = Script::new(numbers(&["0.95"]));
    let done = Corrector::new(&judge, &script).run(&task(), broken, &CallOptions::default()).await.unwrap();
    assert_eq!(done.kept.action.text(), Some("0.95"));
    assert!(script.shown.lock().unwrap()[0].contains("cannot be read as a call: cut off"));
}

#[tokio::test]
async fn a_judge_that_only_compares_gives_its_critique_in_the_next_round() {
    let judge = Mock::comparing(|a, b, _| {
        let [a, b] = [a, b].map(|c| c.action.text().unwrap().parse::<f64>().unwrap());
        Outcome::Judged(Comparison::from_probability(if a > b { 0.8 } else { 0.2 }).with_critique("say more"))
    });
    let script = Script::new(numbers(&["0.2", "0.3"]));
    let done = Corrector::new(&judge, &script)
        .run(&task(), Candidate::text("0.1"), &CallOptions::default().with_seed(7))
        .await
        .unwrap();
    assert_eq!(done.kept.action.text(), Some("0.3"));
    let shown = script.shown.lock().unwrap();
    assert!(!shown[0].contains("say more") && shown[1].contains("Review:\nsay more"));
    let seeds = script.seeds.lock().unwrap();
    assert_ne!(seeds[0], seeds[1]);
}

#[tokio::test]
async fn a_broken_judge_is_an_error_at_first_and_keeps_the_gain_later() {
    let gone = || JudgeError::new(ErrorKind::Transport, "gone");
    let judge = strict().failing_first([gone()]);
    let script = Script::new(numbers(&["0.2"]));
    let corrector = Corrector::new(&judge, &script);
    let error = corrector.run(&task(), Candidate::text("0.1"), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);

    let options = CallOptions::default();
    let cancel = options.cancel.clone();
    let judge = Mock::comparing(move |_, _, _| {
        cancel.cancel();
        Outcome::Judged(Comparison::from_choice(Choice::Second))
    })
    .with_card(|c| c.with_symmetric(true));
    let script = Script::new(numbers(&["0.2", "0.3"]));
    let done = Corrector::new(&judge, &script).run(&task(), Candidate::text("0.1"), &options).await.unwrap();
    assert_eq!((done.kept.action.text(), judge.calls()), (Some("0.2"), 1));
    assert!(matches!(&done.stop, Stop::Interrupted(e) if e.kind() == ErrorKind::Cancelled));
    assert_eq!(script.asked.load(Ordering::SeqCst), 1, "nothing is sampled after cancellation");
}

#[test]
fn plain_feedback_shows_draft_findings_suggestions_and_critique() {
    let finding = Finding::new("schema.type", "/0/arguments/days", "must be an integer", 1.0).with_suggestion(json!(5));
    let candidate = Candidate::calls(vec![ToolCall::new("forecast", json!({"days": "5"}))]);
    let task = task();
    let draft = Draft { task: &task, candidate: &candidate, findings: &[finding], critique: Some("Look again.") };
    insta::assert_snapshot!(PlainFeedback.messages(&draft)[0].text(), @r#"
    This draft of your next turn was reviewed before anything was executed.

    Draft:
    [{"name":"forecast","arguments":{"days":"5"}}]

    Problems:
    - schema.type at /0/arguments/days: must be an integer (a value that would do: 5)

    Review:
    Look again.

    Write your whole turn again, better where it has to be. If it is right as it is, repeat it. Do not mention the draft or this review.
    "#);
}
