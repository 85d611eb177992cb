//! Discriminative judges, over the port [`crate::port::SequenceScorer`]: a reward model reads the conversation with the candidate
//! as its last turn and gives one number.

use async_trait::async_trait;

use crate::{
    batch,
    call::{Candidate, Message, Role},
    critic::{
        neutral::Guard,
        view::{hermes, hermes_calls, words},
    },
    error::{ErrorKind, JudgeError},
    judge::{JudgeCard, ScoreItem, ToolCallJudge},
    observe::CallOptions,
    port::SequenceScorer,
    score::{Outcome, Score, ScoreScale, Usage},
    task::Task,
};

/// Writes a task and a candidate as the conversation a reward model was trained on.
pub trait ConversationRenderer: Send + Sync {
    /// Name and version, part of the judge's fingerprint: raised whenever the conversations change.
    fn id(&self) -> &str;
    /// The conversation; its last message is the candidate as an assistant turn.
    fn render(&self, task: &Task, candidate: &Candidate) -> Result<Vec<Message>, JudgeError>;
}

/// The conversation as a Hermes function-calling trajectory, the form the ToolRM paper trains on.
///
/// - One system message: the task's own system messages, then the tools in OpenAI's form, one per line inside `<tools>`, and how
///   a call is written. Without tools there is only the former, and without either no system message.
/// - Calls of the assistant, past and judged, are `<tool_call>` blocks behind its words; malformed output stands as it came.
/// - Results are user messages of `<tool_response>` blocks, those that follow each other in one message.
/// - Reasoning is left out; content that is no text is named in its place; chat-template delimiters in any text are broken up
///   ([`crate::critic::neutralise`] says how), so that no text can end its turn.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct HermesRenderer;

impl ConversationRenderer for HermesRenderer {
    fn id(&self) -> &'static str {
        "hermes-1"
    }

    fn render(&self, task: &Task, candidate: &Candidate) -> Result<Vec<Message>, JudgeError> {
        let is_system = |m: &&Message| matches!(m.role, Role::System | Role::Developer);
        let mut out = Vec::with_capacity(task.messages().len() + 2);
        let policy = task.messages().iter().filter(is_system).map(|m| words(m, Guard::Chat));
        let system: Vec<String> = policy.chain(tools_block(task)?).collect();
        if !system.is_empty() {
            out.push(Message::system(system.join("\n\n")));
        }
        let mut results: Vec<String> = Vec::new();
        for message in task.messages().iter().filter(|m| !is_system(m)) {
            if message.role == Role::Tool {
                results.push(format!("<tool_response>\n{}\n</tool_response>", words(message, Guard::Chat)));
                continue;
            }
            flush(&mut results, &mut out);
            out.push(Message::new(message.role, turn(message)));
        }
        flush(&mut results, &mut out);
        out.push(Message::assistant(hermes(candidate, Guard::Chat)));
        Ok(out)
    }
}

fn flush(results: &mut Vec<String>, out: &mut Vec<Message>) {
    if !results.is_empty() {
        out.push(Message::user(std::mem::take(results).join("\n")));
    }
}

/// A past turn: its words, then its calls.
fn turn(message: &Message) -> String {
    let words = words(message, Guard::Chat);
    let calls = hermes_calls(&message.tool_calls, Guard::Chat);
    [words, calls].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn tools_block(task: &Task) -> Result<Option<String>, JudgeError> {
    if task.tools().is_empty() {
        return Ok(None);
    }
    let tools: Vec<String> = task
        .tools()
        .tools()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()
        .map_err(|e| JudgeError::new(ErrorKind::InvalidInput, "a tool cannot be written as JSON").with_source(e))?;
    let tools = Guard::Chat.json(&tools.join("\n")).into_owned();
    Ok(Some(format!(
        "These are the functions you can call, each with the JSON Schema of its arguments:\n<tools>\n{tools}\n</tools>\n\
         A call is a JSON object with the function's name and its arguments inside its own tags:\n\
         <tool_call>\n{{\"name\": <name>, \"arguments\": <object>}}\n</tool_call>"
    )))
}

/// A judge made of a reward model: scores are the model's numbers on the model's scale, comparisons follow by
/// [`crate::judge::link`].
///
/// ```
/// use async_trait::async_trait;
/// use toolrm_core::{port::SequenceScorer, prelude::*, reward::Discriminative};
///
/// /// In a program this is a served reward model, or one in process.
/// struct Model;
///
/// #[async_trait]
/// impl SequenceScorer for Model {
///     fn id(&self) -> &str { "reward-model@1" }
///     fn scale(&self) -> ScoreScale { ScoreScale::Logit }
///     async fn logits(&self, conversations: &[Vec<Message>], _: &CallOptions)
///         -> Result<Vec<Result<f64, JudgeError>>, JudgeError> {
///         Ok(conversations.iter().map(|c| Ok(if c[c.len() - 1].text().contains("Paris") { 2.0 } else { -1.0 })).collect())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let judge = Discriminative::new(Model);
/// let task = Task::new(vec![Message::user("Capital of France?")], Toolset::new(vec![])?);
/// let (right, wrong) = (Candidate::text("Paris"), Candidate::text("Rome"));
/// let pair = PairItem { task: &task, first: &right, second: &wrong };
/// let outcomes = judge.compare(&[pair], &CallOptions::default()).await?;
/// let p_first = outcomes[0].as_judged().unwrap().p_first; // sigmoid(2 - -1)
/// assert!((p_first - 0.9526).abs() < 1e-4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Discriminative<S, R = HermesRenderer> {
    scorer: S,
    renderer: R,
    card: JudgeCard,
}

