//! Generative judges: prompts and verdicts, over the port [`crate::port::TextGenerator`].
//!
//! [`GenerativeCritic`] renders a [`PromptSet`] for each item, has a model answer, and reads a [`Verdict`] from the answer:
//! pairwise (which of two), pointwise (how good is one), listwise (which of N).
//!
//! ```
//! use async_trait::async_trait;
//! use serde_json::json;
//! use toolrm_core::{critic::GenerativeCritic, port::{GenParams, Generation, TextGenerator}, prelude::*};
//!
//! /// In a program this is a served model, or one in process.
//! struct Model;
//!
//! #[async_trait]
//! impl TextGenerator for Model {
//!     fn id(&self) -> &str { "model@1" }
//!     async fn generate(&self, prompts: &[Vec<Message>], _: &GenParams, _: &CallOptions)
//!         -> Result<Vec<Result<Generation, JudgeError>>, JudgeError> {
//!         let answer = "<evaluation>\nThe second invents a city.\n</evaluation>\n<choice>1</choice>";
//!         Ok(prompts.iter().map(|_| Ok(Generation::new(answer))).collect())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tools = Toolset::new(vec![Tool::new("get_weather", json!({"type": "object", "properties": {"city": {"type": "string"}}}))])?;
//! let task = Task::new(vec![Message::user("Weather in Paris?")], tools);
//! let call = |city| Candidate::calls(vec![ToolCall::new("get_weather", json!({"city": city}))]);
//! let judge = GenerativeCritic::new(Model);
//! let (right, wrong) = (call("Paris"), call("Rome"));
//! let pair = PairItem { task: &task, first: &right, second: &wrong };
//! let outcomes = judge.compare(&[pair], &CallOptions::default()).await?;
//! let comparison = outcomes[0].as_judged().unwrap();
//! assert_eq!(comparison.choice, Choice::First);
//! assert_eq!(comparison.critique.as_deref(), Some("The second invents a city."));
//! # Ok(())
//! # }
//! ```

use std::borrow::Cow;

use async_trait::async_trait;

use crate::{
    batch,
    call::Candidate,
    canonical::Fingerprint,
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge, quantise},
    observe::CallOptions,
    port::{Finish, GenParams, Generation, TextGenerator},
    score::{Outcome, Score, ScoreScale, Usage},
    select::{ListwiseJudge, Pick},
    task::Task,
};

pub(crate) mod neutral;
mod prompt;
mod reasoning;
mod soft;
#[cfg(test)]
mod tests;
mod verdict;
pub(crate) mod view;

pub use neutral::{neutralise, restore};
pub use prompt::{DEFAULT_CRITERIA, PromptError, PromptKind, PromptSet, SYSTEM_FILE};
pub use verdict::{Labels, ParseMode, ParsedVerdict, VerdictFault, VerdictFormat, VerdictParser};

/// What a model said about one item, in full.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// Index of the label that counts: the most probable one where the model gave probabilities, else the written one.
    pub label: usize,
    /// Index of the label the model wrote.
    pub written: usize,
    /// How it was found in the answer.
    pub mode: ParseMode,
    /// Probability of every label, summing to 1, where the backend gave log-probabilities.
    pub probabilities: Option<Vec<f64>>,
    /// The model's evaluation.
    pub critique: Option<String>,
    /// What it cost.
    pub usage: Usage,
}

impl Verdict {
    fn new(parsed: ParsedVerdict, probabilities: Option<Vec<f64>>, usage: Usage) -> Self {
        let ParsedVerdict { label: written, mode, critique } = parsed;
        let best = probabilities.iter().flatten().map(|p| quantise(*p)).max();
        let is_best = |i: usize| probabilities.as_ref().and_then(|p| p.get(i)).map(|p| quantise(*p)) == best;
        // Among equals the written one.
        let label = match &probabilities {
            Some(p) if !is_best(written) => (0..p.len()).find(|i| is_best(*i)).unwrap_or(written),
            _ => written,
        };
        Self { label, written, mode, probabilities, critique, usage }
    }

