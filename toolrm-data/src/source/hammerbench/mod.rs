//! HammerBench: dialogues in which the assistant asks for what a call still needs, and what GPT-4o called at every turn.
//!
//! In the published files every turn of the user is labelled with a call of the arguments that are known by then, and the assistant asks for the
//! next one. Read as a conversation: where the assistant goes on with a question, the question is the step; where a call that has all it needs is
//! followed by words (`success`), the words are its result; the last turn's call is a step as it is. An argument that is an empty text counts as
//! absent on both sides.
//!
//! Every tool has all its parameters in `required`, and half of the dialogues end in a call without some of them: there the list cannot be meant, and
//! it is left out of all tools of the dialogue (metadata `required_left_out`).
//!
//! - `logs/MODEL/HammerBench_KIND/**/MT_res.json`: the dialogues with what the model called. Their tools are in the data files, found by the
//!   dialogue that they vary (`correspond_id_KIND.json`); a dialogue without tools is quarantined.
//! - `data/en/multi-turn/HammerBench_KIND.json`: the same dialogues, read where there are no logs of the kind.
//! - `data/en/single-turn/*.json`: one turn, one call. Where the tool that is called is not listed (`ir_*`) the step is what the dataset itself has
//!   the assistant say in such a case.
//!
//! The model was told to call at every turn. Its answers to the last turn are held against the label, and by the verdict of the benchmark
//! (`turn_flags_res.json`), which has a language model compare values: it is believed where values are all that differs. Its answers to a turn
//! that asks are kept, without a verdict, where they lack an argument that is required: a call that should not have been made. All others are
//! quarantined, each with the reason.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Action, Candidate, Message, Role, ToolCall},
    format::parse_any,
};

use super::{
    Record, RecordedAnswer, Source, Trajectory,
    dialogue::Dialogue,
    fields::{Each, hand_on, items, members, quarantined, take, take_items, take_text},
    reading::{each_record, each_some, named, unpacked, visit_some},
    records::{Raw, Records},
};
use crate::{
    error::{DataError, Fault},
    input::{Input, parse_json},
    spelling::same_but_for_spelling,
    transcript,
    tree::Tree,
};

/// HammerBench (English) in its published files.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct HammerBench;

const DIALOGUE: &str = r#"write {"messages": [{"role": "user" | "function call" | "assistant", "content"}], "multiple_tools" or "single_tool"}"#;
const LOGGED: &str = r#"write {"FC_res": [{"input": "user:..", "predict": "..", "label": {"name", "arguments"}}]}"#;
/// What comes back from a call that is made in the middle of a dialogue.
const RESULT: &str = "success";
/// What the dataset has the assistant say where no tool fits.
const UNSUITABLE: &str = "Sorry, no tool is suitable for your request.";

impl Source for HammerBench {
    fn name(&self) -> &'static str {
        "hammerbench"
    }

    fn about(&self) -> &'static str {
        "HammerBench, English (MadeAgents/HammerBench, Apache-2.0), with recorded answers of GPT-4o. Written against its published files."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        let known = Known::read(files, each)?;
        visit_some(
            files,
            "data/en/**.json or logs/MODEL/HammerBench_KIND/**/MT_res.json",
            |path| match Kind::of(path) {
                Kind::Log | Kind::SingleTurn => true,
                Kind::Data(kind) => !known.logged.contains(kind),
                _ => false,
            },
            |path, file| match Kind::of(path) {
                Kind::Log => known.logged_dialogues(path, file, each),
                _ => each_record(file, each, |raw, record| published(path, raw, record)),
            },
        )
    }
}

