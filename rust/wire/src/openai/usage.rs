//! Usage as OpenAI reports it, and those who report it a little differently.
//!
//! - `prompt_tokens` includes `prompt_tokens_details.cached_tokens`, and `.cache_write_tokens` at `OpenRouter`;
//!   `DeepSeek` calls the former `prompt_cache_hit_tokens`.
//! - `completion_tokens` includes `completion_tokens_details.reasoning_tokens`. At xAI and in Gemini's imitation it does
//!   not, and what `total_tokens` has beyond prompt and completion is the thoughts, which are billed as output.

use crate::Usage;
use crate::json::{Cursor, Fault, ObjectWriter, Value};
use crate::usage::count;

/// The counts as reported, clamped one by one.
#[derive(Default)]
struct Report {
    prompt: u64,
    completion: u64,
    total: u64,
    cache_read: u64,
    cache_write: u64,
    reasoning: u64,
    is_suspect: bool,
}

/// What the value of `usage` says, as `read` has it.
pub(crate) fn usage(value: Value<'_>) -> Option<Usage> {
    read(&mut Cursor::new(value.text())).ok().flatten()
}

/// Passes the value of `usage`; `None` when it is no object, or all its counts are absent or zero.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Usage>, Fault> {
    let mut report = Report::default();
    cursor.object_or_skip(|cursor, key| match &*key.name() {
        "prompt_tokens" => report.count(cursor, |report| &mut report.prompt),
        "completion_tokens" => report.count(cursor, |report| &mut report.completion),
        "total_tokens" => report.count(cursor, |report| &mut report.total),
        "prompt_cache_hit_tokens" => report.count(cursor, |report| &mut report.cache_read),
        "prompt_tokens_details" => cursor.object_or_skip(|cursor, key| match &*key.name() {
            "cached_tokens" => report.count(cursor, |report| &mut report.cache_read),
            "cache_write_tokens" => report.count(cursor, |report| &mut report.cache_write),
            _ => cursor.skip().map(drop),
        }),
        "completion_tokens_details" => cursor.object_or_skip(|cursor, key| match &*key.name() {
            "reasoning_tokens" => report.count(cursor, |report| &mut report.reasoning),
            _ => cursor.skip().map(drop),
        }),
        _ => cursor.skip().map(drop),
    })?;
    Ok(Some(report.into_usage()).filter(|usage| !usage.is_zero()))
}

impl Report {
    /// Passes a count and puts it where `place` says.
    fn count(&mut self, cursor: &mut Cursor<'_>, place: fn(&mut Self) -> &mut u64) -> Result<(), Fault> {
        let (n_tokens, is_suspect) = count(cursor.skip()?);
        self.is_suspect |= is_suspect;
        *place(self) = n_tokens;
        Ok(())
    }

    fn into_usage(self) -> Usage {
        let output = self.completion.max(self.total.saturating_sub(self.prompt));
        let usage = Usage::of_wholes(self.prompt, [self.cache_read, self.cache_write], output, self.reasoning);
        Usage { is_suspect: self.is_suspect || usage.is_suspect, ..usage }
    }
}

/// Writes the members of `usage`.
pub(super) fn write(usage: &Usage, output: &mut ObjectWriter<'_>) {
    output.number("prompt_tokens", usage.n_prompt());
    output.number("completion_tokens", usage.n_output);
    output.number("total_tokens", usage.n_prompt() + usage.n_output);
    output.object("prompt_tokens_details", |details| {
        details.number("cached_tokens", usage.n_cache_read);
        if usage.n_cache_write > 0 {
            details.number("cache_write_tokens", usage.n_cache_write);
        }
    });
    output.object("completion_tokens_details", |details| details.number("reasoning_tokens", usage.n_reasoning));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::MAX_TOKENS;

    fn check(name: &str, text: &str, expected: Option<(u64, u64, u64, u64, u64, bool)>) {
        let usage = read(&mut Cursor::new(text)).unwrap();

        let parts = |usage: Usage| {
            let Usage { n_input, n_cache_read, n_cache_write, n_output, n_reasoning, is_suspect, .. } = usage;
            (n_input, n_cache_read, n_cache_write, n_output, n_reasoning, is_suspect)
        };
        assert_eq!(expected, usage.map(parts), "{name}");
    }

    #[test]
    fn what_reports_mean() {
        let plain = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#;
        check("plain counts", plain, Some((10, 0, 0, 5, 0, false)));
        let cached = r#"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8,"audio_tokens":0}}"#;
        check("the prompt includes what was cached", cached, Some((2, 8, 0, 5, 0, false)));
        let written = r#"{"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":4}}"#;
        check("and what was written to the cache", written, Some((3, 3, 4, 0, 0, false)));
        let deepseek =
            r#"{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6}"#;
        check("DeepSeek's name for it", deepseek, Some((6, 4, 0, 5, 0, false)));
        let thought = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":4}}"#;
        check("the completion includes thoughts", thought, Some((10, 0, 0, 5, 4, false)));
        let xai = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}"#;
        check("xAI's does not", xai, Some((10, 0, 0, 105, 100, false)));
        check(
            "Gemini's does not, nor does it tell",
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":99}"#,
            Some((10, 0, 0, 89, 0, false)),
        );
        check("embeddings have no completion", r#"{"prompt_tokens":8,"total_tokens":8}"#, Some((8, 0, 0, 0, 0, false)));
        check("escaped keys", r#"{"prompt\u005ftokens":8}"#, Some((8, 0, 0, 0, 0, false)));
    }

    #[test]
    fn what_cannot_be_true() {
        check("null is absent", "null", None);
        check("so is an empty object", "{}", None);
        check("so are counts of null", r#"{"prompt_tokens":null}"#, None);
        check("and what is no object", "[1]", None);
        check("all zero", r#"{"prompt_tokens":0,"completion_tokens":0}"#, None);
        check("negative", r#"{"prompt_tokens":-5,"completion_tokens":5}"#, Some((0, 0, 0, 5, 0, true)));
        check("huge", r#"{"prompt_tokens":18446744073709551615}"#, Some((MAX_TOKENS, 0, 0, 0, 0, true)));
        check("beyond u64", r#"{"prompt_tokens":1e400}"#, Some((MAX_TOKENS, 0, 0, 0, 0, true)));
        check("a fraction", r#"{"prompt_tokens":12.0}"#, Some((12, 0, 0, 0, 0, false)));
        check("a string", r#"{"prompt_tokens":"12","completion_tokens":5}"#, Some((0, 0, 0, 5, 0, true)));
        let more_cached = r#"{"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":11}}"#;
        check("more cached than sent", more_cached, Some((0, 10, 0, 0, 0, true)));
        let more_thought = r#"{"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":6}}"#;
        check("more thought than written", more_thought, Some((0, 0, 0, 5, 5, true)));
    }
}
