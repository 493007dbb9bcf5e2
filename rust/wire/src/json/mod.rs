//! JSON as spans: where values stand in a text, checked, but not turned into anything.

mod scan;
mod string;

pub(crate) use scan::{Cursor, Fault, Shape};
pub(crate) use string::{Text, write_string};

#[cfg(test)]
mod tests;