/// What a file is.
enum Kind<'p> {
    Log,
    Verdicts,
    Data(&'p str),
    SingleTurn,
    Correspondence(&'p str),
    Other,
}

impl<'p> Kind<'p> {
    fn of(path: &'p str) -> Self {
        let path = unpacked(path);
        let (name, folder) = named(path);
        let stem = name.strip_suffix(".json");
        match (name, folder) {
            ("MT_res.json", _) => Self::Log,
            ("turn_flags_res.json", _) => Self::Verdicts,
            (_, "multi-turn") => stem.and_then(|s| s.strip_prefix("HammerBench_")).map_or(Self::Other, Self::Data),
            (_, "correspond_id") => {
                stem.and_then(|s| s.strip_prefix("correspond_id_")).map_or(Self::Other, Self::Correspondence)
            }
            (_, "single-turn") if stem.is_some() => Self::SingleTurn,
            _ => Self::Other,
        }
    }
}

/// The model of a log, and its folder below `HammerBench_`: a kind of dialogues, perhaps with a variant (`mSv/MT0`).
fn logged_at(path: &str) -> Option<(&str, &str)> {
    let (head, folder) = path.split_once("/HammerBench_")?;
    Some((head.rsplit('/').next()?, folder.rsplit_once('/')?.0))
}

fn kind_of(folder: &str) -> &str {
    folder.split('/').next().unwrap_or(folder)
}

/// What is known before the dialogues are read.
#[derive(Default)]
struct Known {
    /// Kinds of dialogues of which there are logs.
    logged: BTreeSet<String>,
    /// By the number of the dialogue that others vary.
    tools: HashMap<u64, Value>,
    /// For each dialogue of a kind, the one that it varies.
    varied: HashMap<String, Vec<u64>>,
    /// By the folder of the log.
    verdicts: HashMap<String, Vec<Vec<bool>>>,
}

impl Known {
    fn read(files: &Tree, each: Each<'_>) -> Result<Self, DataError> {
        let logs = RefCell::new(BTreeSet::new());
        let note = |path: &str| {
            let kind = matches!(Kind::of(path), Kind::Log).then(|| logged_at(path)).flatten();
            logs.borrow_mut().extend(kind.map(|(_, folder)| kind_of(folder).to_owned()));
            false
        };
        files.visit(note, |_, _| Ok::<_, DataError>(()))?;
        let mut known = Self { logged: logs.into_inner(), ..Self::default() };
        let logged = known.logged.clone();
        files.visit(
            |path| match Kind::of(path) {
                Kind::Data(kind) => logged.contains(kind),
                Kind::Correspondence(_) | Kind::Verdicts => true,
                _ => false,
            },
            |path, file| match Kind::of(path) {
                Kind::Correspondence(kind) => {
                    known.varied.insert(kind.to_owned(), document(file)?);
                    Ok(())
                }
                Kind::Verdicts => {
                    let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
                    known.verdicts.insert(folder.to_owned(), document(file)?);
                    Ok(())
                }
                _ => each_some(file, each, |_, record| known.add_tools(record)),
            },
        )?;
        Ok(known)
    }

    fn add_tools(&mut self, record: Value) -> Result<Option<Trajectory>, Fault> {
        let mut record = members(record, DIALOGUE)?;
        if let (Some(id), Some(tools)) = (record.get("id").and_then(Value::as_u64), record.remove("multiple_tools")) {
            items(tools, DIALOGUE)
                .map_err(|f| f.under("multiple_tools"))
                .map(|t| self.tools.insert(id, Value::Array(t)))?;
        }
        Ok(None)
    }

    /// The number of the dialogue that the one of this number and kind varies.
    fn varied_by(&self, kind: &str, number: u64) -> Option<u64> {
        let of = match kind {
            "Based" => return Some(number),
            "sQmA" | "mQmA" | "mQsA" => "xQxA",
            kind => kind,
        };
        self.varied.get(of)?.get(usize::try_from(number).ok()?).copied()
    }

    fn logged_dialogues(&self, path: &str, file: Input, each: Each<'_>) -> Result<(), DataError> {
        let Some((model, folder)) = logged_at(path) else {
            let fix = "keep the folders as they are published: logs/MODEL/HammerBench_KIND";
            return each(quarantined(&file.place(), Fault::new("a log of no kind of dialogues", fix), ""));
        };
        let verdicts = path.rsplit_once('/').and_then(|(folder, _)| self.verdicts.get(folder));
        let mut records = Records::new(file);
        while let Some(record) = records.next() {
            let raw = match record {
                Ok(raw) => raw,
                Err(quarantined) => {
                    each(Record::Quarantined(quarantined))?;
                    continue;
                }
            };
            let tools = self.varied_by(kind_of(folder), raw.number).and_then(|base| self.tools.get(&base));
            let verdicts = usize::try_from(raw.number).ok().and_then(|number| verdicts?.get(number));
            let log = Log { model, folder, tools, verdicts: verdicts.map_or(&[], Vec::as_slice) };
            let (given, left_out) = match raw.parse() {
                Ok(record) => log.dialogue(&raw, record),
                Err(quarantined) => {
                    each(Record::Quarantined(quarantined))?;
                    continue;
                }
            };
            let in_list = |fault: Fault| if raw.in_list { fault.under(raw.number) } else { fault };
            hand_on(given.map_err(in_list), &raw.place, raw.text, each)?;
            for (fault, text) in left_out {
                each(quarantined(&raw.place, in_list(fault), &text))?;
            }
        }
        Ok(())
    }
}

fn document<T: serde::de::DeserializeOwned>(file: Input) -> Result<T, DataError> {
    let (place, text) = file.read_text()?;
    let fix = "get the file again: it is part of the published data";
    serde_json::from_value(parse_json(&place, &text)?).map_err(|e| place.error(Fault::new(e.to_string(), fix)))
}

/// A turn of the user, and the call that it is labelled with.
struct Turn {
    words: String,
    label: Option<ToolCall>,
    /// What the assistant says then.
    then: Option<String>,
}

/// The conversation of some turns, and the place of each turn's step.
fn conversation(turns: Vec<Turn>, tools: &Value) -> Result<(Vec<Message>, Vec<usize>), Fault> {
    let mut said = Dialogue::default();
    let mut steps = Vec::new();
    for Turn { words, label, then } in turns {
        said.say(Role::User, words);
        steps.push(said.len());
        match (label, then) {
            (Some(call), Some(result)) if result == RESULT || lacks(&call, tools).is_none() => {
                said.call(vec![call], None);
                said.result(result);
            }
            (_, Some(question)) => said.say(Role::Assistant, question),
            (Some(call), None) => said.call(vec![call], None),
            (None, None) => return Err(Fault::new("a turn without a call or an answer", DIALOGUE)),
        }
    }
    if steps.is_empty() { Err(Fault::new("an empty dialogue", DIALOGUE)) } else { Ok((said.into_messages(), steps)) }
}

/// What a call lacks that its tool requires; a tool that is not listed, first of all.
fn lacks(call: &ToolCall, tools: &Value) -> Option<String> {
    let named = |tool: &&Value| tool.get("name").is_some_and(|name| *name == call.name);
    let Some(tool) = tools.as_array().into_iter().flatten().find(named) else { return Some(String::new()) };
    let required = tool.pointer("/parameters/required").and_then(Value::as_array);
    let mut required = required.into_iter().flatten().filter_map(Value::as_str);
    required.find(|name| call.arguments.get(name).is_none()).map(str::to_owned)
}

/// Whether a dialogue ends in a call without all that its tool is said to require.
fn ends_short(turns: &[Turn], tools: &Value) -> bool {
    let last = turns.last().filter(|turn| turn.then.is_none()).and_then(|turn| turn.label.as_ref());
    last.and_then(|call| lacks(call, tools)).is_some_and(|lacking| !lacking.is_empty())
}

/// The trajectory of a dialogue.
fn made(id: String, raw: &Raw<'_>, mut tools: Value, messages: Vec<Message>, ends_short: bool) -> Trajectory {
    if ends_short {
        let parameters = tools.as_array_mut().into_iter().flatten().filter_map(|tool| tool.get_mut("parameters"));
        for parameters in parameters.filter_map(Value::as_object_mut) {
            parameters.remove("required");
        }
    }
    let mut trajectory = Trajectory::of(id, &raw.place, tools, messages);
    if ends_short {
        trajectory.metadata.insert("required_left_out".into(), true.into());
    }
    trajectory
}

/// A call without the arguments that are empty texts.
fn call(name: String, mut arguments: Value) -> ToolCall {
    if let Some(map) = arguments.as_object_mut() {
        map.retain(|_, value| value != "");
    }
    ToolCall::new(name, arguments)
}

fn labelled(label: Value) -> Result<ToolCall, Fault> {
    let mut label = members(label, LOGGED)?;
    let name = take_text(&mut label, "name", LOGGED)?;
    let arguments = label.remove("arguments").or_else(|| label.remove("parameters"));
    let arguments = arguments.ok_or_else(|| Fault::new("\"arguments\" are missing", LOGGED))?;
    Ok(call(name, Value::Object(members(arguments, LOGGED)?)))
}

/// A dialogue of the data files.
fn published(path: &str, raw: &Raw<'_>, record: Value) -> Result<Trajectory, Fault> {
    let mut record = members(record, DIALOGUE)?;
    let tools = record.remove("multiple_tools").filter(|tools| !tools.is_null());
    let tools = Value::Array(match tools {
        Some(tools) => items(tools, DIALOGUE).map_err(|fault| fault.under("multiple_tools"))?,
        None => take_items(&mut record, "single_tool", DIALOGUE)?,
    });
    let mut turns: Vec<Turn> = Vec::new();
    for (i, message) in take_items(&mut record, "messages", DIALOGUE)?.into_iter().enumerate() {
        add_message(message, &mut turns).map_err(|fault| fault.under(i).under("messages"))?;
    }
    for turn in &mut turns {
        if turn.then.is_none()
            && turn.label.as_ref().is_some_and(|call| lacks(call, &tools).is_some_and(|l| l.is_empty()))
        {
            turn.label = None;
            turn.then = Some(UNSUITABLE.to_owned());
        }
    }
    let ends_short = ends_short(&turns, &tools);
    let (messages, _) = conversation(turns, &tools).map_err(|fault| fault.under("messages"))?;
    let (name, folder) = named(path);
    let id = format!("{folder}/{}/{}", name.trim_end_matches(".json"), raw.number);
    Ok(made(id, raw, tools, messages, ends_short))
}

fn add_message(message: Value, turns: &mut Vec<Turn>) -> Result<(), Fault> {
    let mut message = members(message, DIALOGUE)?;
    let role = take_text(&mut message, "role", DIALOGUE)?;
    let content = take(&mut message, "content", DIALOGUE)?;
    let turn = turns.last_mut().filter(|turn| turn.then.is_none());
    match (role.as_str(), content, turn) {
        ("user", Value::String(words), _) => turns.push(Turn { words, label: None, then: None }),
        ("assistant", Value::String(words), Some(turn)) => turn.then = Some(words),
        ("function call", called, Some(turn)) if turn.label.is_none() => {
            turn.label = Some(labelled(called).map_err(|fault| fault.under("content"))?);
        }
        ("user" | "assistant" | "function call", _, _) => {
            return Err(Fault::new(format!("a message of role \"{role}\" that has no place here"), DIALOGUE));
        }
        _ => return Err(Fault::new(format!("\"{role}\" is no role"), DIALOGUE).under("role")),
    }
    Ok(())
}

/// Where a dialogue was logged.
struct Log<'k> {
    model: &'k str,
    folder: &'k str,
    tools: Option<&'k Value>,
    verdicts: &'k [bool],
}

