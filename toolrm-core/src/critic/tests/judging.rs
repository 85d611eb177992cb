use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use super::*;
use crate::{
    judge::Choice,
    judge_conformance,
    observe::Observer,
    testkit::{Fault, FlakyGenerator, block_on},
};

judge_conformance!(critic_in_one_batch, greedy(model()));
judge_conformance!(critic_in_small_batches, greedy(model().with_max_batch(4)));
judge_conformance!(sampling_critic, GenerativeCritic::new(model()));
judge_conformance!(
    critic_with_one_kind_of_prompt,
    greedy(model()).with_prompts(
        PromptSet::empty().with_template(PromptKind::Pairwise, include_str!("../prompts/pairwise.jinja")).unwrap()
    )
);

judge_conformance!(
    critic_that_reads_a_label,
    greedy(opened(|_| Vec::new())).with_prompts(PromptSet::direct()).with_soft_verdicts(false)
);
judge_conformance!(
    critic_that_reads_probabilities,
    greedy(opened(|label| {
        ["1", "2", "3", "4", "5"].map(|l| (l.to_owned(), if l == label { -0.1 } else { -3.0 })).to_vec()
    }))
    .with_prompts(PromptSet::direct())
);

/// The opinionated model, asked for the verdict alone: it goes on behind the opening.
fn opened(logprobs: fn(&str) -> Vec<(String, f32)>) -> ScriptedGenerator {
    ScriptedGenerator::answering(move |prompt, params| {
        let opening = prompt.last().unwrap().text();
        let answer = opinionated(prompt).text;
        let rest = answer.split_once(&*opening).unwrap().1;
        let label = rest.get(..1).unwrap();
        let generation = Generation::new(if params.max_tokens == 1 { "?" } else { rest });
        Ok(generation.with_label_logprobs(logprobs(label)))
    })
}

#[test]
fn the_verdict_alone_is_one_token_and_a_label_that_has_to_be_read_gets_room() {
    let scripted = ScriptedGenerator::answering(|_, params| {
        let generation = Generation::new("x").with_finish(Finish::Length);
        Ok(if params.max_tokens == 1 {
            generation.with_label_logprobs(logprobs(&[0.2, 0.6]))
        } else {
            Generation::new("2</choice>")
        })
    });
    let critic = GenerativeCritic::new(scripted.clone()).with_prompts(PromptSet::direct());
    let outcomes = compare(&critic, &CallOptions::default(), 1).unwrap();
    let comparison = outcomes[0].as_judged().unwrap();
    assert_eq!((comparison.choice, scripted.last_params().unwrap().max_tokens), (Choice::Second, 1));
    assert!((comparison.p_first - 0.25).abs() < 1e-6);
    assert_eq!(scripted.prompts()[0].last().unwrap().text(), "<choice>");
    let hard = critic.clone().with_soft_verdicts(false);
    assert_eq!(compare(&hard, &CallOptions::default(), 1).unwrap()[0].as_judged().unwrap().choice, Choice::Second);
    // Without probabilities one token tells too little: it is asked for again, with room.
    let silent = GenerativeCritic::new(ScriptedGenerator::always("x")).with_prompts(PromptSet::direct());
    assert_eq!(kinds(&compare(&silent, &CallOptions::default(), 1).unwrap()), [Some(ErrorKind::Unparseable)]);
    let refused = Generation::new("").with_finish(Finish::Refusal).with_label_logprobs(logprobs(&[0.5, 0.5]));
    let refusing = ScriptedGenerator::answering(move |_, _| Ok(refused.clone()));
    let critic = GenerativeCritic::new(refusing).with_prompts(PromptSet::direct());
    assert_eq!(kinds(&compare(&critic, &CallOptions::default(), 1).unwrap()), [Some(ErrorKind::Refused)]);
}

fn logprobs(p: &[f32]) -> Vec<(String, f32)> {
    p.iter().enumerate().map(|(i, p)| ((i + 1).to_string(), p.ln())).collect()
}

fn compare<G: TextGenerator>(
    critic: &GenerativeCritic<G>,
    options: &CallOptions,
    n: usize,
) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
    let case = case("weather");
    let pair = PairItem { task: &case.task, first: &case.samples[0].candidate, second: &case.samples[1].candidate };
    block_on(critic.compare(&vec![pair; n], options))
}

fn kinds<T>(outcomes: &[Outcome<T>]) -> Vec<Option<ErrorKind>> {
    outcomes.iter().map(|o| o.as_failed().map(JudgeError::kind)).collect()
}