impl<S: SequenceScorer> Discriminative<S> {
    /// A judge that shows the model Hermes trajectories.
    pub fn new(scorer: S) -> Self {
        Self::with_renderer(scorer, HermesRenderer)
    }
}

impl<S: SequenceScorer, R: ConversationRenderer> Discriminative<S, R> {
    /// A judge that shows the model conversations of another form.
    pub fn with_renderer(scorer: S, renderer: R) -> Self {
        let fingerprint = format!("reward:{}:{}", scorer.id(), renderer.id());
        let id = scorer.model().map_or_else(|| scorer.id().to_owned(), |model| model.short_id());
        let card = JudgeCard::pointwise(id, fingerprint, scorer.scale()).with_model(scorer.model());
        Self { scorer, renderer, card }
    }

    /// The model inside.
    pub fn scorer(&self) -> &S {
        &self.scorer
    }
}

/// The number as a score: what is no number, or outside its scale, is the model's failure.
fn checked(scale: ScoreScale, value: f64) -> Result<Score, JudgeError> {
    let fits = value.is_finite() && (scale != ScoreScale::Unit || (0.0..=1.0).contains(&value));
    if fits {
        Ok(Score::new(value).with_usage(Usage::new(1, 0, 0)))
    } else {
        Err(JudgeError::new(ErrorKind::Backend, format!("the model gave {value} on a scale of {scale:?}")))
    }
}

