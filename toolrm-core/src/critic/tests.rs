use super::*;
use crate::{
    call::Message,
    judge_conformance,
    testkit::{Case, ScriptedGenerator, cases},
};

fn case(name: &str) -> Case {
    cases().into_iter().find(|c| c.name == name).unwrap()
}

fn show(messages: &[Message]) -> String {
    messages.iter().map(|m| format!("[{}]\n{}", m.role.as_str(), m.text())).collect::<Vec<_>>().join("\n")
}

fn user_text(messages: &[Message]) -> String {
    messages.last().unwrap().text().into_owned()
}

/// What stands inside the response blocks of a prompt, in order.
fn responses(prompt: &[Message]) -> Vec<String> {
    let text = user_text(prompt);
    let blocks = text.split("\n<response_").skip(1);
    blocks.map(|b| b.split_once(">\n").unwrap().1.split("\n</response_").next().unwrap().to_owned()).collect()
}

/// A model with a will of its own: how good a response is depends on its text alone.
fn strength(response: &str) -> u8 {
    Fingerprint::of([response]).as_bytes()[0]
}

fn opinionated(prompt: &[Message]) -> Generation {
    let strengths: Vec<u8> = responses(prompt).iter().map(|r| strength(r)).collect();
    let verdict = match strengths[..] {
        [one] => format!("<rating>{}</rating>", 1 + u32::from(one) * 5 / 256),
        _ => format!(
            "<choice>{}</choice>",
            1 + strengths.iter().rposition(|s| s == strengths.iter().max().unwrap()).unwrap()
        ),
    };
    Generation::new(format!("<evaluation>\nbecause\n</evaluation>\n{verdict}"))
}

fn model() -> ScriptedGenerator {
    ScriptedGenerator::answering(|prompt, _| Ok(opinionated(prompt)))
}

fn greedy(generator: ScriptedGenerator) -> GenerativeCritic<ScriptedGenerator> {
    GenerativeCritic::new(generator).with_params(GenParams::greedy(512))
}

judge_conformance!(critic_in_one_batch, greedy(model()));
judge_conformance!(critic_in_small_batches, greedy(model().with_max_batch(4)));
judge_conformance!(
    critic_with_one_kind_of_prompt,
    greedy(model()).with_prompts(
        PromptSet::empty().with_template(PromptKind::Pairwise, include_str!("prompts/pairwise.jinja")).unwrap()
    )
);

#[test]
fn prompts_are_as_they_were() {
    let case = case("refund");
    let shown: Vec<&Candidate> = case.samples.iter().map(|s| &s.candidate).collect();
    for (name, prompts) in [("think", PromptSet::think()), ("no_think", PromptSet::no_think())] {
        for (kind, n) in [(PromptKind::Pairwise, 2), (PromptKind::Pointwise, 1), (PromptKind::Listwise, 5)] {
            let prompt = prompts.render(kind, &case.task, &shown[..n]).unwrap();
            insta::assert_snapshot!(format!("{name}_{}", kind.file().trim_end_matches(".jinja")), show(&prompt));
        }
    }
    let case = self::case("no tools");
    let prompt = PromptSet::default().render(PromptKind::Pointwise, &case.task, &[&case.samples[1].candidate]).unwrap();
    insta::assert_snapshot!("without_tools", show(&prompt));
}
