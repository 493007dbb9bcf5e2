//! Whether a stored answer serves a question: the vetoes, the verifier, and making its weights.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tiercel_semantic::verifier::{self, NAMES, Tree, WeightsError};
use tiercel_semantic::{Comparison, Question};

/// Trees over features of two questions.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Verifier(verifier::Verifier);

/// Nodes and leaves of a tree.
type Parts = (Vec<(u8, f32, i8, i8)>, Vec<f32>);

#[pymethods]
impl Verifier {
    #[staticmethod]
    fn shipped() -> Self {
        Self(verifier::Verifier::shipped().clone())
    }

    #[staticmethod]
    fn read(weights: &[u8]) -> PyResult<Self> {
        verifier::Verifier::read(weights).map(Self).map_err(|error| wrong(&error))
    }

    #[staticmethod]
    fn build(rarities: &[u8], trees: Vec<Parts>) -> PyResult<Self> {
        let trees = trees.into_iter().map(|(nodes, leaves)| Tree { nodes, leaves }).collect();
        verifier::Verifier::build(rarities, trees).map(Self).map_err(|error| wrong(&error))
    }

    #[staticmethod]
    fn feature_names() -> Vec<(&'static str, i8)> {
        NAMES.to_vec()
    }

    fn write<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.write())
    }

    fn trees(&self) -> Vec<Parts> {
        self.0.trees().iter().map(|tree| (tree.nodes.clone(), tree.leaves.clone())).collect()
    }

    fn score(&self, py: Python<'_>, asked: &str, stored: &str, cosine: f32) -> f32 {
        py.detach(|| self.0.score(&Comparison::between(&Question::new(asked), &Question::new(stored)), cosine))
    }

    fn features<'py>(&self, py: Python<'py>, pairs: Vec<(String, String, f32)>) -> Bound<'py, PyBytes> {
        let numbers = py.detach(|| {
            let features = |(asked, stored, cosine): &(String, String, f32)| {
                self.0.features(&Comparison::between(&Question::new(asked), &Question::new(stored)), *cosine)
            };
            pairs.iter().flat_map(features).flat_map(f32::to_ne_bytes).collect::<Vec<_>>()
        });
        PyBytes::new(py, &numbers)
    }
}

/// A question in the form that is embedded and compared.
#[pyfunction]
pub(crate) fn normalise(text: &str) -> String {
    tiercel_semantic::normalise(text)
}

/// Why the answer to one question must not be given to the other, in a word.
#[pyfunction]
pub(crate) fn veto(asked: &str, stored: &str) -> Option<&'static str> {
    Comparison::between(&Question::new(asked), &Question::new(stored)).veto().map(tiercel_semantic::Veto::word)
}

/// How rare the words of some texts are.
#[pyfunction]
pub(crate) fn rarities(py: Python<'_>, texts: Vec<String>) -> Bound<'_, PyBytes> {
    PyBytes::new(py, &py.detach(|| verifier::rarities(texts.iter().map(String::as_str))))
}

fn wrong(error: &WeightsError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
