//! A reply, in the forms that the two server interfaces take.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

/// A whole answer, or the head of a stream.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Reply(pub(crate) tiercel_gateway::Reply);

#[pymethods]
impl Reply {
    #[getter]
    fn status(&self) -> u16 {
        self.0.status
    }

    /// For ASGI.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let pair = |name: &str, value: &str| (PyBytes::new(py, name.as_bytes()), PyBytes::new(py, value.as_bytes()));
        PyList::new(py, self.0.headers.iter().map(|(name, value)| pair(name, value)))
    }

    /// For RSGI.
    #[getter]
    fn text_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let pair = |name: &str, value: &str| (PyString::new(py, name), PyString::new(py, value));
        PyList::new(py, self.0.headers.iter().map(|(name, value)| pair(name, value)))
    }

    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }
}
