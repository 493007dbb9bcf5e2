//! Bounds how many of the answers served are wrong, and serves none while that is not known.

mod binomial;
mod odds;
mod rungs;
mod guard;

pub use binomial::upper_bound;
pub use guard::{Decision, Guard, Promise};
pub use odds::{Evidence, History, Nearby, Odds};
pub use rungs::{Check, Count, LOOSEST, Rungs};
