//! placeholder
use crate::{Request, Usage};
/// p
pub fn as_stream(_: &Request, _: &[u8], _: bool) -> Option<Vec<u8>> {
    None
}
/// p
pub fn as_whole(_: &Request, _: &[u8], _: Option<&Usage>) -> Option<Vec<u8>> {
    None
}
