//! Convention rules: is a value written the way its parameter's description asks?

mod null;
mod parts;
mod pattern;
mod place;
mod rate;
mod unit;
mod wording;

pub(super) use self::{
    null::Null,
    parts::Parts,
    pattern::{Pattern, Plainest},
    place::{AddedRegion, LostState, State},
    rate::Rate,
    unit::Unit,
    wording::{Lead, Look, Reworded, Stop, Tail, WholeRequest, texts},
};

use super::{Case, Report, Rule, Slot};
use crate::toolset::Param;

/// Every given value that fills a known parameter.
fn filled<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (usize, &'c Slot<'c>, &'c Param)> {
    case.calls.iter().flat_map(|view| view.slots.iter().filter_map(move |s| s.param.map(|p| (view.index, s, p))))
}
