//! [`Cancel`]: a flag the caller raises and every engine polls.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A shared cancellation flag; clones share it. Engines poll it per token, layers before each backend call.
///
/// ```
/// use toolrm_core::cancel::Cancel;
/// let cancel = Cancel::default();
/// let guard = cancel.drop_guard();
/// assert!(!cancel.is_cancelled());
/// drop(guard); // the task that held the guard is gone, so its work is not wanted any more
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Raises the flag, for good.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the flag is raised.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// A guard that raises the flag when dropped.
    pub fn drop_guard(&self) -> CancelOnDrop {
        CancelOnDrop(Some(self.clone()))
    }
}

/// Raises its [`Cancel`] when dropped, unless disarmed.
#[derive(Debug)]
#[must_use = "dropping the guard cancels at once"]
pub struct CancelOnDrop(Option<Cancel>);

impl CancelOnDrop {
    /// The work is done: do not cancel.
    pub fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(cancel) = self.0.take() {
            cancel.cancel();
        }
    }
}
