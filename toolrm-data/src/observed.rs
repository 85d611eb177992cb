//! What is wrong with an answer, as one word: [`ErrorType`], read off the comparison with the right answer.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    error::{ErrorKind, JudgeError},
    rules::{ReferenceScorer, reference::Assessment},
    score::{Finding, Outcome},
    task::Task,
    toolset::{Param, Toolset},
};

/// What is wrong with an answer, after BFCL's checker and the classes of FC-RewardBench (IBM, arXiv 2509.11963).
///
/// Much can be wrong at once. The type is the **first in this order** that applies: what kind of answer it is, the calls as a whole, then
/// the arguments in the order in which BFCL's checker looks at them. Calls are compared as a set, each with its partner in the best
/// one-to-one assignment, values by their canonical form: order, and `5.0` for `5`, are never wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorType {
    /// It cannot be read as an answer.
    Malformed,
    /// It calls where words are right.
    CallInsteadOfWords,
    /// It speaks where a call is right.
    WordsInsteadOfCall,
    /// A call names a tool that is neither listed nor in the right answer.
    HallucinatedTool,
    /// Fewer calls than are right.
    MissingCall,
    /// A call is made twice that should be made once.
    RepeatedCall,
    /// More calls than are right.
    ExtraCall,
    /// As many calls as are right, not all of the right tools.
    WrongTool,
    /// An argument is missing that the tool requires.
    MissingRequired,
    /// An argument the tool does not have.
    UnexpectedParameter,
    /// A value of a type that its parameter does not allow.
    WrongType,
    /// More than one argument has a wrong value.
    SeveralValues,
    /// One wrong value, and a number is right.
    WrongNumber,
    /// One wrong value, and a free text is right.
    WrongText,
    /// One wrong value of a parameter whose values are listed.
    WrongChoice,
    /// A yes for a no, or a no for a yes.
    WrongFlag,
    /// One wrong value, and a list is right.
    WrongList,
    /// One wrong value, and an object is right.
    WrongObject,
    /// An optional argument is given that should not be, with what is not its default.
    ExtraOptional,
    /// An optional argument is missing, and leaving it out does not say the same.
    MissingOptional,
}

impl ErrorType {
    /// All of them, in the order of precedence.
    pub const ALL: [Self; 20] = [
        Self::Malformed,
        Self::CallInsteadOfWords,
        Self::WordsInsteadOfCall,
        Self::HallucinatedTool,
        Self::MissingCall,
        Self::RepeatedCall,
        Self::ExtraCall,
        Self::WrongTool,
        Self::MissingRequired,
        Self::UnexpectedParameter,
        Self::WrongType,
        Self::SeveralValues,
        Self::WrongNumber,
        Self::WrongText,
        Self::WrongChoice,
        Self::WrongFlag,
        Self::WrongList,
        Self::WrongObject,
        Self::ExtraOptional,
        Self::MissingOptional,
    ];

