//! Which mutants are made.

use serde_json::json;
use toolrm_core::call::{Message, ToolCall};

use super::{bistro, plans, shop, shop_examples};
use crate::mutate::{
    Draw, Effect, Example, Mutant, Mutants, MutateError, NotApplicable, Operator, Plan, Settings, Subject, Taxonomy,
};

/// A plan to the last character.
fn written(plan: &Plan) -> String {
    let infos: Vec<_> = plan.operators().collect();
    let mutants: Vec<_> = plan.mutants().iter().map(|p| (p.example, p.operator, &p.mutant)).collect();
    format!("{infos:?}\n{mutants:#?}")
}

#[test]
fn every_operator_applies_somewhere_and_every_example_is_accounted_for() {
    let plans = plans(&Settings::default());
    for plan in &plans {
        for (info, of) in plan.operators() {
            let not = of.not_applicable.values().sum::<u64>();
            assert_eq!(of.applicable + not, plan.examples().len() as u64, "{}", info.id);
        }
    }
    let [shop, bistro] = &plans;
    for ((info, a), (_, b)) in shop.operators().zip(bistro.operators()) {
        assert!(a.applicable + b.applicable > 0, "{} never applies", info.id);
        assert!(info.summary.ends_with('.'), "{}", info.summary);
        assert_eq!(info.effect == Effect::Nothing, info.bfcl.is_none() && info.fc_reward_bench.is_none());
    }
    let only = |plan: &Plan, id: &str| {
        let (_, of) = plan.operators().find(|(info, _)| info.id == id).unwrap();
        (of.applicable, of.not_applicable.clone())
    };
    let (applicable, not) = only(shop, "missing-call");
    assert_eq!((applicable, not.get("there is only one call")), (1, Some(&3)));
}

#[test]
fn the_seed_decides_and_the_order_of_the_examples_does_not() {
    let plan = |seed, backwards: bool| {
        let (tools, mut examples) = bistro();
        if backwards {
            examples.reverse();
        }
        written(&Plan::new(tools, examples, Settings::default().with_seed(seed).with_per_example(2)).unwrap())
    };
    assert_eq!(plan(1, false), plan(1, true));
    assert_ne!(plan(1, false), plan(2, false));
}

#[test]
fn no_more_than_asked_for_and_what_is_left_out_is_counted() {
    for most in [1, 2, 100] {
        let plan = Plan::new(shop(), shop_examples(), Settings::default().with_per_example(most)).unwrap();
        let many = plan.mutants().chunk_by(|a, b| (a.operator, a.example) == (b.operator, b.example));
        assert!(many.map(<[_]>::len).max() <= Some(most));
        let left_out: u64 = plan.operators().map(|(_, of)| of.discarded.not_drawn).sum();
        assert_eq!(left_out == 0, most == 100);
    }
}

#[test]
fn examples_that_do_not_fit_the_tools_are_left_out_and_told() {
    let mut examples = shop_examples();
    examples.push(Example::new("typo", vec![ToolCall::new("move_stocks", json!({}))]));
    examples.push(Example::new("type", vec![ToolCall::new("count_stock", json!({"article": 3}))]));
    examples.push(Example::new("none", vec![]));
    let plan = Plan::new(shop(), examples, Settings::default()).unwrap();
    let flaws: Vec<_> = plan.flaws().iter().map(|f| (f.example.as_str(), f.pointer.as_str())).collect();
    assert_eq!(flaws, [("none", ""), ("type", "/0/arguments/article"), ("typo", "/0/name")]);
    assert_eq!(plan.examples().len(), shop_examples().len());
}

#[test]
fn errors_say_what_to_do() {
    let plan = |examples| Plan::new(shop(), examples, Settings::default()).unwrap_err();
    assert!(matches!(plan(vec![]), MutateError::NoExamples));
    let twin = || Example::new("a", vec![ToolCall::new("open_door", json!({}))]);
    assert!(matches!(plan(vec![twin(), twin()]), MutateError::DuplicateId { id } if id == "a"));
    let error = plan(vec![Example::new("x", vec![ToolCall::new("open_window", json!({}))])]).to_string();
    assert!(error.contains("\"x\" at /0/name: no tool is named \"open_window\""), "{error}");
    let error = Settings::default().only(&["missing-call", "mising-call"]).unwrap_err().to_string();
    assert!(error.starts_with("no operator is named \"mising-call\"; the operators are missing-required, "), "{error}");
    assert_eq!(Settings::default().only(&["missing-call"]).unwrap().operators().len(), 1);
}

/// Claims to change the meaning, and does what it is told to.
#[derive(Debug)]
struct Liar;

impl Operator for Liar {
    fn id(&self) -> &'static str {
        "liar"
    }
    fn summary(&self) -> &'static str {
        "Not what it says."
    }
    fn effect(&self) -> Effect {
        Effect::ChangesMeaning
    }
    fn taxonomy(&self) -> Option<Taxonomy> {
        None
    }
    fn mutants(&self, subject: &Subject<'_>, _: &Draw) -> Mutants {
        let [call] = subject.calls else { return Err(NotApplicable("not one call")) };
        let with = |name: &str, arguments| Mutant::calls(vec![ToolCall::new(name, arguments)], "", "");
        let other = || with("count_stock", json!({"article": "door"}));
        // The same, what no schema allows, and something else twice.
        Ok(vec![with(&call.name, call.arguments.clone()), with("open_sesame", json!({})), other(), other()])
    }
}

#[test]
fn mutants_that_are_not_what_they_claim_are_discarded_and_counted() {
    let settings = Settings::default().only::<&str>(&[]).unwrap().with_operator(Liar);
    let plan = Plan::new(shop(), shop_examples(), settings).unwrap();
    let (_, of) = plan.operators().next().unwrap();
    assert_eq!((of.applicable, of.not_applicable["not one call"]), (3, 1));
    assert_eq!(of.not_applicable["there is no request to tell right from wrong"], 1);
    let discarded = of.discarded;
    assert_eq!((discarded.same, discarded.off_claim, discarded.repeated, discarded.not_drawn), (3, 3, 3, 0));
    assert_eq!(plan.mutants().len(), 3);
}

#[test]
fn instructions_are_no_request() {
    let example = |messages| Example::new("x", vec![]).with_messages(messages).has_request();
    assert!(!example(vec![]) && !example(vec![Message::system("Be brief."), Message::user(" ")]));
    assert!(example(vec![Message::system("Be brief."), Message::user("Open the door.")]));
}
