//! Trajectories of any dataset in one form: tools as JSON Schema, one system message in front, results behind the calls they are of.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use toolrm_core::{
    call::{Message, Role, Tool},
    toolset::{Dialect, Toolset, ToolsetError},
};

use crate::{error::Fault, source::Trajectory};

/// Tools in one form.
#[derive(Debug)]
pub(super) struct Tools {
    /// The compiled tools, their schemas plain JSON Schema.
    pub(super) set: Arc<Toolset>,
    /// The same as an OpenAI tool list.
    pub(super) json: Value,
    /// What was mended.
    repairs: Vec<&'static str>,
}

/// Mends tools; those that come again are not compiled again.
#[derive(Debug, Default)]
pub(super) struct Normaliser(Mutex<HashMap<String, Arc<Tools>>>);

/// Compiled toolsets are large: more are not kept.
const KEPT: usize = 512;

impl Normaliser {
    /// Brings a trajectory into form. What was mended is counted in `repairs`.
    ///
    /// # Errors
    /// Why the trajectory cannot be used: its tools cannot be read, or its messages are in no order.
    pub(super) fn normalise(
        &self,
        trajectory: &mut Trajectory,
        repairs: &mut BTreeMap<String, u64>,
    ) -> Result<Arc<Tools>, Fault> {
        let mut mended = |what: &str| *repairs.entry(what.to_owned()).or_default() += 1;
        if one_system_message(trajectory) {
            mended("system messages were joined in front");
        }
        if one_turn_each(trajectory) {
            mended("an assistant's words were joined with its next message");
        }
        check_order(&trajectory.messages).map_err(|fault| fault.under("messages"))?;
        let tools = self.tools(trajectory).map_err(|fault| fault.under("tools"))?;
        tools.repairs.iter().for_each(|what| mended(what));
        Ok(tools)
    }

    fn tools(&self, trajectory: &Trajectory) -> Result<Arc<Tools>, Fault> {
        let key = trajectory.tools.to_string();
        // A poisoned lock guards a cache whose every entry is whole.
        let lock = || self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let called: HashSet<&str> =
            trajectory.messages.iter().flat_map(|m| &m.tool_calls).map(|call| call.name.as_str()).collect();
        let made = Arc::new(mended_tools(&trajectory.tools, &called)?);
        // What was left out depends on what is called: such tools are not for others.
        if !made.repairs.contains(&LEFT_OUT) {
            let mut cache = lock();
            if cache.len() >= KEPT {
                cache.clear();
            }
            cache.insert(key, Arc::clone(&made));
        }
        Ok(made)
    }
}

const LEFT_OUT: &str = "a tool with an unusable schema, which no step calls, was left out";

/// The tools with their dialects taken away. A tool that cannot be read is left out where nobody calls it.
fn mended_tools(published: &Value, called: &HashSet<&str>) -> Result<Tools, Fault> {
    let mut repairs = Vec::new();
    let mut list = published.clone();
    let set = loop {
        match Toolset::from_json(&list) {
            Ok(set) => break set,
            Err(error) => {
                if called.contains(error.tool.as_str()) || !leave_out(&mut list, &error) {
                    return Err(error.into());
                }
                if repairs.is_empty() {
                    repairs.push(LEFT_OUT);
                }
            }
        }
    };
    let plain: Vec<Tool> = set
        .specs()
        .iter()
        .map(|spec| {
            let mut tool = spec.tool().clone();
            tool.parameters = spec.schema().clone();
            tool
        })
        .collect();
    let changed = set.specs().iter().zip(&plain).any(|(spec, plain)| spec.tool().parameters != plain.parameters);
    if changed {
        repairs.push("a dialect of schemas was made JSON Schema");
    }
    let json = json!(plain);
    let set = if changed { Toolset::with_dialect(plain, Dialect::Json)? } else { set };
    Ok(Tools { set: Arc::new(set), json, repairs })
}

/// Takes the tool that an error is about out of a list; `false` when it is not found.
fn leave_out(list: &mut Value, error: &ToolsetError) -> bool {
    let Some(tools) = list.as_array_mut() else { return false };
    let named = |tool: &Value| {
        let function = tool.get("function").unwrap_or(tool);
        function.get("name").and_then(Value::as_str) == Some(&error.tool)
    };
    let before = tools.len();
    tools.retain(|tool| !named(tool));
    tools.len() < before
}