/// Answers that cannot be used, each with its text.
type LeftOut = Vec<(Fault, String)>;

impl Log<'_> {
    fn dialogue(&self, raw: &Raw<'_>, record: Value) -> (Result<Trajectory, Fault>, LeftOut) {
        let mut left_out = Vec::new();
        (self.read(raw, record, &mut left_out), left_out)
    }

    fn read(&self, raw: &Raw<'_>, record: Value, left_out: &mut LeftOut) -> Result<Trajectory, Fault> {
        let Some(tools) = self.tools else {
            let fix = "nothing: the data files of its kind do not have the dialogue that it varies";
            return Err(Fault::new("a dialogue whose tools are not published", fix));
        };
        let logged = take_items(&mut members(record, LOGGED)?, "FC_res", LOGGED)?;
        let (turns, predicted) = turns(logged).map_err(|fault| fault.under("FC_res"))?;
        let labels: Vec<Option<ToolCall>> = turns.iter().map(|turn| turn.label.clone()).collect();
        let ends_short = ends_short(&turns, tools);
        let (messages, steps) = conversation(turns, tools).map_err(|fault| fault.under("FC_res"))?;
        let id = format!("{}/{}", self.folder, raw.number);
        let mut trajectory = made(id, raw, tools.clone(), messages, ends_short);
        for (i, ((predicted, label), step)) in predicted.into_iter().zip(labels).zip(steps).enumerate() {
            let asks = trajectory.messages.get(step).is_some_and(|message| message.tool_calls.is_empty());
            let accepted = self.verdicts.get(i).copied();
            let verdict = match (without_blanks(parse_any(&predicted)), label) {
                (Err(why), _) => Err(why),
                (Ok(_), _) if asks && ends_short => {
                    Err("an answer to a turn that asks, of a dialogue in which nothing is required")
                }
                (Ok(answer), _) if asks => unasked(answer, tools),
                (Ok(answer), Some(label)) => judged(answer, &label, accepted),
                (Ok(answer), None) => Ok((answer, None)),
            };
            match verdict {
                Ok((answer, published)) => {
                    trajectory.answers.push(RecordedAnswer { step, model: self.model.to_owned(), answer, published });
                }
                Err(why) => {
                    let fault = Fault::new(why, "nothing: one cannot say whether it is right");
                    left_out.push((fault.under("predict").under(i).under("FC_res"), predicted));
                }
            }
        }
        Ok(trajectory)
    }
}

