//! API-Bank: dialogues of its levels 1 and 2, and the training data of level 3.
//!
//! - `lv1-lv2-samples/LEVEL/*.jsonl`: one dialogue a file, one turn a line. What the assistant says before a call goes with the call.
//!   The tools are those that the dialogue calls (and `ToolSearcher`, when it is one of them), as `apis/*.py` describes them.
//! - `training-data/lv3-train.json`: one record a step, each with all steps before it. Records whose step stands in the history of
//!   another are no trajectories of their own: they are steps of the longest one. `lv3-api-train.json` repeats the steps that are calls;
//!   it is read where the other file is not there.
//!
//! Tools that `ToolSearcher` finds on the way are in the list of tools from the beginning: a trajectory has one list.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Role, ToolCall},
    format::{Pythonic, ToolFormat, parse_literal},
};

use super::{
    Source, Trajectory,
    dialogue::Dialogue,
    fields::{Each, hand_on, members, quarantined, take, take_members, take_text, text_of},
    reading::{each_some, named, visit_some},
    records::Raw,
};
use crate::{
    error::{DataError, Fault, Place},
    input::{Input, parse_json},
    tree::Tree,
};

/// API-Bank in its published files.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct ApiBank;

const TURN: &str =
    r#"write {"role": "User" | "AI", "text"} or {"role": "API", "api_name", "param_dict", "result"}, one a line"#;
const STEP: &str = r#"write {"instruction", "input", "output"}"#;
const HISTORY: &str = "write the tools, `User: ..`, then `API-Request: [Api(..)]->result` for each earlier step";

impl Source for ApiBank {
    fn name(&self) -> &'static str {
        "api_bank"
    }

    fn about(&self) -> &'static str {
        "API-Bank (AlibabaResearch/DAMO-ConvAI, MIT). Written against its published files: levels 1 and 2, and the training data of \
         level 3."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        let (tools, has_lv3_train) = tools(files, each)?;
        visit_some(
            files,
            "lv1-lv2-samples/*/*.jsonl or training-data/lv3-train.json",
            |path| is_dialogue(path) || is_training(path, has_lv3_train),
            |path, file| {
                if is_dialogue(path) { dialogue(path, file, &tools, each) } else { training(path, file, each) }
            },
        )
    }
}

fn is_dialogue(path: &str) -> bool {
    path.contains("lv1-lv2-samples/") && named(path).0.ends_with(".jsonl")
}

fn is_training(path: &str, has_lv3_train: bool) -> bool {
    named(path).0 == "lv3-train.json" || (!has_lv3_train && named(path).0 == "lv3-api-train.json")
}

/// The tools by name, and whether the whole training data of level 3 is there.
fn tools(files: &Tree, each: Each<'_>) -> Result<(HashMap<String, Value>, bool), DataError> {
    let mut tools = HashMap::new();
    let mut has_lv3_train = false;
    files.visit(
        |path| (path.contains("apis/") && path.ends_with(".py")) || named(path).0 == "lv3-train.json",
        |path, file| {
            if !path.ends_with(".py") {
                has_lv3_train = true;
                return Ok(());
            }
            match file.read_text() {
                Ok((_, source)) => tools.extend(described(&source)),
                Err(error) => each(quarantined(error.place(), error.fault().clone(), ""))?,
            }
            Ok::<_, DataError>(())
        },
    )?;
    Ok((tools, has_lv3_train))
}

/// The tool that a Python class describes. `None` for a file without such a class.
fn described(source: &str) -> Option<(String, Value)> {
    let (_, class) = source.split_once("\nclass ").or_else(|| Some(("", source.strip_prefix("class ")?)))?;
    let (name, body) = class.split_once("(API):")?;
    let description = assigned(body, "description = ").and_then(|v| v.as_str().map(str::to_owned));
    let parameters = assigned(body, "input_parameters = ")?;
    Some((name.to_owned(), tool(name, description.as_deref(), &parameters)))
}

fn tool(name: &str, description: Option<&str>, parameters: &Value) -> Value {
    json!({"name": name, "description": description, "parameters": parameters})
}

