//! A provider in the form that requests need.

use super::credential::Credential;
use super::origin::OriginId;
use crate::config::{self, Dialect, Interval, MaxTokens};
use crate::health::Credentials;
use crate::secrets::Secret;
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

/// Somebody who serves models.
#[derive(Debug)]
pub struct Provider {
    /// What the configuration calls it.
    pub name: Arc<str>,
    /// What it speaks.
    pub dialect: Dialect,
    /// How it is connected to.
    pub origin: OriginId,
    /// What goes before the path of each request: `/v1`, or nothing.
    pub base_path: String,
    /// What the `host` header says.
    pub host_header: String,
    /// The version of Azure's API, where its older paths are to be used.
    pub api_version: Option<String>,
    /// How it differs from what its dialect leads to expect.
    pub quirks: Quirks,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// What is written of that: what is not, depends on the model.
    pub(crate) written_timeouts: config::Timeouts,
    /// The largest answer that is read from it, in bytes.
    pub max_answer: u64,
    pub(super) parameters: IndexMap<String, String>,
    /// Each as often as it weighs.
    pub(super) credentials: Vec<Credential>,
    /// Which of its keys each of them is, counted from 0.
    pub(super) key_numbers: Vec<u16>,
    /// Which of its keys it does not take at the moment.
    pub health: Credentials,
    /// How many connections a worker opens to it at most.
    pub max_connections: u32,
    pub(super) secrets: Vec<Secret>,
}

impl Provider {
    /// What to show it for the `turn`th request, so that each key has its share of any run of turns; nothing for a
    /// provider that takes no keys.
    pub fn credential(&self, turn: usize) -> Option<&Credential> {
        self.credentials.get(turn.checked_rem(self.credentials.len())?)
    }

    /// Which of its keys that is, counted from 0: a key that weighs more has more turns.
    pub fn key_number(&self, turn: usize) -> usize {
        let position = turn.checked_rem(self.key_numbers.len());
        position.and_then(|position| self.key_numbers.get(position)).map_or(0, |&number| usize::from(number))
    }

    /// The turns to consider for the `turn`th request: its own, then all others, for when its key is not taken. They
    /// begin one further each round, so that what is left of a key's share is spread over the others and does not go to
    /// the next one alone.
    pub(crate) fn turns(&self, turn: usize) -> impl Iterator<Item = usize> + use<> {
        let n_others = self.key_numbers.len().saturating_sub(1);
        let round = turn.checked_div(self.key_numbers.len()).unwrap_or(0);
        let other =
            move |step: usize| (round + step).checked_rem(n_others).map_or(turn, |it| turn.wrapping_add(1 + it));
        std::iter::once(turn).chain((0..n_others).map(other))
    }

    /// How many keys there are; 1 where there are none, for asking without a key is one way to ask.
    pub fn n_keys(&self) -> usize {
        self.key_numbers.iter().max().map_or(1, |&last| usize::from(last) + 1)
    }

    /// Everything secret in its credentials, for finding it in what must not tell it.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// A parameter of its requests, fit for a URL: `region` where requests are signed, `project` and `location` of
    /// Vertex. Those that its dialect needs are there; any other is empty.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

/// How a provider differs from what its dialect leads to expect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with one another")]
pub struct Quirks {
    /// Whether it has OpenAI's `/responses`.
    pub responses: bool,
    /// Whether it has embeddings.
    pub embeddings: bool,
    /// Whether it takes `stream_options.include_usage`.
    pub stream_usage: bool,
    /// The only spelling of a limit on the answer that it takes; any, where there is none.
    pub max_tokens: Option<MaxTokens>,
    /// Fields of a request that it refuses.
    pub refuses: Vec<String>,
    /// Whether it takes messages of the role `developer`.
    pub developer_role: bool,
}

/// How long a provider may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To accept a connection.
    pub connect: Duration,
    /// To agree on TLS.
    pub tls: Duration,
    /// To send the head of its answer.
    pub head: Duration,
    /// To send the whole of an answer that is no stream.
    pub answer: Duration,
    /// To send the first event that means something.
    pub first_token: Duration,
    /// Between two such events.
    pub between_tokens: Duration,
    /// For everything together.
    pub total: Duration,
}

impl Timeouts {
    /// What `written` says, and what is usual where it says nothing. A model that thinks has two minutes for it.
    pub(crate) fn new(written: &config::Timeouts, thinks: bool) -> Self {
        let pick = |written: Option<Interval>, seconds| written.map_or(Duration::from_secs(seconds), Interval::get);
        Self {
            connect: pick(written.connect, 2),
            tls: pick(written.tls, 3),
            head: pick(written.head, 30),
            answer: pick(written.answer, 300),
            first_token: pick(written.first_token, if thinks { 120 } else { 30 }),
            between_tokens: pick(written.between_tokens, 20),
            total: pick(written.total, 600),
        }
    }
}