    /// Its name in records: `wrong-text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::CallInsteadOfWords => "call-instead-of-words",
            Self::WordsInsteadOfCall => "words-instead-of-call",
            Self::HallucinatedTool => "hallucinated-tool",
            Self::MissingCall => "missing-call",
            Self::RepeatedCall => "repeated-call",
            Self::ExtraCall => "extra-call",
            Self::WrongTool => "wrong-tool",
            Self::MissingRequired => "missing-required",
            Self::UnexpectedParameter => "unexpected-parameter",
            Self::WrongType => "wrong-type",
            Self::SeveralValues => "several-values",
            Self::WrongNumber => "wrong-number",
            Self::WrongText => "wrong-text",
            Self::WrongChoice => "wrong-choice",
            Self::WrongFlag => "wrong-flag",
            Self::WrongList => "wrong-list",
            Self::WrongObject => "wrong-object",
            Self::ExtraOptional => "extra-optional",
            Self::MissingOptional => "missing-optional",
        }
    }

    /// What a wrong value is called in the place of this right one.
    pub(crate) fn of_value(param: Option<&Param>, right: &Value) -> Self {
        match right {
            Value::Array(_) => Self::WrongList,
            Value::Object(_) => Self::WrongObject,
            Value::Bool(_) => Self::WrongFlag,
            _ if param.is_some_and(|p| !p.allowed.is_empty()) => Self::WrongChoice,
            Value::Number(_) => Self::WrongNumber,
            Value::String(_) | Value::Null => Self::WrongText,
        }
    }

    /// Whether it is one wrong value, of whatever kind.
    pub(crate) fn is_value(self) -> bool {
        (Self::WrongNumber..=Self::WrongObject).contains(&self)
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is wrong with a candidate where `gold` is right; `None` when it does the same. For many candidates of one question, make one
/// [`Observer`]. The task gives the tools; its own references are not looked at.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::prelude::*;
/// use toolrm_data::observed::{ErrorType, error_type};
/// let tools = Toolset::new(vec![Tool::new("book", json!({"type": "object", "properties": {
///     "city": {"type": "string"}, "nights": {"type": "integer", "default": 1}}, "required": ["city"]}))])?;
/// let task = Task::new(vec![Message::user("Two nights in Bergen, please.")], tools);
/// let book = |arguments| Action::Calls(vec![ToolCall::new("book", arguments)]);
/// let gold = book(json!({"city": "Bergen", "nights": 2}));
/// let of = |action| error_type(&task, &gold, &Candidate::new(action));
/// assert_eq!(of(book(json!({"nights": 2.0, "city": "Bergen"})))?, None);
/// assert_eq!(of(book(json!({"city": "Bergen", "nights": 3})))?, Some(ErrorType::WrongNumber));
/// assert_eq!(of(Action::Text("For whom?".into()))?.unwrap().name(), "words-instead-of-call");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When `gold` is no answer: malformed, no call at all, or a call whose arguments are no object.
pub fn error_type(task: &Task, gold: &Action, candidate: &Candidate) -> Result<Option<ErrorType>, JudgeError> {
    Observer::new(Arc::clone(task.tools()), vec![gold.clone()]).error_type(candidate)
}

/// Says what is wrong with candidates of one question.
///
/// An argument that says its documented default is as good as one left out: such a difference is none, although the published score
/// (`ReferenceScorer::default()`) counts it.
#[derive(Debug, Clone)]
pub struct Observer {
    task: Task,
    scorer: ReferenceScorer,
}

impl Observer {
    /// An observer of answers to a question with these right answers. A candidate is compared with the one it comes closest to.
    pub fn new(tools: impl Into<Arc<Toolset>>, right: Vec<Action>) -> Self {
        let task = Task::new(Vec::new(), tools).with_reference(right);
        Self { task, scorer: ReferenceScorer::graded().with_documented_defaults(true) }
    }

    /// What is wrong with a candidate; `None` when it does the same as a right answer.
    ///
    /// # Errors
    /// When one of the right answers is no answer, or there is none.
    pub fn error_type(&self, candidate: &Candidate) -> Result<Option<ErrorType>, JudgeError> {
        let assessment = match self.scorer.assess(&self.task, candidate) {
            Outcome::Judged(assessment) => assessment,
            Outcome::Failed(error) => return Err(error),
            Outcome::Abstained { reason } => return Err(JudgeError::new(ErrorKind::InvalidInput, reason.into_owned())),
            _ => return Err(JudgeError::new(ErrorKind::InvalidInput, "an outcome of an unknown kind".to_owned())),
        };
        if assessment.findings.is_empty() {
            return Ok(None);
        }
        let gold = self.task.reference().get(assessment.reference).map_or(&[][..], Action::calls);
        let seen = Seen { tools: self.task.tools(), gold, got: candidate.action.calls(), assessment: &assessment };
        Ok(seen.error_type())
    }
}

/// A candidate beside the right answer, and what the scorer has to say.
struct Seen<'a> {
    tools: &'a Toolset,
    gold: &'a [ToolCall],
    got: &'a [ToolCall],
    assessment: &'a Assessment,
}

