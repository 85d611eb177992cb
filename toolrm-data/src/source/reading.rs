//! What the sources share when they read files: one record after the other, answers that were recorded beside the questions.

use std::{cell::Cell, collections::BTreeMap};

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, Message, ToolCall},
    format::{json::parse_strict, parse_literal},
};

use super::{
    Record, RecordedAnswer, Trajectory,
    chat::REASONING,
    fields::{Each, quarantined},
    records::{Raw, Records},
};
use crate::{
    error::{DataError, Fault, Place},
    input::Input,
    tree::Tree,
};

/// Hands on the files of a dataset; `files` without any of them, whose `names` are said, are an error.
pub(super) fn visit_some(
    files: &Tree,
    names: &str,
    wanted: impl Fn(&str) -> bool,
    each: impl FnMut(&str, Input) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let met = Cell::new(false);
    let noted = |path: &str| {
        let is_wanted = wanted(path);
        met.set(met.get() || is_wanted);
        is_wanted
    };
    files.visit(noted, each)?;
    if met.get() {
        return Ok(());
    }
    let fix = format!("give a folder or archive with {names}");
    Err(Place::file(files.path()).error(Fault::new("no file of the dataset in it", fix)))
}

/// Hands on what each record of a file gives.
pub(super) fn each_record(
    file: Input,
    each: Each<'_>,
    mut read: impl FnMut(&Raw<'_>, Value) -> Result<Trajectory, Fault>,
) -> Result<(), DataError> {
    each_some(file, each, |raw, value| read(raw, value).map(Some))
}

/// As [`each_record`], where a record may give nothing of its own: it was taken note of.
pub(super) fn each_some(
    file: Input,
    each: Each<'_>,
    mut read: impl FnMut(&Raw<'_>, Value) -> Result<Option<Trajectory>, Fault>,
) -> Result<(), DataError> {
    let mut records = Records::new(file);
    while let Some(record) = records.next() {
        let given = record.and_then(|raw| {
            let value = raw.parse()?;
            read(&raw, value).map_err(|fault| raw.quarantined(fault))
        });
        match given {
            Ok(Some(trajectory)) => each(Record::Trajectory(Box::new(trajectory)))?,
            Ok(None) => {}
            Err(quarantined) => each(Record::Quarantined(quarantined))?,
        }
    }
    Ok(())
}

/// What models answered, by model and by the number of the question.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<String, BTreeMap<u64, Noted>>);

#[derive(Debug)]
struct Noted {
    place: Place,
    /// The question that it answers, where the record says it.
    question: Option<String>,
    answer: Candidate,
}

impl Answers {
    /// Takes note of an answer.
    pub(super) fn note(&mut self, model: &str, raw: &Raw<'_>, question: Option<String>, answer: Candidate) {
        let noted = Noted { place: raw.place.clone(), question, answer };
        self.0.entry(model.to_owned()).or_default().insert(raw.number, noted);
    }

    /// The answers to a question, for the step that it asks for.
    pub(super) fn to(&mut self, number: u64, question: &str, step: usize) -> Vec<RecordedAnswer> {
        let mut answers = Vec::new();
        for (model, noted) in &mut self.0 {
            if noted.get(&number).is_some_and(|n| n.question.as_deref().is_none_or(|asked| asked == question))
                && let Some(Noted { answer, .. }) = noted.remove(&number)
            {
                answers.push(RecordedAnswer { step, model: model.clone(), answer, published: None });
            }
        }
        answers
    }

    /// Says which answers are to no question that could be used.
    pub(super) fn hand_on_rest(self, each: Each<'_>) -> Result<(), DataError> {
        for (model, noted) in self.0 {
            for (number, Noted { place, answer, .. }) in noted {
                let what = format!("a recorded answer to no question that could be used: {model}, number {number}");
                let fault = Fault::new(what, "give the questions that were answered, in their order");
                each(quarantined(&place, fault, answer.raw.as_deref().unwrap_or_default()))?;
            }
        }
        Ok(())
    }
}

/// The path of a file without the ending of what packs it.
pub(super) fn unpacked(path: &str) -> &str {
    path.trim_end_matches(".zst").trim_end_matches(".gz")
}

/// The name of a file, and that of the folder it is in.
pub(super) fn named(path: &str) -> (&str, &str) {
    let mut parts = unpacked(path).rsplit('/');
    let file = parts.next().unwrap_or_default();
    (file, parts.next().unwrap_or_default())
}

/// A JSON text, or what Python prints of the same value.
pub(super) fn json_or_literal(text: &str) -> Option<Value> {
    parse_strict(text).ok().or_else(|| parse_literal(text).ok())
}

/// An answer that calls tools. Arguments that are no object make it malformed.
pub(super) fn calls_or_malformed(calls: Vec<ToolCall>, raw: &str) -> Candidate {
    let candidate = match calls.iter().find(|call| !call.arguments.is_object()) {
        Some(bad) => malformed(raw, format!("the arguments of \"{}\" are not an object", bad.name)),
        None => Candidate::calls(calls),
    };
    candidate.with_raw(raw)
}

/// An answer that cannot be read.
pub(super) fn malformed(raw: &str, why: impl Into<String>) -> Candidate {
    Candidate::new(Action::malformed(raw, why)).with_raw(raw)
}

/// What an assistant message does, as an answer.
pub(super) fn candidate(message: &Message) -> Candidate {
    let text = message.text();
    let action = match message.tool_calls.iter().find(|call| !call.arguments.is_object()) {
        Some(bad) => Action::malformed(
            bad.arguments.to_string(),
            format!("the arguments of \"{}\" are not a JSON object", bad.name),
        ),
        None if message.tool_calls.is_empty() => Action::Text(text.clone().into_owned()),
        None => Action::Calls(message.tool_calls.clone()),
    };
    let mut candidate = Candidate::new(action);
    if !message.tool_calls.is_empty() && !text.is_empty() {
        candidate = candidate.with_content(text.as_ref());
    }
    match message.extra.get(REASONING).and_then(Value::as_str) {
        Some(reasoning) => candidate.with_reasoning(reasoning),
        None => candidate,
    }
}
