//! Coverage rules: does the candidate do all that was asked, once?

mod again;
mod amounts;
mod asked;
mod calls;
mod items;
mod options;
mod pairs;
mod places;
mod tools;
mod used;

pub(super) use self::{
    again::Again,
    amounts::{Amounts, Unheld, UnusedDate, UnusedNumber},
    asked::{UnusedCode, UnusedCount, UnusedFlag, UnusedListed, UnusedUnit},
    calls::{Count, Flood, Repeated},
    items::{Merged, UnusedItem, UnusedName},
    options::{UnusedChoice, UnusedOption},
    pairs::{Combination, Mirrored, Split, SplitList, Variation},
    places::UnusedLike,
    tools::{SameJob, UnusedTool},
    used::Used,
};

/// How much the finding after `found` others of its rule weighs: a text of pages, with a hundred names nobody needs, is not a hundred
/// times as bad.
fn fading(found: usize) -> f32 {
    0.8_f32.powi(i32::try_from(found.min(16)).unwrap_or(16))
}
