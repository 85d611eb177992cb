//! Our half of `benches/peers/run`: reads the recorded answers, decodes, validates and checks them on one thread, and leaves in a
//! folder what the Python half needs to do the same with the same inputs.
//!
//! - `answers.jsonl`: `{"text", "calls": [{"name", "arguments"}] | null}`, what we decoded
//! - `schemas.jsonl`: one JSON Schema per documented function
//! - `calls.jsonl`: `{"schema": index, "arguments", "valid"}`, our verdict
//! - `checks.jsonl`: `{"category", "functions", "ground_truth", "calls", "underscore_to_dot", "valid", "error_type"}`, our checker's
//!   verdict
//! - `ours.json`: seconds per pass

use std::{
    collections::HashMap,
    error::Error,
    fs::{self, File},
    hint::black_box,
    io::{BufWriter, Write},
    path::Path,
    process::ExitCode,
    time::Instant,
};

use serde_json::{Value, json};
use toolrm_benches::{
    recorded,
    verdicts::{self, Prepared},
};
use toolrm_core::{
    call::{Action, Candidate},
    format::parse_any,
    toolset::Toolset,
};

/// Each figure is the fastest of this many passes over all inputs: what the work takes when nothing else wants the core.
const PASSES: usize = 25;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: peers FOLDER");
        return ExitCode::from(2);
    };
    match run(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("peers: {e} (recorded answers are read from the folder named by TOOLRM_DATA)");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;

    let answers = answers()?;
    let documents = documents()?;

    let decode = seconds(|| answers.iter().filter(|a| parse_any(black_box(&a.text)).action.is_malformed()).count());
    let decoded: Vec<Candidate> = answers.iter().map(|a| parse_any(&a.text)).collect();
    write_lines(
        &folder.join("answers.jsonl"),
        answers.iter().zip(&decoded).map(|(answer, candidate)| json!({"text": answer.text, "calls": calls(candidate)})),
    )?;

    let functions = Functions::new(&documents);
    let calls = functions.documented_calls(&answers, &decoded);
    let validate = seconds(|| calls.iter().filter(|call| functions.is_valid(black_box(call))).count());
    write_lines(&folder.join("schemas.jsonl"), functions.schemas())?;
    write_lines(
        &folder.join("calls.jsonl"),
        calls.iter().map(|c| json!({"schema": c.function, "arguments": c.arguments, "valid": functions.is_valid(c)})),
    )?;

    let check = checks(folder)?;
    let ours = json!({"decode": decode, "validate": validate, "check": check.given, "prepare_and_check": check.all, "passes": PASSES});
    fs::write(folder.join("ours.json"), ours.to_string())?;
    Ok(())
}

/// Seconds per pass over the answers that the leaderboard's checker judges.
struct Checks {
    /// With what depends on the question prepared before.
    given: f64,
    /// With that in the time: once for each question.
    all: f64,
}

fn checks(folder: &Path) -> Result<Checks> {
    let (answers, questions) = (verdicts::answers()?, verdicts::questions()?);
    let prepared = Prepared::new(&answers, &questions)?;
    let valid = |prepared: &Prepared| prepared.verdicts().flatten().filter(|verdict| verdict.valid).count();
    let given = seconds(|| valid(black_box(&prepared)));
    let all = given + seconds(|| prepared.again(black_box(&answers), &questions).map_or(0, |checkers| checkers.len()));
    let verdicts = prepared.verdicts().collect::<std::result::Result<Vec<_>, _>>()?;
    let lines = answers.iter().zip(verdicts).map(|(answer, verdict)| {
        let (functions, truth) = questions.get(&answer.id).cloned().unwrap_or_default();
        json!({
            "category": answer.category, "functions": functions, "ground_truth": truth, "calls": answer.calls,
            "underscore_to_dot": answer.underscore_to_dot, "valid": verdict.valid, "error_type": verdict.error_type,
        })
    });
    write_lines(&folder.join("checks.jsonl"), lines)?;
    Ok(Checks { given, all })
}

/// The time of the fastest pass.
fn seconds(mut pass: impl FnMut() -> usize) -> f64 {
    let time = |_| {
        let start = Instant::now();
        black_box(pass());
        start.elapsed().as_secs_f64()
    };
    (0..PASSES).map(time).fold(f64::INFINITY, f64::min)
}

fn write_lines(path: &Path, lines: impl Iterator<Item = Value>) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for line in lines {
        writeln!(file, "{line}")?;
    }
    Ok(file.flush()?)
}

/// What we read as calls; `null` for everything else.
fn calls(candidate: &Candidate) -> Value {
    match &candidate.action {
        Action::Calls(calls) => calls.iter().map(|c| json!({"name": c.name, "arguments": c.arguments})).collect(),
        _ => Value::Null,
    }
}

