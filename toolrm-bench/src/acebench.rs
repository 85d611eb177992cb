//! ACEBench: what models answered to its questions of the kind `normal`, whose answers are calls.
//!
//! Read from a tree with ACEBench's own folders, wherever they begin:
//!
//! | path | a line |
//! |---|---|
//! | `data_all/data_en/data_{category}.json` | `{"id","question","time","function"}` |
//! | `result_all/result_en/{model}/data_{category}_result.json` | `{"id","result"}` |
//! | `score_all/score_en/{model}/data_{category}_score.json` | a summary, then `{"id","valid":false,"error_type",..}` for every wrong answer |
//!
//! An answer that the score file does not list is right. So a file of results without its score file is an error, and so is a score of
//! an answer that is not there: labels would be made up.

use std::{collections::BTreeMap, sync::Arc};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Candidate, Message, Role},
    format::{Pythonic, ToolFormat, parse_any},
    task::Task,
    toolset::Dialect,
};
use toolrm_data::{
    DataError, Fault, Place,
    input::{Input, parse_json},
    record::{self, ToolsetCache},
    transcript,
    tree::Tree,
};

use crate::trbench::group::{Group, GroupEntry};

/// The error type of an answer that ACEBench could not read. Whether what it means is right is not known.
pub const UNREAD: &str = "wrong_output_format";

/// A question with its answers, one of each model, by model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Question {
    /// The tools, as published.
    pub tools: Value,
    /// What was asked and answered. What cannot be read as calls is a candidate too.
    pub group: Group,
}

const WHOLE: &str = "give the folder or archive with ACEBench's data_all, result_all and score_all";
const ASKED: &str = "write a question: {\"id\", \"question\", \"function\"}";
const ANSWERED: &str = "write an answer: {\"id\", \"result\"}";
const SCORED: &str = "write a score: {\"id\", \"valid\", \"error_type\"}";

/// All questions, by category, each category in its own order.
///
/// # Errors
/// A tree that cannot be read or holds no questions or answers; a line that is no record; an id that occurs twice in a file; an answer
/// to, or a score of, what is not there; results without scores. With file and line.
pub fn read(tree: &Tree) -> Result<Vec<Question>, DataError> {
    let mut recorded = Recorded::default();
    tree.visit(|path| File::of(path).is_some(), |path, input| recorded.add(path, input))?;
    let missing = |what: &str| Place::file(tree.path()).error(Fault::new(format!("no {what} of ACEBench"), WHOLE));
    if recorded.questions.is_empty() {
        return Err(missing("questions"));
    }
    if recorded.answers.is_empty() {
        return Err(missing("answers"));
    }
    recorded.check()?;
    recorded.questions()
}

/// A file of the tree that matters.
#[derive(Debug, PartialEq, Eq)]
enum File<'p> {
    Questions { category: &'p str },
    Answers(Key),
    Scores(Key),
}

/// Of which category and model.
type Key = (String, String);

impl<'p> File<'p> {
    fn of(path: &'p str) -> Option<Self> {
        let below = |folder: &str| {
            let (before, rest) = path.split_once(folder)?;
            (before.is_empty() || before.ends_with('/')).then_some(rest)
        };
        let normal = |category: &str| category.starts_with("normal_") && !category.contains('/');
        let key = |rest: &str, end: &str| {
            let (model, category) = rest.strip_suffix(end)?.rsplit_once("/data_")?;
            normal(category).then(|| (category.to_owned(), model.to_owned()))
        };
        if let Some(rest) = below("data_all/data_en/data_") {
            let category = rest.strip_suffix(".json")?;
            return normal(category).then_some(Self::Questions { category });
        }
        if let Some(rest) = below("result_all/result_en/") {
            return key(rest, "_result.json").map(Self::Answers);
        }
        key(below("score_all/score_en/")?, "_score.json").map(Self::Scores)
    }
}

/// The records of a file by id, each with its place.
type Lines<T> = IndexMap<String, (Place, T)>;

/// What the tree holds.
#[derive(Debug, Default)]
struct Recorded {
    /// By category.
    questions: BTreeMap<String, Lines<Map<String, Value>>>,
    answers: BTreeMap<Key, Lines<String>>,
    /// The error types of the wrong answers.
    failures: BTreeMap<Key, Lines<String>>,
}

impl Recorded {
    fn add(&mut self, path: &str, input: Input) -> Result<(), DataError> {
        match File::of(path) {
            Some(File::Questions { category }) => {
                let read = |fields: &Map<String, Value>| Ok(Some((id(fields, ASKED)?, fields.clone())));
                self.questions.insert(category.to_owned(), lines(input, ASKED, read)?);
            }
            Some(File::Answers(key)) => {
                let read = |fields: &Map<String, Value>| {
                    Ok(Some((id(fields, ANSWERED)?, text(fields, "result", ANSWERED)?.to_owned())))
                };
                self.answers.insert(key, lines(input, ANSWERED, read)?);
            }
            Some(File::Scores(key)) => {
                self.failures.insert(key, lines(input, SCORED, failure)?);
            }
            None => {}
        }
        Ok(())
    }

