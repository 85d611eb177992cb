//! The tasks of the recorded runs: the states their steps are taken in, the answers that were given there, and the trajectories that tell of
//! each state once.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use toolrm_core::{
    call::{Candidate, Role, ToolCall},
    canonical::Fingerprint,
};

use crate::{
    error::{Fault, Place},
    source::{RecordedAnswer, Trajectory, dialogue::Dialogue},
};

/// What the calls of a step returned, one text for each, by key.
pub(super) type Results = HashMap<String, Box<[String]>>;

/// A task: what was asked, and what models did. Answers that are written the same are held once.
#[derive(Debug)]
pub(super) struct Task {
    query: String,
    states: Vec<State>,
    known: HashMap<Fingerprint, usize>,
    calls: Vec<Vec<ToolCall>>,
    known_calls: HashMap<Fingerprint, usize>,
    runs: Vec<Run>,
}

/// Where some calls are still to be made.
#[derive(Debug)]
struct State {
    /// Where it was met first.
    place: Place,
    /// What was answered: by which run, with which calls, and whether each of them is one that is to be made.
    given: Vec<(usize, usize, bool)>,
}

impl State {
    /// Why no trajectory tells of it.
    fn untold(&self) -> Fault {
        if self.given.iter().any(|(_, _, right)| *right) {
            let what = "a state of a task that is only met behind calls whose results are not known";
            return Fault::new(what, "give the results");
        }
        Fault::new("a state of a task in which no recorded answer is right", "nothing: it has no gold")
    }
}

/// What one model did.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) place: Place,
    pub(super) model: String,
    pub(super) succeeded: bool,
    pub(super) steps: Vec<Step>,
}

/// One step of a run.
#[derive(Debug)]
pub(super) struct Step {
    state: usize,
    calls: usize,
    right: bool,
    /// The key of what the calls returned.
    returned: Option<String>,
}

impl Task {
    pub(super) fn new(query: String) -> Self {
        let (states, known, calls, known_calls) = (Vec::new(), HashMap::new(), Vec::new(), HashMap::new());
        Self { query, states, known, calls, known_calls, runs: Vec::new() }
    }

    /// A step as it was taken: where these calls were open, with these calls.
    pub(super) fn step(
        &mut self,
        open: &[ToolCall],
        calls: Vec<ToolCall>,
        right: bool,
        returned: Option<String>,
        place: &Place,
    ) -> Step {
        let mut fingerprints: Vec<_> = open.iter().map(Fingerprint::of_call).collect();
        fingerprints.sort_unstable();
        let key = Fingerprint::of(fingerprints.iter().map(Fingerprint::as_bytes));
        let states = &mut self.states;
        let state = *self.known.entry(key).or_insert_with(|| {
            states.push(State { place: place.clone(), given: Vec::new() });
            states.len() - 1
        });
        // Byte for byte, not by meaning: a recorded answer is told as it was given.
        let written: Vec<String> = calls.iter().flat_map(|c| [c.name.clone(), c.arguments.to_string()]).collect();
        let all = &mut self.calls;
        let calls = *self.known_calls.entry(Fingerprint::of(written)).or_insert_with(|| {
            all.push(calls);
            all.len() - 1
        });
        Step { state, calls, right, returned }
    }

    /// A run whose steps are of this task.
    pub(super) fn add(&mut self, run: Run) {
        for step in &run.steps {
            if let Some(state) = self.states.get_mut(step.state) {
                state.given.push((self.runs.len(), step.calls, step.right));
            }
        }
        self.runs.push(run);
    }

    /// Trajectories that tell of each state once in which some answer is right, and where the other states were met and why they are not
    /// told of.
    ///
    /// A trajectory follows a run. First come the runs that succeeded, then those with the fewest wrong steps; in a later trajectory, the
    /// steps of earlier ones are context.
    pub(super) fn trajectories(
        &self,
        id: &str,
        tools: &Value,
        results: &Results,
    ) -> (Vec<Trajectory>, Vec<(Place, Fault)>) {
        let mut order: Vec<&Run> = self.runs.iter().collect();
        order.sort_by_cached_key(|run| {
            let wrong = run.steps.iter().filter(|step| !step.right).count();
            (!run.succeeded, wrong, run.steps.len(), run.model.clone())
        });
        let mut told: BTreeSet<usize> = BTreeSet::new();
        let mut trajectories = Vec::new();
        for run in order {
            let id = if trajectories.is_empty() { id.to_owned() } else { format!("{id}.{}", trajectories.len() + 1) };
            trajectories.extend(self.followed(run, id, tools, &mut told, results));
        }
        let untold = self.states.iter().enumerate().filter(|(state, _)| !told.contains(state));
        (trajectories, untold.map(|(_, state)| (state.place.clone(), state.untold())).collect())
    }

    /// The trajectory that follows a run up to its last right step in a state that was not told of.
    fn followed(
        &self,
        run: &Run,
        id: String,
        tools: &Value,
        told: &mut BTreeSet<usize>,
        results: &Results,
    ) -> Option<Trajectory> {
        // Nothing can be told behind a step whose results are not known.
        let unknown = run.steps.iter().position(|step| self.returned(step, results).is_none());
        let reach = unknown.map_or(run.steps.len(), |at| at + 1);
        let new = |step: &Step| step.right && !told.contains(&step.state);
        let last = run.steps.iter().take(reach).rposition(new)?;
        let mut dialogue = Dialogue::default();
        dialogue.say(Role::User, self.query.as_str());
        let (mut context_only, mut answers) = (Vec::new(), Vec::new());
        for step in run.steps.iter().take(last + 1) {
            let at = dialogue.len();
            if step.right && told.insert(step.state) {
                answers.extend(self.answers(step.state, at));
            } else {
                context_only.push(at);
            }
            dialogue.call(self.calls.get(step.calls)?.clone(), None);
            for result in self.returned(step, results).into_iter().flatten() {
                dialogue.result(result.as_str());
            }
        }
        let mut trajectory = Trajectory::new(id, run.place.clone(), tools.clone(), dialogue.into_messages());
        (trajectory.context_only, trajectory.answers) = (context_only, answers);
        trajectory.metadata.insert("followed".into(), run.model.as_str().into());
        Some(trajectory)
    }

