//! The tables of the configuration. What each field means stands here, and from here goes into the JSON Schema.

use super::expiry::Expiry;
use super::values::{ByteSize, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU16, NonZeroU32};

/// What serde says it expected where a secret's source stands. The attributes below repeat it, for they take no name.
pub(super) const SECRET: &str = "a secret's source";

/// Where the gateway listens, and what it takes from clients.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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
    /// The day or moment from which the key is refused. A day starts at midnight UTC.
    pub expires: Option<Expiry>,
    /// Whether the key is refused from now on.
    #[serde(default)]
    pub disabled: bool,
}

fn every_model() -> Vec<String> {
    vec!["*".to_owned()]
}

/// Where a secret is found: `{ env = "NAME" }` or `{ file = "PATH" }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a secret's source")]
pub struct SecretSource {
    /// The environment variable that holds it.
    pub env: Option<String>,
    /// The file that holds it, which only its owner may read. A relative path starts at the configuration's folder.
    pub file: Option<String>,
}

/// Where one of a provider's keys is found, and how much of the traffic it takes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a secret's source")]
pub struct ProviderKey {
    /// The environment variable that holds it.
    pub env: Option<String>,
    /// The file that holds it, which only its owner may read. A relative path starts at the configuration's folder.
    pub file: Option<String>,
    /// The share of requests that this key takes, beside the weights of the others: 1 to 100.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub weight: u8,
}

fn one() -> u8 {
    1
}

/// Somebody who serves models.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// What the provider speaks. From the catalogue by default, and `openai` where that does not know the provider.
    pub dialect: Option<Dialect>,
    /// Where the provider is reached, such as `http://127.0.0.1:8000/v1`. From the catalogue by default.
    pub base_url: Option<String>,
    /// The keys to show to the provider. By default the catalogue's variable, where `base_url` is the catalogue's too.
    pub keys: Vec<ProviderKey>,
    /// Names of models that it serves beside those in tiers, which clients may then ask for without the provider's name.
    pub models: Vec<String>,
    /// How many connections a worker opens to it at most.
    pub max_connections: NonZeroU32,
    /// How long an unused connection is kept.
    pub idle_timeout: Interval,
    /// A file of PEM certificates to trust beside `roots`. A relative path starts at the configuration's folder.
    pub ca_file: Option<String>,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// Whether the provider takes `stream_options.include_usage`. From the catalogue by default, and true elsewhere.
    pub stream_usage: Option<bool>,
    /// How long this provider may take.
    pub timeouts: Timeouts,
    /// The largest answer that is read from it.
    pub max_answer: ByteSize,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            dialect: None,
            base_url: None,
            keys: Vec::new(),
            models: Vec::new(),
            max_connections: NonZeroU32::MIN.saturating_add(255),
            idle_timeout: Interval::from_secs(30),
            ca_file: None,
            roots: Roots::Mozilla,
            stream_usage: None,
            timeouts: Timeouts::default(),
            max_answer: ByteSize::megabytes(64),
        }
    }
}

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OpenAI's API, or one compatible with it.
    Openai,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Roots {
    /// Those that Mozilla trusts, which Tiercel carries along.
    Mozilla,
    /// Those that this machine trusts.
    System,
}

/// How long a provider may take. What is not set here comes from the configuration's own `[timeouts]`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// To accept a connection. `2s` by default.
    pub connect: Option<Interval>,
    /// To agree on TLS. `3s` by default.
    pub tls: Option<Interval>,
    /// To send the head of a stream. `30s` by default.
    pub head: Option<Interval>,
    /// To send the whole of an answer that is no stream: its head comes when the model is done. `5m` by default.
    pub answer: Option<Interval>,
    /// To send the first event that means something. `30s` by default.
    pub first_token: Option<Interval>,
    /// Between two such events. `20s` by default.
    pub between_tokens: Option<Interval>,
    /// For everything together. `10m` by default.
    pub total: Option<Interval>,
}

/// A name that clients may ask for, behind which Tiercel chooses the tier.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The tiers to choose from.
    #[schemars(length(min = 1))]
    pub tiers: Vec<String>,
    /// The tier to take when nothing speaks for another; one of `tiers`.
    pub default: String,
}
