//! Provenance rules: in a task of several steps, does each value come from the right place of the right answer?

mod copied;
mod done;
mod identity;
mod item;
mod lookup;
mod stale;

pub(super) use self::{
    copied::{Copied, copied},
    done::AgainAfterFailure,
    identity::{Inexact, NameForId, UnknownId, WrongField},
    item::{LaterItem, NotTheExtreme, OtherItem, StaleAnswer},
    lookup::{LookupUnused, SkippedLookup},
    stale::StaleValue,
};
