//! A connection to a provider.

use tiercel_gateway::Connection;

pub(crate) struct Socket {
    pub(crate) provider: usize,
    /// Which configuration it was opened under.
    pub(crate) generation: usize,
    pub(crate) connection: Connection,
    pub(crate) state: State,
    /// Counts the requests: what belongs to an earlier one comes too late.
    pub(crate) n_requests: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It carries that attempt of that call.
    Used {
        call: usize,
        attempt: usize,
    },
    Idle,
    /// The rest of a finished answer has yet to come.
    Settling,
    Closed,
}
