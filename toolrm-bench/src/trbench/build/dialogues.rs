//! Pairs of `multi_turn_base`: the turn at which a run went wrong.
//!
//! # What the label rests on
//! Several turns are judged by what the calls do to stateful tools, which are not run here: the label is the one the run's own score
//! file published. It names the turn after which the state, or the results, were no longer those of the gold; the checker stops
//! there, so the turns before had passed. The context of the pair is that run up to that turn, with its own calls and their results,
//! and the question's message of that turn; rejected are all calls of the run in that turn, in order.
//!
//! Chosen are the calls of that turn of a run that passed whole, or those of the gold.
//!
//! # Where it is weak
//! - A chosen turn was right after the turns of its own run. What the checker compares was the same at that point; what it does not see
//!   may differ. Of that, the working folder is followed, and a pair is made only when it is the same; other things a run learned
//!   from its own lookups are not.
//! - The calls of a turn are shown as one action, though a model saw results between them.
//! - A run can fail a turn for leaving out a lookup whose result the gold has, without any harm done.

use std::collections::BTreeMap;

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, Message, ToolCall},
    canonical::Fingerprint,
    task::Task,
    toolset::Toolset,
};
use toolrm_data::Fault;

use super::{
    answers::{Author, in_style},
    pick::{Offer, Offers, Uses, draw, least, pick},
    single::{Fate, is_heads, number},
};
use crate::{
    bfcl::{
        category::Language,
        question::{Question, Questions},
    },
    recorded::{Decoder, Dialogue, DialogueTurn},
    trbench::{BuildOptions, ChosenFrom, Pair},
};

/// The pairs of all runs, and what became of every run.
pub(super) fn pairs(
    dialogues: &[Dialogue],
    questions: &Questions,
    options: &BuildOptions,
) -> Result<(Vec<Pair>, Fate), Fault> {
    let mut fate = Fate::new();
    let mut note = |why: &str, count: usize| {
        if count > 0 {
            *fate.entry(why.to_owned()).or_default() += count as u64;
        }
    };
    let mut offers = Vec::new();
    for runs in dialogues.chunk_by(|a, b| a.id == b.id) {
        let Some(question) = runs.first().and_then(|run| questions.get(&run.id)) else { continue };
        let passed = Passed::new(question, runs)?;
        let mut list: Vec<Offer<Failure>> = Vec::new();
        for run in runs {
            match passed.failure(run)? {
                Ok(failure) => match list.iter_mut().find(|known| known.key == failure.key) {
                    Some(known) => {
                        known.authors.extend(failure.authors);
                        note("did the same as another run", 1);
                    }
                    None => list.push(failure),
                },
                Err(why) => note(why, 1),
            }
        }
        offers.push(Offers { question: question.id.clone(), room: options.per_question, list });
    }
    let picked = pick(&mut offers, usize::MAX, options.seed, &mut Uses::default());
    note("more than the pairs of one question", offers.iter().map(|offers| offers.list.len()).sum());
    note("used", picked.len());
    let mut uses = Uses::default();
    let mut pairs: Vec<Pair> = picked
        .into_iter()
        .filter_map(|picked| {
            let (chosen, from) = picked.what.choose(options, &mut uses)?;
            let mut pair = Pair::new(picked.what.task.clone(), chosen, picked.what.rejected);
            pair.question_id = picked.what.question;
            pair.category = picked.what.category;
            (pair.error_type, pair.chosen_from) = (picked.error_type, from);
            pair.rejected_from = picked.author.model.to_string();
            Some(pair)
        })
        .collect();
    number(&mut pairs, "");
    Ok((pairs, fate))
}

/// A run's turn that went wrong, and what could have been done instead.
struct Failure {
    question: String,
    category: String,
    task: Task,
    rejected: Candidate,
    gold: Option<Candidate>,
    recorded: Vec<(Fingerprint, Vec<Author>, Candidate)>,
}