/// The Python literal behind a name.
fn assigned(source: &str, name: &str) -> Option<Value> {
    let (_, behind) = source.split_once(name)?;
    parse_literal(behind.get(..literal_end(behind)?)?).ok()
}

/// Where the literal at the beginning of a text ends: at the quote or bracket that closes its first.
fn literal_end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}' | ']' | ')') => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if depth == 0 && quote.is_none() {
            return Some(at + c.len_utf8());
        }
    }
    None
}

fn dialogue(path: &str, file: Input, tools: &HashMap<String, Value>, each: Each<'_>) -> Result<(), DataError> {
    let (place, text) = match file.read_text() {
        Ok(read) => read,
        Err(error) => return each(quarantined(error.place(), error.fault().clone(), "")),
    };
    let mut said = Dialogue::default();
    let mut called = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')).filter(|(_, line)| !line.trim().is_empty()) {
        let here = place.at_line(number);
        let turn = match parse_json(&here, line) {
            Ok(turn) => turn,
            Err(error) => return each(quarantined(error.place(), error.fault().clone(), line)),
        };
        if let Err(fault) = add_turn(turn, &mut said, &mut called) {
            return each(quarantined(&here, fault, line));
        }
    }
    let listed = called.iter().map(|name| {
        let unknown = || Fault::new(format!("no apis/*.py describes \"{name}\""), "add the file that describes it");
        tools.get(name).cloned().ok_or_else(unknown)
    });
    let given = listed.collect::<Result<Vec<_>, _>>().and_then(|tools| {
        if said.len() == 0 {
            return Err(Fault::new("an empty dialogue", TURN));
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let level = folder.rsplit('/').next().unwrap_or_default();
        let id = format!("{level}/{}", name.trim_end_matches(".jsonl"));
        let mut trajectory = Trajectory::of(id, &place, Value::Array(tools), said.into_messages());
        trajectory.metadata.insert("level".into(), level.into());
        Ok(trajectory)
    });
    hand_on(given, &place, &text, each)
}

fn add_turn(turn: Value, said: &mut Dialogue, called: &mut Vec<String>) -> Result<(), Fault> {
    let mut turn = members(turn, TURN)?;
    match take_text(&mut turn, "role", TURN)?.as_str() {
        "User" => said.say(Role::User, take_text(&mut turn, "text", TURN)?),
        "AI" => said.say(Role::Assistant, take_text(&mut turn, "text", TURN)?),
        "API" => {
            let name = take_text(&mut turn, "api_name", TURN)?;
            let arguments = Value::Object(take_members(&mut turn, "param_dict", TURN)?);
            let result = outcome(take(&mut turn, "result", TURN)?);
            if !called.contains(&name) {
                called.push(name.clone());
            }
            let words = said.take_last_words();
            said.call(vec![ToolCall::new(name, arguments)], words);
            said.result(result);
        }
        other => return Err(Fault::new(format!("\"{other}\" is no role"), TURN).under("role")),
    }
    Ok(())
}

/// What a tool gave: its output, or `{"exception": ..}`.
fn outcome(result: Value) -> String {
    match result {
        Value::Object(mut members) if members.contains_key("output") => {
            match members.remove("exception").filter(|e| !e.is_null()) {
                Some(exception) => json!({"exception": exception}).to_string(),
                None => members.remove("output").map(text_of).unwrap_or_default(),
            }
        }
        other => text_of(other),
    }
}

/// A step of the training data.
struct Step {
    place: Place,
    number: u64,
    in_list: bool,
    /// All that came before it.
    before: String,
    output: String,
}

impl Step {
    fn read(raw: &Raw<'_>, record: Value) -> Result<Self, Fault> {
        let mut record = members(record, STEP)?;
        let before = take_text(&mut record, "input", STEP)?;
        let output = take_text(&mut record, "output", STEP)?;
        let (before, _) = before
            .rsplit_once("\nGenerate ")
            .ok_or_else(|| Fault::new("no `Generate ..` at the end", HISTORY).under("input"))?;
        let before = before.to_owned();
        Ok(Self { place: raw.place.clone(), number: raw.number, in_list: raw.in_list, before, output })
    }

    /// What the next step has before it, but for the result.
    fn up_to_here(&self) -> String {
        format!("{}\n{}", self.before, self.output)
    }
}

