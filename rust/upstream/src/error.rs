//! What can go wrong between a request and its answer.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, in the terms in which the caller decides whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Certificates or a host name that TLS cannot use. No connection was attempted.
    Configuration,
    /// The request cannot be written as HTTP/1.1: nothing was sent, and the connection is as it was.
    InvalidRequest,
    /// The connection cannot carry another request now: it is closed, or an answer is outstanding. Nothing was sent.
    Unavailable,
    /// The handshake was refused, by either side, or a record was forged or damaged.
    Tls,
    /// The peer closed before the answer was whole.
    Truncated,
    /// The answer is not HTTP/1.1, or its length is ambiguous.
    Malformed,
    /// The answer exceeds its [`Limits`](crate::Limits).
    TooLarge,
    /// The body is in an encoding that was not asked for and is not gzip, or it is broken gzip.
    Decoding,
}

/// Why a connection failed. Its text holds no header, body or key.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    reason: &'static str,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// What the caller should act on.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn new(kind: Kind, reason: &'static str) -> Self {
        Self { kind, reason, source: None }
    }

    pub(crate) fn because(
        kind: Kind,
        reason: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { kind, reason, source: Some(source.into()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
