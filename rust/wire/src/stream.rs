//! A streamed answer, on its way from the upstream to the client, in whichever dialects.
//!
//! # Why the first events are held back
//! Once the client has a byte, no other upstream can be tried. Providers send a role, or an empty choice, before the
//! model has begun; many failures come just after. So nothing is written before the first event that says something.
//!
//! # When a stream is whole
//! When its dialect's terminal event came. Anything else is an interruption, and never made to look like an end.

use std::fmt;

use crate::chat::Event;
use crate::upstream_error::UpstreamError;
use crate::{Upstream, Usage, bedrock, openai, sse};

/// Events that are held back. The most that was seen is one a choice.
pub(crate) const MAX_HELD_EVENTS: u32 = 64;
/// Bytes that are held back, which bounds a stream's memory beside the one event being read.
pub(crate) const MAX_HELD_BYTES: usize = 256 * 1024;

/// How far a stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was written: another upstream may still be tried.
    Starting,
    /// Something was written.
    Flowing,
    /// All was written, the terminal event included.
    Finished,
}

/// Why a stream ends before it is whole. What was written up to then stays; the event that caused it is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// It ended, or said that it was done, before its dialect's terminal event.
    Truncated,
    /// An event is not of its dialect.
    Malformed,
    /// An event is an error.
    UpstreamError(UpstreamError),
    /// An event has more than 1 MiB.
    TooLarge,
}

/// Reads the events of one upstream's dialect.
pub(crate) trait ReadEvents: Send {
    /// Reads one event and hands what it says to `sink`, `Event::End` where it is the terminal one. It is not called
    /// again after that.
    fn read(&mut self, event: &sse::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption>;

    /// Takes note that the body has ended without a terminal event: `Event::End` goes to `sink` where none is missing.
    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption>;
}

/// Writes events in one client's dialect.
pub(crate) trait WriteEvents: Send {
    /// Appends what the client is to get for `event`, which may be nothing yet.
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>);
}

/// Where events come from.
pub(crate) enum Framing {
    Sse(sse::Decoder),
    EventStream(bedrock::FrameDecoder),
}

impl Framing {
    pub(crate) fn of(upstream: Upstream) -> Self {
        match upstream {
            Upstream::Bedrock => Self::EventStream(bedrock::FrameDecoder::default()),
            Upstream::OpenAi | Upstream::Responses | Upstream::Anthropic | Upstream::Gemini | Upstream::Cohere => {
                Self::Sse(sse::Decoder::default())
            }
        }
    }

    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<sse::Event<'_>>, Interruption> {
        match self {
            Self::Sse(decoder) => Ok(decoder.next(input)?),
            Self::EventStream(decoder) => decoder.next(input),
        }
    }

    pub(crate) fn end(&mut self) -> Result<Option<sse::Event<'_>>, Interruption> {
        match self {
            Self::Sse(decoder) => Ok(decoder.end()),
            Self::EventStream(decoder) => decoder.end().map(|()| None),
        }
    }
}

