//! Coverage rules: does the candidate do all that was asked, once?

mod again;
mod calls;
mod items;
mod numbers;
mod options;
mod pairs;
mod tools;
mod used;

pub(super) use self::{
    again::Again,
    calls::{Count, Flood, Repeated},
    items::{Merged, UnusedItem, UnusedName},
    numbers::UnusedNumber,
    options::{UnusedChoice, UnusedOption},
    pairs::{Combination, Mirrored, Split, SplitList, Variation},
    tools::{SameJob, UnusedTool},
    used::Used,
};
