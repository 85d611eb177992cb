//! [`Plan::judge`]: asks a judge about every mutant and counts what it noticed.

use std::collections::BTreeMap;

use toolrm_core::{
    error::JudgeError,
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::BothOrders,
    measure::Bootstrap,
    observe::CallOptions,
    score::{Finding, Outcome, Score, Usage},
};

use super::{
    Case, CorruptionRow, Effect, EquivalentRow, Failure, Findings, MutationReport, OperatorInfo, Originals, Plan,
    Planned, Progress, Verdict, Yield,
    ask::Asking,
    plan::Good,
    rate::{Tally, macro_mean},
};
use crate::metrics::Measured;

/// A mutant with its original and what the judge said of the two.
struct Trial<'a> {
    planned: &'a Planned,
    good: &'a Good,
    outcome: Outcome<Comparison>,
    verdict: Verdict,
}

impl Plan {
    /// Tests a judge. `progress` is told how far it is, batch by batch.
    ///
    /// An observer in `options` is told places within a batch. The error is that of a judge with which nothing could be done, or of a cancelled or overdue call; whatever fails later is counted.
    pub async fn judge(
        &self,
        judge: &dyn ToolCallJudge,
        options: &CallOptions,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<MutationReport, JudgeError> {
        let both;
        let comparing: &dyn ToolCallJudge = if judge.card().symmetric {
            judge
        } else {
            both = BothOrders::new(judge);
            &both
        };
        let scoring = Some(judge).filter(|j| j.card().pointwise.is_some());
        let mut asking = Asking::new(options, progress);

        let asked: Vec<(&Planned, &Good)> =
            self.mutants.iter().filter_map(|p| Some((p, self.good.get(p.example)?))).collect();
        asking.expect(asked.len() + scoring.map_or(0, |_| self.good.len()));
        let originals = match scoring {
            Some(judge) => {
                let items = self.good.iter().map(|g| ScoreItem { task: &g.task, candidate: &g.original });
                asking.score(judge, &items.collect::<Vec<_>>()).await?
            }
            None => Vec::new(),
        };
        let pairs =
            asked.iter().map(|(p, g)| PairItem { task: &g.task, first: &g.original, second: &p.mutant.candidate });
        let outcomes = asking.compare(comparing, &pairs.collect::<Vec<_>>()).await?;
        let trials: Vec<Trial<'_>> = asked
            .into_iter()
            .zip(outcomes)
            .map(|((planned, good), outcome)| Trial { planned, good, verdict: Verdict::of(&outcome), outcome })
            .collect();

        let shown = self.shown(&trials);
        let mutants = match scoring {
            Some(judge) => {
                asking.expect(shown.len());
                let items =
                    shown.iter().map(|t| ScoreItem { task: &t.good.task, candidate: &t.planned.mutant.candidate });
                asking.score(judge, &items.collect::<Vec<_>>()).await?
            }
            None => Vec::new(),
        };
        let cases = shown.iter().enumerate().filter_map(|(i, trial)| {
            let findings = findings(originals.get(trial.planned.example), mutants.get(i));
            Some((trial.planned.operator, case(trial, findings)?))
        });
        let counted =
            Counted { plan: self, trials: &trials, bootstrap: Bootstrap::new(self.good.len(), self.settings.seed) };
        Ok(counted.report(judge.card(), scoring.map(|_| originals.as_slice()), cases.collect()))
    }

    /// The pairs the judge erred on, for a person to look at: of every operator the worst first.
    fn shown<'t, 'a>(&self, trials: &'t [Trial<'a>]) -> Vec<&'t Trial<'a>> {
        let of_operator = |(at, (operator, _)): (usize, (OperatorInfo, &Yield))| {
            let erred = |t: &&Trial<'_>| match t.verdict {
                Verdict::Mutant => true,
                Verdict::Tied | Verdict::Inconsistent => operator.effect != Effect::Nothing,
                Verdict::Original => operator.effect == Effect::Nothing,
                Verdict::Abstained | Verdict::Failed => false,
            };
            let mut erred: Vec<_> = trials.iter().filter(|t| t.planned.operator == at).filter(erred).collect();
            erred.sort_by_key(|t| t.verdict);
            erred.truncate(self.settings.shown);
            erred
        };
        self.operators().enumerate().flat_map(of_operator).collect()
    }
}

