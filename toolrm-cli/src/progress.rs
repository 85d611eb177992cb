//! Progress on stderr, shown only when it is a terminal.

use std::{sync::Mutex, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over a known number of things, with the time that is left; `what` are the things.
pub(crate) fn bar(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    styled(&bar, "{msg} {bar:30} {human_pos}/{human_len} {elapsed}, {eta} left");
    bar.with_message(what.to_owned())
}

/// A bar over bytes that are read.
pub(crate) fn bytes(total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    styled(&bar, "{bar:30} {percent:>3}% of {total_bytes}, {msg} {elapsed}");
    bar
}

/// Work of unknown length.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    styled(&bar, "{spinner} {msg} {elapsed}");
    bar
}

fn styled(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
}

/// One bar after the other, each for a part of the work that has a name.
#[derive(Default)]
pub(crate) struct Parts(Mutex<Option<(String, ProgressBar)>>);

impl Parts {
    /// How far a part is; a new name ends the bar before. Without a total it is a spinner that counts.
    pub(crate) fn show(&self, what: &str, done: u64, total: Option<u64>) {
        let Ok(mut shown) = self.0.lock() else { return };
        if shown.as_ref().is_none_or(|(before, _)| before != what) {
            let bar = total.map_or_else(spinner, |total| bar(total, what));
            if let Some((_, before)) = shown.replace((what.to_owned(), bar)) {
                before.finish_and_clear();
            }
        }
        if let Some((_, bar)) = shown.as_ref() {
            bar.set_position(done);
            if total.is_none() {
                bar.set_message(format!("{what}, {done} done"));
            }
        }
    }
}

impl Drop for Parts {
    /// However the work ends, nothing is left of the bar before its result or error is printed.
    fn drop(&mut self) {
        if let Some((_, bar)) = self.0.get_mut().ok().and_then(Option::take) {
            bar.finish_and_clear();
        }
    }
}
