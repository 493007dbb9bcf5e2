//! One try at one deployment.

use std::time::Duration;

use tiercel_core::registry::{Deployment, ServiceAccountId};

use crate::Moment;
use crate::demand::Outgoing;
use crate::failure::Failure;

/// At most so many upstream attempts are made for one client call, everything included (invariant 6).
pub(crate) const MAX_ATTEMPTS: usize = 3;

/// What the owner of the sockets needs to know to make an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Index into `Gateway::origins`.
    pub origin: usize,
    /// Whether a connection that has served before must not be used.
    pub is_fresh: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
}

/// An attempt, running or over.
pub(crate) struct Attempt {
    pub(crate) deployment: Deployment,
    pub(crate) outgoing: Outgoing,
    /// Which of the provider's credentials is shown: the one whose turn it is.
    pub(crate) turn: usize,
    /// A token that has to be fetched before the request can be sent.
    pub(crate) awaits_token: Option<ServiceAccountId>,
    pub(crate) began: Moment,
    /// Whether the request was handed to a connection: from then on tokens may cost money.
    pub(crate) was_sent: bool,
    /// Whether the deployment is being tried again since its connection turned out to be stale.
    pub(crate) is_second_try: bool,
    pub(crate) end: Option<(End, Duration)>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With an answer, or with the client's own fault.
    Answered,
    /// With a failure.
    Failed(Failure),
    /// The client went away.
    Abandoned,
}

impl End {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed(failure) => failure.word(),
            Self::Abandoned => "abandoned",
        }
    }
}

impl Attempt {
    pub(crate) fn new(deployment: Deployment, outgoing: Outgoing, turn: usize, began: Moment) -> Self {
        Self { deployment, outgoing, turn, awaits_token: None, began, was_sent: false, is_second_try: false, end: None }
    }

    pub(crate) fn finish(&mut self, end: End, now: Moment) {
        self.end.get_or_insert((end, now.since(self.began)));
    }

    /// The word for how it ended, or for what it does: a stream's head goes out while it answers.
    pub(crate) fn outcome(&self) -> &'static str {
        self.end.map_or("answering", |(end, _)| end.word())
    }
}