/// Joins all that the application says into one system message in front; whether there was anything to do.
fn one_system_message(trajectory: &mut Trajectory) -> bool {
    let is_system = |m: &Message| matches!(m.role, Role::System | Role::Developer);
    let systems: Vec<usize> =
        trajectory.messages.iter().enumerate().filter(|(_, m)| is_system(m)).map(|(i, _)| i).collect();
    let in_order = match systems[..] {
        [] => true,
        [only] => only == 0 && trajectory.messages.first().is_some_and(|m| m.role == Role::System),
        _ => false,
    };
    if in_order {
        return false;
    }
    let words: Vec<String> =
        trajectory.messages.iter().filter(|m| is_system(m)).map(|m| m.text().into_owned()).collect();
    // Where a message goes: behind the one in front, and as many places less as there were system messages before it.
    let moved = |at: usize| at + 1 - systems.iter().filter(|system| **system < at).count();
    trajectory.context_only.iter_mut().for_each(|at| *at = moved(*at));
    trajectory.answers.iter_mut().for_each(|answer| answer.step = moved(answer.step));
    trajectory.messages.retain(|m| !is_system(m));
    trajectory.messages.insert(0, Message::system(words.join("\n\n")));
    true
}

/// Joins the words of an assistant that speaks twice in a row with what it says or calls next: a conversation that ends with the assistant
/// is no question to it, and chat templates have no place for it. Words that models were recorded to answer in place of stay as they are.
fn one_turn_each(trajectory: &mut Trajectory) -> bool {
    let before = trajectory.messages.len();
    let mut joined: Vec<Message> = Vec::with_capacity(before);
    // Where each message went.
    let mut places: Vec<usize> = Vec::with_capacity(before);
    let is_answered = |at: usize| trajectory.answers.iter().any(|answer| answer.step == at);
    let is_context = |at: usize| trajectory.context_only.contains(&at);
    for (at, mut message) in std::mem::take(&mut trajectory.messages).into_iter().enumerate() {
        let speaks_again = at > 0
            && message.role == Role::Assistant
            && joined.last().is_some_and(|last| last.role == Role::Assistant && last.tool_calls.is_empty())
            && !is_answered(at - 1)
            && is_context(at - 1) == is_context(at);
        if speaks_again && let Some(words) = joined.pop() {
            let said = [words.text(), message.text()];
            let said: Vec<&str> = said.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
            message.content = (!said.is_empty()).then(|| said.join("\n").into());
        }
        joined.push(message);
        places.push(joined.len() - 1);
    }
    let moved = |at: usize| places.get(at).copied().unwrap_or(at);
    trajectory.context_only.iter_mut().for_each(|at| *at = moved(*at));
    trajectory.context_only.dedup();
    trajectory.answers.iter_mut().for_each(|answer| answer.step = moved(answer.step));
    trajectory.messages = joined;
    trajectory.messages.len() < before
}

/// That somebody asks, and every result is of a call before it.
fn check_order(messages: &[Message]) -> Result<(), Fault> {
    let mut called = HashSet::new();
    let mut asked = false;
    for (i, message) in messages.iter().enumerate() {
        called.extend(message.tool_calls.iter().filter_map(|call| call.id.as_deref()));
        match message.role {
            Role::User => asked = true,
            Role::Tool if !message.tool_call_id.as_deref().is_some_and(|id| called.contains(id)) => {
                let what = "a result of no call before it";
                return Err(Fault::new(what, "put it behind its call, with the call's id").under(i));
            }
            _ => {}
        }
    }
    if asked { Ok(()) } else { Err(Fault::new("no user speaks", "leave it out")) }
}

#[cfg(test)]
mod tests {
    use toolrm_core::call::{Candidate, ToolCall};

    use super::*;
    use crate::{error::Place, source::RecordedAnswer};

    fn trajectory(tools: Value, messages: Vec<Message>) -> Trajectory {
        Trajectory::new("t", Place::new("file"), tools, messages)
    }

    fn normalised(mut trajectory: Trajectory) -> (Result<Arc<Tools>, Fault>, Trajectory, Vec<String>) {
        let mut repairs = BTreeMap::new();
        let tools = Normaliser::default().normalise(&mut trajectory, &mut repairs);
        (tools, trajectory, repairs.into_keys().collect())
    }

