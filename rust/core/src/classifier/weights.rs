//! The file that weights are kept in: read, checked, written.
//!
//! ```text
//! "tiercel classifier 1\n"
//! name, then the number of labels and each of them: a byte for the length, and the text
//! min_confidence, then of each label and of `p_cheap` its bias, then of each its scale: f32, little endian
//! of each row and column the weight: a signed byte
//! SHA-256 of all that
//! ```

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::features::ROWS;
use super::fit::{Fitted, WIDTH};
use super::{Classifier, MAX_LABELS};

const MAGIC: &[u8] = b"tiercel classifier 1\n";

/// Bytes of the checksum.
const CHECKSUM: usize = 32;

/// Longest name and label, in bytes.
const MAX_NAME: usize = 64;

/// The weights of a feature, one a column.
pub(super) type Row = [i8; WIDTH];

/// Why weights cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightsError(String);

impl fmt::Display for WeightsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WeightsError {}

/// Where the column of `p_cheap` comes from.
#[derive(Debug, Clone, Copy)]
pub enum Cheap<'a> {
    /// From what was learned of two columns, "does not do" and "does"; the score is multiplied by `slope` and `offset` is
    /// added, which is Platt's calibration.
    Learned {
        /// The two columns.
        fitted: &'a Fitted,
        /// What the score is multiplied by.
        slope: f32,
        /// What is added then.
        offset: f32,
    },
    /// As another classifier has it.
    Of(&'a Classifier),
}

impl Classifier {
    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// What is wrong with the file: it is none of ours, of another version, cut off, or damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, WeightsError> {
        if !bytes.starts_with(MAGIC) {
            return Err(wrong("this is no file of classifier weights that this version reads"));
        }
        let (content, checksum) = bytes.split_at(bytes.len().saturating_sub(CHECKSUM));
        if Sha256::digest(content).as_slice() != checksum {
            return Err(wrong("the weights are damaged or cut off: their checksum is wrong"));
        }
        let mut reader = Reader(content.get(MAGIC.len()..).unwrap_or_default());
        let name = reader.text()?;
        let labels = (0..reader.byte()?).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
        check(&name, &labels)?;
        let n_columns = labels.len() + 1;
        let min_confidence = reader.number()?;
        let bias = reader.numbers(n_columns)?;
        let scale = reader.numbers(n_columns)?;
        let n_weights = ROWS * n_columns;
        if reader.0.len() != n_weights {
            return Err(wrong(format!("there are {} weights where {n_weights} are needed", reader.0.len())));
        }
        let rows = reader.0.chunks_exact(n_columns).map(row).collect();
        Ok(Self { name, labels, min_confidence, bias, scale, rows })
    }

    /// The bytes of a weights file.
    pub fn write(&self) -> Vec<u8> {
        let n_columns = self.labels.len() + 1;
        let mut bytes = MAGIC.to_vec();
        write_text(&mut bytes, &self.name);
        bytes.push(u8::try_from(self.labels.len()).unwrap_or_default());
        self.labels.iter().for_each(|label| write_text(&mut bytes, label));
        let numbers = self.bias.iter().take(n_columns).chain(self.scale.iter().take(n_columns));
        for number in std::iter::once(&self.min_confidence).chain(numbers) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.rows.iter().flat_map(|row| row.iter().take(n_columns).map(|weight| weight.to_le_bytes()[0])));
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    /// Makes a classifier of what was learned. Scores of `labels` are multiplied by `sharpness`, so that a confidence is
    /// how often it is right.
    ///
    /// # Errors
    /// There are no labels, too many, the same twice, or one that is empty or too long.
    pub fn build(
        name: &str,
        labels: &[&str],
        fitted: &Fitted,
        sharpness: f32,
        min_confidence: f32,
        cheap: Cheap<'_>,
    ) -> Result<Self, WeightsError> {
        let labels: Vec<Arc<str>> = labels.iter().map(|&label| label.into()).collect();
        check(name, &labels)?;
        let n_labels = labels.len();
        let mut made = Self {
            name: name.into(),
            labels,
            min_confidence,
            bias: [0.0; WIDTH],
            scale: [0.0; WIDTH],
            rows: vec![Row::default(); ROWS],
        };
        for column in 0..n_labels {
            let weights = fitted.weights.iter().map(|row| sharpness * at(row, column));
            made.set_column(column, sharpness * at(&fitted.bias, column), weights);
        }
        match cheap {
            Cheap::Learned { fitted, slope, offset } => {
                let weights = fitted.weights.iter().map(|row| slope * (at(row, 1) - at(row, 0)));
                made.set_column(n_labels, slope * (at(&fitted.bias, 1) - at(&fitted.bias, 0)) + offset, weights);
            }
            Cheap::Of(other) => {
                let column = other.labels.len();
                made.set_column(n_labels, at(&other.bias, column), other.column(column));
            }
        }
        Ok(made)
    }

    /// The weights of `labels`, to go on learning from; those of labels that it does not have are zero.
    pub fn unpack(&self, labels: &[&str]) -> Fitted {
        let mut fitted = Fitted::empty();
        for (to, label) in labels.iter().enumerate().take(WIDTH) {
            let Some(from) = self.labels.iter().position(|it| **it == **label) else { continue };
            for (row, weight) in fitted.weights.iter_mut().zip(self.column(from)) {
                set(row, to, weight);
            }
            set(&mut fitted.bias, to, at(&self.bias, from));
        }
        fitted
    }

    fn column(&self, column: usize) -> impl Iterator<Item = f32> + Clone {
        let scale = at(&self.scale, column);
        self.rows.iter().map(move |row| scale * f32::from(row.get(column).copied().unwrap_or_default()))
    }

    /// Rounds weights to a 127th of the greatest.
    fn set_column(&mut self, column: usize, bias: f32, weights: impl Iterator<Item = f32> + Clone) {
        let greatest = weights.clone().fold(0.0, |greatest: f32, weight| greatest.max(weight.abs()));
        let scale = greatest / f32::from(i8::MAX);
        set(&mut self.bias, column, bias);
        set(&mut self.scale, column, scale);
        for (row, weight) in self.rows.iter_mut().zip(weights) {
            #[expect(clippy::cast_possible_truncation, reason = "within the range: the greatest comes to 127")]
            let rounded = if scale > 0.0 { (weight / scale).round() as i8 } else { 0 };
            if let Some(place) = row.get_mut(column) {
                *place = rounded;
            }
        }
    }
}

