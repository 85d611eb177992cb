//! The null judges: what can be won without reading the question. A judge is worth what it adds to the best of them.

use std::borrow::Cow;

use async_trait::async_trait;
use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    error::JudgeError,
    judge::{Choice, Comparison, FromScorer, JudgeCard, PairItem, ToolCallJudge},
    observe::CallOptions,
    score::{Outcome, Score, ScoreScale, Scorer},
    task::Task,
};

/// A judge that does not read the question.
///
/// ```
/// use toolrm_bench::null::Null;
/// use toolrm_core::{call::Candidate, judge::{Choice, PairItem, ToolCallJudge}, prelude::*, testkit::block_on};
/// let task = Task::new(vec![Message::user("Shall I?")], Toolset::new(Vec::new())?);
/// let pair = PairItem { task: &task, first: &Candidate::text("Yes."), second: &Candidate::text("By all means.") };
/// let longer = Null::Longer.judge(0);
/// let verdict = block_on(longer.compare(&[pair], &CallOptions::default()))?.remove(0).judged();
/// assert_eq!(verdict.map(|v| v.choice), Some(Choice::Second));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Null {
    /// A coin, thrown once for each pair and answer by the seed: its verdict is the same in both orders.
    Random,
    /// Whatever is shown first: right in one order, wrong in the other.
    First,
    /// The longer answer, in characters of its text or of its calls as compact JSON.
    Longer,
    /// The shorter answer.
    Shorter,
    /// The answer with more calls.
    MoreCalls,
    /// The answer whose calls are of known tools, with arguments their schemas allow.
    SchemaOnly,
}

impl Null {
    /// All of them, in the order they are shown.
    pub const ALL: &[Self] =
        &[Self::Random, Self::First, Self::Longer, Self::Shorter, Self::MoreCalls, Self::SchemaOnly];

    /// Its name, which is the id of its card.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::First => "first",
            Self::Longer => "longer",
            Self::Shorter => "shorter",
            Self::MoreCalls => "more-calls",
            Self::SchemaOnly => "schema-only",
        }
    }

    /// Whether it scores single answers, and does not only compare.
    pub fn scores(self) -> bool {
        self != Self::First
    }

    /// The judge; `seed` is that of the coin.
    pub fn judge(self, seed: u64) -> Box<dyn ToolCallJudge> {
        if self.scores() {
            Box::new(FromScorer::new(NullScorer { null: self, seed }))
        } else {
            Box::new(ShownFirst { card: JudgeCard::pairwise(self.name(), self.name()) })
        }
    }
}

/// All null judges, in the order of [`Null::ALL`].
pub fn null_judges(seed: u64) -> Vec<Box<dyn ToolCallJudge>> {
    Null::ALL.iter().map(|null| null.judge(seed)).collect()
}

/// The null judges that score.
#[derive(Debug, Clone, Copy)]
struct NullScorer {
    null: Null,
    seed: u64,
}

impl Scorer for NullScorer {
    fn name(&self) -> &str {
        self.null.name()
    }

    fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score> {
        Outcome::Judged(Score::new(match self.null {
            Null::Random => random(self.seed, task, candidate),
            Null::First => return Outcome::abstained("of one answer nothing is shown first"),
            Null::Longer => length(candidate),
            Null::Shorter => -length(candidate),
            Null::MoreCalls => candidate.action.calls().len() as f64,
            Null::SchemaOnly => f64::from(u8::from(fits_schema(task, candidate))),
        }))
    }

    fn scale(&self) -> ScoreScale {
        ScoreScale::Open
    }

    fn fingerprint(&self) -> Cow<'_, str> {
        match self.null {
            Null::Random => Cow::Owned(format!("random(seed {})", self.seed)),
            other => Cow::Borrowed(other.name()),
        }
    }
}

/// Prefers what is shown first.
struct ShownFirst {
    card: JudgeCard,
}

#[async_trait]
impl ToolCallJudge for ShownFirst {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        options.check()?;
        let verdicts = pairs.iter().enumerate().map(|(i, _)| {
            options.item_done(i);
            Outcome::Judged(Comparison::from_choice(Choice::First))
        });
        Ok(verdicts.collect())
    }
}

