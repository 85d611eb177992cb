//! Reads [`Questions`] from the files of the leaderboard's package: a folder, a wheel, an archive.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};
use std::sync::Arc;

use serde_json::{Map, Value};
use toolrm_core::{call::Message, toolset::Dialect};
use toolrm_data::{DataError, Fault, Place, input::Input, input::parse_json, record, tree::Tree};

use super::{
    category::Category,
    question::{Question, Questions, SharedToolset},
};
use crate::trbench::pair::dialect_of;

/// Files of the package that hold no questions of a [`Category`]: agentic questions (memory, web search) and prompt variations, which
/// need a running backend or model, and sets that the leaderboard has retired.
const LEFT_OUT: &[&str] = &[
    "memory",
    "web_search",
    "format_sensitivity",
    "rest",
    "sql",
    "chatable",
    "exec_simple",
    "exec_multiple",
    "exec_parallel",
    "exec_parallel_multiple",
    "multi_turn_composite",
];

/// The file of the function documents of every class of stateful tools.
const CLASS_FILES: &[(&str, &str)] = &[
    ("GorillaFileSystem", "gorilla_file_system.json"),
    ("MathAPI", "math_api.json"),
    ("MessageAPI", "message_api.json"),
    ("TwitterAPI", "posting_api.json"),
    ("TicketAPI", "ticket_api.json"),
    ("TradingBot", "trading_bot.json"),
    ("TravelAPI", "travel_booking.json"),
    ("VehicleControlAPI", "vehicle_control.json"),
];

const WHOLE: &str = "get the package bfcl-eval whole";
const QUESTION: &str = "write {\"id\", \"question\": [[MESSAGE, ..], ..], \"function\": [..]}";
const ANSWER: &str = "write {\"id\", \"ground_truth\": [{NAME: {PARAMETER: [ALLOWED, ..]}}, ..]}";
const TURN_ANSWERS: &str = "write {\"id\", \"ground_truth\": [[\"CALL\", ..], ..]}, one list for every turn";

impl Questions {
    /// Reads the files `BFCL_v4_CATEGORY.json`, `possible_answer/BFCL_v4_CATEGORY.json` and `multi_turn_func_doc/CLASS.json`, wherever
    /// they lie in the tree: of the wheel of `bfcl-eval`, of its installed folder, of a copy of its `data`.
    ///
    /// What is no [`Category`] is left out, on purpose: the agentic files (`memory`, `web_search`), `format_sensitivity` and what the
    /// package keeps as unused; so are files of recorded answers (`.._result.json`, `.._score.json`). Any other name is an error.
    ///
    /// # Errors
    /// What cannot be read, is of another shape, occurs twice, or is missing (accepted answers, documents of a class).
    pub fn load(tree: &Tree) -> Result<Self, DataError> {
        let mut files = Files::default();
        tree.visit(|path| Content::of(path).is_some(), |path, file| files.read(path, file))?;
        if files.questions.is_empty() {
            let what = "no questions: no file BFCL_v4_CATEGORY.json, or only empty ones";
            let fix = "give the wheel of bfcl-eval (version 4 of the leaderboard), its installed folder or a copy of its data";
            return Err(Place::file(tree.path()).error(Fault::new(what, fix)));
        }
        files.join()
    }
}

