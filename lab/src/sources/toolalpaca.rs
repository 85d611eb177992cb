//! ToolAlpaca: what two models did first on 100 simulated tasks, as a language model judged their whole solutions. `getDetails` asks the user:
//! an answer in words.

use std::{io, sync::Arc};

use toolrm_core::call::{Action, Candidate, Message};
use toolrm_data::{
    source::{Trajectory, toolalpaca::ToolAlpaca},
    spelling::with_shared_arguments,
};

use super::{Answer, Census, Question, answers::difference, archive::trajectories};

pub(super) const FILE: &str = "train/toolalpaca.tar.zst";

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let tasks = trajectories(&ToolAlpaca, FILE, census)?;
    // No answers to the real tasks are recorded.
    let answered = tasks.into_iter().filter(|task| !task.answers.is_empty());
    Ok(answered.filter_map(|task| Some(question(task, census)?.distinct(census))).collect())
}

fn question(task: Trajectory, census: &mut Census) -> Option<Question> {
    let Trajectory { id, tools, messages, answers, .. } = task;
    let (asked, gold) = messages.split_first()?;
    let gold = action(gold.first()?);
    let asked: Arc<[Message]> = Arc::from([asked.clone()]);
    let answer = |action: Action, from: &str, error_type: Option<&str>| Answer {
        action,
        from: from.into(),
        messages: asked.clone(),
        error_type: error_type.map(Into::into),
    };
    let mut question = Question::new(id.clone(), id, "first-step", tools);
    question.right.push(answer(gold.clone(), "gold", None));
    for given in answers {
        let Candidate { action, .. } = given.answer;
        match given.published {
            Some(true) => question.right.push(answer(action, &given.model, None)),
            Some(false) => {
                let error_type = departure(&gold, &action);
                question.wrong.push(answer(action, &given.model, Some(error_type)));
            }
            None => census.leave_out("a judgement that does not tell of the first step"),
        }
    }
    Some(question)
}

/// What an assistant message does.
fn action(message: &Message) -> Action {
    if message.tool_calls.is_empty() {
        Action::Text(message.text().into_owned())
    } else {
        Action::Calls(message.tool_calls.clone())
    }
}

/// How a wrong first step departs from the golden one.
fn departure(gold: &Action, step: &Action) -> &'static str {
    match (gold, step) {
        (Action::Text(_), _) => "call_without_asking",
        (_, Action::Text(_)) => "no_call",
        _ => {
            let (gold, step) = with_shared_arguments(gold, step);
            difference(&gold, &step)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::call::ToolCall;

    use super::*;

    #[test]
    fn departures_are_named() {
        let call = |name: &str, of: i64| Action::Calls(vec![ToolCall::new(name, json!({"of": of, name: 1}))]);
        let asked = Action::Text("Which?".into());
        for (gold, step, expected) in [
            (&asked, &call("f", 1), "call_without_asking"),
            (&call("f", 1), &asked, "no_call"),
            (&call("f", 1), &call("f", 2), "wrong_value"),
            (&call("f", 1), &call("g", 1), "wrong_func_name"),
        ] {
            assert_eq!(departure(gold, step), expected);
        }
    }
}
