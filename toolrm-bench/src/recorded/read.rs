//! Reading a tree of result and score files.

use std::{collections::HashSet, sync::Arc};

use rayon::prelude::*;
use serde_json::{Map, Value};
use toolrm_core::call::Candidate;
use toolrm_data::{
    DataError, Fault, Place,
    input::{Input, parse_json},
    record,
    tree::Tree,
};

use super::{
    Census, Decoder, Dialogue, PublishedLabel, RawAnswer, RunFile, SourceNames, dialogue::turns, layout::FileKind,
    score::Published,
};
use crate::bfcl::{
    category::Category,
    ids::{Version, v4_id},
    question::{Question, Questions},
};

/// A recorded answer of a model to a question.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recording {
    /// The model: `source:model`.
    pub model: Arc<str>,
    /// Where it comes from; empty where the path did not say.
    pub source: Arc<str>,
    /// The question's id of version 4.
    pub id: String,
    /// The question's category.
    pub category: Category,
    /// What the model did, decoded; names as it wrote them. A malformed one keeps its text.
    pub answer: Candidate,
    /// The label its score file published.
    pub published: Option<PublishedLabel>,
    /// The line it was read from.
    pub place: Place,
}

/// What a tree of recordings holds, in an order that does not depend on the files' order: by question, then by model.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recordings {
    /// Answers to single-turn questions.
    pub answers: Vec<Recording>,
    /// Multi-turn runs.
    pub dialogues: Vec<Dialogue>,
    /// What was read and what was left out. `lines` = answers + dialogues + left out.
    pub census: Census,
}

/// Reads all result and score files of a tree. `wanted` says which categories: lines of others, of questions that are not known and
/// errors of servers are left out and counted. `progress` is told how many lines are done.
///
/// # Errors
/// When a file cannot be read or a line is no result or score line: which file, which line, what to do.
pub fn read(
    tree: &Tree,
    questions: &Questions,
    sources: &SourceNames,
    wanted: impl Fn(Category) -> bool,
    progress: &mut dyn FnMut(u64),
) -> Result<Recordings, DataError> {
    let mut reading =
        Reading { questions, published: Published::default(), lines: Vec::new(), census: Census::default() };
    tree.visit(
        |path| RunFile::of(path, sources).is_some(),
        |path, input| {
            let Some(file) = RunFile::of(path, sources) else { return Ok(()) };
            reading.file(&file, &wanted, input)?;
            progress(reading.census.lines);
            Ok::<_, DataError>(())
        },
    )?;
    if reading.census.files == 0 {
        let fix = "give a folder or archive with <model>/.._result.json files, as the leaderboard writes them";
        return Err(Place::file(tree.path()).error(Fault::new("no result files in it", fix)));
    }
    Ok(reading.joined())
}

struct Reading<'q> {
    questions: &'q Questions,
    published: Published,
    lines: Vec<Line>,
    census: Census,
}

/// A result line that is an answer.
struct Line {
    model: Arc<str>,
    source: Arc<str>,
    category: Category,
    /// By [`v4_id`].
    id: String,
    place: Place,
    holds: Holds,
}

enum Holds {
    Answer(Candidate),
    Turns(Vec<super::DialogueTurn>),
    /// Of a question whose id is not the one of today: decoded when the question is known.
    Unresolved(RawAnswer),
}

