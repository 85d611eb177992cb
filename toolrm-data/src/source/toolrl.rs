//! ToolRL: conversations over tools that are described in prose, with the reasoning before each answer.
//!
//! A list of `{instruction, input, output}` (SFT), or verl's Parquet: `prompt` (system and user message) and `reward_model.ground_truth`. The
//! instruction lists the tools as `1. Name: ..`, `Description: ..`, `Parameters: {JSON}`; a default of `""` there means that there is none.
//! Which parameters must be given it does not say, beyond types such as `str, optional`. The input holds the conversation so far between
//! `<user>`, `<think>`, `<tool_call>`, `<obs>` and `<response>`, the output the answer to it.

use serde_json::{Map, Value, json};
use toolrm_core::call::{Message, Role, ToolCall};
use toolrm_core::format::json::parse_strict;

use super::{
    Source, Trajectory,
    dialogue::Dialogue,
    fields::{Each, members, quarantined, take_text},
    reading::{each_record, named, unpacked, visit_some},
};
use crate::{
    error::{DataError, Fault, Place},
    input::Input,
    tree::Tree,
};

/// ToolRL's training data in its published files.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct ToolRl;

const RECORD: &str = r#"write {"instruction", "input", "output"}"#;
const TOOLS: &str =
    "write `**Available Tools**`, then `1. Name: ..`, `Description: ..` and `Parameters: {JSON}`, a line each";
const TURNS: &str =
    "write <user>, <think>, <tool_call> (a JSON object a line), <obs> and <response> blocks, one after the other";

impl Source for ToolRl {
    fn name(&self) -> &'static str {
        "toolrl"
    }

    fn about(&self) -> &'static str {
        "ToolRL (qiancheng0/ToolRL, Apache-2.0), drawn from xLAM, ToolACE and Hammer. Written against its published files: rlla SFT (JSON) and \
         the Parquet of verl."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        visit_some(
            files,
            "*.json or *.parquet",
            |path| has_ending(path, "json") || has_ending(path, "jsonl") || has_ending(path, "parquet"),
            |path, file| {
                let (name, _) = named(path);
                if has_ending(path, "parquet") {
                    let on_disk = if files.is_file() { files.path().to_owned() } else { files.path().join(path) };
                    return table(name, &on_disk, &file, each);
                }
                each_record(file, each, |raw, record| {
                    let mut record = members(record, RECORD)?;
                    let [instruction, input, output] = ["instruction", "input", "output"];
                    let instruction = take_text(&mut record, instruction, RECORD)?;
                    let (input, output) =
                        (take_text(&mut record, input, RECORD)?, take_text(&mut record, output, RECORD)?);
                    let written = Written { instruction, input, output, keys: ["instruction", "input", "output"] };
                    written.trajectory(format!("{name}/{}", raw.number), &raw.place)
                })
            },
        )
    }
}

fn has_ending(path: &str, ending: &str) -> bool {
    unpacked(path).rsplit_once('.').is_some_and(|(_, found)| found == ending)
}

#[cfg(feature = "parquet")]
fn table(name: &str, path: &std::path::Path, file: &Input, each: Each<'_>) -> Result<(), DataError> {
    use super::fields::{excerpt, hand_on};

    let place = file.place();
    if !path.is_file() {
        let fix = "unpack the archive and give its folder";
        return each(quarantined(&place, Fault::new("a Parquet table inside of an archive", fix), ""));
    }
    let rows: Vec<Value> = match crate::table::read(path) {
        Ok(rows) => rows,
        Err(error) => return each(quarantined(error.place(), error.fault().clone(), "")),
    };
    for (number, row) in rows.into_iter().enumerate() {
        let text = excerpt(&row.to_string());
        let given = verl(row).and_then(|written| written.trajectory(format!("{name}/{number}"), &place));
        hand_on(given.map_err(|fault| fault.under(number)), &place, &text, each)?;
    }
    Ok(())
}

