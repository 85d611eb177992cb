//! How a check ends before the end, and what is noted on the way.

use super::{ErrorType, Part, Unchecked};

/// Why a check ended before the end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The answer is wrong.
    Wrong(ErrorType),
    /// There is no verdict.
    Unchecked(Box<Unchecked>),
}

impl Stop {
    /// With the place of the call among those of the answer.
    pub(super) fn of_call(mut self, index: usize) -> Self {
        if let Self::Unchecked(unchecked) = &mut self
            && unchecked.part == Part::Calls
        {
            unchecked.pointer.insert_str(0, &format!("/{index}"));
        }
        self
    }
}

/// How a check ended.
pub(super) type Check<T = ()> = Result<T, Stop>;

impl From<Unchecked> for Stop {
    fn from(unchecked: Unchecked) -> Self {
        Self::Unchecked(Box::new(unchecked))
    }
}

/// What is wrong, and nothing noted before.
pub(super) fn wrong<T>(error: ErrorType) -> Check<T> {
    Err(Stop::Wrong(error))
}

/// Where a check writes what it finds, in words. Verdicts without words are given with `()`, which never has them made.
pub(super) trait Notes {
    fn note(&mut self, text: impl FnOnce() -> String);
    /// What was noted so far concerns an accepted answer that another one takes the place of.
    fn forget(&mut self);
}

impl Notes for () {
    fn note(&mut self, _: impl FnOnce() -> String) {}
    fn forget(&mut self) {}
}

impl Notes for Vec<String> {
    fn note(&mut self, text: impl FnOnce() -> String) {
        self.push(text());
    }

    fn forget(&mut self) {
        self.clear();
    }
}