impl Failure {
    fn choose(&self, options: &BuildOptions, uses: &mut Uses) -> Option<(Candidate, String)> {
        let gold_first = match options.chosen {
            ChosenFrom::Gold => true,
            ChosenFrom::ModelRight => false,
            ChosenFrom::Mixed => {
                is_heads(&draw(options.seed, ["gold", &self.question, &self.task.fingerprint().to_string()]))
            }
        };
        let gold = || self.gold.clone().map(|gold| (gold, "gold".to_owned()));
        if gold_first && let Some(gold) = gold() {
            return Some(gold);
        }
        let answers = self.recorded.iter().map(|(key, authors, _)| (key, authors.as_slice()));
        let Some((i, author)) = least(answers, options.seed, &self.question, uses) else { return gold() };
        uses.note("", &author);
        Some((self.recorded.get(i)?.2.clone(), author.model.to_string()))
    }
}

/// The runs of a question that passed, and its gold, turn by turn.
struct Passed<'q> {
    question: &'q Question,
    runs: Vec<(Author, &'q [DialogueTurn])>,
    gold: Vec<Vec<ToolCall>>,
}

impl<'q> Passed<'q> {
    fn new(question: &'q Question, runs: &'q [Dialogue]) -> Result<Self, Fault> {
        let passed = |run: &&Dialogue| run.published.as_ref().is_some_and(|published| published.valid);
        let author = |run: &Dialogue| Author { source: run.source.clone(), model: run.model.clone() };
        let runs = runs.iter().filter(passed).map(|run| (author(run), run.turns.as_slice())).collect();
        Ok(Self { question, runs, gold: gold(question)? })
    }

    /// The turn a run failed in with everything that can be set against it, or why there is no pair.
    fn failure(&self, run: &Dialogue) -> Result<Result<Offer<Failure>, &'static str>, Fault> {
        let Some(published) = &run.published else { return Ok(Err("no published label")) };
        if published.valid {
            return Ok(Err("passed"));
        }
        let Some(turn) = published.failed_turn else { return Ok(Err("the label names no turn")) };
        let (Some(before), Some(failed)) = (run.turns.get(..turn), run.turns.get(turn)) else {
            return Ok(Err("the turn it failed in is not recorded"));
        };
        if !before.iter().all(DialogueTurn::is_complete) {
            return Ok(Err("results of earlier turns are not recorded"));
        }
        let tools = self.question.toolset_at(turn)?;
        let Some(rejected) = rejected(failed, &tools) else { return Ok(Err("says and calls nothing in that turn")) };
        let key = Fingerprint::of_action(&rejected.action);
        let folder = Folder::after(before.iter().flat_map(|turn| &turn.steps).flat_map(|step| {
            let results = step.results.iter().flatten().map(String::as_str);
            step.said.action.calls().iter().zip(results)
        }));
        let recorded = self.recorded(turn, key, &folder, &tools);
        let earlier = self.gold.iter().take(turn).flatten().map(|call| (call, ""));
        let gold = self.gold.get(turn).filter(|calls| !calls.is_empty() && Folder::after(earlier) == folder);
        let gold = gold.map(|calls| Candidate::new(in_style(Action::Calls(calls.clone()), &tools)));
        let gold = gold.filter(|gold| Fingerprint::of_action(&gold.action) != key);
        if recorded.is_empty() && gold.is_none() {
            return Ok(Err("no other calls of that turn to set against it"));
        }
        let task = Task::new(conversation(self.question, before, turn), tools);
        let (question, category) = (self.question.id.clone(), self.question.category.to_string());
        let author = Author { source: run.source.clone(), model: run.model.clone() };
        Ok(Ok(Offer {
            key: Fingerprint::of([task.fingerprint().as_bytes(), key.as_bytes()]),
            error_type: published.error_type.clone().unwrap_or_else(|| "unknown".into()),
            authors: vec![author],
            what: Failure { question, category, task, rejected, gold, recorded },
        }))
    }

    /// What other runs that passed called in the turn, where they stood in the same folder.
    fn recorded(
        &self,
        turn: usize,
        rejected: Fingerprint,
        folder: &Folder,
        tools: &Toolset,
    ) -> Vec<(Fingerprint, Vec<Author>, Candidate)> {
        let mut distinct: BTreeMap<Fingerprint, (Vec<Author>, Candidate)> = BTreeMap::new();
        for (author, turns) in &self.runs {
            let (Some(before), Some(at)) = (turns.get(..turn), turns.get(turn)) else { continue };
            let earlier = before.iter().flat_map(|turn| &turn.steps).flat_map(|step| {
                let results = step.results.iter().flatten().map(String::as_str);
                step.said.action.calls().iter().zip(results)
            });
            let calls = at.calls();
            if calls.is_empty() || !before.iter().all(DialogueTurn::is_complete) || Folder::after(earlier) != *folder {
                continue;
            }
            let chosen = Candidate::new(in_style(Action::Calls(calls), tools));
            let key = Fingerprint::of_action(&chosen.action);
            if key != rejected {
                distinct.entry(key).or_insert_with(|| (Vec::new(), chosen)).0.push(author.clone());
            }
        }
        distinct.into_iter().map(|(key, (authors, chosen))| (key, authors, chosen)).collect()
    }
}

