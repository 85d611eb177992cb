//! [`ToolSpec`]: one tool, compiled.

use std::{fmt, ops::ControlFlow};

use serde_json::Value;

use super::{
    check::{Path, check, fits},
    dialect::Dialect,
    error::ToolsetError,
    hints::Hints,
    json::{MAX_DEPTH, is_too_deep, kind_of},
    normalise::normalise,
    param::Param,
    violation::{Violation, ViolationKind},
};
use crate::call::Tool;

/// How many violations of one call are listed.
const MAX_VIOLATIONS: usize = 256;

/// One tool of a [`super::Toolset`].
pub struct ToolSpec {
    tool: Tool,
    schema: Value,
    params: Param,
    hints: Hints,
    dialect: Dialect,
    /// `None` where the structural check on the parameters says all that the schema says.
    #[cfg(feature = "schema")]
    validator: Option<jsonschema::Validator>,
}

impl ToolSpec {
    /// Normalises and compiles a tool; `base` is the pointer of its parameters in its JSON.
    pub(super) fn new(tool: Tool, base: &str, dialect: Dialect) -> Result<Self, ToolsetError> {
        let (schema, dialect) = normalise(&tool.name, base, &tool.parameters, dialect)?;
        #[cfg_attr(not(feature = "schema"), allow(unused_variables, reason = "decides about the validator"))]
        let (mut params, exact) = Param::root_of(&schema);
        params.read_hints();
        let hints = Hints::new(&tool.name, tool.description.as_deref().unwrap_or_default(), &[]);
        #[cfg(feature = "schema")]
        let validator = if exact { None } else { Some(super::schema::compile(&tool.name, base, &schema)?) };
        Ok(Self {
            tool,
            schema,
            params,
            hints,
            dialect,
            #[cfg(feature = "schema")]
            validator,
        })
    }

    /// The tool as it was given.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.tool.name
    }

    /// Its parameters: an object [`Param`] whose `properties` are the arguments.
    pub fn params(&self) -> &Param {
        &self.params
    }

    pub(super) fn params_mut(&mut self) -> &mut Param {
        &mut self.params
    }

    /// What its name and description say, word by word.
    pub fn hints(&self) -> &Hints {
        &self.hints
    }

    /// Its parameters as JSON Schema (draft 2020-12): what the tool published, dialect normalised.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// How its arguments are written; never [`Dialect::Auto`].
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the arguments satisfy the schema: the fast answer. True exactly when [`ToolSpec::violations`] is empty.
    pub fn is_valid(&self, arguments: &Value) -> bool {
        fits(&self.params, arguments) && !is_too_deep(arguments) && self.validates(arguments)
    }

    /// Everything the schema has against the arguments, in the order of the arguments; missing ones last.
    ///
    /// An argument that is not listed is [`ViolationKind::Unknown`] unless the schema allows further properties. `null` is a value like any
    /// other: right where the schema says so or documents it as the default, and not a way to leave an argument out. `5.0` is an integer.
    pub fn violations(&self, arguments: &Value) -> Vec<Violation> {
        if self.is_valid(arguments) {
            return Vec::new();
        }
        if !arguments.is_object() {
            let message = format!("the arguments are {}, not an object of named arguments", kind_of(arguments));
            return vec![Violation::new(ViolationKind::Type, String::new(), message)];
        }
        if is_too_deep(arguments) {
            let message = format!("the arguments nest deeper than {MAX_DEPTH}");
            return vec![Violation::new(ViolationKind::Other, String::new(), message)];
        }
        let mut violations = Vec::new();
        let cut_short = check(&self.params, arguments, &Path::Root, &mut |path, problem| {
            violations.push(Violation::of(path, &problem));
            if violations.len() < MAX_VIOLATIONS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        self.add_validator_violations(arguments, &mut violations);
        if cut_short.is_break() || violations.len() > MAX_VIOLATIONS {
            violations.truncate(MAX_VIOLATIONS);
            let message = format!("{MAX_VIOLATIONS} violations are listed, and there are more");
            violations.push(Violation::new(ViolationKind::Other, String::new(), message));
        }
        violations
    }

    #[cfg(feature = "schema")]
    fn validates(&self, arguments: &Value) -> bool {
        self.validator.as_ref().is_none_or(|validator| validator.is_valid(arguments))
    }

    #[cfg(not(feature = "schema"))]
    #[allow(clippy::unused_self, reason = "the validator is there with feature `schema` only")]
    fn validates(&self, _: &Value) -> bool {
        true
    }

    /// What only the validator sees: whatever it says of a place that the structural check has not found fault with already.
    #[cfg(feature = "schema")]
    fn add_validator_violations(&self, arguments: &Value, violations: &mut Vec<Violation>) {
        let Some(validator) = &self.validator else { return };
        let structural = violations.len();
        let found = validator.iter_errors(arguments).take(MAX_VIOLATIONS);
        for violation in found.flat_map(|error| super::schema::violations_of(&error)) {
            let known =
                violations.iter().take(structural).any(|v| explains(v, &violation)) || violations.contains(&violation);
            if !known {
                violations.push(violation);
            }
        }
    }

    #[cfg(not(feature = "schema"))]
    #[allow(clippy::unused_self, reason = "the validator is there with feature `schema` only")]
    fn add_validator_violations(&self, _: &Value, _: &mut Vec<Violation>) {}
}

impl fmt::Debug for ToolSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolSpec").field("tool", &self.tool).field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// Whether a violation that is known says why the validator complains: it is about the same place, or about one inside of what fits no
/// alternative.
#[cfg(feature = "schema")]
fn explains(known: &Violation, complaint: &Violation) -> bool {
    match known.pointer.strip_prefix(&complaint.pointer) {
        Some("") => true,
        Some(inside) => complaint.kind == ViolationKind::Other && inside.starts_with('/'),
        None => false,
    }
}
