mod injection;
mod judging;
mod prompts;
mod verdicts;

use super::*;
use crate::{
    call::{Message, Role},
    testkit::{Case, ScriptedGenerator, cases},
};

fn case(name: &str) -> Case {
    cases().into_iter().find(|c| c.name == name).unwrap()
}

/// The text of the one user message of a prompt.
fn user_text(prompt: &[Message]) -> String {
    prompt.iter().find(|m| m.role == Role::User).unwrap().text().into_owned()
}

/// What stands inside the response blocks of a prompt, in order.
fn responses(prompt: &[Message]) -> Vec<String> {
    let text = user_text(prompt);
    let blocks = text.split("\n<response_").skip(1);
    blocks.map(|b| b.split_once(">\n").unwrap().1.split("\n</response_").next().unwrap().to_owned()).collect()
}

/// A model with a will of its own: how good a response is depends on its text alone.
fn opinionated(prompt: &[Message]) -> Generation {
    let strengths: Vec<u8> = responses(prompt).iter().map(|r| Fingerprint::of([r]).as_bytes()[0]).collect();
    let verdict = if let [one] = strengths[..] {
        format!("<rating>{}</rating>", 1 + u32::from(one) * 5 / 256)
    } else {
        let best = strengths.iter().max().unwrap();
        format!("<choice>{}</choice>", 1 + strengths.iter().rposition(|s| s == best).unwrap())
    };
    Generation::new(format!("<evaluation>\nbecause\n</evaluation>\n{verdict}"))
}

fn model() -> ScriptedGenerator {
    ScriptedGenerator::answering(|prompt, _| Ok(opinionated(prompt)))
}

fn greedy(generator: ScriptedGenerator) -> GenerativeCritic<ScriptedGenerator> {
    GenerativeCritic::new(generator).with_params(GenParams::greedy(512))
}
