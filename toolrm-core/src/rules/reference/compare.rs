//! One call of the reference against one call of the candidate, argument by argument.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    equiv::{ArgEquiv, Difference, Exact, kind, shown},
    pairing::{Fraction, Table},
};
use crate::{call::ToolCall, score::Finding, task::Task, toolset::Param};

/// How arguments are compared: the part that all reference-based scorers share.
#[derive(Debug, Clone)]
pub(super) struct Comparer {
    pub(super) equiv: Arc<dyn ArgEquiv>,
    /// Leaving out an optional argument means its documented default.
    pub(super) documented_defaults: bool,
}

impl Default for Comparer {
    fn default() -> Self {
        Self { equiv: Arc::new(Exact), documented_defaults: false }
    }
}

/// How the arguments of two calls of one tool compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Names in both.
    pub(super) shared: u64,
    /// Names in at least one.
    pub(super) union: u64,
    /// Names in both with equal values.
    pub(super) equal: u64,
}

/// What became of one argument.
enum Fate<'a> {
    Equal,
    Wrong {
        name: &'a str,
        gold: &'a Value,
        got: &'a Value,
        why: Difference,
    },
    Missing {
        name: &'a str,
        gold: &'a Value,
    },
    Extra {
        name: &'a str,
        got: &'a Value,
    },
    /// The candidate's arguments are no object: none of the reference's can be found.
    NoObject {
        got: &'a Value,
    },
}

/// What kind of loss an argument causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It is in one of the two calls only.
    Name,
    /// It is in both, with different values.
    Value,
}

/// One argument that lost credit. The weight of the finding is left to the scorer.
#[derive(Debug)]
pub(super) struct ArgumentLoss {
    pub(super) loss: Loss,
    /// Whether the reference has it.
    pub(super) in_gold: bool,
    pub(super) finding: Finding,
}

impl Comparer {
    /// Part of a scorer's fingerprint.
    pub(super) fn fingerprint(&self) -> String {
        format!(
            "args={},defaults={}",
            self.equiv.name(),
            if self.documented_defaults { "documented" } else { "literal" }
        )
    }

    /// The tallies of all pairs that call the same tool: one row per call of the reference, one column per call of the candidate.
    pub(super) fn tallies(&self, task: &Task, gold: &[ToolCall], got: &[ToolCall]) -> Vec<Vec<Option<Tally>>> {
        let row = |gold: &ToolCall| {
            let params = params(task, gold);
            got.iter().map(|got| (gold.name == got.name).then(|| self.tally(gold, got, params))).collect()
        };
        gold.iter().map(row).collect()
    }

    fn tally(&self, gold: &ToolCall, got: &ToolCall, params: Option<&Param>) -> Tally {
        let mut tally = Tally::default();
        self.visit(gold, got, params, |fate| match fate {
            Fate::Equal => tally = Tally { shared: tally.shared + 1, union: tally.union + 1, equal: tally.equal + 1 },
            Fate::Wrong { .. } => tally = Tally { shared: tally.shared + 1, union: tally.union + 1, ..tally },
            Fate::Missing { .. } | Fate::Extra { .. } | Fate::NoObject { .. } => tally.union += 1,
        });
        tally
    }

    /// Everything that lost credit between two calls of one tool, the second of which is call `index` of the candidate.
    pub(super) fn losses(&self, task: &Task, gold: &ToolCall, got: &ToolCall, index: usize) -> Vec<ArgumentLoss> {
        let mut losses = Vec::new();
        self.visit(gold, got, params(task, gold), |fate| losses.extend(self.loss(fate, index)));
        losses
    }

    fn loss(&self, fate: Fate<'_>, index: usize) -> Option<ArgumentLoss> {
        let pointer = |name: &str| argument_pointer(index, name);
        let suggest = |finding: Finding, gold: &Value| match self.equiv.example(gold) {
            Some(value) => finding.with_suggestion(value),
            None => finding,
        };
        let (loss, in_gold, finding) = match fate {
            Fate::Equal => return None,
            Fate::Wrong { name, gold, got, why } => {
                let why = if why.says_more() { format!(" ({why})") } else { String::new() };
                let expected = self.equiv.expected(gold);
                let message = format!("argument \"{name}\": expected {expected}, got {}{why}", shown(got));
                (Loss::Value, true, suggest(Finding::new("reference.wrong_value", pointer(name), message, 0.0), gold))
            }
            Fate::Missing { name, gold } => {
                let message = format!("argument \"{name}\" is missing: expected {}", self.equiv.expected(gold));
                (
                    Loss::Name,
                    true,
                    suggest(Finding::new("reference.missing_argument", pointer(name), message, 0.0), gold),
                )
            }
            Fate::Extra { name, got } => {
                let message = format!("argument \"{name}\" is not expected: got {}", shown(got));
                (Loss::Name, false, Finding::new("reference.extra_argument", pointer(name), message, 0.0))
            }
            Fate::NoObject { got } => {
                let message = format!("expected arguments by name, got {}: {}", kind(got), shown(got));
                (Loss::Name, false, Finding::new("reference.arguments", format!("/{index}/arguments"), message, 0.0))
            }
        };
        Some(ArgumentLoss { loss, in_gold, finding })
    }