impl Reading<'_> {
    fn file(&mut self, file: &RunFile, wanted: &impl Fn(Category) -> bool, mut input: Input) -> Result<(), DataError> {
        match (file.kind, &file.category) {
            (FileKind::Score, Ok(category)) => {
                self.census.score_files += 1;
                if wanted(*category) {
                    self.published.read(file, *category, input)?;
                }
                return Ok(());
            }
            (FileKind::Score, Err(_)) => return Ok(()),
            (FileKind::Result, _) => self.census.files += 1,
        }
        let category = file.category.as_ref().ok().copied().filter(|category| wanted(*category));
        let mut lines = Vec::new();
        while let Some((place, line)) = input.next_line()? {
            self.census.lines += 1;
            match category {
                Some(_) => lines.push((place, line.to_owned())),
                None => self.census.leave_out(format!("other category: {}", category_name(file))),
            }
        }
        let Some(category) = category else { return Ok(()) };
        let (model, source) = (Arc::from(file.model.as_str()), Arc::from(file.source.as_str()));
        let read: Vec<Result<Result<Line, String>, DataError>> = lines
            .into_par_iter()
            .map(|(place, line)| {
                let fields = parse_json(&place, &line)?;
                let held = self.line(file.version, category, fields).map_err(|fault| place.error(fault))?;
                let (model, source) = (Arc::clone(&model), Arc::clone(&source));
                Ok(held.map(|(id, holds)| Line { model, source, category, id, place, holds }))
            })
            .collect();
        for line in read {
            match line? {
                Ok(line) => self.lines.push(line),
                Err(reason) => self.census.leave_out(reason),
            }
        }
        Ok(())
    }

    /// What a line holds, or why it is left out.
    fn line(
        &self,
        version: Version,
        category: Category,
        line: Value,
    ) -> Result<Result<(String, Holds), String>, Fault> {
        let fix = "expected a line of the leaderboard's result files: {\"id\", \"result\", ..}";
        let Value::Object(mut line) = line else { return Err(Fault::new("not an object", fix)) };
        let id = record::optional_text(&line, "id")?.ok_or_else(|| Fault::new("\"id\" is missing", fix))?;
        let id = v4_id(&id).map_err(|error| Fault::new(error.to_string(), fix).under("id"))?;
        let result = line.remove("result").ok_or_else(|| Fault::new("\"result\" is missing", fix))?;
        if let Some(error) = server_error(&line, &result) {
            return Ok(Err(format!("api error: {}", error.name())));
        }
        if category == Category::LiveRelevance && version == Version::V3 {
            return Ok(Ok((id, Holds::Unresolved(RawAnswer::of(result)))));
        }
        let Some(question) = self.questions.get(&id) else { return Ok(Err(unknown(category))) };
        let decoder = decoder(question)?;
        let holds = if category.is_multi_turn() {
            Holds::Turns(turns(result, line.get("inference_log"), &decoder)?)
        } else {
            Holds::Answer(decoder.decode(&RawAnswer::of(result)))
        };
        Ok(Ok((id, holds)))
    }

    /// Labels joined, old ids resolved, a model's second answer to a question left out; sorted.
    fn joined(mut self) -> Recordings {
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_by(|a, b| (&a.place.source, a.place.line).cmp(&(&b.place.source, b.place.line)));
        let mut all = Recordings::default();
        let mut seen = HashSet::new();
        for mut line in lines {
            let published = self.published.label(&line.model, line.category, &line.id);
            if let Holds::Unresolved(raw) = &line.holds {
                let text = self.published.relevance_texts.get(&line.id).map(String::as_str);
                let resolved = self.questions.resolve(&line.id, Version::V3, text).ok().flatten();
                let Some((question, decoder)) = resolved.and_then(|q| Some((q, decoder(q).ok()?))) else {
                    self.census.leave_out(unknown(line.category));
                    continue;
                };
                line.holds = Holds::Answer(decoder.decode(raw));
                line.id.clone_from(&question.id);
            }
            if !seen.insert((Arc::clone(&line.model), line.id.clone())) {
                self.census.leave_out("answered before by the same model");
                continue;
            }
            all.push(line, published);
        }
        all.answers.sort_by(|a, b| (a.category, &a.id, &a.model).cmp(&(b.category, &b.id, &b.model)));
        all.dialogues.sort_by(|a, b| (a.category, &a.id, &a.model).cmp(&(b.category, &b.id, &b.model)));
        all.census = self.census;
        all
    }
}

impl Recordings {
    fn push(&mut self, line: Line, published: Option<PublishedLabel>) {
        let Line { model, source, category, id, place, holds } = line;
        match holds {
            Holds::Answer(answer) => {
                self.answers.push(Recording { model, source, id, category, answer, published, place });
            }
            Holds::Turns(turns) => {
                self.dialogues.push(Dialogue { model, source, id, category, turns, published, place });
            }
            Holds::Unresolved(_) => self.census.leave_out("question not known"),
        }
    }
}

fn category_name(file: &RunFile) -> &str {
    match &file.category {
        Ok(category) => category.name(),
        Err(unknown) => &unknown.name,
    }
}

fn unknown(category: Category) -> String {
    format!("question not known: {category}")
}

fn decoder(question: &Question) -> Result<Decoder, Fault> {
    let tools = question.toolset().map_err(|fault| {
        let what =
            format!("what it answers, question \"{}\", is broken at {}: {}", question.id, fault.pointer, fault.what);
        Fault::new(what, format!("correct it in BFCL_v4_{}.json", question.category))
    });
    Ok(Decoder::new(tools?, question.category.language()))
}

/// The error of a server that a line records in place of an answer.
fn server_error(line: &Map<String, Value>, result: &Value) -> Option<super::ApiError> {
    if line.get("traceback").is_some_and(|traceback| !traceback.is_null()) {
        return Some(super::ApiError::Traceback);
    }
    super::ApiError::of(result.as_str()?)
}