    /// What was answered in a state, in the order of the runs.
    fn answers(&self, state: usize, step: usize) -> impl Iterator<Item = RecordedAnswer> + '_ {
        let given = self.states.get(state).map(|state| state.given.as_slice()).unwrap_or_default();
        given.iter().filter_map(move |(run, calls, right)| {
            let model = self.runs.get(*run)?.model.clone();
            let answer = Candidate::calls(self.calls.get(*calls)?.clone());
            Some(RecordedAnswer { step, model, answer, published: Some(*right) })
        })
    }

    /// What the calls of a step returned, one text for each.
    fn returned<'r>(&self, step: &Step, results: &'r Results) -> Option<&'r [String]> {
        let results = results.get(step.returned.as_ref()?)?;
        let calls = self.calls.get(step.calls)?;
        (calls.len() == results.len()).then_some(results)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::call::Message;

    use super::*;

    fn said(messages: &[Message]) -> Vec<String> {
        let one = |message: &Message| match message.tool_calls.first() {
            Some(call) => format!("{}{}", call.name, call.arguments),
            None => message.text().into_owned(),
        };
        messages.iter().map(one).collect()
    }

    fn call(n: i64) -> ToolCall {
        ToolCall::new("f", json!({"n": n}))
    }

    /// What is open, what is called, what came of it.
    type Taken<'a> = (&'a [i64], i64, &'a str);

    /// A task on which two calls are to be made, one after the other; each run is its model, whether it succeeded, and its steps.
    fn task(runs: &[(&str, bool, &[Taken<'_>])]) -> Task {
        let mut task = Task::new("Go.".into());
        for (model, succeeded, steps) in runs {
            let steps = steps
                .iter()
                .map(|(open, called, returned)| {
                    let open: Vec<_> = open.iter().map(|n| call(*n)).collect();
                    let right = open.contains(&call(*called));
                    let returned = (!returned.is_empty()).then(|| (*returned).to_owned());
                    task.step(&open, vec![call(*called)], right, returned, &Place::new("t").at_line(1))
                })
                .collect();
            task.add(Run { place: Place::new("t"), model: (*model).into(), succeeded: *succeeded, steps });
        }
        task
    }

    fn results() -> Results {
        let list = |results: &[&str]| results.iter().map(|result| (*result).to_owned()).collect();
        Results::from([("r".to_owned(), list(&["{\"ok\":1}"])), ("two".to_owned(), list(&["1", "2"]))])
    }

    #[test]
    fn each_state_is_told_once_with_all_its_answers() {
        let task = task(&[
            ("wrong", false, &[(&[1, 2], 9, "r"), (&[1, 2], 1, "r"), (&[3], 3, "")]),
            ("good", true, &[(&[1, 2], 1, "r"), (&[2], 2, "r")]),
            ("late", false, &[(&[2, 1], 2, "r"), (&[2], 8, "")]),
        ]);
        let (trajectories, untold) = task.trajectories("T-1", &json!([]), &results());
        assert_eq!((trajectories.len(), untold.len()), (2, 0));
        let [first, second] = &trajectories[..] else { panic!() };
        assert_eq!(said(&first.messages), ["Go.", "f{\"n\":1}", "{\"ok\":1}", "f{\"n\":2}", "{\"ok\":1}"]);
        let given = |t: &Trajectory| -> Vec<(usize, String, Option<bool>)> {
            t.answers.iter().map(|a| (a.step, a.model.clone(), a.published)).collect()
        };
        assert_eq!(
            given(first),
            [
                (1, "wrong".into(), Some(false)),
                (1, "wrong".into(), Some(true)),
                (1, "good".into(), Some(true)),
                (1, "late".into(), Some(true)),
                (3, "good".into(), Some(true)),
                (3, "late".into(), Some(false)),
            ]
        );
        // The run that made a mistake got to a state of its own.
        assert_eq!((second.id.as_str(), second.context_only.clone()), ("T-1.2", vec![1, 3]));
        assert_eq!(
            (second.steps().collect::<Vec<_>>(), given(second)),
            (vec![5], vec![(5, "wrong".into(), Some(true))])
        );
    }

    #[test]
    fn a_state_without_a_right_answer_has_no_trajectory() {
        let task = task(&[("wrong", false, &[(&[1], 9, "r")])]);
        let (trajectories, untold) = task.trajectories("T-1", &json!([]), &results());
        assert_eq!((trajectories.len(), untold.len()), (0, 1));
    }

    #[test]
    fn nothing_is_told_behind_results_that_are_not_there() {
        for missing in ["", "two", "unheard of"] {
            let task = task(&[("good", true, &[(&[1, 2], 1, missing), (&[2], 2, "r")])]);
            let (trajectories, untold) = task.trajectories("T-1", &json!([]), &results());
            assert_eq!((said(&trajectories[0].messages).len(), untold.len()), (2, 1), "{missing}");
            assert!(untold[0].1.what.contains("results are not known"), "{missing}: {untold:?}");
        }
    }
}
