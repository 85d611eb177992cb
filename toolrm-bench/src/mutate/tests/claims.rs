//! Every operator's mutants are what its summary says.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, ToolCall},
    canonical::{canonical_value, repeated_call, same_call},
    toolset::{Toolset, ViolationKind},
};

use super::{bistro, shop, shop_examples};
use crate::mutate::{Effect, Example, Mutant, Plan, Settings};

/// One mutant, seen beside its original.
struct Seen<'a> {
    tools: &'a Toolset,
    original: &'a [ToolCall],
    mutant: &'a Mutant,
}

impl Seen<'_> {
    fn calls(&self) -> &[ToolCall] {
        self.mutant.candidate.action.calls()
    }

    /// Index of the changed call, and the pointer into its arguments.
    fn place(&self) -> (usize, &str) {
        let (call, pointer) = self.mutant.pointer.split_once("/arguments").unwrap();
        (call.trim_start_matches('/').parse().unwrap(), pointer)
    }

    /// The value at the place, before and after.
    fn values(&self) -> (Option<&Value>, Option<&Value>) {
        let (call, pointer) = self.place();
        (self.original[call].arguments.pointer(pointer), self.calls()[call].arguments.pointer(pointer))
    }

    fn violates(&self, kind: ViolationKind) -> bool {
        let (call, pointer) = self.place();
        let violations = self.tools.violations(&self.calls()[call]).unwrap();
        violations.iter().any(|v| v.kind == kind && v.pointer == pointer)
    }

    fn fits(&self) -> bool {
        self.calls().iter().all(|c| self.tools.violations(c).is_some_and(|v| v.is_empty()))
    }

    /// Whether nothing but the value at the place differs.
    fn differs_there_only(&self) -> bool {
        let (at, pointer) = self.place();
        let patched = |calls: &[ToolCall]| {
            let mut calls = calls.to_vec();
            *calls[at].arguments.pointer_mut(pointer).unwrap() = Value::Null;
            calls
        };
        patched(self.original) == patched(self.calls())
    }

    fn same_names(&self) -> bool {
        self.original.iter().map(|c| &c.name).eq(self.calls().iter().map(|c| &c.name))
    }

    /// Whether the mutant is what the operator says.
    #[allow(clippy::too_many_lines, reason = "one line or two for each operator")]
    fn is(&self, operator: &str) -> bool {
        let text = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_owned);
        match operator {
            "missing-required" => self.violates(ViolationKind::Required) && self.values().1.is_none(),
            "missing-optional" => {
                self.fits() && self.same_names() && matches!(self.values(), (Some(v), None) if *v != json!(false))
            }
            "unexpected-parameter" => {
                let (call, _) = self.place();
                let [before, after] = [self.original, self.calls()].map(|c| c[call].args().unwrap());
                self.violates(ViolationKind::Unknown)
                    && after.len() == before.len() + 1
                    && before.iter().all(|(k, v)| after[k] == *v)
            }
            "misnamed-parameter" => {
                let (call, _) = self.place();
                let [before, after] = [self.original, self.calls()].map(|c| c[call].args().unwrap());
                self.violates(ViolationKind::Unknown)
                    && before.values().eq(after.values())
                    && before.keys().zip(after.keys()).filter(|(a, b)| a != b).count() == 1
            }
            "wrong-type" | "wrong-nested-type" => {
                let nested = self.place().1.matches('/').count() > 1;
                self.violates(ViolationKind::Type)
                    && self.differs_there_only()
                    && nested == (operator == "wrong-nested-type")
            }
            "out-of-enum" => self.violates(ViolationKind::Enum) && self.differs_there_only(),
            "out-of-range" => self.violates(ViolationKind::Range) && self.differs_there_only(),
            "wrong-format" => self.violates(ViolationKind::Format) && self.differs_there_only(),
            "hallucinated-tool" => self.calls().iter().filter(|c| self.tools.get(&c.name).is_none()).count() == 1,
            "malformed" => self.mutant.candidate.action.is_malformed(),
            "wrong-number" => {
                let (before, after) = self.values();
                self.fits()
                    && self.differs_there_only()
                    && [before, after].iter().all(|v| v.is_some_and(Value::is_number))
                    && before.map(canonical_value) != after.map(canonical_value)
            }
            "wrong-text" | "placeholder" | "wrong-choice" | "restyled" => {
                let (before, after) = self.values();
                self.fits()
                    && self.differs_there_only()
                    && before != after
                    && before.is_some()
                    && after.is_some()
                    && (operator == "wrong-choice" || text(before).is_some() && text(after).is_some())
            }
            "flipped-flag" => {
                let (before, after) = self.values();
                self.fits()
                    && self.differs_there_only()
                    && before.unwrap().as_bool() == after.unwrap().as_bool().map(|b| !b)
            }
            "missing-item" => {
                let (call, pointer) = self.place();
                let list = pointer.rsplit_once('/').unwrap().0;
                let len = |calls: &[ToolCall]| calls[call].arguments.pointer(list).unwrap().as_array().unwrap().len();
                self.fits() && len(self.original) > 1 && len(self.original) == len(self.calls()) + 1
            }
            "swapped-arguments" => {
                let (call, _) = self.place();
                let values = |calls: &[ToolCall]| {
                    let mut all: Vec<_> = calls[call].args().unwrap().values().map(Value::to_string).collect();
                    all.sort();
                    all
                };
                self.fits() && values(self.original) == values(self.calls()) && self.original != self.calls()
            }
            "wrong-tool" => {
                self.fits() && self.original.iter().zip(self.calls()).filter(|(a, b)| a.name != b.name).count() == 1
            }
            "missing-call" => {
                self.calls().len() + 1 == self.original.len()
                    && self.calls().iter().all(|c| self.original.iter().any(|o| same_call(o, c)))
            }
            "repeated-call" => {
                self.calls().len() == self.original.len() + 1
                    && repeated_call(self.calls()).is_some_and(|(_, last)| last == self.original.len())
            }
            "extra-call" => {
                let (extra, rest) = self.calls().split_last().unwrap();
                self.fits() && rest == self.original && !self.original.iter().any(|o| same_call(o, extra))
            }
            "words-instead" => matches!(&self.mutant.candidate.action, Action::Text(text) if !text.is_empty()),
            "key-order" | "integral-float" => {
                let canonical =
                    |calls: &[ToolCall]| calls.iter().map(|c| canonical_value(&c.arguments)).collect::<Vec<_>>();
                let text = |calls: &[ToolCall]| format!("{calls:?}");
                self.same_names()
                    && canonical(self.original) == canonical(self.calls())
                    && text(self.original) != text(self.calls())
            }
            "spelled-default" | "dropped-default" => {
                let (call, pointer) = self.place();
                let param = self
                    .tools
                    .get(&self.original[call].name)
                    .unwrap()
                    .params()
                    .property(pointer.trim_start_matches('/'))
                    .unwrap();
                let (before, after) = self.values();
                let [absent, present] = if operator == "spelled-default" { [before, after] } else { [after, before] };
                self.fits()
                    && !param.required
                    && absent.is_none()
                    && present.map(canonical_value) == param.default.as_ref().map(canonical_value)
            }
            "other-ids" => self.original.iter().zip(self.calls()).all(|(a, b)| same_call(a, b) && a.id != b.id),
            "words-beside" => self.original == self.calls() && self.mutant.candidate.content.is_some(),
            other => panic!("no claim is known of {other}"),
        }
    }
}