    /// Every answer has a question and a file of scores, every score an answer.
    fn check(&self) -> Result<(), DataError> {
        for (key, answers) in &self.answers {
            let (category, model) = key;
            let questions = self.questions.get(category);
            let asked = |id: &str| questions.is_some_and(|questions| questions.contains_key(id));
            if let Some((id, (place, _))) = answers.iter().find(|(id, _)| !asked(id)) {
                let what = format!("an answer to \"{id}\", which is no question of {category}");
                return Err(place.error(Fault::new(what, WHOLE).under("id")));
            }
            if let (None, Some((place, _))) = (self.failures.get(key), answers.values().next()) {
                let what = format!("answers of {model} to {category} without their scores");
                return Err(Place::new(Arc::clone(&place.source)).error(Fault::new(what, WHOLE)));
            }
        }
        for (key, failures) in &self.failures {
            let answers = self.answers.get(key);
            let answered = |id: &str| answers.is_some_and(|answers| answers.contains_key(id));
            if let Some((id, (place, _))) = failures.iter().find(|(id, _)| !answered(id)) {
                let what = format!("a score of \"{id}\", which {} did not answer", key.1);
                return Err(place.error(Fault::new(what, WHOLE).under("id")));
            }
        }
        Ok(())
    }

    fn questions(&self) -> Result<Vec<Question>, DataError> {
        let mut toolsets = ToolsetCache::default();
        let mut questions = Vec::new();
        for (category, asked) in &self.questions {
            for (id, (place, fields)) in asked {
                questions.push(self.question(category, id, fields, &mut toolsets).map_err(|f| place.error(f))?);
            }
        }
        Ok(questions)
    }

    fn question(
        &self,
        category: &str,
        id: &str,
        fields: &Map<String, Value>,
        toolsets: &mut ToolsetCache,
    ) -> Result<Question, Fault> {
        let published = record::member(fields, "function", ASKED)?;
        let tools = toolsets.read(published, Dialect::Auto).map_err(|f| f.under("function"))?;
        let format = Pythonic::with_toolset(Arc::clone(&tools));
        let time = record::optional_text(fields, "time")?.unwrap_or_default();
        let messages = conversation(text(fields, "question", ASKED)?, &time, &format);
        let task = Task::new(messages, tools).with_metadata(Map::from_iter([("id".to_owned(), json!(id))]));
        let of_category = self.answers.iter().filter(|((its, _), _)| its == category);
        let entries = of_category.filter_map(|(key, answers)| {
            let (_, answer) = answers.get(id)?;
            let failure = self.failures.get(key).and_then(|failures| failures.get(id)).map(|(_, kind)| kind.clone());
            let entry = GroupEntry::new(key.1.clone(), decode(answer, &format), failure.is_none());
            Some(entry.with_error_type(failure))
        });
        let entries = entries.collect();
        Ok(Question { tools: published.clone(), group: Group::new(id, category, task).with_entries(entries) })
    }
}

fn lines<T>(
    mut input: Input,
    shape: &str,
    read: impl Fn(&Map<String, Value>) -> Result<Option<(String, T)>, Fault>,
) -> Result<Lines<T>, DataError> {
    let mut lines = Lines::new();
    while let Some((place, line)) = input.next_line()? {
        let value = parse_json(&place, line)?;
        let found = record::object(&value, shape).and_then(&read).map_err(|fault| place.error(fault))?;
        let Some((id, item)) = found else { continue };
        if let Some((first, _)) = lines.get(&id) {
            let first: &Place = first;
            let what = format!("\"{id}\" is there already, on line {}", first.line.unwrap_or(0));
            return Err(place.error(Fault::new(what, "keep one of the two").under("id")));
        }
        lines.insert(id, (place, item));
    }
    Ok(lines)
}

fn id(fields: &Map<String, Value>, shape: &str) -> Result<String, Fault> {
    text(fields, "id", shape).map(str::to_owned)
}

fn text<'f>(fields: &'f Map<String, Value>, key: &str, shape: &str) -> Result<&'f str, Fault> {
    let value = record::member(fields, key, shape)?;
    let wrong = || Fault::new(format!("expected a string, found {}", record::kind(value)), shape).under(key);
    value.as_str().ok_or_else(wrong)
}

/// The wrong answer of a line of scores: the summary, which has no id, is none.
fn failure(fields: &Map<String, Value>) -> Result<Option<(String, String)>, Fault> {
    if !fields.contains_key("id") || fields.get("valid") == Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let kind = record::optional_text(fields, "error_type")?.unwrap_or_else(|| "unknown".into());
    Ok(Some((id(fields, SCORED)?, kind)))
}

