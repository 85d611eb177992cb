//! What is counted as what.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use toolrm_core::{
    call::{Candidate, Message},
    canonical::canonical_action,
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, FromScorer, JudgeCard, PairItem, ToolCallJudge},
    measure::Interval,
    observe::CallOptions,
    rules::RuleScorer,
    score::{Finding, Outcome, Score, scorer_fn},
    task::Task,
    testkit::{BiasedJudge, MockJudge, block_on},
};

use super::{judged, plans, plans_of};
use crate::mutate::{CorruptionRow, Effect, Example, MutationReport, Plan, Progress, Settings, Verdict};

fn rules() -> impl ToolCallJudge {
    FromScorer::new(RuleScorer::default())
}

/// Compares by what a candidate is worth.
fn comparing(worth: impl Fn(&Task, &Candidate) -> bool + Send + Sync + 'static) -> MockJudge {
    MockJudge::new("mock").comparing(move |task, a, b| {
        Outcome::Judged(Comparison::from_choice(match (worth(task, a), worth(task, b)) {
            (true, false) => Choice::First,
            (false, true) => Choice::Second,
            _ => Choice::Tie,
        }))
    })
}

/// The good answers of a plan, with their conversation: an answer may be right to one request and wrong to another.
fn originals(plan: &Plan) -> Vec<(Vec<Message>, Candidate)> {
    plan.examples().map(|e| (e.messages.clone(), Candidate::calls(e.calls.clone()))).collect()
}

fn sum(report: &MutationReport, of: impl Fn(&CorruptionRow) -> u64) -> u64 {
    report.corruptions.iter().map(of).sum()
}

fn all_that_breaks_a_schema_is_detected(report: &MutationReport) {
    for row in report.corruptions.iter().filter(|r| r.operator.effect == Effect::BreaksSchema) {
        assert_eq!(row.detected, row.n, "{}: {:#?}", row.operator.id, row.undetected);
    }
    assert_eq!(report.detection_schema.value, Some(1.0));
}

#[test]
fn rules_detect_all_that_breaks_a_schema() {
    for plan in plans_of(&Settings::default().with_per_example(100), Example::has_request) {
        let report = judged(&plan, &rules());
        all_that_breaks_a_schema_is_detected(&report);
        assert_eq!(report.detection_schema.interval, Some(Interval { low: 1.0, high: 1.0 }));
        let [meaning, all] = [report.detection_meaning, report.detection].map(|rate| rate.value.unwrap());
        assert!(0.4 < meaning && meaning < all && all < 1.0, "{meaning} {all}");
    }
}

#[test]
fn where_nobody_asks_schema_rules_detect_the_same_and_nothing_else_is_tried() {
    let ids: Vec<String> = RuleScorer::default().rules().map(|r| r.id.to_owned()).collect();
    let others = ids.iter().filter(|id| !id.starts_with("schema."));
    let schema_only = others.fold(RuleScorer::default(), |rules, id| rules.without(id).unwrap());
    for plan in plans_of(&Settings::default().with_per_example(100), |e| !e.has_request()) {
        let report = judged(&plan, &FromScorer::new(schema_only.clone()));
        all_that_breaks_a_schema_is_detected(&report);
        assert_eq!((report.examples, report.without_request), (1, 1));
        let meaning = report.corruptions.iter().filter(|r| r.operator.effect == Effect::ChangesMeaning);
        assert!(meaning.clone().all(|r| r.n == 0 && r.detection.value.is_none()) && meaning.count() == 14);
        assert_eq!(report.false_alarms.value, Some(0.0));
    }
}

#[test]
fn a_null_judge_detects_nothing_and_raises_no_alarm() {
    let null = FromScorer::new(scorer_fn("null", |_, _| Outcome::Judged(Score::new(0.5))));
    for plan in plans(&Settings::default()) {
        let report = judged(&plan, &null);
        assert_eq!((report.detection.value, report.false_alarms.value), (Some(0.0), Some(0.0)));
        assert_eq!(sum(&report, |r| r.tied), sum(&report, |r| r.n));
        assert!(report.equivalents.iter().all(|r| r.tied == r.n && r.alarms.is_empty()));
        let originals = report.originals.unwrap();
        assert_eq!((originals.n, originals.flagged), (plan.examples().len() as u64, 0));
    }
}

