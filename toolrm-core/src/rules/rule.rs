//! [`Rule`]: one claim about tool calls in general; [`Case`]: what it is shown; [`Report`]: where it says what it found.

use std::{borrow::Cow, fmt};

use serde_json::{Map, Value};

use super::{
    coverage::Used,
    provenance::{Copied, copied},
    support::{Origin, Support, flag_of, no_preference, says_nothing},
};
use crate::{
    call::{Candidate, Role, ToolCall},
    context::{Context, Words},
    score::{Finding, pointer_token},
    task::Task,
    toolset::{Param, ToolSpec, Toolset, Violation, is_too_deep},
};

/// One rule: a claim about tool calls in general, checked on one candidate.
///
/// ```
/// use toolrm_core::{prelude::*, rules::{Case, Report, Rule}};
///
/// /// Calls that delete things want a person's word first.
/// #[derive(Debug)]
/// struct NoDeletes;
/// impl Rule for NoDeletes {
///     fn id(&self) -> &str { "policy.no-deletes" }
///     fn summary(&self) -> &str { "Nothing is deleted without a person's consent." }
///     fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
///         for view in case.calls.iter().filter(|v| v.call.name.starts_with("delete_")) {
///             report.find(view.pointer("/name"), "ask the user before deleting", 1.0);
///         }
///     }
/// }
/// let judge = RuleScorer::default().with_rule(NoDeletes, 4.0);
/// # let _ = judge;
/// ```
pub trait Rule: fmt::Debug + Send + Sync {
    /// `family.rule`, in lower case with dashes; stable over versions.
    fn id(&self) -> &str;
    /// What the rule claims, in one sentence.
    fn summary(&self) -> &str;
    /// Reports every breach of the rule.
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>);
}

/// A candidate laid out for the rules: calls with their tools, arguments with their parameters and their support.
#[derive(Debug)]
#[non_exhaustive]
pub struct Case<'a> {
    /// What was asked.
    pub task: &'a Task,
    /// The conversation, indexed.
    pub context: &'a Context,
    /// The tools.
    pub tools: &'a Toolset,
    /// What is judged.
    pub candidate: &'a Candidate,
    /// Its calls.
    pub calls: Vec<CallView<'a>>,
    /// Calls already made since the last user message: what they did need not be done again.
    pub done: Vec<&'a ToolCall>,
    pub(super) used: Used,
    /// The optional parameters that no call of their tool gives, with the first such call.
    pub(super) ungiven: Vec<(usize, &'a Param)>,
    /// The values that are to be copied from somewhere.
    pub(super) copied: Vec<Copied<'a>>,
}

/// One call of the candidate.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallView<'a> {
    /// Its place in the candidate.
    pub index: usize,
    /// The call.
    pub call: &'a ToolCall,
    /// Its tool; `None` when no tool has that name.
    pub spec: Option<&'a ToolSpec>,
    /// Index of its tool in the toolset.
    pub tool_index: Option<usize>,
    /// What the tool's schema has against its arguments.
    pub violations: Vec<Violation>,
    /// Its arguments, nested objects taken apart.
    pub slots: Vec<Slot<'a>>,
    /// Its arguments, where they are an object that nests within measure.
    pub(super) args: Option<&'a Map<String, Value>>,
}

impl CallView<'_> {
    /// A pointer below this call (`/arguments/city`).
    pub fn pointer(&self, below: &str) -> String {
        format!("/{}{below}", self.index)
    }
}

/// One value that is no object with named parts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Slot<'a> {
    /// The names (and, inside lists of objects, the places) on the way from the arguments to the value.
    pub path: Vec<Cow<'a, str>>,
    /// How much of the argument it is: 1, or its share of a list of objects that is taken apart.
    pub share: f32,
    /// The parameter it fills; `None` inside objects without a schema and for unknown arguments.
    pub param: Option<&'a Param>,
    /// Whether it, and every object around it, is required.
    pub required: bool,
    /// The value.
    pub value: &'a Value,
    /// The words of a value that is a text, folded once for all rules; none of any other value.
    pub words: Words,
    /// How the conversation supports it.
    pub support: Support,
}

impl Slot<'_> {
    /// Its pointer, below the call at `index`.
    pub fn pointer(&self, index: usize) -> String {
        let mut pointer = format!("/{index}/arguments");
        for name in &self.path {
            pointer.push('/');
            pointer.push_str(&pointer_token(name));
        }
        pointer
    }

    /// Whether it is part of a list of objects that is taken apart.
    pub fn in_list(&self) -> bool {
        self.path.iter().any(|name| matches!(name, Cow::Owned(_)))
    }

    /// Whether its value says yes or no, as a boolean or in a word.
    pub fn is_flag(&self) -> bool {
        flag_of(self.value).is_some()
    }

    /// The name of the argument.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", |name| name)
    }
}