/// What becomes of events.
pub(crate) enum Output {
    /// The client speaks the upstream's dialect: they go on as they came, framed as that dialect has it.
    Relay(fn(&sse::Event<'_>, &mut Vec<u8>)),
    /// They are written anew.
    Write(Box<dyn WriteEvents>),
}

/// Reads a stream from one upstream. After an interruption it must not be fed again.
pub struct StreamReader(Kind);

enum Kind {
    // The most used path has code of its own, which reads each event in one pass and builds nothing.
    OpenAi(Box<openai::StreamReader>),
    General(Box<General>),
}

struct General {
    framing: Framing,
    reader: Box<dyn ReadEvents>,
    output: Output,
    state: State,
    held: Vec<u8>,
    n_held_events: u32,
    meter: Meter,
}

/// What is counted of a stream.
#[derive(Default)]
struct Meter {
    usage: Option<Usage>,
    n_content_bytes: u64,
    n_meaningful_events: u64,
    is_at_end: bool,
}

impl StreamReader {
    pub(crate) fn openai(n_choices: u32, strip_usage: bool) -> Self {
        Self(Kind::OpenAi(Box::new(openai::StreamReader::new(n_choices, strip_usage))))
    }

    pub(crate) fn general(framing: Framing, reader: Box<dyn ReadEvents>, output: Output) -> Self {
        Self(Kind::General(Box::new(General {
            framing,
            reader,
            output,
            state: State::Starting,
            held: Vec::new(),
            n_held_events: 0,
            meter: Meter::default(),
        })))
    }

    /// Reads `data`, bytes of the decoded body cut anywhere, and appends what the client is to get to `output`. What
    /// follows the terminal event is ignored.
    ///
    /// # Errors
    /// Any `Interruption`.
    pub fn feed(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<State, Interruption> {
        match &mut self.0 {
            Kind::OpenAi(reader) => reader.feed(data, output),
            Kind::General(reader) => reader.feed(data, output),
        }
    }

    /// Takes note that the body has ended.
    ///
    /// # Errors
    /// `Interruption::Truncated`, also where the body ends inside an event; `Interruption::UpstreamError`.
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<State, Interruption> {
        match &mut self.0 {
            Kind::OpenAi(reader) => reader.end(output),
            Kind::General(reader) => reader.end(output),
        }
    }

    /// What the upstream says it used, as last told.
    pub fn usage(&self) -> Option<Usage> {
        match &self.0 {
            Kind::OpenAi(reader) => reader.usage(),
            Kind::General(reader) => reader.meter.usage,
        }
    }

    /// Bytes of text that the model wrote, thoughts and calls included: for an estimate where usage is absent.
    pub fn n_content_bytes(&self) -> u64 {
        match &self.0 {
            Kind::OpenAi(reader) => reader.n_content_bytes(),
            Kind::General(reader) => reader.meter.n_content_bytes,
        }
    }

    /// Events that said something: progress, which comments and empty chunks are not.
    pub fn n_meaningful_events(&self) -> u64 {
        match &self.0 {
            Kind::OpenAi(reader) => reader.n_meaningful_events(),
            Kind::General(reader) => reader.meter.n_meaningful_events,
        }
    }
}

impl General {
    fn feed(&mut self, mut data: &[u8], output: &mut Vec<u8>) -> Result<State, Interruption> {
        while self.state != State::Finished {
            let Self { framing, reader, output: destination, held, meter, .. } = self;
            let Some(event) = framing.next(&mut data)? else { break };
            let is_meaningful = pass(&event, reader.as_mut(), destination, meter, held)?;
            self.release(is_meaningful, output);
        }
        Ok(self.state)
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<State, Interruption> {
        if self.state == State::Finished {
            return Ok(self.state);
        }
        let Self { framing, reader, output: destination, held, meter, .. } = self;
        if let Some(event) = framing.end()? {
            pass(&event, reader.as_mut(), destination, meter, held).map_err(|interruption| match interruption {
                Interruption::Malformed => Interruption::Truncated,
                other => other,
            })?;
        }
        if !meter.is_at_end {
            reader.end(&mut |piece| meter.take(&piece, destination, held))?;
        }
        self.meter.is_at_end = true;
        self.release(true, output);
        Ok(self.state)
    }

    /// Hands out what was written, once something was said or too much is held.
    fn release(&mut self, is_meaningful: bool, output: &mut Vec<u8>) {
        self.n_held_events += 1;
        let is_full = self.n_held_events > MAX_HELD_EVENTS || self.held.len() > MAX_HELD_BYTES;
        if self.state == State::Flowing || is_meaningful || is_full {
            output.append(&mut self.held);
            self.state = State::Flowing;
        }
        if self.meter.is_at_end {
            output.append(&mut self.held);
            self.state = State::Finished;
        }
    }
}

/// Passes one event on to `held`; whether it says something.
fn pass(
    event: &sse::Event<'_>,
    reader: &mut dyn ReadEvents,
    destination: &mut Output,
    meter: &mut Meter,
    held: &mut Vec<u8>,
) -> Result<bool, Interruption> {
    let n_meaningful_events = meter.n_meaningful_events;
    reader.read(event, &mut |piece| meter.take(&piece, destination, held))?;
    if let Output::Relay(frame) = destination {
        frame(event, held);
    }
    Ok(meter.n_meaningful_events > n_meaningful_events)
}

impl Meter {
    fn take(&mut self, piece: &Event<'_>, destination: &mut Output, held: &mut Vec<u8>) {
        self.n_meaningful_events += u64::from(piece.is_meaningful());
        self.n_content_bytes += piece.n_content_bytes();
        match piece {
            // Some servers close with a usage of zeros; an earlier report is then the better one.
            Event::Usage(usage) if !usage.is_zero() => self.usage = Some(*usage),
            Event::End => self.is_at_end = true,
            _ => {}
        }
        if let Output::Write(writer) = destination {
            writer.write(piece, held);
        }
    }
}

impl From<sse::TooLarge> for Interruption {
    fn from(sse::TooLarge: sse::TooLarge) -> Self {
        Self::TooLarge
    }
}

impl From<crate::json::Fault> for Interruption {
    fn from(_: crate::json::Fault) -> Self {
        Self::Malformed
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
