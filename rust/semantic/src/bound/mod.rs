//! Bounds how many of the answers served are wrong, and serves none while that is not known.

mod binomial;
mod ladder;
mod guard;

pub use binomial::upper_bound;
pub use guard::{Decision, Guard, Promise};
pub use ladder::{Check, Ladder};
