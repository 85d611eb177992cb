//! The report as data: everything that is written as JSON, Markdown or HTML, and nothing else.
//!
//! Shares and probabilities are in \[0, 1\]; intervals hold 95 % and are drawn over questions. It is read back from its own JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toolrm_core::{
    error::ErrorKind,
    judge::JudgeCard,
    score::{Finding, ScoreScale},
};

use crate::{
    metrics::{Counts, Measured, Verdict},
    trbench::Relation,
};

/// How some judges fare on a bench.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// What made it: `toolrm-bench 0.1.0`.
    pub made_by: String,
    /// What the judges were measured on.
    pub bench: BenchInfo,
    /// How the figures were made.
    pub method: Method,
    /// The judges in the order they were given, null judges among them.
    pub judges: Vec<JudgeReport>,
    /// Best of N, where it was run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub best_of_n: Vec<BestOfN>,
    /// Mutation tests, where they were run; one for each judge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutation: Vec<Mutation>,
}

/// The bench.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BenchInfo {
    /// Its name.
    pub name: String,
    /// The fingerprint of its pairs: the same pairs in the same order have the same.
    pub fingerprint: String,
    /// The seed it was built with; `None` where it is not known.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Number of pairs, of every relation.
    pub pairs: u64,
    /// Number of questions.
    pub questions: u64,
    /// By category; the leaderboard's in its order, then others by name.
    pub by_split: Vec<Share>,
    /// By relation: `better`, `tie`, `both_wrong`.
    pub by_relation: Vec<Share>,
    /// By what is wrong with the rejected answer, of the pairs of which one is better; most pairs first.
    pub by_error_type: Vec<Share>,
    /// By whose the rejected answer is, of the pairs of which one is better; most pairs first.
    pub by_rejected_model: Vec<Share>,
}

/// How many pairs of a bench have something in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Share {
    /// What they have in common.
    pub name: String,
    /// Number of pairs.
    pub pairs: u64,
    /// Number of their questions.
    pub questions: u64,
}

/// How the figures were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Method {
    /// The seed of the order that counts as the single one, of the null judge `random` and of the intervals.
    pub seed: u64,
    /// How many resamples of whole questions an interval is made of.
    pub resamples: u64,
}

/// How one judge fares. Figures are of the pairs of which one answer is better, unless they say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JudgeReport {
    /// Who it is.
    pub card: Card,
    /// Whether it is one of the null judges, which do not read the question.
    pub null: bool,
    /// All pairs, each weighing the same: W-Avg.
    pub overall: Accuracy,
    /// The mean over the splits, each weighing the same: Avg.
    pub avg: Means,
    /// The mean over the eight categories in which calls are compared with calls; `None` when one of them is missing.
    pub macro_calls: Option<Means>,
    /// How it behaves, right or wrong.
    pub behaviour: Behaviour,
    /// By category, in the order of [`BenchInfo::by_split`].
    pub by_split: Vec<Row>,
    /// By what is wrong with the rejected answer, in the order of [`BenchInfo::by_error_type`].
    pub by_error_type: Vec<Row>,
    /// By whose the rejected answer is, in the order of [`BenchInfo::by_rejected_model`].
    pub by_rejected_model: Vec<Row>,
    /// What it says of pairs of which both answers are right; `None` where there are none.
    pub ties: Option<TiePairs>,
    /// Pairs of which both answers are wrong, one less so; `None` where there are none.
    pub both_wrong: Option<Accuracy>,
    /// How far its probabilities can be believed; `None` when it judged no pair.
    pub calibration: Option<Calibration>,
    /// Whether its scores alone tell calls that are right from calls where none is due; `None` where it does not score or the bench
    /// has no such calls.
    pub fit: Option<Fit>,
    /// Against the first judge and against the best null judge (the one of the highest overall single-order accuracy); none against
    /// itself.
    pub versus: Vec<Versus>,
    /// What it cost.
    pub cost: Cost,
    /// Where it is wrong: one cell for each split and error type that has pairs, splits in the order of [`BenchInfo::by_split`].
    pub confusion: Vec<Cell>,
    /// Pairs it did not win in every order asked: the worst mistakes of each split, error type and relation, where most was lost
    /// first; none of null judges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrong: Vec<WrongVerdict>,
}