    /// The most probable label, the first among equals, where nothing but probabilities was asked for.
    fn direct(probabilities: Vec<f64>, usage: Usage) -> Self {
        let better = |best: (usize, i64), next: (usize, i64)| if next.1 > best.1 { next } else { best };
        let best = probabilities.iter().map(|p| quantise(*p)).enumerate().reduce(better);
        let parsed = ParsedVerdict { label: best.map_or(0, |(at, _)| at), mode: ParseMode::Strict, critique: None };
        Self::new(parsed, Some(probabilities), usage)
    }

    /// As a comparison of two. `p_first` is the probability of the first label; without probabilities it is 1 or 0, as written.
    fn comparison(self) -> Comparison {
        let p_first = match self.probabilities.as_deref() {
            Some([p, ..]) => *p,
            _ if self.label == 0 => 1.0,
            _ => 0.0,
        };
        let comparison = Comparison::from_probability(p_first).with_usage(self.usage);
        match self.critique {
            Some(critique) => comparison.with_critique(critique),
            None => comparison,
        }
    }

    /// As a score on [`ScoreScale::Unit`]: the rating (the expected one where there are probabilities), `(rating - 1) / (top - 1)`.
    fn score(self, ratings: usize) -> Score {
        let steps = ratings.saturating_sub(1).max(1) as f64;
        let rating = match &self.probabilities {
            Some(p) => p.iter().enumerate().map(|(i, p)| i as f64 * p).sum(),
            None => self.label as f64,
        };
        let score = Score::new((rating / steps).clamp(0.0, 1.0)).with_usage(self.usage);
        match self.critique {
            Some(critique) => score.with_critique(critique),
            None => score,
        }
    }
}

/// A generative judge: a model that is asked in words.
///
/// - [`ToolCallJudge::compare`] shows two candidates in the order given and asks which is better. Models prefer a place: put
///   [`crate::layer`]'s both-orders layer around it.
/// - [`ToolCallJudge::score`] asks for an evaluation of one candidate and a rating from 1 to 5, mapped to \[0, 1\]
///   ([`ScoreScale::Unit`]). Where the backend gives log-probabilities the expected rating is taken, which is finer.
/// - [`GenerativeCritic::choose`] shows all N and asks for the best.
///
/// Verdicts are soft where the backend answers [`GenParams::labels`] with log-probabilities: `p_first` is then the softmax over
/// the two labels. Otherwise the written verdict counts, with probability 1 or 0; so it does where a label has more than one
/// character (ten candidates and more), since tokens tell nothing certain about those.
///
/// With [`PromptSet::direct`] nothing but the verdict is written, and where there are log-probabilities one token is: the verdict is then the most probable
/// label, whatever that token is.
///
/// A model's failure is a failure of its item, never a score: [`ErrorKind::Truncated`], [`ErrorKind::Unparseable`] and
/// [`ErrorKind::Refused`], each with the raw output. Nothing is retried here.
#[derive(Debug, Clone)]
pub struct GenerativeCritic<G> {
    generator: G,
    prompts: PromptSet,
    params: GenParams,
    soft: bool,
    card: JudgeCard,
}

/// Room for a label and its closing tag.
const DIRECT_TOKENS: u32 = 16;

impl<G: TextGenerator> GenerativeCritic<G> {
    /// A judge with the default prompts ([`PromptSet::no_think`]) and sampling ([`GenParams::default`]).
    pub fn new(generator: G) -> Self {
        let id = generator.model().map_or_else(|| generator.id().to_owned(), |model| model.short_id());
        let card = JudgeCard::pairwise(id, "");
        Self { generator, prompts: PromptSet::default(), params: GenParams::default(), soft: true, card }
            .with_new_card()
    }