/// A number in \[0, 1) drawn by the seed, the pair (its number is the task's metadata `pair`) and the candidate: the same run gives
/// the same numbers.
fn random(seed: u64, task: &Task, candidate: &Candidate) -> f64 {
    let pair = task.metadata().get("pair").map_or_else(String::new, Value::to_string);
    let drawn = Fingerprint::of([seed.to_string(), pair, spelled(candidate)]);
    let bits = drawn.as_bytes().iter().take(6).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    bits as f64 / (1_u64 << 48) as f64
}

/// Number of characters of the answer's text, or of its calls as compact JSON.
fn length(candidate: &Candidate) -> f64 {
    spelled(candidate).chars().count() as f64
}

fn spelled(candidate: &Candidate) -> String {
    match &candidate.action {
        Action::Text(text) => text.clone(),
        Action::Malformed { raw, .. } => raw.clone(),
        action => action.calls().iter().flat_map(|c| [c.name.clone(), c.arguments.to_string()]).collect(),
    }
}

/// Whether every call is of a known tool with arguments its schema allows. Words have nothing against them.
fn fits_schema(task: &Task, candidate: &Candidate) -> bool {
    let fits = |call| task.tools().violations(call).is_some_and(|violations| violations.is_empty());
    !candidate.action.is_malformed() && candidate.action.calls().iter().all(fits)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};
    use toolrm_core::{call::ToolCall, testkit::block_on, toolset::Toolset};

    use super::*;

    fn task(pair: u64) -> Task {
        let tools = json!([{"name": "f", "parameters": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": "integer"}}}}]);
        let metadata = Map::from_iter([("pair".to_owned(), json!(pair))]);
        Task::new(Vec::new(), Toolset::from_json(&tools).unwrap()).with_metadata(metadata)
    }

    fn calls(of: &[Value]) -> Candidate {
        Candidate::calls(of.iter().map(|arguments| ToolCall::new("f", arguments.clone())).collect())
    }

    fn verdict(null: Null, seed: u64, task: &Task, [first, second]: [&Candidate; 2]) -> Choice {
        let pair = PairItem { task, first, second };
        let verdicts = block_on(null.judge(seed).compare(&[pair], &CallOptions::default())).unwrap();
        verdicts.into_iter().next().unwrap().judged().unwrap().choice
    }

    #[test]
    fn each_prefers_what_its_name_says() {
        let (short, long) = (calls(&[json!({"a": 1})]), calls(&[json!({"a": 1}), json!({"a": "x"})]));
        for (null, choice) in [
            (Null::First, Choice::First),
            (Null::Longer, Choice::Second),
            (Null::Shorter, Choice::First),
            (Null::MoreCalls, Choice::Second),
            (Null::SchemaOnly, Choice::First),
        ] {
            assert_eq!(verdict(null, 0, &task(0), [&short, &long]), choice, "{null:?}");
            // All but one say the same whatever is shown first.
            let swapped = if null == Null::First { Choice::First } else { choice.swapped() };
            assert_eq!(verdict(null, 0, &task(0), [&long, &short]), swapped, "{null:?}");
        }
        let broken = Candidate::new(Action::malformed("f(", "an open bracket"));
        assert_eq!(verdict(Null::SchemaOnly, 0, &task(0), [&broken, &short]), Choice::Second);
        assert_eq!(verdict(Null::MoreCalls, 0, &task(0), [&broken, &Candidate::text("no")]), Choice::Tie);
    }

    #[test]
    fn the_coin_is_thrown_by_seed_and_pair_and_is_fair() {
        let (a, b) = (calls(&[json!({"a": 1})]), calls(&[json!({"a": 2})]));
        let drawn =
            |seed| -> Vec<Choice> { (0..400).map(|pair| verdict(Null::Random, seed, &task(pair), [&a, &b])).collect() };
        let first = drawn(1);
        assert_eq!(first, drawn(1));
        assert_ne!(first, drawn(2));
        let wins = first.iter().filter(|choice| **choice == Choice::First).count();
        assert!((160..240).contains(&wins), "{wins}");
    }

    #[test]
    fn what_it_depends_on_is_in_its_fingerprint() {
        let fingerprints =
            |seed| -> Vec<String> { null_judges(seed).iter().map(|judge| judge.card().fingerprint.clone()).collect() };
        assert_eq!(fingerprints(7), ["random(seed 7)", "first", "longer", "shorter", "more-calls", "schema-only"]);
        assert!(null_judges(0).iter().all(|judge| judge.card().symmetric == (judge.card().id != "first")));
    }
}
