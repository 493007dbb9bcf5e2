//! JSON as spans: where values stand in a text, checked, but not turned into anything.

mod scan;
mod string;
mod value;
mod write;

pub(crate) use scan::{Cursor, Fault, Shape};
pub(crate) use string::{Text, write_string};
pub(crate) use value::{Object, Value};
pub(crate) use write::{ArrayWriter, ObjectWriter, on_one_line, write_object};

#[cfg(test)]
mod tests;