fn training(path: &str, file: Input, each: Each<'_>) -> Result<(), DataError> {
    let mut steps = Vec::new();
    each_some(file, each, |raw, record| {
        steps.push(Step::read(raw, record)?);
        Ok(None)
    })?;
    let continued: HashSet<&str> = steps.iter().flat_map(|step| earlier(&step.before)).collect();
    let mut seen = HashSet::new();
    let (file, _) = named(path);
    for step in &steps {
        let up_to_here = step.up_to_here();
        let is_continued = continued.contains(up_to_here.as_str());
        let given = if !seen.insert(up_to_here) {
            Err(Fault::new("the same record stands before it", "nothing: it would count twice"))
        } else if is_continued {
            continue;
        } else {
            trained(file, step)
        };
        let in_list = |fault: Fault| if step.in_list { fault.under(step.number) } else { fault };
        hand_on(given.map_err(in_list), &step.place, &step.output, each)?;
    }
    Ok(())
}

/// What stands before the result of each earlier step.
fn earlier(before: &str) -> impl Iterator<Item = &str> {
    before.match_indices(REQUEST).filter_map(|(at, _)| {
        let step = before.get(at..)?;
        before.get(..at + split_result(step)?.0.len())
    })
}

const REQUEST: &str = "\nAPI-Request: ";

/// A call and its result.
fn split_result(step: &str) -> Option<(&str, &str)> {
    let marks = [")]->", ")->"].into_iter().filter_map(|mark| Some((step.find(mark)?, mark.len())));
    let (at, length) = marks.min()?;
    Some((step.get(..at + length - 2)?, step.get(at + length..)?))
}

fn trained(file: &str, step: &Step) -> Result<Trajectory, Fault> {
    let wrong = |what: &str| Fault::new(what, HISTORY).under("input");
    let mut parts = step.before.split(REQUEST);
    let (documents, asked) =
        parts.next().and_then(|head| head.split_once("\nUser: ")).ok_or_else(|| wrong("no `User: ..`"))?;
    let mut tools = Vec::new();
    for document in documents.lines().filter(|line| !line.trim().is_empty()) {
        tools.push(documented(document).ok_or_else(|| wrong("a tool that is not {\"apiCode\", \"parameters\"}"))?);
    }
    let mut said = Dialogue::default();
    match asked.rsplit_once("TIME: ") {
        Some((asked, time)) => {
            said.say(Role::System, format!("The current time is {}.", time.trim()));
            said.say(Role::User, asked.trim());
        }
        None => said.say(Role::User, asked.trim()),
    }
    for part in parts {
        let (call, result) = split_result(part).ok_or_else(|| wrong("an earlier step without a result"))?;
        said.call(vec![one_call(call).map_err(|fault| fault.under("input"))?], None);
        tools.extend(found(result));
        said.result(result);
    }
    match step.output.strip_prefix("API-Request: ") {
        Some(call) => said.call(vec![one_call(call).map_err(|fault| fault.under("output"))?], None),
        None => said.say(Role::Assistant, step.output.strip_prefix("AI: ").unwrap_or(&step.output)),
    }
    let mut names = HashSet::new();
    tools.retain(|tool| names.insert(tool.get("name").cloned()));
    let id = format!("{file}/{}", step.number);
    let mut trajectory = Trajectory::of(id, &step.place, Value::Array(tools), said.into_messages());
    trajectory.metadata.insert("level".into(), "level-3".into());
    Ok(trajectory)
}

/// A call as Python text. Some values have lost their quotes (`disease=heart failure`): they are read as the text that is there.
fn one_call(text: &str) -> Result<ToolCall, Fault> {
    let fix = "write one call with literal arguments: [Api(key='value')]";
    match Pythonic::default().with_source_values(true).parse(text).action {
        Action::Calls(calls) => match <[ToolCall; 1]>::try_from(calls) {
            Ok([call]) => Ok(call),
            Err(calls) => Err(Fault::new(format!("{} calls in one request", calls.len()), fix)),
        },
        Action::Malformed { why, .. } => Err(Fault::new(format!("a call that cannot be read: {why}"), fix)),
        _ => Err(Fault::new("no call", fix)),
    }
}

