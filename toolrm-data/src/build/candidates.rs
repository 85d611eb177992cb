//! The answers to a step: gathered, scored, and paired.

use std::{collections::HashMap, sync::Arc};

use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    canonical::Fingerprint,
    rules::{ReferenceScorer, reference::Assessment},
    score::Outcome,
    task::Task,
};

use super::{
    config::{BuildConfig, LabelRules, PairRules, Scoring},
    normalise::Tools,
    pool::{Counts, WorkedStep},
    served::Served,
    step::Step,
};
use crate::{
    draw::Draw,
    observed::{ErrorType, Observer},
    pair::{Provenance, Side},
    perturb::{Conversation, ErrorMix, PerturbSampler, PerturbStep},
    source::Trajectory,
    spelling::same_but_for_spelling,
};

/// Models' right answers that count as right beside the dataset's own.
const REFERENCES: usize = 8;
/// Findings that are told of an answer.
const FINDINGS: usize = 3;

/// Gathers, scores and pairs the answers to steps.
#[derive(Debug)]
pub(super) struct Labeller<'c> {
    config: &'c BuildConfig,
    scorer: ReferenceScorer,
    perturb: Option<PerturbSampler>,
    served: &'c Served,
}

/// A trajectory whose steps are answered.
pub(super) struct Dialogue<'t> {
    pub(super) trajectory: &'t Trajectory,
    pub(super) tools: &'t Tools,
    /// What wrong answers are made of; `None` where none are made.
    conversation: Option<&'t Conversation<'t>>,
}

impl<'t> Dialogue<'t> {
    pub(super) fn new(
        trajectory: &'t Trajectory,
        tools: &'t Tools,
        conversation: Option<&'t Conversation<'t>>,
    ) -> Self {
        Self { trajectory, tools, conversation }
    }
}

/// An answer that was gathered, and not scored yet.
struct Gathered {
    candidate: Candidate,
    from: String,
    provenance: Provenance,
    /// Whether its publisher says that it is right.
    published: Option<bool>,
    /// How many models gave it.
    times: usize,
}

/// Answers, each once.
#[derive(Default)]
struct Answers {
    list: Vec<Gathered>,
    by_action: HashMap<Fingerprint, usize>,
}

impl Answers {
    fn add(&mut self, new: Gathered, counts: &mut Counts) {
        let key = Fingerprint::of_action(&new.candidate.action);
        let Some(known) = self.by_action.get(&key).and_then(|known| self.list.get_mut(*known)) else {
            self.by_action.insert(key, self.list.len());
            self.list.push(new);
            return;
        };
        counts.candidates.filter("the same as another", 1);
        known.times += new.times;
        if known.provenance != Provenance::Gold {
            known.published = match (known.published, new.published) {
                // Publishers who contradict each other say nothing.
                (Some(a), Some(b)) if a != b => None,
                (known, new) => known.or(new),
            };
        }
    }
}

impl<'c> Labeller<'c> {
    pub(super) fn new(config: &'c BuildConfig, served: &'c Served) -> Self {
        let mix = || config.samples.errors.clone().unwrap_or_else(ErrorMix::measured);
        let perturb = config.samples.synthetic.then(|| PerturbSampler::new(mix(), config.seed));
        Self { config, scorer: scorer(&config.label), perturb, served }
    }