/// The turns of a log, and what was predicted at each.
fn turns(logged: Vec<Value>) -> Result<(Vec<Turn>, Vec<String>), Fault> {
    let (mut inputs, mut labels, mut predicted) = (Vec::new(), Vec::new(), Vec::new());
    for (i, turn) in logged.into_iter().enumerate() {
        let read = || {
            let mut turn = members(turn, LOGGED)?;
            inputs.push(take_text(&mut turn, "input", LOGGED)?);
            predicted.push(take_text(&mut turn, "predict", LOGGED)?);
            labels.push(labelled(take(&mut turn, "label", LOGGED)?).map_err(|fault| fault.under("label"))?);
            Ok(())
        };
        read().map_err(|fault: Fault| fault.under(i))?;
    }
    let whole = inputs.last().map(String::as_str).unwrap_or_default();
    if let Some(i) = inputs.iter().position(|input| !whole.starts_with(input.as_str())) {
        return Err(Fault::new("a turn that the last one does not go on from", LOGGED).under("input").under(i));
    }
    let spoken = transcript::messages(whole, &[("user:", Role::User), ("assistant:", Role::Assistant)]);
    let mut turns: Vec<Turn> = Vec::new();
    let mut labels = labels.into_iter();
    for message in spoken {
        match (message.role, turns.last_mut()) {
            (Role::Assistant, Some(turn)) if turn.then.is_none() => turn.then = Some(message.text().into_owned()),
            (Role::User, last) if last.as_ref().is_none_or(|turn| turn.then.is_some()) => {
                turns.push(Turn { words: message.text().into_owned(), label: labels.next(), then: None });
            }
            _ => return Err(Fault::new("user and assistant do not take turns", LOGGED)),
        }
    }
    if turns.len() != predicted.len() {
        let what = format!("{} turns of the user, and {} labels", turns.len(), predicted.len());
        return Err(Fault::new(what, LOGGED));
    }
    Ok((turns, predicted))
}

