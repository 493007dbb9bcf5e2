//! A streamed answer, on its way from the upstream to the client.
//!
//! # What is passed on
//! Each event's data as it came, framed as `data: ...` and a blank line. Comments go, as the gateway writes its own
//! keep-alives, and so do `event:` and `id:` lines, which this dialect does not use.
//!
//! # Why the first events are held back
//! Once the client has a byte, no other upstream can be tried. Providers send a role, or an empty choice, before the
//! model has begun; many failures come just after. So nothing is written before the first event that says something.
//!
//! # When a stream is whole
//! When each choice has told why it ended. `[DONE]` alone proves nothing, and without it nothing is missing: it is then
//! added. Anything else is an interruption, and never made to look like an end.

use std::fmt;

use super::UpstreamError;
use super::relay::Relay;
use crate::Usage;
use crate::sse::{Decoder, TooLarge};

/// How far a stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was written: another upstream may still be tried.
    Starting,
    /// Something was written.
    Flowing,
    /// All was written, `[DONE]` included.
    Finished,
}

/// Why a stream ends before it is whole. What was written up to then stays; the event that caused it is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// It ended, or said that it was done, before each choice told why it ended.
    Truncated,
    /// An event is not a JSON object of this dialect.
    Malformed,
    /// An event is an error.
    UpstreamError(UpstreamError),
    /// An event has more than 1 MiB.
    TooLarge,
}

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

impl From<TooLarge> for Interruption {
    fn from(TooLarge: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Truncated => "the upstream's stream ended before the answer did",
            Self::Malformed => "the upstream's stream has an event that is not of its dialect",
            Self::UpstreamError(_) => "the upstream reported an error inside its stream",
            Self::TooLarge => "the upstream's stream has an event of more than 1 MiB",
        })
    }
}

impl std::error::Error for Interruption {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::UpstreamError(error) => Some(error),
            Self::Truncated | Self::Malformed | Self::TooLarge => None,
        }
    }
}