impl Seen<'_> {
    fn error_type(&self) -> Option<ErrorType> {
        let of_calls = self.of_calls();
        let of_findings = || self.assessment.findings.iter().filter_map(|finding| self.of_finding(finding));
        let first = of_calls.into_iter().chain(of_findings()).min()?;
        let several = first.is_value() && of_findings().filter(|t| t.is_value()).count() > 1;
        Some(if several { ErrorType::SeveralValues } else { first })
    }

    /// What their names and number say.
    fn of_calls(&self) -> Option<ErrorType> {
        if self.gold.is_empty() || self.got.is_empty() {
            return None;
        }
        let unknown =
            |call: &ToolCall| self.tools.get(&call.name).is_none() && !self.gold.iter().any(|g| g.name == call.name);
        match self.got.len().cmp(&self.gold.len()) {
            _ if self.got.iter().any(unknown) => Some(ErrorType::HallucinatedTool),
            std::cmp::Ordering::Less => Some(ErrorType::MissingCall),
            std::cmp::Ordering::Greater => Some(ErrorType::ExtraCall),
            std::cmp::Ordering::Equal => None,
        }
    }

    fn of_finding(&self, finding: &Finding) -> Option<ErrorType> {
        match finding.rule.as_ref() {
            "reference.malformed" => Some(ErrorType::Malformed),
            "reference.no_call_expected" => Some(ErrorType::CallInsteadOfWords),
            "reference.call_expected" => Some(ErrorType::WordsInsteadOfCall),
            "reference.repeated_call" => Some(ErrorType::RepeatedCall),
            "reference.wrong_tool" => Some(ErrorType::WrongTool),
            "reference.arguments" => Some(ErrorType::WrongType),
            "reference.missing_argument" => Some(match self.argument(finding)?.param {
                Some(param) if !param.required => ErrorType::MissingOptional,
                _ => ErrorType::MissingRequired,
            }),
            "reference.extra_argument" => Some(match self.argument(finding)?.param {
                Some(_) => ErrorType::ExtraOptional,
                None => ErrorType::UnexpectedParameter,
            }),
            "reference.wrong_value" => self.of_value(finding),
            _ => None,
        }
    }

    fn of_value(&self, finding: &Finding) -> Option<ErrorType> {
        let argument = self.argument(finding)?;
        let (row, _) = self.assessment.pairs.iter().find(|(_, column)| *column == argument.call)?;
        let right = self.gold.get(*row)?.args()?.get(&argument.name)?;
        let got = self.got.get(argument.call)?.args()?.get(&argument.name)?;
        let of_other_type = match argument.param {
            Some(param) if !is_mistyped(param, right) => is_mistyped(param, got),
            _ => std::mem::discriminant(right) != std::mem::discriminant(got),
        };
        Some(if of_other_type { ErrorType::WrongType } else { ErrorType::of_value(argument.param, right) })
    }

    /// The argument a finding points at.
    fn argument(&self, finding: &Finding) -> Option<Argument<'_>> {
        let (call, token) = finding.pointer.strip_prefix('/')?.split_once("/arguments/")?;
        let (call, name) = (call.parse::<usize>().ok()?, token.replace("~1", "/").replace("~0", "~"));
        let spec = self.tools.get(&self.got.get(call)?.name);
        Some(Argument { call, param: spec.and_then(|s| s.params().property(&name)), name })
    }
}

/// An argument of a call of the candidate.
struct Argument<'a> {
    call: usize,
    name: String,
    /// What the tool says of it; `None` when it does not have it.
    param: Option<&'a Param>,
}

