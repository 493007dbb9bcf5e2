//! Usage as Bedrock reports it: parts that do not overlap. Thoughts are in the output and not told apart.

use crate::Usage;
use crate::json::{Object, Value};
use crate::usage::count;

/// What the value of `usage` says; `None` where all its counts are absent or zero.
pub(super) fn usage(report: &Object<'_>) -> Option<Usage> {
    let mut usage = Usage::default();
    for (name, value) in report.members() {
        if name == "cacheDetails" {
            usage.n_cache_write_1h = for_an_hour(value);
            continue;
        }
        let place = match name {
            "inputTokens" => &mut usage.n_input,
            "cacheReadInputTokens" => &mut usage.n_cache_read,
            "cacheWriteInputTokens" => &mut usage.n_cache_write,
            "outputTokens" => &mut usage.n_output,
            _ => continue,
        };
        let (n_tokens, is_suspect) = count(value.text());
        *place = n_tokens;
        usage.is_suspect |= is_suspect;
    }
    usage.is_suspect |= usage.n_cache_write_1h > usage.n_cache_write;
    usage.n_cache_write_1h = usage.n_cache_write_1h.min(usage.n_cache_write);
    Some(usage).filter(|usage| !usage.is_zero())
}

/// Of the tokens written to the cache, those that are kept for an hour.
fn for_an_hour(details: Value<'_>) -> u64 {
    let details = details.array().unwrap_or_default().into_iter().filter_map(Value::object);
    let hour = details.filter(|detail| detail.string("ttl").as_deref() == Some("1h"));
    hour.filter_map(|detail| detail.get("inputTokens")).map(|n_tokens| count(n_tokens.text()).0).sum()
}
