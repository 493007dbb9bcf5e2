//! Usage as Anthropic reports it: `input_tokens` leaves out what was read from and written to the cache,
//! `output_tokens` includes thoughts.

use crate::Usage;
use crate::json::{Cursor, Fault, ObjectWriter, Value};
use crate::usage::count;

/// What was reported so far. A stream reports twice, each time everything up to then; some servers report zeros in one
/// of the two, so the larger count holds.
#[derive(Default)]
pub(super) struct Report {
    input: u64,
    cache_read: u64,
    cache_write: u64,
    cache_write_1h: u64,
    output: u64,
    reasoning: u64,
    is_suspect: bool,
}

impl Report {
    /// Reads a value of `usage`, which may be anything.
    pub(super) fn read(&mut self, usage: Value<'_>) -> Result<(), Fault> {
        Cursor::new(usage.text()).object_or_skip(|cursor, key| match &*key.name() {
            "input_tokens" => self.count(cursor, |report| &mut report.input),
            "cache_read_input_tokens" => self.count(cursor, |report| &mut report.cache_read),
            "cache_creation_input_tokens" => self.count(cursor, |report| &mut report.cache_write),
            "output_tokens" => self.count(cursor, |report| &mut report.output),
            "cache_creation" => cursor.object_or_skip(|cursor, key| match &*key.name() {
                "ephemeral_1h_input_tokens" => self.count(cursor, |report| &mut report.cache_write_1h),
                _ => cursor.skip().map(drop),
            }),
            "output_tokens_details" => cursor.object_or_skip(|cursor, key| match &*key.name() {
                "thinking_tokens" => self.count(cursor, |report| &mut report.reasoning),
                _ => cursor.skip().map(drop),
            }),
            _ => cursor.skip().map(drop),
        })
    }

    /// `None` where all counts are absent or zero.
    pub(super) fn usage(&self) -> Option<Usage> {
        let cache_write_1h = self.cache_write_1h.min(self.cache_write);
        let reasoning = self.reasoning.min(self.output);
        let was_cut = (cache_write_1h, reasoning) != (self.cache_write_1h, self.reasoning);
        let usage = Usage {
            n_input: self.input,
            n_cache_read: self.cache_read,
            n_cache_write: self.cache_write,
            n_cache_write_1h: cache_write_1h,
            n_output: self.output,
            n_reasoning: reasoning,
            is_suspect: self.is_suspect || was_cut,
        };
        (!usage.is_zero()).then_some(usage)
    }

    fn count(&mut self, cursor: &mut Cursor<'_>, place: fn(&mut Self) -> &mut u64) -> Result<(), Fault> {
        let (n_tokens, is_suspect) = count(cursor.skip()?);
        self.is_suspect |= is_suspect;
        let place = place(self);
        *place = n_tokens.max(*place);
        Ok(())
    }
}

/// Writes the member `usage`.
pub(super) fn write(usage: &Usage, object: &mut ObjectWriter<'_>) {
    object.object("usage", |object| {
        object.number("input_tokens", usage.n_input);
        object.number("cache_creation_input_tokens", usage.n_cache_write);
        object.number("cache_read_input_tokens", usage.n_cache_read);
        if usage.n_cache_write > 0 {
            object.object("cache_creation", |object| {
                object.number("ephemeral_5m_input_tokens", usage.n_cache_write.saturating_sub(usage.n_cache_write_1h));
                object.number("ephemeral_1h_input_tokens", usage.n_cache_write_1h);
            });
        }
        object.number("output_tokens", usage.n_output);
        if usage.n_reasoning > 0 {
            object.object("output_tokens_details", |object| object.number("thinking_tokens", usage.n_reasoning));
        }
    });
}
