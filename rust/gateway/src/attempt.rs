//! One try at one deployment.

use std::sync::Arc;
use std::time::Duration;

use tiercel_core::health::{Cost, Slot};
use tiercel_core::registry::{Credential, Deployment, ServiceAccountId};
use tiercel_core::settlement::TokenUsage;

use crate::Moment;
use crate::demand::Outgoing;
use crate::failure::Failure;

/// What the owner of the sockets has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Make this attempt.
    Attempt(Ticket),
    /// Ask again after that time. Where `is_queued`, before it, whenever another attempt has ended.
    Pause {
        /// At most so long.
        time: Duration,
        /// Whether it waits for room, and not for time to pass.
        is_queued: bool,
    },
    /// Ask a model first: make the call that `Call::aside` gives, and hand it to `Call::take_aside`.
    Aside,
    /// Nothing: the call is answered, or has failed for good.
    Over,
}

/// What the owner of the sockets needs to know to make an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Index into `Gateway::origins`.
    pub origin: usize,
    /// Whether a connection that has served before must not be used.
    pub is_fresh: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// When nothing has come after that time, a second attempt beside it may be asked for, by `Call::hedge`.
    pub hedge_after: Option<Duration>,
}

/// An attempt, running or over.
pub(crate) struct Attempt {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) outgoing: Outgoing,
    /// Its place among the deployment's requests in flight, and the credential that is shown.
    pub(crate) slot: Slot,
    /// Position of the group in the plan; behind the last it is that for long requests.
    pub(crate) group: usize,
    /// What it cost of the budget, where it is a retry.
    pub(crate) cost: Option<Cost>,
    /// A token that has to be fetched before the request can be sent.
    pub(crate) awaits_token: Option<ServiceAccountId>,
    /// Whether a token was fetched for it: if that is refused, it is the account that is.
    pub(crate) has_fresh_token: bool,
    pub(crate) began: Moment,
    /// Whether the request was handed to a connection: from then on tokens may cost money.
    pub(crate) was_sent: bool,
    /// Whether it is being made again since its connection turned out to be stale.
    pub(crate) is_second_try: bool,
    /// From its begin to the first token of its stream.
    pub(crate) first_token: Option<Duration>,
    /// What is paid for it though another attempt gave the answer.
    pub(crate) usage: Option<TokenUsage>,
    pub(crate) end: Option<(End, Duration)>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With an answer.
    Answered,
    /// With an answer that says what the client did wrong.
    Refused,
    /// With a failure.
    Failed(Failure),
    /// Another one beside it was first.
    Outrun,
    /// The client went away.
    Abandoned,
}

impl End {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Answered | Self::Refused => "answered",
            Self::Failed(failure) => failure.word(),
            Self::Outrun => "outrun",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Attempt {
    pub(crate) fn is_running(&self) -> bool {
        self.end.is_none()
    }

    /// Whether it is shown a token, and no key.
    pub(crate) fn has_token(&self) -> bool {
        matches!(self.deployment.provider.credential(self.slot.turn), Some(Credential::ServiceAccount(_)))
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        match self.end {
            Some((End::Failed(failure), _)) => Some(failure),
            Some((End::Answered | End::Refused | End::Outrun | End::Abandoned, _)) | None => None,
        }
    }

    /// Whether it is at the same deployment with the same key.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.deployment, &other.deployment) && self.slot.key == other.slot.key
    }

    /// Whether what it asked may be asked once more by then.
    pub(crate) fn may_repeat(&self, now: Duration) -> bool {
        self.again().is_some_and(|again| again <= now)
    }

    /// From when on what it asked may be asked once more, by the provider's own word; `None` where that is no use.
    pub(crate) fn again(&self) -> Option<Duration> {
        let (End::Failed(failure), duration) = self.end? else { return None };
        let ended = self.began.monotonic + duration;
        failure.retry().is_again().then(|| ended + failure.wait().unwrap_or_default())
    }

    /// The word for how it ended, or for what it does: a stream's head goes out while it answers.
    pub(crate) fn outcome(&self) -> &'static str {
        self.end.map_or("answering", |(end, _)| end.word())
    }

    /// What was asked, and with which key where there are several.
    pub(crate) fn subject(&self) -> String {
        let name = &self.deployment.name;
        if self.deployment.provider.n_keys() > 1 {
            format!("{name} (key {})", self.slot.key + 1)
        } else {
            name.to_string()
        }
    }
}
