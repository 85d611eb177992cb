//! Progress on stderr, shown only when it is a terminal.

use std::time::Duration;

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
