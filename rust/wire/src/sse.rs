//! Server-sent events, from bytes that may be cut anywhere.
//!
//! As WHATWG's HTML standard has it (section 9.2.6), with one leniency: the end of the body also ends an event, since
//! some servers forget the last blank line. Comments, `id:` and `retry:` are dropped.

use memchr::{memchr, memchr2};

/// Bytes of one event, its field names included. The largest in use carry a few hundred kilobytes of audio.
const MAX_EVENT: usize = 1024 * 1024;

/// An event that has data.
pub(crate) struct Event<'a> {
    /// From its `event:` line; empty when it has none.
    pub(crate) name: &'a [u8],
    /// Its `data:` lines, with line feeds between them.
    pub(crate) data: &'a [u8],
}

impl Event<'_> {
    /// Writes the event with its name, for dialects that use it.
    pub(crate) fn write(&self, output: &mut Vec<u8>) {
        if !self.name.is_empty() {
            output.extend_from_slice(b"event: ");
            output.extend_from_slice(self.name);
            output.push(b'\n');
        }
        self.write_data(output);
    }

    /// Writes the event without its name. Line feeds in its data are white space of its JSON, each of which makes a line
    /// of its own.
    pub(crate) fn write_data(&self, output: &mut Vec<u8>) {
        let mut rest = self.data;
        while let Some(n_line) = memchr(b'\n', rest) {
            output.extend_from_slice(b"data: ");
            output.extend_from_slice(&rest[..=n_line]);
            rest = &rest[n_line + 1..];
        }
        output.extend_from_slice(b"data: ");
        output.extend_from_slice(rest);
        output.extend_from_slice(b"\n\n");
    }
}

/// An event has more bytes than are held.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// Cuts a body into events.
#[derive(Default)]
pub(crate) struct Decoder {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    name: Vec<u8>,
    /// Its lines so far, each with a line feed.
    data: Vec<u8>,
    has_first_line: bool,
    /// The last line ended in a carriage return: a line feed that follows belongs to it.
    is_after_return: bool,
    /// The event was handed out and must be cleared before the next one.
    is_delivered: bool,
}

impl Decoder {
    /// The next event in `input`, which is cut down to what follows it. `None`: all was read, feed more.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Event<'_>>, TooLarge> {
        self.clear_delivered();
        loop {
            self.pass_line_feed(input);
            let Some(n_line) = memchr2(b'\n', b'\r', input) else {
                self.check_size(input.len())?;
                self.line.extend_from_slice(input);
                *input = &[];
                return Ok(None);
            };
            self.check_size(n_line)?;
            let (line, rest) = input.split_at(n_line);
            self.is_after_return = rest[0] == b'\r';
            *input = &rest[1..];
            if self.line.is_empty() {
                self.read_line(line);
            } else {
                self.line.extend_from_slice(line);
                self.read_own_line();
            }
            if self.is_delivered {
                return Ok(Some(self.event()));
            }
        }
    }

    /// The event that the end of the body cut short, if there is one.
    pub(crate) fn end(&mut self) -> Option<Event<'_>> {
        self.clear_delivered();
        self.read_own_line();
        (!self.data.is_empty()).then(|| self.event())
    }

    fn event(&self) -> Event<'_> {
        Event { name: &self.name, data: self.data.strip_suffix(b"\n").unwrap_or_default() }
    }

    fn read_own_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        self.read_line(&line);
        line.clear();
        self.line = line;
    }

    fn read_line(&mut self, line: &[u8]) {
        let line = if self.has_first_line { line } else { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) };
        self.has_first_line = true;
        if line.is_empty() {
            self.is_delivered = !self.data.is_empty();
            if !self.is_delivered {
                self.name.clear();
            }
        } else if let Some(value) = field(line, b"data") {
            self.data.extend_from_slice(value);
            self.data.push(b'\n');
        } else if let Some(value) = field(line, b"event") {
            self.name.clear();
            self.name.extend_from_slice(value);
        }
    }

    fn clear_delivered(&mut self) {
        if self.is_delivered {
            self.is_delivered = false;
            self.data.clear();
            self.name.clear();
        }
    }

    fn pass_line_feed(&mut self, input: &mut &[u8]) {
        if self.is_after_return && !input.is_empty() {
            self.is_after_return = false;
            *input = input.strip_prefix(b"\n").unwrap_or(input);
        }
    }

    fn check_size(&self, n_more: usize) -> Result<(), TooLarge> {
        let n_held = self.line.len() + self.data.len() + self.name.len();
        if n_held + n_more > MAX_EVENT { Err(TooLarge) } else { Ok(()) }
    }
}

/// The value of a line if its field has this name: after the colon and at most one space.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(&[]),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}
