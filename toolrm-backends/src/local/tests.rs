use std::sync::Arc;

use serde_json::json;
use toolrm_core::{
    call::{Message, Tool},
    critic::{GenerativeCritic, PromptKind, PromptSet},
    error::ErrorKind,
    judge::{PairItem, ToolCallJudge},
    judge_conformance,
    observe::CallOptions,
    port::{GenParams, SequenceScorer, TextGenerator},
    reward::Discriminative,
    sample::Sampler,
    score::ScoreScale,
    task::Task,
    testkit::{block_on, cases},
    toolset::Toolset,
};

use super::{ChatPrompt, LocalGenerator, LocalScorer};
use crate::{
    engine::{
        Engine, EngineOptions, Output, Token,
        testkit::{ByteCodec, CountingModel, END},
    },
    template::ChatTemplate,
};

const CHATML: &str = "{% if tools %}<tools>{{ tools | tojson }}</tools>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
     {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

fn prompt() -> ChatPrompt {
    ChatPrompt::new(ChatTemplate::new(CHATML).unwrap(), Arc::new(ByteCodec))
}

fn model() -> CountingModel {
    let mut model = CountingModel::new(20_000);
    model.spec.kv_tokens = 200_000;
    model.spec.max_step_tokens = 50_000;
    model
}

fn generator(model: CountingModel) -> LocalGenerator {
    LocalGenerator::new(Engine::start(model, &EngineOptions::default()).unwrap(), prompt()).unwrap()
}

/// Writes `text` behind the last `<|im_start|>assistant\n`.
fn saying(text: &'static str) -> CountingModel {
    const OPEN: &[u8] = b"<|im_start|>assistant\n";
    let mut model = model();
    model.script = Some(Box::new(move |tokens| {
        let bytes: Vec<u8> = tokens.iter().map(|t| u8::try_from(*t).unwrap_or(0)).collect();
        let from = bytes.windows(OPEN.len()).rposition(|w| w == OPEN).unwrap() + OPEN.len();
        text.as_bytes().get(bytes.len() - from).map_or(END, |b| Token::from(*b))
    }));
    model
}

fn pairwise() -> PromptSet {
    let template = "{{ conversation }}{% for c in candidates %}\n[{{ c.label }}] {{ c.json }}{% endfor %}";
    PromptSet::empty().with_template(PromptKind::Pairwise, template).unwrap().with_direct(true)
}

fn scorer() -> LocalScorer<ChatPrompt> {
    let mut model = model();
    model.spec = model.spec.clone().with_output(Output::Score { scale: ScoreScale::Logit });
    LocalScorer::new(Engine::start(model, &EngineOptions::default()).unwrap(), prompt()).unwrap()
}

judge_conformance!(
    generative_in_process,
    GenerativeCritic::new(generator(saying("<evaluation>\nso\n</evaluation>\n<choice>1</choice><rating>3</rating>")))
        .with_params(GenParams::greedy(200))
        .with_soft_verdicts(false)
);
judge_conformance!(
    labels_in_process,
    // A model without sense: what it says of one says nothing of two.
    GenerativeCritic::new(generator(model())).with_params(GenParams::greedy(1)).with_prompts(pairwise())
);
judge_conformance!(discriminative_in_process, Discriminative::new(scorer()));

#[test]
fn both_orders_share_what_is_before_the_candidates() {
    let case = &cases()[0];
    let (a, b) = (&case.samples[0].candidate, &case.samples[1].candidate);
    let critic = GenerativeCritic::new(generator(model())).with_prompts(PromptSet::direct());
    let pair = |first, second| PairItem { task: &case.task, first, second };
    let one = block_on(critic.compare(&[pair(a, b)], &CallOptions::default())).unwrap();
    let alone = critic.generator().engine().stats().computed_tokens;
    let fresh = GenerativeCritic::new(generator(model())).with_prompts(PromptSet::direct());
    let both = block_on(fresh.compare(&[pair(a, b), pair(b, a)], &CallOptions::default())).unwrap();
    let stats = fresh.generator().engine().stats();
    assert!(stats.computed_tokens < alone * 115 / 100, "{alone} alone, both: {stats:?}");
    let p =
        |outcome: &toolrm_core::score::Outcome<toolrm_core::judge::Comparison>| outcome.as_judged().unwrap().p_first;
    assert!((p(&one[0]) - p(&both[0])).abs() < 1e-9);
}

#[test]
fn candidates_come_from_the_template_with_tools_and_the_formats() {
    let tools = Toolset::new(vec![Tool::new("f", json!({"type": "object", "properties": {"x": {"type": "integer"}}}))])
        .unwrap();
    let task = Task::new(vec![Message::user("go")], tools);
    let warm = GenParams::greedy(200).with_temperature(1.0);
    let sample = |text, n, params: &GenParams| {
        block_on(generator(saying(text)).sample(&task, n, params, &CallOptions::default())).unwrap()
    };
    let called =
        sample("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\": 1}}\n</tool_call>", 3, &GenParams::greedy(200));
    assert_eq!(called.len(), 1, "greedy: all would be the same");
    assert_eq!(called[0].action.calls()[0].arguments, json!({"x": 1}));
    assert_eq!(sample("Hello.", 3, &warm).len(), 3);
    let cut = sample("Hello there, you", 1, &GenParams::greedy(4));
    assert!(cut[0].action.is_malformed(), "{cut:?}");
    let free = block_on(generator(model()).sample(&task, 4, &warm, &CallOptions::default())).unwrap();
    assert!(free.windows(2).any(|w| w[0] != w[1]), "each has a seed of its own");
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut params = GenParams::greedy(5);
    params.schema = Some(json!({}));
    let prompts = [vec![Message::user("a")], vec![]];
    let results = block_on(generator(model()).generate(&prompts, &params, &CallOptions::default())).unwrap();
    assert_eq!(results[0].as_ref().unwrap_err().kind(), ErrorKind::Unsupported);
    let results =
        block_on(generator(model()).generate(&prompts, &GenParams::greedy(5), &CallOptions::default())).unwrap();
    assert!(results[0].is_ok());
    assert_eq!(results[1].as_ref().unwrap_err().kind(), ErrorKind::InvalidInput);
    let scores = block_on(scorer().logits(&prompts, &CallOptions::default())).unwrap();
    assert!(scores[0].is_ok() && scores[1].is_err());
    let engine = Engine::start(model(), &EngineOptions::default()).unwrap();
    assert!(LocalScorer::new(engine, prompt()).unwrap_err().to_string().contains("no classification head"));
}
