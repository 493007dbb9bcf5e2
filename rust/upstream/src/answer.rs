//! One answer after another, from bytes to events.

use crate::decoding::Decoder;
use crate::error::{Error, Kind};
use crate::framing::Framing;
use crate::head::{Head, HeadReader};
use crate::limits::Limits;

/// What happened, in this order: one head, any number of pieces of body, the end.
pub enum Event<'a> {
    /// The final head.
    Head(&'a Head),
    /// A piece of the body, decoded, never empty. Its bounds mean nothing.
    Body(&'a [u8]),
    /// The answer arrived whole.
    End,
}

/// Where the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Idle,
    Head,
    Body,
    Closed,
}

/// Reads the answers of one connection.
pub(crate) struct Answers {
    state: State,
    limits: Limits,
    is_head_request: bool,
    has_begun: bool,
    reader: HeadReader,
    head: Head,
    framing: Framing,
    decoder: Decoder,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Idle,
            limits: Limits::default(),
            is_head_request: false,
            has_begun: false,
            reader: HeadReader::default(),
            head: Head::default(),
            framing: Framing::Length(0),
            decoder: Decoder::default(),
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Expects the answer to a request that is about to be sent.
    pub(crate) fn expect(&mut self, method: &str, limits: Limits) {
        self.state = State::Head;
        self.limits = limits;
        self.is_head_request = method == "HEAD";
        self.has_begun = false;
        self.reader.begin(limits.head);
    }

    /// Reads `data`, which may end anywhere.
    pub(crate) fn feed(&mut self, mut data: &[u8], on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Error> {
        while !data.is_empty() {
            match self.state {
                State::Head => {
                    self.has_begun = true;
                    let Some(rest) = self.reader.read(data, &mut self.head)? else { return Ok(()) };
                    data = rest;
                    self.after_head(on_event)?;
                }
                State::Body => {
                    let (payload, rest) = self.framing.next(data)?;
                    data = rest;
                    self.decoder.decode(payload, self.limits, |decoded| on_event(Event::Body(decoded)))?;
                    self.finish_if_complete(on_event)?;
                }
                // Nothing was asked: what comes cannot be an answer, and must not be taken for the next one.
                State::Idle | State::Closed => {
                    self.close();
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Takes note that the peer has said it will send no more.
    pub(crate) fn end(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Error> {
        if self.state == State::Body && matches!(self.framing, Framing::UntilClose) {
            return self.finish(on_event);
        }
        self.cut()
    }

    /// Takes note that no more will come, whether the peer meant it or not.
    pub(crate) fn cut(&mut self) -> Result<(), Error> {
        let is_outstanding = matches!(self.state, State::Head | State::Body);
        self.close();
        if is_outstanding {
            return Err(Error::new(Kind::Truncated, "the peer closed before the answer was whole"));
        }
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.state = State::Closed;
    }

    fn after_head(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Error> {
        let has_no_body = match self.head.status() {
            ..100 | 101 => return Err(Error::new(Kind::Malformed, "the answer's status was not asked for")),
            // An interim head; the final one is yet to come.
            102..200 | 100 => return Ok(()),
            status => self.is_head_request || matches!(status, 204 | 304),
        };
        self.framing = if has_no_body { Framing::Length(0) } else { Framing::of(&self.head)? };
        self.decoder = if self.framing.is_complete() { Decoder::default() } else { Decoder::of(&self.head)? };
        self.state = State::Body;
        on_event(Event::Head(&self.head));
        self.finish_if_complete(on_event)
    }

    fn finish_if_complete(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Error> {
        if self.framing.is_complete() { self.finish(on_event) } else { Ok(()) }
    }

    fn finish(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Error> {
        self.decoder.finish()?;
        let is_kept = self.framing.is_complete() && self.head.keeps_alive();
        self.state = if is_kept { State::Idle } else { State::Closed };
        on_event(Event::End);
        Ok(())
    }
}
