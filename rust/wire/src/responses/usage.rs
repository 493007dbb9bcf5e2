//! Usage: `input_tokens` includes what was read from the cache and written to it, `output_tokens` includes thoughts.

use crate::Usage;
use crate::json::{Object, ObjectWriter, Value};
use crate::usage::count;

/// What the value of `usage` says; `None` when it is no object, or all its counts are absent or zero.
pub(super) fn read_usage(value: Value<'_>) -> Option<Usage> {
    let usage = value.object()?;
    let input = usage.object("input_tokens_details").unwrap_or_default();
    let output = usage.object("output_tokens_details").unwrap_or_default();
    let mut is_suspect = false;
    let mut count = |object: &Object<'_>, key| {
        let (n_tokens, is_odd) = object.get(key).map(|value| count(value.text())).unwrap_or_default();
        is_suspect |= is_odd;
        n_tokens
    };
    let n_prompt = count(&usage, "input_tokens");
    let cached = ["cached_tokens", "cache_write_tokens"].map(|key| count(&input, key));
    // At xAI the output does not include thoughts, which are what the total has beyond.
    let n_output = count(&usage, "output_tokens").max(count(&usage, "total_tokens").saturating_sub(n_prompt));
    let n_reasoning = count(&output, "reasoning_tokens");
    let mut usage = Usage::of_wholes(n_prompt, cached, n_output, n_reasoning);
    usage.is_suspect |= is_suspect;
    Some(usage).filter(|usage| !usage.is_zero())
}

/// Writes the members of `usage`, every one of which the SDK's types demand.
pub(super) fn write_usage(usage: &Usage, object: &mut ObjectWriter<'_>) {
    object.number("input_tokens", usage.n_prompt());
    object.object("input_tokens_details", |details| {
        details.number("cached_tokens", usage.n_cache_read);
        details.number("cache_write_tokens", usage.n_cache_write);
    });
    object.number("output_tokens", usage.n_output);
    object.object("output_tokens_details", |details| details.number("reasoning_tokens", usage.n_reasoning));
    object.number("total_tokens", usage.n_prompt() + usage.n_output);
}
