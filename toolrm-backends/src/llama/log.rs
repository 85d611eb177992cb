//! What llama.cpp says: all of it goes to `tracing` (target `llama-cpp-2`), and the errors of a load also into its result.

use std::sync::{Arc, Mutex, PoisonError};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

/// Runs `work` and gives what llama.cpp named as errors meanwhile, first one first.
///
/// llama.cpp returns null for every failure and tells the reason to its log alone.
pub(super) fn with_errors<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let listener = Listener { outer: tracing::dispatcher::get_default(Clone::clone), errors: Arc::clone(&errors) };
    let result = tracing::dispatcher::with_default(&Dispatch::new(listener), work);
    let errors = std::mem::take(&mut *errors.lock().unwrap_or_else(PoisonError::into_inner));
    (result, errors)
}

/// Hears the errors of llama.cpp and hands everything on to the subscriber that was there.
struct Listener {
    outer: Dispatch,
    errors: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn hears(metadata: &Metadata<'_>) -> bool {
        metadata.target() == "llama-cpp-2" && *metadata.level() == Level::ERROR
    }
}

impl Subscriber for Listener {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::hears(metadata) || self.outer.enabled(metadata)
    }

    fn event(&self, event: &Event<'_>) {
        if Self::hears(event.metadata()) {
            event.record(&mut Message(&self.errors));
        }
        if self.outer.enabled(event.metadata()) {
            self.outer.event(event);
        }
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.outer.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.outer.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.outer.record_follows_from(span, follows);
    }

    fn enter(&self, span: &Id) {
        self.outer.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.outer.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.outer.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.outer.try_close(id)
    }
}

struct Message<'a>(&'a Mutex<Vec<String>>);

impl Visit for Message<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value.trim().to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
