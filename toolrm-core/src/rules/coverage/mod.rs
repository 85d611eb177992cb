//! Coverage rules: does the candidate do all that was asked, once?

mod calls;
mod items;
mod numbers;
mod options;
mod pairs;
mod used;

pub(super) use self::{
    calls::{Count, Flood, Repeated},
    items::{Merged, UnusedItem, UnusedName},
    numbers::UnusedNumber,
    options::UnusedOption,
    pairs::{Mirrored, Mixed, Split, SplitList, Variation},
    used::Used,
};
