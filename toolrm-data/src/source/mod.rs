//! Published tool-use datasets, one adapter each, and what they give: trajectories in core's words, with the answers that models were
//! recorded to give at their steps.

pub mod api_bank;
mod chat;
mod dialogue;
mod fields;
pub mod hammerbench;
mod items;
pub mod openai_chat;
pub mod otel;
mod reading;
pub mod records;
pub mod seal_tools;
pub mod sgd;
pub mod tau_bench;
pub mod toolrl;
pub mod ultratool;

use serde_json::{Map, Value};
use toolrm_core::call::{Candidate, Message};

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
    /// assistant did there.
    pub messages: Vec<Message>,
    /// What models were recorded to answer at some of the steps.
    pub answers: Vec<RecordedAnswer>,
    /// What else the record says that is worth keeping.
    pub metadata: Map<String, Value>,
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
    pub excerpt: String,
}
