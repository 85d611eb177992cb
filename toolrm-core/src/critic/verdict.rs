//! The verdict in a model's answer: strict first, then lenient, and never a guess.
//!
//! Only what the model wrote is read, and of that only what stands outside its reasoning and outside its evaluation, where it may
//! quote. What counts:
//! - strict: the answer is exactly `<evaluation>..</evaluation>` and `<choice>label</choice>`, white space aside;
//! - lenient: a JSON object with the key `choice`; else the *last* of `<choice>2</choice>` (any case, closed or not, words
//!   around the label), `\boxed{2}`, `[[2]]`, `"choice": 2`, and a line `**Choice:** 2`.
//!
//! Two verdicts that differ with nothing but punctuation between them contradict each other, and so does one that names two labels.
//! With words between them the model has changed its mind, and the last one counts.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    prompt::{PromptError, PromptKind},
    reasoning::outside_reasoning,
};
use crate::{
    error::{ErrorKind, JudgeError},
    format::json::parse_strict,
    port::{Finish, Generation},
};

/// Version of the parser, part of a judge's fingerprint: raised whenever some answer may be read differently.
pub(super) const PARSER_VERSION: u32 = 1;

/// Most bytes the inside of one verdict may have; what is longer is prose.
const MAX_INSIDE: usize = 160;

/// How candidates are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums, reason = "the two ways judges are trained with")]
pub enum Labels {
    /// 1, 2, 3, ..
    #[default]
    Numbers,
    /// A, B, C, .. Z.
    Letters,
}

/// The form of the answer a set of prompts asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct VerdictFormat {
    /// Tag (and JSON key) of the verdict of a comparison: `choice`.
    pub choice_tag: Cow<'static, str>,
    /// Tag (and JSON key) of the verdict on one candidate: `rating`.
    pub rating_tag: Cow<'static, str>,
    /// Tag of the evaluation before it: `evaluation`.
    pub evaluation_tag: Cow<'static, str>,
    /// How candidates are called.
    pub labels: Labels,
    /// Best rating; the worst is 1. At least 2.
    pub top_rating: u32,
}

impl Default for VerdictFormat {
    fn default() -> Self {
        Self {
            choice_tag: "choice".into(),
            rating_tag: "rating".into(),
            evaluation_tag: "evaluation".into(),
            labels: Labels::Numbers,
            top_rating: 5,
        }
    }
}

impl VerdictFormat {
    /// Sets the tag of the choice.
    pub fn with_choice_tag(mut self, tag: impl Into<Cow<'static, str>>) -> Self {
        self.choice_tag = tag.into();
        self
    }

    /// Sets the tag of the rating.
    pub fn with_rating_tag(mut self, tag: impl Into<Cow<'static, str>>) -> Self {
        self.rating_tag = tag.into();
        self
    }

    /// Sets the tag of the evaluation.
    pub fn with_evaluation_tag(mut self, tag: impl Into<Cow<'static, str>>) -> Self {
        self.evaluation_tag = tag.into();
        self
    }

