//! An invented leaderboard: a few questions with their accepted answers, and what five models said to them, in the files the real one
//! writes: three models in the layout of version 4, two in that of 2024.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::toolrm;

/// The invented leaderboard on disk, in a folder of its own: `questions` and `runs`.
#[derive(Debug)]
pub struct Leaderboard {
    folder: TempDir,
}

impl Leaderboard {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        write_questions(&folder.path().join("questions"));
        write_runs(&folder.path().join("runs"));
        Self { folder }
    }

    /// The path of something in its folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// `toolrm bench build` with these further arguments, into the folder `name`; gives its path.
    pub fn build(&self, name: &str, more: &[&str]) -> String {
        let (questions, runs, out) = (self.path("questions"), self.path("runs"), self.path(name));
        let args = ["bench", "build", "--bfcl", &questions, "--runs", &runs, "--out", &out];
        let run = toolrm(&[&args, more].concat());
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        out
    }

    /// Replaces the first `from` in one of its files.
    pub fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
}

/// An invented ACEBench, of one question and what two models answered to it, in its own folders.
pub fn write_acebench(root: &Path) {
    let line = |inside: &str, lines: Vec<Value>| write_lines(&root.join(inside), lines.into_iter());
    let asked = json!({"id": "normal_trip_0", "question": "user: Weather in Oslo for 2 days, please.\n", "time": "", "function": [weather()]});
    line("data_all/data_en/data_normal_trip.json", vec![asked]);
    for (model, city) in [("ada", "Oslo"), ("cleo", "Atlantis")] {
        let answer = json!({"id": "normal_trip_0", "result": format!("[weather.get(city='{city}', days=2)]")});
        line(&format!("result_all/result_en/{model}/data_normal_trip_result.json"), vec![answer]);
        let wrong = json!({"id": "normal_trip_0", "valid": false, "error_type": "value_error"});
        let scores =
            if city == "Oslo" { vec![json!({"accuracy": 1.0})] } else { vec![json!({"accuracy": 0.0}), wrong] };
        line(&format!("score_all/score_en/{model}/data_normal_trip_score.json"), scores);
    }
}

