//! A call, as Python holds it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use tiercel_gateway::{Failure, Wait};

use crate::clock::Clock;
use crate::reply::Reply;

/// One client call.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Call {
    call: Mutex<tiercel_gateway::Call>,
    clock: Clock,
}

/// What to connect to.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Attempt {
    #[pyo3(get)]
    origin: usize,
    #[pyo3(get)]
    is_fresh: bool,
    #[pyo3(get)]
    connect_timeout: f64,
}

impl Call {
    pub(crate) fn new(call: tiercel_gateway::Call, clock: Clock) -> Self {
        Self { call: Mutex::new(call), clock }
    }

    /// A panic in the middle of a call must not keep it from being settled.
    pub(crate) fn lock(&self) -> MutexGuard<'_, tiercel_gateway::Call> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Call {
    #[getter]
    fn is_answered(&self) -> bool {
        self.lock().has_reply()
    }

    fn take_reply(&self) -> Option<Reply> {
        self.lock().take_reply(self.clock.now()).map(Reply)
    }

    fn next_attempt(&self) -> Option<Attempt> {
        let ticket = self.lock().next_attempt(self.clock.now())?;
        let connect_timeout = ticket.connect_timeout.as_secs_f64();
        Some(Attempt { origin: ticket.origin, is_fresh: ticket.is_fresh, connect_timeout })
    }

    #[pyo3(signature = (*, timed_out))]
    fn connect_failed(&self, timed_out: bool) {
        let failure = if timed_out { Failure::Timeout(Wait::Connect) } else { Failure::Connect };
        self.lock().fail_attempt(failure, self.clock.now());
    }

    fn settle(&self) {
        self.lock().settle(self.clock.now());
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.settle();
    }
}