    /// Sets how candidates are called.
    pub fn with_labels(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// Sets the best rating, at least 2.
    pub fn with_top_rating(mut self, top: u32) -> Self {
        self.top_rating = top.max(2);
        self
    }

    /// The labels a verdict of this kind may have, worst or first one first.
    pub(super) fn labels(&self, kind: PromptKind, n: usize) -> Result<Vec<String>, PromptError> {
        if kind == PromptKind::Pointwise {
            return Ok((1..=self.top_rating).map(|i| i.to_string()).collect());
        }
        match self.labels {
            Labels::Numbers => Ok((1..=n).map(|i| i.to_string()).collect()),
            Labels::Letters if n > 26 => Err(PromptError::Labels { asked: n, most: 26 }),
            Labels::Letters => Ok(('A'..='Z').take(n).map(String::from).collect()),
        }
    }

    /// The tag of a verdict of this kind.
    pub(super) fn tag(&self, kind: PromptKind) -> &str {
        if kind == PromptKind::Pointwise { &self.rating_tag } else { &self.choice_tag }
    }

    /// The parser of verdicts of this kind over `n` candidates.
    pub fn parser(&self, kind: PromptKind, n: usize) -> Result<VerdictParser, PromptError> {
        Ok(VerdictParser {
            tag: self.tag(kind).to_ascii_lowercase(),
            evaluation_tag: self.evaluation_tag.to_ascii_lowercase(),
            labels: self.labels(kind, n)?,
        })
    }
}

/// How a verdict was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "as asked for, or not")]
pub enum ParseMode {
    /// The answer has exactly the form that was asked for.
    Strict,
    /// It has another form with one clear verdict.
    Lenient,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParsedVerdict {
    /// Index of the label, from 0.
    pub label: usize,
    /// How it was found.
    pub mode: ParseMode,
    /// The evaluation, or without one the whole answer outside the reasoning.
    pub critique: Option<String>,
}

/// Why an answer holds no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerdictFault {
    /// No verdict outside the reasoning and the evaluation.
    #[error("no verdict outside the reasoning and the evaluation")]
    Missing,
    /// Two verdicts side by side that differ, or one with two labels.
    #[error("contradictory verdicts: {0}")]
    Contradictory(String),
    /// A verdict for none of the labels.
    #[error("verdict \"{found}\" is none of {labels}")]
    UnknownLabel {
        /// What stands there.
        found: String,
        /// The labels, for the reader.
        labels: String,
    },
}

/// Reads the verdict in a model's answer.
///
/// ```
/// use toolrm_core::critic::{ParseMode, PromptKind, VerdictFormat};
/// let parser = VerdictFormat::default().parser(PromptKind::Pairwise, 2)?;
/// let strict = parser.parse("<evaluation>\nThe first one lacks the unit.\n</evaluation>\n<choice>2</choice>").unwrap();
/// assert_eq!((strict.label, strict.mode), (1, ParseMode::Strict));
/// let lenient = parser.parse("<think>Is it <choice>2</choice>? No.</think>\n**Choice:** 1").unwrap();
/// assert_eq!((lenient.label, lenient.mode), (0, ParseMode::Lenient));
/// assert!(parser.parse("<think>It is <choice>2</choice>.</think>").is_err());
/// # Ok::<(), toolrm_core::critic::PromptError>(())
/// ```
#[derive(Debug, Clone)]
pub struct VerdictParser {
    tag: String,
    evaluation_tag: String,
    labels: Vec<String>,
}

/// One verdict in the answer, by place.
struct Occurrence {
    start: usize,
    end: usize,
    label: Result<usize, VerdictFault>,
}

impl VerdictParser {
    /// The labels it knows.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The verdict of a finished answer.
    pub fn parse(&self, text: &str) -> Result<ParsedVerdict, VerdictFault> {
        self.parse_answer(text, true)
    }

    /// The verdict of a generation, or why there is none: [`ErrorKind::Refused`], [`ErrorKind::Cancelled`],
    /// [`ErrorKind::Truncated`] (the token limit came before the verdict) or [`ErrorKind::Unparseable`], each with the raw output.
    /// A refusal is what the backend reports as one; words are not searched for regrets.
    pub fn parse_generation(&self, generation: &Generation) -> Result<ParsedVerdict, JudgeError> {
        let failed =
            |kind, message: String| Err(JudgeError::new(kind, message).with_raw_output(raw_output(generation)));
        match generation.finish {
            Finish::Refusal => return failed(ErrorKind::Refused, "the model refused to judge".into()),
            Finish::Cancelled => return failed(ErrorKind::Cancelled, "cancelled while the model was writing".into()),
            Finish::Stop | Finish::Length => {}
        }
        let whole = generation.finish == Finish::Stop;
        self.parse_answer(&generation.text, whole).or_else(|fault| {
            if whole {
                failed(ErrorKind::Unparseable, fault.to_string())
            } else {
                let message = format!("the token limit ended the answer ({fault}): allow more tokens");
                failed(ErrorKind::Truncated, message)
            }
        })
    }

    /// `whole`: the answer was not cut off, so that what is left open was meant to be.
    fn parse_answer(&self, text: &str, whole: bool) -> Result<ParsedVerdict, VerdictFault> {
        let answer = outside_reasoning(text);
        let answer = answer.trim();
        if let Some((label, evaluation)) = self.strict(answer) {
            let critique = Some(evaluation.to_owned()).filter(|e| !e.is_empty());
            return Ok(ParsedVerdict { label, mode: ParseMode::Strict, critique });
        }
        let (label, critique) = match self.json_object(answer) {
            Some(found) => (found.0?, found.1),
            None => self.lenient(answer, whole)?,
        };
        Ok(ParsedVerdict { label, mode: ParseMode::Lenient, critique })
    }

    /// Exactly the form asked for.
    fn strict<'a>(&self, answer: &'a str) -> Option<(usize, &'a str)> {
        let (open, close) = (format!("<{}>", self.evaluation_tag), format!("</{}>", self.evaluation_tag));
        let (evaluation, verdict) = answer.strip_prefix(open.as_str())?.split_once(close.as_str())?;
        let inside =
            verdict.trim_start().strip_prefix(&format!("<{}>", self.tag))?.strip_suffix(&format!("</{}>", self.tag))?;
        let label = self.labels.iter().position(|l| l == inside.trim())?;
        (!evaluation.contains(open.as_str())).then(|| (label, evaluation.trim()))
    }

