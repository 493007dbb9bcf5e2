//! The classifier, and learning its weights. Numbers of many texts go over as bytes, which numpy reads in place.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tiercel_core::classifier::fit::{Example, Options, WIDTH};
use tiercel_core::classifier::{self, Cheap, Classified, Features, WeightsError, fit};

/// A trained classifier.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Classifier(Arc<classifier::Classifier>);

#[pymethods]
impl Classifier {
    #[staticmethod]
    fn shipped() -> Self {
        Self(Arc::new(classifier::Classifier::shipped().clone()))
    }

    #[staticmethod]
    fn read(weights: &[u8]) -> PyResult<Self> {
        classifier::Classifier::read(weights).map(|it| Self(Arc::new(it))).map_err(|error| wrong(&error))
    }

    fn write<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.write())
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    #[getter]
    fn labels(&self) -> Vec<&str> {
        self.0.labels().iter().map(|label| &**label).collect()
    }

    #[getter]
    fn min_confidence(&self) -> f32 {
        self.0.min_confidence()
    }

    fn classify(&self, py: Python<'_>, text: &str) -> Classification {
        let classified = py.detach(|| self.0.classify(text));
        let labels = self.0.labels().iter().map(ToString::to_string);
        let probabilities = labels.zip(classified.probabilities().iter().copied()).collect();
        let task = classified.task.as_deref().map(str::to_owned);
        Classification { task, confidence: classified.confidence, p_cheap: classified.p_cheap, probabilities }
    }

    fn classify_many<'py>(&self, py: Python<'py>, texts: Vec<String>) -> Bound<'py, PyBytes> {
        let numbers = py.detach(|| {
            let numbers_of = |it: Classified| [it.probabilities(), &[it.p_cheap]].concat();
            bytes(texts.iter().flat_map(|text| numbers_of(self.0.classify(text))))
        });
        PyBytes::new(py, &numbers)
    }
}

/// What a text was taken for.
#[pyclass(frozen, get_all, module = "tiercel._core")]
pub(crate) struct Classification {
    task: Option<String>,
    confidence: f32,
    p_cheap: f32,
    probabilities: Vec<(String, f32)>,
}

#[pymethods]
impl Classification {
    fn __repr__(&self) -> String {
        let task = self.task.as_deref().unwrap_or("None");
        format!("Classification(task={task}, confidence={:.2}, p_cheap={:.2})", self.confidence, self.p_cheap)
    }
}

/// Weights that were learned.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Fitted(fit::Fitted);

#[pymethods]
impl Fitted {
    #[staticmethod]
    fn of(classifier: &Classifier, labels: Vec<String>) -> Self {
        Self(classifier.0.unpack(&labels.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    #[staticmethod]
    #[pyo3(signature = (texts, targets, weights, *, n_epochs, rate, decay, dropout, seed, base=None))]
    #[expect(clippy::too_many_arguments, reason = "they have names in Python")]
    fn learn(
        py: Python<'_>,
        texts: Vec<String>,
        targets: Vec<Vec<f32>>,
        weights: Vec<f32>,
        n_epochs: usize,
        rate: f32,
        decay: f32,
        dropout: f64,
        seed: u64,
        base: Option<PyRef<'_, Self>>,
    ) -> PyResult<Self> {
        let n_columns = targets.first().map_or(0, Vec::len);
        let are_as_many = texts.len() == targets.len() && texts.len() == weights.len();
        if !(1..=WIDTH).contains(&n_columns) || !are_as_many || targets.iter().any(|it| it.len() != n_columns) {
            let message = format!("each text needs a weight and a target of the same 1 to {WIDTH} columns");
            return Err(PyValueError::new_err(message));
        }
        let mut fitted = base.map_or_else(fit::Fitted::empty, |base| base.0.clone());
        let options = Options { n_columns, n_epochs, rate, decay, dropout, seed };
        py.detach(|| {
            let examples: Vec<Example> = texts.iter().zip(targets).zip(weights).map(example).collect();
            fitted.learn(&examples, &options);
        });
        Ok(Self(fitted))
    }

    fn scores<'py>(&self, py: Python<'py>, texts: Vec<String>) -> Bound<'py, PyBytes> {
        let numbers = py.detach(|| bytes(texts.iter().flat_map(|text| self.0.scores(&Features::of(text)))));
        PyBytes::new(py, &numbers)
    }

    fn weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &bytes(self.0.weights.iter().flatten().copied()))
    }

    fn bias(&self) -> Vec<f32> {
        self.0.bias.to_vec()
    }

    #[pyo3(signature = (name, labels, *, sharpness, min_confidence, cheap, slope=1.0, offset=0.0))]
    #[expect(clippy::too_many_arguments, reason = "they have names in Python")]
    fn build(
        &self,
        name: &str,
        labels: Vec<String>,
        sharpness: f32,
        min_confidence: f32,
        cheap: CheapColumn<'_>,
        slope: f32,
        offset: f32,
    ) -> PyResult<Classifier> {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let cheap = match &cheap {
            CheapColumn::Fitted(fitted) => Cheap::Learned { fitted: &fitted.0, slope, offset },
            CheapColumn::Classifier(classifier) => Cheap::Of(&classifier.0),
        };
        let built = classifier::Classifier::build(name, &labels, &self.0, sharpness, min_confidence, cheap);
        built.map(|it| Classifier(Arc::new(it))).map_err(|error| wrong(&error))
    }
}

/// Where a classifier's `p_cheap` comes from.
#[derive(FromPyObject)]
enum CheapColumn<'py> {
    Fitted(PyRef<'py, Fitted>),
    Classifier(PyRef<'py, Classifier>),
}

/// Rows and values of the features of texts, in compressed sparse rows: where each text's begin (u64), rows (u32), values
/// (f32). A row that comes twice counts twice.
#[pyfunction]
pub(crate) fn classifier_features(
    py: Python<'_>,
    texts: Vec<String>,
) -> (Bound<'_, PyBytes>, Bound<'_, PyBytes>, Bound<'_, PyBytes>) {
    let (mut starts, mut rows, mut values) = (vec![0_u8; 8], Vec::new(), Vec::new());
    let mut n = 0_u64;
    for text in &texts {
        for (row, value) in Features::of(text).values() {
            n += 1;
            rows.extend(u32::try_from(row).unwrap_or_default().to_ne_bytes());
            values.extend(value.to_ne_bytes());
        }
        starts.extend(n.to_ne_bytes());
    }
    (PyBytes::new(py, &starts), PyBytes::new(py, &rows), PyBytes::new(py, &values))
}

fn example(((text, target), weight): ((&String, Vec<f32>), f32)) -> Example {
    let mut columns = [0.0; WIDTH];
    for (column, share) in columns.iter_mut().zip(target) {
        *column = share;
    }
    Example { features: Features::of(text), target: columns, weight }
}

fn bytes(numbers: impl Iterator<Item = f32>) -> Vec<u8> {
    numbers.flat_map(f32::to_ne_bytes).collect()
}

fn wrong(error: &WeightsError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