    #[test]
    fn dialects_become_json_schema() {
        let tools = json!([{"name": "f", "parameters": {"a": {"type": "int", "description": "d"}, "b": {"type": "List[str], optional"}}}]);
        let (tools, _, repairs) = normalised(trajectory(tools, vec![Message::user("x")]));
        let tools = tools.unwrap();
        assert_eq!(tools.json[0]["function"]["parameters"]["properties"]["a"]["type"], "integer");
        assert_eq!(tools.json[0]["function"]["parameters"]["required"], json!(["a"]));
        assert_eq!(repairs, ["a dialect of schemas was made JSON Schema"]);
        let again = Toolset::from_json(&tools.json).unwrap();
        assert_eq!(again.get("f").unwrap().schema(), tools.set.get("f").unwrap().schema());
    }

    #[test]
    fn system_messages_are_joined_and_steps_stay_where_they_are() {
        let mut given = trajectory(
            json!([]),
            vec![
                Message::user("a"),
                Message::system("one"),
                Message::assistant("b"),
                Message::new(Role::Developer, "two"),
                Message::user("c"),
                Message::assistant("d"),
            ],
        );
        given.context_only.push(2);
        given.answers.push(RecordedAnswer {
            step: 5,
            model: "m".into(),
            answer: Candidate::text("e"),
            published: None,
        });
        let (_, given, repairs) = normalised(given);
        let said: Vec<_> = given.messages.iter().map(|m| m.text().into_owned()).collect();
        assert_eq!(said, ["one\n\ntwo", "a", "b", "c", "d"]);
        assert_eq!((given.context_only[0], given.answers[0].step), (2, 4));
        assert_eq!(repairs, ["system messages were joined in front"]);
    }

    #[test]
    fn an_assistant_that_speaks_twice_speaks_once() {
        let call = Message::calls(vec![ToolCall::new("f", json!({})).with_id("1")]);
        let mut given = trajectory(
            json!([{"name": "f", "parameters": {"type": "object", "properties": {}}}]),
            vec![
                Message::user("a"),
                Message::assistant("Let me see."),
                call,
                Message::tool("1", "r"),
                Message::assistant("One."),
                Message::assistant("Two."),
                Message::user("b"),
                Message::assistant("c"),
            ],
        );
        given.context_only.push(7);
        let answer = Candidate::text("e");
        given.answers.push(RecordedAnswer { step: 5, model: "m".into(), answer, published: None });
        let (_, given, repairs) = normalised(given);
        let said: Vec<_> = given.messages.iter().map(|m| m.text().into_owned()).collect();
        assert_eq!(said, ["a", "Let me see.", "r", "One.\nTwo.", "b", "c"]);
        assert_eq!((given.messages[1].tool_calls.len(), given.answers[0].step, given.context_only[0]), (1, 3, 5));
        assert_eq!(repairs, ["an assistant's words were joined with its next message"]);
    }

    #[test]
    fn an_unusable_tool_is_left_out_unless_it_is_called() {
        let tools = json!([
            {"name": "good", "parameters": {"type": "object", "properties": {}}},
            {"name": "bad", "parameters": {"type": "object", "properties": {"a": {"$ref": "https://example.com/a"}}}}
        ]);
        let call = |name: &str| Message::calls(vec![ToolCall::new(name, json!({})).with_id("1")]);
        let (set, _, repairs) = normalised(trajectory(tools.clone(), vec![Message::user("x"), call("good")]));
        assert_eq!((set.unwrap().set.len(), repairs.len()), (1, 1));
        let (set, ..) = normalised(trajectory(tools, vec![Message::user("x"), call("bad")]));
        assert_eq!(set.unwrap_err().pointer, "/tools");
    }

    #[test]
    fn messages_in_no_order_are_named() {
        let (error, ..) = normalised(trajectory(json!([]), vec![Message::user("x"), Message::tool("1", "r")]));
        assert_eq!(error.unwrap_err().pointer, "/messages/1");
        let (error, ..) = normalised(trajectory(json!([]), vec![Message::assistant("x")]));
        assert_eq!(error.unwrap_err().what, "no user speaks");
    }
}