    /// The whole answer is a JSON object, perhaps in a code fence.
    fn json_object(&self, answer: &str) -> Option<(Result<usize, VerdictFault>, Option<String>)> {
        let body = answer.strip_prefix("```json").or_else(|| answer.strip_prefix("```")).unwrap_or(answer);
        let body = body.strip_suffix("```").unwrap_or(body).trim();
        if !body.starts_with('{') {
            return None;
        }
        // A key that stands there twice is no clear verdict: the scan for loose forms sees both.
        if self.json_fields(body, &body.to_ascii_lowercase()).len() > 1 {
            return None;
        }
        let Ok(Value::Object(object)) = parse_strict(body) else { return None };
        let field = |name: &str| object.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v);
        let label = match field(&self.tag)? {
            Value::String(text) => self.label_in(text),
            other => self.label_in(&other.to_string()),
        };
        let critique = field(&self.evaluation_tag).and_then(Value::as_str).map(str::to_owned);
        Some((label, critique))
    }

    fn lenient(&self, answer: &str, whole: bool) -> Result<(usize, Option<String>), VerdictFault> {
        let (evaluation, rest) = self.split_evaluation(answer, whole)?;
        let mut found = self.occurrences(&rest, whole);
        found.sort_by_key(|o| (o.start, o.end));
        let last = found.pop().ok_or(VerdictFault::Missing)?;
        let label = last.label?;
        if let Some(before) = found.last() {
            let between = rest.get(before.end..last.start).unwrap_or_default();
            let agrees = before.label.as_ref().is_ok_and(|l| *l == label);
            if !agrees && !between.chars().any(char::is_alphanumeric) {
                let both = rest.get(before.start..last.end).unwrap_or_default();
                return Err(VerdictFault::Contradictory(both.trim().to_owned()));
            }
        }
        let critique = evaluation.unwrap_or_else(|| answer.to_owned());
        Ok((label, Some(critique).filter(|c| !c.is_empty())))
    }

    /// The first evaluation, and the answer without its evaluations. One that is never closed was forgotten to be closed; in an
    /// answer that was cut off it is where the text ends.
    fn split_evaluation(&self, answer: &str, whole: bool) -> Result<(Option<String>, String), VerdictFault> {
        let (open, close) = (format!("<{}>", self.evaluation_tag), format!("</{}>", self.evaluation_tag));
        let lower = answer.to_ascii_lowercase();
        let (mut evaluation, mut rest, mut at) = (None, String::with_capacity(answer.len()), 0);
        while let Some(start) = find_from(&lower, &open, at) {
            let Some(end) = find_from(&lower, &close, start) else {
                if !whole {
                    return Err(VerdictFault::Missing);
                }
                break;
            };
            rest.push_str(answer.get(at..start).unwrap_or_default());
            let inside = answer.get(start + open.len()..end).unwrap_or_default().trim();
            evaluation.get_or_insert_with(|| inside.to_owned());
            at = end + close.len();
        }
        rest.push_str(answer.get(at..).unwrap_or_default());
        Ok((evaluation, rest))
    }

    fn occurrences(&self, text: &str, whole: bool) -> Vec<Occurrence> {
        let lower = text.to_ascii_lowercase();
        let mut found = self.tags(text, &lower, whole);
        for (open, close) in [("\\boxed{", "}"), ("[[", "]]")] {
            found.extend(lower.match_indices(open).filter_map(|(start, _)| {
                let (inside, end) = inside(text, &lower, start + open.len(), close)?;
                self.is_label_like(inside).then(|| Occurrence { start, end, label: self.label_in(inside) })
            }));
        }
        found.extend(self.json_fields(text, &lower));
        found.extend(self.lines(text));
        found
    }

    /// `<choice>2</choice>`; without its closing tag up to the end of the line, when the answer was not cut off.
    fn tags(&self, text: &str, lower: &str, whole: bool) -> Vec<Occurrence> {
        let (open, close) = (format!("<{}", self.tag), format!("</{}", self.tag));
        let opened = lower.match_indices(&open).filter_map(|(start, _)| {
            let after = lower.get(start + open.len()..)?;
            let name_end = after.trim_start().strip_prefix('>')?;
            Some((start, lower.len() - name_end.len()))
        });
        let mut found = Vec::new();
        for (start, from) in opened {
            let (inside, end) = match inside(text, lower, from, &close) {
                Some((inside, end)) => (inside, close_of_tag(lower, end)),
                None if whole => {
                    let line = start_of(text.get(from..).unwrap_or_default()).lines().next().unwrap_or_default();
                    (line, from + line.len())
                }
                None => continue,
            };
            found.push(Occurrence { start, end, label: self.label_in(inside) });
        }
        found
    }

    /// `"choice": 2` in JSON that is not the whole answer.
    fn json_fields(&self, text: &str, lower: &str) -> Vec<Occurrence> {
        let key = format!("\"{}\"", self.tag);
        let fields = lower.match_indices(&key).filter_map(|(start, _)| {
            let value = text.get(start + key.len()..)?.trim_start().strip_prefix(':')?.trim_start();
            let from = text.len() - value.len();
            let value = start_of(value);
            let len = value.find([',', '}', '\n']).unwrap_or(value.len());
            let inside = value.get(..len)?;
            Some(Occurrence { start, end: from + len, label: self.label_in(inside) })
        });
        fields.collect()
    }

    /// A line that says `Choice: 2` and nothing else, whatever its mark-up.
    fn lines(&self, text: &str) -> Vec<Occurrence> {
        let mut found = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.trim_end().len();
            let words: String = line.chars().filter(|c| !matches!(c, '*' | '_' | '`' | '#' | '>')).collect();
            if let Some((head, inside)) = words.split_once(':')
                && self.is_heading(head)
                && self.is_label_like(inside)
            {
                found.push(Occurrence { start, end, label: self.label_in(inside) });
            }
            start += line.len();
        }
        found
    }

    fn is_heading(&self, head: &str) -> bool {
        let head = head.trim().to_ascii_lowercase();
        let head = ["my ", "the ", "final "].iter().fold(head.as_str(), |h, w| h.strip_prefix(w).unwrap_or(h));
        head == self.tag
            || ["choice", "verdict", "answer", "winner", "score", "better response", "best response"].contains(&head)
    }

    /// Whether a text in a loose form is a verdict at all: short, and with a label or a number in it.
    fn is_label_like(&self, inside: &str) -> bool {
        let tokens: Vec<String> = tokens(inside).take(4).collect();
        tokens.len() < 4 && tokens.iter().any(|t| self.position(t).is_some() || is_number(t))
    }

    fn position(&self, token: &str) -> Option<usize> {
        self.labels.iter().position(|l| l.eq_ignore_ascii_case(token))
    }

    /// The one label in the inside of a verdict; `Response 2`, `[[2]]`, `2.0` and, for ratings, `4/5` are read.
    fn label_in(&self, inside: &str) -> Result<usize, VerdictFault> {
        let unknown = || VerdictFault::UnknownLabel {
            found: inside.trim().chars().take(80).collect(),
            labels: self.labels.join(", "),
        };
        if inside.len() > MAX_INSIDE {
            return Err(unknown());
        }
        let inside = self.without_scale(inside);
        let mut label = None;
        for token in tokens(inside) {
            match self.position(&token) {
                Some(i) if label.is_none_or(|l| l == i) => label = Some(i),
                Some(_) => return Err(VerdictFault::Contradictory(inside.trim().to_owned())),
                None if is_number(&token) => return Err(unknown()),
                None => {}
            }
        }
        label.ok_or_else(unknown)
    }

    /// `4/5` and `4 out of 5` without the top of the scale.
    fn without_scale<'a>(&self, inside: &'a str) -> &'a str {
        let split = inside.split_once('/').or_else(|| inside.split_once("out of"));
        match (split, self.labels.last()) {
            (Some((value, top)), Some(last)) if top.trim() == last => value,
            _ => inside,
        }
    }
}

