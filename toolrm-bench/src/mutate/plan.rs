//! [`Plan`]: which mutants of which examples are judged.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use toolrm_core::{call::Candidate, task::Task, toolset::Toolset};

use super::{
    Draw, Effect, Example, Flaw, Mutant, NotApplicable, Operator, Pool, Subject, built_in, report::OperatorInfo,
};

/// Why there is nothing to judge.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MutateError {
    /// No example was given.
    #[error("no example: give at least one record with the right calls")]
    NoExamples,
    /// Two examples have the same id.
    #[error("two examples have the id \"{id}\": draws and intervals go by the id, make it unique")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// Every example's calls are wrong by the tools' own schemas.
    #[error("none of the {} examples fits the tools; the first: example \"{}\" at {}: {}", .examples, .first.example, .first.pointer, .first.what)]
    NoneFits {
        /// How many examples there are.
        examples: usize,
        /// What the first is left out for.
        first: Flaw,
    },
    /// An operator was asked for by an id that none has.
    #[error("no operator is named \"{id}\"; the operators are {}", .known.join(", "))]
    UnknownOperator {
        /// The id.
        id: String,
        /// Those that are there.
        known: Vec<String>,
    },
}

/// How mutants are made and shown.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Seed of everything drawn.
    pub seed: u64,
    /// Most mutants of one example by one operator, at least 1.
    pub per_example: usize,
    /// Most cases shown for each operator.
    pub shown: usize,
    /// A finding against a good original counts as a false alarm from this weight on, in the units of the judge.
    pub finding_weight: f32,
    operators: Vec<Arc<dyn Operator>>,
}

impl Default for Settings {
    /// All built-in operators; up to 3 mutants of an example by each; 5 cases shown; findings from a weight of 0.5 on.
    fn default() -> Self {
        Self { seed: 0, per_example: 3, shown: 5, finding_weight: 0.5, operators: built_in() }
    }
}

impl Settings {
    /// Sets the seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how many mutants of one example one operator makes at most.
    pub fn with_per_example(mut self, per_example: usize) -> Self {
        self.per_example = per_example.max(1);
        self
    }

    /// Sets how many cases are shown for each operator.
    pub fn with_shown(mut self, shown: usize) -> Self {
        self.shown = shown;
        self
    }

    /// Sets the weight from which a finding against a good original counts.
    pub fn with_finding_weight(mut self, weight: f32) -> Self {
        self.finding_weight = weight;
        self
    }

    /// Adds an operator of your own; one with the same id is replaced.
    pub fn with_operator(mut self, operator: impl Operator + 'static) -> Self {
        self.operators.retain(|o| o.id() != operator.id());
        self.operators.push(Arc::new(operator));
        self
    }

    /// Keeps the operators with these ids only.
    pub fn only<S: AsRef<str>>(mut self, ids: &[S]) -> Result<Self, MutateError> {
        if let Some(id) = ids.iter().map(AsRef::as_ref).find(|id| !self.operators.iter().any(|o| o.id() == *id)) {
            let known = self.operators.iter().map(|o| o.id().to_owned()).collect();
            return Err(MutateError::UnknownOperator { id: id.to_owned(), known });
        }
        self.operators.retain(|o| ids.iter().any(|id| id.as_ref() == o.id()));
        Ok(self)
    }

    /// The operators.
    pub fn operators(&self) -> impl ExactSizeIterator<Item = &dyn Operator> {
        self.operators.iter().map(AsRef::as_ref)
    }
}

/// Mutants that were made and are not judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Discarded {
    /// Corruptions that do what the original does.
    pub same: u64,
    /// Those that are not what their operator claims.
    pub off_claim: u64,
    /// Those that an earlier mutant of the same operator and example is already.
    pub repeated: u64,
    /// Those beyond [`Settings::per_example`], left out by draw.
    pub not_drawn: u64,
}

/// What an operator made of the examples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Yield {
    /// Examples it has mutants of.
    pub applicable: u64,
    /// The other examples, by why it has none.
    pub not_applicable: BTreeMap<String, u64>,
    /// Mutants that are not judged.
    pub discarded: Discarded,
}

/// One mutant that is judged.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Planned {
    /// Index of its example in [`Plan::examples`].
    pub example: usize,
    /// Index of its operator in [`Plan::operators`].
    pub operator: usize,
    /// The mutant.
    pub mutant: Mutant,
}

/// A good example, ready to be judged.
#[derive(Debug)]
pub(super) struct Good {
    pub(super) example: Example,
    pub(super) task: Task,
    pub(super) original: Candidate,
}

/// Good examples, and the mutants made of them. Any number of judges can be tested with one plan.
#[derive(Debug)]
pub struct Plan {
    pub(super) settings: Settings,
    pub(super) good: Vec<Good>,
    pub(super) flaws: Vec<Flaw>,
    pub(super) yields: Vec<Yield>,
    pub(super) mutants: Vec<Planned>,
}

