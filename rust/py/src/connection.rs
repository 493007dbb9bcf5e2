//! A connection, as Python holds it beside its socket.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tiercel_gateway as gateway;
use tiercel_gateway::Moment;

use crate::call::Call;
use crate::clock::Clock;
use crate::reply::Reply;

/// One socket's state.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Connection {
    held: Mutex<Held>,
    clock: Clock,
}

struct Held {
    connection: gateway::Connection,
    call: Option<Py<Call>>,
}

/// What to do after a read or a time-out.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Step {
    #[pyo3(get)]
    to_socket: Option<Py<PyBytes>>,
    #[pyo3(get)]
    head: Option<Py<Reply>>,
    #[pyo3(get)]
    body: Option<Py<PyBytes>>,
    #[pyo3(get)]
    is_over: bool,
    #[pyo3(get)]
    is_decided: bool,
    #[pyo3(get)]
    is_broken: bool,
}

impl Connection {
    pub(crate) fn new(connection: gateway::Connection, clock: Clock) -> Self {
        Self { held: Mutex::new(Held { connection, call: None }), clock }
    }

    fn with<R>(&self, run: impl FnOnce(&mut Held) -> R) -> R {
        run(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs a step of the current call; `None` when there is nothing to do.
    fn step(
        &self,
        py: Python<'_>,
        run: impl FnOnce(&mut gateway::Connection, &mut gateway::Call, Moment) -> gateway::Step,
    ) -> PyResult<Option<Step>> {
        let step = self.with(|held| {
            let call = held.call.as_ref()?;
            let mut call = call.get().lock();
            let step = run(&mut held.connection, &mut call, self.clock.now());
            // The core has taken the begin of the step for that of the next wait; what the step took is ours.
            if !step.is_over {
                call.wait(self.clock.now());
            }
            Some(step)
        });
        step.map_or(Ok(None), |step| convert(py, step))
    }
}

fn convert(py: Python<'_>, step: gateway::Step) -> PyResult<Option<Step>> {
    if step.to_socket.is_empty() && step.head.is_none() && step.body.is_empty() && !step.is_over {
        return Ok(None);
    }
    let bytes = |bytes: &[u8]| (!bytes.is_empty()).then(|| PyBytes::new(py, bytes).unbind());
    Ok(Some(Step {
        to_socket: bytes(&step.to_socket),
        head: step.head.map(|head| Py::new(py, Reply(head))).transpose()?,
        body: bytes(&step.body),
        is_over: step.is_over,
        is_decided: step.is_decided,
        is_broken: step.is_broken,
    }))
}

#[pymethods]
impl Connection {
    fn begin(&self, py: Python<'_>, call: Py<Call>) -> PyResult<Option<Step>> {
        self.with(|held| held.call = Some(call));
        self.step(py, gateway::Connection::begin)
    }

    fn feed(&self, py: Python<'_>, data: &[u8]) -> PyResult<Option<Step>> {
        if self.with(|held| held.call.is_none()) {
            let mut step = gateway::Step::default();
            self.with(|held| held.connection.drain(data, &mut step.to_socket));
            return convert(py, step);
        }
        self.step(py, |connection, call, now| connection.feed(call, data, now))
    }

    fn lost(&self, py: Python<'_>) -> PyResult<Option<Step>> {
        self.step(py, gateway::Connection::lost)
    }

    fn expire(&self, py: Python<'_>) -> PyResult<Option<Step>> {
        self.step(py, gateway::Connection::expire)
    }

    fn interrupt(&self, py: Python<'_>) -> PyResult<Option<Step>> {
        self.step(py, gateway::Connection::interrupt)
    }

    fn end(&self) {
        self.with(|held| {
            if let Some(call) = held.call.take() {
                held.connection.abandon(&mut call.get().lock(), self.clock.now());
            }
        });
    }

    fn patience(&self) -> f64 {
        self.with(|held| held.connection.patience(self.clock.now())).as_secs_f64()
    }

    fn is_reusable(&self) -> bool {
        self.with(|held| held.connection.is_reusable())
    }

    fn is_settling(&self) -> bool {
        self.with(|held| held.connection.is_settling())
    }
}
