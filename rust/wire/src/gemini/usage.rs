//! Usage as Gemini reports it.
//!
//! - `promptTokenCount` includes `cachedContentTokenCount`; `toolUsePromptTokenCount`, what Google's own tools put in, is
//!   beside it.
//! - `candidatesTokenCount` does not include `thoughtsTokenCount`, which is billed as output too. Where prompt and
//!   candidates make up the total already, as some versions on Vertex had it, it does.

use crate::Usage;
use crate::json::{Cursor, Fault, ObjectWriter};
use crate::usage::{MAX_TOKENS, count};

/// The counts as reported, clamped one by one.
#[derive(Default)]
struct Report {
    prompt: u64,
    tool_use: u64,
    cached: u64,
    candidates: u64,
    thoughts: u64,
    total: u64,
    is_suspect: bool,
}

/// Passes the value of `usageMetadata`; `None` where it is no object, or all its counts are absent or zero.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Usage>, Fault> {
    let mut report = Report::default();
    cursor.object_or_skip(|cursor, key| {
        let place = match &*key.name() {
            "promptTokenCount" => &mut report.prompt,
            "toolUsePromptTokenCount" => &mut report.tool_use,
            "cachedContentTokenCount" => &mut report.cached,
            "candidatesTokenCount" => &mut report.candidates,
            "thoughtsTokenCount" => &mut report.thoughts,
            "totalTokenCount" => &mut report.total,
            _ => return cursor.skip().map(drop),
        };
        cursor.shape()?;
        let (n_tokens, is_suspect) = count(cursor.skip()?);
        *place = n_tokens;
        report.is_suspect |= is_suspect;
        Ok(())
    })?;
    Ok(Some(report.into_usage()).filter(|usage| !usage.is_zero()))
}

impl Report {
    fn into_usage(self) -> Usage {
        let prompt = self.prompt + self.tool_use;
        let has_thoughts_inside = self.thoughts > 0 && self.total > 0 && self.total == prompt + self.candidates;
        let output = if has_thoughts_inside {
            self.candidates
        } else {
            (self.candidates + self.thoughts).max(self.total.saturating_sub(prompt)).min(MAX_TOKENS)
        };
        let cache_read = self.cached.min(prompt);
        let reasoning = self.thoughts.min(output);
        Usage {
            n_input: prompt - cache_read,
            n_cache_read: cache_read,
            n_cache_write: 0,
            n_cache_write_1h: 0,
            n_output: output,
            n_reasoning: reasoning,
            is_suspect: self.is_suspect || cache_read != self.cached || reasoning != self.thoughts,
        }
    }
}

/// Writes the member `usageMetadata`.
pub(super) fn write(usage: &Usage, body: &mut ObjectWriter<'_>) {
    body.object("usageMetadata", |report| {
        report.number("promptTokenCount", usage.n_prompt());
        if usage.n_cache_read > 0 {
            report.number("cachedContentTokenCount", usage.n_cache_read);
        }
        report.number("candidatesTokenCount", usage.n_output.saturating_sub(usage.n_reasoning));
        if usage.n_reasoning > 0 {
            report.number("thoughtsTokenCount", usage.n_reasoning);
        }
        report.number("totalTokenCount", usage.n_prompt() + usage.n_output);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str, expected: Option<(u64, u64, u64, u64, bool)>) {
        let usage = read(&mut Cursor::new(text)).unwrap();

        let parts = |usage: Usage| {
            let Usage { n_input, n_cache_read, n_cache_write, n_output, n_reasoning, is_suspect, .. } = usage;
            assert_eq!(0, n_cache_write, "{name}");
            (n_input, n_cache_read, n_output, n_reasoning, is_suspect)
        };
        assert_eq!(expected, usage.map(parts), "{name}");
    }

    #[test]
    fn what_reports_mean() {
        let plain = r#"{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]}"#;
        check("plain counts", plain, Some((10, 0, 5, 0, false)));
        let cached = r#"{"promptTokenCount":10,"cachedContentTokenCount":8,"candidatesTokenCount":5}"#;
        check("the prompt includes what was cached", cached, Some((2, 8, 5, 0, false)));
        let thought =
            r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":20,"totalTokenCount":35}"#;
        check("candidates do not include thoughts", thought, Some((10, 0, 25, 20, false)));
        let inside =
            r#"{"promptTokenCount":10,"candidatesTokenCount":25,"thoughtsTokenCount":20,"totalTokenCount":35}"#;
        check("unless the total says so", inside, Some((10, 0, 25, 20, false)));
        let tools =
            r#"{"promptTokenCount":10,"toolUsePromptTokenCount":7,"candidatesTokenCount":5,"totalTokenCount":22}"#;
        check("the input of Google's tools is beside the prompt", tools, Some((17, 0, 5, 0, false)));
        let untold = r#"{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":40}"#;
        check("what the total has beyond is output", untold, Some((10, 0, 30, 0, false)));
        check("only thoughts", r#"{"promptTokenCount":10,"thoughtsTokenCount":9}"#, Some((10, 0, 9, 9, false)));
        check("embeddings have no candidates", r#"{"promptTokenCount":10}"#, Some((10, 0, 0, 0, false)));
    }

    #[test]
    fn what_cannot_be_true() {
        check("null is absent", "null", None);
        check("so is an empty object", "{}", None);
        check("so are counts of null", r#"{"promptTokenCount":null}"#, None);
        check("all zero", r#"{"promptTokenCount":0,"totalTokenCount":0}"#, None);
        check("negative", r#"{"promptTokenCount":-5,"candidatesTokenCount":5}"#, Some((0, 0, 5, 0, true)));
        check("huge", r#"{"promptTokenCount":1e300}"#, Some((MAX_TOKENS, 0, 0, 0, true)));
        check("a string", r#"{"promptTokenCount":"5","candidatesTokenCount":5}"#, Some((0, 0, 5, 0, true)));
        let more_cached = r#"{"promptTokenCount":10,"cachedContentTokenCount":11}"#;
        check("more cached than sent", more_cached, Some((0, 10, 0, 0, true)));
        let more_thought =
            r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":6,"totalTokenCount":15}"#;
        check("more thought than written", more_thought, Some((10, 0, 5, 5, true)));
    }
}