/// What a file holds.
enum Content<'p> {
    Questions(&'p str),
    Answers(&'p str),
    Documents(&'p str),
}

impl<'p> Content<'p> {
    /// By its name and folder; `None` for what is not read.
    fn of(path: &'p str) -> Option<Self> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = folders.rsplit('/').next().unwrap_or_default();
        if folder == "multi_turn_func_doc" {
            return CLASS_FILES.iter().any(|(_, file)| *file == name).then_some(Self::Documents(name));
        }
        let category = name.strip_prefix("BFCL_v4_")?.strip_suffix(".json")?;
        if LEFT_OUT.contains(&category) || category.ends_with("_result") || category.ends_with("_score") {
            return None;
        }
        Some(if folder == "possible_answer" { Self::Answers(category) } else { Self::Questions(category) })
    }
}

/// What was read, not joined yet: an archive may hold answers and documents before or after the questions.
#[derive(Default)]
struct Files {
    questions: HashMap<String, Line>,
    answers: HashMap<String, Line>,
    documents: BTreeMap<String, (Place, Vec<Value>)>,
}

struct Line {
    place: Place,
    category: Category,
    fields: Map<String, Value>,
}

impl Files {
    fn read(&mut self, path: &str, mut file: Input) -> Result<(), DataError> {
        match Content::of(path) {
            None => Ok(()),
            Some(Content::Questions(name)) => read_lines(&mut self.questions, name, file, QUESTION),
            Some(Content::Answers(name)) => read_lines(&mut self.answers, name, file, ANSWER),
            Some(Content::Documents(name)) => {
                let mut documents = Vec::new();
                while let Some((place, line)) = file.next_line()? {
                    let document = parse_json(&place, line)?;
                    record::object(&document, "write one function document on each line")
                        .map_err(|f| place.error(f))?;
                    documents.push(document);
                }
                let place = file.place();
                match self.documents.insert(name.to_owned(), (place.clone(), documents)) {
                    None => Ok(()),
                    Some((earlier, _)) => Err(place.error(twice(&format!("\"{name}\""), &earlier))),
                }
            }
        }
    }

    fn join(mut self) -> Result<Questions, DataError> {
        let mut shared = Shared::default();
        let mut questions = Vec::with_capacity(self.questions.len());
        // In the order of the places, so that of several faults always the same one is told.
        let mut lines: Vec<(String, Line)> = std::mem::take(&mut self.questions).into_iter().collect();
        lines.sort_by(|(_, a), (_, b)| (&a.place.source, a.place.line).cmp(&(&b.place.source, b.place.line)));
        for (id, line) in lines {
            let answer = self.answers.remove(&id);
            let place = line.place.clone();
            let mut question = self.question(id, line, &mut shared).map_err(|fault| place.error(fault))?;
            question.gold = accepted(&question, answer, &place)?;
            questions.push(question);
        }
        let orphan = self.answers.iter().min_by_key(|(_, line)| (Arc::clone(&line.place.source), line.place.line));
        match orphan {
            None => Ok(Questions::new(questions)),
            Some((id, line)) => {
                let what = format!("accepted answers of \"{id}\", a question that is not there");
                Err(line.place.error(Fault::new(what, format!("remove the line, or {WHOLE}")).under("id")))
            }
        }
    }

    fn question(&self, id: String, line: Line, shared: &mut Shared) -> Result<Question, Fault> {
        let Line { category, mut fields, .. } = line;
        let turns = turns(&fields)?;
        let mut involved_classes = Vec::new();
        let mut missed_functions = BTreeMap::new();
        let functions = if category.is_multi_turn() {
            involved_classes = classes(&fields)?;
            let mut documents = self.documents_of(&involved_classes)?;
            missed_functions = missed(&fields, &mut documents).map_err(|f| f.under("missed_function"))?;
            Value::Array(documents)
        } else {
            functions(&mut fields)?
        };
        check_turns(category, &turns, &missed_functions).map_err(|f| f.under("question"))?;
        let initial_config = fields.remove("initial_config").unwrap_or_default();
        if !initial_config.is_null() {
            record::object(&initial_config, "write {CLASS: STATE}").map_err(|f| f.under("initial_config"))?;
        }
        let (functions, tools) = shared.of(functions, dialect_of(category.name()));
        Ok(Question {
            id,
            category,
            turns,
            functions,
            gold: None,
            involved_classes,
            initial_config,
            missed_functions,
            tools,
        })
    }

    fn documents_of(&self, classes: &[String]) -> Result<Vec<Value>, Fault> {
        let mut all = Vec::new();
        for (i, class) in classes.iter().enumerate() {
            let fault = |what: String, fix: String| Fault::new(what, fix).under(i).under("involved_classes");
            let known = CLASS_FILES.iter().find(|(name, _)| name == class);
            let (_, file) = known.ok_or_else(|| {
                let names: Vec<_> = CLASS_FILES.iter().map(|(name, _)| *name).collect();
                fault(format!("unknown class \"{class}\""), format!("known are {}", names.join(", ")))
            })?;
            let (_, documents) = self.documents.get(*file).ok_or_else(|| {
                let what = format!("the tools of {class} are not there: no file multi_turn_func_doc/{file}");
                fault(what, format!("add it, or {WHOLE}"))
            })?;
            all.extend(documents.iter().cloned());
        }
        Ok(all)
    }
}

fn read_lines(
    lines: &mut HashMap<String, Line>,
    category: &str,
    mut file: Input,
    shape: &str,
) -> Result<(), DataError> {
    let category: Category = category.parse().map_err(|e: super::category::UnknownCategory| {
        file.place().error(Fault::new(e.to_string(), "remove the file, or rename it after its category"))
    })?;
    while let Some((place, line)) = file.next_line()? {
        let (id, fields) = read_line(parse_json(&place, line)?, category, shape).map_err(|f| place.error(f))?;
        match lines.entry(id) {
            Entry::Occupied(earlier) => {
                let fault = twice(&format!("\"{}\"", earlier.key()), &earlier.get().place);
                return Err(place.error(fault.under("id")));
            }
            Entry::Vacant(free) => drop(free.insert(Line { place, category, fields })),
        }
    }
    Ok(())
}

fn read_line(line: Value, category: Category, shape: &str) -> Result<(String, Map<String, Value>), Fault> {
    let fields = match line {
        Value::Object(fields) => fields,
        other => return Err(Fault::new(format!("expected an object, found {}", record::kind(&other)), shape)),
    };
    let id = match record::member(&fields, "id", shape)? {
        Value::String(id) => id.clone(),
        other => {
            return Err(Fault::new(format!("expected a string, found {}", record::kind(other)), shape).under("id"));
        }
    };
    if id.strip_prefix(category.name()).is_some_and(|number| number.starts_with('_')) {
        return Ok((id, fields));
    }
    let what = format!("\"{id}\" is no id of {category}, after which the file is named");
    Err(Fault::new(what, format!("write {category}_NUMBER, or rename the file")).under("id"))
}

fn twice(what: &str, earlier: &Place) -> Fault {
    Fault::new(format!("{what} occurs twice: first at {earlier}"), "remove one of the two")
}

fn turns(fields: &Map<String, Value>) -> Result<Vec<Vec<Message>>, Fault> {
    let turns =
        record::list(record::member(fields, "question", QUESTION)?, QUESTION).map_err(|f| f.under("question"))?;
    let read = |turn: &Value| -> Result<Vec<Message>, Fault> {
        let messages = record::list(turn, QUESTION)?;
        messages.iter().enumerate().map(|(i, message)| record::message(message).map_err(|f| f.under(i))).collect()
    };
    turns.iter().enumerate().map(|(i, turn)| read(turn).map_err(|f| f.under(i).under("question"))).collect()
}

fn check_turns(category: Category, turns: &[Vec<Message>], added: &BTreeMap<usize, Vec<Value>>) -> Result<(), Fault> {
    if turns.is_empty() || (turns.len() > 1 && !category.is_multi_turn()) {
        let expected = if category.is_multi_turn() { "one or more turns" } else { "one turn" };
        return Err(Fault::new(format!("expected {expected}, found {}", turns.len()), QUESTION));
    }
    if let Some((turn, _)) = added.range(turns.len()..).next() {
        return Err(Fault::new(format!("no turn {turn}, at which tools are added"), QUESTION));
    }
    match turns.iter().enumerate().find(|(i, turn)| turn.is_empty() && !added.contains_key(i)) {
        None => Ok(()),
        Some((i, _)) => Err(Fault::new("a turn without messages, at which no tool is added", QUESTION).under(i)),
    }
}

fn functions(fields: &mut Map<String, Value>) -> Result<Value, Fault> {
    let functions = record::list(record::member(fields, "function", QUESTION)?, QUESTION);
    for (i, function) in functions.map_err(|f| f.under("function"))?.iter().enumerate() {
        record::object(function, "write a function document").map_err(|f| f.under(i).under("function"))?;
    }
    Ok(fields.remove("function").unwrap_or_default())
}

fn classes(fields: &Map<String, Value>) -> Result<Vec<String>, Fault> {
    let fix = "write the names of the classes of tools";
    let classes = record::list(record::member(fields, "involved_classes", fix)?, fix);
    texts(classes.map_err(|f| f.under("involved_classes"))?, fix).map_err(|f| f.under("involved_classes"))
}

fn texts(list: &[Value], fix: &str) -> Result<Vec<String>, Fault> {
    let text = |(i, value): (usize, &Value)| match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(Fault::new(format!("expected a string, found {}", record::kind(other)), fix).under(i)),
    };
    list.iter().enumerate().map(text).collect()
}

/// Takes the tools that are added late out of the documents.
fn missed(fields: &Map<String, Value>, documents: &mut Vec<Value>) -> Result<BTreeMap<usize, Vec<Value>>, Fault> {
    const SHAPE: &str = "write {\"TURN\": [\"NAME\", ..]}";
    let Some(by_turn) = fields.get("missed_function") else { return Ok(BTreeMap::new()) };
    let mut all = BTreeMap::new();
    for (turn, names) in record::object(by_turn, SHAPE)? {
        let number: usize = turn.parse().map_err(|_| Fault::new("not the number of a turn", SHAPE).under(turn))?;
        let names = record::list(names, SHAPE).and_then(|names| texts(names, SHAPE)).map_err(|f| f.under(turn))?;
        let mut taken = Vec::with_capacity(names.len());
        for (i, name) in names.iter().enumerate() {
            let place = documents.iter().position(|document| document.get("name").is_some_and(|n| n == name.as_str()));
            let place = place.ok_or_else(|| {
                Fault::new(format!("no tool \"{name}\" in the involved classes"), "correct its name")
                    .under(i)
                    .under(turn)
            })?;
            taken.push(documents.remove(place));
        }
        all.insert(number, taken);
    }
    Ok(all)
}

/// The accepted answers of a question, checked; `None` where there must be none.
fn accepted(question: &Question, answer: Option<Line>, asked: &Place) -> Result<Option<Value>, DataError> {
    let compared = !question.category.is_irrelevance() && question.category != Category::LiveRelevance;
    match answer {
        None if !compared => Ok(None),
        None => {
            let file = format!("possible_answer/BFCL_v4_{}.json", question.category);
            let what = format!("no accepted answers of \"{}\" in {file}", question.id);
            Err(asked.error(Fault::new(what, format!("add its line or the file, or {WHOLE}"))))
        }
        Some(Line { place, .. }) if !compared => {
            let what = format!("accepted answers in {}, where calls are not compared", question.category);
            Err(place.error(Fault::new(what, "remove the file")))
        }
        Some(Line { place, mut fields, .. }) => {
            let shape = if question.category.is_multi_turn() { TURN_ANSWERS } else { ANSWER };
            let gold = fields.remove("ground_truth");
            let gold = gold.ok_or_else(|| place.error(Fault::new("\"ground_truth\" is missing", shape)))?;
            let checked = if question.category.is_multi_turn() {
                check_turn_answers(&gold, question.turns.len())
            } else {
                check_answers(&gold)
            };
            checked.map_err(|fault| place.error(fault.under("ground_truth")))?;
            Ok(Some(gold))
        }
    }
}

fn check_answers(gold: &Value) -> Result<(), Fault> {
    for (i, call) in record::list(gold, ANSWER)?.iter().enumerate() {
        let call = record::object(call, ANSWER).map_err(|f| f.under(i))?;
        if call.len() != 1 {
            return Err(Fault::new(format!("expected one name, found {}", call.len()), ANSWER).under(i));
        }
        for (name, parameters) in call {
            let at = |fault: Fault| fault.under(name).under(i);
            for (parameter, allowed) in record::object(parameters, ANSWER).map_err(at)? {
                record::list(allowed, ANSWER).map_err(|f| at(f.under(parameter)))?;
            }
        }
    }
    Ok(())
}

fn check_turn_answers(gold: &Value, turns: usize) -> Result<(), Fault> {
    let answers = record::list(gold, TURN_ANSWERS)?;
    if answers.len() != turns {
        let what = format!("answers of {} turns, where the question has {turns}", answers.len());
        return Err(Fault::new(what, TURN_ANSWERS));
    }
    for (i, calls) in answers.iter().enumerate() {
        record::list(calls, TURN_ANSWERS).and_then(|calls| texts(calls, TURN_ANSWERS)).map_err(|f| f.under(i))?;
    }
    Ok(())
}

/// Function documents and toolsets by content: many questions share theirs.
#[derive(Default)]
struct Shared(HashMap<(Dialect, String), (Arc<Value>, SharedToolset)>);

impl Shared {
    fn of(&mut self, functions: Value, dialect: Dialect) -> (Arc<Value>, SharedToolset) {
        let entry = self.0.entry((dialect, functions.to_string()));
        let (functions, tools) = entry.or_insert_with(|| (Arc::new(functions), SharedToolset::default()));
        (Arc::clone(functions), Arc::clone(tools))
    }
}

#[cfg(test)]
mod tests;