#[test]
fn a_verdict_brings_its_critique_cost_and_probability() {
    let soft = Generation::new("<evaluation>\nunit\n</evaluation>\n<choice>1</choice>")
        .with_usage(Usage::new(1, 900, 40))
        .with_label_logprobs(logprobs(&[0.6, 0.2]));
    let hard = Generation::new("Choice: 2");
    let critic = GenerativeCritic::new(ScriptedGenerator::generations([Ok(soft), Ok(hard)]));
    let outcomes = compare(&critic, &CallOptions::default(), 2).unwrap();
    let (soft, hard) = (outcomes[0].as_judged().unwrap(), outcomes[1].as_judged().unwrap());
    assert_eq!(
        (soft.choice, soft.critique.as_deref(), soft.usage),
        (Choice::First, Some("unit"), Usage::new(1, 900, 40))
    );
    assert!((soft.p_first - 0.75).abs() < 1e-6);
    assert_eq!((hard.choice, hard.usage.calls), (Choice::Second, 1));
    assert!(hard.p_first.abs() < 1e-12);
}

#[test]
fn where_written_and_probable_verdict_differ_the_probable_one_counts_and_both_are_told() {
    let generation = Generation::new("<choice>1</choice>").with_label_logprobs(logprobs(&[0.3, 0.5]));
    let critic = GenerativeCritic::new(ScriptedGenerator::answering(move |_, _| Ok(generation.clone())));
    let case = case("weather");
    let pair = PairItem { task: &case.task, first: &case.samples[0].candidate, second: &case.samples[1].candidate };
    let verdicts = block_on(critic.compare_in_full(&[pair], &CallOptions::default())).unwrap();
    let verdict = verdicts[0].as_judged().unwrap();
    assert_eq!((verdict.label, verdict.written, verdict.mode), (1, 0, ParseMode::Lenient));
    assert_eq!(compare(&critic, &CallOptions::default(), 1).unwrap()[0].as_judged().unwrap().choice, Choice::Second);
    let hard = critic.with_soft_verdicts(false);
    assert_eq!(compare(&hard, &CallOptions::default(), 1).unwrap()[0].as_judged().unwrap().choice, Choice::First);
}

#[test]
fn nan_logprobs_fall_back_to_the_written_verdict() {
    let inner = ScriptedGenerator::always("<choice>2</choice>");
    let critic = GenerativeCritic::new(FlakyGenerator::new(inner, [Fault::NanLogprobs]));
    let outcomes = compare(&critic, &CallOptions::default(), 1).unwrap();
    let comparison = outcomes[0].as_judged().unwrap();
    assert_eq!((comparison.choice, comparison.p_first), (Choice::Second, 0.0));
}

#[test]
fn ratings_become_scores_between_0_and_1() {
    let rated = |r: &str| Ok(Generation::new(format!("<evaluation>e</evaluation>\n<rating>{r}</rating>")));
    let expected = Generation::new("<rating>4</rating>").with_label_logprobs(logprobs(&[0.0, 0.0, 0.0, 0.5, 0.5]));
    let script = [rated("1"), rated("2"), rated("5"), Ok(expected), rated("9")];
    let critic = GenerativeCritic::new(ScriptedGenerator::generations(script));
    let case = case("weather");
    let item = ScoreItem { task: &case.task, candidate: &case.samples[0].candidate };
    let outcomes = block_on(critic.score(&[item; 5], &CallOptions::default())).unwrap();
    let values: Vec<_> = outcomes.iter().map(|o| o.as_judged().map(|s| s.value)).collect();
    assert_eq!(values[..3], [Some(0.0), Some(0.25), Some(1.0)]);
    assert!((values[3].unwrap() - 0.875).abs() < 1e-6);
    assert_eq!(outcomes[4].as_failed().map(JudgeError::kind), Some(ErrorKind::Unparseable));
    assert_eq!(critic.generator().last_params().unwrap().labels, ["1", "2", "3", "4", "5"]);
}

