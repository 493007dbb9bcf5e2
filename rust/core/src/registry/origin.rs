//! Ways of connecting.

use crate::config::Roots;
use std::time::Duration;

/// A way of connecting, which providers that connect alike share, and whose connections they share with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A name or an address; that of IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS is spoken.
    pub is_tls: bool,
    /// Certificates to trust beside `roots`, as PEM.
    pub ca: Option<Vec<u8>>,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// How many connections a worker opens at most.
    pub max_connections: u32,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
}

/// The position of an [`Origin`] in [`Registry::origins`](super::Registry::origins).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(pub usize);

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is connected to.
    pub origin: OriginId,
    /// The path of its URL, without a slash at its end: `/v1`, or nothing.
    pub path: String,
    /// What the `host` header says.
    pub host_header: String,
}