    /// What wrong answers to the steps of a trajectory are made of.
    pub(super) fn conversation<'t>(&self, trajectory: &'t Trajectory, tools: &Tools) -> Option<Conversation<'t>> {
        self.perturb.as_ref().map(|_| Conversation::new(&trajectory.messages, Arc::clone(&tools.set)))
    }

    /// The pairs of a step; `None` where there are none. `key` is `SOURCE/TRAJECTORY@STEP`.
    pub(super) fn work(
        &self,
        of: &Dialogue<'_>,
        step: &Step,
        key: &str,
        draw: &Draw,
        counts: &mut Counts,
    ) -> Option<WorkedStep> {
        let mut answers = self.gathered(of.trajectory, step, key, draw, counts);
        let references = references(&answers);
        // The score looks at tools and right answers; the conversation is not needed for it.
        let task = Task::new(Vec::new(), Arc::clone(&of.tools.set))
            .with_reference(references.iter().map(|reference| reference.action.clone()).collect());
        let observer = Observer::new(Arc::clone(&of.tools.set), task.reference().to_vec());
        let mut sides = Vec::new();
        let mut tally = Tally::default();
        for answer in std::mem::take(&mut answers.list) {
            let (times, is_model) = (answer.times, is_models(answer.provenance));
            let side = self.labelled(&task, &observer, step, answer, counts);
            if let Some(side) = &side
                && (is_model || (side.provenance == Provenance::Gold && times > 1))
            {
                // The dataset's own answer stands for the models that gave the same.
                let given = if is_model { times } else { times - 1 };
                tally.add(side.score, given);
            }
            sides.extend(side);
        }
        self.perturbed(of, step, &task, key, &mut sides, counts);
        if let Some(why) = tally.too_easy_or_hard(self.config) {
            counts.contexts.filter(why, 1);
            return None;
        }
        let pairs = paired(&sides, &self.config.pairs, &draw.of("pairs"), counts);
        if pairs.is_empty() {
            counts.contexts.filter("no answer is better than another", 1);
            return None;
        }
        counts.contexts.keep();
        Some(WorkedStep { at: step.at, complexity: step.complexity, references, candidates: sides, pairs })
    }

    /// The dataset's own answer and the models'.
    fn gathered(&self, trajectory: &Trajectory, step: &Step, key: &str, draw: &Draw, counts: &mut Counts) -> Answers {
        let mut answers = Answers::default();
        let gold = Gathered {
            candidate: step.gold.clone(),
            from: "gold".into(),
            provenance: Provenance::Gold,
            published: Some(true),
            times: 1,
        };
        answers.add(gold, counts);
        if self.config.samples.recorded {
            let recorded = trajectory.answers.iter().filter(|answer| answer.step == step.at);
            // Not always the same model speaks for those that said the same.
            for answer in draw.of("answers").rotated(recorded) {
                let new = Gathered {
                    candidate: bare(&answer.answer),
                    from: answer.model.clone(),
                    provenance: Provenance::Recorded,
                    published: answer.published,
                    times: 1,
                };
                answers.add(new, counts);
            }
        }
        for (model, candidate) in self.served.to(key) {
            let new = Gathered {
                candidate: bare(candidate),
                from: model.clone(),
                provenance: Provenance::Served,
                published: None,
                times: 1,
            };
            answers.add(new, counts);
        }
        answers
    }

    /// An answer with its score, unless what is known of it does not agree.
    fn labelled(
        &self,
        task: &Task,
        observer: &Observer,
        step: &Step,
        answer: Gathered,
        counts: &mut Counts,
    ) -> Option<Side> {
        let Outcome::Judged(assessment) = self.scorer.assess(task, &answer.candidate) else {
            counts.candidates.filter("could not be scored", 1);
            return None;
        };
        let is_right = assessment.value >= 1.0;
        let why_not = match answer.published {
            Some(true) if !is_right => Some("published as right, scored lower"),
            Some(false) if is_right => Some("published as wrong, scored as right"),
            None if !is_right && self.config.label.drop_respelled => {
                let differs = same_but_for_spelling(&step.gold.action, &answer.candidate.action);
                differs.then_some("differs from the right answer in spelling only")
            }
            _ => None,
        };
        if let Some(why) = why_not {
            counts.candidates.filter(why, 1);
            return None;
        }
        let error = if is_right { None } else { observer.error_type(&answer.candidate).ok().flatten() };
        Some(side(answer.candidate, answer.from, answer.provenance, &assessment, error, counts))
    }

    /// Makes up wrong answers where models gave too few.
    #[allow(clippy::too_many_arguments, reason = "a step and all that is known of it")]
    fn perturbed(
        &self,
        of: &Dialogue<'_>,
        step: &Step,
        task: &Task,
        key: &str,
        sides: &mut Vec<Side>,
        counts: &mut Counts,
    ) {
        let (Some(perturb), Some(conversation)) = (&self.perturb, of.conversation) else { return };
        let wrong = sides.iter().filter(|side| side.score < 1.0).count();
        let wanted = self.config.samples.wrong_per_step.saturating_sub(wrong);
        if wanted == 0 {
            return;
        }
        let known: Vec<Fingerprint> = sides.iter().map(|side| Fingerprint::of_action(&side.candidate.action)).collect();
        let subject = PerturbStep { id: key, conversation, at: step.at, gold: &step.gold.action };
        let Ok(made) = perturb.sample(&subject, wanted) else {
            // The right answer was looked at before it came here.
            counts.candidates.filter("could not be made up", 1);
            return;
        };
        for made in made {
            if known.contains(&Fingerprint::of_action(&made.candidate.action)) {
                counts.candidates.filter("the same as another", 1);
                continue;
            }
            let Outcome::Judged(assessment) = self.scorer.assess(task, &made.candidate) else {
                counts.candidates.filter("could not be scored", 1);
                continue;
            };
            if assessment.value >= 1.0 {
                counts.candidates.filter("made up as wrong, scored as right", 1);
                continue;
            }
            let from = format!("perturb:{}", made.operator);
            let error = Some(made.error);
            sides.push(side(made.candidate, from, Provenance::Synthetic, &assessment, error, counts));
        }
    }
}

