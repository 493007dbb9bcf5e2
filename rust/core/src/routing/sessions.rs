//! Which conversations went where, so that they can go on there.

use super::recent::Recent;
use std::sync::Arc;
use std::time::Duration;

/// A conversation that was silent for so long is a new one: providers keep a prompt no longer (OpenAI's guide on prompt
/// caching: "up to one hour"; Anthropic's longest is an hour).
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);
/// For how long a provider surely keeps what it read of a prompt: Anthropic's five minutes.
const WARM_FOR: Duration = Duration::from_secs(300);

/// Where a conversation was last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The tier that it was routed to.
    pub tier: Arc<str>,
    /// The deployment that answered.
    pub deployment: Arc<str>,
    /// How many tokens its prompt had.
    pub n_input: u64,
    /// When, on the monotonic clock.
    pub at: Duration,
}

impl Session {
    /// How many tokens of the prompt the deployment probably still has in its cache.
    pub(super) fn n_warm(&self, now: Duration) -> u64 {
        if now.saturating_sub(self.at) < WARM_FOR { self.n_input } else { 0 }
    }
}

/// Conversations by the hash of what identifies them.
#[derive(Debug, Default)]
pub(super) struct Sessions(Recent<Session>);

impl Sessions {
    pub(super) fn get(&self, id: u64, now: Duration) -> Option<Session> {
        self.0.get(id).filter(|session| now.saturating_sub(session.at) < FORGOTTEN_AFTER)
    }

    pub(super) fn put(&self, id: u64, session: Session) {
        self.0.put(id, session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(tier: &str, seconds: u64) -> Session {
        Session { tier: tier.into(), deployment: "p/m".into(), n_input: 100, at: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_conversation_is_known_for_an_hour_and_warm_for_five_minutes() {
        let sessions = Sessions::default();
        sessions.put(1, session("cheap", 0));
        sessions.put(1, session("premium", 10));

        let known =
            |seconds| sessions.get(1, Duration::from_secs(seconds)).map(|it| it.n_warm(Duration::from_secs(seconds)));
        assert_eq!(Some(session("premium", 10)), sessions.get(1, Duration::from_secs(11)));
        assert_eq!([Some(100), Some(0), None], [309, 310, 3_610].map(known));
        assert_eq!(None, sessions.get(2, Duration::ZERO));
    }
}
