//! [`PromptSet`]: the prompts of a generative judge, and how a task is put into them.

use std::{fmt, path::Path};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use super::{
    verdict::VerdictFormat,
    view::{CandidateView, TaskView},
};
use crate::{
    call::{Candidate, Message},
    canonical::Fingerprint,
    error::{ErrorKind, JudgeError},
    task::Task,
};

/// What a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "the three ways to ask")]
pub enum PromptKind {
    /// Which of two is better.
    Pairwise,
    /// How good one is.
    Pointwise,
    /// Which of N is the best.
    Listwise,
}

impl PromptKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pairwise, Self::Pointwise, Self::Listwise];

    /// The name of its template file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Pairwise => "pairwise.jinja",
            Self::Pointwise => "pointwise.jinja",
            Self::Listwise => "listwise.jinja",
        }
    }

    /// How many candidates the trial rendering of a new template shows.
    fn trial_size(self) -> usize {
        match self {
            Self::Pairwise => 2,
            Self::Pointwise => 1,
            Self::Listwise => 3,
        }
    }
}

/// The file of the system message, shared by the three kinds.
pub const SYSTEM_FILE: &str = "system.jinja";

/// What a good turn is, in the words the default prompts use.
pub const DEFAULT_CRITERIA: [&str; 6] = [
    "The right tools are used, and all of them that the request needs now: no needed call is missing, no unsuitable tool is called. When no tool fits, words are right and a call is wrong; when a tool fits, words instead of a call are wrong.",
    "Every call fits its tool: the name exists, required arguments are there, no unknown argument is given, types, units, formats and allowed values are right.",
    "Every value is what the conversation, an earlier tool result or the tool's documentation says. Nothing is invented, nothing that was asked for is dropped or changed.",
    "No call is repeated or needless, and none that depends on a result that is not there yet is made early.",
    "A question back to the user is right only when a required value is really missing and cannot be found with the tools.",
    "The instructions of the system message are followed. Style, length and confidence count for nothing.",
];

/// Why a set of prompts cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Which one.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The folder holds no template of a known name.
    #[error("{path} holds none of pairwise.jinja, pointwise.jinja, listwise.jinja: name at least one template so")]
    Empty {
        /// The folder.
        path: String,
    },
    /// The folder holds a template of a name that is never used.
    #[error("{path} is no template of this crate: use pairwise.jinja, pointwise.jinja, listwise.jinja or system.jinja")]
    UnknownFile {
        /// The file.
        path: String,
    },
    /// The template does not compile, or fails when it is rendered (an unknown variable or filter).
    #[error("{name}, line {line}: {message}")]
    Template {
        /// Its file name.
        name: String,
        /// The line, counted from 1; 0 when it is not known.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The template never shows a candidate: whatever the model said would be about nothing.
    #[error(
        "{name} does not show candidate {candidate}: loop over `candidates` and write `candidate.json` or `candidate.hermes`"
    )]
    MissingCandidate {
        /// Its file name.
        name: String,
        /// The candidate that a trial rendering did not show, counted from 1.
        candidate: usize,
    },
    /// The set has no template for this kind.
    #[error("no {0} in this set of prompts: add one, or ask the judge for another kind of verdict")]
    NoTemplate(&'static str),
    /// More candidates than the set has labels for.
    #[error("{asked} candidates, and labels for {most}: use numbers as labels, or fewer candidates")]
    Labels {
        /// How many candidates.
        asked: usize,
        /// How many labels there are.
        most: usize,
    },
}

impl PromptError {
    fn template(name: &str, error: &minijinja::Error) -> Self {
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Self::Template { name: name.to_owned(), line: error.line().unwrap_or_default(), message }
    }
}