/// `{"apiCode", "description", "parameters"}` as a tool.
fn documented(line: &str) -> Option<Value> {
    let mut document: Map<String, Value> = serde_json::from_str(line).ok()?;
    let name = document.get("apiCode")?.as_str()?.to_owned();
    let description = document.get("description").and_then(Value::as_str).map(str::to_owned);
    Some(tool(&name, description.as_deref(), &document.remove("parameters")?))
}

/// The tools that a search found: one, or a list.
fn found(result: &str) -> Vec<Value> {
    let found = match parse_literal(result) {
        Ok(Value::Array(tools)) => tools,
        Ok(one) => vec![one],
        Err(_) => Vec::new(),
    };
    let as_tool = |found: Value| {
        let name = found.get("name")?.as_str()?.to_owned();
        let description = found.get("description").and_then(Value::as_str).map(str::to_owned);
        Some(tool(&name, description.as_deref(), found.get("input_parameters").filter(|p| p.is_object())?))
    };
    found.into_iter().filter_map(as_tool).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{apart, read_files};

    #[test]
    fn words_go_with_the_call_that_follows_and_exceptions_are_results() {
        let turns = r#"{"role": "User", "text": "Wake me."}
{"role": "AI", "text": "I will."}
{"role": "API", "api_name": "F", "param_dict": {"a": 7}, "result": {"output": null, "exception": "no clock"}}"#;
        let tool = b"import json\n\nclass F(API):\n    description = 'It\\'s F {'\n    input_parameters = {\n        'a': {'type': 'int'},\n    }\n";
        let files: [(&str, &[u8]); 2] =
            [("api-bank/apis/f.py", tool), ("api-bank/lv1-lv2-samples/level-1/d.jsonl", turns.as_bytes())];
        let (read, _) = apart(read_files(&ApiBank, &files).unwrap());
        assert_eq!(read[0].id, "level-1/d");
        let expected = json!([{"name": "F", "description": "It's F {", "parameters": {"a": {"type": "int"}}}]);
        assert_eq!(read[0].tools, expected);
        let [_, called, result] = read[0].messages.as_slice() else { panic!("{read:?}") };
        assert_eq!((called.text().as_ref(), &called.tool_calls[0].arguments), ("I will.", &json!({"a": 7})));
        assert_eq!(result.text(), "{\"exception\":\"no clock\"}");
        assert_eq!(result.tool_call_id, called.tool_calls[0].id);
    }

    #[test]
    fn the_steps_of_a_dialogue_are_put_together_and_what_is_found_is_a_tool() {
        let head = "{\"apiCode\": \"S\", \"parameters\": {}}\nUser: Go.TIME: 2034-01-01";
        let search = "API-Request: [S(q='f')]";
        let found = format!(
            "{head}\n{search}->{{'name': 'F', 'description': 'F.', 'input_parameters': {{'a': {{'type': 'str'}}}}}}"
        );
        let call = "API-Request: [F(a=two words)]";
        let record = |before: &str, generate: &str, output: &str| json!({"input": format!("{before}\nGenerate {generate}: "), "output": output});
        let records = json!([
            record(head, "API Request", search),
            record(&found, "API Request", call),
            record(&format!("{found}\n{call}->{{'b': 1}}"), "AI Response", "AI: Done."),
            record(head, "API Request", search),
        ])
        .to_string();
        let files: [(&str, &[u8]); 2] = [("t/lv3-train.json", records.as_bytes()), ("t/lv3-api-train.json", b"[3]")];
        let (read, quarantined) = apart(read_files(&ApiBank, &files).unwrap());
        assert_eq!((read.len(), quarantined.len()), (1, 1), "{quarantined:?}");
        assert_eq!(quarantined[0].fault.pointer, "/3");
        let roles: Vec<_> = read[0].messages.iter().map(|m| m.role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant", "tool", "assistant"]);
        assert_eq!(read[0].messages[4].tool_calls[0].arguments, json!({"a": "two words"}));
        assert_eq!(read[0].tools[1]["parameters"], json!({"a": {"type": "str"}}));
    }
}
