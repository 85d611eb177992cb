//! llama.cpp's log goes to `tracing`, also while a load listens to it.

#![cfg(feature = "llama")]
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test fails by panicking")]

#[path = "common/llama.rs"]
mod llama;

use std::{
    fs,
    sync::{Arc, Mutex},
};

use llama::{feed, fixture, options, qwen3};
use toolrm_backends::llama::LlamaModel;
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::with_default,
};

/// Counts what it is told, by level.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Level>>>);

impl Heard {
    fn count(&self, level: Level) -> usize {
        self.0.lock().unwrap().iter().filter(|&&heard| heard == level).count()
    }
}

impl Subscriber for Heard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "llama-cpp-2" && *metadata.level() <= Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(*event.metadata().level());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn what_llama_cpp_says_is_heard_once_and_at_its_level() {
    let heard = Heard::default();
    with_default(heard.clone(), || feed(&mut qwen3(&options()), 0, &[1, 2, 3]));
    assert!(heard.count(Level::INFO) > 10);
    assert_eq!((heard.count(Level::ERROR), heard.count(Level::DEBUG)), (0, 0));

    let mut bytes = fs::read(fixture("qwen3.gguf")).unwrap();
    let name = bytes.windows(19).position(|window| window == b"blk.1.attn_q.weight").unwrap();
    bytes.splice(name..name + 19, *b"blk.1.attn_X.weight");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("renamed.gguf");
    fs::write(&path, bytes).unwrap();
    let error = with_default(heard.clone(), || LlamaModel::load(&path, &options())).unwrap_err();
    assert!(error.to_string().contains("renamed.gguf: llama.cpp cannot load it"), "{error}");
    assert!(error.to_string().contains("blk.1.attn_q.weight"), "{error}");
    assert!(heard.count(Level::ERROR) > 0);
}