#[test]
fn an_oracle_detects_everything() {
    for plan in plans(&Settings::default()) {
        let good = originals(&plan);
        let oracle = comparing(move |task, c| {
            good.iter().any(|(m, o)| m == task.messages() && canonical_action(&o.action) == canonical_action(&c.action))
        });
        let report = judged(&plan, &oracle);
        assert_eq!(report.detection.value, Some(1.0));
        assert!(report.corruptions.iter().all(|r| r.detected == r.n && r.undetected.is_empty()));
        assert_eq!(report.originals, None);
        // It knows canonical forms and no defaults.
        for row in &report.equivalents {
            let by_default = ["spelled-default", "dropped-default"].contains(&row.operator.id.as_str());
            assert_eq!((row.punished, row.favoured), (if by_default { row.n } else { 0 }, 0), "{}", row.operator.id);
            assert_eq!(row.alarms.len(), row.punished.min(5) as usize);
        }
    }
}

#[test]
fn a_judge_that_prefers_mutants_misses_them_and_favours_equivalents() {
    let plan = &plans(&Settings::default())[0];
    let good = originals(plan);
    // As written: key order is no difference to `==`.
    let same = |a: &Candidate, b: &Candidate| format!("{a:?}") == format!("{b:?}");
    let backwards = comparing(move |task, c| !good.iter().any(|(m, o)| m == task.messages() && same(o, c)));
    let report = judged(plan, &backwards);
    assert_eq!(sum(&report, |r| r.missed), sum(&report, |r| r.n));
    assert!(report.equivalents.iter().all(|r| r.favoured == r.n));
    assert_eq!((report.detection.value, report.false_alarms.value), (Some(0.0), Some(1.0)));
    let case = &report.corruptions[0].undetected[0];
    assert_eq!((case.verdict, case.p_original), (Verdict::Mutant, 0.0));
}

#[test]
fn a_verdict_that_changes_with_the_order_is_neither() {
    let plan = &plans(&Settings::default())[0];
    for biased in [BiasedJudge::first(), BiasedJudge::second()] {
        let report = judged(plan, &biased);
        assert_eq!(sum(&report, |r| r.inconsistent), sum(&report, |r| r.n));
        assert!(report.equivalents.iter().all(|r| r.inconsistent == r.n));
        assert_eq!((report.detection.value, report.false_alarms.value), (Some(0.0), Some(0.0)));
    }
}

#[test]
fn failures_and_abstentions_are_counted_as_such_and_no_part_of_the_rate() {
    let plan = &plans(&Settings::default())[1];
    let picky = MockJudge::new("picky").comparing(|_, a, b| {
        match (a.action.text().or(b.action.text()), a.action.is_malformed() || b.action.is_malformed()) {
            (Some(_), _) => Outcome::Failed(JudgeError::new(ErrorKind::Unparseable, "no verdict in the output")),
            (_, true) => Outcome::abstained("not a call"),
            _ => Outcome::Judged(Comparison::from_choice(Choice::Tie)),
        }
    });
    let report = judged(plan, &picky);
    let row = |id: &str| report.corruptions.iter().find(|r| r.operator.id == id).unwrap();
    let (words, malformed) = (row("words-instead"), row("malformed"));
    assert_eq!((words.failed, words.missed, words.detection.value), (words.n, 0, None));
    assert_eq!((malformed.abstained, malformed.tied, malformed.detection.value), (malformed.n, 0, None));
    assert!(words.n > 0 && malformed.n > 0 && words.undetected.is_empty());
    let failure = &report.failures["unparseable"];
    assert_eq!((failure.n, failure.message.as_str()), (words.n, "no verdict in the output"));
    assert_eq!(report.detection.value, Some(0.0));
}

#[test]
fn findings_against_good_originals_count_from_a_weight_on() {
    let nagging = FromScorer::new(scorer_fn("nagging", |_, c| {
        let findings =
            c.action.calls().iter().map(|call| Finding::new("style.name", "", call.name.clone(), 0.8)).collect();
        Outcome::Judged(Score::new(0.5).with_findings(findings))
    }));
    for (weight, flagged) in [(0.5, 5), (0.8, 5), (0.9, 0)] {
        let plan = &plans(&Settings::default().with_finding_weight(weight))[0];
        let originals = judged(plan, &nagging).originals.unwrap();
        assert_eq!((originals.n, originals.flagged), (5, flagged));
        assert_eq!(originals.by_rule.get("style.name").copied().unwrap_or(0), flagged);
        assert_eq!(originals.rate.value, Some(flagged as f64 / 5.0));
    }
    let plan = &plans(&Settings::default())[0];
    let report = judged(plan, &nagging);
    let case = &report.corruptions[0].undetected[0];
    let findings = case.findings.as_ref().unwrap();
    let calls = case.original.action.calls().len();
    assert_eq!((findings.original.len(), findings.mutant.len()), (calls, calls));
}

/// Ties everything, in batches of at most so many; what it does with its second batch is up to the test.
struct Limited<F> {
    card: JudgeCard,
    batches: AtomicUsize,
    second: F,
}