impl Plan {
    /// Makes the mutants. Examples are sorted by id. An example whose calls the tools' own schemas rule out is left out and told of in
    /// [`Plan::flaws`] and in every report.
    pub fn new(
        tools: impl Into<Arc<Toolset>>,
        mut examples: Vec<Example>,
        settings: Settings,
    ) -> Result<Self, MutateError> {
        let tools = tools.into();
        examples.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(twin) = examples.windows(2).find_map(|pair| match pair {
            [a, b] if a.id == b.id => Some(a.id.clone()),
            _ => None,
        }) {
            return Err(MutateError::DuplicateId { id: twin });
        }
        let (given, mut flaws) = (examples.len(), Vec::new());
        examples.retain(|example| {
            let found = example.flaws(&tools);
            let sound = found.is_empty();
            flaws.extend(found);
            sound
        });
        if examples.is_empty() {
            let first = flaws.into_iter().next();
            return Err(first.map_or(MutateError::NoExamples, |first| MutateError::NoneFits { examples: given, first }));
        }
        let mut plan = Self {
            yields: vec![Yield::default(); settings.operators.len()],
            mutants: Vec::new(),
            settings,
            good: Vec::new(),
            flaws,
        };
        let pool = Pool::new(examples.iter().flat_map(|e| &e.calls), &tools);
        plan.good = examples
            .into_iter()
            .map(|example| Good { task: example.task(&tools), original: example.original(), example })
            .collect();
        plan.mutate(&tools, &pool);
        Ok(plan)
    }

    fn mutate(&mut self, tools: &Toolset, pool: &Pool) {
        for (at, (operator, of)) in self.settings.operators.iter().zip(&mut self.yields).enumerate() {
            for (i, Good { example, .. }) in self.good.iter().enumerate() {
                let subject = Subject::new(tools, &example.calls, pool);
                let draw = Draw::new(self.settings.seed).of(operator.id()).of(&example.id);
                let most = self.settings.per_example.max(1);
                let mutants = if operator.effect() == Effect::ChangesMeaning && !example.has_request() {
                    Err(NotApplicable("there is no request to tell right from wrong"))
                } else {
                    sifted(operator.as_ref(), &subject, &draw, most, &mut of.discarded)
                };
                match mutants {
                    Ok(mutants) => {
                        of.applicable += 1;
                        let planned = mutants.into_iter().map(|mutant| Planned { example: i, operator: at, mutant });
                        self.mutants.extend(planned);
                    }
                    Err(NotApplicable(why)) => *of.not_applicable.entry(why.to_owned()).or_default() += 1,
                }
            }
        }
    }

    /// The examples that fit the tools, sorted by id.
    pub fn examples(&self) -> impl ExactSizeIterator<Item = &Example> {
        self.good.iter().map(|good| &good.example)
    }

    /// Why the others are left out.
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// The operators, in the order of the report.
    pub fn operators(&self) -> impl ExactSizeIterator<Item = (OperatorInfo, &Yield)> {
        self.settings.operators.iter().zip(&self.yields).map(|(o, y)| (OperatorInfo::of(o.as_ref()), y))
    }

    /// The mutants, by operator, then by example.
    pub fn mutants(&self) -> &[Planned] {
        &self.mutants
    }
}

/// The mutants of one example by one operator that are what they claim to be, each once, and no more than `most`.
fn sifted(
    operator: &dyn Operator,
    subject: &Subject<'_>,
    draw: &Draw,
    most: usize,
    discarded: &mut Discarded,
) -> Result<Vec<Mutant>, NotApplicable> {
    let (mut seen, mut kept) = (HashSet::new(), Vec::new());
    for mutant in operator.mutants(subject, draw)? {
        if operator.effect() != Effect::Nothing && subject.is_equivalent(&mutant.candidate) {
            discarded.same += 1;
        } else if !subject.keeps(&mutant, operator.effect()) || is_untouched(subject, &mutant) {
            discarded.off_claim += 1;
        } else if !seen.insert(written(&mutant.candidate)) {
            discarded.repeated += 1;
        } else {
            kept.push(mutant);
        }
    }
    if kept.is_empty() {
        return Err(NotApplicable("every mutant was discarded"));
    }
    let made = kept.len();
    // Drawn, then back in the order of the places.
    let mut drawn = draw.of("which").shuffled(kept.into_iter().enumerate());
    drawn.truncate(most);
    discarded.not_drawn += (made - drawn.len()) as u64;
    drawn.sort_by_key(|(place, _)| *place);
    Ok(drawn.into_iter().map(|(_, mutant)| mutant).collect())
}

/// Whether nothing was changed at all, not even the dress.
fn is_untouched(subject: &Subject<'_>, mutant: &Mutant) -> bool {
    written(&mutant.candidate) == written(&Candidate::calls(subject.calls.to_vec()))
}

/// A candidate to the last character; plain data, so writing it cannot fail, and its debug form tells it from others as well.
fn written(candidate: &Candidate) -> String {
    serde_json::to_string(candidate).unwrap_or_else(|_| format!("{candidate:?}"))
}
