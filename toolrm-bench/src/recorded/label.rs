//! Labels of recorded answers, by our own checker and today's accepted answers.

use std::collections::HashMap;

use serde_json::Value;
use toolrm_core::{call::Action, toolset::Toolset};

use super::served::has_dots;
use crate::bfcl::{checker::Checker, question::Question};

/// Whether an answer is right, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// Whether the checker passes it.
    pub right: bool,
    /// What is wrong with it, by the checker's codes; `None` just when it is right.
    pub error_type: Option<String>,
}

/// Labels the answers to one question. The same answer is checked once, however many models gave it.
#[derive(Debug)]
pub struct Labeller<'q> {
    question: &'q Question,
    dotted: bool,
    /// For names as documented, and for names served with underscores.
    checkers: [Option<Result<Checker, String>>; 2],
    labels: HashMap<(String, bool), Result<Label, String>>,
}

impl<'q> Labeller<'q> {
    /// A labeller for a question; `tools` are the question's.
    pub fn new(question: &'q Question, tools: &Toolset) -> Self {
        Self { question, dotted: has_dots(tools), checkers: [None, None], labels: HashMap::new() }
    }

    /// The label of an answer; `underscored` says whether its model was served names with underscores for dots.
    ///
    /// # Errors
    /// Why the checker has no verdict.
    pub fn label(&mut self, action: &Action, underscored: bool) -> Result<Label, String> {
        let underscored = underscored && self.dotted;
        let spelled = match action {
            Action::Calls(calls) => serde_json::to_string(calls).unwrap_or_default(),
            // Neither words nor broken calls are calls: the checker looks no further.
            _ => String::new(),
        };
        if let Some(label) = self.labels.get(&(spelled.clone(), underscored)) {
            return label.clone();
        }
        let label = self.fresh(action, underscored);
        self.labels.insert((spelled, underscored), label.clone());
        label
    }

    fn fresh(&mut self, action: &Action, underscored: bool) -> Result<Label, String> {
        let question = self.question;
        let [plain, under] = &mut self.checkers;
        let checker = if underscored { under } else { plain }.get_or_insert_with(|| {
            let gold = question.gold.as_ref().unwrap_or(&Value::Null);
            Checker::new(question.category, &question.functions, gold, underscored).map_err(|e| e.to_string())
        });
        let verdict = checker.as_ref().map_err(Clone::clone)?.check(action).map_err(|e| e.to_string())?;
        Ok(Label { right: verdict.valid, error_type: verdict.error_type.map(|error| error.code().to_owned()) })
    }
}
