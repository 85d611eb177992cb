//! [`Rule`]: one claim about tool calls in general; [`Case`]: what it is shown; [`Report`]: where it says what it found.

use std::{borrow::Cow, fmt};

use serde_json::Value;

use super::{
    coverage::Used,
    provenance::{Copied, copied},
    support::Support,
};
use crate::{
    call::{Candidate, Role, ToolCall},
    context::Context,
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
    /// The names on the way from the arguments to the value.
    pub path: Vec<&'a str>,
    /// The parameter it fills; `None` inside objects without a schema and for unknown arguments.
    pub param: Option<&'a Param>,
    /// Whether it, and every object around it, is required.
    pub required: bool,
    /// The value.
    pub value: &'a Value,
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

    /// The name of the argument.
    pub fn name(&self) -> &str {
        self.path.last().copied().unwrap_or("")
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
                if !is_too_deep(&call.arguments) {
                    lay_out(&call.arguments, spec.map(ToolSpec::params), true, &mut Vec::new(), context, &mut slots);
                }
                let violations = spec.map_or_else(Vec::new, |s| s.violations(&call.arguments));
                CallView { index, call, spec, tool_index, violations, slots }
            })
            .collect();
        let turn = task.messages().iter().rev().take_while(|m| m.role != Role::User);
        let done: Vec<&ToolCall> = turn.flat_map(|m| &m.tool_calls).collect();
        let slots = calls.iter().flat_map(|v| v.slots.iter().map(|s| s.value));
        let used = Used::new(slots.chain(done.iter().map(|c| &c.arguments)));
        let copied = copied(&calls, tools, context);
        Self { task, context, tools, candidate, calls, done, used, copied }
    }
}

/// Calls beyond these are counted and not read: a flood must not cost a judge its time.
pub(super) const MAX_CALLS: usize = 128;
/// Values of one call beyond these are left to the schema rules.
const MAX_SLOTS: usize = 256;
/// Nesting beyond this is left to the schema rules.
const MAX_DEPTH: usize = 8;

fn lay_out<'a>(
    value: &'a Value,
    param: Option<&'a Param>,
    required: bool,
    path: &mut Vec<&'a str>,
    context: &Context,
    slots: &mut Vec<Slot<'a>>,
) {
    if slots.len() >= MAX_SLOTS {
        return;
    }
    match value {
        Value::Object(map) if path.len() < MAX_DEPTH && (!map.is_empty() || path.is_empty()) => {
            for (name, value) in map {
                let inner = param.and_then(|p| p.property(name));
                let required = required && inner.is_some_and(|p| p.required);
                path.push(name);
                lay_out(value, inner, required, path, context, slots);
                path.pop();
            }
        }
        _ => {
            let support = Support::of(value, param, context);
            slots.push(Slot { path: path.clone(), param, required, value, support });
        }
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
