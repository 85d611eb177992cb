//! Questions that are too near to another: to a benchmark's ([`Index`]: no row may be made of them), or to each other ([`clusters`]: they
//! belong on one side of a split).
//!
//! Texts are compared word by word in their [`normalised`] form. MinHash and locality-sensitive hashing only say which texts to look at; every
//! verdict is made of exact shares of word n-grams. A run of letters without a space is one word, so that in languages that write no spaces
//! only texts with equal clauses are near.

mod clusters;
mod index;
mod questions;
mod sketch;
mod text;

pub use clusters::clusters;
pub use index::{Hit, Index, Options};
pub use questions::questions_of;
pub use text::{normalised, question_key};