/// An answer in text, and the question it answers.
struct Answer {
    question: String,
    text: String,
}

/// Every recorded answer in text to a single-turn question about Python functions.
fn answers() -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    recorded::each_file("eval/bfcl_runs.tar.zst", |path, records| {
        if let Some(category) = category(path) {
            for record in records {
                let record = record?;
                if let (Some(id), Some(text)) = (text_of(&record, "id"), text_of(&record, "result")) {
                    let number = id.rsplit('_').next().unwrap_or(id);
                    answers.push(Answer { question: format!("{category}_{number}"), text: text.to_owned() });
                }
            }
        }
        Ok(())
    })?;
    Ok(answers)
}

/// The benchmark's present name for the category a result file belongs to; `None` for files that are no such results.
fn category(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.strip_suffix("_result.json")?;
    let name = ["gorilla_openfunctions_v1_test_", "BFCL_v3_", "BFCL_v4_"].iter().find_map(|p| name.strip_prefix(p))?;
    Some(match name {
        "simple" | "simple_python" => "simple_python",
        "multiple" | "multiple_function" => "multiple",
        "parallel" | "parallel_function" => "parallel",
        "parallel_multiple" | "parallel_multiple_function" => "parallel_multiple",
        "irrelevance" | "relevance" => "irrelevance",
        "live_simple" => "live_simple",
        "live_multiple" => "live_multiple",
        "live_parallel" => "live_parallel",
        "live_parallel_multiple" => "live_parallel_multiple",
        "live_irrelevance" => "live_irrelevance",
        _ => return None,
    })
}

/// The tools of every question, by the question's id.
fn documents() -> Result<HashMap<String, Toolset>> {
    let mut documents = HashMap::new();
    recorded::each_file("eval/bfcl_v4_visible_half.tar.zst", |path, records| {
        let folder = path.parent().and_then(Path::file_name);
        if folder.is_some_and(|f| f == "bfcl_v4_data") && !path.to_string_lossy().contains("multi_turn") {
            for record in records {
                let record = record?;
                let id = text_of(&record, "id").ok_or("a question without id")?;
                let functions = record.get("function").ok_or_else(|| format!("{id}: a question without functions"))?;
                documents.insert(id.to_owned(), Toolset::from_json(functions)?);
            }
        }
        Ok(())
    })?;
    Ok(documents)
}

fn text_of<'a>(record: &'a Value, key: &str) -> Option<&'a str> {
    record.get(key).and_then(Value::as_str)
}

/// A decoded call of a documented function.
struct Call {
    function: usize,
    arguments: Value,
}

/// The documented functions of all questions, numbered.
struct Functions<'a> {
    toolsets: &'a HashMap<String, Toolset>,
    specs: Vec<&'a toolrm_core::toolset::ToolSpec>,
    numbers: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Functions<'a> {
    fn new(toolsets: &'a HashMap<String, Toolset>) -> Self {
        let mut specs = Vec::new();
        let mut numbers = HashMap::new();
        for (question, toolset) in toolsets {
            for spec in toolset.specs() {
                numbers.insert((question.as_str(), spec.name()), specs.len());
                specs.push(spec);
            }
        }
        Self { toolsets, specs, numbers }
    }

    /// The calls whose function is documented for their question, all those of one function together: as an agent has them, whose
    /// tools stay while candidates come and go.
    fn documented_calls(&self, answers: &[Answer], decoded: &[Candidate]) -> Vec<Call> {
        let number = |question: &str, name: &str| {
            let (question, toolset) = self.toolsets.get_key_value(question)?;
            let spec = toolset.get(name)?;
            self.numbers.get(&(question.as_str(), spec.name())).copied()
        };
        let mut calls = Vec::new();
        for (answer, candidate) in answers.iter().zip(decoded) {
            for call in candidate.action.calls() {
                if let Some(function) = number(&answer.question, &call.name) {
                    calls.push((function, &call.arguments));
                }
            }
        }
        calls.sort_by_key(|(function, _)| *function);
        // Copied in this order, so that they lie in memory as the Python half's do, which reads them from a file.
        calls.into_iter().map(|(function, arguments)| Call { function, arguments: arguments.clone() }).collect()
    }

    fn is_valid(&self, call: &Call) -> bool {
        self.specs.get(call.function).is_some_and(|spec| spec.is_valid(&call.arguments))
    }

    /// The schemas, with said what a toolset takes for granted: properties that are not listed are not allowed.
    fn schemas(&self) -> impl Iterator<Item = Value> {
        self.specs.iter().map(|spec| {
            let mut schema = spec.schema().clone();
            close(&mut schema);
            schema
        })
    }
}

/// Closes every object that lists properties and does not say whether there may be others.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(close);
            if map.get("properties").is_some_and(Value::is_object) {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
