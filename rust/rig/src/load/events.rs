//! Counts server-sent events and knows how a stream has to end.

use memchr::memchr;

use super::Failure;

/// The events seen of one stream.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// A line that has not arrived whole.
    rest: Vec<u8>,
    in_event: bool,
    done: bool,
}

impl Events {
    /// Reads on; returns how many events `bytes` completed.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<u64, Failure> {
        self.rest.extend_from_slice(bytes);
        let rest = std::mem::take(&mut self.rest);
        let (mut lines, mut n_completed) = (rest.as_slice(), 0);
        while let Some(end) = memchr(b'\n', lines) {
            n_completed += u64::from(self.line(lines[..end].trim_ascii_end())?);
            lines = &lines[end + 1..];
        }
        self.rest = lines.to_vec();
        Ok(n_completed)
    }

    /// Whether the stream ended as it has to: with `[DONE]`, and nothing after it.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        if self.done && !self.in_event && self.rest.is_empty() { Ok(()) } else { Err(Failure::Incomplete) }
    }

    /// Reads a line; true when it completed an event.
    fn line(&mut self, line: &[u8]) -> Result<bool, Failure> {
        if line.is_empty() {
            return Ok(std::mem::take(&mut self.in_event));
        }
        let Some(data) = line.strip_prefix(b"data:") else {
            // A comment, or a field that OpenAI's clients do not read.
            return Ok(false);
        };
        let data = data.trim_ascii_start();
        if self.done {
            return Err(Failure::Malformed);
        }
        if data.starts_with(br#"{"error""#) {
            return Err(Failure::ErrorEvent);
        }
        self.in_event = true;
        self.done = data == b"[DONE]";
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `stream` in pieces of every size: how it was cut must not matter.
    fn check(case: &str, stream: &str, expected: Result<u64, Failure>) {
        for size in 1..=stream.len() {
            let mut events = Events::default();
            let actual = stream
                .as_bytes()
                .chunks(size)
                .try_fold(0, |n_events, piece| Ok(n_events + events.feed(piece)?))
                .and_then(|n_events| events.finish().map(|()| n_events));

            assert_eq!(expected, actual, "{case}, in pieces of {size}");
        }
    }

    #[test]
    fn how_streams_end() {
        check("two events", "data: {}\n\ndata: [DONE]\n\n", Ok(2));
        check("no spaces, carriage returns", "data:{}\r\n\r\ndata:[DONE]\r\n\r\n", Ok(2));
        check("a comment counts for nothing", ": ping\n\ndata: {}\n\ndata: [DONE]\n\n", Ok(2));
        check("no terminal event", "data: {}\n\n", Err(Failure::Incomplete));
        check("a terminal event that was cut", "data: {}\n\ndata: [DONE]\n", Err(Failure::Incomplete));
        check("an event after the last", "data: [DONE]\n\ndata: {}\n\n", Err(Failure::Malformed));
        check("an error", "data: {\"error\":{}}\n\n", Err(Failure::ErrorEvent));
    }
}
