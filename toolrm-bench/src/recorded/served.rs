//! Names as they were served: some APIs allow no dot in a tool's name, and their models saw `spotify_play` for `spotify.play`.

use std::collections::{BTreeMap, BTreeSet};

use toolrm_core::{call::Action, toolset::Toolset};
use toolrm_data::Fault;

use super::Recording;
use crate::bfcl::question::Questions;

/// Which models were served names with underscores for dots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    counts: BTreeMap<String, Counts>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    dotted: u64,
    underscored: u64,
}

impl Served {
    /// Looks at all answers to known questions.
    ///
    /// # Errors
    /// When the function documents of a question are no tools.
    pub fn of(answers: &[Recording], questions: &Questions) -> Result<Self, Fault> {
        let mut served = Self::default();
        for recording in answers {
            if let Some(question) = questions.get(&recording.id) {
                served.look_at(&recording.model, &recording.answer.action, &*question.toolset()?);
            }
        }
        Ok(served)
    }

    /// Looks at an answer of a model: a call of a tool with a dot in its name shows how the model was served that name.
    pub fn look_at(&mut self, model: &str, answer: &Action, tools: &Toolset) {
        if answer.calls().is_empty() || !has_dots(tools) {
            return;
        }
        let counts = self.counts.entry(model.to_owned()).or_default();
        for call in answer.calls() {
            if tools.get(&call.name).is_some() {
                counts.dotted += u64::from(call.name.contains('.'));
            } else if documented(tools, &call.name).is_some() {
                counts.underscored += 1;
            }
        }
    }

    /// Whether a model's own calls show that it was served underscores: more of them have underscores than dots.
    pub fn underscores(&self, model: &str) -> bool {
        self.counts.get(model).is_some_and(|counts| counts.underscored > counts.dotted)
    }

    /// The models that were served underscores.
    pub fn models(&self) -> BTreeSet<&str> {
        self.counts.keys().map(String::as_str).filter(|model| self.underscores(model)).collect()
    }
}

/// Whether any tool has a dot in its name.
pub(crate) fn has_dots(tools: &Toolset) -> bool {
    tools.names().any(|name| name.contains('.'))
}

/// The action with documented names for served ones.
pub fn documented_calls(mut action: Action, tools: &Toolset) -> Action {
    if let Action::Calls(calls) = &mut action {
        for call in calls.iter_mut().filter(|call| tools.get(&call.name).is_none()) {
            if let Some(name) = documented(tools, &call.name) {
                call.name = name.to_owned();
            }
        }
    }
    action
}

/// The dotted name that was served as `name`.
fn documented<'t>(tools: &'t Toolset, name: &str) -> Option<&'t str> {
    tools.names().find(|known| known.contains('.') && known.replace('.', "_") == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::call::{Tool, ToolCall};

    use super::*;

    #[test]
    fn the_calls_of_a_model_show_how_names_were_served() {
        let tools = Toolset::new(vec![Tool::new("a.b_c", json!({})), Tool::new("d_e", json!({}))]).unwrap();
        let calls = |names: &[&str]| Action::Calls(names.iter().map(|n| ToolCall::new(*n, json!({}))).collect());
        let mut served = Served::default();
        served.look_at("api", &calls(&["a_b_c", "a_b_c", "d_e"]), &tools);
        served.look_at("api", &calls(&["a.b_c"]), &tools);
        served.look_at("text", &calls(&["a.b_c", "d_e"]), &tools);
        assert_eq!(served.models(), BTreeSet::from(["api"]));
        assert_eq!(documented_calls(calls(&["a_b_c", "d_e", "x_y"]), &tools), calls(&["a.b_c", "d_e", "x_y"]));
    }
}