/// The scorer of these rules.
pub(super) fn scorer(rules: &LabelRules) -> ReferenceScorer {
    let scorer = match rules.scoring {
        Scoring::Paper => ReferenceScorer::new(),
        Scoring::Graded => ReferenceScorer::graded(),
    };
    scorer.with_documented_defaults(rules.documented_defaults)
}

fn is_models(provenance: Provenance) -> bool {
    matches!(provenance, Provenance::Recorded | Provenance::Served)
}

/// Neither reasoning nor the text as it came: what is judged is what is done and said.
fn bare(candidate: &Candidate) -> Candidate {
    let mut bare = Candidate::new(match &candidate.action {
        Action::Calls(calls) => {
            Action::Calls(calls.iter().map(|call| ToolCall::new(call.name.clone(), call.arguments.clone())).collect())
        }
        other => other.clone(),
    });
    bare.content.clone_from(&candidate.content);
    bare
}

/// The right answers: the dataset's first.
fn references(answers: &Answers) -> Vec<Candidate> {
    let right = answers.list.iter().filter(|answer| answer.published == Some(true));
    let readable = right.filter(|answer| !answer.candidate.action.is_malformed());
    readable.take(REFERENCES).map(|answer| answer.candidate.clone()).collect()
}

fn side(
    candidate: Candidate,
    from: String,
    provenance: Provenance,
    assessment: &Assessment,
    error: Option<ErrorType>,
    counts: &mut Counts,
) -> Side {
    let error_type =
        if assessment.value >= 1.0 { String::new() } else { error.map_or("other", ErrorType::name).to_owned() };
    counts.candidates.keep();
    *counts.labelled.entry(provenance.name().to_owned()).or_default().entry(error_type.clone()).or_default() += 1;
    let told = assessment.findings.iter().take(FINDINGS).map(ToString::to_string);
    let message = told.collect::<Vec<_>>().join("; ");
    Side { candidate, score: assessment.value, from, provenance, error_type, message }
}

/// How many models' answers are right.
#[derive(Debug, Default)]
struct Tally {
    answers: usize,
    right: usize,
}

impl Tally {
    fn add(&mut self, score: f64, times: usize) {
        self.answers += times;
        if score >= 1.0 {
            self.right += times;
        }
    }

    /// Why a context is left out, if it is.
    fn too_easy_or_hard(&self, config: &BuildConfig) -> Option<&'static str> {
        let rules = &config.difficulty;
        if self.answers < rules.min_samples.max(1) {
            return None;
        }
        if rules.drop_all_right && self.right == self.answers {
            return Some("every model's answer is right");
        }
        (rules.drop_none_right && self.right == 0).then_some("no model's answer is right")
    }
}

/// Which answers are pairs: models' errors first, every wrong answer once before one comes twice, what is left open is drawn.
fn paired(sides: &[Side], rules: &PairRules, draw: &Draw, counts: &mut Counts) -> Vec<(u16, u16)> {
    let mut pairs = Vec::new();
    for (i, better) in sides.iter().enumerate() {
        let may_be_chosen = better.provenance != Provenance::Synthetic
            && !better.candidate.action.is_malformed()
            && (rules.sampled_chosen || better.score >= 1.0);
        for (j, worse) in sides.iter().enumerate().filter(|_| may_be_chosen) {
            let margin = better.score - worse.score;
            // What is made of the right answer is worse than that answer; than another's half right one it need not be.
            if worse.provenance == Provenance::Synthetic && better.score < 1.0 {
                continue;
            }
            if margin > 0.0 && margin >= rules.min_intensity {
                let (Ok(i), Ok(j)) = (u16::try_from(i), u16::try_from(j)) else { continue };
                pairs.push((better.provenance.max(worse.provenance), i, j));
            }
        }
    }
    let mut drawn = draw.shuffled(pairs);
    // Stable: among equals the draw decides.
    drawn.sort_by_key(|(provenance, ..)| *provenance);
    let mut times: HashMap<u16, usize> = HashMap::new();
    let mut rounds: Vec<(usize, (u16, u16))> = Vec::with_capacity(drawn.len());
    for (_, better, worse) in drawn {
        let round = times.entry(worse).or_default();
        rounds.push((*round, (better, worse)));
        *round += 1;
    }
    rounds.sort_by_key(|(round, _)| *round);
    let beyond = rounds.len().saturating_sub(rules.per_step);
    rounds.truncate(rules.per_step);
    counts.pairs.filter("beyond pairs.per_step", beyond as u64);
    counts.pairs.taken += rounds.len() as u64;
    counts.pairs.kept += rounds.len() as u64;
    rounds.into_iter().map(|(_, pair)| pair).collect()
}
