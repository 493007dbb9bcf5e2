//! Usage as Cohere reports it, twice: what the model read and wrote, with the marks of its own that frame each message,
//! and what is billed, without them. Of the two it is the second that costs money.

use crate::Usage;
use crate::json::{Object, Value};
use crate::usage::count;

/// What `usage` of an answer, or `meta` of one that has vectors, says; `None` where all its counts are absent or zero.
pub(super) fn usage(report: &Object<'_>) -> Option<Usage> {
    let counts = [report.object("billed_units"), report.object("tokens")];
    let read = |name: &str| counts.iter().flatten().find_map(|counts| counts.get(name));
    let (prompt, is_prompt_suspect) = read_count(read("input_tokens"));
    let (n_output, is_output_suspect) = read_count(read("output_tokens"));
    let (cached, is_cached_suspect) = read_count(report.get("cached_tokens"));
    // Cached are marks as well, which are not billed.
    let n_cache_read = cached.min(prompt);
    let is_suspect = is_prompt_suspect || is_output_suspect || is_cached_suspect;
    let usage = Usage { n_input: prompt - n_cache_read, n_cache_read, n_output, is_suspect, ..Usage::default() };
    Some(usage).filter(|usage| !usage.is_zero())
}

fn read_count(value: Option<Value<'_>>) -> (u64, bool) {
    value.map_or((0, false), |value| count(value.text()))
}
