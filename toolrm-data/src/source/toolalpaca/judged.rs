//! What two models did on the simulated APIs, as a language model judged it.

use std::collections::BTreeMap;

use serde_json::Value;
use toolrm_core::call::{Action, Candidate};

use super::action_of;
use crate::{
    error::{DataError, Fault, Place},
    input::parse_json,
    source::{
        Quarantined, Record, RecordedAnswer,
        calls::unwritten,
        fields::{Each, excerpt, items, members},
        published::stem,
    },
    spelling::{same_but_for_spelling, with_shared_arguments},
    tree::Tree,
};

const OUTPUTS: &str =
    "write the outputs as {API: [{\"input\": [{\"role\", \"content\"}], \"process_correctness\"}, ..]}";

/// The judgements, by API and instruction. Their numbers do not tell: lists from which one is missing are shifted.
#[derive(Debug, Default)]
pub(super) struct Judged(BTreeMap<(String, String), Vec<Judgement>>);

#[derive(Debug)]
struct Judgement {
    model: String,
    place: Place,
    /// Its place in the list of its API.
    number: usize,
    solution: String,
    verdict: Option<String>,
}

/// What the judge was shown.
struct Shown<'a> {
    instruction: &'a str,
    solution: &'a str,
}

impl Judged {
    /// Reads the files of outputs, each a model's, which is named by the file.
    pub(super) fn read(files: &Tree, each: Each<'_>) -> Result<Self, DataError> {
        let mut judged = Self::default();
        if files.is_file() {
            return Ok(judged);
        }
        let wanted = |path: &str| path.contains("evalution_outputs/") || path.contains("evaluation_outputs/");
        files.visit(wanted, |path, file| {
            let whole = file.place();
            let read = file.read_text().and_then(|(place, text)| parse_json(&place, &text));
            let by_api = read
                .map_err(|e| (e.place().clone(), e.fault().clone()))
                .and_then(|outputs| members(outputs, OUTPUTS).map_err(|fault| (whole.clone(), fault)));
            let by_api = match by_api {
                Ok(by_api) => by_api,
                Err((place, fault)) => return each(quarantined(place, fault, path)),
            };
            for (api, list) in by_api {
                if api == "statistics" {
                    continue;
                }
                let list = match items(list, OUTPUTS) {
                    Ok(list) => list,
                    Err(fault) => {
                        each(quarantined(whole.clone(), fault.under(&api), &api))?;
                        continue;
                    }
                };
                for (number, one) in list.into_iter().enumerate() {
                    if let Err(fault) = judged.add(&api, number, &one, stem(path), &whole) {
                        each(quarantined(whole.clone(), fault.under(number).under(&api), &one.to_string()))?;
                    }
                }
            }
            Ok::<_, DataError>(())
        })?;
        Ok(judged)
    }

    fn add(&mut self, api: &str, number: usize, judged: &Value, model: &str, place: &Place) -> Result<(), Fault> {
        let prompt = judged.pointer("/input/0/content").and_then(Value::as_str);
        let prompt = prompt.ok_or_else(|| Fault::new("a judgement that is not there", OUTPUTS).under("input"))?;
        let shown = shown(prompt).ok_or_else(|| {
            Fault::new("a judgement without the parts it is of", OUTPUTS).under("content").under(0).under("input")
        })?;
        let verdict = judged.get("process_correctness").and_then(Value::as_str).map(str::to_owned);
        let (model, solution) = (model.to_owned(), shown.solution.to_owned());
        let judgement = Judgement { model, place: place.clone(), number, solution, verdict };
        self.0.entry((api.to_owned(), shown.instruction.to_owned())).or_default().push(judgement);
        Ok(())
    }

    /// The answers to an instruction of an API, and the judgements that tell of none.
    pub(super) fn to(
        &mut self,
        api: &str,
        instruction: &str,
        gold: &Action,
    ) -> (Vec<RecordedAnswer>, Vec<Quarantined>) {
        let (mut answers, mut faults) = (Vec::new(), Vec::new());
        for judgement in self.0.remove(&(api.to_owned(), instruction.trim().to_owned())).unwrap_or_default() {
            match judgement.answer(gold) {
                Some(answer) => answers.push(answer),
                None => faults.push(judgement.quarantined(Fault::new("a solution without a first step", OUTPUTS), api)),
            }
        }
        (answers, faults)
    }

    /// Hands on the judgements of instructions that were not met.
    pub(super) fn hand_on_rest(self, each: Each<'_>) -> Result<(), DataError> {
        for ((api, _), judgements) in self.0 {
            for judgement in judgements {
                let what = "a judgement of what has no golden answer that can be read";
                each(Record::Quarantined(judgement.quarantined(Fault::new(what, "nothing: it has no gold"), &api)))?;
            }
        }
        Ok(())
    }
}