/// An answer without arguments that are empty texts.
fn without_blanks(answer: Candidate) -> Result<Candidate, &'static str> {
    let Candidate { action, content, raw, .. } = answer;
    let action = match action {
        Action::Calls(calls) => Action::Calls(calls.into_iter().map(|c| call(c.name, c.arguments)).collect()),
        // How the runner writes that there was no answer.
        Action::Text(text) if matches!(text.trim(), "" | "None") => return Err("an empty answer"),
        other => other,
    };
    let mut answer = Candidate::new(action);
    (answer.content, answer.raw) = (content, raw);
    Ok(answer)
}

type Judged = Result<(Candidate, Option<bool>), &'static str>;

/// An answer to a turn at which one asks. The label, which is a call without what is asked for, is no measure of it.
fn unasked(answer: Candidate, tools: &Value) -> Judged {
    let calls = answer.action.calls();
    if !calls.is_empty() && calls.iter().any(|call| lacks(call, tools).is_some()) {
        return Ok((answer, None));
    }
    Err("an answer to a turn that asks, in words or with all that its tool requires")
}

/// The benchmark's verdict, where what it says of the values can be the whole of it.
fn judged(answer: Candidate, label: &ToolCall, accepted: Option<bool>) -> Judged {
    let same = same_but_for_spelling(&answer.action, &Action::Calls(vec![label.clone()]));
    match (same, accepted) {
        (_, None) => Ok((answer, None)),
        (true, Some(true)) => Ok((answer, Some(true))),
        (true, Some(false)) => Err("an answer that is refused and the same as its label"),
        (false, Some(false)) => Ok((answer, Some(false))),
        (false, Some(true)) => match answer.action.calls() {
            [only] if only.name == label.name && same_keys(only.args(), label.args()) => Ok((answer, Some(true))),
            _ => Err("an answer that is accepted with another tool or other arguments than its label"),
        },
    }
}

fn same_keys(a: Option<&Map<String, Value>>, b: Option<&Map<String, Value>>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.len() == b.len() && a.keys().all(|key| b.contains_key(key)))
}

#[cfg(test)]
mod tests;
