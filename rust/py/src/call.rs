//! A call, as Python holds it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tiercel_gateway::{Error, Failure, Next, Ticket, Wait};

use crate::clock::Clock;
use crate::errors;
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
    /// Seconds after which `Call::hedge` may be asked.
    #[pyo3(get)]
    hedge_after: Option<f64>,
}

/// A wait before the next attempt.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Pause {
    #[pyo3(get)]
    seconds: f64,
    #[pyo3(get)]
    is_queued: bool,
}

/// What to do next.
#[derive(IntoPyObject)]
enum Step {
    Attempt(Attempt),
    Pause(Pause),
    Aside(Py<Call>),
}

impl From<Ticket> for Attempt {
    fn from(ticket: Ticket) -> Self {
        Self {
            origin: ticket.origin,
            is_fresh: ticket.is_fresh,
            connect_timeout: ticket.connect_timeout.as_secs_f64(),
            hedge_after: ticket.hedge_after.map(|after| after.as_secs_f64()),
        }
    }
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

    #[getter]
    fn is_reload(&self) -> bool {
        self.lock().is_reload()
    }

    fn answer_reload(&self, body: Vec<u8>) {
        self.lock().answer_reload(Ok(body));
    }

    fn refuse_reload(&self, code: &str, message: String) {
        self.lock().answer_reload(Err(Error::new(errors::kind(code), message)));
    }

    fn next_attempt(&self, py: Python<'_>) -> PyResult<Option<Step>> {
        let mut call = self.lock();
        loop {
            return Ok(match call.next_attempt(self.clock.now()) {
                Next::Attempt(ticket) => Some(Step::Attempt(ticket.into())),
                Next::Pause { time, is_queued } => Some(Step::Pause(Pause { seconds: time.as_secs_f64(), is_queued })),
                Next::Aside => match call.aside(self.clock.now()) {
                    Some(aside) => Some(Step::Aside(Py::new(py, Self::new(aside, self.clock))?)),
                    None => continue,
                },
                Next::Over => None,
            });
        }
    }

    fn take_aside(&self, aside: &Self) {
        self.lock().take_aside(&mut aside.lock(), self.clock.now());
    }

    fn hedge(&self) -> Option<Attempt> {
        self.lock().hedge(self.clock.now()).map(Attempt::from)
    }

    #[getter]
    fn is_decided(&self) -> bool {
        self.lock().is_decided()
    }

    fn connect_failed(&self, why: &str) -> PyResult<()> {
        let failure = match why {
            "refused" => Failure::Connect,
            "timeout" => Failure::Timeout(Wait::Connect),
            "busy" => Failure::Busy,
            _ => return Err(PyValueError::new_err("a connection fails as refused, timeout or busy")),
        };
        self.lock().fail_connection(failure, self.clock.now());
        Ok(())
    }

    fn settle(&self, py: Python<'_>) -> PyResult<Option<Py<Self>>> {
        let (mut call, now) = (self.lock(), self.clock.now());
        let judge = call.judge(now);
        call.settle(now);
        judge.map(|judge| Py::new(py, Self::new(judge, self.clock))).transpose()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.lock().settle(self.clock.now());
    }
}