/// Who a judge is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Card {
    /// Short name.
    pub id: String,
    /// Everything its verdicts depend on.
    pub fingerprint: String,
    /// The scale of its scores; `None` when it only compares.
    pub scale: Option<ScoreScale>,
    /// Whether exchanging the two answers always exchanges its verdict. Of such a judge the two orders are one question: a coin
    /// would be right in both orders in 50 % of the cases, and not in 25 %.
    pub symmetric: bool,
    /// Whether the same input always gives the same verdict.
    pub deterministic: bool,
}

impl From<&JudgeCard> for Card {
    fn from(card: &JudgeCard) -> Self {
        Self {
            id: card.id.to_string(),
            fingerprint: card.fingerprint.clone(),
            scale: card.pointwise,
            symmetric: card.symmetric,
            deterministic: card.deterministic,
        }
    }
}

/// How often a judge is right on some pairs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accuracy {
    /// Number of pairs.
    pub n: u64,
    /// Number of their questions.
    pub questions: u64,
    /// In one order, drawn by a coin for each pair: right 1, wrong 0, a pair without a winner 1/2. A coin gets 50 %.
    pub single: Measured,
    /// Right in both orders, strictly: whatever is no win is none. A coin thrown for each order gets 25 %. Over the pairs that were
    /// asked in both orders.
    pub both: Measured,
    /// The mean over the two orders, each counted as [`Accuracy::single`] is. Over the pairs that were asked in both orders.
    pub mean_of_orders: Measured,
    /// The verdicts of the single order.
    pub counts: Counts,
}

/// [`Accuracy`] of pairs that have something in common.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// What they have in common.
    pub name: String,
    /// How often the judge is right on them.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

/// A mean over groups of pairs, each group weighing the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Means {
    /// Of [`Accuracy::single`].
    pub single: Measured,
    /// Of [`Accuracy::both`].
    pub both: Measured,
}

/// How a judge behaves, on pairs of every relation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Behaviour {
    /// Number of comparisons asked for: a pair that is shown in both orders makes two.
    pub asked: u64,
    /// The share of the pairs with the same verdict in both orders, of those that were judged in both.
    pub consistency: Measured,
    /// The share of the verdicts that prefer the answer shown first, less 1/2, ties half; of the pairs that were judged in both
    /// orders. In \[-1/2, 1/2\], 0 is fair, positive prefers the first.
    pub position_bias: Measured,
    /// The share of the comparisons asked for that did not fail: 1 less the share of [`Behaviour::failures`].
    pub parse_rate: Measured,
    /// The share of the comparisons asked for of which the judge said that they are not its case.
    pub abstention: Measured,
    /// The share of the comparisons asked for that ended in a tie.
    pub ties: Measured,
    /// What failed, most frequent first.
    pub failures: Vec<Failures>,
    /// Pairs that were too long for the judge in one order at least; they are among the failures and among the pairs counted.
    pub over_long: u64,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failures {
    /// The kind.
    pub kind: ErrorKind,
    /// How many comparisons failed so.
    pub n: u64,
}

/// What a judge says of pairs of which both answers are right and differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TiePairs {
    /// Number of pairs.
    pub n: u64,
    /// Number of their questions.
    pub questions: u64,
    /// Mean of |p - 1/2|, where p is the probability that the one answer is the better one, averaged over the orders; 0 is ideal, 1/2
    /// is the worst. Over the pairs that were judged in every order that was asked.
    pub distance: Measured,
    /// The share of the same pairs with a winner that is the same in every order.
    pub decided: Measured,
}

/// How far the probabilities of a judge can be believed: of each comparison the probability that the answer shown first is the better
/// one, against whether it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calibration {
    /// Number of comparisons that were judged.
    pub n: u64,
    /// The expected calibration error over [`Calibration::bins`]; in \[0, 1\], 0 is ideal.
    pub ece: Measured,
    /// The Brier score, mean of (p - truth)²; in \[0, 1\], 0 is ideal, 1/4 is what always saying 1/2 gets.
    pub brier: Measured,
    /// The reliability curve: bins of equal width over \[0, 1\], empty ones left out.
    pub bins: Vec<Bin>,
}