impl<'a> Case<'a> {
    /// Lays out a candidate.
    pub fn new(task: &'a Task, candidate: &'a Candidate) -> Self {
        let context = task.context();
        let tools: &Toolset = task.tools();
        let calls: Vec<CallView<'_>> = candidate
            .action
            .calls()
            .iter()
            .take(MAX_CALLS)
            .enumerate()
            .map(|(index, call)| {
                let tool_index = tools.index_of(&call.name);
                let spec = tool_index.and_then(|i| tools.specs().get(i));
                let mut slots = Vec::with_capacity(8);
                // What nests beyond measure is left to the schema rules: to look into it could take the stack.
                let readable = !is_too_deep(&call.arguments);
                if readable {
                    let mut layout = Layout { path: Vec::new(), context, slots: &mut slots };
                    layout.add(&call.arguments, spec.map(ToolSpec::params), true, 1.0);
                }
                let violations = spec.map_or_else(Vec::new, |s| s.violations(&call.arguments));
                let args = call.args().filter(|_| readable);
                CallView { index, call, spec, tool_index, violations, slots, args }
            })
            .collect();
        let turn = task.messages().iter().rev().take_while(|m| m.role != Role::User);
        let done: Vec<&ToolCall> = turn.flat_map(|m| &m.tool_calls).collect();
        let used = Used::new(&calls, &done, tools, context);
        let ungiven = ungiven(&calls);
        let copied = copied(&calls, tools, context);
        Self { task, context, tools, candidate, calls, done, used, ungiven, copied }
    }
}

/// A value that says no more than its absence: nothing, the default, or that nothing in particular is wanted.
fn is_as_omitted(slot: &Slot<'_>) -> bool {
    says_nothing(slot.value) || slot.support.origin == Origin::Default || no_preference(&slot.words)
}

fn ungiven<'a>(calls: &[CallView<'a>]) -> Vec<(usize, &'a Param)> {
    let gives = |tool: Option<usize>, name: &str| {
        let mut slots = calls.iter().filter(|v| v.tool_index == tool).flat_map(|v| &v.slots);
        slots.any(|s| s.path.first().is_some_and(|n| n == name) && !is_as_omitted(s))
    };
    let mut out = Vec::new();
    for (at, view) in calls.iter().enumerate() {
        if calls.iter().take(at).any(|v| v.tool_index == view.tool_index) {
            continue;
        }
        let params = view.spec.map_or(&[][..], |s| &s.params().properties);
        out.extend(params.iter().filter(|p| !p.required && !gives(view.tool_index, &p.name)).map(|p| (view.index, p)));
    }
    out
}

/// Calls beyond these are counted and not read: a flood must not cost a judge its time.
pub(super) const MAX_CALLS: usize = 128;
/// Values of one call beyond these are left to the schema rules.
const MAX_SLOTS: usize = 256;
/// Nesting beyond this is left to the schema rules.
const MAX_DEPTH: usize = 8;

/// Takes a call's arguments apart: objects by their names, lists of objects by their places.
struct Layout<'a, 's> {
    path: Vec<Cow<'a, str>>,
    context: &'a Context,
    slots: &'s mut Vec<Slot<'a>>,
}

impl<'a> Layout<'a, '_> {
    fn add(&mut self, value: &'a Value, param: Option<&'a Param>, required: bool, share: f32) {
        if self.slots.len() >= MAX_SLOTS {
            return;
        }
        let deeper = self.path.len() < MAX_DEPTH;
        match value {
            Value::Object(map) if deeper && (!map.is_empty() || self.path.is_empty()) => {
                for (name, value) in map {
                    let inner = param.and_then(|p| p.property(name));
                    let required = required && inner.is_some_and(|p| p.required);
                    self.below(Cow::Borrowed(name), value, inner, required, share);
                }
            }
            Value::Array(items) if deeper && !items.is_empty() && items.iter().all(Value::is_object) => {
                let inner = param.and_then(|p| p.items.as_deref());
                let share = share / items.len() as f32;
                for (place, item) in items.iter().enumerate() {
                    self.below(Cow::Owned(place.to_string()), item, inner, required, share);
                }
            }
            _ => {
                let words = value.as_str().map(Words::new).unwrap_or_default();
                let support = Support::of_slot(value, &words, param, self.context);
                self.slots.push(Slot { path: self.path.clone(), share, param, required, value, words, support });
            }
        }
    }

    fn below(&mut self, name: Cow<'a, str>, value: &'a Value, param: Option<&'a Param>, required: bool, share: f32) {
        self.path.push(name);
        self.add(value, param, required, share);
        self.path.pop();
    }
}

/// Where a rule reports what it finds. The weight comes from the scorer's table, not from the rule.
#[derive(Debug)]
pub struct Report<'a> {
    rule: Cow<'static, str>,
    weight: f32,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Report<'a> {
    pub(super) fn new(rule: Cow<'static, str>, weight: f32, findings: &'a mut Vec<Finding>) -> Self {
        Self { rule, weight, findings }
    }

    /// A breach at `pointer`. `severity` in (0, 1] says how bad it is; the finding weighs severity times the rule's weight.
    pub fn find(&mut self, pointer: impl Into<String>, message: impl Into<String>, severity: f32) {
        self.push(pointer.into(), message.into(), severity, None);
    }

    /// A breach at `pointer`, with the value that would mend it.
    pub fn find_with_fix(
        &mut self,
        pointer: impl Into<String>,
        message: impl Into<String>,
        severity: f32,
        suggestion: Value,
    ) {
        self.push(pointer.into(), message.into(), severity, Some(suggestion));
    }

    fn push(&mut self, pointer: String, message: String, severity: f32, suggestion: Option<Value>) {
        // A rule can only count against a candidate: praise could be earned by stuffing.
        let severity = if severity.is_nan() { 1.0 } else { severity.clamp(0.0, 1.0) };
        if severity > 0.0 {
            let mut finding = Finding::new(self.rule.clone(), pointer, message, severity * self.weight);
            finding.suggestion = suggestion;
            self.findings.push(finding);
        }
    }
}