fn findings(original: Option<&Outcome<Score>>, mutant: Option<&Outcome<Score>>) -> Option<Findings> {
    let of =
        |outcome: Option<&Outcome<Score>>| -> Option<Vec<Finding>> { Some(outcome?.as_judged()?.findings.clone()) };
    Some(Findings { original: of(original)?, mutant: of(mutant)? })
}

fn case(trial: &Trial<'_>, findings: Option<Findings>) -> Option<Case> {
    let verdict = trial.outcome.as_judged()?;
    Some(Case {
        example: trial.good.example.id.clone(),
        pointer: trial.planned.mutant.pointer.clone(),
        change: trial.planned.mutant.change.clone(),
        verdict: trial.verdict,
        p_original: verdict.p_first,
        critique: verdict.critique.clone(),
        findings,
        original: trial.good.original.clone(),
        mutant: trial.planned.mutant.candidate.clone(),
    })
}

/// Everything the judge said, to be counted.
struct Counted<'a> {
    plan: &'a Plan,
    trials: &'a [Trial<'a>],
    bootstrap: Bootstrap,
}

impl Counted<'_> {
    fn report(
        &self,
        judge: &JudgeCard,
        originals: Option<&[Outcome<Score>]>,
        mut cases: Vec<(usize, Case)>,
    ) -> MutationReport {
        let (mut corruptions, mut equivalents) = (Vec::new(), Vec::new());
        let (mut schema, mut meaning) = (Vec::new(), Vec::new());
        let (mut alarms, mut noticed) = (Vec::new(), Vec::new());
        for (at, (operator, of_examples)) in self.plan.operators().enumerate() {
            let own = cases.extract_if(.., |(operator, _)| *operator == at).map(|(_, case)| case).collect();
            let (effect, of_examples) = (operator.effect, of_examples.clone());
            let tally = self.tally(at, |verdict| verdict == Verdict::Original);
            let rate = tally.rate(&self.bootstrap);
            if effect == Effect::Nothing {
                let either = self.tally(at, |verdict| matches!(verdict, Verdict::Original | Verdict::Mutant));
                let rates = (either.rate(&self.bootstrap), rate);
                equivalents.push(self.equivalent(at, operator, of_examples, rates, own));
                alarms.push(either);
            } else {
                corruptions.push(self.corruption(at, operator, of_examples, rate, own));
            }
            match effect {
                Effect::BreaksSchema => schema.push(tally),
                Effect::ChangesMeaning => meaning.push(tally),
                Effect::Nothing => noticed.push(tally),
            }
        }
        let mean = |tallies: &[&Tally]| macro_mean(tallies, &self.bootstrap);
        let [schema, meaning, alarms, noticed] =
            [&schema, &meaning, &alarms, &noticed].map(|tallies| tallies.iter().collect::<Vec<_>>());
        MutationReport {
            judge: judge.clone(),
            seed: self.plan.settings.seed,
            per_example: self.plan.settings.per_example,
            examples: self.plan.good.len(),
            without_request: self.without_request(),
            flaws: self.plan.flaws.clone(),
            detection: mean(&[schema.as_slice(), &meaning].concat()),
            detection_schema: mean(&schema),
            detection_meaning: mean(&meaning),
            false_alarms: mean(&alarms),
            noticed: mean(&noticed),
            corruptions,
            equivalents,
            originals: originals.map(|scores| self.originals(scores)),
            failures: self.failures(originals.unwrap_or_default()),
            usage: self.usage(originals.unwrap_or_default()),
            notes: self.notes(),
        }
    }

    fn of_operator(&self, at: usize) -> impl Iterator<Item = &Trial<'_>> {
        self.trials.iter().filter(move |t| t.planned.operator == at)
    }

    fn count(&self, at: usize, verdict: Verdict) -> u64 {
        self.of_operator(at).filter(|t| t.verdict == verdict).count() as u64
    }

    /// How often the verdict was this, among what was judged.
    fn tally(&self, at: usize, is_hit: impl Fn(Verdict) -> bool) -> Tally {
        let mut tally = Tally::default();
        let judged = |t: &&Trial<'_>| !matches!(t.verdict, Verdict::Abstained | Verdict::Failed);
        for trial in self.of_operator(at).filter(judged) {
            tally.add(trial.planned.example, is_hit(trial.verdict));
        }
        tally
    }

    fn corruption(
        &self,
        at: usize,
        operator: OperatorInfo,
        of_examples: Yield,
        detection: Measured,
        undetected: Vec<Case>,
    ) -> CorruptionRow {
        CorruptionRow {
            operator,
            of_examples,
            n: self.of_operator(at).count() as u64,
            detected: self.count(at, Verdict::Original),
            tied: self.count(at, Verdict::Tied),
            inconsistent: self.count(at, Verdict::Inconsistent),
            missed: self.count(at, Verdict::Mutant),
            abstained: self.count(at, Verdict::Abstained),
            failed: self.count(at, Verdict::Failed),
            detection,
            undetected,
        }
    }

    fn equivalent(
        &self,
        at: usize,
        operator: OperatorInfo,
        of_examples: Yield,
        (false_alarms, noticed): (Measured, Measured),
        alarms: Vec<Case>,
    ) -> EquivalentRow {
        EquivalentRow {
            operator,
            of_examples,
            n: self.of_operator(at).count() as u64,
            tied: self.count(at, Verdict::Tied),
            inconsistent: self.count(at, Verdict::Inconsistent),
            punished: self.count(at, Verdict::Original),
            favoured: self.count(at, Verdict::Mutant),
            abstained: self.count(at, Verdict::Abstained),
            failed: self.count(at, Verdict::Failed),
            false_alarms,
            noticed,
            alarms,
        }
    }

    fn originals(&self, scores: &[Outcome<Score>]) -> Originals {
        let finding_weight = self.plan.settings.finding_weight;
        let (mut tally, mut by_rule) = (Tally::default(), BTreeMap::<String, u64>::new());
        let (mut flagged, mut abstained, mut failed) = (0, 0, 0);
        for (example, outcome) in scores.iter().enumerate() {
            match outcome {
                Outcome::Judged(score) => {
                    let mut rules: Vec<_> =
                        score.findings.iter().filter(|f| f.weight >= finding_weight).map(|f| &*f.rule).collect();
                    tally.add(example, !rules.is_empty());
                    flagged += u64::from(!rules.is_empty());
                    rules.sort_unstable();
                    rules.dedup();
                    for rule in rules {
                        *by_rule.entry(rule.to_owned()).or_default() += 1;
                    }
                }
                Outcome::Abstained { .. } => abstained += 1,
                _ => failed += 1,
            }
        }
        let rate = tally.rate(&self.bootstrap);
        Originals { n: scores.len() as u64, flagged, abstained, failed, finding_weight, rate, by_rule }
    }

    fn failures(&self, originals: &[Outcome<Score>]) -> BTreeMap<String, Failure> {
        let mut failures = BTreeMap::<String, Failure>::new();
        let of_pairs = self.trials.iter().filter_map(|t| t.outcome.as_failed());
        for error in originals.iter().filter_map(Outcome::as_failed).chain(of_pairs) {
            let first = || Failure { n: 0, message: error.message().to_owned() };
            failures.entry(error.kind().as_str().to_owned()).or_insert_with(first).n += 1;
        }
        failures
    }

    fn usage(&self, originals: &[Outcome<Score>]) -> Usage {
        let of_pairs = self.trials.iter().filter_map(|t| t.outcome.as_judged()).map(|c| c.usage);
        let of_originals = originals.iter().filter_map(Outcome::as_judged).map(|s| s.usage);
        of_pairs.chain(of_originals).fold(Usage::default(), |sum, one| sum + one)
    }

    fn without_request(&self) -> usize {
        self.plan.examples().filter(|e| !e.has_request()).count()
    }

    fn notes(&self) -> Vec<String> {
        let (mut notes, all) = (Vec::new(), self.plan.good.len());
        let without = self.without_request();
        if without > 0 {
            notes.push(format!(
                "{without} of {all} examples have no request: they were given corruptions that break a schema and no others, and a judge \
                 that weighs the request is out of its depth there"
            ));
        }
        let flawed: std::collections::BTreeSet<_> = self.plan.flaws.iter().map(|f| &f.example).collect();
        if !flawed.is_empty() {
            notes.push(format!("{} examples were left out: their calls do not fit the tools", flawed.len()));
        }
        if all < 2 {
            notes.push("of one example no interval can be made".to_owned());
        }
        notes
    }
}
