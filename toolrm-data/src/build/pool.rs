//! What the work on one record leaves behind: a line of a shard's journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use toolrm_core::call::{Candidate, Message};

use super::manifest::{Overlap, Stage, add_counts};
use crate::pair::{Provenance, Side};

/// A record of a source, done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// The number of its source in the configuration.
    pub(super) source: u16,
    /// Its number among the records of the source, from 0.
    pub(super) record: u64,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// It gives no trajectory, or one that cannot be used.
    Quarantined(Bad),
    /// It gives pairs, or the rules leave it out.
    Worked(Box<Worked>),
}

/// Why a record gives nothing.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bad {
    /// Where it is.
    pub(super) place: String,
    /// Where in it.
    pub(super) pointer: String,
    pub(super) what: String,
    pub(super) fix: String,
    /// How it begins; of a trajectory, its id.
    pub(super) excerpt: String,
    /// Whether it was read as a trajectory that cannot be used.
    pub(super) is_trajectory: bool,
}

/// A trajectory, done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Worked {
    pub(super) id: String,
    /// The key of its question.
    pub(super) question: String,
    pub(super) counts: Counts,
    /// The benchmark's question that it is too near to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) overlap: Option<Overlap>,
    /// The fingerprints of its steps: a later step of the same is a duplicate.
    pub(super) seen: Vec<u64>,
    /// `None` where there are no pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Body>,
}

/// What pairs are made of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Body {
    /// An OpenAI tool list.
    pub(super) tools: Value,
    /// Up to the last step with pairs.
    pub(super) messages: Vec<Message>,
    pub(super) steps: Vec<WorkedStep>,
}

/// A step with pairs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WorkedStep {
    /// Its place in the messages.
    pub(super) at: usize,
    pub(super) complexity: u32,
    /// The right answers: the dataset's, then models' that were published as right.
    pub(super) references: Vec<Candidate>,
    pub(super) candidates: Vec<Side>,
    /// Which two of the candidates are pairs: the better, the worse.
    pub(super) pairs: Vec<(u16, u16)>,
}

/// A line, as far as it is looked at to choose among the pairs: what is not named here is passed over and never made.
#[derive(Debug, Deserialize)]
pub(super) struct LineInShort {
    pub(super) source: u16,
    pub(super) record: u64,
    pub(super) outcome: OutcomeInShort,
}

#[derive(Debug, Deserialize)]
pub(super) enum OutcomeInShort {
    Quarantined(BadInShort),
    Worked(Box<WorkedInShort>),
}

#[derive(Debug, Deserialize)]
pub(super) struct BadInShort {
    pub(super) what: String,
    pub(super) is_trajectory: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkedInShort {
    pub(super) id: String,
    pub(super) question: String,
    pub(super) counts: Counts,
    #[serde(default)]
    pub(super) overlap: Option<Overlap>,
    #[serde(default)]
    pub(super) body: Option<BodyInShort>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BodyInShort {
    pub(super) steps: Vec<StepInShort>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StepInShort {
    pub(super) at: usize,
    pub(super) complexity: u32,
    pub(super) candidates: Vec<SideInShort>,
    pub(super) pairs: Vec<(u16, u16)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SideInShort {
    pub(super) candidate: CandidateInShort,
    pub(super) score: f64,
    pub(super) provenance: Provenance,
    pub(super) error_type: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CandidateInShort {
    /// Only of an answer that cannot be read.
    #[serde(default)]
    pub(super) malformed: Option<IgnoredAny>,
}

/// How many of what went in, came out and were left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) trajectories: Stage,
    pub(super) steps: Stage,
    pub(super) candidates: Stage,
    pub(super) contexts: Stage,
    pub(super) pairs: Stage,
    pub(super) repairs: BTreeMap<String, u64>,
    /// By provenance and error type.
    pub(super) labelled: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Counts {
    /// The stages in their order, named.
    pub(super) fn stages(&self) -> [Stage; 5] {
        let named = |name: &str, stage: &Stage| Stage { name: name.to_owned(), ..stage.clone() };
        [
            named("trajectories", &self.trajectories),
            named("steps", &self.steps),
            named("candidates", &self.candidates),
            named("contexts", &self.contexts),
            named("pairs", &self.pairs),
        ]
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.trajectories.add(&other.trajectories);
        self.steps.add(&other.steps);
        self.candidates.add(&other.candidates);
        self.contexts.add(&other.contexts);
        self.pairs.add(&other.pairs);
        add_counts(&mut self.repairs, &other.repairs);
        for (provenance, types) in &other.labelled {
            add_counts(self.labelled.entry(provenance.clone()).or_default(), types);
        }
    }
}