/// What is left of a file.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], WeightsError> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(|| wrong("the weights end too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, WeightsError> {
        self.take(1).map(|bytes| bytes.iter().sum())
    }

    fn text(&mut self) -> Result<Arc<str>, WeightsError> {
        let n_bytes = self.byte()?;
        let text = std::str::from_utf8(self.take(usize::from(n_bytes))?);
        text.map(Arc::from).map_err(|_| wrong("a name in the weights is no UTF-8"))
    }

    fn number(&mut self) -> Result<f32, WeightsError> {
        let bytes = self.take(4)?.try_into().map_err(|_| wrong("the weights end too early"))?;
        let number = f32::from_le_bytes(bytes);
        if number.is_finite() { Ok(number) } else { Err(wrong("a number in the weights is not finite")) }
    }

    fn numbers(&mut self, n: usize) -> Result<[f32; WIDTH], WeightsError> {
        let mut numbers = [0.0; WIDTH];
        for number in numbers.iter_mut().take(n) {
            *number = self.number()?;
        }
        Ok(numbers)
    }
}

fn check(name: &str, labels: &[Arc<str>]) -> Result<(), WeightsError> {
    if labels.is_empty() || labels.len() > MAX_LABELS {
        return Err(wrong(format!("a classifier has 1 to {MAX_LABELS} labels, not {}", labels.len())));
    }
    for (number, label) in labels.iter().enumerate() {
        if labels.iter().take(number).any(|other| other == label) {
            return Err(wrong(format!("the label {label:?} is there twice")));
        }
    }
    let names = labels.iter().map(|label| &**label).chain([name]);
    match names.into_iter().find(|name| name.is_empty() || name.len() > MAX_NAME) {
        Some(name) => Err(wrong(format!("a name or label has 1 to {MAX_NAME} bytes, not {}", name.len()))),
        None => Ok(()),
    }
}

fn row(weights: &[u8]) -> Row {
    let mut row = Row::default();
    for (place, &byte) in row.iter_mut().zip(weights) {
        *place = i8::from_le_bytes([byte]);
    }
    row
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(u8::try_from(text.len()).unwrap_or_default());
    bytes.extend_from_slice(text.as_bytes());
}

fn at(numbers: &[f32; WIDTH], column: usize) -> f32 {
    numbers.get(column).copied().unwrap_or_default()
}

fn set(numbers: &mut [f32; WIDTH], column: usize, number: f32) {
    if let Some(place) = numbers.get_mut(column) {
        *place = number;
    }
}

fn wrong(message: impl Into<String>) -> WeightsError {
    WeightsError(message.into())
}
