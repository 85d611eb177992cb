//! Published tool-use datasets, one adapter each, and what they give: trajectories in core's words, with the answers that models were
//! recorded to give at their steps.

#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "published files are called so")]

pub mod api_bank;
pub mod apigen_mt;
pub mod button;
mod calls;
mod chat;
pub mod complexfuncbench;
mod dialogue;
mod fields;
pub mod glaive;
pub mod hammerbench;
pub mod hermes;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_among_files;
mod items;
pub mod openai_chat;
pub mod otel;
mod published;
mod reading;
pub mod records;
pub mod seal_tools;
pub mod sgd;
pub mod tau_bench;
#[cfg(test)]
mod testing;
pub mod toolalpaca;
pub mod toolrl;
mod turns;
pub mod ultratool;
pub mod xlam;

use serde_json::{Map, Value};
use toolrm_core::call::{Candidate, Message, Role};

use crate::{
    error::{DataError, Fault, Place},
    tree::Tree,
};

/// A dataset in its published format.
pub trait Source: Send + Sync {
    /// Its short name: `xlam`, `hammerbench`. Part of every row made of it.
    fn name(&self) -> &'static str;

    /// Who published it, under which licence, and what this adapter was written against: true records, or a documented format.
    fn about(&self) -> &'static str;

    /// Reads the published files, from front to back, and hands on what each record gives: a trajectory, or why it is none. A bad
    /// record never stops the reading.
    ///
    /// # Errors
    /// When a file as a whole cannot be read, a file that is needed is missing, or `each` fails.
    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError>;
}

/// The known datasets, by name.
pub fn sources() -> Vec<Box<dyn Source>> {
    vec![
        Box::new(api_bank::ApiBank),
        Box::new(apigen_mt::ApigenMt),
        Box::new(button::Button),
        Box::new(complexfuncbench::ComplexFuncBench),
        Box::new(complexfuncbench::Runs),
        Box::new(glaive::Glaive),
        Box::new(hammerbench::HammerBench),
        Box::new(hermes::Hermes),
        Box::new(openai_chat::OpenAiChat),
        Box::new(otel::Otel),
        Box::new(seal_tools::SealTools),
        Box::new(sgd::Sgd),
        Box::new(tau_bench::TauBench),
        Box::new(toolalpaca::ToolAlpaca),
        Box::new(toolrl::ToolRl),
        Box::new(ultratool::UltraTool),
        Box::new(xlam::Xlam),
    ]
}

/// The dataset of this name.
pub fn by_name(name: &str) -> Option<Box<dyn Source>> {
    sources().into_iter().find(|source| source.name() == name)
}

/// What one record of a dataset gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Record {
    /// A trajectory.
    Trajectory(Box<Trajectory>),
    /// No trajectory.
    Quarantined(Quarantined),
}

/// A dialogue over tools, as a dataset has it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trajectory {
    /// Unique in its source, and the same whenever the source is read.
    pub id: String,
    /// Where the record is.
    pub place: Place,
    /// The tools, a list in a dialect that `Toolset::from_json` reads.
    pub tools: Value,
    /// System, user, assistant (with calls), tool, in the order they were said. Every assistant message is a step: what a good
    /// assistant did there; save those of `context_only`. Reasoning, where it was recorded, is the member `reasoning_content` of a message's
    /// `extra`.
    pub messages: Vec<Message>,
    /// The places in `messages` of assistant messages that are no steps, from front to back: they are told because what comes after them
    /// cannot be understood without them. What was done there was wrong, or is cut off, or is a step of another trajectory already.
    pub context_only: Vec<usize>,
    /// What models were recorded to answer at some of the steps.
    pub answers: Vec<RecordedAnswer>,
    /// What else the record says that is worth keeping.
    pub metadata: Map<String, Value>,
}

impl Trajectory {
    /// A trajectory without recorded answers, whose every assistant message is a step.
    pub fn new(id: impl Into<String>, place: Place, tools: Value, messages: Vec<Message>) -> Self {
        let (id, metadata) = (id.into(), Map::new());
        Self { id, place, tools, messages, context_only: Vec::new(), answers: Vec::new(), metadata }
    }

    /// The places in `messages` of the steps.
    pub fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        let said = self.messages.iter().enumerate().filter(|(_, message)| message.role == Role::Assistant);
        said.map(|(at, _)| at).filter(|at| !self.context_only.contains(at))
    }
}

/// What a model was recorded to answer at a step, in place of the message that stands there.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RecordedAnswer {
    /// The place in `messages` of the assistant message that it competes with.
    pub step: usize,
    /// The model.
    pub model: String,
    /// Its answer, decoded.
    pub answer: Candidate,
    /// Whether its publisher says that it is right.
    pub published: Option<bool>,
}

/// A record that gives no trajectory.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Quarantined {
    /// Where it is.
    pub place: Place,
    /// What is wrong with it.
    pub fault: Fault,
    /// How it begins.
    pub excerpt: Box<str>,
}
