//! Writes a request as HTTP/1.1.

use crate::error::{Error, Kind};

/// A request whose body is already whole, so that its length is known.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// Path and query, beginning with `/`.
    pub target: &'a str,
    /// The value of `Host`: the name, and the port where it is not the scheme's own.
    pub host: &'a str,
    /// Every other header. Those in which a connection speaks of itself (`Host`, `Content-Length`, `Connection`, ...)
    /// are refused.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// May be empty.
    pub body: &'a [u8],
}

/// Headers that this crate writes itself, or that would change how the connection works.
const RESERVED: [&str; 11] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Request<'_> {
    /// Replaces `head` by the head of this request; the body follows it as it is.
    ///
    /// # Errors
    /// `Kind::InvalidRequest` where a part could end its line or change the framing, so that a provider might see two
    /// requests in one.
    pub(crate) fn encode_head(&self, head: &mut Vec<u8>) -> Result<(), Error> {
        self.validate()?;
        head.clear();
        for part in [self.method, " ", self.target, " HTTP/1.1\r\nhost: ", self.host, "\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        for (name, value) in self.headers {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                head.extend_from_slice(part);
            }
        }
        if self.expects_length() {
            head.extend_from_slice(b"content-length: ");
            head.extend_from_slice(self.body.len().to_string().as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"accept-encoding: identity\r\n\r\n");
        Ok(())
    }

    /// RFC 9110, 8.6: a length of zero is only told for methods that usually have a body.
    fn expects_length(&self) -> bool {
        !self.body.is_empty() || matches!(self.method, "POST" | "PUT" | "PATCH")
    }

    fn validate(&self) -> Result<(), Error> {
        let refuse = |reason| Err(Error::new(Kind::InvalidRequest, reason));
        if !is_token(self.method) || self.method == "CONNECT" {
            return refuse("the method is not one that can be sent");
        }
        if !self.target.starts_with('/') || !is_visible(self.target) {
            return refuse("the target must begin with / and hold only visible ASCII characters");
        }
        if self.host.is_empty() || !is_visible(self.host) {
            return refuse("the host must not be empty and hold only visible ASCII characters");
        }
        for (name, value) in self.headers {
            if !is_token(name) {
                return refuse("a header's name holds a character that is not allowed");
            }
            if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
                return refuse("a header is one that the connection sets itself");
            }
            if !value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f)) {
                return refuse("a header's value holds a control character");
            }
        }
        Ok(())
    }
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