impl From<PromptError> for JudgeError {
    fn from(error: PromptError) -> Self {
        let kind = match error {
            PromptError::NoTemplate(_) => ErrorKind::Unsupported,
            _ => ErrorKind::InvalidInput,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

/// Everything a template may use; `docs/PROMPTS.md` explains each.
#[derive(Serialize)]
struct Variables<'a> {
    criteria: &'a [String],
    think: bool,
    direct: bool,
    labels: &'a [String],
    #[serde(flatten)]
    task: &'a TaskView,
    candidates: &'a [CandidateView],
}

/// The prompts of a generative judge: minijinja templates, ours or yours, and the form of the answer they ask for.
///
/// A prompt is a system message (when there is a `system.jinja`) and one user message. The default templates write what is shared
/// first and the candidates last: the prompts of both orders, of all N and of all three kinds are byte for byte the same up to the
/// end of the conversation, so that an engine computes that prefix once.
///
/// Text under judgement goes in as a value and is never evaluated as template syntax; delimiters in it are broken up
/// ([`super::neutralise`]).
///
/// ```
/// use toolrm_core::critic::{PromptKind, PromptSet};
/// let prompts = PromptSet::empty().with_template(
///     PromptKind::Pairwise,
///     "{{ conversation }}{% for c in candidates %}\n[{{ c.label }}] {{ c.hermes }}{% endfor %}\nBetter: <choice>1|2</choice>",
/// )?;
/// assert!(prompts.has(PromptKind::Pairwise) && !prompts.has(PromptKind::Listwise));
/// let error = PromptSet::empty().with_template(PromptKind::Pairwise, "one\n{% for %}").unwrap_err();
/// assert!(error.to_string().starts_with("pairwise.jinja, line 2: "));
/// # Ok::<(), toolrm_core::critic::PromptError>(())
/// ```
#[derive(Clone)]
pub struct PromptSet {
    env: Environment<'static>,
    criteria: Vec<String>,
    style: Style,
    format: VerdictFormat,
}

/// What a model writes before its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// An evaluation.
    Evaluate,
    /// Its reasoning, then a short evaluation.
    Think,
    /// Nothing.
    Direct,
}

impl Style {
    const ALL: [Self; 3] = [Self::Evaluate, Self::Think, Self::Direct];
}

impl Default for PromptSet {
    /// [`PromptSet::no_think`].
    fn default() -> Self {
        Self::no_think()
    }
}

impl PromptSet {
    /// The default prompts, for models that do not reason before they answer: the evaluation is where they think.
    pub fn no_think() -> Self {
        let mut set = Self::empty();
        for (name, source) in [
            (SYSTEM_FILE, include_str!("prompts/system.jinja")),
            (PromptKind::Pairwise.file(), include_str!("prompts/pairwise.jinja")),
            (PromptKind::Pointwise.file(), include_str!("prompts/pointwise.jinja")),
            (PromptKind::Listwise.file(), include_str!("prompts/listwise.jinja")),
        ] {
            // They compile: every test of this crate that renders one would fail otherwise.
            let added = set.env.add_template(name, source);
            debug_assert!(added.is_ok(), "{name}: {added:?}");
        }
        set
    }

    /// The default prompts, for reasoning models: a short evaluation after the reasoning.
    pub fn think() -> Self {
        Self::no_think().with_think(true)
    }

    /// The default prompts, for the verdict alone: no evaluation is written. The answer is opened for the model, so that its very first token is the label,
    /// and a backend that gives log-probabilities needs to read the prompt and nothing more.
    pub fn direct() -> Self {
        Self { style: Style::Direct, ..Self::no_think() }
    }

    /// No templates at all, to add one's own.
    pub fn empty() -> Self {
        let mut env = Environment::new();
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            env.set_syntax(syntax);
        }
        Self {
            env,
            criteria: DEFAULT_CRITERIA.map(str::to_owned).to_vec(),
            style: Style::Evaluate,
            format: VerdictFormat::default(),
        }
    }

