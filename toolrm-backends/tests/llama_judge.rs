//! A judge from a GGUF, through everything from the prompt to the verdict.
#![cfg(feature = "llama")]

use std::path::Path;

use toolrm_backends::{
    Device, LoadError,
    judge::{Judge, JudgeOptions, JudgeStyle, OpenError},
};
use toolrm_core::{
    call::{Candidate, Message},
    judge::{PairItem, ToolCallJudge},
    observe::CallOptions,
    task::Task,
    testkit::block_on,
    toolset::Toolset,
};

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/qwen3.gguf")
}

#[test]
fn a_gguf_judges_pairs_by_its_own_template_and_vocabulary() {
    let prompts = tempfile::tempdir().unwrap();
    let template = "{% for c in candidates %}{{ c.label }} {{ c.json }} {% endfor %}";
    std::fs::write(prompts.path().join("pairwise.jinja"), template).unwrap();
    let options = JudgeOptions::default().with_style(JudgeStyle::Direct).with_prompts(prompts.path());
    let judge = Judge::from_pretrained(file(), &options).unwrap();
    let task = Task::new(vec![Message::user("2+2?")], Toolset::new(vec![]).unwrap());
    let (four, five) = (Candidate::text("4"), Candidate::text("5"));
    let pair = |first, second| PairItem { task: &task, first, second };
    let ask = || block_on(judge.compare(&[pair(&four, &five), pair(&five, &four)], &CallOptions::default())).unwrap();
    let p = |outcomes: &[toolrm_core::score::Outcome<toolrm_core::judge::Comparison>]| {
        outcomes.iter().map(|o| o.as_judged().unwrap_or_else(|| panic!("{o:?}")).p_first).collect::<Vec<_>>()
    };
    let (once, again) = (p(&ask()), p(&ask()));
    assert!(once.iter().all(|p| *p > 0.0 && *p < 1.0), "{once:?}");
    assert!(once.iter().zip(&again).all(|(a, b)| (a - b).abs() < 2e-2), "{once:?} {again:?}");
    let model = judge.card().model.clone().unwrap();
    assert_eq!((model.dtype.as_deref(), model.device.is_some(), model.revision.is_some()), (Some("F32"), true, true));
}

#[test]
fn a_gpu_is_refused_and_never_replaced() {
    let options = JudgeOptions::default().with_device(Device::Cuda(0));
    let error = Judge::from_pretrained(file(), &options).err().unwrap();
    assert!(matches!(error, OpenError::Load(LoadError::Device { .. })), "{error}");
}
