//! Accuracies of both orders, how sure they are, calibration, significance, cost.
//!
//! [`Tally`] counts what a judge said, pair by pair, whether one order was asked or both; its parts give their figures with 95 %
//! intervals over [`Questions`]. [`paired_test`] sets two judges against each other.

mod behaviour;
mod calibration;
mod count;
mod fit;
mod group;
mod mean;
mod mistakes;
mod paired;
mod tally;
#[cfg(test)]
mod tests;
mod ties;

pub use behaviour::BehaviourTally;
pub use calibration::{BINS, CalibrationTally};
pub use count::{Counts, Measured, Verdict};
pub use fit::FitTally;
pub use group::{Group, Groups, both, right_in_both, shown_first, single};
pub use mean::{Mean, Questions, mean_of_means};
pub use mistakes::{Kind, Mistake, Mistakes, p_chosen};
pub use paired::{Contest, half_points, paired_test, sign_flip_p};
pub use tally::Tally;
pub use ties::TieTally;