/// Holds every mutant to its claim; how many there were by operator.
fn hold(tools: &Toolset, examples: &[Example], seed: u64) -> BTreeMap<String, usize> {
    let settings = Settings::default().with_seed(seed).with_per_example(100);
    let plan = Plan::new(Toolset::new(tools.tools().cloned().collect()).unwrap(), examples.to_vec(), settings).unwrap();
    assert_eq!(plan.flaws(), []);
    let operators: Vec<_> = plan.operators().collect();
    for (info, of) in &operators {
        assert_eq!((of.discarded.same, of.discarded.off_claim), (0, 0), "{}", info.id);
    }
    let mut held = BTreeMap::new();
    for planned in plan.mutants() {
        let operator = &operators[planned.operator].0;
        let example = plan.examples().nth(planned.example).unwrap();
        let beside = Seen { tools, original: &example.calls, mutant: &planned.mutant };
        assert!(beside.is(&operator.id), "{} of {:?}:\n{:#?}", operator.id, example.calls, planned.mutant);
        assert!(!planned.mutant.change.is_empty());
        let fits = beside.fits() && !planned.mutant.candidate.action.is_malformed();
        assert_eq!(fits, operator.effect != Effect::BreaksSchema);
        *held.entry(operator.id.clone()).or_default() += 1;
    }
    held
}