#[test]
fn choosing_among_n() {
    let case = case("weather");
    let shown: Vec<&Candidate> = case.samples.iter().map(|s| &s.candidate).collect();
    let options = CallOptions::default();
    let critic = GenerativeCritic::new(ScriptedGenerator::replies(["<choice>3</choice>", "<choice>9</choice>"]));
    assert_eq!(block_on(critic.choose(&case.task, &shown, &options)).unwrap().judged().map(|p| p.index), Some(2));
    assert_eq!(critic.generator().last_params().unwrap().labels.len(), 8);
    assert_eq!(responses(&critic.generator().prompts()[0]).len(), 8);
    let failed = block_on(critic.choose(&case.task, &shown, &options)).unwrap();
    assert_eq!(failed.as_failed().map(JudgeError::kind), Some(ErrorKind::Unparseable));
    // One candidate needs no model, none is a mistake of the caller.
    assert_eq!(block_on(critic.choose(&case.task, &shown[..1], &options)).unwrap().judged().map(|p| p.index), Some(0));
    assert_eq!(critic.generator().calls(), 2);
    let error = block_on(critic.choose(&case.task, &[], &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn labels_of_two_characters_are_taken_as_written() {
    let case = case("weather");
    let generation = Generation::new("<choice>12</choice>").with_label_logprobs(vec![("1".into(), -0.01)]);
    let critic = GenerativeCritic::new(ScriptedGenerator::answering(move |_, _| Ok(generation.clone())));
    let shown = vec![&case.samples[0].candidate; 12];
    let chosen = block_on(critic.choose(&case.task, &shown, &CallOptions::default())).unwrap();
    assert_eq!(chosen.judged().map(|p| p.index), Some(11));
    assert!(critic.generator().last_params().unwrap().labels.is_empty());
}

#[test]
fn every_way_a_model_fails_is_the_failure_of_its_item_alone() {
    let inner = ScriptedGenerator::always("<evaluation>fine</evaluation>\n<choice>1</choice>");
    let faults = [
        Fault::None,
        Fault::Error(ErrorKind::PromptTooLong),
        Fault::Truncated,
        Fault::Garbage,
        Fault::Refusal,
        Fault::Error(ErrorKind::RateLimited),
        Fault::None,
    ];
    let critic = GenerativeCritic::new(FlakyGenerator::new(inner, faults));
    let outcomes = compare(&critic, &CallOptions::default(), 7).unwrap();
    let expected = [
        None,
        Some(ErrorKind::PromptTooLong),
        Some(ErrorKind::Truncated),
        Some(ErrorKind::Unparseable),
        Some(ErrorKind::Refused),
        Some(ErrorKind::RateLimited),
        None,
    ];
    assert_eq!(kinds(&outcomes), expected);
    assert_eq!(outcomes[2].as_failed().unwrap().raw_output(), Some("<evaluation>fine</evalua"));
}

#[test]
fn an_outage_at_the_start_is_an_error_and_later_the_failure_of_its_piece() {
    let critic = |faults: Vec<Fault>| {
        let inner = ScriptedGenerator::always("<choice>1</choice>").with_max_batch(2);
        GenerativeCritic::new(FlakyGenerator::new(inner, faults))
    };
    let error = compare(&critic(vec![Fault::Outage(ErrorKind::Transport)]), &CallOptions::default(), 5).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    let later = critic(vec![Fault::None, Fault::None, Fault::Outage(ErrorKind::Transport)]);
    let outcomes = compare(&later, &CallOptions::default(), 5).unwrap();
    let lost = Some(ErrorKind::Transport);
    assert_eq!(kinds(&outcomes), [None, None, lost, lost, None]);
}

#[test]
fn a_backend_that_loses_a_result_is_not_trusted_with_the_order_of_the_others() {
    let inner = ScriptedGenerator::always("<choice>1</choice>").with_max_batch(3);
    let critic = GenerativeCritic::new(FlakyGenerator::new(inner, [Fault::Short]));
    let outcomes = compare(&critic, &CallOptions::default(), 4).unwrap();
    let lost = Some(ErrorKind::Backend);
    assert_eq!(kinds(&outcomes), [lost, lost, lost, None]);
    assert!(outcomes[0].as_failed().unwrap().message().contains("2 results for 3 items"));
}

#[test]
fn a_deadline_ends_the_wait() {
    let inner = ScriptedGenerator::always("<choice>1</choice>");
    let critic = GenerativeCritic::new(FlakyGenerator::new(inner, [Fault::Slow(Duration::from_mins(1))]));
    let options = CallOptions::default().with_timeout(Duration::from_millis(20));
    let started = std::time::Instant::now();
    assert_eq!(compare(&critic, &options, 1).unwrap_err().kind(), ErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(critic.generator().inner().calls(), 0);
}

/// Notes what it is told, and cancels after a number of finished items.
struct Watch {
    deltas: Mutex<Vec<usize>>,
    items: Mutex<Vec<usize>>,
    cancel_after: usize,
    cancel: crate::cancel::Cancel,
}

fn watched(cancel_after: usize) -> (Arc<Watch>, CallOptions) {
    let options = CallOptions::default();
    let watch =
        Watch { deltas: Mutex::default(), items: Mutex::default(), cancel_after, cancel: options.cancel.clone() };
    let watch = Arc::new(watch);
    (watch.clone(), options.with_observer(watch))
}

impl Observer for Watch {
    fn on_delta(&self, item: usize, _: &str) {
        self.deltas.lock().unwrap().push(item);
    }
    fn on_item(&self, item: usize) {
        let mut items = self.items.lock().unwrap();
        items.push(item);
        if items.len() == self.cancel_after {
            self.cancel.cancel();
        }
    }
}

#[test]
fn cancelling_means_no_further_call_of_the_model() {
    let (_, options) = watched(2);
    let critic = GenerativeCritic::new(ScriptedGenerator::always("<choice>1</choice>").with_max_batch(2));
    assert_eq!(compare(&critic, &options, 7).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(critic.generator().calls(), 1);
    assert_eq!(compare(&critic, &options, 7).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(critic.generator().calls(), 1);
}

#[test]
fn a_generation_cut_short_by_the_caller_ends_the_call() {
    let options = CallOptions::default();
    let cancel = options.cancel.clone();
    let critic = GenerativeCritic::new(ScriptedGenerator::answering(move |_, _| {
        cancel.cancel();
        Ok(Generation::new("<evaluation>The fi").with_finish(Finish::Cancelled))
    }));
    assert_eq!(compare(&critic, &options, 1).unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn the_observer_is_told_the_places_of_the_whole_batch_once() {
    let (watch, options) = watched(usize::MAX);
    let critic = GenerativeCritic::new(ScriptedGenerator::always("<choice>1</choice>").with_max_batch(2));
    compare(&critic, &options, 5).unwrap();
    assert_eq!(*watch.deltas.lock().unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(*watch.items.lock().unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn labels_of_the_caller_are_kept_and_none_are_asked_for_in_vain() {
    let params = GenParams { labels: vec!["2".into()], ..GenParams::default() };
    let critic = GenerativeCritic::new(ScriptedGenerator::always("<choice>1</choice>"));
    compare(&critic, &CallOptions::default(), 1).unwrap();
    assert_eq!(critic.generator().last_params().unwrap().labels, ["1", "2"]);
    let critic = critic.with_params(params);
    compare(&critic, &CallOptions::default(), 1).unwrap();
    assert_eq!(critic.generator().last_params().unwrap().labels, ["2"]);
    let critic = critic.with_params(GenParams::default()).with_soft_verdicts(false);
    compare(&critic, &CallOptions::default(), 1).unwrap();
    assert!(critic.generator().last_params().unwrap().labels.is_empty());
}

#[test]
fn the_card_says_who_judges() {
    let critic = || GenerativeCritic::new(model());
    let card = |c: GenerativeCritic<ScriptedGenerator>| c.card().clone();
    let base = card(critic());
    assert_eq!((&*base.id, base.pointwise, base.pairwise), ("scripted", Some(ScoreScale::Unit), true));
    assert!(base.fingerprint.starts_with("critic:scripted:") && !base.deterministic);
    assert!(card(greedy(model())).deterministic);
    assert_eq!(card(critic().with_id("mine").with_prompts(PromptSet::default())).id, "mine");
    assert_eq!(card(critic()), base);
    let prints = [
        base.fingerprint,
        card(GenerativeCritic::new(model().with_id("another"))).fingerprint,
        card(critic().with_prompts(PromptSet::think())).fingerprint,
        card(greedy(model())).fingerprint,
        card(critic().with_soft_verdicts(false)).fingerprint,
    ];
    let distinct: std::collections::HashSet<_> = prints.iter().collect();
    assert_eq!(distinct.len(), prints.len(), "{prints:?}");
}

#[test]
fn a_kind_without_a_prompt_is_unsupported() {
    let only_pairs =
        PromptSet::empty().with_template(PromptKind::Pairwise, include_str!("../prompts/pairwise.jinja")).unwrap();
    let critic = GenerativeCritic::new(model()).with_prompts(only_pairs);
    let case = case("weather");
    let candidate = &case.samples[0].candidate;
    let error =
        block_on(critic.score(&[ScoreItem { task: &case.task, candidate }], &CallOptions::default())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let error = block_on(critic.choose(&case.task, &[candidate, candidate], &CallOptions::default())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(critic.generator().calls(), 0);
}

#[test]
fn a_retried_call_gets_more_room() {
    let case = case("weather");
    let critic = GenerativeCritic::new(ScriptedGenerator::replies(["<choice>1</choice>"; 2]));
    let [first, second] = [0, 1].map(|i| &case.samples[i].candidate);
    let pair = [PairItem { task: &case.task, first, second }];
    let mut room = [0, 2].map(|attempt| {
        let options = CallOptions { attempt, ..CallOptions::default() };
        block_on(critic.compare(&pair, &options)).unwrap();
        critic.generator().last_params().unwrap().max_tokens
    });
    room.sort_unstable();
    assert_eq!(room[1], room[0] * 4);
}