    /// The templates of a folder: any of `pairwise.jinja`, `pointwise.jinja`, `listwise.jinja`, and `system.jinja` for a system
    /// message. What is not there the judge cannot be asked for.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, PromptError> {
        let dir = dir.as_ref();
        let io = |path: &Path| {
            let path = path.display().to_string();
            move |source| PromptError::Io { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(io(dir))? {
            let path = entry.map_err(io(dir))?.path();
            if path.extension().is_some_and(|e| e == "jinja") {
                files.push(path);
            }
        }
        // The system template first: trial renderings of the others include it.
        files.sort_by_key(|path| !path.ends_with(SYSTEM_FILE));
        let mut set = Self::empty();
        for path in files {
            let source = std::fs::read_to_string(&path).map_err(io(&path))?;
            set = if path.ends_with(SYSTEM_FILE) {
                set.with_system(source)?
            } else if let Some(kind) = PromptKind::ALL.into_iter().find(|k| path.ends_with(k.file())) {
                set.with_template(kind, source)?
            } else {
                return Err(PromptError::UnknownFile { path: path.display().to_string() });
            };
        }
        if !PromptKind::ALL.into_iter().any(|k| set.has(k)) {
            return Err(PromptError::Empty { path: dir.display().to_string() });
        }
        Ok(set)
    }

    /// Adds or replaces one template. It is compiled and rendered on trial at once, so that a mistake shows here and not in the
    /// middle of a run.
    pub fn with_template(mut self, kind: PromptKind, source: impl Into<String>) -> Result<Self, PromptError> {
        self.add(kind.file(), source.into())?;
        self.try_out(kind)?;
        Ok(self)
    }

    /// Adds or replaces the template of the system message.
    pub fn with_system(mut self, source: impl Into<String>) -> Result<Self, PromptError> {
        self.add(SYSTEM_FILE, source.into())?;
        for style in Style::ALL {
            self.render_file(SYSTEM_FILE, &Self::trial(1, style).variables(&self.criteria))?;
        }
        Ok(self)
    }

    fn add(&mut self, name: &'static str, source: String) -> Result<(), PromptError> {
        self.env.add_template_owned(name, source).map_err(|e| PromptError::template(name, &e))
    }

    /// Leaves the system message out.
    pub fn without_system(mut self) -> Self {
        self.env.remove_template(SYSTEM_FILE);
        self
    }

    /// Replaces the criteria (`criteria` in the templates).
    pub fn with_criteria(mut self, criteria: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.criteria = criteria.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether the model reasons before it answers (`think` in the templates).
    pub fn with_think(mut self, think: bool) -> Self {
        self.style = if think { Style::Think } else { Style::Evaluate };
        self
    }

    /// Sets whether the verdict is asked for alone (`direct` in the templates), as [`PromptSet::direct`] does.
    pub fn with_direct(mut self, direct: bool) -> Self {
        self.style = if direct { Style::Direct } else { Style::Evaluate };
        self
    }

    /// Whether the verdict is asked for alone.
    pub fn is_direct(&self) -> bool {
        self.style == Style::Direct
    }

    /// What the answer begins with where the verdict is asked for alone: the last message of such a prompt is an assistant's and says this.
    pub(super) fn opening(&self, kind: PromptKind) -> Option<String> {
        self.is_direct().then(|| format!("<{}>", self.format.tag(kind)))
    }

    /// Sets the form of the answer, for templates that ask for another one.
    pub fn with_format(mut self, format: VerdictFormat) -> Self {
        self.format = format;
        self
    }

    /// The form of the answer.
    pub fn format(&self) -> &VerdictFormat {
        &self.format
    }

    /// Whether the set can ask for this.
    pub fn has(&self, kind: PromptKind) -> bool {
        self.env.get_template(kind.file()).is_ok()
    }

    /// The conversation that asks a model to judge `candidates`, shown in the order given: two for
    /// [`PromptKind::Pairwise`], one for [`PromptKind::Pointwise`].
    pub fn render(
        &self,
        kind: PromptKind,
        task: &Task,
        candidates: &[&Candidate],
    ) -> Result<Vec<Message>, PromptError> {
        if !self.has(kind) {
            return Err(PromptError::NoTemplate(kind.file()));
        }
        let labels = self.format.labels(kind, candidates.len())?;
        let shown = match kind {
            PromptKind::Pointwise => candidates.iter().map(|c| CandidateView::new(c, "1".into())).collect(),
            _ => candidates.iter().zip(&labels).map(|(c, label)| CandidateView::new(c, label.clone())).collect(),
        };
        let parts = Parts { task: TaskView::new(task), candidates: shown, labels, style: self.style };
        self.render_parts(kind, &parts)
    }

    fn render_parts(&self, kind: PromptKind, parts: &Parts) -> Result<Vec<Message>, PromptError> {
        let variables = parts.variables(&self.criteria);
        let mut messages = Vec::with_capacity(2);
        if self.env.get_template(SYSTEM_FILE).is_ok() {
            messages.push(Message::system(self.render_file(SYSTEM_FILE, &variables)?));
        }
        messages.push(Message::user(self.render_file(kind.file(), &variables)?));
        messages.extend(self.opening(kind).map(Message::assistant));
        Ok(messages)
    }

    fn render_file(&self, name: &str, variables: &Variables<'_>) -> Result<String, PromptError> {
        let render = || self.env.get_template(name)?.render(Serde(variables));
        render().map_err(|e| PromptError::template(name, &e))
    }

    /// Renders a kind with texts made up for it, and looks for the candidates in the result.
    fn try_out(&self, kind: PromptKind) -> Result<(), PromptError> {
        for style in Style::ALL {
            let parts = Self::trial(kind.trial_size(), style);
            let prompt = self.render_parts(kind, &parts)?;
            for (i, candidate) in parts.candidates.iter().enumerate() {
                if !prompt.iter().any(|m| m.text().contains(&candidate.json)) {
                    return Err(PromptError::MissingCandidate { name: kind.file().to_owned(), candidate: i + 1 });
                }
            }
        }
        Ok(())
    }

    fn trial(n: usize, style: Style) -> Parts {
        let labels: Vec<String> = (1..=n).map(|i| i.to_string()).collect();
        let view = |label: &String| {
            let text = format!("what candidate {label} did");
            CandidateView { label: label.clone(), json: text.clone(), hermes: text, fence: "00000000".into() }
        };
        let candidates = labels.iter().map(view).collect();
        let task = TaskView {
            tools: "tools".into(),
            conversation: "conversation".into(),
            messages: vec![super::view::MessageView::sample()],
            fence: "00000000".into(),
        };
        Parts { task, candidates, labels, style }
    }

    /// A fingerprint of everything a rendered prompt depends on besides the task and its candidates.
    pub fn fingerprint(&self) -> Fingerprint {
        let sources = std::iter::once(SYSTEM_FILE).chain(PromptKind::ALL.map(PromptKind::file)).flat_map(|name| {
            let source = self.env.get_template(name).map(|t| t.source().to_owned()).unwrap_or_default();
            [name.to_owned(), source]
        });
        let settings = [format!("style={:?} {:?}", self.style, self.format)];
        Fingerprint::of(sources.chain(settings).chain(self.criteria.iter().cloned()))
    }
}

/// What one rendering needs, owned.
struct Parts {
    task: TaskView,
    candidates: Vec<CandidateView>,
    labels: Vec<String>,
    style: Style,
}

impl Parts {
    fn variables<'a>(&'a self, criteria: &'a [String]) -> Variables<'a> {
        let (think, direct) = (self.style == Style::Think, self.style == Style::Direct);
        Variables { criteria, think, direct, labels: &self.labels, task: &self.task, candidates: &self.candidates }
    }
}

impl fmt::Debug for PromptSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = PromptKind::ALL.into_iter().filter(|k| self.has(*k)).collect();
        f.debug_struct("PromptSet")
            .field("kinds", &kinds)
            .field("style", &self.style)
            .field("format", &self.format)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}
