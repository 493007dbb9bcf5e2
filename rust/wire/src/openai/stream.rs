//! A stream of chat or text completions for a client of the same dialect.
//!
//! # What is passed on
//! Each event's data as it came, framed as `data: ...` and a blank line. Comments go, as the gateway writes its own
//! keep-alives, and so do `event:` and `id:` lines, which this dialect does not use.
//!
//! # When a stream is whole
//! When each choice has told why it ended. `[DONE]` alone proves nothing, and without it nothing is missing: it is then
//! added. Anything else is an interruption, and never made to look like an end.

use super::relay::Relay;
use crate::Usage;
use crate::sse::Decoder;
use crate::stream::{Interruption, State};

/// Reads a stream from one upstream. After an interruption it must not be fed again.
pub struct StreamReader {
    decoder: Decoder,
    relay: Relay,
}

impl StreamReader {
    /// `n_choices` as the request has it; `strip_usage` when usage was asked for by the gateway alone.
    pub fn new(n_choices: u32, strip_usage: bool) -> Self {
        Self { decoder: Decoder::default(), relay: Relay::new(n_choices, strip_usage) }
    }

    /// Reads `data`, bytes of the decoded body cut anywhere, and appends what the client is to get to `output`. What
    /// follows `[DONE]` is ignored.
    ///
    /// # Errors
    /// Any `Interruption`.
    pub fn feed(&mut self, mut data: &[u8], output: &mut Vec<u8>) -> Result<State, Interruption> {
        while self.relay.state() != State::Finished {
            let Some(event) = self.decoder.next(&mut data)? else { break };
            self.relay.pass(&event, output)?;
        }
        Ok(self.relay.state())
    }

    /// Takes note that the body has ended.
    ///
    /// # Errors
    /// `Interruption::Truncated`, also where the body ends inside an event; `Interruption::UpstreamError`.
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<State, Interruption> {
        if self.relay.state() != State::Finished
            && let Some(event) = self.decoder.end()
        {
            self.relay.pass(&event, output).map_err(|interruption| match interruption {
                Interruption::Malformed => Interruption::Truncated,
                other => other,
            })?;
        }
        self.relay.end(output)?;
        Ok(self.relay.state())
    }

    /// What the upstream says it used, as last told.
    pub fn usage(&self) -> Option<Usage> {
        self.relay.usage()
    }

    /// Bytes of text that the model wrote, thoughts and calls included: for an estimate where usage is absent.
    pub fn n_content_bytes(&self) -> u64 {
        self.relay.n_content_bytes()
    }

    /// Events that said something: progress, which comments and empty chunks are not.
    pub fn n_meaningful_events(&self) -> u64 {
        self.relay.n_meaningful_events()
    }
}
