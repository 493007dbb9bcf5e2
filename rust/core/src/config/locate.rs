//! Finds where in the text a setting was written, so that an error of meaning has a line as an error of syntax has.

use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The bytes of the setting at `path`: the names of tables and fields, and the positions in arrays in decimal.
/// Of a path that was not written, the deepest part that was; nothing when not even its first step was.
///
/// Reads the text a second time. That happens only on the way to an error, and leaves the configuration's types
/// without a span in each field.
pub(super) fn locate(text: &str, path: &[&str]) -> Option<Range<usize>> {
    let root = DeValue::Table(DeTable::parse(text).ok()?.into_inner());
    let mut span = None;
    let mut value = &root;
    for step in path {
        let next = match value {
            DeValue::Table(table) => {
                table.iter().find(|(name, _)| name.get_ref() == step).map(|(name, value)| match value.get_ref() {
                    // A table's own span is its header; one without (`a.b = 1`) is best shown by its name.
                    DeValue::Table(_) => (name.span(), value.get_ref()),
                    _ => (value.span(), value.get_ref()),
                })
            }
            DeValue::Array(array) => step
                .parse::<usize>()
                .ok()
                .and_then(|index| array.get(index))
                .map(|element| (element.span(), element.get_ref())),
            _ => None,
        };
        let Some((found, inner)) = next else { break };
        (span, value) = (Some(found), inner);
    }
    span
}