/// Whether a value, or one inside of it, is of a type that its parameter does not allow.
fn is_mistyped(param: &Param, value: &Value) -> bool {
    !param.types.allows(value)
        || match value {
            Value::Array(items) => param.items.as_deref().is_some_and(|of| items.iter().any(|v| is_mistyped(of, v))),
            Value::Object(map) => map.iter().any(|(name, v)| param.property(name).is_some_and(|of| is_mistyped(of, v))),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::call::Tool;

    use super::*;

    fn tools() -> Toolset {
        let book = json!({"type": "object", "properties": {
            "city": {"type": "string"}, "nights": {"type": "integer"}, "class": {"type": "string", "enum": ["low", "high"]},
            "pets": {"type": "boolean"}, "guests": {"type": "array", "items": {"type": "string"}},
            "address": {"type": "object", "properties": {"zip": {"type": "string"}, "no": {"type": "integer"}}},
            "page": {"type": "integer", "default": 1}, "a/b~c": {"type": "string"}},
            "required": ["city", "nights"]});
        let empty = json!({"type": "object", "properties": {}});
        Toolset::new(vec![Tool::new("book", book), Tool::new("ping", empty.clone()), Tool::new("pong", empty)]).unwrap()
    }

    fn call(name: &str, arguments: Value) -> ToolCall {
        ToolCall::new(name, arguments)
    }

    fn typed(gold: &[ToolCall], got: Vec<ToolCall>) -> Option<ErrorType> {
        Observer::new(tools(), vec![Action::Calls(gold.to_vec())]).error_type(&Candidate::calls(got)).unwrap()
    }

    /// What is wrong with the booking when its arguments are changed.
    fn booked(change: &Value) -> Option<ErrorType> {
        let right = json!({"city": "Bergen", "nights": 5, "class": "low", "pets": false, "guests": ["Ida", "Odd"],
            "address": {"zip": "5003", "no": 7}, "a/b~c": "x"});
        let mut got = right.as_object().unwrap().clone();
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::String(gone) if gone == "GONE" => drop(got.remove(name)),
                value => drop(got.insert(name.clone(), value.clone())),
            }
        }
        typed(&[call("book", right)], vec![call("book", Value::Object(got))])
    }

    #[test]
    fn arguments_are_typed_in_the_order_of_precedence() {
        use ErrorType::*;
        for (change, expected) in [
            (json!({}), None),
            (json!({"nights": 5.0}), None),
            (json!({"page": 1}), None),
            (json!({"nights": 6}), Some(WrongNumber)),
            (json!({"city": "Oslo"}), Some(WrongText)),
            (json!({"a/b~c": "y"}), Some(WrongText)),
            (json!({"class": "high"}), Some(WrongChoice)),
            (json!({"class": "middle"}), Some(WrongChoice)),
            (json!({"pets": true}), Some(WrongFlag)),
            (json!({"guests": ["Ida"]}), Some(WrongList)),
            (json!({"guests": ["Odd", "Ida"]}), Some(WrongList)),
            (json!({"address": {"zip": "5003", "no": 8}}), Some(WrongObject)),
            (json!({"nights": "5"}), Some(WrongType)),
            (json!({"nights": 5.5}), Some(WrongType)),
            (json!({"guests": "Ida, Odd"}), Some(WrongType)),
            (json!({"guests": ["Ida", 2]}), Some(WrongType)),
            (json!({"address": {"zip": "5003", "no": "7"}}), Some(WrongType)),
            (json!({"nights": null}), Some(WrongType)),
            (json!({"city": "GONE"}), Some(MissingRequired)),
            (json!({"class": "GONE"}), Some(MissingOptional)),
            (json!({"page": 2}), Some(ExtraOptional)),
            (json!({"town": "Bergen"}), Some(UnexpectedParameter)),
            (json!({"city": "Oslo", "nights": 6}), Some(SeveralValues)),
            (json!({"city": "Oslo", "class": "GONE"}), Some(WrongText)),
            (json!({"city": "Oslo", "nights": "5"}), Some(WrongType)),
            (json!({"city": "GONE", "town": "Bergen", "nights": "5"}), Some(MissingRequired)),
            (json!({"town": "Bergen", "nights": "5"}), Some(UnexpectedParameter)),
            (json!({"page": 2, "class": "GONE"}), Some(ExtraOptional)),
        ] {
            assert_eq!(booked(&change), expected, "{change}");
        }
    }

    #[test]
    fn calls_are_compared_as_a_set() {
        use ErrorType::*;
        let b = |city: &str, nights: i64| call("book", json!({"city": city, "nights": nights}));
        let gold = [b("Bergen", 1), b("Oslo", 2), call("ping", json!({}))];
        let ping = || call("ping", json!({}));
        for (got, expected) in [
            (vec![ping(), b("Oslo", 2), b("Bergen", 1)], None),
            (vec![ping(), b("Oslo", 3), b("Bergen", 1)], Some(WrongNumber)),
            (vec![ping(), b("Oslo", 3), b("Bergen", 2)], Some(SeveralValues)),
            (vec![ping(), b("Oslo", 2)], Some(MissingCall)),
            (vec![b("Oslo", 2), b("Oslo", 2)], Some(MissingCall)),
            (vec![ping(), b("Oslo", 2), b("Oslo", 2)], Some(RepeatedCall)),
            (vec![ping(), b("Oslo", 2), b("Bergen", 1), ping()], Some(RepeatedCall)),
            (vec![ping(), b("Oslo", 2), b("Bergen", 1), b("Voss", 1)], Some(ExtraCall)),
            (vec![call("pong", json!({})), b("Oslo", 2), b("Bergen", 9)], Some(WrongTool)),
            (vec![call("reserve", json!({}))], Some(HallucinatedTool)),
        ] {
            assert_eq!(typed(&gold, got.clone()), expected, "{got:?}");
        }
        assert_eq!(typed(&gold[2..], vec![ping()]), None);
        assert_eq!(typed(&gold[2..], vec![call("ping", json!({"x": 1}))]), Some(UnexpectedParameter));
    }

    #[test]
    fn kinds_of_answers_come_first() {
        let words = Observer::new(tools(), vec![Action::Text("Which city?".into())]);
        let calls = Observer::new(tools(), vec![Action::Calls(vec![call("ping", json!({}))])]);
        let (text, ping) = (Candidate::text("Hello."), Candidate::calls(vec![call("none_such", json!({}))]));
        let broken = Candidate::new(Action::malformed("{", "cut off"));
        assert_eq!(words.error_type(&text).unwrap(), None);
        assert_eq!(words.error_type(&ping).unwrap(), Some(ErrorType::CallInsteadOfWords));
        assert_eq!(calls.error_type(&text).unwrap(), Some(ErrorType::WordsInsteadOfCall));
        for observer in [&words, &calls] {
            assert_eq!(observer.error_type(&broken).unwrap(), Some(ErrorType::Malformed));
            assert_eq!(observer.error_type(&Candidate::calls(vec![])).unwrap(), Some(ErrorType::Malformed));
        }
    }

    #[test]
    fn the_closest_of_several_right_answers_counts() {
        let right = [json!({"city": "Bergen", "nights": 1}), json!({"city": "Oslo", "nights": 2})];
        let right = right.map(|a| Action::Calls(vec![call("book", a)])).to_vec();
        let of =
            |a| Observer::new(tools(), right.clone()).error_type(&Candidate::calls(vec![call("book", a)])).unwrap();
        assert_eq!(of(json!({"city": "Oslo", "nights": 2})), None);
        assert_eq!(of(json!({"city": "Oslo", "nights": 4})), Some(ErrorType::WrongNumber));
    }

    #[test]
    fn what_is_no_right_answer_is_an_error() {
        for right in [vec![], vec![Action::Calls(vec![])], vec![Action::Calls(vec![call("book", json!(3))])]] {
            let error = Observer::new(tools(), right).error_type(&Candidate::text("x")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn names_are_those_in_records_and_the_order_is_that_of_precedence() {
        assert!(ErrorType::ALL.is_sorted());
        for t in ErrorType::ALL {
            assert_eq!(json!(t), json!(t.name()));
        }
    }
}
