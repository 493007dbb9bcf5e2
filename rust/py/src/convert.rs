//! Between Python's values and the core's.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

/// Header pairs, kept alive while the core borrows from them: `bytes` from ASGI, `str` from RSGI.
pub(crate) struct Headers<'py>(Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>);

impl<'py> Headers<'py> {
    pub(crate) fn new(headers: &Bound<'py, PyAny>) -> PyResult<Self> {
        let mut pairs = Vec::with_capacity(headers.len()?);
        for pair in headers.try_iter()? {
            let pair = pair?;
            let pair = pair.cast::<PyTuple>()?;
            pairs.push((pair.get_item(0)?, pair.get_item(1)?));
        }
        Ok(Self(pairs))
    }

    pub(crate) fn borrow(&self) -> PyResult<Vec<(&[u8], &[u8])>> {
        self.0.iter().map(|(name, value)| Ok((bytes(name)?, bytes(value)?))).collect()
    }
}

fn bytes<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    if let Ok(value) = value.cast::<PyBytes>() {
        return Ok(value.as_bytes());
    }
    match value.cast::<PyString>() {
        Ok(value) => Ok(value.to_str()?.as_bytes()),
        Err(_) => Err(PyTypeError::new_err("headers are pairs of bytes or of str")),
    }
}
