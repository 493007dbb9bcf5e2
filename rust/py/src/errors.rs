//! Errors of the core as Python's exceptions, which are Python classes: `tiercel/errors.py`.

use pyo3::prelude::*;
use tiercel_core::config::ConfigError;
use tiercel_gateway::{Error, Kind};

pyo3::import_exception!(tiercel.errors, ConfigurationError);

/// A configuration that cannot be used.
pub(crate) fn configuration(error: &ConfigError) -> PyErr {
    ConfigurationError::new_err((
        error.to_string(),
        error.file.clone(),
        error.line,
        error.column,
        error.message.clone(),
        error.hint.clone(),
    ))
}

/// A refusal, as the exception of its kind.
pub(crate) fn request(py: Python<'_>, error: &Error) -> PyErr {
    let exception = py
        .import("tiercel.errors")
        .and_then(|module| module.getattr("BY_CODE"))
        .and_then(|kinds| kinds.get_item(error.kind.code()))
        .and_then(|kind| kind.call1((error.message.as_ref(),)));
    exception.map_or_else(|error| error, PyErr::from_value)
}

/// The kind that has `code`.
pub(crate) fn kind(code: &str) -> Kind {
    Kind::ALL.into_iter().find(|kind| kind.code() == code).unwrap_or(Kind::Internal)
}

/// Every kind of error: its code, its status, and its type in OpenAI's dialect.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<(&'static str, u16, &'static str)> {
    Kind::ALL.into_iter().map(|kind| (kind.code(), kind.status(), kind.openai_type())).collect()
}
