//! The leaderboard's AST checker: is this answer among the accepted ones, and if not, what is wrong with it?
//!
//! Gives the verdicts and the error types of the `ast_checker` of bfcl-eval 2026.3.23 (Apache-2.0), and those of the two steps its
//! runner takes before: whether the answer could be decoded, and whether what was decoded has the form of calls. Where that
//! checker breaks off with an exception, this one returns [`Unchecked`]. The few places where the two differ are listed in
//! `docs/ERRATA.md`.
//!
//! What depends on the question alone (types, standardised strings, the names looked for) is prepared once, in [`Checker::new`].
//!
//! ```
//! use serde_json::json;
//! use toolrm_bench::bfcl::{category::Category, checker::{Checker, ErrorType}};
//! let docs = json!([{"name": "area", "parameters": {"type": "dict", "properties": {
//!     "base": {"type": "integer"}, "unit": {"type": "string"},
//! }, "required": ["base"]}}]);
//! let accepted = json!([{"area": {"base": [10], "unit": ["cm", "centimeters", ""]}}]);
//! let checker = Checker::new(Category::SimplePython, &docs, &accepted, false)?;
//!
//! assert!(checker.check(&json!([{"area": {"base": 10}}]))?.valid);
//! assert!(checker.check(&json!([{"area": {"base": 10, "unit": "Centi-Meters"}}]))?.valid);
//!
//! let wrong = json!([{"area": {"base": 10, "unit": "mm"}}]);
//! assert_eq!(checker.check(&wrong)?.error_type, Some(ErrorType::Text));
//! assert_eq!(checker.explain(&wrong)?.errors, [
//!     "Invalid value for parameter 'unit': 'mm'. Expected one of ['cm', 'centimeters', '']. Case insensitive."
//! ]);
//! # Ok::<(), toolrm_bench::bfcl::checker::Unchecked>(())
//! ```

mod accepted;
mod answer;
mod dicts;
mod error_type;
mod java;
mod javascript;
mod parallel;
mod params;
mod python;
mod repr;
mod simple;
mod source_text;
mod standard;
mod stop;
mod unchecked;

use std::{iter, slice};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toolrm_core::score::pointer_token;

pub use self::{
    answer::Answer,
    error_type::{ErrorType, UnknownErrorType},
    unchecked::{Part, Unchecked},
};
use self::{
    simple::Goal,
    stop::{Check, Notes, Stop, wrong},
};
use super::category::Category;

/// What the checker says about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether it is accepted.
    pub valid: bool,
    /// What is wrong with it; `None` just when it is accepted.
    pub error_type: Option<ErrorType>,
}

/// A verdict, in words as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What is wrong: texts, and where several calls are due an object for every call that was tried in vain.
    pub errors: Vec<Value>,
}

/// Checks the answers to one question.
#[derive(Debug)]
pub struct Checker {
    due: Due,
}

/// What a right answer does.
#[derive(Debug)]
enum Due {
    /// It makes no call.
    NoCall,
    /// It makes some call.
    SomeCall,
    /// It makes this call. Of the calls accepted, of which there should be one, the first counts.
    Call { goal: Goal, count: usize, wrong_count: ErrorType },
    /// It makes these calls, in any order.
    Calls(Vec<Goal>),
}

impl Checker {
    /// Prepares the checks of a question: its function docs as the leaderboard's files have them, and its accepted answers
    /// (`ground_truth`). Where it only matters whether a call is made, neither is read.
    ///
    /// `underscore_to_dot`: whether the model was shown the names of functions with underscores for dots, and calls them so.
    ///
    /// # Errors
    /// When no answer to the question can be checked: docs or accepted answers are not of their form, or the category is one of
    /// dialogues. That a parameter's type is unknown is only said when the parameter is given.
    pub fn new(
        category: Category,
        functions: &Value,
        ground_truth: &Value,
        underscore_to_dot: bool,
    ) -> Result<Self, Unchecked> {
        let functions = functions.as_array().map_or(slice::from_ref(functions), Vec::as_slice);
        let goal = |docs: &Docs<'_>, accepted: &AcceptedCall<'_>| {
            Goal::new(docs, accepted, category.language(), underscore_to_dot)
        };
        let due = match category {
            Category::Irrelevance | Category::LiveIrrelevance => Due::NoCall,
            Category::LiveRelevance => Due::SomeCall,
            Category::SimplePython | Category::SimpleJava | Category::SimpleJavascript | Category::LiveSimple => {
                let (first, _) = accepted_calls(ground_truth)?;
                let goal = goal(&first_docs(functions)?, &first)?;
                Due::Call { goal, count: 1, wrong_count: ErrorType::WrongCountSimple }
            }
            Category::Multiple | Category::LiveMultiple => {
                let (first, others) = accepted_calls(ground_truth)?;
                let goal = goal(&docs_of(functions, first.name)?, &first)?;
                Due::Call { goal, count: 1 + others.len(), wrong_count: ErrorType::WrongCountMultiple }
            }
            Category::Parallel
            | Category::ParallelMultiple
            | Category::LiveParallel
            | Category::LiveParallelMultiple => {
                let (first, others) = accepted_calls(ground_truth)?;
                let all = iter::once(&first).chain(&others);
                Due::Calls(all.map(|call| goal(&docs_of(functions, call.name)?, call)).collect::<Result<_, _>>()?)
            }
            Category::MultiTurnBase
            | Category::MultiTurnMissFunc
            | Category::MultiTurnMissParam
            | Category::MultiTurnLongContext => {
                let message = format!("{category} is judged by what the calls do, not by comparing them");
                return Err(Unchecked::new(Part::GroundTruth, "", message));
            }
        };
        Ok(Self { due })
    }

