//! What `tiercel bench` measures with: the load driver, and the upstream. Both leave the interpreter to others.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tiercel_rig::load::{self, MAX_RATE, Prompt, Shape};
use tiercel_rig::upstream::{self, Script, self_signed};

/// One request, asked again and again.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct LoadTarget(Arc<load::Target>);

#[pymethods]
impl LoadTarget {
    #[new]
    #[pyo3(signature = (address, head, model, question, *, shape="unary", n_distinct=u64::MAX))]
    fn new(address: String, head: &str, model: &str, question: &str, shape: &str, n_distinct: u64) -> PyResult<Self> {
        let shape = match shape {
            "unary" => Shape::Unary,
            "stream" => Shape::Stream,
            "held" => Shape::Held,
            other => return Err(PyValueError::new_err(format!("a shape is unary, stream or held, not {other:?}"))),
        };
        let prompt = Prompt::new(head, model, question, shape, n_distinct)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self(Arc::new(load::Target::new(address, prompt))))
    }

    #[pyo3(signature = (*, n_connections, seconds, max_requests=u64::MAX))]
    fn closed<'py>(
        &self,
        py: Python<'py>,
        n_connections: usize,
        seconds: f64,
        max_requests: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let duration = duration(seconds)?;
        report(py, py.detach(|| load::closed(&self.0, n_connections, duration, max_requests))?)
    }

    #[pyo3(signature = (*, n_connections, seconds, rate))]
    fn open<'py>(
        &self,
        py: Python<'py>,
        n_connections: usize,
        seconds: f64,
        rate: u32,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if !(1..=MAX_RATE).contains(&rate) {
            return Err(PyValueError::new_err(format!("a rate is from 1 to {MAX_RATE} requests a second, not {rate}")));
        }
        let duration = duration(seconds)?;
        report(py, py.detach(|| load::open(&self.0, n_connections, duration, rate))?)
    }

    fn hold(&self, py: Python<'_>, n_connections: usize) -> PyResult<HeldConnections> {
        Ok(HeldConnections(Some(py.detach(|| load::hold(&self.0, n_connections))?)))
    }
}

/// Connections that stay open until they are closed.
#[pyclass(module = "tiercel._core")]
pub(crate) struct HeldConnections(Option<load::Held>);

#[pymethods]
impl HeldConnections {
    fn __len__(&self) -> usize {
        self.0.as_ref().map_or(0, load::Held::len)
    }

    fn close(&mut self) {
        self.0 = None;
    }
}

/// Serves on a port of the system's choice, which `announce` is told, and never returns.
#[pyfunction]
#[pyo3(signature = (announce, *, n_deltas, delay, certificate=None))]
pub(crate) fn serve_upstream(
    py: Python<'_>,
    announce: Bound<'_, PyAny>,
    n_deltas: usize,
    delay: f64,
    certificate: Option<PathBuf>,
) -> PyResult<()> {
    let script = Script::new(n_deltas, duration(delay)?);
    let acceptor = certificate.map(trusted_by).transpose()?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    announce.call1((listener.local_addr()?.port(),))?;
    Ok(py.detach(|| upstream::serve(listener, acceptor.as_ref(), script))?)
}

/// The upstream's side of TLS, under a certificate that is written to `path`.
fn trusted_by(path: PathBuf) -> io::Result<upstream::Acceptor> {
    let made = self_signed()?;
    std::fs::write(path, made.pem)?;
    Ok(made.acceptor)
}

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn report(py: Python<'_>, found: load::Report) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(py, &found.to_json().map_err(io::Error::other)?))
}