/// The words of a verdict, numbers in their shortest form (`2.0` is `2`).
fn tokens(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.')));
    words.map(|w| w.trim_matches('.').trim_end_matches('-')).filter(|w| !w.is_empty()).map(|w| match w.parse::<f64>() {
        Ok(n) if is_number(w) => n.to_string(),
        _ => w.to_owned(),
    })
}

fn is_number(token: &str) -> bool {
    token.strip_prefix('-').unwrap_or(token).starts_with(|c: char| c.is_ascii_digit()) && token.parse::<f64>().is_ok()
}

fn find_from(text: &str, needle: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(needle).map(|i| from + i)
}

/// As much of a text as can matter for one verdict, and a little more, so that too much shows.
fn start_of(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_INSIDE + 8)).unwrap_or_default()
}

/// The text from `from` to the next `close`, which must be near, and where that ends. `lower` is `text` in lower case.
fn inside<'a>(text: &'a str, lower: &str, from: usize, close: &str) -> Option<(&'a str, usize)> {
    let window = lower.get(from..lower.floor_char_boundary(from + MAX_INSIDE + close.len()))?;
    let end = from + window.find(close)?;
    Some((text.get(from..end)?, end + close.len()))
}

/// The end of a closing tag whose name ends at `at`.
fn close_of_tag(lower: &str, at: usize) -> usize {
    let rest = lower.get(at..).unwrap_or_default();
    rest.trim_start().strip_prefix('>').map_or(at, |after| lower.len() - after.len())
}

/// Everything the model wrote, reasoning kept apart included.
fn raw_output(generation: &Generation) -> String {
    match &generation.reasoning {
        Some(reasoning) => format!("<think>\n{reasoning}\n</think>\n{}", generation.text),
        None => generation.text.clone(),
    }
}