/// Probabilities that lie near each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bin {
    /// Where it begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Number of probabilities in it.
    pub n: u64,
    /// Their mean.
    pub mean_p: f64,
    /// The share of them of which the answer shown first is the better one.
    pub share_right: f64,
}

/// Whether scores alone tell right calls (chosen, where a call is due) from calls made where no tool fits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fit {
    /// The probability that a right call scores higher than another, equal scores half.
    pub auc: Measured,
    /// The share of the others below the highest threshold that keeps 90 % of the right calls or more.
    pub rejected_at_90: Measured,
    /// Number of right calls.
    pub right: u64,
    /// Number of calls where none is due.
    pub irrelevant: u64,
}

/// A judge against another one on the same pairs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Versus {
    /// The other judge's id.
    pub other: String,
    /// Whether the other one is the null judge that is best in one order; else it is the first judge, or the null judge that is best in
    /// both orders.
    pub best_null: bool,
    /// By points of the single order.
    pub single: PairedTest,
    /// By being right in both orders; `None` when not both were asked.
    pub both: Option<PairedTest>,
}

/// Whether two judges differ by more than chance, pair by pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairedTest {
    /// This judge's accuracy less the other one's.
    pub difference: Measured,
    /// The probability of a difference as large, to either side, if the two were the same: by all ways to flip
    /// the signs of whole questions' differences, exactly. `None` without pairs.
    pub p_value: Option<f64>,
    /// Pairs that only this judge got right.
    pub only_this: u64,
    /// Pairs that only the other judge got right.
    pub only_other: u64,
    /// McNemar's exact p-value of these two counts, which takes pairs of one question for independent and is too sure where they are
    /// not. `None` without pairs.
    pub mcnemar_p: Option<f64>,
}

/// What a judge cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cost {
    /// Calls of a model.
    pub calls: u64,
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// Seconds by the clock; left out by default, for no two runs have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// Pairs of one split and error type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cell {
    /// The split.
    pub split: String,
    /// The error type.
    pub error_type: String,
    /// Number of pairs.
    pub n: u64,
    /// Pairs that were lost in the single order.
    pub wrong: u64,
    /// Pairs without a winner in the single order.
    pub undecided: u64,
}

/// A pair that a judge did not win, with what there is to see why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WrongVerdict {
    /// The pair's number in its bench.
    pub number: u64,
    /// The pair's id.
    pub id: String,
    /// Its split.
    pub split: String,
    /// What is wrong with the rejected answer.
    pub error_type: String,
    /// How the two stand to each other.
    pub relation: Relation,
    /// The verdict with the chosen answer shown first.
    pub chosen_first: Option<Verdict>,
    /// The verdict with the chosen answer shown second.
    pub chosen_second: Option<Verdict>,
    /// The probability that the chosen answer is better, averaged over the orders; `None` when it was not judged.
    pub p_chosen: Option<f64>,
    /// What the user said last.
    pub question: String,
    /// The names of the tools.
    pub tools: Vec<String>,
    /// The better answer.
    pub chosen: Side,
    /// The worse answer.
    pub rejected: Side,
    /// In what the two differ; `None` when one of them has no calls and they are best read whole.
    pub differences: Option<Vec<Difference>>,
    /// What the judge wrote, or why it did not judge, by order asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub critiques: Vec<String>,
}

/// One of the two answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Side {
    /// Whose it is.
    pub from: String,
    /// Calls as `[{NAME: {ARGUMENTS}}]`, words as a text.
    pub answer: Value,
    /// Its score, of a judge that scores.
    pub score: Option<f64>,
    /// What the judge found in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// One value that differs between two answers, or a call that only one of them makes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Difference {
    /// The tool.
    pub tool: String,
    /// The argument, with dots into nested objects; `None` for a whole call.
    pub argument: Option<String>,
    /// The value (or all arguments) in the chosen answer; `None` (and left out) when it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub chosen: Option<Value>,
    /// The same in the rejected answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub rejected: Option<Value>,
    /// What the tool says about the argument.
    pub parameter: Option<Parameter>,
}

