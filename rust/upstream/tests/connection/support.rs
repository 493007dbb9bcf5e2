//! What every test here does: send a request, hand over some bytes, see what becomes of them.

use tiercel_upstream::{Connection, Event, Kind, Limits, Phase, Request};

/// What an answer came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// Of the final heads.
    pub(crate) statuses: Vec<u16>,
    pub(crate) body: Vec<u8>,
    pub(crate) n_ends: usize,
    pub(crate) failure: Option<Kind>,
}

impl Seen {
    pub(crate) fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Head(head) => self.statuses.push(head.status()),
            Event::Body(piece) => self.body.extend_from_slice(piece),
            Event::End => self.n_ends += 1,
        }
    }
}

pub(crate) fn request<'a>(method: &'a str, body: &'a [u8]) -> Request<'a> {
    Request { method, target: "/v1/chat", host: "provider.test", headers: &[("authorization", b"Bearer k")], body }
}

/// What `reads` come to as the answer to a request without TLS, and what the connection is then. An empty read is the
/// end of file.
pub(crate) fn answer<'a>(method: &str, limits: Limits, reads: impl IntoIterator<Item = &'a [u8]>) -> (Seen, Phase) {
    let mut connection = Connection::plain();
    let mut seen = Seen::default();
    let mut output = Vec::new();
    if let Err(error) = connection.send(&request(method, b"{}"), limits, &mut output) {
        seen.failure = Some(error.kind());
    }
    output.clear();
    for read in reads {
        if let Err(error) = connection.receive(read, &mut output, |event| seen.note(&event)) {
            seen.failure = Some(error.kind());
            break;
        }
    }
    assert!(output.is_empty(), "without TLS nothing is sent while reading");
    (seen, connection.phase())
}