#[test]
fn mutants_are_what_their_operator_says() {
    let (tools, examples) = bistro();
    for seed in 0..20 {
        let shop = hold(&shop(), &shop_examples(), seed);
        let bistro = hold(&tools, &examples, seed);
        // Every operator of the table is seen, and nothing that is not in it.
        let seen: std::collections::BTreeSet<_> = shop.keys().chain(bistro.keys()).collect();
        assert_eq!(seen.len(), Settings::default().operators().len());
        for id in
            ["missing-required", "wrong-nested-type", "missing-item", "swapped-arguments", "restyled", "out-of-range"]
        {
            assert!(shop[id] > 0);
        }
        assert!(bistro["dropped-default"] == 2 && bistro["wrong-choice"] == 6, "{bistro:?}");
    }
}

#[test]
fn a_flag_that_says_no_is_no_optional_to_miss() {
    let tools = Toolset::from_json(&json!([{"name": "f", "parameters": {"type": "object", "properties": {
        "a": {"type": "boolean"}, "b": {"type": "integer", "default": 5}, "c": {"type": "integer"}}}}]))
    .unwrap();
    let good = Example::new("x", vec![ToolCall::new("f", json!({"a": false, "b": 5.0, "c": 5}))]).with_query("f of 5");
    let settings = Settings::default().only(&["missing-optional"]).unwrap();
    let plan = Plan::new(tools, vec![good], settings).unwrap();
    let pointers: Vec<_> = plan.mutants().iter().map(|p| p.mutant.pointer.as_str()).collect();
    assert_eq!(pointers, ["/0/arguments/c"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever the values are, awkward names and texts included.
    #[test]
    fn claims_hold_of_any_values(
        name in "[a-z~/_ é]{1,8}",
        text in ".{0,12}",
        other in "[A-Za-z0-9 :@/-]{0,12}",
        whole in any::<i64>(),
        real in any::<f64>().prop_filter("JSON has no such number", |f| f.is_finite()),
        flag in any::<bool>(),
        list in proptest::collection::vec("[a-c]{1,2}", 0..4),
        seed in any::<u64>(),
    ) {
        let tools = Toolset::from_json(&json!([
            {"name": "f", "parameters": {"type": "object", "properties": {
                name.as_str(): {"type": "string"}, "other1": {"type": "string", "default": "x"}, "whole1": {"type": "integer"},
                "real1": {"type": "number", "default": 5}, "flag1": {"type": "boolean"},
                "list1": {"type": "array", "items": {"type": "string", "enum": ["a", "b", "c", "aa", "ab", "ac", "ba", "bb", "bc", "ca", "cb", "cc"]}}},
                "required": [name.as_str(), "whole1"]}},
            {"name": "g", "parameters": {"type": "object", "properties": {name.as_str(): {"type": "string"}}}},
        ])).unwrap();
        let full = json!({name.as_str(): text, "other1": other, "whole1": whole, "real1": real, "flag1": flag, "list1": list});
        let short = json!({name.as_str(): other, "whole1": 3});
        let examples = [
            Example::new("full", vec![ToolCall::new("f", full)]).with_query("something"),
            Example::new("two", vec![ToolCall::new("f", short), ToolCall::new("g", json!({}))]).with_query(format!("about {text}")),
        ];
        hold(&tools, &examples, seed);
    }
}