/// A value that is there may be `null`, which is not the same as being absent.
fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What a tool says about an argument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameter {
    /// The JSON types it allows: `integer or null`.
    pub types: String,
    /// Whether it must be given.
    pub required: bool,
    /// Its description.
    pub description: String,
    /// The only values it allows; empty when unrestricted.
    pub allowed: Vec<Value>,
    /// Its documented default.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub default: Option<Value>,
}

/// The accuracy of the answer that a strategy picks among N, over N.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BestOfN {
    /// Where the questions and the candidates are from: `acebench`, `bfcl`.
    pub source: String,
    /// Who picks: a judge's id, or `mean`, `majority`, `oracle`.
    pub strategy: String,
    /// Whether it is a judge, and not a measure of the candidates.
    pub judge: bool,
    /// One for each N, smallest first.
    pub points: Vec<BestOfNPoint>,
}

/// A point of a best-of-N curve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BestOfNPoint {
    /// Number of candidates.
    pub n: u64,
    /// The share of the questions with a right pick.
    pub accuracy: Measured,
}

/// Whether a judge notices named corruptions of good calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Mutation {
    /// The judge's id.
    pub judge: String,
    /// Number of good calls that were corrupted.
    pub calls: u64,
    /// The share of all corruptions that it noticed.
    pub detected: Measured,
    /// The share of the harmless changes that it took for corruptions.
    pub false_alarms: Measured,
    /// One for each operator.
    pub operators: Vec<MutationRow>,
}

/// One operator of a mutation test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MutationRow {
    /// Its name: `wrong_value`, `missing_required`, ..
    pub operator: String,
    /// Whether it leaves the call right, so that noticing it is a false alarm.
    pub harmless: bool,
    /// Number of mutants.
    pub n: u64,
    /// The share of them of which the judge likes the good call better.
    pub noticed: Measured,
    /// The verdicts.
    pub counts: Counts,
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::measure::Interval;

    use super::*;

    fn measured(value: f64) -> Measured {
        Measured { value: Some(value), interval: Some(Interval { low: value / 2.0, high: value }) }
    }

    #[test]
    fn a_report_is_read_back_as_it_was_written() {
        let accuracy = Accuracy { n: 3, questions: 2, single: measured(0.1), ..Accuracy::default() };
        let wrong = WrongVerdict {
            chosen_first: Some(Verdict::Tie),
            differences: Some(vec![Difference {
                chosen: Some(Value::Null),
                rejected: None,
                parameter: Some(Parameter { default: Some(json!([])), ..Parameter::default() }),
                ..Difference::default()
            }]),
            ..WrongVerdict::default()
        };
        let judge = JudgeReport {
            by_split: vec![Row { name: "multiple".into(), accuracy }],
            behaviour: Behaviour {
                failures: vec![Failures { kind: ErrorKind::Timeout, n: 2 }],
                ..Behaviour::default()
            },
            macro_calls: Some(Means { both: measured(1.0 / 3.0), ..Means::default() }),
            calibration: Some(Calibration { bins: vec![Bin { mean_p: 0.7, ..Bin::default() }], ..Default::default() }),
            versus: vec![Versus { both: Some(PairedTest::default()), ..Versus::default() }],
            wrong: vec![wrong],
            ..JudgeReport::default()
        };
        let report = Report { judges: vec![judge], mutation: vec![Mutation::default()], ..Report::default() };
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }

    #[test]
    fn a_row_is_flat_and_a_figure_says_its_interval() {
        let row = Row { name: "x".into(), accuracy: Accuracy { single: measured(0.5), ..Accuracy::default() } };
        let value = serde_json::to_value(&row).unwrap();
        assert_eq!((&value["name"], &value["single"]), (&json!("x"), &json!({"value": 0.5, "ci": [0.25, 0.5]})));
        assert_eq!(value["both"], json!({"value": null, "ci": null}));
    }
}
