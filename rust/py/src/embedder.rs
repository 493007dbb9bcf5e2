//! The embedder. Numbers of many texts go over as bytes, which numpy reads in place.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tiercel_semantic::DIMENSIONS;
use tiercel_semantic::embedder::{self, WeightsError};

/// A table of vectors.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Embedder(embedder::Embedder);

#[pymethods]
impl Embedder {
    #[staticmethod]
    fn shipped() -> Self {
        Self(embedder::Embedder::shipped().clone())
    }

    #[staticmethod]
    fn read(weights: &[u8]) -> PyResult<Self> {
        embedder::Embedder::read(weights).map(Self).map_err(|error| wrong(&error))
    }

    #[staticmethod]
    fn build(name: &str, pieces: Vec<String>, vectors: &[u8]) -> PyResult<Self> {
        let (numbers, _) = vectors.as_chunks();
        let numbers: Vec<f32> = numbers.iter().map(|&number| f32::from_ne_bytes(number)).collect();
        let (vectors, rest) = numbers.as_chunks::<DIMENSIONS>();
        if !rest.is_empty() {
            return Err(PyValueError::new_err(format!(
                "a vector has {DIMENSIONS} numbers, the last one {}",
                rest.len()
            )));
        }
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        embedder::Embedder::build(name, &pieces, vectors).map(Self).map_err(|error| wrong(&error))
    }

    fn write<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.write())
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    #[getter]
    fn pieces(&self) -> Vec<&str> {
        self.0.pieces().iter().map(|piece| &**piece).collect()
    }

    fn embed_many<'py>(&self, py: Python<'py>, texts: Vec<String>) -> Bound<'py, PyBytes> {
        let numbers = py.detach(|| {
            let embeddings = texts.iter().map(|text| self.0.embed(text));
            embeddings.flat_map(|it| it.values().map(f32::to_ne_bytes)).flatten().collect::<Vec<u8>>()
        });
        PyBytes::new(py, &numbers)
    }

    fn pieces_of<'py>(&self, py: Python<'py>, texts: Vec<String>) -> (Bound<'py, PyBytes>, Bound<'py, PyBytes>) {
        let (starts, numbers) = py.detach(|| {
            let (mut starts, mut numbers) = (vec![0_u8; size_of::<u64>()], Vec::new());
            let mut n = 0_u64;
            for text in &texts {
                self.0.each_piece(text, |piece| {
                    n += 1;
                    numbers.extend(piece.unwrap_or(u32::MAX).to_ne_bytes());
                });
                starts.extend(n.to_ne_bytes());
            }
            (starts, numbers)
        });
        (PyBytes::new(py, &starts), PyBytes::new(py, &numbers))
    }
}

fn wrong(error: &WeightsError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
