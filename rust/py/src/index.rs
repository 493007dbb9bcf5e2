//! The index of embeddings. An embedding goes over as the bytes of 256 float32, which numpy gives without copying.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tiercel_semantic::{DIMENSIONS, Embedding, Settings, index};

/// Embeddings by what they mean.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Index(index::Index);

#[pymethods]
impl Index {
    #[new]
    #[pyo3(signature = (*, max_flat=None, max_entries=None, width=None))]
    fn new(max_flat: Option<usize>, max_entries: Option<usize>, width: Option<usize>) -> Self {
        let shipped = Settings::default();
        Self(index::Index::new(Settings {
            max_flat: max_flat.unwrap_or(shipped.max_flat),
            max_entries: max_entries.unwrap_or(shipped.max_entries),
            width: width.unwrap_or(shipped.width),
        }))
    }

    #[staticmethod]
    fn read(py: Python<'_>, snapshot: &[u8]) -> PyResult<Self> {
        py.detach(|| index::Index::read_snapshot(snapshot, Settings::default())).map(Self).map_err(wrong)
    }

    fn write<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut snapshot = Vec::new();
        py.detach(|| self.0.write_snapshot(&mut snapshot))?;
        Ok(PyBytes::new(py, &snapshot))
    }

    fn insert(&self, py: Python<'_>, entry: u64, embedding: &[u8]) -> PyResult<()> {
        let embedding = embedding_of(embedding)?;
        py.detach(|| self.0.insert(entry, &embedding)).map_err(wrong)
    }

    fn remove(&self, py: Python<'_>, entry: u64) -> bool {
        py.detach(|| self.0.remove(entry))
    }

    /// Keeps the interpreter's lock: giving it up and taking it again costs as much as looking.
    #[pyo3(signature = (embedding, k=1, min_cosine=-1.0))]
    fn search(&self, embedding: &[u8], k: usize, min_cosine: f32) -> PyResult<Vec<(u64, f32)>> {
        let found = self.0.search(&embedding_of(embedding)?, k, min_cosine);
        Ok(found.into_iter().map(|neighbour| (neighbour.id, neighbour.cosine)).collect())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

fn embedding_of(bytes: &[u8]) -> PyResult<Embedding> {
    let (values, rest) = bytes.as_chunks();
    let values: &[[u8; 4]; DIMENSIONS] = values.try_into().ok().filter(|_| rest.is_empty()).ok_or_else(|| {
        PyValueError::new_err(format!("an embedding is {DIMENSIONS} float32, not {} bytes", bytes.len()))
    })?;
    Ok(Embedding::of(values.map(f32::from_ne_bytes)))
}

fn wrong(error: impl ToString) -> PyErr {
    PyValueError::new_err(error.to_string())
}