/// Reads an answer: Python text, as was asked for, or whatever else it is.
fn decode(answer: &str, format: &Pythonic) -> Candidate {
    let asked_for = format.parse(answer);
    if asked_for.action.calls().is_empty() { parse_any(answer) } else { asked_for }
}

/// The conversation: a transcript in which `system` is the assistant, whose calls are Python text. The current time comes before it.
fn conversation(question: &str, time: &str, format: &Pythonic) -> Vec<Message> {
    let time = (!time.trim().is_empty()).then(|| Message::system(time.trim()));
    let spoken = transcript::messages(question, &[("user:", Role::User), ("system:", Role::Assistant)]);
    let told = spoken.into_iter().map(|message| match format.parse(&message.text()).action {
        Action::Calls(calls) if message.role == Role::Assistant => Message::calls(calls),
        _ => message,
    });
    time.into_iter().chain(told).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    const FILES: [(&str, &str); 5] = [
        (
            "ace/data_all/data_en/data_normal_x.json",
            "{\"id\":\"x_0\",\"question\":\"user: Rain in Rome?\\nsystem: When?\\nuser: Today.\\n\",\"time\":\"It is Monday.\",\
             \"function\":[{\"name\":\"rain\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}]}\n",
        ),
        (
            "ace/result_all/result_en/lab/b/data_normal_x_result.json",
            "{\"id\":\"x_0\",\"result\":\"[rain(city='Oslo')]\"}\n",
        ),
        (
            "ace/score_all/score_en/lab/b/data_normal_x_score.json",
            "{\"accuracy\":0.0}\n{\"id\":\"x_0\",\"valid\":false,\"error_type\":\"value_error\"}\n",
        ),
        (
            "ace/result_all/result_en/a/data_normal_x_result.json",
            "{\"id\":\"x_0\",\"result\":\"[rain(city='Rome')]\"}\n",
        ),
        ("ace/score_all/score_en/a/data_normal_x_score.json", "{\"accuracy\":1.0}\n"),
    ];

    fn read_with(change: impl Fn(&str, &str) -> Option<String>) -> Result<Vec<Question>, String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in FILES {
            let path = folder.path().join(path);
            if let Some(text) = change(path.to_str().unwrap(), text) {
                fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        Tree::open(folder.path()).and_then(|tree| read(&tree)).map_err(|e| e.to_string())
    }

    #[test]
    fn answers_are_right_unless_the_score_file_lists_them() {
        let questions = read_with(|_, text| Some(text.to_owned())).unwrap();
        let group = &questions[0].group;
        assert_eq!((group.id.as_str(), group.category.as_str()), ("x_0", "normal_x"));
        let roles: Vec<Role> = group.task.messages().iter().map(|m| m.role).collect();
        assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::User]);
        let entries: Vec<_> =
            group.entries.iter().map(|e| (e.model.as_str(), e.right, e.error_type.as_deref())).collect();
        assert_eq!(entries, [("a", true, None), ("lab/b", false, Some("value_error"))]);
        assert_eq!(group.entries[1].candidate.action.calls()[0].arguments, json!({"city": "Oslo"}));
    }

    #[test]
    fn what_cannot_be_labelled_is_an_error_with_its_place() {
        type Change = fn(&str) -> Option<String>;
        let cases: [(&str, Change, &str); 8] = [
            ("data_en", |_| None, "no questions of ACEBench; give the folder"),
            ("data_en", |t| Some(t.repeat(2)), "data_normal_x.json:2: /id: \"x_0\" is there already, on line 1"),
            ("data_en", |t| Some(t.replace("x_0", "x_1")), "data_normal_x_result.json:1: /id: an answer to \"x_0\""),
            ("data_en", |t| Some(t.replace("\"rain\"", "3")), "data_normal_x.json:1: /function"),
            ("result_en", |t| Some(t.replace("\"[", "3,\"x\":\"[")), "_result.json:1: /result: expected a string"),
            ("result_en/a", |t| Some(t.replace('}', "")), "a/data_normal_x_result.json:1: not JSON"),
            ("score_en/a", |_| None, "a/data_normal_x_result.json: answers of a to normal_x without their scores"),
            ("result_en/lab", |_| None, "lab/b/data_normal_x_score.json:2: /id: a score of \"x_0\", which lab/b"),
        ];
        for (which, change, said) in cases {
            let error = read_with(|path, text| if path.contains(which) { change(text) } else { Some(text.into()) });
            let error = error.unwrap_err();
            assert!(error.contains(said), "{which}: {error}");
        }
    }

    #[test]
    fn other_files_are_not_looked_at() {
        for path in [
            "data_all/data_en/possible_answer/data_normal_x.json",
            "data_all/data_en/data_agent_x.json",
            "old_data_all/data_en/data_normal_x.json",
            "result_all/result_en/a/data_special_x_result.json",
            "LICENSE",
        ] {
            assert_eq!(File::of(path), None, "{path}");
        }
    }
}