fn quarantined(place: Place, fault: Fault, text: &str) -> Record {
    Record::Quarantined(Quarantined { place, fault, excerpt: excerpt(text) })
}

impl Judgement {
    fn answer(&self, gold: &Action) -> Option<RecordedAnswer> {
        let (action, returned) = step(&self.solution)?;
        let published = match self.verdict.as_deref() {
            Some("Yes") if !refused(returned) => Some(true),
            Some("No") if departs(gold, &action) => Some(false),
            _ => None,
        };
        let answer = Candidate::new(action);
        Some(RecordedAnswer { step: 1, model: self.model.clone(), answer, published })
    }

    fn quarantined(&self, fault: Fault, api: &str) -> Quarantined {
        let (fault, excerpt) = (fault.under(self.number).under(api), excerpt(&self.solution));
        Quarantined { place: self.place.clone(), fault, excerpt }
    }
}

fn shown(prompt: &str) -> Option<Shown<'_>> {
    let (_, rest) = prompt.split_once("## Task Instruction\n")?;
    let (instruction, rest) = rest.split_once("## Standard Answer\n")?;
    let (_, rest) = rest.split_once("## AI Assistant's Solution\n")?;
    let solution = rest.rsplit_once("## Analysis").map_or(rest, |(solution, _)| solution);
    Some(Shown { instruction: instruction.trim(), solution })
}

/// The step numbered 1, and what was returned: `1. Function: NAME`, `Parameters: JSON`, `Retruns: ..`; or `1. Final Response: ..`.
fn step(solution: &str) -> Option<(Action, &str)> {
    let solution = solution.trim_start();
    if let Some(words) = solution.strip_prefix("1. Final Response:") {
        return Some((Action::Text(words.trim().to_owned()), ""));
    }
    let (name, rest) = solution.strip_prefix("1. Function: ")?.split_once("\nParameters: ")?;
    let (parameters, rest) = rest.split_once('\n').unwrap_or((rest, ""));
    let returned = rest.split("\n2. ").next().unwrap_or_default();
    let (name, parameters) = (name.trim().to_owned(), parameters.trim());
    let action = action_of(name.clone(), unwritten(parameters, OUTPUTS));
    let action = action.unwrap_or_else(|fault| Action::malformed(format!("{name} {parameters}"), fault.what));
    Some((action, returned))
}

/// Whether a tool did not take a call.
fn refused(returned: &str) -> bool {
    let lower = returned.to_lowercase();
    lower.contains("parameter type error") || lower.contains("status code: 4") || lower.contains("status code: 5")
}

/// Whether a first step is not the golden one. Optional arguments that only one of the two has say nothing about which is right.
fn departs(gold: &Action, step: &Action) -> bool {
    match (gold, step) {
        (Action::Text(_), Action::Text(_)) => false,
        (Action::Calls(_), Action::Calls(_)) => {
            let (gold, step) = with_shared_arguments(gold, step);
            !same_but_for_spelling(&gold, &step)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::call::ToolCall;

    use super::*;

    #[test]
    fn the_first_step_is_read_with_what_it_returned() {
        let solution = "1. Function: find\nParameters: {\"colour\": \"red\", \"page\": \"\"}\nRetruns: Status Code: 404.\n2. Function: x";
        let (action, returned) = step(solution).unwrap();
        assert_eq!(action.calls()[0].arguments, json!({"colour": "red"}));
        assert!(refused(returned));
        let asked = step("1. Function: getDetails\nParameters: {\"Question\": \"Which?\"}").unwrap();
        assert_eq!(asked.0, Action::Text("Which?".into()));
        assert!(step("1. Function: find\nParameters: {\"id\": ${id}}").unwrap().0.is_malformed());
        assert!(step("I cannot.").is_none());
    }

    #[test]
    fn more_or_less_than_the_gold_is_not_called_wrong() {
        let call = |arguments: Value| Action::Calls(vec![ToolCall::new("find", arguments)]);
        let gold = call(json!({"colour": "red"}));
        for (step, expected) in [
            (call(json!({"colour": "blue", "page": 2})), true),
            (call(json!({"page": 2})), false),
            (call(json!({"colour": "Red", "page": 2})), false),
            (Action::Text("Which?".into()), true),
            (Action::malformed("x", "y"), true),
        ] {
            assert_eq!(departs(&gold, &step), expected, "{step:?}");
        }
        assert!(
            departs(&Action::Text("Which?".into()), &gold)
                && !departs(&Action::Text("a".into()), &Action::Text("b".into()))
        );
    }
}