/// A row in verl's layout.
#[cfg(feature = "parquet")]
fn verl(row: Value) -> Result<Written, Fault> {
    use super::fields::{take_items, take_members};

    const ROW: &str = r#"write "prompt" (one system and one user message) and "reward_model": {"ground_truth"}"#;
    let mut row = members(row, ROW)?;
    let said = |(i, turn), role: &str| {
        let read = |mut turn: Map<String, Value>| {
            let says = take_text(&mut turn, "role", ROW)?;
            if says != role {
                return Err(Fault::new(format!("\"{says}\" where the {role} speaks"), ROW).under("role"));
            }
            take_text(&mut turn, "content", ROW)
        };
        members(turn, ROW).and_then(read).map_err(|fault| fault.under(i).under("prompt"))
    };
    let prompt = take_items(&mut row, "prompt", ROW)?;
    let [system, user] = <[Value; 2]>::try_from(prompt)
        .map_err(|prompt| Fault::new(format!("a prompt of {} messages", prompt.len()), ROW).under("prompt"))?;
    let truth = take_members(&mut row, "reward_model", ROW);
    let output = truth.and_then(|mut t| take_text(&mut t, "ground_truth", ROW).map_err(|f| f.under("reward_model")))?;
    Ok(Written {
        instruction: said((0, system), "system")?,
        input: said((1, user), "user")?,
        output,
        keys: ["prompt/0/content", "prompt/1/content", "reward_model/ground_truth"],
    })
}

#[cfg(not(feature = "parquet"))]
fn table(_: &str, _: &std::path::Path, file: &Input, each: Each<'_>) -> Result<(), DataError> {
    each(quarantined(&file.place(), Fault::new("a Parquet table", "build with the feature parquet to read it"), ""))
}

/// A record, and where its parts are.
struct Written {
    instruction: String,
    input: String,
    output: String,
    keys: [&'static str; 3],
}

impl Written {
    fn trajectory(self, id: String, place: &Place) -> Result<Trajectory, Fault> {
        let [in_instruction, in_input, in_output] =
            self.keys.map(|key| move |fault: Fault| key.rsplit('/').fold(fault, Fault::under));
        let tools = tools(&self.instruction).map_err(in_instruction)?;
        let mut said = Turns::default();
        let history = self.input.trim_start();
        said.read(history.strip_prefix("**Dialogue Records History**").unwrap_or(history)).map_err(&in_input)?;
        if !said.dialogue_began() {
            return Err(in_input(Fault::new("no <user> block", TURNS)));
        }
        let before = said.dialogue.len();
        said.read(&self.output).map_err(&in_output)?;
        said.end_step();
        if said.dialogue.len() == before {
            return Err(in_output(Fault::new("neither <tool_call> nor <response>", TURNS)));
        }
        Ok(Trajectory::of(id, place, Value::Array(tools), said.into_messages()))
    }
}

/// The tools that an instruction describes.
fn tools(instruction: &str) -> Result<Vec<Value>, Fault> {
    let (_, listed) =
        instruction.split_once("**Available Tools**").ok_or_else(|| Fault::new("no `**Available Tools**`", TOOLS))?;
    let listed = listed.split_once("\n**Steps").map_or(listed, |(listed, _)| listed);
    let mut tools: Vec<Value> = Vec::new();
    let mut rest = listed;
    loop {
        let head = format!("\n{}. Name: ", tools.len() + 1);
        let Some((_, behind)) = rest.split_once(&head) else { break };
        let wrong = |what: &str| Fault::new(format!("tool {}: {what}", tools.len() + 1), TOOLS);
        let (name, behind) = behind.split_once("\nDescription: ").ok_or_else(|| wrong("no description"))?;
        let (description, behind) = behind.split_once("\nParameters: ").ok_or_else(|| wrong("no parameters"))?;
        let end = behind.find('\n').unwrap_or(behind.len());
        let (parameters, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
        let parameters = match parse_strict(parameters) {
            Ok(Value::Object(parameters)) => parameters,
            Ok(_) => return Err(wrong("parameters that are no object")),
            Err(e) => return Err(wrong(&format!("parameters that are no JSON: {e}"))),
        };
        tools.push(json!({"name": name.trim(), "description": description.trim(), "parameters": schema(parameters)}));
        rest = behind;
    }
    if tools.is_empty() { Err(Fault::new("no tools", TOOLS)) } else { Ok(tools) }
}

/// The parameters as a schema. Where a type is not `.., optional` nor a default given, nothing is known of whether one has to give it.
fn schema(mut properties: Map<String, Value>) -> Value {
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        if property.get("default").is_some_and(|default| default == "") {
            property.remove("default");
        }
    }
    json!({"type": "object", "properties": properties})
}

/// Blocks, put together to messages: reasoning, calls and words that follow one another are one message.
#[derive(Default)]
struct Turns {
    dialogue: Dialogue,
    step: Step,
    /// The reasoning of the messages that have one, by their place.
    reasoning: Vec<(usize, String)>,
}

#[derive(Default)]
struct Step {
    reasoning: Option<String>,
    calls: Vec<ToolCall>,
    words: Option<String>,
}

impl Turns {
    fn read(&mut self, text: &str) -> Result<(), Fault> {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let block = rest.strip_prefix('<').and_then(|r| r.split_once('>'));
            let (tag, inside) =
                block.ok_or_else(|| Fault::new(format!("text outside of blocks: {}", head(rest)), TURNS))?;
            let (inside, behind) = inside
                .split_once(&format!("</{tag}>"))
                .ok_or_else(|| Fault::new(format!("<{}> is not closed", head(tag)), TURNS))?;
            self.block(tag, inside.trim())?;
            rest = behind.trim_start();
        }
        Ok(())
    }