impl<F> Limited<F> {
    fn new(max_batch: usize, second: F) -> Self {
        let card = JudgeCard::pairwise("limited", "limited").with_symmetric(true).with_max_batch(max_batch);
        Self { card, batches: AtomicUsize::new(0), second }
    }
}

#[async_trait]
impl<F: Fn(usize) -> Result<usize, JudgeError> + Send + Sync> ToolCallJudge for Limited<F> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn compare(&self, pairs: &[PairItem<'_>], _: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        assert!(!pairs.is_empty() && pairs.len() <= self.card.max_batch);
        let second = self.batches.fetch_add(1, Ordering::Relaxed) == 1;
        let answers = if second { (self.second)(pairs.len())? } else { pairs.len() };
        Ok((0..answers).map(|_| Outcome::Judged(Comparison::from_choice(Choice::Tie))).collect())
    }
}

#[test]
fn batches_fit_the_judge_and_progress_ends_at_the_end() {
    let plan = &plans(&Settings::default())[0];
    for most in [1, 7, 1000] {
        let told = Mutex::new(Vec::new());
        let tell = |p: Progress| told.lock().unwrap().push((p.done, p.total));
        block_on(plan.judge(&Limited::new(most, Ok), &CallOptions::default(), &tell)).unwrap();
        let told = told.into_inner().unwrap();
        assert!(told.windows(2).all(|w| w[0].0 <= w[1].0));
        let n = plan.mutants().len();
        assert_eq!((told[0], *told.last().unwrap()), ((0, n), (n, n)));
    }
}

#[test]
fn a_batch_that_fails_fails_its_items_and_the_first_one_everything() {
    let plan = &plans(&Settings::default())[0];
    let broken = || JudgeError::new(ErrorKind::Backend, "the engine is gone");
    let report = judged(plan, &Limited::new(10, |_| Err(broken())));
    assert_eq!((sum(&report, |r| r.failed), report.failures["backend"].n), (10, 10));
    let report = judged(plan, &Limited::new(10, |n| Ok(n - 1)));
    assert_eq!(report.failures["backend"].message, "the judge gave 9 answers to 10 items");

    let dead = MockJudge::new("dead");
    let error = block_on(plan.judge(&dead, &CallOptions::default(), &|_| {})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

fn is_send(_: &impl Send) {}

#[test]
fn nothing_is_asked_after_a_cancellation() {
    let plan = &plans(&Settings::default())[0];
    let options = CallOptions::default();
    let judge = Limited::new(10, |n| {
        options.cancel.cancel();
        Ok(n)
    });
    let error = block_on(plan.judge(&judge, &options, &|_| {})).unwrap_err();
    // A run may move to another thread.
    is_send(&plan.judge(&judge, &options, &|_| {}));
    assert_eq!((error.kind(), judge.batches.load(Ordering::Relaxed)), (ErrorKind::Cancelled, 2));
}

#[test]
fn a_report_is_written_and_read_back() {
    let plan = &plans(&Settings::default())[1];
    let report = judged(plan, &rules());
    let written = serde_json::to_string(&report).unwrap();
    let read: MutationReport = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
    assert_eq!(written, serde_json::to_string(&judged(plan, &rules())).unwrap());
    assert_eq!(report.without_request, 1);
    assert!(report.notes[0].starts_with("1 of 12 examples have no request"), "{:?}", report.notes);
}

#[test]
fn markdown_tells_the_rates_and_the_cases() {
    let report = judged(&plans(&Settings::default())[0], &rules());
    let text = report.to_markdown();
    assert!(
        text.starts_with(
            "# Mutation test of `rules`\n\n5 good examples, up to 3 mutants of each by operator, seed 0.\n"
        )
    );
    assert!(text.contains("  - of what breaks a schema: 100.0 % (100.0 to 100.0)\n"), "{text}");
    assert!(text.contains(
        "| swapped-arguments | value_error:others | 2 | 2 | 1 | 1 | 0 | 0 | 0 | 0 | 50.0 % (0.0 to 100.0) |\n"
    ));
    assert!(text.contains(
        "  - move at `/0/arguments/from_shelf`: \"from_shelf\" and \"to_shelf\" were exchanged; the judge sees no difference\n"
    ));
    assert!(text.contains("| key-order | - | 3 | 3 | 3 | 0 | 0 | 0 | 0 | 0 | 0.0 % (0.0 to 0.0) |\n"));
    let cells = |line: &str| line.matches('|').count();
    assert!(text.lines().filter(|l| l.starts_with('|')).all(|l| cells(l) == 12), "{text}");
}