    /// The verdict on an answer.
    ///
    /// # Errors
    /// Where the official checker breaks off with an exception.
    pub fn check<'a>(&self, answer: impl Into<Answer<'a>>) -> Result<Verdict, Unchecked> {
        Verdict::of(self.run(answer.into(), &mut ()))
    }

    /// The verdict on an answer, with what is wrong in words, as the leaderboard words it.
    ///
    /// # Errors
    /// Where the official checker breaks off with an exception.
    pub fn explain<'a>(&self, answer: impl Into<Answer<'a>>) -> Result<Explanation, Unchecked> {
        let answer = answer.into();
        let mut notes = Vec::new();
        let verdict = Verdict::of(self.run(answer, &mut notes))?;
        let errors = match &self.due {
            Due::Calls(goals) if verdict.error_type == Some(ErrorType::NoMatch) => parallel::explain(goals, answer)?,
            _ => notes.into_iter().map(Value::from).collect(),
        };
        Ok(Explanation { verdict, errors })
    }

    fn run(&self, answer: Answer<'_>, notes: &mut impl Notes) -> Check {
        match &self.due {
            Due::NoCall if answer.makes_a_call() => {
                notes.note(|| "Valid syntax. Successfully decode AST when it should not.".to_owned());
                wrong(ErrorType::UnwantedCall)
            }
            Due::SomeCall if !answer.makes_a_call() => {
                notes.note(|| "Invalid syntax. Failed to decode AST when it should have.".to_owned());
                wrong(ErrorType::NoCall)
            }
            Due::NoCall | Due::SomeCall => Ok(()),
            Due::Call { goal, count, wrong_count } => {
                let items = answer.items(*count, *wrong_count, notes)?;
                items.get(0).map_or(Ok(()), |item| goal.check(item, notes).map_err(|stop| stop.of_call(0)))
            }
            Due::Calls(goals) => {
                parallel::check(goals, answer.items(goals.len(), ErrorType::WrongCountParallel, notes)?)
            }
        }
    }
}

impl Verdict {
    fn of(check: Check) -> Result<Self, Unchecked> {
        match check {
            Ok(()) => Ok(Self { valid: true, error_type: None }),
            Err(Stop::Wrong(error)) => Ok(Self { valid: false, error_type: Some(error) }),
            Err(Stop::Unchecked(unchecked)) => Err(*unchecked),
        }
    }
}

/// A part of the question, and the pointer to it.
#[derive(Debug)]
struct Docs<'a> {
    of: &'a Value,
    at: String,
}

/// An accepted call: `{name: {parameter: [accepted values]}}`, and the pointer to its arguments.
#[derive(Debug)]
struct AcceptedCall<'a> {
    name: &'a str,
    arguments: &'a Value,
    at: String,
}

/// The accepted calls, at least one.
fn accepted_calls(ground_truth: &Value) -> Result<(AcceptedCall<'_>, Vec<AcceptedCall<'_>>), Unchecked> {
    fn read((i, call): (usize, &Value)) -> Result<AcceptedCall<'_>, Unchecked> {
        let first = call.as_object().into_iter().flatten().next();
        let (name, arguments) = first.ok_or_else(|| {
            Unchecked::new(
                Part::GroundTruth,
                format!("/{i}"),
                "expected a call, {name: {parameter: [accepted values]}}",
            )
        })?;
        Ok(AcceptedCall { name, arguments, at: format!("/{i}/{}", pointer_token(name)) })
    }
    let calls = ground_truth.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut calls = calls.iter().enumerate().map(read);
    let none = || Unchecked::new(Part::GroundTruth, "", "expected a list of accepted calls, at least one");
    let first = calls.next().ok_or_else(none)??;
    Ok((first, calls.collect::<Result<_, _>>()?))
}

fn first_docs(functions: &[Value]) -> Result<Docs<'_>, Unchecked> {
    let first = functions.first().map(|of| Docs { of, at: "/0".to_owned() });
    first.ok_or_else(|| Unchecked::new(Part::Functions, "", "expected a list of function docs, at least one"))
}

fn docs_of<'a>(functions: &'a [Value], name: &str) -> Result<Docs<'a>, Unchecked> {
    let named = |docs: &Value| docs.get("name").and_then(Value::as_str) == Some(name);
    let place = functions.iter().position(named);
    let docs = place.and_then(|i| Some(Docs { of: functions.get(i)?, at: format!("/{i}") }));
    docs.ok_or_else(|| {
        Unchecked::new(Part::Functions, "", format!("no docs of \"{name}\", the function of an accepted call"))
    })
}