    /// Tells `on` what became of each argument.
    fn visit<'a>(&self, gold: &'a ToolCall, got: &'a ToolCall, params: Option<&Param>, mut on: impl FnMut(Fate<'a>)) {
        let none = Map::new();
        let gold_args = gold.args().unwrap_or(&none);
        let Some(got_args) = got.args() else {
            on(Fate::NoObject { got: &got.arguments });
            for (name, gold) in gold.args().into_iter().flatten() {
                on(Fate::Missing { name, gold });
            }
            return;
        };
        for (name, gold) in gold.args().into_iter().flatten() {
            let param = params.and_then(|p| p.property(name));
            on(match got_args.get(name) {
                Some(got) => match self.equiv.compare(gold, got, param) {
                    Ok(()) => Fate::Equal,
                    Err(why) => Fate::Wrong { name, gold, got, why },
                },
                None if self.may_omit(gold, param) => Fate::Equal,
                None => Fate::Missing { name, gold },
            });
        }
        for (name, got) in got_args.iter().filter(|(name, _)| !gold_args.contains_key(*name)) {
            if !self.says_the_default(got, params.and_then(|p| p.property(name))) {
                on(Fate::Extra { name, got });
            }
        }
    }

    fn may_omit(&self, gold: &Value, param: Option<&Param>) -> bool {
        self.equiv.may_omit(gold, param)
            || self.default_of(param).is_some_and(|default| self.equiv.compare(gold, default, param).is_ok())
    }

    fn says_the_default(&self, got: &Value, param: Option<&Param>) -> bool {
        self.default_of(param).is_some_and(|default| Exact.compare(default, got, param).is_ok())
    }

    fn default_of<'p>(&self, param: Option<&'p Param>) -> Option<&'p Value> {
        param.filter(|p| self.documented_defaults && !p.required)?.default.as_ref()
    }
}

/// Pointer to an argument of call `index`.
fn argument_pointer(index: usize, name: &str) -> String {
    format!("/{index}/arguments/{}", crate::score::pointer_token(name))
}

/// The parameters of the tool a call of the reference calls, where it is known.
fn params<'t>(task: &'t Task, gold: &ToolCall) -> Option<&'t Param> {
    task.tools().get(&gold.name).map(crate::toolset::ToolSpec::params)
}

/// The credits of all pairs, by a formula over their tallies.
pub(super) fn table(tallies: &[Vec<Option<Tally>>], credit: impl Fn(Tally) -> Fraction) -> Table {
    Table::new(tallies.iter().map(|row| row.iter().map(|pair| pair.map(&credit)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A parameter `days`, optional and 3 by default, and a required one, `city`.
    fn documented() -> Param {
        let mut root = Param::root(&json!({}));
        let mut days = Param::root(&json!({}));
        days.name = "days".into();
        days.required = false;
        days.default = Some(json!(3));
        let mut city = days.clone();
        city.name = "city".into();
        city.required = true;
        city.default = Some(json!("Paris"));
        root.properties = vec![days, city];
        root
    }

    #[test]
    fn an_optional_argument_left_out_means_its_default() {
        let params = documented();
        let tally = |documented_defaults: bool, gold: Value, got: Value| {
            let comparer = Comparer { documented_defaults, ..Comparer::default() };
            let tally = comparer.tally(&ToolCall::new("f", gold), &ToolCall::new("f", got), Some(&params));
            (tally.equal, tally.union)
        };
        // The reference says the default, the candidate leaves it out: as good as given.
        assert_eq!(tally(true, json!({"days": 3.0}), json!({})), (1, 1));
        assert_eq!(tally(true, json!({"days": 4}), json!({})), (0, 1));
        // Only the candidate says it: no loss, and nothing to gain by it either.
        assert_eq!(tally(true, json!({}), json!({"days": 3})), (0, 0));
        assert_eq!(tally(true, json!({}), json!({"days": 4})), (0, 1));
        // What is required is never left out, and without the option nothing is.
        assert_eq!(tally(true, json!({"city": "Paris"}), json!({})), (0, 1));
        assert_eq!(tally(false, json!({"days": 3}), json!({})), (0, 1));
        assert_eq!(tally(false, json!({}), json!({"days": 3})), (0, 1));
    }
}
