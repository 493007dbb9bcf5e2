//! EXPOSES the gateway to Python. No logic: it reads the clock, converts, and calls.

mod clock;
mod convert;
mod environment;
mod errors;
mod answers;
mod entries;
mod core;
mod catalogue;
mod prices;
mod classifier;
mod embedder;
mod index;
mod verifier;
mod calibration;
mod call;
mod connection;
mod reply;
mod rig;

use pyo3::prelude::*;
use tiercel_core::tokens;

/// Counts the tokens of `text` as `model` does.
#[pyfunction]
#[pyo3(signature = (text, model="gpt-4o"))]
fn count_tokens(py: Python<'_>, text: &str, model: &str) -> usize {
    let encoding = tokens::Encoding::for_model(model);
    py.detach(|| tokens::count(text, encoding))
}

/// The version of this package.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The JSON Schema of the configuration.
#[pyfunction]
fn schema() -> String {
    tiercel_core::config::schema()
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<core::Core>()?;
    module.add_class::<catalogue::KnownProvider>()?;
    module.add_class::<catalogue::KnownModel>()?;
    module.add_class::<prices::Prices>()?;
    module.add_class::<classifier::Classifier>()?;
    module.add_class::<classifier::Classification>()?;
    module.add_class::<classifier::Fitted>()?;
    module.add_class::<embedder::Embedder>()?;
    module.add_class::<index::Index>()?;
    module.add_class::<verifier::Verifier>()?;
    module.add_class::<call::Call>()?;
    module.add_class::<call::Attempt>()?;
    module.add_class::<call::Pause>()?;
    module.add_class::<connection::Connection>()?;
    module.add_class::<connection::Step>()?;
    module.add_class::<reply::Reply>()?;
    module.add_class::<rig::LoadTarget>()?;
    module.add_class::<rig::HeldConnections>()?;
    module.add_function(wrap_pyfunction!(count_tokens, module)?)?;
    module.add_function(wrap_pyfunction!(version, module)?)?;
    module.add_function(wrap_pyfunction!(schema, module)?)?;
    module.add_function(wrap_pyfunction!(catalogue::known_providers, module)?)?;
    module.add_function(wrap_pyfunction!(catalogue::known_models, module)?)?;
    module.add_function(wrap_pyfunction!(classifier::classifier_features, module)?)?;
    module.add_function(wrap_pyfunction!(verifier::normalise, module)?)?;
    module.add_function(wrap_pyfunction!(verifier::veto, module)?)?;
    module.add_function(wrap_pyfunction!(verifier::rarities, module)?)?;
    module.add_function(wrap_pyfunction!(calibration::trusted_threshold, module)?)?;
    module.add_function(wrap_pyfunction!(errors::error_kinds, module)?)?;
    module.add_function(wrap_pyfunction!(rig::serve_upstream, module)?)?;
    Ok(())
}