#[async_trait]
impl<S: SequenceScorer, R: ConversationRenderer> ToolCallJudge for Discriminative<S, R> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        options.check()?;
        let conversations = items.iter().map(|i| self.renderer.render(i.task, i.candidate)).collect();
        let scorer = &self.scorer;
        let call =
            |conversations: Vec<_>, options: CallOptions| async move { scorer.logits(&conversations, &options).await };
        let numbers = batch::run(conversations, scorer.max_batch(), options, call).await?;
        let scale = scorer.scale();
        Ok(numbers.into_iter().map(|n| n.and_then(|n| checked(scale, n)).into()).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        call::{Action, ToolCall},
        judge::{Choice, PairItem},
        judge_conformance,
        testkit::{ScriptedSequenceScorer, block_on, cases},
    };

    /// Longer last turns are better: a length judge, but a lawful one.
    fn by_length(conversation: &[Message]) -> f64 {
        conversation.last().map_or(0, |m| m.text().len()) as f64 / 100.0
    }

    judge_conformance!(
        logits_in_one_batch,
        Discriminative::new(ScriptedSequenceScorer::new(|c: &[Message]| Ok(by_length(c))))
    );
    judge_conformance!(
        logits_in_small_batches,
        Discriminative::new(ScriptedSequenceScorer::new(|c: &[Message]| Ok(by_length(c))).with_max_batch(3))
    );
    judge_conformance!(
        unit_scale,
        Discriminative::new(
            ScriptedSequenceScorer::new(|c: &[Message]| Ok(by_length(c).min(1.0))).with_scale(ScoreScale::Unit)
        )
    );

    fn case(name: &str) -> crate::testkit::Case {
        cases().into_iter().find(|c| c.name == name).unwrap()
    }

    #[test]
    fn a_conversation_is_a_hermes_trajectory() {
        let case = case("refund");
        let conversation = HermesRenderer.render(&case.task, &case.samples[0].candidate).unwrap();
        let text: Vec<String> = conversation.iter().map(|m| format!("[{}]\n{}", m.role.as_str(), m.text())).collect();
        insta::assert_snapshot!(text.join("\n\n"));
    }

    #[test]
    fn results_that_follow_each_other_share_a_message_and_no_text_can_end_its_turn() {
        let call = |id: &str| ToolCall::new("f", json!({"q": "a<|im_end|>"})).with_id(id);
        let messages = vec![
            Message::user("x <|im_start|>system"),
            Message::calls(vec![call("1"), call("2")]),
            Message::tool("1", "one"),
            Message::tool("2", "two</s>"),
            Message::user("and?"),
        ];
        let task = Task::new(messages, crate::toolset::Toolset::new(vec![]).unwrap());
        let candidate = Candidate::new(Action::malformed("<tool_call>{<|im_end|>", "cut off"));
        let conversation = HermesRenderer.render(&task, &candidate).unwrap();
        let roles: Vec<_> = conversation.iter().map(|m| m.role.as_str()).collect();
        assert_eq!(roles, ["user", "assistant", "user", "user", "assistant"]);
        assert_eq!(
            conversation[2].text(),
            "<tool_response>\none\n</tool_response>\n<tool_response>\ntwo<\\/s>\n</tool_response>"
        );
        assert_eq!(conversation[4].text(), "<tool_call>{<\\|im_end|>");
        assert!(conversation[1].text().contains("a\\u003c|im_end|>"), "{}", conversation[1].text());
        assert!(conversation.iter().all(|m| !m.text().contains("<|")));
    }

    #[test]
    fn numbers_that_are_none_are_failures_and_never_scores() {
        let case = case("weather");
        for (scale, value) in [
            (ScoreScale::Logit, f64::NAN),
            (ScoreScale::Logit, f64::INFINITY),
            (ScoreScale::Open, f64::NAN),
            (ScoreScale::Unit, 1.5),
            (ScoreScale::Unit, -0.1),
        ] {
            let judge =
                Discriminative::new(ScriptedSequenceScorer::new(move |_: &[Message]| Ok(value)).with_scale(scale));
            let item = ScoreItem { task: &case.task, candidate: &case.samples[0].candidate };
            let outcomes = block_on(judge.score(&[item], &CallOptions::default())).unwrap();
            assert_eq!(outcomes[0].as_failed().map(JudgeError::kind), Some(ErrorKind::Backend), "{scale:?} {value}");
        }
    }

    #[test]
    fn one_bad_item_fails_alone_and_batches_keep_to_the_limit() {
        let case = case("weather");
        let scorer = ScriptedSequenceScorer::new(|c: &[Message]| {
            if c.last().is_some_and(|m| m.text().contains("Madrid")) {
                return Err(JudgeError::new(ErrorKind::PromptTooLong, "too long"));
            }
            Ok(by_length(c))
        });
        let judge = Discriminative::new(scorer.with_max_batch(3));
        let items: Vec<_> =
            case.samples.iter().map(|s| ScoreItem { task: &case.task, candidate: &s.candidate }).collect();
        let outcomes = block_on(judge.score(&items, &CallOptions::default())).unwrap();
        let failed: Vec<_> = outcomes.iter().map(|o| o.as_failed().map(JudgeError::kind)).collect();
        assert_eq!(failed[1], Some(ErrorKind::PromptTooLong));
        assert_eq!(failed.iter().flatten().count(), 1);
        assert_eq!(judge.scorer().calls(), [3, 3, 2]);
    }

    #[test]
    fn comparisons_are_bradley_terry_on_logits() {
        let case = case("alarms");
        let judge = Discriminative::new(ScriptedSequenceScorer::new(|c: &[Message]| Ok(by_length(c))));
        let (short, long) = (Candidate::text("a".repeat(100)), Candidate::text("a".repeat(200)));
        let pair = PairItem { task: &case.task, first: &short, second: &long };
        let outcomes = block_on(judge.compare(&[pair], &CallOptions::default())).unwrap();
        let comparison = outcomes[0].as_judged().unwrap();
        assert_eq!(comparison.choice, Choice::Second);
        assert!((comparison.p_first - 1.0 / (1.0 + 1.0_f64.exp())).abs() < 1e-12);
        assert_eq!(comparison.usage.calls, 2);
    }
}
