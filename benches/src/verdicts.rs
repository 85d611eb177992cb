//! The recorded answers that the leaderboard's checker judges, with what their questions give it.

use std::{collections::HashMap, error::Error};

use serde_json::Value;
use toolrm_bench::bfcl::{
    self,
    category::Category,
    checker::{Answer, Checker, Unchecked, Verdict},
    verdicts::Recorded,
};
use toolrm_data::{input::Input, tree::Tree};

use crate::recorded;

/// The questions by the id of version 4: function docs and accepted answers.
pub type Questions = HashMap<String, (Value, Value)>;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The distinct answers of `eval/bfcl_verdicts.jsonl.zst` whose calls are compared, in the order of the file.
pub fn answers() -> Result<Vec<Recorded>> {
    let mut answers = Vec::new();
    let mut lines = Input::open(&recorded::folder().join("eval/bfcl_verdicts.jsonl.zst"))?;
    while let Some((place, line)) = lines.next_line()? {
        let answer = Recorded::read(line).map_err(|fault| place.error(fault))?;
        if !answer.category.is_irrelevance() && answer.category != Category::LiveRelevance {
            answers.push(answer);
        }
    }
    Ok(answers)
}

/// The questions of `eval/bfcl_v4_visible_half.tar.zst`.
pub fn questions() -> Result<Questions> {
    let read = bfcl::Questions::load(&Tree::open(&recorded::folder().join("eval/bfcl_v4_visible_half.tar.zst"))?)?;
    let single = read.iter().filter(|question| !question.category.is_multi_turn());
    let entry = |q: &bfcl::Question| (q.id.clone(), ((*q.functions).clone(), q.gold.clone().unwrap_or_default()));
    Ok(single.map(entry).collect())
}

/// Checkers, one for every question and way of naming functions, and the answers in the order of the file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Prepared {
    checkers: Vec<Checker>,
    /// By answer, the place of its checker, and the calls.
    answers: Vec<(usize, Value)>,
}

impl Prepared {
    /// Prepares the checkers of all answers.
    pub fn new(answers: &[Recorded], questions: &Questions) -> Result<Self> {
        let mut places: HashMap<(&str, bool), usize> = HashMap::new();
        let mut prepared = Self { checkers: Vec::new(), answers: Vec::new() };
        for answer in answers {
            let next = places.len();
            let place = *places.entry((&answer.id, answer.underscore_to_dot)).or_insert(next);
            if place == next {
                prepared.checkers.push(checker(answer, questions)?);
            }
            prepared.answers.push((place, answer.calls.clone()));
        }
        Ok(prepared)
    }

    /// The checkers made again, each once, for the time it takes.
    pub fn again(&self, answers: &[Recorded], questions: &Questions) -> Result<Vec<Checker>> {
        let mut made = Vec::with_capacity(self.checkers.len());
        for (answer, (place, _)) in answers.iter().zip(&self.answers) {
            if *place == made.len() {
                made.push(checker(answer, questions)?);
            }
        }
        Ok(made)
    }

    /// The verdicts, in the order of the answers.
    pub fn verdicts(&self) -> impl Iterator<Item = std::result::Result<Verdict, Unchecked>> {
        self.answers
            .iter()
            .filter_map(|(place, calls)| Some(self.checkers.get(*place)?.check(Answer::unscreened(calls))))
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

fn checker(answer: &Recorded, questions: &Questions) -> Result<Checker> {
    let (functions, truth) =
        questions.get(&answer.id).ok_or_else(|| format!("{}: an answer to a question that is not there", answer.id))?;
    Ok(Checker::new(answer.category, functions, truth, answer.underscore_to_dot)?)
}