    /// Sets the prompts.
    pub fn with_prompts(mut self, prompts: PromptSet) -> Self {
        self.prompts = prompts;
        self.with_new_card()
    }

    /// Sets how text is generated. [`GenParams::labels`] is filled in when it is empty.
    pub fn with_params(mut self, params: GenParams) -> Self {
        self.params = params;
        self.with_new_card()
    }

    /// Sets whether log-probabilities of the labels are asked for. Switch it off for backends that refuse such a request.
    pub fn with_soft_verdicts(mut self, soft: bool) -> Self {
        self.soft = soft;
        self.with_new_card()
    }

    /// Sets the judge's short name; otherwise that of the model ([`crate::judge::ModelCard::short_id`]), or its id.
    pub fn with_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.card.id = id.into();
        self
    }

    fn with_new_card(mut self) -> Self {
        let settings = format!("parser={} soft={} {:?}", verdict::PARSER_VERSION, self.soft, self.params);
        let hash = Fingerprint::of([self.prompts.fingerprint().to_string(), settings]).to_string();
        let short: String = hash.chars().take(16).collect();
        self.card = JudgeCard {
            fingerprint: format!("critic:{}:{short}", self.generator.id()),
            pointwise: self.prompts.has(PromptKind::Pointwise).then_some(ScoreScale::Unit),
            pairwise: self.prompts.has(PromptKind::Pairwise),
            deterministic: self.params.temperature == 0.0,
            model: self.generator.model(),
            ..self.card
        };
        self
    }

    /// The model inside.
    pub fn generator(&self) -> &G {
        &self.generator
    }

    /// The prompts.
    pub fn prompts(&self) -> &PromptSet {
        &self.prompts
    }

    /// Asks which of two is better and gives the verdict in full: label 0 is the first.
    pub async fn compare_in_full(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Verdict>>, JudgeError> {
        let asked: Vec<_> = pairs.iter().map(|p| (p.task, vec![p.first, p.second])).collect();
        self.ask(PromptKind::Pairwise, &asked, options).await
    }

    /// Asks how good each candidate is and gives the verdicts in full: label 0 is the lowest rating.
    pub async fn score_in_full(
        &self,
        items: &[ScoreItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Verdict>>, JudgeError> {
        let asked: Vec<_> = items.iter().map(|i| (i.task, vec![i.candidate])).collect();
        self.ask(PromptKind::Pointwise, &asked, options).await
    }

    /// Asks which of N is the best and gives the verdict in full: the label is the index of the candidate.
    pub async fn choose_in_full(
        &self,
        task: &Task,
        candidates: &[&Candidate],
        options: &CallOptions,
    ) -> Result<Outcome<Verdict>, JudgeError> {
        if candidates.is_empty() {
            return Err(JudgeError::new(ErrorKind::InvalidInput, "no candidates to choose from"));
        }
        let outcomes = self.ask(PromptKind::Listwise, &[(task, candidates.to_vec())], options).await?;
        let none = || JudgeError::new(ErrorKind::Backend, "the model backend gave no result");
        outcomes.into_iter().next().ok_or_else(none)
    }

    async fn ask(
        &self,
        kind: PromptKind,
        asked: &[(&Task, Vec<&Candidate>)],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Verdict>>, JudgeError> {
        options.check()?;
        if !self.prompts.has(kind) {
            return Err(PromptError::NoTemplate(kind.file()).into());
        }
        let Some(n) = asked.first().map(|(_, candidates)| candidates.len()) else { return Ok(Vec::new()) };
        let parser = self.prompts.format().parser(kind, n)?;
        let mut params = self.params.clone();
        // A retried call was most often cut short: it gets twice the room each time.
        params.max_tokens = params.max_tokens.saturating_mul(1 << options.attempt.min(8));
        if self.prompts.is_direct() {
            // The label; and the closing tag, should the label have to be read.
            params.max_tokens = if self.is_soft(&parser) && options.attempt == 0 { 1 } else { DIRECT_TOKENS };
        }
        if self.is_soft(&parser) && params.labels.is_empty() {
            params.labels = parser.labels().to_vec();
        }
        let prompts = asked.iter().map(|(task, shown)| Ok(self.prompts.render(kind, task, shown)?)).collect();
        let (generator, params) = (&self.generator, &params);
        let call =
            |prompts: Vec<_>, options: CallOptions| async move { generator.generate(&prompts, params, &options).await };
        let generations = batch::run(prompts, generator.max_batch(), options, call).await?;
        let cut_short = |g: &Result<Generation, _>| matches!(g, Ok(g) if g.finish == Finish::Cancelled);
        if options.cancel.is_cancelled() && generations.iter().any(cut_short) {
            return Err(JudgeError::cancelled());
        }
        Ok(generations.into_iter().map(|g| g.and_then(|g| self.read(kind, &parser, g)).into()).collect())
    }

    /// Only labels of one character are asked for: the first token of "12" may be that of "1", whose probability is then that of
    /// both.
    fn is_soft(&self, parser: &VerdictParser) -> bool {
        self.soft && parser.labels().iter().all(|label| label.chars().count() == 1)
    }

    /// What to do where one token was no verdict.
    fn advised(&self, error: JudgeError) -> JudgeError {
        if self.prompts.is_direct() && self.soft {
            return error.context("the model gave no label a probability: does its backend go on from an answer that is opened, and give log-probabilities?");
        }
        error
    }

    fn read(
        &self,
        kind: PromptKind,
        parser: &VerdictParser,
        mut generation: Generation,
    ) -> Result<Verdict, JudgeError> {
        let soft = || soft::label_probabilities(&generation.label_logprobs, parser.labels());
        let probabilities = self.is_soft(parser).then(soft).flatten();
        if let Some(opening) = self.prompts.opening(kind) {
            let whole = matches!(generation.finish, Finish::Stop | Finish::Length);
            if let Some(probabilities) = probabilities.clone().filter(|_| whole) {
                return Ok(Verdict::direct(probabilities, generation.usage));
            }
            generation.text.insert_str(0, &opening);
        }
        let parsed = parser.parse_generation(&generation).map_err(|e| self.advised(e));
        match &parsed {
            Ok(parsed) => tracing::debug!(judge = %self.card.id, mode = ?parsed.mode, label = parsed.label, "verdict"),
            Err(error) => tracing::debug!(judge = %self.card.id, %error, "no verdict"),
        }
        Ok(Verdict::new(parsed?, probabilities, generation.usage))
    }
}

#[async_trait]
impl<G: TextGenerator> ToolCallJudge for GenerativeCritic<G> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        let verdicts = self.score_in_full(items, options).await?;
        let ratings = self.prompts.format().top_rating as usize;
        Ok(verdicts.into_iter().map(|v| v.map(|v| v.score(ratings))).collect())
    }

    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let verdicts = self.compare_in_full(pairs, options).await?;
        Ok(verdicts.into_iter().map(|v| v.map(Verdict::comparison)).collect())
    }
}

#[async_trait]
impl<G: TextGenerator> ListwiseJudge for GenerativeCritic<G> {
    /// All candidates are shown in one prompt. A single candidate is chosen without asking.
    async fn choose(
        &self,
        task: &Task,
        candidates: &[&Candidate],
        options: &CallOptions,
    ) -> Result<Outcome<Pick>, JudgeError> {
        options.check()?;
        if candidates.len() == 1 {
            return Ok(Outcome::Judged(Pick::new(0)));
        }
        let pick = |v: Verdict| {
            let pick = Pick::new(v.label).with_usage(v.usage);
            v.critique.into_iter().fold(pick, Pick::with_critique)
        };
        Ok(self.choose_in_full(task, candidates, options).await?.map(pick))
    }
}
