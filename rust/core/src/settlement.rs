//! What is known about one client call once it has ended, however it ended.
//!
//! The metrics, the access log and the books all read this one record, so that they cannot disagree. It borrows
//! everything: making one copies no string. Neither prompt, answer nor key has a place in it.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::money::NanoDollars;

/// One ended client call. As JSON it is a line of the access log: fields have the names they have here, durations are
/// in microseconds and end in `_us`, sizes are in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Settlement<'a> {
    /// The client's own request id, or the one made for it. Untrusted text.
    #[serde(serialize_with = "cut")]
    pub request_id: &'a str,
    /// When the call began, since the Unix epoch.
    #[serde(rename = "unix_us", serialize_with = "microseconds")]
    pub unix: Duration,
    /// Who asked: the name of the key, never the key. `None` when the key was refused.
    pub principal: Option<&'a str>,
    /// On whose account.
    pub tenant: Option<&'a str>,
    /// What was asked for, as an operation name of OpenTelemetry: `chat`, `text_completion`, `embeddings`.
    pub endpoint: &'static str,
    /// The model as the client wrote it. Untrusted text; see `is_known_model`.
    #[serde(serialize_with = "cut")]
    pub requested_model: &'a str,
    /// Whether `requested_model` is one that the configuration names, and so is fit to be a metric label.
    #[serde(skip)]
    pub is_known_model: bool,
    /// The route that chose among tiers.
    pub route: Option<&'a str>,
    /// The kind of request, where somebody told.
    pub task: Option<&'a str>,
    /// Why it went where it did, as `x-tiercel-reason` has it. Empty where nothing was to be tried.
    #[serde(serialize_with = "cut", skip_serializing_if = "str::is_empty")]
    pub reason: &'a str,
    /// The rules that were left out, since their condition could not be evaluated.
    #[serde(skip)]
    pub undecided_rules: &'a [&'a str],
    /// The tier that answered, or that was tried last.
    pub tier: Option<&'a str>,
    /// The provider that answered, or that was tried last. `None` when none was tried.
    pub provider: Option<&'a str>,
    /// The provider's name of the model that answered, or that was tried last.
    pub model: Option<&'a str>,
    /// The HTTP status that the client got, or would have got.
    pub status: u16,
    /// How the call ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What came of the request's `Idempotency-Key`. `None` where none was heeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<&'static str>,
    /// What came of the cache: `exact` and `semantic` where the answer is from there, `shadow` where it would be, `miss`, `bypass`. `None` where there is no cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<&'static str>,
    /// What the answer from the cache had cost when it was bought.
    #[serde(rename = "saved_nano_dollars", skip_serializing_if = "Option::is_none")]
    pub saved: Option<NanoDollars>,
    /// What came of comparing the answer with one that was given to a near question.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub check: Option<CacheCheck>,
    /// Whether the client asked for a stream.
    pub is_stream: bool,
    /// What was tried, in order.
    pub attempts: &'a [Attempt<'a>],
    /// Tokens as counted by the provider, or by us where it did not.
    pub usage: TokenUsage,
    /// What the call cost us; `None` when no price is known.
    #[serde(rename = "cost_nano_dollars")]
    pub cost: Option<NanoDollars>,
    /// Which prices `cost` was computed from: `PriceTable::version`.
    pub price_version: &'a str,
    /// Time spent in the gateway itself.
    #[serde(rename = "overhead_us", serialize_with = "microseconds")]
    pub overhead: Duration,
    /// From the start of the call to the first byte for the client that carries content. `None` when none came.
    #[serde(rename = "time_to_first_token_us", serialize_with = "optional_microseconds")]
    pub time_to_first_token: Option<Duration>,
    /// From the start of the call to its end.
    #[serde(rename = "duration_us", serialize_with = "microseconds")]
    pub duration: Duration,
    /// Size of the client's body.
    pub bytes_in: u64,
    /// Size of the body that the client was sent.
    pub bytes_out: u64,
}

/// An answer beside that which the cache would have given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CacheCheck {
    /// How probable it had been that the cache's answer serves.
    #[serde(rename = "cache_score")]
    pub score: f32,
    /// Whether the two say different things.
    #[serde(rename = "is_cache_wrong")]
    pub is_wrong: bool,
}

/// How a call ended. The kinds are words of the error taxonomy, never text from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The client got the whole answer.
    Answered,
    /// Refused before anything was tried.
    Rejected {
        /// Why.
        error_kind: &'static str,
    },
    /// Every attempt failed before the client got anything.
    Failed {
        /// Why the last attempt failed.
        error_kind: &'static str,
    },
    /// The answer broke off after the client had got some of it.
    Interrupted {
        /// Why.
        error_kind: &'static str,
    },
    /// The client went away first.
    ClientGone,
}

impl Outcome {
    /// The one word that logs and metrics show.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Rejected { .. } => "rejected",
            Self::Failed { .. } => "failed",
            Self::Interrupted { .. } => "interrupted",
            Self::ClientGone => "client_gone",
        }
    }

    /// Why the call did not end well; `None` when it was answered.
    pub fn error_kind(self) -> Option<&'static str> {
        match self {
            Self::Answered => None,
            Self::Rejected { error_kind } | Self::Failed { error_kind } | Self::Interrupted { error_kind } => {
                Some(error_kind)
            }
            Self::ClientGone => Some("client_gone"),
        }
    }
}

/// One upstream attempt.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Attempt<'a> {
    /// The deployment tried: `provider/model`.
    pub deployment: &'a str,
    /// `answered`, or the error kind.
    pub outcome: &'static str,
    /// From the start of the attempt to its end.
    #[serde(rename = "duration_us", serialize_with = "microseconds")]
    pub duration: Duration,
}

/// Tokens of one call. `input`, `cache_read`, `cache_write` and `output` are disjoint; the others are parts of these,
/// disjoint as well, and named since providers charge differently for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TokenUsage {
    /// Prompt tokens that neither came from nor went to the provider's prompt cache.
    pub input: u64,
    /// Prompt tokens read from the provider's prompt cache.
    pub cache_read: u64,
    /// Prompt tokens written to the provider's prompt cache.
    pub cache_write: u64,
    /// Those of `cache_write` that are kept for an hour, and not for some minutes.
    pub cache_write_1h: u64,
    /// Those of `input` that were sound.
    pub input_audio: u64,
    /// Every token the model produced.
    pub output: u64,
    /// Those of `output` that were spent on reasoning.
    pub reasoning: u64,
    /// Those of `output` that are sound.
    pub output_audio: u64,
    /// Counted by us because the provider did not say.
    pub is_estimated: bool,
    /// The provider's numbers contradict each other or its answer.
    pub is_suspect: bool,
}

impl TokenUsage {
    /// Every prompt token, cached or not.
    pub fn all_input(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }
}

/// Text that is untrusted, or made of many names, is cut at this many bytes, so that nobody can fill the log.
const MAX_TEXT: usize = 256;

fn cut<S: Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    serializer.serialize_str(&text[..end])
}

fn microseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn optional_microseconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => microseconds(duration, serializer),
        None => serializer.serialize_none(),
    }
}