/// A call: name and arguments.
type Call = (&'static str, Map<String, Value>);

struct Question {
    category: &'static str,
    number: usize,
    text: String,
    tools: Vec<Value>,
    /// What is accepted; empty where no call is due.
    gold: Vec<Call>,
}

const CITIES: [&str; 6] = ["Oslo", "Lima", "Cairo", "Hanoi", "Quito", "Perth"];

fn weather() -> Value {
    json!({"name": "weather.get", "description": "Weather forecast of a city.", "parameters": {"type": "dict", "properties": {
        "city": {"type": "string", "description": "Name of the city."},
        "days": {"type": "integer", "description": "Number of days."},
        "unit": {"type": "string", "description": "Unit of the temperature.", "enum": ["celsius", "fahrenheit"]},
    }, "required": ["city", "days"]}})
}

fn clock() -> Value {
    json!({"name": "clock_now", "description": "Local time in a city.", "parameters": {"type": "dict", "properties": {
        "city": {"type": "string", "description": "Name of the city."}}, "required": ["city"]}})
}

fn forecast(city: &str, days: usize) -> Call {
    ("weather.get", Map::from_iter([("city".into(), json!(city)), ("days".into(), json!(days))]))
}

fn asked() -> Vec<Question> {
    let ask = |category, number, text, tools, gold| Question { category, number, text, tools, gold };
    let mut all = Vec::new();
    for (number, city) in CITIES.iter().enumerate() {
        let days = number + 2;
        let text = format!("How will the weather be in {city} over the next {days} days?");
        all.push(ask("simple_python", number, text, vec![weather()], vec![forecast(city, days)]));
        let text = format!("Please give me a {days} day forecast for {city}.");
        all.push(ask("multiple", number, text, vec![clock(), weather()], vec![forecast(city, days)]));
        let other = CITIES[(number + 1) % CITIES.len()];
        let text = format!("Weather in {city} and in {other}, {days} days each.");
        all.push(ask("parallel", number, text, vec![weather()], vec![forecast(city, days), forecast(other, days)]));
        all.push(ask("irrelevance", number, format!("Write a poem about {city}."), vec![clock()], vec![]));
    }
    all.sort_by_key(|question| question.category);
    all
}

fn write_questions(root: &Path) {
    let asked = asked();
    for questions in asked.chunk_by(|a, b| a.category == b.category) {
        let category = questions[0].category;
        let id = |question: &Question| format!("{category}_{}", question.number);
        let line = |q: &Question| json!({"id": id(q), "question": [[{"role": "user", "content": q.text}]], "function": q.tools});
        write_lines(&root.join(format!("BFCL_v4_{category}.json")), questions.iter().map(line));
        if category != "irrelevance" {
            let gold =
                |q: &Question| json!({"id": id(q), "ground_truth": q.gold.iter().map(accepted).collect::<Vec<_>>()});
            let file = root.join(format!("possible_answer/BFCL_v4_{category}.json"));
            write_lines(&file, questions.iter().map(gold));
        }
    }
}

/// A call with its values as lists of what is allowed; the unit may be left out.
fn accepted((name, arguments): &Call) -> Value {
    let mut allowed: Map<String, Value> = arguments.iter().map(|(key, value)| (key.clone(), json!([value]))).collect();
    allowed.insert("unit".into(), json!(["celsius", ""]));
    json!({ *name: allowed })
}

/// What a model says: calls, or words where it makes none, and what is wrong with it.
fn said(model: &str, question: &Question) -> (Vec<Call>, &'static str, Option<&'static str>) {
    let mut calls = question.gold.clone();
    if calls.is_empty() {
        return match model {
            "ada" => (vec![], "None of my tools writes poems.", None),
            "bela" | "emil" => (vec![], "I can only look up the time, sorry.", None),
            _ => (
                vec![("clock_now", forecast(CITIES[question.number], 0).1)],
                "",
                Some("irrelevance_error:decoder_success"),
            ),
        };
    }
    let odd = question.number % 2 == 1;
    let wrong = match model {
        "bela" => {
            for (_, arguments) in &mut calls {
                arguments.insert("unit".into(), json!("celsius"));
            }
            None
        }
        "cleo" => {
            calls[0].1.insert("city".into(), json!("Atlantis"));
            Some("value_error:string")
        }
        "dora" if calls.len() > 1 => {
            calls.pop();
            Some("parallel_function_checker_no_order:wrong_count")
        }
        "dora" if odd => {
            calls[0].1.shift_remove("days");
            Some("simple_function_checker:missing_required")
        }
        "dora" => {
            calls[0].0 = "forecast";
            Some("simple_function_checker:wrong_func_name")
        }
        "emil" if odd => {
            calls[0].1.insert("days".into(), json!("some"));
            Some("type_error:simple")
        }
        _ => None,
    };
    (calls, "", wrong)
}

fn write_runs(root: &Path) {
    let asked = asked();
    for questions in asked.chunk_by(|a, b| a.category == b.category) {
        for model in ["ada", "bela", "cleo"] {
            write_today(&root.join("lab"), model, questions);
        }
        for model in ["dora", "emil"] {
            write_of_2024(&root.join("archive/2024-08-11"), model, questions);
        }
    }
}

/// `lab/result/ada/non_live/BFCL_v4_multiple_result.json`: answers as text, every question by its name.
fn write_today(root: &Path, model: &str, questions: &[Question]) {
    let category = questions[0].category;
    let id = |question: &Question| format!("{category}_{}", question.number);
    let text = |question: &Question| match said(model, question) {
        (calls, words, _) if calls.is_empty() => words.to_owned(),
        (calls, ..) => format!("[{}]", calls.iter().map(python).collect::<Vec<_>>().join(", ")),
    };
    let file = |kind: &str| root.join(format!("{kind}/{model}/non_live/BFCL_v4_{category}_{kind}.json"));
    write_lines(&file("result"), questions.iter().map(|q| json!({"id": id(q), "result": text(q)})));
    let failed = |q: &Question| {
        let error_type = said(model, q).2?;
        Some(json!({"id": id(q), "valid": false, "error": ["wrong"], "error_type": error_type}))
    };
    write_lines(&file("score"), std::iter::once(json!({"accuracy": 0.5})).chain(questions.iter().filter_map(failed)));
}

/// `archive/2024-08-11/result/dora/gorilla_openfunctions_v1_test_multiple_function_result.json`: calls taken apart, names with
/// underscores for dots, old names of categories, scores by count.
fn write_of_2024(root: &Path, model: &str, questions: &[Question]) {
    let category = match questions[0].category {
        "simple_python" => "simple",
        "multiple" => "multiple_function",
        "parallel" => "parallel_function",
        _ => "relevance",
    };
    let id = |question: &Question| format!("{category}_{}", question.number);
    let apart = |question: &Question| match said(model, question) {
        (calls, words, _) if calls.is_empty() => json!(words),
        (calls, ..) => calls
            .iter()
            .map(|(name, arguments)| json!({name.replace('.', "_"): json!(arguments).to_string()}))
            .collect(),
    };
    let result = root.join(format!("result/{model}/gorilla_openfunctions_v1_test_{category}_result.json"));
    write_lines(&result, questions.iter().map(|q| json!({"id": id(q), "result": apart(q)})));
    let failed = |q: &Question| {
        let error_type = said(model, q).2?;
        Some(
            json!({"id": q.number + 1, "valid": false, "error": ["wrong"], "error_type": error_type, "prompt": {"id": id(q)}}),
        )
    };
    let score = root.join(format!("score/{model}/{category}_score.json"));
    write_lines(&score, std::iter::once(json!({"accuracy": 0.5})).chain(questions.iter().filter_map(failed)));
}

fn python((name, arguments): &Call) -> String {
    let arguments: Vec<String> = arguments.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{name}({})", arguments.join(", "))
}

fn write_lines(path: &Path, lines: impl Iterator<Item = Value>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, lines.fold(String::new(), |text, line| text + &line.to_string() + "\n")).unwrap();
}
