//! The plots that only a report has. What they are drawn with, and how, is [`toolrm_data::plot`].

mod best_of_n;
mod heat;
mod reliability;
mod rows;

pub(super) use self::{
    best_of_n::Curves,
    heat::{FEW as FEW_PAIRS, heat},
    reliability::{FEW as FEW_PROBABILITIES, Reliability},
    rows::{Rows, RowsPanel},
};
