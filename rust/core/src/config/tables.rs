//! The tables of the configuration. What each field means stands here, and from here goes into the JSON Schema.

use super::expiry::Expiry;
use super::values::{ByteSize, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU16, NonZeroU32};

/// What serde says it expected where a secret's source stands. The attributes below repeat it, for they take no name.
pub(super) const SECRET: &str = "a secret's source";

/// Where the gateway listens, and what it takes from clients.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The address to listen on. Anything but loopback needs client keys.
    pub host: String,
    /// The port to listen on.
    pub port: NonZeroU16,
    /// How many processes serve.
    pub workers: NonZeroU16,
    /// How the server hands requests over. `rsgi` costs less, `asgi` is the standard.
    pub interface: Interface,
    /// The largest request body that is taken.
    pub max_body: ByteSize,
    /// How long a client may take to send its body.
    pub body_timeout: Interval,
    /// How long running requests may go on after the gateway was told to stop.
    pub drain_timeout: Interval,
    /// How many requests a worker serves at once; more are refused.
    pub max_in_flight: NonZeroU32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: NonZeroU16::MIN.saturating_add(8079),
            workers: NonZeroU16::MIN,
            interface: Interface::Asgi,
            max_body: ByteSize::megabytes(10),
            body_timeout: Interval::from_secs(30),
            drain_timeout: Interval::from_secs(600),
            max_in_flight: NonZeroU32::MIN.saturating_add(9_999),
        }
    }
}

/// The interface between the server and the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    /// The standard one.
    Asgi,
    /// Granian's own, which costs less.
    Rsgi,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Where a JSON line about each request goes: `stdout`, `stderr`, `off`, or the path of a file to append to.
    pub access: AccessLog,
    /// How many lines may wait to be written by one worker; more are counted and dropped.
    pub queue: NonZeroU32,
}

impl Default for Log {
    fn default() -> Self {
        Self { access: AccessLog::Stdout, queue: NonZeroU32::MIN.saturating_add(9_999) }
    }
}

/// Where the access log goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(from = "String", into = "String")]
pub enum AccessLog {
    /// To the standard output.
    Stdout,
    /// To the standard error.
    Stderr,
    /// Nowhere.
    Off,
    /// To the end of a file. A relative path starts at the configuration's folder.
    File(String),
}

impl From<String> for AccessLog {
    fn from(text: String) -> Self {
        match text.as_str() {
            "stdout" => Self::Stdout,
            "stderr" => Self::Stderr,
            "off" => Self::Off,
            _ => Self::File(text),
        }
    }
}

impl From<AccessLog> for String {
    fn from(log: AccessLog) -> Self {
        match log {
            AccessLog::Stdout => "stdout".to_owned(),
            AccessLog::Stderr => "stderr".to_owned(),
            AccessLog::Off => "off".to_owned(),
            AccessLog::File(path) => path,
        }
    }
}

/// A client: the key that it shows, and what that key may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "rights that have nothing to do with one another")]
pub struct ClientKey {
    /// What logs and metrics show for this key.
    pub name: String,
    /// Where the key is found. Either this or `sha256`.
    pub key: Option<SecretSource>,
    /// The SHA-256 of the key, in hexadecimal, so that the gateway's machine need not hold the key.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
    /// Whom the use is accounted to. The key's own name by default.
    pub tenant: Option<String>,
    /// The names that may be asked for; `*` stands for any run of characters.
    #[serde(default = "every_model")]
    pub models: Vec<String>,
    /// Whether the key may read `/metrics`.
    #[serde(default)]
    pub metrics: bool,
    /// Whether the key may have the configuration read again (`POST /tiercel/reload`), what is known against deployments
    /// forgotten (`POST /tiercel/health/forget`), and what the cache keeps counted and forgotten (`/tiercel/cache`).
    #[serde(default)]
    pub admin: bool,
    /// The day or moment from which the key is refused. A day starts at midnight UTC.
    pub expires: Option<Expiry>,
    /// Whether the key is refused from now on.
    #[serde(default)]
    pub disabled: bool,
    /// Whether fields of a request that the chosen provider cannot take are dropped, and named in the answer's
    /// `x-tiercel-dropped`, instead of the request being refused.
    #[serde(default)]
    pub drop_unsupported: bool,
}

fn every_model() -> Vec<String> {
    vec!["*".to_owned()]
}

/// Where a secret is found: `{ env = "NAME" }` or `{ file = "PATH" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a secret's source")]
pub struct SecretSource {
    /// The environment variable that holds it.
    pub env: Option<String>,
    /// The file that holds it, which only its owner may read. A relative path starts at the configuration's folder.
    pub file: Option<String>,
}

impl SecretSource {
    pub(crate) fn variable(name: &str) -> Self {
        Self { env: Some(name.to_owned()), file: None }
    }
}
