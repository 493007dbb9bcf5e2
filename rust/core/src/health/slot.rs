//! An attempt as the health of its deployment sees it: what it holds, and what it tells.

use std::time::Duration;

/// A request in flight at a deployment. To be given back once, by [`DeploymentHealth::end`](super::DeploymentHealth::end).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which of the provider's credentials is shown: [`Provider::credential`](crate::registry::Provider::credential).
    pub turn: usize,
    /// Which key that is, counted from 0.
    pub key: usize,
    /// Of the deployment's keys, as of when it began.
    pub(super) generation: u32,
    pub(super) is_probe: bool,
    pub(super) began: Duration,
}

/// What an attempt tells of its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered; for a stream, so long after it was asked.
    Success(Option<Duration>),
    /// It failed.
    Failure,
    /// It did not take the connection.
    Refused,
    /// It wants to be left alone, for so long if it says.
    Throttled(Option<Duration>),
    /// It did not take the key.
    CredentialFault,
    /// Nothing: the client was at fault, or went away.
    Nothing,
}
