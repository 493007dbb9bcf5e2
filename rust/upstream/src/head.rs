//! The head of an answer: its status and headers.

use std::mem::MaybeUninit;

use memchr::memmem;

use crate::error::{Error, Kind};

/// No provider sends half as many; past it a head is an attack or not HTTP.
const MAX_HEADERS: usize = 128;

const START: &[u8] = b"HTTP/1.";
const END: &[u8] = b"\r\n\r\n";

/// Status and headers of an answer.
///
/// Names and values lie in two buffers that a connection uses for all its answers, so that reading a head allocates
/// only for the first one. There is no `Debug`: headers carry cookies and account names.
#[derive(Default)]
pub struct Head {
    status: u16,
    is_http_10: bool,
    names: String,
    values: Vec<u8>,
    /// Where each header ends in `names` and in `values`.
    ends: Vec<(usize, usize)>,
}

impl Head {
    /// The status, from 200 to 999: interim answers are skipped.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of the first header called `name`, in whatever case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// Every header in the order of arrival, its name in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut start = (0, 0);
        self.ends.iter().map(move |&end| {
            let header = (&self.names[start.0..end.0], &self.values[start.1..end.1]);
            start = end;
            header
        })
    }

    /// The values of every header called `name`.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether the peer means to keep the connection after this answer. RFC 9112, 9.3.
    pub(crate) fn keeps_alive(&self) -> bool {
        let says = |option| self.all("connection").any(|value| lists(value, option));
        if self.is_http_10 { says("keep-alive") && !says("close") } else { !says("close") }
    }

    pub(crate) fn is_http_10(&self) -> bool {
        self.is_http_10
    }

    fn parse(&mut self, bytes: &[u8]) -> Result<(), Error> {
        check_start(bytes)?;
        let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default()
            .parse_response_with_uninit_headers(&mut response, bytes, &mut headers)
            .map_err(refused)?;
        // The parser also takes a lone line feed as the end of a line; where two readers could differ, we refuse.
        if parsed != httparse::Status::Complete(bytes.len()) || has_bare_line_feed(bytes) {
            return Err(Error::new(Kind::Malformed, "the answer's head has lines that do not end in CR LF"));
        }
        self.status = response.code.unwrap_or_default();
        self.is_http_10 = response.version == Some(0);
        self.names.clear();
        self.values.clear();
        self.ends.clear();
        for header in response.headers.iter() {
            self.names.push_str(header.name);
            self.values.extend_from_slice(header.value);
            self.ends.push((self.names.len(), self.values.len()));
        }
        self.names.make_ascii_lowercase();
        Ok(())
    }
}

/// Collects the bytes of a head until it is whole.
#[derive(Default)]
pub(crate) struct HeadReader {
    /// The start of a head that came in pieces; empty in the usual case, where one read holds it all.
    partial: Vec<u8>,
    /// How many bytes the heads of this answer, interim ones included, may still have.
    budget: usize,
}

impl HeadReader {
    /// Prepares for an answer whose heads have at most `budget` bytes.
    pub(crate) fn begin(&mut self, budget: usize) {
        self.partial.clear();
        self.budget = budget;
    }

    /// Reads a head into `head`. Returns what follows it in `data`, or `None` if it has not ended yet.
    ///
    /// # Errors
    /// `Kind::Malformed`; `Kind::TooLarge` past the budget.
    pub(crate) fn read<'d>(&mut self, data: &'d [u8], head: &mut Head) -> Result<Option<&'d [u8]>, Error> {
        if self.partial.is_empty()
            && let Some(end) = end_of_head(data, 0)
        {
            self.spend(end)?;
            head.parse(&data[..end])?;
            return Ok(Some(&data[end..]));
        }
        let n_before = self.partial.len();
        let n_room = self.budget.saturating_add(1).saturating_sub(n_before);
        self.partial.extend_from_slice(&data[..data.len().min(n_room)]);
        let Some(end) = end_of_head(&self.partial, n_before) else {
            check_start(&self.partial)?;
            return if self.partial.len() > self.budget { Err(too_large()) } else { Ok(None) };
        };
        self.spend(end)?;
        head.parse(&self.partial[..end])?;
        self.partial.clear();
        Ok(Some(&data[end - n_before..]))
    }

    fn spend(&mut self, n_bytes: usize) -> Result<(), Error> {
        self.budget = self.budget.checked_sub(n_bytes).ok_or_else(too_large)?;
        Ok(())
    }
}

/// Where the head in `bytes` ends, if it does, when it was known not to end in the first `n_searched` bytes.
fn end_of_head(bytes: &[u8], n_searched: usize) -> Option<usize> {
    let start = n_searched.saturating_sub(END.len() - 1);
    memmem::find(&bytes[start..], END).map(|found| start + found + END.len())
}

/// Refuses another protocol at its first byte, rather than wait for the end of a head that will not come.
fn check_start(bytes: &[u8]) -> Result<(), Error> {
    let n_compared = bytes.len().min(START.len());
    if bytes[..n_compared] == START[..n_compared] {
        return Ok(());
    }
    Err(Error::new(Kind::Malformed, "the peer does not speak HTTP/1.1"))
}

fn has_bare_line_feed(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes).any(|at| at == 0 || bytes[at - 1] != b'\r')
}

/// Whether a comma-separated `value` names `option`.
fn lists(value: &[u8], option: &str) -> bool {
    value.split(|&byte| byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
}

fn refused(source: httparse::Error) -> Error {
    match source {
        httparse::Error::TooManyHeaders => {
            Error::because(Kind::TooLarge, "the answer's head has too many headers", source)
        }
        _ => Error::because(Kind::Malformed, "the answer's head is not HTTP/1.1", source),
    }
}

fn too_large() -> Error {
    Error::new(Kind::TooLarge, "the answer's head exceeds its limit")
}