/// The gold's calls, turn by turn.
fn gold(question: &Question) -> Result<Vec<Vec<ToolCall>>, Fault> {
    let turns = question.gold.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut all = Vec::with_capacity(turns.len());
    for (turn, calls) in turns.iter().enumerate() {
        let decoder = Decoder::new(question.toolset_at(turn)?, Language::Python);
        let texts = calls.as_array().into_iter().flatten().filter_map(Value::as_str);
        all.push(texts.flat_map(|text| decoder.calls(text).calls().to_vec()).collect());
    }
    Ok(all)
}

/// What a run did in the turn it failed in: its calls, or else its last words.
fn rejected(turn: &DialogueTurn, tools: &Toolset) -> Option<Candidate> {
    let calls = turn.calls();
    if !calls.is_empty() {
        return Some(Candidate::new(in_style(Action::Calls(calls), tools)));
    }
    let words = turn.steps.iter().rev().filter_map(|step| step.said.action.text());
    let words = words.map(str::trim).find(|text| text.split_whitespace().count() >= 3)?;
    Some(Candidate::text(words))
}

/// The conversation up to and with the message of a turn.
fn conversation(question: &Question, before: &[DialogueTurn], turn: usize) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut number = 0;
    for (asked, done) in question.turns.iter().zip(before) {
        messages.extend(asked.iter().cloned());
        for step in &done.steps {
            let calls = step.said.action.calls();
            if calls.is_empty() {
                let words = step.said.action.text().map(str::trim).filter(|text| !matches!(*text, "" | "[]"));
                messages.extend(words.map(Message::assistant));
                continue;
            }
            let ids: Vec<String> = (number..number + calls.len()).map(|n| format!("call_{n}")).collect();
            number += calls.len();
            let named = calls.iter().zip(&ids).map(|(call, id)| call.clone().with_id(id.as_str()));
            messages.push(Message::calls(named.collect()));
            let results = step.results.iter().flatten();
            messages.extend(ids.iter().zip(results).map(|(id, result)| Message::tool(id.as_str(), result.as_str())));
        }
    }
    messages.extend(question.turns.get(turn).into_iter().flatten().cloned());
    messages
}

/// The working folder below the first one, followed through the calls of `cd` that did not fail.
#[derive(Debug, PartialEq, Eq)]
struct Folder(Vec<String>);

impl Folder {
    fn after<'c>(calls: impl Iterator<Item = (&'c ToolCall, &'c str)>) -> Self {
        let mut path = Vec::new();
        for (call, result) in calls {
            let folder = call.args().and_then(|arguments| arguments.get("folder")).and_then(Value::as_str);
            let Some(folder) = folder.filter(|_| call.name == "cd" && !result.contains("\"error\"")) else { continue };
            for step in folder.split('/').filter(|step| !matches!(*step, "" | ".")) {
                if step == ".." {
                    path.pop();
                } else {
                    path.push(step.to_owned());
                }
            }
        }
        Self(path)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_folder_is_where_the_calls_that_worked_lead() {
        let cd = |folder: &str| ToolCall::new("cd", json!({"folder": folder}));
        let calls = [(cd("a"), "{}"), (cd("b/c"), "{}"), (cd("x"), "{\"error\": \"no\"}"), (cd(".."), "{}")];
        assert_eq!(
            Folder::after(calls.iter().map(|(call, result)| (call, *result))),
            Folder(vec!["a".into(), "b".into()])
        );
    }
}
