//! Decides, event by event, what of a stream goes to the client, and when it is whole. `stream.rs` says why.

use super::chunk::Chunk;
use super::progress::Progress;
use crate::Usage;
use crate::sse::Event;
use crate::stream::{Interruption, MAX_HELD_BYTES, MAX_HELD_EVENTS, State};
use crate::upstream_error::UpstreamError;

/// What is known of a stream so far.
pub(super) struct Relay {
    state: State,
    strip_usage: bool,
    held: Vec<u8>,
    n_held_events: u32,
    progress: Progress,
    usage: Option<Usage>,
    n_content_bytes: u64,
    n_meaningful_events: u64,
}

impl Relay {
    pub(super) fn new(n_choices: u32, strip_usage: bool) -> Self {
        Self {
            state: State::Starting,
            strip_usage,
            held: Vec::new(),
            n_held_events: 0,
            progress: Progress::new(n_choices),
            usage: None,
            n_content_bytes: 0,
            n_meaningful_events: 0,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        self.usage
    }

    pub(super) fn n_content_bytes(&self) -> u64 {
        self.n_content_bytes
    }

    pub(super) fn n_meaningful_events(&self) -> u64 {
        self.n_meaningful_events
    }

    /// Takes an event and writes to `output` what is due.
    pub(super) fn pass(&mut self, event: &Event<'_>, output: &mut Vec<u8>) -> Result<(), Interruption> {
        match event.data.trim_ascii() {
            b"" => Ok(()),
            b"[DONE]" if self.progress.is_each_finished() => {
                self.finish(output);
                Ok(())
            }
            b"[DONE]" => Err(Interruption::Truncated),
            _ => self.pass_chunk(event, output),
        }
    }

    /// The body has ended: supplies a `[DONE]` that was forgotten.
    pub(super) fn end(&mut self, output: &mut Vec<u8>) -> Result<(), Interruption> {
        if self.state == State::Finished {
            return Ok(());
        }
        if !self.progress.is_all_finished() {
            return Err(Interruption::Truncated);
        }
        self.finish(output);
        Ok(())
    }

    fn pass_chunk(&mut self, event: &Event<'_>, output: &mut Vec<u8>) -> Result<(), Interruption> {
        let text = std::str::from_utf8(event.data).map_err(|_| Interruption::Malformed)?;
        let chunk = Chunk::read(text, &mut self.progress);
        if event.name == b"error" || chunk.as_ref().is_ok_and(|chunk| chunk.is_error) {
            return Err(Interruption::UpstreamError(UpstreamError::read(event.data).unwrap_or_default()));
        }
        let chunk = chunk?;
        self.n_content_bytes += chunk.n_content_bytes;
        self.n_meaningful_events += u64::from(chunk.is_meaningful);
        // Some servers close with a usage of zeros; an earlier report is then the better one.
        self.usage = chunk.usage.or(self.usage);
        if self.strip_usage && chunk.is_only_usage() {
            return Ok(());
        }
        self.write(event, chunk.is_meaningful, output);
        Ok(())
    }

    fn write(&mut self, event: &Event<'_>, is_meaningful: bool, output: &mut Vec<u8>) {
        if self.state == State::Flowing {
            return event.write_data(output);
        }
        event.write_data(&mut self.held);
        self.n_held_events += 1;
        if is_meaningful || self.n_held_events > MAX_HELD_EVENTS || self.held.len() > MAX_HELD_BYTES {
            output.extend_from_slice(&std::mem::take(&mut self.held));
            self.state = State::Flowing;
        }
    }

    fn finish(&mut self, output: &mut Vec<u8>) {
        output.extend_from_slice(b"data: [DONE]\n\n");
        self.state = State::Finished;
    }
}