    fn block(&mut self, tag: &str, inside: &str) -> Result<(), Fault> {
        match tag {
            "user" => {
                self.end_step();
                self.dialogue.say(Role::User, inside);
            }
            "think" => {
                self.end_step();
                self.step.reasoning = Some(inside.to_owned());
            }
            "tool_call" => {
                for line in inside.lines().filter(|line| !line.trim().is_empty()) {
                    self.step.calls.push(call(line)?);
                }
            }
            "response" => self.step.words = Some(inside.to_owned()),
            "obs" => {
                let calls = self.step.calls.len();
                self.end_step();
                for result in results(inside, calls) {
                    self.dialogue.result(result);
                }
            }
            other => return Err(Fault::new(format!("<{}> is no block of this format", head(other)), TURNS)),
        }
        Ok(())
    }

    /// What the assistant did up to here is a message.
    fn end_step(&mut self) {
        let Step { reasoning, calls, words } = std::mem::take(&mut self.step);
        let place = self.dialogue.len();
        match (calls.is_empty(), words) {
            (false, words) => self.dialogue.call(calls, words),
            (true, Some(words)) => self.dialogue.say(Role::Assistant, words),
            (true, None) => return,
        }
        self.reasoning.extend(reasoning.map(|reasoning| (place, reasoning)));
    }

    fn dialogue_began(&self) -> bool {
        self.dialogue.len() > 0
    }

    fn into_messages(self) -> Vec<Message> {
        let mut messages = self.dialogue.into_messages();
        for (place, reasoning) in self.reasoning {
            if let Some(message) = messages.get_mut(place) {
                message.extra.insert("reasoning_content".into(), reasoning.into());
            }
        }
        messages
    }
}

/// How a text begins, for a message.
fn head(text: &str) -> String {
    text.chars().take(40).collect()
}

fn call(line: &str) -> Result<ToolCall, Fault> {
    let call =
        parse_strict(line).map_err(|e| Fault::new(format!("a call that is no JSON: {e}: {}", head(line)), TURNS))?;
    let mut call = members(call, TURNS)?;
    let name = take_text(&mut call, "name", TURNS)?;
    let arguments = call.remove("parameters").or_else(|| call.remove("arguments"));
    let arguments =
        arguments.ok_or_else(|| Fault::new("a call without \"parameters\"", "write {} when there are none"))?;
    Ok(ToolCall::new(name, Value::Object(members(arguments, TURNS)?)))
}

