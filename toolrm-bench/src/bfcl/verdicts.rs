//! Recorded verdicts of the official checker, and how often ours are the same.

use std::collections::{BTreeMap, btree_map::Entry};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toolrm_data::{DataError, Fault, input::Input};

use super::{
    category::Category,
    checker::{Answer, Checker, ErrorType},
};

/// A recorded verdict: one line of a file of verdicts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Recorded {
    /// The category of the question.
    #[serde(deserialize_with = "of_any_version")]
    pub category: Category,
    /// The question.
    pub id: String,
    /// What was handed to the official checker; null for an answer that could not be decoded.
    pub calls: Value,
    /// Whether the model was shown names with underscores for dots.
    #[serde(default)]
    pub underscore_to_dot: bool,
    /// Whether the answer is right.
    pub valid: bool,
    /// What is wrong with it, by the official code.
    pub error_type: Option<String>,
}

const SHAPE: &str = "write {\"category\", \"id\", \"calls\", \"valid\", \"error_type\", ..}";

impl Recorded {
    /// Reads a line of a file of verdicts.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(line: &str) -> Result<Self, Fault> {
        let fault = |what: String| Fault::new(format!("no recorded verdict: {what}"), SHAPE);
        let recorded: Self = serde_json::from_str(line).map_err(|e| fault(e.to_string()))?;
        if recorded.valid == recorded.error_type.is_some() {
            return Err(fault("\"error_type\" must be null where \"valid\" is true, and only there".into()));
        }
        Ok(recorded)
    }
}

fn of_any_version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Category, D::Error> {
    Category::from_any_version(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// What a question gives the checker.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "made by the caller, from whatever holds the questions")]
pub struct Question<'a> {
    /// The function docs as the leaderboard's files have them.
    pub functions: &'a Value,
    /// The accepted answers (`ground_truth`); `None` for a question that has none because no call is compared.
    pub ground_truth: Option<&'a Value>,
}

/// How often our verdicts are the recorded ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Agreement {
    /// Over all categories.
    #[serde(flatten)]
    pub all: Counts,
    /// By category.
    pub categories: BTreeMap<Category, Counts>,
    /// The verdicts that differ, in the order of the file.
    pub disagreements: Vec<Disagreement>,
}

/// How many verdicts, and how many of them agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Recorded verdicts.
    pub total: usize,
    /// Those where both say right, or both say wrong.
    pub agree_valid: usize,
    /// Those where both name the same error type, or both none.
    pub agree_error_type: usize,
}

/// A recorded verdict that is not ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Disagreement {
    /// The line in the file, from 1.
    pub line: u64,
    /// The question.
    pub id: String,
    /// Its category.
    pub category: Category,
    /// The answer.
    pub calls: Value,
    /// The recorded verdict.
    pub official: Side,
    /// Ours.
    pub ours: Side,
}

/// A verdict, of whomever.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Side {
    /// Whether the answer is right; `None` where there is no verdict.
    pub valid: Option<bool>,
    /// What is wrong with it, by the official code.
    pub error_type: Option<String>,
    /// What is wrong, in words; of ours only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
}

/// Checks the recorded answers of a file again. `questions` finds a question by its id; `seen` is told the line after each record, for
/// progress.
///
/// Answers are checked as they were when recorded: not looked at for their form before ([`Answer::unscreened`]).
///
/// # Errors
/// At the first line that is no recorded verdict, or whose question is missing or broken.
pub fn compare<'q>(
    mut input: Input,
    questions: impl Fn(&str) -> Option<Question<'q>>,
    mut seen: impl FnMut(u64),
) -> Result<Agreement, DataError> {
    let mut agreement = Agreement::default();
    let mut checkers: BTreeMap<(Category, String, bool), Checker> = BTreeMap::new();
    while let Some((place, text)) = input.next_line()? {
        let recorded = Recorded::read(text).map_err(|fault| place.error(fault))?;
        let key = (recorded.category, recorded.id.clone(), recorded.underscore_to_dot);
        let checker = match checkers.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(checker(&recorded, &questions).map_err(|fault| place.error(fault))?),
        };
        let line = place.line.unwrap_or_default();
        agreement.add(line, recorded, checker);
        seen(line);
    }
    Ok(agreement)
}

fn checker<'q>(recorded: &Recorded, questions: &impl Fn(&str) -> Option<Question<'q>>) -> Result<Checker, Fault> {
    let id = &recorded.id;
    let missing = || Fault::new(format!("question \"{id}\" is not among those loaded"), "load the files that hold it");
    let question = questions(id).ok_or_else(missing)?;
    let ground_truth = question.ground_truth.unwrap_or(&Value::Null);
    Checker::new(recorded.category, question.functions, ground_truth, recorded.underscore_to_dot)
        .map_err(|e| Fault::new(format!("question \"{id}\": {e}"), "correct the question"))
}

impl Agreement {
    /// Checks one answer, and counts it.
    fn add(&mut self, line: u64, recorded: Recorded, checker: &Checker) {
        let verdict = checker.check(Answer::unscreened(&recorded.calls)).ok();
        let valid = verdict.map(|verdict| verdict.valid);
        let error_type = verdict.and_then(|verdict| verdict.error_type);
        let same_valid = valid == Some(recorded.valid);
        let same_error = valid.is_some() && error_type.map(ErrorType::code) == recorded.error_type.as_deref();
        for counts in [&mut self.all, self.categories.entry(recorded.category).or_default()] {
            counts.total += 1;
            counts.agree_valid += usize::from(same_valid);
            counts.agree_error_type += usize::from(same_error);
        }
        if same_valid && same_error {
            return;
        }
        let error = match checker.explain(Answer::unscreened(&recorded.calls)) {
            Ok(explanation) => Value::Array(explanation.errors),
            Err(unchecked) => unchecked.to_string().into(),
        };
        let error_type = error_type.map(|error| error.code().to_owned());
        self.disagreements.push(Disagreement {
            line,
            id: recorded.id,
            category: recorded.category,
            calls: recorded.calls,
            official: Side { valid: Some(recorded.valid), error_type: recorded.error_type, error: None },
            ours: Side { valid, error_type, error: Some(error) },
        });
    }
}