/// The result of each of so many calls: the items of a list of that length, else each time the whole.
fn results(observed: &str, calls: usize) -> Vec<String> {
    match parse_strict(observed) {
        Ok(Value::Array(items)) if items.len() == calls => items.iter().map(Value::to_string).collect(),
        _ => vec![observed.to_owned(); calls],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{one, quarantined};

    const INSTRUCTION: &str = "Do.\n\n**Available Tools**\nUse:\n1. Name: Get it\nDescription: Two\nlines\nParameters: {\"a\": {\"type\": \"int\", \"default\": \"\"}, \"b\": {\"type\": \"str, optional\", \"default\": \"z\"}}\n2. Name: g\nDescription: G.\nParameters: {}\n\n**Steps for Each Turn**\n1. Name: no tool";
    const INPUT: &str = "**Dialogue Records History**\n<user> Go. </user>\n\n<think> Both. </think>\n<tool_call>\n{\"name\": \"Get it\", \"parameters\": {\"a\": 1}}\n{\"name\": \"g\", \"parameters\": {}}\n</tool_call>\n<obs> [{\"r\": 1}, {\"r\": 2}] </obs>\n";
    const OUTPUT: &str = "<think> Say <response>. </think>\n<response> Gone. </response>";

    #[test]
    fn prose_becomes_tools_and_blocks_become_messages() {
        let record = json!({"instruction": INSTRUCTION, "input": INPUT, "output": OUTPUT});
        let read = one(&ToolRl, "rlla.json", &record.to_string());
        let expected = json!([
            {"name": "Get it", "description": "Two\nlines", "parameters": {"type": "object", "properties": {
                "a": {"type": "int"}, "b": {"type": "str, optional", "default": "z"}}}},
            {"name": "g", "description": "G.", "parameters": {"type": "object", "properties": {}}}]);
        assert_eq!(read.tools, expected);
        let roles: Vec<_> = read.messages.iter().map(|m| m.role.as_str()).collect();
        assert_eq!(roles, ["user", "assistant", "tool", "tool", "assistant"]);
        assert_eq!((read.messages[1].tool_calls.len(), read.messages[3].text().as_ref()), (2, "{\"r\":2}"));
        assert_eq!(read.messages[1].extra["reasoning_content"], "Both.");
        assert_eq!(read.messages[4].text(), "Gone.");
        assert_eq!(read.messages[4].extra["reasoning_content"], "Say <response>.");
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let record = |instruction: &str, input: &str, output: &str| {
            json!([{"instruction": instruction, "input": input, "output": output}]).to_string()
        };
        let broken = INSTRUCTION.replace("{}", "{");
        for (bad, at, what) in [
            (record("No tools.", INPUT, OUTPUT), "/0/instruction", "no `**Available Tools**`"),
            (record(&broken, INPUT, OUTPUT), "/0/instruction", "tool 2: parameters that are no JSON"),
            (record(INSTRUCTION, "words", OUTPUT), "/0/input", "text outside of blocks"),
            (record(INSTRUCTION, INPUT, "<think> x </think>"), "/0/output", "neither <tool_call> nor <response>"),
            (record(INSTRUCTION, INPUT, "<tool_call>\n{\n</tool_call>"), "/0/output", "a call that is no JSON"),
            (record(INSTRUCTION, INPUT, "<response> x"), "/0/output", "<response> is not closed"),
            (record(INSTRUCTION, INPUT, "<robot> x </robot>"), "/0/output", "<robot> is no block"),
        ] {
            let fault = quarantined(&ToolRl, "rlla.json", &bad).remove(0).fault;
            assert!(fault.pointer == at && fault.what.contains(what), "{fault}");
        }
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn a_table_is_read_and_one_that_is_cut_off_is_quarantined() {
        use serde::{Deserialize, Serialize};

        use crate::source::testing::{apart, read_files};

        #[derive(Serialize, Deserialize)]
        struct Row {
            prompt: Vec<Turn>,
            reward_model: Truth,
        }
        #[derive(Serialize, Deserialize)]
        struct Turn {
            role: String,
            content: String,
        }
        #[derive(Serialize, Deserialize)]
        struct Truth {
            ground_truth: String,
        }
        let row = |second: &str| Row {
            prompt: [("system", INSTRUCTION), (second, INPUT)]
                .map(|(role, content)| Turn { role: role.into(), content: content.into() })
                .into(),
            reward_model: Truth { ground_truth: OUTPUT.into() },
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        crate::table::write(&path, &[row("user"), row("robot")]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let read = |bytes: &[u8]| apart(read_files(&ToolRl, &[("t.parquet", bytes)]).unwrap());
        let (trajectories, quarantined) = read(&bytes);
        assert_eq!((trajectories.len(), quarantined[0].fault.pointer.as_str()), (1, "/1/prompt/1/role"));
        let (trajectories, quarantined) = read(&bytes[..bytes.len() / 2]);
        assert!(
            trajectories.is_empty() && quarantined[0].fault.what.contains("not a readable Parquet"),
            "{quarantined:?}"
        );
    }
}
